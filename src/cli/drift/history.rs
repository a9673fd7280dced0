//! `aludel drift history`: week by week for an audit.

use std::fmt::Write as _;
use std::process::ExitCode;

use super::read;

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    rows: read::RowArgs,
    #[command(flatten)]
    detector: read::DetectorArgs,
    /// What the service decided at the time, instead of what the rows say now; with --as-of, what it held then
    #[arg(long, conflicts_with = "series")]
    recorded: bool,
    /// One JSON object a window, with every number the decision used
    #[arg(long)]
    json: bool,
}

/// # Errors
/// Rows that can not be read, settings out of range.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    if args.recorded {
        return recorded(args);
    }
    let config = args.detector.config(&args.rows)?;
    let overview = args.rows.overview(config)?;
    let mut text = String::new();
    if !args.json {
        text.push_str("window                    n      distance  corrected  band    score  state     reason\n");
    }
    for decision in &overview.decisions {
        if args.json {
            text.push_str(&(serde_json::to_string(decision)? + "\n"));
            continue;
        }
        let numbers = decision.measured.as_ref().map_or(format!("{:<36}", "-"), |measured| {
            format!(
                "{:<9.4} {:<10.4} {:<7.4} {:<6.3}",
                measured.distance, measured.corrected, measured.upper, measured.score
            )
        });
        // Writing to a String can not fail.
        let _ = writeln!(
            text,
            "{} to {}  {:<6} {numbers}  {:<8}  {}",
            decision.from,
            decision.to,
            decision.n_current,
            decision.state.as_str(),
            decision.reason.as_str()
        );
    }
    if overview.decisions.is_empty() && !args.json {
        text.push_str(&overview.too_little());
    }
    super::super::print_bytes(text.as_bytes())
}

fn recorded(args: &Args) -> anyhow::Result<ExitCode> {
    let store = args.rows.store()?;
    let mut text = String::new();
    for kept in store.read()?.drift_decisions(args.rows.as_of_end())? {
        if args.json {
            text.push_str(&(serde_json::to_string(&kept)? + "\n"));
        } else {
            // Writing to a String can not fail.
            let _ = writeln!(
                text,
                "window to {}  {:<8}  {:<15}  decided {}",
                kept.window_to,
                kept.state,
                kept.reason,
                kept.decided_at.format("%Y-%m-%d %H:%M")
            );
        }
    }
    super::super::print_bytes(text.as_bytes())
}
