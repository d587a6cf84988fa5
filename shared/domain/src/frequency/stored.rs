//! The ledger as it is kept: 21 bytes for each place, so that the highest caps of a week fit into an item.

use serde_bytes::ByteBuf;
use uuid::Uuid;

use super::{Ledger, Place};
use crate::id::{Id, MessageId};
use crate::message::Channel;
use crate::schedule::LocalDay;

/// The bytes of a message's id, a day and a channel.
const ID: usize = 16;
const DAY: usize = 4;
const LENGTH: usize = ID + DAY + 1;

impl From<Ledger> for ByteBuf {
    fn from(ledger: Ledger) -> Self {
        let bytes = ledger.places.iter().flat_map(|place| {
            let day = place.day.number().to_be_bytes();
            place.message.uuid().into_bytes().into_iter().chain(day).chain([code(place.channel)])
        });
        Self::from(bytes.collect::<Vec<u8>>())
    }
}

impl From<ByteBuf> for Ledger {
    /// What cannot be read is left out: at worst a message too many goes out, and none is held back for ever.
    fn from(bytes: ByteBuf) -> Self {
        Self { places: bytes.chunks_exact(LENGTH).filter_map(place).collect() }
    }
}

fn place(bytes: &[u8]) -> Option<Place> {
    let (id, rest) = bytes.split_first_chunk::<ID>()?;
    let (day, channel) = rest.split_first_chunk::<DAY>()?;
    let channel = Channel::ALL.iter().copied().find(|known| [code(*known)] == channel)?;
    let message = MessageId::from_uuid(Uuid::from_bytes(*id));
    Some(Place { message, day: LocalDay::numbered(i32::from_be_bytes(*day)), channel })
}

fn code(channel: Channel) -> u8 {
    match channel {
        Channel::Email => b'e',
        Channel::Sms => b's',
        Channel::Whatsapp => b'w',
        Channel::Voice => b'v',
    }
}
