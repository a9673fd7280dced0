//! The trainer: a job folder in, an adapter or weights out. The reward is the grader, and nothing else.
//!
//! Each step draws completions, has them graded, and moves the trained numbers along the gradient; every so many steps all that the
//! next one depends on is written down. A run that was killed goes on from there, and on a CPU ends with the very numbers that the
//! unbroken one would have had: every draw follows from the plan's seed and the step.
//!
//! What is deliberately not here: whether to train, and whether what came out is better (`refresh`'s other parts).

mod answer;
mod error;
mod forecast;
mod objective;
mod optimiser;
mod order;
mod outside;
mod probe;
mod question;
mod result;
mod rollout;
mod run;
mod state;
#[cfg(test)]
mod tests;
mod update;

use std::path::Path;

use candle_core::{DType, Device};

pub use answer::{answer, answer_by};
pub use error::Error;
pub use forecast::{Forecast, forecast};

use crate::llm::candle::{Decoder, Precision, Tokenizer, Trained};
use crate::refresh::Error as JobError;
use crate::refresh::engine::Ending;
use crate::refresh::job::{Folder, Outcome, Phase, Plan, Step, Weights, fingerprint};

/// What whoever watches is told.
#[derive(Debug)]
pub enum Event<'a> {
    Phase(Phase, u64),
    Step(&'a Step, &'a Plan),
    Answered { model: &'a str, done: usize, of: usize },
    Note(String),
}

/// What the process knows about itself.
pub struct Host<'a> {
    /// Whether the process was asked to end.
    pub interrupted: &'a dyn Fn() -> bool,
    /// The most memory it ever had, in bytes.
    pub peak_bytes: &'a dyn Fn() -> Option<u64>,
    /// Memory that it may still take, in bytes.
    pub free_bytes: Option<u64>,
    pub tell: &'a mut dyn FnMut(Event<'_>),
}

/// The model that is trained.
struct Model {
    decoder: Decoder,
    tokenizer: Tokenizer,
    trained: Trained,
    /// Of the adapter, which a start adapter may have set.
    rank: usize,
    alpha: f64,
}

/// Works a job to its end, from its newest checkpoint where there is one; whoever calls holds the folder's lock. With a result it
/// does nothing, and what stops a run is its result.
///
/// # Errors
/// When the folder can not be read or written.
pub fn train(folder: &Folder, plan: &Plan, host: &mut Host<'_>) -> Result<Ending, JobError> {
    if let Some(outcome) = folder.outcome()? {
        return Ok(Ending::Done(outcome));
    }
    concluded(folder, run::run(folder, plan, host))
}

/// What a run came to. A lost GPU's numbers can not be saved: the newest checkpoint is where it goes on.
fn concluded(folder: &Folder, run: Result<Ending, Error>) -> Result<Ending, JobError> {
    match run {
        Ok(ending) => Ok(ending),
        Err(Error::Model(error)) if error.is_device_lost() => {
            Ok(Ending::Interrupted(format!("the GPU gave out: {error}")))
        }
        Err(error) => {
            let last = folder.steps()?.pop().unwrap_or_default();
            folder.begin_result()?;
            let Step { step: steps, seconds, tokens, .. } = last;
            let outcome = Outcome { steps, seconds, tokens, ..Outcome::failed(error.to_string()) };
            Ok(Ending::Done(folder.finish(outcome)?))
        }
    }
}

fn load(plan: &Plan, (device, dtype): (Device, DType)) -> Result<Model, Error> {
    // That it is the plan's is seen to by whoever calls, for every engine.
    let base = plan.base_model.path.as_path();
    let training = &plan.training;
    // Whole weights take steps too small for bf16.
    let dtype = if training.weights == Weights::Full { DType::F32 } else { dtype };
    let tokenizer = Tokenizer::load(base)?;
    let mut decoder = Decoder::load(base, Precision::Dense(dtype), &device)?;
    if training.weights == Weights::Full && base.is_file() && decoder.architecture.rope_factors.is_some() {
        let reason =
            "full weights of this GGUF file could not be written: its rotary factors have no form in config.json";
        return Err(Error::Unusable(reason.to_owned()));
    }
    let (mut rank, mut alpha) = (training.lora_rank as usize, training.lora_alpha);
    let trained = match (training.weights, &plan.start_adapter) {
        (Weights::Full, _) => Trained::Weights,
        (Weights::Lora, Some(start)) => {
            let path = checked(&start.path, &start.sha256, "start adapter")?;
            (rank, alpha) = decoder.load_adapters(path)?;
            Trained::Adapters
        }
        (Weights::Lora, None) => {
            decoder.add_adapters(rank, alpha, order::mixed(&[plan.seed, 2]))?;
            Trained::Adapters
        }
    };
    Ok(Model { decoder, tokenizer, trained, rank, alpha })
}

/// `path`, when what lies there is what the plan means.
fn checked<'p>(path: &'p Path, sha256: &str, what: &str) -> Result<&'p Path, Error> {
    if !path.exists() {
        return Err(Error::Unusable(format!("the {what} {} is not there", path.display())));
    }
    let found = fingerprint(path)?;
    if found != sha256 {
        return Err(
            JobError::damaged(path, format!("the {what} is not the one of the plan: its SHA-256 is {found}")).into()
        );
    }
    Ok(path)
}
