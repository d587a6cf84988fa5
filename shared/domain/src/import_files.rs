//! Where an import keeps its files. Everything of a tenant begins with the tenant.

use crate::id::{Id, JobId, TenantId};

/// The rows of a chunk, until it is done.
pub fn chunk(tenant: TenantId, job: JobId, number: u32) -> String {
    format!("{}{number:08}.csv", chunks(tenant, job))
}

/// What the keys of all chunks of an import begin with.
pub fn chunks(tenant: TenantId, job: JobId) -> String {
    format!("import-chunks/{tenant}/{}/", job.uuid())
}

/// The refused rows of a chunk, if there are any. In the order of the keys they are in the order of the file.
pub fn refused(tenant: TenantId, job: JobId, number: u32) -> String {
    format!("{}{number:08}.csv", refused_rows(tenant, job))
}

/// What the keys of all refused rows of an import begin with.
pub fn refused_rows(tenant: TenantId, job: JobId) -> String {
    format!("{}{}/", refused_of(tenant), job.uuid())
}

/// What the keys of the refused rows of all imports of a tenant begin with.
pub fn refused_of(tenant: TenantId) -> String {
    format!("import-errors/{tenant}/")
}

/// What the first rows of a file would become.
pub fn preview(tenant: TenantId, job: JobId) -> String {
    format!("{}{}.json", previews_of(tenant), job.uuid())
}

/// What the keys of all previews of a tenant begin with.
pub fn previews_of(tenant: TenantId) -> String {
    format!("import-previews/{tenant}/")
}
