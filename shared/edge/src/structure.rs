//! The structure of JSON: whether it has the fields and types that a wire type wants. All faults at once, and by the same
//! schema that the document shows. What values mean is not looked at here: the domain refuses those.

use std::any::TypeId;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, LazyLock, PoisonError, RwLock};

use domain::{Error, Fault, FaultCode, Result};
use jsonschema::error::{TypeKind, ValidationErrorKind};
use jsonschema::{ValidationError, Validator};
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::Value;

use crate::error::MAX_FAULTS;

/// What is known of a wire type. It is found out when the first request needs it, and kept.
struct Structure {
    validator: Option<Validator>,
    /// The fields by name; whether each is a list.
    fields: BTreeMap<String, bool>,
}

static KNOWN: LazyLock<RwLock<HashMap<TypeId, Arc<Structure>>>> = LazyLock::new(RwLock::default);

fn of<T: JsonSchema + 'static>() -> Arc<Structure> {
    if let Some(known) = KNOWN.read().unwrap_or_else(PoisonError::into_inner).get(&TypeId::of::<T>()) {
        return known.clone();
    }
    let mut schema =
        SchemaSettings::draft2020_12().for_deserialize().into_generator().into_root_schema_for::<T>().to_value();
    let is_list = |field: &Value| {
        field["type"] == "array" || field["type"].as_array().is_some_and(|all| all.contains(&"array".into()))
    };
    let fields = schema["properties"].as_object().into_iter().flatten();
    let fields = fields.map(|(name, field)| (name.clone(), is_list(field))).collect();
    without_patterns(&mut schema);
    // Without one, serde still finds the faults, one at a time.
    let validator = jsonschema::options().should_validate_formats(true).build(&schema);
    let validator = validator.inspect_err(|error| tracing::error!(%error, "a schema cannot be used")).ok();
    let structure = Arc::new(Structure { validator, fields });
    KNOWN.write().unwrap_or_else(PoisonError::into_inner).insert(TypeId::of::<T>(), structure.clone());
    structure
}

/// Patterns say what a value may be, not what structure it has, and a regular expression is slow to make.
fn without_patterns(schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            fields.retain(|name, value| name != "pattern" || !value.is_string());
            fields.values_mut().for_each(without_patterns);
        }
        Value::Array(values) => values.iter_mut().for_each(without_patterns),
        _ => {}
    }
}

/// The fields of `T` by name; whether each is a list.
pub(crate) fn fields<T: JsonSchema + 'static>() -> BTreeMap<String, bool> {
    of::<T>().fields.clone()
}

/// Whether `value` has the structure of `T`.
///
/// # Errors
/// [`Error::Malformed`] with every field that is missing, unknown, or of another type.
pub(crate) fn check<T: JsonSchema + 'static>(value: &Value) -> Result<()> {
    let structure = of::<T>();
    let errors = structure.validator.iter().flat_map(|validator| validator.iter_errors(value));
    let faults: Vec<Fault> = errors.flat_map(|error| structural(&error)).take(MAX_FAULTS).collect();
    if faults.is_empty() { Ok(()) } else { Err(Error::Malformed(faults)) }
}

/// The faults of structure that an error of the schema stands for.
fn structural(error: &ValidationError<'_>) -> Vec<Fault> {
    let path = path(error.instance_path().as_str());
    match error.kind() {
        ValidationErrorKind::Type { kind } => {
            let field = if path.is_empty() { "body".to_owned() } else { path };
            vec![Fault::new(field, FaultCode::Malformed, format!("must be {}", wanted(kind)))]
        }
        ValidationErrorKind::Required { property } => {
            vec![Fault::missing(within(&path, property.as_str().unwrap_or_default()))]
        }
        ValidationErrorKind::AdditionalProperties { unexpected } => {
            let unknown =
                |name: &String| Fault::new(within(&path, name), FaultCode::Unknown, "is not a field of this request");
            unexpected.iter().take(MAX_FAULTS).map(unknown).collect()
        }
        ValidationErrorKind::Format { format } if format == "date-time" => {
            vec![Fault::new(path, FaultCode::Malformed, "must be a moment such as 2026-12-31T23:59:00Z (RFC 3339)")]
        }
        ValidationErrorKind::AnyOf { context } | ValidationErrorKind::OneOfNotValid { context } => {
            nearest(error.instance_path().as_str(), context)
        }
        _ => Vec::new(),
    }
}

/// Of several forms that the value at `place` might have, the faults of the one that it comes nearest to: one whose own
/// type is right if there is one. A form without faults of structure has none.
fn nearest(place: &str, forms: &[Vec<ValidationError<'static>>]) -> Vec<Fault> {
    let faults = |form: &Vec<ValidationError<'_>>| form.iter().flat_map(structural).collect::<Vec<_>>();
    let is_other = |form: &&Vec<ValidationError<'_>>| {
        let of_type = |error: &ValidationError<'_>| matches!(error.kind(), ValidationErrorKind::Type { .. });
        form.iter().any(|error| of_type(error) && error.instance_path().as_str() == place)
    };
    if forms.iter().any(|form| faults(form).is_empty()) {
        return Vec::new();
    }
    forms.iter().find(|form| !is_other(form)).or(forms.first()).map(faults).unwrap_or_default()
}

fn wanted(kind: &TypeKind) -> String {
    let word = |kind: String| match kind.as_str() {
        "string" => "a text".to_owned(),
        "integer" => "a whole number".to_owned(),
        "number" => "a number".to_owned(),
        "boolean" => "true or false".to_owned(),
        "array" => "a list".to_owned(),
        "object" => "an object".to_owned(),
        other => other.to_owned(),
    };
    match kind {
        TypeKind::Single(kind) => word(kind.to_string()),
        TypeKind::Multiple(kinds) => kinds.iter().map(|kind| word(kind.to_string())).collect::<Vec<_>>().join(" or "),
    }
}

fn within(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

/// `/lines/1/count` → `lines[1].count` (RFC 6901 in, our form of a path out).
fn path(pointer: &str) -> String {
    let mut path = String::new();
    for part in pointer.split('/').skip(1) {
        let part = part.replace("~1", "/").replace("~0", "~");
        if part.bytes().all(|byte| byte.is_ascii_digit()) && !path.is_empty() {
            path.push_str(&format!("[{part}]"));
        } else {
            path = within(&path, &part);
        }
    }
    path
}
