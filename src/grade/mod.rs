//! The grader: `(AnswerSpec, response)` in, score, extracted answer and reason out. Deterministic and total.

mod dress;
pub mod number;
mod numeral;
mod table;
pub mod term;
pub mod unit;
