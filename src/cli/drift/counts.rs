//! `aludel drift counts`: how many rows each window has, by source, content level and topic.

use std::fmt::Write as _;
use std::process::ExitCode;

use crate::drift::series::LevelCounts;

use super::read::{self, Texts};

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    rows: read::RowArgs,
    /// The 28 days that end with each week, instead of the week
    #[arg(long)]
    trailing: bool,
    /// One JSON object for each window, source and content level
    #[arg(long)]
    json: bool,
}

/// # Errors
/// Rows that can not be read.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let series = args.rows.read(Texts::None)?.series;
    let windows = if args.trailing { series.trailing_28_days() } else { series.weeks() };
    let mut text = String::new();
    if !args.json {
        text.push_str("window                    source      level      n      no label  unknown  largest topics\n");
    }
    for counts in windows.iter().flat_map(|window| series.by_level(window.from, window.to)) {
        if args.json {
            text.push_str(&(serde_json::to_string(&counts)? + "\n"));
        } else {
            line(&mut text, &counts);
        }
    }
    super::super::print_bytes(text.as_bytes())
}

fn line(text: &mut String, counts: &LevelCounts) {
    let mut topics: Vec<(&String, &u64)> = counts.topics.iter().collect();
    topics.sort_by(|a, b| b.1.cmp(a.1).then(a.0.cmp(b.0)));
    let topics: Vec<String> = topics.into_iter().take(4).map(|(topic, n)| format!("{topic} {n}")).collect();
    // Writing to a String can not fail.
    let _ = writeln!(
        text,
        "{} to {}  {:<10}  {:<9}  {:<6} {:<9} {:<8} {}",
        counts.from,
        counts.to,
        counts.source,
        counts.level.unwrap_or("-"),
        counts.n,
        counts.unlabelled,
        counts.unknown,
        topics.join(", ")
    );
}
