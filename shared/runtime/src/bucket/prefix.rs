//! The files below a prefix, together.

use domain::Result;
use futures::stream::{self, StreamExt, TryStreamExt};

use super::{Bucket, unavailable};

/// How many files are removed at a time.
const AT_A_TIME: usize = 16;

impl Bucket {
    /// Keys that begin with `prefix`, in their order, behind `after`: a thousand at most. Whether there are more.
    ///
    /// # Errors
    /// [`domain::Error::Unavailable`] when the bucket is not reached.
    pub async fn keys_after(&self, prefix: &str, after: Option<&str>) -> Result<(Vec<String>, bool)> {
        let list = self.client.list_objects_v2().bucket(&self.name).prefix(prefix);
        let page = list.set_start_after(after.map(str::to_owned)).send().await.map_err(unavailable)?;
        let more = page.is_truncated().unwrap_or(false);
        Ok((page.contents.unwrap_or_default().into_iter().filter_map(|object| object.key).collect(), more))
    }

    /// Removes all files whose keys begin with `prefix`. When it fails, some may be gone.
    ///
    /// # Errors
    /// [`domain::Error::Unavailable`] when the bucket is not reached.
    pub async fn delete_all(&self, prefix: &str) -> Result<()> {
        let mut after: Option<String> = None;
        loop {
            let (keys, more) = self.keys_after(prefix, after.as_deref()).await?;
            after = keys.last().cloned();
            let removals: Vec<_> = keys.iter().map(|key| self.delete(key)).collect();
            stream::iter(removals).buffer_unordered(AT_A_TIME).try_collect::<()>().await?;
            if !more {
                return Ok(());
            }
        }
    }
}
