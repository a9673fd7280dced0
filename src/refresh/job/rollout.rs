use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use url::Url;

use super::plan::{Objective, Training, Weights};
use crate::fetch::politeness::is_loopback;

/// A server that draws the completions in the place of the trainer itself: vLLM's, started with `--enable-lora`, a `--max-lora-rank`
/// that suffices and `VLLM_ALLOW_RUNTIME_LORA_UPDATING=True`. It serves the base model and reads the job folder by the same path.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Rollout {
    /// Root of its API, such as `http://127.0.0.1:8000/v1`. Default empty: the trainer draws itself.
    pub base_url: String,
    /// File of its API key. Default: none.
    pub api_key_file: Option<PathBuf>,
    /// Requests at a time. Default 64.
    pub concurrency: usize,
    /// Longest wait for an answer, in seconds. Default 600.
    pub timeout_seconds: u64,
    /// Most that a token counts because the trainer finds it likelier than the server did (truncated importance sampling), 1 to 100.
    /// Default 2.
    pub most_weight: f64,
    /// Whether the server was started with `--logprobs-mode processed_logprobs`. Without it its probabilities are those of temperature
    /// 1, and no other can be drawn at. Default false.
    pub processed_logprobs: bool,
}

impl Default for Rollout {
    fn default() -> Self {
        Rollout {
            base_url: String::new(),
            api_key_file: None,
            concurrency: 64,
            timeout_seconds: 600,
            most_weight: 2.0,
            processed_logprobs: false,
        }
    }
}

impl Rollout {
    pub fn is_on(&self) -> bool {
        !self.base_url.is_empty()
    }

    /// What can not be used, each with its key, with the training that it serves.
    pub fn faults(&self, training: &Training, objective: Objective) -> Vec<String> {
        if !self.is_on() {
            return Vec::new();
        }
        let mut faults = Vec::new();
        match Url::parse(&self.base_url) {
            Ok(url) if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() => {
                faults.push("`base_url` is no http or https address".to_owned());
            }
            Ok(url) if !url.username().is_empty() || url.password().is_some() || url.query().is_some() => {
                faults.push("`base_url` has more than host and path: the key belongs into `api_key_file`".to_owned());
            }
            Ok(url) if self.api_key_file.is_some() && url.scheme() == "http" && !is_loopback(&url) => {
                faults.push("`base_url` would let the key travel readable: use https".to_owned());
            }
            Ok(_) => {}
            Err(error) => faults.push(format!("`base_url` is no address: {error}")),
        }
        let mut check = |is_good: bool, fault: &str| {
            if !is_good {
                faults.push(fault.to_owned());
            }
        };
        check((1..=1024).contains(&self.concurrency), "`concurrency` is not 1 to 1024");
        check((1..=86_400).contains(&self.timeout_seconds), "`timeout_seconds` is not 1 to 86400");
        check((1.0..=100.0).contains(&self.most_weight), "`most_weight` is not 1 to 100");
        check(
            training.weights == Weights::Lora,
            "`base_url` is set and `training.weights` is full: a server takes adapters",
        );
        check(objective != Objective::Distillation, "`base_url` is set and nothing is drawn in distillation");
        check(
            training.top_p == 1.0,
            "`base_url` is set and `training.top_p` is not 1: the probabilities could not be compared",
        );
        check(
            training.temperature == 1.0 || self.processed_logprobs,
            "`base_url` is set and `training.temperature` is not 1: start the server with `--logprobs-mode processed_logprobs`, and \
             set `processed_logprobs`",
        );
        faults
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_server_can_not_do_is_a_fault() {
        let on = Rollout { base_url: "http://127.0.0.1:8000/v1".into(), ..Rollout::default() };
        let told = |rollout: &Rollout, training: &Training| rollout.faults(training, Objective::Grpo).join("; ");
        let training = Training::default();
        assert_eq!(told(&on, &training), "");
        let warm = Training { temperature: 0.8, ..training.clone() };
        assert!(told(&on, &warm).contains("processed_logprobs"));
        assert_eq!(told(&Rollout { processed_logprobs: true, ..on.clone() }, &warm), "");
        assert_eq!(told(&Rollout::default(), &Training { top_p: 0.9, ..training.clone() }), "", "off");
        assert!(told(&on, &Training { top_p: 0.9, ..training.clone() }).contains("top_p"));
        assert!(told(&on, &Training { weights: Weights::Full, ..training.clone() }).contains("adapters"));
        assert!(on.faults(&training, Objective::Distillation).join("").contains("distillation"));
        for (base_url, word) in
            [("vllm:8000", "no http"), ("http://k@a.example/v1", "api_key_file"), ("x", "no address")]
        {
            let told = told(&Rollout { base_url: base_url.into(), ..on.clone() }, &training);
            assert!(told.contains(word), "{base_url}: {told}");
        }
        let open = Rollout { base_url: "http://a.example/v1".into(), api_key_file: Some("key".into()), ..on };
        assert!(told(&open, &training).contains("readable"));
    }
}
