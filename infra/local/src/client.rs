//! A client of the API, as any user would write one: HTTP, JSON, an API key. For the demo, the tests and the benchmarks.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};
use url::Url;

/// A client with a key.
#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::Client,
    base: Url,
    api_key: String,
}

/// An answer of the API.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The body, if it is JSON.
    pub body: Value,
}

impl Client {
    /// A client of the API at `base`.
    pub fn new(base: &Url, api_key: &str) -> Self {
        Self { http: reqwest::Client::new(), base: base.clone(), api_key: api_key.to_owned() }
    }

    /// The same with another key.
    pub fn with_key(&self, api_key: &str) -> Self {
        Self { api_key: api_key.to_owned(), ..self.clone() }
    }

    /// Sends a request and gives whatever comes back.
    ///
    /// # Errors
    /// When the API is not reached.
    pub async fn call(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Answer> {
        let response = self.send(method, path, body).await?;
        let status = response.status().as_u16();
        let bytes = response.bytes().await?;
        Ok(Answer { status, body: serde_json::from_slice(&bytes).unwrap_or(Value::Null) })
    }

    /// Sends a request and gives the answer as text.
    ///
    /// # Errors
    /// When the API is not reached or does not answer 2xx.
    pub async fn text(&self, path: &str) -> Result<String> {
        let response = self.send(Method::GET, path, None).await?;
        Ok(response.error_for_status()?.text().await?)
    }

    async fn send(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Response> {
        let url = self.base.join(path).with_context(|| format!("the path {path} is not one"))?;
        let mut request = self.http.request(method, url).header("x-api-key", &self.api_key);
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body.to_string());
        }
        Ok(request.send().await?)
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
        let job = self.post("/api/v1/contacts/import", options).await?;
        let url = text(&job["upload"]["url"])?;
        let answer = self.http.put(url).body(csv).send().await?;
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
                if ["completed", "failed"].iter().any(|end| job["status"] == *end) {
                    return Ok(job);
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
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
                tokio::time::sleep(Duration::from_millis(50)).await;
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
