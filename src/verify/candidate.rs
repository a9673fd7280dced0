//! Candidate questions from a file: one JSON object a line, each naming its article and its quotes.

use std::path::{Component, Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;

use crate::model::answer::AnswerSpec;
use crate::model::question::{Draft, Evidence, Generator};

/// A question somebody else wrote. Labels are for [`super::Confusion`]; nothing of them reaches a stage.
#[derive(Debug, Clone, Deserialize)]
pub struct Candidate {
    /// A string or a number, given back as it came.
    pub id: Value,
    /// The article's file, relative to a folder of articles.
    article: String,
    evidence: Quotes,
    question: String,
    answer: Value,
    #[serde(default)]
    label: Option<Label>,
    #[serde(default)]
    defects: Vec<String>,
}

/// One quote, or several.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
enum Quotes {
    One(String),
    Many(Vec<String>),
}

/// What the candidate should get.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Label {
    Accept,
    Reject,
}

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("no candidate: {0}")]
    Json(#[from] serde_json::Error),
    #[error("`id` is neither a string nor a number")]
    Id,
    #[error("article {0:?} is not a path inside the folder of articles")]
    Path(String),
}

impl Candidate {
    /// From one line of JSON.
    ///
    /// # Errors
    /// When the line is no JSON object, a field is missing or of another kind, or the article's path leaves the folder.
    pub fn parse(line: &[u8]) -> Result<Self, Error> {
        let candidate: Candidate = serde_json::from_slice(line)?;
        if !(candidate.id.is_string() || candidate.id.is_number()) {
            return Err(Error::Id);
        }
        let mut parts = Path::new(&candidate.article).components().peekable();
        let plain = |part: Component<'_>| matches!(part, Component::Normal(_) | Component::CurDir);
        if parts.peek().is_none() || !parts.all(plain) {
            return Err(Error::Path(candidate.article));
        }
        Ok(candidate)
    }

    /// The article's file under `folder`.
    pub fn article_in(&self, folder: &Path) -> PathBuf {
        folder.join(&self.article)
    }

    /// The question as a draft, its quotes not yet located.
    ///
    /// # Errors
    /// The reason when the answer is no answer spec: a failure of the shape stage.
    pub fn draft(&self) -> Result<Draft, String> {
        let quotes = match &self.evidence {
            Quotes::One(quote) => std::slice::from_ref(quote),
            Quotes::Many(quotes) => quotes.as_slice(),
        };
        let evidence = quotes.iter().map(|quote| Evidence { passage: 0, quote: quote.clone(), start: 0, end: 0 });
        Ok(Draft {
            question: self.question.clone(),
            answer: AnswerSpec::deserialize(&self.answer).map_err(|error| format!("bad_spec: {error}"))?,
            evidence: evidence.collect(),
            generator: Generator { kind: "given".into(), model: String::new(), prompt_hash: String::new() },
            kind: None,
        })
    }

    /// The `type` of the answer, known or not.
    pub fn answer_type(&self) -> &str {
        self.answer.get("type").and_then(Value::as_str).unwrap_or("(none)")
    }

    pub fn label(&self) -> Option<Label> {
        self.label
    }

    pub fn defects(&self) -> &[String] {
        &self.defects
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(article: &str) -> String {
        format!(
            r#"{{"id": "c-1", "article": {article:?}, "evidence": "Newts sleep.", "question": "Do newts sleep?", "answer": {{"type": "boolean", "value": true}}}}"#
        )
    }

    #[test]
    fn an_article_lies_inside_its_folder() {
        for article in ["a.xml", "newts/a.xml.gz", "./a.xml", "..a/b..xml"] {
            let candidate = Candidate::parse(line(article).as_bytes()).unwrap();
            assert!(candidate.article_in(Path::new("folder")).starts_with("folder"), "{article}");
        }
        for article in ["", "/a.xml", "../a.xml", "newts/../../a.xml", "newts/..", "//a.xml"] {
            let error = Candidate::parse(line(article).as_bytes()).unwrap_err();
            assert!(matches!(error, Error::Path(_)), "{article}: {error}");
        }
    }

    #[test]
    fn what_is_missing_is_named() {
        let error = |text: &str| Candidate::parse(text.as_bytes()).unwrap_err().to_string();
        assert!(error("{").contains("EOF"));
        assert!(error(r#"{"id": 1, "article": "a", "evidence": "e", "answer": {}}"#).contains("`question`"));
        assert!(error(&line("a.xml").replace(r#""c-1""#, "null")).contains("`id`"));
        assert!(error(&line("a.xml").replace(r#""Newts sleep.""#, "7")).contains("Quotes"));
    }

    #[test]
    fn an_answer_that_is_no_spec_is_a_reason() {
        let text = line("a.xml").replace("boolean", "poem");
        let candidate = Candidate::parse(text.as_bytes()).unwrap();
        assert_eq!(candidate.answer_type(), "poem");
        assert!(candidate.draft().unwrap_err().starts_with("bad_spec: "));
    }
}
