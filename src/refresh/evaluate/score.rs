use std::collections::BTreeMap;

use serde::Serialize;

use super::{Responses, bootstrap};
use crate::grade::{Grader, grade};
use crate::refresh::job::Question;
use crate::release::model::evaluation::Score;

/// How one question went.
#[derive(Debug, Clone, PartialEq)]
pub struct ItemScore {
    pub id: String,
    pub work: String,
    pub topic: Option<String>,
    /// Answer type.
    pub kind: &'static str,
    pub section: Option<String>,
    pub n_right: u32,
    pub n_samples: u32,
}

impl ItemScore {
    /// Share of samples that are right.
    pub fn share(&self) -> f64 {
        f64::from(self.n_right) / f64::from(self.n_samples.max(1))
    }
}

/// Grades the responses to `questions`, in their order; a response that is missing is not right.
pub fn score(questions: &[Question], responses: &Responses, samples: u32) -> Vec<ItemScore> {
    graded(questions, samples, |question, sample| responses.get(&question.id, sample))
}

fn graded<'r>(
    questions: &[Question],
    samples: u32,
    response: impl Fn(&Question, u32) -> Option<&'r str>,
) -> Vec<ItemScore> {
    let right = |question: &Question, sample: u32| {
        response(question, sample).is_some_and(|response| grade(&question.spec, response).score == 1)
    };
    let item = |question: &Question| ItemScore {
        id: question.id.clone(),
        work: question.work.clone(),
        topic: question.topic.clone(),
        kind: question.spec.kind(),
        section: question.section.clone(),
        n_right: (0..samples).map(|sample| u32::from(right(question, sample))).sum(),
        n_samples: samples,
    };
    questions.iter().map(item).collect()
}

/// What a model would be worth that knows the form of a question and nothing of its content.
#[derive(Debug, Clone, PartialEq)]
pub struct Constant {
    /// By answer type.
    pub answers: BTreeMap<&'static str, String>,
    /// In the order of the questions.
    pub items: Vec<ItemScore>,
}

/// To every question the answer that `responses` give most often to its answer type; of several the first in the alphabet.
pub fn constant(questions: &[Question], responses: &Responses, samples: u32) -> Constant {
    let mut counts: BTreeMap<&'static str, BTreeMap<String, usize>> = BTreeMap::new();
    for question in questions {
        let Ok(grader) = Grader::new(&question.spec) else { continue };
        for response in (0..samples).filter_map(|sample| responses.get(&question.id, sample)) {
            let answer = grader.grade(response).extracted;
            // An option means something for its own question only, its letter for every one.
            let answer = grader.letter(&answer).map_or_else(|| answer.trim().to_lowercase(), String::from);
            if !answer.is_empty() {
                *counts.entry(question.spec.kind()).or_default().entry(answer).or_default() += 1;
            }
        }
    }
    let commonest = |counts: BTreeMap<String, usize>| counts.into_iter().rev().max_by_key(|(_, count)| *count);
    let answers: BTreeMap<&'static str, String> =
        counts.into_iter().filter_map(|(kind, counts)| Some((kind, commonest(counts)?.0))).collect();
    let replies: BTreeMap<&str, String> =
        answers.iter().map(|(kind, answer)| (*kind, format!("<answer>{answer}</answer>"))).collect();
    let items = graded(questions, samples, |question, _| replies.get(question.spec.kind()).map(String::as_str));
    Constant { answers, items }
}

/// A line of a report.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    pub name: String,
    #[serde(flatten)]
    pub score: Score,
}

/// Scores over all questions, by topic, by answer type and by section, the largest first.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    pub overall: Score,
    pub topics: Vec<Row>,
    pub types: Vec<Row>,
    pub sections: Vec<Row>,
}

impl Report {
    /// `None` without a question. `draws`, `level` and `seed`: of the intervals, as in [`bootstrap::mean`].
    pub fn of(items: &[ItemScore], draws: u32, level: f64, seed: u64) -> Option<Self> {
        let interval = |items: &[&ItemScore]| interval(items, draws, level, seed);
        let by = |name: &dyn Fn(&ItemScore) -> Option<String>| {
            let mut groups: BTreeMap<String, Vec<&ItemScore>> = BTreeMap::new();
            for item in items {
                groups.entry(name(item).unwrap_or_else(|| "none".to_owned())).or_default().push(item);
            }
            let mut rows: Vec<Row> =
                groups.into_iter().filter_map(|(name, items)| Some(Row { name, score: interval(&items)? })).collect();
            rows.sort_by(|a, b| b.score.n.cmp(&a.score.n).then(a.name.cmp(&b.name)));
            rows
        };
        Some(Report {
            overall: interval(&items.iter().collect::<Vec<_>>())?,
            topics: by(&|item| item.topic.clone()),
            types: by(&|item| Some(item.kind.to_owned())),
            sections: by(&|item| item.section.clone()),
        })
    }
}

/// The mean of the shares with its interval.
pub(super) fn interval(items: &[&ItemScore], draws: u32, level: f64, seed: u64) -> Option<Score> {
    let values: Vec<(&str, f64)> = items.iter().map(|item| (item.work.as_str(), item.share())).collect();
    let interval = bootstrap::mean(&values, draws, level, seed)?;
    Some(Score { value: interval.value, low: interval.low, high: interval.high, n: items.len() as u64 })
}

#[cfg(test)]
mod tests {
    use super::super::Response;
    use super::*;

    #[test]
    fn the_constant_is_the_commonest_answer_of_each_type_graded_everywhere() {
        let question = |id: &str, spec: &str| Question {
            id: id.to_owned(),
            prompt: "?".to_owned(),
            spec: serde_json::from_str(spec).unwrap(),
            topic: None,
            work: id.to_owned(),
            section: None,
            target: None,
        };
        let direction = |id: &str, value: &str| question(id, &format!(r#"{{"type":"direction","value":"{value}"}}"#));
        let questions = [
            direction("a", "increase"),
            direction("b", "decrease"),
            direction("c", "decrease"),
            question("d", r#"{"type":"boolean","value":true}"#),
            question("e", r#"{"type":"choice","options":["newts","frogs"],"correct":"B"}"#),
            question("f", r#"{"type":"choice","options":["tails","legs"],"correct":"B"}"#),
        ];
        let dir = tempfile::tempdir().unwrap();
        let mut responses = Responses::open(&dir.path().join("r.jsonl")).unwrap();
        for (id, response) in [
            ("a", "It rose: <answer>Decrease</answer>"),
            ("b", "<answer>decrease</answer>"),
            ("c", "<answer>increase</answer>"),
            ("e", "<answer>B. frogs</answer>"),
            ("f", "<answer>legs</answer>"),
        ] {
            responses.add(Response { id: id.to_owned(), sample: 0, response: response.to_owned() }).unwrap();
        }
        let constant = constant(&questions, &responses, 1);
        assert_eq!(
            constant.answers,
            BTreeMap::from([("choice", "B".to_owned()), ("direction", "decrease".to_owned())])
        );
        let right: Vec<u32> = constant.items.iter().map(|item| item.n_right).collect();
        assert_eq!(right, [0, 1, 1, 0, 1, 1]);
    }
}
