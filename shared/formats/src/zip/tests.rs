//! Archives as others write them, and as they should not.

use std::io::{Cursor, Write as _};

use ::zip::write::SimpleFileOptions;
use ::zip::{CompressionMethod, ZipWriter};
use proptest::prelude::*;

use super::*;
use crate::reading::FileReader;
use crate::reading::tests::cells_of;

const TABLE: &[u8] = b"a,b\n1,2\n";

fn archive(files: &[(&str, &[u8])], options: SimpleFileOptions) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        if name.ends_with('/') {
            writer.add_directory(*name, options).unwrap();
        } else {
            writer.start_file(*name, options).unwrap();
            writer.write_all(bytes).unwrap();
        }
    }
    writer.finish().unwrap().into_inner()
}

fn stored() -> SimpleFileOptions {
    SimpleFileOptions::default().compression_method(CompressionMethod::Stored)
}

fn deflated() -> SimpleFileOptions {
    SimpleFileOptions::default().compression_method(CompressionMethod::Deflated)
}

fn find(archive: &[u8]) -> Result<Entry, Unreadable> {
    let mut step = Search::begin(archive.len() as u64)?;
    for _ in 0..4 {
        step = match step {
            Step::Found(entry) => return Ok(entry),
            Step::Read(search) => {
                let range = search.range();
                assert!(range.end <= archive.len() as u64 && range.end - range.start <= 4 << 20);
                search.go_on(&archive[range.start as usize..range.end as usize])?
            }
        };
    }
    match step {
        Step::Found(entry) => Ok(entry),
        Step::Read(_) => panic!("more than four steps"),
    }
}

fn table(archive: &[u8]) -> Result<Vec<Vec<String>>, Unreadable> {
    let entry = find(archive)?;
    let data = &archive[entry.data.start as usize..entry.data.end as usize];
    cells_of(FileReader::of_entry(&entry, None), data)
}

#[test]
fn the_one_table_of_an_archive_is_found_and_read() {
    for options in [stored(), deflated(), deflated().large_file(true)] {
        let files = [
            ("folder.csv/", &b""[..]),
            ("folder.csv/contacts.CSV", TABLE),
            ("__MACOSX/folder.csv/._contacts.csv", b"x"),
            ("folder.csv/.hidden.csv", b"x"),
            ("readme.txt", b"read me"),
        ];
        let archive = archive(&files, options);
        assert!(is_archive(&archive));
        assert_eq!(find(&archive).unwrap().name, "folder.csv/contacts.CSV");
        assert_eq!(table(&archive).unwrap(), [["a", "b"], ["1", "2"]]);
    }
}

#[test]
fn what_is_left_to_unpack_when_all_bytes_went_in_is_unpacked() {
    for length in [64 << 10, 65 << 10, 100_000, 1 << 20, (1 << 20) + 1] {
        let rows = [b"a\n", "x".repeat(length - 2).as_bytes()].concat();
        assert_eq!(table(&archive(&[("a.csv", &rows)], deflated())).unwrap()[1][0].len(), length - 2);
    }
}

#[test]
fn a_text_or_a_lone_file_will_do() {
    let named = |files: &[(&str, &[u8])]| find(&archive(files, stored())).unwrap().name;
    assert_eq!(named(&[("photo.jpg", b""), ("contacts.txt", TABLE)]), "contacts.txt");
    assert_eq!(named(&[("contacts", TABLE)]), "contacts");
    assert_eq!(named(&[("photo.jpg", b""), ("all.vcf", b"")]), "all.vcf");
}

#[test]
fn none_or_several_are_told() {
    assert_eq!(find(&archive(&[], stored())), Err(Unreadable::NoEntry));
    assert_eq!(find(&archive(&[("a/", b"")], stored())), Err(Unreadable::NoEntry));
    let two = find(&archive(&[("a.csv", b""), ("b.txt", b""), ("c.vcf", b""), ("d.csv", b"")], stored()));
    assert_eq!(two, Err(Unreadable::SeveralEntries { first: "a.csv".to_owned(), second: "c.vcf".to_owned() }));
    let office = archive(&[("[Content_Types].xml", b""), ("xl/workbook.xml", b"")], stored());
    assert_eq!(find(&office), Err(Unreadable::Spreadsheet));
}

#[test]
fn a_path_as_a_name_is_only_shown() {
    let entry = find(&archive(&[("../../etc/\u{1b}[31mpasswd.csv", TABLE)], stored())).unwrap();
    assert_eq!(entry.name, "../../etc/\u{fffd}[31mpasswd.csv");
}

/// Where the list of an archive with one file begins.
fn directory(archive: &[u8]) -> usize {
    memchr::memmem::find(archive, b"PK\x01\x02").unwrap()
}

#[test]
fn what_cannot_be_unpacked_is_told() {
    let whole = archive(&[("a.csv", TABLE)], deflated());
    let with = |at: usize, byte: u8| {
        let mut changed = whole.clone();
        changed[directory(&whole) + at] = byte;
        table(&changed)
    };
    assert_eq!(with(8, 1), Err(Unreadable::Encrypted { name: "a.csv".to_owned() }));
    assert_eq!(with(10, 14), Err(Unreadable::Method { name: "a.csv".to_owned() }));
    assert_eq!(with(16, 0), Err(Unreadable::Damaged), "the checksum");
    assert_eq!(with(24, 0), Err(Unreadable::Damaged), "the size");
    assert_eq!(with(45, 1), Err(Unreadable::ArchiveDamaged), "the place");
    assert_eq!(find(&whole[..whole.len() - 1]), Err(Unreadable::ArchiveDamaged));
    assert_eq!(find(b""), Err(Unreadable::ArchiveDamaged));
}

#[test]
fn an_archive_with_a_comment_is_found_though_the_comment_looks_like_an_end() {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    writer.set_comment("PK\u{5}\u{6} and more than twenty-two characters").unwrap();
    writer.start_file("a.csv", stored()).unwrap();
    writer.write_all(TABLE).unwrap();
    assert_eq!(table(&writer.finish().unwrap().into_inner()).unwrap().len(), 2);
}

/// The archive as zip64 writes it: all that could be large is said in eight bytes.
fn large(archive: &[u8], size: u64) -> Vec<u8> {
    let list = directory(archive);
    let end = memchr::memmem::find(archive, b"PK\x05\x06").unwrap();
    let (files, mut item) = (&archive[..list], archive[list..end].to_vec());
    let packed = u32::from_le_bytes(item[20..24].try_into().unwrap());
    item[20..28].fill(0xff);
    item[30..32].copy_from_slice(&32_u16.to_le_bytes());
    item[42..46].fill(0xff);
    item.extend(
        [&[7, 0, 0, 0, 1, 0, 24, 0], &size.to_le_bytes()[..], &u64::from(packed).to_le_bytes(), &[0; 8]].concat(),
    );
    let offset = (list as u64).to_le_bytes();
    let end = (list + item.len()) as u64;
    let large_end = [b"PK\x06\x06", &[0; 36][..], &(item.len() as u64).to_le_bytes(), &offset].concat();
    let locator = [b"PK\x06\x07", &[0; 4][..], &end.to_le_bytes(), &[0; 4]].concat();
    let last = [b"PK\x05\x06", &[0; 4][..], &[0xff; 12], &[0; 2]].concat();
    [files, &item, &large_end, &locator, &last].concat()
}

#[test]
fn zip64_is_read_and_its_sizes_are_not_trusted() {
    let small = archive(&[("a.csv", TABLE)], deflated());
    assert_eq!(table(&large(&small, TABLE.len() as u64)).unwrap(), [["a", "b"], ["1", "2"]]);
    assert_eq!(table(&large(&small, u64::MAX)), Err(Unreadable::TooLarge));
    assert_eq!(table(&large(&small, 1 << 32)), Err(Unreadable::Damaged));
}

proptest! {
    #[test]
    fn no_bytes_make_the_search_panic(at in any::<prop::sample::Index>(), byte in any::<u8>(), tail in any::<bool>()) {
        let mut archive = large(&archive(&[("a.csv", TABLE), ("b.txt", TABLE)][..1], deflated()), 8);
        let at = at.index(archive.len());
        archive[at] = byte;
        let _ = table(&archive);
        let _ = table(if tail { &archive[at..] } else { &archive[..at] });
    }
}
