//! From a file's bytes to UTF-8, whatever its encoding is.
//!
//! Nothing is guessed from a sample, so that the same file always gives the same text: a byte order mark or NULs tell;
//! else a file is UTF-8 until bytes come that are not. If it was plain ASCII up to there, it is Windows-1252 (which tells every
//! byte apart); if it was UTF-8 before, these bytes alone are damaged.

use encoding_rs::{Decoder, DecoderResult, Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

use super::buffer::Buffer;

/// A byte that UTF-8 never has: it stands in the text for what the encoding cannot tell.
const DAMAGE: u8 = 0xff;

/// Turns bytes into UTF-8; in what it takes for UTF-8 it leaves damage where it is, for the record that holds it to find.
#[derive(Debug)]
pub(super) struct Decoding {
    state: State,
    encoding: &'static Encoding,
}

enum State {
    /// Before the first byte; with what the file is said to be.
    Start(Option<&'static Encoding>),
    /// Nothing but ASCII so far.
    Ascii,
    Utf8,
    Other(Box<Decoder>),
}

/// What became of an attempt to go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// There is more text.
    Moved,
    /// More bytes are needed for that.
    Starved,
    /// There will be no more.
    Ended,
}

impl Decoding {
    pub(super) fn new(said: Option<&'static Encoding>) -> Self {
        Self { state: State::Start(said), encoding: said.unwrap_or(UTF_8) }
    }

    /// What the text is read as; may change until the end of the file.
    pub(super) fn encoding(&self) -> &'static str {
        self.encoding.name()
    }

    /// Goes on. `last`: nothing follows what waits in `from`.
    pub(super) fn go_on(&mut self, from: &mut Buffer, last: bool, to: &mut Buffer) -> Step {
        if let State::Start(said) = self.state {
            if from.waiting().len() < 3 && !last {
                return Step::Starved;
            }
            self.begin(said, from);
        }
        if from.is_empty() && !last {
            return Step::Starved;
        }
        match &mut self.state {
            State::Ascii => self.ascii(from, last, to),
            State::Other(decoder) => decode(decoder, from, last, to),
            State::Start(_) | State::Utf8 => copy(from, last, to),
        }
    }

    /// A byte order mark goes before what the file is said to be, as in the Encoding Standard.
    fn begin(&mut self, said: Option<&'static Encoding>, from: &mut Buffer) {
        let marked = Encoding::for_bom(from.waiting());
        from.consume(marked.map_or(0, |(_, length)| length));
        let wide = match from.waiting() {
            [first, 0, ..] if *first != 0 => Some(UTF_16LE),
            [0, second, ..] if *second != 0 => Some(UTF_16BE),
            _ => None,
        };
        match marked.map(|(encoding, _)| encoding).or(said).or(wide) {
            Some(encoding) => self.settle(encoding),
            None => self.state = State::Ascii,
        }
    }

    fn settle(&mut self, encoding: &'static Encoding) {
        self.encoding = encoding;
        self.state = if encoding == UTF_8 {
            State::Utf8
        } else {
            State::Other(Box::new(encoding.new_decoder_without_bom_handling()))
        };
    }

    fn ascii(&mut self, from: &mut Buffer, last: bool, to: &mut Buffer) -> Step {
        let plain = Encoding::ascii_valid_up_to(from.waiting());
        if plain > 0 || from.is_empty() {
            let taken = to.take(&mut &from.waiting()[..plain]);
            from.consume(taken);
            return if last && from.is_empty() { Step::Ended } else { Step::Moved };
        }
        match first_of(from.waiting()) {
            First::Complete => self.settle(UTF_8),
            First::Open if !last => return Step::Starved,
            First::Open | First::Wrong => self.settle(WINDOWS_1252),
        }
        Step::Moved
    }
}

/// The first character of some bytes.
enum First {
    Complete,
    Open,
    Wrong,
}

fn first_of(bytes: &[u8]) -> First {
    match std::str::from_utf8(&bytes[..bytes.len().min(4)]) {
        Err(error) if error.valid_up_to() == 0 && error.error_len().is_some() => First::Wrong,
        Err(error) if error.valid_up_to() == 0 => First::Open,
        _ => First::Complete,
    }
}

fn copy(from: &mut Buffer, last: bool, to: &mut Buffer) -> Step {
    let taken = to.take(&mut from.waiting());
    from.consume(taken);
    if last && from.is_empty() { Step::Ended } else { Step::Moved }
}

fn decode(decoder: &mut Decoder, from: &mut Buffer, last: bool, to: &mut Buffer) -> Step {
    let space = to.space();
    let (room, spare) = space.split_at_mut(space.len() - 1);
    let (result, read, written) = decoder.decode_to_utf8_without_replacement(from.waiting(), room, last);
    from.consume(read);
    let damaged = matches!(result, DecoderResult::Malformed(..));
    if damaged {
        *room.get_mut(written).unwrap_or(&mut spare[0]) = DAMAGE;
    }
    to.written(written + usize::from(damaged));
    if last && result == DecoderResult::InputEmpty { Step::Ended } else { Step::Moved }
}

impl std::fmt::Debug for State {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::Start(_) => "Start",
            Self::Ascii => "Ascii",
            Self::Utf8 => "Utf8",
            Self::Other(_) => "Other",
        })
    }
}
