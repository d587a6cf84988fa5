//! Where an enrolment stands, as it is shown: in a paused campaign what is open is paused.

use super::EnrollmentStatus;
use crate::campaign::CampaignStatus;

vocabulary! {
    /// Where an enrolment stands.
    #[schemars(rename = "ShownEnrollmentStatus")]
    ShownStatus {
        /// Nothing was sent yet.
        Pending = "pending",
        /// In the sequence.
        Active = "active",
        /// Open, while the campaign is paused.
        Paused = "paused",
        /// Through the sequence, or at its end for a good reason.
        Completed = "completed",
        /// Ended by a bounce.
        Bounced = "bounced",
        /// Ended by an opt-out or a complaint.
        Unsubscribed = "unsubscribed",
        /// Ended without a single message.
        Excluded = "excluded",
        /// Taken out by hand, or because the campaign was cancelled or archived.
        Cancelled = "cancelled",
    }
}

impl ShownStatus {
    /// How an enrolment is shown that stands there, in a campaign that stands here.
    pub fn of(status: EnrollmentStatus, campaign: CampaignStatus) -> Self {
        match status {
            EnrollmentStatus::Pending | EnrollmentStatus::Active if campaign == CampaignStatus::Paused => Self::Paused,
            EnrollmentStatus::Pending => Self::Pending,
            EnrollmentStatus::Active => Self::Active,
            EnrollmentStatus::Completed => Self::Completed,
            EnrollmentStatus::Bounced => Self::Bounced,
            EnrollmentStatus::Unsubscribed => Self::Unsubscribed,
            EnrollmentStatus::Excluded => Self::Excluded,
            EnrollmentStatus::Cancelled => Self::Cancelled,
        }
    }

    /// Where enrolments stand that are shown so in a campaign that stands here; all of them if nothing is asked for.
    pub fn kept_as(wanted: Option<Self>, campaign: CampaignStatus) -> Vec<EnrollmentStatus> {
        let is_wanted = |status: &EnrollmentStatus| wanted.is_none_or(|it| it == Self::of(*status, campaign));
        EnrollmentStatus::ALL.iter().copied().filter(is_wanted).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_open_is_paused_with_its_campaign() {
        use EnrollmentStatus::{Active, Bounced, Pending};
        let paused = CampaignStatus::Paused;
        assert_eq!(ShownStatus::of(Active, paused), ShownStatus::Paused);
        assert_eq!(ShownStatus::of(Bounced, paused), ShownStatus::Bounced);
        assert_eq!(ShownStatus::kept_as(Some(ShownStatus::Paused), paused), [Pending, Active]);
        assert_eq!(ShownStatus::kept_as(Some(ShownStatus::Active), paused), []);
        assert_eq!(ShownStatus::kept_as(Some(ShownStatus::Paused), CampaignStatus::Active), []);
        assert_eq!(ShownStatus::kept_as(None, paused), EnrollmentStatus::ALL);
    }

    #[test]
    fn every_status_is_shown_as_one_and_found_by_it() {
        for &campaign in CampaignStatus::ALL {
            let kept = ShownStatus::ALL.iter().flat_map(|shown| ShownStatus::kept_as(Some(*shown), campaign));
            let mut kept: Vec<_> = kept.collect();
            kept.sort_unstable();
            assert_eq!(kept, EnrollmentStatus::ALL);
        }
    }
}
