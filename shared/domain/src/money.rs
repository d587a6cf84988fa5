//! Money: exact, in millionths of the tenant's currency, so that a message for a hundredth of a cent adds up.

use std::iter::Sum;
use std::ops::{Add, Sub};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Millionths of a unit.
const MICROS: f64 = 1_000_000.0;

/// An amount in the tenant's currency. In JSON a number of whole units, such as `12.5`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Money(i64);

/// The number is no amount that can be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be from 0 to 1000000000000")]
pub struct NotAnAmount;

impl Money {
    /// Nothing.
    pub const ZERO: Self = Self(0);
    /// The most that can be typed, in whole units.
    pub const MAX_UNITS: f64 = 1_000_000_000_000.0;

    /// So many millionths.
    pub const fn micros(micros: i64) -> Self {
        Self(micros)
    }

    /// An amount as somebody typed it, to the nearest millionth.
    ///
    /// # Errors
    /// When it is negative, or more than anybody has.
    pub fn parse(units: f64) -> Result<Self, NotAnAmount> {
        if !(0.0..=Self::MAX_UNITS).contains(&units) {
            return Err(NotAnAmount);
        }
        Ok(Self((units * MICROS).round() as i64))
    }

    /// In millionths.
    pub const fn in_micros(self) -> i64 {
        self.0
    }

    /// In whole units, for what is calculated from it.
    pub fn units(self) -> f64 {
        self.0 as f64 / MICROS
    }

    /// So many times the amount.
    #[must_use]
    pub const fn times(self, count: u32) -> Self {
        Self(self.0.saturating_mul(count as i64))
    }

    /// Whether it is nothing.
    pub const fn is_zero(&self) -> bool {
        self.0 == 0
    }
}

impl Add for Money {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl Sub for Money {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl Sum for Money {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, Add::add)
    }
}

impl Serialize for Money {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.units().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Money {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let units = f64::deserialize(deserializer)?;
        // What is kept may be the difference of two amounts.
        Self::parse(units.abs())
            .map(|amount| if units < 0.0 { Self(-amount.0) } else { amount })
            .map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for Money {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Money".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "number",
            "description": "An amount in the tenant's currency, exact to a millionth",
            "examples": [12.5],
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn an_amount_survives_being_written_and_read(micros in 0..=1_000_000_000_000_000_000_i64) {
            // Beyond a thousand million units a number of JSON does not hold every millionth.
            let amount = Money::micros(micros % 1_000_000_000_000_000);
            let text = serde_json::to_string(&amount).unwrap();
            prop_assert_eq!(serde_json::from_str::<Money>(&text).unwrap(), amount);
        }
    }

    #[test]
    fn what_nobody_has_is_no_amount() {
        assert_eq!(Money::parse(0.0001), Ok(Money::micros(100)));
        for units in [-0.01, f64::NAN, f64::INFINITY, 2e12] {
            assert_eq!(Money::parse(units), Err(NotAnAmount));
        }
        assert_eq!(Money::micros(75).times(3), Money::micros(225));
    }
}
