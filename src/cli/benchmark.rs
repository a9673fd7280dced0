//! `aludel benchmark`: what no question may repeat.

use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use serde_json::json;

use crate::app::App;
use crate::verify::benchmark;
use crate::worker::decontaminate::{Contaminated, decontaminate};
use crate::worker::jobs;

use super::settings::Settings;

/// Contaminated questions that are shown one by one.
const MOST_SHOWN: usize = 20;

/// Register benchmarks: no question may repeat one of theirs
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Register a benchmark, or take its new version, and reject accepted questions that repeat it
    Add(AddArgs),
    /// The registered benchmarks with their numbers of questions
    List(ListArgs),
}

#[derive(Debug, clap::Args)]
struct AddArgs {
    /// A file (.json, .jsonl, .csv, .tsv, also .gz), or a folder of such files
    path: PathBuf,
    /// What it is called. Default: the name of the file or folder
    #[arg(long)]
    name: Option<String>,
    #[command(flatten)]
    settings: Settings,
    /// One JSON object on standard output
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
struct ListArgs {
    #[command(flatten)]
    settings: Settings,
    /// One JSON object a benchmark
    #[arg(long)]
    json: bool,
}

/// # Errors
/// A benchmark that can not be read; a data directory in use or not writable.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    match &args.command {
        Command::Add(args) => add(args),
        Command::List(args) => list(args),
    }
}

fn add(args: &AddArgs) -> anyhow::Result<ExitCode> {
    let items = benchmark::read(&args.path)?;
    let name = match &args.name {
        Some(name) => name.clone(),
        None => {
            let name = args.path.file_name().context("the path has no name: pass --name")?.to_string_lossy();
            name.split('.').next().unwrap_or_default().to_owned()
        }
    };
    let config = args.settings.load()?;
    let place = || format!("the data directory {}", config.data_dir.root().display());
    let app = App::open(&config).with_context(place)?;
    let texts: Vec<String> = items.iter().map(benchmark::Item::to_text).collect();
    let mut txn = app.store.write()?;
    txn.set_benchmark(&name, &texts)?;
    txn.commit()?;
    let on_terminal = std::io::stderr().is_terminal();
    let mut show = |looked_at: u64| {
        if on_terminal || looked_at.is_multiple_of(50_000) {
            eprint!(
                "{}{looked_at} questions looked at{}",
                if on_terminal { "\r" } else { "" },
                if on_terminal { "" } else { "\n" }
            );
        }
    };
    let found = decontaminate(&app.store, &app.verifier(&config)?, &mut show)?;
    if on_terminal {
        eprintln!();
    }
    jobs::index::follow(&app.store, &app.index)?;
    app.index.close_writer()?;
    super::print_line(if args.json {
        json!({ "name": name, "items": texts.len(), "contaminated": found }).to_string()
    } else {
        text(&name, texts.len(), &found)
    })
}

fn text(name: &str, n_items: usize, found: &[Contaminated]) -> String {
    let mut lines = vec![
        format!("{name}: {n_items} questions registered"),
        format!("{} accepted questions repeat a benchmark and were rejected", found.len()),
    ];
    lines.extend(found.iter().take(MOST_SHOWN).map(|q| format!("  {}  {}\n    {}", q.id, q.question, q.reason)));
    if found.len() > MOST_SHOWN {
        lines.push(format!("  and {} more; --json lists them all", found.len() - MOST_SHOWN));
    }
    lines.join("\n")
}

fn list(args: &ListArgs) -> anyhow::Result<ExitCode> {
    let config = args.settings.load()?;
    let store = crate::store::Store::open_read(&config.data_dir.store(), config.clock.clone())?;
    let lines: Vec<String> = store
        .read()?
        .benchmarks()?
        .into_iter()
        .map(|(name, items)| {
            if args.json {
                json!({ "name": name, "items": items }).to_string()
            } else {
                format!("{name:<40} {items:>8}")
            }
        })
        .collect();
    super::print_bytes(lines.iter().map(|line| format!("{line}\n")).collect::<String>().as_bytes())
}
