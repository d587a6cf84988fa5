//! SNS: the envelope that SES events come in, and the proof that it comes from our topic.
//!
//! The proof is a signature by a certificate that SNS serves over HTTPS. How old a message is does not matter: a
//! replayed one repeats what is known already (receipts may come twice and in any order), while a bound would lose
//! bounces that SNS or an operator delivers again after a failure of ours.

use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY, RSA_PKCS1_2048_8192_SHA256, RsaParameters};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::Timestamp;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::certificate::CertificateCache;
use crate::provider::Source;
use runtime::{Fetch, FetchError};

/// What SNS posts.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Envelope {
    /// Which of the three kinds it is.
    #[serde(rename = "Type")]
    pub kind: EnvelopeKind,
    /// SNS's name for the message; the same when it is delivered again.
    pub message_id: String,
    /// The topic that it was published to.
    pub topic_arn: String,
    /// The subject, where one was published.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// What was published.
    pub message: String,
    /// When, as SNS wrote it: the signature covers the text.
    pub timestamp: String,
    /// `1` (SHA-1) or `2` (SHA-256).
    pub signature_version: String,
    /// The signature in Base64.
    pub signature: String,
    /// Where the certificate of the signature is.
    #[serde(rename = "SigningCertURL")]
    pub signing_cert_url: String,
    /// For confirmations: the token to confirm with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// For confirmations: the address whose visit confirms.
    #[serde(default, rename = "SubscribeURL", skip_serializing_if = "Option::is_none")]
    pub subscribe_url: Option<String>,
}

/// The kinds of [`Envelope`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum EnvelopeKind {
    /// A published message.
    Notification,
    /// SNS asks whether the address wants the topic.
    SubscriptionConfirmation,
    /// SNS tells that the address no longer gets the topic.
    UnsubscribeConfirmation,
}

impl Envelope {
    /// The text that SNS signs.
    pub fn signed_text(&self) -> String {
        let kind = match self.kind {
            EnvelopeKind::Notification => "Notification",
            EnvelopeKind::SubscriptionConfirmation => "SubscriptionConfirmation",
            EnvelopeKind::UnsubscribeConfirmation => "UnsubscribeConfirmation",
        };
        let message = [("Message", Some(self.message.as_str())), ("MessageId", Some(&self.message_id))];
        let end = [("TopicArn", Some(self.topic_arn.as_str())), ("Type", Some(kind))];
        let time = ("Timestamp", Some(self.timestamp.as_str()));
        let between = match self.kind {
            EnvelopeKind::Notification => vec![("Subject", self.subject.as_deref()), time],
            _ => vec![("SubscribeURL", self.subscribe_url.as_deref()), time, ("Token", self.token.as_deref())],
        };
        let fields = message.into_iter().chain(between).chain(end);
        fields.filter_map(|(name, value)| Some(format!("{name}\n{}\n", value?))).collect()
    }
}

/// Why an envelope is not believed.
#[derive(Debug, thiserror::Error)]
pub enum ProofError {
    /// Anybody can have a topic; only ours counts.
    #[error("the notification is from another topic")]
    ForeignTopic,
    /// The address of the certificate, or the one to confirm at, is not SNS's.
    #[error("the notification refers to an address that is not trusted")]
    ForeignAddress,
    /// Neither version 1 nor 2.
    #[error("the version of the signature is not known")]
    Version,
    /// There is no usable certificate at the address.
    #[error("the certificate is of no use: {0}")]
    Certificate(&'static str),
    /// The signature is not the certificate's.
    #[error("the signature does not match")]
    Signature,
    /// SNS does not answer now, so that nothing can be said.
    #[error("SNS is not available at the moment")]
    Unavailable(#[source] Source),
}

impl ProofError {
    /// Whether the same envelope may be believed later.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Unavailable(_))
    }
}

/// Proves envelopes of one topic; keep it, it keeps certificates.
#[derive(Debug)]
pub struct Verifier {
    topic_arn: String,
    extra_prefix: Option<Url>,
    fetch: Fetch,
    certificates: CertificateCache,
}

impl Verifier {
    /// Believes messages of `topic_arn` that are signed by SNS, or by a certificate whose address begins with
    /// `extra_cert_prefix` (which is for the local sandbox; leave it out elsewhere).
    pub fn new(topic_arn: impl Into<String>, extra_cert_prefix: Option<Url>) -> Self {
        let (fetch, certificates) = Default::default();
        Self { topic_arn: topic_arn.into(), extra_prefix: extra_cert_prefix, fetch, certificates }
    }

    /// The same with the certificate at `url` known beforehand: it is not fetched.
    ///
    /// # Errors
    /// [`ProofError::Certificate`] when it cannot be read.
    pub fn knowing(self, url: Url, pem: &[u8]) -> Result<Self, ProofError> {
        self.certificates.put(url, pem)?;
        Ok(self)
    }

    /// Whether `envelope` comes from our topic.
    ///
    /// # Errors
    /// [`ProofError`]; all but [`ProofError::Unavailable`] are final.
    pub async fn verify(&self, envelope: &Envelope, now: Timestamp) -> Result<(), ProofError> {
        if envelope.topic_arn != self.topic_arn {
            return Err(ProofError::ForeignTopic);
        }
        let algorithm = algorithm(&envelope.signature_version)?;
        let signature = STANDARD.decode(&envelope.signature).map_err(|_| ProofError::Signature)?;
        let url = self.trusted(&envelope.signing_cert_url)?;
        let certificate = self.certificates.get(url, &self.fetch).await?;
        if !certificate.is_valid_at(now) {
            return Err(ProofError::Certificate("it is not valid at this time"));
        }
        match certificate.signed(algorithm, &envelope.signed_text(), &signature) {
            true => Ok(()),
            false => Err(ProofError::Signature),
        }
    }

    /// Answers yes to a [`EnvelopeKind::SubscriptionConfirmation`] that was verified before.
    ///
    /// # Errors
    /// [`ProofError::ForeignAddress`] when it asks to visit somebody else than SNS.
    pub async fn confirm(&self, envelope: &Envelope) -> Result<(), ProofError> {
        let url = envelope.subscribe_url.as_deref().and_then(|text| Url::parse(text).ok());
        let url = url.filter(is_on_sns).ok_or(ProofError::ForeignAddress)?;
        match self.fetch.get(url).await {
            Ok(_) => Ok(()),
            Err(FetchError::Unavailable(source)) => Err(ProofError::Unavailable(source)),
            Err(FetchError::Useless(_)) => Err(ProofError::ForeignAddress),
        }
    }

    fn trusted(&self, text: &str) -> Result<Url, ProofError> {
        let url = Url::parse(text).map_err(|_| ProofError::ForeignAddress)?;
        let extra = self.extra_prefix.as_ref().is_some_and(|prefix| begins_with(&url, prefix));
        if extra || (is_on_sns(&url) && is_certificate(&url)) { Ok(url) } else { Err(ProofError::ForeignAddress) }
    }
}

fn algorithm(version: &str) -> Result<&'static RsaParameters, ProofError> {
    match version {
        "1" => Ok(&RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY),
        "2" => Ok(&RSA_PKCS1_2048_8192_SHA256),
        _ => Err(ProofError::Version),
    }
}

fn is_on_sns(url: &Url) -> bool {
    let host = url.host_str().and_then(|host| host.strip_prefix("sns."));
    let region = host.and_then(|rest| rest.strip_suffix(".amazonaws.com").or(rest.strip_suffix(".amazonaws.com.cn")));
    let is_region = |name: &str| !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    url.scheme() == "https" && url.port().is_none() && has_no_user(url) && region.is_some_and(is_region)
}

/// The API of SNS listens on the same host and can be made to answer with a stranger's text, so that the path must be
/// that of a certificate and nothing more.
fn is_certificate(url: &Url) -> bool {
    let name = url.path().strip_prefix("/SimpleNotificationService-").and_then(|rest| rest.strip_suffix(".pem"));
    let is_name = |name: &str| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric());
    name.is_some_and(is_name) && url.query().is_none()
}

fn begins_with(url: &Url, prefix: &Url) -> bool {
    url.origin() == prefix.origin() && has_no_user(url) && url.path().starts_with(prefix.path())
}

fn has_no_user(url: &Url) -> bool {
    url.username().is_empty() && url.password().is_none()
}

#[cfg(test)]
mod tests;
