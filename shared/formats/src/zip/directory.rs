//! The list of an archive's files (APPNOTE §4.3.12), and which of them is meant.

use super::{Fields, Method};
use crate::reading::{MAX_UNPACKED, Unreadable};

const SIGNATURE: &[u8; 4] = b"PK\x01\x02";
/// The extra field with what four bytes cannot tell (APPNOTE §4.5.3).
const LARGE: u16 = 1;
/// Encrypted, strongly encrypted, or with an encrypted list.
const ENCRYPTED: u16 = 1 | 1 << 6 | 1 << 13;
/// Files that are surely meant, and those that may be if there are none of the former.
const TABLES: [&str; 5] = [".csv", ".tsv", ".tab", ".vcf", ".vcard"];
const TEXTS: [&str; 1] = [".txt"];
/// The first file of an office document, which is an archive, too.
const OFFICE: [&str; 2] = ["[Content_Types].xml", "mimetype"];
/// How many characters of a name are shown.
const SHOWN: usize = 100;

/// A file as the list tells it.
#[derive(Debug, Clone)]
pub(super) struct Listed {
    pub(super) name: String,
    pub(super) method: Method,
    pub(super) packed: u64,
    pub(super) size: u64,
    pub(super) checksum: u32,
    /// Where its header is.
    pub(super) offset: u64,
}

/// A file's place in the list.
#[derive(Debug, Clone, Copy)]
struct Item<'a> {
    name: &'a [u8],
    flags: u16,
    method: u16,
    checksum: u32,
    packed: u64,
    size: u64,
    offset: u64,
    extra: &'a [u8],
}

/// The file that is meant: the one table, else the one text, else the only file there is.
pub(super) fn choose(directory: &[u8]) -> Result<Listed, Unreadable> {
    let mut best: Option<(u8, Item<'_>, Option<Item<'_>>)> = None;
    let mut rest = Fields(directory);
    while !rest.0.is_empty() {
        let item = Item::read(&mut rest)?;
        if OFFICE.iter().any(|name| name.as_bytes() == item.name) {
            return Err(Unreadable::Spreadsheet);
        }
        let Some(rank) = item.rank() else { continue };
        best = Some(match best {
            Some((known, first, second)) if known == rank => (rank, first, second.or(Some(item))),
            Some(known) if known.0 < rank => known,
            _ => (rank, item, None),
        });
    }
    match best {
        None => Err(Unreadable::NoEntry),
        Some((_, first, Some(second))) => {
            Err(Unreadable::SeveralEntries { first: shown(first.name), second: shown(second.name) })
        }
        Some((_, only, None)) => only.listed(),
    }
}

impl<'a> Item<'a> {
    fn read(fields: &mut Fields<'a>) -> Result<Self, Unreadable> {
        fields.demand(SIGNATURE)?;
        fields.skip(4)?;
        let (flags, method) = (fields.two()?, fields.two()?);
        fields.skip(4)?;
        let checksum = fields.four()?;
        let (packed, size) = (u64::from(fields.four()?), u64::from(fields.four()?));
        let (name, extra, comment) = (fields.two()?, fields.two()?, fields.two()?);
        fields.skip(8)?;
        let offset = u64::from(fields.four()?);
        let (name, extra) = (fields.take(name.into())?, fields.take(extra.into())?);
        fields.skip(comment.into())?;
        Ok(Self { name, flags, method, checksum, packed, size, offset, extra })
    }

    /// How likely it is meant, 0 most. Folders and what systems add for themselves are not.
    fn rank(&self) -> Option<u8> {
        let file = self.name.rsplit(|byte| matches!(byte, b'/' | b'\\')).next().unwrap_or_default();
        if file.is_empty() || file.starts_with(b".") || self.name.starts_with(b"__MACOSX/") {
            return None;
        }
        let ends = |endings: &[&str]| {
            endings.iter().any(|ending| {
                let start = file.len().checked_sub(ending.len());
                start.is_some_and(|start| file[start..].eq_ignore_ascii_case(ending.as_bytes()))
            })
        };
        Some(if ends(&TABLES) { 0 } else { 1 + u8::from(!ends(&TEXTS)) })
    }

    fn listed(mut self) -> Result<Listed, Unreadable> {
        let name = shown(self.name);
        if self.flags & ENCRYPTED != 0 {
            return Err(Unreadable::Encrypted { name });
        }
        let method = match self.method {
            0 => Method::Stored,
            8 => Method::Deflate,
            _ => return Err(Unreadable::Method { name }),
        };
        self.enlarge()?;
        if self.size > MAX_UNPACKED {
            return Err(Unreadable::TooLarge);
        }
        let Self { checksum, packed, size, offset, .. } = self;
        Ok(Listed { name, method, packed, size, checksum, offset })
    }

    /// Zip64: what is too large for its four bytes is in an extra field, in this order.
    fn enlarge(&mut self) -> Result<(), Unreadable> {
        let is_large = [self.size, self.packed, self.offset].contains(&u64::from(u32::MAX));
        let mut extras = Fields(if is_large { self.extra } else { &[] });
        while !extras.0.is_empty() {
            let (kind, length) = (extras.two()?, extras.two()?);
            let mut extra = Fields(extras.take(length.into())?);
            if kind != LARGE {
                continue;
            }
            for value in [&mut self.size, &mut self.packed, &mut self.offset] {
                if *value == u64::from(u32::MAX) {
                    *value = extra.eight()?;
                }
            }
        }
        Ok(())
    }
}

/// A name for people to read: without what could harm a terminal or a log.
fn shown(name: &[u8]) -> String {
    let name = String::from_utf8_lossy(name);
    name.chars().take(SHOWN).map(|char| if char.is_control() { '\u{fffd}' } else { char }).collect()
}
