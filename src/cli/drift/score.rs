//! `aludel drift score`: two labelled tables in, the statistics and the verdict out.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};

use crate::drift::{Config, Mix, Report, Verdict, score};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// The reference: a CSV with columns topic,count, or a column topic and one row a document
    #[arg(long, value_name = "A.csv")]
    reference: PathBuf,
    /// The window that is compared with it, in either form
    #[arg(long, value_name = "B.csv")]
    current: PathBuf,
    /// Share of chance distances inside the band
    #[arg(long, default_value_t = Config::default().band_level)]
    level: f64,
    /// Bootstrap draws
    #[arg(long, default_value_t = Config::default().draws)]
    draws: u32,
    /// Seed of the draws
    #[arg(long, default_value_t = Config::default().seed)]
    seed: u64,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// # Errors
/// A file that is no table of the form, or an empty one.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let mix = Mix::join(&histogram(&args.reference)?, &histogram(&args.current)?);
    let config = Config { band_level: args.level, draws: args.draws, seed: args.seed, ..Config::default() };
    let report = score(&mix, &config)?;
    let text = if args.json { serde_json::to_string(&report)? + "\n" } else { describe(&report) };
    super::super::print_bytes(text.as_bytes())
}

/// Rows per topic. A blank topic is a missing label, not a topic: such rows are left out.
fn histogram(path: &Path) -> anyhow::Result<BTreeMap<String, u64>> {
    let mut reader = csv::Reader::from_path(path).with_context(|| format!("can not read {}", path.display()))?;
    let headers = reader.headers().with_context(|| format!("{}: no header line", path.display()))?.clone();
    let column = |name: &str| headers.iter().position(|header| header.trim_start_matches('\u{feff}').trim() == name);
    let Some(topic_column) = column("topic") else {
        bail!("{}: no column `topic`; the header is {:?}", path.display(), headers.iter().collect::<Vec<_>>());
    };
    let count_column = column("count");
    let mut counts = BTreeMap::new();
    for (row, record) in reader.records().enumerate() {
        let record = record.with_context(|| format!("{}, row {}", path.display(), row + 1))?;
        let topic = record.get(topic_column).unwrap_or_default().trim();
        let count = match count_column.and_then(|column| record.get(column)) {
            None => 1,
            Some(text) => text.trim().parse::<u64>().with_context(|| {
                format!("{}, row {}: count is {text:?}, expected a whole number", path.display(), row + 1)
            })?,
        };
        if !topic.is_empty() {
            let total: &mut u64 = counts.entry(topic.to_owned()).or_default();
            *total = total.checked_add(count).with_context(|| format!("{}: too many rows", path.display()))?;
        }
    }
    Ok(counts)
}

fn describe(report: &Report) -> String {
    let verdict = match report.verdict {
        Verdict::InsideBand => "inside the band: chance explains it",
        Verdict::OutsideBand => "outside the band: the mix has moved",
    };
    let statistic = &report.statistic;
    let mut text = format!(
        "{verdict}\n\
         Jensen-Shannon distance  {:.4} (corrected {:.4}); band up to {:.4} at level {}, p = {:.4}\n\
         PSI {:.4}   total variation {:.4}   G {:.1} (p = {:.2e})\n\
         {} reference rows, {} current rows, {} topics\n",
        statistic.jensen_shannon,
        statistic.jensen_shannon_corrected,
        report.band.upper,
        report.band.level,
        report.p_value,
        statistic.psi,
        statistic.total_variation,
        statistic.g,
        statistic.g_p_value,
        report.n_reference,
        report.n_current,
        report.topics,
    );
    for moved in &report.moved {
        // Writing to a String can not fail.
        let _ = writeln!(
            text,
            "  {}  {:.1} % -> {:.1} %  (q = {:.2e})",
            moved.topic,
            100.0 * moved.from,
            100.0 * moved.to,
            moved.q_value
        );
    }
    text
}
