//! What the sender needs of an enrolment whose turn it is, in one read; and how it waits while its campaign is paused.

use domain::campaign::CampaignStatus;
use domain::contact::Contact;
use domain::enrollment::Enrollment;
use domain::id::{CampaignId, ContactId, TenantId};
use domain::preferences::Preferences;
use domain::{Error, Result};

use crate::caps::KeptLedger;
use crate::contacts::{Contacts, Found, found};
use crate::enrollments::next_revision;
use crate::item::{Attributes, Condition, Write, entity};
use crate::keys::{CONTACT, CONTACT_IN_CAMPAIGN, Key, LEDGER, PREFERENCES};
use crate::table::{Table, Transacted};

/// What there is of an enrolment whose turn it is.
#[derive(Debug, Clone, Default)]
pub struct Turn {
    /// The enrolment.
    pub enrollment: Option<Enrollment>,
    /// Its contact; of one that was merged away the contact that it leads to.
    pub contact: Option<Contact>,
    /// How and when that contact wants to be written to.
    pub preferences: Option<Preferences>,
    /// Its ledger, if it was asked for and there is one.
    pub ledger: Option<KeptLedger>,
}

/// The turns of a tenant's enrolments.
#[derive(Debug, Clone)]
pub struct Turns {
    table: Table,
    tenant: TenantId,
}

impl Turns {
    pub(crate) fn new(table: Table, tenant: TenantId) -> Self {
        Self { table, tenant }
    }

    /// The enrolment, its contact and what hangs on that, as they are now. `ledger`: whether its ledger is wanted.
    pub async fn read(&self, campaign: CampaignId, contact: ContactId, ledger: bool) -> Result<Turn> {
        let mut keys = vec![Key::enrollment(self.tenant, campaign, contact), Key::contact(self.tenant, contact)];
        keys.extend(self.hanging_on(contact, ledger));
        let (mut turn, mut merged_into) = (Turn::default(), None);
        for item in self.table.batch_get(&keys).await? {
            match sort_key(&item)?.as_str() {
                CONTACT => match found(item)? {
                    Found::Contact(contact) => turn.contact = Some(*contact),
                    Found::Merged(merged) => merged_into = Some(merged.merged_into),
                },
                enrolled if enrolled.starts_with(CONTACT_IN_CAMPAIGN) => turn.enrollment = Some(entity(item)?),
                _ => turn.hang(item)?,
            }
        }
        if let Some(other) = merged_into {
            turn = self.of_other(turn, other, ledger).await?;
        }
        self.with_opt_outs(turn).await
    }

    /// The turn with the contact that another one went into.
    async fn of_other(&self, turn: Turn, other: ContactId, ledger: bool) -> Result<Turn> {
        let contact = Contacts::new(self.table.clone(), self.tenant, false).get(other).await?;
        let Some(id) = contact.as_ref().map(|contact| contact.id) else {
            return Ok(Turn { contact, preferences: None, ledger: None, ..turn });
        };
        let mut turn = Turn { contact, preferences: None, ledger: None, ..turn };
        for item in self.table.batch_get(&self.hanging_on(id, ledger)).await? {
            turn.hang(item)?;
        }
        Ok(turn)
    }

    /// Whoever was not to be written to is not because of a merge.
    async fn with_opt_outs(&self, mut turn: Turn) -> Result<Turn> {
        let Some(contact) = turn.contact.as_ref().filter(|contact| !contact.merged_from.is_empty()) else {
            return Ok(turn);
        };
        let keys: Vec<Key> = contact.merged_from.iter().map(|&id| Key::preferences(self.tenant, id)).collect();
        for item in self.table.batch_get(&keys).await? {
            let of_other: Preferences = entity(item)?;
            let own = turn.preferences.take().unwrap_or_else(|| Preferences::none(contact.id));
            turn.preferences = Some(own.with_opt_outs_of(&of_other));
        }
        Ok(turn)
    }

    fn hanging_on(&self, contact: ContactId, ledger: bool) -> Vec<Key> {
        let ledger = ledger.then(|| Key::ledger(self.tenant, contact));
        std::iter::once(Key::preferences(self.tenant, contact)).chain(ledger).collect()
    }

    /// Lets an enrolment wait, if its campaign is paused. `false`: the campaign is not, or the enrolment has changed since
    /// it was read; nothing was kept then.
    pub async fn hold(&self, held: &Enrollment) -> Result<bool> {
        let key = Key::campaign(self.tenant, held.campaign_id);
        let paused = vec![Condition::text("status", CampaignStatus::Paused)];
        let writes = vec![next_revision(self.tenant, held)?, Write::Check { key, conditions: paused }];
        Ok(self.table.transact(writes).await? == Transacted::Yes)
    }
}

impl Turn {
    fn hang(&mut self, item: Attributes) -> Result<()> {
        match sort_key(&item)?.as_str() {
            PREFERENCES => self.preferences = Some(entity(item)?),
            LEDGER => self.ledger = Some(entity(item)?),
            _ => {}
        }
        Ok(())
    }
}

fn sort_key(item: &Attributes) -> Result<String> {
    let key = Key::of(item).ok_or_else(|| Error::internal("reading an enrolment's turn", "an item has no key"))?;
    Ok(key.sk)
}
