//! `aludel drift explain`: why a window differs from the reference.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, bail};
use chrono::NaiveDate;
use serde_json::json;

use crate::drift::explain::{Change, Paper, Words, changes, words};

use super::page::{self, Explained};
use super::read::{self, Row, parse_days};
use super::show::Overview;

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    rows: read::RowArgs,
    #[command(flatten)]
    detector: read::DetectorArgs,
    /// The window to explain, FROM..TO [default: the last one that was drift, else the last one]
    #[arg(long, value_name = "FROM..TO", value_parser = parse_days)]
    window: Option<(NaiveDate, NaiveDate)>,
    /// Terms each way
    #[arg(long, default_value_t = 15)]
    terms: usize,
    /// Write a page with charts here
    #[arg(long, value_name = "FILE.html")]
    report: Option<PathBuf>,
    /// One JSON object on standard output
    #[arg(long)]
    json: bool,
}

/// # Errors
/// Rows that can not be read; no reference, or an empty window.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let config = args.detector.config(&args.rows)?;
    let overview = Overview::of(args.rows.read(true)?, config)?;
    let chosen = overview.refreshes().last().or(overview.decisions.last());
    let Some(chosen) = chosen else { bail!("there is no reference yet, so there is nothing to explain") };
    let reference = (chosen.reference_from, chosen.reference_to);
    let window = args.window.unwrap_or((chosen.from, chosen.to));
    let series = &overview.table.series;
    let (old, new) = (series.window(reference.0, reference.1).pooled(), series.window(window.0, window.1).pooled());
    if new.n_labelled() == 0 {
        bail!("no labelled row between {} and {}", window.0, window.1);
    }
    let changes = changes(&overview.topics, &old.topics, &new.topics);
    let papers = |days: (NaiveDate, NaiveDate)| -> Vec<Paper<'_>> {
        let within = overview.table.rows.iter().filter(|row| (days.0..=days.1).contains(&row.date));
        within.map(|row: &Row| Paper { id: &row.id, title: &row.title, text: &row.text }).collect()
    };
    let has_text = overview.table.rows.iter().any(|row| !row.text.trim_matches([' ', '.']).is_empty());
    let words = has_text.then(|| words(&papers(reference), &papers(window), args.terms));
    let heading = format!("{} to {} against {} to {}", window.0, window.1, reference.0, reference.1);
    if let Some(path) = &args.report {
        let explained = Explained { heading: heading.clone(), changes: &changes, words: words.as_ref() };
        std::fs::write(path, page::render(&overview, Some(&explained)))
            .with_context(|| format!("can not write {}", path.display()))?;
    }
    if args.json {
        let object = json!({
            "reference": { "from": reference.0, "to": reference.1, "n": old.n_labelled() },
            "window": { "from": window.0, "to": window.1, "n": new.n_labelled() },
            "changes": changes,
            "words": words,
        });
        return super::super::print_line(object.to_string());
    }
    super::super::print_bytes(describe(&heading, &changes, words.as_ref()).as_bytes())
}

fn describe(heading: &str, changes: &[Change], words: Option<&Words>) -> String {
    let mut text = format!(
        "{heading}\n\ntopic                                   from              to     difference (95 %)          q\n"
    );
    for change in changes.iter().take(15) {
        // Writing to a String can not fail, here and below.
        let _ = writeln!(
            text,
            "{:<34} {:>5.1} % ({:>4})  {:>5.1} % ({:>4})  {:>+5.1} ({:+.1} to {:+.1})  {:.1e}",
            change.topic,
            100.0 * change.from.value,
            change.n_reference,
            100.0 * change.to.value,
            change.n_current,
            100.0 * change.difference.value,
            100.0 * change.difference.low,
            100.0 * change.difference.high,
            change.q_value
        );
    }
    match words {
        None => text.push_str("\nno texts: the table has no title, keywords or abstract\n"),
        Some(words) => {
            let list = |terms: &[crate::drift::terms::Term]| {
                terms.iter().map(|term| format!("{} ({:+.1})", term.term, term.z)).collect::<Vec<_>>().join(", ")
            };
            let _ = writeln!(
                text,
                "\nrising   ({} texts against {}): {}",
                words.n_current,
                words.n_reference,
                list(&words.rising)
            );
            let _ = writeln!(text, "falling  {}", list(&words.falling));
            for example in &words.examples {
                let _ = writeln!(text, "  {}  {}", example.id, example.title);
            }
        }
    }
    text
}
