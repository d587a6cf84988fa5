//! What a caller wants of an import.

use std::collections::BTreeMap;

use domain::contact::draft::{MAX_TAG, Rules, tags};
use domain::id::{GroupId, JobId};
use domain::import::{DuplicatePolicy, MAX_COLUMNS};
use domain::job::{ImportOptions, OnError};
use domain::phone::{Country, NotACountry};
use domain::settings::Settings;
use domain::{Fault, FaultCode};
use schemars::JsonSchema;
use serde::Deserialize;

/// The largest file.
pub(crate) const MAX_FILE: u64 = 5 * 1024 * 1024 * 1024;
/// The most bytes of a mapping's names.
const MAX_MAPPING: usize = 64 * 1024;

/// How a file is to be imported. The answer says where to upload it.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "ImportRequest", example = example())]
pub(crate) struct ImportIn {
    /// What happens to a row whose e-mail address a contact has already; `skip` where nothing is said.
    #[schemars(with = "Option<DuplicatePolicy>")]
    duplicates: Option<String>,
    /// Which column fills which field: a field of a contact, `custom_fields.x` for the custom field `x`, or nothing
    /// (`""`). Columns that are not named here are mapped by their names. The import fails if the file has no such
    /// column or a contact no such field. Together at most 64 KiB.
    #[schemars(extend("maxProperties" = MAX_COLUMNS, "propertyNames" = { "minLength": 1 }))]
    mapping: BTreeMap<String, String>,
    /// The country of phone numbers without a country code; the tenant's where nothing is said.
    #[schemars(with = "Option<Country>")]
    default_country: Option<String>,
    /// The encoding of the file's text by one of its names in WHATWG's Encoding Standard, e.g. `windows-1252`; found out
    /// where nothing is said.
    encoding: Option<String>,
    /// Labels for the contacts of all rows. They count among a contact's tags.
    #[schemars(inner(length(max = MAX_TAG)))]
    tags: Vec<String>,
    /// The group that the contacts of all rows get into.
    #[schemars(with = "Option<GroupId>")]
    group: Option<String>,
    /// Imports nothing, but shows what the first 100 rows would become. The file is kept for an hour: see `file_of`.
    dry_run: bool,
    /// Whether a row that is not acceptable is left out (`skip`, where nothing is said), or nothing of the file is imported
    /// (`abort`).
    #[schemars(with = "Option<OnError>")]
    on_error: Option<String>,
    /// In place of another upload: the dry run whose file is to be imported, within the hour after it. The file is this
    /// import's from then on.
    #[schemars(with = "Option<JobId>")]
    file_of: Option<String>,
    /// How many bytes the file has, if that is known: one that is too large is refused before it is uploaded.
    #[schemars(range(max = MAX_FILE))]
    size: Option<u64>,
}

fn example() -> serde_json::Value {
    serde_json::json!({
        "duplicates": "update", "default_country": "GB", "tags": ["fair"], "on_error": "skip", "size": 1_048_576,
        "mapping": { "Mail": "email", "Plan": "custom_fields.plan", "Internal number": "" },
    })
}

/// What a caller wants, and what is wrong with it, as far as that is seen without looking anything up. What is wrong counts as
/// not said.
#[derive(Debug)]
pub(crate) struct Wanted {
    pub(crate) options: ImportOptions,
    pub(crate) file_of: Option<JobId>,
    pub(crate) faults: Vec<Fault>,
}

impl ImportIn {
    pub(crate) fn parse(self, settings: &Settings) -> Wanted {
        let mut faults = Faults::default();
        let defaults = ImportOptions::of(settings.default_country);
        let duplicates = faults.word(self.duplicates, |word| DuplicatePolicy::parse("duplicates", word));
        let country = faults.word(self.default_country, country);
        let on_error = faults.word(self.on_error, |word| OnError::parse("on_error", word));
        let options = ImportOptions {
            duplicates: duplicates.unwrap_or(defaults.duplicates),
            default_country: country.unwrap_or(defaults.default_country),
            encoding: faults.word(self.encoding, encoding),
            tags: faults.all(tags(self.tags, &Rules::from(settings))).unwrap_or_default(),
            group: faults.word(self.group, |id| id.parse().map_err(|_| unknown("group", "names no group"))),
            dry_run: self.dry_run,
            on_error: on_error.unwrap_or(defaults.on_error),
            mapping: self.mapping,
        };
        let file_of = faults.word(self.file_of, |id| id.parse().map_err(|_| unknown("file_of", NO_IMPORT)));
        let Faults(mut faults) = faults;
        faults.extend(unkeepable(&options.mapping));
        faults.extend(self.size.filter(|size| *size > MAX_FILE).map(|_| too_large()));
        Wanted { options, file_of, faults }
    }
}

/// Why a file cannot be had of an import.
pub(crate) const NO_IMPORT: &str = "names no import";

/// The id of `field` leads nowhere.
pub(crate) fn unknown(field: &str, reason: &str) -> Fault {
    Fault::new(field, FaultCode::Invalid, reason)
}

fn too_large() -> Fault {
    Fault::new("size", FaultCode::TooLong, format!("is more than {MAX_FILE} bytes"))
}

fn country(text: &str) -> Result<Country, Fault> {
    let invalid = |error: NotACountry| Fault::new("default_country", FaultCode::Invalid, error.to_string());
    text.parse().map_err(invalid)
}

/// The name of the encoding that a label means.
fn encoding(label: &str) -> Result<String, Fault> {
    let found = encoding_rs::Encoding::for_label_no_replacement(label.as_bytes());
    let unknown = || Fault::new("encoding", FaultCode::Invalid, "is no encoding of WHATWG's Encoding Standard");
    Ok(found.ok_or_else(unknown)?.name().to_owned())
}

/// Why a mapping cannot be kept with its job, if it cannot: the table takes no empty names, and no item of any size.
fn unkeepable(mapping: &BTreeMap<String, String>) -> Option<Fault> {
    let bytes: usize = mapping.iter().map(|(column, field)| column.len() + field.len()).sum();
    if mapping.len() > MAX_COLUMNS || bytes > MAX_MAPPING {
        let reason = format!("has more than {MAX_COLUMNS} columns, or more than {MAX_MAPPING} bytes");
        return Some(Fault::new("mapping", FaultCode::TooLong, reason));
    }
    mapping.contains_key("").then(|| Fault::new("mapping", FaultCode::Invalid, "has a column without a name"))
}

#[derive(Default)]
struct Faults(Vec<Fault>);

impl Faults {
    fn word<T>(&mut self, text: Option<String>, parse: impl Fn(&str) -> Result<T, Fault>) -> Option<T> {
        self.all(parse(&text?).map_err(|fault| vec![fault]))
    }

    fn all<T>(&mut self, read: Result<T, Vec<Fault>>) -> Option<T> {
        read.map_err(|faults| self.0.extend(faults)).ok()
    }
}
