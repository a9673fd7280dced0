use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, bail};
use chrono::SubsecRound;
use serde_json::json;

use crate::app::App;
use crate::cli::settings::Settings;
use crate::release::is_name;
use crate::worker::jobs::release::{Made, model};

/// Release a model: an adapter (PEFT) or full safetensors (transformers), with lineage.json beside it
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Its folder; evaluation.json and training.jsonl are taken along when they are there
    folder: PathBuf,
    /// The model's name: lower-case letters, digits, hyphens
    #[arg(long)]
    name: String,
    #[command(flatten)]
    settings: Settings,
    /// One JSON object on standard output
    #[arg(long)]
    json: bool,
}

/// # Errors
/// What is wrong with the folder, or why it can not be written.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    if !is_name(&args.name) {
        bail!("{:?} is no name for a model: lower-case letters, digits and hyphens", args.name);
    }
    let config = args.settings.load()?;
    let app = App::open(&config).with_context(|| format!("the data directory {}", config.data_dir.root().display()))?;
    let env = app.env_without_archives(&config)?;
    let (made, checked) = model(&env, &args.folder, &args.name, config.clock.now().trunc_subsecs(0))?;
    let Made::Published { folder, manifest } = made else { bail!("nothing was released") };
    let ignored = if checked.ignored.is_empty() {
        String::new()
    } else {
        format!("\nleft out, since no reader of models knows them: {}", checked.ignored.join(", "))
    };
    if args.json {
        let object = json!({
            "state": "published", "name": manifest.name, "version": manifest.version, "path": folder, "form": checked.form.as_str(),
            "parameters": checked.parameters, "files": manifest.files.len(), "bytes": manifest.bytes(), "ignored": checked.ignored,
        });
        return crate::cli::print_line(object.to_string());
    }
    crate::cli::print_line(format!(
        "{} {} published as candidate: {}, {} parameters, {} files, {}\n{}{ignored}",
        manifest.name,
        manifest.version,
        checked.form.as_str(),
        checked.parameters,
        manifest.files.len(),
        crate::release::size(manifest.bytes()),
        folder.display()
    ))
}
