//! Bytes on their way from one stage of reading to the next.

/// How many bytes wait between two stages at most.
const CAPACITY: usize = 64 * 1024;

/// A queue of bytes with a fixed capacity.
#[derive(Debug)]
pub(super) struct Buffer {
    bytes: Box<[u8]>,
    start: usize,
    end: usize,
}

impl Buffer {
    pub(super) fn new() -> Self {
        Self { bytes: vec![0; CAPACITY].into_boxed_slice(), start: 0, end: 0 }
    }

    /// What waits.
    pub(super) fn waiting(&self) -> &[u8] {
        &self.bytes[self.start..self.end]
    }

    pub(super) fn is_empty(&self) -> bool {
        self.start == self.end
    }

    /// The first `count` bytes are done with.
    pub(super) fn consume(&mut self, count: usize) {
        self.start += count;
        if self.start == self.end {
            (self.start, self.end) = (0, 0);
        }
    }

    /// Where more can be written; [`Self::written`] tells how much was.
    pub(super) fn space(&mut self) -> &mut [u8] {
        if self.start > 0 {
            self.bytes.copy_within(self.start..self.end, 0);
            (self.start, self.end) = (0, self.end - self.start);
        }
        &mut self.bytes[self.end..]
    }

    pub(super) fn written(&mut self, count: usize) {
        self.end += count;
    }

    /// Takes as much from `source` as there is space for, and tells how much that was.
    pub(super) fn take(&mut self, source: &mut &[u8]) -> usize {
        let space = self.space();
        let count = space.len().min(source.len());
        space[..count].copy_from_slice(&source[..count]);
        self.written(count);
        *source = &source[count..];
        count
    }
}
