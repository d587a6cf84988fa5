//! The check of `infra/template.yaml`: what SAM makes of it, and whether CloudFormation would take that.

use anyhow::Result;

use crate::python::Tools;
use crate::run::run;

const TOOLS: Tools = Tools {
    place: "target/venv",
    requirements: "infra/xtask/src/requirements.txt",
    pinned: include_str!("requirements.txt"),
};

/// Translates and lints the template with the tools that `requirements.txt` pins; installs them where they are missing.
///
/// # Errors
/// When the tools cannot be installed, or find fault.
pub(crate) fn check() -> Result<()> {
    TOOLS.install()?;
    run(TOOLS.program("python"), &["infra/xtask/src/template.py", "infra/template.yaml", "target/template.json"])?;
    for template in ["infra/template.yaml", "target/template.json"] {
        run(TOOLS.program("cfn-lint"), &["--regions", "us-east-1", "--", template])?;
    }
    Ok(())
}
