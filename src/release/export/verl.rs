//! verl's five columns: `data_source`, `prompt`, `ability`, `reward_model`, `extra_info`. Its `ground_truth` is the answer spec as JSON.

use super::super::parquet::{Cell, Filler};
use super::super::row::Row;

pub const SCHEMA: &str = "message verl {
  required binary data_source (STRING);
  required group prompt (LIST) { repeated group list { required group element {
    required binary role (STRING);
    required binary content (STRING);
  } } }
  required binary ability (STRING);
  required group reward_model {
    required binary style (STRING);
    required binary ground_truth (STRING);
  }
  required group extra_info {
    required binary split (STRING);
    required int64 index;
    required binary id (STRING);
    required binary answer_type (STRING);
    optional binary topic (STRING);
  }
}";

/// Fills a row; `name`: the data set's, `prompt`: what the model is shown, `index`: the row's number in its split.
pub fn fill(row: &Row, name: &str, prompt: &str, index: i64, to: &mut Filler<'_>) {
    to.text(name);
    to.texts(["user"].into_iter());
    to.texts([prompt].into_iter());
    to.text("biology");
    to.text("rule");
    to.text(row.answer.as_deref().unwrap_or_default());
    to.text(&row.split);
    to.cell(Some(Cell::Long(index)), false);
    to.text(&row.id);
    to.text(row.answer_type.as_deref().unwrap_or_default());
    to.maybe_text(row.topic.as_deref());
}
