//! What the table can keep of the values that callers choose freely.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use serde_json::Value;

use super::{MAX_CUSTOM_FIELDS, MAX_CUSTOM_FIELDS_BYTES};
use crate::{Fault, FaultCode};

/// The magnitudes of a custom field's numbers, next to zero. The table takes a little more (DynamoDB's limits of `Number`).
const MAGNITUDES: RangeInclusive<f64> = 1e-125..=1e125;

/// Why there are too many custom fields in `after`, if there are; as many as there were before are not too many.
pub fn too_many_fields(before: &BTreeMap<String, Value>, after: &BTreeMap<String, Value>) -> Option<String> {
    let bytes = |fields: &BTreeMap<String, Value>| -> usize {
        fields.iter().map(|(name, value)| name.len() + value.to_string().len()).sum()
    };
    let count = after.len() > MAX_CUSTOM_FIELDS.max(before.len());
    let too_many = count || bytes(after) > MAX_CUSTOM_FIELDS_BYTES.max(bytes(before));
    too_many.then(|| format!("are more than {MAX_CUSTOM_FIELDS} or larger than {MAX_CUSTOM_FIELDS_BYTES} bytes"))
}

pub(crate) const NAMELESS: &str = "has a field without a name";

/// Why bounds cannot be kept with what they are bounds of, each under its field.
pub(crate) fn unkeepable_bounds(bounds: [(&str, Option<f64>); 2]) -> impl Iterator<Item = Fault> {
    let faulty = bounds.into_iter().filter(|(_, bound)| bound.is_some_and(|bound| !is_keepable(bound)));
    faulty.map(|(field, _)| Fault::new(field, FaultCode::Invalid, "must be 0, or from 1e-125 to 1e125 in magnitude"))
}

fn is_keepable(number: f64) -> bool {
    number == 0.0 || MAGNITUDES.contains(&number.abs())
}

/// Why the table would not take a value, if it would not. `levels`: of lists and objects, from here on.
pub(crate) fn unkeepable(value: &Value, levels: usize) -> Option<&'static str> {
    match value {
        Value::Null | Value::Bool(_) | Value::String(_) => None,
        Value::Number(number) => {
            let kept = is_keepable(number.as_f64().unwrap_or(f64::INFINITY));
            (!kept).then_some("has a number that is neither 0 nor from 1e-125 to 1e125")
        }
        Value::Array(_) | Value::Object(_) if levels == 0 => Some("has lists or objects nested more than 16 deep"),
        Value::Array(values) => values.iter().find_map(|value| unkeepable(value, levels - 1)),
        Value::Object(fields) if fields.contains_key("") => Some(NAMELESS),
        Value::Object(fields) => fields.values().find_map(|value| unkeepable(value, levels - 1)),
    }
}
