//! What must hold for any table and any bytes.

use csv::{QuoteStyle, Terminator, WriterBuilder};
use encoding_rs::WINDOWS_1252;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::*;

#[derive(Debug, Clone, Copy)]
enum Written {
    Utf8,
    Marked,
    Latin,
    Wide(fn(u16) -> [u8; 2], bool),
}

impl Written {
    fn bytes(self, text: &str) -> Vec<u8> {
        match self {
            Self::Utf8 => text.as_bytes().to_vec(),
            Self::Marked => format!("\u{feff}{text}").into_bytes(),
            Self::Latin => WINDOWS_1252.encode(text).0.into_owned(),
            Self::Wide(bytes, marked) => {
                let mark = marked.then_some('\u{feff}');
                mark.into_iter().chain(text.chars()).collect::<String>().encode_utf16().flat_map(bytes).collect()
            }
        }
    }
}

fn written() -> impl Strategy<Value = Written> {
    let (little, big) = (u16::to_le_bytes as fn(u16) -> [u8; 2], u16::to_be_bytes as fn(u16) -> [u8; 2]);
    let wide =
        [(little, true), (little, false), (big, true), (big, false)].map(|(bytes, mark)| Written::Wide(bytes, mark));
    select([&[Written::Utf8, Written::Marked, Written::Latin][..], &wide].concat())
}

/// A header and rows that may be ragged. Windows-1252 has all of it, and never as UTF-8 would.
fn table() -> impl Strategy<Value = Vec<Vec<String>>> {
    let header = prop::collection::vec("[a-z][a-zé .]{0,6}", 2..6);
    let rows = prop::collection::vec(prop::collection::vec("[a-zéßÿ \"',;|\t\r\n=0-9-]{0,8}", 1..7), 0..12);
    (header, rows).prop_map(|(header, rows)| [vec![header], rows].concat())
}

fn packed(bytes: &[u8], members: Option<Index>) -> Vec<u8> {
    let Some(at) = members else { return bytes.to_vec() };
    let (first, second) = bytes.split_at(at.index(bytes.len() + 1));
    [gzip(first), gzip(second)].concat()
}

/// The lines on which the records begin, counted in the simplest way.
fn lines(records: &[String]) -> Vec<u64> {
    let mut line = 1;
    let next = |record: &String| {
        let begins = line;
        line += record.replace("\r\n", "\n").matches(['\r', '\n']).count() as u64;
        begins
    };
    records.iter().map(next).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn any_table_under_any_dialect_is_read_back_equal(
        table in table(),
        separator in select(vec![b',', b';', b'\t', b'|']),
        quotes in select(vec![QuoteStyle::Necessary, QuoteStyle::Always, QuoteStyle::NonNumeric]),
        terminator in select(vec![Terminator::CRLF, Terminator::Any(b'\n'), Terminator::Any(b'\r')]),
        written in written(),
        members in prop::option::of(any::<Index>()),
        cuts in prop::collection::vec(any::<Index>(), 0..4),
    ) {
        let record = |cells: &Vec<String>| {
            let mut builder = WriterBuilder::new();
            builder.delimiter(separator).quote_style(quotes).terminator(terminator).flexible(true);
            let mut writer = builder.from_writer(Vec::new());
            writer.write_record(cells).unwrap();
            String::from_utf8(writer.into_inner().unwrap()).unwrap()
        };
        let records: Vec<String> = table.iter().map(record).collect();
        let bytes = packed(&written.bytes(&records.concat()), members);
        let seen = read_pieces(FileReader::new(None), cut(&bytes, &cuts));
        prop_assert_eq!(seen.lines(), lines(&records));
        prop_assert_eq!(seen.facts().separator, Some(char::from(separator)));
        prop_assert_eq!(seen.table(), table);
    }

    #[test]
    fn where_a_file_is_cut_makes_no_difference(
        start in select(vec![&b""[..], b"\xef\xbb\xbf", b"\xff\xfe", b"a,b\n", b"sep=|\n", b"\xc3\xa9;b\n", b"BEGIN:VCARD\r\n"]),
        bytes in prop::collection::vec(select(b"\"',;|\t\r\n\r\n\0 =a\xc3\xa9\xff\xe2\x82\xac\x80".to_vec()), 0..120),
        pack in any::<bool>(),
        cuts in prop::collection::vec(any::<Index>(), 1..8),
    ) {
        let bytes = [start, bytes.as_slice()].concat();
        let bytes = if pack { gzip(&bytes) } else { bytes };
        let whole = read(&bytes);
        prop_assert_eq!(&read_pieces(FileReader::new(None), cut(&bytes, &cuts)), &whole);
        prop_assert_eq!(&read_pieces(FileReader::new(None), bytes.chunks(1)), &whole);
    }

    #[test]
    fn no_bytes_make_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        read(&bytes);
        read(&[b"\x1f\x8b\x08\0", bytes.as_slice()].concat());
        read(&[b"BEGIN:VCARD\nVERSION:2.1\n", bytes.as_slice(), b"\nEND:VCARD"].concat());
    }
}
