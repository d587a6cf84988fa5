//! Conversion: which activities are what a campaign is for, and what news of a contact make of its enrolment.

use crate::Timestamp;
use crate::access::Actor;
use crate::activity::{ActivityType, REVENUE};
use crate::campaign::GoalType;
use crate::counters::MessageEvent;
use crate::enrollment::{Enrollment, EnrollmentStatus, Stage};
use crate::id::{ContactId, Id, InteractionId};
use crate::interaction::{CAMPAIGN, Interaction, InteractionType};
use crate::message::{Channel, Receipt, ReceiptEvent};
use crate::money::Money;
use crate::time::to_millis;

/// Why an enrolment ended whose contact did what the campaign is for.
pub const CONVERTED: &str = "converted";
/// Why one ended whose contact answered.
pub const REPLIED: &str = "replied";

/// Whether an activity is what a campaign with this goal is for. One without a goal is for deals.
pub fn converts(goal: Option<GoalType>, activity: ActivityType) -> bool {
    use ActivityType as A;
    let replied = matches!(activity, A::EmailReplied | A::SmsReplied | A::WhatsappReplied);
    let clicked = matches!(activity, A::EmailClicked | A::LinkClicked);
    match (goal, activity) {
        (_, A::DealWon) => true,
        (Some(GoalType::LeadGeneration), A::FormSubmitted | A::MeetingScheduled) => true,
        (Some(GoalType::Nurture | GoalType::Retention), A::MeetingScheduled) => true,
        (Some(GoalType::Engagement), A::FormSubmitted | A::MeetingScheduled) => true,
        (Some(GoalType::Nurture), _) => replied,
        (Some(GoalType::Engagement), _) => replied || clicked,
        _ => false,
    }
}

/// What is news of a contact in a campaign.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct News {
    /// How far down the funnel it is.
    pub stage: Option<Stage>,
    /// How its sequence ends by that, if it goes on.
    pub end: Option<(EnrollmentStatus, Option<&'static str>)>,
    /// When it did what the campaign is for, if that is the news.
    pub converted_at: Option<Timestamp>,
    /// What that brought.
    pub revenue: Money,
}

/// What a campaign makes of what its contacts do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Purpose {
    /// What it is for.
    pub goal: Option<GoalType>,
    /// Whether an answer to the message ends the sequence.
    pub stop_on_reply: bool,
}

impl News {
    /// What a receipt for a message of `channel` tells of its contact; nothing for what changes no enrolment. Only clicks and
    /// answers ask for the purpose.
    pub fn of_receipt(receipt: &Receipt, channel: Channel, purpose: Purpose) -> Option<Self> {
        let converting = |news: Self, event| match ActivityType::of_event(channel, event) {
            Some(activity) if converts(purpose.goal, activity) => news.converting(receipt.at),
            _ => news,
        };
        Some(match receipt.event {
            ReceiptEvent::Sent | ReceiptEvent::Failed => return None,
            ReceiptEvent::Delivered | ReceiptEvent::Voicemail => Self::reached(Stage::Delivered),
            ReceiptEvent::Opened => Self::reached(Stage::Opened),
            ReceiptEvent::Clicked => converting(Self::reached(Stage::Clicked), MessageEvent::Clicked),
            ReceiptEvent::Replied => {
                let replied = Self::reached(Stage::Replied);
                let stops = Some((EnrollmentStatus::Completed, Some(REPLIED))).filter(|_| purpose.stop_on_reply);
                converting(Self { end: stops, ..replied }, MessageEvent::Replied)
            }
            ReceiptEvent::Bounced => Self::default().ending(EnrollmentStatus::Bounced, None),
            ReceiptEvent::Complained | ReceiptEvent::Unsubscribed => {
                Self::reached(Stage::Delivered).ending(EnrollmentStatus::Unsubscribed, None)
            }
        })
    }

    /// That the contact came this far.
    pub fn reached(stage: Stage) -> Self {
        Self { stage: Some(stage), ..Self::default() }
    }

    /// The same news of somebody whose sequence ends by them.
    #[must_use]
    pub fn ending(self, status: EnrollmentStatus, reason: Option<&'static str>) -> Self {
        Self { end: Some((status, reason)), ..self }
    }

    /// The same news, which are what the campaign is for.
    #[must_use]
    pub fn converting(self, at: Timestamp) -> Self {
        let end = Some((EnrollmentStatus::Completed, Some(CONVERTED)));
        Self { stage: Some(Stage::Converted), end, converted_at: Some(at), ..self }
    }
}

impl Enrollment {
    /// The next revision, after the news; nothing if they change nothing. One that has ended stays as it ended, and that
    /// its contact did what the campaign is for is noted all the same, once.
    pub fn after(&self, news: &News, now: Timestamp) -> Option<Self> {
        let ended = news.end.and_then(|(status, reason)| self.ended(status, reason, now));
        let mut next = ended.unwrap_or_else(|| self.clone());
        next.reached = next.reached.max(news.stage.unwrap_or(Stage::Enrolled));
        next.converted_at = next.converted_at.or(news.converted_at.map(to_millis));
        next.revenue = next.revenue + news.revenue;
        (next != *self).then_some(Self { updated_at: now, revision: self.revision + 1, ..next })
    }

    /// What the timeline of `contact`, whom the enrolled one may have gone into, tells of the step from `self` to `next`: that
    /// it did what the campaign is for, if that is new.
    pub fn conversion(&self, next: &Self, contact: ContactId, now: Timestamp) -> Option<Interaction> {
        let at = next.converted_at.filter(|_| self.converted_at.is_none())?;
        let parts = [self.campaign_id.uuid(), self.contact_id.uuid()];
        let parts = [parts[0].as_bytes().as_slice(), parts[1].as_bytes(), CONVERTED.as_bytes()];
        let mut metadata = serde_json::Map::from_iter([(CAMPAIGN.to_owned(), serde_json::json!(self.campaign_id))]);
        if !next.revenue.is_zero() {
            metadata.insert(REVENUE.to_owned(), serde_json::json!(next.revenue));
        }
        Some(Interaction {
            id: InteractionId::derived(at, &parts),
            contact_id: contact,
            interaction_type: InteractionType::ContactConverted,
            description: format!("Converted: campaign {}", self.campaign_id),
            booking_id: None,
            metadata,
            occurred_at: at,
            created_at: now,
            created_by: Actor::Campaign(self.campaign_id),
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::id::CampaignId;

    fn at(second: i64) -> Timestamp {
        chrono::DateTime::from_timestamp(second, 0).unwrap_or_default()
    }

    fn enrolled() -> Enrollment {
        Enrollment::new(CampaignId::derived(at(0), &[]), ContactId::derived(at(0), &[]), None, at(0))
    }

    #[test]
    fn each_goal_has_its_conversions() {
        let of = |goal: Option<GoalType>| -> Vec<&str> {
            ActivityType::ALL.iter().filter(|kind| converts(goal, **kind)).map(|kind| kind.as_str()).collect()
        };
        let (replied, won) = (["email_replied", "sms_replied", "whatsapp_replied"], "deal_won");
        assert_eq!(of(None), [won]);
        assert_eq!(of(Some(GoalType::Conversion)), [won]);
        assert_eq!(of(Some(GoalType::LeadGeneration)), ["form_submitted", "meeting_scheduled", won]);
        assert_eq!(of(Some(GoalType::Retention)), ["meeting_scheduled", won]);
        assert_eq!(of(Some(GoalType::Nurture)), [&replied[..], &["meeting_scheduled", won]].concat());
        let engaged = [
            "email_clicked",
            replied[0],
            replied[1],
            replied[2],
            "link_clicked",
            "form_submitted",
            "meeting_scheduled",
        ];
        assert_eq!(of(Some(GoalType::Engagement)), [&engaged[..], &[won]].concat());
    }

    #[test]
    fn who_converts_does_so_once_and_what_it_brings_adds_up() {
        let won = |second, micros| News { revenue: Money::micros(micros), ..News::default() }.converting(at(second));
        let first = enrolled().after(&won(1, 5), at(1)).unwrap();
        assert_eq!((first.status, first.reason.as_deref()), (EnrollmentStatus::Completed, Some(CONVERTED)));
        let second = first.after(&won(2, 7), at(2)).unwrap();
        assert_eq!((second.converted_at, second.revenue), (Some(at(1)), Money::micros(12)));
        assert!(enrolled().conversion(&first, first.contact_id, at(1)).is_some());
        assert_eq!(first.conversion(&second, first.contact_id, at(2)), None);
        assert_eq!(second.after(&won(3, 0), at(3)), None);
    }

    #[test]
    fn a_receipt_is_news_of_its_contact() {
        let news = |event, channel, goal, stop_on_reply| {
            let receipt = Receipt { event, at: at(5), reason: None, provider_id: None };
            News::of_receipt(&receipt, channel, Purpose { goal, stop_on_reply })
        };
        let (sms, engaging) = (Channel::Sms, Some(GoalType::Engagement));
        let ends = |news: Option<News>| news.and_then(|news| news.end).and_then(|(_, reason)| reason);
        assert_eq!(news(ReceiptEvent::Sent, sms, engaging, true), None);
        assert_eq!(news(ReceiptEvent::Delivered, sms, engaging, true), Some(News::reached(Stage::Delivered)));
        assert_eq!(news(ReceiptEvent::Clicked, sms, None, true), Some(News::reached(Stage::Clicked)));
        assert_eq!(ends(news(ReceiptEvent::Clicked, sms, engaging, false)), Some(CONVERTED));
        assert_eq!(news(ReceiptEvent::Replied, sms, None, false), Some(News::reached(Stage::Replied)));
        assert_eq!(ends(news(ReceiptEvent::Replied, sms, None, true)), Some(REPLIED));
        assert_eq!(ends(news(ReceiptEvent::Replied, sms, Some(GoalType::Nurture), true)), Some(CONVERTED));
    }

    #[test]
    fn who_converts_after_the_end_stays_as_it_ended() {
        let bounced = enrolled().ended(EnrollmentStatus::Bounced, None, at(1)).unwrap();
        let won = bounced.after(&News::default().converting(at(2)), at(2)).unwrap();
        assert_eq!((won.status, won.reason.as_deref()), (EnrollmentStatus::Bounced, None));
        assert_eq!((won.converted_at, won.reached), (Some(at(2)), Stage::Converted));
    }

    proptest! {
        #[test]
        fn news_move_nobody_back_and_repeated_ones_change_nothing(
            stages in prop::collection::vec((0..Stage::ALL.len(), any::<bool>(), any::<bool>()), 1..8),
        ) {
            let mut enrollment = enrolled();
            for (stage, ends, converts) in stages {
                let mut news = News::reached(Stage::ALL[stage]);
                if ends { news = news.ending(EnrollmentStatus::Unsubscribed, None); }
                if converts { news = news.converting(at(9)); }
                let Some(next) = enrollment.after(&news, at(1)) else { continue };
                prop_assert!(next.reached >= enrollment.reached && next.revision == enrollment.revision + 1);
                prop_assert!(!enrollment.status.is_end() || next.status == enrollment.status);
                prop_assert_eq!(next.after(&news, at(2)), None);
                enrollment = next;
            }
        }
    }
}
