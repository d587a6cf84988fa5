//! The structure of JSON: whether it has the fields and types that a wire type wants. All faults at once, and by the same
//! schema that the document shows. What values mean is not looked at here: the domain refuses those.

use std::any::TypeId;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, LazyLock, PoisonError, RwLock};

use domain::{Error, Fault, FaultCode, Result};
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value};

use crate::error::MAX_FAULTS;

/// What is known of a wire type. It is found out when the first request needs it, and kept.
struct Structure {
    schema: Value,
    fields: BTreeMap<String, FieldForm>,
}

/// What a field is, as far as a query string has to know it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FieldForm {
    /// One value, which may be empty: a text.
    Text,
    /// One value that cannot be empty: a number, true or false.
    Value,
    /// Several values.
    List,
}

impl FieldForm {
    fn of(schema: &Value) -> Self {
        let types = types(schema);
        let is_value = |kind: &&str| ["integer", "number", "boolean"].contains(kind);
        match types.as_slice() {
            types if types.contains(&"array") => Self::List,
            types if types.iter().any(is_value) => Self::Value,
            _ => Self::Text,
        }
    }
}

static KNOWN: LazyLock<RwLock<HashMap<TypeId, Arc<Structure>>>> = LazyLock::new(RwLock::default);

fn of<T: JsonSchema + 'static>() -> Arc<Structure> {
    if let Some(known) = KNOWN.read().unwrap_or_else(PoisonError::into_inner).get(&TypeId::of::<T>()) {
        return known.clone();
    }
    let schema =
        SchemaSettings::draft2020_12().for_deserialize().into_generator().into_root_schema_for::<T>().to_value();
    let fields = schema["properties"].as_object().into_iter().flatten();
    let fields = fields.map(|(name, field)| (name.clone(), FieldForm::of(field))).collect();
    let structure = Arc::new(Structure { schema, fields });
    KNOWN.write().unwrap_or_else(PoisonError::into_inner).insert(TypeId::of::<T>(), structure.clone());
    structure
}

/// The fields of `T` by name.
pub(crate) fn fields<T: JsonSchema + 'static>() -> BTreeMap<String, FieldForm> {
    of::<T>().fields.clone()
}

/// Whether `value` has the structure of `T`.
///
/// # Errors
/// [`Error::Malformed`] with every field that is missing, unknown, or of another type.
pub(crate) fn check<T: JsonSchema + 'static>(value: &Value) -> Result<()> {
    let structure = of::<T>();
    let mut check = Check { root: &structure.schema, faults: Vec::new() };
    check.value(value, &structure.schema, "");
    if check.faults.is_empty() { Ok(()) } else { Err(Error::Malformed(check.faults)) }
}

/// The types that a schema names (JSON Schema, draft 2020-12, validation §6.1.1); none if any will do.
fn types(schema: &Value) -> Vec<&str> {
    match &schema["type"] {
        Value::String(one) => vec![one],
        Value::Array(several) => several.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

/// A walk through a value along the keywords of a schema that speak of structure.
struct Check<'a> {
    root: &'a Value,
    faults: Vec<Fault>,
}

impl<'a> Check<'a> {
    fn value(&mut self, value: &Value, schema: &'a Value, path: &str) {
        let schema = self.referred(schema);
        let types = types(schema);
        if !types.is_empty() && !types.iter().any(|kind| is_of(value, kind)) {
            let wanted: Vec<&str> = types.into_iter().map(in_words).collect();
            return self.fault(path, FaultCode::Malformed, format!("must be {}", wanted.join(" or ")));
        }
        match value {
            Value::Object(fields) => self.object(fields, schema, path),
            Value::Array(items) => {
                for (at, item) in items.iter().enumerate() {
                    self.value(item, &schema["items"], &format!("{path}[{at}]"));
                }
            }
            Value::String(text) if schema["format"] == "date-time" && !is_moment(text) => {
                let reason = "must be a moment such as 2026-12-31T23:59:00Z (RFC 3339)";
                self.fault(path, FaultCode::Malformed, reason);
            }
            _ => {}
        }
        for keyword in ["anyOf", "oneOf"] {
            if let Some(forms) = schema[keyword].as_array() {
                self.forms(value, forms, path);
            }
        }
    }

    fn object(&mut self, fields: &Map<String, Value>, schema: &'a Value, path: &str) {
        for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            if !fields.contains_key(name) {
                self.fault(&within(path, name), FaultCode::Missing, "is required");
            }
        }
        for (name, value) in fields {
            let path = within(path, name);
            match (schema["properties"].get(name), &schema["additionalProperties"]) {
                (Some(field), _) => self.value(value, field, &path),
                (None, Value::Bool(false)) => {
                    self.fault(&path, FaultCode::Unknown, "is not a field of this request");
                }
                (None, others) => self.value(value, others, &path),
            }
        }
    }

    /// Of several forms that the value might have, the faults of the one that it comes nearest to: one whose own type is
    /// right if there is one. If it has the structure of any, it has no fault.
    fn forms(&mut self, value: &Value, forms: &'a [Value], path: &str) {
        let faults = |form: &'a Value| {
            let mut check = Check { root: self.root, faults: Vec::new() };
            check.value(value, form, path);
            check.faults
        };
        let fits = |form: &&'a Value| types(self.referred(form)).iter().any(|kind| is_of(value, kind));
        if !forms.iter().any(|form| faults(form).is_empty()) {
            let nearest = forms.iter().find(fits).or(forms.first());
            let found = nearest.map(faults).unwrap_or_default();
            self.faults.extend(found);
        }
    }

    /// The schema itself, or the one of `$defs` to which it refers.
    fn referred(&self, schema: &'a Value) -> &'a Value {
        let pointer = schema["$ref"].as_str().and_then(|reference| reference.strip_prefix('#'));
        pointer.and_then(|pointer| self.root.pointer(pointer)).unwrap_or(schema)
    }

    fn fault(&mut self, path: &str, code: FaultCode, reason: impl Into<String>) {
        if self.faults.len() < MAX_FAULTS {
            self.faults.push(Fault::new(if path.is_empty() { "body" } else { path }, code, reason));
        }
    }
}

fn is_of(value: &Value, kind: &str) -> bool {
    match kind {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        "number" => value.is_number(),
        // 67.0 is a whole number (core §4.2.3).
        "integer" => value.is_i64() || value.is_u64() || value.as_f64().is_some_and(|number| number.fract() == 0.0),
        _ => true,
    }
}

fn in_words(kind: &str) -> &str {
    match kind {
        "string" => "a text",
        "integer" => "a whole number",
        "number" => "a number",
        "boolean" => "true or false",
        "array" => "a list",
        "object" => "an object",
        other => other,
    }
}

fn is_moment(text: &str) -> bool {
    chrono::DateTime::parse_from_rfc3339(text).is_ok()
}

fn within(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}
