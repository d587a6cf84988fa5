//! Files that contacts were exported into: none holds a person who was erased.

use domain::Result;
use domain::export::Gone;
use store::TenantStore;

use crate::work::Worker;

/// Lets every export go on without these contacts. May be done again.
pub(crate) async fn forget(worker: &Worker, store: &TenantStore, gone: &Gone<'_>) -> Result<()> {
    for mut export in store.exports().all().await? {
        while let Some(next) = export.without(gone, worker.clock.now()) {
            if export.leaves_file(&next) {
                let key = export.object_key(store.tenant());
                if let Some(upload) = &export.upload {
                    worker.bucket.abort_upload(&key, &upload.id).await?;
                }
                worker.bucket.delete(&key).await?;
            }
            if store.exports().save(&next).await? {
                break;
            }
            match store.exports().get(export.id).await? {
                Some(moved) => export = moved,
                None => break,
            }
        }
    }
    Ok(())
}
