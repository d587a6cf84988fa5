//! Separators, quotes, line breaks, ragged rows.

use super::*;

#[test]
fn cells_hold_separators_quotes_and_line_breaks() {
    let seen = read(b"name,note\nAda,\"one, \"\"two\"\"\nthree\"\nBob,\"{\"\"a\"\": [1, 2]}\"\n");
    assert_eq!(seen.lines(), [1, 2, 4]);
    assert_eq!(
        seen.table(),
        [vec!["name", "note"], vec!["Ada", "one, \"two\"\nthree"], vec!["Bob", "{\"a\": [1, 2]}"]]
    );
}

#[test]
fn a_row_is_told_with_the_line_where_an_editor_shows_it() {
    for newline in ["\n", "\r\n", "\r"] {
        let text = ["", "name,note", "Ada,\"two", "lines\"", "", "", "Bob,x", "Cy,"].join(newline);
        assert_eq!(read(text.as_bytes()).lines(), [2, 3, 7, 8], "{newline:?}");
    }
    assert_eq!(read(b"a\n\rb\r\n\"\r\n\r\n\"\nc").lines(), [1, 3, 4, 7]);
}

#[test]
fn the_separator_is_the_likeliest_by_the_first_record() {
    for (header, separator) in [
        ("first,last,email", ','),
        ("Vorname;Nachname;E-Mail", ';'),
        ("first\tlast, maiden\temail", '\t'),
        ("first|last|email", '|'),
        ("\"a,b,c\";\"d,e\"", ';'),
        ("\"a \"\",\"\" b\nc,,,\"|d", '|'),
        ("Name, first;E-mail", ';'),
        ("Name;Phone (home, mobile, work)", ';'),
        ("last; first; email (home,work)", ';'),
        ("last, first, email", ','),
        ("email", ','),
        ("5'11\" tall, blue;x,y", ','),
    ] {
        assert_eq!(read(header.as_bytes()).facts().separator, Some(separator), "{header}");
    }
}

#[test]
fn excels_line_names_the_separator_and_is_no_row() {
    for (text, separator) in [("sep=;\r\na;b,c\r\n", ';'), ("SEP=\t\na\tb,c\n", '\t'), ("\"sep=^\"\n\na^b,c", '^')] {
        let seen = read(text.as_bytes());
        assert_eq!(seen.facts().separator, Some(separator));
        assert!(seen.lines()[0] > 1);
        assert_eq!(seen.table(), [["a", "b,c"]]);
    }
    assert_eq!(read(b"sep=,later\n1,2").table()[0], ["sep=", "later"]);
}

#[test]
fn ragged_rows_and_rows_of_nothing_pass_and_empty_lines_do_not() {
    let table = read(b"\n\na,b\n1\n\n1,2,3\n,\n\"\"\n").table();
    assert_eq!(table, [vec!["a", "b"], vec!["1"], vec!["1", "2", "3"], vec!["", ""], vec![""]]);
}

#[test]
fn a_mark_within_the_text_belongs_to_its_cell() {
    assert_eq!(read("\u{feff}\u{feff}a,b\n".as_bytes()).table(), [["\u{feff}a", "b"]]);
}

#[test]
fn an_empty_file_has_no_records() {
    for bytes in [&b""[..], b"\n\r\n", b"\xef\xbb\xbf", b"\xff\xfe", b"sep=;\n"] {
        assert_eq!(read(bytes).table(), [[""; 0]; 0], "{bytes:?}");
    }
    assert_eq!(read(&gzip(b"")).table(), [[""; 0]; 0]);
}

#[test]
fn gzip_of_several_members_is_one_file() {
    let mut packed = gzip(b"a,b\n1,");
    packed.extend(gzip(b"2\n3,4"));
    packed.extend([0; 40]);
    let seen = read(&packed);
    assert_eq!(seen.facts().packing, Packing::Gzip);
    assert_eq!(seen.table(), [["a", "b"], ["1", "2"], ["3", "4"]]);
}
