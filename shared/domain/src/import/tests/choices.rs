//! What the caller chooses, and names that are missing or the same.

use super::*;
use crate::id::{GroupId, Id};

#[test]
fn a_chosen_mapping_goes_before_the_guess() {
    let chosen = [("Mail", "email"), ("Plan", "custom_fields.plan"), ("notes", "")];
    let mapping = mapping(&["Email", "Mail", "Plan", "Notes"], &chosen).unwrap();
    let profile = read(&mapping, &["b@example.com", "a@example.com", "gold", "secret"]).unwrap();
    assert_eq!((profile.custom_fields["plan"].as_str(), profile.notes), (Some("gold"), None));
    assert_eq!(profile.email.unwrap().as_str(), "a@example.com");
    assert_eq!(
        filling(&mapping),
        [("Mail", "email".into(), "chosen"), ("Plan", "custom_fields.plan".into(), "chosen")]
    );
    assert_eq!(mapping.unmapped(), ["Email", "Notes"]);
}

#[test]
fn a_file_without_an_identifying_column_is_refused() {
    for (headers, chosen) in [
        (&["company"][..], &[][..]),
        (&["email"][..], &[("mail_2", "email")][..]),
        (&["email"][..], &[("email", "shoe_size")][..]),
        (&["email"][..], &[("email", "email"), ("E-Mail", "notes")][..]),
    ] {
        assert!(matches!(mapping(headers, chosen), Err(Error::Refused(_))), "{headers:?} {chosen:?}");
    }
    assert!(mapping(&["name"], &[]).is_ok());
}

#[test]
fn columns_of_the_same_name_are_told_apart() {
    let headers = ["email", "notes", "", "notes", "notes (2)", " Notes ", ""];
    let names = ["email", "notes", "Column 3", "notes (3)", "notes (2)", "Notes", "Column 7"];
    let mapping =
        mapping(&headers, &[("notes", "company"), ("notes (2)", "job_title"), ("column 7", "department")]).unwrap();
    assert_eq!(mapping.columns().map(|column| column.name.as_str()).collect::<Vec<_>>(), names);
    let profile = read(&mapping, &["a@example.com", "1", "2", "3", "4", "5", "6"]).unwrap();
    let shown = [&profile.company, &profile.job_title, &profile.department, &profile.notes].map(text);
    assert_eq!(shown, ["1", "4", "6", "5"]);
}

#[test]
fn the_first_of_two_columns_of_a_name_counts_unless_it_is_empty() {
    let mapping = mapping(&["email", "notes", "notes"], &[]).unwrap();
    let notes = |cells: &[&str]| read(&mapping, cells).unwrap().notes;
    assert_eq!(notes(&["a@example.com", "one", "two"]).as_deref(), Some("one"));
    assert_eq!(notes(&["a@example.com", " ", "two"]).as_deref(), Some("two"));
}

#[test]
fn a_job_s_columns_give_the_mapping_that_was_shown() {
    let mapping =
        mapping(&["Mail", "Organization Name", "Labels", "File As", "x"], &[("x", "custom_fields.x")]).unwrap();
    let stored = serde_json::to_value(mapping.columns().collect::<Vec<_>>()).unwrap();
    let expected = serde_json::json!([
        { "name": "Mail", "field": "email", "how": "likeness" },
        { "name": "Organization Name", "field": "company", "how": "known" },
        { "name": "Labels", "field": "tags", "how": "known" },
        { "name": "File As", "field": null, "how": "known" },
        { "name": "x", "field": "custom_fields.x", "how": "chosen" },
    ]);
    assert_eq!(stored, expected);
    assert_eq!(Mapping::of(serde_json::from_value(stored).unwrap(), Additions::default()), mapping);
}

#[test]
fn every_row_gets_the_tags_and_the_group_of_its_import_within_the_limit() {
    let group = GroupId::derived(crate::Timestamp::default(), &[]);
    let additions = Additions { tags: vec!["fair".into(), "VIP".into()], group: Some(group) };
    let headers = ["email", "tags"].map(str::to_owned).to_vec();
    let mapping = Mapping::new(headers, &Default::default(), additions).unwrap();
    let profile = read(&mapping, &["a@example.com", "vip"]).unwrap();
    assert_eq!((profile.tags, profile.groups), (vec!["vip".to_owned(), "fair".into()], vec![group]));
    let faults = read(&mapping, &["a@example.com", "1,2,3,4,5,6,7,8,9"]).unwrap_err();
    assert_eq!((faults[0].column.as_str(), faults[0].code), ("tags", FaultCode::TooLong));
}
