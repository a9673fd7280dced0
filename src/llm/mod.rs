//! A request for text in, a reply with its usage out, from any language model behind one small trait.
//!
//! What is deliberately not here: what is asked and what a reply means (`question`, `verify`), and the memory of paid calls
//! (`worker::Calls`, which is a [`LanguageModel`] itself).
//!
//! ```
//! use aludel::llm::{Finish, Reply, Request, Usage, read_json};
//!
//! let request = Request::new("Reply with JSON only.", "How many legs has a newt?").sampled(0.0, 7);
//! let reply = Reply { text: "<think>Four.</think>{\"legs\": 4}".into(), ..Reply::default() };
//! #[derive(serde::Deserialize)]
//! struct Legs { legs: u32 }
//! assert_eq!(read_json::<Legs>(reply.answer().unwrap()).unwrap().legs, 4);
//! assert_eq!(request.messages.len(), 2);
//! ```

pub mod ask;
#[cfg(feature = "candle")]
pub mod candle;
mod config;
mod error;
mod models;
pub mod openai;
mod text;

use std::path::Path;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use ask::ask;
pub use config::{BatchConfig, Budget, Config, Endpoint, Engine, Local, Place, Prices};
pub use error::{Error, Period};
pub use models::Models;
pub use openai::OpenAi;
pub use text::{quoted, read_json};

pub use crate::fetch::Retry;

/// Answers requests for text. Dropping the future gives the call up.
pub trait LanguageModel: Send + Sync {
    /// The model's name: in labels, and in the key under which a call is remembered.
    fn name(&self) -> &str;

    /// How many requests it takes at a time, at most.
    fn concurrency(&self) -> usize;

    /// The model's reply, whatever it says: also one that was cut off or refused, since it was paid for.
    ///
    /// # Errors
    /// When there is no reply; [`Error::retry`] says whether asking again can help, and when.
    fn complete<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Result<Reply, Error>>;
}

/// A text to a vector that points where its meaning lies.
pub trait Embed: Send + Sync + std::fmt::Debug {
    /// How many numbers a vector has.
    fn dimension(&self) -> usize;

    /// The vector of `text`, of length 1; `None` when nothing in it is known.
    fn embed(&self, text: &str) -> Option<Vec<f32>>;
}

/// The static embedding model in `folder`. `sha256`: of its weights; empty for none.
///
/// # Errors
/// [`Error::Config`] when it can not be used, or such models are not part of this build.
pub fn open_embedding(folder: &Path, sha256: &str) -> Result<Arc<dyn Embed>, Error> {
    #[cfg(feature = "candle")]
    return match candle::Embedding::load(folder, sha256) {
        Ok(embedding) => Ok(Arc::new(embedding)),
        Err(error) => Err(Error::Config { reason: error.to_string() }),
    };
    #[cfg(not(feature = "candle"))]
    return Err(Error::Config {
        reason: format!(
            "this program was built without the feature `candle`: {} can not be used {sha256}",
            folder.display()
        ),
    });
}

impl<M: LanguageModel + ?Sized> LanguageModel for Arc<M> {
    fn name(&self) -> &str {
        (**self).name()
    }

    fn concurrency(&self) -> usize {
        (**self).concurrency()
    }

    fn complete<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Result<Reply, Error>> {
        (**self).complete(request)
    }
}

/// Who says a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    System,
    User,
    Assistant,
}

impl Role {
    pub fn as_str(self) -> &'static str {
        match self {
            Role::System => "system",
            Role::User => "user",
            Role::Assistant => "assistant",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    pub role: Role,
    pub content: String,
}

/// The shape a reply shall have.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Schema {
    /// Letters, digits and underscores; part of the wire format.
    pub name: &'static str,
    /// A JSON schema of an object: every property required, none additional.
    pub schema: Value,
}

/// What a model is asked. Two equal requests to one model are one call; everything here is part of what is remembered.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Request {
    /// The system's message first, then the user's and the model's in turn.
    pub messages: Vec<Message>,
    /// Asked of the server where it can; the reply is not checked against it here.
    pub schema: Option<Schema>,
    /// 0 is greedy. A server that takes no temperature is asked without.
    pub temperature: f64,
    pub seed: Option<u64>,
    /// Most tokens of the reply, thinking included.
    pub max_tokens: u32,
    /// Tells apart requests that are alike: the k-th sample of the same question. Moves the seed.
    pub sample: u32,
}

impl Request {
    /// Greedy, seed 0, at most 4096 tokens.
    pub fn new(system: impl Into<String>, user: impl Into<String>) -> Self {
        let message = |role, content| Message { role, content };
        Request {
            messages: vec![message(Role::System, system.into()), message(Role::User, user.into())],
            schema: None,
            temperature: 0.0,
            seed: Some(0),
            max_tokens: 4096,
            sample: 0,
        }
    }

    pub fn shaped(self, schema: Schema) -> Self {
        Request { schema: Some(schema), ..self }
    }

    pub fn sampled(self, temperature: f64, seed: u64) -> Self {
        Request { temperature, seed: Some(seed), ..self }
    }

    pub fn bounded(self, max_tokens: u32) -> Self {
        Request { max_tokens, ..self }
    }

    /// The conversation with the model's reply and what the user says to it.
    pub fn then(mut self, reply: impl Into<String>, user: impl Into<String>) -> Self {
        self.messages.push(Message { role: Role::Assistant, content: reply.into() });
        self.messages.push(Message { role: Role::User, content: user.into() });
        self
    }

    /// More tokens than the messages and the schema can be: a token is at least a byte.
    pub fn prompt_tokens_at_most(&self) -> u64 {
        self.bytes() as u64 + FRAME_TOKENS * (self.messages.len() as u64 + 4)
    }

    /// A guess at the tokens of the messages and the schema, rather too high.
    pub fn prompt_tokens_about(&self) -> u64 {
        tokens_of_bytes(self.bytes()) + FRAME_TOKENS * self.messages.len() as u64
    }

    fn bytes(&self) -> usize {
        let schema = self.schema.as_ref().map_or(0, |schema| schema.schema.to_string().len());
        schema + self.messages.iter().map(|message| message.content.len()).sum::<usize>()
    }
}

/// What a chat template puts around a message, generously.
const FRAME_TOKENS: u64 = 16;

/// Biology prose has four bytes a token and more, numbers and Greek letters fewer.
fn tokens_of_bytes(bytes: usize) -> u64 {
    (bytes as u64).div_ceil(3)
}

/// What a call used, in tokens.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    pub prompt_tokens: u64,
    /// Thinking included.
    pub completion_tokens: u64,
    /// The server gave no numbers; these are guessed from the texts' lengths, rather too high.
    pub estimated: bool,
}

/// Why a reply ended.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Finish {
    #[default]
    Stop,
    /// `max_tokens` was reached: the text is cut off.
    Length,
    /// The model or its guard declined; with what it said.
    Refusal(String),
}

/// What a model said. Its JSON form is what is remembered of a call.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Reply {
    /// Without thinking that the server gave apart; see [`Reply::answer`].
    pub text: String,
    pub finish: Finish,
    pub usage: Usage,
    /// Millionths of the configured currency.
    pub cost_micros: u64,
    /// The model as the server names it.
    pub model: String,
    /// The endpoint that answered: its address without secrets.
    pub endpoint: String,
}

impl Reply {
    /// The text after any thinking.
    ///
    /// # Errors
    /// Why there is nothing to read, in words that can be said to the model.
    pub fn answer(&self) -> Result<&str, Unusable> {
        match &self.finish {
            Finish::Refusal(said) => return Err(Unusable::Refused(said.clone())),
            Finish::Length => return Err(Unusable::CutOff),
            Finish::Stop => {}
        }
        match text::after_thinking(&self.text).trim() {
            "" => Err(Unusable::Empty),
            answer => Ok(answer),
        }
    }
}

/// Why a reply holds no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    #[error("it was empty")]
    Empty,
    #[error("it was cut off at the most tokens allowed; be brief")]
    CutOff,
    #[error("the model declined: {0}")]
    Refused(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_without_an_answer_says_why() {
        let reply = |text: &str, finish| Reply { text: text.into(), finish, ..Reply::default() };
        assert_eq!(reply("<think>x</think>\n yes ", Finish::Stop).answer(), Ok("yes"));
        assert_eq!(reply("<think>x</think>\n", Finish::Stop).answer(), Err(Unusable::Empty));
        assert_eq!(reply("{\"a\":", Finish::Length).answer(), Err(Unusable::CutOff));
        assert!(matches!(reply("", Finish::Refusal("no".into())).answer(), Err(Unusable::Refused(_))));
    }

    #[test]
    fn what_is_remembered_can_be_read_again() {
        for finish in [Finish::Stop, Finish::Length, Finish::Refusal("no".into())] {
            let reply = Reply { text: "x".into(), finish, cost_micros: 3, ..Reply::default() };
            let json = serde_json::to_string(&reply).unwrap();
            assert_eq!(serde_json::from_str::<Reply>(&json).unwrap(), reply, "{json}");
        }
    }
}
