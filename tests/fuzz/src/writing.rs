//! What was read is written, and read again.

use formats::csv::{BYTE_ORDER_MARK, write_record};
use formats::formula::{neutralised, restored};
use formats::reading::MAX_HEADER;

use crate::reading::{Cuts, File, Own, read};

/// Writes the records that have no flaw as an export does, and demands them back.
pub(crate) fn check(file: &File) {
    let records: Vec<&Own> = file.records.iter().filter(|record| record.flaw.is_none()).collect();
    // A first column of that name may be Excel's line that tells the separator, in quotes or not.
    if records.first().and_then(|header| header.cells.first()).is_some_and(|name| names_separator(name)) {
        return;
    }
    let mut bytes = BYTE_ORDER_MARK.to_vec();
    for (at, record) in records.iter().enumerate() {
        let cells: Vec<_> = record.cells.iter().map(|cell| neutralised(cell)).collect();
        write_record(&mut bytes, cells.iter().map(AsRef::as_ref));
        if at == 0 && bytes.len() > MAX_HEADER {
            return;
        }
    }
    let again = read(None, &bytes, Cuts::None);
    // Apostrophes and quotation marks make rows longer, some perhaps too long.
    if again.end.is_some() && bytes.len() > formats::reading::MAX_RECORD {
        return;
    }
    assert_eq!(again.end, None, "what was written cannot be read");
    let meant = |record: &Own| record.cells.iter().map(|cell| restored(cell).into_owned()).collect::<Vec<_>>();
    let again: Vec<_> = again.records.iter().map(meant).collect();
    let before: Vec<_> = records.iter().map(|record| record.cells.clone()).collect();
    assert_eq!(again, before, "what is read again differs");
}

fn names_separator(cell: &str) -> bool {
    cell.get(..4).is_some_and(|name| name.eq_ignore_ascii_case("sep="))
}
