//! The corridor between the rooms: jobs that load from the store, call a room, and save with what follows in one transaction.
//!
//! [`run`] is the service's part: it works the queue, watches the inbox, follows the schedule and keeps the index in step until it
//! is told to stop. [`ingest`] is the same work on given files, to the end. Every job may run twice.

mod archive;
mod batches;
pub mod calls;
pub mod decontaminate;
mod env;
mod error;
pub mod inbox;
pub mod ingest;
pub mod jobs;
mod judge;
mod opener;
pub mod project;
pub mod queue;
mod refreshing;
mod releasing;
mod runner;
mod stage_work;
pub mod schedule;
mod take;
mod waiting;
mod yielding;
pub mod topics;

pub use archive::Archive;
pub use env::{Env, Refreshes};
pub use error::Error;
pub use judge::Judge;
pub use opener::Opener;
pub use runner::{Config, run};
