//! Columns: what each of a file fills, and why it is thought so.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::Fault;

/// The prefix that maps a column to a custom field.
const CUSTOM: &str = "custom_fields.";

vocabulary! {
    /// What a column can fill: a contact's fields by their names, and what tells of them in another way.
    Field {
        /// Given name.
        FirstName = "first_name",
        /// Family name.
        LastName = "last_name",
        /// Both names in one text, split where neither is given by itself.
        FullName = "full_name",
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
        /// Tags, as [`super::tags_cell`] writes them.
        Tags = "tags",
        /// Where the contact came from.
        LeadSource = "lead_source",
        /// Stage of the life cycle.
        LifecycleStage = "lifecycle_stage",
        /// Consent.
        OptInStatus = "opt_in_status",
        /// Whether, or when, the person agreed to be written to: anything but a no.
        OptedIn = "opted_in",
        /// Whether, or when, the person unsubscribed: anything but a no.
        OptedOut = "opted_out",
        /// Whether the person is never to be written to.
        DoNotContact = "do_not_contact",
        /// IANA time zone.
        Timezone = "timezone",
        /// The country of the row's phone number, if that has none.
        Country = "country",
        /// The user whom the contact belongs to.
        OwnerId = "owner_id",
        /// Whether the tenant still deals with it.
        IsActive = "is_active",
        /// How many bookings a new contact starts with.
        TotalBookings = "total_bookings",
        /// The latest of them.
        LastBookingDate = "last_booking_date",
    }
}

vocabulary! {
    /// Why a column is thought to fill what it fills.
    How {
        /// The caller said so.
        Chosen = "chosen",
        /// The name is one that Rollcall or another product gives it.
        Known = "known",
        /// The name is like one of the field's.
        Likeness = "likeness",
        /// The file has no names: the first row holds such a value.
        Content = "content",
        /// It fills nothing, as nothing is known of it.
        None = "none",
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

impl Target {
    /// Reads what a column is to fill: a field, `custom_fields.x`, or nothing.
    ///
    /// # Errors
    /// A fault of `at` when there is no such field.
    pub fn parse(at: &str, text: &str) -> Result<Self, Fault> {
        match text {
            "" => Ok(Self::Ignored),
            custom if custom.strip_prefix(CUSTOM).is_some_and(|key| !key.is_empty()) => {
                Ok(Self::Custom(custom[CUSTOM.len()..].to_owned()))
            }
            other => Field::parse(at, other).map(Self::Field),
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Field(field) => field.fmt(f),
            Self::Custom(key) => write!(f, "{CUSTOM}{key}"),
            Self::Ignored => Ok(()),
        }
    }
}

impl Serialize for Target {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Ignored => serializer.serialize_none(),
            filled => serializer.collect_str(filled),
        }
    }
}

impl<'de> Deserialize<'de> for Target {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Option::<String>::deserialize(deserializer)?.unwrap_or_default();
        Self::parse("field", &text).map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for Target {
    fn schema_name() -> Cow<'static, str> {
        "ColumnTarget".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": ["string", "null"], "examples": ["email", "custom_fields.plan"] })
    }
}

/// A column of a file. Serialised, it is what the job keeps and what the caller is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "ImportColumn")]
pub struct Column {
    /// Its name in the file; no two have the same.
    pub name: String,
    /// The field of a contact that it fills, or `custom_fields.` and a name; nothing if it is not read.
    #[serde(rename = "field")]
    pub target: Target,
    /// Why.
    pub how: How,
}

impl Column {
    /// The name under which it is found again where it is written down: a column without a name of its own has its field's.
    pub fn lasting_name(&self) -> Cow<'_, str> {
        if self.how == How::Content { self.target.to_string().into() } else { (&*self.name).into() }
    }
}
