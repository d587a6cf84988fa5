//! File formats: what comes in with an import and goes out with an export. Bytes in, records out, and back; no I/O.

pub mod chunk;
pub mod csv;
pub mod formula;
pub mod reading;
pub mod vcard;
pub mod zip;
