//! The check of the API against its own document: Schemathesis asks the local stack what the document allows, and what it
//! forbids, and compares the answers with what the document says of them.

use std::fs;
use std::io::{BufRead, BufReader, ErrorKind};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, ensure};

use crate::python::Tools;
use crate::run::{checked, run};
use crate::workspace;

const TOOLS: Tools = Tools {
    place: "target/contract-venv",
    requirements: "infra/xtask/src/contract.requirements.txt",
    pinned: include_str!("contract.requirements.txt"),
};
/// What is checked, and what is not: every exception stands there with its reason.
const CONFIGURATION: &str = "infra/xtask/src/schemathesis.toml";
/// Where the stack keeps its data; empty at the start of each run, so that a run is like the one before.
const DATA: &str = "target/contract-data";

/// Runs Schemathesis against a stack of its own.
///
/// # Errors
/// When its tools cannot be installed, the stack does not start, or an answer is not what the document says.
pub(crate) fn check() -> Result<()> {
    TOOLS.install()?;
    run("cargo", &["build", "--locked", "--release"])?;
    let server = Server::start()?;
    let mut schemathesis = Command::new(TOOLS.program("schemathesis"));
    schemathesis.args(["--config-file", CONFIGURATION, "run"]).arg(format!("{}api/v1/openapi.json", server.url));
    // The command line is for everybody to see.
    schemathesis.env("ROLLCALL_API_KEY", &server.api_key);
    // What it would leave beside the sources otherwise.
    schemathesis.env("PYTHONDONTWRITEBYTECODE", "1").env("HYPOTHESIS_STORAGE_DIRECTORY", "target/hypothesis");
    checked(&mut schemathesis)
}

/// The local stack, ended when this is dropped.
struct Server {
    process: Child,
    url: String,
    api_key: String,
}

impl Server {
    fn start() -> Result<Self> {
        let root = workspace::root();
        match fs::remove_dir_all(root.join(DATA)) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error).context("cannot remove old data"),
            _ => {}
        }
        let mut command = Command::new(root.join("target/release/rollcall"));
        command.args(["--port", "0", "--data-dir", DATA, "--parameter", "TenantRequestsPerMinute=1000000"]);
        command.env("RUST_LOG", "error,dynoxide=off").current_dir(root).stdin(Stdio::null()).stdout(Stdio::piped());
        let process = command.spawn().context("cannot start target/release/rollcall")?;
        let mut server = Self { process, url: String::new(), api_key: String::new() };
        server.read_greeting()?;
        Ok(server)
    }

    /// Reads what the stack says once it serves: its address and a key.
    fn read_greeting(&mut self) -> Result<()> {
        // Borrowed, so that the stack can go on writing.
        let greeting = self.process.stdout.as_mut().context("the stack has no output")?;
        for line in BufReader::new(greeting).lines() {
            let line = line.context("cannot read what the stack says")?;
            if let Some(url) = line.strip_prefix("Rollcall serves ") {
                url.trim().clone_into(&mut self.url);
            }
            if let Some(key) = line.trim().strip_prefix("API key") {
                key.trim().clone_into(&mut self.api_key);
                break;
            }
        }
        ensure!(!self.url.is_empty() && !self.api_key.is_empty(), "the stack did not start");
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself; there is nothing else to do about a failure here.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
