//! States of contacts and criteria, made so that much is alike.

use std::sync::Arc;

use domain::Timestamp;
use domain::access::Actor;
use domain::contact::criteria::Criteria;
use domain::contact::indexed::{Indexed, Stamp};
use domain::contact::words::Words;
use domain::contact::{Contact, Figures, LifecycleStage, OptInStatus, Profile};
use domain::email::EmailAddress;
use domain::id::{ContactId, ContactTypeId, GroupId, Id};
use domain::phone::Phone;
use proptest::collection::vec;
use proptest::option::weighted;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use crate::{Segment, Snapshot};

const NAMES: [&str; 14] = [
    "Ana",
    "ana",
    "Åna",
    "José",
    "jose",
    "Straßer",
    "Smith",
    "Smithson",
    "Smoth",
    "O'Brien",
    "Anna-Maria",
    "",
    "Ёлкина",
    "Александра",
];
const COMPANIES: [&str; 8] = [
    "Acme",
    "acme corporation",
    "ACME Corp.",
    "Müller & Söhne",
    "C@fe Müller",
    "Korporation ana",
    "株式会社 日本",
    "Smith",
];
const EMAILS: [&str; 7] = [
    "ana@example.com",
    "jose.smith@example.com",
    "ana@mail.example.com",
    "smith@acme.org",
    "example@acme.org",
    "ana.ana@example.org",
    "mail@xn--mller-kva.de",
];
const PHONES: [&str; 3] = ["+12025550143", "+4930123456", "+493012345"];
const SOURCES: [&str; 5] = ["website", "Website", "Messe", "", "web"];
const TAGS: [&str; 6] = ["vip", "VIP", "Trial", "Ärzte", "new", "old"];
const OWNERS: [&str; 3] = ["ada", "Ada", "bob"];
const PARTS: [&str; 14] =
    ["ana", "a", "smith", "ss", "jose", "muller", "corp", "acme c", "e", "i", "日", "\n", "&", "лк"];
const WORDS: [&str; 34] = [
    "ana",
    "a",
    "smith",
    "smoth",
    "smiht",
    "smithsno",
    "smithosn",
    "korporazion",
    "corpporatoin",
    "corporal",
    "acme",
    "@",
    "ana@",
    "@example",
    "jose@",
    "smith@e",
    "a@e",
    "ana@example.com",
    "smith@acme.org",
    "c@fe",
    "@a@",
    "com",
    "example",
    ".org",
    "mullre",
    "александар",
    "алексанрда",
    "елкнна",
    "strasser",
    "starsser",
    "obrien",
    "o'brien",
    "\n",
    "株式会社",
];

/// The beginning of December 2025, in milliseconds since the epoch.
pub(crate) const DECEMBER: i64 = 1_764_547_200_000;

/// The beginning of one of some days, or a millisecond before or after it.
fn moment() -> impl Strategy<Value = Timestamp> {
    (0..100_i64, -1..2_i64).prop_map(|(days, odd)| {
        Timestamp::from_timestamp_millis(DECEMBER + days * 86_400_000 + odd).unwrap_or_default()
    })
}

/// The moment that the tests take for now.
pub(crate) fn now() -> Timestamp {
    Timestamp::from_timestamp_millis(DECEMBER + 97 * 86_400_000).unwrap_or_default()
}

pub(crate) fn contact_id(number: u8) -> ContactId {
    ContactId::derived(Timestamp::default(), &[&[number]])
}

fn group(number: u8) -> GroupId {
    GroupId::derived(Timestamp::default(), &[&[number]])
}

fn kind(number: u8) -> ContactTypeId {
    ContactTypeId::derived(Timestamp::default(), &[&[number]])
}

fn text(texts: &'static [&'static str]) -> impl Strategy<Value = Option<String>> {
    weighted(0.8, select(texts).prop_map(str::to_owned))
}

fn email() -> impl Strategy<Value = EmailAddress> {
    select(&EMAILS[..]).prop_map(|text| EmailAddress::parse(text).unwrap())
}

fn phone() -> impl Strategy<Value = String> {
    select(&PHONES[..]).prop_map(str::to_owned)
}

fn stage() -> impl Strategy<Value = LifecycleStage> {
    select(LifecycleStage::ALL)
}

fn score() -> impl Strategy<Value = f64> {
    select(&[0.0, -0.0, 12.5, 60.0, 99.9, 100.0][..])
}

fn profile() -> impl Strategy<Value = Profile> {
    let names = (text(&NAMES), text(&NAMES), text(&COMPANIES), weighted(0.8, email()), weighted(0.6, phone()));
    let lists = (
        subsequence(&TAGS[..], 0..4).prop_map(|tags| tags.into_iter().map(str::to_owned).collect()),
        subsequence(vec![group(1), group(2), group(3)], 0..3),
        subsequence(vec![kind(1), kind(2)], 0..2),
    );
    let states = (
        weighted(0.8, stage()),
        text(&SOURCES),
        weighted(0.7, select(OptInStatus::ALL)),
        any::<bool>(),
        weighted(0.5, select(&OWNERS[..]).prop_map(|owner| owner.parse().unwrap())),
        weighted(0.6, any::<bool>()),
    );
    (names, lists, states).prop_map(|(names, lists, states)| Profile {
        first_name: names.0,
        last_name: names.1,
        company: names.2,
        email: names.3,
        phone: names.4.map(|e164| Phone { e164, typed: None }),
        tags: lists.0,
        groups: lists.1,
        types: lists.2,
        lifecycle_stage: states.0,
        lead_source: states.1,
        opt_in_status: states.2,
        do_not_contact: states.3,
        owner_id: states.4,
        is_active: states.5,
        ..Profile::default()
    })
}

fn figures() -> impl Strategy<Value = Figures> {
    let bookings = select(&[0, 0, 1, 2, 3, 5, 6, 10, 11, 40][..]);
    (bookings, weighted(0.7, moment()), weighted(0.6, score()), weighted(0.5, stage())).prop_map(
        |(total_bookings, last_interaction_at, score, lead_stage)| Figures {
            total_bookings,
            last_interaction_at,
            score,
            lead_stage,
            ..Figures::default()
        },
    )
}

fn state() -> impl Strategy<Value = Indexed> {
    let stamp = (1..4_u64, 0..3_u64).prop_map(|(version, more)| Stamp { version, revision: version + more });
    (0..40_u8, stamp, prop::option::weighted(0.9, (profile(), figures())), moment()).prop_map(
        |(id, stamp, what, at)| {
            let id = contact_id(id);
            let Some((profile, figures)) = what else { return Indexed::Gone { id, stamp, at } };
            let contact = Contact::new(id, profile, Actor::Operator, at);
            let Stamp { version, revision } = stamp;
            Indexed::Contact(Box::new(Contact { figures, version, revision, ..contact }))
        },
    )
}

/// States spread over up to five segments and what is laid over them. Each is in one of them at least.
#[derive(Debug, Clone)]
pub(crate) struct Spread {
    pub(crate) states: Vec<Indexed>,
    segments: Vec<Vec<Indexed>>,
    over: Vec<Indexed>,
}

impl Spread {
    pub(crate) fn snapshot(&self) -> Snapshot {
        let segments = self.segments.iter().map(|states| Arc::new(Segment::build(states))).collect();
        Snapshot::new(segments).with(&self.over)
    }
}

pub(crate) fn spread() -> impl Strategy<Value = Spread> {
    // One in two lies in the first segment; what lies where, as bits.
    let places = prop_oneof![Just(1_u8), 1..64_u8];
    vec((state(), places), 0..90).prop_map(|mut states| {
        // One stamp of a contact is one state.
        let mut known = std::collections::HashSet::new();
        states.retain(|(state, _)| known.insert((state.id(), state.stamp().version, state.stamp().revision)));
        let placed = |place: u8| {
            let here = states.iter().filter(move |(_, places)| places >> place & 1 == 1);
            here.map(|(state, _)| state.clone()).collect::<Vec<_>>()
        };
        let (segments, over) = ((0..5).map(placed).collect(), placed(5));
        Spread { states: states.iter().map(|(state, _)| state.clone()).collect(), segments, over }
    })
}

fn rarely<T: std::fmt::Debug>(what: impl Strategy<Value = T>) -> impl Strategy<Value = Option<T>> {
    weighted(0.08, what)
}

fn some<T: std::fmt::Debug + Clone>(what: impl Strategy<Value = T>) -> impl Strategy<Value = Vec<T>> {
    rarely(vec(what, 1..4)).prop_map(Option::unwrap_or_default)
}

fn part() -> impl Strategy<Value = Option<String>> {
    rarely(select(&PARTS[..]).prop_map(str::to_owned))
}

fn words() -> impl Strategy<Value = Words> {
    let words = weighted(0.3, vec(select(&WORDS[..]).prop_map(str::to_owned), 1..3));
    (words, any::<bool>()).prop_map(|(words, typos)| Words { words: words.unwrap_or_default(), typos })
}

pub(crate) fn criteria() -> impl Strategy<Value = Criteria> {
    let phone = prop_oneof![phone(), Just("12025550143".to_owned()), Just(String::new())];
    let texts = (rarely(email()), rarely(phone), part(), part(), part(), words());
    let tag = select(&["vip", "trial", "ärzte", "new", "VIP", "none"][..]).prop_map(str::to_owned);
    let lists = (some(tag), rarely((1..5_u8).prop_map(group)), rarely((1..4_u8).prop_map(kind)));
    let owner = select(&["ada", "bob", "eve"][..]).prop_map(|owner| owner.parse().unwrap());
    let source = select(&["website", "web", "messe", "", "none"][..]).prop_map(str::to_owned);
    let states = (
        rarely(owner),
        rarely(any::<bool>()),
        rarely(any::<bool>()),
        some(stage()),
        some(stage()),
        some(source),
        rarely(select(OptInStatus::ALL)),
    );
    let figures = (rarely(any::<bool>()), rarely(score()), rarely(score()), rarely(finer()), rarely(finer()));
    (texts, lists, states, figures).prop_map(|(texts, lists, states, figures)| Criteria {
        email: texts.0,
        phone: texts.1,
        first_name: texts.2,
        last_name: texts.3,
        company: texts.4,
        words: texts.5,
        tags: lists.0,
        group: lists.1,
        r#type: lists.2,
        owner: states.0,
        is_active: states.1,
        do_not_contact: states.2,
        lifecycle_stages: states.3,
        lead_stages: states.4,
        lead_sources: states.5,
        opt_in_status: states.6,
        has_bookings: figures.0,
        min_score: figures.1,
        max_score: figures.2,
        created_from: figures.3,
        created_to: figures.4,
    })
}

/// A moment that may be finer than to the millisecond.
fn finer() -> impl Strategy<Value = Timestamp> {
    (moment(), 0..2_i64).prop_map(|(moment, finer)| moment + chrono::TimeDelta::nanoseconds(finer))
}
