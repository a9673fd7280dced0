//! Whether the quote names a sibling of the answer that fits the question as well.

use std::ops::Range;

use crate::model::answer::AnswerSpec;
use crate::model::question::{Draft, Evidence};

use super::super::ask::{AUXILIARIES, Ask, Asked};
use super::super::evidence::{Reading, places};
use super::super::lexicon::direction_of;
use super::super::prepared::Prepared;

/// One answer only: no sibling of the answer in the quote fits the question as well.
///
/// # Errors
/// The reason, naming the sibling.
pub(super) fn check(draft: &Draft, evidence: &Evidence, ask: &Ask, prepared: &Prepared<'_>) -> Result<(), String> {
    let AnswerSpec::Term { value, synonyms } = &draft.answer else { return Ok(()) };
    if !matches!(ask.asked, Asked::Thing) || ask.asks_for_count().is_some() {
        return Ok(());
    }
    let forms: Vec<&str> = std::iter::once(value.as_str()).chain(synonyms.iter().map(String::as_str)).collect();
    let reading = Reading::new(&evidence.quote, ask, prepared);
    let found = places(&forms, &reading, prepared);
    // Named more than once, some statement may single it out.
    let [place] = found.as_slice() else { return Ok(()) };
    if reading.words.iter().any(|w| w.is("respectively")) {
        return respectively(place, ask, &reading);
    }
    let Some(sibling) = sibling(place, &reading) else { return Ok(()) };
    if own_label(place, &sibling, ask, &reading) || own_phrase(place, &sibling, &reading) {
        return Ok(());
    }
    // `Besides A, which …` and questions that name the sibling have told it apart.
    let named = sibling.clone().filter(|i| reading.words[*i].is_content()).all(|i| reading.shared[i] >= 1.0);
    let except = ask.words.iter().any(|w| {
        w.is_any(&[
            "besides",
            "apart",
            "other",
            "another",
            "addition",
            "alongside",
            "else",
            "most",
            "largest",
            "highest",
        ])
    });
    if named || except {
        return Ok(());
    }
    let text: Vec<&str> = sibling.map(|i| reading.text(i)).collect();
    Err(format!("not_unique: the quote names {:?} beside it", text.join(" ")))
}

/// `the kinase A and the lipase B`, asked for the kinase: the noun in front of the answer is asked for and not the sibling's.
fn own_label(place: &Range<usize>, sibling: &Range<usize>, ask: &Ask, reading: &Reading<'_>) -> bool {
    let Some(head) = ask.head_words().last() else { return false };
    let is_head = |i: usize| reading.words.get(i).is_some_and(|w| w.stem == head.stem);
    let before = (0..place.start).rev().take(3).take_while(|i| reading.words[*i].is_content());
    // The sibling's own label stands in front of it too.
    let first = (0..sibling.start).rev().take(3).take_while(|i| reading.words[*i].is_content()).last();
    let other = first.unwrap_or(sibling.start)..sibling.end;
    let labelled = before.into_iter().any(is_head);
    // `the kinases A and B`: the label of the first is both items' own.
    let shared = place.start < sibling.start
        && reading.words.get(place.start.saturating_sub(1)).is_some_and(|w| w.folded.ends_with('s'));
    labelled && !shared && !other.into_iter().any(is_head) && sibling.len() > 1
}

/// `A in X and B in Y`: what is joined is A and B with their places, not X and B.
fn own_phrase(place: &Range<usize>, sibling: &Range<usize>, reading: &Reading<'_>) -> bool {
    let preposition =
        |i: usize| matches!(reading.text(i), "in" | "for" | "with" | "on" | "at" | "to" | "from" | "by" | "of" | "via");
    let skip = |i: usize| if matches!(reading.text(i), "the" | "a" | "an") { i.saturating_sub(1) } else { i };
    let (end, start) = (place.end, place.start);
    if sibling.end <= start {
        let before = skip(sibling.start.saturating_sub(1));
        preposition(end) && preposition(before) && reading.text(end) == reading.text(before)
    } else {
        let before = skip(start.saturating_sub(1));
        preposition(sibling.end) && preposition(before) && reading.text(sibling.end) == reading.text(before)
    }
}

/// The item joined to the answer by `and`, `or` or a comma of a list, when it is of its kind.
fn sibling(place: &Range<usize>, reading: &Reading<'_>) -> Option<Range<usize>> {
    let text = |i: usize| reading.text(i);
    let is_break = |i: usize| {
        let w = &reading.words[i];
        w.is_any(&[
            ";", ".", "(", ")", "[", "]", ":", "that", "which", "whereas", "while", "but", "by", "when", "where",
            "who", "as", "than",
        ])
    };
    let verb = |i: usize| {
        let w = &reading.words[i];
        AUXILIARIES.contains(&w.folded.as_str())
            || direction_of(w).is_some()
            || w.folded.ends_with("ing") && i > 0 && matches!(text(i - 1), "," | "and")
    };
    // The end of the answer's noun phrase, brackets skipped.
    let mut end = place.end;
    if text(end) == "(" {
        let close = (end..reading.words.len().min(end + 6)).find(|i| text(*i) == ")")?;
        end = close + 1;
    }
    let item = |from: usize| -> Option<Range<usize>> {
        let mut stop = from;
        while stop < reading.words.len()
            && stop - from < 8
            && !is_break(stop)
            && !matches!(text(stop), "," | "and" | "or" | "in" | "for" | "with" | "on" | "at" | "to" | "from")
        {
            if verb(stop) && stop == from {
                return None;
            }
            if verb(stop) {
                break;
            }
            stop += 1;
        }
        let content = (from..stop).filter(|i| reading.words[*i].is_content()).count();
        // `and their association`, `and consequently required a`: no item of the list.
        let other = reading.words.get(from).is_some_and(|w| {
            w.is_any(&[
                "its",
                "their",
                "this",
                "these",
                "it",
                "they",
                "then",
                "thus",
                "hence",
                "also",
                "further",
                "not",
                "subsequent",
                "no",
            ]) || w.folded.ends_with("ly")
        }) || (from + 1..stop).any(|i| reading.words[i].is_any(&["a", "an"]))
            // `and enable the formation`: a verb with its object.
            || matches!(reading.text(from + 1), "the" | "its" | "their");
        (content >= 1 && !other).then_some(from..stop)
    };
    let skip_article = |i: usize| if matches!(text(i), "the" | "a" | "an" | "in" | "of") { i + 1 } else { i };
    // Answer first: `answer and B`, `answer, B, and C`.
    if matches!(text(end), "and" | "or") {
        let found = item(skip_article(end + 1))?;
        // `A and B verb…`: a second statement has its verb right behind its subject; an item is followed by the list's verb or nothing.
        // Items in front of their clause's only verb are its one subject.
        let subject = place.start >= 1 && before_verb(place.start, reading) && reading.text(end) == "and";
        return (!statement_follows(&found, reading) || subject).then_some(found);
    }
    if text(end) == "," {
        let next = if matches!(text(end + 1), "and" | "or") { end + 2 } else { end + 1 };
        let closes = |found: &Range<usize>| {
            matches!(text(found.end), "and" | "or")
                || text(found.end) == "," && matches!(text(found.end + 1), "and" | "or")
                || next == end + 2 && !statement_follows(found, reading)
        };
        if let Some(found) = item(skip_article(next)).filter(closes) {
            return Some(found);
        }
    }
    // Answer last or in the middle: `A and answer`, `A, answer`.
    let mut before = place.start;
    while before > 0 && matches!(text(before - 1), "the" | "a" | "an" | "in" | "of") {
        before -= 1;
    }
    // Adjectives that belong to the answer's own noun phrase.
    let link = before.checked_sub(1)?;
    if !matches!(text(link), "and" | "or" | ",") {
        return None;
    }
    let mut to = link;
    while to > 0 && matches!(text(to - 1), "," | "and" | "or") {
        to -= 1;
    }
    let mut from = to;
    if from > 0 && text(from - 1) == ")" {
        from = (0..from).rev().take(8).find(|i| text(*i) == "(")?;
        to = from;
    }
    while from > 0
        && to - from < 4
        && !is_break(from - 1)
        && !matches!(
            text(from - 1),
            "," | "and" | "or" | "the" | "of" | "in" | "for" | "with" | "on" | "to" | "from" | "a" | "an" | "between"
        )
        && !verb(from - 1)
    {
        from -= 1;
    }
    let content = (from..to).filter(|i| reading.words[*i].is_content()).count();
    if content == 0 {
        return None;
    }
    // A comma alone joins clauses more often than items: it needs a further `and` or `or` behind the answer.
    if text(link) == "," && !matches!(text(end), "and" | "or") {
        return None;
    }
    // `X increases A and answer-verb`: the answer is the subject of a new statement.
    (!statement_follows(&(place.start..end), reading) || before_verb(from, reading)).then_some(from..to)
}

/// Whether the words behind an item are a verb of its own: `A rose and B fell`.
fn statement_follows(item: &Range<usize>, reading: &Reading<'_>) -> bool {
    let next = item.end;
    reading.words.get(next).is_some_and(|w| {
        AUXILIARIES.contains(&w.folded.as_str())
            || w.folded.ends_with("ed")
            || w.folded.ends_with('s') && direction_of(w).is_some()
    })
}

/// Whether no verb stands between the start of the clause and `at`: then the items are one subject.
fn before_verb(at: usize, reading: &Reading<'_>) -> bool {
    let clause = reading.clause_words(reading.clause.get(at).copied().unwrap_or_default());
    (clause.start..at).all(|i| !AUXILIARIES.contains(&reading.text(i)) && direction_of(&reading.words[i]).is_none())
}

/// `(P and Q) are shown by A and B, respectively`: the question must single out the answer's partner.
fn respectively(place: &Range<usize>, ask: &Ask, reading: &Reading<'_>) -> Result<(), String> {
    let ands: Vec<usize> = (0..reading.words.len()).filter(|i| matches!(reading.text(*i), "and" | "or")).collect();
    let own = ands.iter().copied().find(|i| i.abs_diff(place.start) <= 6 || i.abs_diff(place.end) <= 6);
    let Some(own) = own else { return Ok(()) };
    let first = place.end <= own;
    let Some(other) = ands.iter().copied().filter(|i| *i != own).min_by_key(|i| i.abs_diff(own)) else { return Ok(()) };
    let item = |range: Range<usize>| -> f64 {
        let mut asked: Vec<&str> = ask.words.iter().filter(|w| w.is_content()).map(|w| w.stem.as_str()).collect();
        let mut n = 0.0;
        let mut total = 0.0;
        for i in range.filter(|i| reading.words[*i].is_content()) {
            total += 1.0;
            if let Some(at) = asked.iter().position(|s| *s == reading.words[i].stem) {
                asked.remove(at);
                n += 1.0;
            } else if reading.shared[i] > 0.0 {
                n += 0.5;
            }
        }
        if total == 0.0 { 0.0 } else { n / total }
    };
    let stops = |i: usize| {
        matches!(
            reading.text(i),
            "," | "(" | ")" | "of" | "in" | "for" | "the" | ";" | "was" | "were" | "are" | "by" | "." | "between"
        )
    };
    let mut left = other;
    while left > 0 && other - left < 5 && !stops(left - 1) {
        left -= 1;
    }
    let mut right = other + 1;
    while right < reading.words.len() && right - other <= 5 && !stops(right) {
        right += 1;
    }
    let (a, b) = (item(left..other), item(other + 1..right));
    let (mine, theirs) = if first { (a, b) } else { (b, a) };
    if theirs > mine + 0.2 {
        return Err("not_unique: the question singles out the other of two".to_owned());
    }
    if mine <= theirs {
        return Err("not_unique: two answers fit, told apart only by what the question leaves out".to_owned());
    }
    Ok(())
}
