//! `aludel poll`: what the archives posted since the last time.

use std::process::ExitCode;

use chrono::NaiveDate;

use super::archive;
use super::settings::ArchiveSettings;
use crate::app::App;
use crate::model::delivery::SourceName;
use crate::worker::jobs::poll::Plan;

/// One poll: every day that is due is read, the last ones again
#[derive(Debug, clap::Args)]
pub struct Args {
    /// biorxiv, medrxiv or pubmed; without one, every source that is switched on
    #[arg(value_parser = archive::source_name)]
    source: Option<SourceName>,
    /// First day to read, if it was not read before
    #[arg(long, value_name = "DATE")]
    since: Option<NaiveDate>,
    #[command(flatten)]
    settings: ArchiveSettings,
    /// One JSON object a source instead of text
    #[arg(long)]
    json: bool,
}

/// Polls and prints what came. The exit code is 1 when a day could not be read; it stays due.
///
/// # Errors
/// Settings or a store that can not be used.
pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    let config = args.settings.load()?;
    let app = App::open(&config)?;
    let names: Vec<SourceName> = match args.source {
        Some(name) => vec![name],
        None => config.schedules.keys().copied().collect(),
    };
    let summaries = archive::block_on(async {
        let mut summaries = Vec::new();
        for name in names {
            let opened = app.archive(&config, name)?;
            let plan = Plan { since: args.since.or(opened.plan.since), links_again: true, ..opened.plan.clone() };
            let mut progress = archive::show_progress(name);
            summaries.push(opened.poll(&app.store, &config.clock, &plan, &mut progress).await?);
            archive::full_texts(&app, &config, &opened).await?;
        }
        Ok(summaries)
    })?;
    archive::finish(&summaries, args.json)
}
