//! The grader: a response is scored 1 or 0 against an answer spec, with the answer that was found in it and the reason.
//!
//! Deterministic, total on any text, linear in its length. Verification, training and evaluation all call this one; its
//! closed lists are the tables in `data/`, which the Python port reads too. What is not here: judging an answer by a model.
//!
//! ```
//! use aludel::{grade::grade, model::answer::AnswerSpec};
//! let spec: AnswerSpec =
//!     serde_json::from_str(r#"{"type": "number", "value": 5, "unit": "µM", "tolerance": {"relative": 0.01}}"#).unwrap();
//! assert_eq!(grade(&spec, "26 of 60 cells. <answer>5,000 nM</answer>").score, 1);
//! assert_eq!(grade(&spec, "<answer>5 mM</answer>").reason, "wrong_value");
//! ```

mod boolean;
mod choice;
pub mod direction;
mod dress;
mod extract;
mod list;
pub mod number;
mod numeral;
mod sequence;
mod spec;
mod table;
pub mod term;
pub mod unit;

use serde::Serialize;

use self::choice::Chosen;
use self::extract::{Extract, NoAnswer};
pub use self::spec::BadSpec;
use self::spec::{MAX_ANSWER_BYTES, Prepared};
use crate::model::answer::AnswerSpec;

/// The verdict on one response.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Grade {
    /// 1 when right, else 0.
    pub score: u8,
    /// The answer found in the response, without dress; empty when there was none.
    pub extracted: String,
    /// `right`, or a word for what is wrong, with details behind it (`bad_spec: …`, `right; n_tags=3`).
    pub reason: String,
}

/// Scores `response` against `spec`; a spec that [`check`] refuses scores 0 with reason `bad_spec: …`.
pub fn grade(spec: &AnswerSpec, response: &str) -> Grade {
    match Grader::new(spec) {
        Ok(grader) => grader.grade(response),
        Err(error) => Grade { score: 0, extracted: String::new(), reason: format!("bad_spec: {error}") },
    }
}

/// # Errors
/// [`BadSpec`] when no response could be graded against `spec`.
pub fn check(spec: &AnswerSpec) -> Result<(), BadSpec> {
    Prepared::new(spec).map(drop)
}

/// A spec made ready for many responses.
#[derive(Debug, Clone)]
pub struct Grader(Prepared);

impl Grader {
    /// # Errors
    /// As [`check`].
    pub fn new(spec: &AnswerSpec) -> Result<Self, BadSpec> {
        Prepared::new(spec).map(Grader)
    }

    /// Scores one response.
    pub fn grade(&self, response: &str) -> Grade {
        let found = match extract::extract(response, self.0.shape()) {
            Ok(found) => found,
            Err(NoAnswer::NoMarker) => return wrong("", "no_answer"),
            Err(NoAnswer::UnclosedTag) => return wrong("", "unclosed_tag"),
        };
        let (extracted, outcome) = self.judge(found);
        let (score, word) = match outcome {
            Ok(()) => (1, "right"),
            Err(word) => (0, word),
        };
        let reason = if found.n_tags > 1 { format!("{word}; n_tags={}", found.n_tags) } else { word.to_owned() };
        Grade { score, extracted, reason }
    }

    /// The letter of the option that an extracted answer chooses; `None` where it chooses none or several, or there are no options.
    pub fn letter(&self, extracted: &str) -> Option<char> {
        let Prepared::Choice(choice) = &self.0 else { return None };
        match choice.read(extracted) {
            Chosen::Option(index) => Some(choice::index_letter(index)),
            Chosen::Several | Chosen::Nothing => None,
        }
    }

    fn judge(&self, found: Extract<'_>) -> (String, Result<(), &'static str>) {
        let content = found.text.trim();
        if content.is_empty() {
            return (String::new(), Err("empty"));
        }
        if content.len() > MAX_ANSWER_BYTES {
            return (shortened(content).to_owned(), Err("too_long"));
        }
        let unmarked;
        let content = match found.open_mark {
            Some(mark) => {
                unmarked = content.replacen(mark, "", 1);
                unmarked.as_str()
            }
            None => content,
        };
        let text = match json_answer(content) {
            Some(JsonAnswer::Text(text)) => dress::undress(&text, false),
            Some(JsonAnswer::List(items)) => match &self.0 {
                Prepared::List(_) => serde_json::to_string(&items).unwrap_or_default(),
                _ => return (content.to_owned(), Err("not_one_answer")),
            },
            None => dress::undress(content, found.boxed),
        };
        let text = dress::without_marker(&text).to_owned();
        if text.trim().is_empty() {
            return (text, Err("empty"));
        }
        if self.0.max_words().is_some_and(|most| text.split_whitespace().count() > most) {
            return (text, Err("longer_than_key"));
        }
        let outcome = self.compare(&text);
        (text, outcome)
    }

    fn compare(&self, text: &str) -> Result<(), &'static str> {
        let right = |is_right: bool, word: &'static str| if is_right { Ok(()) } else { Err(word) };
        match &self.0 {
            Prepared::Number(key) => {
                let text = term::trimmed(dress::without_lead_in(text));
                key.judge(text).map_err(|miss| match miss {
                    number::Miss::NoNumber => "not_one_number",
                    number::Miss::Comparator => "wrong_comparator",
                    number::Miss::Unit => "wrong_unit",
                    number::Miss::Value => "wrong_value",
                })
            }
            Prepared::Term(forms) => {
                let is_right = forms.accept(text) || forms.accept(dress::without_lead_in(text));
                right(is_right, if dress::is_negated(text) { "negated" } else { "other_term" })
            }
            Prepared::Choice(choice) => match choice.read(text) {
                Chosen::Option(index) => right(index == choice.correct(), "other_option"),
                Chosen::Several => Err("several_options"),
                Chosen::Nothing => Err("no_option"),
            },
            Prepared::Boolean(value) => match boolean::read(text) {
                Some(found) => right(found == *value, "opposite"),
                None => Err("not_yes_or_no"),
            },
            Prepared::Direction(value) => match direction::read(text) {
                Some(found) => right(found == *value, "other_direction"),
                None => Err("not_one_direction"),
            },
            Prepared::Sequence(sequence) => right(sequence.accept(text), "other_sequence"),
            Prepared::List(list) => list.judge(text).map_err(|miss| match miss {
                list::Miss::UnknownItem => "unknown_item",
                list::Miss::MissingItem => "missing_item",
                list::Miss::Repeated => "repeated_items",
                list::Miss::Order => "wrong_order",
            }),
        }
    }
}

fn wrong(extracted: &str, reason: &str) -> Grade {
    Grade { score: 0, extracted: extracted.to_owned(), reason: reason.to_owned() }
}

/// The first part of a text that is too long to repeat.
fn shortened(text: &str) -> &str {
    let end = text.char_indices().map(|(at, _)| at).nth(200).unwrap_or(text.len());
    &text[..end]
}

enum JsonAnswer {
    Text(String),
    List(Vec<String>),
}

/// `{"answer": …}` with that one key and a scalar or a list of scalars; anything else is text.
fn json_answer(content: &str) -> Option<JsonAnswer> {
    let bare = content.trim().trim_start_matches("```json").trim_matches('`').trim();
    if !bare.starts_with('{') {
        return None;
    }
    let OneKey(value) = serde_json::from_str(bare).ok()?;
    let scalar = |value: &serde_json::Value| match value {
        serde_json::Value::String(text) => Some(text.clone()),
        serde_json::Value::Number(number) => Some(number.to_string()),
        serde_json::Value::Bool(value) => Some(value.to_string()),
        _ => None,
    };
    match &value {
        serde_json::Value::Array(items) => Some(JsonAnswer::List(items.iter().map(scalar).collect::<Option<_>>()?)),
        value => Some(JsonAnswer::Text(scalar(value)?)),
    }
}

/// An object whose only entry is `answer`; a second one, repeated or not, is a place to hide guesses.
struct OneKey(serde_json::Value);

impl<'de> serde::Deserialize<'de> for OneKey {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = OneKey;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object with the one key `answer`")
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<OneKey, A::Error> {
                use serde::de::Error;
                let Some((key, value)) = map.next_entry::<String, serde_json::Value>()? else {
                    return Err(A::Error::custom("empty object"));
                };
                if key != "answer" || map.next_key::<String>()?.is_some() {
                    return Err(A::Error::custom("another key"));
                }
                Ok(OneKey(value))
            }
        }
        deserializer.deserialize_map(Visitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn specs() -> Vec<AnswerSpec> {
        [
            r#"{"type":"number","value":43,"unit":"%","tolerance":{"relative":0.01}}"#,
            r#"{"type":"number","value":5,"unit":"µM","tolerance":{"relative":0.01}}"#,
            r#"{"type":"number","value":12,"unit":null,"tolerance":{"absolute":0}}"#,
            r#"{"type":"number","value":0.001,"unit":null,"tolerance":{"relative":0.01},"comparator":"<"}"#,
            r#"{"type":"term","value":"TRPV1","synonyms":["capsaicin receptor"]}"#,
            r#"{"type":"choice","options":["astrocytes","microglia","neurons"],"correct":"B"}"#,
            r#"{"type":"boolean","value":true}"#,
            r#"{"type":"direction","value":"increase"}"#,
            r#"{"type":"sequence","value":"ATGGCC","alphabet":"dna"}"#,
            r#"{"type":"set","items":["IL-6","TNF"]}"#,
            r#"{"type":"ranking","items":["Kpna2","Actb","Gapdh"]}"#,
        ]
        .iter()
        .map(|json| serde_json::from_str(json).unwrap())
        .collect()
    }

    /// A right and a wrong answer for each of [`specs`].
    const ANSWERS: [(&str, &str); 11] = [
        ("43%", "34%"),
        ("5 µM", "7 µM"),
        ("12", "13"),
        ("p < 0.001", "p < 0.01"),
        ("TRPV1", "TRPA1"),
        ("B", "C"),
        ("yes", "no"),
        ("increased", "decreased"),
        ("ATGGCC", "ATGGCA"),
        ("IL-6, TNF", "IL-6, IL-10"),
        ("Kpna2 > Actb > Gapdh", "Actb > Kpna2 > Gapdh"),
    ];

    #[test]
    fn json_wrapping() {
        let spec = &specs()[4];
        assert_eq!(grade(spec, r#"{"answer": "TRPV1"}"#).score, 1);
        assert_eq!(grade(spec, "```json\n{\"answer\": \"TRPV1\"}\n```").score, 1);
        assert_eq!(grade(spec, r#"{"answer": "TRPV1", "answer": "TRPV1"}"#).score, 0);
        assert_eq!(grade(spec, r#"{"answer": "TRPV1", "other": "TRPA1"}"#).score, 0);
        assert_eq!(grade(spec, r#"{"answer": ["TRPV1"]}"#).score, 0);
        assert_eq!(grade(&specs()[9], r#"{"answer": ["TNF", "IL-6"]}"#).score, 1);
        assert_eq!(grade(&specs()[2], r#"{"answer": 12}"#).score, 1);
        assert_eq!(grade(&specs()[6], r#"{"answer": true}"#).score, 1);
    }

    #[test]
    fn reasons() {
        let spec = &specs()[0];
        assert_eq!(grade(spec, "<answer>34%</answer><answer>43%</answer>").reason, "right; n_tags=2");
        assert_eq!(grade(spec, "<answer>43%").reason, "unclosed_tag");
        assert_eq!(grade(spec, "").reason, "empty");
        let bad = AnswerSpec::Set { items: vec![] };
        assert_eq!(grade(&bad, "x").reason, "bad_spec: there are no items");
    }

    proptest! {
        #[test]
        fn any_response_is_graded(response in "\\PC{0,200}", which in 0usize..11) {
            let graded = grade(&specs()[which], &response);
            prop_assert!(graded.score <= 1);
        }

        #[test]
        fn any_bytes_in_a_tag_are_graded(bytes in proptest::collection::vec(any::<u8>(), 0..120), which in 0usize..11) {
            let response = format!("<answer>{}</answer>", String::from_utf8_lossy(&bytes));
            let _ = grade(&specs()[which], &response);
        }

        #[test]
        fn dress_never_changes_the_score(which in 0usize..11, right: bool, dress in 0usize..9, think: bool) {
            let answer = if right { ANSWERS[which].0 } else { ANSWERS[which].1 };
            let dressed = match dress {
                0 => format!("<answer>{answer}</answer>"),
                1 => format!("<answer>\n  **{answer}**\n</answer>"),
                2 => format!("Some words before.\n\nAnswer: {answer}"),
                3 => format!("**Final Answer:** {answer}\n\nAnd words behind."),
                4 => format!("<answer>`{answer}`</answer>"),
                5 => format!("**Answer: {answer}**"),
                6 => format!("<answer>\u{200B}{answer}\u{FEFF}</answer>"),
                7 => format!("so \\boxed{{\\text{{{answer}}}}}").replace('%', "\\%"),
                _ => answer.to_owned(),
            };
            let response = if think { format!("<think>Answer: 7, or <answer>x</answer>.</think>{dressed}") } else { dressed };
            prop_assert_eq!(grade(&specs()[which], &response).score, u8::from(right), "{}", response);
        }

        #[test]
        fn a_wrong_answer_beside_the_right_one_scores_0(which in 0usize..11, joint in "( or |, or |; |, |/| \\(or |\n)", first: bool) {
            let (right, wrong) = ANSWERS[which];
            let both = if first { format!("{right}{joint}{wrong}") } else { format!("{wrong}{joint}{right}") };
            prop_assert_eq!(grade(&specs()[which], &format!("<answer>{both}</answer>")).score, 0, "{}", both);
        }

        #[test]
        fn the_last_tag_counts(which in 0usize..11, n in 1usize..4) {
            let (right, wrong) = ANSWERS[which];
            let response = format!("{}<answer>{right}</answer>", format!("<answer>{wrong}</answer>").repeat(n));
            prop_assert_eq!(grade(&specs()[which], &response).score, 1);
        }

        #[test]
        fn prose_without_a_marker_is_no_answer(which in 0usize..11, n in 13usize..80) {
            let (right, _) = ANSWERS[which];
            let response = format!("{}and so it is {right}", "word ".repeat(n * 3));
            prop_assert_eq!(grade(&specs()[which], &response).score, 0);
        }
    }
}
