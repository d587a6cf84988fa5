//! Rows of several segments, each segment's in order, as one list.

use domain::contact::order::Order;

use crate::gallop::gallop;
use crate::order::keys::Head;
use crate::segment::Segment;

/// All of the rows in order.
pub(crate) struct Merge<'a> {
    order: Order,
    runs: Vec<Run<'a>>,
}

/// A segment's rows in order, and at which of them the merge is.
struct Run<'a> {
    segment: &'a Segment,
    rows: Vec<u32>,
    at: usize,
    head: Option<Head<'a>>,
}

impl<'a> Run<'a> {
    fn go_to(&mut self, at: usize, order: Order) {
        self.at = at;
        self.head = self.rows.get(at).map(|row| Head::of(self.segment, order.by, *row));
    }

    /// How many of the rows come before this one.
    fn before(&self, head: &Head<'_>, order: Order) -> usize {
        let is_before = |row: &u32| Head::of(self.segment, order.by, *row).compare(head, order.descending).is_lt();
        self.rows.partition_point(is_before)
    }
}

impl<'a> Merge<'a> {
    pub(crate) fn new(order: Order, runs: impl Iterator<Item = (&'a Segment, Vec<u32>)>) -> Self {
        let runs = runs.map(|(segment, rows)| Run { segment, rows, at: 0, head: None });
        let mut runs: Vec<Run<'a>> = runs.filter(|run| !run.rows.is_empty()).collect();
        runs.iter_mut().for_each(|run| run.go_to(0, order));
        Self { order, runs }
    }

    /// Passes over the first `count` rows. To be called before any is taken.
    pub(crate) fn pass_over(&mut self, count: usize) {
        let order = self.order;
        let Some(longest) = (0..self.runs.len()).max_by_key(|at| self.runs[*at].rows.len()) else { return };
        // The last row of the longest run that at most `count` rows come before; few of the others' follow it closely.
        let in_longest = self.last_within(longest, count);
        let Some(head) =
            in_longest.map(|at| Head::of(self.runs[longest].segment, order.by, self.runs[longest].rows[at]))
        else {
            return self.pass(count);
        };
        let mut passed = 0;
        for run in &mut self.runs {
            let at = run.before(&head, order);
            run.go_to(at, order);
            passed += at;
        }
        self.pass(count - passed);
    }

    /// The last row of a run that at most `count` rows of all come before, if there is one.
    fn last_within(&self, run: usize, count: usize) -> Option<usize> {
        let rows = &self.runs[run].rows;
        let is_within = |at: usize| {
            let head = Head::of(self.runs[run].segment, self.order.by, rows[at]);
            let others = self.runs.iter().enumerate().filter(|(other, _)| *other != run);
            at + others.map(|(_, other)| other.before(&head, self.order)).sum::<usize>() <= count
        };
        gallop(0, rows.len(), is_within).checked_sub(1)
    }

    fn pass(&mut self, count: usize) {
        for _ in 0..count {
            if self.next().is_none() {
                break;
            }
        }
    }
}

impl<'a> Iterator for Merge<'a> {
    type Item = (&'a Segment, u32);

    fn next(&mut self) -> Option<Self::Item> {
        let order = self.order;
        let heads = self.runs.iter_mut().filter(|run| run.head.is_some());
        let next = heads.min_by(|one, other| match (&one.head, &other.head) {
            (Some(one), Some(other)) => one.compare(other, order.descending),
            _ => std::cmp::Ordering::Equal,
        })?;
        let row = *next.rows.get(next.at)?;
        next.go_to(next.at + 1, order);
        Some((next.segment, row))
    }
}
