//! Phone numbers in E.164, read the way people write them.

use std::fmt;
use std::str::FromStr;

use phonenumber::country::{Id as CountryId, Source};
use phonenumber::metadata::DATABASE;
use phonenumber::{Mode, PhoneNumber};
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
        let number = read(text, country.0).filter(PhoneNumber::is_valid).ok_or(NotAPhoneNumber)?;
        let e164 = number.format().mode(Mode::E164).to_string();
        let typed = (text != e164).then(|| text.to_owned());
        Ok(Self { e164, typed })
    }
}

/// The crate strips the country's trunk prefix whatever the number: from `+44 1624…` the 1 that the US dials, from
/// `8 812…` of Russia both eights. So it hears of the country for numbers of it only, and gets a second try.
fn read(text: &str, country: CountryId) -> Option<PhoneNumber> {
    if text.starts_with(['+', '\u{ff0b}']) || text.starts_with("tel:+") {
        return read_international(text);
    }
    let number = phonenumber::parse(Some(country), text).ok()?;
    match number.code().source() {
        Source::Idd => read_international(&without_exit_code(text, country)?),
        _ if number.is_valid() => Some(number),
        _ => read_in_full(text, country),
    }
}

/// As it stands, or without the `(0)` that some write behind the country code.
fn read_international(text: &str) -> Option<PhoneNumber> {
    // Denmark has no trunk prefix, so none is stripped.
    let tries = [Some(CountryId::DK), None].into_iter();
    tries.filter_map(|country| phonenumber::parse(country, text).ok()).find(PhoneNumber::is_valid)
}

/// `011 44…` of the US as `+44…`.
fn without_exit_code(text: &str, country: CountryId) -> Option<String> {
    let digits = digits(text)?;
    let exit_code = DATABASE.by_id(country.as_ref())?.international_prefix()?.find(&digits)?;
    Some(format!("+{}", &digits[exit_code.end()..]))
}

/// A national number behind its country code, with the trunk prefix taken off once or not at all.
fn read_in_full(text: &str, country: CountryId) -> Option<PhoneNumber> {
    let (plan, digits) = (DATABASE.by_id(country.as_ref())?, digits(text)?);
    let short = plan.national_prefix().and_then(|prefix| digits.strip_prefix(prefix));
    let mut tries = short.into_iter().chain([&*digits]);
    tries.find_map(|national| read_international(&format!("+{}{national}", plan.country_code())))
}

/// The digits of a number without letters, which would be an extension or a word to dial.
fn digits(text: &str) -> Option<String> {
    let bare = !text.contains(char::is_alphabetic);
    bare.then(|| text.chars().filter(char::is_ascii_digit).collect())
}

#[cfg(test)]
mod tests;
