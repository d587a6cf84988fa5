//! Rates hold and backlogs drain, whoever sends when.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use proptest::prelude::*;

use super::*;
use crate::enrollment::Due;

const A_SECOND: TimeDelta = TimeDelta::seconds(1);

fn at(millis: i64) -> Timestamp {
    chrono::DateTime::from_timestamp_millis(1_800_000_000_000 + millis).unwrap_or_default()
}

/// A message at work: when somebody takes it up, which one it is, its slot, and how often it was put off.
type Waiting = (Timestamp, usize, Option<Timestamp>, u32);

/// Some instances, a row, the queue and the scheduler.
struct World {
    row: Row,
    windows: Vec<Window>,
    waiting: BinaryHeap<Reverse<Waiting>>,
    sent: Vec<Timestamp>,
    put_offs: u32,
    /// How late the queue is, in milliseconds, each time one of these.
    lags: Vec<i64>,
    turns: usize,
}

impl World {
    fn new(rate: Rate, instances: usize, lags: Vec<i64>) -> Self {
        let windows = vec![Window::new(rate); instances];
        Self { row: Row::NEW, windows, waiting: BinaryHeap::new(), sent: vec![], put_offs: 0, lags, turns: 0 }
    }

    /// Messages that come to the queue at these milliseconds go all out.
    fn run(&mut self, due: impl IntoIterator<Item = i64>) {
        let first = due.into_iter().enumerate().map(|(message, millis)| Reverse((at(millis), message, None, 0)));
        self.waiting.extend(first);
        while let Some(Reverse(waiting)) = self.waiting.pop() {
            self.turns += 1;
            assert!(self.turns < 1_000_000, "messages are passed on for ever");
            self.turn(waiting);
        }
        self.sent.sort();
    }

    fn turn(&mut self, (now, message, slot, put_off): Waiting) {
        let instance = (message * 7 + self.turns) % self.windows.len();
        match slot.filter(|slot| lasts(*slot, now)) {
            Some(slot) => self.in_slot(now, message, slot, put_off),
            None => match self.step(instance, now, put_off > 0 || slot.is_some()) {
                Step::Slot(slot) => self.in_slot(now, message, slot, put_off),
                Step::Later(later) => {
                    self.put_offs = self.put_offs.max(put_off + 1);
                    let found = Due::new(later, now).minute.start();
                    self.comes(found, message, None, put_off + 1);
                }
                Step::Take(_) | Step::LineUp(_) => unreachable!(),
            },
        }
    }

    fn in_slot(&mut self, now: Timestamp, message: usize, slot: Timestamp, put_off: u32) {
        if slot <= now + SOON {
            self.sent.push(slot.max(now));
        } else {
            let seconds = TimeDelta::seconds(seconds_until(slot, now).into());
            self.comes(now + seconds, message, Some(slot), put_off);
        }
    }

    fn comes(&mut self, when: Timestamp, message: usize, slot: Option<Timestamp>, put_off: u32) {
        let lag = TimeDelta::milliseconds(self.lags[self.turns % self.lags.len()]);
        self.waiting.push(Reverse((when + lag, message, slot, put_off)));
    }

    fn step(&mut self, instance: usize, now: Timestamp, waited: bool) -> Step {
        let window = &mut self.windows[instance];
        loop {
            match window.next(now, waited) {
                Step::Take(count) => match self.row.take(now, window.rate(), count, waited) {
                    Some((row, slots)) => {
                        self.row = row;
                        window.taken(slots);
                    }
                    None => window.full(self.row.next),
                },
                Step::LineUp(count) => {
                    let (row, places) = self.row.line_up(now, window.rate(), count);
                    self.row = row;
                    window.lined_up(places);
                }
                step => return step,
            }
        }
    }

    /// The most messages in any second.
    fn most_in_a_second(&self) -> usize {
        let within = |first: usize| self.sent[first..].partition_point(|sent| *sent < self.sent[first] + A_SECOND);
        (0..self.sent.len()).map(within).max().unwrap_or(0)
    }

    /// How many went out in each minute.
    fn by_minute(&self) -> Vec<usize> {
        let minute = |moment: &Timestamp| moment.timestamp() / 60;
        let (first, last) = (self.sent.first().map_or(0, minute), self.sent.last().map_or(0, minute));
        (first..=last).map(|at| self.sent.iter().filter(|sent| minute(sent) == at).count()).collect()
    }
}

#[test]
fn a_backlog_drains_evenly_and_nobody_is_put_off_twice() {
    for (rate, instances) in [(5.0, 1), (14.0, 4), (0.5, 3), (40.0, 20)] {
        let count = (rate * 3_600.0) as usize;
        let mut world = World::new(Rate::per_second(rate), instances, vec![20, 180, 70]);
        world.run(std::iter::repeat_n(0, count));
        assert_eq!((world.sent.len(), world.put_offs), (count, 1), "{rate} on {instances}");
        let minutes = world.by_minute();
        let a_minute = rate * 60.0;
        let even = minutes.iter().rev().skip(1).filter(|sent| (**sent as f64 - a_minute).abs() <= a_minute * 0.1 + 1.0);
        assert!(even.count() * 100 >= minutes.len() * 94, "{rate} on {instances}: {minutes:?}");
        assert!(minutes.len() <= 64, "{rate} on {instances}: {minutes:?}");
        let turns = world.turns as f64 / count as f64;
        assert!(turns < 3.1, "{turns} turns a message at {rate} on {instances}");
    }
}

#[test]
fn what_was_cancelled_holds_nobody_up() {
    let rate = Rate::per_second(1.0);
    let mut window = Window::new(rate);
    window.full(at(0) + TimeDelta::hours(1));
    let (row, _) = Row { next: at(0), line: at(0) }.line_up(at(0), rate, 100_000);
    assert!(row.line > at(100_000_000));
    // The others never come; somebody else does.
    let now = at(400_000);
    let (row, slots) = row.take(now, rate, 1, false).unwrap();
    assert_eq!((slots.first, row.line), (now, now));
}

#[test]
fn a_single_message_goes_at_once_and_waits_for_nobody() {
    let mut world = World::new(Rate::per_second(0.01), 2, vec![0]);
    world.run([0]);
    assert_eq!(world.sent, [at(0)]);
    let mut world = World::new(Rate::per_second(0.01), 2, vec![0]);
    world.run([0, 0]);
    assert_eq!(world.sent, [at(0), at(100_000)]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn no_second_holds_more_than_the_rate_and_one_lease(
        rate in prop_oneof![0.05..3.0_f64, 3.0..60.0_f64],
        instances in 1..12_usize,
        due in prop::collection::vec(prop_oneof![2 => Just(0), 1 => 0..400_000_i64], 1..2_000),
        // Mostly a queue is quick; now and then it stands still for a while.
        lags in prop::collection::vec(prop_oneof![8 => 0..300_i64, 1 => 0..90_000_i64], 50),
    ) {
        let mut world = World::new(Rate::per_second(rate), instances, lags);
        let count = due.len();
        world.run(due);
        prop_assert_eq!(world.sent.len(), count);
        // A slot is used up to a second late, so that those of two seconds can meet.
        let most = (2.0 * rate).ceil() as usize + 1;
        prop_assert!(world.most_in_a_second() <= most, "{} in a second at {rate}", world.most_in_a_second());
    }
}
