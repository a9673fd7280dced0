//! Completions drawn from the policy and scored by the grader.

use crate::llm::candle::sample::{Drawn, Row, Sampling, draw};
use crate::llm::candle::{Decoder, Tokenizer};
use crate::refresh::job::Training;

use super::Error;
use super::objective::overlong;
use super::order::mixed;
use super::outside::Outside;
use super::question::Prepared;

/// Keys and values held at once, in bytes: the rows of more are drawn one lot after the other. A constant, so that a run that is
/// gone on with elsewhere draws the same lots.
pub(super) const CACHE_BYTES: usize = 2 << 30;

/// A question's completions.
#[derive(Debug)]
pub struct Drawing {
    pub question: usize,
    pub completions: Vec<Completion>,
}

#[derive(Debug)]
pub struct Completion {
    pub drawn: Drawn,
    /// The grader's word alone.
    pub is_right: bool,
    /// With what its length took off.
    pub reward: f64,
}

impl Drawing {
    pub fn rewards(&self) -> Vec<f64> {
        self.completions.iter().map(|completion| completion.reward).collect()
    }
}

/// Draws `size` completions of each question of `picked`, here or by a server. `seed` names the drawing; `None` when `stop_now` said so
/// meanwhile.
///
/// # Errors
/// When the computation or the server fails.
pub fn roll_out(
    outside: Option<&Outside>,
    (decoder, tokenizer): (&Decoder, &Tokenizer),
    questions: &[Prepared],
    picked: &[usize],
    (training, sampling, size): (&Training, &Sampling, usize),
    seed: u64,
    stop_now: &dyn Fn() -> bool,
) -> Result<Option<Vec<Drawing>>, Error> {
    let a = &decoder.architecture;
    let longest = picked.iter().filter_map(|at| questions.get(*at)).map(|q| q.prompt.len()).max().unwrap_or(0);
    let token_bytes = a.layers * 2 * a.kv_heads * a.head_dim * decoder.dtype.size_in_bytes();
    let max_tokens = training.max_completion_tokens as usize;
    let row_bytes = (longest + max_tokens) * token_bytes;
    let lot = (CACHE_BYTES / row_bytes.max(1) / size.max(1)).max(1);
    // A server has its own memory.
    let lot = if outside.is_some() { picked.len().max(1) } else { lot };
    let mut drawings = Vec::new();
    for (number, lot) in picked.chunks(lot).enumerate() {
        let prompts: Vec<Vec<u32>> = lot.iter().filter_map(|at| questions.get(*at)).map(|q| q.prompt.clone()).collect();
        let row = |at: usize| Row {
            prompt: at / size,
            seed: mixed(&[seed, number as u64, at as u64]),
            max_tokens,
            constraint: None,
        };
        let rows: Vec<Row> = (0..prompts.len() * size).map(row).collect();
        let drawn = match outside {
            Some(server) => server.draw(&prompts, &rows, sampling, stop_now)?,
            None => Some(draw(decoder, tokenizer, &prompts, rows, sampling, stop_now)?),
        };
        let Some(drawn) = drawn.filter(|_| !stop_now()) else { return Ok(None) };
        let mut drawn = drawn.into_iter();
        for at in lot {
            let Some(question) = questions.get(*at) else { continue };
            let completions = drawn.by_ref().take(size).map(|drawn| {
                let text = tokenizer.decode(&drawn.tokens, true)?;
                let is_right = question.grader.grade(&text).score == 1;
                let reward = f64::from(u8::from(is_right)) - overlong(training, drawn.tokens.len());
                Ok(Completion { drawn, is_right, reward })
            });
            drawings.push(Drawing { question: *at, completions: completions.collect::<Result<_, Error>>()? });
        }
    }
    Ok(Some(drawings))
}
