//! What is exported is imported as the same.

use std::collections::BTreeSet;

use chrono::{DateTime, SecondsFormat};
use proptest::collection::btree_set;
use proptest::option::of;
use proptest::prelude::*;

use super::*;
use crate::contact::draft::Draft;
use crate::email::EmailAddress;
use crate::phone::{Country, Phone};

const COLUMNS: [&str; 10] = [
    "First Name",
    "Last Name",
    "Email",
    "Phone",
    "Company",
    "Job Title",
    "Notes",
    "Tags",
    "Total Bookings",
    "Last Booking Date",
];

/// Any text, often one with signs that mean something in a file.
fn any_text(max: usize) -> impl Strategy<Value = String> {
    prop_oneof![
        prop::collection::vec(
            prop::sample::select(vec!['a', ',', ';', '"', ' ', '\n', '\r', '\t', ':', '*', '\\', '\u{a0}', 'é']),
            0..=max.min(20)
        )
        .prop_map(|letters| letters.into_iter().collect::<String>()),
        prop::collection::vec(any::<char>(), 0..=max.min(20))
            .prop_map(|letters| letters.into_iter().collect::<String>()),
    ]
}

fn any_header() -> impl Strategy<Value = String> {
    prop_oneof![any_text(20), prop::sample::select(COLUMNS.map(str::to_owned).to_vec())]
}

fn number() -> impl Strategy<Value = String> {
    let numbers =
        ["+12025550143", "+442079460123", "+4930901820", "(202) 555-0143", "+39 06 698 12345", "+7 812 309 11 22"];
    prop::sample::select(numbers.map(str::to_owned).to_vec())
}

/// What the API was told.
fn draft() -> impl Strategy<Value = Draft> {
    let texts = (of(any_text(100)), of(any_text(100)), of(any_text(200)), of(any_text(200)), of(any_text(400)));
    let email = of("[a-zA-Z0-9.+_-]{1,10}@[a-z]{1,5}\\.(com|DE|бг)".prop_map(|email: String| email));
    let tags = btree_set(any_text(100), 0..10);
    (texts, email, of(number()), tags).prop_map(|(texts, email, phone, tags): (_, _, _, BTreeSet<String>)| {
        let (first_name, last_name, company, job_title, notes) = texts;
        let tags = tags.into_iter().collect();
        Draft { first_name, last_name, email, phone, company, job_title, notes, tags, ..Draft::default() }
    })
}

fn bookings() -> impl Strategy<Value = Bookings> {
    let moments = (-62_000_000_000_000_i64..253_000_000_000_000)
        .prop_map(|millis| DateTime::from_timestamp_millis(millis).unwrap());
    (0..=1_000_000_000_u64, of(moments)).prop_map(|(total, last)| Bookings { total, last })
}

fn cells(profile: &Profile, bookings: Bookings) -> [String; 10] {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    [
        text(&profile.first_name),
        text(&profile.last_name),
        profile.email.as_ref().map(EmailAddress::to_string).unwrap_or_default(),
        profile.phone.as_ref().map(|phone| phone.e164.clone()).unwrap_or_default(),
        text(&profile.company),
        text(&profile.job_title),
        text(&profile.notes),
        tags_cell(&profile.tags),
        bookings.total.to_string(),
        bookings.last.map(|last| last.to_rfc3339_opts(SecondsFormat::Millis, true)).unwrap_or_default(),
    ]
}

proptest! {
    #[test]
    fn any_profile_of_the_api_is_read_back_from_the_columns_of_s2(draft in draft(), bookings in bookings()) {
        let Ok(mut profile) = draft.parse(&Rules::default()) else { return Ok(()) };
        let mapping = mapping(&COLUMNS, &[]).unwrap();
        // What was typed for a number is not written: it means another one elsewhere.
        profile.phone = profile.phone.map(|phone| Phone { typed: None, ..phone });
        for default_country in ["US", "DE", "RU"].map(|country| country.parse::<Country>().unwrap()) {
            for clean_phones in [true, false] {
                let rules = Rules { default_country, clean_phones, ..Rules::default() };
                let row = mapping.read(&cells(&profile, bookings), &rules);
                prop_assert_eq!(row, Ok(ImportedRow { profile: profile.clone(), bookings }));
            }
        }
    }

    #[test]
    fn what_the_api_takes_an_import_takes_with_the_same_result(draft in draft()) {
        let Ok(profile) = draft.clone().parse(&Rules::default()) else { return Ok(()) };
        let text = |text: Option<String>| text.unwrap_or_default();
        let [first, last, email, phone] = [draft.first_name, draft.last_name, draft.email, draft.phone].map(text);
        let [company, title, notes] = [draft.company, draft.job_title, draft.notes].map(text);
        let typed = [first, last, email, phone, company, title, notes, tags_cell(&draft.tags)];
        let read = mapping(&COLUMNS, &[]).unwrap().read(&typed, &Rules::default());
        prop_assert_eq!(read.map(|row| row.profile), Ok(profile));
    }

    #[test]
    fn tags_are_read_back_from_their_cell(tags in prop::collection::vec(any_text(30), 0..8)) {
        let tags: Vec<String> = tags.iter().map(|tag| tag.trim().to_owned()).filter(|tag| !tag.is_empty()).collect();
        let cell = tags_cell(&tags);
        prop_assert_eq!(tags_of_cell(&cell).collect::<Vec<_>>(), tags);
    }

    #[test]
    fn no_header_and_no_row_make_the_mapping_panic(
        headers in prop::collection::vec(any_header(), 0..12),
        cells in prop::collection::vec(any_text(30), 0..14),
    ) {
        let _ = header_or_data(&cells, Country::DEFAULT);
        if let Ok(mapping) = Mapping::new(headers, &Default::default(), Additions::default()) {
            let names: BTreeSet<&str> = mapping.columns().map(|column| column.name.as_str()).collect();
            prop_assert_eq!(names.len(), mapping.columns().count());
            let _ = mapping.read(&cells, &Rules::default());
        }
    }
}
