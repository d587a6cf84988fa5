//! The column of scores: the distinct ones, sorted by their bits, and a code for each row.

use crate::codec::file::{Reader, Writer};
use crate::codec::header::Column;
use crate::codec::ids::sums;
use crate::codec::{DamagedFile, planes, read_numbers};

/// Adds the scores.
pub(super) fn write(file: &mut Writer, scores: &[f64]) {
    let mut distinct: Vec<u64> = scores.iter().map(|score| score.to_bits()).collect();
    distinct.sort_unstable();
    distinct.dedup();
    let code = |score: &f64| distinct.partition_point(|known| *known < score.to_bits()) as u64;
    let codes: Vec<u64> = scores.iter().map(code).collect();
    file.add(Column::ScoreCodes, &planes::write(codes.into_iter()));
    let before = std::iter::once(0).chain(distinct.iter().copied());
    file.add(Column::Scores, &planes::write(distinct.iter().zip(before).map(|(score, before)| score - before)));
}

/// The scores.
pub(super) fn read(file: &mut Reader<'_>) -> Result<Vec<f64>, DamagedFile> {
    let rows = file.rows();
    let codes: Vec<u32> = read_numbers(file, Column::ScoreCodes)?;
    let count = codes.iter().max().map_or(0, |highest| *highest as usize + 1);
    file.column(Column::Scores, planes::longest::<u64>(rows), |raw| {
        if count > rows {
            return Err("has more scores than rows");
        }
        let scores = sums(planes::read(&raw, count)?)?;
        Ok(codes.iter().map(|&code| f64::from_bits(scores[code as usize])).collect())
    })
}
