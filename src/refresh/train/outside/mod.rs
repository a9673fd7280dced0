//! Completions drawn by a server outside: before each step it gets the adapter as it is then, and with every token it says how likely
//! it found it, so that the loss can set right what the two engines see differently.
//!
//! Departures from a server's usual use: 1. every completion is a request of its own, with its own seed; the server's prefix cache
//! reads the prompt once; 2. every step's adapter has a name of its own, so that nothing that a cache holds under the name of the last
//! one is taken for this one's.

#[cfg(test)]
mod tests;
mod wire;

use std::path::PathBuf;
use std::time::Duration;

use futures_util::{StreamExt as _, stream};
use reqwest::header;
use serde::Serialize;
use url::Url;

use super::{Error, Model};
use crate::fetch::body::read_bounded;
use crate::fetch::client::redact;
use crate::fetch::politeness::is_loopback;
use crate::fetch::{Secret, innermost};
use crate::llm::candle::sample::{Drawn, Row, Sampling};
use crate::refresh;
use crate::refresh::job::{Folder, Plan, Rollout};

use wire::{Answer, Ask, Load, Unload};

/// Most bytes of an answer, and of what is quoted of a refusal.
const MOST_BYTES: u64 = 64 << 20;
const MOST_QUOTED: usize = 300;
/// Tries of one request, and the pause after the first, doubled with each.
const TRIES: u32 = 5;
const PAUSE: Duration = Duration::from_millis(250);
/// Pause between looks whether the process is to end.
const TICK: Duration = Duration::from_millis(100);

/// A server that draws.
pub struct Outside {
    rollout: Rollout,
    url: Url,
    key: Option<Secret>,
    client: reqwest::Client,
    runtime: tokio::runtime::Runtime,
    /// Of the adapters' names.
    job: String,
    folder: PathBuf,
    /// Name and folder of the adapter that is on.
    on: Option<(String, PathBuf)>,
    ends: Vec<u32>,
    vocab: usize,
}

impl Outside {
    /// The server of a plan; `None` when the trainer draws itself. Nothing is asked of it yet.
    ///
    /// # Errors
    /// When its key can not be read.
    pub fn of(folder: &Folder, plan: &Plan, model: &Model) -> Result<Option<Self>, Error> {
        let rollout = plan.rollout.clone();
        if !rollout.is_on() {
            return Ok(None);
        }
        let unusable = |reason: String| Error::Unusable(format!("the server of rollouts: {reason}"));
        let url: Url = rollout.base_url.parse().map_err(|error| unusable(format!("{}: {error}", rollout.base_url)))?;
        let key = rollout.api_key_file.as_deref().map(Secret::read).transpose();
        let key = key.map_err(|reason| unusable(format!("its key's file {reason}")))?;
        // Without an installed provider reqwest panics. Fails only when one is there already, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let builder = reqwest::Client::builder()
            .user_agent(concat!("aludel/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(Duration::from_secs(15))
            .timeout(Duration::from_secs(rollout.timeout_seconds))
            .redirect(reqwest::redirect::Policy::none());
        let builder = if is_loopback(&url) { builder.no_proxy() } else { builder };
        let client = builder.build().map_err(|error| unusable(error.to_string()))?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(refresh::Error::io(folder.path()))?;
        let path = std::path::absolute(folder.rollout_path()).map_err(refresh::Error::io(folder.path()))?;
        Ok(Some(Outside {
            url,
            key,
            client,
            runtime,
            job: plan.id.clone(),
            folder: path,
            on: None,
            ends: model.tokenizer.ends.clone(),
            vocab: model.decoder.architecture.vocab,
            rollout,
        }))
    }

    /// Lets the server draw with the adapter as it is before `step`, and takes the last one off.
    ///
    /// # Errors
    /// [`Error::Away`] when the server can not be reached; when it refuses, or the adapter can not be written.
    pub fn put(&mut self, model: &mut Model, plan: &Plan, step: u64) -> Result<(), Error> {
        let path = self.folder.join(format!("step-{step}"));
        // A run that was killed may have left half of it.
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).map_err(refresh::Error::io(&path))?;
        model.decoder.save_trained(model.trained, &path, &plan.base_model.name, model.rank, model.alpha)?;
        let name = format!("aludel-{}-step-{step}", self.job);
        // One of a run that was killed would be in the way.
        self.off(&name)?;
        let text = path.to_string_lossy();
        let loaded =
            self.runtime.block_on(self.post("load_lora_adapter", &Load { lora_name: &name, lora_path: &text }));
        loaded.map_err(|refusal| match refusal {
            Refusal::Told { status: 404, text } => Refusal::Other(format!(
                "it answers 404 ({text}): vLLM takes adapters when it runs with --enable-lora and \
                 VLLM_ALLOW_RUNTIME_LORA_UPDATING=True, and {} is a folder there too",
                path.display()
            )),
            other => other,
        })?;
        if let Some((last, path)) = self.on.replace((name, path)) {
            self.off(&last)?;
            let _ = std::fs::remove_dir_all(path);
        }
        Ok(())
    }

    /// Takes the adapter off, as far as the server is there to be asked.
    pub fn end(&mut self) {
        if let Some((name, _)) = self.on.take() {
            // What stays there is a name that nobody uses.
            let _ = self.off(&name);
        }
        let _ = std::fs::remove_dir_all(&self.folder);
    }

    fn off(&self, name: &str) -> Result<(), Error> {
        match self.runtime.block_on(self.post("unload_lora_adapter", &Unload { lora_name: name })) {
            // It does not know the name.
            Err(Refusal::Told { status: 400 | 404, .. }) | Ok(_) => Ok(()),
            Err(refusal) => Err(refusal.into()),
        }
    }

    /// Draws all rows with the adapter that is on; `None` when `stop_now` said so meanwhile.
    ///
    /// # Errors
    /// [`Error::Away`] when the server can not be reached; when it refuses, or answers what can not be.
    pub fn draw(
        &self,
        prompts: &[Vec<u32>],
        rows: &[Row],
        sampling: &Sampling,
        stop_now: &dyn Fn() -> bool,
    ) -> Result<Option<Vec<Drawn>>, Error> {
        let Some((model, _)) = &self.on else {
            return Err(Error::Unusable("the server of rollouts has no adapter yet".to_owned()));
        };
        let mut drawn = vec![Drawn::default(); rows.len()];
        let asked = rows.iter().enumerate().map(|(at, row)| async move {
            let prompt = prompts.get(row.prompt).map(Vec::as_slice).unwrap_or_default();
            let mut ask = Ask::new(model, prompt, sampling, &self.ends);
            (ask.max_tokens, ask.seed) = (row.max_tokens, row.seed.cast_signed());
            let body = self.post("completions", &ask).await?;
            let answer: Answer = serde_json::from_slice(&body).map_err(|error| Refusal::Other(error.to_string()))?;
            let one = answer.drawn(row.max_tokens, self.vocab);
            Ok::<_, Refusal>((at, one.map_err(|reason| Refusal::Other(format!("its answer: {reason}")))?))
        });
        self.runtime.block_on(async {
            let mut asked = stream::iter(asked).buffer_unordered(self.rollout.concurrency);
            loop {
                tokio::select! {
                    one = asked.next() => match one {
                        None => return Ok(Some(drawn)),
                        Some(one) => {
                            let (at, one) = one?;
                            if let Some(place) = drawn.get_mut(at) {
                                *place = one;
                            }
                        }
                    },
                    () = tokio::time::sleep(TICK) => if stop_now() {
                        return Ok(None);
                    },
                }
            }
        })
    }

    /// The body of a whole answer.
    async fn post(&self, call: &str, body: &impl Serialize) -> Result<Vec<u8>, Refusal> {
        let url = format!("{}/{call}", self.url.as_str().trim_end_matches('/'));
        let mut pause = PAUSE;
        let mut tried = 1;
        loop {
            match self.once(&url, body).await {
                Err(refusal) if refusal.is_passing() && tried < TRIES => {
                    tokio::time::sleep(pause).await;
                    (pause, tried) = (pause * 2, tried + 1);
                }
                other => return other,
            }
        }
    }

    async fn once(&self, url: &str, body: &impl Serialize) -> Result<Vec<u8>, Refusal> {
        let shown = redact(&self.url);
        let away = |reason: String| Refusal::Away(format!("{shown}: {reason}"));
        let mut request = self.client.post(url).json(body);
        if let Some(key) = &self.key {
            request = request.header(header::AUTHORIZATION, format!("Bearer {}", key.expose()));
        }
        let response = request.send().await.map_err(|error| away(innermost(&error)))?;
        let status = response.status().as_u16();
        let body = read_bounded(response, &shown, MOST_BYTES).await.map_err(|error| away(error.to_string()))?;
        if status == 200 {
            return Ok(body);
        }
        let text: String = String::from_utf8_lossy(&body).chars().take(MOST_QUOTED).collect();
        let text = self.key.as_ref().map_or(text.clone(), |key| key.cross_out(&text));
        Err(Refusal::Told { status, text })
    }
}

/// Why there is no answer.
enum Refusal {
    /// Nobody answers.
    Away(String),
    Told {
        status: u16,
        text: String,
    },
    Other(String),
}

impl Refusal {
    fn is_passing(&self) -> bool {
        match self {
            Refusal::Away(_) => true,
            Refusal::Told { status, .. } => matches!(status, 408 | 429 | 500..),
            Refusal::Other(_) => false,
        }
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        let is_passing = refusal.is_passing();
        let reason = match refusal {
            Refusal::Away(reason) => reason,
            Refusal::Told { status, text } => format!("it answers {status}: {text}"),
            Refusal::Other(reason) => reason,
        };
        let reason = format!("the server of rollouts: {reason}");
        if is_passing { Error::Away(reason) } else { Error::Unusable(reason) }
    }
}
