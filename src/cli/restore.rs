//! `aludel restore`: a backup in the place of the store.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;

use crate::store::backup;

use super::settings::Settings;

/// Put a backup in the place of the store; what was there is kept beside it
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A file that `aludel backup` wrote
    backup: PathBuf,
    #[command(flatten)]
    settings: Settings,
    /// One JSON object on standard output
    #[arg(long)]
    json: bool,
}

/// # Errors
/// When the backup is not sound, the data directory is in use, or it can not be written.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let dir = args.settings.data_dir()?;
    let _lock = dir.lock()?;
    let place = dir.store();
    let kept = backup::restore(&args.backup, &place)?;
    // The index follows another history; it is built anew from the restored store.
    if dir.index().exists() {
        std::fs::remove_dir_all(dir.index()).with_context(|| format!("removing {}", dir.index().display()))?;
    }
    super::print_line(if args.json {
        serde_json::json!({ "restored": place, "kept": kept }).to_string()
    } else {
        let kept = kept.map(|kept| format!("; the old store is now {}", kept.display())).unwrap_or_default();
        format!("{} restored{kept}", place.display())
    })
}
