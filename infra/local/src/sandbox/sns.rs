//! Signing notifications as SNS does, with a key of the sandbox's own.

use std::io::Write;
use std::path::Path;

use anyhow::Context;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use channels::sns::{Envelope, EnvelopeKind};
use domain::Timestamp;
use rcgen::{CertificateParams, DnType, KeyPair, PKCS_RSA_SHA256, SigningKey};
use tempfile::NamedTempFile;

use super::Settings;

/// Where the certificate is served.
pub(super) const CERTIFICATE_PATH: &str = "/_local/sandbox/certificate.pem";

/// Makes envelopes of one topic.
pub(super) struct Signer {
    key: KeyPair,
    certificate: String,
    certificate_url: String,
    topic_arn: String,
}

impl Signer {
    /// Takes the key of the data directory, or makes one. The certificate is made anew each time: whichever was made
    /// from a key, its signatures fit.
    pub(super) fn open(settings: &Settings) -> anyhow::Result<Self> {
        let key = match &settings.data_dir {
            Some(dir) => kept_key(&dir.join("sandbox-key.pem"))?,
            None => KeyPair::generate_for(&PKCS_RSA_SHA256)?,
        };
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, "Rollcall sandbox");
        Ok(Self {
            certificate: params.self_signed(&key)?.pem(),
            certificate_url: settings.public.join(CERTIFICATE_PATH)?.into(),
            topic_arn: settings.topic_arn.clone(),
            key,
        })
    }

    /// The certificate, in PEM.
    pub(super) fn certificate(&self) -> &str {
        &self.certificate
    }

    /// Where notifications say that it is.
    pub(super) fn certificate_url(&self) -> &str {
        &self.certificate_url
    }

    /// `message` as SNS would post it to a subscriber.
    pub(super) fn notification(&self, report: i64, message: String, now: Timestamp) -> anyhow::Result<Envelope> {
        let mut envelope = Envelope {
            kind: EnvelopeKind::Notification,
            message_id: format!("00000000-0000-4000-8000-{report:012x}"),
            topic_arn: self.topic_arn.clone(),
            subject: Some("Amazon SES Email Event Notification".into()),
            message,
            timestamp: now.format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string(),
            signature_version: "2".into(),
            signature: String::new(),
            signing_cert_url: self.certificate_url.clone(),
            token: None,
            subscribe_url: None,
        };
        envelope.signature = STANDARD.encode(self.key.sign(envelope.signed_text().as_bytes())?);
        Ok(envelope)
    }
}

fn kept_key(path: &Path) -> anyhow::Result<KeyPair> {
    if path.exists() {
        let pem = std::fs::read_to_string(path).context("reading the key")?;
        return KeyPair::from_pem(&pem).context("the file of the key holds something else");
    }
    let key = KeyPair::generate_for(&PKCS_RSA_SHA256)?;
    // A temporary file is readable to its owner only, and takes its place whole or not at all.
    let mut file = NamedTempFile::new_in(path.parent().unwrap_or(Path::new(".")))?;
    file.write_all(key.serialize_pem().as_bytes())?;
    file.persist(path).context("keeping the key")?;
    Ok(key)
}
