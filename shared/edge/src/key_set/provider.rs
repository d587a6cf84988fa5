//! An identity provider for tests: keys that sign, and a server that publishes them and counts who asks.

use std::sync::{Arc, LazyLock, Mutex};

use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, EcdsaSigningAlgorithm, KeyPair,
    RSA_PKCS1_SHA256, RSA_PSS_SHA256, RsaEncoding, RsaKeyPair, RsaPublicKeyComponents,
};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use url::Url;

/// Made once: an RSA key costs a tenth of a second.
pub(crate) static RSA: LazyLock<RsaKey> = LazyLock::new(|| RsaKey(RsaKeyPair::generate(KeySize::Rsa2048).unwrap()));
pub(crate) static EC: LazyLock<EcKey> = LazyLock::new(|| EcKey::new(&ECDSA_P256_SHA256_FIXED_SIGNING));
pub(crate) static P384: LazyLock<EcKey> = LazyLock::new(|| EcKey::new(&ECDSA_P384_SHA384_FIXED_SIGNING));

pub(crate) struct RsaKey(RsaKeyPair);

impl RsaKey {
    pub(crate) fn sign_rs256(&self, message: &[u8]) -> Vec<u8> {
        self.sign(&RSA_PKCS1_SHA256, message)
    }

    pub(crate) fn sign_ps256(&self, message: &[u8]) -> Vec<u8> {
        self.sign(&RSA_PSS_SHA256, message)
    }

    fn sign(&self, padding: &'static dyn RsaEncoding, message: &[u8]) -> Vec<u8> {
        let mut signature = vec![0; self.0.public_modulus_len()];
        self.0.sign(padding, &SystemRandom::new(), message, &mut signature).unwrap();
        signature
    }

    pub(crate) fn modulus(&self) -> Vec<u8> {
        RsaPublicKeyComponents::<Vec<u8>>::from(self.0.public_key()).n
    }

    /// PKCS #1 and SPKI.
    pub(crate) fn ders(&self) -> [Vec<u8>; 2] {
        let spki: PublicKeyX509Der<'_> = self.0.public_key().as_der().unwrap();
        [self.0.public_key().as_ref().to_vec(), spki.as_ref().to_vec()]
    }

    pub(crate) fn jwk(&self, kid: &str) -> Value {
        let public = RsaPublicKeyComponents::<Vec<u8>>::from(self.0.public_key());
        json!({ "kty": "RSA", "kid": kid, "n": base64url(&public.n), "e": base64url(&public.e) })
    }
}

pub(crate) struct EcKey(EcdsaKeyPair);

impl EcKey {
    fn new(algorithm: &'static EcdsaSigningAlgorithm) -> Self {
        Self(EcdsaKeyPair::generate(algorithm).unwrap())
    }

    pub(crate) fn sign(&self, message: &[u8]) -> Vec<u8> {
        self.0.sign(&SystemRandom::new(), message).unwrap().as_ref().to_vec()
    }

    /// The public point, uncompressed.
    pub(crate) fn point(&self) -> &[u8] {
        self.0.public_key().as_ref()
    }

    pub(crate) fn jwk(&self, kid: &str) -> Value {
        let (x, y) = self.point()[1..].split_at(self.point().len() / 2);
        let curve = if x.len() == 32 { "P-256" } else { "P-384" };
        json!({ "kty": "EC", "crv": curve, "kid": kid, "x": base64url(x), "y": base64url(y) })
    }
}

pub(crate) fn base64url(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// `jwk` with some of its members replaced.
pub(crate) fn with(mut jwk: Value, members: Value) -> Value {
    let members = members.as_object().unwrap().clone();
    jwk.as_object_mut().unwrap().extend(members);
    jwk
}

/// A server on this machine that answers every request alike.
pub(crate) struct Provider {
    pub(crate) url: Url,
    answer: Arc<Mutex<(u16, String)>>,
    /// How many have asked.
    asked: watch::Receiver<usize>,
    /// Answers go out while it has permits.
    gate: Arc<Semaphore>,
}

impl Provider {
    pub(crate) async fn publishing(keys: &[Value]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/jwks.json", listener.local_addr().unwrap()).parse().unwrap();
        let (count, asked) = watch::channel(0);
        let provider = Self { url, answer: Arc::default(), asked, gate: Arc::new(Semaphore::new(1)) };
        provider.publish(keys);
        tokio::spawn(serve(listener, Arc::clone(&provider.answer), count, Arc::clone(&provider.gate)));
        provider
    }

    pub(crate) fn publish(&self, keys: &[Value]) {
        self.answer(200, &json!({ "keys": keys }).to_string());
    }

    pub(crate) fn answer(&self, status: u16, body: &str) {
        *self.answer.lock().unwrap() = (status, body.to_owned());
    }

    pub(crate) fn asked(&self) -> usize {
        *self.asked.borrow()
    }

    /// Waits until `count` have asked.
    pub(crate) async fn is_asked(&self, count: usize) {
        self.asked.clone().wait_for(|&asked| asked >= count).await.unwrap();
    }

    pub(crate) fn hold_answers(&self) {
        assert_eq!(self.gate.forget_permits(1), 1);
    }

    pub(crate) fn release_answers(&self) {
        self.gate.add_permits(1);
    }
}

async fn serve(
    listener: TcpListener,
    answer: Arc<Mutex<(u16, String)>>,
    count: watch::Sender<usize>,
    gate: Arc<Semaphore>,
) {
    while let Ok((mut stream, _)) = listener.accept().await {
        let _ = stream.read(&mut [0; 2048]).await;
        count.send_modify(|count| *count += 1);
        let _open = gate.acquire().await;
        let (status, body) = answer.lock().unwrap().clone();
        let head = format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
        let _ = stream.write_all((head + &body).as_bytes()).await;
    }
}
