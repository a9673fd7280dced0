//! `aludel release alias` and `rollback`: which version of a model is the champion, which the candidate.

use std::process::ExitCode;

use anyhow::bail;
use serde_json::json;

use crate::cli::settings::Settings;
use crate::release::model::alias::{Alias, history, roll_back, set};
use crate::release::publish::Root;
use crate::release::{Version, is_name};

/// Show or set which version of a model is champion or candidate
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The model's name
    name: String,
    /// champion or candidate
    #[arg(value_parser = alias)]
    alias: Alias,
    /// What it is from now on; without it, what it is and was
    version: Option<Version>,
    #[command(flatten)]
    settings: Settings,
    /// One JSON object on standard output
    #[arg(long)]
    json: bool,
}

/// Let the champion be the version it was before
#[derive(Debug, clap::Args)]
pub struct RollbackArgs {
    /// The model's name
    name: String,
    #[command(flatten)]
    settings: Settings,
    /// One JSON object on standard output
    #[arg(long)]
    json: bool,
}

fn alias(text: &str) -> Result<Alias, String> {
    Alias::from_name(text).ok_or_else(|| format!("{text:?} is neither champion nor candidate"))
}

/// # Errors
/// When there is no such published version.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let root = root(&args.settings, &args.name)?;
    if let Some(version) = args.version {
        set(&root, &args.name, args.alias, version)?;
    }
    let versions = history(&root, &args.name, args.alias)?;
    let (now, before) = match versions.split_first() {
        Some((now, before)) => (Some(*now), before),
        None => (None, &[][..]),
    };
    let object = json!({ "name": args.name, "alias": args.alias.as_str(), "version": now, "before": before });
    let now = now.map_or_else(|| "none".to_owned(), |version| version.to_string());
    let text = format!("{} {}: {now}", args.name, args.alias.as_str());
    crate::cli::print_line(if args.json { object.to_string() } else { text })
}

/// # Errors
/// When there was no other champion that still stands.
pub fn rollback(args: &RollbackArgs) -> anyhow::Result<ExitCode> {
    let root = root(&args.settings, &args.name)?;
    let version = roll_back(&root, &args.name)?;
    let object = json!({ "name": args.name, "alias": "champion", "version": version });
    let text = format!("{} champion: {version}", args.name);
    crate::cli::print_line(if args.json { object.to_string() } else { text })
}

fn root(settings: &Settings, name: &str) -> anyhow::Result<Root> {
    if !is_name(name) {
        bail!("{name:?} is no name of a model: lower-case letters, digits and hyphens");
    }
    Ok(Root::new(settings.data_dir()?.releases()))
}
