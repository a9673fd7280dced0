use std::collections::BTreeMap;

use serde::Serialize;

use super::{Responses, bootstrap};
use crate::grade::grade;
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
    let right = |question: &Question, sample: u32| {
        responses.get(&question.id, sample).is_some_and(|response| grade(&question.spec, response).score == 1)
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
