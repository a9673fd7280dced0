//! `aludel release`: make, list, compare, check, publish and take back releases.

mod alias;
mod dataset;
mod diff;
mod list;
mod mark;
mod model;
mod publish;
mod push;
mod verify;

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::release::Version;
use crate::release::manifest::Kind;
use crate::release::publish::Root;

/// Versioned, signed data sets and models
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Release a data set from what the store holds now
    Dataset(dataset::Args),
    /// Release a model: an adapter or full weights, with its lineage
    Model(model::Args),
    /// List what was released, and what was skipped
    List(list::Args),
    /// Compare two data sets row by row
    Diff(diff::Args),
    /// Check a release offline: every file, the signature, the schema
    Verify(verify::Args),
    /// Publish a data set that was made with --stage, or discard it
    Publish(publish::Args),
    /// Push the newest data set, or a model's champion, to a Hugging Face repository
    Push(push::Args),
    /// Take a release back, with a reason; its files stay
    Yank(mark::YankArgs),
    /// Keep a release's files from retention
    Pin(mark::PinArgs),
    /// Show or set which version of a model is champion or candidate
    Alias(alias::Args),
    /// Let a model's champion be the version it was before
    Rollback(alias::RollbackArgs),
}

/// # Errors
/// Whatever stopped the command.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    match &args.command {
        Command::Dataset(args) => dataset::run(args),
        Command::Model(args) => model::run(args),
        Command::List(args) => list::run(args),
        Command::Diff(args) => diff::run(args),
        Command::Verify(args) => verify::run(args),
        Command::Publish(args) => publish::run(args),
        Command::Push(args) => push::run(args),
        Command::Yank(args) => mark::yank(args),
        Command::Pin(args) => mark::pin(args),
        Command::Alias(args) => alias::run(args),
        Command::Rollback(args) => alias::rollback(args),
    }
}

/// A data set by its version, or any release by its folder.
fn find(root: &Root, named: &str) -> PathBuf {
    match named.parse::<Version>() {
        Ok(version) if !Path::new(named).exists() => root.folder(Kind::Dataset, "", version),
        _ => PathBuf::from(named),
    }
}

/// Progress on a terminal.
fn bar(unit: &str) -> indicatif::ProgressBar {
    let bar =
        if std::io::stderr().is_terminal() { indicatif::ProgressBar::new(0) } else { indicatif::ProgressBar::hidden() };
    let style = indicatif::ProgressStyle::with_template(&format!("{{bar:30}} {{pos}}/{{len}} {unit}  {{elapsed}}"));
    bar.with_style(style.unwrap_or_else(|_| indicatif::ProgressStyle::default_bar()))
}
