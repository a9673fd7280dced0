//! Whether a yes or no agrees with what the quote says.

use std::collections::HashSet;

use crate::model::answer::Direction;

use super::super::ask::Ask;
use super::super::contrary::contrary;
use super::super::lexicon::{Force, direction_of, is_negation, is_plain_negation, opposites};
use super::super::words::Word;
use super::direction::{events, ranked, swaps_reference, turned};
use super::reading::Reading;

/// # Errors
/// The reason when the quote's statement is the opposite of the key.
pub(crate) fn check(value: bool, ask: &Ask, reading: &Reading<'_>) -> Result<usize, String> {
    let asked_negated = ask.words.iter().any(|w| is_plain_negation(w) || w.is_any(&["independent", "independently"]));
    let cue = (ask.at + 1..ask.words.len())
        .filter_map(|i| ask.words.get(i).and_then(direction_of).map(|(d, f)| (i, d, f)))
        .find(|(_, d, f)| *f == Force::Plain && *d != Direction::NoChange);
    let best_clause = (0..reading.n_clauses())
        .map(|c| (reading.clause_words(c).map(|i| reading.shared[i]).sum::<f64>(), c))
        .fold((f64::MIN, 0), |best, own| if own.0 > best.0 { own } else { best })
        .1;
    let at = reading.clause_words(best_clause).find(|i| reading.shared[*i] > 0.0).unwrap_or_default();
    if let Some((cue_at, asked, _)) = cue
        && !asked_negated
    {
        let ranked = ranked(reading, ask);
        // The question's own word of change in the quote decides; else the best statement of change.
        let same_word = reading.words.iter().any(|w| w.stem == ask.words[cue_at].stem);
        if let Some((score, best)) = ranked.first()
            && *score >= 0.2
            && best.force == Force::Plain
            && !same_word
        {
            let says = best.direction == asked;
            let mixed = ranked.iter().any(|(s, e)| e.direction != best.direction && *s >= score * 0.8);
            if says != value && !mixed {
                return Err(format!("polarity: the quote says {:?} ({})", best.direction, reading.text(best.at)));
            }
            return Ok(at);
        }
    }
    let turned = |w: &Word| is_negation(w);
    let shared_negative = |w: &Word| ask.words.iter().any(|q| q.stem == w.stem);
    if !value && !asked_negated {
        let any = reading.words.iter().any(|w| turned(w) && !shared_negative(w));
        let opposite = ask.words.iter().any(|q| opposites(&q.folded).any(|o| reading.words.iter().any(|w| w.is(o))))
            || cue.is_some_and(|(_, asked, _)| events(reading).iter().any(|e| e.direction != asked))
            || turned_verb(ask, reading)
            || ask.words.iter().any(|q| reading.words.iter().any(|w| contrary(q, w)));
        let same = reading.words.iter().any(|w| direction_of(w).is_some_and(|(d, _)| d == Direction::NoChange));
        if !any && !opposite && !same {
            return Err("polarity: nothing in the quote denies it".to_owned());
        }
    }
    if let Some((_, asked, _)) = cue
        && value
        && !asked_negated
        && swaps_reference(ask, reading)
        && ranked(reading, ask).first().is_some_and(|(_, best)| best.direction == asked)
    {
        return Err("polarity: the quote compares the other way round".to_owned());
    }
    if value && !asked_negated {
        denied_by_prefix(ask, reading)?;
        both_not_one(ask, reading)?;
        independent(ask, reading)?;
        // A verb turned by `not` among the words that the question shares.
        let range = reading.clause_words(best_clause);
        for i in range.clone() {
            let word = &reading.words[i];
            if !is_plain_negation(word) || word.is("without") || shared_negative(word) {
                continue;
            }
            if reading.words.get(i + 1).is_some_and(|w| w.is_any(&["only", "just", "merely"])) {
                continue;
            }
            let behind =
                (i + 1..range.end.min(i + 4)).any(|k| reading.shared[k] >= 0.3 && !reading.words[k].is_any(&[","]));
            let comma = i > 0 && reading.text(i - 1) == ",";
            if behind && !comma {
                return Err(format!("polarity: the quote denies it ({} {})", word.folded, reading.text(i + 1)));
            }
        }
    }
    Ok(at)
}

/// `sensitive` asked, `insensitive` said.
fn denied_by_prefix(ask: &Ask, reading: &Reading<'_>) -> Result<(), String> {
    for asked in ask.words.iter().skip(ask.at + 1) {
        let said = |word: &Word| {
            ["un", "in", "im", "non"]
                .iter()
                .any(|p| word.folded.strip_prefix(p).is_some_and(|rest| rest == asked.folded))
        };
        let denied = reading.words.iter().any(|w| asked.folded.len() >= 5 && said(w));
        if denied && !reading.words.iter().any(|w| w.stem == asked.stem || is_plain_negation(w)) {
            return Err(format!("polarity: the quote says the opposite of {:?}", asked.folded));
        }
    }
    Ok(())
}

/// `only before` asked, `both before and after` said.
fn both_not_one(ask: &Ask, reading: &Reading<'_>) -> Result<(), String> {
    let exclusive =
        ask.words.iter().any(|w| w.is_any(&["only", "exclusively", "solely", "confined", "restricted", "limited"]));
    let both = reading.words.iter().position(|w| w.is("both"));
    let (Some(both), true) = (both, exclusive) else { return Ok(()) };
    let and = (both + 1..reading.words.len().min(both + 8)).find(|i| reading.text(*i) == "and");
    let Some(and) = and else { return Ok(()) };
    let asked = |word: &Word| ask.words.iter().any(|q| q.stem == word.stem);
    let one = reading.words[both + 1..and].iter().any(asked);
    let other = reading.words.get(and + 1).is_some_and(asked);
    if one != other { Err("polarity: the quote says both, the question only one".to_owned()) } else { Ok(()) }
}

/// `does A need B` asked, `A … independently of B` said.
fn independent(ask: &Ask, reading: &Reading<'_>) -> Result<(), String> {
    let verb = ask
        .words
        .iter()
        .position(|w| ["need", "requir", "depend", "necess"].iter().any(|root| w.folded.starts_with(root)));
    let Some(verb) = verb else { return Ok(()) };
    let needed: HashSet<&str> = ask.words[verb + 1..]
        .iter()
        .take(4)
        .take_while(|w| !w.is_any(&["to", "for", "in", "?"]) || w.is("on"))
        .filter(|w| w.is_content())
        .map(|w| w.stem.as_str())
        .collect();
    for (i, word) in reading.words.iter().enumerate() {
        let of = (i + 1..reading.words.len().min(i + 5)).any(|k| needed.contains(reading.words[k].stem.as_str()));
        let negated = i.checked_sub(1).is_some_and(|before| is_plain_negation(&reading.words[before]));
        if word.is_any(&["independent", "independently", "regardless", "irrespective"]) && of && !negated {
            return Err(format!("polarity: the quote denies it ({})", word.folded));
        }
    }
    Ok(())
}

/// `did A activate B` asked, `A inhibited B` said: the question's verb of change and the quote's exclude each other.
fn turned_verb(ask: &Ask, reading: &Reading<'_>) -> bool {
    let all = events(reading);
    ask.words
        .iter()
        .skip(ask.at + 1)
        .filter_map(direction_of)
        .any(|(asked, _)| asked != Direction::NoChange && all.iter().any(|e| e.direction == turned(asked)))
}
