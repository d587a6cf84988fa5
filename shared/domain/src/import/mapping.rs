//! Mapping: which column of a file fills which field.

use std::collections::BTreeMap;

use super::column::{Column, Field, How, Target};
use super::row::{CellFault, ImportedRow, Row};
use super::{MAX_COLUMNS, guess, header};
use crate::contact::draft::Rules;
use crate::id::GroupId;
use crate::{Error, Fault, FaultCode, Result};

/// What every row gets besides what it holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Additions {
    /// Behind the row's own, within the same limit.
    pub tags: Vec<String>,
    /// The group that the row's contact is put into.
    pub group: Option<GroupId>,
}

/// Which column fills what, and how a row is read by it.
#[derive(Debug, Clone, PartialEq)]
pub struct Mapping {
    pub(super) columns: Vec<Column>,
    pub(super) additions: Additions,
    /// By field: the columns that fill it, the best first.
    sources: Vec<Vec<usize>>,
    /// The columns that fill custom fields, with their names.
    pub(super) custom: Vec<(usize, String)>,
    /// By column: how its cells are written.
    pub(super) forms: Vec<guess::Form>,
}

impl Mapping {
    /// Maps the columns of a file by their names. `chosen` (column → field, `custom_fields.x`, or empty for none) goes
    /// before what the names tell, and a field that is chosen is filled by no other column. Of several columns for a field
    /// the best one that is not empty counts. Columns of the same name are told apart: `notes`, `notes (2)`.
    ///
    /// # Errors
    /// [`Error::Refused`] when no column identifies a contact, there are too many, or `chosen` names a column or field that
    /// does not exist.
    pub fn new(headers: Vec<String>, chosen: &BTreeMap<String, String>, additions: Additions) -> Result<Self> {
        if headers.len() > MAX_COLUMNS {
            let reason = format!("has more than {MAX_COLUMNS} columns");
            return Err(Error::refused(Fault::new("file", FaultCode::TooLong, reason)));
        }
        let names = header::named(headers.iter().map(String::as_str));
        Self::guessed(guess::columns(names), chosen, additions)
    }

    /// With what is chosen in the place of what was guessed.
    pub(super) fn guessed(
        mut columns: Vec<Column>,
        chosen: &BTreeMap<String, String>,
        additions: Additions,
    ) -> Result<Self> {
        let chosen = choices(&columns, chosen).map_err(Error::Refused)?;
        let claimed: Vec<&Target> = chosen.values().filter(|target| **target != Target::Ignored).collect();
        for (index, column) in columns.iter_mut().enumerate() {
            if let Some(target) = chosen.get(&index) {
                (column.target, column.how) = (target.clone(), How::Chosen);
            } else if claimed.contains(&&column.target) {
                (column.target, column.how) = (Target::Ignored, How::None);
            }
        }
        let mapping = Self::of(columns, additions);
        mapping.demand_identity()?;
        Ok(mapping)
    }

    /// The mapping whose columns are known: those of a job that was begun.
    pub fn of(columns: Vec<Column>, additions: Additions) -> Self {
        let places = guess::places(&columns);
        let mut sources = vec![Vec::new(); Field::ALL.len()];
        let mut custom = Vec::new();
        for (index, column) in columns.iter().enumerate() {
            match &column.target {
                Target::Field(field) => sources[*field as usize].push(index),
                Target::Custom(key) => custom.push((index, key.clone())),
                Target::Ignored => {}
            }
        }
        for sources in &mut sources {
            sources.sort_by_key(|index: &usize| places[*index].rank);
        }
        let forms = places.into_iter().map(|place| place.form).collect();
        Self { columns, additions, sources, custom, forms }
    }

    fn demand_identity(&self) -> Result<()> {
        let identifying = [Field::Email, Field::Phone, Field::FirstName, Field::LastName, Field::FullName];
        if identifying.iter().any(|field| !self.sources(*field).is_empty()) {
            return Ok(());
        }
        let reason = "has no column for email, phone, first_name or last_name";
        Err(Error::refused(Fault::new("file", FaultCode::Missing, reason)))
    }

    /// The columns in the order of the file.
    pub fn columns(&self) -> impl Iterator<Item = &Column> {
        self.columns.iter()
    }

    /// The columns that fill nothing.
    pub fn unmapped(&self) -> Vec<&str> {
        let unmapped = self.columns().filter(|column| column.target == Target::Ignored);
        unmapped.map(|column| column.name.as_str()).collect()
    }

    /// The columns that fill a field, the best first.
    pub(super) fn sources(&self, field: Field) -> &[usize] {
        &self.sources[field as usize]
    }

    /// Reads a row. Cells beyond the columns are not looked at, missing ones are empty. Nothing may be left in the cells of
    /// what a writer did to keep them from being run as formulas.
    ///
    /// # Errors
    /// Every fault of the row, by column.
    pub fn read(&self, cells: &[impl AsRef<str>], rules: &Rules) -> Result<ImportedRow, Vec<CellFault>> {
        Row { mapping: self, cells }.read(rules)
    }

    /// A fault of a row's contact, as one of the column that filled the field.
    pub fn locate(&self, fault: Fault, cells: &[impl AsRef<str>]) -> CellFault {
        Row { mapping: self, cells }.locate(fault)
    }
}

/// What was chosen, by the position of the column: the one with that very name, or else one with a name like it.
fn choices(columns: &[Column], chosen: &BTreeMap<String, String>) -> Result<BTreeMap<usize, Target>, Vec<Fault>> {
    let mut targets = BTreeMap::new();
    let mut faults = Vec::new();
    for (name, field) in chosen {
        let at = format!("mapping.{name}");
        let exact = columns.iter().position(|column| column.name == name.trim());
        let key = guess::key(name);
        let alike = || columns.iter().position(|column| !key.is_empty() && guess::key(&column.name) == key);
        match (exact.or_else(alike), Target::parse(&at, field)) {
            (_, Err(fault)) => faults.push(fault),
            (None, _) => faults.push(Fault::new(at, FaultCode::Unknown, "names a column that the file does not have")),
            (Some(index), Ok(target)) => {
                if targets.insert(index, target).is_some() {
                    faults.push(Fault::new(at, FaultCode::NotAllowed, "names a column that is named already"));
                }
            }
        }
    }
    if faults.is_empty() { Ok(targets) } else { Err(faults) }
}
