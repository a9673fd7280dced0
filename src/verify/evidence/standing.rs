//! How the quote stands to its own statement: known or supposed, this work's or another's.

use std::ops::Range;

use crate::model::document::SectionKind;

use super::super::ask::Ask;
use super::super::lexicon::{is_hedge, is_supposition};
use super::super::words::{Kind, Word};
use super::reading::Reading;

/// Words by which a question says itself that it asks for a supposition or a model's result.
fn hedged_question(ask: &Ask) -> bool {
    ask.words.iter().any(|w| {
        is_hedge(w)
            || w.is_any(&[
                "suggest",
                "suggests",
                "suggested",
                "propose",
                "proposed",
                "proposes",
                "hypothesis",
                "hypothesize",
                "hypothesized",
                "hypothesised",
                "think",
                "thought",
                "believed",
                "predict",
                "predicted",
                "predicts",
                "modelled",
                "modeled",
                "modelling",
                "modeling",
                "estimated",
                "calculated",
                "speculated",
                "postulated",
                "expected",
                "could",
                "possible",
                "presumed",
                "putative",
                "candidate",
                "appear",
                "appears",
                "appeared",
                "seem",
                "seems",
                "inferred",
                "consistent",
                "interpreted",
                "supposed",
                "assumed",
                "implicated",
                "projected",
                "simulated",
                "simulation",
                "potential",
            ])
    })
}

/// # Errors
/// The reason when the quote only supposes the answer at word `answer` that the question takes for a fact. `measured`: the
/// answer is a number, which a `may` about its meaning does not touch.
pub(crate) fn hedged(answer: &Range<usize>, measured: bool, ask: &Ask, reading: &Reading<'_>) -> Result<(), String> {
    if hedged_question(ask) {
        return Ok(());
    }
    let words = &reading.words;
    let sentence = sentence(answer.start, reading);
    let reason = |word: &Word| Err(format!("hedged_as_fact: the quote only says {:?}", word.folded));
    for i in sentence.clone() {
        let word = &words[i];
        if is_hedge(word) || could_be(words, i) {
            let month = word.is("may") && reading.quote.get(word.span.clone()).is_some_and(|t| t == "May");
            let likely =
                word.is("likely") && i > 0 && words[i - 1].is_any(&["more", "less", "most", "least", "equally", "as"]);
            if month || likely || measured && !word.is_any(&["may", "might"]) {
                continue;
            }
            if word.is_any(&["may", "might", "could"]) {
                // The modal's own statement, from its subject to its end.
                let scope = statement(i, &sentence, reading);
                if scope.contains(&answer.start) || scope.contains(&(answer.end.saturating_sub(1))) {
                    return reason(word);
                }
            } else if answer.start >= i
                && answer.start <= i + 12
                && !(i + 1..answer.start).any(|k| words[k].is_any(&[",", ";", "and", "but"]))
            {
                return reason(word);
            } else if answer.end <= i
                && i - answer.end <= 3
                && !(answer.end..i).any(|k| words[k].is_any(&[",", ";", "and", "but"]))
            {
                // `X is likely required`: the hedge stands behind the subject.
                return reason(word);
            }
        } else if word.is("consistent")
            && words.get(i + 1).is_some_and(|w| w.is("with"))
            && i > sentence.start
            && words[i - 1].is_any(&["is", "are", "was", "were", "be"])
            && !measured
        {
            let behind = answer.start > i && answer.start <= i + 14;
            if behind && !(i + 1..answer.start).any(|k| words[k].is_any(&[",", ";", "and", "but"])) {
                return reason(word);
            }
        } else if is_supposition(word) {
            let raises = word.is("raises")
                && !words.get(i + 1..words.len().min(i + 4)).unwrap_or_default().iter().any(|w| w.is("possibility"));
            let seeming = word.folded.starts_with("seem") || word.folded.starts_with("appear");
            let verb_to = words.get(i + 1).is_some_and(|w| w.is("to"));
            if raises || seeming && (!verb_to || measured) {
                continue;
            }
            // `…, suggesting that …` leaves what stands before it a fact.
            let behind = answer.start > i;
            let plain_that = words.get(i + 1..words.len().min(i + 4)).unwrap_or_default().iter().any(|w| w.is("that"));
            let reaches = plain_that || seeming || answer.start <= i + 14;
            if behind && reaches {
                return reason(word);
            }
        }
    }
    Ok(())
}

/// `could be explained by`, `could be a`: a supposition, unlike `could be detected`, an ability.
fn could_be(words: &[Word], at: usize) -> bool {
    let supposed = |word: &Word| {
        word.is_any(&[
            "explained",
            "attributed",
            "due",
            "caused",
            "related",
            "linked",
            "responsible",
            "involved",
            "because",
            "a",
            "an",
            "the",
            "one",
            "associated",
            "important",
            "mediated",
        ])
    };
    words[at].is("could")
        && words.get(at + 1).is_some_and(|w| w.is_any(&["be", "also", "potentially", "possibly"]))
        && words.iter().skip(at + 2).take(2).any(supposed)
}

/// The statement around a modal: from the last clause mark before it to the next one behind it.
fn statement(at: usize, sentence: &Range<usize>, reading: &Reading<'_>) -> Range<usize> {
    let ends = |i: usize, forward: bool| {
        let word = &reading.words[i];
        word.is_any(&[";", "that", "which", "whereas", "while", "but", "although", "because"])
            || word.is(",") && (forward || !reading.words.get(i + 1).is_some_and(|w| w.is("and")))
            || forward && word.is("and") && reading.clause[i] != reading.clause[at]
    };
    let mut start = at;
    while start > sentence.start && !ends(start - 1, false) {
        start -= 1;
    }
    let mut end = at;
    while end < sentence.end && !ends(end, true) {
        end += 1;
    }
    start..end
}

/// The sentence that word `at` stands in.
fn sentence(at: usize, reading: &Reading<'_>) -> Range<usize> {
    let is_end = |i: usize| reading.ends_sentence(i);
    let mut start = at.min(reading.words.len());
    while start > 0 && !is_end(start - 1) {
        start -= 1;
    }
    let mut end = at.min(reading.words.len());
    while end < reading.words.len() && !is_end(end) {
        end += 1;
    }
    start..end
}

/// # Errors
/// The reason when the quote reports what others found before, and the question takes it for this work's own.
pub(crate) fn other_work(
    answer: &Range<usize>,
    ask: &Ask,
    section: SectionKind,
    background: bool,
    reading: &Reading<'_>,
) -> Result<(), String> {
    let asks_earlier =
        ask.words.iter().any(|w| w.is_any(&["previously", "earlier", "previous", "prior", "known", "originally"]));
    let sentence = sentence(answer.start, reading);
    let text = |i: usize| reading.text(i);
    let own = sentence.clone().any(|i| matches!(text(i), "we" | "our" | "here"));
    let mut cue = None;
    for i in sentence.clone() {
        let next = |n: usize| text(i + n);
        let found = match text(i) {
            "previously" | "earlier" => {
                [
                    "reported",
                    "shown",
                    "described",
                    "found",
                    "demonstrated",
                    "observed",
                    "published",
                    "been",
                    "identified",
                    "known",
                ]
                .iter()
                .any(|w| next(1) == *w || i > 0 && text(i - 1) == *w || i > 1 && text(i - 2) == *w || next(2) == *w)
                    && !in_passing(i, answer, &sentence, reading)
            }
            "previous" | "prior" | "earlier_" | "recent" | "past" | "pioneering" | "other" | "several" | "numerous"
            | "some" => {
                (1..=3).any(|n| {
                    matches!(
                        next(n),
                        "study"
                            | "studies"
                            | "report"
                            | "reports"
                            | "work"
                            | "reported"
                            | "investigations"
                            | "trial"
                            | "trials"
                            | "publications"
                            | "findings"
                            | "literature"
                    )
                }) && (1..=8).any(|n| {
                    matches!(
                        next(n),
                        "reported"
                            | "have"
                            | "has"
                            | "found"
                            | "showed"
                            | "shown"
                            | "suggest"
                            | "suggested"
                            | "demonstrated"
                            | "indicated"
                            | "revealed"
                            | "identified"
                            | "observed"
                            | "report"
                    )
                })
            }
            "reported" => {
                // `was reported to`, `it was reported that`, `has been reported`.
                let passive = i > 0 && matches!(text(i - 1), "was" | "were" | "been" | "is" | "are")
                    || i > 1 && matches!(text(i - 2), "was" | "were" | "been");
                passive && matches!(next(1), "to" | "that" | "for" | "in" | "by" | "as" | "previously" | "earlier")
            }
            "et" => next(1) == "al",
            "literature" => {
                !reading.words[i].joined && i > 0 && matches!(text(i - 1), "the" | "published" | "existing")
            }
            _ => false,
        };
        if found {
            cue = Some(i);
            break;
        }
    }
    // The cue covers its own statement: `though A was reported to …, here we show B` leaves B ours.
    if let Some(at) = cue
        && !asks_earlier
    {
        let ours_between =
            (at.min(answer.start)..at.max(answer.start)).any(|i| matches!(text(i), "we" | "our" | "here"));
        let consistent = sentence.clone().any(|i| {
            matches!(
                text(i),
                "consistent" | "agreement" | "line" | "similar" | "confirming" | "confirmed" | "unlike" | "contrast"
            ) && i < at
                && i > 0
        });
        if !(ours_between || consistent && own) {
            return Err("other_work: the quote reports an earlier finding".to_owned());
        }
    }
    // A question that names the study by its year wants that study's own finding.
    if names_study(ask) && !own && !asks_earlier {
        let perfect = sentence.clone().any(|i| {
            matches!(text(i), "have" | "has")
                && (1..=3).any(|n| {
                    reading
                        .words
                        .get(i + n)
                        .is_some_and(|w| w.folded.ends_with("ed") || w.is_any(&["been", "shown", "found", "come"]))
                })
        });
        if section == SectionKind::Introduction || perfect || background {
            return Err("other_work: background, asked as the named study's finding".to_owned());
        }
    }
    Ok(())
}

/// `three mutations, previously found in newts, all …` and `the previously described kinase …`: the earlier work is named in
/// passing, and the answer stands outside.
fn in_passing(at: usize, answer: &Range<usize>, sentence: &Range<usize>, reading: &Reading<'_>) -> bool {
    let before = at.checked_sub(1).map_or("", |i| reading.text(i));
    let participle =
        reading.words.get(at + 1).is_some_and(|w| w.folded.ends_with("ed") || w.is_any(&["known", "shown", "found"]));
    match before {
        "," if participle => {
            let close = (at + 1..sentence.end).find(|i| matches!(reading.text(*i), "," | ";"));
            close.is_some_and(|close| answer.start > close || answer.end < at)
        }
        "the" | "a" | "an" | "these" | "those" | "two" | "three" | "of" | "other" => {
            participle && !(at + 1..=at + 3).contains(&answer.start)
        }
        _ => false,
    }
}

/// `the 2016 recordings`, `newly show`.
fn names_study(ask: &Ask) -> bool {
    let year = ask.words.windows(2).any(|pair| {
        let year = pair[0].kind == Kind::Number
            && pair[0].folded.len() == 4
            && (pair[0].folded.starts_with("19") || pair[0].folded.starts_with("20"));
        year && pair[1].kind == Kind::Word && !pair[1].is_any(&["to", "and", "in", "was", "were", "or", "did", "does"])
    });
    year || ask.words.iter().any(|w| w.is("newly"))
}
