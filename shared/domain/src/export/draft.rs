//! An export as somebody asks for it.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Deserialize;

use super::ExportFormat;
use super::column::{Column, MAX_COLUMN};
use crate::contact::draft::Rules;
use crate::contact::filter::ContactFilter;
use crate::{Error, Fault, FaultCode, Result};

/// The most columns of a file.
const MAX_COLUMNS: usize = 150;

/// Which contacts are to be exported, and how. All may be left out: that is everybody, in CSV.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "ExportRequest", example = example())]
pub struct ExportDraft {
    /// The format of the file; `csv` where nothing is said.
    #[schemars(with = "Option<ExportFormat>")]
    pub format: Option<String>,
    /// What is told of each contact, in this order: fields of a contact, `custom_fields.x` for the custom field `x`, or
    /// `custom_fields` for all of them as one JSON object. Where nothing is said: names, e-mail address, phone number,
    /// company, job title, notes, tags and bookings; a vCard has all that our import takes from one.
    #[schemars(length(min = 1, max = MAX_COLUMNS), inner(length(min = 1, max = MAX_COLUMN)))]
    pub fields: Option<Vec<String>>,
    /// Which contacts are meant, as in lists; everybody if nothing is said.
    pub filter: ContactFilter,
}

fn example() -> serde_json::Value {
    serde_json::json!({
        "format": "csv", "fields": ["email", "first_name", "tags", "custom_fields.plan"],
        "filter": { "tags": ["trial"], "is_active": true },
    })
}

/// What is to be exported; every value is valid.
#[derive(Debug, Clone, PartialEq)]
pub struct Wanted {
    /// The format of the file.
    pub format: ExportFormat,
    /// What is told of each contact.
    pub columns: Vec<Column>,
    /// Who is meant, a phone number in E.164.
    pub filter: ContactFilter,
}

impl ExportDraft {
    /// Understands what is asked for.
    ///
    /// # Errors
    /// [`Error::Refused`] with every fault.
    pub fn parse(self, rules: &Rules) -> Result<Wanted> {
        let mut faults = Vec::new();
        let format = self.format.as_deref().map_or(Ok(ExportFormat::Csv), |text| ExportFormat::parse("format", text));
        let format = format.map_err(|fault| faults.push(fault));
        let fallback = || Column::of_format(format.unwrap_or(ExportFormat::Csv));
        let columns = self.fields.map_or_else(fallback, |fields| columns(&fields, &mut faults));
        let filter = match self.filter.parse(rules) {
            // A national number is meant as it is now, whatever the tenant's country will be.
            Ok(criteria) => ContactFilter { phone: criteria.phone, ..self.filter },
            Err(Error::Refused(found)) => {
                let inside = |fault: Fault| Fault { field: format!("filter.{}", fault.field), ..fault };
                faults.extend(found.into_iter().map(inside));
                self.filter
            }
            Err(other) => return Err(other),
        };
        match format {
            Ok(format) if faults.is_empty() => Ok(Wanted { format, columns, filter }),
            _ => Err(Error::Refused(faults)),
        }
    }
}

fn columns(fields: &[String], faults: &mut Vec<Fault>) -> Vec<Column> {
    if !(1..=MAX_COLUMNS).contains(&fields.len()) {
        faults.push(Fault::new("fields", FaultCode::TooLong, format!("must be from 1 to {MAX_COLUMNS}")));
        return Vec::new();
    }
    let (mut columns, mut seen) = (Vec::new(), BTreeSet::new());
    for (at, field) in fields.iter().enumerate() {
        let path = format!("fields[{at}]");
        match Column::parse(&path, field) {
            Ok(_) if !seen.insert(field) => {
                faults.push(Fault::new(path, FaultCode::NotAllowed, "is named twice"));
            }
            Ok(column) => columns.push(column),
            Err(fault) => faults.push(fault),
        }
    }
    columns
}
