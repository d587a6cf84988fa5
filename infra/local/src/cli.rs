//! The command line.

use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::{Parser, Subcommand};
use tracing_subscriber::EnvFilter;

use crate::demo;
use crate::functions;
use crate::stack::{Options, Stack};

/// Refused conditions and the like are daily bread of the embedded services, not worth a line.
const QUIET: &str = "info,dynoxide=error,s3s=warn,s3s_fs=warn,rustack_sqs_core=warn,rustack_sqs_http=warn";

/// Rollcall in one process, with all AWS services embedded.
#[derive(Debug, Parser)]
#[command(name = "rollcall", version)]
struct Cli {
    /// The port of the API on 127.0.0.1.
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// The port of the webhook function's URL; the one after the API's if nothing is said.
    #[arg(long)]
    webhook_port: Option<u16>,
    /// Where the data lives.
    #[arg(long, default_value = ".rollcall")]
    data_dir: PathBuf,
    /// A value for a parameter of infra/template.yaml; may be given several times.
    #[arg(long = "parameter", value_name = "NAME=VALUE", value_parser = parameter)]
    parameters: Vec<(String, String)>,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Runs the main job from end to end on sample data, in memory, and checks its sums.
    Demo(demo::DemoArgs),
    /// Prints the API's document (OpenAPI), as it is kept in docs/openapi.json.
    Openapi,
}

fn parameter(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("must have the form NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

/// Runs what the command line says.
///
/// # Errors
/// When it cannot be done.
pub async fn run() -> Result<ExitCode> {
    let cli = Cli::parse();
    match &cli.command {
        Some(Command::Demo(args)) => {
            start_logging("warn,dynoxide=error");
            demo::run(args).await
        }
        Some(Command::Openapi) => {
            std::io::stdout().write_all(functions::document().as_bytes())?;
            Ok(ExitCode::SUCCESS)
        }
        None => {
            start_logging(QUIET);
            serve(cli).await
        }
    }
}

async fn serve(cli: Cli) -> Result<ExitCode> {
    let webhook_port = cli.webhook_port.unwrap_or(if cli.port == 0 { 0 } else { cli.port.saturating_add(1) });
    let (data_dir, parameters) = (Some(cli.data_dir), cli.parameters);
    let options = Options { data_dir, port: cli.port, webhook_port, metered: false, parameters };
    let stack = Stack::start(options).await?;
    greet(&stack);
    asked_to_stop().await?;
    tracing::info!("finishing what is under way; once more to end at once");
    tokio::select! {
        stopped = stack.stop() => stopped.map(|()| ExitCode::SUCCESS),
        again = asked_to_stop() => again.map(|()| ExitCode::FAILURE),
    }
}

/// Resolves at Ctrl-C, or when the system asks the process to end.
async fn asked_to_stop() -> Result<()> {
    #[cfg(unix)]
    {
        let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
        tokio::select! {
            asked = tokio::signal::ctrl_c() => asked.context("listening for Ctrl-C"),
            _ = terminate.recv() => Ok(()),
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await.context("listening for Ctrl-C")
}

#[expect(clippy::print_stdout, reason = "tells a person where to go on")]
fn greet(stack: &Stack) {
    let (url, key) = (stack.url(), stack.api_key());
    println!("Rollcall serves {url}");
    println!();
    println!("  tenant    {}", stack.tenant());
    println!("  API key   {key}");
    println!("  outbox    {url}_local/outbox");
    println!("  clock     {url}_local/clock");
    println!("  API docs  {url}api/v1/docs");
    println!();
    println!("  curl -H 'X-API-KEY: {key}' -d '{{\"email\":\"ada@example.com\"}}' \\");
    println!("       -H 'Content-Type: application/json' {url}api/v1/contacts");
    println!();
}

/// Readable on a terminal, JSON elsewhere. `RUST_LOG` goes before `filter`.
fn start_logging(filter: &str) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(filter));
    let logging = tracing_subscriber::fmt().with_writer(std::io::stderr).with_env_filter(filter);
    // A second start in one process changes nothing.
    let _ = match std::io::stderr().is_terminal() {
        true => logging.compact().with_target(false).try_init(),
        false => logging.json().flatten_event(true).try_init(),
    };
}
