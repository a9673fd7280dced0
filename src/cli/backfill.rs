//! `aludel backfill`: a stretch of an archive's past, day by day.

use std::process::ExitCode;

use chrono::NaiveDate;

use super::archive::{self, Archives, Options};
use crate::model::delivery::SourceName;
use crate::worker::jobs::poll::{self, Env, Plan};

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
    options: Options,
}

/// Reads every day of the stretch that was not read to its end before. The exit code is 1 when one could not be read.
///
/// # Errors
/// A stretch that ends before it begins; settings or a store that can not be used.
pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    anyhow::ensure!(args.from <= args.to, "--from {} lies after --to {}", args.from, args.to);
    let archives = Archives::open(&args.options)?;
    let name = args.source;
    let source = archives.source(name)?;
    let full_text = Plan::of(&archives.sources, name).is_some_and(|plan| plan.full_text);
    let keep_to_nights = name == SourceName::Pubmed && archives.sources.pubmed.asks_for_nights();
    let summary = archive::block_on(async {
        let env = Env { store: &archives.store, source: source.as_ref(), clock: &archives.clock };
        let progress = &mut archive::show_progress(name);
        let summary = poll::backfill(env, args.from, args.to, keep_to_nights, full_text, progress).await?;
        archives.full_texts(env).await?;
        Ok(summary)
    })?;
    archive::finish(&[summary], args.options.json)
}
