//! People who do not exist, the same ones every time: their names, employers, addresses and histories are as unevenly
//! spread as real ones.

use domain::Timestamp;
use domain::access::Actor;
use domain::contact::indexed::Indexed;
use domain::contact::{Contact, Figures, LifecycleStage, OptInStatus, Profile};
use domain::email::EmailAddress;
use domain::fold::fold;
use domain::id::{ContactId, GroupId, Id};
use domain::phone::Phone;

use crate::dice::Dice;
use crate::names;

/// So many companies there may be; many of the rarest stay without contacts.
const COMPANIES: u64 = 220_000;
const DOMAINS: u64 = 20_000;
const TAGS: u64 = 200;
const GROUPS: u64 = 50;
const OWNERS: u64 = 40;
const SOURCES: [&str; 10] =
    ["Website", "Referral", "Trade fair", "Webinar", "LinkedIn", "Partner", "Cold call", "Newsletter", "Ad", "Import"];
const DAY: u64 = 86_400_000;
/// Noon on 1 July 2026.
const NOW: i64 = 1_782_907_200_000;

/// Contacts by their numbers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct People {
    pub(crate) seed: u64,
}

impl People {
    /// The contact of a number, as it is in some version; version 1 is how it came to be.
    pub(crate) fn contact(self, number: u64, version: u64) -> Contact {
        let mut id = Dice::new(self.seed, &[number]);
        let created = moment(NOW.cast_unsigned() - id.below(3 * 365 * DAY));
        let random: [u8; 10] = std::array::from_fn(|_| u8::try_from(id.below(256)).unwrap_or_default());
        let mut dice = Dice::new(self.seed, &[number, version]);
        let profile = profile(&mut dice, number);
        let contact = Contact::new(ContactId::fresh(created, random), profile, Actor::Operator, created);
        Contact { figures: figures(&mut dice), version, revision: version, ..contact }
    }

    /// The same, as the index is told it.
    pub(crate) fn state(self, number: u64, version: u64) -> Indexed {
        Indexed::contact(&self.contact(number, version))
    }
}

fn moment(millis: u64) -> Timestamp {
    Timestamp::from_timestamp_millis(millis.cast_signed()).unwrap_or_default()
}

fn profile(dice: &mut Dice, number: u64) -> Profile {
    let (first, last) = (names::first(dice), names::last(dice));
    let email = format!("{}.{}.{number}@{}", fold(&first), fold(&last), names::domain(dice.uneven(DOMAINS)));
    Profile {
        email: EmailAddress::parse(&email.replace(' ', "")).ok().filter(|_| dice.chance(95)),
        phone: dice.chance(70).then(|| Phone { e164: format!("+1202{:07}", dice.below(10_000_000)), typed: None }),
        company: dice.chance(90).then(|| names::company(dice.uneven(COMPANIES))),
        tags: several(dice, 2, 4, |dice| names::tag(dice.uneven(TAGS))),
        groups: several(dice, 0, 3, |dice| group(dice.uneven(GROUPS))),
        lifecycle_stage: dice.chance(90).then(|| dice.one_of(LifecycleStage::ALL)),
        lead_source: dice.chance(80).then(|| dice.one_of(&SOURCES).to_owned()),
        opt_in_status: dice.chance(80).then(|| dice.one_of(OptInStatus::ALL)),
        do_not_contact: dice.chance(4),
        owner_id: format!("user-{}", dice.below(OWNERS)).parse().ok().filter(|_| dice.chance(70)),
        is_active: dice.chance(8).then_some(false),
        first_name: Some(first).filter(|_| dice.chance(97)),
        last_name: Some(last).filter(|_| dice.chance(97)),
        ..Profile::default()
    }
}

fn figures(dice: &mut Dice) -> Figures {
    Figures {
        total_bookings: if dice.chance(20) { dice.uneven(40) } else { 0 },
        last_interaction_at: dice.chance(60).then(|| moment(NOW.cast_unsigned() - dice.below(365 * DAY))),
        score: dice.chance(30).then(|| dice.below(1_001) as f64 / 10.0),
        lead_stage: dice.chance(30).then(|| dice.one_of(LifecycleStage::ALL)),
        ..Figures::default()
    }
}

/// Some that are distinct.
fn several<T: PartialEq>(dice: &mut Dice, least: u64, most: u64, each: impl Fn(&mut Dice) -> T) -> Vec<T> {
    let (count, mut some) = (least + dice.below(most - least + 1), Vec::new());
    while (some.len() as u64) < count {
        let one = each(dice);
        if !some.contains(&one) {
            some.push(one);
        }
    }
    some
}

fn group(number: u64) -> GroupId {
    GroupId::derived(Timestamp::default(), &[&number.to_be_bytes()])
}
