use std::path::PathBuf;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::guard::Limits;
use super::hours::Hours;
use super::job::{Objective, Rollout, Training};
use crate::llm::Place;
use crate::model::answer::AnswerSpec;
use crate::model::question::Tier;
use crate::release::licence::Part;

/// When a model is trained anew, from what, by which engine, and what it has to be better than.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Whether refreshes begin without being asked for. Default false: it takes a base model first.
    pub enabled: bool,
    /// Name under which models are released. Default `aludel-model`.
    pub name: String,
    /// `candle`, the built-in one, or a template NAME.toml in `engines`. Default candle.
    pub engine: String,
    /// Folder of the templates, beside the configuration file. Default `engines`.
    pub engines: PathBuf,
    /// Program that trains, for a build of its own (CUDA). Default: this one.
    pub program: Option<PathBuf>,
    /// Where the built-in engine computes: auto, cpu or cuda. Default auto: the GPU where its build and machine have one.
    pub device: Place,
    /// Floating-point operations a second that it reaches there, for the forecast of a first run; 0 measures this CPU. Default 0.
    pub flops: f64,
    /// Who starts it: the service as a child, or systemd by `aludel-train.path`. Default child.
    pub launcher: Launcher,
    /// A folder with safetensors, config.json and tokenizer.json, or a GGUF file. Default: none, and no refresh.
    pub base_model: Option<PathBuf>,
    /// As a hub names it, and the licence of its weights in the hub's word. Default empty.
    pub base_name: String,
    pub base_licence: String,
    /// Last day of the texts it was trained on, where that is known. Default: not known.
    pub base_cutoff: Option<NaiveDate>,
    /// Default grpo.
    pub objective: Objective,
    /// What calls for a refresh: drift; so many newly accepted questions, 0 never; a crontab line, empty never. Default true, 0, empty.
    pub on_drift: bool,
    pub new_questions: u64,
    pub schedule: String,
    /// Days after a refresh ended in which none begins by itself; doubled with each refused one in a row, at most eightfold. Default 28.
    pub cool_down_days: u32,
    /// The newest papers, in days, are never trained on: candidate and champion are compared on them. Default 28.
    pub holdout_days: u32,
    /// As of a release: lowest tier, trivial ones too, licences. Default grounded, false, open.
    pub least_tier: Tier,
    pub trivial: bool,
    pub parts: Vec<Part>,
    /// Whether a question asks for reasons before its answer, as those of a data set do, or for the answer alone. Default reasoned.
    pub replies: Replies,
    /// Answer types that are trained and compared on, such as choice and direction. Default none named: all.
    pub answer_types: Vec<String>,
    /// Exponent of the literature's topic shares, 0 to 10, and the literature's length in days. Default 1, 365.
    pub alpha: f64,
    pub literature_days: u32,
    /// Fewest and most questions to learn from; 0 is as many as there are. Default 200, 0.
    pub least_questions: u64,
    pub most_questions: u64,
    /// Share of the papers that are only watched while it trains, 0 to 0.5. Default 0.02.
    pub watched_share: f64,
    /// Default 0; each refresh adds its number.
    pub seed: u64,
    /// Hours of the day, such as `22-6`, in the configured time zone, in which the machine may be used; empty: all. Default empty.
    pub hours: Hours,
    /// How long an engine may show no sign of life, in seconds. Default 1800.
    pub silent_seconds: u64,
    /// How often it is started without getting further. Default 3.
    pub attempts: u32,
    /// Job folders kept. Default 5.
    pub keep: usize,
    pub budget: Budget,
    pub gate: Gate,
    pub training: Training,
    pub rollout: Rollout,
    pub limits: Limits,
}

/// What a question asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Replies {
    Reasoned,
    Brief,
}

/// Who starts the process that trains.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Launcher {
    Child,
    Systemd,
}

/// What refreshes may cost.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Budget {
    /// Optimiser steps, seconds and tokens of one refresh; 0 is no limit, but for steps. Default 200, 86400, 0.
    pub max_steps: u64,
    pub max_seconds: u64,
    pub max_tokens: u64,
    /// Of all refreshes of a calendar month, UTC, training and evaluation; 0 is no limit. Default 0.
    pub monthly_hours: f64,
}

impl Default for Budget {
    fn default() -> Self {
        Budget { max_steps: 200, max_seconds: 86_400, max_tokens: 0, monthly_hours: 0.0 }
    }
}

/// What a candidate has to show.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Gate {
    /// Whether a candidate that is better takes the champion's place by itself; else `aludel refresh promote` does. Default true.
    pub promote: bool,
    /// Fewest questions of papers newer than both models, and most (the newest); 0 is all. Default 100, 2000.
    pub least_n: u64,
    pub most_n: u64,
    /// Answers a question, their temperature (0 is greedy), seed and most tokens. Default 1, 0, 0, 512.
    pub samples: u32,
    pub temperature: f64,
    pub seed: u64,
    pub max_tokens: u32,
    /// Bootstrap draws, and the level of the interval whose lower end has to lie above `least_gain`. Default 10000, 0.95, 0.
    pub draws: u32,
    pub level: f64,
    pub least_gain: f64,
    /// By how much a topic may fall, and the questions that it takes to say so. Default 0.05, 20.
    pub topic_margin: f64,
    pub topic_least_n: u64,
}

impl Default for Gate {
    fn default() -> Self {
        Gate {
            promote: true,
            least_n: 100,
            most_n: 2000,
            samples: 1,
            temperature: 0.0,
            seed: 0,
            max_tokens: 512,
            draws: 10_000,
            level: 0.95,
            least_gain: 0.0,
            topic_margin: 0.05,
            topic_least_n: 20,
        }
    }
}

impl Default for Config {
    fn default() -> Self {
        Config {
            enabled: false,
            name: "aludel-model".to_owned(),
            engine: "candle".to_owned(),
            engines: PathBuf::from("engines"),
            program: None,
            device: Place::Auto,
            flops: 0.0,
            launcher: Launcher::Child,
            base_model: None,
            base_name: String::new(),
            base_licence: String::new(),
            base_cutoff: None,
            objective: Objective::Grpo,
            on_drift: true,
            new_questions: 0,
            schedule: String::new(),
            cool_down_days: 28,
            holdout_days: 28,
            least_tier: Tier::Grounded,
            trivial: false,
            parts: vec![Part::Open],
            replies: Replies::Reasoned,
            answer_types: Vec::new(),
            alpha: 1.0,
            literature_days: 365,
            least_questions: 200,
            most_questions: 0,
            watched_share: 0.02,
            seed: 0,
            hours: Hours::default(),
            silent_seconds: 1800,
            attempts: 3,
            keep: 5,
            budget: Budget::default(),
            gate: Gate::default(),
            training: Training::default(),
            rollout: Rollout::default(),
            limits: Limits::default(),
        }
    }
}

impl Config {
    /// What can not be used, each with its key.
    pub fn faults(&self) -> Vec<(String, String)> {
        let mut faults: Vec<(String, String)> = Vec::new();
        let mut check = |is_good: bool, key: &str, expected: &str| {
            if !is_good {
                faults.push((key.to_owned(), format!("expected {expected}")));
            }
        };
        let gate = &self.gate;
        check(crate::release::is_name(&self.name), "name", "lower-case letters, digits and hyphens");
        check(crate::release::is_name(&self.engine), "engine", "candle, or the name of a template");
        check((0.0..=10.0).contains(&self.alpha), "alpha", "0 to 10");
        check((0.0..=0.5).contains(&self.watched_share), "watched_share", "0 to 0.5");
        check((1..=3650).contains(&self.holdout_days), "holdout_days", "1 to 3650");
        check(self.cool_down_days <= 3650, "cool_down_days", "0 to 3650");
        check((1..=36_500).contains(&self.literature_days), "literature_days", "1 to 36500");
        check(
            !self.parts.is_empty() && !self.parts.contains(&Part::Pointers),
            "parts",
            "one or more of open, share_alike, non_commercial",
        );
        check(
            self.answer_types.iter().all(|kind| AnswerSpec::KINDS.contains(&kind.as_str())),
            "answer_types",
            &format!("some of {}", AnswerSpec::KINDS.join(", ")),
        );
        check((0.0..=1e18).contains(&self.flops), "flops", "0 to 1e18");
        check(
            self.engine == super::engine::CANDLE || !self.rollout.is_on(),
            "rollout.base_url",
            "empty: an engine that is not the built-in one has its own way to draw",
        );
        check(self.silent_seconds >= 1, "silent_seconds", "1 or more");
        check((1..=100).contains(&self.attempts), "attempts", "1 to 100");
        check((1..=1000).contains(&self.keep), "keep", "1 to 1000");
        check((1..=1_000_000).contains(&self.budget.max_steps), "budget.max_steps", "1 to 1000000");
        check((0.0..=1e6).contains(&self.budget.monthly_hours), "budget.monthly_hours", "0 to 1000000");
        check((1..=64).contains(&gate.samples), "gate.samples", "1 to 64");
        check((0.0..=2.0).contains(&gate.temperature), "gate.temperature", "0 to 2");
        check((1..=1 << 20).contains(&gate.max_tokens), "gate.max_tokens", "1 to 1048576");
        check((100..=1_000_000).contains(&gate.draws), "gate.draws", "100 to 1000000");
        check((0.5..1.0).contains(&gate.level), "gate.level", "0.5 to below 1");
        check((-1.0..=1.0).contains(&gate.least_gain), "gate.least_gain", "-1 to 1");
        check((0.0..=1.0).contains(&gate.topic_margin), "gate.topic_margin", "0 to 1");
        check(gate.least_n >= 2, "gate.least_n", "2 or more");
        check(
            gate.samples == 1 || gate.temperature > 0.0,
            "gate.temperature",
            "above 0 for several samples: greedy ones are all alike",
        );
        let rollout = self.rollout.faults(&self.training, self.objective);
        for (part, told) in
            [("training", self.training.faults()), ("rollout", rollout), ("limits", self.limits.faults())]
        {
            faults.extend(told.into_iter().map(|fault| {
                match fault.strip_prefix('`').and_then(|rest| rest.split_once('`')) {
                    Some((key, what)) => (format!("{part}.{key}"), what.trim().to_owned()),
                    None => (part.to_owned(), fault),
                }
            }));
        }
        faults
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_can_be_used_and_faults_name_their_key() {
        assert_eq!(Config::default().faults(), []);
        let mut bad = Config { parts: vec![], ..Config::default() };
        bad.training.top_p = 7.0;
        bad.gate.samples = 4;
        bad.answer_types = vec!["direction".into(), "essay".into()];
        bad.rollout = Rollout { base_url: "http://127.0.0.1:8000/v1".into(), ..Rollout::default() };
        bad.engine = "trl".into();
        let keys: Vec<String> = bad.faults().into_iter().map(|(key, _)| key).collect();
        let all =
            ["parts", "answer_types", "rollout.base_url", "gate.temperature", "training.top_p", "rollout.base_url"];
        assert_eq!(keys, all);
    }
}
