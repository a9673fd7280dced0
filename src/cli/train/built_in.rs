//! The built-in engine: a bar on a terminal, lines elsewhere.

use std::io::IsTerminal as _;
use std::path::Path;

use anyhow::bail;
use indicatif::{ProgressBar, ProgressStyle};

use crate::llm::Place;
use crate::llm::candle::adapter::ADAPTER_CONFIG;
use crate::llm::candle::sample::Sampling;
use crate::refresh::engine::{CANDLE, Ending};
use crate::refresh::evaluate::Responses;
use crate::refresh::evaluate::ask::{Ask, Settings};
use crate::refresh::job::{Folder, Phase, Plan, Question, Step};
use crate::refresh::train::{self, Event, Host};

pub fn train(folder: &Folder, plan: &Plan, stop: &dyn Fn() -> bool) -> anyhow::Result<Ending> {
    let bar = bar(plan.budget.max_steps);
    let ending = with_host(&bar, stop, |host| train::train(folder, plan, host))?;
    bar.finish_and_clear();
    Ok(ending)
}

/// Whether everything asked is answered.
pub fn answer(
    folder: &Folder,
    plan: &Plan,
    ask: &Ask,
    questions: &[Question],
    stop: &dyn Fn() -> bool,
) -> anyhow::Result<bool> {
    let bar = bar(0);
    let mut done = true;
    for model in &ask.models {
        done =
            done && with_host(&bar, stop, |host| train::answer(folder, plan, &ask.settings, model, questions, host))?;
    }
    bar.finish_and_clear();
    Ok(done)
}

/// Has a model on this disk answer what is missing: full weights or a GGUF file, or an adapter's folder with its base model.
pub fn answer_by(
    model: &Path,
    base: Option<&Path>,
    device: Place,
    settings: &Settings,
    questions: &[Question],
    responses: &mut Responses,
) -> anyhow::Result<()> {
    let by = match (model.join(ADAPTER_CONFIG).is_file(), base) {
        (false, _) => ("model", model, None),
        (true, Some(base)) => ("model", base, Some(model)),
        (true, None) => bail!("{} is an adapter: say with --base or `refresh.base_model` on what", model.display()),
    };
    let sampling = Sampling { temperature: settings.temperature, top_p: 1.0, stop: Vec::new() };
    let bar = bar(0);
    with_host(&bar, &|| false, |host| train::answer_by(by, device, &sampling, settings, questions, responses, host))?;
    bar.finish_and_clear();
    Ok(())
}

fn with_host<T>(bar: &ProgressBar, stop: &dyn Fn() -> bool, run: impl FnOnce(&mut Host<'_>) -> T) -> T {
    let mut tell = |event: Event<'_>| tell(bar, &event);
    let mut host = Host {
        interrupted: stop,
        peak_bytes: &super::super::peak_rss_bytes,
        free_bytes: free_bytes(),
        tell: &mut tell,
    };
    run(&mut host)
}

fn bar(steps: u64) -> ProgressBar {
    let bar = if std::io::stderr().is_terminal() { ProgressBar::new(steps) } else { ProgressBar::hidden() };
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len}  {msg}  {elapsed}");
    bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

fn tell(bar: &ProgressBar, event: &Event<'_>) {
    match event {
        Event::Phase(phase, _) if !bar.is_hidden() => bar.set_message(word(*phase)),
        Event::Phase(phase @ (Phase::Load | Phase::Probe), _) => eprintln!("{CANDLE}: {}", word(*phase)),
        Event::Phase(..) => {}
        Event::Step(step, plan) if bar.is_hidden() => eprintln!("{}", line(step, plan)),
        Event::Step(step, _) => bar.set_position(step.step),
        Event::Answered { model, done, of } if bar.is_hidden() => {
            eprintln!("{CANDLE}: {done}/{of} answers of the {model}")
        }
        Event::Answered { model, done, of } => {
            bar.set_length(*of as u64);
            bar.set_position(*done as u64);
            bar.set_message(format!("answers of the {model}"));
        }
        Event::Note(note) if bar.is_hidden() => eprintln!("{CANDLE}: {note}"),
        Event::Note(note) => bar.println(note),
    }
}

fn word(phase: Phase) -> &'static str {
    match phase {
        Phase::Load => "loading the model",
        Phase::Probe => "trying the longest sample",
        Phase::Rollout => "drawing",
        Phase::Update => "learning",
        Phase::Evaluate => "looking",
        Phase::Save => "saving",
    }
}

fn line(step: &Step, plan: &Plan) -> String {
    let measures: Vec<String> = step.curves().map(|(name, value)| format!("{name} {value:.4}")).collect();
    format!("step {}/{} after {:.0} s: {}", step.step, plan.budget.max_steps, step.seconds, measures.join(", "))
}

/// Memory that this process may still take: what the kernel says is available, or less where its group is limited.
fn free_bytes() -> Option<u64> {
    let table = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = table.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    let number = |path: &str| std::fs::read_to_string(path).ok()?.trim().parse::<u64>().ok();
    let limit = number("/sys/fs/cgroup/memory.max");
    let used = number("/sys/fs/cgroup/memory.current").unwrap_or(0);
    Some(limit.map_or(u64::MAX, |limit| limit.saturating_sub(used)).min(kib * 1024))
}
