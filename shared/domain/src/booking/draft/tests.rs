//! Which reports are accepted, and what is said of the others.

use super::*;

fn draft() -> BookingDraft {
    serde_json::from_value(example()).unwrap()
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn parsed(draft: BookingDraft) -> Result<BookingReport> {
    draft.parse(&Rules::default(), at("2026-11-21T00:00:00.123456Z"))
}

fn fields(draft: BookingDraft) -> Vec<String> {
    match parsed(draft) {
        Err(Error::Refused(faults)) => faults.into_iter().map(|fault| fault.field).collect(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_example_is_acceptable() {
    let report = parsed(draft()).unwrap();
    assert_eq!((report.booking_id.as_str(), report.event), ("bk_20261", BookingEvent::Created));
    assert_eq!((report.occurred_at, report.is_dated), (at("2024-11-20T15:30:00Z"), true));
    assert_eq!(report.metadata["minutes"], 30);
    let profile = Profile::from(report.invitee);
    assert_eq!(profile.full_name().as_deref(), Some("Ada King"));
    assert_eq!(profile.email.map(|email| email.to_string()).as_deref(), Some("ada@example.com"));
    assert_eq!(profile.phone.map(|phone| phone.e164).as_deref(), Some("+442079460123"));
}

#[test]
fn a_booking_id_an_event_and_an_address_are_enough() {
    let least = serde_json::json!({ "booking_id": " 7 ", "event": "cancelled", "invitee_email": " ADA@example.com" });
    let report = parsed(serde_json::from_value(least).unwrap()).unwrap();
    assert_eq!((report.booking_id.as_str(), report.starts_at, report.title), ("7", None, None));
    assert_eq!((report.occurred_at, report.is_dated), (at("2026-11-21T00:00:00.123Z"), false));
    assert_eq!(report.invitee.email.as_str(), "ada@example.com");
    assert!(
        serde_json::from_value::<BookingDraft>(serde_json::json!({ "booking_id": "7", "event": "created" })).is_err()
    );
}

#[test]
fn texts_of_blanks_count_as_absent() {
    let blank = || Some("  ".to_owned());
    let report =
        parsed(BookingDraft { invitee_name: blank(), invitee_phone: blank(), title: blank(), ..draft() }).unwrap();
    assert_eq!((report.invitee.phone, report.invitee.name, report.title), (None, Default::default(), None));
}

#[test]
fn every_fault_is_reported_at_once() {
    let bad = BookingDraft {
        booking_id: "b 1".into(),
        event: "moved".into(),
        invitee_name: None,
        invitee_email: "ada".into(),
        invitee_phone: Some("12".into()),
        starts_at: Some(Timestamp::MAX_UTC),
        occurred_at: Some(Timestamp::MIN_UTC),
        title: Some("x".repeat(201)),
        metadata: Some(BTreeMap::from([("n".to_owned(), Value::from(1e200))])),
    };
    let expected =
        ["booking_id", "event", "starts_at", "occurred_at", "title", "invitee_email", "invitee_phone", "metadata.n"];
    assert_eq!(fields(bad), expected);
}

#[test]
fn what_has_happened_lies_at_most_one_day_ahead() {
    let said = |text: &str| BookingDraft { occurred_at: Some(at(text)), ..draft() };
    assert!(parsed(said("2026-11-22T00:00:00Z")).is_ok());
    assert_eq!(fields(said("2026-11-22T00:00:01Z")), ["occurred_at"]);
}

#[test]
fn a_missing_address_is_named_once_whatever_else_is_wrong() {
    for (phone, expected) in [
        (None, &["booking_id", "invitee_email"][..]),
        (Some("+442079460123"), &["booking_id", "invitee_email"]),
        (Some("12"), &["booking_id", "invitee_email", "invitee_phone"]),
    ] {
        let invitee_phone = phone.map(str::to_owned);
        let nobody = BookingDraft { booking_id: " ".into(), invitee_email: " ".into(), invitee_phone, ..draft() };
        assert_eq!(fields(nobody), expected);
    }
}

#[test]
fn a_phone_number_is_held_to_the_rules_of_the_tenant() {
    let national = || BookingDraft { invitee_phone: Some("020 7946 0123".into()), ..draft() };
    let british = Rules { default_country: "GB".parse().unwrap(), ..Rules::default() };
    let now = at("2026-11-21T00:00:00Z");
    let phone = national().parse(&british, now).unwrap().invitee.phone;
    assert_eq!(phone.map(|phone| phone.e164).as_deref(), Some("+442079460123"));
    assert!(national().parse(&Rules { clean_phones: false, ..british }, now).is_err());
    assert_eq!(fields(national()), ["invitee_phone"]);
}
