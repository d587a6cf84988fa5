use serde_json::json;

use super::*;
use crate::campaign::{CampaignDraft, StepDraft};
use crate::id::{CampaignId, ContactId, Id, StepId};

fn at(hour: i64) -> Timestamp {
    chrono::DateTime::from_timestamp(1_800_000_000 + 3600 * hour, 0).unwrap_or_default()
}

fn campaign(status: CampaignStatus) -> Campaign {
    let draft = json!({ "name": "Spring", "campaign_type": "email" });
    let draft: CampaignDraft = serde_json::from_value(draft).unwrap();
    Campaign { status, ..Campaign::draft(CampaignId::derived(at(0), &[]), draft, at(0)).unwrap() }
}

fn steps() -> Vec<Step> {
    let draft = json!({ "step_number": 1, "message_type": "email", "subject": "Hello", "content": "Hello" });
    let draft: StepDraft = serde_json::from_value(draft).unwrap();
    vec![Step::new(StepId::derived(at(0), &[]), draft, &[], at(0)).unwrap()]
}

fn enrolled(sent: u32) -> Enrollment {
    let ids = (CampaignId::derived(at(0), &[]), ContactId::derived(at(0), &[]));
    Enrollment { sent, ..Enrollment::new(ids.0, ids.1, Some(Due::new(at(5), at(0))), at(0)) }
}

#[test]
fn every_move_is_legal_exactly_where_the_table_says_so() {
    use Move::{Archive, Cancel, Complete, Pause, Resume, Schedule, Start};
    for (status, legal) in [
        (Draft, vec![Schedule, Start, Archive]),
        (Scheduled, vec![Schedule, Start, Cancel, Archive]),
        (Active, vec![Pause, Cancel, Complete, Archive]),
        (Paused, vec![Resume, Cancel, Archive]),
        (Completed, vec![Archive]),
        (Cancelled, vec![Archive]),
        (Archived, vec![]),
    ] {
        for &step in Move::ALL {
            match campaign(status).moved(step, at(1)) {
                Ok(moved) => {
                    assert!(legal.contains(&step), "{step} of what is {status}");
                    assert_eq!((moved.status, moved.version, moved.updated_at), (step.to(), 2, at(1)));
                }
                Err(Error::Conflict { message, .. }) => {
                    assert!(!legal.contains(&step), "{step} of what is {status}");
                    assert!(message.contains(status.as_str()), "{message}");
                }
                Err(other) => panic!("{other}"),
            }
        }
    }
}

#[test]
fn the_message_says_where_a_move_would_be_legal() {
    let error = campaign(Paused).moved(Move::Start, at(1)).unwrap_err();
    assert_eq!(error.to_string(), "the campaign is paused and cannot be started: only where it is draft, scheduled");
}

#[test]
fn a_start_needs_messages_and_an_end_that_is_to_come() {
    assert!(matches!(campaign(Draft).started(&[], at(1)), Err(Error::Conflict { .. })));
    let late = Campaign { end_date: Some(at(1)), ..campaign(Draft) };
    assert!(matches!(late.started(&steps(), at(1)), Err(Error::Conflict { .. })));
    let started = late.started(&steps(), at(0)).unwrap();
    assert_eq!((started.started_at, started.next_look()), (Some(at(0)), Some(at(1))));
    let paused = started.moved(Move::Pause, at(0)).unwrap();
    let resumed = paused.moved(Move::Resume, at(2)).unwrap();
    assert_eq!((paused.next_look(), resumed.started_at), (None, Some(at(0))));
    assert!(resumed.has_ended(at(2)) && !paused.has_ended(at(2)));
}

#[test]
fn a_schedule_needs_a_date_to_come_before_the_end() {
    let field = |result: Result<Campaign>| match result {
        Err(Error::Refused(faults)) => faults[0].field.clone(),
        Err(other) => other.to_string(),
        Ok(scheduled) => format!("{:?}", scheduled.next_look()),
    };
    let draft = Campaign { end_date: Some(at(9)), ..campaign(Draft) };
    for (date, expected) in [
        (None, "start_date".to_owned()),
        (Some(at(1)), "start_date".to_owned()),
        (Some(at(9)), "end_date".to_owned()),
        (Some(at(8)), format!("{:?}", Some(at(8)))),
    ] {
        assert_eq!(field(draft.scheduled(date, &steps(), at(1))), expected, "{date:?}");
    }
    let own = Campaign { start_date: Some(at(4)), ..draft };
    assert_eq!(field(own.scheduled(None, &steps(), at(1))), format!("{:?}", Some(at(4))));
    assert!(matches!(own.scheduled(None, &[], at(1)), Err(Error::Conflict { .. })));
}

#[test]
fn the_end_of_a_campaign_ends_what_is_open_and_leaves_what_has_ended() {
    let bounced = enrolled(1).ended(EnrollmentStatus::Bounced, None, at(1)).unwrap();
    let overdue = |status| Campaign { end_date: Some(at(2)), ..campaign(status) };
    for (campaign, sent, expected) in [
        (campaign(Cancelled), 1, Some(EnrollmentStatus::Cancelled)),
        (campaign(Archived), 0, Some(EnrollmentStatus::Cancelled)),
        (overdue(Active), 1, Some(EnrollmentStatus::Completed)),
        (overdue(Active), 0, Some(EnrollmentStatus::Excluded)),
        (overdue(Paused), 1, None),
        (campaign(Active), 1, None),
    ] {
        let closed = campaign.closed(&enrolled(sent), at(2));
        assert_eq!(closed.as_ref().map(|closed| closed.status), expected, "{campaign:?}");
        assert!(closed.is_none_or(|closed| closed.due.is_none() && closed.reason.is_some()));
        assert_eq!(campaign.closed(&bounced, at(2)), None);
    }
}

#[test]
fn a_campaign_is_complete_when_all_have_ended_and_nobody_is_on_the_way() {
    let active = Campaign { audience: 3, ..campaign(Active) };
    let empty = Campaign { audience: 0, ..active.clone() };
    let over = Campaign { end_date: Some(at(1)), ..empty.clone() };
    for (campaign, ended, expected) in [
        (active.clone(), 3, true),
        (active.clone(), 2, false),
        (Campaign { enrolling: 1, ..active.clone() }, 3, false),
        (Campaign { status: Paused, ..active }, 3, false),
        (empty, 0, false),
        (over.clone(), 0, true),
        (Campaign { enrolling: 1, ..over }, 0, false),
    ] {
        assert_eq!(campaign.is_complete(ended, at(1)), expected, "{campaign:?}");
    }
}

#[test]
fn nobody_is_enrolled_into_what_is_over_or_late() {
    for &status in CampaignStatus::ALL {
        assert_eq!(campaign(status).accepts_enrolments(at(1)).is_err(), status.is_over(), "{status}");
        let late = Campaign { end_date: Some(at(1)), ..campaign(status) };
        assert!(late.accepts_enrolments(at(1)).is_err() && late.accepts_enrolments(at(0)).is_ok() != status.is_over());
    }
}

#[test]
fn a_look_comes_once_the_moment_has_passed() {
    use crate::time::Minute;
    let minute = Minute::of(at(0));
    assert_eq!(look_after(minute.start()), minute);
    assert_eq!(look_after(after(minute.start(), chrono::TimeDelta::milliseconds(1))), minute.plus(1));
}

#[test]
fn who_waits_is_given_a_time_and_nobody_else() {
    let due = |enrollment: Enrollment| enrollment.given_time(at(9), at(7)).and_then(|next| next.due).map(|due| due.at);
    let waiting = Enrollment { due: None, ..enrolled(0) };
    let held = |hour, sent| Enrollment { held: Some(at(hour)), step_done: sent, due: None, ..enrolled(sent) };
    assert_eq!(due(waiting.clone()), Some(at(9)), "it was enrolled before the start");
    assert_eq!((due(held(3, 1)), due(held(8, 1))), (Some(at(7)), Some(at(8))), "not before now");
    assert_eq!(due(enrolled(0)), None, "it has a time");
    assert_eq!(due(Enrollment { step_done: 2, ..waiting }), None);
    assert_eq!(due(held(3, 1).ended(EnrollmentStatus::Bounced, None, at(4)).unwrap()), None);
    assert_eq!(held(3, 1).given_time(at(9), at(7)).and_then(|next| next.held), None);
}
