//! Times as a filter names them: a moment, or a whole day.

use std::borrow::Cow;
use std::str::FromStr;

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer};

use super::{Timestamp, after, to_millis};

/// A moment (RFC 3339), or a bare date, which means the whole of that day in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeFilter {
    /// The moment.
    Moment(Timestamp),
    /// The day.
    Day(NaiveDate),
}

/// The text is neither a moment nor a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a date such as 2026-12-31 or a moment such as 2026-12-31T23:59:00Z")]
pub struct NotATime;

impl TimeFilter {
    /// The first moment that is meant: for the beginning of a range.
    pub fn start(self) -> Timestamp {
        match self {
            Self::Moment(moment) => to_millis(moment),
            Self::Day(day) => day.and_time(NaiveTime::MIN).and_utc(),
        }
    }

    /// The last moment that is meant, to the millisecond: for the end of a range, which includes it.
    pub fn end(self) -> Timestamp {
        match self {
            Self::Moment(_) => self.start(),
            Self::Day(_) => after(self.start(), TimeDelta::days(1) - TimeDelta::milliseconds(1)),
        }
    }
}

impl FromStr for TimeFilter {
    type Err = NotATime;

    fn from_str(text: &str) -> Result<Self, NotATime> {
        // "%Y" takes signs and more digits than four, which RFC 3339 does not.
        let is_date = text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
        if is_date {
            return NaiveDate::parse_from_str(text, "%Y-%m-%d").map(Self::Day).map_err(|_| NotATime);
        }
        DateTime::parse_from_rfc3339(text).map(|moment| Self::Moment(moment.to_utc())).map_err(|_| NotATime)
    }
}

impl<'de> Deserialize<'de> for TimeFilter {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for TimeFilter {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "TimeFilter".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "anyOf": [{ "type": "string", "format": "date" }, { "type": "string", "format": "date-time" }],
            "examples": ["2026-01-31", "2026-01-31T12:00:00Z"],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_a_whole_day_and_a_moment_itself() {
        for (text, start, end) in [
            ("2026-01-31", "2026-01-31T00:00:00Z", "2026-01-31T23:59:59.999Z"),
            ("2024-02-29", "2024-02-29T00:00:00Z", "2024-02-29T23:59:59.999Z"),
            ("2026-01-31T12:00:00Z", "2026-01-31T12:00:00Z", "2026-01-31T12:00:00Z"),
            ("2026-01-31T12:00:00.5+02:00", "2026-01-31T10:00:00.500Z", "2026-01-31T10:00:00.500Z"),
        ] {
            let time: TimeFilter = text.parse().unwrap();
            let moment = |text: &str| DateTime::parse_from_rfc3339(text).unwrap().to_utc();
            assert_eq!((time.start(), time.end()), (moment(start), moment(end)), "{text}");
        }
    }

    #[test]
    fn what_is_neither_is_refused() {
        for text in ["", "2026", "2026-13-01", "2026-02-30", "2026-1-1", "+026-01-01", "yesterday", "2026-01-31T12:00"]
        {
            assert_eq!(text.parse::<TimeFilter>(), Err(NotATime), "{text}");
        }
    }
}
