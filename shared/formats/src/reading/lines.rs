//! Line numbers as an editor shows them.

/// Counts the line breaks of a text that comes in pieces: LF, CR, and CR LF as one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lines {
    line: u64,
    after_return: bool,
}

impl Lines {
    pub(super) fn new() -> Self {
        Self { line: 1, after_return: false }
    }

    /// The line, from 1, in which the next byte stands.
    pub(super) fn line(&self) -> u64 {
        self.line
    }

    /// These bytes come next.
    pub(super) fn pass(&mut self, bytes: &[u8]) {
        let Some(last) = bytes.last() else { return };
        for at in memchr::memchr2_iter(b'\r', b'\n', bytes) {
            let after_return = at.checked_sub(1).map_or(self.after_return, |before| bytes[before] == b'\r');
            self.line += u64::from(!(bytes[at] == b'\n' && after_return));
        }
        self.after_return = *last == b'\r';
    }

    /// Passes the line breaks at the beginning of `source`.
    pub(super) fn skip_breaks(&mut self, source: &mut &[u8]) {
        let breaks = source.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        let (skipped, rest) = source.split_at(breaks);
        self.pass(skipped);
        *source = rest;
    }
}
