//! Requests as the gateway hands them to a function, and what it hears.

use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Value, json};
use url::Url;

use super::provider::moment;

/// A request.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    pub(super) method: &'static str,
    pub(super) url: Url,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: String,
}

/// An answer.
#[derive(Debug, Clone)]
pub(super) struct Heard {
    pub(super) status: u64,
    pub(super) headers: Value,
    pub(super) body: Value,
}

impl Asked {
    /// A request of the API's user with this key, the same whenever it is made again.
    pub(super) fn of_user(key: &str, method: &'static str, path: &str, body: &Value, name: &str) -> Self {
        let mut headers = vec![("x-api-key", key.to_owned()), ("content-type", "application/json".to_owned())];
        if method == "POST" {
            headers.push(("idempotency-key", format!("{name}-{}", "0".repeat(16))));
        }
        let url = Url::parse("https://api.invalid").unwrap().join(path).unwrap();
        Self { method, url, headers, body: if body.is_null() { String::new() } else { body.to_string() } }
    }

    pub(super) fn event(&self, now: i64) -> Box<RawValue> {
        let host = self.url.host_str().unwrap();
        let mut headers: serde_json::Map<String, Value> =
            self.headers.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
        headers.insert("host".to_owned(), json!(host));
        headers.insert("x-forwarded-proto".to_owned(), json!(self.url.scheme()));
        let query: serde_json::Map<String, Value> =
            self.url.query_pairs().map(|(name, value)| (name.into_owned(), json!(value))).collect();
        let event = json!({
            "version": "2.0", "routeKey": "$default", "rawPath": self.url.path(),
            "rawQueryString": self.url.query().unwrap_or_default(), "headers": headers,
            "queryStringParameters": query,
            "requestContext": {
                "accountId": "000000000000", "apiId": "simulated", "domainName": host, "domainPrefix": "simulated",
                "http": { "method": self.method, "path": self.url.path(), "protocol": "HTTP/1.1",
                          "sourceIp": "192.0.2.1", "userAgent": "" },
                "requestId": "simulated", "routeKey": "$default", "stage": "$default",
                "time": moment(now).format("%d/%b/%Y:%H:%M:%S +0000").to_string(), "timeEpoch": now,
            },
            "body": self.body, "isBase64Encoded": false,
        });
        to_raw_value(&event).unwrap()
    }
}

impl Heard {
    pub(super) fn read(answer: &RawValue) -> Self {
        let answer: Value = serde_json::from_str(answer.get()).unwrap();
        let body = answer["body"].as_str().unwrap_or_default();
        Self {
            status: answer["statusCode"].as_u64().unwrap(),
            headers: answer["headers"].clone(),
            body: serde_json::from_str(body).unwrap_or_default(),
        }
    }

    /// Whether the same request is to be made again.
    pub(super) fn is_passing(&self) -> bool {
        let waits = self.headers.get("retry-after").is_some();
        self.status >= 500 || self.status == 429 || (self.status == 409 && waits)
    }
}
