//! How good a model is: questions in, its responses in a file, scores by the grader out, and one model beside another.
//!
//! Who answers is not known here: responses come as JSON lines, from the built-in engine, a command, or a chat server.

pub mod ask;
pub mod benchmark;
pub mod bootstrap;
pub mod gate;
mod responses;
mod score;

pub use responses::{Response, Responses};
pub use score::{Constant, ItemScore, Report, Row, constant, score};
