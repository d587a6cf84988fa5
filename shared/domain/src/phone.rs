//! Phone numbers in E.164, read the way people write them.

use std::fmt;
use std::str::FromStr;

use phonenumber::Mode;
use phonenumber::country::Id as CountryId;
use serde::{Deserialize, Serialize};

/// A country by its ISO 3166-1 alpha-2 code, for reading national numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Country(CountryId);

impl Country {
    /// Where a tenant that says nothing is taken to be (S1's default).
    pub const DEFAULT: Self = Self(CountryId::US);
}

impl FromStr for Country {
    type Err = NotACountry;

    fn from_str(text: &str) -> Result<Self, NotACountry> {
        text.to_ascii_uppercase().parse().map(Self).map_err(|_| NotACountry)
    }
}

impl fmt::Display for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_ref())
    }
}

impl Serialize for Country {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Country {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

impl schemars::JsonSchema for Country {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Country".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "pattern": "^[A-Za-z]{2}$",
            "description": "A country: ISO 3166-1 alpha-2",
            "examples": ["US"],
        })
    }
}

/// The text is not a country code that phone numbers have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not a two-letter country code")]
pub struct NotACountry;

/// A valid number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Phone {
    /// E.164, e.g. `+442079460123`: what is compared and dialled.
    pub e164: String,
    /// What was typed, if it differs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub typed: Option<String>,
}

/// The text is not a number that could be called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not a valid phone number of the default country, nor an international one with +")]
pub struct NotAPhoneNumber;

impl Phone {
    /// The most characters of a number as typed (S2's limit).
    pub const MAX_TYPED: usize = 20;

    /// Reads an international number (`+…`), or a national one of `country`.
    ///
    /// # Errors
    /// When the numbering plan of the country has no such number, or more than 20 characters were typed.
    pub fn parse(text: &str, country: Country) -> Result<Self, NotAPhoneNumber> {
        let (length, text) = (text.chars().count(), text.trim());
        if length > Self::MAX_TYPED {
            return Err(NotAPhoneNumber);
        }
        let number = phonenumber::parse(Some(country.0), text).map_err(|_| NotAPhoneNumber)?;
        if !number.is_valid() {
            return Err(NotAPhoneNumber);
        }
        let e164 = number.format().mode(Mode::E164).to_string();
        let typed = (text != e164).then(|| text.to_owned());
        Ok(Self { e164, typed })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn national_and_international_forms_meet_in_e164() {
        let typed =
            |text: &str, country: &str| country.parse().ok().and_then(|c| Phone::parse(text, c).ok()).map(|p| p.e164);
        assert_eq!(typed("(202) 555-0143", "US").as_deref(), Some("+12025550143"));
        assert_eq!(typed("020 7946 0123", "gb").as_deref(), Some("+442079460123"));
        assert_eq!(typed("+44 20 7946 0123", "US").as_deref(), Some("+442079460123"));
    }

    #[test]
    fn what_was_typed_is_kept_beside_the_normal_form() {
        let phone = Phone::parse(" 202-555-0143 ", Country::DEFAULT);
        assert_eq!(phone.as_ref().ok().and_then(|p| p.typed.as_deref()), Some("202-555-0143"));
        let phone = Phone::parse("+12025550143", Country::DEFAULT);
        assert_eq!(phone.ok().and_then(|p| p.typed), None);
    }

    #[test]
    fn what_no_numbering_plan_has_is_refused() {
        for text in ["", "12", "+1 000 000 0000", "call me", "+999 12345678", "00000000000000000000000000"] {
            assert_eq!(Phone::parse(text, Country::DEFAULT), Err(NotAPhoneNumber), "{text}");
        }
        assert_eq!("XX".parse::<Country>().map(|_| ()), Err(NotACountry));
    }
}
