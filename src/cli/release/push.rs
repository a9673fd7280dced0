//! `aludel release push`: the newest release to its repository on the hub.

use std::process::ExitCode;

use anyhow::bail;

use crate::app::App;
use crate::cli::settings::Settings;
use crate::release::manifest::Kind;
use crate::release::size;
use crate::worker::jobs::push;

/// Push the newest data set, or a model's champion, to a Hugging Face repository
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A model's name; without it the data set is meant
    #[arg(long, value_name = "NAME")]
    model: Option<String>,
    #[command(flatten)]
    settings: Settings,
    /// One JSON object on standard output
    #[arg(long)]
    json: bool,
}

/// # Errors
/// When no hub is configured, there is nothing to push, or the hub refuses it.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let config = args.settings.load()?;
    if !config.release.hub.is_on() {
        bail!("`release.hub.owner` is not set: whose repositories shall take the releases?");
    }
    let app = App::open(&config)?;
    let env = app.env_without_archives(&config)?;
    let (kind, name) = match &args.model {
        Some(name) => (Kind::Model, name),
        None => (Kind::Dataset, &config.release.name),
    };
    let bar = super::bar("bytes");
    let pushed = push::now(&env, kind, name, &|done, all| {
        bar.set_length(all);
        bar.set_position(done);
    })?;
    bar.finish_and_clear();
    if args.json {
        return crate::cli::print_line(serde_json::to_string(&pushed)?);
    }
    crate::cli::print_line(format!(
        "{name} {} is in {} at {}: {} files sent, {} deleted, {} as they were, {} uploaded",
        pushed.version,
        pushed.repository,
        pushed.commit,
        pushed.changed,
        pushed.deleted,
        pushed.unchanged,
        size(pushed.uploaded_bytes)
    ))
}
