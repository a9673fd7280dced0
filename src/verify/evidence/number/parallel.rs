//! Numbers that stand in the order of a list (`A and B were x and y`), of a comparison (`more in A than in B: x vs. y`) or in
//! brackets behind their labels (`A (x) and B (y)`).

use std::ops::Range;

use super::super::super::ask::AUXILIARIES;
use super::super::super::lexicon::direction_of;
use super::super::super::words::Kind;
use super::super::reading::Reading;
use super::Candidate;

/// For candidates that stand in parallel with labels, how much of each label the question shares, from 0 to 1; `None` for the
/// other candidates. At least two are told apart, or none.
pub(super) fn shares(candidates: &[Candidate], reading: &Reading<'_>) -> Vec<Option<f64>> {
    let mut shares = vec![None; candidates.len()];
    for run in runs(candidates, reading) {
        let labels = listed(candidates, &run, reading).or_else(|| compared(candidates, &run, reading));
        if labels.is_none()
            && let Some(own) = against(candidates, &run, reading)
        {
            shares[run.start] = Some(own);
            shares[run.start + 1] = Some(1.0 - own);
        }
        for (candidate, label) in run.zip(labels.unwrap_or_default()) {
            shares[candidate] = Some(share(label, reading));
        }
    }
    if shares.iter().all(Option::is_none) {
        bracketed(candidates, reading, &mut shares);
    }
    shares
}

/// Candidates with nothing between them but list marks, units and brackets.
fn runs(candidates: &[Candidate], reading: &Reading<'_>) -> Vec<Range<usize>> {
    let joined = |a: &Candidate, b: &Candidate| {
        b.words.start >= a.words.end
            && b.words.start - a.words.end <= 12
            && (a.words.end..b.words.start).all(|i| {
                let word = &reading.words[i];
                word.kind != Kind::Word
                    || word.is_any(&["and", "or", "vs", "versus", "sd", "sem", "se", "range", "iqr", "median", "mean"])
                    || word.folded.chars().count() <= 2 && word.is_content()
            })
            && (a.words.end..b.words.start)
                .any(|i| matches!(reading.text(i), "," | ";" | "and" | "or" | "vs" | "versus"))
    };
    let mut runs = Vec::new();
    let mut start = 0;
    for k in 1..=candidates.len() {
        if k == candidates.len() || !joined(&candidates[k - 1], &candidates[k]) {
            if k - start >= 2 {
                runs.push(start..k);
            }
            start = k;
        }
    }
    runs
}

/// Where a label ends.
fn stops(i: usize, reading: &Reading<'_>) -> bool {
    let word = &reading.words[i];
    word.is_any(&[
        ",",
        "(",
        ")",
        "[",
        "]",
        ";",
        ":",
        ".",
        "and",
        "or",
        "of",
        "in",
        "for",
        "the",
        "a",
        "an",
        "with",
        "between",
        "to",
        "from",
        "by",
        "on",
        "at",
        "among",
        "than",
        "versus",
        "vs",
        "after",
        "before",
        "during",
        "that",
        "which",
        "who",
        "showed",
        "compared",
        "respectively",
        "both",
        "either",
    ]) || AUXILIARIES.contains(&word.folded.as_str())
        || direction_of(word).is_some()
}

fn left_of(end: usize, reading: &Reading<'_>) -> Range<usize> {
    let mut start = end;
    while start > 0 && end - start < 6 && (!stops(start - 1, reading) || is_initial(start - 1, reading)) {
        start -= 1;
    }
    start..end
}

/// The point behind a genus's first letter.
fn is_initial(at: usize, reading: &Reading<'_>) -> bool {
    reading.text(at) == "." && at.checked_sub(1).is_some_and(|i| reading.text(i).chars().count() == 1)
}

fn right_of(start: usize, reading: &Reading<'_>) -> Range<usize> {
    let mut end = start;
    while end < reading.words.len() && end - start < 6 && !stops(end, reading) {
        end += 1;
    }
    start..end
}

/// The word before `at`, brackets passed over.
fn skip_back(mut at: usize, reading: &Reading<'_>) -> usize {
    while at > 0 && matches!(reading.text(at - 1), ")" | "]") {
        let Some(open) = (0..at - 1).rev().take(8).find(|i| matches!(reading.text(*i), "(" | "[")) else { break };
        at = open;
    }
    at
}

/// `A, B and C`: as many items as the run has numbers, outside the run. Of several lists the one whose items the question tells
/// apart best.
fn listed(candidates: &[Candidate], run: &Range<usize>, reading: &Reading<'_>) -> Option<Vec<Range<usize>>> {
    let n = run.len();
    let numbers = candidates.get(run.start)?.words.start..candidates.get(run.end - 1)?.words.end;
    let mut best: Option<(f64, Vec<Range<usize>>)> = None;
    for at in (0..reading.words.len()).filter(|i| matches!(reading.text(*i), "and" | "or") && !numbers.contains(i)) {
        if !reading.same_sentence(at.min(numbers.start), at.max(numbers.start)) {
            continue;
        }
        let behind = if matches!(reading.text(at + 1), "the" | "a" | "an" | "in" | "for") { at + 2 } else { at + 1 };
        let mut items = vec![right_of(behind, reading)];
        let mut end = at;
        while items.len() < n {
            while end > 0 && reading.text(end - 1) == "," {
                end -= 1;
            }
            let item = left_of(skip_back(end, reading), reading);
            if item.is_empty() {
                break;
            }
            end = item.start;
            items.insert(0, item);
            if end == 0 || reading.text(end - 1) != "," {
                break;
            }
        }
        // `A had more than B or C (x, y, z)`: the subject is the first.
        if items.len() + 1 == n {
            let from = items[0].start;
            let than =
                (0..from).rev().take(6).find(|i| matches!(reading.text(*i), "than" | "compared" | "versus" | "vs"));
            if let Some(than) = than {
                let comparative = (0..than).rev().find(|i| is_comparative(*i, reading)).unwrap_or(than);
                items.insert(0, subject(comparative, reading));
            }
        }
        if items.len() != n || items.iter().any(|i| i.is_empty() || overlaps(i, &numbers)) {
            continue;
        }
        let totals: Vec<f64> = items.iter().map(|i| share(i.clone(), reading)).collect();
        let spread = totals.iter().fold(0.0_f64, |a, b| a.max(*b)) - totals.iter().fold(f64::MAX, |a, b| a.min(*b));
        if best.as_ref().is_none_or(|(s, _)| spread > *s) {
            best = Some((spread, items));
        }
    }
    best.map(|(_, items)| items)
}

/// `more X in A than in B (x vs. y)`.
fn compared(candidates: &[Candidate], run: &Range<usize>, reading: &Reading<'_>) -> Option<Vec<Range<usize>>> {
    if run.len() != 2 {
        return None;
    }
    let first = candidates.get(run.start)?.words.start;
    let than = (0..first).rev().take(20).find(|i| reading.text(*i) == "than")?;
    let comparative = (0..than).rev().find(|i| is_comparative(*i, reading))?;
    let preposition = |i: usize| matches!(reading.text(i), "in" | "among" | "for" | "with" | "of" | "by" | "on" | "at");
    let second = right_of(
        if preposition(than + 1) { skip_article(than + 2, reading) } else { skip_article(than + 1, reading) },
        reading,
    );
    let within = (comparative + 1..than).find(|i| preposition(*i));
    let own = match within {
        Some(i) if preposition(than + 1) || reading.text(i) == "among" => {
            right_of(skip_article(i + 1, reading), reading)
        }
        _ => subject(comparative, reading),
    };
    (!own.is_empty() && !second.is_empty()).then(|| vec![own, second])
}

/// `patients given A needed fewer X (x vs. y)`: the first number is the named group's, the second the other's. How much of the
/// group's name the question shares.
fn against(candidates: &[Candidate], run: &Range<usize>, reading: &Reading<'_>) -> Option<f64> {
    let first = candidates.get(run.start)?.words.start;
    let second = candidates.get(run.start + 1)?.words.start;
    let versus = run.len() == 2 && (first..second).any(|i| matches!(reading.text(i), "vs" | "versus"));
    let bracket = first.checked_sub(1).is_some_and(|i| reading.text(i) == "(");
    let comparative = (0..first).rev().take(14).find(|i| is_comparative(*i, reading))?;
    let label = subject(comparative, reading);
    let verb = (label.start..label.end).find(|i| reading.text(*i).ends_with("ed") && *i + 1 == comparative);
    let label = label.start..verb.unwrap_or(label.end);
    let group = label.clone().any(|i| {
        reading.words[i].is_any(&[
            "treated",
            "given",
            "receiving",
            "fed",
            "patients",
            "mice",
            "rats",
            "animals",
            "group",
            "women",
            "men",
            "children",
            "infants",
            "plants",
            "subjects",
            "participants",
            "arm",
            "cells",
            "larvae",
            "birds",
            "fish",
        ])
    });
    let named = label.clone().any(|i| {
        let written = reading.quote.get(reading.words[i].span.clone()).unwrap_or_default();
        i > label.start && written.chars().any(char::is_uppercase)
    });
    (versus && bracket && group && named).then(|| {
        let telling: Vec<usize> = label
            .filter(|i| reading.words[*i].is_content() && !super::super::super::words::is_generic(&reading.words[*i]))
            .collect();
        let shared = telling.iter().filter(|i| reading.shared[**i] > 0.0).count();
        if telling.is_empty() { 0.5 } else { shared as f64 / telling.len() as f64 }
    })
}

fn skip_article(i: usize, reading: &Reading<'_>) -> usize {
    if matches!(reading.text(i), "the" | "a" | "an" | "those") { i + 1 } else { i }
}

fn is_comparative(i: usize, reading: &Reading<'_>) -> bool {
    reading.words[i].is_any(&[
        "more", "less", "higher", "lower", "greater", "fewer", "larger", "smaller", "longer", "shorter", "better",
        "worse", "older", "younger", "faster", "slower", "stronger", "weaker",
    ])
}

/// What stands before the verb of the clause that holds word `at`.
fn subject(at: usize, reading: &Reading<'_>) -> Range<usize> {
    let clause = reading.clause_words(reading.clause.get(at).copied().unwrap_or_default());
    let start = (clause.start..at)
        .find(|i| reading.words[*i].is_content() && !reading.words[*i].is_any(&["however", "overall", "notably"]))
        .unwrap_or(at);
    let end = (start..at).find(|i| AUXILIARIES.contains(&reading.text(*i)) || reading.text(*i) == ",").unwrap_or(at);
    start..end
}

/// `in A (x) and in B (y)`: the words in front of each bracket.
fn bracketed(candidates: &[Candidate], reading: &Reading<'_>, shares: &mut [Option<f64>]) {
    let labels: Vec<Option<Range<usize>>> = candidates
        .iter()
        .map(|c| {
            let open = (0..c.words.start).rev().take(8).take_while(|i| !matches!(reading.text(*i), ")" | "]"));
            let open = open.into_iter().find(|i| matches!(reading.text(*i), "(" | "["))?;
            let label = left_of(open, reading);
            let article = usize::from(label.start > 0 && matches!(reading.text(label.start - 1), "the" | "a" | "an"));
            let before = label.start.checked_sub(1 + article).map_or("", |i| reading.text(i));
            // `9 cases (31%)` restates a count; only a place or a group is a label.
            let names = matches!(before, "in" | "among" | "for" | "with" | "of" | "by" | "than" | "versus" | "vs");
            let counts = label.clone().any(|i| reading.words[i].kind == Kind::Number);
            (names && !counts && !label.is_empty()).then_some(label)
        })
        .collect();
    let distinct =
        labels.iter().flatten().enumerate().all(|(i, a)| labels.iter().flatten().skip(i + 1).all(|b| a != b));
    if labels.iter().all(Option::is_some) && labels.len() >= 2 && distinct {
        for (own, label) in shares.iter_mut().zip(labels) {
            *own = label.map(|label| share(label, reading));
        }
    }
}

fn overlaps(a: &Range<usize>, b: &Range<usize>) -> bool {
    a.start < b.end && b.start < a.end
}

/// The part of a label's telling words that the question shares.
fn share(label: Range<usize>, reading: &Reading<'_>) -> f64 {
    let (mut shared, mut total) = (0.0, 0.0);
    for i in label.filter(|i| reading.words[*i].is_content()) {
        let weight = if super::super::super::words::is_generic(&reading.words[i]) { 0.2 } else { 1.0 };
        total += weight;
        if reading.shared[i] > 0.0 {
            shared += weight;
        }
    }
    if total == 0.0 { 0.0 } else { shared / total }
}
