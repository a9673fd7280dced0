//! One file per command. Each has its `Args` (what clap reads) and a `run` that returns the process's exit code.

mod archive;
mod backfill;
mod backup;
mod bench;
mod benchmark;
mod check;
mod completions;
mod config;
mod demo;
mod drift;
mod eval;
mod grade;
mod ingest;
mod line;
mod man;
mod migrate;
mod parse;
mod poll;
mod refresh;
mod release;
mod restore;
mod review;
mod search;
mod serve;
mod settings;
mod show;
mod simulate;
mod status;
mod topics;
mod train;
mod verify;

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
    /// Copy the store while it is in use, and check the copy
    Backup(backup::Args),
    /// A run that is measured
    Bench(bench::Args),
    /// Register benchmarks: no question may repeat one of theirs
    Benchmark(benchmark::Args),
    /// Check every quote, row, index entry and release; repair the index on request
    Check(check::Args),
    /// Print the completion script of a shell
    Completions(completions::Args),
    /// Check the configuration
    Config(config::Args),
    /// The whole loop in two minutes: no network, no model, no key
    Demo(demo::Args),
    /// Watch the field's topics move
    Drift(drift::Args),
    /// Score a model on a set of questions, or on a benchmark
    Eval(eval::Args),
    /// Grade responses against answer specs: JSON lines in, scores out
    Grade(grade::Args),
    /// Take in files and folders, to the end
    Ingest(ingest::Args),
    /// Print the man page
    Man(man::Args),
    /// Show and apply the store's migrations
    Migrate(migrate::Args),
    /// Show what the parser understands of files
    Parse(parse::Args),
    /// Read what the archives posted since the last time
    Poll(poll::Args),
    /// Train a model anew when the field has moved, and promote only what is better
    Refresh(refresh::Args),
    /// Make, list, compare, check, publish and take back releases
    Release(release::Args),
    /// Put a backup in the place of the store
    Restore(restore::Args),
    /// Look at questions, and say which may be kept
    Review(review::Args),
    /// Search accepted questions and passages
    Search(search::Args),
    /// Run the service: schedule, inbox, workers, web, metrics
    Serve(serve::Args),
    /// Show a question or a work with its evidence
    Show(show::Args),
    /// Serve invented archives on loopback, for tests and demos
    Simulate(simulate::Args),
    /// Show what the store holds and what is queued
    Status(status::Args),
    /// The set of topics, and the classifier for what has no label
    Topics(topics::Args),
    /// Do what there is to do in a job folder: train, then answer what is asked
    Train(train::Args),
    /// Verify candidate questions against their articles
    Verify(verify::Args),
}

/// Runs the command that `cli` names.
///
/// # Errors
/// Whatever stopped the command, with what a user can do about it.
pub fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    match cli.command {
        Command::Backfill(args) => backfill::run(args),
        Command::Backup(args) => backup::run(&args),
        Command::Bench(args) => bench::run(&args),
        Command::Benchmark(args) => benchmark::run(&args),
        Command::Check(args) => check::run(&args),
        Command::Completions(args) => completions::run(&args),
        Command::Config(args) => config::run(&args),
        Command::Demo(args) => demo::run(&args),
        Command::Drift(args) => drift::run(&args),
        Command::Eval(args) => eval::run(&args),
        Command::Grade(args) => grade::run(&args),
        Command::Ingest(args) => ingest::run(&args),
        Command::Man(args) => man::run(&args),
        Command::Migrate(args) => migrate::run(&args),
        Command::Parse(args) => parse::run(&args),
        Command::Poll(args) => poll::run(args),
        Command::Refresh(args) => refresh::run(&args),
        Command::Release(args) => release::run(&args),
        Command::Restore(args) => restore::run(&args),
        Command::Review(args) => review::run(&args),
        Command::Search(args) => search::run(args),
        Command::Serve(args) => serve::run(&args),
        Command::Show(args) => show::run(&args),
        Command::Simulate(args) => simulate::run(args),
        Command::Status(args) => status::run(&args),
        Command::Topics(args) => topics::run(&args),
        Command::Train(args) => train::run(&args),
        Command::Verify(args) => verify::run(&args),
    }
}

/// `error` and its causes in one line, without the causes that are told already by what stands before them.
pub fn told(error: &anyhow::Error) -> String {
    error.chain().map(ToString::to_string).fold(String::new(), |line, cause| match line.as_str() {
        "" => cause,
        before if before.contains(&cause) => line,
        before => format!("{before}: {cause}"),
    })
}

/// Writes `bytes` to standard output; a reader that has gone away (`| head`) is no error.
fn print_bytes(bytes: &[u8]) -> anyhow::Result<ExitCode> {
    let mut out = std::io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(ExitCode::SUCCESS),
    }
}

/// Writes a line to standard output, as [`print_bytes`].
fn print_line(mut line: String) -> anyhow::Result<ExitCode> {
    line.push('\n');
    print_bytes(line.as_bytes())
}

/// The most memory this process ever had, from the kernel.
fn peak_rss_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kib| kib * 1024)
}

#[cfg(test)]
mod tests {
    use anyhow::Context as _;

    use super::*;

    #[test]
    fn a_cause_is_told_once() {
        let denied = || std::io::Error::from(std::io::ErrorKind::PermissionDenied);
        let held = anyhow::Error::from(denied()).context("cannot use lock: permission denied");
        assert_eq!(
            told(&held.context("the data directory x")),
            "the data directory x: cannot use lock: permission denied"
        );
        let plain = Err::<(), _>(denied()).context("a.xml").unwrap_err();
        assert_eq!(told(&plain), "a.xml: permission denied");
    }
}
