use proptest::prelude::*;

use super::*;
use crate::email::EmailAddress;
use crate::id::{ContactId, ContactTypeId, GroupId, Id};

fn at(second: i64) -> Timestamp {
    chrono::DateTime::from_timestamp(1_800_000_000 + second, 0).unwrap_or_default()
}

fn text() -> impl Strategy<Value = Option<String>> {
    prop::option::of("[ab]{1,2}")
}

fn some_of<T: Clone + std::fmt::Debug + 'static>(all: [T; 3]) -> impl Strategy<Value = Vec<T>> {
    prop::sample::subsequence(all.to_vec(), 0..=3)
}

fn optional<T: Copy + std::fmt::Debug + 'static>(all: &'static [T]) -> impl Strategy<Value = Option<T>> {
    prop::option::of(prop::sample::select(all))
}

fn lists() -> impl Strategy<Value = Profile> {
    let tags = some_of(["a".to_owned(), "B".to_owned(), "c".to_owned()]);
    let types = some_of([b"1", b"2", b"3"].map(|name| ContactTypeId::derived(at(0), &[name])));
    let groups = some_of([b"1", b"2", b"3"].map(|name| GroupId::derived(at(0), &[name])));
    let custom = prop::collection::btree_map("[xyz]", (0..3).prop_map(Value::from), 0..3);
    (tags, types, groups, custom, text()).prop_map(|(tags, types, groups, custom_fields, notes)| Profile {
        tags,
        types,
        groups,
        custom_fields,
        notes,
        ..Profile::default()
    })
}

/// The contact with this number: no two have the same address.
fn contact(number: u8) -> impl Strategy<Value = Contact> {
    let words = (text(), text(), text(), text(), any::<bool>());
    let states = (optional(OptInStatus::ALL), any::<bool>(), prop::option::of(any::<bool>()));
    let figures = (0..4_u64, prop::option::of(0..4_i64), prop::option::of(0..4_i64), prop::option::of(0..4_u8));
    (lists(), words, states, figures, 1..3_u64, 0..3_i64).prop_map(
        move |(lists, words, states, counted, version, age)| {
            let (last_name, company, job_title, lead_source, has_address) = words;
            let (opt_in_status, do_not_contact, is_active) = states;
            let email = EmailAddress::parse(&format!("{number}@example.com")).ok().filter(|_| has_address);
            let first_name = Some(format!("Ada {number}"));
            let profile = Profile { first_name, last_name, company, job_title, lead_source, email, ..lists };
            let profile = Profile { opt_in_status, do_not_contact, is_active, ..profile };
            let (total_bookings, booked, active, score) = counted;
            let figures = Figures {
                total_bookings,
                last_booking_date: booked.map(at),
                last_interaction_at: active.map(at),
                score: score.map(f64::from),
                lead_stage: None,
                deal_value: None,
                told_bookings: None,
            };
            let id = ContactId::derived(at(0), &[&[number]]);
            let made = Contact::new(id, profile, Actor::Operator, at(0));
            Contact { figures, version, updated_at: at(age), ..made }
        },
    )
}

prop_compose! {
    fn kept()(before in contact(0), [one, two, three] in [contact(1), contact(2), contact(3)], count in 1..=3_usize) -> Kept {
        let duplicates = [one, two, three].into_iter().take(count).collect::<Vec<_>>();
        let merged = merged(&before, &duplicates, at(10)).unwrap();
        Kept { before, merged, duplicates }
    }
}

/// What the contact is, but for how often and when it changed.
fn substance(contact: &Contact) -> Contact {
    Contact { version: 0, revision: 0, updated_at: at(0), ..contact.clone() }
}

proptest! {
    #[test]
    fn the_order_in_which_the_duplicates_are_named_does_not_matter(kept in kept()) {
        let mut duplicates = kept.duplicates.clone();
        duplicates.reverse();
        prop_assert_eq!(merged(&kept.before, &duplicates, at(10)).unwrap(), kept.merged);
    }

    #[test]
    fn what_any_of_them_had_is_in_the_contact_or_in_its_audit(kept in kept()) {
        let entry = entry(AuditId::derived(at(10), &[]), Actor::Operator, &kept).unwrap();
        let (after, told) = (&kept.merged.profile, |field: &str, value: &Value| {
            entry.changes.iter().any(|change| change.field.starts_with(field) && change.old == *value)
        });
        for contact in kept.duplicates.iter().chain([&kept.before]) {
            let had = &contact.profile;
            prop_assert!(had.groups.iter().all(|id| after.groups.contains(id)));
            prop_assert!(had.types.iter().all(|id| after.types.contains(id)));
            prop_assert!(had.tags.iter().all(|tag| after.tags.contains(tag)));
            prop_assert!(had.notes.iter().all(|notes| after.notes.iter().any(|all| all.contains(notes))));
            let single = had.fields().into_iter().filter(|(name, _)| !["groups", "types", "tags", "notes"].contains(&&**name));
            for (name, value) in single {
                prop_assert!(after.fields().get(&name) == Some(&value) || told(&name, &value), "{} is lost", name);
            }
        }
    }

    #[test]
    fn what_the_primary_has_stays_but_for_refusals_and_what_is_united(kept in kept()) {
        let (before, after) = (&kept.before.profile, &kept.merged.profile);
        prop_assert!(before.email.is_none() || before.email == after.email);
        prop_assert!(before.company.is_none() || before.company == after.company);
        prop_assert!(before.custom_fields.iter().all(|(name, value)| after.custom_fields.get(name) == Some(value)));
        let all = || kept.duplicates.iter().map(|contact| &contact.profile).chain([before]);
        prop_assert_eq!(after.opt_in() == OptInStatus::OptedOut, all().any(|one| one.opt_in() == OptInStatus::OptedOut));
        prop_assert_eq!(after.do_not_contact, all().any(|one| one.do_not_contact));
        prop_assert_eq!(after.is_active(), all().any(Profile::is_active));
        let bookings: u64 = kept.duplicates.iter().chain([&kept.before]).map(|one| one.figures.total_bookings).sum();
        prop_assert_eq!(kept.merged.figures.total_bookings, bookings);
    }

    #[test]
    fn an_undo_restores_everybody(kept in kept()) {
        let primary = unmerged(&kept.merged, &kept, at(20)).unwrap();
        prop_assert_eq!(substance(&primary), substance(&kept.before));
        prop_assert_eq!(primary.version, kept.before.version + 2);
        for duplicate in &kept.duplicates {
            prop_assert_eq!(substance(&restored(duplicate, at(20))), substance(duplicate));
        }
    }

    #[test]
    fn an_undo_leaves_what_was_changed_since(kept in kept(), company in text(), tag in "[de]", value in 7..9_u8) {
        let mut profile = kept.merged.profile.clone();
        profile.company.clone_from(&company);
        profile.tags.push(tag.clone());
        profile.custom_fields.insert("x".to_owned(), value.into());
        let now = kept.merged.changed(profile, at(15));
        let after = unmerged(&now, &kept, at(20)).unwrap().profile;
        let expected = if company == kept.merged.profile.company { &kept.before.profile.company } else { &company };
        prop_assert_eq!(&after.company, expected);
        let tags: Vec<String> = kept.before.profile.tags.iter().cloned().chain([tag]).collect();
        prop_assert_eq!(after.tags, tags);
        prop_assert_eq!(after.custom_fields.get("x"), Some(&Value::from(value)));
    }
}

fn named(number: u8, name: &str) -> Contact {
    let profile = Profile { first_name: Some(name.to_owned()), ..Profile::default() };
    Contact::new(ContactId::derived(at(0), &[&[number]]), profile, Actor::Operator, at(0))
}

#[test]
fn the_duplicate_that_changed_last_fills_a_gap() {
    let with = |number, company: &str, second| {
        let profile = Profile { company: Some(company.to_owned()), ..Profile::default() };
        Contact { updated_at: at(second), ..named(number, "x").changed(profile, at(0)) }
    };
    let merged = merged(&named(0, "Ada"), &[with(1, "Old", 1), with(2, "New", 2)], at(3)).unwrap();
    assert_eq!(merged.profile.company.as_deref(), Some("New"));
}

#[test]
fn notes_stand_below_each_other_and_are_never_cut_off() {
    let with = |number, notes: &str| {
        let profile = Profile { notes: Some(notes.to_owned()), ..Profile::default() };
        named(number, "x").changed(profile, at(number.into()))
    };
    let all = [with(1, "a"), with(2, "b"), with(3, "b")];
    assert_eq!(merged(&all[0], &all[1..], at(9)).unwrap().profile.notes.as_deref(), Some("a\n\nb"));
    let (long, longer) = (with(1, &"a".repeat(MAX_NOTES - 2)), with(2, "bc"));
    let Err(Error::Refused(faults)) = merged(&long, &[longer], at(9)) else { panic!("it fits") };
    assert_eq!(faults[0].field, "notes");
}

#[test]
fn more_than_can_be_kept_is_refused() {
    let large = |number: u8| {
        let custom_fields = (0..30).map(|field| (format!("{number}.{field}"), "x".repeat(1_000).into())).collect();
        named(number, "x").changed(Profile { custom_fields, ..Profile::default() }, at(0))
    };
    let all: Vec<Contact> = (0..6).map(large).collect();
    assert!(merged(&all[0], &all[1..3], at(9)).is_ok());
    assert!(
        matches!(merged(&all[0], &all[1..], at(9)), Err(Error::Refused(faults)) if faults[0].field == "duplicate_ids")
    );
}

#[test]
fn an_undo_leaves_nobody_without_a_name() {
    let nameless = Profile { email: EmailAddress::parse("d@example.com").ok(), ..Profile::default() };
    let (before, duplicate) = (named(0, "Ada"), named(1, "x").changed(nameless, at(1)));
    let merged = merged(&before, std::slice::from_ref(&duplicate), at(2)).unwrap();
    let unnamed = merged.changed(Profile { first_name: None, ..merged.profile.clone() }, at(3));
    let kept = Kept { before, merged, duplicates: vec![duplicate] };
    assert_eq!(unmerged(&unnamed, &kept, at(4)).unwrap().profile.first_name.as_deref(), Some("Ada"));
}
