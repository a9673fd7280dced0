//! One job a file: load, call a room, save and queue what follows. Every job may run twice.

mod candidates;
pub mod draft;
pub mod drift;
pub mod edit;
pub mod file;
pub mod full_text;
pub mod index;
pub mod poll;
pub mod push;
pub mod recheck;
pub mod trial;
pub mod topics;
pub mod refresh;
pub mod release;

use super::queue::Order;
use super::{Env, Error, archive};

/// Does what `order` says. Blocks; called on a thread for blocking work.
///
/// # Errors
/// Why it was not done; [`Error::retry`] says whether trying again can help.
pub fn run(env: &Env, order: &Order) -> Result<(), Error> {
    match order {
        Order::Draft { version } => draft::run(env, *version, &mut |_, _| ()),
        Order::Recheck { work } => recheck::run(env, *work),
        Order::File { path } => file::run(env, path.as_ref()),
        Order::Edit { review } => edit::run(env, *review).map(drop),
        Order::Trial {} => trial::run(env),
        Order::Drift {} => drift::run(env),
        Order::Topics { train } => topics::run(env, *train),
        Order::Release { cause } => {
            let ask = release::Ask { cause: *cause, at: None, stage: false };
            let mut progress = |done: u64, all: u64| {
                metrics::gauge!("aludel_release_progress").set(done as f64 / all.max(1) as f64);
            };
            release::dataset(env, ask, &mut progress).map(drop)
        }
        Order::Push {} => push::run(env),
        Order::Refresh {} => refresh::run(env),
        Order::Poll { source } => archive::run(env, *source),
    }
}
