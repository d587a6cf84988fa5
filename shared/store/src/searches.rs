//! Saved searches, among what a tenant names.

use domain::Result;
use domain::audit::AuditEntry;
use domain::contact::search::{MOST, SavedSearch};
use domain::id::SearchId;
use domain::naming::Name;

use crate::named::{Named, NamedThing};

impl NamedThing for SavedSearch {
    type Id = SearchId;
    const WHAT: &'static str = "saved search";
    const PARTITION: &'static str = "SEARCHES";
    const PREFIX: &'static str = "SEARCH#";
    const MOST: u32 = MOST;

    fn id(&self) -> SearchId {
        self.id
    }

    fn name(&self) -> &Name {
        &self.profile.name
    }

    fn version(&self) -> u64 {
        self.version
    }
}

impl Named<SavedSearch> {
    /// Removes the search as it was read. Nothing follows from that: no contact holds it.
    ///
    /// # Errors
    /// As [`Named::remove`].
    pub async fn discard(&self, search: &SavedSearch, entry: &AuditEntry) -> Result<()> {
        self.remove_with(search, entry, Vec::new()).await
    }
}
