//! Whether a term stands in the quote, and in the statement that the question is about.

use std::ops::Range;

use crate::grade::term::fold;
use crate::model::answer::Direction;

use super::super::ask::{Ask, Asked};
use super::super::lexicon::{Force, direction_of, is_plain_negation, opposites};
use super::super::prepared::Prepared;
use super::super::words::{Word, words};
use super::direction::events;
use super::reading::Reading;

/// The places where one of `forms` stands in the quote, as word ranges. Abbreviations of the document count as their long
/// forms and the other way round; genus names as their initials.
pub(crate) fn places(forms: &[&str], reading: &Reading<'_>, prepared: &Prepared<'_>) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    let mut wanted: Vec<String> = forms.iter().map(|f| (*f).to_owned()).collect();
    for abbreviation in prepared.abbreviations() {
        for form in forms {
            let folded = fold(form);
            if folded == fold(&abbreviation.short) {
                wanted.push(abbreviation.long.clone());
            } else if folded == fold(&abbreviation.long) {
                wanted.push(abbreviation.short.clone());
            } else if let Some(replaced) = with_short(form, &abbreviation.long, &abbreviation.short) {
                wanted.push(replaced);
            }
        }
    }
    for form in &wanted {
        find(form, reading, &mut found);
        if !found.is_empty() {
            break;
        }
    }
    if found.is_empty() {
        for form in forms {
            scattered(form, reading, &mut found);
        }
    }
    found
}

fn with_short(form: &str, long: &str, short: &str) -> Option<String> {
    let at = form.to_lowercase().find(&long.to_lowercase())?;
    // Lower-casing may move bytes; such a form is left as it is.
    (form.is_ascii() && long.is_ascii()).then(|| format!("{}{}{}", &form[..at], short, &form[at + long.len()..]))
}

fn find(form: &str, reading: &Reading<'_>, found: &mut Vec<Range<usize>>) {
    let asked = words(form);
    let plain: Vec<&Word> = asked.iter().filter(|w| w.is_content()).collect();
    let folded_form = fold(form);
    let Some(first) = plain.first().copied().or(asked.first()) else { return };
    for start in 0..reading.words.len() {
        let here = &reading.words[start];
        let initial = here.folded.chars().count() == 1
            && first.folded.starts_with(&here.folded)
            && reading.text(start + 1) == ".";
        if here.stem != first.stem && here.folded != first.folded && !initial && !glued(&first.folded, &here.folded) {
            continue;
        }
        // The rest of the words in order, signs and function words between them allowed.
        let mut at = start;
        let mut complete = true;
        for word in plain.iter().skip(1) {
            let next = (at + 1..reading.words.len().min(at + 4))
                .find(|i| reading.words[*i].is_content() && !(initial && *i == start));
            match next {
                Some(i) if reading.words[i].stem == word.stem || reading.words[i].folded == word.folded => at = i,
                _ => {
                    complete = false;
                    break;
                }
            }
        }
        if complete && (plain.len() > 1 || exact(&folded_form, form, start, at, reading) || initial) {
            found.push(start..at + 1);
            continue;
        }
        // Spelled with other breaks: `L-DOPA`, `23 S`, `IL1β`.
        for end in start + 1..=reading.words.len().min(start + 7) {
            let slice = reading.words.get(end - 1).and_then(|last| reading.quote.get(here.span.start..last.span.end));
            if slice.is_some_and(|s| s.len() <= form.len() * 2 + 8 && fold(s) == folded_form) {
                found.push(start..end);
                break;
            }
        }
    }
}

fn glued(a: &str, b: &str) -> bool {
    a.len() != b.len() && (a.starts_with(b) || b.starts_with(a))
}

/// A one-word term must be that word, not another form of its stem: `IL-1` is not `IL`, `activator` is not `activation`.
fn exact(folded_form: &str, form: &str, start: usize, end: usize, reading: &Reading<'_>) -> bool {
    let (Some(first), Some(last)) = (reading.words.get(start), reading.words.get(end)) else { return false };
    let slice = reading.quote.get(first.span.start..last.span.end).unwrap_or_default();
    let charge = |text: &str| text.chars().next_back().filter(|c| matches!(c, '+' | '-' | '−' | '–' | '⁺' | '⁻'));
    if let Some(sign) = charge(form.trim()) {
        let behind = reading.quote.get(last.span.end..).and_then(|t| t.chars().next());
        return behind.is_some_and(|c| match sign {
            '+' | '⁺' => matches!(c, '+' | '⁺'),
            _ => matches!(c, '-' | '−' | '–' | '⁻'),
        });
    }
    fold(slice) == *folded_form
        || first.stem.len() >= 5 && first.stem == super::super::words::stem(&form.trim().to_lowercase())
}

/// All content words of a longer term somewhere in one clause.
fn scattered(form: &str, reading: &Reading<'_>, found: &mut Vec<Range<usize>>) {
    let asked = words(form);
    let plain: Vec<&Word> = asked.iter().filter(|w| w.is_content()).collect();
    if plain.len() < 2 {
        return;
    }
    let positions: Option<Vec<usize>> = plain
        .iter()
        .map(|w| {
            (0..reading.words.len()).find(|i| reading.words[*i].stem == w.stem || reading.words[*i].folded == w.folded)
        })
        .collect();
    if let Some(positions) = positions {
        let (Some(low), Some(high)) = (positions.iter().min(), positions.iter().max()) else { return };
        if high - low <= plain.len() * 4 + 4 {
            found.push(*low..high + 1);
        }
    }
}

/// Whether the statement the term stands in is one the question can be about.
///
/// # Errors
/// The reason when it denies, reverses or only serves as the yardstick of what is asked.
pub(crate) fn check_statement(place: &Range<usize>, ask: &Ask, reading: &Reading<'_>) -> Result<(), String> {
    let own = reading.clause.get(place.start).copied().unwrap_or_default();
    let own_words = reading.clause_words(own);
    let has = |range: Range<usize>, text: &str| range.into_iter().any(|i| reading.text(i) == text);
    let asked_negated = ask.words.iter().any(|w| {
        is_plain_negation(w)
            || w.is_any(&["unaffected", "except", "besides", "fail", "failed", "unable", "lack", "lacks"])
    });
    // `least` asked, `most` in the term's statement and `least` in another one.
    for word in &ask.words {
        for opposite in opposites(&word.folded) {
            if has(own_words.clone(), opposite)
                && !has(own_words.clone(), &word.folded)
                && (0..reading.n_clauses()).any(|c| c != own && has(reading.clause_words(c), &word.folded))
            {
                return Err(format!(
                    "opposite_statement: it is said to be {opposite}, the question asks {}",
                    word.folded
                ));
            }
        }
    }
    // `X, but not Y`: the term is Y.
    if !asked_negated {
        let from = place.start.saturating_sub(3);
        for i in (from..place.start).rev() {
            if reading.words[i].is_any(&[";", ".", ")"]) {
                break;
            }
            if reading.words[i].is_any(&["not", "nor", "neither", "without", "except"])
                && !reading.words.get(i + 1).is_some_and(|w| w.is_any(&["only", "just"]))
            {
                let verb = (i + 1..place.start).any(|k| {
                    direction_of(&reading.words[k]).is_some()
                        || reading.words[k].is_any(&["affect", "alter", "change", "require", "need"])
                });
                if !verb {
                    return Err("denied_in_quote: the quote excludes the answer".to_owned());
                }
            }
        }
    }
    // `raised` asked; the term's statement has no change or the other direction, another one has it.
    let cue = ask.words.iter().filter_map(direction_of).find(|(d, f)| *f == Force::Plain && *d != Direction::NoChange);
    if let Some((asked, _)) = cue
        && !asked_negated
    {
        let all = events(reading);
        let in_clause = |c: usize| all.iter().filter(move |e| reading.clause[e.at] == c && e.force == Force::Plain);
        let own_agrees = in_clause(own).any(|e| e.direction == asked);
        let own_differs = in_clause(own).any(|e| e.direction != asked);
        let other_agrees = (0..reading.n_clauses()).any(|c| c != own && in_clause(c).any(|e| e.direction == asked));
        if own_differs && !own_agrees && other_agrees {
            return Err("opposite_statement: the answer stands where the change is another one".to_owned());
        }
        // One clause, but a denied effect right beside the term: `no effect was observed for hookworm`.
        if own_differs
            && !own_agrees
            && reading.n_clauses() == 1
            && in_clause(own).any(|e| e.direction == Direction::NoChange && e.at.abs_diff(place.start) <= 5)
        {
            return Err("opposite_statement: the quote says there was no such change".to_owned());
        }
    }
    // The yardstick of a comparison is not what is more.
    let compares = ask.words.iter().any(|w| {
        w.is_any(&[
            "more", "less", "higher", "lower", "greater", "fewer", "larger", "smaller", "longer", "shorter", "twice",
            "better", "faster", "stronger",
        ]) || w.folded.ends_with("fold")
    });
    let own_reference = ask.words.iter().any(|w| w.is_any(&["than"]));
    if compares && !own_reference && (ask.asked == Asked::Thing || ask.asked == Asked::Alternatives) {
        let from = place.start.saturating_sub(4);
        let as_as = |i: usize| reading.text(i) == "as" && (i.saturating_sub(8)..i).any(|k| reading.text(k) == "as");
        let turned = super::choice::reversed(ask, reading).is_some();
        if !turned && (from..place.start).any(|i| reading.words[i].is("than") || as_as(i)) {
            return Err("yardstick_of_comparison: the answer is what is compared against".to_owned());
        }
    }
    if let Some(verb) = denied_elsewhere(own, ask, reading) {
        return Err(format!("opposite_statement: another statement is the one that denies {verb:?}"));
    }
    if let Some(label) = other_label(place, ask, reading) {
        return Err(format!("other_statement: the answer goes with {label:?}"));
    }
    // What the question shares stands in other statements, nothing in the term's own.
    if reading.n_clauses() > 1 {
        let total = |c: usize| -> f64 {
            reading
                .clause_words(c)
                .filter(|i| !place.contains(i))
                .map(|i| if reading.shared[i] >= 1.0 { 1.0 } else { 0.0 })
                .sum()
        };
        let own_total = total(own);
        let best = (0..reading.n_clauses()).filter(|c| *c != own).map(total).fold(0.0, f64::max);
        if own_total == 0.0 && best >= 3.0 && reading.clause_words(own).len() >= 6 && contrasts(own, reading) {
            return Err("other_statement: the question's words stand in another statement".to_owned());
        }
    }
    Ok(())
}

/// `which failed to bind` asked: the answer's statement affirms the verb, another one denies it.
fn denied_elsewhere(own: usize, ask: &Ask, reading: &Reading<'_>) -> Option<String> {
    let no = ask.words.iter().position(|w| w.is_any(&["failed", "fail", "fails", "not", "unable", "cannot"]))?;
    let verb = ask.words.iter().skip(no + 1).find(|w| w.is_content())?;
    let denied = |i: usize| {
        (i.saturating_sub(3)..i).any(|k| is_plain_negation(&reading.words[k]) && reading.clause[k] == reading.clause[i])
    };
    let places: Vec<usize> = (0..reading.words.len()).filter(|i| reading.words[*i].stem == verb.stem).collect();
    let affirmed_here = places.iter().any(|i| reading.clause[*i] == own && !denied(*i));
    let denied_here = places.iter().any(|i| reading.clause[*i] == own && denied(*i));
    let denied_there = places.iter().any(|i| reading.clause[*i] != own && denied(*i));
    (affirmed_here && !denied_here && denied_there).then(|| verb.folded.clone())
}

/// `on resting cells … with A and on active cells with B`: the label that B goes with, when the question names the other one.
fn other_label(place: &Range<usize>, ask: &Ask, reading: &Reading<'_>) -> Option<String> {
    let words = &reading.words;
    let preposition =
        |i: usize| matches!(reading.text(i), "in" | "on" | "at" | "for" | "with" | "during" | "under" | "after" | "by");
    let labels: Vec<usize> = (1..place.start)
        .filter(|i| preposition(i - 1) && words[*i].is_content() && words.get(i + 1).is_some_and(Word::is_content))
        .collect();
    let (last, first) = labels.split_last()?;
    let parallel = |i: usize, k: usize| {
        words[i + 1].stem == words[k + 1].stem
            && words[i].stem != words[k].stem
            && reading.text(i - 1) == reading.text(k - 1)
    };
    let asked = |i: usize| ask.words.iter().any(|w| w.stem == words[i].stem);
    let rival = first.iter().copied().find(|i| parallel(*i, *last) && reading.same_sentence(*i, *last))?;
    (asked(rival) && !asked(*last) && reading.shared[*last] == 0.0).then(|| words[*last].folded.clone())
}

/// Whether clause `own` and a neighbour are set against each other.
fn contrasts(own: usize, reading: &Reading<'_>) -> bool {
    let opener = |c: usize| reading.clause_words(c).next().map_or("", |i| reading.text(i));
    ["whereas", "while", "but", "although", "however", "contrast", ";"]
        .iter()
        .any(|w| opener(own) == *w || opener(own + 1) == *w)
}
