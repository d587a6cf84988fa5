use serde_json::json;

use super::*;
use crate::campaign::StepDraft;
use crate::id::{CampaignId, Id, StepId};

fn at(hour: i64) -> Timestamp {
    chrono::DateTime::from_timestamp(1_800_000_000 + 3600 * hour, 0).unwrap_or_default()
}

fn campaign(status: CampaignStatus) -> Campaign {
    let draft = json!({
        "name": "Spring", "description": "x", "campaign_type": "multi_channel", "budget": 10.5, "goal_value": 3,
        "target_criteria": { "tags": ["vip"] }, "start_date": at(5), "end_date": at(9),
        "settings": { "frequency_cap": "1_per_day", "colour": "red" }
    });
    let draft = serde_json::from_value(draft).unwrap();
    Campaign { status, audience: 7, ..Campaign::draft(CampaignId::derived(at(0), &[]), draft, at(0)).unwrap() }
}

fn patched(status: CampaignStatus, patch: Value) -> Result<Campaign> {
    let patch: CampaignPatch = serde_json::from_value(patch).unwrap();
    patch.apply(&campaign(status), &[], at(1))
}

fn fields(result: Result<Campaign>) -> Vec<String> {
    let Err(Error::Refused(faults)) = result else { panic!("{result:?}") };
    faults.into_iter().map(|fault| fault.field).collect()
}

#[test]
fn what_is_absent_stays_and_null_clears() {
    let old = campaign(CampaignStatus::Draft);
    let new = patched(old.status, json!({ "description": null, "budget": 2, "name": " Summer " })).unwrap();
    let budget = crate::money::Money::parse(2.0).ok();
    let expected = Campaign { description: None, budget, name: "Summer".into(), version: 2, updated_at: at(1), ..old };
    assert_eq!(new, expected);
    let cleared = json!({ "target_criteria": null, "start_date": null, "end_date": null, "goal_value": null });
    let cleared = patched(CampaignStatus::Draft, cleared).unwrap();
    assert_eq!((cleared.target_criteria, cleared.start_date, cleared.end_date, cleared.goal_value), Default::default());
}

#[test]
fn nothing_new_changes_nothing() {
    for patch in [json!({}), json!({ "name": "Spring", "settings": { "colour": "red" }, "budget": 10.5 })] {
        assert_eq!(patched(CampaignStatus::Active, patch.clone()).unwrap(), campaign(CampaignStatus::Active));
        assert_eq!(patched(CampaignStatus::Archived, patch).unwrap(), campaign(CampaignStatus::Archived));
    }
}

#[test]
fn settings_are_patched_one_by_one() {
    let patch = json!({ "settings": { "frequency_cap": null, "send_time_optimization": true, "size": [1] } });
    let settings = patched(CampaignStatus::Active, patch).unwrap().settings;
    assert_eq!(json!(settings), json!({ "send_time_optimization": true, "colour": "red", "size": [1] }));
    assert_eq!(patched(CampaignStatus::Active, json!({ "settings": null })).unwrap().settings, Default::default());
}

#[test]
fn what_can_be_changed_depends_on_where_it_stands() {
    use CampaignStatus::{Draft, Scheduled};
    let always = [
        json!({ "name": "x" }),
        json!({ "budget": null }),
        json!({ "end_date": at(8) }),
        json!({ "goal_type": "nurture" }),
    ];
    let before =
        [json!({ "campaign_type": "email" }), json!({ "target_criteria": {} }), json!({ "start_date": at(4) })];
    for &status in CampaignStatus::ALL {
        for patch in &always {
            assert_eq!(patched(status, patch.clone()).is_ok(), !status.is_over(), "{patch} of what is {status}");
        }
        for patch in &before {
            let result = patched(status, patch.clone());
            assert_eq!(result.is_ok(), matches!(status, Draft | Scheduled), "{patch} of what is {status}");
            assert!(matches!(result, Ok(_) | Err(Error::Conflict { .. })));
        }
    }
}

#[test]
fn dates_that_time_goes_by_are_still_to_come() {
    let past = json!({ "start_date": at(1) });
    assert!(patched(CampaignStatus::Draft, past.clone()).is_ok());
    assert_eq!(fields(patched(CampaignStatus::Scheduled, past)), ["start_date"]);
    assert_eq!(fields(patched(CampaignStatus::Scheduled, json!({ "start_date": null }))), ["start_date"]);
    let begun = Campaign { start_date: None, ..campaign(CampaignStatus::Active) };
    let late: CampaignPatch = serde_json::from_value(json!({ "end_date": at(1) })).unwrap();
    assert_eq!(fields(late.apply(&begun, &[], at(1))), ["end_date"]);
    assert!(late.apply(&Campaign { status: CampaignStatus::Draft, ..begun }, &[], at(1)).is_ok());
    assert_eq!(fields(patched(CampaignStatus::Draft, json!({ "end_date": at(5) }))), ["end_date"]);
}

#[test]
fn a_type_that_has_no_place_for_a_message_is_refused() {
    let step = json!({ "step_number": 1, "message_type": "sms", "content": "Hello" });
    let step: StepDraft = serde_json::from_value(step).unwrap();
    let steps = [Step::new(StepId::derived(at(0), &[]), step, &[], at(0)).unwrap()];
    let patch: CampaignPatch = serde_json::from_value(json!({ "campaign_type": "email" })).unwrap();
    assert!(patch.apply(&campaign(CampaignStatus::Draft), &steps, at(1)).is_err());
    let patch: CampaignPatch = serde_json::from_value(json!({ "campaign_type": "sms" })).unwrap();
    assert!(patch.apply(&campaign(CampaignStatus::Draft), &steps, at(1)).is_ok());
}

#[test]
fn every_fault_is_named_at_once() {
    let patch = json!({ "name": "", "budget": -1, "settings": { "frequency_cap": "often" } });
    assert_eq!(fields(patched(CampaignStatus::Draft, patch)), ["name", "budget", "settings.frequency_cap"]);
}
