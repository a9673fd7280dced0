//! Which number of the quote goes with the question's words.

use std::collections::HashSet;
use std::ops::Range;

use crate::text::quantity::{self, Bound, Role};

use super::super::super::ask::Ask;
use super::super::super::words::{Kind, is_generic};
use super::super::reading::Reading;
use super::{Candidate, parallel};

const CUTS: &[&str] = &["whereas", "while", "versus", "vs", "than", "but", "compared", "contrast", ";"];

/// Words behind which the question names what it does not mean.
const EXCLUDING: &[&str] =
    &["outside", "except", "excluding", "besides", "not", "without", "no", "unlike", "than", "versus", "lacking"];

/// Words that go with a candidate, each with its weight.
type Context = Vec<(String, f64)>;

/// How well the question's words stand with each candidate.
pub(super) fn align(candidates: &[Candidate], ask: &Ask, question: &str, reading: &Reading<'_>) -> Vec<f64> {
    let pairs: HashSet<(&str, &str)> = ask
        .words
        .windows(2)
        .filter(|p| p[0].is_content() && p[1].is_content())
        .map(|p| (p[0].stem.as_str(), p[1].stem.as_str()))
        .collect();
    let mut excluded: HashSet<&str> = HashSet::new();
    for (i, word) in ask.words.iter().enumerate() {
        if word.is_any(EXCLUDING) {
            excluded.extend(
                ask.words
                    .iter()
                    .skip(i + 1)
                    .take(5)
                    .take_while(|w| !w.is_any(&[",", "that", "and", "?"]))
                    .filter(|w| w.is_content() && w.kind == Kind::Word && !is_generic(w))
                    .map(|w| w.stem.as_str()),
            );
        }
    }
    let mut contexts = contexts(candidates, reading);
    for context in &mut contexts {
        let adjacent: Context = context
            .iter()
            .zip(context.iter().skip(1))
            .filter(|((a, _), (b, _))| pairs.contains(&(a.as_str(), b.as_str())))
            .map(|((a, x), (b, y))| (format!("{a} {b}"), 0.5 * x.min(*y)))
            .collect();
        context.extend(adjacent);
        for (word, weight) in context.iter_mut() {
            if excluded.contains(word.as_str()) {
                *weight = -*weight;
            }
        }
    }
    let mut scores: Vec<f64> = contexts
        .iter()
        .map(|own| {
            let mut seen = HashSet::new();
            own.iter()
                .filter(|(word, _)| seen.insert(word.as_str()))
                // A word that goes with every candidate says nothing.
                .filter(|(word, _)| !contexts.iter().all(|c| c.iter().any(|(w, _)| w == word)))
                .map(|(_, weight)| *weight)
                .sum()
        })
        .collect();
    // What stands before `from x to y` is about both.
    for k in 1..scores.len() {
        let end = |k: usize| candidates.get(k).and_then(|c| end_of_range(c, reading));
        if end(k - 1) == Some(false) && end(k) == Some(true) {
            let best = scores[k - 1].max(scores[k]);
            scores[k - 1] = best;
            scores[k] = best;
        }
    }
    for (score, candidate) in scores.iter_mut().zip(candidates) {
        *score += form(candidate, ask, reading);
    }
    names(candidates, reading, &mut scores);
    conditions(candidates, question, reading, &mut scores);
    in_parallel(&parallel::shares(candidates, reading), &mut scores);
    scores
}

/// Whether a number is the upper (`true`) or the lower end of `from x to y`.
fn end_of_range(candidate: &Candidate, reading: &Reading<'_>) -> Option<bool> {
    let (start, end) = (candidate.words.start, candidate.words.end);
    let before = start.checked_sub(1).map_or("", |i| reading.text(i));
    let has = |mut range: Range<usize>, text: &str| range.any(|i| reading.text(i) == text);
    if before == "to" && has(start.saturating_sub(5)..start, "from") || candidate.role == Role::To {
        Some(true)
    } else if before == "from" && has(end..end + 3, "to") || candidate.role == Role::From {
        Some(false)
    } else {
        None
    }
}

/// Of numbers in parallel the labels decide; against the others they stand together.
fn in_parallel(shares: &[Option<f64>], scores: &mut [f64]) {
    let best =
        scores.iter().zip(shares).filter(|(_, s)| s.is_some()).fold(f64::MIN, |best, (score, _)| best.max(*score));
    let highest = shares.iter().flatten().fold(0.0_f64, |a, b| a.max(*b));
    for (score, share) in scores.iter_mut().zip(shares) {
        if let Some(share) = share {
            *score = best - 1.5 * (highest - share);
        }
    }
}

/// `by how much` likes `by 5`, `to what level` likes `to 5`; `how many of the 29` likes `13 of 29`.
fn form(candidate: &Candidate, ask: &Ask, reading: &Reading<'_>) -> f64 {
    let before = candidate.words.start.checked_sub(1).map_or("", |i| reading.text(i));
    let asked = ask.at.checked_sub(1).and_then(|i| ask.words.get(i)).map_or("", |w| w.folded.as_str());
    let mut score = match (asked, before) {
        ("by", "by") | ("to", "to") => 0.5,
        _ => 0.0,
    };
    let asks_for = |texts: &[&str]| ask.words.iter().any(|w| w.is_any(texts));
    let upper =
        asks_for(&["longest", "largest", "highest", "maximum", "maximal", "greatest", "oldest", "latest", "upper"]);
    let lower =
        asks_for(&["shortest", "smallest", "lowest", "minimum", "minimal", "youngest", "earliest", "fewest", "lower"]);
    if upper != lower
        && let Some(high) = end_of_range(candidate, reading)
    {
        score += if high == upper { 1.0 } else { -1.0 };
    }
    // `difference = 5`: a label that is not asked for.
    let label = candidate.words.start.checked_sub(2).filter(|_| before == "=");
    if label.is_some_and(|i| reading.words[i].is_content() && reading.shared[i] == 0.0) {
        score -= 1.5;
    }
    let end = candidate.words.end;
    let total = if reading.text(end) == "of" {
        end + 1
    } else if reading.text(end) == "out" {
        end + 2
    } else {
        usize::MAX
    };
    if reading
        .words
        .get(total)
        .is_some_and(|w| w.kind == Kind::Number && ask.words.iter().any(|q| q.folded == w.folded))
    {
        score += 2.0;
    }
    score
}

/// Symbols beside a number that the question does not name (`yos9Δ`, asked for `hrd3Δ`) speak against it where another number
/// has a symbol beside it that the question names.
fn names(candidates: &[Candidate], reading: &Reading<'_>, scores: &mut [f64]) {
    let cuts = cuts(candidates, reading);
    let is_name = |i: usize| {
        let written = reading.words.get(i).and_then(|w| reading.quote.get(w.span.clone())).unwrap_or_default();
        let has = |test: fn(char) -> bool| written.chars().any(test);
        !written.starts_with(|c: char| c.is_ascii_digit())
            && written.chars().count() >= 2
            && (has(|c| c.is_ascii_digit()) || written.chars().skip(1).any(char::is_uppercase))
            && !matches!(written, "SD" | "SE" | "SEM" | "CI" | "OR" | "HR" | "RR" | "IQR" | "Q1" | "Q3" | "Fig" | "AUC")
    };
    let beside: Vec<(bool, bool)> = candidates
        .iter()
        .enumerate()
        .map(|(k, candidate)| {
            let start = k.checked_sub(1).and_then(|c| cuts.get(c)).map_or(0, |c| c.at);
            let end = cuts.get(k).map_or(reading.words.len(), |c| c.at);
            let near = candidate.words.start.saturating_sub(8).max(start)..(candidate.words.end + 8).min(end);
            let mut found = (false, false);
            for i in near.filter(|i| !candidate.words.contains(i) && is_name(*i)) {
                if reading.shared.get(i).is_some_and(|s| *s > 0.0) {
                    found.0 = true;
                } else {
                    found.1 = true;
                }
            }
            found
        })
        .collect();
    for (k, score) in scores.iter_mut().enumerate() {
        let (asked, foreign) = beside.get(k).copied().unwrap_or_default();
        let elsewhere = beside.iter().enumerate().any(|(other, (asked, _))| other != k && *asked);
        if foreign && !asked && elsewhere {
            *score -= 0.7;
        }
    }
}

/// Bounds that the question names (`below 50 cells/µl`): the candidate beside the same bound is meant, the one beside the
/// opposite bound is not.
fn conditions(candidates: &[Candidate], question: &str, reading: &Reading<'_>, scores: &mut [f64]) {
    let side = |bound: Bound| match bound {
        Bound::None => 0,
        Bound::Below | Bound::AtMost => -1,
        Bound::Above | Bound::AtLeast => 1,
    };
    let asked: Vec<(f64, i32)> =
        quantity::scan(question).into_iter().map(|q| (q.value, side(q.bound))).filter(|(_, side)| *side != 0).collect();
    if asked.is_empty() {
        return;
    }
    let cuts = cuts(candidates, reading);
    for condition in quantity::scan(reading.quote) {
        let own = side(condition.bound);
        let Some((_, wanted)) =
            asked.iter().find(|(value, _)| (value - condition.value).abs() <= 1e-9 * value.abs().max(1.0))
        else {
            continue;
        };
        if own == 0 {
            continue;
        }
        let at = reading.words_in(&condition.span).start;
        // In front of all numbers it is about all of them, unless the others have conditions of their own.
        let lead = candidates.first().is_some_and(|c| at < c.words.start);
        let others = quantity::scan(reading.quote)
            .iter()
            .any(|q| side(q.bound) != 0 && candidates.first().is_some_and(|c| q.span.start >= c.span.end));
        if lead && !others {
            continue;
        }
        let segment = cuts.iter().take_while(|c| c.at <= at).count();
        if let Some(score) = scores.get_mut(segment) {
            *score += if own == *wanted { 1.5 } else { -1.5 };
        }
    }
}

/// Where the text is cut between two neighbouring candidates, and how clearly.
struct Cut {
    at: usize,
    rank: u8,
}

fn cuts(candidates: &[Candidate], reading: &Reading<'_>) -> Vec<Cut> {
    candidates
        .windows(2)
        .map(|pair| {
            let (from, to) = (pair[0].words.end, pair[1].words.start.max(pair[0].words.end));
            let mut best = Cut { at: from, rank: 0 };
            // A mark inside a bracket of its own cuts less than one outside.
            let step = |i: usize| match reading.text(i) {
                "(" | "[" => 1,
                ")" | "]" => -1,
                _ => 0_i32,
            };
            let mut depth = 0_i32;
            let outside = (from..to)
                .scan(0_i32, |depth, i| {
                    *depth += step(i);
                    Some(*depth)
                })
                .fold(0, i32::min);
            for i in from..to {
                let text = reading.text(i);
                depth += step(i);
                let sentence = i > from && reading.clause.get(i) != reading.clause.get(i - 1);
                let rank = if CUTS.contains(&text) && depth <= outside || sentence {
                    4
                } else if text == "and" && depth <= outside {
                    3
                } else if matches!(text, "," | "to" | "or" | "with") && depth <= outside {
                    2
                } else if text == ")" || depth > outside && matches!(text, "," | "to" | ";") {
                    1
                } else {
                    0
                };
                if rank > 0 && rank >= best.rank {
                    best = Cut { at: if text == ")" { i + 1 } else { i }, rank };
                }
            }
            best.at = best.at.clamp(from, to);
            best
        })
        .collect()
}

/// Whether a pronoun in the words from `from` to `to` takes up what stands before.
fn taken_up(from: usize, to: usize, reading: &Reading<'_>) -> bool {
    (from..to).any(|i| matches!(reading.text(i), "them" | "it" | "they"))
}

/// The number of words between candidate `k` and the next mark.
fn phrase(k: usize, candidates: &[Candidate], reading: &Reading<'_>) -> usize {
    let Some(candidate) = candidates.get(k) else { return usize::MAX / 2 };
    let end = candidate.words.end;
    (end..reading.words.len()).take_while(|i| !matches!(reading.text(*i), "(" | ")" | "," | ";" | ".")).count()
}

/// The shared words around each candidate, up to the cuts. Near words count whole. Where all labels stand before their
/// numbers (`A was 5 and B was 6`) what follows the last number is about all of them, and the other way round.
fn contexts(candidates: &[Candidate], reading: &Reading<'_>) -> Vec<Context> {
    let cuts = cuts(candidates, reading);
    let content = |range: Range<usize>| {
        range
            .filter(|i| {
                reading.words[*i].is_content()
                    && reading.words[*i].kind == Kind::Word
                    && !reading.words[*i].is_any(&["compared", "versus", "vs", "contrast", "respectively"])
            })
            .count()
    };
    let (mut labels_before, mut labels_after, mut longest) = (true, true, 0);
    for (cut, pair) in cuts.iter().zip(candidates.windows(2)) {
        let after = content(pair[0].words.end.min(cut.at)..cut.at);
        let before = content(cut.at..pair[1].words.start.max(cut.at));
        labels_before &= after == 0 && before > 0 && cut.rank <= 3;
        labels_after &= before == 0 && after > 0 && cut.rank <= 3;
        longest = longest.max(after.max(before));
    }
    let n = candidates.len();
    candidates
        .iter()
        .enumerate()
        .map(|(k, candidate)| {
            let start = k.checked_sub(1).and_then(|c| cuts.get(c)).map_or(0, |c| c.at);
            let end = cuts.get(k).map_or(reading.words.len(), |c| c.at);
            let in_bracket =
                candidate.words.start.checked_sub(1).is_some_and(|i| matches!(reading.text(i), "(" | "[" | "="));
            let cut = cuts.get(k).map_or(usize::MAX, |c| c.at);
            let compared = matches!(reading.text(cut), "than" | "versus" | "vs");
            // `X was 5 if A compared to 6 if B`: the subject is both numbers' own, each condition its number's.
            let next = candidates.get(k + 1).map_or(usize::MAX, |c| c.words.start);
            let elliptic = (compared || reading.text(cut) == "compared")
                && next - cut.min(next) <= 4
                && content(candidate.words.end.min(cut)..cut) >= 2;
            let mut found = Vec::new();
            for i in (start..end).filter(|i| !candidate.words.contains(i)) {
                let shared = reading.shared[i];
                if shared == 0.0 {
                    continue;
                }
                let before = i < candidate.words.start;
                let (distance, between) = if before {
                    (candidate.words.start - i, i + 1..candidate.words.start)
                } else {
                    (i + 1 - candidate.words.end, candidate.words.end..i)
                };
                let breaks =
                    between.filter(|b| matches!(reading.text(*b), "," | "as" | "that" | "which" | ":")).count();
                let number = reading.words[i].kind == Kind::Number;
                let mut weight = 1.0 / (1.0 + distance as f64 / if number { 36.0 } else { 12.0 });
                if breaks > 0 {
                    weight *= 0.6;
                }
                let lead = k == 0 && before;
                let trail = k + 1 == n && !before;
                // `was higher in A (5 in B, 6 in A)`: what stands in front is about both.
                if lead && labels_after && n == 2 && cut < next {
                    continue;
                }
                // `a 1996 study reported 5 for A while B had 6`: who reports is both numbers' own.
                let reports = |b: usize| {
                    matches!(reading.text(b), "reported" | "found" | "showed" | "observed" | "revealed" | "estimated")
                };
                if lead && n > 1 && (i + 1..candidate.words.start).any(reports) {
                    continue;
                }
                let far = distance > longest + 3;
                if lead && (labels_after || labels_before && far) || trail && (labels_before || labels_after && far) {
                    weight *= 0.15;
                } else if lead && (distance > 6 || breaks > 0)
                    || trail && cuts.last().is_some_and(|c| c.rank <= 3) && (distance > 6 || breaks > 0)
                {
                    weight *= 0.35;
                }
                if lead && elliptic {
                    weight *= 0.3;
                }
                // `did X with A in 5 and Y with them in 6`: what the pronoun stands for is both numbers' own.
                if lead && taken_up(cut, next.min(reading.words.len()), reading) {
                    weight *= 0.15;
                }
                // `5 newts given A failed compared with 6 given B`: the predicate behind A is both numbers' own.
                if !before
                    && (compared || reading.text(cut) == "compared")
                    && distance > 1 + phrase(k + 1, candidates, reading)
                {
                    weight *= 0.3;
                }
                // `more X in A (n) than in B (m)`: only the label in front of the bracket is A's own.
                if compared && in_bracket && !(before && distance <= 4) {
                    weight *= 0.5;
                }
                if in_bracket && before && distance <= 4 && !(lead && labels_after) {
                    weight = weight.max(1.0);
                }
                found.push((reading.words[i].stem.clone(), shared * weight));
            }
            found
        })
        .collect()
}
