//! `aludel poll`: what the archives posted since the last time.

use std::process::ExitCode;

use chrono::NaiveDate;

use super::archive::{self, Archives, Options};
use crate::model::delivery::SourceName;
use crate::worker::jobs::poll::{self, Env, Plan};

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
    options: Options,
}

/// Polls and prints what came. The exit code is 1 when a day could not be read; it stays due.
///
/// # Errors
/// Settings or a store that can not be used.
pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    let archives = Archives::open(&args.options)?;
    let config = &archives.sources;
    let enabled = |name: &SourceName| match name {
        SourceName::Biorxiv => config.biorxiv.enabled,
        SourceName::Medrxiv => config.medrxiv.enabled,
        SourceName::Pubmed => config.pubmed.enabled,
        SourceName::Inbox => false,
    };
    let names: Vec<SourceName> = match args.source {
        Some(name) => vec![name],
        None => SourceName::ALL.into_iter().filter(enabled).collect(),
    };
    let summaries = archive::block_on(async {
        let mut summaries = Vec::new();
        for name in names {
            let Some(plan) = Plan::of(config, name) else { continue };
            let plan = Plan { since: args.since.or(plan.since), links_again: true, ..plan };
            let source = archives.source(name)?;
            let env = Env { store: &archives.store, source: source.as_ref(), clock: &archives.clock };
            summaries.push(poll::poll(env, &plan, &mut archive::show_progress(name)).await?);
            archives.full_texts(env).await?;
        }
        Ok(summaries)
    })?;
    archive::finish(&summaries, args.options.json)
}
