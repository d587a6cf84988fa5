//! Bytes of strangers, of which none may prove anybody, and none may cause a panic.

use proptest::prelude::*;

use super::*;

/// What reads a stranger's header must neither panic nor believe it.
fn nobody_is_proven(token: &str) {
    thread_local! {
        static RUNTIME: tokio::runtime::Runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        static TRUSTING: (Provider, Tokens) = RUNTIME.with(|runtime| runtime.block_on(trusting()));
    }
    let result = TRUSTING.with(|(_, tokens)| RUNTIME.with(|runtime| runtime.block_on(tokens.verify(token, now()))));
    assert!(matches!(result, Err(Unauthorized(_))), "{token}: {result:?}");
}

fn some_good_token() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(token(&claims())),
        Just(signed(&json!({ "alg": "RS256", "kid": "r" }), &claims(), |message| RSA.sign_rs256(message))),
        Just(signed(&json!({ "alg": "ES256", "kid": "e" }), &claims(), |message| EC.sign(message))),
    ]
}

/// Words that a header's members take.
fn some_word() -> impl Strategy<Value = Value> {
    prop_oneof![
        prop::sample::select(vec!["HS256", "RS256", "ES256", "none", "r", "e", "JWT"]).prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        Just(Value::Null),
        Just(json!(["r"])),
        Just(json!({ "alg": "HS256" })),
    ]
}

proptest! {
    #[test]
    fn no_text_proves_anybody(text in any::<String>(), bytes: Vec<u8>, dotted in "[A-Za-z0-9_-]{0,40}(\\.[A-Za-z0-9_=-]{0,40}){0,4}") {
        for text in [&text, &*String::from_utf8_lossy(&bytes), &dotted] {
            nobody_is_proven(text);
        }
    }

    #[test]
    fn no_header_proves_anybody(
        members in prop::collection::btree_map("alg|kid|crit|typ|jwk|jku|x5c|b64|zip|enc", some_word(), 0..6),
        json: Vec<u8>,
        good in some_good_token(),
    ) {
        let (_, rest) = good.split_once('.').unwrap();
        nobody_is_proven(&format!("{}.{rest}", base64url(json!(members).to_string())));
        nobody_is_proven(&format!("{}.{rest}", base64url(json)));
    }

    #[test]
    fn no_change_of_a_good_token_survives(good in some_good_token(), place: prop::sample::Index, with: char, cut: bool) {
        let mut chars: Vec<char> = good.chars().collect();
        let signed = good.rfind('.').unwrap();
        let place = place.index(signed);
        prop_assume!(chars[place] != with);
        if cut { chars.remove(place); } else { chars[place] = with; }
        nobody_is_proven(&chars.into_iter().collect::<String>());
        nobody_is_proven(&good[..place]);
    }

    #[test]
    fn no_change_of_the_bits_in_a_good_token_survives(good in some_good_token(), place: prop::sample::Index, bit in 0..8_u32) {
        let parts: Vec<_> = good.split('.').collect();
        let mut bytes: Vec<Vec<u8>> = parts.iter().map(|part| URL_SAFE_NO_PAD.decode(part).unwrap()).collect();
        let lengths = bytes.iter().map(Vec::len).sum::<usize>();
        let byte = bytes.iter_mut().flatten().nth(place.index(lengths)).unwrap();
        *byte ^= 1_u8 << bit;
        nobody_is_proven(&bytes.into_iter().map(base64url).collect::<Vec<_>>().join("."));
    }
}
