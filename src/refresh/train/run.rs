//! The run itself: from the newest checkpoint, step by step, to a result.

use std::time::Instant;

use super::optimiser::AdamW;
use super::order::{Order, mixed};
use super::outside::Outside;
use super::question::{Prepared, prepare};
use super::rollout::{Drawing, roll_out};
use super::state::State;
use super::update::{Lesson, Seen, gradients, lessons, targets};
use super::{Error, Event, Host, Model, load, objective, probe, result, state};
use crate::llm::candle::Keep;
use crate::llm::candle::sample::Sampling;
use crate::refresh::engine::Ending;
use crate::refresh::guard::collapse;
use crate::refresh::job::{Folder, Line, Objective, Outcome, Phase, Plan, Status, Step};

/// A sign of life at least this often, in seconds.
const BEAT_SECONDS: u64 = 20;

/// Why a run ends before its last step.
struct Reason {
    reason: String,
    collapsed: bool,
}

struct Run<'a, 'h> {
    folder: &'a Folder,
    plan: &'a Plan,
    host: &'a mut Host<'h>,
    questions: Vec<Prepared>,
    watched: Vec<Prepared>,
    order: Order,
    state: State,
    adam: AdamW,
    /// Draws, when the trainer does not itself.
    outside: Option<Outside>,
    /// Every step so far, for the guard.
    steps: Vec<Step>,
    keep: Keep,
    /// Seconds of earlier runs.
    before: f64,
    started: Instant,
    beaten: Instant,
}

/// What one step drew.
struct Batch {
    lessons: Vec<Lesson>,
    /// Everything drawn, also what teaches nothing.
    rewards: Vec<f64>,
    lengths: Vec<usize>,
    cut: usize,
    groups: usize,
    live: usize,
    cursor: u64,
    seconds: f64,
}

pub(super) fn run(folder: &Folder, plan: &Plan, host: &mut Host<'_>) -> Result<Ending, Error> {
    // Without it nothing is begun.
    let place = plan.device.open()?;
    folder.append(&Line::Beat { phase: Phase::Load, step: 0 })?;
    (host.tell)(Event::Phase(Phase::Load, 0));
    let mut model = load(plan, place)?;
    let (questions, left_out) = prepare(&folder.train()?, &model.tokenizer, &plan.training)?;
    let (watched, _) = prepare(&folder.eval()?, &model.tokenizer, &plan.training)?;
    if left_out > 0 {
        let most = plan.training.max_prompt_tokens;
        (host.tell)(Event::Note(format!(
            "{left_out} questions are left out: their prompts are longer than {most} tokens"
        )));
    }
    let is_usable = |question: &Prepared| plan.objective != Objective::Distillation || question.target.is_some();
    if !questions.iter().any(is_usable) {
        return Err(Error::Unusable("train.parquet has no question that this objective can learn from".to_owned()));
    }
    let order = Order::new(plan.seed, questions.len());
    let (state, adam) = match folder.checkpoints()?.last() {
        Some(checkpoint) => {
            (host.tell)(Event::Note(format!("going on after step {}", checkpoint.step)));
            state::load(checkpoint, &mut model)?
        }
        None => (State { on_gpu: !model.decoder.device.is_cpu(), ..State::default() }, AdamW::default()),
    };
    let mut steps = folder.steps()?;
    steps.retain(|step| step.step <= state.step);
    let (now, before) = (Instant::now(), state.seconds);
    let outside = Outside::of(folder, plan, &model)?;
    let mut run = Run {
        folder,
        plan,
        host,
        questions,
        watched,
        order,
        state,
        adam,
        outside,
        steps,
        keep: Keep::Inputs,
        before,
        started: now,
        beaten: now,
    };
    if run.state.micro_batch == 0 {
        run.begin(Phase::Probe, 0)?;
        let free = run.host.free_bytes;
        run.state.micro_batch =
            probe::micro_batch(&model.decoder, &run.questions, &plan.training, model.trained, free)?;
    }
    let (training, members, free) = (&plan.training, run.state.micro_batch, run.host.free_bytes);
    run.keep = probe::keep(&model.decoder, &run.questions, training, members, free);
    run.go_on(&mut model)
}

impl Run<'_, '_> {
    fn go_on(&mut self, model: &mut Model) -> Result<Ending, Error> {
        let budget = self.plan.budget;
        let mut saved = self.state.step;
        while self.state.step < budget.max_steps {
            let ending = if self.is_interrupted() { None } else { self.ending() };
            if let Some(ending) = ending {
                return self.finish(model, Some(ending));
            }
            let step = self.state.step + 1;
            let batch = match self.draw(model, step) {
                Ok(Some(batch)) => batch,
                Ok(None) => return self.leave(model, saved, "it was told to end".to_owned()),
                Err(Error::Away(reason)) => return self.leave(model, saved, reason),
                Err(error) => return Err(error),
            };
            self.learn(model, step, batch)?;
            if step.is_multiple_of(self.plan.training.checkpoint_every) {
                self.save(model, saved)?;
                saved = step;
            }
        }
        self.finish(model, None)
    }

    /// What a step learns from; `None` when the process is to end.
    fn draw(&mut self, model: &mut Model, step: u64) -> Result<Option<Batch>, Error> {
        self.begin(Phase::Rollout, step)?;
        let (started, training) = (Instant::now(), &self.plan.training);
        let (wanted, mut cursor) = (training.prompts_per_step as usize, self.state.cursor);
        let mut batch = Batch {
            lessons: Vec::new(),
            rewards: Vec::new(),
            lengths: Vec::new(),
            cut: 0,
            groups: 0,
            live: 0,
            cursor,
            seconds: 0.0,
        };
        if self.is_interrupted() {
            return Ok(None);
        }
        if self.plan.objective == Objective::Distillation {
            let picked = self.pick(&mut cursor, wanted, |question| question.target.is_some());
            batch.lessons = targets(training, &self.questions, &picked);
            batch.cursor = cursor;
            return Ok(Some(batch));
        }
        if let Some(server) = &mut self.outside {
            server.put(model, self.plan, step)?;
        }
        let sampling = self.sampling(training.temperature, training.top_p);
        let mut kept: Vec<Drawing> = Vec::new();
        for round in 0..=u64::from(training.resample) {
            let picked = self.pick(&mut cursor, wanted - kept.len(), |_| true);
            let seed = mixed(&[self.plan.seed, 3, step, round]);
            let interrupted = self.host.interrupted;
            let drawn = roll_out(
                self.outside.as_ref(),
                (&model.decoder, &model.tokenizer),
                &self.questions,
                &picked,
                (training, &sampling, training.group_size as usize),
                seed,
                interrupted,
            )?;
            let Some(drawn) = drawn else { return Ok(None) };
            for drawing in drawn {
                let rewards = drawing.rewards();
                let is_live = objective::is_live(&rewards);
                batch.groups += 1;
                batch.live += usize::from(is_live);
                batch.rewards.extend(rewards);
                batch.lengths.extend(drawing.completions.iter().map(|completion| completion.drawn.tokens.len()));
                batch.cut += drawing.completions.iter().filter(|completion| completion.drawn.is_cut).count();
                if is_live || training.resample == 0 || self.plan.objective == Objective::RejectionSampling {
                    kept.push(drawing);
                }
            }
            if kept.len() >= wanted {
                break;
            }
            self.beat(Phase::Rollout, step)?;
        }
        batch.lessons = lessons(self.plan, &self.questions, kept);
        (batch.cursor, batch.seconds) = (cursor, started.elapsed().as_secs_f64());
        Ok(Some(batch))
    }

    /// The next `n` questions in the order that `fit`; fewer when there are not as many.
    fn pick(&mut self, cursor: &mut u64, n: usize, fit: impl Fn(&Prepared) -> bool) -> Vec<usize> {
        let mut picked = Vec::new();
        for _ in 0..self.questions.len().max(n) {
            if picked.len() == n {
                break;
            }
            if let Some(at) = self.order.get(*cursor)
                && self.questions.get(at).is_some_and(&fit)
            {
                picked.push(at);
            }
            *cursor += 1;
        }
        picked
    }

    fn sampling(&self, temperature: f64, top_p: f64) -> Sampling {
        Sampling { temperature, top_p, stop: self.plan.training.stop.clone() }
    }

    fn learn(&mut self, model: &mut Model, step: u64, mut batch: Batch) -> Result<(), Error> {
        self.begin(Phase::Update, step)?;
        let (plan, training, started) = (self.plan, &self.plan.training, Instant::now());
        let rate = training.learning_rate * (step as f64 / training.warmup_steps.max(1) as f64).min(1.0);
        let (mut first, mut norm, mut trained_on) = (None, None, 0);
        for _ in 0..training.passes {
            if batch.lessons.is_empty() {
                break;
            }
            let how = (model.trained, self.state.micro_batch, self.keep);
            let mut alive = || self.beat(Phase::Update, step);
            let (mut gradients, seen) = gradients(&model.decoder, plan, &mut batch.lessons, how, &mut alive)?;
            trained_on += seen.tokens;
            let length = gradients.norm()?;
            if !length.is_finite() || !seen.loss.is_finite() {
                return Err(Error::Unusable(format!(
                    "step {step}: the gradient's norm is {length} and the loss {}: the run has diverged; a lower learning rate may help",
                    seen.loss
                )));
            }
            if length > 0.0 {
                if training.gradient_clip > 0.0 && length > training.gradient_clip {
                    gradients.scale(training.gradient_clip / length)?;
                }
                self.adam.update(&mut model.decoder, &gradients, rate, training.weight_decay)?;
            }
            norm.get_or_insert(length);
            first.get_or_insert(seen);
        }
        let drawn: usize = batch.lengths.iter().sum();
        let train_seconds = started.elapsed().as_secs_f64();
        self.state.step = step;
        self.state.cursor = batch.cursor;
        self.state.updates = self.adam.updates;
        self.state.tokens += drawn as u64 + trained_on;
        let eval_score = self.watch(model, step)?;
        self.state.seconds = self.before + self.started.elapsed().as_secs_f64();
        let mut line = measures(&batch, first.as_ref());
        line.step = step;
        line.seconds = self.state.seconds;
        line.tokens = self.state.tokens;
        line.gradient_norm = norm;
        line.learning_rate = Some(rate);
        line.train_tokens_per_second = (trained_on > 0).then(|| trained_on as f64 / train_seconds.max(1e-9));
        line.memory_bytes = (self.host.peak_bytes)();
        line.eval_score = eval_score;
        self.folder.append(&Line::Step(line.clone()))?;
        (self.host.tell)(Event::Step(&line, self.plan));
        self.steps.push(line);
        Ok(())
    }

    /// The share of the watched questions that is right, in steps that look.
    fn watch(&mut self, model: &Model, step: u64) -> Result<Option<f64>, Error> {
        let every = self.plan.training.eval_every;
        if every == 0 || !step.is_multiple_of(every) || self.watched.is_empty() {
            return Ok(None);
        }
        self.begin(Phase::Evaluate, step)?;
        let all: Vec<usize> = (0..self.watched.len()).collect();
        let sampling = self.sampling(0.0, 1.0);
        let with = (&self.plan.training, &sampling, 1);
        let drawn = roll_out(None, (&model.decoder, &model.tokenizer), &self.watched, &all, with, 0, &|| false)?;
        let drawn = drawn.unwrap_or_default();
        let right =
            drawn.iter().flat_map(|drawing| &drawing.completions).filter(|completion| completion.is_right).count();
        Ok(Some(right as f64 / all.len() as f64))
    }

    fn ending(&self) -> Option<Reason> {
        let budget = self.plan.budget;
        let stop = |reason: String| Some(Reason { reason, collapsed: false });
        if let Some(reason) = self.folder.asked_to_stop() {
            return stop(reason);
        }
        if let Some(reason) = collapse(&self.plan.limits, &self.steps) {
            return Some(Reason { reason, collapsed: true });
        }
        let seconds = self.before + self.started.elapsed().as_secs_f64();
        if budget.max_seconds > 0 && seconds >= budget.max_seconds as f64 {
            return stop(format!("the budget of {} s is used up", budget.max_seconds));
        }
        if budget.max_tokens > 0 && self.state.tokens >= budget.max_tokens {
            return stop(format!("the budget of {} tokens is used up", budget.max_tokens));
        }
        None
    }

    fn is_interrupted(&self) -> bool {
        (self.host.interrupted)()
    }

    /// A checkpoint of the steps done, unless the one of `saved` is it.
    fn save(&mut self, model: &mut Model, saved: u64) -> Result<(), Error> {
        if self.state.step == saved {
            return Ok(());
        }
        self.begin(Phase::Save, self.state.step)?;
        state::save(self.folder, model, &self.adam, &self.state, self.plan.training.keep_checkpoints)
    }

    /// Ends so that the run can be gone on with.
    fn leave(&mut self, model: &mut Model, saved: u64, reason: String) -> Result<Ending, Error> {
        self.save(model, saved)?;
        self.let_go();
        Ok(Ending::Interrupted(reason))
    }

    fn let_go(&mut self) {
        if let Some(server) = &mut self.outside {
            server.end();
        }
    }

    fn finish(&mut self, model: &mut Model, ending: Option<Reason>) -> Result<Ending, Error> {
        self.begin(Phase::Save, self.state.step)?;
        self.let_go();
        let (status, collapsed) = match &ending {
            None => (Status::Complete, false),
            Some(ending) => (Status::Stopped, ending.collapsed),
        };
        let outcome = Outcome {
            status,
            reason: ending.map(|ending| ending.reason),
            collapsed,
            steps: self.state.step,
            seconds: self.before + self.started.elapsed().as_secs_f64(),
            tokens: self.state.tokens,
            files: Vec::new(),
        };
        Ok(Ending::Done(result::finish(self.folder, self.plan, model, outcome)?))
    }

    fn begin(&mut self, phase: Phase, step: u64) -> Result<(), Error> {
        (self.host.tell)(Event::Phase(phase, step));
        self.beat(phase, step)
    }

    fn beat(&mut self, phase: Phase, step: u64) -> Result<(), Error> {
        if self.beaten.elapsed().as_secs() >= BEAT_SECONDS {
            self.folder.append(&Line::Beat { phase, step })?;
            self.beaten = Instant::now();
        }
        Ok(())
    }
}

/// A step's line, as far as it follows from what was drawn and seen.
fn measures(batch: &Batch, seen: Option<&Seen>) -> Step {
    let n = batch.rewards.len();
    let drawn: usize = batch.lengths.iter().sum();
    let some = |value: f64| (n > 0).then_some(value);
    let mean = batch.rewards.iter().sum::<f64>() / n.max(1) as f64;
    let variance = batch.rewards.iter().map(|reward| (reward - mean).powi(2)).sum::<f64>() / n.max(1) as f64;
    let mut line = Step {
        reward_mean: some(mean),
        reward_std: some(variance.sqrt()),
        live_groups: some(batch.live as f64 / batch.groups.max(1) as f64),
        length: some(drawn as f64 / n.max(1) as f64),
        truncated: some(batch.cut as f64 / n.max(1) as f64),
        rollout_tokens_per_second: some(drawn as f64 / batch.seconds.max(1e-9)),
        ..Step::default()
    };
    if let Some(seen) = seen {
        let tokens = seen.tokens.max(1) as f64;
        line.loss = Some(seen.loss);
        line.entropy = Some(seen.entropy / tokens);
        line.clipped = Some(seen.clipped as f64 / tokens);
        line.kl = (seen.compared > 0).then(|| seen.divergence / seen.compared as f64);
        let weighted = |sum: f64| (seen.weighted > 0).then(|| sum / seen.weighted as f64);
        (line.importance, line.importance_cut) = (weighted(seen.importance), weighted(seen.cut as f64));
    }
    line
}
