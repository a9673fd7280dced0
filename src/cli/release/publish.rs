use std::process::ExitCode;

use anyhow::Context;
use serde_json::json;

use crate::app::App;
use crate::cli::settings::Settings;
use crate::release::Version;
use crate::worker::jobs::release;

/// Publish a data set that was made with --stage, or discard it
#[derive(Debug, clap::Args)]
pub struct Args {
    version: Version,
    /// Throw it away instead; its number is free again
    #[arg(long, value_name = "REASON")]
    discard: Option<String>,
    #[command(flatten)]
    settings: Settings,
    /// One JSON object on standard output
    #[arg(long)]
    json: bool,
}

/// # Errors
/// When nothing is sealed under that version, or it can not be moved.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let config = args.settings.load()?;
    let app = App::open(&config)?;
    let env = app.env_without_archives(&config)?;
    let version = args.version;
    if let Some(reason) = &args.discard {
        let stored = app.store.read()?.release("dataset", &config.release.name, &version.to_string())?;
        let stored = stored.with_context(|| format!("there is no data set {version}"))?;
        release::discard(&env, &stored, reason)?;
        let object = json!({ "state": "discarded", "version": version });
        return crate::cli::print_line(if args.json { object.to_string() } else { format!("{version} was discarded") });
    }
    let folder = release::publish(&env, version)?;
    let object = json!({ "state": "published", "version": version, "path": folder });
    let text = format!("{version} is published: {}", folder.display());
    crate::cli::print_line(if args.json { object.to_string() } else { text })
}
