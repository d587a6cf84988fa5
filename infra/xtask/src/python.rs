//! Tools written in Python, each set of them in an environment of its own under `target/`.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::run::run;
use crate::workspace;

/// A set of tools.
pub(crate) struct Tools {
    /// Where they are, seen from the root of the workspace.
    pub(crate) place: &'static str,
    /// The file that pins them, seen from there too.
    pub(crate) requirements: &'static str,
    /// What that file says.
    pub(crate) pinned: &'static str,
}

impl Tools {
    /// Installs them where they are missing.
    ///
    /// # Errors
    /// When they cannot be installed.
    pub(crate) fn install(&self) -> Result<()> {
        // Noted at the end, so that half an installation is not mistaken for a whole one.
        let note = self.folder().join("installed.txt");
        if fs::read_to_string(&note).is_ok_and(|installed| installed == self.pinned) {
            return Ok(());
        }
        run("python3", &["-m", "venv", "--clear", self.place])?;
        let install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", self.requirements];
        run(self.program("python"), &install)?;
        fs::write(&note, self.pinned).with_context(|| format!("cannot write {}", note.display()))
    }

    /// The path of one of their programs.
    pub(crate) fn program(&self, name: &str) -> PathBuf {
        self.folder().join("bin").join(name)
    }

    fn folder(&self) -> PathBuf {
        Path::new(workspace::root()).join(self.place)
    }
}
