//! Things that a tenant names: groups, types, tags, saved searches. Each has a guard under its name, so that no two of a kind have one
//! name, and counts towards the most that a tenant may have.

use aws_sdk_dynamodb::types::AttributeValue;
use std::collections::HashSet;
use std::hash::Hash;
use std::marker::PhantomData;

use chrono::TimeDelta;
use domain::audit::AuditEntry;
use domain::contact::job::ContactJob;
use domain::id::{GroupId, Id, TenantId};
use domain::naming::Name;
use domain::time::after;
use domain::{Error, Result, Timestamp};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::item::{Condition, Item, Update, Write};
use crate::keys::{Key, named_partition};
use crate::table::{Range, Sort, Table, Transacted};
use crate::{audit, contact_jobs, groups};

/// How long it is known that a thing was removed: longer than a request that made it can be repeated.
const GONE_KEPT: TimeDelta = TimeDelta::days(2);
/// How many things there are.
pub(crate) const TOTAL: &str = "total";

/// A thing that a tenant names.
pub trait NamedThing: Serialize + DeserializeOwned + Send + Sync {
    /// Its id.
    type Id: Id + Eq + Hash + Send + Sync;
    /// What it is called in an answer: `group`.
    const WHAT: &'static str;
    /// The end of the partition of all of its kind: `GROUPS`.
    const PARTITION: &'static str;
    /// What a sort key of its kind begins with: `GROUP#`.
    const PREFIX: &'static str;
    /// The most that a tenant may have.
    const MOST: u32;

    /// Its id.
    fn id(&self) -> Self::Id;
    /// Its name.
    fn name(&self) -> &Name;
    /// Counts its changes, from 1. Kept as `version`.
    fn version(&self) -> u64;
    /// As what it has members that are counted, if it has.
    fn as_group(&self) -> Option<GroupId> {
        None
    }
}

/// The things of one kind that a tenant has named.
#[derive(Debug, Clone)]
pub struct Named<T> {
    pub(crate) table: Table,
    pub(crate) tenant: TenantId,
    kind: PhantomData<fn() -> T>,
}

/// Says whose a name is.
#[derive(Serialize, Deserialize)]
struct Guard {
    id: String,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct Gone {
    pub(crate) at: Timestamp,
}

impl<T: NamedThing> Named<T> {
    pub(crate) fn new(table: Table, tenant: TenantId) -> Self {
        Self { table, tenant, kind: PhantomData }
    }

    /// All of them as they are now, in the order of their names without case. There are few: people make them.
    pub async fn list(&self) -> Result<Vec<T>> {
        let range = Range::new(named_partition(self.tenant, T::PARTITION), Sort::Prefix(T::PREFIX.to_owned()));
        let mut things: Vec<T> = self.table.query_all(range.consistent()).await?;
        things.sort_by_cached_key(|thing| thing.name().folded());
        Ok(things)
    }

    /// The thing, as it is now.
    pub async fn get(&self, id: T::Id) -> Result<Option<T>> {
        self.table.get(&self.key(id)).await
    }

    /// The thing, as it is now.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is none.
    pub async fn existing(&self, id: T::Id) -> Result<T> {
        self.get(id).await?.ok_or_else(|| Error::not_found(T::WHAT, id))
    }

    /// Those of `ids` that nothing has, as it is now.
    pub async fn missing(&self, ids: &[T::Id]) -> Result<Vec<T::Id>> {
        let keys: Vec<Key> = ids.iter().map(|&id| self.key(id)).collect();
        let found: HashSet<Key> = self.table.batch_get(&keys).await?.iter().filter_map(Key::of).collect();
        Ok(ids.iter().zip(keys).filter(|(_, key)| !found.contains(key)).map(|(&id, _)| id).collect())
    }

    /// Whose this name is, as it is now.
    pub async fn by_name(&self, name: &Name) -> Result<Option<T::Id>> {
        let guard: Option<Guard> = self.table.get(&self.guard(name)).await?;
        Ok(guard.and_then(|guard| guard.id.parse().ok()))
    }

    /// Keeps a new thing. One that is there under its id was kept by the same request: it is left as it is.
    ///
    /// # Errors
    /// [`Error::Conflict`] when another one has its name, with its id; when there are as many as may be; or when it was
    /// made before and removed since.
    pub async fn create(&self, thing: &T, entry: &AuditEntry) -> Result<()> {
        self.create_with(thing, entry, groups::counts(self.tenant, thing.as_group())).await
    }

    /// The same with more writes in its transaction; none of them may be refused.
    pub(crate) async fn create_with(&self, thing: &T, entry: &AuditEntry, more: Vec<Write>) -> Result<()> {
        let item = Item::new(&self.key(thing.id()), thing)?;
        let counted = Update::of(self.total())
            .add(TOTAL, 1)
            .when(Condition::Below(TOTAL, AttributeValue::N(T::MOST.to_string())));
        let mut writes = vec![
            Write::put(item, Condition::Absent),
            self.claim(thing)?,
            // Deletes nothing: it demands that the id was not given back.
            Write::Delete { key: self.gone(thing.id()), conditions: vec![Condition::Absent] },
            counted.into(),
            audit::put(self.tenant, entry)?,
        ];
        writes.extend(more);
        match self.table.transact(writes).await? {
            Transacted::Yes => Ok(()),
            Transacted::Refused(at) if at.contains(&0) => Ok(()),
            Transacted::Refused(at) if at.contains(&1) => Err(self.taken(thing.name()).await?),
            Transacted::Refused(at) if at.contains(&2) => {
                Err(Error::conflict(format!("the {} was made and deleted again", T::WHAT)))
            }
            Transacted::Refused(_) => Err(Self::full()),
        }
    }

    /// Keeps the version `new` that follows `old`, as it was read.
    ///
    /// # Errors
    /// [`Error::Stale`] when it has changed since; [`Error::NotFound`] when it is gone; [`Error::Conflict`] when another
    /// one has its new name, with its id.
    pub async fn change(&self, old: &T, new: &T, entry: &AuditEntry) -> Result<()> {
        self.change_with(old, new, entry, Vec::new()).await
    }

    /// The same with more writes in its transaction; none of them may be refused.
    pub(crate) async fn change_with(&self, old: &T, new: &T, entry: &AuditEntry, more: Vec<Write>) -> Result<()> {
        let item = Item::new(&self.key(new.id()), new)?;
        let mut writes = vec![Write::put(item, as_read(old)), audit::put(self.tenant, entry)?];
        if old.name().folded() != new.name().folded() {
            writes.extend([self.claim(new)?, self.free(old)]);
        }
        writes.extend(more);
        match self.table.transact(writes).await? {
            Transacted::Yes => Ok(()),
            Transacted::Refused(at) if at.contains(&0) => Err(self.overtaken(old).await?),
            Transacted::Refused(_) => Err(self.taken(new.name()).await?),
        }
    }

    /// Removes the thing as it was read, and begins the job that takes it out of the contacts.
    ///
    /// # Errors
    /// [`Error::Stale`] when it has changed since; [`Error::NotFound`] when it is gone.
    pub async fn remove(&self, thing: &T, entry: &AuditEntry, job: &ContactJob) -> Result<()> {
        let mut more = contact_jobs::begin(self.tenant, job)?;
        more.extend(groups::without_counts(self.tenant, thing.as_group()));
        self.remove_with(thing, entry, more).await
    }

    /// The same with other writes in its transaction; none of them may be refused.
    pub(crate) async fn remove_with(&self, thing: &T, entry: &AuditEntry, more: Vec<Write>) -> Result<()> {
        let gone = Item::new(&self.gone(thing.id()), &Gone { at: entry.at })?.expiring(after(entry.at, GONE_KEPT));
        let mut writes = vec![
            Write::Delete { key: self.key(thing.id()), conditions: vec![as_read(thing)] },
            self.free(thing),
            Write::Put { item: gone, conditions: vec![] },
            Update::of(self.total()).add(TOTAL, -1).when(Condition::Present).into(),
            audit::put(self.tenant, entry)?,
        ];
        writes.extend(more);
        match self.table.transact(writes).await? {
            Transacted::Yes => Ok(()),
            Transacted::Refused(_) => Err(self.overtaken(thing).await?),
        }
    }

    /// Why a thing is not what it was when it was read.
    pub(crate) async fn overtaken(&self, thing: &T) -> Result<Error> {
        Ok(Error::Stale { version: self.existing(thing.id()).await?.version() })
    }

    pub(crate) async fn taken(&self, name: &Name) -> Result<Error> {
        let existing_id = self.by_name(name).await?.map(|id| id.to_string());
        Ok(Error::Conflict { message: format!("a {} with this name exists", T::WHAT), existing_id })
    }

    pub(crate) fn full() -> Error {
        Error::conflict(format!("{} is the most there can be: delete a {} first", T::MOST, T::WHAT))
    }

    pub(crate) fn claim(&self, thing: &T) -> Result<Write> {
        let guard = Item::new(&self.guard(thing.name()), &Guard { id: thing.id().to_string() })?;
        Ok(Write::put(guard, Condition::Absent))
    }

    fn free(&self, thing: &T) -> Write {
        Write::Delete { key: self.guard(thing.name()), conditions: vec![Condition::text("id", thing.id())] }
    }

    pub(crate) fn key(&self, id: T::Id) -> Key {
        Key::named(self.tenant, T::PARTITION, T::PREFIX, id)
    }

    pub(crate) fn guard(&self, name: &Name) -> Key {
        Key::name_guard(self.tenant, T::PARTITION, name)
    }

    pub(crate) fn gone(&self, id: T::Id) -> Key {
        Key::named_gone(self.tenant, T::PARTITION, id)
    }

    pub(crate) fn total(&self) -> Key {
        Key::named_total(self.tenant, T::PARTITION)
    }
}

fn as_read(thing: &impl NamedThing) -> Condition {
    Condition::number("version", thing.version())
}
