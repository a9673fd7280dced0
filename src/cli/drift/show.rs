//! `aludel drift show`: month by month, the state, and when it was drift.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;

use crate::drift::page;

use super::read;

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    rows: read::RowArgs,
    #[command(flatten)]
    detector: read::DetectorArgs,
    /// Write a page with charts here
    #[arg(long, value_name = "FILE.html")]
    report: Option<PathBuf>,
    /// One JSON object on standard output
    #[arg(long)]
    json: bool,
}

/// # Errors
/// Rows that can not be read, settings out of range.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let config = args.detector.config(&args.rows)?;
    let overview = args.rows.overview(config)?;
    if let Some(path) = &args.report {
        std::fs::write(path, page::page(&overview)).with_context(|| format!("can not write {}", path.display()))?;
    }
    if args.json {
        return super::super::print_line(overview.to_json().to_string());
    }
    super::super::print_bytes(overview.describe().as_bytes())
}
