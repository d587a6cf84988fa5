//! The automation of this repository: `cargo xtask ci`, `cargo xtask build`, `cargo xtask deploy`.

#![expect(clippy::print_stdout, reason = "these commands talk to a person")]

#[cfg(test)]
mod architecture;
mod ci;
mod contract;
mod deploy;
mod fuzz;
mod licences;
mod python;
mod run;
mod template;
mod versions;
mod workspace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "The automation of this repository")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Checks everything that must hold; stops at the first thing that does not
    Ci,
    /// Builds all functions for AWS Lambda, into target/lambda
    Build,
    /// Builds all functions and deploys infra/template.yaml
    Deploy {
        /// Handed to `sam deploy`; without any, it asks (or reads infra/samconfig.toml, if there is one)
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        sam: Vec<String>,
    },
    /// Checks the licence of every dependency
    Licences,
    /// Checks that the crates that carry TLS and HTTP are there once
    Versions,
    /// Translates infra/template.yaml as AWS would, and lints it before and after
    Template,
    /// Looks for files that imports do not stand, guided by what the code does with them; needs a compiler for C++
    Fuzz {
        /// For how long
        #[arg(long, default_value_t = 600)]
        seconds: u32,
    },
    /// Asks the local stack whether it does what the API's document says
    Contract,
}

fn main() -> ExitCode {
    match carry_out(Arguments::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn carry_out(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Ci => ci::run_all(),
        Command::Build => deploy::build(),
        Command::Deploy { sam } => deploy::deploy(&sam),
        Command::Licences => licences::check(),
        Command::Versions => versions::check(),
        Command::Template => template::check(),
        Command::Fuzz { seconds } => fuzz::run(seconds),
        Command::Contract => contract::check(),
    }
}
