//! `aludel search`: questions and passages, with evidence.

use std::io::IsTerminal;
use std::process::ExitCode;

use anyhow::Context;

use super::settings::Settings;
use crate::index::{Filter, Hit, Index, Query, Results, Sort};

/// Search accepted questions and passages.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Words, "phrases", AND OR NOT, field:value (title question answer evidence text doi pmid topic journal), word*
    #[arg(value_name = "QUERY", required = true, num_args = 1.., allow_hyphen_values = false)]
    query: Vec<String>,
    /// Narrow by field:value, as in tier:grounded or first_public:[2024-01-01 TO 2024-12-31]; the same field twice
    /// means either
    #[arg(long = "where", value_name = "FILTER")]
    filters: Vec<Filter>,
    #[arg(long, value_enum, default_value_t = Sort::Relevance)]
    sort: Sort,
    /// Hits to show, at most 100
    #[arg(long, default_value_t = 10)]
    limit: usize,
    /// Hits to skip, at most 10000
    #[arg(long, default_value_t = 0)]
    offset: usize,
    #[command(flatten)]
    settings: Settings,
    /// One JSON object instead of text
    #[arg(long)]
    json: bool,
}

/// Searches and prints a page of hits; exit code 0 also when nothing is found.
///
/// # Errors
/// When there is no index in the data directory, or it is not readable.
pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    let index = Index::open_existing(&args.settings.data_dir()?.index()).context("opening the search index")?;
    let query = Query {
        text: args.query.join(" "),
        filters: args.filters,
        sort: args.sort,
        offset: args.offset,
        limit: args.limit,
        facets: true,
    };
    let results = index.search(&query).context("searching")?;
    if args.json {
        let mut line = serde_json::to_string(&results)?;
        line.push('\n');
        return super::print_bytes(line.as_bytes());
    }
    for notice in &results.notices {
        eprintln!("note: {notice}");
    }
    super::print_bytes(shown(&results, args.offset, std::io::stdout().is_terminal()).as_bytes())
}

fn shown(results: &Results, offset: usize, colours: bool) -> String {
    let mut text = String::new();
    for (place, hit) in results.hits.iter().enumerate() {
        text.push_str(&one(hit, offset + place + 1, colours));
        text.push('\n');
    }
    text.push_str(&format!("{} hits, {:.1} ms\n", results.total, results.took_ms));
    text
}

fn one(hit: &Hit, number: usize, colours: bool) -> String {
    let mut text = String::new();
    match (&hit.question, &hit.answer) {
        (Some(question), Some(answer)) => {
            text.push_str(&format!("{number}. {question}\n   answer: {answer}\n"));
        }
        _ => text.push_str(&format!("{number}. (passage, {})\n", hit.section)),
    }
    text.push_str("   ");
    if hit.snippet.cut.0 {
        text.push('…');
    }
    for (piece, is_hit) in hit.snippet.pieces() {
        let clean: String = piece.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        match is_hit && colours {
            true => text.push_str(&format!("\x1b[1m{clean}\x1b[0m")),
            false => text.push_str(&clean),
        }
    }
    if hit.snippet.cut.1 {
        text.push('…');
    }
    text.push('\n');
    let day = hit.first_public.map(|day| format!(", {day}")).unwrap_or_default();
    let name = hit.doi.clone().or_else(|| hit.pmid.map(|pmid| format!("pmid:{pmid}"))).unwrap_or_default();
    text.push_str(&format!("   {}{day}  {name}\n   {} {}\n", hit.title, hit.tier.unwrap_or("passage"), hit.id));
    text
}
