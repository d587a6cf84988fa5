//! Files that mean harm: each ends in a clear error, and takes no memory to speak of.

use super::*;

/// What comes of a file that repeats `piece` for ever, after `start`.
fn endless(start: &[u8], piece: &[u8]) -> Unreadable {
    let mut reader = FileReader::new(None);
    let pieces = std::iter::once(start).chain(std::iter::repeat_n(piece, 16 * 1024));
    for mut piece in pieces {
        loop {
            match reader.read(&mut piece) {
                Ok(Some(_)) => {}
                Ok(None) => break,
                Err(unreadable) => {
                    assert_eq!(reader.end(), Err(unreadable.clone()), "a failure stays");
                    return unreadable;
                }
            }
        }
    }
    panic!("a gigabyte was read");
}

#[test]
fn a_line_of_a_gigabyte_is_given_up_after_a_mebibyte() {
    let piece = vec![b'x'; 64 * 1024];
    assert_eq!(endless(b"a,b\n1,2\n3,\"", &piece), Unreadable::RowTooLong { line: 3 });
    assert_eq!(endless(b"a,b\n1,2\n\n3,", &piece), Unreadable::RowTooLong { line: 4 });
    assert_eq!(endless(b"a,\"", &piece), Unreadable::HeaderTooLong { line: 1 });
    assert_eq!(endless(b"sep=;\n", &piece), Unreadable::HeaderTooLong { line: 2 });
    assert_eq!(endless(b"BEGIN:VCARD\nFN:", &piece), Unreadable::CardTooLong { line: 1 });
    assert_eq!(endless(b"BEGIN:VCARD\nEND:VCARD\n", &piece), Unreadable::CardTooLong { line: 3 });
    let agents = b"AGENT:\nBEGIN:VCARD\nX:y\n".repeat(1_000);
    assert_eq!(endless(b"BEGIN:VCARD\n", &agents), Unreadable::CardTooLong { line: 1 });
}

#[test]
fn a_row_of_a_mebibyte_is_read() {
    let cell = "x".repeat(MAX_RECORD - 3);
    let table = read(format!("a,b\n1,{cell}\n2,y").as_bytes()).table();
    assert_eq!(table[1][1].len(), cell.len());
    let seen = read(format!("a,b\n1,{cell}x\n2,y").as_bytes());
    assert_eq!(seen.failure, Some(Unreadable::RowTooLong { line: 2 }));
}

#[test]
fn a_million_columns_are_refused_in_the_header_and_flaw_a_row() {
    let many = "x,".repeat(1_000_000);
    assert_eq!(read(many.as_bytes()).failure, Some(Unreadable::HeaderTooLong { line: 1 }));
    assert_eq!(read("x,".repeat(1_001).as_bytes()).failure, Some(Unreadable::TooManyColumns { line: 1 }));
    assert_eq!(read("x,".repeat(1_000).as_bytes()).table()[0].len(), 1_000);
    let rows = format!("a,b\n{}\n{}\n1,2\n", "x,".repeat(500_000), ",".repeat(1_000_000));
    let seen = read(rows.as_bytes());
    let told: Vec<_> = seen.records.iter().map(|(_, flaw, cells)| (*flaw, cells.len())).collect();
    assert_eq!(told, [(None, 2), (Some(Flaw::TooManyCells), 1_000), (None, 1_000), (None, 2)]);
}

#[test]
fn nul_flaws_its_row_or_refuses_the_file() {
    let seen = read(b"a,b\n1,2\0\n3,4\n");
    assert_eq!(seen.records[1], (2, Some(Flaw::Nul), vec!["1".to_owned(), "2\u{fffd}".to_owned()]));
    assert_eq!(seen.records[2].1, None);
    assert_eq!(read(b"ab\0c,d\n").failure, Some(Unreadable::NotText { line: 1, encoding: "UTF-8" }));
    assert_eq!(read(&[0; 4096]).failure, Some(Unreadable::NotText { line: 1, encoding: "UTF-8" }));
    assert_eq!(read(b"BEGIN:VCARD\nFN:A\0\nEND:VCARD").records[1].1, Some(Flaw::Nul));
}

#[test]
fn a_bomb_is_given_up_and_much_that_is_alike_is_not() {
    let row = [vec![b'x'; 512 * 1024 - 1], vec![b'\n']].concat();
    let packed = |rows: usize| gzip(&[b"a\n", row.repeat(rows).as_slice()].concat());
    assert_eq!(read(&packed(127)).failure, None);
    assert_eq!(read(&packed(160)).failure, Some(Unreadable::Bomb));
}

#[test]
fn damaged_files_are_told_from_those_that_end_too_early() {
    let whole = gzip(b"a,b\n1,2\n");
    assert_eq!(read(&whole[..whole.len() - 1]).failure, Some(Unreadable::Truncated));
    let mut damaged = whole.clone();
    let checksum = whole.len() - 6;
    damaged[checksum] ^= 1;
    assert_eq!(read(&damaged).failure, Some(Unreadable::Damaged));
    assert_eq!(read(&[&whole[..], b"more"].concat()).failure, Some(Unreadable::Damaged));
    assert_eq!(read(b"\x1f\x8bno").failure, Some(Unreadable::Damaged));
}

#[test]
fn archives_and_spreadsheets_are_named_as_such() {
    for archive in [&b"PK\x03\x04...."[..], b"PK\x05\x06", &gzip(b"a,b\n")] {
        assert_eq!(read(&gzip(archive)).failure, Some(Unreadable::Archive));
    }
    assert_eq!(read(b"PK\x03\x04....").failure, Some(Unreadable::Archive));
    assert_eq!(read(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1").failure, Some(Unreadable::Spreadsheet));
}

#[test]
fn what_came_before_damage_is_read_wherever_the_file_is_cut() {
    let whole = gzip(b"a,b\n1,2\n\xff,4\n5,6\n");
    for (end, flipped) in [(whole.len() - 3, None), (whole.len(), Some(whole.len() - 6)), (whole.len(), Some(16))] {
        let mut damaged = whole[..end].to_vec();
        if let Some(at) = flipped {
            damaged[at] ^= 1;
        }
        let at_once = read(&damaged);
        assert!(at_once.failure.is_some(), "{end} {flipped:?}");
        for length in 1..damaged.len() {
            let pieces = read_pieces(FileReader::new(None), damaged.chunks(length));
            assert_eq!(
                (pieces.records, pieces.failure),
                (at_once.records.clone(), at_once.failure.clone()),
                "{length}"
            );
        }
    }
}
