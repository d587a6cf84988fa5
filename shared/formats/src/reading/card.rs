//! A vCard as a row: its columns have the names of a contact's fields.
//!
//! Read here, as the crates that know vCard do not fit: `calcard` turns every property into values that are not needed, with
//! twelve crates behind it, `vcard4` and `vcard_parser` know version 4.0 only, and `ical` leaves quoted-printable alone.

use super::property::{Property, properties};
use super::record::OwnCells;

/// What a card may hold, in the order of its cells.
pub(super) const COLUMNS: [&str; 22] = [
    "first_name",
    "last_name",
    "email",
    "phone",
    "company",
    "department",
    "job_title",
    "notes",
    "tags",
    "timezone",
    "email_2",
    "email_3",
    "phone_2",
    "phone_3",
    "lead_source",
    "lifecycle_stage",
    "opt_in_status",
    "total_bookings",
    "last_booking_date",
    "do_not_contact",
    "owner_id",
    "is_active",
];
/// What our own export calls a field that vCard does not know.
const OWN: &str = "X-ROLLCALL-";

/// How many characters of a full name are looked at.
const LONGEST_NAME: usize = 1_000;

/// What a card says of its contact.
#[derive(Debug, Default)]
pub(super) struct Card {
    first_name: String,
    last_name: String,
    full_name: String,
    is_organisation: bool,
    emails: Vec<(u8, String)>,
    phones: Vec<(u8, String)>,
    company: String,
    department: String,
    title: String,
    role: String,
    notes: Vec<String>,
    tags: Vec<String>,
    timezone: String,
    /// By name of the column.
    own: Vec<(String, String)>,
}

impl Card {
    /// Reads a card, given without its first and last line.
    pub(super) fn read(card: &[u8]) -> Self {
        let mut read = Self::default();
        properties(card).for_each(|property| read.take(&property));
        read.emails.sort_by_key(|(preference, _)| *preference);
        read.phones.sort_by_key(|(preference, _)| *preference);
        read.name_in_full();
        read
    }

    fn take(&mut self, property: &Property) {
        match property.name.as_str() {
            "N" => self.name(property),
            "FN" => fill(&mut self.full_name, property.text()),
            "KIND" => self.is_organisation = property.text().eq_ignore_ascii_case("org"),
            "EMAIL" => self.email(property),
            "TEL" => self.phone(property),
            "ORG" => self.organisation(property),
            "TITLE" => fill(&mut self.title, property.text()),
            "ROLE" => fill(&mut self.role, property.text()),
            "NOTE" => self.notes.push(property.text()),
            "CATEGORIES" => self.tags.extend(property.parts(',').into_iter().filter(|tag| !tag.is_empty())),
            "TZ" => fill(&mut self.timezone, domain::time::zone_name(&property.text()).unwrap_or_default()),
            name => {
                if let Some(field) = name.strip_prefix(OWN) {
                    self.own.push((field.to_ascii_lowercase().replace('-', "_"), property.text()));
                }
            }
        }
    }

    /// Family name; given names; others.
    fn name(&mut self, property: &Property) {
        let mut parts = property.parts(';').into_iter();
        fill(&mut self.last_name, parts.next().unwrap_or_default());
        fill(&mut self.first_name, parts.next().unwrap_or_default());
    }

    fn email(&mut self, property: &Property) {
        let address = without_scheme(&property.text(), "mailto:");
        if !address.is_empty() {
            self.emails.push((property.preference(), address));
        }
    }

    /// A mobile phone goes before the others, unless one is preferred. A fax machine and a pager are no phones.
    fn phone(&mut self, property: &Property) {
        let number = without_scheme(&property.text(), "tel:");
        let silent = (property.is("FAX") || property.is("PAGER")) && !property.is("VOICE") && !property.is("CELL");
        if !number.is_empty() && !silent {
            let preference = property.preference().min(if property.is("CELL") { 100 } else { 101 });
            self.phones.push((preference, number));
        }
    }

    fn organisation(&mut self, property: &Property) {
        let mut parts = property.parts(';').into_iter();
        let company = parts.next().unwrap_or_default();
        if self.company.is_empty() && !company.is_empty() {
            self.company = company;
            let units: Vec<String> = parts.filter(|unit| !unit.is_empty()).collect();
            self.department = units.join(", ");
        }
    }

    /// The full name is there in every card; it tells something where the name in parts is missing, and is no repetition.
    fn name_in_full(&mut self) {
        let name = std::mem::take(&mut self.full_name);
        if self.is_organisation {
            fill(&mut self.company, name);
        } else if self.first_name.is_empty() && self.last_name.is_empty() && !self.repeats(&name) {
            let split = domain::person_name::split(&name.chars().take(LONGEST_NAME).collect::<String>());
            self.first_name = split.first_name.unwrap_or_default();
            self.last_name = split.last_name.unwrap_or_default();
        }
    }

    fn repeats(&self, name: &str) -> bool {
        let number = if name.chars().any(char::is_alphabetic) { String::new() } else { digits(name) };
        name.eq_ignore_ascii_case(&self.company)
            || self.emails.iter().any(|(_, email)| email.eq_ignore_ascii_case(name))
            || !number.is_empty() && self.phones.iter().any(|(_, phone)| digits(phone) == number)
    }

    /// Puts the cells behind each other.
    pub(super) fn tell(&self, cells: &mut OwnCells) {
        let nth =
            |values: &[(u8, String)], at: usize| values.get(at).map(|(_, value)| value.clone()).unwrap_or_default();
        for column in COLUMNS {
            let cell = match column {
                "first_name" => self.first_name.clone(),
                "last_name" => self.last_name.clone(),
                "email" => nth(&self.emails, 0),
                "email_2" => nth(&self.emails, 1),
                "email_3" => nth(&self.emails, 2),
                "phone" => nth(&self.phones, 0),
                "phone_2" => nth(&self.phones, 1),
                "phone_3" => nth(&self.phones, 2),
                "company" => self.company.clone(),
                "department" => self.department.clone(),
                "job_title" if self.title.is_empty() => self.role.clone(),
                "job_title" => self.title.clone(),
                "notes" => self.notes.join("\n"),
                "tags" => domain::import::tags_cell(&self.tags),
                "timezone" if !self.timezone.is_empty() => self.timezone.clone(),
                own => self.own(own),
            };
            cells.push_bytes(cell.as_bytes());
        }
    }

    fn own(&self, column: &str) -> String {
        self.own.iter().find(|(name, _)| name == column).map(|(_, value)| value.clone()).unwrap_or_default()
    }
}

/// The first that is not empty stays.
fn fill(place: &mut String, text: String) {
    if place.is_empty() {
        *place = text;
    }
}

/// vCard 4.0 may write an address or number as a URI, with parameters behind it (RFC 6068, RFC 3966).
fn without_scheme(value: &str, scheme: &str) -> String {
    match value.split_at_checked(scheme.len()) {
        Some((start, rest)) if start.eq_ignore_ascii_case(scheme) => {
            rest.split([';', '?']).next().unwrap_or_default().trim().to_owned()
        }
        _ => value.to_owned(),
    }
}

fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}
