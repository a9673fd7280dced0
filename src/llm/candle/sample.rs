//! Drawing continuations: temperature, top-p, stop texts; every row from its own seed, so that a row does not depend on its batch.

use candle_core::Tensor;
use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use super::cache::Read;
use super::{Decoder, Error, Tokenizer};

/// So many of the last tokens are looked at for a stop text.
const STOP_WINDOW: usize = 48;

/// How tokens are drawn.
#[derive(Debug, Clone, PartialEq)]
pub struct Sampling {
    /// 0 takes the likeliest.
    pub temperature: f64,
    /// The likeliest tokens that together have this share take part.
    pub top_p: f64,
    /// Texts that end a continuation, themselves part of it.
    pub stop: Vec<String>,
}

/// What narrows the next tokens of one row.
pub trait Constraint: Send {
    /// Lowers the logits of the tokens that may not follow to minus infinity.
    ///
    /// # Errors
    /// When nothing may follow.
    fn narrow(&mut self, logits: &mut [f32]) -> Result<(), Error>;

    /// Takes note of the token that was drawn; whether the text is whole now.
    ///
    /// # Errors
    /// When that token may not follow.
    fn take(&mut self, token: u32) -> Result<bool, Error>;
}

/// One row to draw.
pub struct Row {
    /// Which prompt it continues.
    pub prompt: usize,
    pub seed: u64,
    pub max_tokens: usize,
    pub constraint: Option<Box<dyn Constraint>>,
}

/// What was drawn.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Drawn {
    /// With the token that ended it, when one did.
    pub tokens: Vec<u32>,
    /// Log-probabilities under the temperature, before top-p took its part.
    pub logprobs: Vec<f32>,
    /// Neither an end token nor a stop text came before the most tokens allowed.
    pub is_cut: bool,
}

/// Draws all rows, together. `stop_now` is asked between tokens; the rows are given back as they are then.
///
/// # Errors
/// When a prompt does not fit the model with its continuation, or the computation fails.
pub fn draw(
    decoder: &Decoder,
    tokenizer: &Tokenizer,
    prompts: &[Vec<u32>],
    mut rows: Vec<Row>,
    sampling: &Sampling,
    stop_now: &dyn Fn() -> bool,
) -> Result<Vec<Drawn>, Error> {
    let needed = |row: &Row| prompts.get(row.prompt).map_or(0, Vec::len) + row.max_tokens;
    if let Some(most) = rows.iter().map(needed).max().filter(|most| *most > decoder.architecture.context) {
        let reason = format!("{most} tokens are more than the model's {}", decoder.architecture.context);
        return Err(Error::Tokens { reason });
    }
    let max_tokens = rows.iter().map(|row| row.max_tokens).max().unwrap_or(0);
    let read = prompts.iter().map(|prompt| decoder.read(prompt)).collect::<Result<Vec<Read>, _>>()?;
    let mut drawn = vec![Drawn { is_cut: true, ..Drawn::default() }; rows.len()];
    let mut dice: Vec<ChaCha8Rng> = rows.iter().map(|row| ChaCha8Rng::seed_from_u64(row.seed)).collect();
    // The rows that are still drawn, in the order of the cache.
    let mut live: Vec<usize> = (0..rows.len()).collect();
    let mut room = decoder.room(&read, &rows.iter().map(|row| row.prompt).collect::<Vec<_>>(), max_tokens)?;
    let first: Vec<&Tensor> = rows.iter().filter_map(|row| read.get(row.prompt)).map(|read| &read.logits).collect();
    if max_tokens == 0 {
        return Ok(drawn);
    }
    let mut logits = Tensor::stack(&first, 0)?.to_vec2::<f32>()?;
    drop(read);
    // Which cache row each live row has, since the cache is only now and then made smaller.
    let mut places: Vec<usize> = live.clone();
    for at in 0..max_tokens {
        let mut ended = Vec::new();
        for (place, row) in places.iter().zip(&live) {
            let numbers =
                logits.get_mut(*place).ok_or_else(|| Error::Tokens { reason: "a row is missing".to_owned() })?;
            let (state, result, dice) = (&mut rows[*row], &mut drawn[*row], &mut dice[*row]);
            if let Some(constraint) = &mut state.constraint {
                constraint.narrow(numbers)?;
            }
            let (token, logprob) = choose(numbers, sampling, dice)?;
            result.tokens.push(token);
            result.logprobs.push(logprob);
            let whole = match &mut state.constraint {
                Some(constraint) => constraint.take(token)?,
                None => false,
            };
            if whole || tokenizer.ends.contains(&token) || has_stop(tokenizer, &result.tokens, &sampling.stop)? {
                result.is_cut = false;
                ended.push(*row);
            } else if result.tokens.len() >= state.max_tokens {
                ended.push(*row);
            }
        }
        let (kept_places, kept): (Vec<usize>, Vec<usize>) =
            places.iter().zip(&live).filter(|(_, row)| !ended.contains(row)).map(|(place, row)| (*place, *row)).unzip();
        (places, live) = (kept_places, kept);
        if live.is_empty() || at + 1 == max_tokens || stop_now() {
            break;
        }
        // A cache row that is over is computed along until half of them are.
        if live.len() * 2 <= logits.len() {
            room.keep(&places)?;
            places = (0..live.len()).collect();
            logits.truncate(live.len());
        }
        let mut tokens = vec![0; logits.len()];
        for (place, row) in places.iter().zip(&live) {
            tokens[*place] = drawn[*row].tokens.last().copied().unwrap_or(0);
        }
        logits = decoder.step(&mut room, &tokens)?.to_vec2::<f32>()?;
    }
    Ok(drawn)
}

fn has_stop(tokenizer: &Tokenizer, tokens: &[u32], stop: &[String]) -> Result<bool, Error> {
    if stop.is_empty() {
        return Ok(false);
    }
    let tail = &tokens[tokens.len().saturating_sub(STOP_WINDOW)..];
    let text = tokenizer.decode(tail, true)?;
    Ok(stop.iter().any(|stop| text.contains(stop)))
}

/// A token and its log-probability under the temperature (1 where that is 0).
fn choose(logits: &[f32], sampling: &Sampling, dice: &mut ChaCha8Rng) -> Result<(u32, f32), Error> {
    let greedy = sampling.temperature <= 0.0;
    let temperature = if greedy { 1.0 } else { sampling.temperature };
    let highest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    if !highest.is_finite() || logits.iter().any(|x| x.is_nan()) {
        return Err(Error::Tokens {
            reason: "the model's next token has no likelihood: a number is infinite or none".to_owned(),
        });
    }
    let weight = |logit: f32| (f64::from(logit - highest) / temperature).exp();
    let total: f64 = logits.iter().map(|logit| weight(*logit)).sum();
    let chosen = if greedy {
        logits.iter().position(|logit| *logit == highest).unwrap_or(0)
    } else if sampling.top_p < 1.0 {
        let mut order: Vec<(f64, usize)> = logits.iter().enumerate().map(|(at, logit)| (weight(*logit), at)).collect();
        order.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        let mut sum = 0.0;
        let kept = order.iter().position(|(weight, _)| {
            sum += weight;
            sum >= sampling.top_p * total
        });
        order.truncate(kept.map_or(order.len(), |at| at + 1));
        pick(order.iter().copied(), order.iter().map(|(weight, _)| weight).sum(), dice)
    } else {
        pick(logits.iter().enumerate().map(|(at, logit)| (weight(*logit), at)), total, dice)
    };
    let logprob = weight(logits[chosen]).ln() - total.ln();
    Ok((chosen as u32, logprob as f32))
}

fn pick(weights: impl Iterator<Item = (f64, usize)>, total: f64, dice: &mut ChaCha8Rng) -> usize {
    let mut left = dice.random::<f64>() * total;
    let mut last = 0;
    for (weight, at) in weights {
        if weight > 0.0 {
            last = at;
            left -= weight;
            if left < 0.0 {
                break;
            }
        }
    }
    last
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn choices_follow_the_distribution() {
        let sampling = |temperature, top_p| Sampling { temperature, top_p, stop: Vec::new() };
        let logits = [0.0, 1.0, 2.0, f32::NEG_INFINITY];
        let mut dice = ChaCha8Rng::seed_from_u64(1);
        let mut counts = [0_u32; 4];
        for _ in 0..20_000 {
            counts[choose(&logits, &sampling(1.0, 1.0), &mut dice).unwrap().0 as usize] += 1;
        }
        let total: f64 = logits.iter().map(|x| f64::from(*x).exp()).sum();
        for (count, logit) in counts.iter().zip(logits) {
            let expected = f64::from(logit).exp() / total * 20_000.0;
            assert!((f64::from(*count) - expected).abs() < 5.0 * expected.sqrt() + 1.0, "{counts:?}");
        }
        for _ in 0..200 {
            assert_ne!(choose(&logits, &sampling(1.0, 0.8), &mut dice).unwrap().0, 0, "the tail is cut");
        }
        let (token, logprob) = choose(&logits, &sampling(0.0, 1.0), &mut dice).unwrap();
        assert_eq!(token, 2);
        assert!((f64::from(logprob) - (2.0 - total.ln())).abs() < 1e-6);
        assert!(choose(&[f32::NAN, 0.0], &sampling(1.0, 1.0), &mut dice).is_err());
    }
}
