//! Frequency caps: how many messages a contact gets in a day and in a week, over all campaigns.
//!
//! Each contact has one ledger of the messages that have a place in its days. A message takes its place before it is sent
//! and only goes out when it has one, so that the caps hold however many campaigns want to write at once.

mod caps;
mod stored;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use crate::id::MessageId;
use crate::message::Channel;
use crate::schedule::LocalDay;

pub use caps::{Caps, FrequencyCap, NotAFrequencyCap};

/// The days of a week.
const WEEK: i32 = 7;
/// For how many days a place is remembered: a week, and as far as the days of two zones, or of a clock that was wrong, may
/// lie apart.
const KEPT: i32 = WEEK + 2;

/// The place of a message in a contact's days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    message: MessageId,
    day: LocalDay,
    channel: Channel,
}

/// The messages that have a place in a contact's last days.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(from = "serde_bytes::ByteBuf", into = "serde_bytes::ByteBuf")]
pub struct Ledger {
    places: Vec<Place>,
}

/// What became of a message that asked for a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reserved {
    /// It has one now: the ledger has changed.
    Yes,
    /// It had this very one before.
    Already,
    /// A cap is reached.
    Full {
        /// The first day that has a place, as the ledger stands.
        until: LocalDay,
    },
}

impl Ledger {
    /// Gives `message` a place on `day`, which is the contact's today. A message has one place however often it asks, and
    /// takes it along when it asks again on another day; it keeps the one it has when there is none on that day.
    pub fn reserve(&mut self, message: MessageId, day: LocalDay, channel: Channel, caps: &Caps) -> Reserved {
        let place = Place { message, day, channel };
        if self.places.contains(&place) {
            return Reserved::Already;
        }
        let others = Self { places: self.places.iter().filter(|kept| kept.message != message).copied().collect() };
        if !others.has_room(day, channel, caps) {
            return Reserved::Full { until: others.next_with_room(day, channel, caps) };
        }
        *self = others;
        self.places.push(place);
        self.forget_before(day.plus(1 - KEPT));
        Reserved::Yes
    }

    /// Notes a message that has gone out, whatever the caps say; `false` if it has a place already.
    pub fn note(&mut self, message: MessageId, day: LocalDay, channel: Channel) -> bool {
        let new = !self.holds(message);
        if new {
            self.places.push(Place { message, day, channel });
        }
        new
    }

    /// Gives up the place of `message`, which will not go out; `false` if it had none.
    pub fn release(&mut self, message: MessageId) -> bool {
        let before = self.places.len();
        self.places.retain(|place| place.message != message);
        self.places.len() < before
    }

    /// Takes in what another contact had, who is the same person.
    pub fn absorb(&mut self, other: &Self) {
        for place in &other.places {
            self.note(place.message, place.day, place.channel);
        }
    }

    /// Whether `message` has a place.
    pub fn holds(&self, message: MessageId) -> bool {
        self.places.iter().any(|place| place.message == message)
    }

    /// The last day on which there is a place that was given; the ledger counts for nothing some days later.
    pub fn last_day(&self) -> Option<LocalDay> {
        self.places.iter().map(|place| place.day).max()
    }

    /// The places as a person can read them.
    pub fn shown(&self) -> serde_json::Value {
        let places = self.places.iter().map(|Place { message, day, channel }| {
            serde_json::json!({ "message_id": message, "day": day.to_string(), "channel": channel })
        });
        serde_json::json!({ "messages": places.collect::<Vec<_>>() })
    }

    /// Places before `day` count no more.
    fn forget_before(&mut self, day: LocalDay) {
        self.places.retain(|place| place.day >= day);
    }

    fn has_room(&self, day: LocalDay, channel: Channel, caps: &Caps) -> bool {
        caps.of(channel).all(|(counted, cap)| {
            let within = |first: LocalDay, last: LocalDay| {
                let counts = |place: &&Place| counted.counts(place.channel) && (first..=last).contains(&place.day);
                u32::try_from(self.places.iter().filter(counts).count()).unwrap_or(u32::MAX)
            };
            let free = |most: Option<u32>, taken: u32| most.is_none_or(|most| taken < most.max(1));
            let mut weeks = (0..WEEK).map(|later| day.plus(later));
            free(cap.per_day, within(day, day))
                && weeks.all(|last| free(cap.per_week, within(last.plus(1 - WEEK), last)))
        })
    }

    /// The first day after `day` with room: at the latest when a week has passed since the last place.
    fn next_with_room(&self, day: LocalDay, channel: Channel, caps: &Caps) -> LocalDay {
        let last = self.last_day().map_or(day, |last| last.max(day)).plus(WEEK);
        let mut days = (1..).map(|later| day.plus(later)).take_while(|next| *next < last);
        days.find(|next| self.has_room(*next, channel, caps)).unwrap_or(last)
    }
}
