//! Answers: what was sent last to an address, and what was made of what came from there.

use aws_sdk_dynamodb::types::AttributeValue;
use chrono::TimeDelta;
use domain::id::{CampaignId, ContactId, MessageId, TenantId};
use domain::message::{Channel, Message, MessageRef};
use domain::time::{after, sortable};
use domain::{Result, Timestamp};
use serde::{Deserialize, Serialize};

use crate::item::{Condition, Item, Update, Write};
use crate::keys::Key;
use crate::table::{Table, Written};

/// For how long something can be answered.
const ANSWERABLE: TimeDelta = TimeDelta::days(365);
/// For how long it is known that something was heard: longer than anybody says it again.
const KNOWN: TimeDelta = TimeDelta::days(7);

/// When the last message was claimed.
const AT: &str = "at";

/// What was sent last to an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastMessage {
    /// The contact under whose id the message is kept.
    pub contact: ContactId,
    /// The message.
    pub message: MessageId,
    /// Its campaign.
    pub campaign: CampaignId,
}

/// What was made of something that a contact said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Heard {
    /// When it came first.
    pub at: Timestamp,
    /// What it answers, if anything.
    #[serde(default)]
    pub to: Option<LastMessage>,
    /// Whether all that follows from it was done.
    pub done: bool,
}

/// The answers of a tenant's contacts.
#[derive(Debug, Clone)]
pub struct Answers {
    table: Table,
    tenant: TenantId,
}

impl LastMessage {
    /// The message's reference.
    pub fn reference(&self, tenant: TenantId) -> MessageRef {
        MessageRef { tenant, campaign: self.campaign, contact: self.contact, message: self.message }
    }
}

impl Answers {
    pub(crate) fn new(table: Table, tenant: TenantId) -> Self {
        Self { table, tenant }
    }

    /// Notes that a message is about to go to its recipient, unless a later one is noted.
    pub async fn expect(&self, message: &Message) -> Result<()> {
        let key = Key::last_message(self.tenant, message.channel, &message.recipient);
        let claimed = AttributeValue::S(sortable(message.claimed_at));
        let text = |name: &str, text: String| (name.to_owned(), AttributeValue::S(text));
        let update = Update::of(key).set([
            (AT.to_owned(), claimed.clone()),
            text("contact", message.contact_id.to_string()),
            text("message", message.id.to_string()),
            text("campaign", message.campaign_id.to_string()),
            Item::expiry(after(message.claimed_at, ANSWERABLE)),
        ]);
        let (Written::Yes | Written::Refused) =
            self.table.write(update.when(Condition::Below(AT, claimed)).into()).await?;
        Ok(())
    }

    /// What was sent last to an address over a channel, as it is now.
    pub async fn last(&self, channel: Channel, address: &str) -> Result<Option<LastMessage>> {
        self.table.get(&Key::last_message(self.tenant, channel, address)).await
    }

    /// Notes that something was heard, under the provider's name for it. If it was heard before, what was made of it then.
    pub async fn hear(&self, name: &str, heard: &Heard) -> Result<Heard> {
        let key = Key::heard(self.tenant, name);
        let item = Item::new(&key, heard)?.expiring(after(heard.at, KNOWN));
        match self.table.write(Write::put(item, Condition::Absent)).await? {
            Written::Yes => Ok(*heard),
            Written::Refused => Ok(self.table.get(&key).await?.unwrap_or(*heard)),
        }
    }

    /// Notes that all was done that follows from something that was heard.
    pub async fn done(&self, name: &str) -> Result<()> {
        let update = Update::of(Key::heard(self.tenant, name)).set([("done".to_owned(), AttributeValue::Bool(true))]);
        let (Written::Yes | Written::Refused) = self.table.write(update.when(Condition::Present).into()).await?;
        Ok(())
    }
}
