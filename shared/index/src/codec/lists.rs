//! The columns of postings: the values, and how many rows after the last one the next row is that has the value.

use domain::contact::draft::MAX_TAG;
use domain::settings::MAX_TAGS;
use roaring::RoaringBitmap;

use crate::codec::file::{Reader, Writer};
use crate::codec::header::Column;
use crate::codec::{DamagedFile, Fault, varint};
use crate::postings::Postings;

/// Contacts into which others were merged have the tags and groups of all: in a small segment more than the rule allows.
const SPARE: usize = 4_096;
/// A value of a row takes so many bytes at most.
const LONGEST_ROW: usize = 2 * 5;
/// A tag in bytes: characters in lower case of four bytes each at most, and its length.
const LONGEST_TAG: usize = MAX_TAG * 4 + 2;

/// Adds tags.
pub(super) fn write_tags(file: &mut Writer, tags: &Postings<String>) {
    let mut texts = Vec::new();
    for tag in &tags.keys {
        varint::write(&mut texts, tag.len() as u32);
        texts.extend(tag.as_bytes());
    }
    file.add(Column::Tags, &texts);
    file.add(Column::TagRows, &rows_of(&tags.rows));
}

/// Adds groups or types.
pub(super) fn write_ids(file: &mut Writer, (ids, rows): (Column, Column), postings: &Postings<u128>) {
    file.add(ids, &postings.keys.iter().flat_map(|id| id.to_le_bytes()).collect::<Vec<u8>>());
    file.add(rows, &rows_of(&postings.rows));
}

fn rows_of(postings: &[RoaringBitmap]) -> Vec<u8> {
    let mut raw = Vec::new();
    for rows in postings {
        varint::write(&mut raw, rows.len() as u32);
        let mut next = 0;
        for row in rows {
            varint::write(&mut raw, row - next);
            next = row + 1;
        }
    }
    raw
}

/// The tags.
pub(super) fn read_tags(file: &mut Reader<'_>) -> Result<Postings<String>, DamagedFile> {
    let most = most(file.rows());
    let keys = file.column(Column::Tags, most.saturating_mul(LONGEST_TAG), |raw| {
        let (mut rest, mut keys) = (raw.as_slice(), Vec::new());
        while !rest.is_empty() {
            keys.push(take_text(&mut rest).ok_or("is cut off within a text, or is none")?);
            if keys.len() > most {
                return Err("has more values than its rows allow");
            }
        }
        sorted(keys)
    })?;
    let rows = read_rows(file, Column::TagRows, keys.len())?;
    Ok(Postings { keys, rows })
}

fn take_text(rest: &mut &[u8]) -> Option<String> {
    let length = varint::read(rest)?;
    let (text, after) = rest.split_at_checked(length as usize)?;
    *rest = after;
    std::str::from_utf8(text).ok().map(str::to_owned)
}

/// The groups or types.
pub(super) fn read_ids(file: &mut Reader<'_>, columns: (Column, Column)) -> Result<Postings<u128>, DamagedFile> {
    let most = most(file.rows());
    let keys = file.column(columns.0, most * 16, |raw| match raw.as_chunks::<16>() {
        (ids, []) => sorted(ids.iter().map(|id| u128::from_le_bytes(*id)).collect()),
        _ => Err("is cut off within an id"),
    })?;
    let rows = read_rows(file, columns.1, keys.len())?;
    Ok(Postings { keys, rows })
}

/// How many values so many rows have together, each counted once for each row.
fn most(rows: usize) -> usize {
    rows * MAX_TAGS as usize + if rows == 0 { 0 } else { SPARE }
}

fn sorted<K: Ord>(keys: Vec<K>) -> Result<Vec<K>, Fault> {
    keys.is_sorted_by(|one, next| one < next).then_some(keys).ok_or("is not sorted")
}

fn read_rows(file: &mut Reader<'_>, column: Column, keys: usize) -> Result<Vec<RoaringBitmap>, DamagedFile> {
    let rows = file.rows();
    file.column(column, most(rows) * LONGEST_ROW, |raw| rows_in(&raw, keys, rows))
}

/// The rows of so many values, in a segment of so many rows.
pub(super) fn rows_in(mut raw: &[u8], keys: usize, rows: usize) -> Result<Vec<RoaringBitmap>, Fault> {
    let mut left = most(rows);
    let mut postings = Vec::with_capacity(keys);
    for _ in 0..keys {
        let count = varint::read(&mut raw).ok_or("is cut off")? as usize;
        left = left.checked_sub(count).filter(|_| count > 0).ok_or("has too many rows or none for a value")?;
        postings.push(take_rows(&mut raw, count, rows).ok_or("has rows that there are not")?);
    }
    raw.is_empty().then_some(postings).ok_or("has rows without a value")
}

fn take_rows(rest: &mut &[u8], count: usize, rows: usize) -> Option<RoaringBitmap> {
    let (mut taken, mut next) = (RoaringBitmap::new(), 0_u32);
    for _ in 0..count {
        let row = next.checked_add(varint::read(rest)?).filter(|&row| (row as usize) < rows)?;
        taken.try_push(row).ok()?;
        next = row + 1;
    }
    Some(taken)
}
