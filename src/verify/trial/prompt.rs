//! What the model is asked: the passage as data, the question, and the form of its answer.

use std::path::Path;

use crate::llm::{Request, quoted};
use crate::model::answer::AnswerSpec;
use crate::model::question::Draft;

use super::{Config, Paper};

/// So much of a passage is shown, in bytes, with the evidence inside.
const PASSAGE_BYTES: usize = 6000;

/// The system's messages.
#[derive(Debug)]
pub(super) struct Prompts {
    open_book: String,
    closed_book: String,
    judge: String,
}

impl Prompts {
    pub fn read(config: &Config) -> Result<Self, String> {
        let text = |path: Option<&Path>, embedded: &str| {
            path.map_or_else(
                || Ok(embedded.to_owned()),
                |path| {
                    std::fs::read_to_string(path)
                        .map_err(|error| format!("the prompt {} can not be read: {error}", path.display()))
                },
            )
        };
        Ok(Prompts {
            open_book: text(
                config.open_book_prompt_file.as_deref(),
                include_str!("../../../config/prompts/open_book.md"),
            )?,
            closed_book: text(
                config.closed_book_prompt_file.as_deref(),
                include_str!("../../../config/prompts/closed_book.md"),
            )?,
            judge: text(config.judge_prompt_file.as_deref(), include_str!("../../../config/prompts/judge.md"))?,
        })
    }

    pub fn open_book(&self, draft: &Draft, paper: Paper<'_>) -> Request {
        let user = format!("{}{}", passages(draft, paper), asked(draft));
        Request::new(self.open_book.clone(), user)
    }

    pub fn closed_book(&self, draft: &Draft) -> Request {
        Request::new(self.closed_book.clone(), asked(draft))
    }

    pub fn judge(&self, draft: &Draft, paper: Paper<'_>) -> Request {
        let user = format!(
            "{}Question: {}\nKey: {}\n==========\n",
            passages(draft, paper),
            quoted(&draft.question),
            quoted(&draft.answer.to_json())
        );
        Request::new(self.judge.clone(), user)
    }
}

fn passages(draft: &Draft, paper: Paper<'_>) -> String {
    let mut text = format!("==========\nTitle: {}\n", quoted(paper.title));
    for passage in paper.passages {
        let quote = draft.evidence.iter().find(|span| span.holds_in(passage));
        let around = around(passage, quote.map_or(0..0, |span| span.start..span.end));
        text.push_str(&quoted(around));
        text.push('\n');
    }
    text + "==========\n"
}

/// At most [`PASSAGE_BYTES`] of a passage, `inside` in the middle.
fn around(text: &str, inside: std::ops::Range<usize>) -> &str {
    if text.len() <= PASSAGE_BYTES {
        return text;
    }
    let margin = PASSAGE_BYTES.saturating_sub(inside.len()) / 2;
    let mut start = inside.start.saturating_sub(margin);
    let mut end = (start + PASSAGE_BYTES.max(inside.len())).min(text.len());
    while !text.is_char_boundary(start) {
        start -= 1;
    }
    while !text.is_char_boundary(end) {
        end += 1;
    }
    text.get(start..end).unwrap_or(text)
}

/// The question, and in which form its answer is wanted.
fn asked(draft: &Draft) -> String {
    let (options, form) = match &draft.answer {
        AnswerSpec::Number { unit: Some(unit), .. } => {
            (String::new(), format!("a number with its unit ({unit} or one like it)"))
        }
        AnswerSpec::Number { unit: None, .. } => (String::new(), "a number".to_owned()),
        AnswerSpec::Term { .. } => (String::new(), "a name or short term".to_owned()),
        AnswerSpec::Direction { .. } => (String::new(), "increase, decrease or no change".to_owned()),
        AnswerSpec::Boolean { .. } => (String::new(), "yes or no".to_owned()),
        AnswerSpec::Choice { options, .. } => {
            let lettered = ('A'..='Z').zip(options).map(|(letter, option)| format!("{letter}. {}\n", quoted(option)));
            (lettered.collect(), "the letter of one option".to_owned())
        }
        AnswerSpec::Sequence { .. } => (String::new(), "the sequence alone".to_owned()),
        AnswerSpec::Set { .. } => (String::new(), "every item, separated by semicolons".to_owned()),
        AnswerSpec::Ranking { .. } => (String::new(), "the items in order, separated by semicolons".to_owned()),
    };
    format!("Question: {}\n{options}Answer with {form}.\n", quoted(&draft.question))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_passage_is_cut_around_its_evidence() {
        let text = format!("{}é quote é{}", "é".repeat(5000), "x".repeat(9000));
        let start = text.find("quote").unwrap();
        let shown = around(&text, start..start + 5);
        assert!(shown.contains("é quote é") && shown.len() <= PASSAGE_BYTES + 8, "{}", shown.len());
        assert_eq!(around("short", 0..2), "short");
        assert!(around(&text, text.len() - 3..text.len()).ends_with("xxx"));
    }
}
