//! A refresh from beginning to end: due, prepared, trained, evaluated, judged, each step safe to do again.
//!
//! What is done is a row; what an engine does is a process of its own on a job folder. A kill of the service at any point leaves a row
//! and a folder from which the next run goes on: a process that still trains is found again by the folder's lock.

mod choose;
mod decide;
mod evaluate;
mod run;
mod situation;

use std::path::Path;

use serde_json::{Value, json};

use crate::model::status::RefreshStatus;
use crate::refresh;
use crate::refresh::engine::{CANDLE, Template};
use crate::refresh::job::{Base, Budget, FORMAT, Folder, Objective, Outcome, Plan, Status, fingerprint};
use crate::refresh::trigger::judge;
use crate::release::split::Split;
use crate::store::refresh::{Facts, Refresh};
use crate::worker::jobs::release;
use crate::worker::queue::Retry;
use crate::worker::{Env, Error};

pub use choose::{Drawn, Predicted, Prepared, draw_up};
pub use situation::situation;

use run::Seen;

/// Takes the open refresh as far as it goes now, or begins one that is due.
///
/// # Errors
/// When the store fails, or a file can not be read or written; the next call goes on.
pub fn run(env: &Env) -> Result<(), Error> {
    loop {
        let open = env.store.read()?.open_refresh()?;
        let goes_on = match &open {
            None => begin(env)?,
            Some(refresh) => step(env, refresh)?,
        };
        if !goes_on || env.is_stopping() {
            return Ok(());
        }
    }
}

/// One step of a refresh; whether there is another to do at once.
fn step(env: &Env, refresh: &Refresh) -> Result<bool, Error> {
    match (refresh.status, refresh.wish.as_deref()) {
        (RefreshStatus::Running, Some("discard")) if refresh.outcome.is_none() => train(env, refresh),
        (_, Some("discard")) => discard(env, refresh, "a person ended it"),
        (_, Some("pause")) => Ok(false),
        (RefreshStatus::Proposed, _) => prepare(env, refresh),
        (RefreshStatus::Prepared, _) if !run::is_open(env, env.clock.now()) => Ok(false),
        (RefreshStatus::Prepared, _) => {
            move_to(env, refresh, RefreshStatus::Running, &Facts::default())?;
            Ok(true)
        }
        (RefreshStatus::Running, _) if refresh.outcome.is_none() => train(env, refresh),
        (RefreshStatus::Running, _) => evaluate::evaluate(env, refresh),
        (RefreshStatus::Evaluated, _) => decide::decide(env, refresh),
        (RefreshStatus::Promoted | RefreshStatus::Discarded | RefreshStatus::Failed, _) => Ok(false),
    }
}

/// Proposes a refresh when one is due and nothing speaks against it.
fn begin(env: &Env) -> Result<bool, Error> {
    let config = &env.refresh.config;
    if !config.enabled {
        return Ok(false);
    }
    let now = env.clock.now();
    let (verdict, drawn) = {
        let store = env.store.read()?;
        if store.setting(situation::SINCE)?.is_none() {
            drop(store);
            let mut txn = env.store.write()?;
            txn.set_setting(situation::SINCE, &now.to_rfc3339())?;
            txn.commit()?;
            return Ok(true);
        }
        let verdict = judge(config, &situation(&env.refresh, &store, now, false)?);
        if verdict.cause.is_none() {
            return Ok(false);
        }
        (verdict, draw_up(config, &store, &release::root(env), now, 0)?)
    };
    let Some(cause) = verdict.cause else { return Ok(false) };
    let refusals: Vec<String> = verdict.refusals.iter().chain(&drawn.refusals).cloned().collect();
    let mut txn = env.store.write()?;
    if refusals.is_empty() {
        let id = txn.propose_refresh(cause, &verdict.reasons, &config.name)?;
        txn.commit()?;
        tracing::info!(refresh = id, cause, "a refresh is proposed");
        return Ok(true);
    }
    if txn.note_refused(&config.name, cause, &refusals.join("; "))? {
        txn.commit()?;
        metrics::counter!("aludel_refreshes_refused_total", "cause" => cause).increment(1);
        tracing::warn!(cause, reasons = refusals.join("; "), "a refresh is called for and can not begin");
    }
    Ok(false)
}

/// Chooses the questions and writes the job folder.
fn prepare(env: &Env, refresh: &Refresh) -> Result<bool, Error> {
    let config = &env.refresh.config;
    let store = env.store.read()?;
    let drawn = draw_up(config, &store, &release::root(env), env.clock.now(), refresh.id)?;
    if !drawn.refusals.is_empty() {
        return fail(env, refresh, &drawn.refusals.join("; "), None);
    }
    let mut train = choose::questions(config, &store, &drawn.selected, Split::Train)?;
    if config.objective == Objective::Distillation {
        // Nobody reasoned aloud: what there is to imitate is the key.
        for question in &mut train {
            question.target = Some(format!("<answer>{}</answer>", question.spec.text()));
        }
    }
    let watched = choose::questions(config, &store, &drawn.selected, Split::Validation)?;
    drop(store);
    let Some(path) = config.base_model.clone() else { return fail(env, refresh, "there is no base model", None) };
    let sha256 = match fingerprint(&path) {
        Ok(sha256) => sha256,
        Err(error) => return fail(env, refresh, &format!("the base model can not be read: {error}"), None),
    };
    let engine = match config.engine.as_str() {
        CANDLE => None,
        name => Some(Template { silent_seconds: config.silent_seconds, ..Template::read(&config.engines, name)? }),
    };
    let plan = Plan {
        format: FORMAT,
        id: format!("refresh-{}", refresh.id),
        engine: config.engine.clone(),
        seed: drawn.prepared.seed,
        base_model: Base { name: config.base_name.clone(), path, sha256 },
        start_adapter: None,
        objective: config.objective,
        device: config.device,
        training: config.training.clone(),
        rollout: config.rollout.clone(),
        limits: config.limits.clone(),
        budget: Budget {
            max_steps: config.budget.max_steps,
            max_seconds: config.budget.max_seconds,
            max_tokens: config.budget.max_tokens,
        },
    };
    folder(env, refresh.id).create(&plan, &train, &watched, engine.as_ref())?;
    // Proof: numbers, dates and names.
    let mut kept = serde_json::to_value(&drawn.prepared).unwrap_or_default();
    kept["base_sha256"] = plan.base_model.sha256.clone().into();
    kept["budget"] = json!(plan.budget);
    move_to(env, refresh, RefreshStatus::Prepared, &Facts { plan: Some(&kept), ..Facts::default() })?;
    Ok(true)
}

/// Has the engine train until there is a result.
fn train(env: &Env, refresh: &Refresh) -> Result<bool, Error> {
    let folder = folder(env, refresh.id);
    let is_done = || match folder.outcome() {
        Ok(outcome) => Ok(outcome.is_some()),
        // Said so below.
        Err(refresh::Error::Damaged { .. }) => Ok(true),
        Err(error) => Err(error.into()),
    };
    if !begin_attempt(env, refresh, &folder, &is_done)? {
        let reason = format!("it got no further in {} starts{}", refresh.attempts, tail(&folder));
        return fail(env, refresh, &reason, None);
    }
    let (seen, seconds) = run::work(env, refresh, &folder, &is_done)?;
    spend(env, refresh, "training", seconds)?;
    match seen {
        Seen::Done => {}
        Seen::Died(reason) => {
            tracing::warn!(refresh = refresh.id, reason, "training ended without a result and is started again");
            return Ok(true);
        }
        Seen::Discarded => return discard(env, refresh, "a person ended it"),
        Seen::Paused | Seen::Left => return Ok(false),
    }
    let outcome = match folder.outcome() {
        Ok(Some(outcome)) => outcome,
        Ok(None) => return Ok(true),
        Err(error) => return fail(env, refresh, &format!("its result is not whole: {error}"), None),
    };
    // What passed while the service did not watch is told by the engine alone.
    let known = env.store.read()?.machine_seconds_of(refresh.id, "training")?;
    spend(env, refresh, "training", outcome.seconds - known)?;
    let told = told(&folder, &outcome)?;
    let reason = || outcome.reason.clone().unwrap_or_else(|| "it does not say why".to_owned());
    if outcome.status == Status::Failed {
        return fail(env, refresh, &format!("training failed: {}", reason()), Some(&told));
    }
    if outcome.collapsed {
        let facts = Facts { outcome: Some(&told), reason: Some(&reason()), ..Facts::default() };
        move_to(env, refresh, RefreshStatus::Discarded, &facts)?;
        return Ok(false);
    }
    let mut txn = env.store.write()?;
    txn.note_refresh_outcome(refresh.id, &told)?;
    txn.commit()?;
    Ok(true)
}

/// Counts a start, unless something works on the folder or nothing is left to do; false when there were too many without progress.
fn begin_attempt(
    env: &Env,
    refresh: &Refresh,
    folder: &Folder,
    is_done: &dyn Fn() -> Result<bool, Error>,
) -> Result<bool, Error> {
    if folder.holder()?.is_some() || is_done()? || refresh.wish.is_some() || !run::is_open(env, env.clock.now()) {
        return Ok(true);
    }
    // A checkpoint is progress; steps after it are done again.
    let progress = folder.checkpoints()?.last().map_or(0, |checkpoint| checkpoint.step);
    let mut txn = env.store.write()?;
    let attempts = txn.note_refresh_attempt(refresh.id, progress)?;
    txn.commit()?;
    Ok(attempts <= env.refresh.config.attempts)
}

/// What a result says, with the most memory that it took.
fn told(folder: &Folder, outcome: &Outcome) -> Result<Value, Error> {
    // Proof: numbers, words and paths.
    let mut told = serde_json::to_value(outcome).unwrap_or_default();
    let memory = folder.steps()?.iter().filter_map(|step| step.memory_bytes).max();
    told["memory_bytes"] = memory.into();
    Ok(told)
}

fn spend(env: &Env, refresh: &Refresh, purpose: &str, seconds: f64) -> Result<(), Error> {
    if seconds > 0.0 {
        let mut txn = env.store.write()?;
        txn.spend_machine_time(refresh.id, purpose, seconds)?;
        txn.commit()?;
    }
    Ok(())
}

fn tail(folder: &Folder) -> String {
    refresh::engine::last_words(&folder.log_tail(4000))
}

fn fail(env: &Env, refresh: &Refresh, reason: &str, outcome: Option<&Value>) -> Result<bool, Error> {
    tracing::error!(refresh = refresh.id, reason, "a refresh failed");
    move_to(env, refresh, RefreshStatus::Failed, &Facts { reason: Some(reason), outcome, ..Facts::default() })?;
    Ok(false)
}

fn discard(env: &Env, refresh: &Refresh, reason: &str) -> Result<bool, Error> {
    move_to(env, refresh, RefreshStatus::Discarded, &Facts { reason: Some(reason), ..Facts::default() })?;
    Ok(false)
}

fn move_to(env: &Env, refresh: &Refresh, to: RefreshStatus, facts: &Facts<'_>) -> Result<(), Error> {
    let mut txn = env.store.write()?;
    txn.move_refresh(refresh, to, facts)?;
    txn.commit()?;
    tracing::info!(refresh = refresh.id, status = to.as_str(), reason = facts.reason, "a refresh moved on");
    if to.is_final() {
        metrics::counter!("aludel_refreshes_total", "result" => to.as_str()).increment(1);
        prune(env)?;
    }
    Ok(())
}

/// The job folder of a refresh.
pub fn folder(env: &Env, id: i64) -> Folder {
    Folder::new(env.data_dir.refreshes().join(format!("job-{id}")))
}

/// Takes the oldest job folders off the disk.
fn prune(env: &Env) -> Result<(), Error> {
    let ended: Vec<i64> = env.store.read()?.refreshes()?.iter().filter(|r| r.status.is_final()).map(|r| r.id).collect();
    for id in &ended[..ended.len().saturating_sub(env.refresh.config.keep)] {
        let path = folder(env, *id).path().to_owned();
        remove(&path)?;
    }
    Ok(())
}

fn remove(path: &Path) -> Result<(), Error> {
    match std::fs::remove_dir_all(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(refresh::Error::io(path)(error).into()),
        _ => Ok(()),
    }
}

/// What can not be is parked for a person.
fn parked(reason: impl Into<String>) -> Error {
    Error::Parked { reason: reason.into(), retry: Retry::Never }
}
