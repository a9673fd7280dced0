//! `aludel ingest`: files and folders, to the end.

use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::Context;

use crate::app::App;
use crate::worker::ingest::{Report, ingest, list_files};
use crate::worker::project::project;

use super::settings::Settings;

/// Take in files or folders (JATS, PubMed XML, .gz) and draft, verify and index, to the end
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Files and folders
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// Only say what models would be asked, in calls, tokens and money; nothing is asked or stored
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    settings: Settings,
    /// One JSON object on standard output
    #[arg(long)]
    json: bool,
}

/// Succeeds only when every file was parsed, known, or no article.
///
/// # Errors
/// When the data directory is in use or can not be written.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let started = Instant::now();
    let config = args.settings.load()?;
    let place = || format!("the data directory {}", config.data_dir.root().display());
    let app = App::open(&config).with_context(place)?;
    let env = app.env_without_archives(&config).with_context(place)?;

    let (files, mut faults) = list_files(&args.paths);
    if args.dry_run {
        let prices = config.llm.dearest().dearer(config.solver.dearest());
        let (projection, more) = project(&env, &files, prices)?;
        for fault in faults.iter().chain(&more) {
            eprintln!("{}: {}", fault.path.display(), fault.reason);
        }
        return if args.json {
            super::print_line(serde_json::to_string(&projection)?)
        } else {
            super::print_bytes(projection.to_string().as_bytes())
        };
    }
    let bar = progress_bar(files.len() as u64);
    let mut report = ingest(&env, files, &|report| show(&bar, report)).with_context(place)?;
    bar.finish_and_clear();
    report.files += faults.len() as u64;
    report.errors.append(&mut faults);
    env.index.close_writer()?;

    for fault in report.errors.iter().chain(&report.unread) {
        eprintln!("{}: {}", fault.path.display(), fault.reason);
    }
    let (seconds, peak) = (started.elapsed().as_secs_f64(), super::peak_rss_bytes());
    super::print_line(if args.json { json(&report, seconds, peak)? } else { text(&report, seconds, peak) })?;
    Ok(if report.errors.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn progress_bar(n_files: u64) -> indicatif::ProgressBar {
    let bar = if std::io::stderr().is_terminal() {
        indicatif::ProgressBar::new(n_files)
    } else {
        indicatif::ProgressBar::hidden()
    };
    let style = indicatif::ProgressStyle::with_template("{bar:30} {pos}/{len} files  {msg}  {elapsed}");
    bar.with_style(style.unwrap_or_else(|_| indicatif::ProgressStyle::default_bar()))
}

/// A moving bar on a terminal, a line for every thousand files elsewhere.
fn show(bar: &indicatif::ProgressBar, report: &Report) {
    let message =
        || format!("{} articles, {} questions accepted of {}", report.articles, report.accepted, report.drafted);
    bar.set_position(report.files);
    if bar.is_hidden() {
        if report.files.is_multiple_of(1000) {
            eprintln!("{} files: {}", report.files, message());
        }
    } else if report.files.is_multiple_of(8) {
        bar.set_message(message());
        bar.enable_steady_tick(Duration::from_millis(200));
    }
}

fn json(report: &Report, seconds: f64, peak_rss_bytes: Option<u64>) -> anyhow::Result<String> {
    let mut value = serde_json::to_value(report)?;
    value["seconds"] = ((seconds * 1000.0).round() / 1000.0).into();
    value["peak_rss_bytes"] = peak_rss_bytes.into();
    Ok(value.to_string())
}

fn text(report: &Report, seconds: f64, peak_rss_bytes: Option<u64>) -> String {
    let others: u64 = report.not_an_article.values().sum();
    let mut lines = vec![
        format!(
            "{} files: {} parsed, {} known already, {others} not articles, {} errors",
            report.files,
            report.parsed,
            report.duplicate,
            report.errors.len()
        ),
        format!(
            "{} articles ({} new works, {} new versions), {} passages",
            report.articles, report.works, report.versions, report.passages
        ),
        format!("{} questions drafted, {} accepted", report.drafted, report.accepted),
    ];
    lines.extend(report.not_an_article.iter().map(|(kind, n)| format!("  {n} {kind}")));
    lines.extend(report.rejected.iter().map(|(reason, n)| format!("  {n} rejected, {reason}")));
    if report.waiting > 0 {
        lines.push(format!("{} articles wait for a model to draft from them: `aludel serve` goes on", report.waiting));
    }
    let memory = peak_rss_bytes.map(|bytes| format!(", at most {} MiB of memory", bytes >> 20)).unwrap_or_default();
    lines.push(format!("{seconds:.1} s{memory}"));
    lines.join("\n")
}
