//! `aludel backup`: a checked copy of the store.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;

use crate::clock::Clock;
use crate::store::{Store, backup};

use super::settings::Settings;

/// Copy the store, whole at one moment, while the service runs
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A folder (the copy is named by date and time), or the file to write
    target: PathBuf,
    #[command(flatten)]
    settings: Settings,
    /// One JSON object on standard output
    #[arg(long)]
    json: bool,
}

/// # Errors
/// When there is no store, or the copy can not be written or is not sound.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let clock = Clock::system();
    let store = Store::open_read(&args.settings.data_dir()?.store(), clock.clone())?;
    let target = if args.target.is_dir() {
        args.target.join(format!("aludel-{}.db", clock.now().format("%Y%m%dT%H%M%SZ")))
    } else {
        args.target.clone()
    };
    backup::write(&store, &target)?;
    let bytes = target.metadata().with_context(|| format!("reading {}", target.display()))?.len();
    super::print_line(if args.json {
        serde_json::json!({ "backup": target, "bytes": bytes }).to_string()
    } else {
        format!("{} ({bytes} bytes, checked)", target.display())
    })
}
