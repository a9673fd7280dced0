//! `aludel drift explain`: why a window differs from the reference.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, bail};

use crate::drift::explanation::{Days, Wish};
use crate::drift::page;

use super::read::{self, Texts, parse_days};

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    rows: read::RowArgs,
    #[command(flatten)]
    detector: read::DetectorArgs,
    /// The window to explain, FROM..TO [default: the last one that was drift, else the last one]
    #[arg(long, value_name = "FROM..TO", value_parser = parse_days)]
    window: Option<Days>,
    /// Terms each way
    #[arg(long, default_value_t = 15)]
    terms: usize,
    /// Permutations of the texts, for the test of movement inside the topics
    #[arg(long, default_value_t = 999, value_parser = clap::value_parser!(u32).range(19..=100_000))]
    permutations: u32,
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
    let mut overview = args.rows.overview(config)?;
    let Some(chosen) = overview.chosen(args.window) else {
        bail!("there is no reference yet, so there is nothing to explain");
    };
    overview.table = args.rows.read(Texts::Of(&[chosen.0, chosen.1]))?;
    overview.explain(chosen, &Wish { terms: args.terms, permutations: args.permutations, seed: overview.config.seed });
    if let Some(path) = &args.report {
        std::fs::write(path, page::page(&overview)).with_context(|| format!("can not write {}", path.display()))?;
    }
    let Some(explanation) = &overview.explanation else {
        bail!("no labelled row between {} and {}", chosen.1.0, chosen.1.1);
    };
    if args.json {
        return super::super::print_line(serde_json::to_string(explanation)?);
    }
    super::super::print_bytes(explanation.describe().as_bytes())
}
