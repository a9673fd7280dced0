//! How good a classifier's labels are on texts it has not seen.

use serde::{Deserialize, Serialize};

use super::classifier::{Classifier, Example};

/// Texts a class needs to count in the mean of the classes' F1.
const LEAST_OF_CLASS: u64 = 20;
const BINS: usize = 10;

/// A text may have several topics; a guess is right when it is one of them.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Scores {
    /// Texts with a topic that the classifier knows, and texts whose topics it does not know.
    pub n: u64,
    pub n_foreign: u64,
    /// Share whose likeliest topic is right.
    pub top_1: f64,
    /// Share that is sure enough to be labelled, and the share of these that is right.
    pub coverage: f64,
    pub covered_top_1: f64,
    /// Mean F1 over the classes with at least 20 texts.
    pub macro_f1: f64,
    /// Expected calibration error of the likeliest topic, ten bins of equal width (Naeini et al. 2015, AAAI).
    pub calibration_error: f64,
    pub classes: Vec<Class>,
}

/// One topic.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Class {
    pub topic: String,
    /// Texts whose first topic it is.
    pub n: u64,
    pub precision: f64,
    pub recall: f64,
    pub f1: f64,
}

/// Evaluates the likeliest topic of each example, sure or not.
pub fn evaluate<'a>(model: &Classifier, examples: impl Iterator<Item = &'a Example>) -> Scores {
    let mut scores = Scores::default();
    let classes = model.topics.len();
    let (mut n, mut hit, mut said, mut right_said) =
        (vec![0_u64; classes], vec![0_u64; classes], vec![0_u64; classes], vec![0_u64; classes]);
    let (mut right, mut sure, mut sure_right) = (0_u64, 0_u64, 0_u64);
    let mut bins = [(0_u64, 0_u64, 0.0_f64); BINS];
    for example in examples.filter(|example| !example.topics.is_empty()) {
        let own: Vec<usize> =
            example.topics.iter().filter_map(|topic| model.topics.iter().position(|known| known == topic)).collect();
        let Some(first) = own.first() else {
            scores.n_foreign += 1;
            continue;
        };
        let probabilities = model.probabilities(&example.text);
        let (guess, probability) = probabilities
            .iter()
            .copied()
            .enumerate()
            .max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0)))
            .unwrap_or((0, 0.0));
        let is_right = own.contains(&guess);
        scores.n += 1;
        n[*first] += 1;
        hit[*first] += u64::from(is_right);
        said[guess] += 1;
        right_said[guess] += u64::from(is_right);
        right += u64::from(is_right);
        if probability >= model.config.least_confidence {
            sure += 1;
            sure_right += u64::from(is_right);
        }
        let bin = &mut bins[((probability * BINS as f64) as usize).min(BINS - 1)];
        *bin = (bin.0 + 1, bin.1 + u64::from(is_right), bin.2 + probability);
    }
    let part = |a: u64, b: u64| if b == 0 { 0.0 } else { a as f64 / b as f64 };
    scores.top_1 = part(right, scores.n);
    scores.coverage = part(sure, scores.n);
    scores.covered_top_1 = part(sure_right, sure);
    scores.calibration_error =
        bins.iter().map(|(_, right, sum)| (*right as f64 - sum).abs()).sum::<f64>() / scores.n.max(1) as f64;
    scores.classes = (0..classes)
        .map(|k| {
            let (precision, recall) = (part(right_said[k], said[k]), part(hit[k], n[k]));
            let f1 = if precision + recall > 0.0 { 2.0 * precision * recall / (precision + recall) } else { 0.0 };
            Class { topic: model.topics[k].clone(), n: n[k], precision, recall, f1 }
        })
        .collect();
    let large: Vec<f64> =
        scores.classes.iter().filter(|class| class.n >= LEAST_OF_CLASS).map(|class| class.f1).collect();
    scores.macro_f1 = if large.is_empty() { 0.0 } else { large.iter().sum::<f64>() / large.len() as f64 };
    scores
}
