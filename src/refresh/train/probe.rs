//! How many completions fit into memory at once, found out with the longest sample before the first step.

use super::Error;
use super::question::Prepared;
use crate::llm::candle::architecture::Architecture;
use crate::llm::candle::{Decoder, Gradients, Group, Keep, Policy, Trained};
use crate::refresh::job::Training;

/// Of the memory that is free, so much may be planned with.
const SHARE: f64 = 0.6;

/// The largest number of completions, of at most `training`'s lengths, that a pass and its way back take at once; tried.
///
/// # Errors
/// When not even one fits.
pub fn micro_batch(
    decoder: &Decoder,
    questions: &[Prepared],
    training: &Training,
    trained: Trained,
    free_bytes: Option<u64>,
) -> Result<usize, Error> {
    let prompt = questions.iter().map(|question| &question.prompt).max_by_key(|prompt| prompt.len());
    let prompt = prompt.ok_or_else(|| Error::Unusable("there is no question to learn from".to_owned()))?;
    let width = training.max_completion_tokens as usize;
    let fixed = training.micro_batch > 0;
    let mut size = if fixed { training.micro_batch as usize } else { training.group_size as usize };
    // What is free says nothing about a GPU; there it is tried.
    if let Some(free) = free_bytes.filter(|_| !fixed && decoder.device.is_cpu()) {
        while size > 1 && pass_bytes(&decoder.architecture, prompt.len(), size, width) as f64 > free as f64 * SHARE {
            size /= 2;
        }
    }
    loop {
        let group = Group { prompt: prompt.clone(), continuations: vec![vec![0; width]; size] };
        match tried(decoder, &group, training.temperature, trained) {
            Ok(()) => return Ok(size),
            // On a GPU a lack of memory is an error; half as many may fit.
            Err(_) if size > 1 && !fixed && !decoder.device.is_cpu() => size /= 2,
            Err(error) => {
                return Err(Error::Unusable(format!(
                    "a prompt of {} tokens with {size} completions of {width} does not go through the model: {error}",
                    prompt.len()
                )));
            }
        }
    }
}

/// Whether a pass keeps every layer's inside for its way back, or computes it again: a quarter of the work against much memory.
/// Either way the numbers are the same.
pub fn keep(
    decoder: &Decoder,
    questions: &[Prepared],
    training: &Training,
    members: usize,
    free_bytes: Option<u64>,
) -> Keep {
    let prompt = questions.iter().map(|question| question.prompt.len()).max().unwrap_or(0);
    let a = &decoder.architecture;
    let width = training.max_completion_tokens as usize;
    let bytes = layer_bytes(a, prompt, members, width).saturating_mul(a.layers as u64);
    match free_bytes {
        Some(free) if decoder.device.is_cpu() && bytes as f64 <= free as f64 * SHARE / 2.0 => Keep::Everything,
        _ => Keep::Inputs,
    }
}

fn tried(decoder: &Decoder, group: &Group, temperature: f64, trained: Trained) -> Result<(), Error> {
    let scored = decoder.score(group, temperature, Policy::Trained, Keep::Inputs)?;
    let slopes = vec![0.0; scored.logprobs.len()];
    if let Some(tape) = scored.tape {
        decoder.backward(tape, &slopes, &mut Gradients::new(trained))?;
    }
    Ok(())
}

/// About the most that a pass holds beside the weights: every layer's input, one layer's inside with its gradients, and logits.
pub(super) fn pass_bytes(a: &Architecture, prompt: usize, members: usize, width: usize) -> u64 {
    const LOGITS: u64 = 16 << 24;
    let n = (prompt + members * width) as u64;
    4 * a.layers as u64 * n * a.hidden as u64 + layer_bytes(a, prompt, members, width) + LOGITS
}

/// About what a layer's inside and its gradients take, in f32.
fn layer_bytes(a: &Architecture, prompt: usize, members: usize, width: usize) -> u64 {
    let n = (prompt + members * width) as u64;
    let [d, h, k, i] =
        [a.hidden, a.heads * a.head_dim, a.kv_heads * a.head_dim, a.intermediate].map(|side| side as u64);
    let scores = a.heads as u64 * (members as u64 * width as u64 * (prompt + width) as u64 + (prompt * prompt) as u64);
    4 * (n * (8 * d + 6 * h + 6 * k + 9 * i) + 5 * scores)
}
