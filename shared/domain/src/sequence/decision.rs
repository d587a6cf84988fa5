//! What is to be done with a task of the send queue.

use super::conditions::hold;
use super::next_step;
use crate::Timestamp;
use crate::campaign::{Campaign, CampaignStatus, Step};
use crate::contact::{Contact, OptInStatus};
use crate::enrollment::{Enrollment, EnrollmentStatus, PutOff, SendTask};
use crate::message::Message;
use crate::preferences::Preferences;
use crate::schedule::{LocalDay, QuietHours, Zone, best_hour, next_in_hour, next_time_of_day};
use crate::settings::Settings;

/// What is to be done with a task of the send queue.
#[derive(Debug, PartialEq)]
pub enum Decision<'a> {
    /// Nothing: the enrolment has moved on or ended, its time has not come, or the campaign does not send.
    Stale,
    /// It waits without a time until the campaign is resumed.
    Hold,
    /// The sequence ends here.
    End(EnrollmentStatus, &'static str),
    /// There is no step left.
    Finish,
    /// The step is not for this contact: on to the next.
    Skip(&'a Step),
    /// The step is sent at this time, for this reason.
    PutOff(Timestamp, PutOff),
    /// The step is to be sent to this address.
    Send(&'a Step, &'a str),
}

/// All that a decision follows from.
#[derive(Debug, Clone, Copy)]
pub struct Situation<'a> {
    /// What the queue says.
    pub task: &'a SendTask,
    /// The campaign.
    pub campaign: &'a Campaign,
    /// Its steps, sorted by number.
    pub steps: &'a [Step],
    /// What the tenant has chosen.
    pub settings: &'a Settings,
    /// The enrolment.
    pub enrollment: &'a Enrollment,
    /// The contact, unless it is gone.
    pub contact: Option<&'a Contact>,
    /// What it has said of how and when it wants to be written to.
    pub preferences: Option<&'a Preferences>,
    /// Whether the address of the next step's channel must not be written to.
    pub suppressed: bool,
    /// The messages of [`super::earlier_messages`] that there are, if the next step has conditions.
    pub earlier: &'a [Message],
    /// When the contact opened messages, if [`Situation::asks_for_habits`].
    pub opened: &'a [Timestamp],
}

impl<'a> Situation<'a> {
    /// Whether there is anything to decide: the enrolment stands where the task says, and its time has come.
    pub fn is_due(&self, now: Timestamp) -> bool {
        let due = self.enrollment.due.is_some_and(|due| due.at <= now);
        !self.enrollment.status.is_end() && self.enrollment.step_done == self.task.step_done && due
    }

    /// Decides. The order of the checks is design §5's: campaign, contact, permission, step, time.
    pub fn decide(&self, now: Timestamp) -> Decision<'a> {
        if !self.is_due(now) {
            return Decision::Stale;
        }
        match self.campaign.status {
            CampaignStatus::Active => {}
            CampaignStatus::Paused => return Decision::Hold,
            CampaignStatus::Cancelled => {
                return Decision::End(EnrollmentStatus::Cancelled, "the campaign was cancelled");
            }
            CampaignStatus::Archived => return Decision::End(EnrollmentStatus::Cancelled, "the campaign was archived"),
            CampaignStatus::Draft | CampaignStatus::Scheduled | CampaignStatus::Completed => return Decision::Stale,
        }
        let Some(contact) = self.contact else {
            return Decision::End(EnrollmentStatus::Excluded, "the contact was deleted");
        };
        if contact.profile.do_not_contact {
            return Decision::End(EnrollmentStatus::Excluded, "the contact must not be contacted");
        }
        if contact.profile.opt_in() == OptInStatus::OptedOut {
            return Decision::End(EnrollmentStatus::Unsubscribed, "the contact opted out");
        }
        if self.campaign.end_date.is_some_and(|end| end <= now) {
            let status =
                if self.enrollment.sent > 0 { EnrollmentStatus::Completed } else { EnrollmentStatus::Excluded };
            return Decision::End(status, "the campaign's end date has passed");
        }
        match next_step(self.steps, self.enrollment.step_done) {
            Some(step) => self.decide_step(step, contact, now),
            None => Decision::Finish,
        }
    }

    fn decide_step(&self, step: &'a Step, contact: &'a Contact, now: Timestamp) -> Decision<'a> {
        let opted_out = self.preferences.is_some_and(|said| said.opts_out(step.message_type));
        let address = contact.address(step.message_type).filter(|_| !self.suppressed && !opted_out);
        let Some(address) = address.filter(|_| hold(step, self.steps, self.earlier)) else {
            return Decision::Skip(step);
        };
        let chosen = self.chosen_time(step, now).filter(|chosen| *chosen > now);
        if let Some(chosen) = chosen {
            return Decision::PutOff(chosen, PutOff::SendTime);
        }
        let loud = self.quiet_hours().map_or(now, |quiet| quiet.put_off(now, self.zone()));
        if loud > now { Decision::PutOff(loud, PutOff::QuietHours) } else { Decision::Send(step, address) }
    }

    /// The time of day for a step whose time was not chosen yet: its own, or else the contact's.
    fn chosen_time(&self, step: &Step, now: Timestamp) -> Option<Timestamp> {
        if self.enrollment.timed {
            return None;
        }
        let due = self.enrollment.due.map_or(now, |due| due.at);
        if let Some(time) = step.send_time {
            return Some(next_time_of_day(due, self.zone(), time));
        }
        let hour = best_hour(self.opened.iter().copied(), self.zone())?;
        next_in_hour(now, self.zone(), hour, self.quiet_hours())
    }

    /// Whether it matters when the contact opened messages: the campaign wants to know, and the step has no send time.
    pub fn asks_for_habits(&self) -> bool {
        let step = next_step(self.steps, self.enrollment.step_done);
        let wanted = self.campaign.settings.send_time_optimization && !self.enrollment.timed;
        wanted && step.is_some_and(|step| step.send_time.is_none())
    }

    /// Where the contact is: in the zone that its preferences say, else in that of its profile, else in the tenant's.
    pub fn zone(&self) -> Zone {
        let said = self.preferences.and_then(|said| said.timezone.as_deref());
        let known = self.contact.and_then(|contact| contact.profile.timezone.as_deref());
        Zone::first_of([said, known, Some(&self.settings.default_timezone)])
    }

    /// When a step that cannot be sent before `day` is sent: at its send time, if it has one, and not in quiet hours.
    pub fn on_day(&self, step: &Step, day: LocalDay) -> Timestamp {
        let begin = self.zone().start_of(day);
        let at = step.send_time.map_or(begin, |time| next_time_of_day(begin, self.zone(), time));
        self.quiet_hours().map_or(at, |quiet| quiet.put_off(at, self.zone()))
    }

    /// Its own quiet hours, else the tenant's.
    fn quiet_hours(&self) -> Option<QuietHours> {
        let own = self.preferences.map(|said| (said.quiet_hours_start, said.quiet_hours_end));
        match own {
            Some((Some(start), Some(end))) => QuietHours::between(Some(start), Some(end)),
            _ => QuietHours::between(self.settings.quiet_hours_start, self.settings.quiet_hours_end),
        }
    }
}
