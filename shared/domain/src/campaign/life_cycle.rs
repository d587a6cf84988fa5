//! The life of a campaign: which moves are legal where, and what follows from time and from its end. One table, for
//! everybody who moves one.

use super::{Campaign, CampaignStatus, Step};
use crate::audit::Action;
use crate::enrollment::{Due, Enrollment, EnrollmentStatus};
use crate::time::after;
use crate::{Error, Result, Timestamp};
use CampaignStatus::{Active, Archived, Cancelled, Completed, Draft, Paused, Scheduled};

vocabulary! {
    /// A move of a campaign from one status to another.
    Move {
        /// It is to begin at its start date.
        Schedule = "schedule",
        /// It begins.
        Start = "start",
        /// It holds back.
        Pause = "pause",
        /// It goes on.
        Resume = "resume",
        /// It ends before its time, for good.
        Cancel = "cancel",
        /// Its last enrolment has ended. Nobody asks for this.
        Complete = "complete",
        /// It is put away.
        Archive = "archive",
    }
}

impl Move {
    /// Where it leads.
    pub const fn to(self) -> CampaignStatus {
        match self {
            Self::Schedule => Scheduled,
            Self::Start | Self::Resume => Active,
            Self::Pause => Paused,
            Self::Cancel => Cancelled,
            Self::Complete => Completed,
            Self::Archive => Archived,
        }
    }

    /// Where it is legal.
    pub const fn from(self) -> &'static [CampaignStatus] {
        match self {
            Self::Schedule | Self::Start => &[Draft, Scheduled],
            Self::Pause | Self::Complete => &[Active],
            Self::Resume => &[Paused],
            Self::Cancel => &[Scheduled, Active, Paused],
            Self::Archive => &[Draft, Scheduled, Active, Paused, Completed, Cancelled],
        }
    }

    /// What the audit says of it; nothing of what nobody asked for.
    pub const fn action(self) -> Option<Action> {
        match self {
            Self::Schedule => Some(Action::CampaignScheduled),
            Self::Start => Some(Action::CampaignStarted),
            Self::Pause => Some(Action::CampaignPaused),
            Self::Resume => Some(Action::CampaignResumed),
            Self::Cancel => Some(Action::CampaignCancelled),
            Self::Complete => None,
            Self::Archive => Some(Action::CampaignArchived),
        }
    }

    const fn participle(self) -> &'static str {
        match self {
            Self::Schedule => "scheduled",
            Self::Start => "started",
            Self::Pause => "paused",
            Self::Resume => "resumed",
            Self::Cancel => "cancelled",
            Self::Complete => "completed",
            Self::Archive => "archived",
        }
    }
}

/// Why what is left of an enrolment ends without its own doing.
const CANCELLED: &str = "the campaign was cancelled";
const ARCHIVED: &str = "the campaign was archived";
/// Why it ends once the campaign's end date has passed.
pub const END_DATE: &str = "the campaign's end date has passed";

impl Campaign {
    /// The campaign after a move, one version on.
    ///
    /// # Errors
    /// [`Error::Conflict`] when the move makes no sense where it stands.
    pub fn moved(&self, step: Move, now: Timestamp) -> Result<Self> {
        self.demand(step)?;
        let begins = step == Move::Start;
        Ok(Self {
            status: step.to(),
            started_at: if begins { Some(now) } else { self.started_at },
            version: self.version + 1,
            updated_at: now,
            ..self.clone()
        })
    }

    /// The scheduled campaign, one version on; at its own start date if none is given.
    ///
    /// # Errors
    /// [`Error::Conflict`] when it cannot be scheduled any more or has no steps, [`Error::Refused`] when there is no start
    /// date, or none that is still to come and before the end date.
    pub fn scheduled(&self, start_date: Option<Timestamp>, steps: &[Step], now: Timestamp) -> Result<Self> {
        let start_date = start_date.or(self.start_date);
        let scheduled = Self { start_date, ..self.moved(Move::Schedule, now)? };
        scheduled.dates_to_come(now)?;
        demand_steps(steps)?;
        Ok(scheduled)
    }

    /// The campaign that begins with these steps, one version on.
    ///
    /// # Errors
    /// [`Error::Conflict`] when it was started before, is over or has no steps.
    pub fn started(&self, steps: &[Step], now: Timestamp) -> Result<Self> {
        let started = self.moved(Move::Start, now)?;
        if started.end_date_passed(now) {
            return Err(Error::conflict("the campaign's end date has passed: move it before the start"));
        }
        demand_steps(steps)?;
        Ok(started)
    }

    fn demand(&self, step: Move) -> Result<()> {
        if step.from().contains(&self.status) {
            return Ok(());
        }
        let legal: Vec<&str> = step.from().iter().map(|status| status.as_str()).collect();
        let (status, what, legal) = (self.status, step.participle(), legal.join(", "));
        Err(Error::conflict(format!("the campaign is {status} and cannot be {what}: only where it is {legal}")))
    }

    /// Whether contacts can be enrolled.
    ///
    /// # Errors
    /// [`Error::Conflict`] when the campaign is over, or is to send nothing any more.
    pub fn accepts_enrolments(&self, now: Timestamp) -> Result<()> {
        if self.status.is_over() {
            let over = self.status;
            return Err(Error::conflict(format!("the campaign is {over}: nobody can be enrolled any more")));
        }
        if self.end_date_passed(now) {
            return Err(Error::conflict("the campaign's end date has passed: nobody can be enrolled any more"));
        }
        Ok(())
    }

    /// Whether anybody was, or is being, enrolled.
    pub fn has_audience(&self) -> bool {
        self.audience > 0 || self.enrolling > 0
    }

    /// Whether nothing more is to be sent, because it is late.
    pub fn end_date_passed(&self, now: Timestamp) -> bool {
        self.end_date.is_some_and(|end| end <= now)
    }

    /// Whether what is open of it is to end.
    pub fn has_ended(&self, now: Timestamp) -> bool {
        self.status.is_over() || (self.status == Active && self.end_date_passed(now))
    }

    /// When time itself will move it the next time: at its start, or at its end.
    pub fn next_look(&self) -> Option<Timestamp> {
        match self.status {
            Scheduled => self.start_date,
            Active => self.end_date,
            _ => None,
        }
    }

    /// The enrolment as the end of this campaign leaves it; nothing if it had ended before, or the campaign goes on.
    pub fn closed(&self, enrollment: &Enrollment, now: Timestamp) -> Option<Enrollment> {
        match self.status {
            Cancelled => enrollment.ended(EnrollmentStatus::Cancelled, Some(CANCELLED), now),
            Archived => enrollment.ended(EnrollmentStatus::Cancelled, Some(ARCHIVED), now),
            Active if self.end_date_passed(now) => enrollment.out_of_time(now),
            _ => None,
        }
    }

    /// Whether it is complete, if `ended` of its enrolments have ended. Who starts a campaign before anybody is in it means
    /// to enrol later, so that one waits for its end date.
    pub fn is_complete(&self, ended: u64, now: Timestamp) -> bool {
        let through = self.audience > 0 || self.end_date_passed(now);
        self.status == Active && self.enrolling == 0 && ended == self.audience && through
    }

    /// Whether the dates of a campaign that was not started are such that it can be.
    ///
    /// # Errors
    /// [`Error::Refused`], naming the date.
    pub(super) fn dates_to_come(&self, now: Timestamp) -> Result<()> {
        super::draft::dates_in_order(self.start_date, self.end_date).map_err(Error::refused)?;
        super::draft::date_to_come("start_date", self.start_date, now).map_err(Error::refused)
    }
}

impl Enrollment {
    /// The next revision with a due time, if it waits for one: because the campaign had not started, then it is due
    /// `first`; or because it was paused when the step was due, then that is due now.
    pub fn given_time(&self, first: Timestamp, now: Timestamp) -> Option<Self> {
        let waits = !self.status.is_end() && self.due.is_none();
        let at = match self.held {
            Some(held) => Some(held.max(now)),
            None => (self.status == EnrollmentStatus::Pending && self.step_done == 0).then_some(first),
        };
        let due = at.filter(|_| waits).map(|at| Due::new(at, now))?;
        Some(Self { due: Some(due), held: None, updated_at: now, revision: self.revision + 1, ..self.clone() })
    }

    /// The next revision, ended because it is too late to send anything; nothing if it had ended before.
    pub fn out_of_time(&self, now: Timestamp) -> Option<Self> {
        let status = if self.sent > 0 { EnrollmentStatus::Completed } else { EnrollmentStatus::Excluded };
        self.ended(status, Some(END_DATE), now)
    }
}

fn demand_steps(steps: &[Step]) -> Result<()> {
    if steps.is_empty() {
        return Err(Error::conflict("the campaign has no messages: add one before the start"));
    }
    Ok(())
}

/// The first minute's beginning from which on `moment` has passed.
pub fn look_after(moment: Timestamp) -> crate::time::Minute {
    crate::time::Minute::of(after(moment, chrono::TimeDelta::milliseconds(-1))).plus(1)
}

#[cfg(test)]
mod tests;
