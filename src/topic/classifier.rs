//! A topic for works that have no label, learnt from those that have one.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::Error;
use super::evaluate::{Scores, evaluate};
use super::features::Features;
use super::fit::{Sample, fit, score, softmax};

/// How a classifier is trained.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Inverse strength of the penalty on weights. Default 10.
    pub c: f64,
    /// Below this probability a text stays unassigned. Default 0.4.
    pub least_confidence: f64,
    /// Newest part of the training texts on which probabilities are calibrated. Default 0.2.
    pub calibration_part: f64,
    /// Texts a topic needs to be learnt. Default 5.
    pub least_texts: usize,
}

impl Default for Config {
    fn default() -> Self {
        Config { c: 10.0, least_confidence: 0.4, calibration_part: 0.2, least_texts: 5 }
    }
}

impl Config {
    /// # Errors
    /// Key, value and what is expected of the first setting that can not be used.
    pub fn check(&self) -> Result<(), (&'static str, String, &'static str)> {
        let real = |key, value: f64, least: f64, most: f64, expected| {
            if value >= least && value <= most { Ok(()) } else { Err((key, value.to_string(), expected)) }
        };
        real("c", self.c, 1e-6, 1e6, "1e-6 to 1e6")?;
        real("least_confidence", self.least_confidence, 0.0, 1.0, "0 to 1")?;
        real("calibration_part", self.calibration_part, 0.05, 0.5, "0.05 to 0.5")?;
        real("least_texts", self.least_texts as f64, 1.0, 1e6, "1 to 1000000")
    }
}

/// A text and the topics its archive gave it, all of equal weight.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Example {
    pub date: NaiveDate,
    pub text: String,
    pub topics: Vec<String>,
}

/// A trained classifier, with what it was trained on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Classifier {
    /// Version of the format.
    format: u32,
    /// Version of the taxonomy whose topics these are.
    pub taxonomy: u32,
    /// Topic ids, in the order of the probabilities.
    pub topics: Vec<String>,
    /// Days of the first and the last training text, and their number.
    pub from: NaiveDate,
    pub to: NaiveDate,
    pub n: usize,
    pub config: Config,
    /// Scores are divided by it before they become probabilities.
    pub temperature: f64,
    /// On the newest part of the training texts, by a classifier that had not seen them.
    pub scores: Scores,
    features: Features,
    matrix: Vec<f32>,
    bias: Vec<f32>,
}

/// What a classifier says of a text.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Guess {
    /// `None` when it is not sure enough: unassigned.
    pub topic: Option<String>,
    /// Of the likeliest topic.
    pub probability: f64,
    /// Every topic with at least 0.01, likeliest first.
    pub probabilities: Vec<(String, f64)>,
}

const FORMAT: u32 = 1;
/// The largest classifier read, inflated.
const MOST_BYTES: u64 = 1 << 30;

impl Classifier {
    /// Trains on `examples`; those without a topic are left out. The same examples give the same classifier.
    ///
    /// A first fit on all but the newest part gives the scores and the temperature (Guo et al. 2017, ICML), a second one on everything the
    /// weights.
    ///
    /// # Errors
    /// [`Error::TooFew`] when there are fewer than two topics with enough texts.
    pub fn train(examples: &[Example], taxonomy: u32, config: &Config) -> Result<Self, Error> {
        let mut sorted: Vec<&Example> = examples.iter().filter(|example| !example.topics.is_empty()).collect();
        sorted.sort_by(|a, b| a.date.cmp(&b.date).then_with(|| a.text.cmp(&b.text)));
        let mut counts = std::collections::BTreeMap::<&str, usize>::new();
        for topic in sorted.iter().flat_map(|example| &example.topics) {
            *counts.entry(topic).or_default() += 1;
        }
        let topics: Vec<String> =
            counts.into_iter().filter(|(_, n)| *n >= config.least_texts).map(|(topic, _)| topic.to_owned()).collect();
        sorted.retain(|example| example.topics.iter().any(|topic| topics.contains(topic)));
        let (Some(first), Some(last)) = (sorted.first(), sorted.last()) else {
            return Err(Error::TooFew { texts: 0, topics: topics.len() });
        };
        let cut = ((sorted.len() as f64 * (1.0 - config.calibration_part.clamp(0.05, 0.5))) as usize).max(1);
        if topics.len() < 2 || cut >= sorted.len() {
            return Err(Error::TooFew { texts: sorted.len(), topics: topics.len() });
        }
        let (from, to) = (first.date, last.date);
        let untrained = |features, weights: super::fit::Weights, scores| Classifier {
            format: FORMAT,
            taxonomy,
            topics: topics.clone(),
            from,
            to,
            n: sorted.len(),
            config: config.clone(),
            temperature: 1.0,
            scores,
            features,
            matrix: weights.matrix,
            bias: weights.bias,
        };
        let (features, weights) = learn(&sorted[..cut], &topics, config);
        let mut early = untrained(features, weights, Scores::default());
        early.temperature = early.best_temperature(&sorted[cut..]);
        let scores = evaluate(&early, sorted[cut..].iter().copied());
        let (features, weights) = learn(&sorted, &topics, config);
        Ok(Classifier { temperature: early.temperature, ..untrained(features, weights, scores) })
    }

    /// Probability of every topic, in the order of `topics`. A text without a known term gets the topics' usual shares.
    pub fn probabilities(&self, text: &str) -> Vec<f64> {
        self.at_temperature(&self.scores_of(text), self.temperature)
    }

    /// The likeliest topic, when it is likely enough.
    pub fn guess(&self, text: &str) -> Guess {
        let mut all: Vec<(String, f64)> = self.topics.iter().cloned().zip(self.probabilities(text)).collect();
        all.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        let (topic, probability) = all.first().cloned().unwrap_or_default();
        all.retain(|(_, probability)| *probability >= 0.01);
        let topic = (probability >= self.config.least_confidence).then_some(topic);
        Guess { topic, probability, probabilities: all }
    }

    /// As stored: JSON, compressed.
    ///
    /// # Errors
    /// [`Error::Model`], which does not happen to a trained one.
    pub fn to_bytes(&self) -> Result<Vec<u8>, Error> {
        let json = serde_json::to_vec(self).map_err(|error| Error::Model { reason: error.to_string() })?;
        zstd::encode_all(json.as_slice(), 3).map_err(|error| Error::Model { reason: error.to_string() })
    }

    /// Reads what [`Classifier::to_bytes`] gave.
    ///
    /// # Errors
    /// [`Error::Model`] when it is not that.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        use std::io::Read;
        let fault = |reason: String| Error::Model { reason };
        let mut json = Vec::new();
        let decoder = zstd::Decoder::new(bytes).map_err(|error| fault(error.to_string()))?;
        decoder.take(MOST_BYTES).read_to_end(&mut json).map_err(|error| fault(error.to_string()))?;
        let mut model: Classifier = serde_json::from_slice(&json).map_err(|error| fault(error.to_string()))?;
        if model.format != FORMAT {
            return Err(fault(format!("format {} is not {FORMAT}", model.format)));
        }
        let is_sound = model.features.is_sound()
            && model.bias.len() == model.topics.len()
            && !model.topics.is_empty()
            && model.matrix.len() == model.features.len() * model.topics.len();
        if !is_sound {
            return Err(fault("its parts do not fit together".to_owned()));
        }
        model.features.index();
        Ok(model)
    }

    fn scores_of(&self, text: &str) -> Vec<f32> {
        let mut scores = vec![0.0; self.topics.len()];
        score(&self.features.of(text), &self.matrix, &self.bias, &mut scores);
        scores
    }

    fn at_temperature(&self, scores: &[f32], temperature: f64) -> Vec<f64> {
        let mut scaled: Vec<f32> = scores.iter().map(|score| score / temperature as f32).collect();
        softmax(&mut scaled);
        scaled.into_iter().map(f64::from).collect()
    }

    /// The temperature from 0.2 to 5 with the least cross-entropy, by golden sections of its logarithm.
    fn best_temperature(&self, examples: &[&Example]) -> f64 {
        let scored: Vec<(Vec<f32>, Vec<usize>)> = examples
            .iter()
            .map(|example| {
                let classes = classes(example, &self.topics);
                (self.scores_of(&example.text), classes.into_iter().map(|(class, _)| class).collect())
            })
            .collect();
        let entropy = |log: f64| -> f64 {
            let of = |(scores, classes): &(Vec<f32>, Vec<usize>)| {
                let probabilities = self.at_temperature(scores, log.exp());
                -classes.iter().map(|class| probabilities[*class].max(1e-30).ln()).sum::<f64>()
                    / classes.len().max(1) as f64
            };
            scored.iter().map(of).sum()
        };
        let golden = (5.0_f64.sqrt() - 1.0) / 2.0;
        let (mut low, mut high) = (0.2_f64.ln(), 5.0_f64.ln());
        for _ in 0..40 {
            let (left, right) = (high - golden * (high - low), low + golden * (high - low));
            if entropy(left) < entropy(right) { high = right } else { low = left }
        }
        ((low + high) / 2.0).exp()
    }
}

fn classes(example: &Example, topics: &[String]) -> Vec<(usize, f32)> {
    let own: Vec<usize> =
        example.topics.iter().filter_map(|topic| topics.iter().position(|known| known == topic)).collect();
    let weight = 1.0 / own.len().max(1) as f32;
    own.into_iter().map(|class| (class, weight)).collect()
}

fn learn(examples: &[&Example], topics: &[String], config: &Config) -> (Features, super::fit::Weights) {
    let features = Features::learn(examples.iter().map(|example| example.text.as_str()));
    let samples: Vec<Sample> = examples
        .iter()
        .map(|example| Sample { features: features.of(&example.text), classes: classes(example, topics) })
        .filter(|sample| !sample.classes.is_empty())
        .collect();
    let weights = fit(&samples, features.len(), topics.len(), config.c);
    (features, weights)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn examples(n: usize) -> Vec<Example> {
        let texts = [
            ("neuroscience", ["cortex", "synapse", "neuron", "spiking", "memory"]),
            ("genomics", ["genome", "assembly", "sequencing", "contig", "variant"]),
            ("ecology", ["forest", "predator", "biodiversity", "habitat", "island"]),
        ];
        (0..n)
            .map(|at| {
                let (topic, words) = texts[at % 3];
                let text = (0..6).map(|k| words[(at * 7 + k * 3 + at / 3) % 5]).collect::<Vec<_>>().join(" ");
                let date = NaiveDate::from_ymd_opt(2020, 1, 1).unwrap() + chrono::TimeDelta::days(at as i64);
                Example { date, text, topics: vec![topic.to_owned()] }
            })
            .collect()
    }

    #[test]
    fn it_learns_says_when_it_is_not_sure_and_survives_storage() {
        let model = Classifier::train(&examples(120), 1, &Config::default()).unwrap();
        assert_eq!(model, Classifier::train(&examples(120), 1, &Config::default()).unwrap(), "deterministic");
        let guess = model.guess("a neuron and a synapse of the cortex");
        assert_eq!(guess.topic.as_deref(), Some("neuroscience"));
        assert_eq!(model.guess("wholly unknown words").topic, None);
        assert!((model.scores.n, model.scores.top_1) == (24, 1.0), "{:?}", model.scores);
        let bytes = model.to_bytes().unwrap();
        assert_eq!(Classifier::from_bytes(&bytes).unwrap().guess("forest habitat"), model.guess("forest habitat"));
        assert!(Classifier::from_bytes(&bytes[..bytes.len() / 2]).is_err());
        assert!(Classifier::from_bytes(b"").is_err());
    }

    #[test]
    fn too_few_topics_are_refused() {
        let mut one = examples(30);
        one.retain(|example| example.topics[0] == "ecology");
        assert_eq!(Classifier::train(&one, 1, &Config::default()), Err(Error::TooFew { texts: 10, topics: 1 }));
        assert!(Classifier::train(&[], 1, &Config::default()).is_err());
    }
}
