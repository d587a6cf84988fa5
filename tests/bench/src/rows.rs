//! Rows without any I/O, on one thread: what reading, mapping, validation and normalisation of S2's columns cost.

mod file;
mod phones;

use std::collections::BTreeMap;

use anyhow::{Result, ensure};
use domain::contact::draft::Rules;
use domain::import::{Additions, Mapping};
use formats::formula::restored;
use formats::reading::{FileReader, Record};

use crate::{line, process};

/// So many rows are made before the clock runs, so that memory stays flat and making them costs nothing.
const BLOCK: u64 = 5_000;
/// The file comes in pieces of so many bytes.
const PIECE: usize = 64 * 1024;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// How many rows.
    #[arg(long, default_value_t = 500_000)]
    rows: u64,
}

/// Processor time in seconds, and what became of the rows.
#[derive(Debug, Default)]
struct Sums {
    bytes: usize,
    reading: f64,
    all: f64,
    accepted: u64,
    refused: u64,
}

pub(crate) fn run(args: &Args) -> Result<()> {
    let (mut sums, rules) = (Sums::default(), Rules::default());
    let mapping =
        Mapping::new(file::HEADER.split(',').map(str::to_owned).collect(), &BTreeMap::new(), Additions::default())?;
    let (mut alone, mut mapped) = (FileReader::new(None), FileReader::new(None));
    read(&mut alone, file::HEADER, |_| {})?;
    read(&mut mapped, file::HEADER, |_| {})?;
    for first in (0..args.rows).step_by(usize::try_from(BLOCK)?) {
        let block = file::rows(first..(first + BLOCK).min(args.rows));
        sums.bytes += block.len();
        // Reading is measured for itself on the same bytes, so that nothing has to be copied between the stages.
        sums.reading += read(&mut alone, &block, |record| {
            std::hint::black_box(record);
        })?;
        sums.all += read(&mut mapped, &block, |record| sums.count(accepts(&mapping, &rules, record)))?;
    }
    let faulty = (0..args.rows).filter(|number| file::is_faulty(*number)).count() as u64;
    ensure!(sums.accepted + sums.refused == args.rows, "{} rows were read", sums.accepted + sums.refused);
    ensure!(sums.refused == faulty, "{} rows are refused, {faulty} are faulty", sums.refused);
    print(args.rows, &sums);
    Ok(())
}

impl Sums {
    fn count(&mut self, accepted: bool) {
        *if accepted { &mut self.accepted } else { &mut self.refused } += 1;
    }
}

/// Reads a part of the file that ends with a row; gives the seconds that it took, with what `each` does.
fn read(reader: &mut FileReader, part: &str, mut each: impl FnMut(Record<'_>)) -> Result<f64> {
    let begun = process::thread_seconds();
    for mut piece in part.as_bytes().chunks(PIECE) {
        while let Some(record) = reader.read(&mut piece)? {
            each(record);
        }
    }
    Ok(process::thread_seconds() - begun)
}

fn accepts(mapping: &Mapping, rules: &Rules, record: Record<'_>) -> bool {
    let cells: Vec<_> = record.cells.iter().map(restored).collect();
    record.flaw.is_none() && std::hint::black_box(mapping.read(&cells, rules)).is_ok()
}

fn print(rows: u64, sums: &Sums) {
    let each = |seconds: f64| format!("{:.0}", seconds * 1e9 / rows.max(1) as f64);
    let (_, peak) = process::used();
    line("rows", rows);
    line("file, MB", format!("{:.1}", sums.bytes as f64 / 1e6));
    line("accepted", sums.accepted);
    line("refused", sums.refused);
    line("CPU, s", format!("{:.2}", sums.all));
    line("rows/s on one core", format!("{:.0}", rows as f64 / sums.all));
    line("ns a row", each(sums.all));
    line("  reading", each(sums.reading));
    line("  mapping and validation", each(sums.all - sums.reading));
    line("peak memory, MB", format!("{peak:.0}"));
}
