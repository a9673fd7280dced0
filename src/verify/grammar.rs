//! Whether a question is one sentence that holds together.

use super::ask::{AUXILIARIES, Ask};
use super::words::{Kind, Word};

/// # Errors
/// The reason: a sentence ends inside the question, or its words are put together wrongly.
pub(crate) fn check(ask: &Ask, question: &str) -> Result<(), String> {
    one_sentence(ask, question)?;
    place_without_subject(ask)?;
    no_word_twice(ask)?;
    one_verb(ask)
}

/// `a soluble soluble form`; `had had` and `that that` are written so.
fn no_word_twice(ask: &Ask) -> Result<(), String> {
    let twice = ask.words.windows(2).find(|pair| {
        pair[0].kind == Kind::Word
            && pair[0].folded == pair[1].folded
            && pair[0].folded.chars().count() > 3
            && pair[0].folded.chars().all(char::is_alphabetic)
            && pair[0].folded != "that"
    });
    match twice {
        Some(pair) => Err(format!("bad_grammar: {:?} stands twice", pair[0].folded)),
        None => Ok(()),
    }
}

/// `Did X in contact inhibited cells resulted in Y`: behind `did`, a verb that is never a participle stands in the past.
fn one_verb(ask: &Ask) -> Result<(), String> {
    let text = |i: usize| ask.words.get(i).map_or("", |w| w.folded.as_str());
    let Some(did) = (0..ask.words.len()).find(|i| matches!(text(*i), "did" | "does" | "do")) else { return Ok(()) };
    for i in did + 2..ask.words.len() {
        // A relative clause has its own verb.
        if matches!(
            text(i),
            "that" | "which" | "who" | "when" | "while" | "where" | "whose" | "after" | "before" | "as" | "than"
        ) {
            break;
        }
        let finite = matches!((text(i), text(i + 1)), ("resulted", "in") | ("led", "to"))
            || matches!(text(i), "remained" | "occurred" | "became" | "underwent" | "showed");
        if finite {
            return Err(format!("bad_grammar: {:?} stands behind {:?}", text(i), text(did)));
        }
    }
    Ok(())
}

/// A sentence may stand before the one that asks, none behind it.
fn one_sentence(ask: &Ask, question: &str) -> Result<(), String> {
    let words = &ask.words;
    for i in ask.at + 1..words.len().saturating_sub(1) {
        if !words[i].is(".") {
            continue;
        }
        let (before, behind) = (&words[i - 1], &words[i + 1]);
        let capital = question.get(behind.span.clone()).and_then(|t| t.chars().next()).is_some_and(char::is_uppercase);
        let gap =
            question.get(words[i].span.end..behind.span.start).is_some_and(|t| t.starts_with(char::is_whitespace));
        // `E. coli`, `subsp. Enterica`: a short word before the point is an abbreviation.
        let whole = before.kind == Kind::Word && before.folded.chars().count() >= 4 && !before.is_any(ABBREVIATED);
        if capital && gap && whole {
            return Err(format!("bad_grammar: a sentence ends behind {:?}", before.folded));
        }
    }
    Ok(())
}

const ABBREVIATED: &[&str] = &["subsp", "approx", "prof", "resp", "mult", "spec"];

/// `to which tissue was in a slice`: an auxiliary with neither subject nor participle behind it.
fn place_without_subject(ask: &Ask) -> Result<(), String> {
    let words = &ask.words;
    let text = |i: usize| words.get(i).map_or("", |w| w.folded.as_str());
    let preposition = |i: usize| {
        words.get(i).is_some_and(|w: &Word| {
            w.is_any(&["in", "on", "at", "to", "of", "from", "with", "by", "for", "into", "within", "between"])
        })
    };
    let asking = ask.at;
    if !matches!(text(asking), "which" | "what") || asking == 0 || !preposition(asking - 1) {
        return Ok(());
    }
    let inverted =
        words.iter().take(asking - 1).any(|w| w.kind == Kind::Word && AUXILIARIES.contains(&w.folded.as_str()));
    let end = ask.head.end;
    let auxiliary = matches!(text(end), "is" | "are" | "was" | "were");
    let latin = matches!(text(end + 2), "situ" | "vitro" | "vivo" | "silico" | "utero" | "vacuo" | "planta");
    if auxiliary && preposition(end + 1) && !latin && !inverted {
        return Err(format!("bad_grammar: {:?} has no subject", text(end)));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn holds(question: &str) -> bool {
        check(&Ask::of(question), question).is_ok()
    }

    #[test]
    fn a_question_is_one_sentence() {
        assert!(holds("In which tissue of E. coli-fed newts is the kinase TLK1 active?"));
        assert!(holds("Dwarf newts were cooled for a day. Which kinase rose in their tails?"));
        assert!(holds("Which serovar of Salmonella enterica subsp. Enterica infects dwarf newts?"));
        assert!(!holds("Which genes mark the newt's tail cells. These genes included TLK1?"));
    }

    #[test]
    fn a_question_has_one_verb() {
        assert!(holds("Did cooling in dwarf newts that remained awake raise TLK1 in the tail?"));
        assert!(holds("Did a physician-led cooling programme raise TLK1 in the tail of newts?"));
        assert!(!holds("Did cooling enhance inhibited newt cells resulted in the appearance of TLK1?"));
        assert!(!holds("How did cooling change starved newts remained awake?"));
    }

    #[test]
    fn no_word_stands_twice() {
        assert!(!holds("Does cooling yield a soluble soluble form of TLK1 in the newt tail?"));
        assert!(holds("Does cooling that starts late yield a soluble form of TLK1 in the newt tail?"));
        assert!(holds("Does the peptide (AAG)n AAG raise TLK1 in the newt tail?"));
    }

    #[test]
    fn a_place_question_has_a_subject() {
        assert!(holds("To which tissue was the kinase TLK1 confined in newts?"));
        assert!(holds("In which tissue was in situ hybridisation of TLK1 positive?"));
        assert!(!holds("To which tissue was in a slice of the newt tail?"));
    }
}
