//! Reading a file that was uploaded: records out of bytes that come in pieces, whatever the file is.
//!
//! ```
//! # use formats::reading::{FileReader, Unreadable};
//! # fn main() -> Result<(), Unreadable> {
//! let mut reader = FileReader::new(None);
//! let mut names = Vec::new();
//! for mut piece in [&b"email;name\r\nada@x.example;A"[..], b"da\r\n"] {
//!     while let Some(record) = reader.read(&mut piece)? {
//!         names.extend(record.cells.get(1).map(str::to_owned));
//!     }
//! }
//! while let Some(record) = reader.end()? {
//!     names.extend(record.cells.get(1).map(str::to_owned));
//! }
//! assert_eq!(names, ["name", "Ada"]);
//! # Ok(())
//! # }
//! ```

mod buffer;
mod card;
mod cards;
mod decoding;
mod lines;
mod opening;
mod property;
mod record;
mod records;
mod rows;
#[cfg(test)]
pub(crate) mod tests;
mod unpacking;
mod unreadable;

pub use encoding_rs::Encoding;
pub use record::{Cells, Flaw, Record};
pub use unreadable::Unreadable;

use crate::zip::Entry;
use buffer::Buffer;
use decoding::{Decoding, Step};
use records::Records;
use unpacking::Unpacking;

/// The most columns of a file.
pub const MAX_COLUMNS: usize = 1_000;
/// The longest row or card, in bytes of UTF-8: a quote that is never closed ends here, not in the memory.
pub const MAX_RECORD: usize = 1024 * 1024;
/// The longest header, in bytes of UTF-8.
pub const MAX_HEADER: usize = 64 * 1024;
/// The largest file, in bytes, when it is unpacked.
pub const MAX_UNPACKED: u64 = 5 * 1024 * 1024 * 1024;

/// What was found out about a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Facts {
    /// Rows or cards.
    pub format: Format,
    /// How it came.
    pub packing: Packing,
    /// The name that the Encoding Standard has for its encoding. Until the end of a file that has been plain ASCII so far,
    /// `UTF-8` may still become `windows-1252`.
    pub encoding: &'static str,
    /// What separates the cells of a row.
    pub separator: Option<char>,
}

/// What a file's text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Rows.
    Csv,
    /// Cards.
    Vcard,
}

/// How a file is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Packing {
    /// Not at all.
    None,
    /// With gzip.
    Gzip,
    /// As an entry of a zip archive.
    Zip,
}

/// The encoding that a label of the Encoding Standard names, such as `latin1`.
pub fn encoding(label: &str) -> Option<&'static Encoding> {
    Encoding::for_label_no_replacement(label.as_bytes())
}

/// Reads one file. It holds some 64 KiB for each stage and one record, whatever the file does; where the file is cut into pieces
/// makes no difference.
#[derive(Debug)]
pub struct FileReader {
    unpacking: Unpacking,
    unpacked: Buffer,
    all_unpacked: bool,
    /// Is told when what was unpacked before it has been read.
    damage: Option<Unreadable>,
    decoding: Decoding,
    text: Buffer,
    all_decoded: bool,
    records: Records,
    is_header: bool,
    failed: Option<Unreadable>,
}

impl FileReader {
    /// Of a file that is as it was uploaded, perhaps packed with gzip. `said`: the encoding that the person names; a byte order
    /// mark goes before it. Nothing said: it is found out.
    pub fn new(said: Option<&'static Encoding>) -> Self {
        Self::behind(Unpacking::new(), said)
    }

    /// Of a zip archive's entry; reads the bytes of [`Entry::data`].
    pub fn of_entry(entry: &Entry, said: Option<&'static Encoding>) -> Self {
        Self::behind(Unpacking::of_entry(entry), said)
    }

    fn behind(unpacking: Unpacking, said: Option<&'static Encoding>) -> Self {
        Self {
            unpacking,
            unpacked: Buffer::new(),
            all_unpacked: false,
            damage: None,
            decoding: Decoding::new(said),
            text: Buffer::new(),
            all_decoded: false,
            records: Records::new(),
            is_header: true,
            failed: None,
        }
    }

    /// The next record; the first one is the header. Takes from `piece` what it needs; `None`: all of it is used up.
    ///
    /// # Errors
    /// When the file cannot be read on; then always the same.
    pub fn read(&mut self, piece: &mut &[u8]) -> Result<Option<Record<'_>>, Unreadable> {
        self.next(piece, false)
    }

    /// The next record when all pieces have been read. `None`: there are no more.
    ///
    /// # Errors
    /// When the file cannot be read on; then always the same.
    pub fn end(&mut self) -> Result<Option<Record<'_>>, Unreadable> {
        self.next(&mut &[][..], true)
    }

    /// What was found out, as soon as the header was read.
    pub fn facts(&self) -> Option<Facts> {
        let (format, separator) = self.records.kind()?;
        Some(Facts { format, packing: self.unpacking.packing(), encoding: self.decoding.encoding(), separator })
    }

    fn next(&mut self, piece: &mut &[u8], last: bool) -> Result<Option<Record<'_>>, Unreadable> {
        if let Some(failed) = &self.failed {
            return Err(failed.clone());
        }
        match self.find(piece, last) {
            Ok(found) => Ok(found.then(|| self.records.current())),
            Err(unreadable) => {
                self.failed = Some(unreadable.clone());
                Err(unreadable)
            }
        }
    }

    fn find(&mut self, piece: &mut &[u8], last: bool) -> Result<bool, Unreadable> {
        loop {
            if self.records.find(&mut self.text, self.all_decoded)? {
                return self.check_header().map(|()| true);
            }
            if self.all_decoded || !self.refill(piece, last)? {
                return Ok(false);
            }
        }
    }

    /// Whether there is more text, or the end of it.
    fn refill(&mut self, piece: &mut &[u8], last: bool) -> Result<bool, Unreadable> {
        match self.decoding.go_on(&mut self.unpacked, self.all_unpacked, &mut self.text) {
            Step::Moved => return Ok(true),
            Step::Ended => {
                self.all_decoded = true;
                return Ok(true);
            }
            Step::Starved => {}
        }
        if let Some(damage) = self.damage.take() {
            return Err(damage);
        }
        let before = self.unpacked.waiting().len();
        let filled = self.unpacking.fill(piece, last, &mut self.unpacked);
        let more = self.unpacked.waiting().len() > before;
        match filled {
            Err(damage @ (Unreadable::Damaged | Unreadable::Truncated)) if more => self.damage = Some(damage),
            filled => self.all_unpacked = filled?,
        }
        Ok(last || more)
    }

    /// A header that is no text, or too wide, is a whole file of such.
    fn check_header(&mut self) -> Result<(), Unreadable> {
        if !std::mem::take(&mut self.is_header) {
            return Ok(());
        }
        let encoding = self.decoding.encoding();
        let header = self.records.current();
        let line = header.line;
        match header.flaw {
            Some(Flaw::TooManyCells) => Err(Unreadable::TooManyColumns { line }),
            Some(_) => Err(Unreadable::NotText { line, encoding }),
            None => Ok(()),
        }
    }
}
