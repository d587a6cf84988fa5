//! The sandbox through its HTTP surface, with webhooks that check every proof.

use std::path::Path;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::routing::post;
use channels::sns::{Envelope, Verifier};
use channels::{Outgoing, Provider, SendError, ses, twilio};
use domain::id::{CampaignId, ContactId, Id, MessageId, TenantId};
use domain::message::{Channel, MessageRef, ReceiptEvent};
use http::{HeaderMap, StatusCode, Uri};
use serde_json::Value;
use tokio::net::TcpListener;

use super::*;

const TOKEN: &str = "a token";
const TOPIC: &str = "arn:aws:sns:eu-west-1:000000000000:receipts";

/// The sandbox and webhooks on one port, as in the local stack.
struct Stack {
    sandbox: Sandbox,
    provider: Provider,
    base: Url,
    hooks: Arc<Hooks>,
    stop: CancellationToken,
}

struct Hooks {
    base: Url,
    verifier: Verifier,
    refuse: Mutex<usize>,
    heard: Mutex<Vec<(MessageRef, ReceiptEvent)>>,
}

impl Hooks {
    /// Takes a proven report, unless reports are to be refused.
    fn hear(&self, reference: MessageRef, event: ReceiptEvent) -> StatusCode {
        let mut refuse = self.refuse.lock().unwrap();
        if *refuse > 0 {
            *refuse -= 1;
            return StatusCode::SERVICE_UNAVAILABLE;
        }
        self.heard.lock().unwrap().push((reference, event));
        StatusCode::NO_CONTENT
    }
}

async fn hear_ses(State(hooks): State<Arc<Hooks>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let envelope: Envelope = serde_json::from_slice(&body).unwrap();
    assert_eq!(headers["x-amz-sns-message-type"], "Notification");
    let now = "2099-01-01T00:00:00Z".parse().unwrap();
    let Ok(()) = hooks.verifier.verify(&envelope, now).await else {
        return StatusCode::FORBIDDEN;
    };
    let (reference, receipt) = ses::parse(&envelope.message).unwrap();
    hooks.hear(reference, receipt.event)
}

async fn hear_twilio(State(hooks): State<Arc<Hooks>>, uri: Uri, headers: HeaderMap, body: Bytes) -> StatusCode {
    let url = hooks.base.join(&uri.to_string()).unwrap();
    let params: Vec<(String, String)> = url::form_urlencoded::parse(&body).into_owned().collect();
    let signature = headers["x-twilio-signature"].to_str().unwrap();
    if !twilio::verify(TOKEN, url.as_str(), &params, signature) {
        return StatusCode::FORBIDDEN;
    }
    let receipt = twilio::parse(&params, domain::Timestamp::default()).unwrap();
    hooks.hear(twilio::reference(&url).unwrap(), receipt.event)
}

impl Stack {
    async fn start(dir: Option<&Path>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base: Url = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
        let settings = Settings {
            data_dir: dir.map(Path::to_owned),
            clock: Clock::system(),
            webhooks: base.join("/hooks/").unwrap(),
            public: base.clone(),
            twilio_auth_token: TOKEN.into(),
            topic_arn: TOPIC.into(),
        };
        let sandbox = Sandbox::open(settings).await.unwrap();
        let hooks = Arc::new(Hooks {
            base: base.clone(),
            verifier: Verifier::new(TOPIC, Some(base.join(sns::CERTIFICATE_PATH).unwrap())),
            refuse: Mutex::default(),
            heard: Mutex::default(),
        });
        let routes = Router::new()
            .route("/hooks/ses", post(hear_ses))
            .route("/hooks/twilio", post(hear_twilio))
            .with_state(Arc::clone(&hooks))
            .merge(sandbox.routes());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        let provider = Provider::sandbox(base.join("/_local/sandbox").unwrap());
        Self { sandbox, provider, base, hooks, stop: CancellationToken::new() }
    }

    /// Lets the reports go out until all are taken.
    async fn report(&self) {
        let (sandbox, stop) = (self.sandbox.clone(), self.stop.child_token());
        let until = stop.clone();
        let reporting = tokio::spawn(async move { sandbox.report(until).await });
        self.sandbox.settled().await;
        stop.cancel();
        reporting.await.unwrap();
    }

    fn message(&self, number: u32, channel: Channel) -> Outgoing {
        let (at, number_bytes) = (domain::Timestamp::default(), number.to_be_bytes());
        let reference = MessageRef {
            tenant: TenantId::derived(at, &[b"t"]),
            campaign: CampaignId::derived(at, &[b"p"]),
            contact: ContactId::derived(at, &[&number_bytes]),
            message: MessageId::derived(at, &[&number_bytes]),
        };
        let recipient = match channel {
            Channel::Email => format!("someone-{number}@example.com"),
            _ => format!("+4915112{number:05}1"),
        };
        Outgoing {
            reference,
            channel,
            sender: None,
            recipient,
            subject: (channel == Channel::Email).then(|| "Hello <b>you</b>".into()),
            body: "It's <script>alert(1)</script> & more".into(),
            html: (channel == Channel::Email).then(|| "<p title=\"x\"><script>alert(2)</script>".into()),
            callback: twilio::callback(&self.base.join("/hooks/twilio").unwrap(), reference),
        }
    }

    async fn get(&self, path: &str, accept: &str) -> (u16, String) {
        let url = self.base.join(path).unwrap();
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let answer = client.get(url).header("accept", accept).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    async fn json(&self, path: &str) -> Value {
        serde_json::from_str(&self.get(path, "*/*").await.1).unwrap()
    }

    /// How many different messages `event` was heard of.
    fn heard(&self, event: ReceiptEvent) -> u64 {
        let heard = self.hooks.heard.lock().unwrap();
        let messages: std::collections::HashSet<_> = heard.iter().filter(|(_, what)| *what == event).collect();
        messages.len() as u64
    }
}

#[tokio::test]
async fn what_is_reported_is_proven_and_adds_up() {
    let stack = Stack::start(None).await;
    for number in 0..150 {
        stack.provider.send(&stack.message(number, Channel::Email)).await.unwrap();
        stack.provider.send(&stack.message(1000 + number, Channel::Sms)).await.unwrap();
    }
    *stack.hooks.refuse.lock().unwrap() = 5;
    stack.report().await;
    let Tally { email, sms, .. } = stack.sandbox.tally().unwrap();
    assert_eq!((email.calls, email.distinct, sms.calls, sms.distinct), (150, 150, 150, 150));
    assert_eq!((email.delivered + email.bounced, sms.delivered + sms.failed), (150, 150));
    assert!(email.opened > 0 && email.clicked > 0);
    assert_eq!(stack.heard(ReceiptEvent::Delivered), email.delivered + sms.delivered);
    assert_eq!(stack.heard(ReceiptEvent::Opened), email.opened);
    assert_eq!(stack.heard(ReceiptEvent::Clicked), email.clicked);
    assert_eq!(stack.heard(ReceiptEvent::Bounced), email.bounced);
    assert_eq!(stack.heard(ReceiptEvent::Complained), email.complained);
    assert_eq!(stack.heard(ReceiptEvent::Failed), sms.failed);
}

#[tokio::test]
async fn people_can_be_let_wait() {
    let stack = Stack::start(None).await;
    stack.sandbox.let_people_wait();
    for number in 0..50 {
        stack.provider.send(&stack.message(number, Channel::Email)).await.unwrap();
    }
    stack.report().await;
    let Tally { email, .. } = stack.sandbox.tally().unwrap();
    assert_eq!((email.delivered + email.bounced, email.opened, email.clicked), (50, 0, 0));
    assert_eq!(stack.heard(ReceiptEvent::Opened), 0);
    stack.sandbox.let_people_act().unwrap();
    stack.report().await;
    let Tally { email, .. } = stack.sandbox.tally().unwrap();
    assert!(email.opened > 0 && email.clicked > 0);
    assert_eq!(stack.heard(ReceiptEvent::Opened), email.opened);
}

#[tokio::test]
async fn a_message_that_is_sent_twice_shows() {
    let stack = Stack::start(None).await;
    let message = stack.message(1, Channel::Email);
    assert_eq!(stack.provider.lookup(message.reference).await.unwrap(), None);
    let first = stack.provider.send(&message).await.unwrap();
    let second = stack.provider.send(&message).await.unwrap();
    assert_ne!(first.provider_id, second.provider_id);
    assert_eq!(stack.provider.lookup(message.reference).await.unwrap(), Some(first));
    let outbox = stack.json("/_local/outbox").await;
    assert_eq!((&outbox["total"], &outbox["distinct"]), (&2.into(), &1.into()));
    let (_, page) = stack.get("/_local/outbox", "text/html").await;
    assert!(page.contains("repeats a message that was sent before"));
}

#[tokio::test]
async fn what_is_owed_survives_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let before = Stack::start(Some(dir.path())).await;
    let message = before.message(1, Channel::Email);
    let accepted = before.provider.send(&message).await.unwrap();
    let claim = before.sandbox.0.outbox.claim(i64::MAX / 2).unwrap();
    assert_eq!(claim.len(), 1, "a worker had the reports when the process ended");
    let after = Stack::start(Some(dir.path())).await;
    assert_eq!(after.provider.lookup(message.reference).await.unwrap(), Some(accepted));
    after.report().await;
    let email = after.sandbox.tally().unwrap().email;
    assert_eq!((email.calls, email.delivered + email.bounced), (1, 1));
}

#[tokio::test]
async fn some_messages_are_refused() {
    let stack = Stack::start(None).await;
    let mut refused = stack.message(1, Channel::Email);
    refused.recipient = "reject@sandbox.invalid".into();
    let mut number = stack.message(2, Channel::Sms);
    number.recipient = "+491511230000".into();
    let mut long = stack.message(3, Channel::Email);
    long.body = "x".repeat(256 * 1024 + 1);
    for message in [refused, number, long] {
        assert!(matches!(stack.provider.send(&message).await, Err(SendError::Rejected { .. })));
        assert_eq!(stack.provider.lookup(message.reference).await.unwrap(), None);
    }
    assert_eq!(stack.sandbox.tally().unwrap(), Tally::default());
}

#[tokio::test]
async fn a_person_can_look_into_the_outbox() {
    let stack = Stack::start(None).await;
    for number in 0..5 {
        let channel = if number % 2 == 0 { Channel::Email } else { Channel::Sms };
        stack.provider.send(&stack.message(number, channel)).await.unwrap();
    }
    let newest = stack.json("/_local/outbox?limit=2&offset=1&channel=email").await;
    assert_eq!((&newest["total"], &newest["limit"], &newest["offset"]), (&3.into(), &2.into(), &1.into()));
    assert_eq!(newest["messages"][0]["recipient"], "someone-2@example.com");
    let one = stack.json("/_local/outbox?recipient=Someone-4@example.com&format=json").await;
    assert_eq!(one["messages"][0]["reports"][0]["delivered"], false);
    let id = one["messages"][0]["id"].as_str().unwrap();
    assert_eq!(stack.json(&format!("/_local/outbox/{id}")).await, one["messages"][0]);
    for path in ["/_local/outbox?limit=2&offset=2", &format!("/_local/outbox/{id}")] {
        let (status, page) = stack.get(path, "text/html,*/*").await;
        assert!(status == 200 && page.starts_with("<!doctype html>") && page.contains("Hello &lt;b&gt;you"));
        assert!(!page.contains("<script") && page.contains("&lt;script&gt;alert(1)&lt;/script&gt; &amp; more"));
    }
    assert_eq!(one["messages"][0]["html"], "<p title=\"x\"><script>alert(2)</script>");
    let (_, page) = stack.get(&format!("/_local/outbox/{id}"), "text/html").await;
    let shown =
        "<iframe sandbox srcdoc=\"&lt;p title=&quot;x&quot;&gt;&lt;script&gt;alert(2)&lt;/script&gt;\"></iframe>";
    assert!(page.contains(shown), "{page}");
    let texts = stack.json("/_local/outbox?channel=sms&format=json").await;
    assert!(texts["messages"][0].get("html").is_none());
    assert_eq!(stack.get("/_local/outbox/sandbox-99", "*/*").await.0, 404);
    assert_eq!(stack.get("/_local/outbox/anything", "*/*").await.0, 404);
}
