//! `rollcall`: the whole system on this machine.

use std::process::ExitCode;

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    local::cli::run().await
}
