//! The beginning of a file: whose it is, how many rows it has and where each column lies.

use crc32fast::hash;
use domain::id::{Id, TenantId};

use crate::codec::{DamagedFile, Fault};

const MAGIC: [u8; 8] = *b"RCINDEX\n";
/// Counts the ways in which files were ever laid out. The magic bytes and this stay where they are in all of them.
const SCHEMA: u32 = 1;
/// Magic bytes, schema, number of columns, tenant, rows.
const START: usize = 8 + 4 + 4 + 16 + 8;
/// Column, offset, length, raw length, checksum.
const PART: usize = 4 + 8 + 8 + 8 + 4;
/// The length of a header: its start, its parts and its checksum.
pub(super) const LENGTH: usize = START + Column::ALL.len() * PART + 4;
/// More rows than this are in no file.
const MOST_ROWS: usize = 50_000_000;

macro_rules! columns {
    ($($column:ident),+ $(,)?) => {
        /// The columns, in the order in which they lie in a file.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum Column {
            $($column),+
        }

        impl Column {
            /// All of them.
            pub(super) const ALL: &'static [Self] = &[$(Self::$column),+];

            /// What it is called.
            pub(super) const fn name(self) -> &'static str {
                match self {
                    $(Self::$column => stringify!($column)),+
                }
            }
        }
    };
}

columns! {
    IdBeginnings, IdEnds, Versions, Revisions, Contacts, Gone, FirstNames, FirstNameCodes, LastNames, LastNameCodes, Companies,
    CompanyCodes, LeadSources, LeadSourceCodes, Owners, OwnerCodes, EmailDomains, EmailDomainCodes, Mailboxes, Phones,
    LifecycleStages, LeadStages, OptIn, Active, DoNotContact, Bookings, ScoreCodes, Scores, Created, LastActivity, Tags,
    TagRows, Groups, GroupRows, Types, TypeRows,
}

/// Where a column lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) column: Column,
    /// From the beginning of the file.
    pub(super) offset: usize,
    /// In the file.
    pub(super) length: usize,
    /// When it is not compressed. A column of the same length in the file is not.
    pub(super) raw: usize,
    /// CRC-32 of its bytes in the file.
    pub(super) checksum: u32,
}

/// What a file tells of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Header {
    /// The tenant's id.
    pub(super) tenant: [u8; 16],
    pub(super) rows: usize,
    /// All columns, in order, without gaps.
    pub(super) parts: Vec<Part>,
}

impl Header {
    /// Its bytes.
    pub(super) fn write(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(LENGTH);
        bytes.extend(MAGIC);
        bytes.extend(SCHEMA.to_le_bytes());
        bytes.extend((Column::ALL.len() as u32).to_le_bytes());
        bytes.extend(self.tenant);
        bytes.extend((self.rows as u64).to_le_bytes());
        for part in &self.parts {
            bytes.extend((part.column as u32).to_le_bytes());
            for number in [part.offset, part.length, part.raw] {
                bytes.extend((number as u64).to_le_bytes());
            }
            bytes.extend(part.checksum.to_le_bytes());
        }
        let checksum = hash(&bytes);
        bytes.extend(checksum.to_le_bytes());
        bytes
    }

    /// The header of a file of this tenant's. Every column lies within the file, and there is a file for all the rows.
    pub(super) fn read(file: &[u8], tenant: TenantId) -> Result<Self, DamagedFile> {
        let damaged = |fault| DamagedFile::Damaged { part: "header", fault };
        let mut start = Fields(file);
        if start.bytes() != Some(MAGIC) {
            return Err(damaged("is no index file's"));
        }
        match start.number() {
            Some(SCHEMA) => {}
            Some(other) => return Err(DamagedFile::UnknownSchema(other)),
            None => return Err(damaged("is cut off")),
        }
        let (known, checksum) =
            file.get(..LENGTH).and_then(|all| all.split_last_chunk()).ok_or(damaged("is cut off"))?;
        if hash(known) != u32::from_le_bytes(*checksum) {
            return Err(damaged("has another checksum"));
        }
        let header = Self::parse(Fields(&known[MAGIC.len() + 4..])).ok_or(damaged("tells of other columns"))?;
        if header.tenant != tenant.uuid().into_bytes() {
            return Err(DamagedFile::AnotherTenant);
        }
        header.check(file.len()).map_err(damaged)?;
        Ok(header)
    }

    fn parse(mut fields: Fields<'_>) -> Option<Self> {
        let columns = fields.number()?;
        let (tenant, rows) = (fields.bytes()?, fields.long()?);
        let part = |column: &Column| {
            let known = fields.number()? == *column as u32;
            let (offset, length, raw) = (fields.long()?, fields.long()?, fields.long()?);
            let checksum = fields.number()?;
            known.then_some(Part { column: *column, offset, length, raw, checksum })
        };
        let parts: Vec<Part> = Column::ALL.iter().map(part).collect::<Option<_>>()?;
        (columns as usize == parts.len()).then_some(Self { tenant, rows, parts })
    }

    fn check(&self, length: usize) -> Result<(), Fault> {
        let mut end = LENGTH;
        for part in &self.parts {
            let begins_there = part.offset == end;
            end = end
                .checked_add(part.length)
                .filter(|&end| begins_there && end <= length)
                .ok_or("tells of other bytes")?;
        }
        if end != length {
            return Err("tells of fewer bytes");
        }
        // The ends of ids are not compressed: so there are no more rows than the length of the file allows.
        let ends = self.part(Column::IdEnds);
        let are_there = ends.length == ends.raw && Some(ends.raw) == self.rows.checked_mul(8);
        (are_there && self.rows <= MOST_ROWS).then_some(()).ok_or("tells of more rows than there are")
    }

    /// Where a column lies.
    pub(super) fn part(&self, column: Column) -> Part {
        self.parts[column as usize]
    }
}

/// The fields that are left.
struct Fields<'a>(&'a [u8]);

impl Fields<'_> {
    fn bytes<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (first, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*first)
    }

    fn number(&mut self) -> Option<u32> {
        self.bytes().map(u32::from_le_bytes)
    }

    fn long(&mut self) -> Option<usize> {
        usize::try_from(self.bytes().map(u64::from_le_bytes)?).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A header that tells of a file with ids only, and the length of the file.
    fn told(rows: usize) -> (Header, usize) {
        let part = |column: &Column| {
            let length = if *column == Column::IdEnds { rows * 8 } else { 0 };
            let offset = if (*column as usize) <= Column::IdEnds as usize { LENGTH } else { LENGTH + rows * 8 };
            Part { column: *column, offset, length, raw: length, checksum: 0 }
        };
        (Header { tenant: [0; 16], rows, parts: Column::ALL.iter().map(part).collect() }, LENGTH + rows * 8)
    }

    #[test]
    fn columns_lie_one_behind_the_other_and_rows_are_counted() {
        let (header, length) = told(MOST_ROWS);
        assert_eq!(header.check(length), Ok(()));
        assert_eq!(header.check(length + 1), Err("tells of fewer bytes"));
        assert_eq!(header.check(length - 1), Err("tells of other bytes"));
        let (header, length) = told(MOST_ROWS + 1);
        assert_eq!(header.check(length), Err("tells of more rows than there are"));
        let (mut header, length) = told(1);
        header.rows = 2;
        assert_eq!(header.check(length), Err("tells of more rows than there are"));
        header.parts[Column::Versions as usize].offset -= 1;
        assert_eq!(header.check(length), Err("tells of other bytes"));
    }
}
