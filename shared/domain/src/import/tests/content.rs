//! Files without names of columns.

use super::*;
use crate::phone::Country;

fn columns(cells: &[&str]) -> Option<Vec<String>> {
    match header_or_data(cells, Country::DEFAULT) {
        Header::Names(_) => None,
        Header::Missing(columns) => {
            assert!(columns.iter().all(|column| (column.how == How::Content) == (column.target != Target::Ignored)));
            assert_eq!(columns[0].name, "Column 1");
            Some(columns.iter().map(|column| column.target.to_string()).collect())
        }
    }
}

#[test]
fn a_first_row_of_data_is_mapped_by_what_it_holds() {
    for (cells, expected) in [
        (&["ada@example.com"][..], &["email"][..]),
        (&["Ada", "King", "ada@example.com"], &["first_name", "last_name", "email"]),
        (&["17", "Ada", "King", "(202) 555-0143", "2024-01-15"], &["", "first_name", "last_name", "phone", ""]),
        (&["Ada", "King", "Acme", "ada@example.com"], &["", "", "", "email"]),
        (&["018f0c2e-7b1a-7000-8000-0123456789ab", "+44 20 7946 0123", ""], &["", "phone", ""]),
        (&["a@example.com", "b@example.com"], &["email", "email"]),
    ] {
        assert_eq!(columns(cells).unwrap(), expected, "{cells:?}");
    }
}

#[test]
fn a_row_with_a_known_name_or_without_an_address_is_a_header() {
    for cells in
        [&["email", "x"][..], &["Ada", "King"], &["Email", "ada@example.com"], &["017", "2024-01-15"], &[], &[""]]
    {
        assert_eq!(columns(cells), None, "{cells:?}");
    }
    let names = vec!["a".to_owned(), "Column 2".into(), "a (2)".into()];
    assert_eq!(header_or_data(&["\u{feff}a", " ", "a"], Country::DEFAULT), Header::Names(names));
}

#[test]
fn columns_without_names_can_be_chosen_and_keep_what_they_fill_where_they_are_written_down() {
    let header = header_or_data(&["ada@example.com", "gold"], Country::DEFAULT);
    let chosen = [("Column 2".to_owned(), "custom_fields.plan".to_owned())].into();
    let mapping = header.mapping(&chosen, Additions::default()).unwrap();
    let profile = read(&mapping, &["ada@example.com", "gold"]).unwrap();
    assert_eq!(profile.custom_fields["plan"], "gold");
    let lasting: Vec<_> = mapping.columns().map(|column| column.lasting_name()).collect();
    assert_eq!(lasting, ["email", "Column 2"]);
}
