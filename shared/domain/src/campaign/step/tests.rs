//! Which steps are refused, what a patch changes, and which variant a contact gets.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::access::Actor;
use crate::contact::{Contact, Profile};
use crate::id::{ContactId, Id};
use crate::sms;

fn at(second: i64) -> Timestamp {
    chrono::DateTime::from_timestamp(1_800_000_000 + second, 0).unwrap()
}

fn id(name: &str) -> StepId {
    StepId::derived(at(0), &[name.as_bytes()])
}

/// The first message, an e-mail; `fields` lie over it.
fn email(fields: Value) -> Value {
    let mut draft = json!({ "step_number": 1, "message_type": "email", "subject": "Hello {{first_name|there}}",
                            "content": "Welcome.", "delay_amount": 2 });
    draft.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    draft
}

fn among(others: &[Step], draft: Value) -> Result<Step> {
    let number = draft["step_number"].to_string();
    Step::new(id(&number), serde_json::from_value(draft).unwrap(), others, at(0))
}

fn step(draft: Value) -> Result<Step> {
    among(&[], draft)
}

fn patched(step: &Step, others: &[Step], patch: Value) -> Result<Step> {
    step.patched(&serde_json::from_value(patch).unwrap(), others, at(9))
}

fn fields<T: std::fmt::Debug>(result: Result<T>) -> Vec<String> {
    match result {
        Err(Error::Refused(faults)) => faults.into_iter().map(|fault| fault.field).collect(),
        other => vec![format!("{other:?}")],
    }
}

fn contact(number: u32) -> Contact {
    let id = ContactId::derived(at(0), &[&number.to_be_bytes()]);
    let profile = Profile { first_name: Some("Ada & co".into()), ..Profile::default() };
    Contact::new(id, profile, Actor::Operator, at(0))
}

#[test]
fn the_examples_are_acceptable() {
    for example in schemars::schema_for!(StepDraft).get("examples").unwrap().as_array().unwrap() {
        assert!(step(example.clone()).is_ok(), "{example}");
    }
}

#[test]
fn a_step_needs_a_number_only_if_it_is_not_the_next() {
    let first = step(email(json!({ "step_number": null }))).unwrap();
    let third = among(std::slice::from_ref(&first), email(json!({ "step_number": 3 }))).unwrap();
    let next = among(&[first.clone(), third], email(json!({ "step_number": null }))).unwrap();
    assert_eq!((first.step_number, next.step_number), (1, 4));
    let last = among(&[], email(json!({ "step_number": 100 }))).unwrap();
    assert_eq!(fields(among(&[last], email(json!({ "step_number": null })))), ["step_number"]);
}

#[test]
fn a_delay_counts_in_its_unit() {
    for (unit, hours) in [("minutes", 0), ("hours", 2), ("days", 48), ("weeks", 336)] {
        let made = step(email(json!({ "delay_unit": unit })));
        assert_eq!(made.map(|step| step.delay().num_hours()).ok(), Some(hours));
    }
}

#[test]
fn a_send_time_may_have_seconds_that_are_none() {
    for (text, time) in [("09:00", Some("09:00")), ("09:30:00", Some("09:30")), ("09:00:30", None), ("9:00", None)] {
        let made = step(email(json!({ "send_time": text })));
        assert_eq!(made.ok().and_then(|step| step.send_time).map(|time| time.to_string()).as_deref(), time, "{text}");
    }
}

#[test]
fn what_cannot_be_sent_is_refused_when_saved() {
    let long = "x".repeat(1_601);
    let huge = "ж".repeat(50_000);
    let variant = |name: &str| json!({ "name": name, "content": huge, "plain_text": huge });
    for (draft, faults) in [
        (email(json!({ "step_number": 0 })), vec!["step_number"]),
        (email(json!({ "step_number": 101 })), vec!["step_number"]),
        (email(json!({ "subject": null })), vec!["subject"]),
        (email(json!({ "subject": " ", "content": "" })), vec!["subject", "content"]),
        (email(json!({ "content": "Hi {{nick}}", "subject": "{{" })), vec!["subject", "content"]),
        (email(json!({ "content": "<p title={{name}}>" , "content_type": "html" })), vec!["content"]),
        (email(json!({ "content": "<p title={{name}}>" })), vec!["content"]),
        (email(json!({ "content_type": "markdown", "plain_text": "{{x}}" })), vec!["content_type", "plain_text"]),
        (email(json!({ "message_type": "fax", "delay_unit": "moons" })), vec!["message_type", "delay_unit"]),
        (email(json!({ "delay_amount": u32::MAX, "delay_unit": "weeks" })), vec!["delay_amount"]),
        (email(json!({ "subject": "a\nBcc: b" })), vec!["subject"]),
        (email(json!({ "send_time": "25:00" })), vec!["send_time"]),
        (email(json!({ "voice_script": "Hi", "tts_voice_id": "x" })), vec!["voice_script", "tts_voice_id"]),
        (json!({ "message_type": "sms" }), vec!["content"]),
        (json!({ "message_type": "sms", "content": long }), vec!["content"]),
        (json!({ "message_type": "sms", "content": "x", "content_type": "html" }), vec!["content_type"]),
        (json!({ "message_type": "whatsapp", "content": "x", "plain_text": "y" }), vec!["plain_text"]),
        (json!({ "message_type": "voice", "content": "x" }), vec!["voice_script", "content"]),
        (
            json!({ "message_type": "voice", "voice_script": "x", "voice_agent_id": " ",
                    "call_flow_config": { "max_duration_seconds": 0, "transfer_number": "2025550143" } }),
            vec!["voice_agent_id", "call_flow_config.max_duration_seconds", "call_flow_config.transfer_number"],
        ),
        (email(json!({ "variants": [variant("a"), variant("b")] })), vec!["variants"]),
    ] {
        let mut found = fields(step(draft.clone()));
        let mut faults: Vec<String> = faults.into_iter().map(str::to_owned).collect();
        found.sort_unstable();
        faults.sort_unstable();
        assert_eq!(found, faults, "{}", draft.to_string().chars().take(200).collect::<String>());
    }
}

#[test]
fn a_condition_looks_at_an_earlier_step_that_exists() {
    let first = step(email(json!({}))).unwrap();
    let on = |number: u32, event: &str| {
        email(json!({ "step_number": 2, "conditions": [{ "step_number": number, "event": event }] }))
    };
    let made = among(std::slice::from_ref(&first), on(1, "not_opened")).unwrap();
    assert_eq!(made.conditions, [Condition { step_number: 1, event: Reaction::NotOpened }]);
    assert_eq!(fields(among(std::slice::from_ref(&first), on(2, "opened"))), ["conditions[0].step_number"]);
    assert_eq!(fields(among(std::slice::from_ref(&first), on(1, "slept"))), ["conditions[0].event"]);
    assert_eq!(fields(step(on(1, "opened"))), ["conditions[0].step_number"]);
    assert!(
        matches!(first.can_leave(std::slice::from_ref(&made)), Err(Error::Conflict { existing_id: Some(id), .. }) if id == made.id.to_string())
    );
    assert!(matches!(patched(&first, &[made], json!({ "step_number": 3 })), Err(Error::Conflict { .. })));
}

#[test]
fn a_number_is_taken_once() {
    let first = step(email(json!({}))).unwrap();
    assert!(matches!(among(&[first], email(json!({}))), Err(Error::Conflict { .. })));
}

#[test]
fn variants_are_two_to_four_and_each_can_be_sent() {
    let with = |variants: Value| fields(step(email(json!({ "subject": null, "variants": variants }))));
    let named = |name: &str, fields: Value| {
        let mut variant = json!({ "name": name, "subject": "x" });
        variant.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        variant
    };
    let plain = |name: &str| named(name, json!({}));
    assert!(step(email(json!({ "subject": null, "variants": [plain("a"), plain("b")] }))).is_ok());
    assert_eq!(with(json!([plain("a")])), ["variants"]);
    assert_eq!(with(json!(["a", "b", "c", "d", "e"].map(plain))), ["variants"]);
    assert_eq!(with(json!([plain("a"), plain(" a ")])), ["variants[1].name"]);
    assert_eq!(
        with(json!([plain(""), named("b", json!({ "weight": 0 }))])),
        ["variants[0].name", "variants[1].weight"]
    );
    assert_eq!(with(json!([plain("a"), named("b", json!({ "subject": null }))])), ["variants[1].subject"]);
    assert_eq!(with(json!([plain("a"), named("b", json!({ "content": "{{x}}" }))])), ["variants[1].content"]);
    assert_eq!(with(json!([plain("a"), named("b", json!({ "plain_text": "x" }))])), ["variants[1].plain_text"]);
}

#[test]
fn a_patch_changes_what_it_names_and_judges_the_whole() {
    let old = step(email(json!({ "send_time": "09:00", "variants": null }))).unwrap();
    let new = patched(&old, &[], json!({ "content": "Hi", "send_time": null, "step_number": 4 })).unwrap();
    let expected = Step {
        content: Content { content: Some("Hi".into()), ..old.content.clone() },
        send_time: None,
        step_number: 4,
        version: 2,
        updated_at: at(9),
        ..old.clone()
    };
    assert_eq!(new, expected);
    assert_eq!(patched(&old, &[], json!({ "delay_amount": 2, "stop_on_reply": false })).unwrap(), old);
    assert_eq!(fields(patched(&old, &[], json!({ "subject": null }))), ["subject"]);
    assert_eq!(fields(patched(&old, &[], json!({ "message_type": "voice" }))), ["content", "voice_script"]);
    let call = json!({ "message_type": "voice", "voice_script": "Hi", "call_flow_config": { "enable_dtmf": true } });
    let longer =
        patched(&step(call).unwrap(), &[], json!({ "call_flow_config": { "max_duration_seconds": 9 } })).unwrap();
    let flow = longer.call_flow_config.unwrap();
    assert_eq!((flow.enable_dtmf, flow.max_duration_seconds), (Some(true), Some(9)));
}

#[test]
fn a_step_survives_being_written_and_read() {
    let variants = json!([{ "name": "a", "content": "<b>x</b>" }, { "name": "b", "weight": 3, "subject": "y" }]);
    let old = step(email(json!({ "variants": variants, "stop_on_reply": true }))).unwrap();
    let read: Step = serde_json::from_value(serde_json::to_value(&old).unwrap()).unwrap();
    assert_eq!(read, old);
    assert_eq!(patched(&old, &[], json!({})).unwrap(), old);
}

#[test]
fn words_are_made_for_the_channel() {
    let words = |draft: Value| step(draft).unwrap().wordings().unwrap().of(contact(1).id).render(&contact(1));
    let html = words(email(json!({ "content": "<p>Hi {{first_name}}</p>" })));
    assert_eq!(html.subject.as_deref(), Some("Hello Ada & co"));
    assert_eq!((html.text.as_str(), html.html.as_deref()), ("Hi Ada & co", Some("<p>Hi Ada &amp; co</p>")));
    let both = words(email(json!({ "content": "<p>Hi</p>", "plain_text": "Hi, {{first_name}}" })));
    assert_eq!(both.text, "Hi, Ada & co");
    let text = words(email(json!({ "content": "<p>Hi {{first_name}}</p>", "content_type": "text" })));
    assert_eq!((text.text.as_str(), text.html), ("<p>Hi Ada & co</p>", None));
    let sms = words(json!({ "message_type": "sms", "content": "<p>{{first_name}}" }));
    assert_eq!((sms.subject, sms.text.as_str(), sms.html), (None, "<p>Ada & co", None));
    assert_eq!(sms::Weight::of(&sms.text).segments, 1);
    let call = words(json!({ "message_type": "voice", "voice_script": "Hi {{first_name}}" }));
    assert_eq!(call.text, "Hi Ada & co");
}

#[test]
fn a_variant_has_from_the_step_what_it_leaves_out() {
    let variants = json!([{ "name": "a", "subject": "A" }, { "name": "b", "content": "plain" }]);
    let step = step(email(json!({ "content": "<p>x</p>", "plain_text": "X", "variants": variants }))).unwrap();
    let wordings = step.wordings().unwrap();
    let words: Vec<_> = wordings.all().map(|wording| wording.render(&contact(1))).collect();
    assert_eq!((words[0].subject.as_deref(), words[0].text.as_str()), (Some("A"), "X"));
    assert_eq!((words[1].subject.as_deref(), words[1].text.as_str()), (Some("Hello Ada & co"), "plain"));
    assert_eq!(words.iter().map(|words| words.html.is_some()).collect::<Vec<_>>(), [true, false]);
}

#[test]
fn each_variant_gets_its_share_of_the_contacts() {
    let variants = json!([{ "name": "a", "weight": 1 }, { "name": "b", "weight": 3 }]);
    let wordings = step(email(json!({ "variants": variants }))).unwrap().wordings().unwrap();
    let chosen = |number| wordings.of(contact(number).id).variant.as_deref();
    let second = (0..10_000).filter(|number| chosen(*number) == Some("b")).count();
    assert!((7_300..7_700).contains(&second), "{second}");
}

proptest! {
    #[test]
    fn who_gets_which_variant_depends_on_nothing_but_step_and_contact(number in any::<u32>(), weights in prop::collection::vec(1..=1_000_u32, 2..=4)) {
        let variants: Vec<_> = weights.iter().enumerate().map(|(at, weight)| json!({ "name": at.to_string(), "weight": weight })).collect();
        let step = step(email(json!({ "variants": variants }))).unwrap();
        let later = patched(&step, &[], json!({ "content": "Something else", "step_number": 7 })).unwrap();
        let chosen = |step: &Step| step.wordings().unwrap().of(contact(number).id).variant.clone();
        prop_assert!(chosen(&step).is_some());
        prop_assert_eq!(chosen(&step), chosen(&later));
    }
}
