//! The differences of a release from the one before, for people (`CHANGES.md`) and for programs (`changes.jsonl`).

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::Version;
use super::diff::{Change, Diff, Kind};

/// Rows named in the text, of each kind.
const MOST_NAMED: usize = 50;

/// `changes.jsonl`: one object a row that differs.
pub fn lines(diff: &Diff) -> Vec<u8> {
    let mut bytes = Vec::new();
    for change in &diff.changes {
        // Proof: a change is made of strings.
        bytes.extend(serde_json::to_vec(change).unwrap_or_default());
        bytes.push(b'\n');
    }
    bytes
}

/// `CHANGES.md`. `from`: `None` for the first release; `diff`: `None` when the release before was not there to compare with.
pub fn text(name: &str, from: Option<Version>, to: Version, n_rows: u64, diff: Option<&Diff>) -> String {
    let mut text = format!("# {name} {to}\n\n");
    let (from, diff) = match (from, diff) {
        (Some(from), Some(diff)) => (from, diff),
        (Some(from), None) => {
            let _ = writeln!(
                text,
                "{n_rows} questions. {from} was no longer there to compare with: what changed since is not listed."
            );
            return text;
        }
        (None, _) => {
            let _ = writeln!(text, "The first release: {n_rows} questions.");
            return text;
        }
    };
    let _ = writeln!(text, "Changes since {from}, row by row in `changes.jsonl`.\n\n{}", summary(diff));
    for kind in Kind::ALL {
        let of_kind: Vec<&Change> = diff.changes.iter().filter(|change| change.change == kind).collect();
        if of_kind.is_empty() {
            continue;
        }
        let _ = writeln!(text, "\n## {}\n\n{}\n", title(kind), meaning(kind));
        for (why, n) in reasons(&of_kind) {
            let _ = writeln!(text, "- {n}: {why}");
        }
        text.push('\n');
        for change in of_kind.iter().take(MOST_NAMED) {
            let _ = writeln!(text, "- `{}` {}{}", change.id, change.work, detail(change));
        }
        if of_kind.len() > MOST_NAMED {
            let _ = writeln!(text, "- … and {} more", of_kind.len() - MOST_NAMED);
        }
    }
    text
}

/// The table of counts.
pub fn summary(diff: &Diff) -> String {
    let mut text = String::from("| rows | |\n|---|---|\n");
    for (kind, n) in diff.counts() {
        let _ = writeln!(text, "| {} | {n} |", kind.replace('_', " "));
    }
    let _ = writeln!(text, "| unchanged | {} |", diff.n_same);
    text
}

fn title(kind: Kind) -> &'static str {
    match kind {
        Kind::Added => "Added",
        Kind::Changed => "Changed",
        Kind::Withdrawn => "Withdrawn",
        Kind::LeftOut => "Left out",
    }
}

fn meaning(kind: Kind) -> &'static str {
    match kind {
        Kind::Added => "New since then.",
        Kind::Changed => "The same question with other columns, or in another split.",
        Kind::Withdrawn => "Taken back: do not use these any more. They are among the tombstones.",
        Kind::LeftOut => "Not in this release; nothing is wrong with them.",
    }
}

/// Why, with the number of rows.
fn reasons(changes: &[&Change]) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for change in changes {
        let why = match change.change {
            Kind::Added | Kind::LeftOut => format!("{}/{}", change.part, change.split),
            Kind::Changed if change.fields.is_empty() => "moved".to_owned(),
            Kind::Changed => change.fields.join(", "),
            Kind::Withdrawn => {
                let reason = change.reason.as_deref().unwrap_or_default();
                reason.split(':').next().unwrap_or_default().to_owned()
            }
        };
        *counts.entry(why).or_default() += 1;
    }
    counts
}

fn detail(change: &Change) -> String {
    let mut detail = String::new();
    if !change.fields.is_empty() {
        let _ = write!(detail, ": {}", change.fields.join(", "));
    }
    if let Some(from) = &change.from {
        let _ = write!(detail, " (from {from} to {}/{})", change.part, change.split);
    }
    if let Some(reason) = &change.reason {
        let _ = write!(detail, ": {reason} ({})", change.date.as_deref().unwrap_or_default());
    }
    detail
}
