//! The drift report as HTML with its charts inside.

use std::fmt::Write as _;

use super::decision::Measured;
use super::explanation::{Explanation, listed};
use super::overview::{Overview, moved_in, moved_words};
use super::plot::{Line, Mark, chart, escape};

/// Topics drawn.
const MOST_LINES: usize = 8;
/// Weeks listed, the newest first.
const MOST_WEEKS: usize = 60;

const HEAD: &str = "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Topic drift</title><style>\
     body{font:15px/1.5 sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem}\
     table{border-collapse:collapse}td,th{padding:.15rem .7rem;text-align:left;border-bottom:1px solid #ddd}\
     td.number{text-align:right}svg{max-width:100%}</style></head><body>\n";

/// One page that needs nothing else.
pub fn page(overview: &Overview) -> String {
    format!("{HEAD}{}</body></html>\n", content(overview))
}

/// The page without its frame: distance with its band, shares over time, decisions and months; the explanation when there is one. What it
/// quotes is escaped.
pub fn content(overview: &Overview) -> String {
    let table = &overview.table;
    let mut html = format!(
        "<h1>Topic drift</h1>\n<p>State: <b>{}</b>. {} rows, {} topics; {} without a label, {} with an unknown one, {} without a date.</p>\n",
        overview.state().map_or("no reference yet", |state| state.as_str()),
        table.n_rows,
        overview.topics.len(),
        table.n_unlabelled(),
        table.unknown_labels.values().sum::<u64>(),
        table.n_undated
    );
    if overview.decisions.is_empty() {
        html.push_str(&format!("<p>{}</p>\n", escape(&overview.too_little())));
    }
    html.push_str(&distances(overview));
    html.push_str(&shares(overview));
    if let Some(explanation) = &overview.explanation {
        explain(&mut html, explanation);
    }
    html.push_str("<h2>Drift</h2><div class=scroll><table><tr><th>Window</th><th>n</th><th>Reference</th><th>n</th><th>Distance</th><th>Band</th><th>Moved</th></tr>\n");
    for decision in overview.refreshes() {
        let (distance, upper) = decision.measured.as_ref().map_or((0.0, 0.0), |m| (m.distance, m.upper));
        // Writing to a String can not fail, here and below.
        let _ = writeln!(
            html,
            "<tr><td>{} to {}</td>{}<td>{} to {}</td>{}{}{}<td>{}</td></tr>",
            decision.from,
            decision.to,
            number(decision.n_current),
            decision.reference_from,
            decision.reference_to,
            number(decision.n_reference),
            number(format!("{distance:.4}")),
            number(format!("{upper:.4}")),
            escape(&moved_words(&decision.moved, 8).join(", "))
        );
    }
    html.push_str("</table></div><h2>Weeks</h2><div class=scroll><table><tr><th>Window</th><th>n</th><th>Distance</th><th>Band</th><th>Score</th><th>State</th><th>Reason</th></tr>\n");
    for decision in overview.decisions.iter().rev().take(MOST_WEEKS) {
        let numbers = decision.measured.as_ref().map_or("<td colspan=3>not judged</td>".to_owned(), |m| {
            [m.distance, m.upper, m.score].map(|value| number(format!("{value:.4}"))).concat()
        });
        let _ = writeln!(
            html,
            "<tr><td>{} to {}</td>{}{numbers}<td>{}</td><td>{}</td></tr>",
            decision.from,
            decision.to,
            number(decision.n_current),
            decision.state.as_str(),
            decision.reason.as_str()
        );
    }
    html.push_str("</table></div><h2>Months</h2><div class=scroll><table><tr><th>Month</th><th>n</th><th>No label</th><th>Distance</th><th>Corrected</th><th>Band</th><th>PSI</th><th>Moved</th></tr>\n");
    for month in overview.used_months() {
        let numbers = month.comparison.as_ref().map_or("<td colspan=4>too few rows</td>".to_owned(), |c| {
            [c.distance, c.corrected, c.upper, c.psi].map(|value| number(format!("{value:.4}"))).concat()
        });
        let _ = writeln!(
            html,
            "<tr><td>{}</td>{}{}{numbers}<td>{}</td></tr>",
            month.from.format("%Y-%m"),
            number(month.n),
            number(month.n_unlabelled),
            escape(&moved_in(month, 5))
        );
    }
    html.push_str("</table></div>\n");
    html
}

fn number(value: impl std::fmt::Display) -> String {
    format!("<td class=number>{value}</td>")
}

fn distances(overview: &Overview) -> String {
    let dates: Vec<_> = overview.decisions.iter().map(|decision| decision.to).collect();
    let line = |name: &str, is_band, of: fn(&Measured) -> f64| Line {
        name: name.to_owned(),
        values: overview.decisions.iter().map(|decision| decision.measured.as_ref().map(of)).collect(),
        is_band,
    };
    let level = format!("band ({} % of chance)", 100.0 * overview.config.band_level);
    let marks: Vec<Mark> =
        overview.refreshes().map(|decision| Mark { date: decision.to, name: "drift".to_owned() }).collect();
    let lines = [
        line(&level, true, |m| m.upper),
        line("distance, 28 days", false, |m| m.distance),
        line("corrected", false, |m| m.corrected),
    ];
    chart("Jensen-Shannon distance from the reference", &dates, &lines, &marks)
}

fn shares(overview: &Overview) -> String {
    let windows = overview.table.series.months();
    let dates: Vec<_> = windows.iter().map(|window| window.from).collect();
    let pooled: Vec<_> = windows.iter().map(|window| window.pooled()).collect();
    let totals: Vec<u64> = (0..overview.topics.len())
        .map(|k| pooled.iter().map(|counts| counts.topics.get(k).copied().unwrap_or(0)).sum())
        .collect();
    let mut order: Vec<usize> = (0..totals.len()).collect();
    order.sort_by_key(|k| std::cmp::Reverse(totals[*k]));
    let lines: Vec<Line> = order
        .into_iter()
        .take(MOST_LINES)
        .map(|k| Line {
            name: overview.topics[k].clone(),
            values: pooled
                .iter()
                .map(|counts| {
                    let n = counts.n_labelled();
                    (n >= 20).then(|| counts.topics.get(k).copied().unwrap_or(0) as f64 / n as f64)
                })
                .collect(),
            is_band: false,
        })
        .collect();
    chart("Shares of the largest topics, by month", &dates, &lines, &[])
}

fn explain(html: &mut String, explanation: &Explanation) {
    let _ = writeln!(
        html,
        "<h2>{}</h2><div class=scroll><table><tr><th>Topic</th><th>From</th><th>To</th><th>Difference (95 %)</th><th>q</th></tr>",
        escape(&explanation.heading())
    );
    let percent = |share: f64, n: u64| number(format!("{:.1} % ({n})", 100.0 * share));
    for change in explanation.main_changes() {
        let difference = &change.difference;
        let _ = writeln!(
            html,
            "<tr><td>{}</td>{}{}{}{}</tr>",
            escape(&change.topic),
            percent(change.from.value, change.n_reference),
            percent(change.to.value, change.n_current),
            number(format!(
                "{:+.1} ({:+.1} to {:+.1})",
                100.0 * difference.value,
                100.0 * difference.low,
                100.0 * difference.high
            )),
            number(format!("{:.2e}", change.q_value))
        );
    }
    html.push_str("</table></div>\n");
    if let Some(words) = &explanation.words {
        let (new, old) = (words.n_current, words.n_reference);
        let _ = writeln!(
            html,
            "<p><b>Rising</b> ({new} texts against {old}): {}</p><p><b>Falling</b>: {}</p><ul>",
            escape(&listed(&words.rising)),
            escape(&listed(&words.falling))
        );
        for example in &words.examples {
            let _ = writeln!(html, "<li>{} <small>{}</small></li>", escape(&example.title), escape(&example.id));
        }
        html.push_str("</ul>\n");
    }
    if let Some(sentence) = explanation.inside_topics_in_words() {
        let _ = writeln!(html, "<p>{}</p>", escape(&sentence));
    }
}
