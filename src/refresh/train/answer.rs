//! What is asked of models in a job folder, answered by this engine.

use std::collections::BTreeMap;
use std::path::Path;

use super::order::mixed;
use super::question::prompt;
use super::{Error, Event, Host, checked};
use crate::llm::Place;
use crate::llm::candle::adapter::ADAPTER_CONFIG;
use crate::llm::candle::sample::{Row, Sampling, draw};
use crate::llm::candle::{Decoder, Precision, Tokenizer};
use crate::refresh::evaluate::ask::{Model, Settings};
use crate::refresh::evaluate::{Response, Responses};
use crate::refresh::job::{Folder, Phase, Plan, Question};

/// Rows drawn together; a kill costs at most so many.
const LOT: usize = 32;

/// Answers the samples that are missing of `model`, into its file in the job folder; false when it was told to end before.
///
/// Every sample has its own seed, so that it does not depend on which others are missing.
///
/// # Errors
/// When the model can not be loaded, or the computation fails.
pub fn answer(
    folder: &Folder,
    plan: &Plan,
    settings: &Settings,
    model: &Model,
    questions: &[Question],
    host: &mut Host<'_>,
) -> Result<bool, Error> {
    let mut responses = Responses::open(&folder.responses_path(&model.name))?;
    if responses.missing(questions, settings.samples).is_empty() {
        return Ok(true);
    }
    let base = checked(&plan.base_model.path, &plan.base_model.sha256, "base model")?;
    let by = (model.name.as_str(), base, model.weights.as_deref());
    let sampling = Sampling { temperature: settings.temperature, top_p: 1.0, stop: plan.training.stop.clone() };
    answer_by(by, plan.device, &sampling, settings, questions, &mut responses, host)
}

/// Answers what is missing by the model of this name: the base model's path and the weights on it, or it alone; false when it was told
/// to end before.
///
/// # Errors
/// As [`answer`].
pub fn answer_by(
    (name, base, weights): (&str, &Path, Option<&Path>),
    device: Place,
    sampling: &Sampling,
    settings: &Settings,
    questions: &[Question],
    responses: &mut Responses,
    host: &mut Host<'_>,
) -> Result<bool, Error> {
    let missing = responses.missing(questions, settings.samples);
    (host.tell)(Event::Phase(Phase::Evaluate, 0));
    let (decoder, tokenizer) = load(base, weights, device)?;
    let max_tokens = settings.max_tokens as usize;
    let total = missing.len();
    for (number, lot) in missing.chunks(LOT).enumerate() {
        (host.tell)(Event::Answered { model: name, done: number * LOT, of: total });
        let (mut prompts, mut places) = (Vec::new(), BTreeMap::new());
        let (mut rows, mut asked) = (Vec::new(), Vec::new());
        for (question, sample) in lot {
            let place = match places.get(&question.id) {
                Some(place) => *place,
                None => {
                    let prompt = prompt(&question.prompt, &tokenizer)?;
                    let fits = !prompt.is_empty() && prompt.len() + max_tokens <= decoder.architecture.context;
                    let place = fits.then(|| {
                        prompts.push(prompt);
                        prompts.len() - 1
                    });
                    places.insert(&question.id, place);
                    place
                }
            };
            let Some(prompt) = place else {
                // What does not fit into the model can not be answered by it, and counts as wrong.
                responses.add(Response { id: question.id.clone(), sample: *sample, response: String::new() })?;
                continue;
            };
            let seed = mixed(&[settings.seed, 4, text_seed(&question.id), u64::from(*sample)]);
            rows.push(Row { prompt, seed, max_tokens, constraint: None });
            asked.push((question.id.clone(), *sample));
        }
        let drawn = draw(&decoder, &tokenizer, &prompts, rows, sampling, host.interrupted)?;
        if (host.interrupted)() {
            return Ok(false);
        }
        for ((id, sample), drawn) in asked.into_iter().zip(drawn) {
            responses.add(Response { id, sample, response: tokenizer.decode(&drawn.tokens, true)? })?;
        }
    }
    (host.tell)(Event::Answered { model: name, done: total, of: total });
    Ok(true)
}

/// The base model with an adapter's folder, or the full weights of a folder.
fn load(base: &Path, weights: Option<&Path>, device: Place) -> Result<(Decoder, Tokenizer), Error> {
    let (device, dtype) = device.open()?;
    let tokenizer = Tokenizer::load(base)?;
    let precision = Precision::Dense(dtype);
    let decoder = match weights {
        None => Decoder::load(base, precision, &device)?,
        Some(folder) if folder.join(ADAPTER_CONFIG).is_file() => {
            let mut decoder = Decoder::load(base, precision, &device)?;
            decoder.load_adapters(folder)?;
            decoder
        }
        Some(folder) => Decoder::load(folder, precision, &device)?,
    };
    Ok((decoder, tokenizer))
}

/// The first bytes of a text's hash.
fn text_seed(text: &str) -> u64 {
    blake3::hash(text.as_bytes()).as_bytes().iter().take(8).fold(0, |sum, byte| (sum << 8) | u64::from(*byte))
}
