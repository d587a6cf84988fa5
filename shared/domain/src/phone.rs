//! Phone numbers in E.164, read the way people write them.

use std::fmt;
use std::str::FromStr;

use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumberFormat, Region};
use serde::{Deserialize, Serialize};

/// A country by its ISO 3166-1 alpha-2 code, for reading national numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Country(Region);

impl Country {
    /// Where a tenant that says nothing is taken to be (S1's default).
    pub const DEFAULT: Self = Self(Region::US);
}

impl FromStr for Country {
    type Err = NotACountry;

    fn from_str(text: &str) -> Result<Self, NotACountry> {
        let region = Region::from_code(&text.to_ascii_uppercase()).map_err(|_| NotACountry)?;
        let has_plan = PHONE_NUMBER_UTIL.get_country_code_for_region(region).is_some();
        has_plan.then_some(Self(region)).ok_or(NotACountry)
    }
}

impl fmt::Display for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_region_str().as_ref())
    }
}

impl Serialize for Country {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Country {
    /// Of what is kept, which was parsed before: that it has a numbering plan is not asked again, for the table of the
    /// plans takes milliseconds to load.
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let code = String::deserialize(deserializer)?;
        Region::from_code(&code).map(Self).map_err(serde::de::Error::custom)
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
        let number = PHONE_NUMBER_UTIL.parse(text, Some(country.0)).map_err(|_| NotAPhoneNumber)?;
        if !number.is_valid() {
            return Err(NotAPhoneNumber);
        }
        let e164 = number.format_as(PhoneNumberFormat::E164).into_owned();
        let typed = (text != e164).then(|| text.to_owned());
        Ok(Self { e164, typed })
    }
}

#[cfg(test)]
mod tests;
