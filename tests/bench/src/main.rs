//! Benchmarks: `cargo run --release -p bench -- import|campaign`. Each prints a table; none asserts a time.

mod campaign;
mod import;
mod process;

use anyhow::Result;
use clap::{Parser, Subcommand};

#[derive(Debug, Parser)]
#[command(about = "Measures Rollcall on the embedded services")]
struct Cli {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// A file into contacts: rows/s, CPU, memory, capacity.
    Import(import::Args),
    /// A campaign to its audience: messages/s, CPU, memory, capacity.
    Campaign(campaign::Args),
}

#[tokio::main]
async fn main() -> Result<()> {
    match Cli::parse().what {
        What::Import(args) => import::run(&args).await,
        What::Campaign(args) => campaign::run(&args).await,
    }
}

/// A line of a table.
#[expect(clippy::print_stdout, reason = "a benchmark talks to a person")]
fn line(name: &str, value: impl std::fmt::Display) {
    println!("  {name:<28}{value:>14}");
}
