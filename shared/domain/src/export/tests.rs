use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::contact::Contact;
use crate::contact::draft::{Draft, Rules};
use crate::import::{Additions, Mapping};

fn at(minute: i64) -> Timestamp {
    after(Timestamp::default(), TimeDelta::minutes(minute))
}

fn id(number: u8) -> ContactId {
    ContactId::from_uuid(uuid::Uuid::from_u128(u128::from(number)))
}

fn parse(draft: Value) -> Result<Wanted, Error> {
    serde_json::from_value::<ExportDraft>(draft).unwrap().parse(&Rules::default())
}

fn export() -> Export {
    let wanted = parse(json!({ "filter": { "company": "acme" } })).unwrap();
    Export::new(JobId::derived(at(0), &[]), wanted, Actor::Operator, at(0))
}

fn growth(after: u8, last: bool) -> Growth {
    Growth { after: Some(id(after)), rows: 2, bytes: 10, last }
}

#[test]
fn the_columns_are_s2s_unless_others_are_chosen() {
    let titles = |draft| parse(draft).unwrap().columns.iter().map(Column::title).collect::<Vec<_>>().join(",");
    let s2 = "First Name,Last Name,Email,Phone,Company,Job Title,Notes,Tags,Total Bookings,Last Booking Date";
    assert_eq!(titles(json!({})), s2);
    let chosen = json!({ "fields": ["id", "lead_source", "owner_id", "custom_fields.plan B", "custom_fields"] });
    assert_eq!(titles(chosen), "ID,Lead Source,Owner ID,custom_fields.plan B,Custom Fields");
}

#[test]
fn every_fault_of_a_draft_is_named() {
    let draft = json!({
        "format": "xls", "fields": ["email", "shoe_size", "email", "custom_fields."], "filter": { "email": "x" },
    });
    let Err(Error::Refused(faults)) = parse(draft) else { panic!() };
    let fields: Vec<_> = faults.iter().map(|fault| fault.field.as_str()).collect();
    assert_eq!(fields, ["format", "fields[1]", "fields[2]", "fields[3]", "filter.email"]);
    assert!(faults[1].allowed_values.as_ref().is_some_and(|allowed| allowed.contains(&"lead_source".to_owned())));
    assert!(parse(json!({ "fields": [] })).is_err());
}

#[test]
fn cells_tell_what_a_list_tells() {
    let draft = json!({
        "first_name": "Ada", "phone": "(202) 555-0143", "tags": ["a, b", "say \"x\"", "plain"],
        "custom_fields": { "seats": 12, "plan": "gold", "none": null }, "opt_in_status": "opted_out",
    });
    let profile = serde_json::from_value::<Draft>(draft).unwrap().parse(&Rules::default()).unwrap();
    let mut contact = Contact::new(id(1), profile, Actor::Operator, at(0));
    contact.figures.last_booking_date = "2026-03-31T23:30:00Z".parse().ok();
    for (name, text) in [
        ("first_name", "Ada"),
        ("last_name", ""),
        ("full_name", "Ada"),
        ("phone", "+12025550143"),
        ("tags", "\"a, b\", \"say \"\"x\"\"\", plain"),
        ("custom_fields.seats", "12"),
        ("custom_fields.plan", "gold"),
        ("custom_fields.none", ""),
        ("custom_fields.other", ""),
        ("opt_in_status", "opted_out"),
        ("is_active", "true"),
        ("total_bookings", "0"),
        ("last_booking_date", "2026-03-31T23:30:00Z"),
        ("score", ""),
        ("created_at", "1970-01-01T00:00:00Z"),
    ] {
        assert_eq!(Column::parse("fields", name).unwrap().text(&contact), text, "{name}");
    }
}

#[test]
fn a_file_grows_until_it_is_at_hand_for_a_week() {
    let begun = export().begun("upload".into());
    let full = begun.grown(growth(7, false)).unwrap().grown(growth(9, true)).unwrap();
    assert_eq!((full.rows, full.bytes, full.revision), (4, 20, 4));
    assert_eq!(full.upload.as_ref().map(|upload| (upload.parts, upload.full)), Some((2, true)));
    let done = full.completed(at(5));
    assert_eq!((done.filter.clone(), done.has_ended()), (ContactFilter::default(), true));
    assert_eq!(done.status_at(at(5)), ExportStatus::Completed);
    assert_eq!(done.status_at(after(at(5), FILE_KEPT)), ExportStatus::Expired);
    assert!(export().grown(growth(1, true)).is_err(), "what was not begun does not grow");
}

#[test]
fn a_file_that_never_gets_finished_is_given_up() {
    let mut export = export();
    for _ in 0..=MAX_ATTEMPTS {
        export = export.begun("upload".into()).restarted(at(1));
    }
    assert_eq!((export.status, export.upload, export.rows), (ExportStatus::Failed, None, 0));
}

#[test]
fn no_file_holds_who_was_erased() {
    let gone = [id(5), id(8)];
    let (first, second) =
        (Gone { contacts: &gone, at: at(3), again: false }, Gone { contacts: &gone, at: at(3), again: true });
    let begun = export().begun("upload".into());
    let (before, behind) = (begun.grown(growth(4, false)).unwrap(), begun.grown(growth(6, false)).unwrap());

    let done = behind.completed(at(2));
    let expired = done.without(&first, at(4)).unwrap();
    assert!(expired.status == ExportStatus::Expired && done.leaves_file(&expired));

    let restarted = behind.without(&first, at(4)).unwrap();
    assert!(restarted.upload.is_none() && restarted.rows == 0 && behind.leaves_file(&restarted));

    let moved = before.without(&first, at(4)).unwrap();
    assert_eq!((moved.upload.clone(), moved.revision), (before.upload.clone(), before.revision + 1));
    assert!(moved.reads_latest && !before.leaves_file(&moved), "what is on its way comes too late");

    for export in [expired, restarted, moved.grown(growth(9, true)).unwrap().completed(at(9))] {
        assert_eq!(export.without(&second, at(19)), None, "its file is without them");
    }
}

#[test]
fn an_export_that_may_have_read_what_was_a_second_old_goes_in_the_second_look() {
    let gone = [id(5)];
    let look = |again| Gone { contacts: &gone, at: at(3), again };
    let asked = |minute| Export { created_at: at(minute), ..export().begun("upload".into()).completed(at(minute)) };
    assert!(asked(4).without(&look(true), at(19)).is_some());
    assert!(asked(5).without(&look(true), at(19)).is_none() && asked(5).without(&look(false), at(6)).is_none());
}

/// Fields of which an import takes what an export tells.
const BOTH_WAYS: [&str; 18] = [
    "first_name",
    "last_name",
    "email",
    "phone",
    "company",
    "department",
    "job_title",
    "notes",
    "tags",
    "lifecycle_stage",
    "lead_source",
    "opt_in_status",
    "do_not_contact",
    "timezone",
    "owner_id",
    "is_active",
    "total_bookings",
    "last_booking_date",
];

fn text() -> impl Strategy<Value = String> {
    "[ ',;\"\r\n\t=+:@a-zÉ1-9李-]{0,12}|\\PC{0,8}"
}

proptest! {
    #[test]
    fn what_an_export_tells_an_import_takes(
        texts in prop::collection::vec(text(), 6), tags in prop::collection::vec(text(), 0..9), custom in text(),
        phone in prop::option::of(0_u32..10_000), booked in prop::option::of(0_i64..1_000_000_000), bookings in 0_u64..99,
    ) {
        let draft = json!({
            "first_name": texts[0], "last_name": texts[1], "company": texts[2], "department": texts[3],
            "job_title": texts[4], "notes": texts[5], "tags": tags, "custom_fields": { "plan": custom.trim() },
            "email": "ada@example.com", "phone": phone.map(|number| format!("+1202555{number:04}")),
            "lifecycle_stage": "mql", "opt_in_status": "opted_out", "timezone": "Europe/Berlin", "is_active": false,
        });
        let Ok(profile) = serde_json::from_value::<Draft>(draft).unwrap().parse(&Rules::default()) else { return Ok(()) };
        let mut contact = Contact::new(id(1), profile, Actor::Operator, at(0));
        contact.figures.total_bookings = bookings;
        contact.figures.last_booking_date = booked.map(at);

        let names = BOTH_WAYS.into_iter().chain(["custom_fields.plan"]);
        let columns: Vec<Column> = names.map(|name| Column::parse("fields", name).unwrap()).collect();
        let titles = columns.iter().map(Column::title).collect();
        let mapping = Mapping::new(titles, &BTreeMap::new(), Additions::default()).unwrap();
        let cells: Vec<String> = columns.iter().map(|column| column.text(&contact).into_owned()).collect();
        let row = mapping.read(&cells, &Rules::default()).unwrap();
        let mut again = Contact::new(id(2), row.profile, Actor::Operator, at(0));
        (again.figures.total_bookings, again.figures.last_booking_date) = (row.bookings.total, row.bookings.last);
        for (column, cell) in columns.iter().zip(&cells) {
            prop_assert_eq!(&column.text(&again), cell, "{}", column);
        }
    }
}
