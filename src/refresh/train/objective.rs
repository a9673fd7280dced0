//! What a step makes better, as numbers: advantages of completions, and the derivative of the loss by each token's log-probability.
//!
//! Departures from the papers: 1. with one optimiser pass the ratio is 1 by construction, since the old log-probability is the new
//! one and no estimate of another engine; what another engine drew has a weight of its own beside the ratio; 2. the divergence is the
//! estimator `exp(d) - d - 1`, `d = reference - new`, as in GRPO.
//!
//! Sources: GRPO, Shao et al. 2024, arXiv 2402.03300; DAPO, Yu et al. 2025, arXiv 2503.14476; Dr. GRPO, Liu et al. 2025, arXiv
//! 2503.20783; the estimator, Schulman 2020, "Approximating KL divergence"; truncated importance sampling, Yao et al. 2025, "Your
//! Efficient RL Framework Secretly Brings You Off-Policy RL Training", after Ionides 2008, J. Comput. Graph. Stat. 17(2).

use crate::refresh::job::{Advantage, Loss, Training};

/// Added to a group's standard deviation.
const SMALL: f64 = 1e-4;

/// How much better than its group's mean each reward is.
pub fn advantages(rewards: &[f64], kind: Advantage) -> Vec<f64> {
    let n = rewards.len().max(1) as f64;
    let mean = rewards.iter().sum::<f64>() / n;
    let centred = rewards.iter().map(|reward| reward - mean);
    match kind {
        Advantage::Centred => centred.collect(),
        Advantage::Normalised => {
            let square: f64 = centred.clone().map(|x| x * x).sum();
            let deviation = (square / (n - 1.0).max(1.0)).sqrt();
            centred.map(|x| x / (deviation + SMALL)).collect()
        }
    }
}

/// Whether a group's rewards differ, so that there is something to learn from.
pub fn is_live(rewards: &[f64]) -> bool {
    rewards.iter().any(|reward| Some(reward) != rewards.first())
}

/// What is taken off the reward of a completion of `length` tokens that runs into the limit.
pub fn overlong(training: &Training, length: usize) -> f64 {
    let (most, soft) = (f64::from(training.max_completion_tokens), f64::from(training.overlong_tokens));
    if soft == 0.0 {
        return 0.0;
    }
    let over = (length as f64 - (most - soft)) / soft;
    over.clamp(0.0, 1.0) * training.overlong_penalty
}

/// The share of each token of each completion in the loss, for completions of these lengths.
pub fn shares(loss: Loss, lengths: &[usize], max_completion_tokens: u32) -> Vec<f64> {
    let n = lengths.len().max(1) as f64;
    let total = lengths.iter().sum::<usize>().max(1) as f64;
    let share = |length: &usize| match loss {
        Loss::Token => 1.0 / total,
        Loss::Sequence => 1.0 / (n * (*length).max(1) as f64),
        Loss::Constant => 1.0 / (n * f64::from(max_completion_tokens)),
    };
    lengths.iter().map(share).collect()
}

/// A token as the loss sees it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Token {
    pub new: f64,
    /// When its completion was drawn.
    pub old: f64,
    /// Of the model that training started from, when that counts.
    pub reference: Option<f64>,
    pub advantage: f64,
    /// How much more it counts than its share among what was drawn says; 1 for what the trainer drew itself.
    pub weight: f64,
}

/// A token's part in the loss before its share.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Part {
    pub loss: f64,
    /// dL/dlogp.
    pub slope: f64,
    pub is_clipped: bool,
}

/// The weight of a token that another engine drew: how much likelier the trainer found it then, at most `most`.
pub fn importance(old: f64, drawn: f64, most: f64) -> f64 {
    (old - drawn).exp().min(most)
}

/// `-w min(r A, clip(r, 1 - low, 1 + high) A) + beta (exp(d) - d - 1)`; the weight w is a constant.
pub fn part(token: Token, training: &Training) -> Part {
    let Token { new, old, reference, advantage, weight } = token;
    let ratio = (new - old).exp();
    let bounded = ratio.clamp(1.0 - training.clip_low, 1.0 + training.clip_high);
    let is_clipped = bounded * advantage < ratio * advantage;
    let mut loss = -weight * (ratio * advantage).min(bounded * advantage);
    let mut slope = if is_clipped { 0.0 } else { -weight * ratio * advantage };
    if let Some(reference) = reference {
        loss += training.kl_coefficient * divergence(new, reference);
        slope += training.kl_coefficient * (1.0 - (reference - new).exp());
    }
    Part { loss, slope, is_clipped }
}

/// The divergence from the reference as one token shows it, in nats.
pub fn divergence(new: f64, reference: f64) -> f64 {
    let d = reference - new;
    d.exp() - d - 1.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(found: f64, expected: f64) {
        assert!((found - expected).abs() < 1e-3, "{found}, not {expected}");
    }

    #[test]
    fn advantages_of_the_papers() {
        let rewards = [1.0, 0.0, 0.0, 0.0];
        near(advantages(&rewards, Advantage::Centred)[0], 0.75);
        near(advantages(&rewards, Advantage::Normalised)[0], 1.4997);
        near(advantages(&rewards, Advantage::Normalised).iter().sum::<f64>(), 0.0);
        assert!(is_live(&rewards) && !is_live(&[1.0, 1.0]) && !is_live(&[]));
        assert_eq!(advantages(&[0.5, 0.5], Advantage::Normalised), [0.0, 0.0]);
    }

    #[test]
    fn shares_add_up_over_what_they_are_a_mean_of() {
        let lengths = [1, 3, 4];
        let sum = |shares: Vec<f64>| shares.iter().zip(lengths).map(|(share, n)| share * n as f64).sum::<f64>();
        near(sum(shares(Loss::Token, &lengths, 10)), 1.0);
        near(sum(shares(Loss::Sequence, &lengths, 10)), 1.0);
        near(sum(shares(Loss::Constant, &lengths, 10)), 8.0 / 30.0);
        near(shares(Loss::Sequence, &lengths, 10)[0], 1.0 / 3.0);
    }

    #[test]
    fn the_slope_is_the_derivative_and_clipping_is_higher_above() {
        let training = Training { kl_coefficient: 0.1, ..Training::default() };
        for (ratio, advantage, clipped) in [
            (1.0, 1.0, false),
            (1.25, 1.0, false),
            (1.3, 1.0, true),
            (0.7, 1.0, false),
            (0.7, -1.0, true),
            (1.5, -1.0, false),
        ] {
            for weight in [1.0, 0.4] {
                let token = |new: f64| Token { new, old: -1.0, reference: Some(-1.3), advantage, weight };
                let new = -1.0 + f64::ln(ratio);
                let found = part(token(new), &training);
                assert_eq!(found.is_clipped, clipped, "{ratio} {advantage}");
                let slope = (part(token(new + 1e-6), &training).loss - part(token(new - 1e-6), &training).loss) / 2e-6;
                near(found.slope, slope);
            }
        }
        near(divergence(-1.0, -1.0), 0.0);
    }

    /// Drawn by q and weighted by p / q, the mean slope is the one of p; truncation only takes away from it.
    #[test]
    fn weights_set_right_what_another_engine_drew() {
        let (p, q): ([f64; 3], [f64; 3]) = ([0.5, 0.3, 0.2], [0.45, 0.4, 0.15]);
        let advantages = [1.0, -0.5, 0.25];
        let mean = |drawn_by: [f64; 3], most: f64| -> f64 {
            let slope = |at: usize| {
                let (old, advantage) = (p[at].ln(), advantages[at]);
                let weight = importance(old, drawn_by[at].ln(), most);
                part(Token { new: old, old, reference: None, advantage, weight }, &Training::default()).slope
            };
            (0..3).map(|at| drawn_by[at] * slope(at)).sum()
        };
        near(mean(q, 10.0), mean(p, 10.0));
        assert_eq!(importance(-1.0, -1.0, 2.0), 1.0, "the same engine");
        near(importance(-1.0, -1.1, 2.0), 0.1_f64.exp());
        near(importance(-1.0, -9.0, 2.0), 2.0);
        assert!((mean(q, 1.0) - mean(p, 1.0)).abs() > 0.01);
    }

    #[test]
    fn only_the_last_tokens_before_the_limit_cost() {
        let training =
            Training { max_completion_tokens: 100, overlong_tokens: 20, overlong_penalty: 0.5, ..Training::default() };
        near(overlong(&training, 80), 0.0);
        near(overlong(&training, 90), 0.25);
        near(overlong(&training, 100), 0.5);
        near(overlong(&Training { overlong_tokens: 0, ..training }, 100), 0.0);
    }
}
