//! Colours, as CSS writes them in hexadecimal digits.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A colour: red, green and blue. Its text is `#rrggbb` in lower case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Color([u8; 3]);

/// The text is not a colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a colour in hexadecimal digits, such as #0066cc")]
pub struct NotAColor;

impl Color {
    /// What a group has if nothing is said (S2).
    pub const DEFAULT_GROUP: Self = Self([0x00, 0x66, 0xcc]);
    /// What is read as a colour, as the document says it.
    pub const TYPED: &str = "^#([0-9A-Fa-f]{3}|[0-9A-Fa-f]{6})$";
}

impl FromStr for Color {
    type Err = NotAColor;

    /// Reads `#rrggbb`, or `#rgb`, which doubles each digit (CSS Color 4 §5.2).
    fn from_str(text: &str) -> Result<Self, NotAColor> {
        let digits = text.strip_prefix('#').unwrap_or_default().chars().map(|digit| digit.to_digit(16));
        let digits: Vec<u8> =
            digits.map(|digit| digit.map(|digit| digit as u8)).collect::<Option<_>>().ok_or(NotAColor)?;
        match digits[..] {
            [r, g, b] => Ok(Self([r * 17, g * 17, b * 17])),
            [r, s, g, h, b, c] => Ok(Self([r * 16 + s, g * 16 + h, b * 16 + c])),
            _ => Err(NotAColor),
        }
    }
}

impl fmt::Display for Color {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [red, green, blue] = self.0;
        write!(f, "#{red:02x}{green:02x}{blue:02x}")
    }
}

impl Serialize for Color {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Color {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for Color {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Color".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^#[0-9a-f]{6}$", "examples": ["#0066cc"] })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn colours_are_read_as_css_writes_them() {
        for (text, color) in [
            ("#0066CC", Some("#0066cc")),
            ("#06c", Some("#0066cc")),
            ("#FfF", Some("#ffffff")),
            ("0066cc", None),
            ("#0066c", None),
            ("#0066cc00", None),
            ("#00zz00", None),
            ("#", None),
            ("", None),
            (" #0066cc", None),
            ("blue", None),
            ("#06ç", None),
        ] {
            assert_eq!(text.parse::<Color>().ok().map(|color| color.to_string()).as_deref(), color, "{text}");
        }
        assert_eq!("#0066cc".parse(), Ok(Color::DEFAULT_GROUP));
    }

    proptest! {
        #[test]
        fn a_colour_is_read_back_from_its_text(parts in any::<[u8; 3]>()) {
            prop_assert_eq!(Color(parts).to_string().to_uppercase().parse(), Ok(Color(parts)));
        }

        #[test]
        fn no_text_does_harm(text in ".{0,10}") {
            let _ = text.parse::<Color>();
        }
    }
}
