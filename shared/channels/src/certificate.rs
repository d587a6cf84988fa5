//! The certificates that sign SNS messages: fetched once, checked, kept.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use aws_lc_rs::signature::{RsaParameters, UnparsedPublicKey};
use domain::Timestamp;
use url::Url;
use x509_parser::pem::parse_x509_pem;
use x509_parser::time::ASN1Time;

use crate::sns::ProofError;
use runtime::{Fetch, FetchError};

/// SNS signs with one certificate per region at a time; a bound keeps a stranger from filling the memory.
const KEPT: usize = 8;

/// Certificates by the address that they came from; the oldest make room.
#[derive(Debug, Default)]
pub(crate) struct CertificateCache {
    kept: Mutex<VecDeque<(Url, Arc<Certificate>)>>,
}

/// What of a certificate is needed to check a signature.
#[derive(Debug)]
pub(crate) struct Certificate {
    public_key: Vec<u8>,
    not_before: ASN1Time,
    not_after: ASN1Time,
}

impl CertificateCache {
    /// The certificate at `url`, which must be one that the caller trusts.
    pub(crate) async fn get(&self, url: Url, fetch: &Fetch) -> Result<Arc<Certificate>, ProofError> {
        if let Some(known) = self.known(&url) {
            return Ok(known);
        }
        let pem = fetch.get(url.clone()).await.map_err(|error| match error {
            FetchError::Unavailable(source) => ProofError::Unavailable(source),
            FetchError::Useless(why) => ProofError::Certificate(why),
        })?;
        self.put(url, &pem)
    }

    /// Keeps the certificate that is at `url`.
    pub(crate) fn put(&self, url: Url, pem: &[u8]) -> Result<Arc<Certificate>, ProofError> {
        let certificate = Arc::new(Certificate::parse(pem).ok_or(ProofError::Certificate("it cannot be read"))?);
        self.keep(url, &certificate);
        Ok(certificate)
    }

    fn known(&self, url: &Url) -> Option<Arc<Certificate>> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter().find(|(known, _)| known == url).map(|(_, certificate)| Arc::clone(certificate))
    }

    fn keep(&self, url: Url, certificate: &Arc<Certificate>) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|(known, _)| *known != url);
        kept.truncate(KEPT - 1);
        kept.push_front((url, Arc::clone(certificate)));
    }
}

impl Certificate {
    /// Reads the first certificate of a PEM file.
    pub(crate) fn parse(pem: &[u8]) -> Option<Self> {
        let (_, pem) = parse_x509_pem(pem).ok()?;
        let certificate = pem.parse_x509().ok()?;
        let validity = certificate.validity();
        Some(Self {
            public_key: certificate.public_key().subject_public_key.data.to_vec(),
            not_before: validity.not_before,
            not_after: validity.not_after,
        })
    }

    /// Whether it may be used at `now`.
    pub(crate) fn is_valid_at(&self, now: Timestamp) -> bool {
        let now = now.timestamp();
        self.not_before.timestamp() <= now && now <= self.not_after.timestamp()
    }

    /// Whether `signature` is the owner's, over `text`.
    pub(crate) fn signed(&self, algorithm: &'static RsaParameters, text: &str, signature: &[u8]) -> bool {
        UnparsedPublicKey::new(algorithm, &self.public_key).verify(text.as_bytes(), signature).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rcgen::{CertificateParams, KeyPair, PKCS_RSA_SHA256};

    use super::*;

    fn certificate() -> Arc<Certificate> {
        let key = KeyPair::generate_for(&PKCS_RSA_SHA256).unwrap();
        let made = CertificateParams::default().self_signed(&key).unwrap();
        Arc::new(Certificate::parse(made.pem().as_bytes()).unwrap())
    }

    #[test]
    fn the_cache_keeps_a_bounded_number_and_drops_the_oldest() {
        let (cache, certificate) = (CertificateCache::default(), certificate());
        let url = |number: usize| Url::parse(&format!("https://sns.eu-west-1.amazonaws.com/{number}.pem")).unwrap();
        for number in 0..KEPT + 3 {
            cache.keep(url(number), &certificate);
        }
        assert!(cache.known(&url(2)).is_none());
        assert!(cache.known(&url(3)).is_some() && cache.known(&url(KEPT + 2)).is_some());
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), der in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = Certificate::parse(&bytes);
            use base64::Engine;
            let text = base64::engine::general_purpose::STANDARD.encode(der);
            let _ = Certificate::parse(format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n").as_bytes());
        }
    }
}
