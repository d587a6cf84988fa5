//! When the provider is asked, and which of its keys are used for what.

use jsonwebtoken::Algorithm::{ES256, RS256};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::provider::{EC, P384, Provider, RSA, with};
use super::*;

fn at(minutes: i64) -> Timestamp {
    "2026-11-20T10:00:00Z".parse::<Timestamp>().unwrap() + TimeDelta::minutes(minutes)
}

async fn has(set: &KeySet, kid: &str, now: Timestamp) -> bool {
    set.key(Some(kid), ES256, now).await.unwrap().is_some()
}

async fn serving(keys: &[Value]) -> (Provider, KeySet) {
    let provider = Provider::publishing(keys).await;
    let set = KeySet::new(provider.url.clone());
    (provider, set)
}

#[tokio::test]
async fn a_set_is_fetched_once_in_ten_minutes() {
    let (provider, set) = serving(&[EC.jwk("a")]).await;
    assert_eq!(provider.asked(), 0);
    for minute in 0..10 {
        assert!(has(&set, "a", at(minute)).await);
    }
    assert_eq!(provider.asked(), 1);
    assert!(has(&set, "a", at(10)).await);
    assert_eq!(provider.asked(), 2);
}

#[tokio::test]
async fn a_new_key_is_found_and_strangers_cause_one_fetch_a_minute() {
    let (provider, set) = serving(&[EC.jwk("a")]).await;
    assert!(has(&set, "a", at(0)).await);
    provider.publish(&[EC.jwk("a"), EC.jwk("b")]);
    let seconds = |count| at(0) + TimeDelta::seconds(count);
    for second in 0..60 {
        assert!(!has(&set, "b", seconds(second)).await, "{second}");
    }
    assert_eq!(provider.asked(), 1);
    assert!(has(&set, "b", seconds(60)).await);
    for second in 60..180 {
        assert!(!has(&set, &format!("stranger-{second}"), seconds(second)).await);
    }
    assert_eq!(provider.asked(), 3);
}

#[tokio::test]
async fn a_key_that_is_withdrawn_is_forgotten_with_the_next_fetch() {
    let (provider, set) = serving(&[EC.jwk("a")]).await;
    assert!(has(&set, "a", at(0)).await);
    provider.publish(&[]);
    assert!(has(&set, "a", at(9)).await);
    assert!(!has(&set, "a", at(10)).await);
}

#[tokio::test]
async fn the_old_keys_serve_for_a_day_while_the_provider_fails() {
    for (status, body) in [(503, "down"), (404, "{}"), (200, "not json"), (200, "{}"), (200, r#"{"keys": "none"}"#)] {
        let (provider, set) = serving(&[EC.jwk("a")]).await;
        assert!(has(&set, "a", at(0)).await);
        provider.answer(status, body);
        for minute in [10, 10, 10, 11, 11, 24 * 60 - 1, 24 * 60 - 1] {
            assert!(has(&set, "a", at(minute)).await, "{status} {body}");
            assert!(!has(&set, "b", at(minute)).await, "{status} {body}");
        }
        assert_eq!(provider.asked(), 1 + 3, "one attempt in each of the minutes");
        assert!(set.key(Some("a"), ES256, at(24 * 60)).await.is_err(), "{status} {body}");
        provider.publish(&[EC.jwk("a")]);
        assert!(has(&set, "a", at(24 * 60 + 1)).await);
    }
}

#[tokio::test]
async fn a_provider_that_never_answered_is_asked_again_after_a_minute() {
    let (provider, set) = serving(&[EC.jwk("a")]).await;
    provider.answer(500, "");
    for _ in 0..5 {
        assert!(matches!(set.key(Some("a"), ES256, at(0)).await, Err(FetchError::Unavailable(_))));
    }
    assert_eq!(provider.asked(), 1);
    provider.publish(&[EC.jwk("a")]);
    assert!(has(&set, "a", at(1)).await);

    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let set = KeySet::new(format!("http://{nobody}/").parse().unwrap());
    assert!(matches!(set.key(None, ES256, at(0)).await, Err(FetchError::Unavailable(_))));
}

#[tokio::test]
async fn a_clock_that_is_set_back_does_not_stop_the_fetches() {
    let (provider, set) = serving(&[EC.jwk("a")]).await;
    assert!(has(&set, "a", at(60 * 24 * 365)).await);
    assert!(has(&set, "a", at(0)).await);
    assert_eq!(provider.asked(), 2);
}

#[tokio::test]
async fn those_who_come_together_cause_one_fetch() {
    let (provider, set) = serving(&[EC.jwk("a")]).await;
    let all = tokio::join!(has(&set, "a", at(0)), has(&set, "a", at(0)), has(&set, "b", at(0)), has(&set, "a", at(0)));
    assert_eq!(all, (true, true, false, true));
    assert_eq!(provider.asked(), 1);
}

#[tokio::test]
async fn who_has_a_key_does_not_wait_for_somebody_elses_fetch() {
    let (provider, set) = serving(&[EC.jwk("a")]).await;
    assert!(has(&set, "a", at(0)).await);
    provider.publish(&[EC.jwk("a"), EC.jwk("b")]);
    for (minute, wanted) in [(5, "b"), (30, "a")] {
        let asked = provider.asked();
        provider.hold_answers();
        let mut fetching = Box::pin(has(&set, wanted, at(minute)));
        let others = async {
            provider.is_asked(asked + 1).await;
            has(&set, "a", at(minute)).await
        };
        tokio::select! {
            _ = &mut fetching => panic!("nothing answers yet"),
            found = others => assert!(found),
        }
        provider.release_answers();
        assert!(fetching.await);
    }
}

#[tokio::test]
async fn a_key_verifies_only_what_it_is_made_and_meant_for() {
    let (rsa, ec) = (RSA.jwk("k"), EC.jwk("k"));
    let cut = |jwk: &Value, member: &str| with(jwk.clone(), json!({ member: null }));
    for (jwk, for_rs256, for_es256) in [
        (rsa.clone(), true, false),
        (ec.clone(), false, true),
        (with(rsa.clone(), json!({ "use": "sig", "alg": "RS256", "key_ops": ["verify"] })), true, false),
        (with(ec.clone(), json!({ "use": "sig", "alg": "ES256", "key_ops": ["sign", "verify"] })), false, true),
        (with(rsa.clone(), json!({ "use": "enc" })), false, false),
        (with(rsa.clone(), json!({ "alg": "PS256" })), false, false),
        (with(rsa.clone(), json!({ "alg": "ES256" })), false, false),
        (with(rsa.clone(), json!({ "alg": "HS256" })), false, false),
        (with(rsa.clone(), json!({ "key_ops": ["encrypt"] })), false, false),
        (with(ec.clone(), json!({ "alg": "ES384" })), false, false),
        (with(ec.clone(), json!({ "alg": "something" })), false, false),
        (with(ec.clone(), json!({ "crv": "secp256k1" })), false, false),
        (with(ec.clone(), json!({ "kid": "other" })), false, false),
        (P384.jwk("k"), false, false),
        (cut(&rsa, "n"), false, false),
        (cut(&ec, "y"), false, false),
        (json!({ "kty": "oct", "kid": "k", "k": "c2VjcmV0" }), false, false),
        (json!({ "kty": "OKP", "crv": "Ed25519", "kid": "k", "x": "c2VjcmV0" }), false, false),
        (json!({ "kty": "unheard-of", "kid": "k" }), false, false),
        (json!("not even an object"), false, false),
    ] {
        // The second key shows that one that cannot be read does no harm to the others.
        let (_provider, set) = serving(&[jwk.clone(), EC.jwk("second")]).await;
        assert_eq!(set.key(Some("k"), RS256, at(0)).await.unwrap().is_some(), for_rs256, "{jwk}");
        assert_eq!(set.key(Some("k"), ES256, at(0)).await.unwrap().is_some(), for_es256, "{jwk}");
        assert!(has(&set, "second", at(0)).await, "{jwk}");
    }
}

#[tokio::test]
async fn without_a_kid_there_must_be_no_choice() {
    for (keys, found) in [
        (vec![EC.jwk("a"), RSA.jwk("b"), P384.jwk("c")], true),
        (vec![EC.jwk("a"), with(EC.jwk("b"), json!({ "use": "enc" }))], true),
        (vec![EC.jwk("a"), EC.jwk("b")], false),
        (vec![RSA.jwk("b")], false),
        (vec![], false),
    ] {
        let (_provider, set) = serving(&keys).await;
        assert_eq!(set.key(None, ES256, at(0)).await.unwrap().is_some(), found, "{keys:?}");
    }
}

#[test]
fn a_key_set_comes_from_https_or_from_this_machine() {
    for good in [
        "https://login.example.com/.well-known/jwks.json",
        "http://localhost:9/keys",
        "http://127.0.0.1:9/keys",
        "http://[::1]:9/keys",
    ] {
        assert_eq!(key_set_url(good).map(String::from).as_deref(), Ok(good));
    }
    for bad in [
        "",
        "login.example.com/keys",
        "http://login.example.com/keys",
        "http://localhost.example.com/keys",
        "http://127.0.0.1@example.com/keys",
        "http://10.0.0.1/keys",
        "ftp://localhost/keys",
        "file:///etc/keys",
        "data:,{}",
    ] {
        assert!(key_set_url(bad).is_err(), "{bad}");
    }
}
