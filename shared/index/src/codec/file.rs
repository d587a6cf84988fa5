//! Files column by column: compressed and added, found and checked.

use crc32fast::hash;
use domain::id::{Id, TenantId};
use zstd::bulk::{Compressor, Decompressor};

use crate::codec::header::{Column, Header, LENGTH, Part};
use crate::codec::{DamagedFile, Fault};

/// Of a million contacts, level 3 makes as many bytes in half as much time again, and level 6 one in a hundred fewer in three
/// times the time.
const LEVEL: i32 = 1;

/// A file to which columns are added.
pub(super) struct Writer {
    header: Header,
    /// The file, with room for the header.
    bytes: Vec<u8>,
    /// None where there is no memory for it: then columns stay as they are.
    compressor: Option<Compressor<'static>>,
}

impl Writer {
    /// A file without columns.
    pub(super) fn new(tenant: TenantId, rows: usize) -> Self {
        let header = Header { tenant: tenant.uuid().into_bytes(), rows, parts: Vec::new() };
        Self { header, bytes: vec![0; LENGTH], compressor: Compressor::new(LEVEL).ok() }
    }

    /// The next column, compressed if that makes it shorter.
    pub(super) fn add(&mut self, column: Column, raw: &[u8]) {
        let compressed = self.compressor.as_mut().and_then(|compressor| compressor.compress(raw).ok());
        match compressed.filter(|compressed| compressed.len() < raw.len()) {
            Some(compressed) => self.add_part(column, &compressed, raw.len()),
            None => self.add_plain(column, raw),
        }
    }

    /// The next column as it is.
    pub(super) fn add_plain(&mut self, column: Column, raw: &[u8]) {
        self.add_part(column, raw, raw.len());
    }

    fn add_part(&mut self, column: Column, bytes: &[u8], raw: usize) {
        let (offset, length, checksum) = (self.bytes.len(), bytes.len(), hash(bytes));
        self.header.parts.push(Part { column, offset, length, raw, checksum });
        self.bytes.extend(bytes);
    }

    /// The bytes of the file, to which all columns were added.
    pub(super) fn finish(mut self) -> Vec<u8> {
        self.bytes[..LENGTH].copy_from_slice(&self.header.write());
        self.bytes
    }
}

/// A file of which columns are read.
pub(super) struct Reader<'a> {
    header: Header,
    bytes: &'a [u8],
    decompressor: Decompressor<'static>,
}

impl<'a> Reader<'a> {
    /// A file of this tenant's whose header is sound.
    pub(super) fn open(bytes: &'a [u8], tenant: TenantId) -> Result<Self, DamagedFile> {
        let header = Header::read(bytes, tenant)?;
        Ok(Self { header, bytes, decompressor: Decompressor::default() })
    }

    /// How many rows there are.
    pub(super) fn rows(&self) -> usize {
        self.header.rows
    }

    /// What a column holds that is `longest` bytes long at most.
    pub(super) fn column<T>(
        &mut self,
        column: Column,
        longest: usize,
        read: impl FnOnce(Vec<u8>) -> Result<T, Fault>,
    ) -> Result<T, DamagedFile> {
        let damaged = |fault| DamagedFile::Damaged { part: column.name(), fault };
        self.raw(self.header.part(column), longest).and_then(read).map_err(damaged)
    }

    fn raw(&mut self, part: Part, longest: usize) -> Result<Vec<u8>, Fault> {
        if part.raw > longest {
            return Err("is longer than its rows allow");
        }
        let bytes = self.bytes.get(part.offset..part.offset + part.length).ok_or("is cut off")?;
        if hash(bytes) != part.checksum {
            return Err("has another checksum");
        }
        let mut raw = Vec::new();
        raw.try_reserve_exact(part.raw).map_err(|_| "is too long for the memory")?;
        if part.length == part.raw {
            raw.extend(bytes);
        } else {
            self.decompressor.decompress_to_buffer(bytes, &mut raw).map_err(|_| "cannot be decompressed")?;
        }
        (raw.len() == part.raw).then_some(raw).ok_or("has another length")
    }
}
