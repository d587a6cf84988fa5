//! The check of `infra/template.yaml`: what SAM makes of it, and whether CloudFormation would take that.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use crate::run::run;
use crate::workspace;

const REQUIREMENTS: &str = include_str!("requirements.txt");

/// Translates and lints the template with the tools that `requirements.txt` pins; installs them where they are missing.
///
/// # Errors
/// When the tools cannot be installed, or find fault.
pub(crate) fn check() -> Result<()> {
    let tools = workspace::root().join("target/venv");
    install(&tools)?;
    run(tools.join("bin/python"), &["infra/xtask/src/template.py", "infra/template.yaml", "target/template.json"])?;
    for template in ["infra/template.yaml", "target/template.json"] {
        run(tools.join("bin/cfn-lint"), &["--regions", "us-east-1", "--", template])?;
    }
    Ok(())
}

/// What is installed is noted at the end, so that half an installation is not mistaken for a whole one.
fn install(tools: &Path) -> Result<()> {
    let note = tools.join("installed.txt");
    if fs::read_to_string(&note).is_ok_and(|installed| installed == REQUIREMENTS) {
        return Ok(());
    }
    let requirements = "infra/xtask/src/requirements.txt";
    run("python3", &["-m", "venv", "--clear", "target/venv"])?;
    run(
        tools.join("bin/python"),
        &["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", requirements],
    )?;
    fs::write(&note, REQUIREMENTS).with_context(|| format!("cannot write {}", note.display()))
}
