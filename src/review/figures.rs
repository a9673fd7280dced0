use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::{Kappa, kappa};
use crate::interval::Share;
use crate::model::review::{Balance, Decision, LastWord, Sampled};

/// Releases whose samples are shown.
const MOST_AUDITS: usize = 12;
/// Pairs of people that are shown, those with the most questions in common.
const MOST_PAIRS: usize = 20;

/// What the protocol is filled in with.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Figures {
    /// Whose balance it is: a release by name and version, or the store.
    pub subject: String,
    pub balance: Balance,
    pub standing: Standing,
}

/// What people have found so far.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Standing {
    pub reviewers: u64,
    /// Questions that somebody looked at.
    pub questions: u64,
    /// By decision, each person's last word on a question.
    pub decisions: BTreeMap<String, u64>,
    /// The random samples of the releases, the newest first.
    pub audits: Vec<Audit>,
    /// Rejected questions, drawn at random, that people would have accepted.
    pub rejected_wrongly: Option<Share>,
    /// Every two people who looked at the same questions.
    pub between: Vec<Agreement>,
    /// People and verification, on the questions drawn at random from what it accepted and what it rejected.
    pub verifier: Option<Kappa>,
}

/// How far the random sample of a release has been looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Audit {
    pub release: String,
    pub drawn: u64,
    pub looked_at: u64,
    /// Of those looked at: nobody objected.
    pub right: u64,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Agreement {
    pub first: String,
    pub second: String,
    #[serde(flatten)]
    pub kappa: Kappa,
}

impl Standing {
    /// From each person's last word on each question, and the releases' samples, the newest first: version and rows of questions.
    pub fn of(words: &[LastWord], samples: &[(String, Vec<i64>)]) -> Self {
        let mut by_question: BTreeMap<i64, Vec<&LastWord>> = BTreeMap::new();
        let mut decisions = BTreeMap::new();
        for word in words {
            by_question.entry(word.question).or_default().push(word);
            *decisions.entry(word.decision.as_str().to_owned()).or_default() += 1;
        }
        let agrees = |word: &LastWord| word.decision == Decision::Accept;
        let audits = samples.iter().take(MOST_AUDITS).map(|(release, drawn)| {
            let looked_at: Vec<_> = drawn.iter().filter_map(|question| by_question.get(question)).collect();
            Audit {
                release: release.clone(),
                drawn: drawn.len() as u64,
                looked_at: looked_at.len() as u64,
                right: looked_at.iter().filter(|words| words.iter().all(|word| agrees(word))).count() as u64,
            }
        });
        let rejected: Vec<&LastWord> = words.iter().filter(|word| word.sampled == Sampled::Rejected).collect();
        let wrongly = rejected.iter().filter(|word| agrees(word)).count() as u64;
        let is_random = |word: &&LastWord| matches!(word.sampled, Sampled::Audit | Sampled::Topic | Sampled::Rejected);
        Standing {
            reviewers: words.iter().map(|word| &word.reviewer).collect::<BTreeSet<_>>().len() as u64,
            questions: by_question.len() as u64,
            decisions,
            audits: audits.collect(),
            rejected_wrongly: Share::new(wrongly, rejected.len() as u64),
            between: between(&by_question),
            verifier: kappa(words.iter().filter(is_random).map(|word| (word.was_accepted, agrees(word)))),
        }
    }
}

fn between(by_question: &BTreeMap<i64, Vec<&LastWord>>) -> Vec<Agreement> {
    let mut pairs: BTreeMap<(&str, &str), Vec<(bool, bool)>> = BTreeMap::new();
    for words in by_question.values() {
        for (at, first) in words.iter().enumerate() {
            for second in words.iter().skip(at + 1) {
                let said = (first.decision == Decision::Accept, second.decision == Decision::Accept);
                // Names in order, so that a pair is one pair whoever came first.
                let (names, said) = if first.reviewer <= second.reviewer {
                    ((first.reviewer.as_str(), second.reviewer.as_str()), said)
                } else {
                    ((second.reviewer.as_str(), first.reviewer.as_str()), (said.1, said.0))
                };
                pairs.entry(names).or_default().push(said);
            }
        }
    }
    let mut found: Vec<Agreement> = pairs
        .into_iter()
        .filter_map(|((first, second), said)| {
            Some(Agreement { first: first.to_owned(), second: second.to_owned(), kappa: kappa(said)? })
        })
        .collect();
    found.sort_by_key(|pair| std::cmp::Reverse(pair.kappa.n));
    found.truncate(MOST_PAIRS);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_random_sample_and_the_pairs_are_told_apart() {
        let word = |question, reviewer: &str, decision, sampled| LastWord {
            question,
            reviewer: reviewer.to_owned(),
            decision,
            sampled,
            was_accepted: sampled != Sampled::Rejected,
        };
        use Decision::{Accept, Edit, Reject};
        let words = [
            word(1, "ann", Accept, Sampled::Audit),
            word(1, "bo", Edit, Sampled::Second),
            word(2, "bo", Accept, Sampled::Audit),
            word(3, "ann", Reject, Sampled::Rejected),
            word(4, "ann", Accept, Sampled::Rejected),
            word(5, "cy", Accept, Sampled::Conflict),
            word(5, "ann", Accept, Sampled::Second),
        ];
        let samples = [("1.1.0".to_owned(), vec![2, 9]), ("1.0.0".to_owned(), vec![1, 2, 8])];
        let standing = Standing::of(&words, &samples);
        assert_eq!((standing.reviewers, standing.questions), (3, 5));
        let audits: Vec<_> = standing.audits.iter().map(|audit| (audit.drawn, audit.looked_at, audit.right)).collect();
        assert_eq!(audits, [(2, 1, 1), (3, 2, 1)], "an objection counts whoever made it");
        assert_eq!(standing.rejected_wrongly.map(|share| (share.count, share.of)), Some((1, 2)));
        let pairs: Vec<_> = standing
            .between
            .iter()
            .map(|pair| (pair.first.as_str(), pair.second.as_str(), pair.kappa.agreed))
            .collect();
        assert_eq!(pairs, [("ann", "bo", 0), ("ann", "cy", 1)]);
        assert_eq!(standing.verifier.map(|kappa| (kappa.n, kappa.agreed)), Some((4, 3)));
    }
}
