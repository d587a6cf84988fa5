//! The caps that count for a message: the tenant's, and its campaign's own.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use crate::message::Channel;
use crate::settings::{Cap, CapScope, MAX_CAP};

/// A campaign's own cap, written `3_per_day` or `5_per_week`; all messages to the contact count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FrequencyCap {
    /// So many in a calendar day of the contact's zone.
    PerDay(u32),
    /// So many in seven such days.
    PerWeek(u32),
}

/// The text is no cap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a number from 1 to {MAX_CAP} with _per_day or _per_week, such as 1_per_day")]
pub struct NotAFrequencyCap;

impl FromStr for FrequencyCap {
    type Err = NotAFrequencyCap;

    fn from_str(text: &str) -> Result<Self, NotAFrequencyCap> {
        let (number, period) = text.split_once('_').ok_or(NotAFrequencyCap)?;
        // A sign is no digit.
        let number = Some(number).filter(|number| number.bytes().all(|byte| byte.is_ascii_digit()));
        let number = number.and_then(|number| number.parse().ok()).ok_or(NotAFrequencyCap)?;
        match period {
            _ if !(1..=MAX_CAP).contains(&number) => Err(NotAFrequencyCap),
            "per_day" => Ok(Self::PerDay(number)),
            "per_week" => Ok(Self::PerWeek(number)),
            _ => Err(NotAFrequencyCap),
        }
    }
}

impl fmt::Display for FrequencyCap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PerDay(number) => write!(f, "{number}_per_day"),
            Self::PerWeek(number) => write!(f, "{number}_per_week"),
        }
    }
}

impl From<FrequencyCap> for Cap {
    fn from(cap: FrequencyCap) -> Self {
        match cap {
            FrequencyCap::PerDay(number) => Self { per_day: Some(number), per_week: None },
            FrequencyCap::PerWeek(number) => Self { per_day: None, per_week: Some(number) },
        }
    }
}

/// The caps that count for the messages of a campaign.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Caps {
    caps: Vec<(CapScope, Cap)>,
    sees_all: bool,
}

impl Caps {
    /// The tenant's caps and the campaign's own.
    pub fn new(tenant: &BTreeMap<CapScope, Cap>, campaign: Option<FrequencyCap>) -> Self {
        let own = campaign.map(|cap| (CapScope::All, cap.into()));
        let caps = tenant.iter().map(|(scope, cap)| (*scope, *cap)).chain(own);
        let counts_all = tenant.get(&CapScope::All).is_some_and(|cap| *cap != Cap::default());
        let caps = caps.filter(|(_, cap)| *cap != Cap::default()).collect();
        Self { caps, sees_all: counts_all || campaign.is_none() }
    }

    /// Whether each message that one of them counts takes a place by the tenant's caps alone, whatever its campaign.
    pub fn see_all(&self) -> bool {
        self.sees_all
    }

    /// Whether any of them counts messages of `channel`.
    pub fn count(&self, channel: Channel) -> bool {
        self.of(channel).next().is_some()
    }

    /// Those that count messages of `channel`.
    pub(super) fn of(&self, channel: Channel) -> impl Iterator<Item = (CapScope, Cap)> {
        self.caps.iter().copied().filter(move |(scope, _)| scope.counts(channel))
    }
}

impl CapScope {
    /// Whether messages of `channel` count.
    pub fn counts(self, channel: Channel) -> bool {
        match self {
            Self::All => true,
            Self::Email => channel == Channel::Email,
            Self::Sms => channel == Channel::Sms,
            Self::Whatsapp => channel == Channel::Whatsapp,
            Self::Voice => channel == Channel::Voice,
        }
    }
}
