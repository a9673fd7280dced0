//! What trains and what answers: the built-in engine, or commands that keep to the job folder's contract.

mod answer;
mod child;
mod command;
mod template;

pub use answer::answer;
pub use child::{end, last_words, told};
pub use command::{Ending, Stop, train};
pub use template::{Fill, Template};

/// The name of the built-in engine.
pub const CANDLE: &str = "candle";
