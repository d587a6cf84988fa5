//! Messages → the timelines of their contacts: what is newly known of a message is told there, and who opened one,
//! followed a link or answered was heard of.
//!
//! All of it follows from the records, and is written before they are noted as counted: a projector that is killed does it
//! again.

use std::collections::BTreeMap;

use domain::id::{ContactId, InteractionId, TenantId};
use domain::interaction::{self, Interaction, InteractionType};
use domain::{Result, Timestamp};
use store::Store;
use store::stream::{Change, Record};

/// By what a contact lets hear of itself.
const HEARD: [InteractionType; 4] = [
    InteractionType::MessageOpened,
    InteractionType::MessageClicked,
    InteractionType::MessageReplied,
    InteractionType::MessageUnsubscribed,
];

/// Whose timeline, and where in it.
type Place = (TenantId, ContactId, InteractionId);

/// How the records change timelines: the last word on each interaction, and who was heard of when.
#[derive(Default)]
struct Changes {
    told: BTreeMap<Place, Interaction>,
    withdrawn: BTreeMap<Place, Interaction>,
    heard: BTreeMap<(TenantId, ContactId), Timestamp>,
}

/// Brings the timelines up to date with the records.
pub(crate) async fn keep(store: &Store, records: &[Record]) -> Result<()> {
    let mut changes = Changes::default();
    for record in records {
        if let Change::Message(tenant, _, old, new) = record.change()? {
            let all = interaction::change(old.as_deref(), new.as_deref());
            all.into_iter().for_each(|change| changes.add(tenant, change));
        }
    }
    let timelines = store.timelines();
    timelines.put(&listed(changes.told)).await?;
    timelines.withdraw(&listed(changes.withdrawn)).await?;
    timelines.touch(changes.heard.into_iter().map(|((tenant, contact), at)| (tenant, contact, at))).await
}

impl Changes {
    fn add(&mut self, tenant: TenantId, change: interaction::Change) {
        match change {
            interaction::Change::Told(told) => {
                if HEARD.contains(&told.interaction_type) {
                    let at = self.heard.entry((tenant, told.contact_id)).or_insert(told.occurred_at);
                    *at = told.occurred_at.max(*at);
                }
                let place = (tenant, told.contact_id, told.id);
                self.withdrawn.remove(&place);
                self.told.insert(place, told);
            }
            interaction::Change::Withdrawn(old) => {
                let place = (tenant, old.contact_id, old.id);
                self.told.remove(&place);
                self.withdrawn.insert(place, old);
            }
        }
    }
}

fn listed(changes: BTreeMap<Place, Interaction>) -> Vec<(TenantId, Interaction)> {
    changes.into_iter().map(|((tenant, ..), interaction)| (tenant, interaction)).collect()
}
