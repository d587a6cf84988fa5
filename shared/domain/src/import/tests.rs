//! What the mapping makes of files.

use super::*;
use crate::contact::Profile;
use crate::contact::draft::Rules;
use crate::{Error, FaultCode, Result};

fn mapping(headers: &[&str], chosen: &[(&str, &str)]) -> Result<Mapping> {
    let chosen = chosen.iter().map(|(column, field)| (column.to_string(), field.to_string())).collect();
    Mapping::new(headers.iter().map(ToString::to_string).collect(), &chosen, Additions::default())
}

fn read(mapping: &Mapping, cells: &[&str]) -> Result<Profile, Vec<CellFault>> {
    mapping.read(cells, &Rules::default()).map(|row| row.profile)
}

#[test]
fn the_columns_of_s2_are_known_in_both_their_forms() {
    for headers in [
        ["email", "first_name", "last_name", "phone", "company", "job_title", "notes", "tags"],
        ["Email", "First Name", "Last Name", "Phone", "Company", "Job Title", "Notes", "Tags"],
    ] {
        let mapping = mapping(&headers, &[]).unwrap();
        assert!(mapping.unmapped().is_empty());
        let cells = ["a@example.com", "Ada", "King", "(202) 555-0143", "Acme", "Countess", "n\nn", "x, y;X"];
        let profile = read(&mapping, &cells).unwrap();
        assert_eq!(profile.full_name().as_deref(), Some("Ada King"));
        assert_eq!(profile.tags, ["x", "y"]);
    }
}

#[test]
fn a_chosen_mapping_goes_before_the_guess() {
    let chosen = [("Mail", "email"), ("Plan", "custom_fields.plan"), ("notes", "")];
    let mapping = mapping(&["Mail", "Plan", "Notes"], &chosen).unwrap();
    let profile = read(&mapping, &["a@example.com", "gold", "secret"]).unwrap();
    assert_eq!((profile.custom_fields["plan"].as_str(), profile.notes), (Some("gold"), None));
}

#[test]
fn a_file_without_an_identifying_column_is_refused() {
    for (headers, chosen) in [
        (&["company"][..], &[][..]),
        (&["email"][..], &[("mail", "email")][..]),
        (&["email"][..], &[("email", "shoe_size")][..]),
    ] {
        assert!(matches!(mapping(headers, chosen), Err(Error::Refused(_))), "{headers:?} {chosen:?}");
    }
}

#[test]
fn a_bad_cell_is_reported_with_its_column_and_value() {
    let mapping = mapping(&["First Name", "E-Mail", "Phone"], &[]).unwrap();
    let faults = read(&mapping, &["Ada", "ada(at)example.com", "12"]).unwrap_err();
    let shown: Vec<_> = faults.iter().map(|fault| (fault.column.as_str(), fault.value.as_str())).collect();
    assert_eq!(shown, [("E-Mail", "ada(at)example.com"), ("Phone", "12")]);
}

#[test]
fn short_and_long_rows_are_read_as_far_as_they_go() {
    let mapping = mapping(&["email", "first_name"], &[]).unwrap();
    assert!(read(&mapping, &["a@example.com"]).is_ok());
    assert!(read(&mapping, &["a@example.com", "Ada", "extra"]).is_ok());
    assert_eq!(read(&mapping, &[]).unwrap_err()[0].code, FaultCode::Missing);
}
