//! In the place of the built-in engine, in a build without it.

use std::path::Path;

use anyhow::bail;

use crate::llm::Place;
use crate::refresh::engine::Ending;
use crate::refresh::evaluate::Responses;
use crate::refresh::evaluate::ask::{Ask, Settings};
use crate::refresh::job::{Folder, Plan, Question};

const ABSENT: &str = "this program was built without the feature `candle`, and so without an engine of its own: name another in the plan";

pub fn train(_: &Folder, _: &Plan, _: &dyn Fn() -> bool) -> anyhow::Result<Ending> {
    bail!(ABSENT)
}

pub fn answer(_: &Folder, _: &Plan, _: &Ask, _: &[Question], _: &dyn Fn() -> bool) -> anyhow::Result<bool> {
    bail!(ABSENT)
}

pub fn answer_by(
    _: &Path,
    _: Option<&Path>,
    _: Place,
    _: &Settings,
    _: &[Question],
    _: &mut Responses,
) -> anyhow::Result<()> {
    bail!(
        "this program was built without the feature `candle`, and so computes no model itself: serve it, and name it in `[llm]`"
    )
}
