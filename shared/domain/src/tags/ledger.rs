//! Ledgers: the tags of a tenant are counted like entries of a log. Each run of changes adds one small delta; now and then
//! the deltas are folded into a base. What counts is the sum of both.
//!
//! The head of the base says which deltas it includes, so that they can be cleared away afterwards, one by one, at half
//! the price that they would have in the fold's transaction. A fold is conditional on the head's generation.

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest, Sha256};

use super::tally::TagTally;
use crate::id::{Id, TenantId};

/// A run of changes folds once in so many times.
const RUNS: u64 = 32;
/// The most deltas of a fold.
const MOST: usize = 1_000;
/// The bytes that a piece of the base has at most, about, up to the most pieces.
const PIECE: usize = 48 * 1024;
/// The bytes of deltas that do not weigh much, whatever the base.
const HEAVY: usize = 64 * 1024;
/// The most pieces of a base: with the head they must fit into one transaction.
const PIECES: usize = 64;
/// What an item takes beside what it holds, in bytes: its keys, and the names of its attributes.
const ITEM: usize = 90;
/// What the name of a delta takes in the head.
const NAME: usize = 32;

/// What is kept of the tags of a tenant.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ledger {
    /// Counts the folds.
    pub generation: u64,
    /// The deltas that the base includes. They may still be there.
    pub folded: BTreeSet<String>,
    /// The base, in pieces.
    pub base: Vec<TagTally>,
    /// The deltas that are there, by name.
    pub deltas: BTreeMap<String, TagTally>,
}

/// A fold: what the next base differs in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fold {
    /// Its generation.
    pub generation: u64,
    /// The deltas that it takes in.
    pub folded: BTreeSet<String>,
    /// How many pieces the base has then.
    pub pieces: usize,
    /// Those that are not what they were, by number.
    pub changed: BTreeMap<usize, TagTally>,
}

/// Whether the run of changes that begins with this sequence number is to fold the tenant's ledger. Nobody has to remember
/// anything for that.
pub fn folds(first: &str, tenant: TenantId) -> bool {
    hash(&[first.as_bytes(), tenant.uuid().as_bytes()]).is_multiple_of(RUNS)
}

impl Ledger {
    /// How many contacts have each tag.
    pub fn counts(&self) -> TagTally {
        self.sum(self.open().map(|(_, delta)| delta))
    }

    /// The deltas that are there in vain.
    pub fn leftovers(&self) -> impl Iterator<Item = &String> {
        self.deltas.keys().filter(|name| self.folded.contains(*name))
    }

    /// The next fold; nothing as long as writing it would cost more than half of what its deltas did, so that folds cost
    /// little however large the base is. But what weighs as much as the base is folded in any case. The leftovers must be
    /// gone before the fold is kept.
    pub fn fold(&self) -> Option<Fold> {
        let taken: Vec<_> = self.open().take(MOST).collect();
        let sum = self.sum(taken.iter().map(|(_, delta)| *delta));
        let pieces = sum.bytes().div_ceil(PIECE).next_power_of_two().clamp(self.base.len().max(1), PIECES);
        let after = sum.divided(pieces, |tag| piece(tag, pieces));
        let is_new =
            |number: usize, piece: &TagTally| self.base.get(number).map_or(!piece.is_empty(), |old| old != piece);
        let changed: BTreeMap<_, _> = (0..).zip(after).filter(|(number, piece)| is_new(*number, piece)).collect();
        let folded: BTreeSet<String> = taken.iter().map(|(name, _)| (*name).clone()).collect();
        let fold = Fold { generation: self.generation + 1, folded, pieces, changed };
        let paid: usize = taken.iter().map(|(_, delta)| units(delta.bytes())).sum();
        let weight: usize = taken.iter().map(|(_, delta)| delta.bytes()).sum();
        let weighs_much = weight >= self.base.iter().map(TagTally::bytes).sum::<usize>().max(HEAVY);
        (2 * fold.units() <= paid || weighs_much).then_some(fold)
    }

    fn open(&self) -> impl Iterator<Item = (&String, &TagTally)> {
        self.deltas.iter().filter(|(name, _)| !self.folded.contains(*name))
    }

    fn sum<'a>(&'a self, deltas: impl Iterator<Item = &'a TagTally>) -> TagTally {
        let mut sum = TagTally::default();
        self.base.iter().chain(deltas).for_each(|tally| sum.add(tally));
        sum
    }
}

impl Fold {
    /// What keeping it costs beside the clearing away, in write units.
    fn units(&self) -> usize {
        units(self.folded.len() * NAME) + self.changed.values().map(|piece| units(piece.bytes())).sum::<usize>()
    }
}

/// What an item costs in a transaction.
fn units(bytes: usize) -> usize {
    2 * (bytes + ITEM).div_ceil(1_024)
}

/// The piece of `pieces` that has the tag.
fn piece(folded: &str, pieces: usize) -> usize {
    usize::try_from(hash(&[folded.as_bytes()])).unwrap_or_default() % pieces
}

fn hash(parts: &[&[u8]]) -> u64 {
    let mut hash = Sha256::new();
    parts.iter().for_each(|part| hash.update(part));
    hash.finalize().iter().take(4).fold(0, |sum, byte| sum << 8 | u64::from(*byte))
}

#[cfg(test)]
mod tests;
