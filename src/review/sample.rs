use std::collections::BTreeMap;

use crate::model::id::QuestionId;
use crate::model::question::{Stage, StageResult, Verdict};
use crate::model::review::Sampled;

/// A question that may be put before a person.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    pub id: QuestionId,
    pub stages: Vec<StageResult>,
    /// Empty: none.
    pub topic: String,
}

const CYCLE: [Sampled; 6] =
    [Sampled::Conflict, Sampled::Audit, Sampled::Uncertain, Sampled::Topic, Sampled::Second, Sampled::Rejected];

/// The kinds of questions for a person's review number `n`, from 0, in the order in which they are tried: each kind comes first in turn,
/// the others stand in where there is none of it.
pub fn turn(n: u64) -> [Sampled; 6] {
    let mut order = CYCLE;
    // Proof: a remainder of six.
    order.rotate_left(usize::try_from(n % 6).unwrap_or(0));
    order
}

/// How unsure the model stages were, in [0, 1]: the share of answers with the passage that missed the key, the judge's lowest mark, or
/// a stage that asks for a person.
pub fn uncertainty(stages: &[StageResult]) -> f64 {
    let of = |result: &StageResult| match (result.stage, result.verdict, result.score) {
        (_, Verdict::Review, _) => 1.0,
        (Stage::OpenBook, _, Some(agreement)) => 1.0 - agreement,
        (Stage::Judge, _, Some(mark)) => (5.0 - mark) / 4.0,
        _ => 0.0,
    };
    stages.iter().map(of).fold(0.0, f64::max).clamp(0.0, 1.0)
}

/// The one of `candidates`, which come in random order, that a kind of sampling takes. `looked_at`: reviews by topic.
pub fn pick<'c>(
    sampled: Sampled,
    candidates: &'c [Candidate],
    looked_at: &BTreeMap<String, u64>,
) -> Option<&'c Candidate> {
    match sampled {
        Sampled::Uncertain => {
            let most = candidates.iter().map(|candidate| uncertainty(&candidate.stages)).fold(0.0, f64::max);
            // Where no model was asked every question is as good as another.
            candidates.iter().find(|candidate| uncertainty(&candidate.stages) >= most)
        }
        Sampled::Topic => {
            let mut common: BTreeMap<&str, u64> = BTreeMap::new();
            candidates.iter().for_each(|candidate| *common.entry(&candidate.topic).or_default() += 1);
            let due = |candidate: &&Candidate| {
                let seen = looked_at.get(&candidate.topic).copied().unwrap_or(0);
                let share = common.get(candidate.topic.as_str()).copied().unwrap_or(1);
                // Reviews for each question that there is, in millionths.
                (seen + 1) * 1_000_000 / share.max(1)
            };
            candidates.iter().min_by_key(due)
        }
        _ => candidates.first(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate(n: u32, topic: &str, agreement: Option<f64>) -> Candidate {
        let stage = |score| StageResult {
            stage: Stage::OpenBook,
            verdict: Verdict::Pass,
            reason: String::new(),
            score: Some(score),
            model: None,
        };
        let stages = agreement.map(stage).into_iter().collect();
        Candidate { id: QuestionId::of(&n.to_string(), "", ""), stages, topic: topic.to_owned() }
    }

    #[test]
    fn every_kind_has_its_turn() {
        let firsts: Vec<Sampled> = (0..7).map(|n| turn(n)[0]).collect();
        assert_eq!(firsts[..6], CYCLE);
        assert_eq!(firsts[6], Sampled::Conflict);
        assert_eq!(turn(2)[5], Sampled::Audit);
    }

    #[test]
    fn the_least_sure_and_the_least_seen_come_first() {
        let candidates = [
            candidate(1, "ecology", None),
            candidate(2, "genetics", Some(1.0)),
            candidate(3, "genetics", Some(0.75)),
            candidate(4, "genetics", Some(0.75)),
        ];
        let seen = |ecology, genetics| [("ecology".to_owned(), ecology), ("genetics".to_owned(), genetics)].into();
        assert_eq!(pick(Sampled::Uncertain, &candidates, &seen(0, 0)), Some(&candidates[2]));
        assert_eq!(pick(Sampled::Topic, &candidates, &seen(0, 0)), Some(&candidates[1]), "most of them are");
        assert_eq!(pick(Sampled::Topic, &candidates, &seen(1, 9)), Some(&candidates[0]));
        assert_eq!(pick(Sampled::Audit, &candidates, &seen(0, 0)), Some(&candidates[0]));
        assert_eq!(pick(Sampled::Topic, &[], &seen(0, 0)), None);
    }
}
