//! vLLM's own shapes: what is asked of `/completions` and what it answers, and the two calls that put an adapter on and off.

use serde::{Deserialize, Serialize};

use crate::llm::candle::sample::{Drawn, Sampling};

/// One completion of a prompt in tokens. Everything that would bend the distribution is set, since a model's
/// `generation_config.json` sets it otherwise.
#[derive(Debug, Serialize)]
pub struct Ask<'a> {
    pub model: &'a str,
    pub prompt: &'a [u32],
    pub max_tokens: usize,
    pub temperature: f64,
    pub seed: i64,
    pub stop: &'a [String],
    pub stop_token_ids: &'a [u32],
    n: u32,
    top_p: f64,
    /// All tokens; 0 is refused by older servers.
    top_k: i32,
    min_p: f64,
    repetition_penalty: f64,
    presence_penalty: f64,
    frequency_penalty: f64,
    /// The likeliest token's besides the drawn one's.
    logprobs: u32,
    return_token_ids: bool,
    add_special_tokens: bool,
}

impl<'a> Ask<'a> {
    pub fn new(model: &'a str, prompt: &'a [u32], sampling: &'a Sampling, ends: &'a [u32]) -> Self {
        Ask {
            model,
            prompt,
            max_tokens: 0,
            temperature: sampling.temperature,
            seed: 0,
            stop: &sampling.stop,
            stop_token_ids: ends,
            n: 1,
            top_p: 1.0,
            top_k: -1,
            min_p: 0.0,
            repetition_penalty: 1.0,
            presence_penalty: 0.0,
            frequency_penalty: 0.0,
            logprobs: 1,
            return_token_ids: true,
            add_special_tokens: false,
        }
    }
}

#[derive(Debug, Deserialize)]
pub struct Answer {
    choices: Vec<Choice>,
}

#[derive(Debug, Deserialize)]
struct Choice {
    /// With the token that ended it.
    token_ids: Option<Vec<u32>>,
    logprobs: Option<Logprobs>,
    finish_reason: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Logprobs {
    token_logprobs: Vec<Option<f64>>,
}

impl Answer {
    /// What was drawn.
    ///
    /// # Errors
    /// What is missing, or can not be the answer to what was asked.
    pub fn drawn(self, max_tokens: usize, vocab: usize) -> Result<Drawn, String> {
        let [choice] = <[Choice; 1]>::try_from(self.choices).map_err(|all| format!("{} choices, not 1", all.len()))?;
        let tokens = choice.token_ids.ok_or("no `token_ids`: it takes a vLLM that knows `return_token_ids`")?;
        let logprobs = choice.logprobs.ok_or("no `logprobs`")?.token_logprobs;
        if tokens.is_empty() || tokens.len() > max_tokens || tokens.len() != logprobs.len() {
            return Err(format!("{} tokens of {max_tokens}, {} log-probabilities", tokens.len(), logprobs.len()));
        }
        if let Some(token) = tokens.iter().find(|token| **token as usize >= vocab) {
            return Err(format!("token {token}: the model has {vocab}, so it serves another one"));
        }
        let is_likely = |x: &f64| x.is_finite() && *x < 1e-3;
        let logprobs: Option<Vec<f32>> = logprobs.into_iter().map(|x| x.filter(is_likely).map(|x| x as f32)).collect();
        let logprobs = logprobs.ok_or("a log-probability that is none")?;
        let is_cut = match choice.finish_reason.as_deref() {
            Some("stop") => false,
            Some("length") => true,
            other => return Err(format!("`finish_reason` is {other:?}")),
        };
        Ok(Drawn { tokens, logprobs, is_cut })
    }
}

#[derive(Debug, Serialize)]
pub struct Load<'a> {
    pub lora_name: &'a str,
    /// A folder that the server can read.
    pub lora_path: &'a str,
}

#[derive(Debug, Serialize)]
pub struct Unload<'a> {
    pub lora_name: &'a str,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_answer_that_is_whole_counts() {
        let read = |choice: serde_json::Value| {
            let answer: Answer = serde_json::from_value(serde_json::json!({ "choices": [choice] })).unwrap();
            answer.drawn(3, 10)
        };
        let whole = serde_json::json!({ "index": 0, "text": "a b", "token_ids": [4, 9], "finish_reason": "stop",
            "logprobs": { "token_logprobs": [-0.5, -1.25], "tokens": ["a", "b"], "top_logprobs": [] } });
        let drawn = read(whole.clone()).unwrap();
        assert_eq!((drawn.tokens, drawn.logprobs, drawn.is_cut), (vec![4, 9], vec![-0.5, -1.25], false));
        let with = |key: &str, value: serde_json::Value| {
            let mut choice = whole.clone();
            choice[key] = value;
            read(choice)
        };
        assert!(with("finish_reason", "length".into()).unwrap().is_cut);
        for (key, value, word) in [
            ("finish_reason", "abort".into(), "abort"),
            ("token_ids", serde_json::Value::Null, "return_token_ids"),
            ("token_ids", serde_json::json!([]), "0 tokens"),
            ("token_ids", serde_json::json!([1, 2, 3]), "3 tokens"),
            ("token_ids", serde_json::json!([1, 10]), "another"),
            ("logprobs", serde_json::Value::Null, "logprobs"),
            ("logprobs", serde_json::json!({ "token_logprobs": [-0.5, null] }), "none"),
            ("logprobs", serde_json::json!({ "token_logprobs": [-0.5, 0.5] }), "none"),
        ] {
            let told = with(key, value).unwrap_err();
            assert!(told.contains(word), "{key}: {told}");
        }
    }
}
