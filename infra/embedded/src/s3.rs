//! S3 on a directory, with objects that are whole to everybody and events for what was put.

mod uploads;

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use futures::future::BoxFuture;
use http::{HeaderMap, Method, Uri};
use s3s::auth::SimpleAuth;
use s3s::dto::*;
use s3s::service::S3ServiceBuilder;
use s3s::{S3, S3Request, S3Response, S3Result};
use s3s_fs::FileSystem;
use tokio::sync::{RwLock, mpsc};
use uuid::Uuid;

use crate::server::{self, Servers};
use crate::{ACCESS_KEY_ID, SECRET_ACCESS_KEY, StartError};
use uploads::Uploads;

/// An object that has been put.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectCreated {
    /// Its bucket.
    pub bucket: String,
    /// Its key, as it is and not URL-encoded.
    pub key: String,
    /// Its size in bytes.
    pub size: u64,
    /// Its entity tag, without quotes.
    pub etag: String,
    /// Hexadecimal; of two events for one key the later has the greater.
    pub sequencer: String,
}

/// The buckets of this process.
#[derive(Debug)]
pub(crate) struct ObjectStore {
    endpoint: String,
    subscribers: Arc<Subscribers>,
}

impl ObjectStore {
    pub(crate) fn start(root: &Path, servers: &mut Servers) -> Result<Self, StartError> {
        let subscribers = Arc::<Subscribers>::default();
        let files = FileSystem::new(root).map_err(|error| StartError::Objects(Box::new(error.into())))?;
        let (keys, removals) = (Keys::default(), RwLock::default());
        let uploads = Uploads::in_folder(root);
        let objects = Objects { files, uploads, keys, removals, subscribers: Arc::clone(&subscribers) };
        let mut service = S3ServiceBuilder::new(objects);
        service.set_auth(SimpleAuth::from_single(ACCESS_KEY_ID, SECRET_ACCESS_KEY));
        let listener = server::listen().map_err(StartError::Listen)?;
        let endpoint = server::endpoint(&listener).map_err(StartError::Listen)?;
        servers.serve(listener, service.build());
        Ok(Self { endpoint, subscribers })
    }

    pub(crate) fn endpoint(&self) -> &str {
        &self.endpoint
    }

    pub(crate) fn objects_created(&self) -> mpsc::UnboundedReceiver<ObjectCreated> {
        self.subscribers.add()
    }
}

/// The file system's S3, made atomic per key and heard by subscribers.
struct Objects {
    files: FileSystem,
    uploads: Uploads,
    keys: Keys,
    /// Held for writing by who removes files, for reading by who goes through them: a file that vanishes between being
    /// seen and being looked at fails either.
    removals: RwLock<()>,
    subscribers: Arc<Subscribers>,
}

/// Hands an operation to the file system as it is. The signature is the one `async_trait` gives the trait's methods.
macro_rules! hand_on {
    ($($operation:ident: $input:ident -> $output:ident),* $(,)?) => {$(
        fn $operation<'s, 'f>(&'s self, request: S3Request<$input>) -> BoxFuture<'f, S3Result<S3Response<$output>>>
        where
            's: 'f,
            Self: 'f,
        {
            self.files.$operation(request)
        }
    )*};
}

/// Does the same while holding something. An object's content and what is noted of it are two files: without its key, who
/// reads while it is replaced may get the one's content with the other's checksum.
macro_rules! hold {
    (|$objects:ident, $input:ident| $held:expr; $($operation:ident: $in:ident -> $out:ident),* $(,)?) => {$(
        fn $operation<'s, 'f>(&'s self, request: S3Request<$in>) -> BoxFuture<'f, S3Result<S3Response<$out>>>
        where
            's: 'f,
            Self: 'f,
        {
            let $objects = self;
            Box::pin(async move {
                let $input = &request.input;
                let _held = $held;
                $objects.files.$operation(request).await
            })
        }
    )*};
}

/// Does the same while holding the object's key, and tells the subscribers if the object is there afterwards.
macro_rules! put {
    ($($operation:ident: $input:ident -> $output:ident),* $(,)?) => {$(
        fn $operation<'s, 'f>(&'s self, request: S3Request<$input>) -> BoxFuture<'f, S3Result<S3Response<$output>>>
        where
            's: 'f,
            Self: 'f,
        {
            Box::pin(async move {
                let (bucket, key) = (request.input.bucket.clone(), request.input.key.clone());
                let _held = self.keys.hold(&bucket, &key).await;
                let response = self.files.$operation(request).await?;
                self.announce(bucket, key).await;
                Ok(response)
            })
        }
    )*};
}

/// Does something of its own while holding the object's key.
macro_rules! own {
    ($($(#[$doc:meta])* |$objects:ident, $request:ident| $operation:ident: $input:ident -> $output:ident $work:block)*) => {$(
        $(#[$doc])*
        fn $operation<'s, 'f>(&'s self, $request: S3Request<$input>) -> BoxFuture<'f, S3Result<S3Response<$output>>>
        where
            's: 'f,
            Self: 'f,
        {
            let $objects = self;
            Box::pin(async move {
                let _held = $objects.keys.hold(&$request.input.bucket, &$request.input.key).await;
                $work
            })
        }
    )*};
}

impl S3 for Objects {
    put! {
        put_object: PutObjectInput -> PutObjectOutput,
    }

    hold! {
        |objects, input| objects.keys.hold(&input.bucket, &input.key).await;
        head_object: HeadObjectInput -> HeadObjectOutput,
    }

    hold! {
        |objects, input| (objects.keys.hold(&input.bucket, &input.key).await, objects.removals.write().await);
        delete_object: DeleteObjectInput -> DeleteObjectOutput,
    }

    hold! {
        |objects, _input| objects.removals.write().await;
        delete_objects: DeleteObjectsInput -> DeleteObjectsOutput,
    }

    hold! {
        |objects, _input| objects.removals.read().await;
        list_objects: ListObjectsInput -> ListObjectsOutput,
        list_objects_v2: ListObjectsV2Input -> ListObjectsV2Output,
    }

    hand_on! {
        create_bucket: CreateBucketInput -> CreateBucketOutput,
        delete_bucket: DeleteBucketInput -> DeleteBucketOutput,
        head_bucket: HeadBucketInput -> HeadBucketOutput,
        list_buckets: ListBucketsInput -> ListBucketsOutput,
        get_bucket_location: GetBucketLocationInput -> GetBucketLocationOutput,
        copy_object: CopyObjectInput -> CopyObjectOutput,
        create_multipart_upload: CreateMultipartUploadInput -> CreateMultipartUploadOutput,
        upload_part_copy: UploadPartCopyInput -> UploadPartCopyOutput,
        list_parts: ListPartsInput -> ListPartsOutput,
    }

    own! {
        /// With the names that a presigned URL asks for.
        |objects, request| get_object: GetObjectInput -> GetObjectOutput {
            let (name, kind) = (&request.input.response_content_disposition, &request.input.response_content_type);
            let (name, kind) = (name.clone(), kind.clone());
            let mut response = objects.files.get_object(request).await?;
            response.output.content_disposition = name.or(response.output.content_disposition);
            response.output.content_type = kind.or(response.output.content_type);
            Ok(response)
        }

        |objects, request| upload_part: UploadPartInput -> UploadPartOutput {
            objects.uploads.demand(&request.input.upload_id)?;
            let (upload, number) = (request.input.upload_id.clone(), request.input.part_number);
            let response = objects.files.upload_part(request).await?;
            objects.uploads.note(&upload, number, response.output.e_tag.as_ref());
            Ok(response)
        }

        |objects, request| complete_multipart_upload: CompleteMultipartUploadInput -> CompleteMultipartUploadOutput {
            objects.uploads.demand(&request.input.upload_id)?;
            objects.uploads.demand_parts(&request.input)?;
            let (bucket, key) = (request.input.bucket.clone(), request.input.key.clone());
            let response = objects.files.complete_multipart_upload(request).await?;
            objects.announce(bucket, key).await;
            Ok(response)
        }

        |objects, request| abort_multipart_upload: AbortMultipartUploadInput -> AbortMultipartUploadOutput {
            objects.uploads.demand(&request.input.upload_id)?;
            objects.files.abort_multipart_upload(request).await
        }
    }
}

impl Objects {
    /// Tells the subscribers of the object that is at this key now.
    async fn announce(&self, bucket: String, key: String) {
        let found = match self.files.head_object(head(&bucket, &key)).await {
            Ok(response) => response.output,
            Err(error) => return tracing::warn!(%error, bucket, key, "an object that was put cannot be found"),
        };
        self.subscribers.tell(&ObjectCreated {
            bucket,
            key,
            size: found.content_length.and_then(|length| u64::try_from(length).ok()).unwrap_or_default(),
            etag: found.e_tag.map(ETag::into_value).unwrap_or_default(),
            sequencer: Uuid::now_v7().simple().to_string(),
        });
    }
}

fn head(bucket: &str, key: &str) -> S3Request<HeadObjectInput> {
    S3Request {
        input: HeadObjectInput { bucket: bucket.to_owned(), key: key.to_owned(), ..HeadObjectInput::default() },
        method: Method::HEAD,
        uri: Uri::default(),
        headers: HeaderMap::default(),
        extensions: http::Extensions::default(),
        credentials: None,
        region: None,
        service: None,
        trailing_headers: None,
    }
}

/// Those who want to hear of objects.
#[derive(Debug, Default)]
struct Subscribers(Mutex<Vec<mpsc::UnboundedSender<ObjectCreated>>>);

impl Subscribers {
    fn add(&self) -> mpsc::UnboundedReceiver<ObjectCreated> {
        let (sender, receiver) = mpsc::unbounded_channel();
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(sender);
        receiver
    }

    fn tell(&self, created: &ObjectCreated) {
        let mut senders = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        senders.retain(|sender| sender.send(created.clone()).is_ok());
    }
}

/// The keys that are being worked on, each held by one request at a time.
#[derive(Debug, Default)]
struct Keys(Mutex<HashMap<(String, String), Weak<KeyLock>>>);

type KeyLock = tokio::sync::Mutex<()>;

impl Keys {
    async fn hold(&self, bucket: &str, key: &str) -> tokio::sync::OwnedMutexGuard<()> {
        let lock = self.lock_of(bucket, key);
        lock.lock_owned().await
    }

    fn lock_of(&self, bucket: &str, key: &str) -> Arc<KeyLock> {
        let mut locks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        locks.retain(|_, lock| lock.strong_count() > 0);
        let slot = locks.entry((bucket.to_owned(), key.to_owned())).or_default();
        slot.upgrade().unwrap_or_else(|| {
            let lock = Arc::default();
            *slot = Arc::downgrade(&lock);
            lock
        })
    }
}
