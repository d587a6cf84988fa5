//! Sequencing: what happens next to an enrolment. Pure, so that the sender only carries it out.

use crate::Timestamp;
use crate::campaign::{Campaign, CampaignStatus, Step};
use crate::contact::{Contact, OptInStatus};
use crate::enrollment::{Due, Enrollment, EnrollmentStatus, SendTask};
use crate::time::after;

/// What is to be done with a task of the send queue.
#[derive(Debug, PartialEq)]
pub enum Decision<'a> {
    /// Nothing: the enrolment has moved on or ended, or its time has not come.
    Stale,
    /// Nothing now: the campaign is not active. The enrolment stays due.
    Hold,
    /// The sequence ends here.
    End(EnrollmentStatus, &'static str),
    /// There is no step left.
    Finish,
    /// The step cannot be sent to this contact: on to the next.
    Skip(&'a Step),
    /// The step is to be sent to this address.
    Send(&'a Step, &'a str),
}

/// Decides about `task`. `steps` are sorted by number; `suppressed` says whether an address may not be written to.
/// The order of the checks is design §5's: campaign, contact, permission, step.
pub fn decide<'a>(
    task: &SendTask,
    campaign: Option<&Campaign>,
    steps: &'a [Step],
    enrollment: &Enrollment,
    contact: Option<&'a Contact>,
    suppressed: impl Fn(&str) -> bool,
    now: Timestamp,
) -> Decision<'a> {
    let due = enrollment.due.is_some_and(|due| due.at <= now);
    if enrollment.status.is_end() || enrollment.step_done != task.step_done || !due {
        return Decision::Stale;
    }
    if campaign.is_none_or(|campaign| campaign.status != CampaignStatus::Active) {
        return Decision::Hold;
    }
    let Some(contact) = contact else {
        return Decision::End(EnrollmentStatus::Excluded, "the contact was deleted");
    };
    if contact.profile.do_not_contact {
        return Decision::End(EnrollmentStatus::Excluded, "the contact must not be contacted");
    }
    if contact.profile.opt_in() == OptInStatus::OptedOut {
        return Decision::End(EnrollmentStatus::Unsubscribed, "the contact opted out");
    }
    match next_step(steps, enrollment.step_done) {
        None => Decision::Finish,
        Some(step) => match contact.address(step.message_type) {
            Some(address) if !suppressed(address) => Decision::Send(step, address),
            _ => Decision::Skip(step),
        },
    }
}

/// The step after the one with the number `done`; removed steps leave gaps that do not matter.
pub fn next_step(steps: &[Step], done: u32) -> Option<&Step> {
    steps.iter().find(|step| step.step_number > done)
}

/// When the first step is due for somebody who is enrolled, or whose campaign starts, now.
pub fn first_due(steps: &[Step], now: Timestamp) -> Timestamp {
    next_step(steps, 0).map_or(now, |step| after(now, step.delay()))
}

/// The enrolment after `step` was dealt with at `at`: due for the next step, or at its end.
/// `sent`: whether a message of the step went to the provider. `now` is not before `at`.
pub fn advance(
    enrollment: &Enrollment,
    steps: &[Step],
    step: &Step,
    sent: bool,
    at: Timestamp,
    now: Timestamp,
) -> Enrollment {
    let mut next = enrollment.clone();
    next.step_done = step.step_number;
    (next.put_off, next.timed) = (None, false);
    next.sent += u32::from(sent);
    next.updated_at = now;
    next.revision += 1;
    match next_step(steps, step.step_number) {
        Some(following) => {
            next.due = Some(Due::new(after(at, following.delay()), now));
            if next.sent > 0 {
                next.status = EnrollmentStatus::Active;
            }
        }
        None => finish(&mut next),
    }
    next
}

/// The enrolment at its end, after the last step.
pub fn finished(enrollment: &Enrollment, at: Timestamp) -> Enrollment {
    let mut next = enrollment.clone();
    next.updated_at = at;
    next.revision += 1;
    finish(&mut next);
    next
}

fn finish(enrollment: &mut Enrollment) {
    enrollment.due = None;
    if enrollment.sent > 0 {
        enrollment.status = EnrollmentStatus::Completed;
    } else {
        enrollment.status = EnrollmentStatus::Excluded;
        enrollment.reason = Some("the contact has no usable address for any message".to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::Actor;
    use crate::campaign::{CampaignDraft, StepDraft};
    use crate::contact::Profile;
    use crate::email::EmailAddress;
    use crate::id::{CampaignId, ContactId, Id, StepId, TenantId};

    struct Scene {
        task: SendTask,
        campaign: Campaign,
        steps: Vec<Step>,
        enrollment: Enrollment,
        contact: Contact,
    }

    fn at(hour: i64) -> Timestamp {
        chrono::DateTime::from_timestamp(1_800_000_000 + 3600 * hour, 0).unwrap_or_default()
    }

    fn step(number: u32, channel: &str, hours: u32) -> Step {
        let draft = StepDraft {
            step_number: Some(number),
            message_type: channel.into(),
            subject: Some("Hello".into()),
            content: Some("Hello".into()),
            delay_amount: Some(hours),
            delay_unit: Some("hours".into()),
            ..StepDraft::default()
        };
        Step::new(StepId::derived(at(0), &[&number.to_be_bytes()]), draft, &[], at(0)).unwrap()
    }

    fn scene() -> Scene {
        let draft = serde_json::json!({ "name": "Spring", "campaign_type": "multi_channel" });
        let draft: CampaignDraft = serde_json::from_value(draft).unwrap();
        let mut campaign = Campaign::draft(CampaignId::derived(at(0), &[]), draft, at(0)).unwrap();
        campaign.status = CampaignStatus::Active;
        let profile = Profile { email: EmailAddress::parse("ada@example.com").ok(), ..Profile::default() };
        let contact = Contact::new(ContactId::derived(at(0), &[]), profile, Actor::Operator, at(0));
        let enrollment = Enrollment::new(campaign.id, contact.id, Some(Due::new(at(0), at(0))), at(0));
        let tenant = TenantId::derived(at(0), &[]);
        let task = SendTask { tenant, campaign: campaign.id, contact: contact.id, step_done: 0 };
        Scene { task, campaign, steps: vec![step(1, "email", 0), step(3, "sms", 5)], enrollment, contact }
    }

    impl Scene {
        fn decision(&self) -> Decision<'_> {
            decide(
                &self.task,
                Some(&self.campaign),
                &self.steps,
                &self.enrollment,
                Some(&self.contact),
                |_| false,
                at(1),
            )
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
        scene.campaign.status = CampaignStatus::Draft;
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
        let next = advance(&scene.enrollment, &scene.steps, &scene.steps[0], true, at(1), at(1));
        assert_eq!((next.status, next.due.map(|due| due.at)), (EnrollmentStatus::Active, Some(at(6))));
        let end = advance(&next, &scene.steps, &scene.steps[1], false, at(6), at(6));
        assert_eq!((end.status, end.due, end.sent), (EnrollmentStatus::Completed, None, 1));
    }

    #[test]
    fn who_could_not_be_reached_at_all_is_excluded_with_a_reason() {
        let scene = scene();
        let next = advance(&scene.enrollment, &scene.steps, &scene.steps[1], false, at(1), at(1));
        assert_eq!(next.status, EnrollmentStatus::Excluded);
        assert!(next.reason.is_some());
    }
}
