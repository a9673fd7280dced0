//! Stage 1, shape: one English question of sane length whose form calls for the type of answer that is given.

use crate::model::answer::{Alphabet, AnswerSpec, Item};
use crate::model::question::Draft;

use super::ask::{AUXILIARIES, Ask, Asked};
use super::config::Config;
use super::words::{Kind, Word, words};

/// # Errors
/// The reason: the first rule that the question or its answer breaks.
pub(crate) fn check(draft: &Draft, ask: &Ask, config: &Config) -> Result<(), String> {
    length(draft, ask, config)?;
    english(ask)?;
    answer_length(&draft.answer, config)?;
    if let Err(error) = crate::grade::check(&draft.answer) {
        return Err(format!("bad_spec: {error}"));
    }
    one_question(draft, ask)?;
    super::grammar::check(ask, &draft.question)?;
    type_fits(draft, ask)
}

fn length(draft: &Draft, ask: &Ask, config: &Config) -> Result<(), String> {
    let question = draft.question.trim();
    let n = ask.words.iter().filter(|w| w.kind != Kind::Sign).count();
    if question.is_empty() || n < 4 {
        return Err("too_short".to_owned());
    }
    if n > config.max_question_words || question.len() > config.max_question_words * 15 {
        return Err(format!("too_long: {n} words, at most {}", config.max_question_words));
    }
    let orders = matches!(ask.asked, Asked::Order | Asked::Listing);
    if !question.ends_with('?') && !orders {
        return Err("no_question_mark".to_owned());
    }
    if draft.evidence.iter().any(|e| e.quote.len() > config.max_quote_bytes) {
        return Err("quote_too_long".to_owned());
    }
    Ok(())
}

/// English by its small words and letters; names and symbols of biology are no evidence against it.
fn english(ask: &Ask) -> Result<(), String> {
    let letters = |w: &&Word| w.kind == Kind::Word;
    let foreign_script = ask
        .words
        .iter()
        .filter(letters)
        .filter(|w| w.folded.chars().any(|c| c.is_alphabetic() && !is_latin_or_greek(c)))
        .count();
    let small = ask.words.iter().filter(|w| w.kind == Kind::Word && super::words::is_function_word(&w.folded)).count();
    // A short question may have one small word: `Does X inhibit Y?`.
    let n_words = ask.words.iter().filter(|w| w.kind == Kind::Word).count();
    if foreign_script > 1 || small == 0 || small < 2 && n_words > 9 {
        return Err("not_english".to_owned());
    }
    const FOREIGN: &[&str] = &[
        "el", "los", "las", "una", "del", "que", "cuál", "qué", "cuántos", "cómo", "por", "con", "para", "der", "das",
        "und", "ist", "welche", "welches", "welcher", "wie", "bei", "eine", "quel", "quelle", "combien", "les", "des",
        "une", "dans", "est", "avec", "qual", "como", "quanto", "nel", "della", "il", "um", "uma", "quais", "het",
        "een", "welk",
    ];
    let foreign = ask.words.iter().filter(|w| FOREIGN.contains(&w.folded.as_str())).count();
    if foreign >= 2 && foreign * 2 >= small {
        return Err("not_english".to_owned());
    }
    Ok(())
}

fn is_latin_or_greek(c: char) -> bool {
    matches!(u32::from(c), 0..=0x24f | 0x1e00..=0x1eff | 0x370..=0x3ff | 0x1f00..=0x1fff | 0x2070..=0x218f | 0xff00..=0xffef | 0x300..=0x36f)
}

fn answer_length(answer: &AnswerSpec, config: &Config) -> Result<(), String> {
    let max = config.max_term_words;
    match answer {
        AnswerSpec::Term { value, synonyms } => {
            term_length(value, max)?;
            synonyms.iter().try_for_each(|s| synonym_length(s, max + 2))
        }
        AnswerSpec::Set { items } | AnswerSpec::Ranking { items } => items.iter().try_for_each(|item| match item {
            Item::Name(name) => term_length(name, max),
            Item::Term { value, synonyms } => {
                term_length(value, max)?;
                synonyms.iter().try_for_each(|s| synonym_length(s, max + 2))
            }
        }),
        AnswerSpec::Choice { options, .. } => options.iter().try_for_each(|o| {
            let n = words(o).iter().filter(|w| w.kind != Kind::Sign).count();
            if n > max * 2 { Err(format!("long_option: {n} words")) } else { Ok(()) }
        }),
        _ => Ok(()),
    }
}

/// A systematic name may be long; only its number of words counts.
fn synonym_length(term: &str, max: usize) -> Result<(), String> {
    let n = term.split_whitespace().count();
    if n == 0 {
        return Err("empty_answer".to_owned());
    }
    if n > max || term.len() > 200 { Err(format!("long_answer: {n} words, at most {max}")) } else { Ok(()) }
}

/// A term that can be matched: few words, no statement.
fn term_length(term: &str, max: usize) -> Result<(), String> {
    let words = words(term);
    let n = words.iter().filter(|w| w.kind != Kind::Sign).count();
    if n == 0 {
        return Err("empty_answer".to_owned());
    }
    // Names of chemicals are long words with many hyphens and digits: `2-amino-3-methyl-imidazo…`.
    let n_spaced = term.split_whitespace().count();
    if n_spaced > max || n > max * 3 || term.len() > 160 {
        return Err(format!("long_answer: {n_spaced} words, at most {max}"));
    }
    let text = |i: usize| words.get(i).map_or("", |w| w.folded.as_str());
    let finite = words.iter().any(|w| {
        w.is_any(&[
            "that", "which", "who", "they", "it", "was", "were", "is", "are", "because", "whereas", "when", "than",
            "did", "does", "has", "had", "have", "can", "could", "would",
        ])
    });
    let adverbial =
        matches!(text(0), "by" | "through" | "via") && words.get(1).is_some_and(|w| w.folded.ends_with("ing"));
    let verb_first = matches!(text(0), "it" | "they" | "there" | "because") || (text(0) == "to" && n_spaced > 4);
    if n_spaced >= 4 && (finite || adverbial) || verb_first || adverbial && n_spaced >= 3 {
        return Err("long_answer: a statement, not a term".to_owned());
    }
    if n_spaced >= 5
        && words.iter().any(|w| w.is(","))
        && words.iter().filter(|w| w.is("and") || w.is("or")).count() >= 1
    {
        return Err("long_answer: a list, not a term".to_owned());
    }
    if n_spaced >= 7
        && words.iter().skip(1).filter(|w| w.folded.ends_with("ing") || w.folded.ends_with("ed")).count() >= 2
    {
        return Err("long_answer: a description, not a term".to_owned());
    }
    Ok(())
}

fn one_question(draft: &Draft, ask: &Ask) -> Result<(), String> {
    let words = &ask.words;
    let text = |i: usize| words.get(i).map_or("", |w| w.folded.as_str());
    if words.iter().filter(|w| w.is("?")).count() > 1 {
        return Err("multi_question: two question marks".to_owned());
    }
    const WH: &[&str] = &["which", "what", "how", "who", "whose", "where", "when", "why"];
    const LINKS: &[&str] = &[
        "in", "on", "at", "by", "to", "from", "with", "of", "for", "under", "through", "within", "into", "roughly",
        "about",
    ];
    for i in 1..words.len() {
        let link = matches!(text(i), "and" | "or" | ";" | "as") && !(text(i) == "as" && text(i + 1) != "well");
        if !link || i <= ask.at {
            continue;
        }
        let mut next = i + 1;
        if text(next) == "also" || text(next) == "then" || text(i) == "as" {
            next += if text(i) == "as" { 2 } else { 1 };
        }
        let comma = text(i - 1) == "," || text(i) == ";";
        let behind_link = LINKS.contains(&text(next)) && WH.contains(&text(next + 1));
        let wh = WH.contains(&text(next)) || behind_link;
        let relative =
            matches!(text(next), "which" | "who" | "whose" | "when" | "where") && relative_before(words, i, ask.at);
        let relative_link = behind_link && text(next + 1) == "which" && relative_before(words, i, ask.at);
        let auxiliary = AUXILIARIES.contains(&text(next))
            && comma
            && !matches!(
                text(next),
                "can"
                    | "could"
                    | "may"
                    | "might"
                    | "had"
                    | "has"
                    | "have"
                    | "was"
                    | "were"
                    | "is"
                    | "are"
                    | "will"
                    | "would"
            )
            || AUXILIARIES.contains(&text(next)) && comma && pronoun(text(next + 1));
        if wh && !relative && !relative_link || auxiliary {
            return Err(format!("multi_question: {} {}", text(i), text(next)));
        }
    }
    // Several values asked, one given: `what were the rates of A and of B`, `how many … with X and how many with Y`.
    if let AnswerSpec::Number { .. } = draft.answer {
        let plural_verb = matches!(text(ask.at + 1), "were" | "are") && text(ask.at) == "what";
        let head = ask.head_words();
        let plural = head.last().is_some_and(|w| {
            w.folded.ends_with('s')
                && !w.folded.ends_with("ss")
                && !w.is_any(&["odds", "cells", "species", "series", "units", "days"])
        });
        let joined = words.iter().skip(ask.at).any(|w| w.is_any(&["and", "respectively", "both", "each"]));
        if plural_verb && plural && joined || words.iter().any(|w| w.is("respectively")) {
            return Err("multi_question: several values asked, one given".to_owned());
        }
    }
    if !matches!(
        draft.answer,
        AnswerSpec::Set { .. }
            | AnswerSpec::Ranking { .. }
            | AnswerSpec::Number { .. }
            | AnswerSpec::Choice { .. }
            | AnswerSpec::Boolean { .. }
            | AnswerSpec::Sequence { .. }
    ) && matches!(ask.asked, Asked::Thing)
        && ask.asks_for_count().is_some()
        && text(ask.at + 1) != "of"
    {
        return Err("multi_question: several things asked, one given".to_owned());
    }
    if !matches!(draft.answer, AnswerSpec::Set { .. } | AnswerSpec::Ranking { .. })
        && words.iter().any(|w| w.is("respectively"))
        && matches!(ask.asked, Asked::Thing | Asked::Change | Asked::Number)
    {
        return Err("multi_question: several answers asked".to_owned());
    }
    Ok(())
}

fn pronoun(word: &str) -> bool {
    matches!(word, "it" | "they" | "this" | "these" | "he" | "she" | "the" | "its" | "their" | "there")
}

/// Whether a relative `which` or `who` went before, behind the asking word: `… a kinase, which binds A and which blocks B`.
fn relative_before(words: &[Word], at: usize, asking: usize) -> bool {
    words.iter().take(at).skip(asking + 1).any(|w| w.is_any(&["which", "who", "that", "whose", "where", "when"]))
}

fn type_fits(draft: &Draft, ask: &Ask) -> Result<(), String> {
    let wrong = |asked: &str| Err(format!("wrong_type: asks for {asked}, the answer is a {}", draft.answer.kind()));
    let words = &ask.words;
    let has = |texts: &[&str]| words.iter().any(|w| w.is_any(texts));
    let orders = ask.asked == Asked::Order
        || has(&["rank", "ranking", "ordered"])
        || (has(&["order"])
            && has(&[
                "upstream",
                "highest",
                "lowest",
                "largest",
                "smallest",
                "first",
                "earliest",
                "most",
                "fastest",
                "descending",
                "ascending",
                "decreasing",
                "increasing",
            ]));
    match &draft.answer {
        AnswerSpec::Number { unit, .. } if share_in(unit.as_deref(), ask) => wrong("a share"),
        AnswerSpec::Number { .. } => match ask.asked {
            Asked::Number => Ok(()),
            Asked::Thing | Asked::Alternatives if ask.names_quantity() && !ask.names_thing() => Ok(()),
            Asked::Thing if !ask.names_thing() && !has(&["who", "whose", "where"]) => Ok(()),
            Asked::Thing | Asked::Alternatives => wrong("a thing"),
            Asked::YesNo => wrong("yes or no"),
            Asked::Change if ask.names_quantity() => Ok(()),
            Asked::Change => wrong("a direction"),
            Asked::Order => wrong("an order"),
            Asked::Listing => wrong("a list"),
            Asked::Open => Ok(()),
        },
        AnswerSpec::Boolean { .. } => match ask.asked {
            Asked::YesNo => Ok(()),
            Asked::Alternatives if starts_polar(ask) => Ok(()),
            Asked::Number => wrong("a number"),
            Asked::Thing | Asked::Alternatives => wrong("a thing"),
            Asked::Change => wrong("a direction"),
            Asked::Order | Asked::Listing => wrong("a list"),
            Asked::Open => wrong("an explanation"),
        },
        AnswerSpec::Direction { .. } => match ask.asked {
            Asked::Change | Asked::Open => Ok(()),
            Asked::Alternatives
                if has(&[
                    "increase",
                    "decrease",
                    "increased",
                    "decreased",
                    "rise",
                    "fall",
                    "higher",
                    "lower",
                    "raise",
                    "reduce",
                    "up",
                    "down",
                ]) =>
            {
                Ok(())
            }
            Asked::YesNo => wrong("yes or no"),
            Asked::Number => wrong("a number"),
            Asked::Order | Asked::Listing => wrong("a list"),
            Asked::Thing | Asked::Alternatives => wrong("a thing"),
        },
        AnswerSpec::Term { value, .. } => {
            if is_bare_number(value) {
                return wrong("a number, written as text");
            }
            if matches!(value.trim().to_lowercase().as_str(), "yes" | "no" | "true" | "false") {
                return wrong("yes or no, written as text");
            }
            if is_direction_word(value) && ask.asked == Asked::Change {
                return wrong("a direction, written as text");
            }
            match ask.asked {
                Asked::Number => wrong("a number"),
                Asked::YesNo => wrong("yes or no"),
                Asked::Order => wrong("an order"),
                Asked::Listing if ask.words.iter().any(|w| super::ask::small_number(&w.folded).is_some()) => {
                    wrong("a list")
                }
                _ => Ok(()),
            }
        }
        AnswerSpec::Choice { .. } => match ask.asked {
            Asked::Order => wrong("an order"),
            _ => Ok(()),
        },
        AnswerSpec::Set { items } => {
            if orders {
                return wrong("an order");
            }
            match ask.asked {
                Asked::Number => wrong("a number"),
                Asked::YesNo => wrong("yes or no"),
                _ => match ask.asks_for_count() {
                    Some(n)
                        if matches!(ask.asked, Asked::Thing)
                            && n != items.len()
                            && words.get(ask.at + 1).is_some_and(|w| super::ask::small_number(&w.folded).is_some()) =>
                    {
                        Err(format!("wrong_type: asks for {n} items, the answer has {}", items.len()))
                    }
                    _ => Ok(()),
                },
            }
        }
        AnswerSpec::Ranking { .. } => {
            if orders || has(&["order", "sequence", "succession", "sequentially"]) {
                Ok(())
            } else {
                wrong("no order")
            }
        }
        AnswerSpec::Sequence { alphabet, .. } => {
            if matches!(ask.asked, Asked::YesNo | Asked::Number | Asked::Change) {
                return wrong("no sequence");
            }
            let protein = has(&["residue", "residues", "peptide", "amino", "protein", "polypeptide", "epitope"]);
            let nucleic = has(&[
                "nucleotide",
                "nucleotides",
                "dna",
                "rna",
                "primer",
                "oligonucleotide",
                "sirna",
                "shrna",
                "codon",
                "sgrna",
                "guide",
                "promoter",
                "microrna",
                "mirna",
                "probe",
                "basepair",
                "bp",
            ]);
            match alphabet {
                Alphabet::Protein if nucleic && !protein => wrong("a nucleotide sequence"),
                Alphabet::Dna | Alphabet::Rna if protein && !nucleic => wrong("an amino-acid sequence"),
                _ => Ok(()),
            }
        }
    }
}

/// A probability or a percentage that is given in a measured unit.
fn share_in(unit: Option<&str>, ask: &Ask) -> bool {
    let share = ask.head_words().last().is_some_and(|w| {
        w.is_any(&["probability", "percentage", "percent", "proportion", "fraction", "odds", "likelihood"])
    });
    let measured =
        |unit: crate::grade::unit::Unit| unit.is_known() && !unit.is_percent() && !unit.is_count() && !unit.is_fold();
    share && unit.and_then(crate::grade::unit::Unit::parse).is_some_and(measured)
}

fn starts_polar(ask: &Ask) -> bool {
    ask.words.get(ask.at).is_some_and(|w| AUXILIARIES.contains(&w.folded.as_str()))
}

/// A term that is nothing but a number with or without a unit belongs into a number spec.
fn is_bare_number(value: &str) -> bool {
    let trimmed = value.trim();
    let starts = trimmed
        .chars()
        .next()
        .is_some_and(|c| c.is_ascii_digit() || matches!(c, '-' | '−' | '+' | '<' | '>' | '~' | '≈' | '±'));
    if !starts {
        let spelled = words(trimmed);
        return matches!(spelled.as_slice(), [only] if super::ask::small_number(&only.folded).is_some() && only.kind == Kind::Word);
    }
    let found = crate::text::quantity::scan(trimmed);
    let covered: usize = found.iter().map(|q| q.span.len()).sum();
    let letters = trimmed.chars().filter(|c| c.is_alphabetic()).count();
    covered > 0 && covered + 3 >= trimmed.len() && found.len() == 1
        || letters == 0
            && trimmed.chars().any(|c| c.is_ascii_digit())
            && !trimmed.contains(':')
            && !trimmed.contains('/')
}

fn is_direction_word(value: &str) -> bool {
    matches!(
        value.trim().to_lowercase().as_str(),
        "increase"
            | "increases"
            | "increased"
            | "decrease"
            | "decreases"
            | "decreased"
            | "no change"
            | "reduced"
            | "reduction"
            | "higher"
            | "lower"
            | "unchanged"
            | "up"
            | "down"
            | "it increases"
            | "it decreases"
            | "elevated"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::question::Generator;

    fn reason(question: &str, answer: AnswerSpec) -> String {
        let generator = Generator { kind: "given".into(), model: String::new(), prompt_hash: String::new() };
        let draft = Draft { question: question.to_owned(), answer, evidence: Vec::new(), generator, kind: None };
        let result = check(&draft, &Ask::of(question), &Config::default());
        result.err().map_or(String::new(), |reason| reason.split(':').next().unwrap_or_default().to_owned())
    }

    #[test]
    fn short_questions_are_english_and_foreign_ones_are_not() {
        let yes = || AnswerSpec::Boolean { value: true };
        assert_eq!(reason("Does lumirastat inhibit TLK1?", yes()), "");
        assert_eq!(reason("¿Qué proteína inhibe lumirastat?", yes()), "not_english");
        assert_eq!(
            reason("Welche Kinase wird durch Lumirastat in der Molchlarve gehemmt und wie?", yes()),
            "not_english"
        );
    }

    #[test]
    fn a_statement_may_ask_for_yes_or_no() {
        assert_eq!(reason("The dwarf newt sleeps by day, yes or no?", AnswerSpec::Boolean { value: true }), "");
        assert_eq!(reason("The dwarf newt sleeps by day?", AnswerSpec::Boolean { value: true }), "wrong_type");
        let kinase = AnswerSpec::Term { value: "TLK1".into(), synonyms: Vec::new() };
        assert_eq!(
            reason("Lumirastat, a blocker of newt clocks, is a derivative of which kinase?", kinase.clone()),
            ""
        );
        assert_eq!(reason("Lumirastat (LMS) is a blocker of which kinase?", kinase), "");
    }
}
