//! Patches: some fields of a step as somebody typed them, laid over the others (RFC 7396).

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Step, StepDraft};
use crate::{Error, Fault, FaultCode, Result};

/// Some fields of a step. What is absent stays, null clears; lists are replaced whole.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StepPatch(Map<String, Value>);

impl JsonSchema for StepPatch {
    fn schema_name() -> Cow<'static, str> {
        "StepPatch".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut schema = StepDraft::json_schema(generator);
        let about = "Some fields of a step. What is absent stays, null clears; lists are replaced whole.";
        schema.insert("description".to_owned(), about.into());
        schema.remove("required");
        let example = serde_json::json!({ "subject": "Summer is here", "delay_amount": 3, "send_time": null });
        schema.insert("examples".to_owned(), serde_json::json!([example]));
        schema
    }
}

impl StepPatch {
    /// What somebody would have typed for the step with the patch laid over it.
    pub(super) fn over(&self, step: &Step) -> Result<StepDraft> {
        let malformed = |error: serde_json::Error| {
            Error::Malformed(vec![Fault::new("body", FaultCode::Malformed, error.to_string())])
        };
        let mut draft = serde_json::to_value(StepDraft::from(step)).map_err(malformed)?;
        merge(&mut draft, &Value::Object(self.0.clone()));
        serde_json::from_value(draft).map_err(malformed)
    }
}

/// RFC 7396 §2.
fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    let Value::Object(fields) = target else { return };
    for (name, value) in patch {
        match value {
            Value::Null => {
                fields.remove(name);
            }
            value => merge(fields.entry(name).or_insert(Value::Null), value),
        }
    }
}
