//! The columns of moments.

use crate::bits::Bits;
use crate::codec::file::{Reader, Writer};
use crate::codec::header::Column;
use crate::codec::{DamagedFile, planes, read_numbers};
use crate::segment::NEVER;

/// Adds when those that are gone were learnt to be. Which rows they are is known.
pub(super) fn write_gone(file: &mut Writer, gone: &[(u32, i64)]) {
    file.add(Column::Gone, &planes::write(gone.iter().map(|(_, at)| from_never(*at))));
}

/// The rows that are not contacts, and when that was learnt.
pub(super) fn read_gone(file: &mut Reader<'_>, contacts: &Bits) -> Result<Vec<(u32, i64)>, DamagedFile> {
    let mut others = Bits::full(contacts.len());
    others.and_not(contacts);
    let count = others.count();
    let times: Vec<u64> = file.column(Column::Gone, planes::longest::<u64>(count), |raw| planes::read(&raw, count))?;
    Ok(others.ones().zip(times).map(|(row, at)| (row as u32, to_moment(at))).collect())
}

/// Adds when contacts came to be: that differs little from what their ids tell.
pub(super) fn write_created(file: &mut Writer, created: &[i64], ids: &[u128]) {
    let since = created.iter().zip(ids).map(|(at, id)| zigzag(at.wrapping_sub(told_by(*id))));
    file.add(Column::Created, &planes::write(since));
}

/// When contacts came to be.
pub(super) fn read_created(file: &mut Reader<'_>, ids: &[u128]) -> Result<Vec<i64>, DamagedFile> {
    let since: Vec<u64> = read_numbers(file, Column::Created)?;
    Ok(since.iter().zip(ids).map(|(since, id)| told_by(*id).wrapping_add(unzigzag(*since))).collect())
}

/// Adds when something was last heard of contacts.
pub(super) fn write_last_activity(file: &mut Writer, last: &[i64]) {
    file.add(Column::LastActivity, &planes::write(last.iter().map(|at| from_never(*at))));
}

/// When something was last heard of contacts.
pub(super) fn read_last_activity(file: &mut Reader<'_>) -> Result<Vec<i64>, DamagedFile> {
    let since: Vec<u64> = read_numbers(file, Column::LastActivity)?;
    Ok(since.into_iter().map(to_moment).collect())
}

/// The milliseconds since the epoch in an id (RFC 9562 §5.7).
fn told_by(id: u128) -> i64 {
    (id >> 80) as i64
}

/// Counts from [`NEVER`] on, which becomes 0.
fn from_never(at: i64) -> u64 {
    at.wrapping_sub(NEVER) as u64
}

fn to_moment(since: u64) -> i64 {
    NEVER.wrapping_add(since as i64)
}

/// Small numbers for what lies near zero on either side.
fn zigzag(number: i64) -> u64 {
    (number << 1 ^ number >> 63) as u64
}

fn unzigzag(number: u64) -> i64 {
    (number >> 1) as i64 ^ -((number & 1) as i64)
}
