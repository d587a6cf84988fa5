//! Everything that is held of a contact, as it is kept: for the person whom it is about (GDPR, article 15).

use domain::id::{CampaignId, ContactId};
use domain::{Error, Result};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Contacts;
use crate::caps::KeptLedger;
use crate::item::{Attributes, entity};
use crate::keys::{ENROLLED, INDEX_PK, INDEX_SK, Key, LEDGER, PK, SK, contact_partition};
use crate::marks::MARK;
use crate::table::{Page, Range, Sort};

/// How many items are read at a time.
const PAGE: usize = 200;

/// One thing that is held.
#[derive(Debug, Clone, PartialEq)]
pub struct Holding {
    /// What it is, in a word: `contact`, `audit`, `booking`, `enrollment`, `interaction`, `message`, `merge` …
    pub kind: String,
    /// What is kept.
    pub data: Value,
}

/// Where the rest begins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HoldingPlace {
    /// Under which contact: its own id, or one that was merged into it.
    pub contact: ContactId,
    sk: Option<String>,
}

impl HoldingPlace {
    /// Before everything that is held under an id.
    pub fn beginning(contact: ContactId) -> Self {
        Self { contact, sk: None }
    }
}

impl Contacts {
    /// What is held under one id, after `after`.
    pub async fn holdings(
        &self,
        contact: ContactId,
        after: Option<&HoldingPlace>,
    ) -> Result<Page<Holding, HoldingPlace>> {
        let sort = after.and_then(|place| place.sk.clone()).map_or(Sort::All, Sort::After);
        let range = Range::new(contact_partition(self.tenant, contact), sort).limit(PAGE).consistent();
        let (items, more) = self.table.query(&range).await?;
        let last = items.last().and_then(Key::of).filter(|_| more);
        let mut holdings = Vec::with_capacity(items.len());
        for item in items {
            holdings.push(self.holding(contact, item).await?);
        }
        Ok(Page { items: holdings, next: last.map(|key| HoldingPlace { contact, sk: Some(key.sk) }) })
    }

    async fn holding(&self, contact: ContactId, mut item: Attributes) -> Result<Holding> {
        let sk = Key::of(&item).map(|key| key.sk).unwrap_or_default();
        if let Some(campaign) = sk.strip_prefix(ENROLLED).and_then(|id| id.parse::<CampaignId>().ok()) {
            let enrollment = Key::enrollment(self.tenant, campaign, contact);
            item = self.table.get_attributes(&enrollment).await?.unwrap_or(item);
        }
        for name in [PK, SK, INDEX_PK, INDEX_SK, MARK] {
            item.remove(name);
        }
        if sk == LEDGER {
            let kept: KeptLedger = entity(item)?;
            return Ok(Holding { kind: "message_counts".to_owned(), data: kept.places.shown() });
        }
        let data: Value = entity(item).map_err(|error| Error::internal("showing what is held", error.chain()))?;
        Ok(Holding { kind: kind(&sk), data })
    }
}

fn kind(sk: &str) -> String {
    let prefix = sk.split('#').next().unwrap_or_default();
    match prefix {
        "B" => "booking".to_owned(),
        "E" => "enrollment".to_owned(),
        "I" => "interaction".to_owned(),
        "M" => "message".to_owned(),
        "PREF" => "preferences".to_owned(),
        other => other.to_lowercase(),
    }
}
