//! vCards as written: version 3.0 (RFC 2426), which everything reads that reads any.

/// The longest line, in bytes.
const MAX_LINE: usize = 75;

/// A card that is being written.
#[derive(Debug)]
pub struct Card<'a> {
    out: &'a mut Vec<u8>,
}

impl<'a> Card<'a> {
    /// Begins one behind whatever is there.
    pub fn begin(out: &'a mut Vec<u8>) -> Self {
        out.extend_from_slice(b"BEGIN:VCARD\r\nVERSION:3.0\r\n");
        Self { out }
    }

    /// A line with one text. `name` may have parameters behind it, as in `TEL;TYPE=VOICE`.
    pub fn text(&mut self, name: &str, text: &str) {
        self.line(name, &escaped(text));
    }

    /// A line with a text of several parts, each in its place; those at the end may be missing.
    pub fn parts(&mut self, name: &str, parts: &[&str]) {
        self.line(name, &joined(parts, ";"));
    }

    /// A line with several texts.
    pub fn list(&mut self, name: &str, texts: &[&str]) {
        self.line(name, &joined(texts, ","));
    }

    /// Ends it.
    pub fn end(self) {
        self.out.extend_from_slice(b"END:VCARD\r\n");
    }

    /// Cut into lines of at most 75 bytes, never within a character.
    fn line(&mut self, name: &str, value: &str) {
        let mut room = MAX_LINE;
        for character in name.chars().chain([':']).chain(value.chars()) {
            let mut bytes = [0; 4];
            let bytes = character.encode_utf8(&mut bytes).as_bytes();
            if bytes.len() > room {
                self.out.extend_from_slice(b"\r\n ");
                room = MAX_LINE - 1;
            }
            self.out.extend_from_slice(bytes);
            room -= bytes.len();
        }
        self.out.extend_from_slice(b"\r\n");
    }
}

fn joined(texts: &[&str], separator: &str) -> String {
    texts.iter().map(|text| escaped(text)).collect::<Vec<_>>().join(separator)
}

/// The text with everything behind a backslash that has a meaning; a line break of whatever kind is `\n`.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len() + 8);
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\r' if characters.peek() == Some(&'\n') => {}
            '\r' | '\n' => escaped.push_str("\\n"),
            '\\' | ';' | ',' => escaped.extend(['\\', character]),
            _ => escaped.push(character),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn card(write: impl Fn(&mut Card<'_>)) -> String {
        let mut out = Vec::new();
        let mut card = Card::begin(&mut out);
        write(&mut card);
        card.end();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_card_has_its_lines_between_begin_and_end() {
        let written = card(|card| {
            card.parts("N", &["King", "Ada", "", "", ""]);
            card.text("FN", "Ada King");
            card.text("EMAIL;TYPE=INTERNET", "ada@example.com");
            card.list("CATEGORIES", &["a,b", "c;d", "e"]);
            card.text("NOTE", "C:\\x\r\ntwo\nthree\rfour");
        });
        assert_eq!(
            written,
            "BEGIN:VCARD\r\nVERSION:3.0\r\nN:King;Ada;;;\r\nFN:Ada King\r\nEMAIL;TYPE=INTERNET:ada@example.com\r\n\
             CATEGORIES:a\\,b,c\\;d,e\r\nNOTE:C:\\\\x\\ntwo\\nthree\\nfour\r\nEND:VCARD\r\n"
        );
    }

    proptest! {
        #[test]
        fn no_line_is_too_long_or_cuts_a_character_and_unfolded_they_tell_the_text(text in "[a-z;,\\\\é李😀\n]{0,300}") {
            let mut out = Vec::new();
            Card { out: &mut out }.text("NOTE", &text);
            let lines: Vec<&[u8]> = out.split(|byte| *byte == b'\n').map(|line| line.trim_ascii_end()).collect();
            prop_assert!(lines.iter().all(|line| line.len() <= MAX_LINE && std::str::from_utf8(line).is_ok()));
            let unfolded = String::from_utf8(out).unwrap().replace("\r\n ", "");
            let value = unfolded.strip_prefix("NOTE:").and_then(|line| line.strip_suffix("\r\n")).unwrap();
            let (mut meant, mut characters) = (String::new(), value.chars());
            while let Some(character) = characters.next() {
                match (character, character == '\\') {
                    (_, true) => meant.push(characters.next().map_or('?', |next| if next == 'n' { '\n' } else { next })),
                    (plain, false) => meant.push(plain),
                }
            }
            prop_assert_eq!(meant, text);
        }
    }
}
