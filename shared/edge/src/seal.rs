//! Sealing: the answer to a request is kept so that only who has its idempotency key and the deployment's secret can read
//! it. It may hold what a table must not: a person's data, an API key that is shown once.

use aws_lc_rs::aead::{AES_256_GCM, Aad, Nonce, RandomizedNonceKey};
use aws_lc_rs::hkdf::{HKDF_SHA256, Prk, Salt};
use domain::idempotency::{AttemptId, IdempotencyKey, Seed};
use domain::{Error, Result};
use runtime::Secret;

/// The bytes of a nonce, which come before what is sealed (NIST SP 800-38D §8.2).
const NONCE: usize = 12;

/// The means to seal one answer, derived after RFC 5869.
pub(crate) struct Seal {
    keys: Prk,
}

impl std::fmt::Debug for Seal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Seal(…)")
    }
}

impl Seal {
    pub(crate) fn new(secret: &Secret, attempt: &AttemptId, key: &IdempotencyKey) -> Self {
        let salt = Salt::new(HKDF_SHA256, attempt.to_string().as_bytes());
        let mut material = secret.reveal().as_bytes().to_vec();
        material.push(0);
        material.extend(key.as_str().as_bytes());
        Self { keys: salt.extract(&material) }
    }

    /// Bytes that follow from the seal and the seed, others for each number.
    pub(crate) fn derive<const N: usize>(&self, seed: &Seed, number: u32) -> Result<[u8; N]> {
        self.bytes(&[b"fresh", seed.as_str().as_bytes(), &number.to_be_bytes()])
    }

    /// `plain`, so that only who has the same seal can open it.
    pub(crate) fn close(&self, plain: &[u8]) -> Result<Vec<u8>> {
        let mut sealed = plain.to_vec();
        let nonce = self.key()?.seal_in_place_append_tag(Aad::empty(), &mut sealed).map_err(|_| unsealed())?;
        Ok([&nonce.as_ref()[..], &sealed[..]].concat())
    }

    /// What was closed.
    ///
    /// # Errors
    /// When it was not closed with this seal, or has changed since.
    pub(crate) fn open(&self, sealed: &[u8]) -> Result<Vec<u8>> {
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE>().ok_or_else(unsealed)?;
        let mut plain = sealed.to_vec();
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let length = self.key()?.open_in_place(nonce, Aad::empty(), &mut plain).map_err(|_| unsealed())?.len();
        plain.truncate(length);
        Ok(plain)
    }

    fn key(&self) -> Result<RandomizedNonceKey> {
        RandomizedNonceKey::new(&AES_256_GCM, &self.bytes::<32>(&[b"answer"])?).map_err(|_| unsealed())
    }

    fn bytes<const N: usize>(&self, purpose: &[&[u8]]) -> Result<[u8; N]> {
        let mut bytes = [0; N];
        let expanded = self.keys.expand(purpose, Length(N)).and_then(|output| output.fill(&mut bytes));
        expanded.map(|()| bytes).map_err(|_| unsealed())
    }
}

/// How many bytes are wanted of the derivation.
struct Length(usize);

impl aws_lc_rs::hkdf::KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

fn unsealed() -> Error {
    Error::internal("sealing an answer", "the cryptographic operation failed")
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::access::Actor;
    use domain::id::{Id, TenantId};

    fn seal(secret: &str, key: &str) -> Seal {
        let Ok(key) = key.parse::<IdempotencyKey>() else { panic!("{key}") };
        let tenant = TenantId::derived(domain::Timestamp::default(), &[]);
        let Ok(secret) = Secret::parse(&secret.repeat(32)) else { panic!("{secret}") };
        Seal::new(&secret, &key.attempt_id(tenant, &Actor::Operator), &key)
    }

    #[test]
    fn only_the_same_secret_and_key_open_what_was_closed() {
        let closed = seal("s", "k").close(b"personal").unwrap_or_default();
        assert!(!closed.windows(8).any(|bytes| bytes == b"personal"));
        assert_eq!(seal("s", "k").open(&closed).ok().as_deref(), Some(&b"personal"[..]));
        assert!(seal("s", "j").open(&closed).is_err() && seal("t", "k").open(&closed).is_err());
        assert!(seal("s", "k").open(&closed[..5]).is_err());
    }

    #[test]
    fn what_is_derived_is_the_same_each_time_and_differs_by_number() {
        let (seed, other) = (Seed::new([1; 32]), Seed::new([2; 32]));
        let one = seal("s", "k").derive::<24>(&seed, 0).ok();
        assert!(one.is_some() && one == seal("s", "k").derive(&seed, 0).ok());
        assert_ne!(one, seal("s", "k").derive(&seed, 1).ok());
        assert_ne!(
            one,
            seal("s", "k").derive(&other, 0).ok(),
            "a key that is used again after a day gives other secrets"
        );
    }
}
