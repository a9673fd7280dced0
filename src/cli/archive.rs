//! What `poll` and `backfill` share: how their progress and summary look.

use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use anyhow::Context;

use crate::app::App;
use crate::config::Config;
use crate::model::delivery::SourceName;
use crate::source::Window;
use crate::worker::Archive;
use crate::worker::jobs::poll::Summary;

/// Full texts fetched after one poll; what is left waits for the next.
const FULL_TEXTS_A_RUN: usize = 500;

/// Fetches the full texts that are queued, where the configuration asks for them.
///
/// # Errors
/// When the store fails.
pub async fn full_texts(app: &App, config: &Config, archive: &Archive) -> anyhow::Result<()> {
    let stored = archive.full_texts(&app.store, &config.clock, FULL_TEXTS_A_RUN).await?;
    if stored > 0 {
        eprintln!("{}: {stored} full texts stored", archive.name());
    }
    Ok(())
}

/// Runs `work` on a runtime of its own.
///
/// # Errors
/// The work's, or when no thread can be started.
pub fn block_on<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.context("starting the runtime")?.block_on(work)
}

/// One line a window on standard error, overwritten on a terminal.
pub fn show_progress(name: SourceName) -> impl FnMut(Window, &Summary) + Send {
    let terminal = std::io::stderr().is_terminal();
    move |window, summary| {
        let line = format!(
            "{name}: {window} read; {} rows, {} new works, {} new versions, {} errors",
            summary.rows,
            summary.new_works,
            summary.new_versions,
            summary.errors.len()
        );
        // Progress is a courtesy: a closed standard error is no reason to stop.
        let _ =
            if terminal { write!(std::io::stderr(), "\r\x1b[2K{line}") } else { writeln!(std::io::stderr(), "{line}") };
    }
}

/// Prints what was done. The exit code is 1 when a window could not be read.
///
/// # Errors
/// When standard output can not be written.
pub fn finish(summaries: &[Summary], json: bool) -> anyhow::Result<ExitCode> {
    if std::io::stderr().is_terminal() {
        eprintln!();
    }
    let mut text = String::new();
    for summary in summaries {
        if json {
            text.push_str(&serde_json::to_string(summary)?);
            text.push('\n');
            continue;
        }
        text.push_str(&format!(
            "{}: {} windows, {} days complete, {} rows: {} new works, {} new versions, {} updated, {} unchanged, {} links, {} deleted",
            summary.source, summary.windows, summary.complete, summary.rows, summary.new_works, summary.new_versions,
            summary.updated, summary.unchanged, summary.links, summary.deleted
        ));
        if summary.gap + summary.missing + summary.unreadable > 0 {
            text.push_str(&format!(
                "; {} announced and not received, {} missing, {} unreadable",
                summary.gap, summary.missing, summary.unreadable
            ));
        }
        text.push('\n');
        for error in &summary.errors {
            text.push_str(&format!("  {} not read: {}\n", error.window, error.reason));
        }
    }
    super::print_bytes(text.as_bytes())?;
    let failed = summaries.iter().any(|summary| !summary.errors.is_empty());
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// The archives that `poll` and `backfill` know by name.
pub fn source_name(text: &str) -> Result<SourceName, String> {
    SourceName::from_name(text)
        .filter(|name| *name != SourceName::Inbox)
        .ok_or_else(|| "expected biorxiv, medrxiv or pubmed".to_owned())
}
