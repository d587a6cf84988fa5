//! The functions of a world, each with instances that remember and whose clocks differ a little.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use channels::Provider;
use channels::sns::Verifier;
use chrono::TimeDelta;
use local::blueprint::{Blueprint, Worked};
use local::sandbox::{Notices, Settings};
use runtime::{Clock, Environment, Handler, Platform};

use super::dice::Dice;
use super::queues::BASE;
use super::wire::Wire;

/// The name of the table in every world.
pub(super) const TABLE: &str = "rollcall";
const WEBHOOKS: &str = "https://webhooks.invalid/";
const TOPIC: &str = "arn:aws:sns:us-east-1:000000000000:ses";
const SECRET: &str = "the secret of a simulated deployment";
/// How far the clocks of instances are apart at most, in milliseconds.
const SKEW: i64 = 1_500;

/// The functions that take part, with what the template calls them, their crates, what `HANDLER` says, and how many of
/// them run at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Function {
    Bootstrap,
    Accounts,
    Contacts,
    ContactWork,
    Communications,
    Campaigns,
    Enrollment,
    Scheduler,
    Sender,
    Webhooks,
    Projector,
}

impl Function {
    pub(super) const ALL: [Self; 11] = [
        Self::Bootstrap,
        Self::Accounts,
        Self::Contacts,
        Self::ContactWork,
        Self::Communications,
        Self::Campaigns,
        Self::Enrollment,
        Self::Scheduler,
        Self::Sender,
        Self::Webhooks,
        Self::Projector,
    ];

    pub(super) fn name(self) -> String {
        format!("{self:?}Function")
    }

    fn package(self) -> String {
        let package = match self {
            Self::Bootstrap => Self::Accounts,
            Self::ContactWork => Self::Contacts,
            other => other,
        };
        format!("{package:?}").to_lowercase()
    }

    /// How many run at a time.
    pub(super) fn at_once(self) -> usize {
        match self {
            Self::Projector => 1,
            Self::Enrollment | Self::Scheduler | Self::ContactWork => 2,
            _ => 3,
        }
    }

    /// The queue that it works on.
    pub(super) fn queue(self) -> Option<&'static str> {
        match self {
            Self::Enrollment => Some("EnrollmentQueue"),
            Self::Sender => Some("SendQueue"),
            Self::ContactWork => Some("ContactQueue"),
            _ => None,
        }
    }
}

/// What all worlds share.
pub(super) struct Shared {
    pub(super) notices: Notices,
    timeouts: BTreeMap<Function, Duration>,
    worked: BTreeMap<Function, Worked>,
}

/// What is the same in all worlds and takes a while to make.
pub(super) fn shared() -> &'static Shared {
    static SHARED: OnceLock<Shared> = OnceLock::new();
    SHARED.get_or_init(|| {
        let blueprint = Blueprint::deployed().unwrap();
        let settings = Settings {
            data_dir: None,
            clock: Clock::system(),
            webhooks: WEBHOOKS.parse().unwrap(),
            public: "https://public.invalid/".parse().unwrap(),
            twilio_auth_token: SECRET.to_owned(),
            topic_arn: TOPIC.to_owned(),
        };
        let queues = Function::ALL.into_iter().filter(|function| function.queue().is_some());
        Shared {
            notices: Notices::new(settings).unwrap(),
            timeouts: Function::ALL.into_iter().map(|f| (f, blueprint.timeout(&f.name()).unwrap())).collect(),
            worked: queues.map(|f| (f, blueprint.worked(&f.name()).unwrap())).collect(),
        }
    })
}

impl Function {
    /// After how many milliseconds an invocation is ended.
    pub(super) fn timeout(self) -> i64 {
        i64::try_from(shared().timeouts[&self].as_millis()).unwrap()
    }

    /// How it is given the messages of its queue.
    pub(super) fn worked(self) -> Worked {
        shared().worked[&self]
    }
}

/// A running copy of a function.
pub(super) struct Instance {
    pub(super) handler: Handler,
}

/// Where the instances come from.
pub(super) struct Functions {
    aws: SdkConfig,
    wire: Wire,
    clock: Clock,
    idle: BTreeMap<Function, Vec<Instance>>,
    pub(super) begun: u64,
}

impl Functions {
    pub(super) fn new(wire: Wire, clock: Clock) -> Self {
        Self { aws: reached_by(wire.clone()), wire, clock, idle: BTreeMap::new(), begun: 0 }
    }

    /// One that idles, or a new one.
    pub(super) fn instance(&mut self, function: Function, dice: &mut Dice) -> Instance {
        let idle = self.idle.entry(function).or_default();
        if !idle.is_empty() && !dice.chance(50) {
            return idle.swap_remove(dice.below(idle.len()));
        }
        self.begun += 1;
        let clock = self.clock.beside(TimeDelta::milliseconds(dice.within(-SKEW, SKEW)));
        let platform = Platform { aws: self.aws.clone(), clock, environment: environment(function) };
        let handler = match function {
            Function::Sender => sender::handler_to(Provider::carried(Arc::new(self.wire.clone())), &platform),
            Function::Webhooks => webhooks::handler_believing(verifier(), &platform),
            _ => local::functions::named(&function.package()).unwrap()(&platform),
        };
        Instance { handler: handler.unwrap() }
    }

    /// Takes back what has done its work.
    pub(super) fn idles(&mut self, function: Function, instance: Instance) {
        self.idle.entry(function).or_default().push(instance);
    }
}

fn verifier() -> Verifier {
    let (url, pem) = shared().notices.certificate();
    let url: url::Url = url.parse().unwrap();
    Verifier::new(TOPIC, Some(url.clone())).knowing(url, pem.as_bytes()).unwrap()
}

/// How AWS is reached through the wire. What the SDK would try again, the wire does.
pub(super) fn reached_by(wire: Wire) -> SdkConfig {
    use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static("us-east-1"))
        .endpoint_url("https://aws.invalid")
        .credentials_provider(SharedCredentialsProvider::new(Credentials::new(
            "key",
            "secret",
            None,
            None,
            "simulation",
        )))
        .http_client(wire)
        .sleep_impl(SharedAsyncSleep::new(TokioSleep::new()))
        .retry_config(RetryConfig::disabled())
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .build()
}

fn environment(function: Function) -> Environment {
    let handler = match function {
        Function::Bootstrap => "bootstrap",
        Function::ContactWork => "work",
        _ => "http",
    };
    let queue = |name: &str| format!("{BASE}{name}");
    [
        ("TABLE_NAME", TABLE.to_owned()),
        ("HANDLER", handler.to_owned()),
        ("SEND_QUEUE_URL", queue("SendQueue")),
        ("ENROLLMENT_QUEUE_URL", queue("EnrollmentQueue")),
        ("IMPORT_QUEUE_URL", queue("ImportQueue")),
        ("EXPORT_QUEUE_URL", queue("ExportQueue")),
        ("CONTACT_QUEUE_URL", queue("ContactQueue")),
        ("INDEX_QUEUE_URL", queue("IndexQueue")),
        ("BUCKET_NAME", "rollcall".to_owned()),
        ("WEBHOOK_URL", WEBHOOKS.to_owned()),
        ("TWILIO_AUTH_TOKEN", SECRET.to_owned()),
        ("DEPLOYMENT_SECRET", SECRET.to_owned()),
        ("JWT_ISSUER", "rollcall".to_owned()),
        ("JWT_AUDIENCE", "rollcall".to_owned()),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value))
    .collect()
}
