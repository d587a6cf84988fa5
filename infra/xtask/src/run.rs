//! Other programs, run in the root of the workspace.

use std::ffi::OsStr;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

use crate::workspace;

/// Runs a program, shown on the terminal, to its end.
///
/// # Errors
/// When it cannot be started, or does not succeed.
pub(crate) fn run<A: AsRef<OsStr>>(program: impl AsRef<OsStr>, arguments: &[A]) -> Result<()> {
    checked(Command::new(program).args(arguments))
}

/// Runs what somebody else put together, in the same way.
///
/// # Errors
/// As [`run`].
pub(crate) fn checked(command: &mut Command) -> Result<()> {
    command.current_dir(workspace::root());
    println!("   {}", shown(command));
    let status = command.status().with_context(|| format!("cannot start {}", shown(command)))?;
    ensure!(status.success(), "{} failed: {status}", shown(command));
    Ok(())
}

/// Whether a program can be run with these arguments; what it says is not shown.
pub(crate) fn works(program: &str, arguments: &[&str]) -> bool {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}
