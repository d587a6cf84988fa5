//! The finder of duplicates: how much of FEBRL's truth it finds, and what many contacts cost.
//!
//! FEBRL's data sets are CSV files of people who do not exist, with copies that hold errors (Christen 2008). The record
//! id tells the truth, `rec-7-dup-0` is `rec-7-org` again; the finder does not see it.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, Result};
use domain::Timestamp;
use domain::access::Actor;
use domain::contact::{Contact, Profile};
use domain::duplicates::{Finder, Found};
use domain::email::EmailAddress;
use domain::id::{ContactId, Id};
use domain::phone::Phone;
use serde_json::json;

use crate::{line, process};

const SYLLABLES: [&str; 16] =
    ["an", "be", "cor", "da", "el", "fin", "ga", "hol", "in", "jo", "ka", "lu", "mar", "ne", "or", "pet"];
/// One in so many of the generated contacts is an earlier one again.
const COPIES: u64 = 50;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// A FEBRL data set; may be given several times.
    #[arg(long)]
    febrl: Vec<PathBuf>,
    /// How many contacts to generate where no file is given.
    #[arg(long, default_value_t = 100_000)]
    contacts: u64,
}

pub(crate) fn run(args: &Args) -> Result<()> {
    args.febrl.iter().try_for_each(|path| febrl(path))?;
    if args.febrl.is_empty() {
        generated(args.contacts);
    }
    Ok(())
}

/// Contacts and, for each, whom it is.
#[derive(Debug, Default)]
struct People {
    finder: Finder,
    persons: HashMap<ContactId, String>,
}

impl People {
    fn add(&mut self, name: &str, person: &str, profile: Profile) {
        let now = Timestamp::default();
        let id = ContactId::derived(now, &[name.as_bytes()]);
        self.finder.add(&Contact::new(id, profile, Actor::Operator, now));
        self.persons.insert(id, person.to_owned());
    }

    fn report(self) {
        let (contacts, truth) = (self.persons.len(), self.true_pairs());
        let Self { finder, persons } = self;
        let begun = Instant::now();
        let Found { suggestions, compared } = finder.find();
        let seconds = begun.elapsed().as_secs_f64();
        let right = suggestions.iter().filter(|each| {
            let [one, other] = each.contact_ids.map(|id| persons.get(&id));
            one == other
        });
        let right = right.count() as f64;
        line("records", contacts);
        line("true pairs", truth);
        line("suggested", suggestions.len());
        line("precision", format!("{:.4}", right / suggestions.len().max(1) as f64));
        line("recall", format!("{:.4}", right / truth.max(1) as f64));
        line("compared pairs", compared);
        line("compared pairs a record", format!("{:.1}", compared as f64 / contacts.max(1) as f64));
        line("finding, s", format!("{seconds:.2}"));
    }

    fn true_pairs(&self) -> u64 {
        let mut copies: HashMap<&str, u64> = HashMap::new();
        for person in self.persons.values() {
            *copies.entry(person).or_default() += 1;
        }
        copies.values().map(|count| count * (count - 1) / 2).sum()
    }
}

fn febrl(path: &Path) -> Result<()> {
    let read = || path.display().to_string();
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_path(path).with_context(read)?;
    let columns = reader.headers().with_context(read)?.clone();
    let mut people = People::default();
    for row in reader.records() {
        let row = row.with_context(read)?;
        let id = row.get(0).unwrap_or_default();
        let person = id.split('-').nth(1).with_context(|| format!("{}: not a FEBRL id: {id}", read()))?;
        people.add(id, person, febrl_profile(&columns, &row));
    }
    line(&read(), "");
    people.report();
    Ok(())
}

fn febrl_profile(columns: &csv::StringRecord, row: &csv::StringRecord) -> Profile {
    let mut profile = Profile::default();
    for (column, value) in columns.iter().zip(row).skip(1).filter(|(_, value)| !value.is_empty()) {
        match column {
            "given_name" => profile.first_name = Some(value.to_owned()),
            "surname" => profile.last_name = Some(value.to_owned()),
            other => drop(profile.custom_fields.insert(other.to_owned(), json!(value))),
        }
    }
    profile
}

fn generated(contacts: u64) {
    let mut people = People::default();
    let (_, before) = process::used();
    for number in 0..contacts {
        let copy = number > 0 && number.is_multiple_of(COPIES);
        let person = if copy { number - 1 } else { number };
        let profile = if copy { copied(person) } else { profile(person) };
        people.add(&format!("contact {number}"), &person.to_string(), profile);
    }
    let (_, added) = process::used();
    people.report();
    let (_, peak) = process::used();
    line("memory before, MB", format!("{before:.0}"));
    line("peak with all contacts, MB", format!("{added:.0}"));
    line("peak after finding, MB", format!("{peak:.0}"));
}

fn profile(person: u64) -> Profile {
    let (first, last) = (word(mixed(person, 1), 2), word(mixed(person, 2), 3));
    let town = mixed(person, 3) % 2_000;
    Profile {
        email: EmailAddress::parse(&format!("{first}.{last}.{person}@example.com")).ok(),
        phone: Some(Phone { e164: format!("+49{}", 300_000_000 + person), typed: None }),
        company: Some(format!("{} GmbH", word(mixed(person, 4) % 5_000, 4))),
        custom_fields: [
            ("street".to_owned(), json!(format!("{} street {}", word(mixed(person, 5), 3), mixed(person, 6) % 100))),
            ("town".to_owned(), json!(word(town, 3))),
            ("postcode".to_owned(), json!(10_000 + town)),
        ]
        .into(),
        first_name: Some(first),
        last_name: Some(last),
        ..Profile::default()
    }
}

/// The person again, in a hurry: with another address for e-mails, a slip in the name, and here and there no phone.
fn copied(person: u64) -> Profile {
    let mut profile = profile(person);
    profile.email = EmailAddress::parse(&format!("private.{person}@example.org")).ok();
    profile.last_name = profile.last_name.map(|name| format!("{name}s"));
    if person.is_multiple_of(3) {
        profile.phone = None;
    }
    profile
}

fn word(number: u64, syllables: u32) -> String {
    (0..syllables).map(|at| SYLLABLES[usize::try_from(number >> (4 * at) & 15).unwrap_or_default()]).collect()
}

/// A number that looks random, the same every time (SplitMix64).
fn mixed(number: u64, salt: u64) -> u64 {
    let mut bits = (number * 16 + salt).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    bits ^ (bits >> 31)
}
