//! Refreshes: a model trained anew when the field has moved, and put in the champion's place only when it is better.
//!
//! In go questions as values and a model's folder; between the service and whatever trains lies a [`job`] folder, and out of it
//! comes a model's folder again. Nothing here asks the store, and nothing here trains inside the service: `aludel train JOB` is a
//! process of its own.

mod config;
pub mod engine;
mod error;
pub mod evaluate;
pub mod guard;
mod hours;
pub mod job;
#[cfg(feature = "candle")]
pub mod train;
pub mod trigger;

pub use config::{Budget, Config, Gate, Launcher, Replies};
pub use error::Error;
