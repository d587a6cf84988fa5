//! Caps hold in any order, and what they hold back comes through.

use proptest::prelude::*;

use super::*;
use crate::Timestamp;
use crate::id::Id;
use crate::settings::{Cap, CapScope};

fn message(number: u32) -> MessageId {
    MessageId::derived(Timestamp::default(), &[&number.to_be_bytes()])
}

fn day(number: i32) -> LocalDay {
    LocalDay::numbered(20_000 + number)
}

fn caps(scopes: &[(CapScope, Option<u32>, Option<u32>)]) -> Caps {
    let caps = scopes.iter().map(|(scope, per_day, per_week)| (*scope, Cap { per_day: *per_day, per_week: *per_week }));
    Caps::new(&caps.collect(), None)
}

#[test]
fn a_day_and_a_week_have_as_many_places_as_their_caps_say() {
    let caps = caps(&[(CapScope::All, Some(2), Some(3))]);
    let mut ledger = Ledger::default();
    let mut ask = |number, on| ledger.reserve(message(number), day(on), Channel::Email, &caps);
    assert_eq!(ask(1, 0), Reserved::Yes);
    assert_eq!(ask(1, 0), Reserved::Already);
    assert_eq!(ask(2, 0), Reserved::Yes);
    assert_eq!(ask(3, 0), Reserved::Full { until: day(1) });
    assert_eq!(ask(3, 1), Reserved::Yes);
    assert_eq!(ask(4, 1), Reserved::Full { until: day(7) });
    assert_eq!(ask(4, 6), Reserved::Full { until: day(7) });
    assert_eq!(ask(4, 7), Reserved::Yes);
    assert_eq!(ask(5, 7), Reserved::Yes);
    assert_eq!(ask(6, 8), Reserved::Yes);
}

#[test]
fn a_channel_has_a_cap_of_its_own_and_all_have_one_together() {
    let caps = caps(&[(CapScope::All, Some(3), None), (CapScope::Sms, Some(1), None)]);
    let mut ledger = Ledger::default();
    let mut ask = |number, channel| ledger.reserve(message(number), day(0), channel, &caps) == Reserved::Yes;
    assert!(ask(1, Channel::Sms) && !ask(2, Channel::Sms));
    assert!(ask(2, Channel::Email) && ask(3, Channel::Voice) && !ask(4, Channel::Whatsapp));
}

#[test]
fn a_place_that_is_given_up_is_free_again_and_one_that_moves_is_counted_once() {
    let caps = caps(&[(CapScope::All, Some(1), None)]);
    let mut ledger = Ledger::default();
    assert_eq!(ledger.reserve(message(1), day(0), Channel::Email, &caps), Reserved::Yes);
    assert_eq!(ledger.reserve(message(1), day(1), Channel::Email, &caps), Reserved::Yes);
    assert_eq!(ledger.reserve(message(2), day(0), Channel::Email, &caps), Reserved::Yes);
    assert_eq!(ledger.reserve(message(2), day(1), Channel::Email, &caps), Reserved::Full { until: day(2) });
    assert!(ledger.holds(message(2)), "it keeps the place it has");
    assert!(ledger.release(message(1)) && !ledger.release(message(1)));
    assert_eq!(ledger.reserve(message(2), day(1), Channel::Email, &caps), Reserved::Yes);
}

#[test]
fn a_campaigns_own_cap_is_a_number_and_a_period() {
    for (text, cap) in [("1_per_day", FrequencyCap::PerDay(1)), ("1000_per_week", FrequencyCap::PerWeek(1_000))] {
        assert_eq!((text.parse(), cap.to_string()), (Ok(cap), text.to_owned()));
    }
    for text in
        ["", "1", "0_per_day", "1001_per_day", "+1_per_day", "1_per_month", "_per_day", "1_per_day_", "1 _per_day"]
    {
        assert_eq!(text.parse::<FrequencyCap>(), Err(NotAFrequencyCap), "{text}");
    }
}

#[test]
fn caps_that_say_nothing_count_nothing() {
    let none = caps(&[(CapScope::All, None, None), (CapScope::Sms, Some(1), None)]);
    assert!(none.count(Channel::Sms) && !none.count(Channel::Email));
    let own = Caps::new(&std::collections::BTreeMap::new(), Some(FrequencyCap::PerWeek(1)));
    assert!(own.count(Channel::Voice) && !own.see_all() && none.see_all(), "other campaigns' messages are not counted");
}

#[test]
fn the_ledger_survives_being_kept_and_what_is_damaged_is_left_out() {
    let mut ledger = Ledger::default();
    for (number, channel) in (0..).zip(Channel::ALL) {
        ledger.note(message(number), day(-30_000), *channel);
    }
    let bytes: serde_bytes::ByteBuf = ledger.clone().into();
    assert_eq!((bytes.len(), Ledger::from(bytes.clone())), (4 * 21, ledger));
    let mut bytes = bytes.into_vec();
    bytes[20] = b'?';
    bytes.pop();
    assert_eq!(Ledger::from(serde_bytes::ByteBuf::from(bytes)).places.len(), 2);
}

/// One request: which message, how many days before or after the last request, which channel, and whether it is given up
/// again.
type Ask = (u32, i32, usize, bool);

fn asks() -> impl Strategy<Value = Vec<Ask>> {
    // Now and then a clock, or a zone, lies a day or two behind.
    let shift = prop_oneof![6 => Just(0), 3 => 1..3_i32, 1 => -2..0_i32];
    prop::collection::vec((0..60_u32, shift, 0..Channel::ALL.len(), prop::bool::weighted(0.1)), 1..100)
}

fn some_caps() -> impl Strategy<Value = Caps> {
    let most = || prop::option::of(1..6_u32);
    prop::collection::vec((0..CapScope::ALL.len(), most(), most()), 0..4).prop_map(|scopes| {
        let scopes: Vec<_> = scopes.into_iter().map(|(scope, day, week)| (CapScope::ALL[scope], day, week)).collect();
        caps(&scopes)
    })
}

/// Whether these places keep to `caps` on every day and in every seven days.
fn kept(places: &[Place], caps: &Caps) -> bool {
    Channel::ALL.iter().flat_map(|channel| caps.of(*channel)).all(|(scope, cap)| {
        places.iter().all(|first| {
            let within = |days: i32| {
                let counts = |place: &&Place| {
                    scope.counts(place.channel) && (0..days).contains(&(place.day.number() - first.day.number()))
                };
                u32::try_from(places.iter().filter(counts).count()).unwrap_or(u32::MAX)
            };
            cap.per_day.is_none_or(|most| within(1) <= most) && cap.per_week.is_none_or(|most| within(7) <= most)
        })
    })
}

proptest! {
    #[test]
    fn no_day_and_no_seven_days_ever_hold_more_than_the_caps(asks in asks(), caps in some_caps()) {
        let (mut ledger, mut today, mut latest) = (Ledger::default(), 0, 0);
        // Every place that was ever given and not given up, without anything being forgotten.
        let mut given: Vec<Place> = Vec::new();
        for (number, shift, channel, given_up) in asks {
            // Never further behind the latest day than zones and clocks can be.
            today = (today + shift).max(latest - 2);
            latest = latest.max(today);
            let place = Place { message: message(number), day: day(today), channel: Channel::ALL[channel] };
            let before = ledger.clone();
            match ledger.reserve(place.message, place.day, place.channel, &caps) {
                Reserved::Yes => {
                    let old = before.places.iter().find(|old| old.message == place.message);
                    given.retain(|given| Some(given) != old);
                    given.push(place);
                }
                Reserved::Already => prop_assert_eq!(&ledger, &before),
                Reserved::Full { until } => {
                    prop_assert_eq!(&ledger, &before);
                    prop_assert!(until > place.day && until.number() - day(latest).number() <= 7);
                    for early in place.day.number()..until.number() {
                        let asked = before.clone().reserve(place.message, LocalDay::numbered(early), place.channel, &caps);
                        prop_assert_eq!(asked, Reserved::Full { until });
                    }
                    let then = ledger.clone().reserve(place.message, until, place.channel, &caps);
                    prop_assert!(matches!(then, Reserved::Yes | Reserved::Already));
                }
            }
            if given_up {
                let place = ledger.places.iter().find(|kept| kept.message == place.message).copied();
                given.retain(|given| Some(*given) != place);
                prop_assert_eq!(ledger.release(message(number)), place.is_some());
            }
            prop_assert!(kept(&given, &caps));
            prop_assert!(kept(&ledger.places, &caps));
        }
    }

    #[test]
    fn whatever_is_put_off_has_gone_out_in_the_end(count in 1..40_u32, per_day in 1..4_u32, per_week in 1..6_u32) {
        let caps = caps(&[(CapScope::All, Some(per_day), Some(per_week))]);
        let (mut ledger, mut sent) = (Ledger::default(), 0);
        let mut waiting: Vec<(u32, LocalDay)> = (0..count).map(|number| (number, day(0))).collect();
        for _ in 0..10_000 {
            waiting.sort_by_key(|(number, due)| (std::cmp::Reverse(*due), std::cmp::Reverse(*number)));
            let Some((number, due)) = waiting.pop() else { break };
            match ledger.reserve(message(number), due, Channel::Sms, &caps) {
                Reserved::Full { until } => waiting.push((number, until)),
                _ => sent += 1,
            }
        }
        prop_assert_eq!(sent, count);
    }
}
