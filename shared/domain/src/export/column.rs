//! Columns: what a file tells of each contact, under which name, and as which text.

use std::borrow::Cow;
use std::fmt;

use chrono::SecondsFormat;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::ExportFormat;
use crate::contact::{Contact, LifecycleStage, OptInStatus};
use crate::import::tags_cell;
use crate::{Fault, FaultCode, Timestamp};

/// The longest name of a column, in characters.
pub const MAX_COLUMN: usize = 254;
/// What the name of a custom field's column begins with.
const CUSTOM: &str = "custom_fields.";

vocabulary! {
    /// What a list shows of a contact.
    Field {
        /// The id.
        Id = "id",
        /// Given name.
        FirstName = "first_name",
        /// Family name.
        LastName = "last_name",
        /// Both names.
        FullName = "full_name",
        /// E-mail address.
        Email = "email",
        /// Phone number in E.164.
        Phone = "phone",
        /// The employer.
        Company = "company",
        /// The part of the company.
        Department = "department",
        /// The role in the company.
        JobTitle = "job_title",
        /// Free text.
        Notes = "notes",
        /// Ids of types.
        Types = "types",
        /// Labels.
        Tags = "tags",
        /// Ids of groups.
        Groups = "groups",
        /// All custom fields as a JSON object.
        CustomFields = "custom_fields",
        /// Stage of the life cycle.
        LifecycleStage = "lifecycle_stage",
        /// Where the contact came from.
        LeadSource = "lead_source",
        /// Consent.
        OptInStatus = "opt_in_status",
        /// Never to be written to.
        DoNotContact = "do_not_contact",
        /// IANA time zone.
        Timezone = "timezone",
        /// The user whom the contact belongs to.
        OwnerId = "owner_id",
        /// Whether the tenant still deals with it.
        IsActive = "is_active",
        /// How many bookings.
        TotalBookings = "total_bookings",
        /// The latest of these.
        LastBookingDate = "last_booking_date",
        /// When it last did something.
        LastInteractionAt = "last_interaction_at",
        /// How promising it is.
        Score = "score",
        /// Counts its changes.
        Version = "version",
        /// When it came to be.
        CreatedAt = "created_at",
        /// When it last changed.
        UpdatedAt = "updated_at",
    }
}

/// The columns of S2's export.
const OF_CSV: [Field; 10] = [
    Field::FirstName,
    Field::LastName,
    Field::Email,
    Field::Phone,
    Field::Company,
    Field::JobTitle,
    Field::Notes,
    Field::Tags,
    Field::TotalBookings,
    Field::LastBookingDate,
];

/// What a card has besides.
const OF_CARDS: [Field; 5] =
    [Field::Department, Field::LifecycleStage, Field::LeadSource, Field::OptInStatus, Field::Timezone];

/// A column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Column {
    /// What a list shows.
    Field(Field),
    /// One of the tenant's own fields.
    Custom(String),
}

impl Column {
    /// Those that a file has where nobody chose.
    pub fn of_format(format: ExportFormat) -> Vec<Self> {
        let more: &[Field] = match format {
            ExportFormat::Csv => &[],
            ExportFormat::Vcf => &OF_CARDS,
        };
        OF_CSV.iter().chain(more).copied().map(Self::Field).collect()
    }

    /// Reads the name that stands at `path`.
    ///
    /// # Errors
    /// A fault of `path` that lists what could have been named.
    pub fn parse(path: &str, name: &str) -> Result<Self, Fault> {
        if name.chars().count() > MAX_COLUMN {
            return Err(Fault::new(path, FaultCode::TooLong, format!("must have at most {MAX_COLUMN} characters")));
        }
        match name.strip_prefix(CUSTOM) {
            Some("") => Err(Fault::new(path, FaultCode::Invalid, "must name the custom field, as custom_fields.plan")),
            Some(custom) => Ok(Self::Custom(custom.to_owned())),
            None => Field::parse(path, name).map(Self::Field),
        }
    }

    /// Its name in a file's first line: S2's, or one made in the same way, all of which our import knows.
    pub fn title(&self) -> String {
        match self {
            Self::Field(Field::Id) => "ID".to_owned(),
            Self::Field(Field::OwnerId) => "Owner ID".to_owned(),
            Self::Field(field) => field.as_str().split('_').map(capitalised).collect::<Vec<_>>().join(" "),
            Self::Custom(_) => self.to_string(),
        }
    }

    /// What it tells of a contact; empty where nothing is known.
    pub fn text<'a>(&self, contact: &'a Contact) -> Cow<'a, str> {
        let (profile, figures) = (&contact.profile, &contact.figures);
        let field = match self {
            Self::Custom(name) => return profile.custom_fields.get(name).map(value).unwrap_or_default(),
            Self::Field(field) => field,
        };
        match field {
            Field::Id => contact.id.to_string().into(),
            Field::FirstName => known(&profile.first_name),
            Field::LastName => known(&profile.last_name),
            Field::FullName => profile.full_name().unwrap_or_default().into(),
            Field::Email => profile.email.as_ref().map(|email| email.as_str()).unwrap_or_default().into(),
            Field::Phone => profile.phone.as_ref().map(|phone| phone.e164.as_str()).unwrap_or_default().into(),
            Field::Company => known(&profile.company),
            Field::Department => known(&profile.department),
            Field::JobTitle => known(&profile.job_title),
            Field::Notes => known(&profile.notes),
            Field::Types => listed(&profile.types).into(),
            Field::Tags => tags_cell(&profile.tags).into(),
            Field::Groups => listed(&profile.groups).into(),
            Field::CustomFields if profile.custom_fields.is_empty() => Cow::default(),
            Field::CustomFields => serde_json::to_string(&profile.custom_fields).unwrap_or_default().into(),
            Field::LifecycleStage => profile.lifecycle_stage.map(LifecycleStage::as_str).unwrap_or_default().into(),
            Field::LeadSource => known(&profile.lead_source),
            Field::OptInStatus => profile.opt_in_status.map(OptInStatus::as_str).unwrap_or_default().into(),
            Field::DoNotContact => profile.do_not_contact.to_string().into(),
            Field::Timezone => known(&profile.timezone),
            Field::OwnerId => profile.owner_id.as_ref().map(|owner| owner.as_str()).unwrap_or_default().into(),
            Field::IsActive => profile.is_active().to_string().into(),
            Field::TotalBookings => figures.total_bookings.to_string().into(),
            Field::LastBookingDate => moment(figures.last_booking_date),
            Field::LastInteractionAt => moment(figures.last_interaction_at),
            Field::Score => figures.score.map(|score| score.to_string()).unwrap_or_default().into(),
            Field::Version => contact.version.to_string().into(),
            Field::CreatedAt => moment(Some(contact.created_at)),
            Field::UpdatedAt => moment(Some(contact.updated_at)),
        }
    }
}

fn capitalised(word: &str) -> String {
    let (first, rest) = word.split_at(word.len().min(1));
    first.to_uppercase() + rest
}

fn known(text: &Option<String>) -> Cow<'_, str> {
    text.as_deref().unwrap_or_default().into()
}

fn listed(ids: &[impl ToString]) -> String {
    ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
}

fn value(value: &Value) -> Cow<'_, str> {
    match value {
        Value::String(text) => text.into(),
        Value::Null => Cow::default(),
        other => other.to_string().into(),
    }
}

fn moment(at: Option<Timestamp>) -> Cow<'static, str> {
    at.map(|at| at.to_rfc3339_opts(SecondsFormat::AutoSi, true)).unwrap_or_default().into()
}

impl fmt::Display for Column {
    /// As callers name it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Field(field) => field.fmt(f),
            Self::Custom(name) => write!(f, "{CUSTOM}{name}"),
        }
    }
}

impl From<Column> for String {
    fn from(column: Column) -> Self {
        column.to_string()
    }
}

impl TryFrom<String> for Column {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        Self::parse("columns", &name).map_err(|fault| fault.reason)
    }
}
