//! `cargo xtask ci`: everything that must hold, the quick checks first.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::run::run;
use crate::{contract, licences, template, versions};

struct Step {
    name: &'static str,
    check: fn() -> Result<()>,
}

/// The architecture test is among the tests.
const STEPS: [Step; 8] = [
    Step { name: "formatting", check: || run("cargo", &["fmt", "--all", "--check"]) },
    Step { name: "licences", check: licences::check },
    Step { name: "versions", check: versions::check },
    Step { name: "template", check: template::check },
    Step {
        name: "clippy",
        check: || run("cargo", &["clippy", "--locked", "--workspace", "--all-targets", "--", "-D", "warnings"]),
    },
    Step { name: "tests", check: || run("cargo", &["test", "--locked", "--workspace"]) },
    Step { name: "demo", check: || run("cargo", &["run", "--locked", "--release", "--", "demo"]) },
    // What the demo has built is what it asks.
    Step { name: "contract", check: contract::check },
];

/// Runs all steps, up to the first that fails.
pub(crate) fn run_all() -> Result<()> {
    let mut times = Vec::new();
    for step in &STEPS {
        println!("── {}", step.name);
        let begun = Instant::now();
        let outcome = (step.check)();
        times.push((step.name, begun.elapsed()));
        let verdict = if outcome.is_ok() { "ok" } else { "failed" };
        println!("── {}: {verdict} in {}", step.name, seconds(begun.elapsed()));
        outcome.with_context(|| format!("step `{}` failed", step.name))?;
    }
    println!("── all of it holds");
    for (name, time) in &times {
        println!("   {name:<12}{:>10}", seconds(*time));
    }
    println!("   {:<12}{:>10}", "together", seconds(times.iter().map(|(_, time)| *time).sum()));
    Ok(())
}

fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}
