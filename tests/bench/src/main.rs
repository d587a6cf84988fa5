//! Benchmarks: `cargo run --release -p bench -- search|rows|import|campaign|edge|duplicates`. Each prints a table; none asserts a time.

mod campaign;
mod dice;
mod duplicates;
mod edge;
mod import;
mod names;
mod process;
mod rows;
mod search;

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
    /// The contact index: CPU by class of question.
    Search(search::Args),
    /// Rows of a file, without I/O: what reading, mapping and validation cost.
    Rows(rows::Args),
    /// A file into contacts: rows/s, CPU, memory, capacity.
    Import(import::Args),
    /// A campaign to its audience: messages/s, CPU, memory, capacity.
    Campaign(campaign::Args),
    /// The HTTP edge: CPU a request.
    Edge(edge::Args),
    /// Likely duplicates: precision, recall, comparisons, memory.
    Duplicates(duplicates::Args),
}

fn main() -> Result<()> {
    let runtime = || tokio::runtime::Builder::new_multi_thread().enable_all().build();
    match Cli::parse().what {
        What::Search(args) => search::run(&args),
        What::Rows(args) => rows::run(&args),
        What::Import(args) => runtime()?.block_on(import::run(&args)),
        What::Campaign(args) => runtime()?.block_on(campaign::run(&args)),
        What::Edge(args) => edge::run(&args),
        What::Duplicates(args) => duplicates::run(&args),
    }
}

/// A line of a table.
#[expect(clippy::print_stdout, reason = "a benchmark talks to a person")]
fn line(name: &str, value: impl std::fmt::Display) {
    println!("  {name:<28}{value:>14}");
}
