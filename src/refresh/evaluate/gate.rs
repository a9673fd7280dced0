//! Whether a candidate takes the champion's place: both on the same questions, each question with itself.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::bootstrap;
use super::score::{Constant, ItemScore, interval};
use crate::refresh::Gate;
use crate::release::model::evaluation::{Comparison, Difference, Evaluation, Score, TopicScore};

/// So much of an answer is told.
const ANSWER_CHARS: usize = 40;

/// What the gate found, with every number it used.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    pub is_better: bool,
    /// Why not; empty when it is.
    pub refusals: Vec<String>,
    pub n_questions: u64,
    pub n_works: u64,
    pub candidate: Score,
    pub champion: Score,
    /// Candidate minus champion.
    pub difference: Difference,
    /// Share of draws in which the candidate is better.
    pub better_draws: f64,
    pub level: f64,
    pub least_gain: f64,
    pub topics: Vec<Topic>,
    /// `None` in what was decided before there was this rule.
    #[serde(default)]
    pub constant: Option<ConstantScore>,
}

/// A candidate beside its own commonest answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ConstantScore {
    /// By answer type, the beginning of each.
    pub answers: BTreeMap<String, String>,
    pub score: Score,
    /// Candidate minus constant.
    pub difference: Difference,
}

/// One topic in it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Topic {
    pub topic: String,
    pub candidate: Score,
    pub champion: Score,
    pub difference: Difference,
    /// Its fall is beyond the margin, and beyond chance.
    pub falls: bool,
}

/// Judges two lists of scores over the same questions, in the same order. `None` when there is none, or they are not the same.
///
/// Better is a candidate whose difference has its whole interval above `least_gain`, on `least_n` questions or more, and of which no
/// topic falls. A topic falls when its difference lies below `-topic_margin` and its interval below 0: with a few dozen questions a
/// topic's difference passes any margin by chance now and then, so the margin alone would refuse every candidate.
///
/// It has to be better than `constant`, too: reinforcement learning from short answers readily finds the one answer to a type of question
/// that is right most often, which is worth many points beside a champion that does not know the form, and teaches nothing.
pub fn decide(
    gate: &Gate,
    champion: &[ItemScore],
    candidate: &[ItemScore],
    constant: &Constant,
    seed: u64,
) -> Option<Decision> {
    let pairs = paired(champion, candidate)?;
    let (overall, better_draws) = compare(gate, &pairs, seed)?;
    let (beside, _) = compare(gate, &paired(&constant.items, candidate)?, seed)?;
    let answers = constant.answers.iter().map(|(kind, answer)| {
        let answer: String = answer.chars().take(ANSWER_CHARS).collect();
        ((*kind).to_owned(), answer)
    });
    let constant = ConstantScore { answers: answers.collect(), score: beside.champion, difference: beside.difference };
    let mut by_topic: BTreeMap<&str, Vec<(&ItemScore, &ItemScore)>> = BTreeMap::new();
    for pair in &pairs {
        by_topic.entry(pair.0.topic.as_deref().unwrap_or("none")).or_default().push(*pair);
    }
    let topics: Vec<Topic> = by_topic
        .into_iter()
        .filter(|(_, pairs)| pairs.len() as u64 >= gate.topic_least_n)
        .filter_map(|(topic, pairs)| {
            let (found, _) = compare(gate, &pairs, seed)?;
            let falls = found.difference.value < -gate.topic_margin && found.difference.high < 0.0;
            Some(Topic {
                topic: topic.to_owned(),
                candidate: found.candidate,
                champion: found.champion,
                difference: found.difference,
                falls,
            })
        })
        .collect();
    let n_works = pairs.iter().map(|pair| pair.0.work.as_str()).collect::<std::collections::BTreeSet<_>>().len();
    let refusals = refusals(gate, pairs.len() as u64, &overall.difference, &topics, &constant);
    Some(Decision {
        is_better: refusals.is_empty(),
        refusals,
        n_questions: pairs.len() as u64,
        n_works: n_works as u64,
        candidate: overall.candidate,
        champion: overall.champion,
        difference: overall.difference,
        better_draws,
        level: gate.level,
        least_gain: gate.least_gain,
        topics,
        constant: Some(constant),
    })
}

/// Each question's two scores; `None` when the lists are not over the same questions in the same order.
fn paired<'s>(before: &'s [ItemScore], after: &'s [ItemScore]) -> Option<Vec<(&'s ItemScore, &'s ItemScore)>> {
    let are_paired = before.len() == after.len() && before.iter().zip(after).all(|(a, b)| a.id == b.id);
    are_paired.then(|| before.iter().zip(after).collect())
}

struct Compared {
    champion: Score,
    candidate: Score,
    difference: Difference,
}

fn compare(gate: &Gate, pairs: &[(&ItemScore, &ItemScore)], seed: u64) -> Option<(Compared, f64)> {
    let of = |items: Vec<&ItemScore>| interval(&items, gate.draws, gate.level, seed);
    let champion = of(pairs.iter().map(|pair| pair.0).collect())?;
    let candidate = of(pairs.iter().map(|pair| pair.1).collect())?;
    let values: Vec<(&str, f64)> =
        pairs.iter().map(|(before, after)| (before.work.as_str(), after.share() - before.share())).collect();
    let found = bootstrap::mean(&values, gate.draws, gate.level, seed)?;
    let difference = Difference { value: found.value, low: found.low, high: found.high };
    Some((Compared { champion, candidate, difference }, found.above_zero))
}

fn refusals(gate: &Gate, n: u64, difference: &Difference, topics: &[Topic], constant: &ConstantScore) -> Vec<String> {
    let mut refusals = Vec::new();
    if n < gate.least_n {
        refusals.push(format!("{n} questions are too few to tell, it takes {}", gate.least_n));
    }
    let Difference { value, low, high } = difference;
    if *low <= gate.least_gain {
        refusals.push(format!(
            "it is not surely better: {value:+.4}, from {low:+.4} to {high:+.4}, has to lie above {}",
            gate.least_gain
        ));
    }
    for topic in topics.iter().filter(|topic| topic.falls) {
        let Difference { value, low, high } = topic.difference;
        refusals.push(format!(
            "it falls in {}: {value:+.4}, from {low:+.4} to {high:+.4}, over {} questions",
            topic.topic, topic.candidate.n
        ));
    }
    let Difference { value, low, high } = constant.difference;
    if low <= 0.0 {
        let answers: Vec<String> =
            constant.answers.iter().map(|(kind, answer)| format!("{answer:?} ({kind})")).collect();
        refusals.push(format!(
            "it is not surely better than one answer to all questions of a type, {}, which is worth {:.4}: {value:+.4}, from {low:+.4} to \
             {high:+.4}, has to lie above 0",
            if answers.is_empty() { "none at all".to_owned() } else { answers.join(", ") },
            constant.score.value
        ));
    }
    refusals
}

impl Decision {
    /// As a release's card shows it. `set`: which questions; `champion`: the champion's version.
    pub fn evaluation(&self, set: &str, champion: &str) -> Evaluation {
        let topic = |topic: &Topic| TopicScore { topic: topic.topic.clone(), score: topic.candidate };
        Evaluation {
            metric: "accuracy".to_owned(),
            set: set.to_owned(),
            overall: self.candidate,
            topics: self.topics.iter().map(topic).collect(),
            champion: Some(Comparison {
                version: champion.to_owned(),
                overall: self.champion,
                difference: self.difference,
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn items(n: u32, is_right: impl Fn(u32) -> bool) -> Vec<ItemScore> {
        (0..n)
            .map(|at| ItemScore {
                id: at.to_string(),
                work: format!("w{:04}", at / 2),
                topic: Some(if at % 4 < 2 { "zoology" } else { "genetics" }.to_owned()),
                kind: "term",
                section: None,
                n_right: u32::from(is_right(at)),
                n_samples: 1,
            })
            .collect()
    }

    fn gate() -> Gate {
        Gate { draws: 2000, ..Gate::default() }
    }

    #[test]
    fn a_gain_passes_chance_does_not_and_few_questions_do_not() {
        let champion = items(400, |at| at % 10 < 4);
        let better = decide(&gate(), &champion, &items(400, |at| at % 10 < 6), &nothing(&champion), 1).unwrap();
        assert!(better.is_better && better.difference.low > 0.1 && better.better_draws == 1.0, "{better:?}");
        assert_eq!((better.n_questions, better.n_works), (400, 200));
        let same = decide(&gate(), &champion, &champion, &nothing(&champion), 1).unwrap();
        assert!(!same.is_better && same.difference == Difference { value: 0.0, low: 0.0, high: 0.0 });
        let few = decide(&gate(), &champion[..50], &items(50, |_| true), &nothing(&champion[..50]), 1).unwrap();
        assert!(!few.is_better && few.refusals.len() == 1 && few.refusals[0].contains("too few"), "{:?}", few.refusals);
        let evaluation = better.evaluation("future", "1.0.0");
        assert_eq!(evaluation.fault(), None);
        assert!(decide(&gate(), &champion, &champion[1..], &nothing(&champion), 1).is_none());
        assert!(decide(&gate(), &[], &[], &nothing(&[]), 1).is_none());
    }

    #[test]
    fn a_topic_that_falls_refuses_a_gain() {
        let champion = items(400, |at| if at % 4 < 2 { at % 20 < 12 } else { at % 20 < 4 });
        let candidate = items(400, |at| if at % 4 < 2 { at % 20 < 4 } else { true });
        let decision = decide(&gate(), &champion, &candidate, &nothing(&champion), 1).unwrap();
        assert!(decision.difference.low > 0.0 && !decision.is_better, "{decision:?}");
        assert!(decision.refusals.iter().all(|refusal| refusal.contains("zoology")), "{:?}", decision.refusals);
    }

    fn constant(answers: &[(&'static str, &str)], items: Vec<ItemScore>) -> Constant {
        Constant { answers: answers.iter().map(|(kind, answer)| (*kind, (*answer).to_owned())).collect(), items }
    }

    fn nothing(items: &[ItemScore]) -> Constant {
        constant(&[], items.iter().map(|item| ItemScore { n_right: 0, ..item.clone() }).collect())
    }

    #[test]
    fn one_answer_to_all_questions_of_a_type_is_refused_however_often_it_is_right() {
        let champion = items(400, |at| at % 20 == 0);
        let always = |share: u32| constant(&[("term", "decrease")], items(400, |at| at % 10 < share));
        let learned = items(400, |at| at % 10 < 4);
        let decision = decide(&gate(), &champion, &learned, &always(4), 1).unwrap();
        assert!(decision.difference.low > 0.2 && !decision.is_better, "{decision:?}");
        let [refusal] = decision.refusals.as_slice() else { panic!("{:?}", decision.refusals) };
        assert!(refusal.contains(r#""decrease" (term), which is worth 0.4000"#), "{refusal}");
        assert_eq!(decision.constant.unwrap().difference.value, 0.0);
        // Most of what it says may be one answer, when the rest is worth something.
        let better = decide(&gate(), &champion, &items(400, |at| at % 10 < 5), &always(3), 1).unwrap();
        assert!(better.is_better, "{:?}", better.refusals);
    }
}
