use std::os::unix::process::ExitStatusExt;
use std::time::{Duration, Instant};

use super::child::{Group, TICK, last_words, told};
use super::{Fill, Template};
use crate::refresh::Error;
use crate::refresh::guard::collapse;
use crate::refresh::job::{Folder, INTERRUPTED, Lock, Outcome, Plan, Status};

/// How long an engine may take to end by itself once it is asked to.
const STOP_GRACE: Duration = Duration::from_secs(600);
/// How much of the log is read for the last words.
const TAIL_BYTES: u64 = 4000;

/// Whether the process that supervises is told to end.
pub type Stop<'a> = &'a dyn Fn() -> bool;

/// How a run of an engine ended.
#[derive(Debug, Clone, PartialEq)]
pub enum Ending {
    /// `result.json` is there.
    Done(Outcome),
    /// It can be started again and goes on.
    Interrupted(String),
}

/// Trains by the template's command, watches over it, and sees to it that a result is whole or says why there is none.
///
/// Holds the folder's lock by the engine's standard input, so that it stays taken for as long as anything trains there.
///
/// # Errors
/// When the command can not be started, or the folder not be read or written.
pub fn train(folder: &Folder, plan: &Plan, template: &Template, lock: &Lock, stop: Stop<'_>) -> Result<Ending, Error> {
    if let Some(outcome) = folder.outcome()? {
        return Ok(Ending::Done(outcome));
    }
    let job = std::path::absolute(folder.path()).map_err(Error::io(folder.path()))?;
    let job = job.to_string_lossy();
    let base = plan.base_model.path.to_string_lossy();
    let words = Fill { values: vec![("job", &*job), ("base", &*base)] }.words(&template.train, &template.folder);
    let mut engine = Group::start(&words, folder.path(), &folder.log_path(), Some(lock.share()?))?;
    lock.note_engine(engine.pid())?;
    let watch = Watch::new(folder, plan, template.silent_seconds)?;
    match watch.until_it_ends(&mut engine, stop)? {
        Seen::Ended(status) if status.code() == Some(0) => finished(folder),
        Seen::Ended(status) if status.code() == Some(i32::from(INTERRUPTED)) => {
            Ok(Ending::Interrupted("it asked to be started again".to_owned()))
        }
        Seen::Ended(status) => {
            let reason = format!("{}{}", told(status), last_words(&folder.log_tail(TAIL_BYTES)));
            match folder.outcome() {
                Ok(Some(outcome)) if outcome.status == Status::Failed => Ok(Ending::Done(outcome)),
                _ if status.signal().is_some() => Ok(Ending::Interrupted(reason)),
                _ => failed(folder, reason),
            }
        }
        Seen::Told => Ok(Ending::Interrupted("it was told to end".to_owned())),
        Seen::Silent(seconds) => {
            failed(folder, format!("it showed no sign of life for {seconds} seconds and was ended"))
        }
        Seen::DidNotStop(reason) => failed(folder, format!("{reason}, and it did not end when it was asked to")),
    }
}

/// What a watch ended with.
enum Seen {
    Ended(std::process::ExitStatus),
    Told,
    Silent(u64),
    DidNotStop(String),
}

struct Watch<'a> {
    folder: &'a Folder,
    plan: &'a Plan,
    silent: Duration,
    /// Of training before this start.
    seconds_before: f64,
}

impl<'a> Watch<'a> {
    fn new(folder: &'a Folder, plan: &'a Plan, silent_seconds: u64) -> Result<Self, Error> {
        let seconds_before = folder.steps()?.last().map_or(0.0, |step| step.seconds);
        let silent = if silent_seconds == 0 { Duration::MAX } else { Duration::from_secs(silent_seconds) };
        Ok(Watch { folder, plan, silent, seconds_before })
    }

    fn until_it_ends(&self, engine: &mut Group, stop: Stop<'_>) -> Result<Seen, Error> {
        let began = Instant::now();
        let (mut size, mut grew) = (0, began);
        let mut asked: Option<(Instant, String)> = None;
        loop {
            if let Some(status) = engine.ended()? {
                return Ok(Seen::Ended(status));
            }
            if stop() {
                engine.end()?;
                return Ok(Seen::Told);
            }
            let now_size = std::fs::metadata(self.folder.metrics_path()).map_or(0, |data| data.len());
            if now_size != size {
                (size, grew) = (now_size, Instant::now());
                if asked.is_none()
                    && let Some(reason) = self.reason_to_stop()?
                {
                    self.folder.ask_to_stop(&reason)?;
                    asked = Some((Instant::now(), reason));
                }
            }
            let limit = self.plan.budget.max_seconds;
            if asked.is_none() && limit > 0 && self.seconds_before + began.elapsed().as_secs_f64() > limit as f64 {
                let reason = format!("its {limit} seconds are used up");
                self.folder.ask_to_stop(&reason)?;
                asked = Some((Instant::now(), reason));
            }
            if let Some((at, reason)) = &asked
                && at.elapsed() > STOP_GRACE
            {
                engine.end()?;
                return Ok(Seen::DidNotStop(reason.clone()));
            }
            if grew.elapsed() > self.silent {
                engine.end()?;
                return Ok(Seen::Silent(self.silent.as_secs()));
            }
            std::thread::sleep(TICK);
        }
    }

    fn reason_to_stop(&self) -> Result<Option<String>, Error> {
        let steps = self.folder.steps()?;
        let tokens = steps.last().map_or(0, |step| step.tokens);
        let limit = self.plan.budget.max_tokens;
        if limit > 0 && tokens > limit {
            return Ok(Some(format!("its {limit} tokens are used up")));
        }
        Ok(collapse(&self.plan.limits, &steps).map(|reason| format!("{COLLAPSED}{reason}")))
    }
}

/// How a request to stop begins that a guard makes.
const COLLAPSED: &str = "the run collapsed: ";

/// The engine says that its result is whole. Without a `result.json` of its own it gets one.
fn finished(folder: &Folder) -> Result<Ending, Error> {
    match folder.outcome() {
        Ok(Some(outcome)) => return Ok(Ending::Done(outcome)),
        Ok(None) => {}
        Err(error @ Error::Damaged { .. }) => return failed(folder, format!("its result is not whole: {error}")),
        Err(error) => return Err(error),
    }
    if !folder.has_weights() {
        return failed(folder, format!("it ended without a result{}", last_words(&folder.log_tail(TAIL_BYTES))));
    }
    let reason = folder.asked_to_stop();
    let steps = folder.steps()?;
    let last = steps.last();
    let outcome = Outcome {
        status: if reason.is_some() { Status::Stopped } else { Status::Complete },
        collapsed: reason.as_ref().is_some_and(|reason| reason.starts_with(COLLAPSED)),
        reason,
        steps: last.map_or(0, |step| step.step),
        seconds: last.map_or(0.0, |step| step.seconds),
        tokens: last.map_or(0, |step| step.tokens),
        files: Vec::new(),
    };
    Ok(Ending::Done(folder.finish(outcome)?))
}

/// Writes down that there is no result, and why.
fn failed(folder: &Folder, reason: String) -> Result<Ending, Error> {
    folder.begin_result()?;
    let steps = folder.steps()?;
    let last = steps.last();
    let outcome = Outcome {
        steps: last.map_or(0, |step| step.step),
        seconds: last.map_or(0.0, |step| step.seconds),
        tokens: last.map_or(0, |step| step.tokens),
        ..Outcome::failed(reason)
    };
    Ok(Ending::Done(folder.finish(outcome)?))
}
