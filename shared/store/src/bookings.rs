//! Bookings: beside the contact that they belong to, which a guard tells by a booking's id.

use std::collections::BTreeMap;

use domain::booking::{Booking, BookingId};
use domain::contact::Contact;
use domain::id::{ContactId, InteractionId, TenantId};
use domain::interaction::Interaction;
use domain::{Error, Result, Timestamp};

use crate::contacts::{ContactChange, Guard, Transaction};
use crate::interactions;
use crate::item::{Condition, Item, Write};
use crate::keys::{BOOKING, Key, contact_partition};
use crate::table::{Range, Sort, Table, Transacted};

/// How often it is looked where a booking is that is moved to another contact meanwhile.
const LOOKS: usize = 4;

/// A booking that is known.
#[derive(Debug, Clone, PartialEq)]
pub struct KnownBooking {
    /// The booking.
    pub booking: Booking,
    /// Under which id it is kept: its contact's, or that of one which goes into that contact.
    pub under: ContactId,
}

/// What a report of a booking leads to: all of it is kept, or nothing.
#[derive(Debug, Clone)]
pub struct BookingWrite<'a> {
    /// What becomes of the contact, with its new figures.
    pub contact: ContactWrite<'a>,
    /// The booking as it was.
    pub before: Option<&'a KnownBooking>,
    /// The booking one revision on.
    pub after: &'a Booking,
    /// The contact of a booking with the same id that is not there any more.
    pub forgotten: Option<ContactId>,
    /// What the timeline tells.
    pub told: Option<&'a Interaction>,
    /// The place of what it told instead of that before.
    pub withdrawn: Option<(Timestamp, InteractionId)>,
    /// When it is taken in.
    pub now: Timestamp,
}

/// What becomes of the contact that a booking belongs to.
#[derive(Debug, Clone)]
pub enum ContactWrite<'a> {
    /// It is made.
    Made(&'a Contact),
    /// More is known of it.
    Changed(&'a ContactChange),
    /// Its figures change: from, to.
    Counted(&'a Contact, &'a Contact),
}

/// The bookings of a tenant.
#[derive(Debug, Clone)]
pub struct Bookings {
    table: Table,
    tenant: TenantId,
}

impl Bookings {
    pub(crate) fn new(table: Table, tenant: TenantId) -> Self {
        Self { table, tenant }
    }

    /// The contact that a booking with this id was given to, and the booking, if it is still there. As it is now.
    pub async fn find(&self, id: &BookingId) -> Result<Option<(ContactId, Option<KnownBooking>)>> {
        let guard = Key::booking_guard(self.tenant, id.as_str());
        let mut looked = None;
        for _ in 0..LOOKS {
            let Some(Guard { contact_id: under }) = self.table.get(&guard).await? else { return Ok(None) };
            let booking: Option<Booking> = self.table.get(&Key::booking(self.tenant, under, id.as_str())).await?;
            if booking.is_some() || looked == Some(under) {
                return Ok(Some((under, booking.map(|booking| KnownBooking { booking, under }))));
            }
            // Between both looks a merge may have moved it.
            looked = Some(under);
        }
        Err(busy("the booking's contact"))
    }

    /// All bookings of a contact, as they are now; those of contacts that went into it are its own. What moves from one to
    /// the other meanwhile is there once.
    pub async fn of_contact(&self, contact: &Contact) -> Result<Vec<Booking>> {
        let mut bookings = BTreeMap::new();
        for &id in contact.merged_from.iter().rev().chain([&contact.id]) {
            let partition = contact_partition(self.tenant, id);
            let range = Range::new(partition, Sort::Prefix(BOOKING.to_owned())).consistent();
            let found: Vec<Booking> = self.table.query_all(range).await?;
            bookings.extend(found.into_iter().map(|booking| (booking.id.clone(), booking)));
        }
        Ok(bookings.into_values().collect())
    }

    /// Keeps what a report leads to. `false`: the contact, the booking, or who has the address has changed since it was read,
    /// and nothing was kept.
    pub async fn keep(&self, write: &BookingWrite<'_>) -> Result<bool> {
        let mut transaction = Transaction::new(self.tenant).marking(Some(write.now));
        match &write.contact {
            ContactWrite::Made(contact) => transaction.create(contact)?,
            ContactWrite::Changed(ContactChange { old, new, entry }) => {
                transaction.exactly(old, new)?;
                transaction.add_entry(old, entry)?;
            }
            ContactWrite::Counted(old, new) => transaction.exactly(old, new)?,
        }
        let mut writes = transaction.writes();
        writes.extend(self.booking(write)?);
        if let Some(told) = write.told {
            writes.push(Write::Put { item: interactions::item(self.tenant, told)?, conditions: vec![] });
        }
        writes.extend(self.withdrawal(write));
        Ok(self.table.transact(writes).await? == Transacted::Yes)
    }

    fn booking(&self, write: &BookingWrite<'_>) -> Result<Vec<Write>> {
        let (after, id) = (write.after, write.after.id.as_str());
        if let Some(KnownBooking { booking, under }) = write.before {
            let item = Item::new(&Key::booking(self.tenant, *under, id), after)?;
            return Ok(vec![Write::put(item, Condition::number("revision", booking.revision))]);
        }
        let guard = Item::new(&Key::booking_guard(self.tenant, id), &Guard { contact_id: after.contact_id })?;
        let unclaimed = write.forgotten.map_or(Condition::Absent, |contact| Condition::text("contact_id", contact));
        let item = Item::new(&Key::booking(self.tenant, after.contact_id, id), after)?;
        Ok(vec![Write::put(guard, unclaimed), Write::put(item, Condition::Absent)])
    }

    /// It stands where the booking is, or where both are moved to.
    fn withdrawal(&self, write: &BookingWrite<'_>) -> Vec<Write> {
        let (Some((at, id)), Some(told), Some(before)) = (write.withdrawn, write.told, write.before) else {
            return vec![];
        };
        let mut contacts = vec![before.under];
        contacts.extend(Some(told.contact_id).filter(|contact| *contact != before.under));
        let keys = contacts.into_iter().map(|contact| Key::interaction(self.tenant, contact, at, id));
        keys.map(|key| Write::Delete { key, conditions: vec![] }).collect()
    }
}

fn busy(what: &str) -> Error {
    Error::Unavailable { service: "the table", source: format!("{what} keeps changing").into() }
}
