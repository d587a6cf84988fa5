//! A file into contacts.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use local::demo::people::write_people;
use local::stack::{Capacity, Options};
use serde_json::json;
use tests::{World, outcomes};

use crate::{line, process};

/// How long an import may take.
const LIMIT: Duration = Duration::from_secs(7200);

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// How many rows the file has. Several numbers with commas between them: as many imports, each into a stack of its
    /// own, and a line of a table for each.
    #[arg(long, value_delimiter = ',', default_values_t = [100_000])]
    rows: Vec<u64>,
    /// The same as `--rows 10000,100000,1000000`.
    #[arg(long, conflicts_with = "rows")]
    scale: bool,
    /// How many characters of notes each row has besides.
    #[arg(long, default_value_t = 0)]
    notes: usize,
    /// Keep the data on disk, in this folder, which must be empty.
    #[arg(long)]
    data_dir: Option<PathBuf>,
}

/// What an import took.
struct Import {
    rows: u64,
    megabytes: f64,
    /// Seconds until it was completed.
    completed: f64,
    /// Seconds until everything that follows from it was done as well.
    at_rest: f64,
    /// CPU seconds until then.
    cpu: f64,
    /// The most memory, in MB.
    peak: f64,
    created: f64,
    /// What the import's own functions consumed.
    own: Capacity,
    /// What the readers of the table's stream consumed.
    readers: Capacity,
}

pub(crate) async fn run(args: &Args) -> Result<()> {
    let rows = if args.scale { &[10_000, 100_000, 1_000_000][..] } else { &args.rows };
    if let [rows] = rows {
        import(args, *rows, args.data_dir.clone()).await?.print();
        return Ok(());
    }
    Import::print_head();
    for &rows in rows {
        let data_dir = args.data_dir.as_ref().map(|folder| folder.join(rows.to_string()));
        import(args, rows, data_dir).await?.print_line();
    }
    Ok(())
}

async fn import(args: &Args, rows: u64, data_dir: Option<PathBuf>) -> Result<Import> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("people.csv");
    let bytes = write_file(&file, rows, args.notes)?;
    let world = World::start_with(Options { data_dir, metered: true, ..Options::in_memory() }).await?;
    process::forget_peak();
    let ((cpu_before, _), begun) = (process::used(), Instant::now());
    let id = world.client.import_file(&file, &json!({})).await?;
    let ended = world.client.import_ended(&id, LIMIT, |_| {}).await?;
    let completed = begun.elapsed().as_secs_f64();
    world.stack.settled(LIMIT).await?;
    let (at_rest, (cpu, peak)) = (begun.elapsed().as_secs_f64(), process::used());
    let done: i64 = outcomes(&ended).iter().sum();
    ensure!(ended["status"] == "completed" && done == rows.cast_signed(), "not every row has its outcome: {ended}");
    let of = |wanted: fn(&str) -> bool| sum(&world, wanted);
    let measured = Import {
        rows,
        megabytes: bytes as f64 / 1e6,
        completed,
        at_rest,
        cpu: cpu - cpu_before,
        peak,
        created: ended["created"].as_f64().unwrap_or_default(),
        own: of(|function| function.starts_with("Import")),
        readers: of(|function| ["ProjectorFunction", "IndexerFunction"].contains(&function)),
    };
    world.stack.stop().await?;
    Ok(measured)
}

/// What the wanted functions have consumed.
fn sum(world: &World, wanted: fn(&str) -> bool) -> Capacity {
    let functions = world.stack.functions().into_iter().filter(|function| wanted(function));
    functions
        .map(|function| world.stack.capacity(&function))
        .fold(Capacity::default(), |sum, one| Capacity { read: sum.read + one.read, write: sum.write + one.write })
}

impl Import {
    fn print(&self) {
        line("rows", self.rows);
        line("file, MB", format!("{:.1}", self.megabytes));
        line("completed after, s", format!("{:.1}", self.completed));
        line("rows/s", format!("{:.0}", self.rows_per_second()));
        line("everything at rest after, s", format!("{:.1}", self.at_rest));
        line("CPU until then, s", format!("{:.1}", self.cpu));
        line("CPU per row, µs", format!("{:.0}", self.cpu_per_row()));
        line("peak memory, MB", format!("{:.0}", self.peak));
        line("WRU per created row", self.per_created(self.own.write));
        line("RRU per created row", self.per_created(self.own.read));
        line("WRU of the stream's readers", self.per_created(self.readers.write));
        line("RRU of the stream's readers", self.per_created(self.readers.read));
    }

    fn print_head() {
        columns(
            &["rows", "file, MB", "seconds", "rows/s", "CPU, s", "µs a row", "peak, MB", "WRU", "RRU"]
                .map(String::from),
        );
    }

    fn print_line(&self) {
        columns(&[
            self.rows.to_string(),
            format!("{:.1}", self.megabytes),
            format!("{:.1}", self.completed),
            format!("{:.0}", self.rows_per_second()),
            format!("{:.1}", self.cpu),
            format!("{:.0}", self.cpu_per_row()),
            format!("{:.0}", self.peak),
            self.per_created(self.own.write),
            self.per_created(self.own.read),
        ]);
    }

    fn rows_per_second(&self) -> f64 {
        self.rows as f64 / self.completed
    }

    fn cpu_per_row(&self) -> f64 {
        self.cpu * 1e6 / self.rows as f64
    }

    fn per_created(&self, units: f64) -> String {
        format!("{:.2}", units / self.created)
    }
}

#[expect(clippy::print_stdout, reason = "a benchmark talks to a person")]
fn columns(cells: &[String; 9]) {
    println!("{}", cells.iter().map(|cell| format!("{cell:>10}")).collect::<String>());
}

/// Writes the file row by row, so that the benchmark itself needs no memory for it. Its size in bytes.
fn write_file(path: &Path, rows: u64, notes: usize) -> io::Result<u64> {
    let mut file = BufWriter::new(File::create(path)?);
    if notes == 0 { write_people(rows, &mut file) } else { write_wide(rows, notes, &mut file) }?;
    file.into_inner().map_err(io::IntoInnerError::into_error)?.metadata().map(|found| found.len())
}

/// Rows with long notes, for files that are large without having many rows.
fn write_wide(rows: u64, length: usize, out: &mut impl Write) -> io::Result<()> {
    let notes = "lorem ipsum dolor sit amet, ".repeat(length / 28 + 1);
    writeln!(out, "email,first_name,notes")?;
    (0..rows).try_for_each(|row| writeln!(out, "person.{row}@example.com,Ada,\"{}\"", &notes[..length]))
}
