//! How functions reach the embedded services.

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_types::sdk_config::StalledStreamProtectionConfig;
use aws_types::service_config::{LoadServiceConfig, ServiceConfigKey};
use embedded::{ACCESS_KEY_ID, Direct, Embedded, REGION, SECRET_ACCESS_KEY};

use crate::shortcut::Shortcut;
use crate::tap::Tap;

/// The address of each service, as the SDK asks for it.
#[derive(Debug, Clone)]
pub(crate) struct Services {
    table: String,
    queues: String,
    bucket: String,
    direct: Direct,
}

impl Services {
    pub(crate) fn of(embedded: &Embedded) -> Self {
        Self {
            table: embedded.dynamodb_endpoint().to_owned(),
            queues: embedded.sqs_endpoint().to_owned(),
            bucket: embedded.s3_endpoint().to_owned(),
            direct: embedded.direct(),
        }
    }

    /// A configuration whose calls go through `tap`.
    pub(crate) fn config(&self, tap: &Tap) -> SdkConfig {
        let credentials = Credentials::new(ACCESS_KEY_ID, SECRET_ACCESS_KEY, None, None, "local");
        SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::from_static(REGION))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .http_client(tap.client(Shortcut::new(self.direct.clone())))
            .sleep_impl(aws_smithy_async::rt::sleep::SharedAsyncSleep::new(
                aws_smithy_async::rt::sleep::TokioSleep::new(),
            ))
            // Nothing is to be watched where nothing goes over a network.
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .service_config(self.clone())
            .build()
    }
}

impl LoadServiceConfig for Services {
    fn load_config(&self, key: ServiceConfigKey<'_>) -> Option<String> {
        match (key.env(), key.service_id()) {
            ("AWS_ENDPOINT_URL", "DynamoDB") => Some(self.table.clone()),
            ("AWS_ENDPOINT_URL", "SQS") => Some(self.queues.clone()),
            ("AWS_ENDPOINT_URL", "S3") => Some(self.bucket.clone()),
            _ => None,
        }
    }
}
