use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::rollout::Rollout;
use crate::llm::Place;
use crate::refresh::guard::Limits;

/// The format that this program writes and reads.
pub const FORMAT: u32 = 1;

/// `plan.json`: what a trainer is to do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    pub format: u32,
    /// Lower-case letters, digits, hyphens.
    pub id: String,
    /// `candle`, or the name of a template under `config/engines/`.
    pub engine: String,
    /// Everything that is drawn follows from it.
    pub seed: u64,
    pub base_model: Base,
    /// A LoRA adapter to go on from, in PEFT's layout, for the same base model.
    #[serde(default)]
    pub start_adapter: Option<Base>,
    pub objective: Objective,
    /// Where the built-in engine computes. It and `rollout` are absent where they say nothing, so that an older program reads the plan.
    #[serde(default, skip_serializing_if = "is_anywhere")]
    pub device: Place,
    #[serde(default)]
    pub training: Training,
    #[serde(default, skip_serializing_if = "is_here")]
    pub rollout: Rollout,
    #[serde(default)]
    pub limits: Limits,
    pub budget: Budget,
}

/// Weights on this disk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Base {
    /// As a hub names it; for an adapter the name of its release. What `adapter_config.json` of the result names as its base.
    pub name: String,
    /// A folder with safetensors, config.json and tokenizer.json, or a GGUF file.
    pub path: PathBuf,
    /// [`super::fingerprint`] of it.
    pub sha256: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Objective {
    /// Group-relative policy optimisation with the grader as reward.
    Grpo,
    /// Supervised on the policy's own completions that the grader scored 1.
    RejectionSampling,
    /// Supervised on the column `target`.
    Distillation,
}

/// Which numbers are trained.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Weights {
    /// A low-rank adapter on every linear layer.
    Lora,
    Full,
}

/// Over what the loss of a step is a mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Loss {
    /// All tokens of the step (DAPO).
    Token,
    /// Each completion's tokens, then completions (GRPO).
    Sequence,
    /// Completions times `max_completion_tokens` (Dr. GRPO).
    Constant,
}

/// What a completion's reward is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Advantage {
    /// Its group's mean, over its group's standard deviation (GRPO).
    Normalised,
    /// Its group's mean alone (Dr. GRPO).
    Centred,
}

/// Hyperparameters. The defaults are ours, not any paper's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Training {
    /// AdamW's, after warm-up, above 0 to 1. Default 2e-5.
    pub learning_rate: f64,
    /// Steps over which the learning rate rises from 0. Default 5.
    pub warmup_steps: u64,
    /// Default 0.
    pub weight_decay: f64,
    /// Largest norm of the gradient over all trained numbers; 0 does not clip. Default 1.
    pub gradient_clip: f64,
    /// Default lora.
    pub weights: Weights,
    /// Default 16, and 32: the adapter counts `alpha / rank` times.
    pub lora_rank: u32,
    pub lora_alpha: f64,
    /// Completions a prompt, 2 or more for grpo. Default 8.
    pub group_size: u32,
    /// Prompts of one optimiser step. Default 8.
    pub prompts_per_step: u32,
    /// Optimiser passes over the completions of one step. Default 1.
    pub passes: u32,
    /// Completions in memory at once while gradients are taken; 0 finds out. Default 0.
    pub micro_batch: u32,
    /// Of sampling, above 0 to 5; and the share of probability that is sampled from. Default 1, and 1.
    pub temperature: f64,
    pub top_p: f64,
    /// Questions with a longer prompt are left out, with a word in the log. Default 1024.
    pub max_prompt_tokens: u32,
    /// Default 512.
    pub max_completion_tokens: u32,
    /// A completion ends with one of these, which stays in it. Default none: it ends with the model's own end.
    pub stop: Vec<String>,
    /// The ratio of new to old probability is clipped to `[1 - clip_low, 1 + clip_high]` (DAPO: clip-higher). Default 0.2, 0.28.
    pub clip_low: f64,
    pub clip_high: f64,
    /// Weight of the divergence from the start in the loss. Default 0.
    pub kl_coefficient: f64,
    /// Default token.
    pub loss: Loss,
    /// Default normalised.
    pub advantage: Advantage,
    /// Groups in which all rewards are equal are drawn again, up to so many times a step; 0 keeps them (DAPO: dynamic sampling).
    /// Default 2.
    pub resample: u32,
    /// The last so many tokens before `max_completion_tokens` cost up to `overlong_penalty` of reward, linearly (DAPO: overlong
    /// shaping). Default 0, which does not, and 1.
    pub overlong_tokens: u32,
    pub overlong_penalty: f64,
    /// Steps between checkpoints, and how many are kept. Default 10, 2.
    pub checkpoint_every: u64,
    pub keep_checkpoints: u32,
    /// Steps between looks at `eval.parquet`; 0 never looks. Default 0.
    pub eval_every: u64,
}

impl Default for Training {
    fn default() -> Self {
        Training {
            learning_rate: 2e-5,
            warmup_steps: 5,
            weight_decay: 0.0,
            gradient_clip: 1.0,
            weights: Weights::Lora,
            lora_rank: 16,
            lora_alpha: 32.0,
            group_size: 8,
            prompts_per_step: 8,
            passes: 1,
            micro_batch: 0,
            temperature: 1.0,
            top_p: 1.0,
            max_prompt_tokens: 1024,
            max_completion_tokens: 512,
            stop: Vec::new(),
            clip_low: 0.2,
            clip_high: 0.28,
            kl_coefficient: 0.0,
            loss: Loss::Token,
            advantage: Advantage::Normalised,
            resample: 2,
            overlong_tokens: 0,
            overlong_penalty: 1.0,
            checkpoint_every: 10,
            keep_checkpoints: 2,
            eval_every: 0,
        }
    }
}

impl Training {
    /// What can not be used, each with its key.
    pub fn faults(&self) -> Vec<String> {
        let between = |key: &str, value: f64, low: f64, high: f64| {
            (!(low..=high).contains(&value)).then(|| format!("`{key}` is {value}, not {low} to {high}"))
        };
        let whole = |key: &str, value: u64, low: u64, high: u64| {
            (!(low..=high).contains(&value)).then(|| format!("`{key}` is {value}, not {low} to {high}"))
        };
        let checks = [
            between("learning_rate", self.learning_rate, 1e-12, 1.0),
            whole("warmup_steps", self.warmup_steps, 0, 1_000_000),
            between("weight_decay", self.weight_decay, 0.0, 10.0),
            between("gradient_clip", self.gradient_clip, 0.0, 1e6),
            whole("lora_rank", self.lora_rank.into(), 1, 4096),
            between("lora_alpha", self.lora_alpha, 1e-6, 1e6),
            whole("group_size", self.group_size.into(), 1, 1024),
            whole("prompts_per_step", self.prompts_per_step.into(), 1, 4096),
            whole("passes", self.passes.into(), 1, 64),
            whole("micro_batch", self.micro_batch.into(), 0, 4096),
            between("temperature", self.temperature, 1e-3, 5.0),
            between("top_p", self.top_p, 1e-3, 1.0),
            whole("max_prompt_tokens", self.max_prompt_tokens.into(), 1, 1 << 20),
            whole("max_completion_tokens", self.max_completion_tokens.into(), 1, 1 << 20),
            between("clip_low", self.clip_low, 0.0, 1.0),
            between("clip_high", self.clip_high, 0.0, 100.0),
            between("kl_coefficient", self.kl_coefficient, 0.0, 1e3),
            whole("resample", self.resample.into(), 0, 100),
            whole("overlong_tokens", self.overlong_tokens.into(), 0, self.max_completion_tokens.into()),
            between("overlong_penalty", self.overlong_penalty, 0.0, 1e3),
            whole("checkpoint_every", self.checkpoint_every, 1, 1_000_000),
            whole("keep_checkpoints", self.keep_checkpoints.into(), 1, 1000),
            whole("stop", self.stop.len() as u64, 0, 16),
        ];
        let mut faults: Vec<String> = checks.into_iter().flatten().collect();
        if self.stop.iter().any(|stop| stop.is_empty() || stop.len() > 200) {
            faults.push("`stop` holds an empty text, or one of more than 200 bytes".to_owned());
        }
        faults
    }
}

/// What a run may cost. Whichever is used up first ends it, with the result as it is then: `stopped`, unless that is `max_steps`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Budget {
    /// Optimiser steps; with them done the run is complete.
    pub max_steps: u64,
    /// Seconds of training over all runs on this folder; 0 is no limit.
    pub max_seconds: u64,
    /// Tokens sampled and trained on; 0 is no limit.
    pub max_tokens: u64,
}

fn is_anywhere(device: &Place) -> bool {
    *device == Place::Auto
}

fn is_here(rollout: &Rollout) -> bool {
    !rollout.is_on()
}

impl Plan {
    /// What can not be used, each with its key.
    pub fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        if self.format != FORMAT {
            faults.push(format!("`format` is {}, this program knows {FORMAT}", self.format));
        }
        for (key, name) in [("id", &self.id), ("engine", &self.engine)] {
            if !crate::release::is_name(name) {
                faults.push(format!("`{key}` is {name:?}, no name of lower-case letters, digits and hyphens"));
            }
        }
        let bases = [("base_model", Some(&self.base_model)), ("start_adapter", self.start_adapter.as_ref())];
        for (key, base) in bases.into_iter().filter_map(|(key, base)| Some((key, base?))) {
            if base.name.trim().is_empty() || base.name.len() > 500 {
                faults.push(format!("`{key}.name` is empty or long"));
            }
            if base.sha256.len() != 64 || !base.sha256.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
            {
                faults.push(format!("`{key}.sha256` is not 64 lower-case hex digits"));
            }
        }
        if self.start_adapter.is_some() && self.training.weights == Weights::Full {
            faults.push("`start_adapter` is there and `training.weights` is full: merge it first".to_owned());
        }
        if self.objective == Objective::Grpo && self.training.group_size < 2 {
            faults.push("`training.group_size` is 1: a group of one has nothing to be compared with".to_owned());
        }
        if !(1..=1_000_000).contains(&self.budget.max_steps) {
            faults.push(format!("`budget.max_steps` is {}, not 1 to 1000000", self.budget.max_steps));
        }
        faults.extend(self.training.faults().into_iter().map(|fault| fault.replacen('`', "`training.", 1)));
        let rollout = self.rollout.faults(&self.training, self.objective);
        faults.extend(rollout.into_iter().map(|fault| fault.replacen('`', "`rollout.", 1)));
        faults.extend(self.limits.faults().into_iter().map(|fault| fault.replacen('`', "`limits.", 1)));
        faults
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// An invented plan.
    pub(crate) fn plan() -> Plan {
        Plan {
            format: FORMAT,
            id: "refresh-1".into(),
            engine: "candle".into(),
            seed: 7,
            base_model: Base { name: "org/tiny".into(), path: "/nowhere/tiny".into(), sha256: "0".repeat(64) },
            start_adapter: None,
            objective: Objective::Grpo,
            device: Place::Cpu,
            training: Training::default(),
            rollout: Rollout::default(),
            limits: Limits::default(),
            budget: Budget { max_steps: 20, max_seconds: 0, max_tokens: 0 },
        }
    }

    #[test]
    fn the_defaults_are_a_plan_that_can_be_used() {
        assert_eq!(plan().faults(), Vec::<String>::new());
        let short = serde_json::json!({
            "format": 1, "id": "a", "engine": "candle", "seed": 1, "objective": "distillation",
            "base_model": { "name": "org/tiny", "path": "tiny.gguf", "sha256": "0".repeat(64) },
            "training": { "weights": "full", "loss": "constant", "advantage": "centred" },
            "budget": { "max_steps": 3, "max_seconds": 0, "max_tokens": 0 },
        });
        let read: Plan = serde_json::from_value(short.clone()).unwrap();
        assert_eq!((read.training.weights, read.training.loss), (Weights::Full, Loss::Constant));
        assert_eq!(serde_json::from_value::<Plan>(serde_json::to_value(&read).unwrap()).unwrap(), read);
        let mut misspelt = short;
        misspelt["training"]["learning_rat"] = 1.into();
        assert!(serde_json::from_value::<Plan>(misspelt).is_err());
    }

    #[test]
    fn all_faults_are_told_with_their_keys() {
        let mut bad = plan();
        bad.format = 2;
        bad.id = "../x".into();
        bad.base_model.sha256 = "x".into();
        bad.training = Training { learning_rate: f64::NAN, top_p: 0.0, group_size: 1, ..Training::default() };
        bad.limits.patience = 0;
        bad.budget.max_steps = 0;
        let told = bad.faults().join("\n");
        for key in [
            "format",
            "id",
            "base_model.sha256",
            "training.learning_rate",
            "training.top_p",
            "training.group_size",
            "limits.patience",
            "budget.max_steps",
        ] {
            assert!(told.contains(&format!("`{key}`")), "{key}: {told}");
        }
    }
}
