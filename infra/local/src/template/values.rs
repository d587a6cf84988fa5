//! Values of a template, and the functions that stand in their place.

use anyhow::{Result, bail};
use serde_yaml_ng::Value;

/// Tells what a name stands for: `Name`, or `Name.Attribute`.
pub(crate) trait Resolve {
    /// The value, if the name is known.
    fn resolve(&self, name: &str) -> Option<String>;
}

impl<F: Fn(&str) -> Option<String>> Resolve for F {
    fn resolve(&self, name: &str) -> Option<String> {
        self(name)
    }
}

/// A text, number or truth value as text.
pub(crate) fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(truth) => Some(truth.to_string()),
        _ => None,
    }
}

pub(crate) fn text(value: &Value) -> Result<String> {
    match scalar(value) {
        Some(text) => Ok(text),
        None => bail!("a text is expected, not {value:?}"),
    }
}

pub(crate) fn whole(value: &Value) -> Result<u64> {
    match value.as_u64() {
        Some(number) => Ok(number),
        None => bail!("a whole number is expected, not {value:?}"),
    }
}

/// Refuses properties that are not among the `known` ones: what is passed over in silence here would run differently there.
pub(crate) fn only(properties: &Value, known: &[&str]) -> Result<()> {
    for (name, _) in properties.as_mapping().into_iter().flatten() {
        let name = text(name)?;
        if !known.contains(&name.as_str()) {
            bail!("the property {name} is not known here")
        }
    }
    Ok(())
}

/// The resource that `!Ref X` or `!GetAtt X.Y` names.
pub(crate) fn logical(value: &Value) -> Result<String> {
    match value {
        Value::Tagged(tagged) if tagged.tag == "Ref" || tagged.tag == "GetAtt" => {
            Ok(text(&tagged.value)?.split('.').next().unwrap_or_default().to_owned())
        }
        other => bail!("a reference is expected, not {other:?}"),
    }
}

/// The text that a value stands for.
pub(crate) fn resolved(value: &Value, names: &impl Resolve) -> Result<String> {
    let known = |name: &str| match names.resolve(name) {
        Some(value) => Ok(value),
        None => bail!("{name} is not known here"),
    };
    match value {
        Value::Tagged(tagged) if tagged.tag == "Ref" || tagged.tag == "GetAtt" => known(&text(&tagged.value)?),
        Value::Tagged(tagged) if tagged.tag == "Sub" => {
            let mut rest = text(&tagged.value)?;
            while let Some(start) = rest.find("${") {
                let Some(length) = rest[start..].find('}') else { bail!("a ${{ without its }}") };
                let value = known(&rest[start + 2..start + length])?;
                rest.replace_range(start..=start + length, &value);
            }
            Ok(rest)
        }
        Value::Tagged(tagged) => bail!("the function {} is not known here", tagged.tag),
        plain => text(plain),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_and_substitutions_become_texts() {
        let names = |name: &str| match name {
            "Queue" => Some("url".to_owned()),
            "Queue.Arn" => Some("arn".to_owned()),
            _ => None,
        };
        for (yaml, text) in [
            ("!Ref Queue", Some("url")),
            ("!GetAtt Queue.Arn", Some("arn")),
            ("!Sub \"a-${Queue}-${Queue.Arn}\"", Some("a-url-arn")),
            ("plain", Some("plain")),
            ("!Ref Nobody", None),
            ("!Join [a]", None),
        ] {
            let value: Value = serde_yaml_ng::from_str(yaml).unwrap();
            assert_eq!(resolved(&value, &names).ok().as_deref(), text, "{yaml}");
        }
    }
}
