use serde_json::{Map, Value};

use super::{accuracy, choice, chosen, correct};
use crate::model::answer::AnswerSpec;
use crate::refresh::evaluate::Responses;
use crate::refresh::job::Question;
use crate::release::split::draw;

const UNSURE: &str = "Insufficient information to answer the question";
/// Longest answer of an open question that can be compared word by word.
const MOST_WORDS: usize = 6;

/// An item of LAB-Bench (with distractors) or of its second edition (open). What takes a figure or a file is left out.
pub(super) fn question(id: &str, item: &Map<String, Value>) -> Option<Question> {
    let text = |key: &str| item.get(key).and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty());
    let topic = text("tag").or(text("subtask")).map(str::to_owned);
    let is_seen = ["figure", "figures", "image", "files", "file"]
        .iter()
        .any(|key| item.get(*key).is_some_and(|value| !value.is_null()));
    if is_seen
        || topic
            .as_ref()
            .is_some_and(|topic| topic.starts_with("fig") || topic.contains("-img") || topic.contains("-pdf"))
    {
        return None;
    }
    let (asked, ideal) = (text("question")?, text("ideal")?);
    let Some(distractors) = item.get("distractors").and_then(Value::as_array) else {
        return open(id, asked, ideal, topic);
    };
    let mut options: Vec<&str> = distractors.iter().filter_map(Value::as_str).collect();
    options.retain(|option| *option != ideal && *option != UNSURE);
    options.extend([ideal, UNSURE]);
    // The order follows from the names alone: the same in every run, and no letter is right more often.
    options.sort_by(|a, b| draw(0, id, a.as_bytes()).total_cmp(&draw(0, id, b.as_bytes())));
    let correct = options.iter().position(|option| *option == ideal)?;
    choice(id, asked, options.into_iter().map(str::to_owned).collect(), correct, topic)
}

fn open(id: &str, asked: &str, ideal: &str, topic: Option<String>) -> Option<Question> {
    if ideal.split_whitespace().count() > MOST_WORDS {
        return None;
    }
    let spec = AnswerSpec::Term { value: ideal.to_owned(), synonyms: Vec::new() };
    crate::grade::check(&spec).ok()?;
    let prompt = crate::release::export::asked(asked, Some(&spec));
    Some(Question { id: id.to_owned(), prompt, spec, topic, work: id.to_owned(), section: None, target: None })
}

/// Accuracy over all, precision over those answered, and the share that is.
///
/// Source: Laurent et al. 2024, LAB-Bench, arXiv 2407.10362, section 3.
pub(super) fn scores(questions: &[Question], responses: &Responses) -> Vec<(&'static str, f64)> {
    let all: Vec<(usize, Option<usize>)> = questions
        .iter()
        .filter_map(|question| {
            let AnswerSpec::Choice { options, .. } = &question.spec else { return None };
            let chosen = chosen(&question.spec, responses.get(&question.id, 0).unwrap_or_default());
            Some((correct(&question.spec)?, chosen.filter(|at| options[*at] != UNSURE)))
        })
        .collect();
    let answered: Vec<(usize, Option<usize>)> = all.iter().copied().filter(|(_, chosen)| chosen.is_some()).collect();
    let coverage = answered.len() as f64 / all.len().max(1) as f64;
    vec![("accuracy", accuracy(&all)), ("precision", accuracy(&answered)), ("coverage", coverage)]
}
