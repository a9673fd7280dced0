//! Questions by a language model: rounds of passages, the prompt, the schema, and replies turned into drafts whose evidence is in the
//! paper. What was asked in one round is told in the next.

mod passage;
mod prompt;
mod quote;
mod reply;

use std::path::PathBuf;
use std::sync::Arc;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};

use crate::llm::{self, LanguageModel, Request, Retry};
use crate::model::document::Document;
use crate::model::question::{Draft, Generator};

use super::{Error, Generate};
use passage::{Remaining, Shown};
use prompt::{Template, Templates, request};
pub use reply::{read_reply, schema};

/// The embedded prompts, for text and for tables and captions; files may replace them.
pub const PROMPT: &str = include_str!("../../../config/prompts/question.md");
pub const EXHIBIT_PROMPT: &str = include_str!("../../../config/prompts/exhibit.md");

/// Fewer bytes of passages than this are not tried when a request was too long for the model.
const FEWEST_PASSAGE_BYTES: usize = 1500;

/// How a model is asked for questions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Most questions asked of one article. Default 8.
    pub max_questions: usize,
    /// Most requests about one article: results and discussion first, tables and captions second. Default 3.
    pub max_requests: usize,
    /// Most bytes of passages in one request. Halved for a model that says they are too many. Default 24000.
    pub max_passage_bytes: usize,
    /// Most tokens of a reply, thinking included. Default 4096; a model that thinks at length needs more.
    pub max_reply_tokens: u32,
    /// Sampling temperature. Default 0.2.
    pub temperature: f64,
    /// Sampling seed. Another one asks for other questions. Default 0.
    pub seed: u64,
    /// File with the prompt for text; `{max_questions}` in it is replaced. Default: none, the embedded prompt.
    pub prompt_file: Option<PathBuf>,
    /// The same for tables and captions.
    pub exhibit_prompt_file: Option<PathBuf>,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            max_questions: 8,
            max_requests: 3,
            max_passage_bytes: 24_000,
            max_reply_tokens: 4096,
            temperature: 0.2,
            seed: 0,
            prompt_file: None,
            exhibit_prompt_file: None,
        }
    }
}

impl Config {
    /// The prompts for text and for tables and captions: the files' texts, or the embedded ones.
    ///
    /// # Errors
    /// When a file can not be read: its path and the cause.
    pub fn prompts(&self) -> Result<[String; 2], String> {
        let text = |path: &Option<PathBuf>, embedded: &str| match path {
            None => Ok(embedded.to_owned()),
            Some(path) => std::fs::read_to_string(path)
                .map_err(|error| format!("the prompt {} can not be read: {error}", path.display())),
        };
        Ok([text(&self.prompt_file, PROMPT)?, text(&self.exhibit_prompt_file, EXHIBIT_PROMPT)?])
    }
}

/// The generator for any [`LanguageModel`].
pub struct Model {
    config: Config,
    templates: Templates,
    kind: &'static str,
    max_repairs: u32,
    model: Arc<dyn LanguageModel>,
}

impl Model {
    /// `kind`: `openai` or `candle`; `prompts`: see [`Config::prompts`]; `max_repairs`: see [`llm::Config`].
    pub fn new(
        config: &Config,
        kind: &'static str,
        [text, exhibits]: &[String; 2],
        max_repairs: u32,
        model: Arc<dyn LanguageModel>,
    ) -> Self {
        let templates = Templates { text: Template::new(text), exhibits: Template::new(exhibits) };
        Model { config: config.clone(), templates, kind, max_repairs, model }
    }

    async fn ask(&self, document: &Document) -> Result<Vec<Draft>, Error> {
        let mut most_bytes = self.config.max_passage_bytes;
        let mut remaining = Remaining::of(document);
        let mut drafts: Vec<Draft> = Vec::new();
        let mut failed = None;
        let mut rounds = 0;
        while rounds < self.config.max_requests && drafts.len() < self.config.max_questions {
            let left = remaining.requests(most_bytes).clamp(1, self.config.max_requests - rounds);
            let Some(shown) = remaining.next(most_bytes) else { break };
            let wanted = (self.config.max_questions - drafts.len()).div_ceil(left);
            match self.round(document, &shown, &drafts, wanted).await {
                Ok(more) => {
                    drafts.extend(more.into_iter().take(wanted));
                    rounds += 1;
                }
                Err(llm::Error::TooLong { .. }) if most_bytes / 2 >= FEWEST_PASSAGE_BYTES => {
                    most_bytes /= 2;
                    remaining.put_back(shown);
                }
                // What the other rounds give stands; a server's trouble is waited out, and paid answers are remembered.
                Err(error) if error.retry() == Retry::Never => {
                    tracing::debug!(%error, "a model gave nothing on a part of a paper");
                    failed.get_or_insert(error);
                    rounds += 1;
                }
                Err(error) => return Err(error.into()),
            }
        }
        match failed {
            Some(error) if drafts.is_empty() => Err(error.into()),
            _ => Ok(drafts),
        }
    }

    async fn round(
        &self,
        document: &Document,
        shown: &Shown<'_>,
        seen: &[Draft],
        wanted: usize,
    ) -> Result<Vec<Draft>, llm::Error> {
        let template = self.templates.of(shown.sort);
        let generator = Generator {
            kind: self.kind.to_owned(),
            model: self.model.name().to_owned(),
            prompt_hash: template.hash.clone(),
        };
        let request = request(&self.config, template, document, shown, seen, wanted);
        let read = |answer: &str| read_reply(answer, document, &generator);
        llm::ask(self.model.as_ref(), request, self.max_repairs, read).await
    }
}

impl Generate for Model {
    fn kind(&self) -> &str {
        self.kind
    }

    fn waits_for(&self) -> usize {
        self.model.concurrency()
    }

    fn draft<'a>(&'a self, document: &'a Document) -> BoxFuture<'a, Result<Vec<Draft>, Error>> {
        self.ask(document).boxed()
    }

    fn model(&self) -> &str {
        self.model.name()
    }

    /// Every round, as if each gave nothing: what it gives would make the next ones a little longer.
    fn requests(&self, document: &Document) -> Vec<Request> {
        let mut remaining = Remaining::of(document);
        let mut requests = Vec::new();
        while requests.len() < self.config.max_requests {
            let Some(shown) = remaining.next(self.config.max_passage_bytes) else { break };
            let template = self.templates.of(shown.sort);
            requests.push(request(&self.config, template, document, &shown, &[], self.config.max_questions));
        }
        requests
    }
}

#[cfg(test)]
mod tests;
