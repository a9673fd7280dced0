//! Questions by a language model: the prompt, the schema, and a reply turned into drafts whose evidence is in the paper.

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::model::answer::AnswerSpec;
use crate::model::document::{Document, PassageKind, PassageRef, SectionKind};
use crate::model::question::{Draft, Evidence, Generator};

use super::{Error, Generate};

/// The embedded prompt; a file may replace it.
pub const PROMPT: &str = include_str!("../../config/prompts/question.md");

/// How a model is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Most questions asked of one article. Default 8.
    pub max_questions: usize,
    /// Most bytes of passages sent. Default 24000.
    pub max_passage_bytes: usize,
}

impl Default for Config {
    fn default() -> Self {
        Config { max_questions: 8, max_passage_bytes: 24_000 }
    }
}

/// What a model is asked: instructions, the paper as data, and the JSON schema of the reply.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    pub system: String,
    pub user: String,
    pub schema: Value,
}

/// Answers one request with the reply's text. `llm` stands behind it; tests script it.
pub trait Ask: Send + Sync {
    /// The model's name, for the question's label.
    fn name(&self) -> &str;

    /// The reply's text, or why there is none.
    fn ask<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Result<String, String>>;
}

/// The generator for any model behind [`Ask`].
pub struct Model<A> {
    config: Config,
    prompt: String,
    kind: &'static str,
    asked: A,
}

impl<A: Ask> Model<A> {
    /// `kind`: `openai` or `candle`; `prompt`: [`PROMPT`] or a file's text with `{max_questions}` in it.
    pub fn new(config: &Config, kind: &'static str, prompt: &str, asked: A) -> Self {
        Model { config: config.clone(), prompt: prompt.to_owned(), kind, asked }
    }
}

impl<A: Ask> Generate for Model<A> {
    fn draft<'a>(&'a self, document: &'a Document) -> BoxFuture<'a, Result<Vec<Draft>, Error>> {
        async move {
            let Some(request) = request(&self.config, &self.prompt, document) else { return Ok(Vec::new()) };
            let reply = self.asked.ask(&request).await.map_err(|detail| Error::NoReply { detail })?;
            let generator = Generator {
                kind: self.kind.to_owned(),
                model: self.asked.name().to_owned(),
                prompt_hash: blake3::hash(self.prompt.as_bytes()).to_hex().to_string(),
            };
            let mut drafts = read_reply(&reply, document, &generator)?;
            drafts.truncate(self.config.max_questions);
            Ok(drafts)
        }
        .boxed()
    }
}

/// The request for `document`, or `None` when it holds no passage to ask about.
pub fn request(config: &Config, prompt: &str, document: &Document) -> Option<Request> {
    let passages = document.passages();
    let mut chosen = Vec::new();
    let mut bytes = 0;
    for (ordinal, passage) in by_worth(&passages) {
        if bytes + passage.text.len() <= config.max_passage_bytes {
            bytes += passage.text.len();
            chosen.push((ordinal, passage));
        }
    }
    chosen.sort_by_key(|(ordinal, _)| *ordinal);
    if chosen.is_empty() {
        return None;
    }
    let mut user = format!("Title: {}\n==========\n", document.title);
    for (ordinal, passage) in chosen {
        // A line of equals signs in the paper must not look like the end of the data.
        user.push_str(&format!(
            "[{ordinal}] ({}) {}\n",
            passage.section_kind.as_str(),
            passage.text.replace("====", "= = = =")
        ));
    }
    user.push_str("==========\n");
    Some(Request {
        system: prompt.replace("{max_questions}", &config.max_questions.to_string()),
        user,
        schema: schema(config.max_questions),
    })
}

/// Readable passages, results first, then abstract, discussion and conclusions.
fn by_worth<'a, 'd>(passages: &'a [PassageRef<'d>]) -> Vec<(usize, &'a PassageRef<'d>)> {
    let rank = |kind: SectionKind| match kind {
        SectionKind::Abstract => Some(0),
        SectionKind::Results => Some(1),
        SectionKind::Conclusions => Some(2),
        SectionKind::Discussion => Some(3),
        SectionKind::Other | SectionKind::Case => Some(4),
        _ => None,
    };
    let mut ranked: Vec<(usize, usize, &PassageRef<'d>)> = passages
        .iter()
        .enumerate()
        .filter(|(_, p)| !matches!(p.kind, PassageKind::Table | PassageKind::Figure))
        .filter_map(|(ordinal, p)| Some((rank(p.section_kind)?, ordinal, p)))
        .collect();
    ranked.sort_by_key(|(rank, ordinal, _)| (*rank, *ordinal));
    ranked.into_iter().map(|(_, ordinal, passage)| (ordinal, passage)).collect()
}

/// The JSON schema of a reply with at most `max_questions` questions.
pub fn schema(max_questions: usize) -> Value {
    let text = json!({"type": "string", "minLength": 1});
    let answer = |kind: &str, fields: Value, required: &[&str]| {
        let mut properties = json!({"type": {"const": kind}});
        if let (Some(all), Some(more)) = (properties.as_object_mut(), fields.as_object()) {
            all.extend(more.clone());
        }
        json!({"type": "object", "properties": properties, "required": required, "additionalProperties": false})
    };
    let answers = json!([
        answer(
            "number",
            json!({"value": {"type": "number"}, "unit": {"type": ["string", "null"]}, "tolerance": {"type": "object"}, "comparator": {"enum": ["=", "<", ">"]}}),
            &["type", "value", "unit", "tolerance"]
        ),
        answer(
            "term",
            json!({"value": text, "synonyms": {"type": "array", "items": text}}),
            &["type", "value", "synonyms"]
        ),
        answer("direction", json!({"value": {"enum": ["increase", "decrease", "no_change"]}}), &["type", "value"]),
        answer("boolean", json!({"value": {"type": "boolean"}}), &["type", "value"]),
        answer(
            "choice",
            json!({"options": {"type": "array", "items": text, "minItems": 3, "maxItems": 5}, "correct": {"type": "string"}}),
            &["type", "options", "correct"]
        )
    ]);
    let item = json!({
        "type": "object",
        "properties": {"question": text, "passage": {"type": "integer"}, "evidence": text, "answer": {"anyOf": answers}},
        "required": ["question", "passage", "evidence", "answer"],
        "additionalProperties": false
    });
    json!({"type": "object", "properties": {"questions": {"type": "array", "items": item, "maxItems": max_questions}}, "required": ["questions"], "additionalProperties": false})
}

#[derive(Deserialize)]
struct Reply {
    questions: Vec<Value>,
}

#[derive(Deserialize)]
struct Item {
    question: String,
    passage: usize,
    evidence: String,
    answer: AnswerSpec,
}

/// The drafts of a reply. An item that is ill-formed, or whose evidence is in no passage, is left out.
///
/// # Errors
/// [`Error::BadReply`] when the reply holds no JSON object with a `questions` list.
pub fn read_reply(reply: &str, document: &Document, generator: &Generator) -> Result<Vec<Draft>, Error> {
    let bad = |detail: String| Error::BadReply { detail };
    // Models wrap JSON in prose or a code fence: the outermost braces hold the object.
    let start = reply.find('{').ok_or_else(|| bad("no JSON object in it".to_owned()))?;
    let end =
        reply.rfind('}').filter(|end| *end > start).ok_or_else(|| bad("its JSON object is not closed".to_owned()))?;
    let parsed: Reply = serde_json::from_str(&reply[start..=end]).map_err(|error| bad(error.to_string()))?;
    let passages = document.passages();
    let drafts = parsed.questions.into_iter().take(100).filter_map(|value| {
        let item: Item = serde_json::from_value(value).ok()?;
        let evidence = locate(&passages, item.passage, &item.evidence)?;
        let question = item.question.split_whitespace().collect::<Vec<_>>().join(" ");
        (!question.is_empty()).then(|| Draft {
            question,
            answer: item.answer,
            evidence: vec![evidence],
            generator: generator.clone(),
        })
    });
    Ok(drafts.collect())
}

/// The exact slice that equals `quote` after white-space folding, in the named passage first, then in any.
fn locate(passages: &[PassageRef<'_>], named: usize, quote: &str) -> Option<Evidence> {
    if quote.len() > 4000 {
        return None;
    }
    let words: Vec<&str> = quote.split_whitespace().collect();
    if words.len() < 3 {
        return None;
    }
    let in_passage = |ordinal: usize| {
        let text = passages.get(ordinal)?.text;
        let (start, end) = find_words(text, &words)?;
        Evidence::new(ordinal, text, start, end)
    };
    in_passage(named).or_else(|| (0..passages.len()).filter(|ordinal| *ordinal != named).find_map(in_passage))
}

/// The span of `text` that holds `words` with any white space between them.
fn find_words(text: &str, words: &[&str]) -> Option<(usize, usize)> {
    let folded = words.join(" ");
    if let Some(start) = text.find(&folded) {
        return Some((start, start + folded.len()));
    }
    // Passages hold single spaces; only other white space (U+00A0, U+2009) makes the slice differ from the folded quote.
    let mut map = Vec::with_capacity(text.len());
    let mut flat = String::with_capacity(text.len());
    for (at, c) in text.char_indices() {
        if c.is_whitespace() {
            if !flat.ends_with(' ') {
                map.push(at);
                flat.push(' ');
            }
        } else {
            map.extend(std::iter::repeat_n(at, c.len_utf8()));
            flat.push(c);
        }
    }
    let at = flat.find(&folded)?;
    let start = *map.get(at)?;
    let last = *map.get(at + folded.len() - 1)?;
    let end = last + text.get(last..)?.chars().next()?.len_utf8();
    Some((start, end))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::document::{Passage, Section};

    struct Scripted(&'static str);

    impl Ask for Scripted {
        fn name(&self) -> &str {
            "scripted"
        }

        fn ask<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Result<String, String>> {
            assert!(request.user.contains("[0] (results)") && !request.user.contains("Ice was bought"));
            std::future::ready(Ok(self.0.to_owned())).boxed()
        }
    }

    fn document() -> Document {
        let section = |kind, text: &str| Section {
            title: String::new(),
            kind,
            passages: vec![Passage { text: text.to_owned(), ..Passage::default() }],
            sections: vec![],
        };
        let results =
            section(SectionKind::Results, "Trenk5 rose. Loss of Trenk5 reduced uptake by 37\u{2009}% in mice.");
        Document { sections: vec![results, section(SectionKind::Methods, "Ice was bought.")], ..Document::default() }
    }

    fn drafts(reply: &'static str) -> Result<Vec<Draft>, Error> {
        let model = Model::new(&Config::default(), "openai", PROMPT, Scripted(reply));
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(model.draft(&document()))
    }

    #[test]
    fn evidence_becomes_the_exact_slice() {
        let found = drafts(r#"Sure: {"questions": [{"question": "By what  percentage?", "passage": 7, "evidence": "Loss of Trenk5 reduced uptake by 37 % in mice.", "answer": {"type": "number", "value": 37, "unit": "%", "tolerance": {"relative": 0.01}}}]}"#).unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].evidence[0].quote, "Loss of Trenk5 reduced uptake by 37\u{2009}% in mice.");
        assert_eq!(found[0].question, "By what percentage?");
        assert_eq!(found[0].generator.kind, "openai");
    }

    #[test]
    fn invented_evidence_and_bad_items_are_left_out() {
        let found = drafts(r#"{"questions": [{"question": "A?", "passage": 0, "evidence": "Trenk5 fell a lot.", "answer": {"type": "boolean", "value": true}}, {"question": 3}]}"#).unwrap();
        assert!(found.is_empty());
        assert!(drafts(r#"{"questions": []}"#).unwrap().is_empty());
        assert!(matches!(drafts("I cannot."), Err(Error::BadReply { .. })));
    }
}
