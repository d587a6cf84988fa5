//! Fetching the small public documents that a proof needs: certificates and key sets.

use std::time::Duration;

use reqwest::{Client, StatusCode, redirect};
use tokio::sync::OnceCell;
use url::Url;

/// What came back in place of an answer.
pub type Source = Box<dyn std::error::Error + Send + Sync>;

const TIMEOUT: Duration = Duration::from_secs(10);
const MAX_BYTES: usize = 64 * 1024;

/// A client that is built when first used: the trust store takes milliseconds to read, and most starts need none.
#[derive(Debug)]
pub struct Fetch {
    timeout: Duration,
    http: OnceCell<Client>,
}

impl Default for Fetch {
    fn default() -> Self {
        Self::within(TIMEOUT)
    }
}

/// A document that was not got.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// No answer now; there may be one later.
    #[error("no answer")]
    Unavailable(#[source] Source),
    /// The answer is not what it should be, and asking again will not change that.
    #[error("{0}")]
    Useless(&'static str),
}

impl Fetch {
    /// A client that waits so long for an answer.
    pub fn within(timeout: Duration) -> Self {
        Self { timeout, http: OnceCell::new() }
    }

    /// What is at `url`, if it is small. Redirects are not followed: they would lead away from a trusted address.
    ///
    /// # Errors
    /// When there is no answer, or none that is of use.
    pub async fn get(&self, url: Url) -> Result<Vec<u8>, FetchError> {
        let http = self.http.get_or_try_init(|| async { client(self.timeout) }).await.map_err(unavailable)?;
        let mut answer = http.get(url).send().await.map_err(unavailable)?;
        match answer.status() {
            StatusCode::OK => {}
            StatusCode::TOO_MANY_REQUESTS => return Err(FetchError::Unavailable("asked to wait".into())),
            status if status.is_server_error() => return Err(FetchError::Unavailable(status.to_string().into())),
            _ => return Err(FetchError::Useless("there is nothing at that address")),
        }
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(unavailable)? {
            if body.len() + chunk.len() > MAX_BYTES {
                return Err(FetchError::Useless("the document is too large"));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }
}

/// No proxy: the sandbox listens on the loop-back interface, which a proxy does not reach.
fn client(timeout: Duration) -> reqwest::Result<Client> {
    Client::builder().timeout(timeout).redirect(redirect::Policy::none()).no_proxy().build()
}

fn unavailable(error: reqwest::Error) -> FetchError {
    FetchError::Unavailable(error.into())
}
