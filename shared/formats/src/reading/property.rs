//! Properties: the lines of a vCard, unfolded and taken apart.

use std::borrow::Cow;

use encoding_rs::{Encoding, WINDOWS_1252};

/// A property of a card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Property {
    /// In capitals, without the group before it.
    pub(super) name: String,
    parameters: Vec<(String, String)>,
    /// Still escaped.
    value: String,
    is_old: bool,
}

/// The properties of a card, given without its first and last line. Lines that are no properties are left out.
pub(super) fn properties(card: &[u8]) -> impl Iterator<Item = Property> {
    let is_old = card.split(|byte| *byte == b'\n').any(|line| line.trim_ascii().eq_ignore_ascii_case(b"VERSION:2.1"));
    unfolded(card, is_old).filter_map(move |line| Property::parse(&line, is_old))
}

/// The lines of a card as they were before they were cut: those that go on begin with white space, which vCard 2.1 means to be
/// kept, or come behind a `=` in quoted-printable.
fn unfolded(card: &[u8], is_old: bool) -> impl Iterator<Item = Vec<u8>> {
    let mut lines = card.split(|byte| *byte == b'\n').peekable();
    std::iter::from_fn(move || {
        let mut whole = lines.next()?.to_vec();
        let is_quoted = is_quoted(&whole);
        while let Some(next) = lines.peek() {
            match next {
                _ if is_quoted && whole.ends_with(b"=") => {
                    whole.pop();
                    whole.extend_from_slice(next);
                }
                [b' ' | b'\t', rest @ ..] => whole.extend_from_slice(if is_old { next } else { rest }),
                _ => break,
            }
            lines.next();
        }
        Some(whole)
    })
}

fn is_quoted(line: &[u8]) -> bool {
    let head = memchr::memchr(b':', line).map_or(&[][..], |colon| &line[..colon]);
    memchr::memmem::find(&head.to_ascii_uppercase(), QUOTED.as_bytes()).is_some()
}

const QUOTED: &str = "QUOTED-PRINTABLE";

impl Property {
    fn parse(line: &[u8], is_old: bool) -> Option<Self> {
        let colon = outside_quotes(line, b':').next()?;
        let (head, value) = (&line[..colon], &line[colon + 1..]);
        let head = String::from_utf8_lossy(head);
        let mut parts = split_outside_quotes(&head, b';');
        let name = parts.next()?;
        let name = name.rsplit_once('.').map_or(name, |(_, name)| name).trim().to_ascii_uppercase();
        let parameters = parts.map(|part| match part.split_once('=') {
            Some((key, value)) => (key.trim().to_ascii_uppercase(), value.replace('"', "")),
            None => ("TYPE".to_owned(), part.trim().to_owned()),
        });
        let mut property = Self { name, parameters: parameters.collect(), value: String::new(), is_old };
        property.value = property.decoded(value).into_owned();
        (!property.name.is_empty()).then_some(property)
    }

    fn decoded<'v>(&self, value: &'v [u8]) -> Cow<'v, str> {
        let quoted = self
            .parameters
            .iter()
            .any(|(key, value)| matches!(key.as_str(), "ENCODING" | "TYPE") && value.eq_ignore_ascii_case(QUOTED));
        if !quoted {
            return String::from_utf8_lossy(value);
        }
        let bytes = unquoted(value);
        let said = self.parameter("CHARSET").and_then(|label| Encoding::for_label_no_replacement(label.as_bytes()));
        let text = match (said, std::str::from_utf8(&bytes)) {
            (Some(encoding), _) => encoding.decode_without_bom_handling(&bytes).0.into_owned(),
            (None, Ok(text)) => text.to_owned(),
            (None, Err(_)) => WINDOWS_1252.decode_without_bom_handling(&bytes).0.into_owned(),
        };
        Cow::Owned(text.replace("\r\n", "\n"))
    }

    fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Whether it is of a type, e.g. `CELL`.
    pub(super) fn is(&self, kind: &str) -> bool {
        let types = self.parameters.iter().filter(|(key, _)| key == "TYPE");
        types.flat_map(|(_, value)| value.split(',')).any(|one| one.trim().eq_ignore_ascii_case(kind))
    }

    /// How much it is preferred: 1 most, 100 least, 101 not at all.
    pub(super) fn preference(&self) -> u8 {
        let said = self.parameter("PREF").and_then(|value| value.trim().parse().ok());
        said.unwrap_or(if self.is("PREF") { 1 } else { 101 })
    }

    /// The whole value.
    pub(super) fn text(&self) -> String {
        self.plain(&self.value)
    }

    /// The parts of the value, which `separator` stands between.
    pub(super) fn parts(&self, separator: char) -> Vec<String> {
        let (mut parts, mut start, mut escaped) = (Vec::new(), 0, false);
        for (at, char) in self.value.char_indices() {
            if char == separator && !escaped {
                parts.push(self.plain(&self.value[start..at]));
                start = at + char.len_utf8();
            }
            escaped = char == '\\' && !escaped;
        }
        parts.push(self.plain(&self.value[start..]));
        parts
    }

    /// Without escapes and white space around. vCard 2.1 does not escape line breaks.
    fn plain(&self, escaped: &str) -> String {
        let mut text = String::with_capacity(escaped.len());
        let mut chars = escaped.chars();
        while let Some(char) = chars.next() {
            match (char, chars.clone().next()) {
                ('\\', Some('n' | 'N')) if !self.is_old => text.push('\n'),
                ('\\', Some(next @ ('\\' | ',' | ';' | ':' | '"'))) => text.push(next),
                _ => {
                    text.push(char);
                    continue;
                }
            }
            chars.next();
        }
        text.trim().to_owned()
    }
}

fn outside_quotes(text: &[u8], wanted: u8) -> impl Iterator<Item = usize> {
    let mut quoted = false;
    text.iter().enumerate().filter_map(move |(at, byte)| {
        quoted ^= *byte == b'"';
        (!quoted && *byte == wanted).then_some(at)
    })
}

fn split_outside_quotes(text: &str, separator: u8) -> impl Iterator<Item = &str> {
    let mut start = 0;
    let ends = outside_quotes(text.as_bytes(), separator).chain(std::iter::once(text.len()));
    ends.map(move |end| {
        let part = text.get(start..end).unwrap_or_default();
        start = end + 1;
        part
    })
}

/// Quoted-printable (RFC 2045 §6.7) without its line breaks. What is no escape stays as it is.
fn unquoted(value: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value;
    while let [first, behind @ ..] = rest {
        let escaped = match (first, behind) {
            (b'=', [high, low, ..]) => hex(*high).zip(hex(*low)),
            _ => None,
        };
        match escaped {
            Some((high, low)) => {
                bytes.push(high << 4 | low);
                rest = &behind[2..];
            }
            None => {
                bytes.push(*first);
                rest = behind;
            }
        }
    }
    bytes
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}
