//! What is found of a file behind its beginning.

use domain::Result;
use domain::id::JobId;
use domain::job::{FileFacts, ImportStatus};

use super::{Imports, attribute};
use crate::item::{Condition, Update};
use crate::keys::Key;
use crate::table::Written;

impl Imports {
    /// Notes what was found of the file by now, if it is still being read.
    pub async fn found(&self, job: JobId, file: &FileFacts) -> Result<()> {
        let found = Update::of(Key::job(self.tenant, job)).set([("file".to_owned(), attribute(file)?)]);
        let found = found.when(Condition::text("status", ImportStatus::Splitting));
        let (Written::Yes | Written::Refused) = self.table.write(found.into()).await?;
        Ok(())
    }
}
