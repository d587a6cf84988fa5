//! What a text weighs as SMS: its encoding, and how many messages of the network it takes.
//!
//! After 3GPP TS 23.038 §6.2.1 (the default alphabet and its extension) and TS 23.040 §9.2.3.24.1 (messages in parts).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The default alphabet, but for the letters and digits of ASCII; a character takes one septet.
const BASIC: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./:;<=>?¡ÄÖÑÜ§¿äöñüà";
/// Its extension: an escape comes before each character.
const EXTENSION: &str = "\u{c}^{}\\[~]|€";

vocabulary! {
    /// How the characters of an SMS are written.
    Encoding {
        /// Septets of the network's default alphabet.
        Gsm7 = "GSM-7",
        /// 16 bits each, as soon as one character is in no other alphabet.
        Ucs2 = "UCS-2",
    }
}

/// What a text weighs as SMS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Weight {
    /// How it is written.
    pub encoding: Encoding,
    /// How many characters it has, each a Unicode scalar value.
    pub characters: usize,
    /// How much room they take: septets in GSM-7, units of 16 bits in UCS-2.
    pub units: usize,
    /// In how many parts it is sent, each of which is paid for; none if there is no text.
    pub segments: usize,
}

impl Encoding {
    /// The encoding that `text` needs.
    pub fn of(text: &str) -> Self {
        if text.chars().all(|character| septets(character).is_some()) { Self::Gsm7 } else { Self::Ucs2 }
    }

    /// How many units a message that is not in parts holds.
    const fn alone(self) -> usize {
        match self {
            Self::Gsm7 => 160,
            Self::Ucs2 => 70,
        }
    }

    /// How many units each part holds beside its header.
    const fn in_parts(self) -> usize {
        match self {
            Self::Gsm7 => 153,
            Self::Ucs2 => 67,
        }
    }

    fn units(self, character: char) -> usize {
        match self {
            Self::Gsm7 => septets(character).unwrap_or(1),
            Self::Ucs2 => character.len_utf16(),
        }
    }
}

impl Weight {
    /// Weighs `text`.
    pub fn of(text: &str) -> Self {
        let encoding = Encoding::of(text);
        let (characters, units) =
            text.chars().fold((0, 0), |(count, units), character| (count + 1, units + encoding.units(character)));
        let segments = match units {
            0 => 0,
            units if units <= encoding.alone() => 1,
            _ => parts(text, encoding),
        };
        Self { encoding, characters, units, segments }
    }
}

/// No part begins with the second half of a character: neither after an escape nor within a surrogate pair.
fn parts(text: &str, encoding: Encoding) -> usize {
    let room = encoding.in_parts();
    let fill = |(parts, used): (usize, usize), character| match used + encoding.units(character) {
        full if full > room => (parts + 1, encoding.units(character)),
        used => (parts, used),
    };
    text.chars().fold((1, 0), fill).0
}

fn septets(character: char) -> Option<usize> {
    if character.is_ascii_alphanumeric() || BASIC.contains(character) {
        return Some(1);
    }
    EXTENSION.contains(character).then_some(2)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn weight(text: &str) -> (&'static str, usize, usize, usize) {
        let Weight { encoding, characters, units, segments } = Weight::of(text);
        (encoding.as_str(), characters, units, segments)
    }

    #[test]
    fn the_alphabet_has_its_128_places() {
        // One place is the escape, 62 are ASCII's letters and digits.
        assert_eq!((BASIC.chars().count(), EXTENSION.chars().count()), (128 - 1 - 62, 10));
    }

    #[test]
    fn known_texts_weigh_what_the_networks_say() {
        for (text, expected) in [
            (String::new(), ("GSM-7", 0, 0, 0)),
            ("Hello".to_owned(), ("GSM-7", 5, 5, 1)),
            ("€".to_owned(), ("GSM-7", 1, 2, 1)),
            ("a".repeat(160), ("GSM-7", 160, 160, 1)),
            ("a".repeat(161), ("GSM-7", 161, 161, 2)),
            ("a".repeat(306), ("GSM-7", 306, 306, 2)),
            ("a".repeat(307), ("GSM-7", 307, 307, 3)),
            ("€".repeat(80), ("GSM-7", 80, 160, 1)),
            ("€".repeat(81), ("GSM-7", 81, 162, 2)),
            // 153 is odd: a euro sign never lies across two parts, and each part of them has a septet to spare.
            ("€".repeat(152), ("GSM-7", 152, 304, 2)),
            ("€".repeat(153), ("GSM-7", 153, 306, 3)),
            ("{}".repeat(2), ("GSM-7", 4, 8, 1)),
            ("Ça va?".to_owned(), ("GSM-7", 6, 6, 1)),
            ("ça va?".to_owned(), ("UCS-2", 6, 6, 1)),
            ("it’s".to_owned(), ("UCS-2", 4, 4, 1)),
            ("`".to_owned(), ("UCS-2", 1, 1, 1)),
            ("я".repeat(70), ("UCS-2", 70, 70, 1)),
            ("я".repeat(71), ("UCS-2", 71, 71, 2)),
            ("я".repeat(134), ("UCS-2", 134, 134, 2)),
            ("я".repeat(135), ("UCS-2", 135, 135, 3)),
            ("👋".repeat(35), ("UCS-2", 35, 70, 1)),
            // 67 is odd, too: 33 pairs to a part.
            ("👋".repeat(66), ("UCS-2", 66, 132, 2)),
            ("👋".repeat(67), ("UCS-2", 67, 134, 3)),
        ] {
            assert_eq!(weight(&text), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn the_parts_have_room_for_the_text_and_hardly_more(text in "[a€]{0,700}|[aя👋]{0,300}|.{0,300}") {
            let Weight { encoding, units, segments, .. } = Weight::of(&text);
            let room = if segments > 1 { encoding.in_parts() } else { encoding.alone() };
            prop_assert!(units <= segments * room);
            // But for the last, a part spares one unit at most.
            prop_assert!(segments < 2 || units > (segments - 1) * (room - 1));
        }

        #[test]
        fn one_foreign_character_makes_every_character_wide(text in "[a-z€]{0,200}") {
            prop_assert_eq!(Encoding::of(&text), Encoding::Gsm7);
            prop_assert_eq!(Encoding::of(&format!("{text}ж")), Encoding::Ucs2);
        }
    }
}
