//! The process that works on a job folder: started, found again after a restart, watched, ended.

use std::fs::OpenOptions;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};

use crate::refresh::job::Folder;
use crate::refresh::{self, Launcher};
use crate::store::refresh::Refresh;
use crate::worker::{Env, Error};

/// Pause between looks at the process, and at what people wish.
const TICK: Duration = Duration::from_millis(200);
/// How long systemd may take to start the unit.
const UNIT_PATIENCE: Duration = Duration::from_secs(60);
/// How much of the log is read for the last words.
const TAIL_BYTES: u64 = 4000;

/// Why a watch ended.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Seen {
    /// What was to be done is done.
    Done,
    /// Nobody works on it any more, and it is not done; what the process said last.
    Died(String),
    /// A person wants it ended.
    Discarded,
    /// A person wants it to wait, or the hours of the machine are over.
    Paused,
    /// The service stops; the process goes on by itself.
    Left,
}

/// Sees to it that a process works on the folder until `is_done`, and returns why it does not watch any longer, with the seconds.
pub(super) fn work(
    env: &Env,
    refresh: &Refresh,
    folder: &Folder,
    is_done: &dyn Fn() -> Result<bool, Error>,
) -> Result<(Seen, f64), Error> {
    let began = Instant::now();
    let seconds = || began.elapsed().as_secs_f64();
    let mut child: Option<Child> = None;
    if folder.holder()?.is_none() {
        if is_done()? {
            return Ok((Seen::Done, 0.0));
        }
        if wish(env, refresh)?.is_none() && is_open(env, env.clock.now()) {
            child = start(env, folder)?;
        }
    }
    let mut was_held = false;
    loop {
        let ended = match &mut child {
            Some(child) => child.try_wait().map_err(refresh::Error::io(folder.path()))?.map(refresh::engine::told),
            None => None,
        };
        let is_held = folder.holder()?.is_some();
        was_held |= is_held;
        // A short run may end between two looks.
        let is_late = was_held || began.elapsed() >= UNIT_PATIENCE || !starts_by_unit(env);
        let awaits_unit = child.is_none() && !is_late && !is_done()?;
        // An engine may go on without the process that was its own.
        if !is_held && (ended.is_some() || (child.is_none() && !awaits_unit)) {
            let seen = if is_done()? {
                Seen::Done
            } else if let Some(seen) = unwanted(env, refresh)? {
                seen
            } else {
                Seen::Died(last_words(env, folder, ended, was_held))
            };
            return Ok((seen, seconds()));
        }
        if env.is_stopping() {
            return Ok((Seen::Left, seconds()));
        }
        if is_held && unwanted(env, refresh)?.is_some() {
            refresh::engine::end(folder)?;
        }
        std::thread::sleep(TICK);
    }
}

fn unwanted(env: &Env, refresh: &Refresh) -> Result<Option<Seen>, Error> {
    Ok(match wish(env, refresh)?.as_deref() {
        Some("discard") => Some(Seen::Discarded),
        Some("pause") => Some(Seen::Paused),
        _ if !is_open(env, env.clock.now()) => Some(Seen::Paused),
        _ => None,
    })
}

fn wish(env: &Env, refresh: &Refresh) -> Result<Option<String>, Error> {
    Ok(env.store.read()?.refresh(refresh.id)?.and_then(|refresh| refresh.wish))
}

/// Whether the machine may be used at this hour.
pub(super) fn is_open(env: &Env, now: DateTime<Utc>) -> bool {
    env.refresh.is_open(now)
}

fn starts_by_unit(env: &Env) -> bool {
    env.refresh.config.launcher == Launcher::Systemd
}

fn last_words(env: &Env, folder: &Folder, ended: Option<String>, was_held: bool) -> String {
    if !was_held && ended.is_none() && starts_by_unit(env) {
        return "systemd did not start it: `systemctl enable --now aludel-train.path`".to_owned();
    }
    let how = ended.unwrap_or_else(|| "it ended while the service did not watch".to_owned());
    format!("{how}{}", refresh::engine::last_words(&folder.log_tail(TAIL_BYTES)))
}

fn start(env: &Env, folder: &Folder) -> Result<Option<Child>, Error> {
    let program = match &env.refresh.config.program {
        Some(program) => program.clone(),
        None => std::env::current_exe().map_err(refresh::Error::io(Path::new("this program")))?,
    };
    if starts_by_unit(env) {
        hand_to_unit(env, folder)?;
        return Ok(None);
    }
    let path = folder.log_path();
    let log = OpenOptions::new().append(true).create(true).open(&path).map_err(refresh::Error::io(&path))?;
    let errors = log.try_clone().map_err(refresh::Error::io(&path))?;
    let job = std::path::absolute(folder.path()).map_err(refresh::Error::io(folder.path()))?;
    let child = Command::new(&program)
        .arg("train")
        .arg(&job)
        .stdin(Stdio::null())
        .stdout(log)
        .stderr(errors)
        // A signal to the service's group is none to it.
        .process_group(0)
        .spawn()
        .map_err(refresh::Error::io(&program))?;
    tracing::info!(job = %job.display(), pid = child.id(), "a process works on a refresh");
    Ok(Some(child))
}

/// `next` leads to the job, and a change of `start` starts `aludel-train@next.service`.
fn hand_to_unit(env: &Env, folder: &Folder) -> Result<(), Error> {
    let root = root(env);
    let (next, aside) = (root.join("next"), root.join(".next"));
    let _ = std::fs::remove_file(&aside);
    let name = folder.path().file_name().map(PathBuf::from).unwrap_or_default();
    std::os::unix::fs::symlink(name, &aside).map_err(refresh::Error::io(&aside))?;
    std::fs::rename(&aside, &next).map_err(refresh::Error::io(&next))?;
    let start = root.join("start");
    std::fs::write(&start, env.clock.now().to_rfc3339()).map_err(refresh::Error::io(&start))?;
    Ok(())
}

/// The folder of all jobs.
pub fn root(env: &Env) -> PathBuf {
    env.data_dir.refreshes()
}
