//! CSV as spreadsheets read it (RFC 4180): cells between commas, records ended by CRLF, text in UTF-8.

/// What a file begins with, so that Excel takes it for UTF-8.
pub const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Adds a record to `out`. Whatever the cells hold, a reader of RFC 4180 gets them back; those that hold what some reader
/// takes for a separator, or drops, are quoted.
pub fn write_record<'a>(out: &mut Vec<u8>, cells: impl IntoIterator<Item = &'a str>) {
    let begin = out.len();
    for (at, cell) in cells.into_iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        write_cell(out, cell);
    }
    if out.len() == begin {
        // A line without anything would be taken for none.
        out.extend_from_slice(b"\"\"");
    }
    out.extend_from_slice(b"\r\n");
}

fn write_cell(out: &mut Vec<u8>, cell: &str) {
    let is_special = |byte: u8| matches!(byte, b'"' | b',' | b';' | b'|' | b'\t' | b'\r' | b'\n');
    let padded = cell.starts_with(char::is_whitespace) || cell.ends_with(char::is_whitespace);
    if !padded && !cell.bytes().any(is_special) {
        out.extend_from_slice(cell.as_bytes());
        return;
    }
    out.push(b'"');
    for (at, part) in cell.split('"').enumerate() {
        if at > 0 {
            out.extend_from_slice(b"\"\"");
        }
        out.extend_from_slice(part.as_bytes());
    }
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::formula::{neutralised, restored};
    use crate::reading::{FileReader, Record};

    fn written(cells: &[&str]) -> String {
        let mut out = Vec::new();
        write_record(&mut out, cells.iter().copied());
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn cells_are_quoted_where_a_reader_could_misread_them() {
        for (cells, line) in [
            (&["Ada", "King", ""][..], "Ada,King,\r\n"),
            (&["say \"x\"", "a,b", "a;b"], "\"say \"\"x\"\"\",\"a,b\",\"a;b\"\r\n"),
            (&["two\r\nlines", " padded"], "\"two\r\nlines\",\" padded\"\r\n"),
            (&[""], "\"\"\r\n"),
            (&["Zoë 李"], "Zoë 李\r\n"),
        ] {
            assert_eq!(written(cells), line);
        }
    }

    /// What a file reader finds behind the first record.
    fn read(file: &[u8]) -> Vec<Vec<String>> {
        let (mut reader, mut rest, mut records) = (FileReader::new(None), file, Vec::new());
        let cells = |record: Record<'_>| record.cells.iter().map(|cell| restored(cell).into_owned()).collect();
        while let Some(record) = reader.read(&mut rest).unwrap() {
            records.push(cells(record));
        }
        while let Some(record) = reader.end().unwrap() {
            records.push(cells(record));
        }
        records.split_off(1)
    }

    proptest! {
        #[test]
        fn a_file_with_harmless_cells_is_read_back_by_our_import(
            table in prop::collection::vec(prop::collection::vec("[,;\"\t\r\n '=+@a-zé]{0,8}|[^\0\u{feff}]{0,6}", 4), 0..8)
        ) {
            let mut file = BYTE_ORDER_MARK.to_vec();
            write_record(&mut file, ["First Name", "Email", "Notes", "Tags"]);
            for record in &table {
                let cells: Vec<_> = record.iter().map(|cell| neutralised(cell)).collect();
                write_record(&mut file, cells.iter().map(AsRef::as_ref));
            }
            // A record without any text is none to an import, and no contact is like that.
            let table: Vec<_> = table.into_iter().filter(|record| record.iter().any(|cell| !cell.trim().is_empty())).collect();
            let found: Vec<_> =
                read(&file).into_iter().filter(|record| record.iter().any(|cell| !cell.trim().is_empty())).collect();
            prop_assert_eq!(found, table);
        }

        #[test]
        fn any_table_is_read_back_equal(
            table in prop::collection::vec(prop::collection::vec("[,;\"\t\r\n '=a-zé]{0,8}|\\PC*", 3), 0..8)
        ) {
            let mut out = Vec::new();
            for record in &table {
                write_record(&mut out, record.iter().map(String::as_str));
            }
            let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(out.as_slice());
            let read: Vec<Vec<String>> =
                reader.records().map(|record| record.unwrap().iter().map(str::to_owned).collect()).collect();
            prop_assert_eq!(read, table);
        }
    }
}
