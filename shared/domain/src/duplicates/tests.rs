//! Whom the finder suggests, whom it does not, and what it costs.

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::Timestamp;
use crate::access::Actor;
use crate::contact::Profile;
use crate::email::EmailAddress;
use crate::id::Id;
use crate::phone::{Country, Phone};

fn contact(number: u32, profile: Profile) -> Contact {
    let now = Timestamp::default();
    Contact::new(ContactId::derived(now, &[&number.to_be_bytes()]), profile, Actor::Operator, now)
}

/// `first,last,email,phone,company,address,birthday`; what is left out at the end is missing.
fn profile(row: &str) -> Profile {
    let mut cells = row.split(',').map(str::trim).chain(std::iter::repeat(""));
    let mut next = || cells.next().filter(|cell| !cell.is_empty()).map(str::to_owned);
    let mut profile = Profile { first_name: next(), last_name: next(), ..Profile::default() };
    profile.email = next().map(|email| EmailAddress::parse(&email).unwrap());
    profile.phone = next().map(|phone| Phone::parse(&phone, Country::DEFAULT).unwrap());
    profile.company = next();
    for field in ["address", "birthday"] {
        profile.custom_fields.extend(next().map(|value| (field.to_owned(), json!(value))));
    }
    profile
}

fn find<'a>(rows: impl IntoIterator<Item = &'a str>) -> Vec<Suggestion> {
    find_profiles(rows.into_iter().map(profile).enumerate())
}

fn find_profiles(profiles: impl IntoIterator<Item = (usize, Profile)>) -> Vec<Suggestion> {
    let mut finder = Finder::new();
    profiles.into_iter().for_each(|(number, profile)| finder.add(&contact(u32::try_from(number).unwrap(), profile)));
    finder.suggestions()
}

#[test]
fn the_same_person_twice_is_suggested_with_the_reason() {
    use Reason::*;
    for (one, other, reason) in [
        ("Ada,King,ada@example.com", "Ada,King,ada+news@example.com", SameEmail),
        ("Ada,King,ada.king@gmail.com", ",,adaking@googlemail.com", SameEmail),
        ("John,Smith,,+12025550143", "Jon,Smith,,+12025550143", SamePhone),
        ("John,Smith,,+12025550143", "Smith,John,,+12025550143", SamePhone),
        ("José,Muñoz,,+12025550143", "Jose,Munoz,,+12025550143", SamePhone),
        ("John,Smith,,+12025550143", "J.,Smith,,+12025550143", SamePhone),
        ("John,Smith,john.smith@example.com", "Jon,Smith,john.smith@example.org", SimilarEmail),
        ("John,Smith,j77@example.com,,Acme", "John,Smith,j77@example.org,,Globex", SimilarEmail),
        ("John,Smith,,,Acme Inc.", "Jon,Smith,,,ACME", SimilarNameSameCompany),
        ("Müller,Jörg,,,Globex GmbH", "Jörg,Mueller,,,globex", SimilarNameSameCompany),
        ("John,Smith,,,,12 Main Street", "John,Smyth,,,,12 main street", SimilarNameSameAddress),
    ] {
        let found = find([one, other, "Mary,Jones,mj@example.net,+442079460123,Initech,5 High Street"]);
        assert_eq!(found.len(), 1, "{one} | {other}: {found:?}");
        assert!(found[0].reasons.contains(&reason), "{one} | {other}: {found:?}");
        assert!((0.6..1.0).contains(&found[0].confidence), "{found:?}");
        assert!(found[0].contact_ids.is_sorted());
    }
}

#[test]
fn two_people_are_not_suggested() {
    for (one, other) in [
        ("Anna,Huber,,+12025550143", "Peter,Huber,,+12025550143"),
        ("Anna,Huber,anna.huber@example.com,+12025550143,Huber", "Peter,Huber,peter@example.com,+12025550143,Huber"),
        ("Anna,Huber,,+12025550143,,12 Main Street", "Peter,Huber,,+12025550143,,12 Main Street"),
        ("Anna,Huber,,+12025550143,Acme", "Anna,Meier,,+12025550143,Acme"),
        ("John,Smith,js@example.com,,Acme", "John,Smith,smith@example.org,,Globex"),
        ("John,Smith", "John,Smith"),
        (",,,+12025550143", ",,,+12025550143"),
        ("Anna,Huber,info@example.com", "Peter,Meier,info@example.org"),
        ("Anna,Huber,,,Acme", "Peter,Meier,,,Acme"),
    ] {
        assert_eq!(find([one, other, "Mary,Jones,mj@example.net,+442079460123,Initech"]), [], "{one} | {other}");
    }
}

/// Everybody lives in a street of their own, in one of ten towns, and was born on a day of their own.
fn townspeople(count: usize) -> Vec<Profile> {
    const FIRST: [&str; 7] = ["Anna", "Peter", "Maria", "Josef", "Clara", "Dmitri", "Wolfgang"];
    const LAST: [&str; 11] =
        ["Huber", "Smith", "Okafor", "Tanaka", "Ivanova", "Rossi", "Novak", "Lindqvist", "Costa", "Yilmaz", "Brandt"];
    let person = |at: usize| Profile {
        first_name: Some(FIRST[at % 7].to_owned()),
        last_name: Some(LAST[at % 11].to_owned()),
        custom_fields: [
            ("street".to_owned(), json!(format!("{} {} street", at * 7919 % 97, LAST[at * 5 % 11]))),
            ("town".to_owned(), json!(format!("{}ville", LAST[at % 10]))),
            ("postcode".to_owned(), json!(format!("{}", 1000 + at % 10 * 111))),
            ("born".to_owned(), json!(19_300_101 + at * 7919 % 900_001)),
        ]
        .into(),
        ..Profile::default()
    };
    (0..count).map(person).collect()
}

#[test]
fn rare_values_of_custom_fields_tell_people_and_common_ones_do_not() {
    let mut people = townspeople(500);
    assert_eq!(find_profiles(people.iter().cloned().enumerate()), []);
    let mut again = people[123].clone();
    again.first_name = None;
    again.custom_fields.insert("town".into(), json!("elsewhere"));
    people.push(again);
    let found = find_profiles(people.into_iter().enumerate());
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].reasons, [Reason::SimilarNameSameAddress]);
}

#[test]
fn the_postcode_says_nothing_where_the_town_is_known() {
    let mut people = townspeople(500);
    // A namesake in the same town, with another street and birthday.
    let mut namesake = people[123].clone();
    namesake.custom_fields.insert("street".into(), json!("5 other road"));
    namesake.custom_fields.insert("born".into(), json!("20010911"));
    people.push(namesake);
    assert_eq!(find_profiles(people.into_iter().enumerate()), []);
}

#[test]
fn a_block_of_everybody_is_not_compared_pair_by_pair() {
    let count = 20_000;
    let mut finder = Finder::new();
    for number in 0..count {
        let row =
            format!("{},{},,+12025550143,Acme", "abcdefghij".repeat(1 + number as usize % 3), number * 7919 % 5003);
        finder.add(&contact(number, profile(&row)));
    }
    let found = finder.find();
    // The blocks of the phone and of the company, in two orders.
    assert!(found.compared <= u64::from(count) * 2 * 2 * blocks::WINDOW as u64, "{}", found.compared);
}

fn rows() -> impl Strategy<Value = Vec<String>> {
    let row = ("[ab]{1,3}", "[cd]{1,3}", "[012]?", "(acme|globex)?", "([12] high street)?").prop_map(
        |(first, last, phone, company, address)| {
            let phone = if phone.is_empty() { phone } else { format!("+1202555014{phone}") };
            format!("{first},{last},,{phone},{company},{address}")
        },
    );
    proptest::collection::vec(row, 0..30)
}

proptest! {
    #[test]
    fn the_order_of_adding_does_not_matter_and_no_pair_comes_twice(rows in rows(), turn in 0_usize..30) {
        let mut profiles: Vec<_> = rows.iter().map(|row| profile(row)).enumerate().collect();
        let found = find_profiles(profiles.clone());
        profiles.rotate_left(turn.min(rows.len()));
        profiles.reverse();
        prop_assert_eq!(&find_profiles(profiles), &found);
        let mut pairs: Vec<_> = found.iter().map(|each| each.contact_ids).collect();
        pairs.sort_unstable();
        pairs.dedup();
        prop_assert_eq!(pairs.len(), found.len());
        prop_assert!(found.iter().all(|each| !each.reasons.is_empty() && each.confidence >= 0.6));
    }

    #[test]
    fn a_copy_with_name_and_phone_is_always_found(rows in rows(), first in "\\PC{0,9}[a-z]", last in "[a-z]\\PC{0,9}") {
        let mut profiles: Vec<_> = rows.iter().map(|row| profile(row)).collect();
        let mut copy = profile(",,,+442079460123");
        (copy.first_name, copy.last_name) = (Some(first), Some(last));
        let ids = [profiles.len(), profiles.len() + 1].map(|at| contact(u32::try_from(at).unwrap(), copy.clone()).id);
        profiles.extend([copy.clone(), copy]);
        let found = find_profiles(profiles.into_iter().enumerate());
        prop_assert!(found.iter().any(|each| ids.iter().all(|id| each.contact_ids.contains(id))));
    }
}
