//! TRL's prompt-only form (GRPO and kin): `prompt` as a conversation, and `answer`, which a reward function is handed by name.

use super::super::parquet::Filler;
use super::super::row::Row;

pub const SCHEMA: &str = "message trl {
  required group prompt (LIST) { repeated group list { required group element {
    required binary role (STRING);
    required binary content (STRING);
  } } }
  required binary answer (STRING);
  required binary id (STRING);
}";

/// Fills a row; `prompt`: what the model is shown.
pub fn fill(row: &Row, prompt: &str, to: &mut Filler<'_>) {
    to.texts(["user"].into_iter());
    to.texts([prompt].into_iter());
    to.text(row.answer.as_deref().unwrap_or_default());
    to.text(&row.id);
}
