//! Bookings: a scheduling system reports what happened to one; its contact is found or made, counts it and tells of it.
//!
//! A report leads to one transaction on what was read just before; who is overtaken reads again. What is known already
//! leads to nothing.

use std::time::Duration;

use axum::extract::State;
use domain::access::{Caller, Role};
use domain::audit::{Action, AuditEntry};
use domain::booking::draft::BookingDraft;
use domain::booking::{Booking, BookingEvent, BookingReport, statistics};
use domain::contact::draft::Rules;
use domain::contact::{Contact, Figures, Profile};
use domain::id::ContactId;
use domain::interaction::{of_booking, place_of_booking};
use domain::{Error, Result, Timestamp};
use edge::{Answer, Body, ContactWriter, FoundOrMade, Fresh};
use runtime::clock::random;
use store::{BookingWrite, ContactChange, ContactWrite, KnownBooking, TenantStore};

use crate::booking_wire::{BookingOut, ReportedOut};
use crate::http::Contacts;

/// How often a report is tried again that was overtaken.
const TRIES: u32 = 12;
/// The longest pause between two tries.
const PAUSE: Duration = Duration::from_millis(400);
/// What a contact that was made by a booking says of where it came from.
const LEAD_SOURCE: &str = "booking";

pub(crate) async fn report(
    State(contacts): State<Contacts>,
    ContactWriter(caller): ContactWriter,
    fresh: Fresh,
    Body(draft): Body<BookingDraft>,
) -> Answer<FoundOrMade<ReportedOut>> {
    let (store, id, now) = (contacts.of(caller.tenant), fresh.id(), fresh.now());
    let report = draft.parse(&Rules::from(&store.settings().get().await?), now)?;
    let reported = Reported { contacts: &contacts, caller: &caller, store, report, id, now };
    for tried in 0..TRIES {
        if let Some((contact, booking)) = reported.take_in().await? {
            let made = (contact.id == id).then(|| format!("/api/v1/contacts/{id}"));
            let booking = BookingOut::new(booking, contact.id);
            return Ok(FoundOrMade { made, body: ReportedOut { contact: contact.into(), booking } });
        }
        tokio::time::sleep(pause(tried)).await;
    }
    let source = "the contact or the booking keeps changing".into();
    Err(Error::Unavailable { service: "the table", source }.into())
}

/// Longer each time, and not the same for everybody.
fn pause(tried: u32) -> Duration {
    let [chance] = random();
    let longest = Duration::from_millis(10 << tried.min(6)).min(PAUSE);
    longest.mul_f64(0.5 + f64::from(chance) / 512.0)
}

/// A report, and what is needed to take it in.
struct Reported<'a> {
    contacts: &'a Contacts,
    caller: &'a Caller,
    store: TenantStore,
    report: BookingReport,
    /// The id of the contact, if one is made.
    id: ContactId,
    now: Timestamp,
}

/// What was known before the report.
#[derive(Default)]
struct Known {
    contact: Option<Contact>,
    booking: Option<KnownBooking>,
    /// Whom the id of the booking leads to, if nothing is there.
    forgotten: Option<ContactId>,
}

impl Reported<'_> {
    /// The contact and the booking after the report. Nothing: somebody else was faster, and it is to be tried again.
    async fn take_in(&self) -> Result<Option<(Contact, Booking)>> {
        let Some(known) = self.known().await? else { return Ok(None) };
        if let Some(contact) = &known.contact {
            self.caller.demand_ownership(contact.profile.owner_id.as_ref())?;
        }
        let id = known.contact.as_ref().map_or(self.id, |contact| contact.id);
        let booking = match &known.booking {
            None => Booking::new(id, &self.report),
            Some(before) => match before.booking.after(&self.report) {
                Some(booking) => booking,
                None => return Ok(known.contact.map(|contact| (contact, before.booking.clone()))),
            },
        };
        let contact = self.contact(known.contact.as_ref(), &booking).await?;
        Ok(self.keep(&known, &contact, &booking).await?.then_some((contact, booking)))
    }

    /// The contact is that of the booking, or the one with the address. Nothing if the address moves just now.
    async fn known(&self) -> Result<Option<Known>> {
        let (contacts, email) = (self.store.contacts(), &self.report.invitee.email);
        let found = self.store.bookings().find(&self.report.booking_id).await?;
        let forgotten = found.as_ref().map(|(under, _)| *under);
        if let Some((under, Some(booking))) = found
            && let Some(contact) = contacts.get(under).await?
        {
            return Ok(Some(Known { contact: Some(contact), booking: Some(booking), forgotten: None }));
        }
        let Some(holder) = contacts.by_email(email).await? else {
            return Ok(Some(Known { forgotten, ..Known::default() }));
        };
        let contact = contacts.get(holder).await?.filter(|contact| contact.profile.email.as_ref() == Some(email));
        Ok(contact.map(|contact| Known { contact: Some(contact), booking: None, forgotten }))
    }

    /// The contact as it is to be: made, or with its gaps filled, and with its new figures.
    async fn contact(&self, old: Option<&Contact>, booking: &Booking) -> Result<Contact> {
        let mut bookings = match old {
            Some(old) => self.store.bookings().of_contact(old).await?,
            None => Vec::new(),
        };
        bookings.retain(|other| other.id != booking.id);
        bookings.push(booking.clone());
        let contact = match old {
            None => Contact::new(self.id, self.made(), self.caller.actor.clone(), self.now),
            Some(old) => match filled(&old.profile, &self.report) {
                Some(profile) => old.changed(profile, self.contacts.clock.now()),
                None => Contact { revision: old.revision + 1, ..old.clone() },
            },
        };
        let figures = contact.figures.clone().counting(statistics(&bookings));
        let last_interaction_at = figures.last_interaction_at.max(Some(self.report.occurred_at));
        let figures = Figures { last_interaction_at, ..figures };
        Ok(Contact { figures, ..contact })
    }

    fn made(&self) -> Profile {
        let owner_id = self.caller.user.clone().filter(|_| self.caller.role == Role::User);
        let lead_source = Some(LEAD_SOURCE.to_owned());
        Profile { owner_id, lead_source, ..self.report.invitee.clone().into() }
    }

    async fn keep(&self, known: &Known, contact: &Contact, booking: &Booking) -> Result<bool> {
        let (event, tenant, actor) = (self.report.event, self.caller.tenant, self.caller.actor.clone());
        let was = known.booking.as_ref().and_then(|known| moment(&known.booking, event));
        // It happened, or did so earlier than was known.
        let told =
            (was != moment(booking, event)).then(|| of_booking(tenant, contact.id, &self.report, actor, self.now));
        let place = |at| (at, place_of_booking(tenant, &booking.id, event, at));
        let change = known.contact.as_ref().map(|old| self.change(old, contact));
        let write = BookingWrite {
            contact: match &change {
                None => ContactWrite::Made(contact),
                Some(change) if change.old.version == change.new.version => {
                    ContactWrite::Counted(&change.old, &change.new)
                }
                Some(change) => ContactWrite::Changed(change),
            },
            before: known.booking.as_ref(),
            after: booking,
            forgotten: known.forgotten,
            told: told.as_ref(),
            withdrawn: was.filter(|_| told.is_some()).map(place),
            now: self.contacts.clock.now(),
        };
        self.store.bookings().keep(&write).await
    }

    fn change(&self, old: &Contact, new: &Contact) -> ContactChange {
        let (clock, by) = (&self.contacts.clock, self.caller.actor.clone());
        let profiles = [Some(&old.profile), Some(&new.profile)];
        let entry = AuditEntry::of_contact(clock.fresh(), clock.now(), by, Action::ContactUpdated, old.id, profiles);
        ContactChange { old: old.clone(), new: new.clone(), entry }
    }
}

fn moment(booking: &Booking, event: BookingEvent) -> Option<Timestamp> {
    match event {
        BookingEvent::Created => booking.created_at,
        BookingEvent::Completed => booking.completed_at,
        BookingEvent::Cancelled => booking.cancelled_at,
    }
}

/// The profile with its empty names and phone number filled from the report; nothing if there is nothing to fill.
fn filled(profile: &Profile, report: &BookingReport) -> Option<Profile> {
    let Profile { first_name, last_name, phone, .. } = report.invitee.clone().into();
    let filled = Profile {
        first_name: profile.first_name.clone().or(first_name),
        last_name: profile.last_name.clone().or(last_name),
        phone: profile.phone.clone().or(phone),
        ..profile.clone()
    };
    (filled != *profile).then_some(filled)
}
