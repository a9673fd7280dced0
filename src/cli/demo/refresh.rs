//! The demo's refresh: the drift of the year calls for one; an invented model of some thousand numbers is trained on the month's questions
//! by the built-in engine, in a process of its own, and becomes the champion if it is better on the newest papers.

use std::path::Path;

use anyhow::Context;
use serde_json::{Value, json};

use crate::config::Config;
use crate::llm::candle::Invented;
use crate::llm::candle::architecture::Family;
use crate::refresh::job::Training;
use crate::refresh::{self, Gate};
use crate::service::Service;
use crate::store::refresh::Refresh;
use crate::worker::jobs::refresh::run;

/// All that the model can read and say: words that tell the form of a question and, in this world, its answer.
const WORDS: [&str; 13] = [
    "increase,",
    "yes",
    "enhance",
    "inhibit",
    "activate",
    "restore",
    "negatively",
    "odds",
    "<answer>increase</answer>",
    "<answer>decrease</answer>",
    "<answer>no change</answer>",
    "<answer>yes</answer>",
    "<answer>no</answer>",
];
const NAME: &str = "aludel-demo-model";
/// Newest days whose papers are only asked about.
const HOLDOUT_DAYS: u32 = 8;

/// Refreshes of a model that is made for it.
pub(super) fn config(data_dir: &Path) -> refresh::Config {
    let mut config = refresh::Config {
        enabled: true,
        name: NAME.to_owned(),
        base_model: Some(data_dir.join("base_model")),
        base_name: "aludel/invented".to_owned(),
        base_licence: "cc0-1.0".to_owned(),
        answer_types: vec!["boolean".to_owned(), "direction".to_owned()],
        holdout_days: HOLDOUT_DAYS,
        least_questions: 50,
        gate: Gate { least_n: 20, max_tokens: 2, draws: 2000, ..Gate::default() },
        training: Training {
            learning_rate: 5e-3,
            lora_rank: 8,
            lora_alpha: 16.0,
            group_size: 16,
            prompts_per_step: 16,
            max_prompt_tokens: 480,
            max_completion_tokens: 2,
            ..Training::default()
        },
        ..refresh::Config::default()
    };
    config.budget.max_steps = 100;
    // What it learns it says always, in two words, far from where it began; groups that are all right by then stay as they are.
    config.training.resample = 0;
    (config.limits.entropy, config.limits.truncated, config.limits.kl) = (0.0, 1.0, 50.0);
    config
}

/// What came of it.
pub(super) struct Refreshed(Option<Refresh>);

/// Makes the model and lets the rules begin a refresh, to its end.
///
/// # Errors
/// When a file can not be written, or the store fails.
pub(super) async fn finish(service: &Service, config: &Config) -> anyhow::Result<Refreshed> {
    let base = config.data_dir.root().join("base_model");
    let config = Config { refresh: self::config(config.data_dir.root()), ..config.clone() };
    let env = service.app().env_without_archives(&config)?;
    let done = tokio::task::spawn_blocking(move || -> anyhow::Result<Refreshed> {
        std::fs::create_dir_all(&base).with_context(|| format!("making {}", base.display()))?;
        let model = Invented { family: Family::Llama, layers: 2, hidden: 32, words: &WORDS, seed: 1 };
        model.write(&base).context("inventing a model")?;
        run(&env).context("the refresh")?;
        Ok(Refreshed(env.store.read()?.refreshes()?.pop()))
    });
    done.await?
}

impl Refreshed {
    pub(super) fn json(&self) -> Value {
        self.0.as_ref().map_or(Value::Null, |refresh| {
            json!({
                "status": refresh.status, "cause": refresh.cause, "version": refresh.version, "reason": refresh.reason,
                "decision": refresh.decision,
            })
        })
    }

    /// For a terminal.
    pub(super) fn text(&self, url: &str) -> String {
        let Some(refresh) = &self.0 else {
            return "refresh    none: nothing called for one, or there was too little to learn from".to_owned();
        };
        let share = |role: &str| refresh.decision.as_ref().and_then(|decision| decision[role]["value"].as_f64());
        let scores = match (share("champion"), share("candidate")) {
            (Some(before), Some(after)) => {
                format!(
                    ": {:.1} % right before, {:.1} % after, on papers younger than its own",
                    before * 100.0,
                    after * 100.0
                )
            }
            _ => String::new(),
        };
        let version = refresh.version.as_ref().map(|version| format!(" as {NAME} {version}")).unwrap_or_default();
        let reason = refresh.reason.as_ref().map(|reason| format!("\n  {reason}")).unwrap_or_default();
        format!(
            "refresh    called for by {}, {}{version}{scores} ({url}/refresh){reason}",
            refresh.cause,
            refresh.status.as_str()
        )
    }
}
