//! Manifests: which files the contact index of a tenant is made of.

use serde::{Deserialize, Serialize};

use crate::id::SegmentId;

/// From so many deltas on, some are folded into one.
const MAX_DELTAS: usize = 16;
/// How many, the smallest: so that large ones are not written again and again.
const FOLDED: usize = 12;
/// Of so many of the base's rows on, the deltas are folded into it: one in twenty.
const REWRITTEN: u64 = 20;
/// A base is written again for so many rows at least, for it costs a file each time.
const LEAST_REWRITTEN: u64 = 1_000;

/// A file of an index. It never changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SegmentFile {
    /// Names it.
    #[serde(rename = "i")]
    pub id: SegmentId,
    /// How many states of contacts it holds.
    #[serde(rename = "n")]
    pub rows: u64,
}

/// The files of an index. In which order they are laid over each other does not matter.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Manifest {
    /// Counts its changes.
    pub generation: u64,
    /// Most of the contacts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<SegmentFile>,
    /// What changed since, in files of their own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deltas: Vec<SegmentFile>,
}

/// What is to be done so that the index stays fast.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Upkeep {
    /// These deltas are to become one.
    Fold(Vec<SegmentFile>),
    /// Base and deltas are to become a new base.
    Rewrite,
}

impl Manifest {
    /// All files.
    pub fn files(&self) -> impl Iterator<Item = SegmentFile> {
        self.base.into_iter().chain(self.deltas.iter().copied())
    }

    /// Whether a file is among them.
    pub fn has(&self, id: SegmentId) -> bool {
        self.files().any(|file| file.id == id)
    }

    /// The next manifest, with one more delta.
    pub fn with(&self, delta: SegmentFile) -> Self {
        let deltas = self.deltas.iter().copied().chain([delta]).collect();
        Self { generation: self.generation + 1, base: self.base, deltas }
    }

    /// The next manifest, in which these deltas became one; nothing if one of them is there no more.
    pub fn folded(&self, deltas: &[SegmentFile], into: SegmentFile) -> Option<Self> {
        let rest = self.without(deltas)?;
        (!deltas.iter().any(|file| Some(*file) == self.base)).then(|| rest.with(into))
    }

    /// The next manifest, in which these files became the base; nothing if one of them is there no more, or if there is
    /// another base.
    pub fn rewritten(&self, files: &[SegmentFile], into: SegmentFile) -> Option<Self> {
        let rest = self.without(files)?;
        rest.base.is_none().then(|| Self { generation: self.generation + 1, base: Some(into), deltas: rest.deltas })
    }

    /// The next manifest, in which what was rebuilt from the table took the place of all files that were there `before`.
    /// What came in since is laid over it, in a base that was written meanwhile as well.
    pub fn rebuilt(&self, before: &Self, into: SegmentFile) -> Self {
        let deltas = self.files().filter(|file| !before.has(file.id)).collect();
        Self { generation: self.generation + 1, base: Some(into), deltas }
    }

    fn without(&self, files: &[SegmentFile]) -> Option<Self> {
        let is_left = |file: &SegmentFile| !files.iter().any(|other| other.id == file.id);
        let deltas = self.deltas.iter().copied().filter(is_left).collect();
        let all_there = files.iter().all(|file| self.has(file.id));
        all_there.then(|| Self { generation: self.generation, base: self.base.filter(is_left), deltas })
    }

    /// What is to be done, if anything.
    pub fn upkeep(&self) -> Option<Upkeep> {
        let changed: u64 = self.deltas.iter().map(|delta| delta.rows).sum();
        let base = self.base.map_or(0, |base| base.rows);
        let full = self.deltas.len() >= MAX_DELTAS;
        let is_small = base + changed <= LEAST_REWRITTEN * REWRITTEN;
        if changed >= LEAST_REWRITTEN.max(base / REWRITTEN) || (full && is_small) {
            return Some(Upkeep::Rewrite);
        }
        full.then(|| {
            let mut deltas = self.deltas.clone();
            deltas.sort_by_key(|delta| delta.rows);
            deltas.truncate(FOLDED);
            Upkeep::Fold(deltas)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Timestamp;
    use crate::id::Id;

    fn file(name: u8, rows: u64) -> SegmentFile {
        SegmentFile { id: SegmentId::derived(Timestamp::default(), &[&[name]]), rows }
    }

    #[test]
    fn files_that_are_gone_are_not_folded() {
        let manifest = Manifest::default().with(file(1, 5)).with(file(2, 5));
        let folded = manifest.folded(&[file(1, 5), file(2, 5)], file(3, 10)).unwrap();
        assert_eq!((folded.generation, &folded.deltas[..]), (3, &[file(3, 10)][..]));
        assert_eq!(folded.folded(&[file(1, 5)], file(4, 5)), None);
        let rewritten = folded.rewritten(&[file(3, 10)], file(5, 10)).unwrap();
        assert_eq!((rewritten.base, rewritten.deltas.len()), (Some(file(5, 10)), 0));
        assert_eq!(rewritten.with(file(6, 1)).rewritten(&[file(6, 1)], file(7, 1)), None, "the base was not in it");
        assert_eq!(rewritten.folded(&[file(5, 10)], file(7, 1)), None, "the base is no delta");
    }

    #[test]
    fn a_rebuilt_base_takes_the_place_of_what_was_there_before_only() {
        let before = Manifest::default().with(file(1, 5));
        let now = before.with(file(2, 1));
        let rebuilt = now.rebuilt(&before, file(3, 5));
        assert_eq!((rebuilt.base, &rebuilt.deltas[..]), (Some(file(3, 5)), &[file(2, 1)][..]));
        let rewritten = now.rewritten(&[file(1, 5), file(2, 1)], file(4, 6)).unwrap();
        let rebuilt = rewritten.rebuilt(&before, file(3, 5));
        assert_eq!((rebuilt.base, &rebuilt.deltas[..]), (Some(file(3, 5)), &[file(4, 6)][..]));
    }

    #[test]
    fn small_indexes_are_written_again_and_large_ones_fold_their_small_deltas() {
        let mut small = Manifest::default();
        for name in 0..15 {
            small = small.with(file(name, 1));
            assert_eq!(small.upkeep(), None);
        }
        assert_eq!(small.with(file(15, 1)).upkeep(), Some(Upkeep::Rewrite));
        let mut large = Manifest { base: Some(file(99, 1_000_000)), ..Manifest::default() };
        for name in 0..16 {
            large = large.with(file(name, u64::from(name) + 1));
        }
        let Some(Upkeep::Fold(deltas)) = large.upkeep() else { panic!() };
        assert!(deltas.len() == FOLDED && deltas.iter().all(|delta| delta.rows <= 12));
        assert_eq!(large.with(file(50, 50_000)).upkeep(), Some(Upkeep::Rewrite));
    }
}
