//! Patches: some fields of a contact as somebody typed them, laid over what is known (RFC 7396).

use std::borrow::Cow;
use std::collections::BTreeSet;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Profile;
use super::draft::{Draft, Rules, nobody, too_many_fields};
use crate::id::ContactTypeId;
use crate::{Error, Fault, FaultCode, Result};

/// Some fields of a contact. What is absent stays, null clears; lists are replaced whole, custom fields one by one.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Patch(Map<String, Value>);

/// The fields that a draft leaves out but never has as null.
const NEVER_ABSENT: [&str; 5] = ["types", "tags", "groups", "custom_fields", "do_not_contact"];

impl JsonSchema for Patch {
    fn schema_name() -> Cow<'static, str> {
        "ContactPatch".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut schema = Draft::json_schema(generator);
        let about = "Some fields of a contact. What is absent stays, null clears; lists are replaced whole, custom \
                     fields one by one: those that are null are removed.";
        schema.insert("description".to_owned(), about.into());
        let example = serde_json::json!({ "job_title": "Countess", "notes": null, "custom_fields": { "seats": 14 } });
        for name in NEVER_ABSENT {
            let field = schema.get_mut("properties").and_then(|fields| fields.get_mut(name));
            if let Some(kind) = field.and_then(|field| field.get_mut("type")) {
                *kind = serde_json::json!([kind.take(), "null"]);
            }
        }
        schema.insert("examples".to_owned(), serde_json::json!([example]));
        schema
    }
}

impl Patch {
    /// Whether it says nothing.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Takes out types that do not exist any more.
    pub fn without_types(&mut self, gone: &[ContactTypeId]) {
        if let Some(Value::Array(types)) = self.0.get_mut("types") {
            let is_gone = |id: &Value| gone.iter().any(|gone| id.as_str() == Some(&gone.to_string()));
            types.retain(|id| !is_gone(id));
        }
    }

    /// The fields that it speaks of.
    pub fn names(&self) -> BTreeSet<&str> {
        self.0.keys().map(String::as_str).collect()
    }

    /// The profile with the patch laid over it. Fields that it does not speak of are not judged again.
    ///
    /// # Errors
    /// [`Error::Refused`] with every fault of its fields, or when nobody could tell any more who is meant.
    pub fn apply(&self, profile: &Profile, rules: &Rules) -> Result<Profile> {
        let mut given = self.draft()?.parse_fields(rules)?;
        if let Some(Value::Object(patched)) = self.0.get("custom_fields") {
            let mut custom_fields = profile.custom_fields.clone();
            custom_fields.retain(|name, _| !patched.contains_key(name));
            custom_fields.append(&mut given.custom_fields);
            given.custom_fields = custom_fields;
        }
        let mut next = profile.clone();
        for name in self.0.keys() {
            copy(name, &given, &mut next);
        }
        if let Some(reason) = too_many_fields(&profile.custom_fields, &next.custom_fields) {
            return Err(Error::refused(Fault::new("custom_fields", FaultCode::TooLong, reason)));
        }
        if next.has_identity() { Ok(next) } else { Err(Error::refused(nobody())) }
    }

    /// What is given, without the custom fields that are to go.
    fn draft(&self) -> Result<Draft> {
        let mut fields = self.0.clone();
        fields.retain(|name, value| !(value.is_null() && NEVER_ABSENT.contains(&name.as_str())));
        if let Some(Value::Object(custom)) = fields.get_mut("custom_fields") {
            custom.retain(|_, value| !value.is_null());
        }
        serde_json::from_value(Value::Object(fields))
            .map_err(|error| Error::Malformed(vec![Fault::new("body", FaultCode::Malformed, error.to_string())]))
    }
}

macro_rules! copying {
    ($($field:ident),+ $(,)?) => {
        /// Copies the field of this name.
        fn copy(name: &str, from: &Profile, to: &mut Profile) {
            match name {
                $(stringify!($field) => to.$field.clone_from(&from.$field),)+
                _ => {}
            }
        }

        #[cfg(test)]
        const COPIED: &[&str] = &[$(stringify!($field)),+];
    };
}

copying!(
    first_name,
    last_name,
    email,
    phone,
    company,
    department,
    job_title,
    notes,
    types,
    tags,
    groups,
    custom_fields,
    lifecycle_stage,
    lead_source,
    opt_in_status,
    do_not_contact,
    timezone,
    owner_id,
    is_active,
);

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn patched(profile: &Profile, patch: Value) -> Result<Profile> {
        let patch: Patch = serde_json::from_value(patch).unwrap();
        patch.apply(profile, &Rules::default())
    }

    fn ada() -> Profile {
        let draft = json!({ "first_name": "Ada", "email": "ada@example.com", "notes": "x", "tags": ["a"],
                            "custom_fields": { "plan": "gold", "seats": 1 } });
        serde_json::from_value::<Draft>(draft).unwrap().parse(&Rules::default()).unwrap()
    }

    #[test]
    fn what_is_absent_stays_and_null_clears() {
        let next = patched(&ada(), json!({ "notes": null, "company": "Acme", "tags": [] })).unwrap();
        let expected = Profile { notes: None, company: Some("Acme".into()), tags: vec![], ..ada() };
        assert_eq!(next, expected);
        let cleared = patched(&ada(), json!({ "tags": null, "custom_fields": null, "do_not_contact": null })).unwrap();
        assert_eq!(cleared, Profile { tags: vec![], custom_fields: Default::default(), ..ada() });
        assert_eq!(patched(&ada(), json!({})).unwrap(), ada());
    }

    #[test]
    fn custom_fields_are_patched_one_by_one() {
        let next = patched(&ada(), json!({ "custom_fields": { "plan": null, "seats": 2, "new": [1] } })).unwrap();
        assert_eq!(json!(next.custom_fields), json!({ "seats": 2, "new": [1] }));
    }

    #[test]
    fn somebody_must_stay_recognisable() {
        let Err(Error::Refused(faults)) = patched(&ada(), json!({ "first_name": null, "email": null })) else {
            panic!()
        };
        assert_eq!(faults[0].field, "email");
    }

    #[test]
    fn only_what_is_given_is_judged() {
        let many = Profile { tags: (0..30).map(|n| n.to_string()).collect(), ..ada() };
        assert!(patched(&many, json!({ "notes": "y" })).is_ok());
        assert!(patched(&many, json!({ "email": "nobody" })).is_err());
    }

    #[test]
    fn every_field_of_a_draft_can_be_patched() {
        let schema = schemars::schema_for!(Draft);
        let fields = schema.get("properties").and_then(Value::as_object).unwrap();
        let names: Vec<&str> = fields.keys().map(String::as_str).collect();
        let mut copied = COPIED.to_vec();
        copied.sort_unstable();
        let mut expected = names;
        expected.sort_unstable();
        assert_eq!(copied, expected);
    }
}
