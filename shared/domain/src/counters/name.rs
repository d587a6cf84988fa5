//! The names under which figures are kept.

use std::fmt::Display;
use std::str::FromStr;

use super::{Counter, MessageEvent};
use crate::Fault;
use crate::enrollment::{EnrollmentStatus, PutOff, Stage};
use crate::message::{Channel, MessageStatus};

impl Counter {
    /// The name under which the figure is kept.
    pub fn name(&self) -> String {
        match self {
            Self::Reached(stage) => format!("reached.{stage}"),
            Self::Enrollments(status) => format!("enrollments.{status}"),
            Self::PutOff(why) => format!("put_off.{why}"),
            Self::Held => "held".to_owned(),
            Self::Conversions => "conversions".to_owned(),
            Self::Revenue => "revenue".to_owned(),
            Self::Events(step, channel, event) => of_step("events", *step, *channel, event),
            Self::Messages(step, channel, status) => of_step("messages", *step, *channel, status),
            // Its own name is the last part, for there may be dots in it.
            Self::Variant(step, channel, event, name) => {
                format!("{}.{name}", of_step("variants", *step, *channel, event))
            }
            Self::Cost(step, channel) => format!("cost.{step}.{channel}"),
            Self::ResponseMillis => "response_ms".to_owned(),
        }
    }

    /// The figure kept under `name`; nothing for a name of another version.
    pub fn named(name: &str) -> Option<Self> {
        let parts: Vec<&str> = name.splitn(5, '.').collect();
        Some(match parts[..] {
            ["reached", stage] => Self::Reached(word(Stage::parse, stage)?),
            ["enrollments", status] => Self::Enrollments(word(EnrollmentStatus::parse, status)?),
            ["put_off", why] => Self::PutOff(word(PutOff::parse, why)?),
            ["held"] => Self::Held,
            ["conversions"] => Self::Conversions,
            ["revenue"] => Self::Revenue,
            ["events", step, channel, event] => {
                Self::Events(number(step)?, word(Channel::parse, channel)?, word(MessageEvent::parse, event)?)
            }
            ["messages", step, channel, status] => {
                Self::Messages(number(step)?, word(Channel::parse, channel)?, word(MessageStatus::parse, status)?)
            }
            ["variants", step, channel, event, name] => {
                let event = word(MessageEvent::parse, event)?;
                Self::Variant(number(step)?, word(Channel::parse, channel)?, event, name.to_owned())
            }
            ["cost", step, channel] => Self::Cost(number(step)?, word(Channel::parse, channel)?),
            ["response_ms"] => Self::ResponseMillis,
            _ => return None,
        })
    }
}

fn of_step(kind: &str, step: u32, channel: Channel, what: impl Display) -> String {
    format!("{kind}.{step}.{channel}.{what}")
}

fn word<T>(parse: fn(&str, &str) -> Result<T, Fault>, text: &str) -> Option<T> {
    parse("", text).ok()
}

fn number<T: FromStr>(text: &str) -> Option<T> {
    text.parse().ok()
}
