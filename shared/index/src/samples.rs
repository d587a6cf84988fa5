//! Random states of a few contacts, for tests.

use domain::Timestamp;
use domain::access::Actor;
use domain::contact::indexed::{Indexed, Stamp};
use domain::contact::{Contact, Figures, LifecycleStage, OptInStatus, Profile};
use domain::email::EmailAddress;
use domain::id::{ContactId, Id, TenantId};
use domain::phone::Phone;
use proptest::prelude::*;
use proptest::sample::select;

use crate::segment::Segment;

/// A tenant.
pub(crate) fn tenant(number: u8) -> TenantId {
    TenantId::fresh(Timestamp::default(), [number; 10])
}

fn moment() -> impl Strategy<Value = Timestamp> {
    let edge = select(vec![-1, 0, 1, 1_790_000_000_123, 8_000_000_000_000_000]);
    prop_oneof![edge, 1_700_000_000_000..1_800_000_000_000_i64]
        .prop_map(|millis| Timestamp::from_timestamp_millis(millis).unwrap())
}

fn id() -> impl Strategy<Value = ContactId> {
    (0..3_i64, 0..4_u8, 0..4_u8).prop_map(|(millis, start, end)| {
        let at = Timestamp::from_timestamp_millis(1_700_000_000_000 + millis * 1_000_000).unwrap();
        ContactId::fresh(at, [start, 0, 0, 0, 0, 0, 0, 0, 0, end])
    })
}

fn text() -> impl Strategy<Value = Option<String>> {
    prop::option::of(prop_oneof!["[aAbB\u{e9}\n ]{0,3}", "\\PC{0,8}"])
}

fn texts() -> impl Strategy<Value = Profile> {
    let email = prop::option::of("[a-c.]{1,4}@[ab]{1,2}\\.(com|de)");
    let (owner, phone) = (prop::option::of("[a-c]{1,2}"), prop::option::of("\\+[1-9][0-9]{4,14}"));
    (text(), text(), text(), text(), email, owner, phone).prop_map(
        |(first_name, last_name, company, lead_source, email, owner, phone)| Profile {
            first_name,
            last_name,
            company,
            lead_source,
            email: email.and_then(|text| EmailAddress::parse(&text).ok()),
            owner_id: owner.and_then(|text| text.parse().ok()),
            phone: phone.map(|e164| Phone { e164, typed: None }),
            ..Profile::default()
        },
    )
}

fn stage() -> impl Strategy<Value = Option<LifecycleStage>> {
    prop::option::of(select(LifecycleStage::ALL))
}

fn profile() -> impl Strategy<Value = Profile> {
    let ids = || prop::collection::vec(0..5_u8, 0..4);
    let tags = prop::collection::vec("[aAbB\u{e9}\u{c9}\n]{1,2}", 0..4);
    let opt_in = prop::option::of(select(OptInStatus::ALL));
    (texts(), tags, ids(), ids(), stage(), opt_in, any::<bool>(), any::<Option<bool>>()).prop_map(
        |(texts, tags, groups, types, lifecycle_stage, opt_in_status, do_not_contact, is_active)| Profile {
            tags,
            groups: groups.into_iter().map(numbered).collect(),
            types: types.into_iter().map(numbered).collect(),
            lifecycle_stage,
            opt_in_status,
            do_not_contact,
            is_active,
            ..texts
        },
    )
}

fn numbered<I: Id>(number: u8) -> I {
    I::fresh(Timestamp::default(), [number; 10])
}

fn figures() -> impl Strategy<Value = Figures> {
    let bookings = prop_oneof![0..3_u64, Just(u64::MAX)];
    let score = prop::option::of(prop_oneof![select(vec![0.0, -0.0, 37.5, 100.0]), any::<f64>()]);
    (bookings, prop::option::of(moment()), score, stage()).prop_map(
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
    (id(), stamp, moment(), prop::option::weighted(0.8, (profile(), figures()))).prop_map(|(id, stamp, at, known)| {
        match known {
            None => Indexed::Gone { id, stamp, at },
            Some((profile, figures)) => {
                let contact = Contact::new(id, profile, Actor::Operator, at);
                let Stamp { version, revision } = stamp;
                Indexed::Contact(Box::new(Contact { figures, version, revision, ..contact }))
            }
        }
    })
}

/// States in any order, several of some contacts. Two that have the same place among a contact's states are the same.
pub(crate) fn states() -> impl Strategy<Value = Vec<Indexed>> {
    prop::collection::vec(state(), 0..60).prop_map(|mut states| {
        let mut seen = std::collections::HashSet::new();
        states.retain(|state| seen.insert((state.id(), state.stamp().version, state.stamp().revision)));
        states
    })
}

/// Whether two segments are the same, scores that are no numbers included.
pub(crate) fn are_same(one: &Segment, other: &Segment) -> bool {
    let bits = |segment: &Segment| segment.scores.iter().map(|score| score.to_bits()).collect::<Vec<_>>();
    let rest = |segment: &Segment| Segment { scores: Vec::new(), ..segment.clone() };
    bits(one) == bits(other) && rest(one) == rest(other)
}
