//! What the change stream adds to the timelines of contacts. Everything may be done again without harm.

use domain::id::{ContactId, TenantId};
use domain::interaction::Interaction;
use domain::{Result, Timestamp};
use futures::stream::{self, StreamExt, TryStreamExt};

use crate::interactions::{item, touch};
use crate::item::{Item, Write};
use crate::keys::Key;
use crate::table::{Table, Written};

/// How many items a call puts.
const BATCH: usize = 25;
/// How many calls are under way at a time.
const AT_A_TIME: usize = 16;

/// The timelines of all tenants' contacts.
#[derive(Debug, Clone)]
pub struct Timelines {
    table: Table,
}

impl Timelines {
    pub(crate) fn new(table: Table) -> Self {
        Self { table }
    }

    /// Puts interactions, all of them different. When it fails, some may be there.
    pub async fn put(&self, interactions: &[(TenantId, Interaction)]) -> Result<()> {
        let items = interactions.iter().map(|(tenant, interaction)| item(*tenant, interaction));
        let items: Vec<Item> = items.collect::<Result<_>>()?;
        let batches: Vec<Vec<Item>> = items.chunks(BATCH).map(<[Item]>::to_vec).collect();
        let puts = batches.into_iter().map(|items| self.table.put_all(items));
        stream::iter(puts).buffer_unordered(AT_A_TIME).try_collect().await
    }

    /// Removes interactions that are no longer true.
    pub async fn withdraw(&self, interactions: &[(TenantId, Interaction)]) -> Result<()> {
        let key =
            |(tenant, it): &(TenantId, Interaction)| Key::interaction(*tenant, it.contact_id, it.occurred_at, it.id);
        let keys = interactions.iter().map(key);
        self.write_all(keys.map(|key| Write::Delete { key, conditions: vec![] }).collect()).await
    }

    /// Notes that contacts did something, unless something later is noted, or they are gone.
    pub async fn touch(&self, contacts: impl IntoIterator<Item = (TenantId, ContactId, Timestamp)>) -> Result<()> {
        let contacts = contacts.into_iter();
        let touches = contacts.map(|(tenant, contact, at)| touch(Key::contact(tenant, contact), at));
        self.write_all(touches.map(Write::from).collect()).await
    }

    async fn write_all(&self, writes: Vec<Write>) -> Result<()> {
        let written = stream::iter(writes).map(|write| self.table.write(write)).buffer_unordered(AT_A_TIME);
        written.try_for_each(async |(Written::Yes | Written::Refused)| Ok(())).await
    }
}
