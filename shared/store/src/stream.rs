//! The change stream of the table, in the words of the product.

mod indexed;

use std::collections::HashMap;

use domain::enrollment::Enrollment;
use domain::id::{CampaignId, TenantId};
use domain::message::Message;
use domain::{Error, Result};
use serde::de::DeserializeOwned;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use crate::keys::{Kind, PK, SK, kind};

pub use indexed::IndexChange;

/// The event by which Lambda hands over records of the stream.
#[derive(Debug, Clone, Deserialize)]
pub struct StreamEvent {
    /// The records of one shard, oldest first.
    #[serde(rename = "Records")]
    pub records: Vec<Record>,
}

/// What to answer: from which record on the batch is to be given again.
#[derive(Debug, Clone, Default, Serialize)]
pub struct StreamAnswer {
    /// At most one; none if all went well.
    #[serde(rename = "batchItemFailures")]
    pub failures: Vec<FailedFrom>,
}

/// The first record that failed.
#[derive(Debug, Clone, Serialize)]
pub struct FailedFrom {
    /// Its sequence number.
    #[serde(rename = "itemIdentifier")]
    pub sequence_number: String,
}

/// One change of one item.
#[derive(Debug, Clone, Deserialize)]
pub struct Record {
    #[serde(rename = "dynamodb")]
    images: Images,
}

#[derive(Debug, Clone, Deserialize)]
struct Images {
    #[serde(rename = "SequenceNumber")]
    sequence_number: String,
    #[serde(rename = "Keys")]
    keys: HashMap<String, HashMap<String, String>>,
    #[serde(rename = "OldImage", default)]
    old: Option<serde_dynamo::Item>,
    #[serde(rename = "NewImage", default)]
    new: Option<serde_dynamo::Item>,
}

/// What changed, for those who count.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// A campaign.
    Campaign(TenantId, CampaignId),
    /// An enrolment: before and after.
    Enrollment(TenantId, CampaignId, Option<Box<Enrollment>>, Option<Box<Enrollment>>),
    /// A message: before and after.
    Message(TenantId, CampaignId, Option<Box<Message>>, Option<Box<Message>>),
    /// A contact: its tags before and after. Who is not there, or went into another contact, has none.
    Contact(TenantId, Vec<String>, Vec<String>),
    /// Something that nobody counts.
    Other,
}

impl Record {
    /// The place of the record in its shard.
    pub fn sequence_number(&self) -> &str {
        &self.images.sequence_number
    }

    /// What it says.
    ///
    /// # Errors
    /// [`Error::Internal`] when an image is not of the shape that its key promises.
    pub fn change(&self) -> Result<Change> {
        let Images { old, new, .. } = &self.images;
        Ok(match self.kind() {
            Some(Kind::Campaign(tenant, campaign)) => Change::Campaign(tenant, campaign),
            Some(Kind::Enrollment(tenant, campaign, _)) => {
                Change::Enrollment(tenant, campaign, image(old)?, image(new)?)
            }
            Some(Kind::Message(tenant)) => {
                let (old, new): (Option<Box<Message>>, Option<Box<Message>>) = (image(old)?, image(new)?);
                match new.as_ref().or(old.as_ref()).map(|message| message.campaign_id) {
                    Some(campaign) => Change::Message(tenant, campaign, old, new),
                    None => Change::Other,
                }
            }
            Some(Kind::Contact(tenant)) => Change::Contact(tenant, tags(old)?, tags(new)?),
            None => Change::Other,
        })
    }

    fn kind(&self) -> Option<Kind> {
        let key = |name: &str| self.images.keys.get(name).and_then(|value| value.get("S")).map(String::as_str);
        key(PK).zip(key(SK)).and_then(|(pk, sk)| kind(pk, sk))
    }
}

fn image<T: DeserializeOwned>(image: &Option<serde_dynamo::Item>) -> Result<Option<Box<T>>> {
    let Some(item) = image else { return Ok(None) };
    serde_dynamo::from_item(item.clone())
        .map(|entity| Some(Box::new(entity)))
        .map_err(|error| Error::internal("reading an image of the change stream", error))
}

#[derive(Deserialize)]
struct Tagged {
    #[serde(default)]
    tags: Vec<String>,
    merged_into: Option<IgnoredAny>,
}

fn tags(image: &Option<serde_dynamo::Item>) -> Result<Vec<String>> {
    let tagged: Option<Box<Tagged>> = self::image(image)?;
    Ok(tagged.filter(|tagged| tagged.merged_into.is_none()).map(|tagged| tagged.tags).unwrap_or_default())
}
