//! Sequencing: what happens next to an enrolment. Pure, so that the sender only carries it out.

mod conditions;
mod decision;
#[cfg(test)]
mod tests;

use chrono::TimeDelta;

use crate::Timestamp;
use crate::campaign::Step;
use crate::enrollment::{Due, Enrollment, EnrollmentStatus, PutOff};
use crate::schedule::{Zone, next_time_of_day, timed};
use crate::time::after;

pub use conditions::earlier_messages;
pub use decision::{Decision, Situation};

/// What was sent so much later than its send time counts as sent in time, when the next step's delay begins: a step that
/// goes daily at nine must not miss every other day because it takes a while until all have got it.
const LATE: TimeDelta = TimeDelta::hours(6);

/// The step after the one with the number `done`; removed steps leave gaps that do not matter.
pub fn next_step(steps: &[Step], done: u32) -> Option<&Step> {
    steps.iter().find(|step| step.step_number > done)
}

/// When the first step is due for somebody who is enrolled, or whose campaign starts, now. If it has a send time, it waits
/// for that then: only the sender knows where the contact is.
pub fn first_due(steps: &[Step], now: Timestamp) -> Timestamp {
    next_step(steps, 0).map_or(now, |step| after(now, step.delay()))
}

/// The enrolment after `step` was dealt with at `at`: due for the next step, or at its end. `sent`: whether a message of the
/// step went to the provider. `now` is not before `at`; `zone` is where the contact is.
pub fn advance(
    enrollment: &Enrollment,
    steps: &[Step],
    step: &Step,
    sent: bool,
    zone: Zone,
    at: Timestamp,
    now: Timestamp,
) -> Enrollment {
    let mut next = Enrollment { step_done: step.step_number, updated_at: now, ..enrollment.clone() };
    (next.put_off, next.timed) = (None, false);
    next.sent += u32::from(sent);
    next.revision += 1;
    match next_step(steps, step.step_number) {
        Some(following) => {
            next.due = Some(Due::new(due_after(following, step, zone, at), now));
            next.timed = following.send_time.is_some();
            if next.sent > 0 {
                next.status = EnrollmentStatus::Active;
            }
        }
        None => finish(&mut next),
    }
    next
}

/// When `step` is due, if the one `before` it was dealt with at `at`.
fn due_after(step: &Step, before: &Step, zone: Zone, at: Timestamp) -> Timestamp {
    let Some(time) = step.send_time else { return after(at, step.delay()) };
    let in_time = before.send_time.map(|time| next_time_of_day(after(at, -LATE), zone, time));
    timed(in_time.filter(|in_time| *in_time <= at).unwrap_or(at), step.delay(), zone, time)
}

/// The enrolment at its end, after the last step.
pub fn finished(enrollment: &Enrollment, at: Timestamp) -> Enrollment {
    let mut next = Enrollment { updated_at: at, revision: enrollment.revision + 1, ..enrollment.clone() };
    finish(&mut next);
    next
}

fn finish(enrollment: &mut Enrollment) {
    (enrollment.due, enrollment.put_off, enrollment.timed) = (None, None, false);
    if enrollment.sent > 0 {
        enrollment.status = EnrollmentStatus::Completed;
    } else {
        enrollment.status = EnrollmentStatus::Excluded;
        enrollment.reason = Some("the contact has no usable address for any message".to_owned());
    }
}

/// The enrolment with its step put off, for this reason. The time of day is not chosen once more. One that has ended is
/// never due: nothing then.
pub fn put_off(enrollment: &Enrollment, until: Timestamp, why: PutOff, now: Timestamp) -> Option<Enrollment> {
    Some(Enrollment { put_off: Some(why), timed: true, ..enrollment.put_off(until, now)? })
}

/// The enrolment as it waits while its campaign is paused; nothing if nothing of it is due.
pub fn held(enrollment: &Enrollment, now: Timestamp) -> Option<Enrollment> {
    let due = enrollment.due.filter(|_| !enrollment.status.is_end())?;
    let revision = enrollment.revision + 1;
    Some(Enrollment { due: None, held: Some(due.at), updated_at: now, revision, ..enrollment.clone() })
}
