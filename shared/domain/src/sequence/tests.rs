//! Decisions, and where an enrolment goes from step to step.

use chrono::TimeDelta;
use serde_json::json;

use super::*;
use crate::access::Actor;
use crate::campaign::{Campaign, CampaignDraft, CampaignStatus, Condition, Reaction};
use crate::contact::{Contact, OptInStatus, Profile};
use crate::email::EmailAddress;
use crate::enrollment::SendTask;
use crate::id::{CampaignId, ContactId, Id, StepId, TenantId};
use crate::message::{Message, ReceiptEvent};
use crate::preferences::Preferences;
use crate::settings::{Settings, TimeOfDay};

struct Scene {
    task: SendTask,
    campaign: Campaign,
    steps: Vec<Step>,
    settings: Settings,
    enrollment: Enrollment,
    contact: Contact,
    preferences: Preferences,
    earlier: Vec<Message>,
    opened: Vec<Timestamp>,
}

/// 15 January 2027, 8:00 in UTC, and some hours later.
fn at(hour: i64) -> Timestamp {
    chrono::DateTime::from_timestamp(1_800_000_000 + 3600 * hour, 0).unwrap_or_default()
}

fn time(text: &str) -> Option<TimeOfDay> {
    text.parse().ok()
}

fn step(number: u32, channel: &str, hours: u32) -> Step {
    let draft = json!({ "step_number": number, "message_type": channel, "subject": "Hello", "content": "Hello",
                        "delay_amount": hours, "delay_unit": "hours" });
    let draft = serde_json::from_value(draft).unwrap();
    Step::new(StepId::derived(at(0), &[&number.to_be_bytes()]), draft, &[], at(0)).unwrap()
}

fn scene() -> Scene {
    let draft = json!({ "name": "Spring", "campaign_type": "multi_channel" });
    let draft: CampaignDraft = serde_json::from_value(draft).unwrap();
    let mut campaign = Campaign::draft(CampaignId::derived(at(0), &[]), draft, at(0)).unwrap();
    campaign.status = CampaignStatus::Active;
    let profile = Profile { email: EmailAddress::parse("ada@example.com").ok(), ..Profile::default() };
    let contact = Contact::new(ContactId::derived(at(0), &[]), profile, Actor::Operator, at(0));
    let enrollment = Enrollment::new(campaign.id, contact.id, Some(Due::new(at(0), at(0))), at(0));
    let tenant = TenantId::derived(at(0), &[]);
    let task = SendTask { tenant, campaign: campaign.id, contact: contact.id, step_done: 0 };
    Scene {
        task,
        campaign,
        steps: vec![step(1, "email", 0), step(3, "sms", 5)],
        settings: Settings::default(),
        enrollment,
        preferences: Preferences::none(contact.id),
        contact,
        earlier: Vec::new(),
        opened: Vec::new(),
    }
}

impl Scene {
    fn situation(&self) -> Situation<'_> {
        Situation {
            task: &self.task,
            campaign: &self.campaign,
            steps: &self.steps,
            settings: &self.settings,
            enrollment: &self.enrollment,
            contact: Some(&self.contact),
            preferences: Some(&self.preferences),
            suppressed: false,
            earlier: &self.earlier,
            opened: &self.opened,
        }
    }

    fn decision(&self) -> Decision<'_> {
        self.situation().decide(at(1))
    }

    /// The message of a step, with what became of it.
    fn message(&self, step: &Step, event: ReceiptEvent) -> Message {
        let id = Message::id_for(self.campaign.id, self.contact.id, step.id);
        let item = json!({ "id": id, "contact_id": self.contact.id, "campaign_id": self.campaign.id, "step_id": step.id,
                           "step_number": step.step_number, "channel": "email", "recipient": "ada@example.com",
                           "status": "sent", "claimed_at": at(0), "revision": 1 });
        let message: Message = serde_json::from_value(item).unwrap();
        let receipt = crate::message::Receipt { event, at: at(0), reason: None, provider_id: None };
        message.after(&receipt).unwrap()
    }
}

#[test]
fn a_due_step_is_sent_to_the_address_of_its_channel() {
    let scene = scene();
    assert_eq!(scene.decision(), Decision::Send(&scene.steps[0], "ada@example.com"));
}

#[test]
fn a_task_of_the_past_or_the_future_is_stale() {
    let mut scene = scene();
    scene.enrollment.step_done = 1;
    assert_eq!(scene.decision(), Decision::Stale);
    scene.enrollment.step_done = 0;
    scene.enrollment.due = Some(Due::new(at(2), at(0)));
    assert_eq!(scene.decision(), Decision::Stale);
    scene.enrollment = scene.enrollment.ended(EnrollmentStatus::Bounced, None, at(1)).unwrap();
    assert_eq!(scene.decision(), Decision::Stale);
}

#[test]
fn permission_is_checked_at_the_moment_of_sending() {
    let mut scene = scene();
    scene.contact.profile.opt_in_status = Some(OptInStatus::OptedOut);
    assert!(matches!(scene.decision(), Decision::End(EnrollmentStatus::Unsubscribed, _)));
    scene.contact.profile.do_not_contact = true;
    assert!(matches!(scene.decision(), Decision::End(EnrollmentStatus::Excluded, _)));
    scene.campaign.status = CampaignStatus::Paused;
    assert_eq!(scene.decision(), Decision::Hold);
}

#[test]
fn a_step_without_a_usable_address_is_skipped() {
    let mut scene = scene();
    scene.enrollment.step_done = 1;
    scene.task.step_done = 1;
    assert_eq!(scene.decision(), Decision::Skip(&scene.steps[1]));
}

#[test]
fn the_next_step_is_due_its_delay_after_this_one() {
    let scene = scene();
    let next = advance(&scene.enrollment, &scene.steps, &scene.steps[0], true, Zone::UTC, at(1), at(1));
    assert_eq!((next.status, next.due.map(|due| due.at)), (EnrollmentStatus::Active, Some(at(6))));
    let end = advance(&next, &scene.steps, &scene.steps[1], false, Zone::UTC, at(6), at(6));
    assert_eq!((end.status, end.due, end.sent), (EnrollmentStatus::Completed, None, 1));
}

#[test]
fn who_could_not_be_reached_at_all_is_excluded_with_a_reason() {
    let scene = scene();
    let next = advance(&scene.enrollment, &scene.steps, &scene.steps[1], false, Zone::UTC, at(1), at(1));
    assert_eq!(next.status, EnrollmentStatus::Excluded);
    assert!(next.reason.is_some());
}

#[test]
fn only_an_active_campaign_sends_and_a_paused_one_holds() {
    let mut scene = scene();
    for (status, decision) in [
        (CampaignStatus::Draft, Decision::Stale),
        (CampaignStatus::Scheduled, Decision::Stale),
        (CampaignStatus::Paused, Decision::Hold),
        (CampaignStatus::Completed, Decision::Stale),
        (CampaignStatus::Cancelled, Decision::End(EnrollmentStatus::Cancelled, "the campaign was cancelled")),
        (CampaignStatus::Archived, Decision::End(EnrollmentStatus::Cancelled, "the campaign was archived")),
    ] {
        scene.campaign.status = status;
        assert_eq!(scene.decision(), decision, "{status}");
    }
    let held = held(&scene.enrollment, at(1)).unwrap();
    assert_eq!((held.due, held.held), (None, Some(at(0))));
    assert_eq!(super::held(&held, at(1)), None);
}

#[test]
fn nothing_is_sent_after_the_end_date() {
    let mut scene = scene();
    scene.campaign.end_date = Some(at(1));
    assert!(matches!(scene.decision(), Decision::End(EnrollmentStatus::Excluded, _)));
    scene.enrollment.sent = 1;
    assert!(matches!(scene.decision(), Decision::End(EnrollmentStatus::Completed, _)));
    scene.campaign.end_date = Some(at(2));
    assert!(matches!(scene.decision(), Decision::Send(..)));
}

#[test]
fn a_channel_that_the_contact_does_not_want_is_left_out() {
    let mut scene = scene();
    scene.preferences.opt_out_sms = true;
    assert!(matches!(scene.decision(), Decision::Send(..)));
    scene.preferences.opt_out_email = true;
    assert_eq!(scene.decision(), Decision::Skip(&scene.steps[0]));
}

#[test]
fn a_step_is_sent_if_all_its_conditions_hold() {
    use Reaction::{Clicked, NotClicked, NotOpened, NotReplied, Opened, Replied};
    let table: [(Option<ReceiptEvent>, &[Reaction], bool); 9] = [
        (None, &[Opened], false),
        (None, &[NotOpened, NotClicked, NotReplied], true),
        (Some(ReceiptEvent::Delivered), &[NotOpened], true),
        (Some(ReceiptEvent::Opened), &[Opened, NotClicked], true),
        (Some(ReceiptEvent::Opened), &[Opened, Clicked], false),
        (Some(ReceiptEvent::Clicked), &[Opened, Clicked], true),
        (Some(ReceiptEvent::Clicked), &[NotOpened], false),
        (Some(ReceiptEvent::Replied), &[Replied], true),
        (Some(ReceiptEvent::Replied), &[NotReplied], false),
    ];
    for (event, reactions, holds) in table {
        let mut scene = scene();
        scene.steps.insert(1, step(2, "email", 0));
        (scene.enrollment.step_done, scene.task.step_done) = (1, 1);
        scene.earlier = event.map(|event| scene.message(&scene.steps[0], event)).into_iter().collect();
        scene.steps[1].conditions = reactions.iter().map(|&event| Condition { step_number: 1, event }).collect();
        assert_eq!(matches!(scene.decision(), Decision::Send(..)), holds, "{event:?} {reactions:?}");
        let about = earlier_messages(&scene.campaign, &scene.steps, &scene.steps[1], &[scene.contact.id]);
        let id = Message::id_for(scene.campaign.id, scene.contact.id, scene.steps[0].id);
        assert_eq!(about, [(scene.contact.id, id)]);
    }
}

#[test]
fn quiet_hours_are_the_contacts_own_or_the_tenants_in_the_contacts_zone() {
    let mut scene = scene();
    (scene.settings.quiet_hours_start, scene.settings.quiet_hours_end) = (time("22:00"), time("10:00"));
    assert_eq!(scene.decision(), Decision::PutOff(at(2), PutOff::QuietHours));
    scene.settings.default_timezone = "Europe/Berlin".into();
    assert!(matches!(scene.decision(), Decision::Send(..)), "it is ten there");
    scene.preferences.timezone = Some("America/New_York".into());
    assert_eq!(scene.decision(), Decision::PutOff(at(7), PutOff::QuietHours));
    scene.preferences.timezone = Some("Mars/Olympus".into());
    assert!(matches!(scene.decision(), Decision::Send(..)), "the tenant's zone counts");
    scene.contact.profile.timezone = Some("America/New_York".into());
    assert_eq!(scene.decision(), Decision::PutOff(at(7), PutOff::QuietHours), "or that of the profile");
    scene.contact.profile.timezone = None;
    (scene.preferences.quiet_hours_start, scene.preferences.quiet_hours_end) = (time("09:00"), time("11:30"));
    assert_eq!(scene.decision(), Decision::PutOff(at(1) + TimeDelta::minutes(90), PutOff::QuietHours));
}

#[test]
fn a_first_step_waits_for_its_send_time_once() {
    let mut scene = scene();
    scene.steps[0].send_time = time("14:00");
    scene.preferences.timezone = Some("Asia/Kolkata".into());
    assert!(matches!(scene.decision(), Decision::Send(..)), "it was 14:00 since it was due");
    scene.enrollment.due = Some(Due::new(at(1), at(1)));
    let tomorrow = at(24) + TimeDelta::minutes(30);
    assert_eq!(scene.decision(), Decision::PutOff(tomorrow, PutOff::SendTime), "it is 14:30 there");
    scene.steps[0].send_time = time("15:00");
    let until = at(1) + TimeDelta::minutes(30);
    assert_eq!(scene.decision(), Decision::PutOff(until, PutOff::SendTime));
    scene.enrollment = put_off(&scene.enrollment, until, PutOff::SendTime, at(1)).unwrap();
    assert!(matches!(scene.situation().decide(until + TimeDelta::hours(3)), Decision::Send(..)), "it is late");
}

#[test]
fn the_best_hour_is_asked_for_where_the_campaign_wants_it_and_the_step_has_no_time() {
    let mut scene = scene();
    assert!(!scene.situation().asks_for_habits());
    scene.campaign.settings.send_time_optimization = true;
    assert!(scene.situation().asks_for_habits());
    assert!(matches!(scene.decision(), Decision::Send(..)), "nothing is known");
    scene.opened = vec![at(-48), at(-20), at(-20 - 24)];
    assert_eq!(scene.decision(), Decision::PutOff(at(4), PutOff::SendTime));
    (scene.settings.quiet_hours_start, scene.settings.quiet_hours_end) = (time("12:00"), time("13:00"));
    assert!(matches!(scene.decision(), Decision::Send(..)), "all of that hour is quiet");
    scene.steps[0].send_time = time("20:00");
    assert!(!scene.situation().asks_for_habits());
}

#[test]
fn a_step_with_a_send_time_is_due_at_that_time_where_the_contact_is() {
    let mut scene = scene();
    let berlin = Zone::first_of([Some("Europe/Berlin")]);
    scene.steps = vec![step(1, "email", 0), step(2, "email", 24), step(3, "email", 24)];
    for step in &mut scene.steps {
        step.send_time = time("09:00");
    }
    // Half an hour late, because so many were sent.
    let next =
        advance(&scene.enrollment, &scene.steps, &scene.steps[0], true, berlin, at(0) + TimeDelta::minutes(30), at(1));
    assert_eq!((next.due.map(|due| due.at), next.timed), (Some(at(24)), true));
    let next = advance(&next, &scene.steps, &scene.steps[1], true, berlin, at(24 + 7), at(24 + 7));
    assert_eq!(next.due.map(|due| due.at), Some(at(72)), "too late to pass for nine o'clock");
}
