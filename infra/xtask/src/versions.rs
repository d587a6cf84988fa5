//! The crates that carry TLS and HTTP: a second version of one makes every function bigger and slower to start.

use std::collections::BTreeSet;

use anyhow::{Result, ensure};
use cargo_metadata::semver::Version;

use crate::workspace;

const ONCE: [&str; 7] = ["aws-lc-rs", "aws-smithy-runtime", "http", "hyper", "reqwest", "rustls", "tokio"];

/// Checks that there is one version of each, apart from compatible ones.
///
/// # Errors
/// When one is there more than once, or not at all any more, so that its name should leave the list.
pub(crate) fn check() -> Result<()> {
    let metadata = workspace::metadata()?;
    let packages = workspace::third_party(&metadata);
    for name in ONCE {
        let versions = packages.iter().filter(|package| package.name.as_str() == name);
        let versions: BTreeSet<String> = versions.map(|package| incompatible_part(&package.version)).collect();
        let found: Vec<_> = versions.into_iter().collect();
        ensure!(found.len() == 1, "there should be one version of {name}, but there is: {}", found.join(", "));
    }
    println!("   one version each of {}", ONCE.join(", "));
    Ok(())
}

/// What differs between versions that cannot stand in for each other.
fn incompatible_part(version: &Version) -> String {
    match (version.major, version.minor) {
        (0, 0) => format!("0.0.{}", version.patch),
        (0, minor) => format!("0.{minor}"),
        (major, _) => major.to_string(),
    }
}
