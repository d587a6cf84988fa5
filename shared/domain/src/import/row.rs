//! A row of a file, read by a mapping.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use super::cells;
use super::column::{Field, Target};
use super::guess::Form;
use super::mapping::Mapping;
use crate::contact::draft::{self, Faults, MAX_NAME, MAX_NOTES, MAX_TITLE, Rules};
use crate::contact::{OptInStatus, Profile};
use crate::person_name;
use crate::phone::Phone;
use crate::time::zone_name;
use crate::{Fault, FaultCode, Timestamp};

/// The most characters of a refused value that a report repeats.
const MAX_REPORTED: usize = 200;
/// The longest name that is split, in characters: both parts and a blank.
const MAX_WHOLE_NAME: usize = 2 * MAX_NAME + 1;

/// What a row holds; every value is valid.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ImportedRow {
    /// Who it is.
    pub profile: Profile,
    /// What a contact that the row makes starts with.
    pub bookings: Bookings,
}

/// The bookings that a file tells of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Bookings {
    /// How many.
    pub total: u64,
    /// The latest.
    pub last: Option<Timestamp>,
}

/// What is wrong with one cell of a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CellFault {
    /// The column as the file names it.
    pub column: String,
    /// The kind of fault.
    pub code: FaultCode,
    /// What a person needs to know to mend it.
    pub reason: String,
    /// What the cell holds, at most 200 characters of it.
    pub value: String,
}

/// A row and what is known of its columns.
pub(super) struct Row<'a, C> {
    pub(super) mapping: &'a Mapping,
    pub(super) cells: &'a [C],
}

impl<'a, C: AsRef<str>> Row<'a, C> {
    pub(super) fn read(&self, rules: &Rules) -> Result<ImportedRow, Vec<CellFault>> {
        let mut faults = Faults::default();
        let row = ImportedRow { profile: self.profile(rules, &mut faults), bookings: self.bookings(&mut faults) };
        let mut faults = faults.into_faults();
        if faults.is_empty() && !row.profile.has_identity() {
            faults.push(draft::nobody());
        }
        if faults.is_empty() {
            return Ok(row);
        }
        let mut faults: Vec<CellFault> = faults.into_iter().map(|fault| self.locate(fault)).collect();
        // Of a hundred tags that are too long, one is told.
        faults.dedup();
        Err(faults)
    }

    fn profile(&self, rules: &Rules, faults: &mut Faults) -> Profile {
        let text = |field: Field| self.value(field);
        let (first_name, last_name) = self.names();
        Profile {
            first_name: faults.text("first_name", first_name.as_deref(), MAX_NAME),
            last_name: faults.text("last_name", last_name.as_deref(), MAX_NAME),
            email: faults.value("email", text(Field::Email), |cell| cells::first_valid(cell, draft::email)),
            phone: faults.value("phone", text(Field::Phone), |cell| self.phone(cell, rules)),
            company: faults.text("company", text(Field::Company), MAX_TITLE),
            department: faults.text("department", text(Field::Department), MAX_TITLE),
            job_title: faults.text("job_title", text(Field::JobTitle), MAX_TITLE),
            notes: faults.text("notes", text(Field::Notes), MAX_NOTES),
            tags: self.tags(rules, faults),
            groups: self.mapping.additions.group.into_iter().collect(),
            custom_fields: self.custom_fields(faults),
            lifecycle_stage: faults
                .word(text(Field::LifecycleStage), |cell| cells::lifecycle_stage("lifecycle_stage", cell))
                .flatten(),
            lead_source: faults.text("lead_source", text(Field::LeadSource), MAX_TITLE),
            opt_in_status: self.opt_in_status(faults),
            do_not_contact: faults
                .value("do_not_contact", text(Field::DoNotContact), cells::yes_or_no)
                .unwrap_or_default(),
            timezone: self.timezone(faults),
            owner_id: faults.value("owner_id", text(Field::OwnerId), draft::owner),
            is_active: faults.value("is_active", text(Field::IsActive), cells::yes_or_no),
            ..Profile::default()
        }
    }

    /// The first cell of the field's columns that is not empty, without the blanks around it: a file that pads its columns
    /// is not to be refused for it.
    fn value(&self, field: Field) -> Option<&'a str> {
        self.source(field).map(|(_, cell)| cell)
    }

    fn source(&self, field: Field) -> Option<(usize, &'a str)> {
        let cells = self.mapping.sources(field).iter().map(|index| (*index, self.cell(*index)));
        let (index, cell) = cells.into_iter().find(|(_, cell)| !cell.is_empty())?;
        let several = self.mapping.forms[index] == Form::Several;
        Some((index, if several { cells::values(cell).next().unwrap_or_default() } else { cell }))
    }

    fn cells_of(&self, field: Field) -> impl Iterator<Item = &'a str> {
        self.mapping.sources(field).iter().map(|index| self.cell(*index))
    }

    fn cell(&self, index: usize) -> &'a str {
        self.cells.get(index).map(|cell| cell.as_ref().trim()).unwrap_or_default()
    }

    fn names(&self) -> (Option<Cow<'a, str>>, Option<Cow<'a, str>>) {
        let (first, last) = (self.value(Field::FirstName), self.value(Field::LastName));
        let whole = self.value(Field::FullName).filter(|_| first.is_none() && last.is_none());
        let Some(whole) = whole else { return (first.map(Cow::Borrowed), last.map(Cow::Borrowed)) };
        // A text is refused as a name that is too long, rather than taken apart.
        if whole.chars().nth(MAX_WHOLE_NAME).is_some() {
            return (Some(whole.into()), None);
        }
        let name = person_name::split(whole);
        (name.first_name.map(Cow::Owned), name.last_name.map(Cow::Owned))
    }

    /// A national number is one of the row's country, or else of the default one.
    fn phone(&self, cell: &str, rules: &Rules) -> Result<Phone, String> {
        cells::first_valid(cell, |text| {
            let country =
                if text.starts_with('+') { None } else { self.value(Field::Country).and_then(cells::country) };
            let local = country.map(|default_country| draft::phone(text, &Rules { default_country, ..*rules }));
            local.and_then(Result::ok).map_or_else(|| draft::phone(text, rules), Ok)
        })
    }

    fn tags(&self, rules: &Rules, faults: &mut Faults) -> Vec<String> {
        let own = self.mapping.sources(Field::Tags).iter().flat_map(|index| self.tags_of(*index));
        let added = self.mapping.additions.tags.iter().map(|tag| Cow::Borrowed(tag.as_str()));
        faults.tags(own.chain(added), rules.max_tags)
    }

    fn tags_of(&self, index: usize) -> impl Iterator<Item = Cow<'a, str>> {
        let cell = self.cell(index);
        let (labels, tags) = if self.mapping.forms[index] == Form::Labels { (cell, "") } else { ("", cell) };
        cells::labels(labels).map(Cow::Borrowed).chain(cells::tags_of_cell(tags))
    }

    fn custom_fields(&self, faults: &mut Faults) -> BTreeMap<String, Value> {
        let mut fields = BTreeMap::new();
        for (index, key) in &self.mapping.custom {
            let cell = self.cells.get(*index).map(AsRef::as_ref).unwrap_or_default();
            if !cell.trim().is_empty() && !fields.contains_key(key) {
                fields.insert(key.clone(), Value::String(cell.to_owned()));
            }
        }
        if fields.is_empty() { fields } else { faults.custom_fields(fields) }
    }

    /// Who unsubscribed stays so, whatever else the row says.
    fn opt_in_status(&self, faults: &mut Faults) -> Option<OptInStatus> {
        let told = self.value(Field::OptInStatus);
        let told = faults.word(told, |cell| cells::opt_in_status("opt_in_status", cell));
        let is_so = |field| self.cells_of(field).any(|cell| !cell.is_empty() && cells::is_so(cell));
        if is_so(Field::OptedOut) {
            return Some(OptInStatus::OptedOut);
        }
        told.or_else(|| is_so(Field::OptedIn).then_some(OptInStatus::OptedIn))
    }

    fn timezone(&self, faults: &mut Faults) -> Option<String> {
        let (index, cell) = self.source(Field::Timezone)?;
        let zone = zone_name(cell);
        if self.mapping.forms[index] == Form::Lenient {
            zone.ok()
        } else {
            faults.value("timezone", Some(cell), |_| zone)
        }
    }

    fn bookings(&self, faults: &mut Faults) -> Bookings {
        let total = faults.value("total_bookings", self.value(Field::TotalBookings), cells::bookings);
        let last = faults.value("last_booking_date", self.value(Field::LastBookingDate), cells::moment);
        Bookings { total: total.unwrap_or_default(), last }
    }

    /// A fault of the contact, as one of the column that filled the field.
    pub(super) fn locate(&self, fault: Fault) -> CellFault {
        let index = self.column_of(&fault.field);
        let column = index.map(|index| self.mapping.columns[index].name.clone());
        let field = fault.field.split('[').next().unwrap_or_default();
        let value = index.and_then(|index| self.cells.get(index)).map(AsRef::as_ref).unwrap_or_default();
        CellFault {
            column: column.unwrap_or_else(|| field.to_owned()),
            code: fault.code,
            reason: fault.reason,
            value: value.chars().take(MAX_REPORTED).collect(),
        }
    }

    fn column_of(&self, path: &str) -> Option<usize> {
        let path = path.split('[').next().unwrap_or_default();
        match Target::parse("", path) {
            Ok(Target::Field(field @ (Field::FirstName | Field::LastName))) => {
                self.column_with(field).or_else(|| self.column_with(Field::FullName))
            }
            Ok(Target::Field(field)) => self.column_with(field),
            Ok(Target::Custom(key)) => self.custom(|other| *other == key),
            _ if path == "custom_fields" => self.custom(|_| true),
            _ => None,
        }
    }

    /// The column whose cell fills the field, or would.
    fn column_with(&self, field: Field) -> Option<usize> {
        self.source(field).map(|(index, _)| index).or_else(|| self.mapping.sources(field).first().copied())
    }

    /// The column with the largest value among some that fill custom fields.
    fn custom(&self, is_meant: impl Fn(&String) -> bool) -> Option<usize> {
        let indexes = self.mapping.custom.iter().filter(|(_, key)| is_meant(key)).map(|(index, _)| *index);
        indexes.rev().max_by_key(|index| self.cell(*index).len())
    }
}
