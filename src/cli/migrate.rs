//! `aludel migrate`: the schema's steps, shown and applied.

use std::process::ExitCode;

use crate::clock::Clock;
use crate::store::{Store, migrations, schema};

use super::settings::Settings;

/// Show the schema's steps and apply the missing ones
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    settings: Settings,
    /// Show only
    #[arg(long)]
    dry_run: bool,
    /// One JSON object a step on standard output
    #[arg(long)]
    json: bool,
}

/// # Errors
/// When the store is newer than this program, in use, or can not be written.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let dir = args.settings.data_dir()?;
    let applied = usize::try_from(schema::version_of(&dir.store())?).unwrap_or(0);
    if !args.dry_run {
        let _lock = dir.lock()?;
        drop(Store::open(&dir.store(), Clock::system())?);
    }
    for step in migrations() {
        let state = match (step.number <= applied, args.dry_run) {
            (true, _) => "applied",
            (false, true) => "pending",
            (false, false) => "applied now",
        };
        super::print_line(if args.json {
            serde_json::json!({ "number": step.number, "name": step.name, "state": state }).to_string()
        } else {
            format!("{:>3}  {state:<12} {}", step.number, step.name)
        })?;
    }
    Ok(ExitCode::SUCCESS)
}
