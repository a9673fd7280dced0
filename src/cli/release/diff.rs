use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, bail};
use serde_json::json;

use crate::cli::settings::Settings;
use crate::release::changes;
use crate::release::diff::{Diff, diff};
use crate::release::manifest::{Kind, Manifest};
use crate::release::publish::Root;

/// Compare two data sets row by row
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The earlier one: a version, or a folder
    from: String,
    /// The later one: a version, or a folder
    to: String,
    #[command(flatten)]
    settings: Settings,
    /// One JSON object on standard output: counts, then every row that differs
    #[arg(long)]
    json: bool,
}

/// # Errors
/// When one is no data set, or can not be read.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let root = Root::new(args.settings.data_dir()?.releases());
    let (from, to) = (super::find(&root, &args.from), super::find(&root, &args.to));
    let (earlier, later) = (dataset(&from)?, dataset(&to)?);
    let found = diff(&from, &to)?;
    crate::cli::print_line(if args.json { json(&earlier, &later, &found) } else { text(&earlier, &later, &found) })
}

fn dataset(folder: &Path) -> anyhow::Result<Manifest> {
    let manifest = Manifest::read(folder)?.with_context(|| format!("{} holds no release", folder.display()))?;
    if manifest.kind != Kind::Dataset {
        bail!("{} holds a {}: only data sets are compared", folder.display(), manifest.kind.as_str());
    }
    Ok(manifest)
}

fn json(from: &Manifest, to: &Manifest, found: &Diff) -> String {
    json!({
        "from": from.version, "to": to.version, "counts": found.counts(), "unchanged": found.n_same, "changes": found.changes,
    })
    .to_string()
}

fn text(from: &Manifest, to: &Manifest, found: &Diff) -> String {
    let n_rows = to.more.get("rows").and_then(serde_json::Value::as_u64).unwrap_or(0);
    changes::text(&to.name, Some(from.version), to.version, n_rows, Some(found)).trim_end().to_owned()
}
