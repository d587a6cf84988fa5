//! `cargo xtask fuzz`: libFuzzer on the reader and the mapper of imports, with stable Rust.

use std::process::Command;

use anyhow::{Context, Result};

use crate::run::checked;
use crate::workspace::root;

/// What cargo-fuzz asks of the compiler, without what needs nightly: counters of what is run, and of what is compared.
const COVERAGE: &str = "--cfg fuzzing -Cdebug-assertions -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares";
/// Named, so that the counters stay out of build scripts and macros.
const TARGET: &str = "x86_64-unknown-linux-gnu";

/// Builds the target and runs it for so many seconds. What it learns it keeps in `target/fuzz/corpus`; an input for which
/// something does not hold it leaves in `target/fuzz`, to be mended and put into `tests/fuzz/corpus`.
///
/// # Errors
/// When it cannot be built, or finds something.
pub(crate) fn run(seconds: u32) -> Result<()> {
    let fuzz = root().join("target/fuzz");
    let learnt = fuzz.join("corpus");
    std::fs::create_dir_all(&learnt).with_context(|| format!("cannot make {}", learnt.display()))?;
    let mut build = Command::new("cargo");
    build.args(["build", "--locked", "--profile", "fast", "-p", "fuzz", "--features", "libfuzzer", "--bin", "rows"]);
    build.args(["--target", TARGET]).arg("--target-dir").arg(&fuzz).env("RUSTFLAGS", COVERAGE);
    checked(&mut build)?;
    let mut rows = Command::new(fuzz.join(TARGET).join("fast/rows"));
    rows.arg(&learnt).arg(root().join("tests/fuzz/corpus"));
    // An input that takes 20 seconds or 512 MB is a finding, too.
    rows.args([format!("-max_total_time={seconds}"), "-timeout=20".to_owned(), "-rss_limit_mb=512".to_owned()]);
    rows.args(["-max_len=16384".to_owned(), "-print_final_stats=1".to_owned()]);
    rows.arg(format!("-artifact_prefix={}/", fuzz.display()));
    checked(&mut rows)
}
