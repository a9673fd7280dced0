//! The drift report as one HTML page with its charts inside.

use std::fmt::Write as _;

use crate::drift::explain::{Change, Words};
use crate::drift::plot::{Line, Mark, chart, escape};

use super::show::{Overview, moved_word};

/// Topics drawn.
const MOST_LINES: usize = 8;

/// The explanation of one window, for the page.
pub struct Explained<'a> {
    pub heading: String,
    pub changes: &'a [Change],
    pub words: Option<&'a Words>,
}

/// Distance with its band, shares over time, decisions and months; the explanation when there is one.
pub fn render(overview: &Overview, explained: Option<&Explained<'_>>) -> String {
    let mut html = String::from(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Topic drift</title><style>\
         body{font:15px/1.5 sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem}\
         table{border-collapse:collapse}td,th{padding:.15rem .7rem;text-align:left;border-bottom:1px solid #ddd}\
         td.n{text-align:right}svg{max-width:100%}</style></head><body><h1>Topic drift</h1>\n",
    );
    let table = &overview.table;
    // Writing to a String can not fail, here and below.
    let _ = writeln!(
        html,
        "<p>State: <b>{}</b>. {} rows, {} topics; {} without a label, {} with an unknown one, {} without a date.</p>",
        overview.state().map_or("no reference yet", |state| state.as_str()),
        table.n_rows,
        overview.topics.len(),
        table.n_unlabelled(),
        table.unknown_labels.values().sum::<u64>(),
        table.n_undated
    );
    html.push_str(&distances(overview));
    html.push_str(&shares(overview));
    if let Some(explained) = explained {
        explain(&mut html, explained);
    }
    html.push_str("<h2>Drift</h2><table><tr><th>Window</th><th>n</th><th>Reference</th><th>n</th><th>Distance</th><th>Band</th><th>Moved</th></tr>\n");
    for decision in overview.refreshes() {
        let moved: Vec<String> = decision.moved.iter().take(8).map(moved_word).collect();
        let (distance, upper) = decision.measured.as_ref().map_or((0.0, 0.0), |m| (m.distance, m.upper));
        let _ = writeln!(
            html,
            "<tr><td>{} to {}</td><td class=n>{}</td><td>{} to {}</td><td class=n>{}</td><td class=n>{distance:.4}</td><td class=n>{upper:.4}</td><td>{}</td></tr>",
            decision.from,
            decision.to,
            decision.n_current,
            decision.reference_from,
            decision.reference_to,
            decision.n_reference,
            escape(&moved.join(", "))
        );
    }
    html.push_str("</table><h2>Months</h2><table><tr><th>Month</th><th>n</th><th>No label</th><th>Distance</th><th>Corrected</th><th>Band</th><th>PSI</th><th>Moved</th></tr>\n");
    for month in overview.months.iter().filter(|month| month.n + month.n_unlabelled + month.n_unknown > 0) {
        let numbers = month.comparison.as_ref().map_or("<td colspan=4>too few rows</td>".to_owned(), |c| {
            format!(
                "<td class=n>{:.4}</td><td class=n>{:.4}</td><td class=n>{:.4}</td><td class=n>{:.3}</td>",
                c.distance, c.corrected, c.upper, c.psi
            )
        });
        let mut moved: Vec<String> = month.moved.iter().take(5).map(moved_word).collect();
        moved.extend(month.arrived.iter().map(|topic| format!("{topic} arrived")));
        let _ = writeln!(
            html,
            "<tr><td>{}</td><td class=n>{}</td><td class=n>{}</td>{numbers}<td>{}</td></tr>",
            month.from.format("%Y-%m"),
            month.n,
            month.n_unlabelled,
            escape(&moved.join(", "))
        );
    }
    html.push_str("</table></body></html>\n");
    html
}

fn distances(overview: &Overview) -> String {
    let dates: Vec<_> = overview.decisions.iter().map(|decision| decision.to).collect();
    let line = |name: &str, is_band, of: fn(&crate::drift::decision::Measured) -> f64| Line {
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

fn explain(html: &mut String, explained: &Explained<'_>) {
    let _ = writeln!(
        html,
        "<h2>{}</h2><table><tr><th>Topic</th><th>From</th><th>To</th><th>Difference (95 %)</th><th>q</th></tr>",
        escape(&explained.heading)
    );
    for change in explained.changes.iter().take(15) {
        let _ = writeln!(
            html,
            "<tr><td>{}</td><td class=n>{:.1} % ({})</td><td class=n>{:.1} % ({})</td><td class=n>{:+.1} ({:+.1} to {:+.1})</td><td class=n>{:.2e}</td></tr>",
            escape(&change.topic),
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
    html.push_str("</table>\n");
    if let Some(words) = explained.words {
        let list = |terms: &[crate::drift::terms::Term]| {
            terms.iter().map(|term| escape(&format!("{} ({:+.1})", term.term, term.z))).collect::<Vec<_>>().join(", ")
        };
        let _ = writeln!(
            html,
            "<p><b>Rising</b> ({} texts against {}): {}</p><p><b>Falling</b>: {}</p><ul>",
            words.n_current,
            words.n_reference,
            list(&words.rising),
            list(&words.falling)
        );
        for example in &words.examples {
            let _ = writeln!(html, "<li>{} <small>{}</small></li>", escape(&example.title), escape(&example.id));
        }
        html.push_str("</ul>\n");
    }
}
