//! The gradient of one step over its completions, a few at a time.

use super::Error;
use super::objective::{Token, advantages, divergence, importance, is_live, part, shares};
use super::question::Prepared;
use super::rollout::Drawing;
use crate::llm::candle::{Decoder, Gradients, Group, Keep, Policy, Trained};
use crate::refresh::job::{Objective, Plan, Training};

/// A prompt and what is to become likelier or less likely behind it.
#[derive(Debug)]
pub struct Lesson {
    pub group: Group,
    /// One a continuation; 1 where it is simply to be learned.
    pub advantages: Vec<f64>,
    /// Each token's share in the loss, one a continuation.
    pub shares: Vec<f64>,
    /// Log-probabilities of the first pass over the step, flat.
    pub old: Option<Vec<f32>>,
    /// As whoever drew them found them, flat; `None` when that was this model.
    pub drawn: Option<Vec<f32>>,
}

/// The lessons of a step from what was drawn.
///
/// In GRPO a group in which all rewards are equal teaches nothing; it counts in the mean all the same where such groups are kept
/// (`resample` is 0). Rejection sampling learns every different right completion.
pub fn lessons(plan: &Plan, questions: &[Prepared], drawings: Vec<Drawing>) -> Vec<Lesson> {
    let training = &plan.training;
    // Supervised on, a completion is right whoever drew it.
    let is_weighted = plan.rollout.is_on() && plan.objective == Objective::Grpo;
    let mut groups = Vec::new();
    for drawing in drawings {
        let Some(question) = questions.get(drawing.question) else { continue };
        let rewards = drawing.rewards();
        let advantages = advantages(&rewards, training.advantage);
        let (mut continuations, mut kept): (Vec<Vec<u32>>, Vec<f64>) = (Vec::new(), Vec::new());
        let mut drawn: Vec<f32> = Vec::new();
        for (completion, advantage) in drawing.completions.into_iter().zip(advantages) {
            let tokens = completion.drawn.tokens;
            let (take, weight) = match plan.objective {
                Objective::Grpo => (is_live(&rewards) || training.resample == 0, advantage),
                _ => (completion.is_right && !completion.drawn.is_cut && !continuations.contains(&tokens), 1.0),
            };
            if take && !tokens.is_empty() {
                continuations.push(tokens);
                kept.push(weight);
                drawn.extend(completion.drawn.logprobs);
            }
        }
        if !continuations.is_empty() {
            let group = Group { prompt: question.prompt.clone(), continuations };
            groups.push((group, kept, is_weighted.then_some(drawn)));
        }
    }
    shared(groups, training)
}

/// The lessons of a step of distillation.
pub fn targets(training: &Training, questions: &[Prepared], picked: &[usize]) -> Vec<Lesson> {
    let groups = picked.iter().filter_map(|at| questions.get(*at)).filter_map(|question| {
        let target = question.target.clone().filter(|target| !target.is_empty())?;
        Some((Group { prompt: question.prompt.clone(), continuations: vec![target] }, vec![1.0], None))
    });
    shared(groups.collect(), training)
}

fn shared(groups: Vec<(Group, Vec<f64>, Option<Vec<f32>>)>, training: &Training) -> Vec<Lesson> {
    let lengths: Vec<usize> = groups.iter().flat_map(|(group, ..)| group.continuations.iter().map(Vec::len)).collect();
    let mut all = shares(training.loss, &lengths, training.max_completion_tokens).into_iter();
    groups
        .into_iter()
        .map(|(group, advantages, drawn)| {
            let shares = all.by_ref().take(advantages.len()).collect();
            Lesson { group, advantages, shares, old: None, drawn }
        })
        .collect()
}

/// What one pass over a step's lessons saw.
#[derive(Debug, Default)]
pub struct Seen {
    pub loss: f64,
    pub tokens: u64,
    pub clipped: u64,
    pub entropy: f64,
    /// Sum of the divergences, and over how many tokens.
    pub divergence: f64,
    pub compared: u64,
    /// Sum of the weights of tokens that another engine drew, how many these are, and how many weights were cut.
    pub importance: f64,
    pub weighted: u64,
    pub cut: u64,
}

/// One pass: the gradients of the step's loss.
///
/// The divergence from the reference is measured on everything where it counts in the loss, else on the first lesson: it costs a
/// forward pass.
///
/// # Errors
/// When the computation fails.
pub fn gradients(
    decoder: &Decoder,
    plan: &Plan,
    lessons: &mut [Lesson],
    (trained, micro_batch, keep): (Trained, usize, Keep),
    alive: &mut dyn FnMut() -> Result<(), Error>,
) -> Result<(Gradients, Seen), Error> {
    let training = &plan.training;
    let (mut gradients, mut seen) = (Gradients::new(trained), Seen::default());
    let has_reference = trained == Trained::Adapters;
    for (number, lesson) in lessons.iter_mut().enumerate() {
        let is_compared = has_reference && (training.kl_coefficient > 0.0 || number == 0);
        let mut scored_all = Vec::new();
        let mut from = 0;
        for (lot, continuations) in lesson.group.continuations.chunks(micro_batch.max(1)).enumerate() {
            alive()?;
            let group = Group { prompt: lesson.group.prompt.clone(), continuations: continuations.to_vec() };
            let reference = if is_compared {
                Some(decoder.score(&group, training.temperature, Policy::Reference, Keep::Nothing)?.logprobs)
            } else {
                None
            };
            let scored = decoder.score(&group, training.temperature, Policy::Trained, keep)?;
            let mut slopes = Vec::with_capacity(scored.logprobs.len());
            for (member, continuation) in continuations.iter().enumerate() {
                let of_lesson = lot * micro_batch.max(1) + member;
                let (advantage, share) = (lesson.advantages[of_lesson], lesson.shares[of_lesson]);
                for _ in continuation {
                    let at = slopes.len();
                    let new = f64::from(scored.logprobs[at]);
                    let old = lesson.old.as_ref().map_or(new, |old| f64::from(old[from + at]));
                    let reference = reference.as_ref().map(|reference| f64::from(reference[at]));
                    if let Some(reference) = reference {
                        seen.divergence += divergence(new, reference);
                        seen.compared += 1;
                    }
                    let weight = lesson.drawn.as_ref().map_or(1.0, |drawn| {
                        let most = plan.rollout.most_weight;
                        let weight = importance(old, f64::from(drawn[from + at]), most);
                        seen.importance += weight;
                        seen.weighted += 1;
                        seen.cut += u64::from(weight >= most);
                        weight
                    });
                    let counted = reference.filter(|_| training.kl_coefficient > 0.0);
                    let (loss, slope) = match plan.objective {
                        Objective::Grpo => {
                            let part = part(Token { new, old, reference: counted, advantage, weight }, training);
                            seen.clipped += u64::from(part.is_clipped);
                            (part.loss, part.slope)
                        }
                        _ => (-new, -1.0),
                    };
                    seen.loss += share * loss;
                    slopes.push((share * slope) as f32);
                }
            }
            seen.tokens += slopes.len() as u64;
            seen.entropy += scored.entropies.iter().map(|x| f64::from(*x)).sum::<f64>();
            from += slopes.len();
            if let Some(tape) = scored.tape.filter(|_| slopes.iter().any(|slope| *slope != 0.0)) {
                decoder.backward(tape, &slopes, &mut gradients)?;
            }
            scored_all.extend(scored.logprobs);
        }
        if lesson.old.is_none() {
            lesson.old = Some(scored_all);
        }
    }
    Ok((gradients, seen))
}
