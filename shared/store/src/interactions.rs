//! Interactions: the timelines of contacts, and the list of all of a tenant, which the index leads to.

mod frequency;

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use domain::activity;
use domain::contact::Contact;
use domain::id::{ContactId, InteractionId, TenantId};
use domain::interaction::{Interaction, InteractionType};
use domain::time::sortable;
use domain::{Result, Timestamp};
use serde::{Deserialize, Serialize};

use crate::item::{Attributes, Condition, Item, Update, Write, entity};
use crate::keys::{INDEX_SK, INTERACTION, IndexKey, Key, LAST, SK, contact_partition, interactions_partition};
use crate::table::{Only, Range, Sort, Table, Transacted};

/// How many pages of the table, 1 MB each, are read for a part of a list.
const PAGES: usize = 8;
/// Up to how many of a tenant's interactions are counted.
pub(crate) const COUNTED: usize = 10_000;

/// When a contact was last dealt with.
const LAST_INTERACTION: &str = "last_interaction_at";
/// What an id that was merged away has in place of a contact.
const MERGED_INTO: &str = "merged_into";

/// The interactions that somebody asks for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct WantedInteractions {
    /// Not before this moment.
    pub from: Option<Timestamp>,
    /// Not after this moment.
    pub to: Option<Timestamp>,
    /// Of this type.
    pub kind: Option<InteractionType>,
}

/// Where a part of a list ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct InteractionPlace {
    at: Timestamp,
    id: InteractionId,
    /// How many are still to be left out.
    #[serde(default)]
    skip: usize,
}

/// A part of a list of interactions, the newest first.
#[derive(Debug, Clone, PartialEq)]
pub struct InteractionPart {
    /// The interactions. They may be fewer than were asked for even if there are more.
    pub items: Vec<Interaction>,
    /// How many there are in all, as far as they are counted.
    pub total: u64,
    /// Where the next part begins; nothing at the end.
    pub next: Option<InteractionPlace>,
}

/// The interactions of a tenant.
#[derive(Debug, Clone)]
pub struct Interactions {
    table: Table,
    tenant: TenantId,
}

impl Interactions {
    pub(crate) fn new(table: Table, tenant: TenantId) -> Self {
        Self { table, tenant }
    }

    /// Adds an interaction to the timeline of its contact, which was read as `contact`. One that is there already is left as
    /// it is. `false`: the contact is gone, or went into another one, and nothing was kept.
    pub async fn add(&self, interaction: &Interaction, contact: &Contact) -> Result<bool> {
        let at = interaction.occurred_at;
        let mut forward = contact.figures.last_interaction_at < Some(at);
        loop {
            let key = Key::contact(self.tenant, contact.id);
            let is_there = if forward { touch(key, at).into() } else { Write::Check { key, conditions: is_contact() } };
            match self.table.transact(vec![put(self.tenant, interaction)?, is_there]).await? {
                Transacted::Yes => return Ok(true),
                Transacted::Refused(at) if at.contains(&0) => return Ok(true),
                // Perhaps only somebody else was there with a later one.
                Transacted::Refused(_) if forward => forward = false,
                Transacted::Refused(_) => return Ok(false),
            }
        }
    }

    /// A part of a contact's timeline, as it is now: what comes after `after`, without the first `skip`.
    pub async fn of_contact(
        &self,
        contact: ContactId,
        wanted: &WantedInteractions,
        after: Option<InteractionPlace>,
        skip: usize,
        limit: usize,
    ) -> Result<InteractionPart> {
        let partition = contact_partition(self.tenant, contact);
        let range = |sort| Range::new(partition.clone(), sort).descending().consistent();
        let only = wanted.kind.map(|kind| ("interaction_type", kind.to_string()));
        let asked = Asked { only, kind: None, skip: after.map_or(skip, |place| place.skip), limit };
        let found = match wanted.sort(INTERACTION, after.as_ref()) {
            Some(sort) => self.walk(range(sort), &asked).await?,
            None => Walked::default(),
        };
        let total = match (found.total(&asked, after), wanted.sort(INTERACTION, None)) {
            (Some(total), _) => total,
            (None, Some(sort)) => self.table.count_sifted(&range(sort), &asked.only, u64::MAX).await?,
            (None, None) => 0,
        };
        let items = found.items.into_iter().map(interaction).collect::<Result<_>>()?;
        Ok(InteractionPart { items, total, next: found.next })
    }

    /// A part of the list of all interactions of the tenant but those of campaigns' messages, perhaps a second old. At most
    /// 10,000 are counted.
    pub async fn newest(
        &self,
        wanted: &WantedInteractions,
        after: Option<InteractionPlace>,
        skip: usize,
        limit: usize,
    ) -> Result<InteractionPart> {
        let range = |sort| Range::in_index(interactions_partition(self.tenant), sort).descending();
        let asked = Asked { only: None, kind: wanted.kind, skip: after.map_or(skip, |place| place.skip), limit };
        let found = match wanted.sort("", after.as_ref()) {
            Some(sort) => self.walk(range(sort), &asked).await?,
            None => Walked::default(),
        };
        let total = match (found.total(&asked, after), wanted.sort("", None)) {
            (Some(total), _) => total,
            (None, Some(sort)) => self.count(range(sort), wanted.kind).await?,
            (None, None) => 0,
        };
        Ok(InteractionPart { items: self.of_index(&found.items).await?, total, next: found.next })
    }

    /// What the entries of the index lead to, in their order.
    pub(crate) async fn of_index(&self, entries: &[Attributes]) -> Result<Vec<Interaction>> {
        let keys: Vec<Key> = entries.iter().filter_map(Key::of).collect();
        let items = self.table.batch_get(&keys).await?.into_iter();
        let mut items: HashMap<Key, Attributes> = items.filter_map(|item| Some((Key::of(&item)?, item))).collect();
        keys.iter().filter_map(|key| items.remove(key)).map(interaction).collect()
    }

    /// How many entries of the index there are, up to [`COUNTED`].
    async fn count(&self, range: Range, kind: Option<InteractionType>) -> Result<u64> {
        let counted = match kind {
            None => self.table.count_sifted(&range, &None, COUNTED as u64).await?,
            Some(_) => {
                let all = Asked { only: None, kind, skip: 0, limit: COUNTED };
                self.walk(range, &all).await?.items.len() as u64
            }
        };
        Ok(counted.min(COUNTED as u64))
    }

    async fn walk(&self, range: Range, asked: &Asked) -> Result<Walked> {
        let sifts = asked.only.is_some() || asked.kind.is_some();
        let range = if sifts { range } else { range.limit((asked.skip + asked.limit).saturating_add(1)) };
        let mut walked = Walked { skip: asked.skip, ..Walked::default() };
        let mut start = None;
        for _ in 0..PAGES {
            let (items, end) = self.table.sift(&range, &asked.only, start).await?;
            for item in items.into_iter().filter(|item| asked.wants(item)) {
                if walked.skip > 0 {
                    walked.skip -= 1;
                } else if walked.items.len() == asked.limit {
                    walked.next = walked.items.last().and_then(|item| place(item, 0));
                    return Ok(walked);
                } else {
                    walked.items.push(item);
                }
            }
            match end {
                Some(end) => start = Some(end),
                None => return Ok(walked),
            }
        }
        walked.next = start.and_then(|item| place(&item, walked.skip));
        Ok(walked)
    }
}

/// What is looked for in a range.
struct Asked {
    /// What the table sorts out.
    only: Only,
    /// What is told by the key in the index.
    kind: Option<InteractionType>,
    skip: usize,
    limit: usize,
}

impl Asked {
    fn wants(&self, item: &Attributes) -> bool {
        let is_of = |kind: InteractionType| text(item, INDEX_SK).is_some_and(|sk| sk.ends_with(&format!("#{kind}")));
        self.kind.is_none_or(is_of)
    }
}

/// What was found in a range.
#[derive(Default)]
struct Walked {
    items: Vec<Attributes>,
    /// How many are still to be left out.
    skip: usize,
    next: Option<InteractionPlace>,
}

impl Walked {
    /// How many there are in all, if that is seen from here.
    fn total(&self, asked: &Asked, after: Option<InteractionPlace>) -> Option<u64> {
        let whole = after.is_none() && self.next.is_none();
        whole.then(|| (asked.skip - self.skip + self.items.len()) as u64)
    }
}

impl WantedInteractions {
    /// The sort keys after `after` with this prefix; nothing if no moment is meant.
    fn sort(&self, prefix: &str, after: Option<&InteractionPlace>) -> Option<Sort> {
        let first = self.from.map(sortable).unwrap_or_default();
        let last = self.to.map(|to| sortable(to) + LAST).unwrap_or_else(|| LAST.to_owned());
        let last = after.map(|place| place.before()).into_iter().chain([last]).min().unwrap_or_default();
        (first <= last).then(|| Sort::Between(format!("{prefix}{first}"), format!("{prefix}{last}")))
    }
}

impl InteractionPlace {
    /// How many are still to be left out.
    pub(crate) fn skip(&self) -> usize {
        self.skip
    }

    /// The last key before the place: all ids have the same length.
    pub(crate) fn before(&self) -> String {
        let mut key = format!("{}#{}", sortable(self.at), self.id);
        let last = key.pop().map_or(' ', |last| char::from(last as u8 - 1));
        key.push(last);
        key + LAST
    }
}

/// Where an item, or an entry of the index, stands among the others.
pub(crate) fn place(item: &Attributes, skip: usize) -> Option<InteractionPlace> {
    let key = text(item, INDEX_SK).or_else(|| text(item, SK)?.strip_prefix(INTERACTION))?;
    let mut parts = key.split('#');
    Some(InteractionPlace { at: parts.next()?.parse().ok()?, id: parts.next()?.parse().ok()?, skip })
}

pub(crate) fn text<'a>(item: &'a Attributes, name: &str) -> Option<&'a str> {
    item.get(name)?.as_s().ok().map(String::as_str)
}

/// The interaction that an item holds. Whose it is its key tells: a merge may have moved it.
fn interaction(item: Attributes) -> Result<Interaction> {
    let contact = Key::of(&item).and_then(|key| key.pk.rsplit('#').next()?.parse().ok());
    let interaction: Interaction = entity(item)?;
    Ok(Interaction { contact_id: contact.unwrap_or(interaction.contact_id), ..interaction })
}

/// The item of an interaction.
pub(crate) fn item(tenant: TenantId, interaction: &Interaction) -> Result<Item> {
    let Interaction { id, contact_id, occurred_at, .. } = interaction;
    let item = Item::new(&Key::interaction(tenant, *contact_id, *occurred_at, *id), interaction)?;
    let index = match activity::of(interaction) {
        Some((campaign, kind)) => Some(IndexKey::activity(tenant, campaign, kind, interaction)),
        None => interaction.is_listed().then(|| IndexKey::interaction(tenant, interaction)),
    };
    Ok(item.indexed(index))
}

/// The write that adds an interaction, unless it is there.
pub(crate) fn put(tenant: TenantId, interaction: &Interaction) -> Result<Write> {
    Ok(Write::put(item(tenant, interaction)?, Condition::Absent))
}

/// Notes that a contact was dealt with at a moment, if the contact is there and no later one is noted.
pub(crate) fn touch(contact: Key, at: Timestamp) -> Update {
    let moment = AttributeValue::S(sortable(at));
    let conditions = [is_contact(), vec![Condition::Below(LAST_INTERACTION, moment.clone())]].concat();
    let update = Update::of(contact).set([(LAST_INTERACTION.to_owned(), moment)]).add("revision", 1);
    Update { conditions, ..update }
}

/// That an item is a contact, and not what is left of one that was merged away.
pub(crate) fn is_contact() -> Vec<Condition> {
    vec![Condition::Present, Condition::Lacks(MERGED_INTO)]
}

#[cfg(test)]
mod tests;
