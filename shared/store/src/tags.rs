//! Tags that are registered, among what a tenant names; and what only they can: an id that follows from the name, and
//! contacts that follow the tag.

use aws_sdk_dynamodb::types::AttributeValue;
use domain::audit::AuditEntry;
use domain::contact::job::ContactJob;
use domain::id::TagId;
use domain::naming::Name;
use domain::tags::registry::{MOST, Tag};
use domain::{Error, Result, Timestamp};

use crate::item::{Condition, Item, Update, Write};
use crate::named::{Gone, Named, NamedThing, TOTAL};
use crate::table::Transacted;
use crate::{audit, contact_jobs};

impl NamedThing for Tag {
    type Id = TagId;
    const WHAT: &'static str = "tag";
    const PARTITION: &'static str = "TAGS";
    const PREFIX: &'static str = "TAG#";
    const MOST: u32 = MOST;

    fn id(&self) -> TagId {
        self.id
    }

    fn name(&self) -> &Name {
        &self.label.name
    }

    fn version(&self) -> u64 {
        self.version
    }
}

impl Named<Tag> {
    /// Registers a tag that is in use, under the id that follows from its name, and begins the job that lets contacts
    /// follow, if it gets another name.
    ///
    /// # Errors
    /// [`Error::Stale`] when something was registered under the id since it was looked up; else as [`Named::create`].
    pub async fn register(&self, tag: &Tag, entry: &AuditEntry, job: Option<&ContactJob>) -> Result<()> {
        let item = Item::new(&self.key(tag.id), tag)?;
        let counted =
            Update::of(self.total()).add(TOTAL, 1).when(Condition::Below(TOTAL, AttributeValue::N(MOST.to_string())));
        let mut writes = vec![
            Write::put(item, Condition::Absent),
            self.claim(tag)?,
            counted.into(),
            audit::put(self.tenant, entry)?,
        ];
        writes.extend(self.begin(job)?);
        match self.table.transact(writes).await? {
            Transacted::Yes => Ok(()),
            Transacted::Refused(at) if at.contains(&0) => Err(self.overtaken(tag).await?),
            Transacted::Refused(at) if at.contains(&1) => Err(self.taken(&tag.label.name).await?),
            Transacted::Refused(_) => Err(Self::full()),
        }
    }

    /// As [`Named::change`], and begins the job that lets contacts follow, if it gets another name.
    ///
    /// # Errors
    /// As [`Named::change`].
    pub async fn change_followed(
        &self,
        [old, new]: [&Tag; 2],
        entry: &AuditEntry,
        job: Option<&ContactJob>,
    ) -> Result<()> {
        self.change_with(old, new, entry, self.begin(job)?).await
    }

    /// Begins the job that takes a tag out of the contacts that is in use, but not registered.
    ///
    /// # Errors
    /// [`Error::Stale`] when it was registered since it was looked up.
    pub async fn clear(&self, name: &Name, entry: &AuditEntry, job: &ContactJob) -> Result<()> {
        // Deletes nothing: it demands that nobody has the name.
        let unregistered = Write::Delete { key: self.guard(name), conditions: vec![Condition::Absent] };
        let mut writes = vec![unregistered, audit::put(self.tenant, entry)?];
        writes.extend(self.begin(Some(job))?);
        match self.table.transact(writes).await? {
            Transacted::Yes => Ok(()),
            Transacted::Refused(_) => Err(Error::Stale { version: 1 }),
        }
    }

    /// When the tag with this id was last removed, if that is not long ago.
    pub async fn removed_at(&self, id: TagId) -> Result<Option<Timestamp>> {
        let gone: Option<Gone> = self.table.get(&self.gone(id)).await?;
        Ok(gone.map(|gone| gone.at))
    }

    fn begin(&self, job: Option<&ContactJob>) -> Result<Vec<Write>> {
        job.map_or_else(|| Ok(Vec::new()), |job| contact_jobs::begin(self.tenant, job))
    }
}
