//! What is asked of models in a job folder, and how they are asked.
//!
//! ```text
//! JOB/evaluation/ask.json            Ask: how to answer, and which weights; written last
//! JOB/evaluation/questions.parquet   the questions, as train.parquet
//! JOB/evaluation/NAME.jsonl          the responses of one of them, growing
//! ```

use std::path::{Path, PathBuf};

use futures_util::{StreamExt as _, stream};
use serde::{Deserialize, Serialize};

use super::{Response, Responses};
use crate::llm::{self, LanguageModel, Message, Request, Role};
use crate::refresh::Error;
use crate::refresh::job::{Folder, Question};

/// How questions are answered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// Answers a question.
    pub samples: u32,
    /// 0 is greedy.
    pub temperature: f64,
    pub seed: u64,
    pub max_tokens: u32,
}

/// Weights that answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Model {
    /// `candidate` or `champion`.
    pub name: String,
    /// Folder of an adapter or of full weights; `None`: the job's base model alone.
    pub weights: Option<PathBuf>,
}

/// `ask.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ask {
    #[serde(flatten)]
    pub settings: Settings,
    pub models: Vec<Model>,
}

/// Answers the samples that are missing by a language model, as many at a time as it takes.
///
/// # Errors
/// [`Error::Model`] when the model gives no answer at all; when the file can not be written.
pub async fn by_model(
    model: &dyn LanguageModel,
    questions: &[Question],
    settings: &Settings,
    path: &Path,
) -> Result<(), Error> {
    let mut responses = Responses::open(path)?;
    let missing: Vec<(String, u32, Request)> = responses
        .missing(questions, settings.samples)
        .into_iter()
        .map(|(question, sample)| (question.id.clone(), sample, request(question, sample, settings)))
        .collect();
    let asked = missing.into_iter().map(|(id, sample, request)| async move {
        let reply = model.complete(&request).await?;
        Ok::<Response, llm::Error>(Response { id, sample, response: reply.text })
    });
    let mut answered = stream::iter(asked).buffer_unordered(model.concurrency().max(1));
    while let Some(response) = answered.next().await {
        responses.add(response?)?;
    }
    Ok(())
}

/// The prompt as it stands, as the user's turn: just as in training.
fn request(question: &Question, sample: u32, settings: &Settings) -> Request {
    Request {
        messages: vec![Message { role: Role::User, content: question.prompt.clone() }],
        schema: None,
        temperature: settings.temperature,
        seed: Some(settings.seed),
        max_tokens: settings.max_tokens,
        sample,
    }
}

impl Folder {
    /// Where an evaluation lies.
    pub fn evaluation_path(&self) -> PathBuf {
        self.path().join("evaluation")
    }

    fn questions_path(&self) -> PathBuf {
        self.evaluation_path().join("questions.parquet")
    }

    /// Where the responses of a model lie.
    pub fn responses_path(&self, model: &str) -> PathBuf {
        self.evaluation_path().join(format!("{model}.jsonl"))
    }

    /// Asks models questions: whoever runs the job answers them, once it has trained.
    ///
    /// # Errors
    /// When a file can not be written.
    pub fn put_ask(&self, ask: &Ask, questions: &[Question]) -> Result<(), Error> {
        let folder = self.evaluation_path();
        std::fs::create_dir_all(&folder).map_err(Error::io(&folder))?;
        self.put_questions(&self.questions_path(), questions)?;
        // Proof: numbers, names and paths.
        let bytes = serde_json::to_vec_pretty(ask).unwrap_or_default();
        Ok(crate::release::publish::replace(&folder.join("ask.json"), &bytes)?)
    }

    /// What models are asked; `None` before anything is.
    ///
    /// # Errors
    /// When it can not be read.
    pub fn ask(&self) -> Result<Option<(Ask, Vec<Question>)>, Error> {
        let path = self.evaluation_path().join("ask.json");
        if !path.exists() {
            return Ok(None);
        }
        let ask: Ask = self.json(&path)?;
        Ok(Some((ask, crate::refresh::job::questions(&self.questions_path())?)))
    }
}
