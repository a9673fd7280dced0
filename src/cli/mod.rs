//! One file per command. Each has its `Args` (what clap reads) and a `run` that returns the process's exit code.

mod archive;
mod backfill;
mod completions;
mod drift;
mod grade;
mod man;
mod parse;
mod poll;
mod simulate;

use std::io::Write;
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
enum Command {
    /// Read a stretch of an archive's past, day by day
    Backfill(backfill::Args),
    /// Print the completion script of a shell
    Completions(completions::Args),
    /// Watch the field's topics move
    Drift(drift::Args),
    /// Grade responses against answer specs: JSON lines in, scores out
    Grade(grade::Args),
    /// Print the man page
    Man(man::Args),
    /// Show what the parser understands of files
    Parse(parse::Args),
    /// Read what the archives posted since the last time
    Poll(poll::Args),
    /// Serve invented archives on loopback, for tests and demos
    Simulate(simulate::Args),
}

/// Runs the command that `cli` names.
///
/// # Errors
/// Whatever stopped the command, with what a user can do about it.
pub fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    match cli.command {
        Command::Backfill(args) => backfill::run(args),
        Command::Completions(args) => completions::run(&args),
        Command::Drift(args) => drift::run(&args),
        Command::Grade(args) => grade::run(&args),
        Command::Man(args) => man::run(&args),
        Command::Parse(args) => parse::run(&args),
        Command::Poll(args) => poll::run(args),
        Command::Simulate(args) => simulate::run(args),
    }
}

/// Writes `bytes` to standard output; a reader that has gone away (`| head`) is no error.
fn print_bytes(bytes: &[u8]) -> anyhow::Result<ExitCode> {
    let mut out = std::io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(ExitCode::SUCCESS),
    }
}
