//! What files keep, and what becomes of files that are not what was written.

use domain::Timestamp;
use domain::contact::indexed::{Indexed, Stamp};
use domain::id::Id;
use proptest::prelude::*;
use proptest::sample::Index;

use super::header::{Header, LENGTH};
use super::*;
use crate::dictionary::Coded;
use crate::samples::{are_same, states, tenant};

/// The columns of a file as they were before they were compressed.
fn raw_columns(bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut file = Reader::open(bytes, tenant(1)).unwrap();
    Column::ALL.iter().map(|column| file.column(*column, usize::MAX, Ok).unwrap()).collect()
}

/// A file of these columns, with all checksums right.
fn forged(rows: usize, columns: &[Vec<u8>]) -> Vec<u8> {
    let mut file = Writer::new(tenant(1), rows);
    for (column, raw) in Column::ALL.iter().zip(columns) {
        if *column == Column::IdEnds { file.add_plain(*column, raw) } else { file.add(*column, raw) }
    }
    file.finish()
}

/// The file with another header, whose checksum is right.
fn with_header(bytes: &[u8], change: impl FnOnce(&mut Header)) -> Vec<u8> {
    let mut header = Header::read(bytes, tenant(1)).unwrap();
    change(&mut header);
    [&header.write(), &bytes[LENGTH..]].concat()
}

fn fault_of(bytes: &[u8]) -> Option<(&'static str, &'static str)> {
    match Segment::decode(bytes, tenant(1)) {
        Err(DamagedFile::Damaged { part, fault }) => Some((part, fault)),
        _ => None,
    }
}

/// Whether every row of a segment can be asked for everything.
fn is_sound(segment: &Segment) -> bool {
    let rows = segment.rows();
    let texts = |coded: &Coded| coded.codes.iter().map(|&code| coded.dictionary.text(code).len()).sum::<usize>();
    let lists = segment.tags.rows.iter().chain(&segment.groups.rows).chain(&segment.types.rows);
    segment.coded().map(texts).iter().sum::<usize>() < usize::MAX
        && (0..rows).all(|row| segment.mailboxes.text(row).len() + segment.stamp(row).version as usize > 0)
        && lists.into_iter().all(|list| list.max().is_some_and(|last| (last as usize) < rows))
        && segment.contacts.count() + segment.gone.len() == rows
        && segment.ids.is_sorted()
        && Segment::fold(&[segment, segment], None).rows() == rows
        && are_same(segment, &Segment::decode(&segment.encode(tenant(1)), tenant(1)).unwrap())
}

#[derive(Debug, Clone)]
enum Change {
    Flip(Index, u8),
    Cut(Index),
    Insert(Index, Vec<u8>),
    Copy(Index, Index, u8),
}

impl Change {
    fn apply(&self, bytes: &mut Vec<u8>) {
        match self {
            Self::Flip(at, bit) if !bytes.is_empty() => {
                let at = at.index(bytes.len());
                bytes[at] ^= 1 << bit;
            }
            Self::Cut(at) => bytes.truncate(at.index(bytes.len() + 1)),
            Self::Insert(at, more) => drop(bytes.splice(at.index(bytes.len() + 1).., more.iter().copied())),
            Self::Copy(from, to, length) if !bytes.is_empty() => {
                let (from, to) = (from.index(bytes.len()), to.index(bytes.len()));
                let end = (from + usize::from(*length)).min(bytes.len());
                let piece = bytes[from..end].to_vec();
                bytes.splice(to..to, piece);
            }
            _ => {}
        }
    }
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        (any::<Index>(), 0..8_u8).prop_map(|(at, bit)| Change::Flip(at, bit)),
        any::<Index>().prop_map(Change::Cut),
        (any::<Index>(), prop::collection::vec(any::<u8>(), 0..40)).prop_map(|(at, more)| Change::Insert(at, more)),
        (any::<Index>(), any::<Index>(), any::<u8>()).prop_map(|(from, to, length)| Change::Copy(from, to, length)),
    ]
}

proptest! {
    #[test]
    fn a_segment_is_what_was_written(states in states()) {
        let segment = Segment::build(&states);
        let decoded = Segment::decode(&segment.encode(tenant(1)), tenant(1)).unwrap();
        prop_assert!(are_same(&segment, &decoded), "{:#?}\n{:#?}", segment, decoded);
        prop_assert!(is_sound(&decoded));
    }

    #[test]
    fn a_file_that_was_changed_is_refused(states in states(), change in change()) {
        let file = Segment::build(&states).encode(tenant(1));
        let mut changed = file.clone();
        change.apply(&mut changed);
        prop_assert!(changed == file || Segment::decode(&changed, tenant(1)).is_err());
    }

    #[test]
    fn a_forged_file_is_refused_or_holds_a_sound_segment(
        states in states(), column in any::<Index>(), change in change(), more in prop_oneof![5 => Just(0), 1 => 1..3_usize],
    ) {
        let segment = Segment::build(&states);
        let mut columns = raw_columns(&segment.encode(tenant(1)));
        change.apply(column.get_mut(&mut columns));
        if let Ok(segment) = Segment::decode(&forged(segment.rows() + more, &columns), tenant(1)) {
            prop_assert!(is_sound(&segment));
        }
    }

    #[test]
    fn a_forged_header_is_refused(states in states(), column in any::<Index>(), field in 0..4, by in any::<i64>()) {
        let file = Segment::build(&states).encode(tenant(1));
        let forged = with_header(&file, |header| {
            let part = column.get_mut(&mut header.parts);
            let field = match field {
                0 => &mut part.offset,
                1 => &mut part.length,
                2 => &mut part.raw,
                _ => &mut header.rows,
            };
            *field = field.wrapping_add(by as usize);
        });
        prop_assert!(forged == file || Segment::decode(&forged, tenant(1)).is_err());
    }

    #[test]
    fn bytes_are_no_file(bytes in prop::collection::vec(any::<u8>(), 0..3_000)) {
        prop_assert!(Segment::decode(&bytes, tenant(1)).is_err());
    }
}

#[test]
fn a_file_of_another_tenant_or_of_another_time_is_told_apart() {
    let file = Segment::build([]).encode(tenant(1));
    assert_eq!(Segment::decode(&file, tenant(2)), Err(DamagedFile::AnotherTenant));
    let mut later = file.clone();
    later[8] = 2;
    assert_eq!(Segment::decode(&later, tenant(1)), Err(DamagedFile::UnknownSchema(2)));
    assert_eq!(fault_of(&file[1..]), Some(("header", "is no index file's")));
    assert_eq!(fault_of(&file[..100]), Some(("header", "is cut off")));
    assert!(Segment::decode(&file, tenant(1)).unwrap().rows() == 0);
}

#[test]
fn nothing_is_decompressed_that_the_rows_do_not_allow() {
    let columns = raw_columns(&Segment::build([]).encode(tenant(1)));
    for (at, column) in Column::ALL.iter().enumerate().filter(|(_, column)| **column != Column::IdEnds) {
        let mut columns = columns.clone();
        columns[at] = vec![0; 1 << 20];
        assert_eq!(fault_of(&forged(0, &columns)), Some((column.name(), "is longer than its rows allow")));
    }
    let many = with_header(&forged(0, &columns), |header| header.rows = 50_000_000);
    assert_eq!(fault_of(&many), Some(("header", "tells of more rows than there are")));
}

#[test]
fn what_is_told_of_lengths_within_columns_is_not_believed() {
    let states = [Indexed::gone(
        Id::derived(Timestamp::default(), &[]),
        Stamp { version: 1, revision: 1 },
        Timestamp::default(),
    )];
    let columns = raw_columns(&Segment::build(&states).encode(tenant(1)));
    let most = planes::write([u64::from(u32::MAX)].into_iter());
    for (column, raw, fault) in [
        (Column::ScoreCodes, most.clone(), (Column::Scores, "has more scores than rows")),
        (Column::CompanyCodes, most, (Column::CompanyCodes, "has codes that no text has")),
        (Column::Mailboxes, b"a\nb\n".to_vec(), (Column::Mailboxes, "has more texts than its rows allow")),
        (Column::OptIn, vec![4], (Column::OptIn, "has too few rows, or a value that there is not")),
        (Column::Tags, b"\xff\xff\xff\xff\x0fa".to_vec(), (Column::Tags, "is cut off within a text, or is none")),
        (Column::Groups, vec![0; 16], (Column::GroupRows, "is cut off")),
        (Column::TypeRows, vec![1], (Column::TypeRows, "has rows without a value")),
    ] {
        let mut columns = columns.clone();
        columns[column as usize] = raw;
        assert_eq!(fault_of(&forged(1, &columns)), Some((fault.0.name(), fault.1)));
    }
}

#[test]
fn ids_are_sorted_and_none_is_there_twice() {
    let gone = |number: &u8| {
        let id = Id::fresh(Timestamp::default(), [0, 0, 0, 0, 0, 0, 0, 0, 0, *number]);
        Indexed::gone(id, Stamp { version: 1, revision: 1 }, Timestamp::default())
    };
    let states: Vec<Indexed> = [1, 2].iter().map(gone).collect();
    let columns = raw_columns(&Segment::build(&states).encode(tenant(1)));
    let (one, other) = columns[Column::IdEnds as usize].split_at(8);
    for (ends, fault) in [
        ([one, other], None),
        ([other, one], Some((Column::IdEnds.name(), "is not sorted"))),
        ([one, one], Some((Column::IdEnds.name(), "is not sorted"))),
    ] {
        let mut columns = columns.clone();
        columns[Column::IdEnds as usize] = ends.concat();
        assert_eq!(fault_of(&forged(2, &columns)), fault);
    }
}

#[test]
fn rows_of_values_are_counted_and_lie_within_the_segment() {
    for (rows, fault) in [
        (&[0_u8][..], "has too many rows or none for a value"),
        (&[0xff, 0xff, 0x7f, 0], "has too many rows or none for a value"),
        (&[1, 9], "has rows that there are not"),
        (&[2, 0, 0], "has rows that there are not"),
        (&[1, 0xff, 0xff, 0xff, 0xff, 0x0f], "has rows that there are not"),
    ] {
        assert_eq!(lists::rows_in(rows, 1, 1), Err(fault), "{rows:?}");
    }
    assert_eq!(lists::rows_in(&[1, 0], 1, 1), Ok(vec![[0].into_iter().collect()]));
}

#[test]
fn a_length_that_is_not_the_column_s_is_refused() {
    let file = Segment::build([]).encode(tenant(1));
    let torn = with_header(&file, |header| header.parts[Column::Versions as usize].raw = 0);
    assert_eq!(fault_of(&torn), Some((Column::Versions.name(), "cannot be decompressed")));
}
