//! `aludel eval`: how good a model is on a set of questions.

use std::path::PathBuf;
use std::process::ExitCode;

use crate::cli::settings::Settings;

/// Score a model on a set of questions, or on a benchmark
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Questions
    questions: PathBuf,
    #[command(flatten)]
    settings: Settings,
}

/// # Errors
/// x
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let _ = args;
    Ok(ExitCode::SUCCESS)
}
