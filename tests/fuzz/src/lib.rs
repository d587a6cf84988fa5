//! What must hold for the bytes of any file that somebody uploads. `cargo xtask fuzz` looks for bytes for which it does not;
//! `cargo test` tries those of `corpus` and random changes of them.

mod reading;
mod writing;

use std::collections::BTreeMap;

use domain::contact::draft::Rules;
use domain::import::{Additions, Mapping, header_or_data};
use formats::formula::restored;

use reading::{Cuts, File};

/// Checks an input: its first two bytes say how the rest, the file, is to be cut and read.
///
/// # Panics
/// When something does not hold.
pub fn check(input: &[u8]) {
    let [first, second, bytes @ ..] = input else { return };
    let encoding = reading::said(*first);
    let whole = reading::read(encoding, bytes, Cuts::None);
    let pieces = reading::read(encoding, bytes, Cuts::after(usize::from(*second)));
    assert_eq!(pieces, whole, "pieces give something else than the whole");
    map(&whole);
    writing::check(&whole);
}

/// Every row becomes a contact that can be told from others, or has faults.
fn map(file: &File) {
    let Some((header, rows)) = file.records.split_first() else { return };
    let rules = Rules::default();
    let header = header_or_data(&header.cells, rules.default_country);
    let Ok(mapping) = header.mapping(&BTreeMap::new(), Additions::default()) else { return };
    for row in rows {
        check_row(&mapping, &row.cells, &rules);
    }
}

fn check_row(mapping: &Mapping, cells: &[String], rules: &Rules) {
    let cells: Vec<_> = cells.iter().map(|cell| restored(cell)).collect();
    match mapping.read(&cells, rules) {
        Ok(row) => {
            assert!(row.profile.has_identity(), "nobody: {row:?}");
            assert!(row.profile.tags.len() <= rules.max_tags, "too many tags: {row:?}");
        }
        Err(faults) => assert!(!faults.is_empty(), "refused without a reason: {cells:?}"),
    }
}

#[cfg(test)]
mod tests;
