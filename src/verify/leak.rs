//! Stage 4, leak: the question does not give its answer away.

use crate::grade::term::fold;
use crate::model::answer::{AnswerSpec, Direction};
use crate::model::question::Draft;
use crate::text::quantity;

use super::ask::{Ask, Asked};
use super::evidence::item_forms;
use super::lexicon::{Force, direction_of};
use super::prepared::Prepared;
use super::words::{Kind, Word, is_generic, words};

/// # Errors
/// The reason: the form of the answer that the question holds.
pub(crate) fn check(draft: &Draft, ask: &Ask, prepared: &Prepared<'_>) -> Result<(), String> {
    match &draft.answer {
        AnswerSpec::Term { value, synonyms } => {
            if ask.asked == Asked::Alternatives {
                return Ok(());
            }
            let forms: Vec<&str> = std::iter::once(value.as_str()).chain(synonyms.iter().map(String::as_str)).collect();
            term(&forms, draft, ask, prepared)
        }
        AnswerSpec::Set { items } if ask.asked != Asked::Order => {
            let listed = items.iter().filter(|item| term(&item_forms(item), draft, ask, prepared).is_err()).count();
            // All items in the question: it lists candidates to pick from, or tells the answer; both are too easy.
            if listed > 0 { Err(format!("answer_in_question: {listed} of {} items", items.len())) } else { Ok(()) }
        }
        AnswerSpec::Sequence { value, .. } => {
            let plain = |text: &str| -> String {
                text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_uppercase).collect()
            };
            let wanted = plain(value);
            let held = draft.question.split_whitespace().any(|w| plain(w) == wanted)
                || wanted.len() >= 8 && plain(&draft.question).contains(&wanted);
            if held { Err("answer_in_question: the sequence".to_owned()) } else { Ok(()) }
        }
        AnswerSpec::Number { value, unit, .. } => number(*value, unit.as_deref(), draft, ask),
        AnswerSpec::Direction { value } => direction(*value, ask),
        AnswerSpec::Choice { options, correct } => choice(options, correct, draft, ask),
        AnswerSpec::Boolean { .. } | AnswerSpec::Set { .. } | AnswerSpec::Ranking { .. } => Ok(()),
    }
}

fn term(forms: &[&str], draft: &Draft, ask: &Ask, prepared: &Prepared<'_>) -> Result<(), String> {
    let leaked = |form: &str| Err(format!("answer_in_question: {form:?}"));
    let mut all: Vec<String> = forms.iter().map(|f| (*f).to_owned()).collect();
    for abbreviation in prepared.abbreviations() {
        for form in forms {
            let folded = fold(form);
            if folded == fold(&abbreviation.short) {
                all.push(abbreviation.long.clone());
            } else if folded == fold(&abbreviation.long) {
                all.push(abbreviation.short.clone());
            }
        }
    }
    let head: Vec<&str> = ask.head_words().iter().map(|w| w.stem.as_str()).collect();
    for form in &all {
        let own = words(form);
        let plain: Vec<&Word> = own.iter().filter(|w| w.is_content()).collect();
        if plain.is_empty() {
            continue;
        }
        if offered(&plain, ask) {
            continue;
        }
        if runs_in(form, &plain, ask, &draft.question) {
            return leaked(form);
        }
        // Taken apart: every telling word of the answer in the question, in whatever order and form.
        let telling: Vec<&&Word> = plain
            .iter()
            .filter(|w| {
                !(head.contains(&w.stem.as_str()) && plain.len() > 1 && plain.last().is_some_and(|l| l.stem == w.stem))
            })
            .collect();
        if plain.len() >= 2
            && telling.len() >= 2
            && telling.iter().all(|w| ask.words.iter().any(|q| q.stem == w.stem || akin(&q.folded, &w.folded)))
        {
            return leaked(form);
        }
        if let [only] = plain.as_slice() {
            single(only, form, ask)?;
        }
        if let Some(three) = amino_acid(form)
            && draft.question.split(|c: char| !c.is_alphanumeric()).any(|w| w == three)
        {
            return leaked(three);
        }
    }
    Ok(())
}

/// `which protein, A or B, …`: the answer is one of the alternatives that the question offers.
fn offered(plain: &[&Word], ask: &Ask) -> bool {
    let (Some(first), Some(last)) = (plain.first(), plain.last()) else { return false };
    (1..ask.words.len()).filter(|i| ask.words[*i].is("or")).any(|or| {
        let behind = ask.words.iter().skip(or + 1).find(|w| w.is_content());
        let open = behind.is_some_and(|w| w.is_any(&["another", "other", "others", "else", "more", "less"]));
        !open && ask.words[or - 1].folded == last.folded || behind.is_some_and(|w| w.folded == first.folded)
    })
}

/// The answer's words one behind the other in the question, in any inflection of the last one.
fn runs_in(form: &str, plain: &[&Word], ask: &Ask, question: &str) -> bool {
    let folded = fold(form);
    for start in 0..ask.words.len() {
        let mut at = start;
        let mut matched = 0;
        for word in plain {
            while ask.words.get(at).is_some_and(|q| !q.is_content()) && matched > 0 {
                at += 1;
            }
            match ask.words.get(at) {
                Some(q) if q.folded == word.folded || plural(&q.folded, &word.folded) => {
                    at += 1;
                    matched += 1;
                }
                _ => break,
            }
        }
        if matched == plain.len() && !(sign_differs(form, at, ask, question)) {
            return true;
        }
        // Other breaks: `23 S`, `IL1β`, `clpB`.
        let first = &ask.words[start];
        if first.kind == Kind::Sign || !folded.starts_with(first.folded.chars().next().unwrap_or(' ')) {
            continue;
        }
        for end in start + 1..=ask.words.len().min(start + plain.len() + 4) {
            let slice = ask
                .words
                .get(end - 1)
                .and_then(|last| question.get(first.span.start..last.span.end))
                .unwrap_or_default();
            if slice.len() <= form.len() * 2 + 8 && fold(slice) == folded {
                return true;
            }
        }
    }
    false
}

fn plural(a: &str, b: &str) -> bool {
    let (short, long) = if a.len() < b.len() { (a, b) } else { (b, a) };
    short.len() >= 3 && (long.strip_prefix(short).is_some_and(|rest| rest == "s" || rest == "es"))
}

/// `CD4+` asked beside `CD4-`: the charge tells them apart.
fn sign_differs(form: &str, at: usize, ask: &Ask, question: &str) -> bool {
    let last = form.trim().chars().next_back().unwrap_or(' ');
    if !matches!(last, '+' | '-' | '−') {
        return false;
    }
    let behind = at
        .checked_sub(1)
        .and_then(|i| ask.words.get(i))
        .and_then(|w| question.get(w.span.end..))
        .and_then(|t| t.chars().next());
    behind != Some(last)
}

/// Leaks of a one-word answer: a longer or shorter form of it, its parts, or its symbol without the species letters.
fn single(word: &Word, form: &str, ask: &Ask) -> Result<(), String> {
    let leaked = |by: &str| Err(format!("answer_in_question: {form:?} by {by:?}"));
    let answer = word.folded.as_str();
    if answer.chars().count() < 4 {
        return Ok(());
    }
    let has_digit = |t: &str| t.chars().any(|c| c.is_ascii_digit());
    for asked in ask.words.iter().filter(|w| w.kind == Kind::Word && w.is_content()) {
        let text = asked.folded.as_str();
        // `GRXC9` for `PgGRXC9`, `HDAC4` for `hsHDAC4`.
        if has_digit(text)
            && text.len() >= 4
            && answer.len() > text.len()
            && answer.len() - text.len() <= 3
            && answer.ends_with(text)
        {
            return leaked(text);
        }
        if has_digit(answer)
            && answer.len() >= 4
            && text.len() > answer.len()
            && text.len() - answer.len() <= 3
            && text.ends_with(answer)
        {
            return leaked(text);
        }
        // The same word in another form (`microneme`, `micronemes`; `sulphonated`, `sulphonation`), if it is a rare one.
        if !has_digit(answer) && answer.len() >= 7 && text.len() >= 6 && asked.stem == word.stem && !is_generic(asked) {
            return leaked(text);
        }
    }
    // Parts: `sialylated` and `lactose` for `sialyllactose`.
    if answer.len() >= 9 && answer.is_ascii() && !has_digit(answer) {
        for cut in 4..=answer.len() - 4 {
            let (left, right) = answer.split_at(cut);
            let part = |piece: &str| {
                ask.words.iter().find(|w| {
                    let text = w.folded.as_str();
                    w.kind == Kind::Word
                        && (text == piece
                            || text.len() >= 5
                                && piece.len() >= 5
                                && (text.starts_with(piece)
                                    || piece.starts_with(text) && piece.len() - text.len() <= 2))
                })
            };
            if let (Some(a), Some(b)) = (part(left), part(right))
                && a.span != b.span
            {
                return leaked(&format!("{} {}", a.folded, b.folded));
            }
        }
    }
    Ok(())
}

/// Two forms of one long word: `cotransporting`, `cotransporter`.
fn akin(a: &str, b: &str) -> bool {
    let common = a.chars().zip(b.chars()).take_while(|(x, y)| x == y).count();
    common >= 6 && common * 10 >= a.chars().count().max(b.chars().count()) * 7
}

fn amino_acid(name: &str) -> Option<&'static str> {
    const CODES: &[(&str, &str)] = &[
        ("alanine", "Ala"),
        ("arginine", "Arg"),
        ("asparagine", "Asn"),
        ("aspartate", "Asp"),
        ("aspartic acid", "Asp"),
        ("cysteine", "Cys"),
        ("glutamine", "Gln"),
        ("glutamate", "Glu"),
        ("glutamic acid", "Glu"),
        ("glycine", "Gly"),
        ("histidine", "His"),
        ("isoleucine", "Ile"),
        ("leucine", "Leu"),
        ("lysine", "Lys"),
        ("methionine", "Met"),
        ("phenylalanine", "Phe"),
        ("proline", "Pro"),
        ("serine", "Ser"),
        ("threonine", "Thr"),
        ("tryptophan", "Trp"),
        ("tyrosine", "Tyr"),
        ("valine", "Val"),
    ];
    let name = name.trim().to_lowercase();
    CODES.iter().find(|(long, _)| *long == name).map(|(_, code)| *code)
}

fn number(value: f64, unit: Option<&str>, draft: &Draft, ask: &Ask) -> Result<(), String> {
    let key_unit = unit.and_then(crate::grade::unit::Unit::parse);
    for quantity in quantity::scan(&draft.question) {
        let written = quantity.unit_in(&draft.question).and_then(crate::grade::unit::Unit::parse);
        let same = match (&written, &key_unit) {
            (Some(a), Some(b)) => crate::grade::unit::convert(quantity.value, a, b).is_some_and(|v| close(v, value)),
            (None, None) => close(quantity.value, value) && unit.is_none() && !(quantity.in_words && value < 10.0),
            (None, Some(key)) => {
                key.is_count()
                    && close(quantity.value, value)
                    && (value >= 10.0 || !quantity.in_words)
                    && counted_same(&quantity, unit, &draft.question)
            }
            (Some(_), None) => false,
        };
        if same {
            return Err(format!("answer_in_question: {value}"));
        }
    }
    let _ = ask;
    Ok(())
}

fn counted_same(quantity: &quantity::Quantity, unit: Option<&str>, question: &str) -> bool {
    let behind = words(question.get(quantity.span.end..).unwrap_or_default());
    let unit = words(unit.unwrap_or_default());
    unit.last().is_some_and(|u| behind.iter().take(2).any(|w| w.stem == u.stem))
}

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-6 * b.abs().max(1e-9)
}

/// `how did X raise Y`: the direction is told, not asked.
fn direction(value: Direction, ask: &Ask) -> Result<(), String> {
    let words = &ask.words;
    let text = |i: usize| words.get(i).map_or("", |w| w.folded.as_str());
    let asks = (ask.at..words.len()).find(|i| {
        words[*i].is_any(&[
            "change",
            "changes",
            "changed",
            "affect",
            "affects",
            "alter",
            "alters",
            "influence",
            "influences",
            "respond",
            "differ",
            "modify",
            "vary",
        ])
    });
    if text(ask.at) == "how" && asks.is_none() {
        // The main verb is itself a direction.
        let told = (ask.at + 2..words.len())
            .find_map(|i| direction_of(&words[i]).filter(|(d, f)| *f == Force::Plain && *d == value).map(|_| i));
        if let Some(i) = told {
            return Err(format!("answer_in_question: {:?}", text(i)));
        }
    }
    // `how does X change the reduced Y`, `what effect does X have on the lowered Y`.
    if let Some(at) = asks {
        for (i, word) in words.iter().enumerate().skip(at + 1).take(3) {
            if let Some((told, Force::Plain)) = direction_of(word)
                && told == value
                && value != Direction::NoChange
                && word.folded.ends_with("ed")
            {
                return Err(format!("answer_in_question: {:?}", text(i)));
            }
        }
    }
    Ok(())
}

fn choice(options: &[String], correct: &str, draft: &Draft, ask: &Ask) -> Result<(), String> {
    if ask.asked == Asked::Alternatives {
        return Ok(());
    }
    let index =
        correct.trim().bytes().next().map_or(usize::MAX, |b| usize::from(b.to_ascii_uppercase().wrapping_sub(b'A')));
    let Some(key) = options.get(index) else { return Ok(()) };
    let own = words(key);
    let plain: Vec<&Word> = own.iter().filter(|w| w.is_content()).collect();
    let others: Vec<Vec<Word>> =
        options.iter().enumerate().filter(|(i, _)| *i != index).map(|(_, o)| words(o)).collect();
    let telling: Vec<&&Word> =
        plain.iter().filter(|w| !others.iter().any(|o| o.iter().any(|v| v.folded == w.folded))).collect();
    if telling.is_empty() {
        return Ok(());
    }
    let in_question = |w: &Word| ask.words.iter().any(|q| q.folded == w.folded || plural(&q.folded, &w.folded));
    let others_in = others.iter().any(|o| {
        runs_in("", &o.iter().filter(|w| w.is_content()).collect::<Vec<_>>(), ask, &draft.question) && !o.is_empty()
    });
    if telling.iter().all(|w| in_question(w)) && runs_in(key, &plain, ask, &draft.question) && !others_in {
        return Err(format!("answer_in_question: {key:?}"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::document::Document;
    use crate::model::question::Generator;

    fn leaks(question: &str, answer: &str) -> bool {
        let document = Document::default();
        let draft = Draft {
            question: question.to_owned(),
            answer: AnswerSpec::Term { value: answer.to_owned(), synonyms: Vec::new() },
            evidence: Vec::new(),
            generator: Generator { kind: "given".into(), model: String::new(), prompt_hash: String::new() },
            kind: None,
        };
        check(&draft, &Ask::of(question), &Prepared::new(&document)).is_err()
    }

    #[test]
    fn an_offered_alternative_is_no_leak() {
        assert!(!leaks("Which protein, talinase or kindase, do newts need to heal?", "talinase"));
        assert!(!leaks("Which protein, talinase or kindase, do newts need to heal?", "kindase"));
        assert!(leaks("Which protein, talinase or another, do newts need to heal?", "talinase"));
        assert!(leaks("Which protein of the talinase pathway do newts need to heal?", "talinase"));
        assert!(!leaks("Which inhibitor did the 485 newts receive?", "A-485"));
        assert!(leaks("Which inhibitor is A-485 in newts?", "A-485"));
    }
}
