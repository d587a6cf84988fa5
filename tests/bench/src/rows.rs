//! Rows without any I/O, on one thread: what reading, mapping, validation and normalisation of S2's columns cost.

mod file;
mod phones;

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};
use domain::contact::draft::Rules;
use domain::import::Mapping;

use crate::{line, process};

/// So many rows are made before the clock runs, so that memory stays flat and making them costs nothing.
const BLOCK: u64 = 5_000;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// How many rows.
    #[arg(long, default_value_t = 500_000)]
    rows: u64,
}

#[derive(Debug, Default)]
struct Sums {
    bytes: usize,
    reading: f64,
    mapping: f64,
    accepted: u64,
    refused: u64,
}

pub(crate) fn run(args: &Args) -> Result<()> {
    let headers: Vec<String> = file::HEADER.trim().split(',').map(str::to_owned).collect();
    let mapping = Mapping::new(headers, &BTreeMap::new())?;
    let mut sums = Sums::default();
    for first in (0..args.rows).step_by(usize::try_from(BLOCK)?) {
        block(&mut sums, &mapping, first..(first + BLOCK).min(args.rows))?;
    }
    let faulty = (0..args.rows).filter(|number| file::is_faulty(*number)).count() as u64;
    ensure!(sums.refused == faulty, "{} rows are refused, {faulty} are faulty", sums.refused);
    print(args.rows, &sums);
    Ok(())
}

fn block(sums: &mut Sums, mapping: &Mapping, numbers: std::ops::Range<u64>) -> Result<()> {
    let (file, rules) = (file::rows(numbers), Rules::default());
    let begun = process::thread_seconds();
    let records = read(&file)?;
    let read = process::thread_seconds();
    for record in &records {
        match mapping.read(record.iter(), &rules) {
            Ok(profile) => {
                std::hint::black_box(profile);
                sums.accepted += 1;
            }
            Err(_) => sums.refused += 1,
        }
    }
    sums.mapping += process::thread_seconds() - read;
    sums.reading += read - begun;
    sums.bytes += file.len();
    Ok(())
}

fn read(file: &str) -> Result<Vec<csv::StringRecord>> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(file.as_bytes());
    reader.records().collect::<Result<_, _>>().context("reading rows")
}

fn print(rows: u64, sums: &Sums) {
    let seconds = sums.reading + sums.mapping;
    let each = |seconds: f64| format!("{:.0}", seconds * 1e9 / rows.max(1) as f64);
    let (_, peak) = process::used();
    line("rows", rows);
    line("file, MB", format!("{:.1}", sums.bytes as f64 / 1e6));
    line("accepted", sums.accepted);
    line("refused", sums.refused);
    line("CPU, s", format!("{seconds:.2}"));
    line("rows/s on one core", format!("{:.0}", rows as f64 / seconds));
    line("ns a row", each(seconds));
    line("  reading", each(sums.reading));
    line("  mapping and validation", each(sums.mapping));
    line("peak memory, MB", format!("{peak:.0}"));
}
