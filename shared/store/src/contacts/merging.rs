//! Merges and their undoing: one transaction each, after which everybody sees the whole of it.

use domain::audit::AuditEntry;
use domain::contact::job::ContactJob;
use domain::contact::merge::Kept;
use domain::contact::{Contact, MergedContact};
use domain::id::GroupId;
use domain::{Result, Timestamp};

use super::change::Part;
use super::{Contacts, Guard, Transaction};
use crate::contact_jobs;
use crate::item::{Condition, Item, Write};
use crate::keys::Key;
use crate::table::{Transacted, Written};

/// The most groups that are joined, and when a merge is undone left as well, in its transaction: two writes each, beside up
/// to 46 others then, and up to 61 in a merge.
pub const GROUPS_AT_ONCE: usize = 13;
/// The most writes of a transaction.
const MAX_WRITES: usize = 100;

/// A merge that is to be made.
#[derive(Debug, Clone)]
pub struct Merging<'a> {
    /// What becomes of which contacts, with all groups.
    pub kept: &'a Kept,
    /// The primary as it is to be seen at once: with the groups that it joins at once.
    pub seen: &'a Contact,
    /// What the audit of the primary is to tell.
    pub entry: &'a AuditEntry,
    /// What the audit of each duplicate is to tell, in the order of `kept`.
    pub entries: &'a [AuditEntry],
    /// The job that moves the rest.
    pub job: &'a ContactJob,
    /// Whether the duplicates leave their groups at once.
    pub leaving: bool,
    /// Until when what is needed for undoing it is kept.
    pub kept_until: Timestamp,
}

/// A merge that is to be undone.
#[derive(Debug, Clone)]
pub struct Unmerging<'a> {
    /// The primary as it was read.
    pub primary: &'a Contact,
    /// What becomes of it.
    pub unmerged: &'a Contact,
    /// The duplicates as they are to be, each with the groups that it joins at once.
    pub restored: &'a [Contact],
    /// What the audit of the primary is to tell.
    pub entry: &'a AuditEntry,
    /// What the audit of each duplicate is to tell, in the order of `restored`.
    pub entries: &'a [AuditEntry],
    /// The merge's job, one revision on.
    pub job: &'a ContactJob,
}

impl Merging<'_> {
    /// Whether there is room in the transaction for the duplicates to leave their groups: two writes each, beside what
    /// else there is to be written.
    pub fn has_room(kept: &Kept, joins: usize) -> bool {
        let leaves: usize = kept.duplicates.iter().map(|contact| contact.profile.groups.len()).sum();
        // The primary, its mark and audit, the job and what is kept; each duplicate, its mark, audit and address.
        let others = 11 + 5 * kept.duplicates.len();
        others + 2 * (joins + leaves) <= MAX_WRITES
    }
}

impl Contacts {
    /// Makes a merge. `false`: one of the contacts has changed since it was read, even if only in its figures, and nothing
    /// was kept.
    ///
    /// # Errors
    /// [`domain::Error::NotFound`] when a group that the primary would join does not exist.
    pub async fn merge(&self, merging: &Merging<'_>) -> Result<bool> {
        self.all_or_nothing(|gone| self.merging(merging, gone)).await
    }

    /// Undoes a merge. `false`: the primary, or the merge's job, has changed since it was read, and nothing was kept.
    ///
    /// # Errors
    /// [`domain::Error::Conflict`] with the holder's id when somebody has an address that a duplicate had;
    /// [`domain::Error::NotFound`] when a group that a duplicate would join does not exist.
    pub async fn unmerge(&self, unmerging: &Unmerging<'_>) -> Result<bool> {
        self.all_or_nothing(|gone| self.unmerging(unmerging, gone)).await
    }

    async fn all_or_nothing(&self, transaction: impl Fn(Vec<GroupId>) -> Result<Transaction>) -> Result<bool> {
        let mut gone = Vec::new();
        loop {
            let transaction = transaction(gone.clone())?;
            let at = match self.table.transact(transaction.clone().writes()).await? {
                Transacted::Yes => return Ok(true),
                Transacted::Refused(at) => at,
            };
            let changed = |part: &Part| matches!(part, Part::Contact(_) | Part::Other);
            match transaction.left_of_gone_groups(&at) {
                Some(groups) if !groups.is_empty() => gone.extend(groups),
                _ if transaction.parts(&at).any(changed) => return Ok(false),
                _ => return Err(self.refusal(&transaction, &at).await?),
            }
        }
    }

    pub(super) fn merging(&self, merging: &Merging<'_>, gone: Vec<GroupId>) -> Result<Transaction> {
        let Merging { kept, seen, entry, entries, job, leaving, kept_until } = merging;
        let (before, mut transaction) = (&kept.before, self.transaction(gone, seen.updated_at));
        transaction.exactly(before, seen)?;
        transaction.add_entry(before, entry)?;
        let joined = seen.profile.groups.iter().filter(|group| !before.profile.groups.contains(group));
        joined.copied().try_for_each(|group| transaction.join(group, seen.id))?;
        for (duplicate, entry) in kept.duplicates.iter().zip(*entries) {
            self.replace(&mut transaction, duplicate, seen, job)?;
            transaction.add_entry(duplicate, entry)?;
            self.hand_over_address(&mut transaction, duplicate, seen)?;
            let groups = duplicate.profile.groups.iter().filter(|_| *leaving);
            groups.for_each(|&group| transaction.leave(group, duplicate.id));
        }
        let begin = contact_jobs::begin(self.tenant, job)?;
        let kept = self.kept_items(job.id, kept, *kept_until)?;
        begin.into_iter().chain(kept).for_each(|write| transaction.add(Part::Other, write));
        Ok(transaction)
    }

    /// From now on something else stands under the id of a duplicate.
    fn replace(
        &self,
        transaction: &mut Transaction,
        duplicate: &Contact,
        primary: &Contact,
        job: &ContactJob,
    ) -> Result<()> {
        let (id, merged_into, version) = (duplicate.id, primary.id, duplicate.version + 1);
        let stub = MergedContact { id, merged_into, merge: job.id, version, merged_at: job.created_at };
        let item = Item::new(&Key::contact(self.tenant, id), &stub)?.with(transaction.said_gone(duplicate));
        let write = Write::put(item, Condition::number("revision", duplicate.revision));
        transaction.add(Part::Contact(id), write);
        transaction.mark_gone(duplicate)
    }

    /// The address of a contact becomes the other one's, if that has it now, or is free.
    fn hand_over_address(&self, transaction: &mut Transaction, from: &Contact, to: &Contact) -> Result<()> {
        match &from.profile.email {
            Some(email) if to.profile.email.as_ref() == Some(email) => {
                let guard = Item::new(&Key::email_guard(self.tenant, email), &Guard { contact_id: to.id })?;
                transaction.add(Part::Email(email.clone()), Write::put(guard, Condition::text("contact_id", from.id)));
            }
            email => transaction.free(email.as_ref(), from.id),
        }
        Ok(())
    }

    pub(super) fn unmerging(&self, unmerging: &Unmerging<'_>, gone: Vec<GroupId>) -> Result<Transaction> {
        let Unmerging { primary, unmerged, restored, entry, entries, job } = unmerging;
        let mut transaction = self.transaction(gone, unmerged.updated_at);
        transaction.exactly(primary, unmerged)?;
        transaction.add_entry(primary, entry)?;
        let left = primary.profile.groups.iter().filter(|group| !unmerged.profile.groups.contains(group));
        left.for_each(|&group| transaction.leave(group, primary.id));
        let address = primary.profile.email.as_ref().filter(|email| unmerged.profile.email.as_ref() != Some(email));
        let heir = restored.iter().find(|contact| address.is_some() && contact.profile.email.as_ref() == address);
        match heir {
            Some(heir) => self.hand_over_address(&mut transaction, primary, heir)?,
            None => transaction.free(address, primary.id),
        }
        for (contact, entry) in restored.iter().zip(*entries) {
            transaction.put(contact, Condition::text("merge", job.id))?;
            let own = contact.profile.email.as_ref().filter(|email| Some(*email) != address);
            transaction.claim(own, contact.id)?;
            contact.profile.groups.iter().try_for_each(|&group| transaction.join(group, contact.id))?;
            transaction.add_entry(contact, entry)?;
        }
        let again = contact_jobs::again(self.tenant, job, unmerged.updated_at)?;
        again.into_iter().for_each(|write| transaction.add(Part::Other, write));
        Ok(transaction)
    }

    /// Keeps new figures of a contact, as work in the background does: without a mark. `false`: something of it has changed
    /// since it was read, and nothing was kept.
    pub async fn count(&self, old: &Contact, new: &Contact) -> Result<bool> {
        let update = Transaction::new(self.tenant).next_revision(old, new)?;
        Ok(self.table.write(update.into()).await? == Written::Yes)
    }
}
