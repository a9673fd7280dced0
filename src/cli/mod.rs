//! One file per command. Each has its `Args` (what clap reads) and a `run` that returns the process's exit code.

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Turns the biology literature, as it appears, into verified, evidence-grounded questions.
#[derive(Debug, Parser)]
#[command(name = "aludel", version, max_term_width = 100)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {}

/// Runs the command that `cli` names.
///
/// # Errors
/// Whatever stopped the command, with what a user can do about it.
pub fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    match cli.command {}
}
