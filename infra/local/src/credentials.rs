//! What the local stack keeps beside the services' data: the first tenant and its key, secrets, how far the clock is ahead.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use chrono::TimeDelta;
use domain::access::{ApiKey, ApiKeySecret, Scope};
use domain::id::TenantId;
use runtime::Clock;
use serde::{Deserialize, Serialize};
use store::Store;

/// The name of the file, in the data directory.
const FILE: &str = "rollcall.json";

/// What is kept.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Kept {
    pub(crate) tenant: TenantId,
    pub(crate) api_key: String,
    pub(crate) twilio_auth_token: String,
    pub(crate) clock_ahead_ms: i64,
}

impl Kept {
    /// What a former run kept in `data_dir`, or new values.
    pub(crate) fn load(data_dir: Option<&Path>, clock: &Clock) -> Result<Self> {
        let found = data_dir.map(|folder| folder.join(FILE)).filter(|path| path.exists());
        match found {
            Some(path) => {
                let text = std::fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
                serde_json::from_str(&text).with_context(|| format!("{} is not ours", path.display()))
            }
            None => Ok(Self {
                tenant: clock.fresh(),
                api_key: ApiKeySecret::from_random(runtime::clock::random()).reveal().to_owned(),
                twilio_auth_token: ApiKeySecret::from_random(runtime::clock::random()).reveal().to_owned(),
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

    /// Makes sure that the first tenant's key is in the table.
    pub(crate) async fn admit(&self, store: &Store, clock: &Clock) -> Result<()> {
        let key = ApiKey {
            id: clock.fresh(),
            tenant: self.tenant,
            name: "first key".to_owned(),
            hash: ApiKeySecret::presented(&self.api_key).hash(),
            scopes: vec![Scope::Admin],
            created_at: clock.now(),
        };
        Ok(store.api_keys().add(key).await?)
    }

    pub(crate) fn clock_ahead(&self) -> TimeDelta {
        TimeDelta::milliseconds(self.clock_ahead_ms)
    }
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
