//! The form of a reply, and a reply turned into drafts whose evidence is in the paper.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::llm;
use crate::model::answer::AnswerSpec;
use crate::model::document::{Document, PassageKind, PassageRef, header_row};
use crate::model::question::{Draft, Evidence, Generator, QuestionKind};

use super::super::order;
use super::quote::locate;

/// So many faults of a reply are told to the model.
const MOST_FAULTS: usize = 8;
/// Quotes of one question that are read.
const MOST_QUOTES: usize = 6;

/// The JSON schema of a reply with at most `max_questions` questions. Within what strict servers take: every property required, no
/// other allowed, no lengths of strings.
pub fn schema(max_questions: usize) -> Value {
    let object = |properties: Value| {
        let required: Vec<String> =
            properties.as_object().into_iter().flatten().map(|(name, _)| name.clone()).collect();
        json!({"type": "object", "properties": properties, "required": required, "additionalProperties": false})
    };
    let text = json!({"type": "string"});
    let word = |words: &[&str]| json!({"type": "string", "enum": words});
    let texts = |min: usize, max: usize| json!({"type": "array", "items": text, "minItems": min, "maxItems": max});
    let number = json!({"type": "number"});
    let tolerance = json!({"anyOf": [object(json!({"relative": number})), object(json!({"absolute": number}))]});
    let answers = [
        object(json!({"type": word(&["number"]), "value": number, "unit": {"type": ["string", "null"]},
            "tolerance": tolerance, "comparator": word(&["=", "<", ">"])})),
        object(json!({"type": word(&["term"]), "value": text, "synonyms": texts(0, 12)})),
        object(json!({"type": word(&["direction"]), "value": word(&["increase", "decrease", "no_change"])})),
        object(json!({"type": word(&["boolean"]), "value": {"type": "boolean"}})),
        object(json!({"type": word(&["choice"]), "options": texts(3, 5), "correct": word(&["A", "B", "C", "D", "E"])})),
    ];
    let quote = object(json!({"passage": {"type": "integer"}, "quote": text}));
    let kinds: Vec<&str> = QuestionKind::ALL.iter().map(|kind| kind.as_str()).collect();
    let item = object(json!({"kind": word(&kinds), "question": text,
        "evidence": {"type": "array", "items": quote, "minItems": 1, "maxItems": 4}, "answer": {"anyOf": answers}}));
    object(json!({"questions": {"type": "array", "items": item, "maxItems": max_questions}}))
}

#[derive(Deserialize)]
struct Reply {
    questions: Vec<Value>,
}

#[derive(Deserialize)]
struct Item {
    #[serde(default)]
    kind: Value,
    question: String,
    evidence: Quotes,
    /// Where one quote stands that is given without its place.
    #[serde(default)]
    passage: Value,
    answer: AnswerSpec,
}

/// Models that can not be held to a schema write what is easier.
#[derive(Deserialize)]
#[serde(untagged)]
enum Quotes {
    One(String),
    Placed(Quote),
    Several(Vec<Quotes>),
}

#[derive(Deserialize)]
struct Quote {
    /// A hint where to look first; some models write it as a word.
    #[serde(default)]
    passage: Value,
    quote: String,
}

impl Quotes {
    fn flat(self, passage: &Value, into: &mut Vec<Quote>) {
        match self {
            _ if into.len() >= MOST_QUOTES => {}
            Quotes::One(quote) => into.push(Quote { passage: passage.clone(), quote }),
            Quotes::Placed(quote) => into.push(quote),
            Quotes::Several(several) => several.into_iter().for_each(|one| one.flat(passage, into)),
        }
    }
}

/// The drafts of a reply. An item that is ill-formed, or whose evidence is in no passage, is left out beside good ones.
///
/// # Errors
/// What to tell the model: the reply holds no JSON object with a `questions` list, or not one good item among bad ones.
pub fn read_reply(reply: &str, document: &Document, generator: &Generator) -> Result<Vec<Draft>, String> {
    let parsed: Reply = llm::read_json(reply)?;
    let passages = document.passages();
    let mut drafts = Vec::new();
    let mut faults = Vec::new();
    for (number, value) in (1..=100).zip(parsed.questions) {
        match read_item(value, &passages, generator) {
            Ok(draft) => drafts.push(draft),
            Err(fault) => faults.push(format!("question {number}: {fault}")),
        }
    }
    if !faults.is_empty() {
        let n_faults = faults.len();
        tracing::debug!(good = drafts.len(), bad = n_faults, first = faults.first(), "a model's reply has bad items");
        metrics::counter!("aludel_model_bad_items_total", "model" => generator.model.clone())
            .increment(n_faults as u64);
        if drafts.is_empty() {
            faults.truncate(MOST_FAULTS);
            return Err(faults.join("; "));
        }
    }
    Ok(drafts)
}

fn read_item(value: Value, passages: &[PassageRef<'_>], generator: &Generator) -> Result<Draft, String> {
    let item: Item =
        serde_json::from_value(value).map_err(|error| error.to_string().chars().take(150).collect::<String>())?;
    let mut quotes = Vec::new();
    item.evidence.flat(&item.passage, &mut quotes);
    let mut evidence: Vec<Evidence> = Vec::new();
    for Quote { passage, quote } in quotes {
        let named = passage.as_u64().and_then(|ordinal| usize::try_from(ordinal).ok()).unwrap_or(0);
        let span = locate(passages, named, &quote)
            .ok_or("its evidence stands in no passage; copy every sentence or row exactly")?;
        // A row says what its numbers are only below the head of its table.
        let head =
            passages.get(span.passage).filter(|passage| passage.kind == PassageKind::Table).and_then(|passage| {
                header_row(passage.text).and_then(|row| Evidence::new(span.passage, passage.text, row.start, row.end))
            });
        for one in [Some(span), head].into_iter().flatten() {
            if !evidence.contains(&one) {
                evidence.push(one);
            }
        }
    }
    if evidence.is_empty() {
        return Err("it has no evidence".to_owned());
    }
    let question = item.question.split_whitespace().collect::<Vec<_>>().join(" ");
    if question.is_empty() {
        return Err("it asks nothing".to_owned());
    }
    let kind = item.kind.as_str().and_then(QuestionKind::from_name);
    Ok(Draft { answer: in_order(&question, item.answer), question, evidence, generator: generator.clone(), kind })
}

/// A choice in an order of its own: models put the right option where they like it best.
fn in_order(question: &str, answer: AnswerSpec) -> AnswerSpec {
    match answer {
        AnswerSpec::Choice { options, correct } if !order::is_ordered(&options) => {
            let right = ('A'..='Z')
                .take(options.len())
                .position(|letter| correct.trim().eq_ignore_ascii_case(&letter.to_string()));
            // A letter without an option is for verification to refuse.
            let given = AnswerSpec::Choice { options: options.clone(), correct };
            right.and_then(|right| order::choice(question, options, right)).unwrap_or(given)
        }
        other => other,
    }
}
