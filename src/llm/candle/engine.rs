//! The engine `candle` of the room: one thread computes, and takes what waits together.

use std::cell::OnceCell;
use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::{Arc, mpsc};
use std::time::{Duration, SystemTime};

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use serde_json::Value;
use tokio::sync::oneshot;

use super::json::Grammar;
use super::sample::{Constraint, Drawn, Row, Sampling, draw};
use super::{Decoder, Precision, Tokenizer, obtain};
use crate::llm::{Config, Error, Finish, LanguageModel, Local, Reply, Request, Usage};

/// What stands for an address in a reply.
const HERE: &str = "in this process";

/// A model computed in this process, under one configuration's name.
#[derive(Debug)]
pub struct Candle {
    name: String,
    batch: usize,
    deadline: Duration,
    computer: Arc<Computer>,
}

/// The thread that computes one file's model for whoever asks. It ends, and its memory is free again, when nobody has it any more.
#[derive(Debug)]
pub struct Computer {
    local: Local,
    /// When the file was written; none when it was not there yet.
    written: Option<SystemTime>,
    waiting: mpsc::Sender<Asked>,
}

#[derive(Debug)]
struct Asked {
    request: Request,
    /// Most requests that are computed with it.
    batch: usize,
    answer: oneshot::Sender<Result<Reply, Error>>,
}

impl Computer {
    /// For the model of `local`; it is loaded, and fetched when it is not there, with the first request.
    ///
    /// # Errors
    /// [`Error::Config`] when no thread can be started.
    pub fn start(local: &Local) -> Result<Self, Error> {
        let (waiting, asked) = mpsc::channel();
        let thread = std::thread::Builder::new().name("candle".to_owned());
        let its = local.clone();
        thread
            .spawn(move || work(&its, &asked))
            .map_err(|error| Error::Config { reason: format!("no thread can be started for the model: {error}") })?;
        Ok(Computer { local: local.clone(), written: written(local), waiting })
    }

    /// Whether this is the model of `local`: the same file, as it is now, on the same device.
    pub fn computes(&self, local: &Local) -> bool {
        let of = |local: &Local| (local.path.clone(), local.url.clone(), local.sha256.clone(), local.device);
        of(&self.local) == of(local) && self.written == written(local)
    }
}

fn written(local: &Local) -> Option<SystemTime> {
    std::fs::metadata(&local.path).and_then(|file| file.modified()).ok()
}

impl Candle {
    /// The model of `computer`, named and bounded by `config`.
    pub fn new(config: &Config, computer: Arc<Computer>) -> Self {
        Candle {
            name: config.model.clone(),
            batch: config.local.batch,
            deadline: Duration::from_secs(config.deadline_seconds),
            computer,
        }
    }
}

impl LanguageModel for Candle {
    fn name(&self) -> &str {
        &self.name
    }

    fn concurrency(&self) -> usize {
        self.batch
    }

    fn complete<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Result<Reply, Error>> {
        async move {
            let (answer, answered) = oneshot::channel();
            let gone = || Error::Config { reason: "the thread of the model has ended".to_owned() };
            let asked = Asked { request: request.clone(), batch: self.batch, answer };
            self.computer.waiting.send(asked).map_err(|_| gone())?;
            let Ok(answered) = tokio::time::timeout(self.deadline, answered).await else {
                return Err(Error::Deadline { after: self.deadline });
            };
            Ok(Reply { model: self.name.clone(), ..answered.map_err(|_| gone())?? })
        }
        .boxed()
    }
}

struct Loaded {
    decoder: Decoder,
    tokenizer: Tokenizer,
    /// Made with the first request that has a schema.
    grammar: OnceCell<Grammar>,
}

impl Loaded {
    fn constraint(&self, schema: &Value) -> Result<Box<dyn Constraint>, super::Error> {
        let grammar = match self.grammar.get() {
            Some(grammar) => grammar,
            None => {
                let made = Grammar::new(&self.tokenizer, self.decoder.architecture.vocab)?;
                self.grammar.get_or_init(|| made)
            }
        };
        grammar.constraint(schema)
    }
}

/// What is ready to be drawn.
struct Ready {
    asked: Asked,
    prompt: Vec<u32>,
    max_tokens: usize,
    constraint: Option<Box<dyn Constraint>>,
}

fn work(local: &Local, asked: &mpsc::Receiver<Asked>) {
    let mut loaded: Option<Loaded> = None;
    let mut waiting: VecDeque<Asked> = VecDeque::new();
    loop {
        if waiting.is_empty() {
            // Whoever asked is gone, and with it the model.
            let Ok(first) = asked.recv() else { return };
            waiting.push_back(first);
        }
        waiting.extend(asked.try_iter());
        waiting.retain(|asked| !asked.answer.is_closed());
        let model = match &loaded {
            Some(model) => model,
            None => match load(local) {
                Ok(model) => loaded.insert(model),
                Err(error) => {
                    // A file may be put there meanwhile: the next request tries again.
                    let reason = error.to_string();
                    for asked in waiting.drain(..) {
                        let _ = asked.answer.send(Err(Error::Config { reason: reason.clone() }));
                    }
                    continue;
                }
            },
        };
        let Some(temperature) = waiting.front().map(|asked| asked.request.temperature) else { continue };
        let (mut together, mut later) = (Vec::new(), VecDeque::new());
        for asked in waiting.drain(..) {
            if together.len() < asked.batch && asked.request.temperature == temperature {
                together.extend(ready(model, asked));
            } else {
                later.push_back(asked);
            }
        }
        waiting = later;
        answer(model, temperature, together);
    }
}

fn load(local: &Local) -> Result<Loaded, super::Error> {
    let path: PathBuf = obtain::obtain(local)?;
    let (device, _) = local.device.open()?;
    let tokenizer = Tokenizer::load(&path)?;
    let decoder = Decoder::load(&path, Precision::Quantised, &device)?;
    tracing::info!(path = %path.display(), parameters = decoder.architecture.parameters(), "a language model is loaded");
    Ok(Loaded { decoder, tokenizer, grammar: OnceCell::new() })
}

/// A request in tokens; one that can not be is answered at once.
fn ready(model: &Loaded, asked: Asked) -> Option<Ready> {
    let context = model.decoder.architecture.context;
    let made = model
        .tokenizer
        .conversation(&asked.request.messages)
        .map_err(|error| Error::Config { reason: error.to_string() });
    let made = made.and_then(|prompt| {
        if prompt.is_empty() || prompt.len() + 1 >= context {
            let message = format!("{} tokens, and it takes {context} with the reply", prompt.len());
            return Err(Error::TooLong { endpoint: HERE.to_owned(), message });
        }
        let constraint = asked.request.schema.as_ref().map(|schema| model.constraint(&schema.schema)).transpose();
        let constraint = constraint.map_err(|error| Error::BadRequest {
            endpoint: HERE.to_owned(),
            status: 0,
            message: error.to_string(),
        })?;
        Ok((prompt, constraint))
    });
    match made {
        Ok((prompt, constraint)) => {
            let max_tokens = (asked.request.max_tokens as usize).min(context - prompt.len());
            Some(Ready { asked, prompt, max_tokens, constraint })
        }
        Err(error) => {
            let _ = asked.answer.send(Err(error));
            None
        }
    }
}

fn answer(model: &Loaded, temperature: f64, mut together: Vec<Ready>) {
    let seed = |request: &Request| request.seed.unwrap_or(0).wrapping_add(u64::from(request.sample) << 32);
    let rows = together.iter_mut().enumerate().map(|(prompt, ready)| Row {
        prompt,
        seed: seed(&ready.asked.request),
        max_tokens: ready.max_tokens,
        constraint: ready.constraint.take(),
    });
    let rows: Vec<Row> = rows.collect();
    let prompts: Vec<Vec<u32>> = together.iter().map(|ready| ready.prompt.clone()).collect();
    let sampling = Sampling { temperature, top_p: 1.0, stop: Vec::new() };
    let given_up = || together.iter().all(|ready| ready.asked.answer.is_closed());
    let drawn = draw(&model.decoder, &model.tokenizer, &prompts, rows, &sampling, &given_up);
    match drawn {
        Ok(drawn) => {
            for (ready, drawn) in together.into_iter().zip(drawn) {
                let reply = reply(model, &ready.prompt, &drawn);
                let _ = ready.asked.answer.send(reply);
            }
        }
        Err(error) => {
            let message = error.to_string();
            for ready in together {
                let (endpoint, message) = (HERE.to_owned(), message.clone());
                let _ = ready.asked.answer.send(Err(Error::Unavailable {
                    endpoint,
                    status: 500,
                    message,
                    retry_after: None,
                }));
            }
        }
    }
}

fn reply(model: &Loaded, prompt: &[u32], drawn: &Drawn) -> Result<Reply, Error> {
    let text = model.tokenizer.decode(&drawn.tokens, true);
    let text = text.map_err(|error| Error::Garbled { endpoint: HERE.to_owned(), detail: error.to_string() })?;
    Ok(Reply {
        text,
        finish: if drawn.is_cut { Finish::Length } else { Finish::Stop },
        usage: Usage {
            prompt_tokens: prompt.len() as u64,
            completion_tokens: drawn.tokens.len() as u64,
            estimated: false,
        },
        endpoint: HERE.to_owned(),
        ..Reply::default()
    })
}
