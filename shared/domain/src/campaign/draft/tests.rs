use serde_json::json;

use super::*;
use crate::id::Id;
use crate::message::Channel;

fn parsed(draft: Value) -> Result<Campaign> {
    let id = CampaignId::derived(Timestamp::default(), &[]);
    Campaign::draft(id, serde_json::from_value(draft).unwrap(), Timestamp::default())
}

#[test]
fn the_example_is_acceptable() {
    let campaign = parsed(example()).unwrap();
    assert!(campaign.accepts_step(Channel::Email).is_ok());
    assert_eq!(campaign.budget, Money::parse(10_000.0).ok());
}

#[test]
fn the_campaigns_of_the_seed_are_acceptable() {
    let full = json!({
        "name": "Q4 Product Launch Campaign", "description": "Multi-channel outreach for enterprise prospects",
        "campaign_type": "multi_channel",
        "target_criteria": { "lifecycle_stages": ["lead", "mql"], "min_lead_score": 60,
            "lead_sources": ["website", "referral"], "tags": ["product-interest", "enterprise"],
            "exclude_do_not_contact": true, "exclude_already_enrolled": true, "max_contacts": 500 },
        "goal_type": "conversion", "goal_value": 50, "budget": 10000.00, "start_date": "2024-02-01T00:00:00Z",
        "end_date": "2024-03-31T23:59:59Z", "workflow_id": 10, "agent_id": 5,
        "settings": { "send_time_optimization": true, "frequency_cap": "1_per_day", "colour": ["any", { "thing": 1 }] }
    });
    let campaign = parsed(full).unwrap();
    assert!(campaign.settings.send_time_optimization && campaign.settings.other.contains_key("colour"));
    let voice = json!({
        "name": "Calls", "campaign_type": "voice", "agent_id": "eight",
        "twilio_config": { "account_sid": "AC...", "phone_number": "+15551234567", "use_ai_agent": true,
            "voicemail_detection": true, "recording_enabled": true }
    });
    assert_eq!(parsed(voice).unwrap().agent_id, Some(ExternalId::Text("eight".into())));
}

#[test]
fn every_fault_is_named_at_once() {
    let deep = (0..40).fold(json!(1), |inner, _| json!([inner]));
    let draft = json!({
        "name": " ", "campaign_type": "pigeon", "goal_type": "fame", "goal_value": -1, "budget": -0.01,
        "description": "x".repeat(MAX_DESCRIPTION + 1),
        "target_criteria": { "tags": vec!["x"; 101], "max_contacts": 0 },
        "start_date": "2026-05-01T00:00:00Z", "end_date": "2026-05-01T00:00:00Z", "workflow_id": " ",
        "agent_id": "x".repeat(MAX_ID + 1), "twilio_config": { "phone_number": "12345" },
        "settings": { "frequency_cap": "0_per_day", "": 1, "deep": deep }
    });
    let Err(Error::Refused(faults)) = parsed(draft) else { panic!("it is refused") };
    let fields: Vec<&str> = faults.iter().map(|fault| fault.field.as_str()).collect();
    assert_eq!(
        fields,
        [
            "name",
            "campaign_type",
            "goal_type",
            "description",
            "budget",
            "target_criteria.tags",
            "target_criteria.max_contacts",
            "goal_value",
            "end_date",
            "workflow_id",
            "agent_id",
            "twilio_config.phone_number",
            "settings.frequency_cap",
            "settings.",
            "settings.deep",
        ]
    );
}

#[test]
fn a_cap_is_a_number_of_messages_in_a_day_or_a_week() {
    for (text, is) in [
        ("1_per_day", true),
        ("1000_per_week", true),
        ("0_per_day", false),
        ("1001_per_day", false),
        ("+1_per_day", false),
        ("_per_day", false),
        ("1_per_month", false),
        ("1", false),
    ] {
        let draft = json!({ "name": "x", "campaign_type": "sms", "settings": { "frequency_cap": text } });
        assert_eq!(parsed(draft).is_ok(), is, "{text}");
    }
}
