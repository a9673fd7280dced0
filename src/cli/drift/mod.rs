//! `aludel drift`: the statistic on two tables, the detector on the store or on a labelled series, and why.

mod calibrate;
mod counts;
mod explain;
mod history;
pub(super) mod read;
mod score;
mod show;

use std::process::ExitCode;

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Find, by simulation, the level above which a window is outside
    Calibrate(calibrate::Args),
    /// Count the rows of each window by source, content level and topic
    Counts(counts::Args),
    /// Say which topics and words moved between the reference and a window, and whether texts moved inside the topics
    Explain(explain::Args),
    /// Every decision of the detector, a window a line
    History(history::Args),
    /// Compare the topic mix of two CSV files; the verdict is in the report, not in the exit code
    Score(score::Args),
    /// The mix month by month, the state, and when it was drift
    Show(show::Args),
}

/// # Errors
/// Whatever stopped the command.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    match &args.command {
        Command::Calibrate(args) => calibrate::run(args),
        Command::Counts(args) => counts::run(args),
        Command::Explain(args) => explain::run(args),
        Command::History(args) => history::run(args),
        Command::Score(args) => score::run(args),
        Command::Show(args) => show::run(args),
    }
}
