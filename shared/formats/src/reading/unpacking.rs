//! From the bytes that were uploaded to those of the file: as they are, or unpacked, within limits.

use flate2::{Decompress, FlushDecompress, Status};

use super::buffer::Buffer;
use super::{MAX_UNPACKED, Packing, Unreadable};
use crate::zip::{Entry, Method};

/// How much a file may unpack to, whatever its own size.
const ALWAYS_ALLOWED: u64 = 64 * 1024 * 1024;
/// Beyond that: how many bytes one packed byte may become. Deflate could do 1,032, rows of real files do below 30.
const MAX_RATIO: u64 = 250;
const WINDOW_BITS: u8 = 15;

/// Unpacks a file and watches how large it becomes.
#[derive(Debug)]
pub(super) struct Unpacking {
    how: How,
    head: Vec<u8>,
    /// The first four bytes of the file when it is unpacked.
    first: Vec<u8>,
    entry: Option<Expected>,
    packed: u64,
    unpacked: u64,
}

#[derive(Debug)]
enum How {
    /// The first bytes will tell.
    Unknown,
    Stored,
    Deflated(Inflating),
}

#[derive(Debug)]
struct Inflating {
    decompress: Box<Decompress>,
    /// As gzip, which may have several members; else as the one stream of a zip entry.
    gzip: bool,
    at: At,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    /// In the middle; `true` when there may be more to come out without anything going in.
    Within(bool),
    /// Behind a member's end.
    Behind,
}

/// What an archive says of an entry.
#[derive(Debug)]
struct Expected {
    size: u64,
    checksum: u32,
    found: crc32fast::Hasher,
}

impl Unpacking {
    /// Of a file that may be packed with gzip.
    pub(super) fn new() -> Self {
        Self { how: How::Unknown, head: Vec::new(), first: Vec::new(), entry: None, packed: 0, unpacked: 0 }
    }

    /// Of a zip archive's entry.
    pub(super) fn of_entry(entry: &Entry) -> Self {
        let how = match entry.method {
            Method::Stored => How::Stored,
            Method::Deflate => How::Deflated(Inflating::new(false)),
        };
        let expected = Expected { size: entry.size, checksum: entry.checksum, found: crc32fast::Hasher::new() };
        Self { how, entry: Some(expected), ..Self::new() }
    }

    pub(super) fn packing(&self) -> Packing {
        match &self.how {
            _ if self.entry.is_some() => Packing::Zip,
            How::Deflated(_) => Packing::Gzip,
            How::Unknown | How::Stored => Packing::None,
        }
    }

    /// Takes from `piece`, and puts what becomes of it behind what waits in `to`, until something is there or the piece is used
    /// up. `last`: nothing follows the piece. Tells whether nothing follows in `to`. What came out before damage was found is
    /// in `to` as well.
    pub(super) fn fill(&mut self, piece: &mut &[u8], last: bool, to: &mut Buffer) -> Result<bool, Unreadable> {
        if matches!(self.how, How::Unknown) && !self.recognise(piece, last)? {
            return Ok(false);
        }
        if self.head.is_empty() {
            return self.step(piece, last, to);
        }
        let head = std::mem::take(&mut self.head);
        let mut rest = head.as_slice();
        self.step(&mut rest, false, to)?;
        self.head = rest.to_vec();
        if to.is_empty() { self.fill(piece, last, to) } else { Ok(false) }
    }

    /// Whether it is known how the file is packed.
    fn recognise(&mut self, piece: &mut &[u8], last: bool) -> Result<bool, Unreadable> {
        let taken = piece.len().min(4 - self.head.len());
        self.head.extend_from_slice(&piece[..taken]);
        *piece = &piece[taken..];
        if self.head.len() < 4 && !last {
            return Ok(false);
        }
        self.how = match self.head.as_slice() {
            [0x1f, 0x8b, ..] => How::Deflated(Inflating::new(true)),
            _ => How::Stored,
        };
        Ok(true)
    }

    fn step(&mut self, source: &mut &[u8], last: bool, to: &mut Buffer) -> Result<bool, Unreadable> {
        let (before, waiting) = (source.len(), to.waiting().len());
        let ended = match &mut self.how {
            How::Deflated(inflating) => inflating.step(source, last, to),
            How::Unknown | How::Stored => {
                to.take(source);
                Ok(last && source.is_empty())
            }
        };
        self.packed += (before - source.len()) as u64;
        self.watch(&to.waiting()[waiting..])?;
        let ended = ended?;
        match &self.entry {
            Some(entry) if ended && !entry.is_met(self.unpacked) => Err(Unreadable::Damaged),
            _ => Ok(ended),
        }
    }

    fn watch(&mut self, fresh: &[u8]) -> Result<(), Unreadable> {
        self.unpacked += fresh.len() as u64;
        if let Some(entry) = &mut self.entry {
            entry.found.update(fresh);
        }
        let missing = 4 - self.first.len();
        if missing > 0 {
            self.first.extend(fresh.iter().take(missing));
            refuse_what_is_no_text(&self.first)?;
        }
        if self.unpacked > MAX_UNPACKED {
            return Err(Unreadable::TooLarge);
        }
        let bomb = self.unpacked > ALWAYS_ALLOWED && self.unpacked / MAX_RATIO > self.packed;
        if bomb { Err(Unreadable::Bomb) } else { Ok(()) }
    }
}

/// What a file that is no text begins with, if it is one that people take for a table.
fn refuse_what_is_no_text(first: &[u8]) -> Result<(), Unreadable> {
    match first {
        [0xd0, 0xcf, 0x11, 0xe0] => Err(Unreadable::Spreadsheet),
        [0x1f, 0x8b, 8, _] => Err(Unreadable::Archive),
        _ if crate::zip::is_archive(first) => Err(Unreadable::Archive),
        _ => Ok(()),
    }
}

impl Inflating {
    fn new(gzip: bool) -> Self {
        let decompress = if gzip { Decompress::new_gzip(WINDOW_BITS) } else { Decompress::new(false) };
        Self { decompress: Box::new(decompress), gzip, at: At::Within(false) }
    }

    fn step(&mut self, source: &mut &[u8], last: bool, to: &mut Buffer) -> Result<bool, Unreadable> {
        let waiting = to.waiting().len();
        while to.waiting().len() == waiting && self.enter(source)? {
            self.inflate(source, to)?;
        }
        match self.at {
            At::Behind => Ok(last && source.is_empty()),
            At::Within(false) if last && source.is_empty() => Err(Unreadable::Truncated),
            At::Within(_) => Ok(false),
        }
    }

    /// Whether there is something to unpack. Behind a member's end comes another, or zeros, which some tools add.
    fn enter(&mut self, source: &mut &[u8]) -> Result<bool, Unreadable> {
        if let At::Within(more) = self.at {
            return Ok(more || !source.is_empty());
        }
        let zeros = source.iter().take_while(|byte| **byte == 0).count();
        *source = &source[if self.gzip { zeros } else { 0 }..];
        match source.first() {
            None => Ok(false),
            Some(0x1f) if self.gzip => {
                self.decompress.reset(true);
                self.at = At::Within(false);
                Ok(true)
            }
            Some(_) => Err(Unreadable::Damaged),
        }
    }

    fn inflate(&mut self, source: &mut &[u8], to: &mut Buffer) -> Result<(), Unreadable> {
        let (packed, unpacked) = (self.decompress.total_in(), self.decompress.total_out());
        let space = to.space();
        let room = space.len();
        let status = self.decompress.decompress(source, space, FlushDecompress::None);
        let read = usize::try_from(self.decompress.total_in() - packed).unwrap_or(usize::MAX).min(source.len());
        let written = usize::try_from(self.decompress.total_out() - unpacked).unwrap_or(usize::MAX).min(room);
        *source = &source[read..];
        to.written(written);
        self.at = match status.map_err(|_| Unreadable::Damaged)? {
            Status::StreamEnd => At::Behind,
            Status::Ok | Status::BufError => At::Within(written == room),
        };
        Ok(())
    }
}

impl Expected {
    fn is_met(&self, size: u64) -> bool {
        self.size == size && self.checksum == self.found.clone().finalize()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_has_five_gibibytes_at_most_when_it_is_unpacked() {
        for (bytes, expected) in [(&b"12345678"[..], Ok(false)), (b"123456789", Err(Unreadable::TooLarge))] {
            let unpacked = MAX_UNPACKED - 8;
            let mut unpacking = Unpacking { how: How::Stored, unpacked, packed: unpacked, ..Unpacking::new() };
            assert_eq!(unpacking.fill(&mut { bytes }, false, &mut Buffer::new()), expected);
        }
    }
}
