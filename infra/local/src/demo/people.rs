//! People who do not exist: a file as a company might export it, with its usual faults, the same every time.

use std::io::{self, Write};

const FIRST: [&str; 12] =
    ["Ada", "Björn", "Chloé", "Dmitri", "Emeka", "Fatima", "Grace", "Hiroshi", "Inés", "José", "Kofi", "Linh"];
const LAST: [&str; 10] =
    ["Adeyemi", "Brown", "Castro", "van der Berg", "Eriksson", "Fischer", "Garcia", "Hopper", "Ivanov", "Johnson"];
const COMPANIES: [&str; 6] = ["Acme, Inc.", "Globex", "Initech", "Stark \"R&D\"", "Umbrella", "Wayne & Sons"];

/// The first line, with a byte order mark before it.
const HEADER: &str = "\u{feff}First Name,Last Name,Email,Phone,Company,Job Title,Notes,Tags\r\n";

/// A generated file, and what an import that skips duplicates must make of it.
#[derive(Debug, Clone)]
pub struct People {
    /// The file: UTF-8 with a byte order mark, CRLF, quoted line breaks.
    pub csv: String,
    /// Its rows, without the header.
    pub rows: u64,
    /// Rows that make a contact.
    pub created: u64,
    /// Rows whose e-mail address an earlier row has.
    pub skipped: u64,
    /// Rows with a bad e-mail address or phone number.
    pub refused: u64,
}

/// `rows` people. Of each hundred, two have a bad e-mail address, one a bad phone number, two an address that an earlier
/// row has, and three no address but a phone; a third of the phone numbers is national, a third international.
pub fn people(rows: u64) -> People {
    let mut people = People { csv: HEADER.to_owned(), rows, created: 0, skipped: 0, refused: 0 };
    for row in 0..rows {
        match row % 100 {
            17 | 58 | 71 => people.refused += 1,
            83 | 96 => people.skipped += 1,
            _ => people.created += 1,
        }
        people.csv.push_str(&record(row));
    }
    people
}

/// Writes the file of [`people`] without keeping it.
///
/// # Errors
/// When it cannot be written.
pub fn write_people(rows: u64, out: &mut impl Write) -> io::Result<()> {
    out.write_all(HEADER.as_bytes())?;
    (0..rows).try_for_each(|row| out.write_all(record(row).as_bytes()))
}

fn record(row: u64) -> String {
    let (first, last) = (FIRST[pick(row, 12)], LAST[pick(row / 12, 10)]);
    let email = format!("person.{row}@example.com");
    let phone = phone(row);
    let (email, phone) = match row % 100 {
        17 | 58 => (format!("person.{row}(at)example.com"), phone),
        71 => (email, "12".to_owned()),
        // Sixty rows back: a plain row of the same hundred.
        83 | 96 => (format!("Person.{}@Example.com", row - 60), phone),
        5 | 39 | 64 => (String::new(), national(row)),
        _ => (email, phone),
    };
    let company = COMPANIES[pick(row, 6)].replace('"', "\"\"");
    let notes = if row.is_multiple_of(7) { "\"Met at the fair.\r\nWants \"\"everything\"\", soon.\"" } else { "" };
    let tags = if row.is_multiple_of(3) { "\"customer, newsletter\"" } else { "lead" };
    format!("{first},{last},{email},{phone},\"{company}\",Engineer,{notes},{tags}\r\n")
}

fn phone(row: u64) -> String {
    match row % 3 {
        0 => national(row),
        1 => format!("+44 20 7946 0{:03}", row % 1000),
        _ => String::new(),
    }
}

fn national(row: u64) -> String {
    format!("(202) 555-01{:02}", row % 100)
}

fn pick(number: u64, count: u64) -> usize {
    usize::try_from(number % count).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_expected_to_have_one_outcome() {
        let people = people(1_000);
        assert_eq!((people.created, people.skipped, people.refused), (950, 20, 30));
        assert_eq!(people.csv, super::people(1_000).csv);
        assert_eq!(people.csv.matches("@Example.com").count(), 20);
    }

    #[test]
    fn what_is_written_row_by_row_is_the_same_file() {
        let mut written = Vec::new();
        write_people(500, &mut written).unwrap();
        assert_eq!(written, people(500).csv.into_bytes());
    }
}
