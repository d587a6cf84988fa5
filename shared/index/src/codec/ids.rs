//! The column of ids: times and what follows them as differences, and the random ends as they are.

use crate::codec::file::{Reader, Writer};
use crate::codec::header::Column;
use crate::codec::{DamagedFile, Fault, planes};

/// Adds the ids, which are sorted.
pub(super) fn write(file: &mut Writer, ids: &[u128]) {
    let mut last = 0;
    let differences: Vec<u64> = ids
        .iter()
        .map(|id| {
            let beginning = (id >> 64) as u64;
            beginning - std::mem::replace(&mut last, beginning)
        })
        .collect();
    file.add(Column::IdBeginnings, &planes::write(differences.into_iter()));
    let ends: Vec<u8> = ids.iter().flat_map(|id| (*id as u64).to_le_bytes()).collect();
    file.add_plain(Column::IdEnds, &ends);
}

/// The ids, sorted, none of them twice.
pub(super) fn read(file: &mut Reader<'_>) -> Result<Vec<u128>, DamagedFile> {
    let rows = file.rows();
    let longest = planes::longest::<u64>(rows);
    let beginnings = file.column(Column::IdBeginnings, longest, |raw| sums(planes::read(&raw, rows)?))?;
    file.column(Column::IdEnds, rows * 8, |raw| {
        let (ends, _) = raw.as_chunks::<8>();
        let id =
            |(beginning, end): (&u64, &[u8; 8])| u128::from(*beginning) << 64 | u128::from(u64::from_le_bytes(*end));
        let ids: Vec<u128> = beginnings.iter().zip(ends).map(id).collect();
        let are_sorted = ids.len() == rows && ids.is_sorted_by(|one, next| one < next);
        are_sorted.then_some(ids).ok_or("is not sorted")
    })
}

/// The numbers of which these are the differences.
pub(super) fn sums(mut differences: Vec<u64>) -> Result<Vec<u64>, Fault> {
    let mut sum: u64 = 0;
    for number in &mut differences {
        sum = sum.checked_add(*number).ok_or("has numbers that are too large")?;
        *number = sum;
    }
    Ok(differences)
}
