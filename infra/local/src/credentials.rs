//! What the local stack keeps beside the services' data: the first tenant and its key, secrets, how far the clock is ahead.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use chrono::TimeDelta;
use domain::access::ApiKeySecret;
use domain::id::TenantId;
use serde::{Deserialize, Serialize};

/// The name of the file, in the data directory.
const FILE: &str = "rollcall.json";

/// What is kept.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Kept {
    /// Missing until the first tenant was made.
    pub(crate) first: Option<FirstKey>,
    pub(crate) twilio_auth_token: String,
    pub(crate) deployment_secret: String,
    pub(crate) clock_ahead_ms: i64,
}

/// The first tenant, and the key that may do everything in it: the answer of the bootstrap function.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct FirstKey {
    pub(crate) tenant: TenantId,
    pub(crate) api_key: String,
}

impl Kept {
    /// What a former run kept in `data_dir`, or new values.
    pub(crate) fn load(data_dir: Option<&Path>) -> Result<Self> {
        let found = data_dir.map(|folder| folder.join(FILE)).filter(|path| path.exists());
        match found {
            Some(path) => {
                let text = std::fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
                let advice = || format!("{} is of another version: begin with another data directory", path.display());
                let kept: Self = serde_json::from_str(&text).with_context(advice)?;
                let usable = |first: &FirstKey| ApiKeySecret::presented(&first.api_key).is_some();
                anyhow::ensure!(kept.first.as_ref().is_none_or(usable), advice());
                Ok(kept)
            }
            None => Ok(Self {
                first: None,
                twilio_auth_token: random_text(),
                deployment_secret: random_text(),
                clock_ahead_ms: 0,
            }),
        }
    }

    /// Keeps it for the next run; only its owner can read it.
    pub(crate) fn save(&self, data_dir: Option<&Path>) -> Result<()> {
        let Some(folder) = data_dir else { return Ok(()) };
        let new: PathBuf = folder.join(format!("{FILE}.new"));
        write_private(&new, &serde_json::to_vec_pretty(self)?)?;
        // Replaced in one step: a process that is killed here leaves the old file or the new one.
        std::fs::rename(&new, folder.join(FILE)).context("keeping the local settings")
    }

    pub(crate) fn clock_ahead(&self) -> TimeDelta {
        TimeDelta::milliseconds(self.clock_ahead_ms)
    }
}

fn random_text() -> String {
    runtime::clock::random::<32>().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(unix)]
fn write_private(path: &Path, bytes: &[u8]) -> Result<()> {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;
    let mut file = std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    Ok(file.write_all(bytes)?)
}

#[cfg(not(unix))]
fn write_private(path: &Path, bytes: &[u8]) -> Result<()> {
    Ok(std::fs::write(path, bytes)?)
}
