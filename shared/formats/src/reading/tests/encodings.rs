//! Files in this and that encoding.

use encoding_rs::{SHIFT_JIS, WINDOWS_1252};

use super::*;

const TABLE: &str = "Name;Ort\r\nMüller;Köln\r\n";

fn wide(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(bytes).collect()
}

#[test]
fn the_encoding_is_found_out() {
    let latin = WINDOWS_1252.encode(TABLE).0.into_owned();
    let marked = format!("\u{feff}{TABLE}");
    for (bytes, name) in [
        (TABLE.as_bytes().to_vec(), "UTF-8"),
        (marked.clone().into_bytes(), "UTF-8"),
        (latin, "windows-1252"),
        (wide(&marked, u16::to_le_bytes), "UTF-16LE"),
        (wide(&marked, u16::to_be_bytes), "UTF-16BE"),
        (wide(TABLE, u16::to_le_bytes), "UTF-16LE"),
        (wide(TABLE, u16::to_be_bytes), "UTF-16BE"),
    ] {
        for bytes in [gzip(&bytes), bytes] {
            let seen = read(&bytes);
            assert_eq!(seen.facts().encoding, name);
            assert_eq!(seen.table(), [["Name", "Ort"], ["Müller", "Köln"]], "{name}");
        }
    }
}

#[test]
fn what_the_person_says_goes_before_what_is_found_but_not_before_a_mark() {
    let japanese = SHIFT_JIS.encode("名前,町\n山田,東京\n").0.into_owned();
    let seen = read_as("shift_jis", &japanese);
    assert_eq!(seen.facts().encoding, "Shift_JIS");
    assert_eq!(seen.table(), [["名前", "町"], ["山田", "東京"]]);
    assert_eq!(read_as("latin1", "\u{feff}ä".as_bytes()).table(), [["ä"]]);
    assert_eq!(read_as("latin1", b"\xdf\x80").table(), [["ß€"]]);
    assert_eq!(encoding("klingon"), None);
}

#[test]
fn the_first_bytes_that_are_no_utf8_make_plain_text_windows_1252_from_there_on() {
    let seen = read(b"a,b\nplain,text\nM\xfcller,\xdf\x80\n\x81,x");
    assert_eq!(seen.facts().encoding, "windows-1252");
    assert_eq!(seen.table()[2..], [["Müller", "ß€"], ["\u{81}", "x"]]);
    assert_eq!(read(b"a\nb\xe2\x82").table(), [["a"], ["bâ‚"]]);
}

#[test]
fn bytes_that_are_no_utf8_behind_some_that_are_make_one_row_flawed() {
    let seen = read("é,b\nx,y\n".as_bytes().iter().chain(b"M\xfcl,\xff\nz,z").copied().collect::<Vec<u8>>().as_slice());
    assert_eq!(seen.failure, None);
    let flaws: Vec<_> = seen.records.iter().map(|(_, flaw, _)| *flaw).collect();
    assert_eq!(flaws, [None, None, Some(Flaw::NotText), None]);
    assert_eq!(seen.records[2].2, ["M\u{fffd}l", "\u{fffd}"]);
}

#[test]
fn a_character_that_a_separator_cuts_is_no_character() {
    let seen = read(b"\xc3\xa9,b\n\xc3,\xa9\n");
    assert_eq!(seen.records[1], (2, Some(Flaw::NotText), vec!["\u{fffd}".to_owned(), "\u{fffd}".to_owned()]));
}

#[test]
fn half_a_character_makes_one_row_flawed_in_other_encodings_too() {
    let mut bytes = wide("\u{feff}a,b\n1,x", u16::to_le_bytes);
    bytes.extend(0xd800_u16.to_le_bytes());
    bytes.extend(wide("\n2,\u{fffd}\n3,y", u16::to_le_bytes));
    bytes.push(b'z');
    let seen = read(&bytes);
    assert_eq!(seen.records[1], (2, Some(Flaw::NotText), vec!["1".to_owned(), "x\u{fffd}".to_owned()]));
    assert_eq!(seen.records[2], (3, None, vec!["2".to_owned(), "\u{fffd}".to_owned()]));
    assert_eq!(seen.records[3].1, Some(Flaw::NotText));
}

#[test]
fn a_header_in_another_encoding_than_was_said_is_told() {
    let failure = read_as("utf-8", b"Name;Stra\xdfe\n").failure.unwrap();
    assert_eq!(failure, Unreadable::NotText { line: 1, encoding: "UTF-8" });
    assert!(failure.to_string().starts_with("the header in line 1 is not text in UTF-8"));
}
