//! Zip archives (PKWARE's APPNOTE 6.3): which file of an archive is meant, and where its bytes are.
//!
//! An archive lies in a bucket and is read through ranges, as few as there are steps: its end, the list of its files, the header
//! of the one that is meant. No crate fits that: `zip` wants to seek in a reader, `rc-zip` brings a dozen crates to guess the
//! encoding of names, which are only shown here.
//!
//! ```
//! # use formats::zip::{Search, Step};
//! # use formats::reading::Unreadable;
//! # fn look(archive: &[u8]) -> Result<(), Unreadable> {
//! let mut step = Search::begin(archive.len() as u64)?;
//! let entry = loop {
//!     step = match step {
//!         Step::Read(search) => {
//!             let range = search.range();
//!             search.go_on(&archive[range.start as usize..range.end as usize])?
//!         }
//!         Step::Found(entry) => break entry,
//!     };
//! };
//! # Ok(drop(entry))
//! # }
//! ```

mod directory;
mod end;
#[cfg(test)]
mod tests;

use std::ops::Range;

use crate::reading::Unreadable;
use directory::Listed;
use end::End;

/// What a zip archive begins with.
const BEGINNING: &[u8; 4] = b"PK\x03\x04";
/// What an archive without files begins with.
const EMPTY: &[u8; 4] = b"PK\x05\x06";
/// The header before an entry's bytes, without the name and what else follows.
const LOCAL_HEADER: u64 = 30;

/// A file in an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its name, to be shown; never a path to write to.
    pub name: String,
    /// Where in the archive its bytes are.
    pub data: Range<u64>,
    pub(crate) method: Method,
    pub(crate) size: u64,
    pub(crate) checksum: u32,
}

/// How an entry is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Method {
    Stored,
    Deflate,
}

/// The search for the one CSV or vCard file of an archive, without reading it itself.
#[derive(Debug, Clone)]
pub struct Search {
    archive: u64,
    range: Range<u64>,
    wanted: Wanted,
}

/// How a search goes on.
#[derive(Debug, Clone)]
pub enum Step {
    /// With the bytes of [`Search::range`].
    Read(Search),
    /// Not at all: this is it.
    Found(Entry),
}

#[derive(Debug, Clone)]
enum Wanted {
    End,
    LargeEnd,
    Directory,
    LocalHeader(Listed),
}

/// Whether a file that begins so is a zip archive. Four bytes are enough.
pub fn is_archive(head: &[u8]) -> bool {
    head.starts_with(BEGINNING) || head.starts_with(EMPTY)
}

impl Search {
    /// In an archive of so many bytes.
    ///
    /// # Errors
    /// When that is too short for an archive.
    pub fn begin(archive: u64) -> Result<Step, Unreadable> {
        let range = archive.saturating_sub(end::LONGEST)..archive;
        Ok(Step::Read(Self { archive, range, wanted: Wanted::End }))
    }

    /// What is to be read next; within the archive, 4 MiB at most.
    pub fn range(&self) -> Range<u64> {
        self.range.clone()
    }

    /// Goes on with the bytes of [`Self::range`].
    ///
    /// # Errors
    /// When there is nothing in the archive that can be read, or not just one.
    pub fn go_on(self, bytes: &[u8]) -> Result<Step, Unreadable> {
        if bytes.len() as u64 != self.range.end - self.range.start {
            return Err(Unreadable::ArchiveDamaged);
        }
        match &self.wanted {
            Wanted::End => match end::find(bytes)? {
                End::Directory(range) => self.then(range, Wanted::Directory),
                End::Large(range) => self.then(range, Wanted::LargeEnd),
            },
            Wanted::LargeEnd => self.then(end::large(bytes)?, Wanted::Directory),
            Wanted::Directory => {
                let listed = directory::choose(bytes)?;
                let header = listed.offset..listed.offset.saturating_add(LOCAL_HEADER);
                self.then(header, Wanted::LocalHeader(listed))
            }
            Wanted::LocalHeader(listed) => self.locate(listed, bytes),
        }
    }

    fn then(&self, range: Range<u64>, wanted: Wanted) -> Result<Step, Unreadable> {
        self.contains(&range)?;
        Ok(Step::Read(Self { archive: self.archive, range, wanted }))
    }

    fn contains(&self, range: &Range<u64>) -> Result<(), Unreadable> {
        let inside = range.start <= range.end && range.end <= self.archive;
        if inside { Ok(()) } else { Err(Unreadable::ArchiveDamaged) }
    }

    fn locate(&self, listed: &Listed, header: &[u8]) -> Result<Step, Unreadable> {
        let mut fields = Fields(header);
        fields.demand(BEGINNING)?;
        fields.skip(22)?;
        let behind = u64::from(fields.two()?) + u64::from(fields.two()?);
        let start = listed.offset.saturating_add(LOCAL_HEADER + behind);
        let data = start..start.saturating_add(listed.packed);
        self.contains(&data)?;
        let entry = Entry {
            name: listed.name.clone(),
            data,
            method: listed.method,
            size: listed.size,
            checksum: listed.checksum,
        };
        Ok(Step::Found(entry))
    }
}

/// The fields of a record, one behind the other, in little-endian order.
#[derive(Debug, Clone, Copy)]
struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], Unreadable> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or(Unreadable::ArchiveDamaged)?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Unreadable> {
        self.take(N)?.try_into().map_err(|_| Unreadable::ArchiveDamaged)
    }

    fn skip(&mut self, count: usize) -> Result<(), Unreadable> {
        self.take(count).map(drop)
    }

    fn demand(&mut self, signature: &[u8; 4]) -> Result<(), Unreadable> {
        if self.array::<4>()? == *signature { Ok(()) } else { Err(Unreadable::ArchiveDamaged) }
    }

    fn two(&mut self) -> Result<u16, Unreadable> {
        self.array().map(u16::from_le_bytes)
    }

    fn four(&mut self) -> Result<u32, Unreadable> {
        self.array().map(u32::from_le_bytes)
    }

    fn eight(&mut self) -> Result<u64, Unreadable> {
        self.array().map(u64::from_le_bytes)
    }
}
