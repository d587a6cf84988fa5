//! The client of the sandbox provider, which the local stack runs in place of SES and Twilio.

use std::time::Duration;

use domain::Timestamp;
use domain::message::MessageRef;
use reqwest::header::{CONTENT_TYPE, RETRY_AFTER};
use reqwest::{Response, StatusCode, redirect};
use serde::Deserialize;
use serde_json::json;
use tokio::sync::OnceCell;
use url::Url;

use crate::{Accepted, Outgoing, SendError};

const TIMEOUT: Duration = Duration::from_secs(10);
const WAIT_IF_NOT_TOLD: Duration = Duration::from_secs(5);

#[derive(Debug)]
pub(crate) struct Client {
    base: Url,
    http: OnceCell<reqwest::Client>,
}

#[derive(Deserialize)]
struct Taken {
    id: String,
    accepted_at: Timestamp,
}

#[derive(Deserialize)]
struct Refusal {
    reason: String,
}

/// The provider gave an answer that its interface does not have.
#[derive(Debug, thiserror::Error)]
#[error("the provider answered {0}")]
struct Unexpected(StatusCode);

impl Client {
    pub(crate) fn new(base: Url) -> Self {
        Self { base, http: OnceCell::new() }
    }

    pub(crate) async fn send(&self, message: &Outgoing) -> Result<Accepted, SendError> {
        let body = json!({
            "reference": message.reference.to_string(),
            "channel": message.channel,
            "sender": message.sender,
            "recipient": message.recipient,
            "subject": message.subject,
            "body": message.body,
            "html": message.html,
            "callback": message.callback.as_str(),
        });
        let request = self.http().await?.post(self.at("messages", None)).header(CONTENT_TYPE, "application/json");
        let answer = request.body(body.to_string()).send().await.map_err(failure)?;
        match answer.status() {
            StatusCode::CREATED => taken(answer).await.map_err(SendError::Unknown),
            StatusCode::TOO_MANY_REQUESTS => Err(throttled(&answer)),
            status if status.is_client_error() => Err(refused(answer).await),
            status => Err(SendError::Unknown(Unexpected(status).into())),
        }
    }

    pub(crate) async fn lookup(&self, reference: MessageRef) -> Result<Option<Accepted>, SendError> {
        let request = self.http().await?.get(self.at("messages", Some(reference)));
        // Asking changes nothing, so that every failure to get an answer is safe to repeat.
        let answer = request.send().await.map_err(|error| SendError::Unreachable(error.into()))?;
        match answer.status() {
            StatusCode::OK => taken(answer).await.map(Some).map_err(SendError::Unreachable),
            StatusCode::NOT_FOUND => not_there(answer).await,
            StatusCode::TOO_MANY_REQUESTS => Err(throttled(&answer)),
            status => Err(SendError::Unreachable(Unexpected(status).into())),
        }
    }

    /// Built when first used: the trust store takes milliseconds to read, and a cold start should not pay for it.
    async fn http(&self) -> Result<&reqwest::Client, SendError> {
        self.http.get_or_try_init(|| async { client() }).await.map_err(|error| SendError::Unreachable(error.into()))
    }

    fn at(&self, resource: &str, reference: Option<MessageRef>) -> Url {
        let mut url = self.base.clone();
        let mut path = url.path().trim_end_matches('/').to_owned();
        path.push('/');
        path.push_str(resource);
        if let Some(reference) = reference {
            path.push('/');
            path.push_str(&reference.to_string());
        }
        url.set_path(&path);
        url
    }
}

/// A redirect would hand the message over a second time; a proxy does not reach the loop-back interface.
fn client() -> reqwest::Result<reqwest::Client> {
    reqwest::Client::builder().timeout(TIMEOUT).redirect(redirect::Policy::none()).no_proxy().build()
}

/// Only what failed before the request left is certain not to have arrived.
fn failure(error: reqwest::Error) -> SendError {
    if error.is_connect() || error.is_builder() {
        SendError::Unreachable(error.into())
    } else {
        SendError::Unknown(error.into())
    }
}

async fn taken(answer: Response) -> Result<Accepted, crate::provider::Source> {
    let taken: Taken = serde_json::from_slice(&answer.bytes().await?)?;
    Ok(Accepted { provider_id: taken.id, at: taken.accepted_at })
}

/// A 404 without the provider's own words may come from whatever else listens at a wrong address.
async fn not_there(answer: Response) -> Result<Option<Accepted>, SendError> {
    let bytes = answer.bytes().await.map_err(|error| SendError::Unreachable(error.into()))?;
    match serde_json::from_slice::<Refusal>(&bytes) {
        Ok(_) => Ok(None),
        Err(error) => Err(SendError::Unreachable(error.into())),
    }
}

/// A refusal without a reason is about the request (wrong address, wrong right), not about the message: once that is
/// mended, the message can still go.
async fn refused(answer: Response) -> SendError {
    let status = answer.status();
    let body = answer.bytes().await.unwrap_or_default();
    match serde_json::from_slice::<Refusal>(&body) {
        Ok(refusal) => SendError::Rejected { reason: refusal.reason },
        Err(_) => SendError::Unreachable(Unexpected(status).into()),
    }
}

fn throttled(answer: &Response) -> SendError {
    let header = answer.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
    let seconds = header.and_then(|text| text.trim().parse().ok());
    SendError::Throttled { retry_after: seconds.map_or(WAIT_IF_NOT_TOLD, Duration::from_secs) }
}

#[cfg(test)]
mod tests {
    use domain::id::{CampaignId, ContactId, Id, MessageId, TenantId};
    use domain::message::Channel;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;

    const TAKEN: &str = r#"{"id":"sandbox-1","accepted_at":"2026-11-20T10:00:00Z"}"#;

    fn reference() -> MessageRef {
        let at = Timestamp::default();
        MessageRef {
            tenant: TenantId::derived(at, &[b"t"]),
            campaign: CampaignId::derived(at, &[b"p"]),
            contact: ContactId::derived(at, &[b"c"]),
            message: MessageId::derived(at, &[b"m"]),
        }
    }

    fn message() -> Outgoing {
        Outgoing {
            reference: reference(),
            channel: Channel::Email,
            sender: None,
            recipient: "ada@example.com".into(),
            subject: Some("Hello".into()),
            body: "Hello, Ada".into(),
            html: Some("<p>Hello, Ada".into()),
            callback: "http://127.0.0.1/hooks/twilio".parse().unwrap(),
        }
    }

    /// A client of a provider that gives every caller the same answer.
    async fn client_of(head: &str, body: &str) -> Client {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}/_local/sandbox", listener.local_addr().unwrap()).parse().unwrap();
        let close = "connection: close\r\n\r\n";
        let answer = format!("{head}content-length: {}\r\n{close}{body}", body.len());
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let _ = stream.read(&mut [0; 4096]).await;
                let text = if answer.starts_with("HTTP") { answer.as_bytes() } else { b"" };
                let _ = stream.write_all(text).await;
            }
        });
        Client::new(base)
    }

    fn outcome(answer: &Result<Accepted, SendError>) -> String {
        match answer {
            Ok(accepted) => format!("accepted as {}", accepted.provider_id),
            Err(SendError::Throttled { retry_after }) => format!("throttled for {} s", retry_after.as_secs()),
            Err(SendError::Rejected { reason }) => format!("rejected: {reason}"),
            Err(SendError::Unreachable(_)) => "unreachable".into(),
            Err(SendError::Unknown(_)) => "unknown".into(),
        }
    }

    #[tokio::test]
    async fn each_answer_has_its_meaning() {
        let cases = [
            ("HTTP/1.1 201 Created\r\n", TAKEN, "accepted as sandbox-1"),
            ("HTTP/1.1 201 Created\r\n", "what?", "unknown"),
            ("HTTP/1.1 429 Too Many Requests\r\nretry-after: 7\r\n", "", "throttled for 7 s"),
            ("HTTP/1.1 429 Too Many Requests\r\n", "", "throttled for 5 s"),
            ("HTTP/1.1 400 Bad Request\r\n", r#"{"reason":"too long"}"#, "rejected: too long"),
            ("HTTP/1.1 404 Not Found\r\n", "", "unreachable"),
            ("HTTP/1.1 307 Temporary Redirect\r\nlocation: /\r\n", "", "unknown"),
            ("HTTP/1.1 500 Internal Server Error\r\n", r#"{"reason":"?"}"#, "unknown"),
            ("", "", "unknown"),
        ];
        for (head, body, expected) in cases {
            let answer = client_of(head, body).await.send(&message()).await;
            assert_eq!(outcome(&answer), expected, "{head}{body}");
        }
    }

    #[tokio::test]
    async fn a_lookup_says_no_only_when_the_provider_does() {
        let cases = [
            ("HTTP/1.1 200 OK\r\n", TAKEN, Some(true)),
            ("HTTP/1.1 404 Not Found\r\n", r#"{"reason":"no such message"}"#, Some(false)),
            ("HTTP/1.1 404 Not Found\r\n", "<h1>nginx</h1>", None),
            ("HTTP/1.1 500 Internal Server Error\r\n", "", None),
            ("", "", None),
        ];
        for (head, body, expected) in cases {
            let answer = client_of(head, body).await.lookup(reference()).await;
            assert_eq!(answer.ok().map(|found| found.is_some()), expected, "{head}{body}");
        }
    }

    #[tokio::test]
    async fn a_provider_that_is_not_there_took_nothing() {
        let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
        let client = Client::new(format!("http://{nobody}").parse().unwrap());
        assert_eq!(outcome(&client.send(&message()).await), "unreachable");
    }
}
