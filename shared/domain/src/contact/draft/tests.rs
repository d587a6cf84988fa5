//! What makes a draft acceptable.

use super::*;

fn draft() -> Draft {
    Draft { first_name: Some(" Ada ".into()), email: Some("ADA@example.com".into()), ..Draft::default() }
}

fn fields(result: Result<Profile>) -> Vec<String> {
    match result {
        Err(Error::Refused(faults)) => faults.into_iter().map(|fault| fault.field).collect(),
        _ => Vec::new(),
    }
}

#[test]
fn a_draft_is_trimmed_and_normalised() {
    let profile = draft().parse(&Rules::default()).unwrap_or_default();
    assert_eq!(profile.full_name().as_deref(), Some("Ada"));
    assert_eq!(profile.email.map(|email| email.to_string()).as_deref(), Some("ada@example.com"));
}

#[test]
fn every_fault_is_reported_at_once() {
    let bad = Draft {
        email: Some("nobody".into()),
        phone: Some("12".into()),
        first_name: Some("x".repeat(101)),
        lifecycle_stage: Some("king".into()),
        timezone: Some("Mars/Olympus".into()),
        owner_id: Some("x".repeat(129)),
        tags: (0..11).map(|n| n.to_string()).collect(),
        ..Draft::default()
    };
    let expected = ["first_name", "email", "phone", "tags", "lifecycle_stage", "timezone", "owner_id"];
    assert_eq!(fields(bad.parse(&Rules::default())), expected);
}

#[test]
fn the_example_is_acceptable() {
    let draft: Draft = serde_json::from_value(example()).unwrap();
    assert_eq!(draft.parse(&Rules::default()).unwrap().owner_id, "charles".parse().ok());
}

#[test]
fn an_empty_word_is_refused() {
    let blank = Draft { lifecycle_stage: Some(String::new()), opt_in_status: Some(" ".into()), ..draft() };
    assert_eq!(fields(blank.parse(&Rules::default())), ["lifecycle_stage", "opt_in_status"]);
}

#[test]
fn the_rules_are_those_of_the_settings() {
    let default_country = "GB".parse().unwrap();
    let chosen = Settings { default_country, auto_clean_phone_numbers: false, ..Settings::default() };
    let rules = Rules::from(&Settings { max_tags_per_contact: 1, ..chosen });
    assert_eq!((rules.max_tags, rules.default_country, rules.clean_phones), (1, default_country, false));
    assert!(Rules::default().clean_phones);
}

#[test]
fn phones_that_are_not_cleaned_must_come_clean() {
    let strict = Rules { clean_phones: false, ..Rules::default() };
    for (phone, refused) in [("+12025550143", false), (" +12025550143 ", false), ("(202) 555-0143", true)] {
        let draft = || Draft { phone: Some(phone.into()), ..draft() };
        assert_eq!(draft().parse(&strict).is_err(), refused, "{phone}");
        assert!(draft().parse(&Rules::default()).is_ok(), "{phone}");
    }
}

#[test]
fn what_the_table_would_not_take_is_refused() {
    let nested = |levels: usize| (0..levels).fold(Value::from(1), |value, _| Value::from(vec![value]));
    for (value, kept) in [
        (serde_json::json!([0, -0.0, 1e125, -1e-125, u64::MAX, "", null]), true),
        (serde_json::json!(1.1e125), false),
        (serde_json::json!({ "x": [1, -1e-126] }), false),
        (serde_json::json!({ "x": { "": 1 } }), false),
        (nested(16), true),
        (nested(17), false),
    ] {
        let with_field = Draft { custom_fields: BTreeMap::from([("x".to_owned(), value)]), ..draft() };
        assert_eq!(fields(with_field.clone().parse(&Rules::default())).is_empty(), kept, "{with_field:?}");
    }
    let nameless = Draft { custom_fields: BTreeMap::from([(String::new(), Value::Null)]), ..draft() };
    assert_eq!(fields(nameless.parse(&Rules::default())), ["custom_fields"]);
}

#[test]
fn blanks_count_towards_the_length() {
    let padded = Draft {
        first_name: Some(format!("Ada{}", " ".repeat(98))),
        email: Some(format!("ada@example.com{}", " ".repeat(240))),
        phone: Some(format!("+12025550143{}", " ".repeat(9))),
        tags: vec![" ".repeat(101)],
        owner_id: Some(format!("ada{}", " ".repeat(126))),
        ..Draft::default()
    };
    let expected = ["first_name", "email", "phone", "tags[0]", "owner_id"];
    assert_eq!(fields(padded.parse(&Rules::default())), expected);
}

#[test]
fn somebody_must_be_recognisable() {
    let nobody = Draft { company: Some("Acme".into()), ..Draft::default() };
    assert_eq!(fields(nobody.parse(&Rules::default())), ["email"]);
}

#[test]
fn tags_are_distinct_without_case() {
    let tagged = Draft { tags: vec!["VIP".into(), " vip ".into(), "".into(), "new".into()], ..draft() };
    assert_eq!(tagged.parse(&Rules::default()).unwrap_or_default().tags, ["VIP", "new"]);
}
