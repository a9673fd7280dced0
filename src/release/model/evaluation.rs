//! `evaluation.json`: how good a model is, per topic, and beside the champion of its day.

use serde::{Deserialize, Serialize};

/// A score on a question set.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    /// What is counted: `accuracy`, `pass@1`, …
    pub metric: String,
    /// Which questions: a data set's version and split, or a benchmark.
    pub set: String,
    pub overall: Score,
    #[serde(default)]
    pub topics: Vec<TopicScore>,
    #[serde(default)]
    pub champion: Option<Comparison>,
}

/// A score in `[0, 1]` with its interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Score {
    pub value: f64,
    pub low: f64,
    pub high: f64,
    /// Questions.
    pub n: u64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TopicScore {
    pub topic: String,
    #[serde(flatten)]
    pub score: Score,
}

/// The champion on the same questions, and the difference of this model from it (paired, on the same questions).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    pub version: String,
    pub overall: Score,
    pub difference: Difference,
}

/// A difference in `[-1, 1]` with its interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Difference {
    pub value: f64,
    pub low: f64,
    pub high: f64,
}

impl Evaluation {
    /// The first thing in it that can not be.
    pub fn fault(&self) -> Option<String> {
        let scores = std::iter::once(("overall", self.overall))
            .chain(self.topics.iter().map(|topic| (topic.topic.as_str(), topic.score)))
            .chain(self.champion.iter().map(|champion| ("champion", champion.overall)));
        for (name, Score { value, low, high, n }) in scores {
            let is_share = [low, value, high].iter().all(|x| (0.0..=1.0).contains(x));
            let is_inside = low <= value && value <= high;
            if !is_share || !is_inside || n == 0 {
                return Some(format!(
                    "{name}: {value} from {low} to {high} over {n} questions is no score with its interval"
                ));
            }
        }
        None
    }
}
