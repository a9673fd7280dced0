//! `aludel backfill`: a stretch of an archive's past, day by day.

use std::process::ExitCode;

use chrono::NaiveDate;

use super::archive;
use super::settings::ArchiveSettings;
use crate::app::App;
use crate::model::delivery::SourceName;
use crate::worker::jobs::poll;

/// Read an archive's past; a run that was interrupted goes on where it stopped
#[derive(Debug, clap::Args)]
pub struct Args {
    /// biorxiv, medrxiv or pubmed
    #[arg(value_parser = archive::source_name)]
    source: SourceName,
    /// First day
    #[arg(long, value_name = "DATE")]
    from: NaiveDate,
    /// Last day
    #[arg(long, value_name = "DATE")]
    to: NaiveDate,
    #[command(flatten)]
    settings: ArchiveSettings,
    /// One JSON object instead of text
    #[arg(long)]
    json: bool,
}

/// Reads every day of the stretch that was not read to its end before. The exit code is 1 when one could not be read.
///
/// # Errors
/// A stretch that ends before it begins; settings or a store that can not be used.
pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    anyhow::ensure!(args.from <= args.to, "--from {} lies after --to {}", args.from, args.to);
    let config = args.settings.load()?;
    let app = App::open(&config)?;
    let opened = app.archive(&config, args.source)?;
    let keep_to_nights = args.source == SourceName::Pubmed && config.sources.pubmed.asks_for_nights();
    let summary = archive::block_on(async {
        let progress = &mut archive::show_progress(args.source);
        let env = opened.env(&app.store, &config.clock);
        let summary = poll::backfill(env, args.from, args.to, keep_to_nights, opened.plan.full_text, progress).await?;
        archive::full_texts(&app, &config, &opened).await?;
        Ok(summary)
    })?;
    archive::finish(&[summary], args.json)
}
