//! Several readers of one stream: each sees every change once and in order, at its own pace, whatever ends in between.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use proptest::prelude::*;
use serde_json::Value;

use super::{TABLE, create_table, dynamodb, kept, on_disk, put};
use crate::stream::stored;
use crate::{Batch, Embedded, StreamReader, StreamRecord};

/// Services in this directory, and these readers of the table's stream, which is made if it is not there.
async fn start<const N: usize>(directory: &Path, names: [&str; N]) -> (Embedded, [StreamReader; N]) {
    let embedded = on_disk(directory).await;
    let client = dynamodb(&embedded);
    if client.describe_table().table_name(TABLE).send().await.is_err() {
        create_table(&client).await;
    }
    let readers = embedded.stream_readers(TABLE, &names).await.unwrap();
    (embedded, readers.try_into().unwrap())
}

async fn write(embedded: &Embedded, numbers: std::ops::RangeInclusive<u32>) {
    let client = dynamodb(embedded);
    for number in numbers {
        put(&client, "k", &number.to_string()).await;
    }
}

/// The numbers of the items that changed.
fn numbers(batch: &Batch) -> Vec<u32> {
    let number = |record: &StreamRecord| {
        let record: Value = serde_json::from_str(record.record.get()).unwrap();
        record["dynamodb"]["Keys"]["sk"]["S"].as_str().unwrap().parse().unwrap()
    };
    batch.records.iter().map(number).collect()
}

async fn peek(reader: &StreamReader) -> Vec<u32> {
    numbers(&reader.read(100).await.unwrap())
}

/// Reads so many, and is done with them.
async fn take(reader: &StreamReader, limit: usize) -> Vec<u32> {
    let batch = reader.read(limit).await.unwrap();
    if let Some(last) = &batch.last {
        reader.done(last).await.unwrap();
    }
    numbers(&batch)
}

#[tokio::test]
async fn what_the_slower_reader_has_not_seen_is_kept_and_nothing_else() {
    let directory = tempfile::tempdir().unwrap();
    let (embedded, [fast, slow]) = start(directory.path(), ["fast", "slow"]).await;
    write(&embedded, 1..=6).await;
    assert_eq!(take(&fast, 4).await, [1, 2, 3, 4]);
    assert_eq!((kept(directory.path()), peek(&slow).await), (6, vec![1, 2, 3, 4, 5, 6]));
    assert_eq!(take(&slow, 2).await, [1, 2]);
    assert_eq!(kept(directory.path()), 4);
    assert_eq!((take(&fast, 9).await, take(&fast, 9).await), (vec![5, 6], vec![]));
    assert_eq!(take(&slow, 9).await, [3, 4, 5, 6]);
    assert_eq!(kept(directory.path()), 1, "the newest record stays, to be counted on from");
    write(&embedded, 7..=7).await;
    assert_eq!((peek(&fast).await, peek(&slow).await), (vec![7], vec![7]));
}

#[tokio::test]
async fn each_reader_goes_on_after_a_restart_where_it_was() {
    let directory = tempfile::tempdir().unwrap();
    let (embedded, [fast, slow]) = start(directory.path(), ["fast", "slow"]).await;
    write(&embedded, 1..=6).await;
    take(&fast, 6).await;
    take(&slow, 2).await;
    embedded.shutdown().await;
    let (embedded, [slow, fast]) = start(directory.path(), ["slow", "fast"]).await;
    assert_eq!((peek(&fast).await, peek(&slow).await), (vec![], vec![3, 4, 5, 6]));
    write(&embedded, 7..=7).await;
    assert_eq!((peek(&fast).await, peek(&slow).await), (vec![7], vec![3, 4, 5, 6, 7]));
}

#[tokio::test]
async fn a_batch_that_was_not_done_with_comes_again_from_its_first_record() {
    let directory = tempfile::tempdir().unwrap();
    let (embedded, [worker, other]) = start(directory.path(), ["worker", "other"]).await;
    write(&embedded, 1..=3).await;
    take(&worker, 1).await;
    assert_eq!(peek(&worker).await, [2, 3]);
    take(&other, 3).await;
    drop(embedded);
    let (embedded, [worker, other]) = start(directory.path(), ["worker", "other"]).await;
    write(&embedded, 4..=4).await;
    assert_eq!((peek(&worker).await, peek(&other).await), (vec![2, 3, 4], vec![4]));
}

#[tokio::test]
async fn a_reader_that_moved_on_and_died_before_the_trim_sees_nothing_again() {
    let directory = tempfile::tempdir().unwrap();
    let (embedded, [reader]) = start(directory.path(), ["reader"]).await;
    write(&embedded, 1..=3).await;
    let second = reader.read(2).await.unwrap().last.unwrap();
    embedded.dynamodb.records().advance(TABLE, "reader", stored(&second).unwrap()).unwrap();
    drop(embedded);
    assert_eq!(kept(directory.path()), 3);
    drop(reader);
    let (_embedded, [reader]) = start(directory.path(), ["reader"]).await;
    assert_eq!(take(&reader, 9).await, [3]);
    assert_eq!(kept(directory.path()), 1);
}

#[tokio::test]
async fn a_reader_never_moves_back() {
    let directory = tempfile::tempdir().unwrap();
    let (embedded, [reader, _idle]) = start(directory.path(), ["reader", "idle"]).await;
    write(&embedded, 1..=3).await;
    let first = reader.read(1).await.unwrap().last.unwrap();
    take(&reader, 2).await;
    reader.done(&first).await.unwrap();
    assert_eq!(peek(&reader).await, [3]);
}

#[tokio::test]
async fn a_reader_that_is_gone_holds_nothing_back_and_comes_back_where_it_was() {
    let directory = tempfile::tempdir().unwrap();
    let (embedded, [stays, goes]) = start(directory.path(), ["stays", "goes"]).await;
    write(&embedded, 1..=4).await;
    take(&stays, 2).await;
    take(&goes, 3).await;
    embedded.shutdown().await;
    let (embedded, [stays]) = start(directory.path(), ["stays"]).await;
    write(&embedded, 5..=5).await;
    assert_eq!(take(&stays, 1).await, [3]);
    embedded.shutdown().await;
    let (embedded, [stays, back]) = start(directory.path(), ["stays", "goes"]).await;
    assert_eq!((peek(&stays).await, peek(&back).await), (vec![4, 5], vec![4, 5]));
    embedded.shutdown().await;
    let (embedded, [stays]) = start(directory.path(), ["stays"]).await;
    take(&stays, 9).await;
    assert_eq!(kept(directory.path()), 1);
    write(&embedded, 6..=6).await;
    embedded.shutdown().await;
    let (_embedded, [_stays, late]) = start(directory.path(), ["stays", "goes"]).await;
    assert_eq!(peek(&late).await, [6], "what was forgotten meanwhile is passed over");
}

#[tokio::test]
async fn a_new_reader_begins_at_the_oldest_record_kept() {
    let directory = tempfile::tempdir().unwrap();
    let (embedded, [old]) = start(directory.path(), ["old"]).await;
    write(&embedded, 1..=5).await;
    take(&old, 2).await;
    embedded.shutdown().await;
    let (_embedded, [old, new]) = start(directory.path(), ["old", "new"]).await;
    assert_eq!((peek(&old).await, peek(&new).await), (vec![3, 4, 5], vec![3, 4, 5]));
    take(&old, 3).await;
    assert_eq!(take(&new, 1).await, [3]);
    assert_eq!(peek(&new).await, [4, 5]);
}

/// What may happen to a stream.
#[derive(Debug, Clone)]
enum Event {
    Write,
    /// This reader takes so many, and dies before it is done with them if so told.
    Take(usize, usize, bool),
    /// The services start again with the readers whose bits are set.
    Restart(usize),
}

const NAMES: [&str; 3] = ["a", "b", "c"];

fn events() -> impl Strategy<Value = Vec<Event>> {
    let event = prop_oneof![
        4 => Just(Event::Write),
        4 => (0..NAMES.len(), 1..4usize, any::<bool>()).prop_map(|(who, many, dies)| Event::Take(who, many, dies)),
        1 => (1..1usize << NAMES.len()).prop_map(Event::Restart),
    ];
    prop::collection::vec(event, 1..40)
}

/// What readers must see, and what must be kept.
#[derive(Default)]
struct Model {
    written: u32,
    forgotten: u32,
    kept: BTreeSet<u32>,
    places: BTreeMap<&'static str, u32>,
}

impl Model {
    fn write(&mut self) -> u32 {
        self.written += 1;
        self.kept.insert(self.written);
        self.written
    }

    fn expected(&self, name: &str, limit: usize) -> Vec<u32> {
        (self.forgotten.max(self.places[name]) + 1..=self.written).take(limit).collect()
    }

    /// The newest record is kept whoever has seen it.
    fn done(&mut self, name: &'static str, last: u32, readers: &BTreeMap<&'static str, StreamReader>) {
        self.places.insert(name, last);
        let slowest = readers.keys().map(|name| self.places[name]).min().unwrap();
        self.forgotten = self.forgotten.max(slowest);
        self.kept.retain(|number| *number > slowest || *number == self.written);
    }
}

async fn register(embedded: &Embedded, chosen: usize, model: &mut Model) -> BTreeMap<&'static str, StreamReader> {
    let names = NAMES.into_iter().enumerate().filter(|(at, _)| chosen & (1 << at) != 0);
    let names: Vec<_> = names.map(|(_, name)| name).collect();
    for name in &names {
        model.places.entry(name).or_default();
    }
    let readers = embedded.stream_readers(TABLE, &names).await.unwrap();
    names.into_iter().zip(readers).collect()
}

async fn play(events: Vec<Event>) {
    let directory = tempfile::tempdir().unwrap();
    let (mut embedded, []) = start(directory.path(), []).await;
    let mut model = Model::default();
    let mut readers = register(&embedded, 3, &mut model).await;
    for event in events {
        match event {
            Event::Write => {
                let number = model.write();
                write(&embedded, number..=number).await;
            }
            Event::Take(who, limit, dies) => {
                let Some(reader) = readers.get(NAMES[who]) else { continue };
                let batch = reader.read(limit).await.unwrap();
                assert_eq!(numbers(&batch), model.expected(NAMES[who], limit), "{}", NAMES[who]);
                if let (Some(last), Some(&number), false) = (&batch.last, numbers(&batch).last(), dies) {
                    reader.done(last).await.unwrap();
                    model.done(NAMES[who], number, &readers);
                }
            }
            Event::Restart(chosen) => {
                embedded.shutdown().await;
                embedded = on_disk(directory.path()).await;
                readers = register(&embedded, chosen, &mut model).await;
            }
        }
        assert_eq!(kept(directory.path()), model.kept.len());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_reader_sees_what_is_behind_its_place_however_readers_come_and_go(events in events()) {
        tokio::runtime::Runtime::new().unwrap().block_on(play(events));
    }
}
