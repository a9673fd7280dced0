//! People look at questions: which ones, how far they agree with each other and with verification, and what that says of the rest.
//!
//! Values in, values out: which question is next, Cohen's kappa, the random sample of a release, and the standing protocol that every
//! release and the web page print. Recording a decision is the store's.

mod agreement;
mod audit;
mod figures;
pub mod protocol;
mod sample;

pub use crate::model::review::Balance;
pub use agreement::{Kappa, kappa};
pub use audit::Draw;
pub use figures::{Agreement, Audit, Figures, Standing};
pub use sample::{Candidate, pick, turn, uncertainty};
