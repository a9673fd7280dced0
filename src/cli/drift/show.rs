//! `aludel drift show` and `history`: month by month for a person, week by week for an audit.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use serde_json::{Value, json};

use crate::drift::detector::Config;
use crate::drift::monthly::{Month, months};
use crate::drift::{Decision, Names, Reason, detect};
use crate::model::status::DriftState;

use super::page;
use super::read::{self, Table};

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

#[derive(Debug, clap::Args)]
pub struct HistoryArgs {
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

/// A table and what the detector says of it.
pub struct Overview {
    pub table: Table,
    pub config: Config,
    pub topics: Vec<String>,
    pub decisions: Vec<Decision>,
    pub months: Vec<Month>,
}

impl Overview {
    pub fn of(table: Table, config: Config) -> anyhow::Result<Self> {
        let (topics, sources) = (table.series.topics(), table.series.sources());
        let decisions = detect(&table.series.weeks(), Names { topics: &topics, sources: &sources }, &config)?;
        let months = match decisions.first() {
            Some(first) => months(&table.series, (first.reference_from, first.reference_to), &config),
            None => Vec::new(),
        };
        Ok(Overview { table, config, topics, decisions, months })
    }

    pub fn state(&self) -> Option<DriftState> {
        self.decisions.last().map(|decision| decision.state)
    }

    pub fn refreshes(&self) -> impl Iterator<Item = &Decision> {
        self.decisions.iter().filter(|decision| decision.refresh)
    }

    pub fn to_json(&self) -> Value {
        let table = &self.table;
        let first = self.decisions.first();
        let mut reasons: BTreeMap<Reason, u64> = BTreeMap::new();
        self.decisions.iter().for_each(|decision| *reasons.entry(decision.reason).or_default() += 1);
        json!({
            "state": self.state(),
            "rows": table.n_rows,
            "undated": table.n_undated,
            "dated_to_the_month": table.n_by_month,
            "unlabelled": table.n_unlabelled(),
            "unknown_labels": table.unknown_labels,
            "past_labels": table.past_labels,
            "topics": self.topics.len(),
            "reference": first.map(|d| json!({ "from": d.reference_from, "to": d.reference_to, "n": d.n_reference })),
            "windows": self.decisions.len(),
            "reasons": reasons.iter().map(|(reason, n)| json!({ "reason": reason, "windows": n })).collect::<Vec<_>>(),
            "refreshes": self.refreshes().collect::<Vec<_>>(),
            "latest": self.decisions.last(),
            "months": self.months,
        })
    }
}

/// # Errors
/// Rows that can not be read, settings out of range.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let config = args.detector.config(&args.rows)?;
    let overview = Overview::of(args.rows.read(false)?, config)?;
    if let Some(path) = &args.report {
        let page = page::render(&overview, None);
        std::fs::write(path, page).with_context(|| format!("can not write {}", path.display()))?;
    }
    if args.json {
        return super::super::print_line(overview.to_json().to_string());
    }
    super::super::print_bytes(describe(&overview).as_bytes())
}

/// # Errors
/// As [`run`].
pub fn history(args: &HistoryArgs) -> anyhow::Result<ExitCode> {
    if args.recorded {
        return recorded(args);
    }
    let config = args.detector.config(&args.rows)?;
    let overview = Overview::of(args.rows.read(false)?, config)?;
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
    if overview.decisions.is_empty() {
        text.push_str(&too_little(&overview));
    }
    super::super::print_bytes(text.as_bytes())
}

fn recorded(args: &HistoryArgs) -> anyhow::Result<ExitCode> {
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

fn too_little(overview: &Overview) -> String {
    format!(
        "no reference yet: it takes {} full weeks with at least {} labelled rows; there are {} rows\n",
        overview.config.reference_weeks, overview.config.minimum_reference, overview.table.n_rows
    )
}

fn describe(overview: &Overview) -> String {
    let table = &overview.table;
    let mut text = format!(
        "{} rows, {} topics; {} without a label, {} with an unknown one, {} without a date\n",
        table.n_rows,
        overview.topics.len(),
        table.n_unlabelled(),
        table.unknown_labels.values().sum::<u64>(),
        table.n_undated,
    );
    for (label, n) in table.unknown_labels.iter().take(10) {
        // Writing to a String can not fail, here and below.
        let _ = writeln!(text, "  unknown label {label:?}: {n} rows");
    }
    for (label, n) in &table.past_labels {
        let _ = writeln!(text, "  label {label:?} used after its end: {n} rows");
    }
    let Some(first) = overview.decisions.first() else { return text + &too_little(overview) };
    let _ =
        writeln!(text, "reference {} to {}: {} rows\n", first.reference_from, first.reference_to, first.n_reference);
    text.push_str("month      n     no label  distance  corrected  band    psi     moved\n");
    for month in overview.months.iter().filter(|month| month.n + month.n_unlabelled + month.n_unknown > 0) {
        let numbers = match &month.comparison {
            None => format!("{:<35}", "too few rows"),
            Some(c) => format!("{:<9.4} {:<10.4} {:<7.4} {:<6.3}", c.distance, c.corrected, c.upper, c.psi),
        };
        let mut moved: Vec<String> = month.moved.iter().take(4).map(moved_word).collect();
        moved.extend(month.arrived.iter().map(|topic| format!("{topic} arrived")));
        let _ = writeln!(
            text,
            "{}  {:<6} {:<8} {numbers}  {}",
            month.from.format("%Y-%m"),
            month.n,
            month.n_unlabelled,
            moved.join(", ")
        );
    }
    text.push('\n');
    for decision in overview.refreshes() {
        let moved: Vec<String> = decision.moved.iter().take(6).map(moved_word).collect();
        let measured = decision.measured.as_ref();
        let _ = writeln!(
            text,
            "drift on {}: distance {:.3} (band {:.3}), n {} against {}: {}",
            decision.to,
            measured.map_or(0.0, |m| m.distance),
            measured.map_or(0.0, |m| m.upper),
            decision.n_current,
            decision.n_reference,
            moved.join(", ")
        );
    }
    let last = overview.decisions.last();
    let _ = writeln!(
        text,
        "state {} after {} windows (last: {})",
        overview.state().map_or("unknown", DriftState::as_str),
        overview.decisions.len(),
        last.map_or("none", |decision| decision.reason.as_str()),
    );
    text
}

pub fn moved_word(moved: &crate::drift::moved::Moved) -> String {
    format!("{} {:.1} -> {:.1} %", moved.topic, 100.0 * moved.from, 100.0 * moved.to)
}
