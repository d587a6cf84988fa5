//! A file into contacts.

use std::fmt::Write;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use local::demo::people::people;
use local::stack::Options;
use serde_json::json;
use tests::{World, outcomes};

use crate::{line, process};

/// How long an import may take.
const LIMIT: Duration = Duration::from_secs(7200);

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// How many rows the file has.
    #[arg(long, default_value_t = 100_000)]
    rows: u64,
    /// How many characters of notes each row has besides.
    #[arg(long, default_value_t = 0)]
    notes: usize,
    /// Keep the data on disk, in this folder.
    #[arg(long)]
    data_dir: Option<std::path::PathBuf>,
    /// Count the consumed capacity (which costs time).
    #[arg(long)]
    metered: bool,
}

pub(crate) async fn run(args: &Args) -> Result<()> {
    let options = Options { data_dir: args.data_dir.clone(), metered: args.metered, ..Options::in_memory() };
    let world = World::start_with(options).await?;
    let csv = if args.notes == 0 { people(args.rows).csv } else { wide(args) };
    let megabytes = csv.len() as f64 / 1e6;
    let (cpu_before, _) = process::used();
    let begun = Instant::now();
    let id = world.client.import(csv, &json!({})).await?;
    let import = world.client.import_ended(&id, LIMIT, |_| {}).await?;
    let took = begun.elapsed().as_secs_f64();
    let (cpu, peak) = process::used();
    let done: i64 = outcomes(&import).iter().sum();
    ensure!(
        import["status"] == "completed" && done == args.rows.cast_signed(),
        "not every row has its outcome: {import}"
    );
    line("rows", args.rows);
    line("file, MB", format!("{megabytes:.1}"));
    line("wall time, s", format!("{took:.1}"));
    line("rows/s", format!("{:.0}", args.rows as f64 / took));
    line("CPU, s", format!("{:.1}", cpu - cpu_before));
    line("peak memory, MB", format!("{peak:.0}"));
    if args.metered {
        let created = import["created"].as_f64().unwrap_or(1.0);
        let functions =
            ["ImportsFunction", "ImportSplitFunction", "ImportWorkFunction"].map(|f| world.stack.capacity(f));
        line("WRU per created row", format!("{:.2}", functions.iter().map(|each| each.write).sum::<f64>() / created));
        line("RRU per created row", format!("{:.2}", functions.iter().map(|each| each.read).sum::<f64>() / created));
    }
    world.stack.stop().await
}

/// Rows with long notes, for files that are large without having many rows.
fn wide(args: &Args) -> String {
    let notes = "lorem ipsum dolor sit amet, ".repeat(args.notes / 28 + 1);
    let mut csv = String::from("email,first_name,notes\n");
    for row in 0..args.rows {
        // Writing into a String cannot fail.
        let _ = writeln!(csv, "person.{row}@example.com,Ada,\"{}\"", &notes[..args.notes]);
    }
    csv
}
