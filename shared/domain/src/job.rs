//! Work in the background: jobs, cut into chunks that workers do in parallel.
//!
//! A chunk has a cursor that moves in the same transaction as the effects of the work before it. A chunk that is begun
//! twice, or whose worker dies, therefore goes on where it stopped and does nothing twice.

mod enrollment;
mod import;
mod progress;

pub use enrollment::{EnrollmentChunk, EnrollmentJob, EnrollmentSource, EnrollmentTask, Range, ranges_of};
pub use import::{
    FILE_KEPT_MINUTES, FileFacts, FileFormat, ImportChunk, ImportJob, ImportOptions, ImportStatus, ImportTask, OnError,
    Packing,
};
pub use progress::Progress;
