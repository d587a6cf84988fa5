//! The end of an archive (APPNOTE §4.3.14–16): where the list of its files is.

use std::ops::Range;

use super::Fields;
use crate::reading::Unreadable;

const SIGNATURE: &[u8; 4] = b"PK\x05\x06";
const LOCATOR_SIGNATURE: &[u8; 4] = b"PK\x06\x07";
const LARGE_SIGNATURE: &[u8; 4] = b"PK\x06\x06";
const LENGTH: usize = 22;
const LOCATOR_LENGTH: usize = 20;
const LARGE_LENGTH: u64 = 56;
/// The end, with the longest comment and a zip64 locator before it.
pub(super) const LONGEST: u64 = (LOCATOR_LENGTH + LENGTH) as u64 + u16::MAX as u64;
/// The longest list of files that is read: some forty thousand.
const LONGEST_DIRECTORY: u64 = 4 * 1024 * 1024;

/// What the end tells.
pub(super) enum End {
    /// Where the list is.
    Directory(Range<u64>),
    /// Where a larger archive's end is, which tells it.
    Large(Range<u64>),
}

/// Finds the end in the last bytes of an archive.
pub(super) fn find(tail: &[u8]) -> Result<End, Unreadable> {
    let at = memchr::memmem::rfind_iter(tail, SIGNATURE).find(|at| is_end(&tail[*at..]));
    let at = at.ok_or(Unreadable::ArchiveDamaged)?;
    if let Some(offset) = at.checked_sub(LOCATOR_LENGTH).and_then(|start| locator(&tail[start..at])) {
        return Ok(End::Large(offset..offset.saturating_add(LARGE_LENGTH)));
    }
    let mut fields = Fields(&tail[at..]);
    fields.skip(12)?;
    let size = u64::from(fields.four()?);
    let offset = u64::from(fields.four()?);
    directory(offset, size).map(End::Directory)
}

/// Whether the comment behind it goes to the end of the archive.
fn is_end(bytes: &[u8]) -> bool {
    match bytes.get(20..LENGTH) {
        Some(&[low, high]) => usize::from(u16::from_le_bytes([low, high])) + LENGTH == bytes.len(),
        _ => false,
    }
}

fn locator(bytes: &[u8]) -> Option<u64> {
    let mut fields = Fields(bytes);
    fields.demand(LOCATOR_SIGNATURE).ok()?;
    fields.skip(4).ok()?;
    fields.eight().ok()
}

/// Where the list is, from the end of a larger archive (zip64).
pub(super) fn large(bytes: &[u8]) -> Result<Range<u64>, Unreadable> {
    let mut fields = Fields(bytes);
    fields.demand(LARGE_SIGNATURE)?;
    fields.skip(36)?;
    let size = fields.eight()?;
    let offset = fields.eight()?;
    directory(offset, size)
}

fn directory(offset: u64, size: u64) -> Result<Range<u64>, Unreadable> {
    if size > LONGEST_DIRECTORY {
        return Err(Unreadable::TooManyEntries);
    }
    Ok(offset..offset.saturating_add(size))
}
