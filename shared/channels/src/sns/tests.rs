//! Envelopes that are what they say, and envelopes that are not.

use proptest::prelude::*;
use rcgen::{CertificateParams, KeyPair, PKCS_RSA_SHA256, SigningKey, date_time_ymd};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;

const TOPIC: &str = "arn:aws:sns:eu-west-1:123456789012:receipts";

/// Made once with OpenSSL over the envelope of `notification`; the signing library makes no SHA-1 signatures.
const VERSION_1_CERTIFICATE: &str = include_str!("version_1.pem");
const VERSION_1_SIGNATURE: &str = include_str!("version_1.signature");

fn notification() -> Envelope {
    Envelope {
        kind: EnvelopeKind::Notification,
        message_id: "1b2c".into(),
        topic_arn: TOPIC.into(),
        subject: Some("Greetings".into()),
        message: "Hello\r\nworld!".into(),
        timestamp: "2026-11-20T10:00:00.000Z".into(),
        signature_version: "2".into(),
        signature: String::new(),
        signing_cert_url: String::new(),
        token: None,
        subscribe_url: None,
    }
}

fn now() -> Timestamp {
    "2026-11-20T10:00:01Z".parse().unwrap()
}

/// Serves `pem` to everybody who asks, for as long as the test runs.
async fn serve(pem: String) -> Url {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}/certificate.pem", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let _ = stream.read(&mut [0; 2048]).await;
            let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", pem.len());
            let _ = stream.write_all((head + &pem).as_bytes()).await;
        }
    });
    base.parse().unwrap()
}

/// A key, and a verifier that trusts its certificate.
async fn signer() -> (KeyPair, Url, Verifier) {
    let key = KeyPair::generate_for(&PKCS_RSA_SHA256).unwrap();
    let mut params = CertificateParams::default();
    (params.not_before, params.not_after) = (date_time_ymd(2026, 1, 1), date_time_ymd(2027, 1, 1));
    let url = serve(params.self_signed(&key).unwrap().pem()).await;
    let verifier = Verifier::new(TOPIC, Some(url.clone()));
    (key, url, verifier)
}

fn signed(mut envelope: Envelope, key: &KeyPair, url: &Url) -> Envelope {
    envelope.signing_cert_url = url.to_string();
    envelope.signature = STANDARD.encode(key.sign(envelope.signed_text().as_bytes()).unwrap());
    envelope
}

#[tokio::test]
async fn a_message_of_our_topic_is_believed() {
    let (key, url, verifier) = signer().await;
    let mut confirmation = notification();
    confirmation.kind = EnvelopeKind::SubscriptionConfirmation;
    confirmation.token = Some("t".into());
    confirmation.subscribe_url = Some("https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription".into());
    for envelope in [notification(), Envelope { subject: None, ..notification() }, confirmation] {
        let envelope = signed(envelope, &key, &url);
        verifier.verify(&envelope, now()).await.unwrap();
        let read: Envelope = serde_json::from_str(&serde_json::to_string(&envelope).unwrap()).unwrap();
        verifier.verify(&read, now()).await.unwrap();
    }
}

#[tokio::test]
async fn a_message_signed_the_old_way_is_believed() {
    let url = serve(VERSION_1_CERTIFICATE.into()).await;
    let verifier = Verifier::new(TOPIC, Some(url.clone()));
    let later = "2030-01-01T00:00:00Z".parse().unwrap();
    let mut envelope = notification();
    envelope.signature_version = "1".into();
    envelope.signature = VERSION_1_SIGNATURE.trim_end().into();
    envelope.signing_cert_url = url.into();
    verifier.verify(&envelope, later).await.unwrap();
    envelope.signature_version = "2".into();
    assert!(matches!(verifier.verify(&envelope, later).await, Err(ProofError::Signature)));
}

#[tokio::test]
async fn a_changed_message_is_not_believed() {
    let (key, url, verifier) = signer().await;
    let tampering: [fn(&mut Envelope); 7] = [
        |envelope| envelope.message.push('!'),
        |envelope| envelope.message_id.push('0'),
        |envelope| envelope.subject = None,
        |envelope| envelope.timestamp = "2026-11-20T10:00:00.001Z".into(),
        |envelope| envelope.kind = EnvelopeKind::UnsubscribeConfirmation,
        |envelope| envelope.signature.replace_range(..4, "AAAA"),
        |envelope| envelope.signature = "not Base64".into(),
    ];
    for change in tampering {
        let mut envelope = signed(notification(), &key, &url);
        change(&mut envelope);
        assert!(matches!(verifier.verify(&envelope, now()).await, Err(ProofError::Signature)));
    }
}

#[tokio::test]
async fn a_message_of_another_topic_is_not_believed() {
    let (key, url, verifier) = signer().await;
    let envelope = Envelope { topic_arn: format!("{TOPIC}-2"), ..notification() };
    assert!(matches!(verifier.verify(&signed(envelope, &key, &url), now()).await, Err(ProofError::ForeignTopic)));
}

#[tokio::test]
async fn a_certificate_counts_while_it_is_valid() {
    let (key, url, verifier) = signer().await;
    let envelope = signed(notification(), &key, &url);
    for moment in ["2025-12-31T23:59:59Z", "2027-01-01T00:00:01Z"] {
        let answer = verifier.verify(&envelope, moment.parse().unwrap()).await;
        assert!(matches!(answer, Err(ProofError::Certificate(_))));
    }
}

#[tokio::test]
async fn a_certificate_that_cannot_be_fetched_leaves_the_question_open() {
    let (key, url, _) = signer().await;
    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let elsewhere: Url = format!("http://{nobody}/certificate.pem").parse().unwrap();
    let verifier = Verifier::new(TOPIC, Some(elsewhere.clone()));
    let error = verifier.verify(&signed(notification(), &key, &elsewhere), now()).await.unwrap_err();
    assert!(error.is_transient());
    let foreign = verifier.verify(&signed(notification(), &key, &url), now()).await.unwrap_err();
    assert!(matches!(foreign, ProofError::ForeignAddress) && !foreign.is_transient());
}

#[test]
fn only_certificates_of_sns_are_trusted() {
    let verifier = Verifier::new(TOPIC, None);
    let name = "SimpleNotificationService-d6d679a1d18e95c2f9ffcf11f4f9e198.pem";
    for host in ["https://sns.eu-west-1.amazonaws.com", "https://sns.cn-north-1.amazonaws.com.cn"] {
        assert!(verifier.trusted(&format!("{host}/{name}")).is_ok(), "{host}");
    }
    let foreign = [
        format!("http://sns.eu-west-1.amazonaws.com/{name}"),
        format!("https://sns.eu-west-1.amazonaws.com:8443/{name}"),
        format!("https://sns.eu-west-1.amazonaws.com@example.com/{name}"),
        format!("https://user@sns.eu-west-1.amazonaws.com/{name}"),
        format!("https://sns.eu-west-1.amazonaws.com.example.com/{name}"),
        format!("https://sns.eu-west-1.example.amazonaws.com/{name}"),
        format!("https://sns..amazonaws.com/{name}"),
        format!("https://s3.amazonaws.com/{name}"),
        format!("https://sns.eu-west-1.amazonaws.com/a/{name}"),
        format!("https://sns.eu-west-1.amazonaws.com/{name}?Action=Publish"),
        "https://sns.eu-west-1.amazonaws.com/?Action=GetEndpointAttributes&x=.pem".into(),
        "https://sns.eu-west-1.amazonaws.com/other.pem".into(),
        "not an address".into(),
    ];
    for address in foreign {
        assert!(verifier.trusted(&address).is_err(), "{address}");
    }
}

#[test]
fn the_extra_prefix_ends_at_its_host() {
    let verifier = Verifier::new(TOPIC, Some("http://127.0.0.1:8080/_local/".parse().unwrap()));
    assert!(verifier.trusted("http://127.0.0.1:8080/_local/certificate.pem").is_ok());
    for address in [
        "http://127.0.0.1:8080/certificate.pem",
        "http://127.0.0.1:80801/_local/certificate.pem",
        "http://127.0.0.1:8080@example.com/_local/certificate.pem",
        "http://127.0.0.1:8080/_local/../certificate.pem",
        "https://127.0.0.1:8080/_local/certificate.pem",
    ] {
        assert!(verifier.trusted(address).is_err(), "{address}");
    }
}

/// The examples of the SNS developer guide, with other values.
#[test]
fn the_signed_text_is_as_documented() {
    let expected = "Message\nHello\r\nworld!\nMessageId\n1b2c\nSubject\nGreetings\nTimestamp\n2026-11-20T10:00:00.000Z\n\
                    TopicArn\narn:aws:sns:eu-west-1:123456789012:receipts\nType\nNotification\n";
    assert_eq!(notification().signed_text(), expected);
    let confirmation = Envelope {
        kind: EnvelopeKind::SubscriptionConfirmation,
        token: Some("t".into()),
        subscribe_url: Some("u".into()),
        ..notification()
    };
    let expected = "Message\nHello\r\nworld!\nMessageId\n1b2c\nSubscribeURL\nu\nTimestamp\n2026-11-20T10:00:00.000Z\n\
                    Token\nt\nTopicArn\narn:aws:sns:eu-west-1:123456789012:receipts\nType\nSubscriptionConfirmation\n";
    assert_eq!(confirmation.signed_text(), expected);
}

proptest! {
    #[test]
    fn any_envelope_is_read_without_a_panic(text in ".*", address in ".*") {
        let _ = serde_json::from_str::<Envelope>(&text);
        let verifier = Verifier::new(TOPIC, None);
        prop_assert!(verifier.trusted(&address).is_err());
    }
}
