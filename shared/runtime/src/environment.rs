//! The settings of a deployment: the one place that reads environment variables.

use std::collections::HashMap;

use crate::StartError;

/// The shortest secret, in bytes: what an HMAC with SHA-256 takes.
const MIN_SECRET: usize = 32;

/// Environment variables, by name.
#[derive(Clone, Default)]
pub struct Environment(HashMap<String, String>);

impl Environment {
    /// Those of this process.
    pub fn of_process() -> Self {
        Self(std::env::vars().collect())
    }

    /// The value of `name`, if it is set and not empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// The value of `name`.
    ///
    /// # Errors
    /// When it is not set.
    pub fn required(&self, name: &'static str) -> Result<&str, StartError> {
        self.get(name).ok_or(StartError::Missing(name))
    }

    /// The value of `name`, which is a secret.
    ///
    /// # Errors
    /// When it is not set, or too short.
    pub fn secret(&self, name: &'static str) -> Result<Secret, StartError> {
        Secret::parse(self.required(name)?).map_err(|reason| StartError::Invalid { name, reason })
    }

    /// The value of `name`, read as something else than text.
    ///
    /// # Errors
    /// When it is not set, or cannot be read.
    pub fn parsed<T: std::str::FromStr<Err: std::fmt::Display>>(&self, name: &'static str) -> Result<T, StartError> {
        let value = self.required(name)?;
        value.parse().map_err(|error: T::Err| StartError::Invalid { name, reason: error.to_string() })
    }
}

/// A secret of the deployment: never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// The secret that is this text, byte by byte as it stands.
    ///
    /// # Errors
    /// When it is too short to be one (RFC 7518 §3.2), with what a person should know.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.len() < MIN_SECRET {
            return Err(format!("must have at least {MIN_SECRET} bytes"));
        }
        Ok(Self(text.to_owned()))
    }

    /// The text.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl FromIterator<(String, String)> for Environment {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(variables: I) -> Self {
        Self(variables.into_iter().collect())
    }
}

impl std::fmt::Debug for Environment {
    /// Names only: values may be secrets.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}
