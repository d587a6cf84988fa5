//! `cargo xtask build` and `cargo xtask deploy`: the functions for AWS, and the way there.

use std::fs;

use anyhow::{Context, Result, bail, ensure};

use crate::run::{run, works};
use crate::workspace;

/// What a function may weigh: what has to be fetched before it can start.
const MOST_BYTES: u64 = 12_000_000;
/// Functions that reach the table, the bucket and a queue, and hold the contact index: three of the SDK's clients beside each
/// other are more than the budget has room for (docs/architecture.md, known gaps).
const WITH_INDEX: [&str; 5] = ["contacts", "enrollment", "imports", "indexer", "search"];
/// What these may weigh.
const MOST_WITH_INDEX: u64 = 17_000_000;

/// Builds all functions in one go: one by one, each would have its own set of features and compile everything again.
///
/// # Errors
/// When cargo-lambda is missing, the build fails, or a function is too big.
pub(crate) fn build() -> Result<()> {
    if !works("cargo", &["lambda", "--version"]) {
        bail!("cargo-lambda is missing; install it with `pip install cargo-lambda` or `cargo install cargo-lambda`");
    }
    let functions = workspace::functions(&workspace::metadata()?);
    let packages = functions.iter().flat_map(|name| ["--package", name]);
    let arguments: Vec<&str> =
        ["lambda", "build", "--release", "--arm64", "--locked"].into_iter().chain(packages).collect();
    run("cargo", &arguments)?;
    functions.iter().try_for_each(|name| weigh(name))
}

fn weigh(function: &str) -> Result<()> {
    let binary = workspace::root().join("target/lambda").join(function).join("bootstrap");
    let bytes = fs::metadata(&binary).with_context(|| format!("{} was not built", binary.display()))?.len();
    println!("   {function:<12}{:>8.1} MB", bytes as f64 / 1e6);
    let most = if WITH_INDEX.contains(&function) { MOST_WITH_INDEX } else { MOST_BYTES };
    ensure!(bytes <= most, "{function} is bigger than {} MB", most / 1_000_000);
    Ok(())
}

/// Builds and deploys; `arguments` go to `sam deploy`. Without any it asks, unless `infra/samconfig.toml` has answers.
///
/// # Errors
/// When a tool is missing, or the build or the deployment fails.
pub(crate) fn deploy(arguments: &[String]) -> Result<()> {
    if !works("sam", &["--version"]) {
        bail!("the SAM CLI is missing; install it with `pip install aws-sam-cli`");
    }
    build()?;
    let answered = !arguments.is_empty() || workspace::root().join("infra/samconfig.toml").exists();
    let asking = if answered { None } else { Some("--guided") };
    let fixed =
        ["deploy", "--template-file", "infra/template.yaml", "--capabilities", "CAPABILITY_IAM", "--resolve-s3"];
    let arguments: Vec<&str> = fixed.into_iter().chain(asking).chain(arguments.iter().map(String::as_str)).collect();
    run("sam", &arguments)
}
