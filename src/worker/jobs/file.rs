//! A file of the inbox to the end: its articles are delivered and drafted, then it moves to `done/` or `failed/`.

use std::path::Path;

use crate::worker::ingest::take_in;
use crate::worker::{Env, Error, inbox};

/// Takes the file in. A file that is gone was taken in by an earlier run.
///
/// # Errors
/// When the store can not be written or the file not moved.
pub fn run(env: &Env, path: &Path) -> Result<(), Error> {
    if !path.exists() {
        return Ok(());
    }
    let report = take_in(env, vec![path.to_owned()], &|_| {})?;
    let reason = match (report.errors.first(), report.not_an_article.keys().next()) {
        (Some(fault), _) => Some(fault.reason.clone()),
        (None, Some(kind)) => Some(format!("not an article: {kind}")),
        (None, None) => None,
    };
    env.wake();
    match reason {
        Some(reason) => inbox::park(env, path, &reason),
        None => inbox::finish(env, path),
    }
}
