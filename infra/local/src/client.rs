//! A client of the API, as any user would write one: HTTP, JSON, a credential. For the demo, the tests and the benchmarks.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use reqwest::header::{CONTENT_LENGTH, HeaderMap};
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use url::Url;

/// How long to wait before looking again how something goes: a tenant has a thousand requests in a minute.
const LOOK_AGAIN: Duration = Duration::from_millis(150);

/// A client with a credential.
#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::Client,
    base: Url,
    credential: Credential,
}

/// What a client proves itself with.
#[derive(Debug, Clone)]
enum Credential {
    ApiKey(String),
    Token(String),
    Nothing,
}

/// An answer of the API.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, if it is JSON.
    pub body: Value,
}

impl Answer {
    /// The text of a header, empty if there is none.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

impl Client {
    /// A client of the API at `base`.
    pub fn new(base: &Url, api_key: &str) -> Self {
        Self { http: reqwest::Client::new(), base: base.clone(), credential: Credential::ApiKey(api_key.to_owned()) }
    }

    /// The same with another key.
    pub fn with_key(&self, api_key: &str) -> Self {
        Self { credential: Credential::ApiKey(api_key.to_owned()), ..self.clone() }
    }

    /// The same with a bearer token.
    pub fn with_token(&self, token: &str) -> Self {
        Self { credential: Credential::Token(token.to_owned()), ..self.clone() }
    }

    /// The same without any credential.
    pub fn with_nothing(&self) -> Self {
        Self { credential: Credential::Nothing, ..self.clone() }
    }

    /// Sends a request and gives whatever comes back.
    ///
    /// # Errors
    /// When the API is not reached.
    pub async fn call(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Answer> {
        self.call_with(method, path, &[], body).await
    }

    /// The same with headers of its own.
    ///
    /// # Errors
    /// When the API is not reached.
    pub async fn call_with(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Result<Answer> {
        let mut request = self.request(method, path, body)?;
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = request.send().await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let bytes = response.bytes().await?;
        Ok(Answer { status, headers, body: serde_json::from_slice(&bytes).unwrap_or(Value::Null) })
    }

    /// Sends a request and gives the answer as text.
    ///
    /// # Errors
    /// When the API is not reached or does not answer 2xx.
    pub async fn text(&self, path: &str) -> Result<String> {
        let response = self.request(Method::GET, path, None)?.send().await?;
        Ok(response.error_for_status()?.text().await?)
    }

    fn request(&self, method: Method, path: &str, body: Option<&Value>) -> Result<RequestBuilder> {
        let url = self.base.join(path).with_context(|| format!("the path {path} is not one"))?;
        let request = self.http.request(method, url);
        let request = match &self.credential {
            Credential::ApiKey(key) => request.header("x-api-key", key),
            Credential::Token(token) => request.bearer_auth(token),
            Credential::Nothing => request,
        };
        Ok(match body {
            Some(body) => request.header("content-type", "application/json").body(body.to_string()),
            None => request,
        })
    }

    /// GET that must succeed.
    ///
    /// # Errors
    /// When it does not.
    pub async fn get(&self, path: &str) -> Result<Value> {
        succeeded(path, self.call(Method::GET, path, None).await?)
    }

    /// POST that must succeed.
    ///
    /// # Errors
    /// When it does not.
    pub async fn post(&self, path: &str, body: &Value) -> Result<Value> {
        succeeded(path, self.call(Method::POST, path, Some(body)).await?)
    }

    /// Asks for an import with `options` and uploads `csv` to where the answer says. The import's id.
    ///
    /// # Errors
    /// When one of both fails.
    pub async fn import(&self, csv: impl Into<reqwest::Body>, options: &Value) -> Result<String> {
        self.import_with(HeaderMap::new(), csv, options).await
    }

    /// The same with a file, which is read while it is sent.
    ///
    /// # Errors
    /// When one of both fails, or the file cannot be read.
    pub async fn import_file(&self, file: &Path, options: &Value) -> Result<String> {
        let file = tokio::fs::File::open(file).await?;
        // S3 takes no upload whose length it is not told.
        let length = HeaderMap::from_iter([(CONTENT_LENGTH, file.metadata().await?.len().into())]);
        self.import_with(length, file, options).await
    }

    async fn import_with(&self, headers: HeaderMap, body: impl Into<reqwest::Body>, options: &Value) -> Result<String> {
        let job = self.post("/api/v1/contacts/import", options).await?;
        let url = text(&job["upload"]["url"])?;
        let answer = self.http.put(url).headers(headers).body(body).send().await?;
        if answer.status() != StatusCode::OK {
            bail!("the upload was answered {}: {}", answer.status(), answer.text().await?);
        }
        text(&job["id"]).map(str::to_owned)
    }

    /// Waits until the import has ended; `progress` sees it on the way. The ended import.
    ///
    /// # Errors
    /// When it takes longer than `limit`.
    pub async fn import_ended(&self, id: &str, limit: Duration, mut progress: impl FnMut(&Value)) -> Result<Value> {
        let wait = async {
            loop {
                let job = self.get(&format!("/api/v1/contacts/imports/{id}")).await?;
                progress(&job);
                if ["completed", "failed", "cancelled"].iter().any(|end| job["status"] == *end) {
                    return Ok(job);
                }
                tokio::time::sleep(LOOK_AGAIN).await;
            }
        };
        tokio::time::timeout(limit, wait).await.context("the import takes too long")?
    }

    /// Makes a campaign of these steps. Its id.
    ///
    /// # Errors
    /// When a request fails.
    pub async fn campaign(&self, name: &str, steps: &[Value]) -> Result<String> {
        let body = json!({ "name": name, "campaign_type": "multi_channel" });
        let campaign = self.post("/api/v1/campaigns", &body).await?;
        let id = text(&campaign["id"])?;
        for step in steps {
            self.post(&format!("/api/v1/campaigns/{id}/messages"), step).await?;
        }
        Ok(id.to_owned())
    }

    /// Enrols whom `audience` names and waits until that is done. The job.
    ///
    /// # Errors
    /// When a request fails or it takes longer than `limit`.
    pub async fn enroll(&self, campaign: &str, audience: &Value, limit: Duration) -> Result<Value> {
        let job = self.post(&format!("/api/v1/campaigns/{campaign}/enroll"), audience).await?;
        let path = format!("/api/v1/campaigns/{campaign}/enrollment-jobs/{}", text(&job["job_id"])?);
        let wait = async {
            loop {
                let job = self.get(&path).await?;
                if job["status"] == "completed" {
                    return Ok(job);
                }
                tokio::time::sleep(LOOK_AGAIN).await;
            }
        };
        tokio::time::timeout(limit, wait).await.context("the enrolment takes too long")?
    }
}

fn succeeded(path: &str, answer: Answer) -> Result<Value> {
    if !(200..300).contains(&answer.status) {
        bail!("{path} was answered {}: {}", answer.status, answer.body);
    }
    Ok(answer.body)
}

fn text(value: &Value) -> Result<&str> {
    value.as_str().context("the answer lacks a text that it should hold")
}
