//! The first record of a file: names of columns, or already the first row.

use std::collections::{BTreeMap, HashSet};

use super::column::{Column, Field, How, Target};
use super::guess;
use super::mapping::{Additions, Mapping};
use crate::Result;
use crate::email::EmailAddress;
use crate::phone::{Country, Phone};

/// What the first record of a file is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Header {
    /// The names of the columns, no two the same.
    Names(Vec<String>),
    /// A row already: columns that have no names are called by their numbers, and mapped by what this row holds.
    Missing(Vec<Column>),
}

impl Header {
    /// Maps the columns, as [`Mapping::new`] does.
    ///
    /// # Errors
    /// As [`Mapping::new`].
    pub fn mapping(self, chosen: &BTreeMap<String, String>, additions: Additions) -> Result<Mapping> {
        match self {
            Self::Names(names) => Mapping::new(names, chosen, additions),
            Self::Missing(columns) => Mapping::guessed(columns, chosen, additions),
        }
    }
}

/// Tells whether the first record of a file names its columns. It does not when a cell is an e-mail address or a phone
/// number (a national one of `country`, or one with `+`), and no cell is a name that is known.
pub fn header_or_data(first_record: &[impl AsRef<str>], country: Country) -> Header {
    let cells = || first_record.iter().map(|cell| cell.as_ref().trim());
    let contents: Vec<Content> = cells().map(|cell| Content::of(cell, country)).collect();
    let is_data = contents.iter().any(|content| matches!(content, Content::Email | Content::Phone));
    if !is_data || cells().any(guess::is_known) {
        return Header::Names(named(cells()));
    }
    let targets = targets(&contents);
    let column = |(index, target)| {
        let how = if target == Target::Ignored { How::None } else { How::Content };
        Column { name: numbered(index), target, how }
    };
    Header::Missing(targets.into_iter().enumerate().map(column).collect())
}

/// Names that tell all columns apart: one without a name gets its number, one that is there already `… (2)`.
pub(super) fn named<'a>(names: impl Iterator<Item = &'a str>) -> Vec<String> {
    let names: Vec<&str> = names.map(|name| name.trim().trim_matches('\u{feff}').trim()).collect();
    // A name of the file's own is not to be taken by one that is made up here.
    let own: HashSet<&str> = names.iter().copied().collect();
    let mut taken: HashSet<String> = HashSet::with_capacity(names.len());
    let mut distinct = Vec::with_capacity(names.len());
    for (index, name) in names.iter().enumerate() {
        let name = if name.is_empty() { numbered(index) } else { (*name).to_owned() };
        let is_free = |name: &String| !taken.contains(name);
        let others = (2..).map(|number| format!("{name} ({number})")).filter(|other| !own.contains(&**other));
        let name = std::iter::once(name.clone()).chain(others).find(is_free).unwrap_or_default();
        taken.insert(name.clone());
        distinct.push(name);
    }
    distinct
}

fn numbered(index: usize) -> String {
    format!("Column {}", index + 1)
}

/// What a cell of the first row might be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Content {
    Email,
    Phone,
    /// A word or two that a name could be.
    Name,
    Other,
}

impl Content {
    fn of(cell: &str, country: Country) -> Self {
        if EmailAddress::parse(cell).is_ok() {
            Self::Email
        } else if is_phone(cell, country) {
            Self::Phone
        } else if is_name(cell) {
            Self::Name
        } else {
            Self::Other
        }
    }
}

/// Not a number of another kind: an id, a date, a sum, an address of a computer.
fn is_phone(cell: &str, country: Country) -> bool {
    let is_of_a_phone = |c: char| c.is_ascii_digit() || " ()-./+".contains(c);
    let groups = cell.split(|c: char| !c.is_ascii_digit()).filter(|group| !group.is_empty());
    let is_date = groups.clone().count() == 3
        && groups.clone().all(|group| group.len() <= 2 || group.len() == 4)
        && groups.map(str::len).sum::<usize>() <= 8;
    cell.chars().all(is_of_a_phone) && !is_date && Phone::parse(cell, country).is_ok()
}

fn is_name(cell: &str) -> bool {
    let is_of_a_name = |c: char| c.is_alphabetic() || " '’-.".contains(c);
    let words = cell.split_whitespace().count();
    (1..=3).contains(&words) && cell.chars().all(is_of_a_name) && cell.chars().any(char::is_alphabetic)
}

/// E-mail addresses and phone numbers are what they are; the first two words beside each other are a name if no third
/// stands beside them.
fn targets(contents: &[Content]) -> Vec<Target> {
    let of_content = |content: &Content| match content {
        Content::Email => Target::Field(Field::Email),
        Content::Phone => Target::Field(Field::Phone),
        Content::Name | Content::Other => Target::Ignored,
    };
    let mut targets: Vec<Target> = contents.iter().map(of_content).collect();
    let is_name = |content: &&Content| **content == Content::Name;
    let start = contents.windows(2).position(|pair| pair.iter().all(|content| *content == Content::Name));
    if let Some(start) = start
        && contents[start..].iter().take_while(is_name).count() == 2
    {
        targets[start] = Target::Field(Field::FirstName);
        targets[start + 1] = Target::Field(Field::LastName);
    }
    targets
}
