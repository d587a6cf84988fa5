//! Import: which column is which field, and what becomes of a row.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::contact::Profile;
use crate::contact::draft::{Draft, Rules};
use crate::id::{ContactId, Id, JobId};
use crate::{Error, Fault, FaultCode, Result};

/// The most columns of a file.
pub const MAX_COLUMNS: usize = 1_000;
/// The most characters of a refused value that a report repeats.
const MAX_REPORTED: usize = 200;
/// The prefix that maps a column to a custom field.
const CUSTOM: &str = "custom_fields.";

vocabulary! {
    /// What happens to a row whose e-mail address a contact has already (S2).
    DuplicatePolicy {
        /// The contact stays as it is.
        Skip = "skip",
        /// What the row holds overwrites what the contact holds.
        Update = "update",
        /// What the row holds fills the contact's gaps.
        Merge = "merge",
    }
}

vocabulary! {
    /// What became of a row. Every row has exactly one.
    RowOutcome {
        /// A new contact.
        Created = "created",
        /// A contact was overwritten.
        Updated = "updated",
        /// A contact's gaps were filled.
        Merged = "merged",
        /// The contact was there already.
        Skipped = "skipped",
        /// The row is not acceptable.
        Refused = "refused",
    }
}

/// Rows by outcome.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Outcomes {
    /// Rows that became a new contact.
    pub created: u64,
    /// Rows that overwrote a contact.
    pub updated: u64,
    /// Rows that filled a contact's gaps.
    pub merged: u64,
    /// Rows whose contact was there already.
    pub skipped: u64,
    /// Rows that are not acceptable.
    pub refused: u64,
}

impl Outcomes {
    /// The count of one outcome.
    pub fn of(&mut self, outcome: RowOutcome) -> &mut u64 {
        match outcome {
            RowOutcome::Created => &mut self.created,
            RowOutcome::Updated => &mut self.updated,
            RowOutcome::Merged => &mut self.merged,
            RowOutcome::Skipped => &mut self.skipped,
            RowOutcome::Refused => &mut self.refused,
        }
    }

    /// All rows.
    pub fn total(&self) -> u64 {
        self.created + self.updated + self.merged + self.skipped + self.refused
    }
}

vocabulary! {
    /// A contact's field that a column can fill.
    Field {
        /// Given name.
        FirstName = "first_name",
        /// Family name.
        LastName = "last_name",
        /// E-mail address.
        Email = "email",
        /// Phone number.
        Phone = "phone",
        /// Company.
        Company = "company",
        /// Department.
        Department = "department",
        /// Job title.
        JobTitle = "job_title",
        /// Notes.
        Notes = "notes",
        /// Tags, separated by commas.
        Tags = "tags",
        /// Where the contact came from.
        LeadSource = "lead_source",
        /// Stage of the life cycle.
        LifecycleStage = "lifecycle_stage",
        /// Consent.
        OptInStatus = "opt_in_status",
        /// IANA time zone.
        Timezone = "timezone",
    }
}

/// What a column fills.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// A field.
    Field(Field),
    /// A custom field.
    Custom(String),
    /// Nothing.
    Ignored,
}

/// Which column fills what, by position.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mapping {
    headers: Vec<String>,
    targets: Vec<Target>,
}

impl Mapping {
    /// Maps the columns of a file by their names; `chosen` (column → field, `custom_fields.x`, or empty for none) goes
    /// before the guess. A field that two columns claim goes to the first.
    ///
    /// # Errors
    /// [`Error::Refused`] when no column identifies a contact, or `chosen` names a column or field that does not exist.
    pub fn new(headers: Vec<String>, chosen: &BTreeMap<String, String>) -> Result<Self> {
        if headers.len() > MAX_COLUMNS {
            let reason = format!("has more than {MAX_COLUMNS} columns");
            return Err(Error::refused(Fault::new("file", FaultCode::TooLong, reason)));
        }
        let chosen = chosen.iter().map(|(column, field)| Ok((normal(column), target(column, field)?)));
        let chosen: BTreeMap<String, Target> = chosen.collect::<Result<_, Fault>>().map_err(Error::refused)?;
        if let Some(lost) = chosen.keys().find(|column| !headers.iter().any(|header| normal(header) == **column)) {
            let reason = "names a column that the file does not have";
            return Err(Error::refused(Fault::new(format!("mapping.{lost}"), FaultCode::Unknown, reason)));
        }
        let mut targets: Vec<Target> = Vec::with_capacity(headers.len());
        for header in &headers {
            let target = chosen.get(&normal(header)).cloned().unwrap_or_else(|| guess(header));
            let taken = target != Target::Ignored && targets.contains(&target);
            targets.push(if taken { Target::Ignored } else { target });
        }
        let mapping = Self { headers, targets };
        mapping.demand_identity()?;
        Ok(mapping)
    }

    fn demand_identity(&self) -> Result<()> {
        let identifying = [Field::Email, Field::Phone, Field::FirstName, Field::LastName];
        if identifying.iter().any(|field| self.targets.contains(&Target::Field(*field))) {
            return Ok(());
        }
        let reason = "has no column for email, phone, first_name or last_name";
        Err(Error::refused(Fault::new("file", FaultCode::Missing, reason)))
    }

    /// The columns that fill nothing.
    pub fn unmapped(&self) -> Vec<&str> {
        self.pairs().filter(|(_, target)| **target == Target::Ignored).map(|(header, _)| header).collect()
    }

    fn pairs(&self) -> impl Iterator<Item = (&str, &Target)> {
        self.headers.iter().map(String::as_str).zip(&self.targets)
    }

    /// Reads a row. Cells beyond the columns are not looked at, missing ones are empty.
    ///
    /// # Errors
    /// Every fault of the row, by column.
    pub fn read<'a>(&self, cells: impl Iterator<Item = &'a str>, rules: &Rules) -> Result<Profile, Vec<CellFault>> {
        let cells: Vec<&str> = cells.take(self.headers.len()).collect();
        match self.draft(&cells).parse(rules) {
            Ok(profile) => Ok(profile),
            Err(Error::Refused(faults)) => Err(faults.into_iter().map(|fault| self.at_cell(fault, &cells)).collect()),
            Err(other) => Err(vec![self.at_cell(Fault::new("row", FaultCode::Invalid, other.to_string()), &cells)]),
        }
    }

    fn draft(&self, cells: &[&str]) -> Draft {
        let mut draft = Draft::default();
        for (target, cell) in self.targets.iter().zip(cells) {
            let text = (!cell.trim().is_empty()).then(|| (*cell).to_owned());
            // A file that pads its columns is not to be refused for it.
            let trimmed = || text.as_deref().map(|text| text.trim().to_owned());
            match target {
                Target::Ignored => {}
                Target::Custom(key) => draft.custom_fields.extend(text.map(|text| (key.clone(), Value::String(text)))),
                Target::Field(Field::Tags) => {
                    draft.tags = cell.split([',', ';']).map(|tag| tag.trim().to_owned()).collect()
                }
                Target::Field(field) => *slot(&mut draft, *field) = trimmed(),
            }
        }
        draft
    }

    fn at_cell(&self, fault: Fault, cells: &[&str]) -> CellFault {
        let field = fault.field.split(['[', '.']).next().unwrap_or_default();
        let found = self.pairs().enumerate().find(|(_, (_, target))| fills(target, field));
        let (column, value) = found.map_or((field.to_owned(), ""), |(index, (header, _))| {
            (header.to_owned(), cells.get(index).copied().unwrap_or_default())
        });
        CellFault { column, code: fault.code, reason: fault.reason, value: value.chars().take(MAX_REPORTED).collect() }
    }
}

fn fills(target: &Target, field: &str) -> bool {
    match target {
        Target::Field(known) => known.as_str() == field,
        Target::Custom(_) => field == "custom_fields",
        Target::Ignored => false,
    }
}

fn slot(draft: &mut Draft, field: Field) -> &mut Option<String> {
    match field {
        Field::FirstName => &mut draft.first_name,
        Field::LastName => &mut draft.last_name,
        Field::Email => &mut draft.email,
        Field::Phone => &mut draft.phone,
        Field::Company => &mut draft.company,
        Field::Department => &mut draft.department,
        Field::JobTitle => &mut draft.job_title,
        Field::Notes | Field::Tags => &mut draft.notes,
        Field::LeadSource => &mut draft.lead_source,
        Field::LifecycleStage => &mut draft.lifecycle_stage,
        Field::OptInStatus => &mut draft.opt_in_status,
        Field::Timezone => &mut draft.timezone,
    }
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

/// The id of the contact that row `row` (from 1, without the header) of `job` makes, whoever computes it.
pub fn contact_of_row(job: JobId, row: u64) -> ContactId {
    ContactId::derived(job.created_at(), &[job.uuid().as_bytes(), &row.to_be_bytes()])
}

fn target(column: &str, field: &str) -> Result<Target, Fault> {
    match field {
        "" => Ok(Target::Ignored),
        custom if custom.strip_prefix(CUSTOM).is_some_and(|key| !key.is_empty()) => {
            Ok(Target::Custom(custom[CUSTOM.len()..].to_owned()))
        }
        other => Field::parse(&format!("mapping.{column}"), other).map(Target::Field),
    }
}

/// The column's name with letters and digits only, without case.
fn normal(header: &str) -> String {
    header.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

fn guess(header: &str) -> Target {
    let field = match normal(header).as_str() {
        "firstname" | "givenname" => Field::FirstName,
        "lastname" | "familyname" | "surname" => Field::LastName,
        "email" | "emailaddress" => Field::Email,
        "phone" | "phonenumber" | "mobilephone" | "mobile" | "primaryphone" => Field::Phone,
        "company" | "organizationname" | "associatedcompany" => Field::Company,
        "department" | "organizationdepartment" => Field::Department,
        "jobtitle" | "organizationtitle" => Field::JobTitle,
        "notes" => Field::Notes,
        "tags" => Field::Tags,
        "leadsource" => Field::LeadSource,
        "lifecyclestage" => Field::LifecycleStage,
        "optinstatus" => Field::OptInStatus,
        "timezone" => Field::Timezone,
        _ => return Target::Ignored,
    };
    Target::Field(field)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mapping(headers: &[&str], chosen: &[(&str, &str)]) -> Result<Mapping> {
        let chosen = chosen.iter().map(|(column, field)| (column.to_string(), field.to_string())).collect();
        Mapping::new(headers.iter().map(ToString::to_string).collect(), &chosen)
    }

    fn read(mapping: &Mapping, cells: &[&str]) -> Result<Profile, Vec<CellFault>> {
        mapping.read(cells.iter().copied(), &Rules::default())
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
}
