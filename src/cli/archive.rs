//! What `poll` and `backfill` share: settings, the open source, and how their progress and summary look.

use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context;
use serde::Deserialize;

use crate::clock::{Clock, Scale};
use crate::fetch;
use crate::model::delivery::SourceName;
use crate::source::biorxiv::full_text::FullText;
use crate::source::{self, Source, Window};
use crate::store::data_dir::Lock;
use crate::store::{DataDir, Store};
use crate::worker::jobs::full_text;
use crate::worker::jobs::poll::{Env, Summary};

/// Full texts fetched after one poll; what is left waits for the next.
const FULL_TEXTS_A_RUN: usize = 500;

#[derive(Debug, clap::Args)]
pub struct Options {
    /// Configuration file
    #[arg(long, value_name = "FILE", env = "ALUDEL_CONFIG")]
    config: Option<PathBuf>,
    /// Folder of the store, the index and the inbox
    #[arg(long, value_name = "DIR", env = "ALUDEL_DATA_DIR")]
    data_dir: Option<PathBuf>,
    /// Mail address that archives can write to; without one only loopback is asked
    #[arg(long, value_name = "MAIL", env = "ALUDEL_CONTACT")]
    contact: Option<String>,
    /// One JSON object at the end instead of text
    #[arg(long)]
    pub json: bool,
}

/// The parts of the configuration file that reading an archive needs.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Settings {
    contact: String,
    url: String,
    data_dir: Option<PathBuf>,
    fetch: fetch::Config,
    sources: source::Config,
    clock: Option<Scale>,
}

/// Everything a run needs, opened once.
pub struct Archives {
    pub sources: source::Config,
    pub clock: Clock,
    pub store: Store,
    client: Arc<fetch::Client>,
    data_dir: DataDir,
    _lock: Lock,
}

impl Archives {
    /// # Errors
    /// A configuration that can not be read, a data directory in use or not usable.
    pub fn open(options: &Options) -> anyhow::Result<Self> {
        let settings = read_settings(options.config.as_deref())?;
        let contact = options.contact.clone().unwrap_or(settings.contact);
        let clock = settings.clock.map_or_else(Clock::system, Clock::scaled);
        let fetch = fetch::Config { contact, url: settings.url, ..settings.fetch };
        let seed = u64::from(std::process::id());
        let client = Arc::new(fetch::Client::new(fetch, clock.clone(), seed)?);
        let root = options.data_dir.clone().or(settings.data_dir).unwrap_or_else(|| PathBuf::from("./aludel-data"));
        let data_dir = DataDir::new(root);
        let lock = data_dir.lock()?;
        let store = Store::open(&data_dir.store(), clock.clone())?;
        Ok(Archives { sources: settings.sources, clock, store, client, data_dir, _lock: lock })
    }

    /// # Errors
    /// When the source's settings can not be used.
    pub fn source(&self, name: SourceName) -> anyhow::Result<Box<dyn Source>> {
        let opened = source::open(name, &self.sources, Arc::clone(&self.client))?;
        opened.with_context(|| format!("{name} is a folder, not an archive: use `aludel ingest`"))
    }

    /// Fetches the full texts that are queued, where the configuration asks for them.
    ///
    /// # Errors
    /// When the store fails or the archive's settings can not be used.
    pub async fn full_texts(&self, env: Env<'_>) -> anyhow::Result<()> {
        let name = env.source.name();
        let part = match name {
            SourceName::Biorxiv => &self.sources.biorxiv,
            SourceName::Medrxiv => &self.sources.medrxiv,
            SourceName::Pubmed | SourceName::Inbox => return Ok(()),
        };
        let folder = self.data_dir.root().join("full_text");
        if let Some(fetcher) = FullText::new(name, part, Arc::clone(&self.client), &folder)? {
            let stored = full_text::drain(env, &fetcher, FULL_TEXTS_A_RUN).await?;
            eprintln!("{name}: {stored} full texts stored");
        }
        Ok(())
    }
}

fn read_settings(path: Option<&Path>) -> anyhow::Result<Settings> {
    let Some(path) = path else { return Ok(Settings::default()) };
    let text = std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
    toml::from_str(&text).with_context(|| format!("reading {}", path.display()))
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
