//! What stands in cells, and what is wrong with it.

use super::*;
use crate::contact::{LifecycleStage, OptInStatus};

#[test]
fn a_bad_cell_is_reported_with_its_column_and_value() {
    let mapping = mapping(&["First Name", "E-Mail", "Phone"], &[]).unwrap();
    let faults = read(&mapping, &["Ada", "ada(at)example.com", "12"]).unwrap_err();
    let shown: Vec<_> = faults.iter().map(|fault| (fault.column.as_str(), fault.value.as_str())).collect();
    assert_eq!(shown, [("E-Mail", "ada(at)example.com"), ("Phone", "12")]);
}

#[test]
fn a_fault_names_the_column_that_was_read() {
    let headers = ["Name", "E-mail 1 - Value", "E-mail 2 - Value", "a", "b"];
    let mapping = mapping(&headers, &[("a", "custom_fields.a"), ("b", "custom_fields.b")]).unwrap();
    let long = "x".repeat(40_000);
    let faults = read(&mapping, &["Ada King", "", "nobody", "small", &long]).unwrap_err();
    let columns: Vec<_> = faults.iter().map(|fault| (fault.column.as_str(), fault.code)).collect();
    assert_eq!(columns, [("E-mail 2 - Value", FaultCode::Invalid), ("b", FaultCode::TooLong)]);
    assert_eq!(faults[1].value.len(), 200);
}

#[test]
fn short_and_long_rows_are_read_as_far_as_they_go() {
    let mapping = mapping(&["email", "first_name"], &[]).unwrap();
    assert!(read(&mapping, &["a@example.com"]).is_ok());
    assert!(read(&mapping, &["a@example.com", "Ada", "extra"]).is_ok());
    assert_eq!(read(&mapping, &[]).unwrap_err()[0].code, FaultCode::Missing);
}

#[test]
fn a_cell_of_tags_is_a_record() {
    for (cell, tags) in [
        ("", &[][..]),
        (" , ; ", &[]),
        ("a, b;c", &["a", "b", "c"]),
        (r#""VIP","Blog""#, &["VIP", "Blog"]),
        (r#" "a, b" ; "c;d" "#, &["a, b", "c;d"]),
        (r#""say ""hi""", x"#, &[r#"say "hi""#, "x"]),
        (r#"6" pipe, x"#, &[r#"6" pipe"#, "x"]),
        (r#""open, x"#, &[r#""open"#, "x"]),
        (r#""a" b, c"#, &["a b", "c"]),
        (r"a\,b", &[r"a\", "b"]),
        ("a\nb, c", &["a\nb", "c"]),
    ] {
        assert_eq!(tags_of_cell(cell).collect::<Vec<_>>(), tags, "{cell}");
    }
    assert_eq!(tags_cell(&["a", "b, c", "d\"e"]), r#"a, "b, c", "d""e""#);
}

#[test]
fn words_are_read_without_regard_to_case_and_blanks() {
    let headers = ["email", "lifecycle_stage", "opt_in_status", "do_not_contact"];
    let mapping = mapping(&headers, &[]).unwrap();
    let row = |stage, status, never| read(&mapping, &["a@example.com", stage, status, never]);
    for (stage, status, never, expected) in [
        ("SQL", "Opted In", "x", (Some(LifecycleStage::Sql), Some(OptInStatus::OptedIn), true)),
        ("Opportunity", "opted-out", "FALSE", (Some(LifecycleStage::Opportunity), Some(OptInStatus::OptedOut), false)),
        ("Other", "Unsubscribed", "", (None, Some(OptInStatus::OptedOut), false)),
    ] {
        let profile = row(stage, status, never).unwrap();
        assert_eq!((profile.lifecycle_stage, profile.opt_in_status, profile.do_not_contact), expected, "{stage}");
    }
    let faults = row("king", "maybe", "perhaps").unwrap_err();
    let columns: Vec<_> = faults.iter().map(|fault| fault.column.as_str()).collect();
    assert_eq!(columns, ["lifecycle_stage", "opt_in_status", "do_not_contact"]);
}

#[test]
fn a_time_zone_that_is_none_is_refused_in_our_own_column_only() {
    for (header, refused) in [("timezone", true), ("Zeitzone", false)] {
        let mapping = mapping(&["email", header], &[]).unwrap();
        assert_eq!(read(&mapping, &["a@example.com", "CET+1"]).is_err(), refused, "{header}");
        assert_eq!(text(&read(&mapping, &["a@example.com", "Europe/Berlin"]).unwrap().timezone), "Europe/Berlin");
    }
}

#[test]
fn what_is_wrong_many_times_is_told_once_and_a_text_is_no_name() {
    let mapping = mapping(&["Name", "Tags"], &[]).unwrap();
    let faults = read(&mapping, &["Ada ".repeat(300).trim(), &vec!["x".repeat(101); 5].join(",")]).unwrap_err();
    let told: Vec<_> = faults.iter().map(|fault| (fault.column.as_str(), fault.code)).collect();
    assert_eq!(told, [("Name", FaultCode::TooLong), ("Tags", FaultCode::TooLong)]);
}
