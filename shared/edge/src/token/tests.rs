//! Tokens that prove somebody, and tokens that do not.

mod foreign;

use aws_lc_rs::hmac;
use serde_json::{Value, json};

use super::*;
use crate::key_set::provider::{EC, Provider, RSA, base64url, with};

const SECRET: &str = "correct horse battery staple, twice over";
const TENANT: &str = "01900000-0000-7000-8000-000000000001";
const NOW: i64 = 1_800_000_000;

fn now() -> Timestamp {
    DateTime::from_timestamp(NOW, 0).unwrap()
}

fn rules() -> TokenRules {
    let secret = Some(Secret::parse(SECRET).unwrap());
    TokenRules { issuer: "https://login.example.com/".into(), audience: "rollcall".into(), secret, key_set_url: None }
}

fn claims() -> Value {
    json!({
        "iss": "https://login.example.com/", "aud": "rollcall", "sub": "ada", "tenant": TENANT, "role": "user",
        "scope": ["crm:read"], "iat": NOW - 60, "exp": NOW + 60,
    })
}

/// `claims` with some replaced; those that become null are left out.
fn claims_with(changes: Value) -> Value {
    let mut claims = with(claims(), changes);
    claims.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    claims
}

fn signed(header: &Value, claims: &Value, sign: impl Fn(&[u8]) -> Vec<u8>) -> String {
    signed_text(&header.to_string(), &claims.to_string(), sign)
}

fn signed_text(header: &str, claims: &str, sign: impl Fn(&[u8]) -> Vec<u8>) -> String {
    let message = format!("{}.{}", base64url(header), base64url(claims));
    format!("{message}.{}", base64url(sign(message.as_bytes())))
}

fn hs256(secret: &[u8]) -> impl Fn(&[u8]) -> Vec<u8> {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
    move |message| hmac::sign(&key, message).as_ref().to_vec()
}

fn token(claims: &Value) -> String {
    signed(&json!({ "typ": "JWT", "alg": "HS256" }), claims, hs256(SECRET.as_bytes()))
}

/// A verifier that believes all three algorithms, with the provider whose keys are `r` and `e`.
async fn trusting() -> (Provider, Tokens) {
    let provider = Provider::publishing(&[RSA.jwk("r"), EC.jwk("e")]).await;
    let tokens = Tokens::new(TokenRules { key_set_url: Some(provider.url.clone()), ..rules() });
    (provider, tokens)
}

async fn refusal(tokens: &Tokens, token: &str) -> &'static str {
    match tokens.verify(token, now()).await {
        Err(Unauthorized(why)) => why,
        other => panic!("{token}: {other:?}"),
    }
}

#[tokio::test]
async fn a_token_proves_who_calls_and_until_when() {
    let (caller, until) = Tokens::new(rules()).verify(&token(&claims()), now()).await.unwrap();
    let ada: UserId = "ada".parse().unwrap();
    let (actor, scopes) = (Actor::User(ada.clone()), vec![Scope::Read]);
    let tenant = TENANT.parse().unwrap();
    assert_eq!(caller, Caller { tenant, actor, role: Role::User, scopes, user: Some(ada) });
    assert_eq!(until, now() + TimeDelta::seconds(60));
}

#[tokio::test]
async fn each_algorithm_is_proven_by_its_own_key() {
    let (_provider, tokens) = trusting().await;
    for token in [
        token(&claims()),
        signed(&json!({ "alg": "HS256", "kid": "r" }), &claims(), hs256(SECRET.as_bytes())),
        signed(&json!({ "alg": "RS256", "kid": "r" }), &claims(), |message| RSA.sign_rs256(message)),
        signed(&json!({ "alg": "RS256" }), &claims(), |message| RSA.sign_rs256(message)),
        signed(&json!({ "alg": "ES256", "kid": "e" }), &claims(), |message| EC.sign(message)),
    ] {
        tokens.verify(&token, now()).await.unwrap();
    }
}

#[tokio::test]
async fn a_public_key_is_no_secret_and_a_key_serves_one_algorithm() {
    let (_provider, tokens) = trusting().await;
    let [pkcs1, spki] = RSA.ders();
    let pem = |der: &[u8]| {
        let text = base64::engine::general_purpose::STANDARD.encode(der);
        let lines: Vec<_> = text.as_bytes().chunks(64).map(|line| String::from_utf8_lossy(line).into_owned()).collect();
        format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", lines.join("\n")).into_bytes()
    };
    let (jwk, modulus) = (RSA.jwk("r"), RSA.modulus());
    let [jwk, n] = [jwk.to_string(), jwk["n"].as_str().unwrap().to_owned()].map(String::into_bytes);
    for public in [&pem(&pkcs1), &pem(&spki), &pkcs1, &spki, &modulus, &jwk, &n, EC.point(), &EC.point()[1..], b""] {
        for kid in [json!("r"), json!("e"), Value::Null] {
            for alg in ["HS256", "RS256", "ES256"] {
                let token = signed(&json!({ "alg": alg, "kid": kid }), &claims(), hs256(public));
                refusal(&tokens, &token).await;
            }
        }
    }
    for (alg, kid) in [("RS256", "e"), ("ES256", "r"), ("ES256", "e"), ("HS256", "r"), ("PS256", "r")] {
        let token = signed(&json!({ "alg": alg, "kid": kid }), &claims(), |message| RSA.sign_rs256(message));
        refusal(&tokens, &token).await;
    }
    refusal(&tokens, &signed(&json!({ "alg": "RS256", "kid": "r" }), &claims(), |message| EC.sign(message))).await;
    refusal(&tokens, &signed(&json!({ "alg": "PS256", "kid": "r" }), &claims(), |message| RSA.sign_ps256(message)))
        .await;
    refusal(&tokens, &signed(&json!({ "alg": "RS256", "kid": "r" }), &claims(), |message| RSA.sign_ps256(message)))
        .await;
}

#[tokio::test]
async fn a_token_that_brings_its_own_key_is_not_believed() {
    let (provider, tokens) = trusting().await;
    let jwk = json!({ "kty": "oct", "k": base64url("mine") });
    let header = json!({ "alg": "HS256", "jwk": jwk, "jku": "https://evil.example.com/", "x5c": ["AAAA"] });
    assert_eq!(refusal(&tokens, &signed(&header, &claims(), hs256(b"mine"))).await, "the token's signature is wrong");
    assert_eq!(provider.asked(), 0);
}

#[tokio::test]
async fn no_other_algorithm_is_believed_nor_none_at_all() {
    let (_provider, tokens) = trusting().await;
    let others = ["HS384", "HS512", "RS384", "RS512", "PS256", "PS512", "ES384", "ES256K", "EdDSA", "Ed25519"];
    let nones = ["none", "None", "NONE", "nOnE", "none ", "", "null", "hs256", "HS256 ", "HS256\0", "RSA-OAEP", "dir"];
    for alg in others.into_iter().chain(nones) {
        for signature in [vec![], hs256(SECRET.as_bytes())(b"x")] {
            let why = refusal(&tokens, &signed(&json!({ "alg": alg }), &claims(), |_| signature.clone())).await;
            assert_eq!(why, "the token is not signed with HS256, RS256 or ES256", "{alg}");
        }
        refusal(&tokens, &signed(&json!({ "alg": alg, "kid": "r" }), &claims(), hs256(SECRET.as_bytes()))).await;
    }
    for alg in ["HS256", "RS256", "ES256"] {
        refusal(&tokens, &signed(&json!({ "alg": alg }), &claims(), |_| vec![])).await;
        refusal(&tokens, &signed(&json!({ "alg": alg }), &claims(), |_| vec![0; 64])).await;
    }
}

#[tokio::test]
async fn an_algorithm_without_a_source_of_keys_is_refused() {
    let (provider, _) = trusting().await;
    let neither = Tokens::new(TokenRules { secret: None, ..rules() });
    let keys_only = TokenRules { secret: None, key_set_url: Some(provider.url.clone()), ..rules() };
    assert_eq!(refusal(&neither, &token(&claims())).await, "this API takes no tokens signed with HS256");
    assert_eq!(refusal(&Tokens::new(keys_only), &token(&claims())).await, "this API takes no tokens signed with HS256");
    let token = signed(&json!({ "alg": "ES256", "kid": "e" }), &claims(), |message| EC.sign(message));
    let why = "this API takes no tokens signed with RS256 or ES256";
    assert_eq!(refusal(&Tokens::new(rules()), &token).await, why);
}

#[tokio::test]
async fn without_a_key_set_nobody_is_refused_for_what_we_cannot_tell() {
    let (provider, tokens) = trusting().await;
    let token = signed(&json!({ "alg": "ES256", "kid": "e" }), &claims(), |message| EC.sign(message));
    provider.answer(503, "");
    let error = tokens.verify(&token, now()).await.unwrap_err();
    assert!(matches!(error, domain::Error::Unavailable { service: "the key set", .. }));
    provider.publish(&[EC.jwk("other")]);
    let later = now() + TimeDelta::seconds(59);
    assert!(matches!(tokens.verify(&token, later).await, Err(domain::Error::Unavailable { .. })));
    let tokens = Tokens::new(TokenRules { key_set_url: Some(provider.url.clone()), ..rules() });
    assert_eq!(refusal(&tokens, &token).await, "the key set holds no key of the token's kid and alg");
}

#[tokio::test]
async fn claims_are_refused_with_a_reason() {
    let tokens = Tokens::new(rules());
    for (changes, why) in [
        (json!({ "exp": null }), "the token has no exp"),
        (json!({ "exp": NOW }), "the token has expired"),
        (json!({ "exp": NOW - 1 }), "the token has expired"),
        (json!({ "exp": -1 }), "the token has expired"),
        (json!({ "exp": 1e300 }), "a time in the token is not a number of seconds since 1970"),
        (json!({ "exp": (NOW + 60).to_string() }), "the token's claims cannot be read"),
        (json!({ "nbf": NOW + 31 }), "the token is not valid yet (nbf or iat lies in the future)"),
        (json!({ "iat": NOW + 31 }), "the token is not valid yet (nbf or iat lies in the future)"),
        (json!({ "nbf": "soon" }), "the token's claims cannot be read"),
        (json!({ "iss": null }), "the token has no iss"),
        (json!({ "iss": "https://login.example.com" }), "the token's issuer is not the one that this API trusts"),
        (json!({ "iss": ["https://login.example.com/"] }), "the token's claims cannot be read"),
        (json!({ "aud": null }), "the token has no aud"),
        (json!({ "aud": "rollcall2" }), "the token's audience is not this API"),
        (json!({ "aud": [] }), "the token's audience is not this API"),
        (json!({ "aud": ["other", "roll", "call"] }), "the token's audience is not this API"),
        (json!({ "aud": { "rollcall": true } }), "the token's claims cannot be read"),
        (json!({ "sub": null }), "the token has no sub"),
        (json!({ "sub": " " }), "the token's sub is not 1 to 128 printable characters"),
        (json!({ "sub": "a\nb" }), "the token's sub is not 1 to 128 printable characters"),
        (json!({ "sub": 7 }), "the token's claims cannot be read"),
        (json!({ "tenant": null }), "the token has no tenant"),
        (json!({ "tenant": "acme" }), "the token's tenant is not a UUID"),
        (json!({ "role": "owner" }), "the token's role is none of admin, user and client"),
        (json!({ "role": "Admin" }), "the token's role is none of admin, user and client"),
        (json!({ "role": "" }), "the token's role is none of admin, user and client"),
        (json!({ "scope": 7 }), "the token's claims cannot be read"),
    ] {
        assert_eq!(refusal(&tokens, &token(&claims_with(changes.clone()))).await, why, "{changes}");
    }
}

#[tokio::test]
async fn claims_within_the_rules_are_believed() {
    let tokens = Tokens::new(rules());
    for changes in [
        json!({ "exp": NOW + 1, "iat": null }),
        json!({ "exp": NOW as f64 + 0.5 }),
        json!({ "nbf": NOW + 30, "iat": NOW + 30 }),
        json!({ "aud": ["other", "rollcall"] }),
        json!({ "tenant": TENANT.to_uppercase() }),
        json!({ "jti": 7, "azp": {}, "name": ["Ada"] }),
    ] {
        assert!(tokens.verify(&token(&claims_with(changes.clone())), now()).await.is_ok(), "{changes}");
    }
}

#[tokio::test]
async fn scopes_are_those_of_the_token_or_else_of_the_role() {
    use Scope::{Admin, Read, Write};
    let tokens = Tokens::new(rules());
    for (changes, role, scopes) in [
        (json!({ "role": null, "scope": null }), Role::Client, vec![]),
        (json!({ "role": "user", "scope": null }), Role::User, vec![Read, Write]),
        (json!({ "role": "admin", "scope": null }), Role::Admin, vec![Admin]),
        (json!({ "role": "admin", "scope": "" }), Role::Admin, vec![]),
        (json!({ "role": "admin", "scope": [] }), Role::Admin, vec![]),
        (json!({ "role": "admin", "scope": ["crm:read"] }), Role::Admin, vec![Read]),
        (json!({ "role": "client", "scope": "openid crm:write crm:read crm:read" }), Role::Client, vec![Read, Write]),
        (json!({ "role": "client", "scope": ["crm:admin", "openid"] }), Role::Client, vec![Admin]),
        (json!({ "role": "client", "scope": "CRM:READ crm:reader xcrm:read" }), Role::Client, vec![]),
        (json!({ "role": "client", "scope": ["crm:read crm:write"] }), Role::Client, vec![]),
    ] {
        let (caller, _) = tokens.verify(&token(&claims_with(changes.clone())), now()).await.unwrap();
        assert_eq!((caller.role, caller.scopes), (role, scopes), "{changes}");
    }
}

#[tokio::test]
async fn a_text_that_is_no_token_is_refused() {
    let tokens = Tokens::new(rules());
    let good = token(&claims());
    let sign = hs256(SECRET.as_bytes());
    let [header, payload, signature]: [&str; 3] = good.split('.').collect::<Vec<_>>().try_into().unwrap();
    let padded = format!("{header}=.{payload}.{signature}");
    let other = base64url(claims_with(json!({ "role": "admin" })).to_string());
    for bad in ["", ".", "..", "...", "rck_abc", "é.é.é"] {
        refusal(&tokens, bad).await;
    }
    for bad in [
        &good[1..],
        &good[..good.len() - 1],
        &padded,
        &format!("{good}."),
        &format!(" {good}"),
        &format!("{header}.{payload}"),
        &format!("{header}..{signature}"),
        &format!("{header}.{other}.{signature}"),
        &signed_text(r#"["HS256", null]"#, &claims().to_string(), &sign),
        &signed_text(r#"{"alg": "HS256", "alg": "HS256"}"#, &claims().to_string(), &sign),
        &signed_text(r#"{"alg": ["HS256"]}"#, &claims().to_string(), &sign),
        &signed_text(r#"{"alg": "HS256"} x"#, &claims().to_string(), &sign),
        &signed_text("{}", &claims().to_string(), &sign),
        &signed_text(r#"{"alg": "HS256"}"#, &claims().to_string().replacen('{', r#"{"sub": "bob","#, 1), &sign),
        &signed_text(r#"{"alg": "HS256"}"#, &"[".repeat(5000), &sign),
        &signed_text(r#"{"alg": "HS256"}"#, "", &sign),
    ] {
        refusal(&tokens, bad).await;
    }
}

#[tokio::test]
async fn a_token_is_not_too_long_and_demands_no_extensions() {
    let tokens = Tokens::new(rules());
    let long = token(&claims_with(json!({ "x": "x".repeat(MAX_TOKEN) })));
    assert_eq!(refusal(&tokens, &long).await, "the token is longer than 8 KiB");
    let nearly = token(&claims_with(json!({ "x": "x".repeat(MAX_TOKEN / 4 * 3 - 400) })));
    assert!(nearly.len() > MAX_TOKEN - 300 && tokens.verify(&nearly, now()).await.is_ok());
    for crit in [json!(["b64"]), json!([]), json!("b64"), Value::Null] {
        let token = signed(&json!({ "alg": "HS256", "crit": crit }), &claims(), hs256(SECRET.as_bytes()));
        let why = "the token demands extensions (crit) that this API does not have";
        assert_eq!(refusal(&tokens, &token).await, why, "{crit}");
    }
}

#[test]
fn a_secret_is_long_and_stays_secret() {
    assert!(Secret::parse(&SECRET[..31]).is_err() && Secret::parse(&SECRET[..32]).is_ok());
    assert!(!format!("{:?}", rules()).contains("horse"));
}
