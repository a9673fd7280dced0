//! `aludel train`: the process in which a refresh trains and is evaluated, never the service's own.

#[cfg(feature = "candle")]
pub(super) mod built_in;
#[cfg(not(feature = "candle"))]
#[path = "absent.rs"]
pub(super) mod built_in;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::refresh::engine::{CANDLE, Ending, Template, answer, train};
use crate::refresh::job::{Folder, INTERRUPTED, Lock, Outcome, Plan, Status, fingerprint};

/// Do what there is to do in a job folder: train until there is a result, then answer what is asked. Run again, it goes on
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The job folder, as `aludel refresh` makes it
    job: PathBuf,
}

/// Exit code 0: there is a result, and what was asked is answered. 1: it failed. 75: it was told to end, and goes on when it is run again.
///
/// # Errors
/// A folder that is none or is in use; an engine that can not be started.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let folder = Folder::new(&args.job);
    let plan = folder.plan()?;
    let lock = folder.lock()?;
    let told = listen()?;
    let stop = || told.load(Ordering::Relaxed);
    let template = if plan.engine == CANDLE { None } else { Some(folder.engine()?) };
    match trained(&folder, &plan, template.as_ref(), &lock, &stop)? {
        Ending::Interrupted(reason) => {
            eprintln!("aludel: training was interrupted: {reason}");
            return Ok(ExitCode::from(INTERRUPTED));
        }
        Ending::Done(outcome) if outcome.status == Status::Failed => {
            eprintln!("aludel: training failed: {}", outcome.reason.unwrap_or_default());
            return Ok(ExitCode::FAILURE);
        }
        Ending::Done(_) => {}
    }
    let Some((ask, questions)) = folder.ask()? else { return Ok(ExitCode::SUCCESS) };
    let Some(template) = &template else {
        return Ok(if built_in::answer(&folder, &plan, &ask, &questions, &stop)? {
            ExitCode::SUCCESS
        } else {
            ExitCode::from(INTERRUPTED)
        });
    };
    for model in &ask.models {
        answer(&folder, &plan, template, &ask.settings, model, &questions, &stop)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn trained(
    folder: &Folder,
    plan: &Plan,
    template: Option<&Template>,
    lock: &Lock,
    stop: &dyn Fn() -> bool,
) -> anyhow::Result<Ending> {
    if let Some(outcome) = folder.outcome()? {
        return Ok(Ending::Done(outcome));
    }
    let base = &plan.base_model;
    let fault = match fingerprint(&base.path) {
        Ok(found) if found == base.sha256 => None,
        Ok(_) => Some(format!("the base model {} is not what it was when the job was made", base.path.display())),
        Err(error) => Some(format!("the base model can not be read: {error}")),
    };
    if let Some(reason) = fault {
        folder.begin_result()?;
        return Ok(Ending::Done(folder.finish(Outcome::failed(reason))?));
    }
    match template {
        Some(template) => Ok(train(folder, plan, template, lock, stop)?),
        None => built_in::train(folder, plan, stop),
    }
}

/// A flag that SIGTERM and SIGINT set.
fn listen() -> anyhow::Result<Arc<AtomicBool>> {
    use tokio::signal::unix::{SignalKind, signal};
    let told = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&told);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (mut terminate, mut interrupt) = {
        let _guard = runtime.enter();
        (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?)
    };
    std::thread::spawn(move || {
        runtime.block_on(async {
            tokio::select! { _ = terminate.recv() => {}, _ = interrupt.recv() => {} }
        });
        flag.store(true, Ordering::Relaxed);
    });
    Ok(told)
}
