//! What holds for every file, through the reader's own surface.

mod cards;
mod dialects;
mod encodings;
mod hostile;
mod properties;

use std::io::Write as _;

use super::*;

/// All that a reader tells of a file.
#[derive(Debug, PartialEq)]
struct Seen {
    records: Vec<(u64, Option<Flaw>, Vec<String>)>,
    failure: Option<Unreadable>,
    facts: Option<Facts>,
}

impl Seen {
    /// The cells of all records, where all could be read.
    fn table(self) -> Vec<Vec<String>> {
        assert_eq!(self.failure, None);
        assert!(self.records.iter().all(|(_, flaw, _)| flaw.is_none()));
        self.records.into_iter().map(|(.., cells)| cells).collect()
    }

    fn lines(&self) -> Vec<u64> {
        self.records.iter().map(|(line, ..)| *line).collect()
    }

    fn facts(&self) -> Facts {
        self.facts.unwrap()
    }
}

fn read(bytes: &[u8]) -> Seen {
    read_pieces(FileReader::new(None), [bytes])
}

fn read_as(label: &str, bytes: &[u8]) -> Seen {
    read_pieces(FileReader::new(encoding(label)), [bytes])
}

pub(crate) fn cells_of(reader: FileReader, bytes: &[u8]) -> Result<Vec<Vec<String>>, Unreadable> {
    let seen = read_pieces(reader, [bytes]);
    seen.failure.map_or_else(|| Ok(seen.records.into_iter().map(|(.., cells)| cells).collect()), Err)
}

fn read_pieces<'p>(mut reader: FileReader, pieces: impl IntoIterator<Item = &'p [u8]>) -> Seen {
    let mut records = Vec::new();
    let mut failure = None;
    for mut piece in pieces {
        loop {
            match reader.read(&mut piece) {
                Ok(Some(record)) => records.push(owned(record)),
                Ok(None) => break,
                Err(unreadable) => {
                    failure = Some(unreadable);
                    break;
                }
            }
        }
    }
    loop {
        match reader.end() {
            Ok(Some(record)) => records.push(owned(record)),
            Ok(None) => break,
            Err(unreadable) => {
                failure = Some(unreadable);
                break;
            }
        }
    }
    Seen { records, failure, facts: reader.facts() }
}

fn owned(record: Record<'_>) -> (u64, Option<Flaw>, Vec<String>) {
    assert_eq!(record.cells.iter().len(), record.cells.len());
    assert!(record.cells.iter().enumerate().all(|(at, cell)| record.cells.get(at) == Some(cell)));
    (record.line, record.flaw, record.cells.iter().map(str::to_owned).collect())
}

/// Cut at these places, in any order.
fn cut<'b>(bytes: &'b [u8], places: &[proptest::sample::Index]) -> Vec<&'b [u8]> {
    let mut places: Vec<usize> = places.iter().map(|place| place.index(bytes.len() + 1)).collect();
    places.extend([0, bytes.len()]);
    places.sort_unstable();
    places.windows(2).map(|cut| &bytes[cut[0]..cut[1]]).collect()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}
