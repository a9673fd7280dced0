//! `aludel release yank` and `pin`: what is said about a release later.

use std::process::ExitCode;

use anyhow::{Context, bail};
use serde_json::json;

use crate::app::App;
use crate::cli::settings::Settings;
use crate::config::Config;
use crate::model::status::ReleaseStatus;
use crate::release::Version;
use crate::release::manifest::Kind;
use crate::release::model::alias::{Alias, history};
use crate::release::publish::{Root, yank as mark};
use crate::store::release::Release;
use crate::worker::jobs::push;

/// Which release.
#[derive(Debug, clap::Args)]
struct Which {
    version: Version,
    /// A model's name; without it a data set is meant
    #[arg(long, value_name = "NAME")]
    model: Option<String>,
    #[command(flatten)]
    settings: Settings,
    /// One JSON object on standard output
    #[arg(long)]
    json: bool,
}

impl Which {
    fn kind(&self) -> Kind {
        if self.model.is_some() { Kind::Model } else { Kind::Dataset }
    }

    fn open(&self) -> anyhow::Result<(Config, App, Release)> {
        let config = self.settings.load()?;
        let app = App::open(&config)?;
        let name = self.model.as_deref().unwrap_or(&config.release.name);
        let stored = app.store.read()?.release(self.kind().as_str(), name, &self.version.to_string())?;
        let stored = stored.with_context(|| format!("there is no {} {name} {}", self.kind().as_str(), self.version))?;
        Ok((config, app, stored))
    }
}

/// Take a release back, with a reason; its files stay
#[derive(Debug, clap::Args)]
pub struct YankArgs {
    #[command(flatten)]
    which: Which,
    /// Why: shown wherever the release is
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

/// Keep a release's files from retention
#[derive(Debug, clap::Args)]
pub struct PinArgs {
    #[command(flatten)]
    which: Which,
    /// No longer
    #[arg(long)]
    off: bool,
}

/// # Errors
/// When there is no such published release.
pub fn yank(args: &YankArgs) -> anyhow::Result<ExitCode> {
    let (config, app, release) = args.which.open()?;
    let root = Root::new(config.data_dir.releases());
    let folder = root.folder(args.which.kind(), &release.name, args.which.version);
    if args.which.kind() == Kind::Model
        && history(&root, &release.name, Alias::Champion)?.first() == Some(&args.which.version)
    {
        bail!("{} {} is the champion: `aludel release rollback {0}` first", release.name, release.version);
    }
    let mut txn = app.store.write()?;
    txn.move_release(&release, ReleaseStatus::Yanked, None, Some(&args.reason))?;
    // The mark before the row: a kill in between leaves a release that says more than the store, never less.
    mark(&folder, &args.reason, config.clock.now())?;
    push::enqueue(&mut txn, &config.release)?;
    txn.commit()?;
    let object = json!({ "state": "yanked", "version": release.version, "reason": args.reason, "path": folder });
    let text = format!("{} {} is yanked: {}", release.name, release.version, args.reason);
    crate::cli::print_line(if args.which.json { object.to_string() } else { text })
}

/// # Errors
/// When there is no such release.
pub fn pin(args: &PinArgs) -> anyhow::Result<ExitCode> {
    let (_, app, release) = args.which.open()?;
    let mut txn = app.store.write()?;
    txn.pin_release(&release, !args.off)?;
    txn.commit()?;
    let state = if args.off { "unpinned" } else { "pinned" };
    let object = json!({ "state": state, "version": release.version });
    let text = format!("{} {} is {state}", release.name, release.version);
    crate::cli::print_line(if args.which.json { object.to_string() } else { text })
}
