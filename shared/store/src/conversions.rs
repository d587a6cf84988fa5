//! What comes of campaigns elsewhere: noted with the contact and its enrolment, in one transaction.

use domain::access::Actor;
use domain::activity::draft::Noted;
use domain::campaign::Campaign;
use domain::contact::Contact;
use domain::conversion::{News, Purpose, converts};
use domain::enrollment::{Enrollment, EnrollmentStatus};
use domain::id::{InteractionId, TenantId};
use domain::interaction::{self, Change, Interaction, InteractionType};
use domain::message::{Channel, Message, Receipt, ReceiptEvent};
use domain::{Error, Result, Timestamp};

use crate::campaigns::Campaigns;
use crate::contacts::Contacts;
use crate::enrollments::{self, Enrollments};
use crate::interactions::{self, is_contact, touch};
use crate::item::Write;
use crate::keys::Key;
use crate::messages::{self, Messages};
use crate::table::{Table, Transacted};

/// How often it is tried again to note something of an enrolment that changes meanwhile.
const TRIES: usize = 8;

/// What comes of a tenant's campaigns elsewhere.
#[derive(Debug, Clone)]
pub struct Conversions {
    table: Table,
    tenant: TenantId,
}

/// Something that was noted, as the timeline tells it.
#[derive(Debug, Clone, PartialEq)]
pub struct NotedActivity {
    /// What is told.
    pub told: Interaction,
    /// Whether it was what the campaign is for.
    pub converted: bool,
}

/// Who notes something, and when; the id that what is told of it gets.
#[derive(Debug, Clone)]
pub struct Notice {
    /// The id. Who notes the same again gives the same.
    pub id: InteractionId,
    /// By whom.
    pub by: Actor,
    /// When.
    pub now: Timestamp,
}

/// What follows from something that is noted.
struct Outcome {
    /// What the timeline tells of it itself, or as a note beside an answer.
    noted: Option<Interaction>,
    /// The enrolment before and after.
    enrollment: [Enrollment; 2],
    /// The message that was answered, before and after.
    message: Option<[Message; 2]>,
    converted: bool,
}

impl Conversions {
    pub(crate) fn new(table: Table, tenant: TenantId) -> Self {
        Self { table, tenant }
    }

    /// Notes that something came of a campaign: the timeline tells it, the enrolment gets on, converts if that is what the
    /// campaign is for, and ends by that; what it brought adds up. An enrolment that has ended stays as it ended, and its
    /// conversion is noted all the same. What is there under the same id was noted by the same request, and is not noted
    /// again. An answer is one to the last message that went to the contact over its channel before.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is no such contact, or it is not enrolled; [`Error::Conflict`] when nothing went to it
    /// that it could answer.
    pub async fn note(&self, campaign: &Campaign, noted: &Noted, notice: &Notice) -> Result<NotedActivity> {
        for _ in 0..TRIES {
            let contacts = Contacts::new(self.table.clone(), self.tenant, false);
            let found = contacts.get(noted.contact).await?;
            let contact = found.ok_or_else(|| Error::not_found("contact", noted.contact))?;
            let outcome = self.outcome(campaign, &contact, noted, notice).await?;
            match self.table.transact(self.writes(&outcome, &contact, noted, notice)?).await? {
                Transacted::Yes => return shown(outcome),
                Transacted::Refused(at) if outcome.noted.is_some() && at.contains(&0) => {
                    return self.known(outcome).await;
                }
                Transacted::Refused(_) => {}
            }
        }
        Err(Error::Unavailable { service: "the table", source: "the enrolment keeps changing".into() })
    }

    async fn outcome(&self, campaign: &Campaign, contact: &Contact, noted: &Noted, notice: &Notice) -> Result<Outcome> {
        let before = self.enrollment(campaign, contact, noted).await?;
        let (message, news) = match noted.kind.answers() {
            Some(channel) => {
                let (message, news) = self.answered(campaign, &before, channel, noted.at).await?;
                (Some(message), news)
            }
            None => (None, News { revenue: noted.revenue, ..News::default() }),
        };
        let converted = converts(campaign.goal_type, noted.kind);
        let news = if converted { news.converting(noted.at) } else { news };
        let after = before.after(&news, notice.now).unwrap_or_else(|| before.clone());
        let told = noted.told(notice.id, campaign.id, contact.id, converted, notice.by.clone(), notice.now);
        Ok(Outcome { noted: told, enrollment: [before, after], message, converted })
    }

    /// The enrolment of the contact, or of one that went into it.
    async fn enrollment(&self, campaign: &Campaign, contact: &Contact, noted: &Noted) -> Result<Enrollment> {
        let mut ids = vec![noted.contact];
        ids.extend(contact.merged_from.iter().chain([&contact.id]).filter(|id| **id != noted.contact));
        let found = Enrollments::new(self.table.clone(), self.tenant).among(campaign.id, &ids).await?;
        let enrolled = |one: &Enrollment| {
            (one.status == EnrollmentStatus::Excluded, one.contact_id != noted.contact, one.enrolled_at)
        };
        let found = found.into_iter().min_by_key(enrolled);
        found.ok_or_else(|| Error::not_found("enrollment", noted.contact))
    }

    /// The last message of the campaign that went to the contact over a channel until then, before and after its answer, and
    /// what that means for the enrolment.
    async fn answered(
        &self,
        campaign: &Campaign,
        enrollment: &Enrollment,
        channel: Channel,
        at: Timestamp,
    ) -> Result<([Message; 2], News)> {
        let messages = Messages::new(self.table.clone(), self.tenant).of_contacts([enrollment.contact_id]).await?;
        let is_meant = |message: &Message| message.campaign_id == campaign.id && message.channel == channel;
        let of_campaign = messages.into_iter().filter(is_meant);
        let sent = of_campaign.filter(|message| message.sent_at.is_some_and(|sent| sent <= at));
        let last = sent.max_by_key(|message| (message.sent_at, message.step_number));
        let message = last.ok_or_else(|| {
            Error::conflict(format!("no message of the campaign had gone to the contact over {channel} by then"))
        })?;
        let steps = Campaigns::new(self.table.clone(), self.tenant).steps(campaign.id).await?;
        let step = steps.iter().find(|step| step.id == message.step_id);
        let purpose = Purpose { goal: campaign.goal_type, stop_on_reply: step.is_some_and(|step| step.stop_on_reply) };
        let receipt = Receipt { event: ReceiptEvent::Replied, at, reason: None, provider_id: None };
        let news = News::of_receipt(&receipt, channel, purpose).unwrap_or_default();
        let after = message.after(&receipt).unwrap_or_else(|| message.clone());
        Ok(([message, after], news))
    }

    fn writes(&self, outcome: &Outcome, contact: &Contact, noted: &Noted, notice: &Notice) -> Result<Vec<Write>> {
        let mut writes = Vec::new();
        if let Some(told) = &outcome.noted {
            writes.push(interactions::put(self.tenant, told)?);
        }
        let key = Key::contact(self.tenant, contact.id);
        writes.push(match contact.figures.last_interaction_at < Some(noted.at) {
            true => touch(key, noted.at).into(),
            false => Write::Check { key, conditions: is_contact() },
        });
        let [before, after] = &outcome.enrollment;
        if before != after {
            writes.push(enrollments::next_revision(self.tenant, after)?);
        }
        if let Some([_, answered]) = outcome.message.as_ref().filter(|[before, after]| before != after) {
            writes.push(messages::next_revision(self.tenant, answered)?);
        }
        if let Some(conversion) = before.conversion(after, contact.id, notice.now) {
            writes.push(Write::Put { item: interactions::item(self.tenant, &conversion)?, conditions: vec![] });
        }
        Ok(writes)
    }

    /// What an earlier try of the same request noted.
    async fn known(&self, outcome: Outcome) -> Result<NotedActivity> {
        let Some(noted) = outcome.noted.as_ref().filter(|_| outcome.message.is_none()) else { return shown(outcome) };
        let key = Key::interaction(self.tenant, noted.contact_id, noted.occurred_at, noted.id);
        let there: Option<Interaction> = self.table.get(&key).await?;
        Ok(NotedActivity { told: there.unwrap_or_else(|| noted.clone()), converted: outcome.converted })
    }
}

/// An answer is told by its message.
fn shown(outcome: Outcome) -> Result<NotedActivity> {
    let told = match &outcome.message {
        Some([_, answered]) => interaction::change(None, Some(answered)).into_iter().find_map(reply),
        None => outcome.noted,
    };
    let told = told.ok_or_else(|| Error::internal("noting an activity", "nothing is told of it"))?;
    Ok(NotedActivity { told, converted: outcome.converted })
}

fn reply(change: Change) -> Option<Interaction> {
    match change {
        Change::Told(told) if told.interaction_type == InteractionType::MessageReplied => Some(told),
        _ => None,
    }
}
