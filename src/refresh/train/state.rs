//! Checkpoints: all that the next step depends on. Seeds follow from the plan and the step, so no generator's state is kept.

use serde::{Deserialize, Serialize};

use super::optimiser::AdamW;
use super::{Error, Model};
use crate::llm::candle::safetensors;
use crate::refresh;
use crate::refresh::job::{Checkpoint, Folder};

const STATE: &str = "state.json";
const TRAINED: &str = "trained.safetensors";
const MOMENTS: &str = "adamw.safetensors";

/// How far a run is.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct State {
    /// Steps done.
    pub step: u64,
    /// The next place in the order of questions.
    pub cursor: u64,
    /// Updates of the optimiser.
    pub updates: u64,
    /// Completions in memory at once; fixed by the first run, since sums depend on it.
    pub micro_batch: usize,
    pub seconds: f64,
    pub tokens: u64,
    /// Whether a GPU computed it: on a CPU a run that was meant for one would not end.
    #[serde(default)]
    pub on_gpu: bool,
}

/// Writes a checkpoint and drops old ones.
pub(super) fn save(folder: &Folder, model: &mut Model, adam: &AdamW, state: &State, keep: u32) -> Result<(), Error> {
    let written = write(folder, model, adam, state, keep);
    if written.is_err() {
        folder.abandon_checkpoint();
    }
    written
}

fn write(folder: &Folder, model: &mut Model, adam: &AdamW, state: &State, keep: u32) -> Result<(), Error> {
    let path = folder.begin_checkpoint()?;
    let mut tensors = std::collections::HashMap::new();
    let trained = model.trained;
    model.decoder.visit_trained(trained, &mut |name, tensor| {
        tensors.insert(name.to_owned(), tensor.clone());
        Ok(())
    })?;
    candle_core::safetensors::save(&tensors, path.join(TRAINED))?;
    adam.save(&path.join(MOMENTS))?;
    let bytes = serde_json::to_vec_pretty(state).map_err(|error| Error::Unusable(error.to_string()))?;
    let file = path.join(STATE);
    std::fs::write(&file, bytes).map_err(refresh::Error::io(&file))?;
    folder.commit_checkpoint(state.step, keep)?;
    Ok(())
}

/// Puts a checkpoint's numbers into the model.
pub(super) fn load(checkpoint: &Checkpoint, model: &mut Model) -> Result<(State, AdamW), Error> {
    let file = checkpoint.path.join(STATE);
    let bytes = std::fs::read(&file).map_err(refresh::Error::io(&file))?;
    let state: State =
        serde_json::from_slice(&bytes).map_err(|error| Error::Unusable(format!("{}: {error}", file.display())))?;
    if state.on_gpu && model.decoder.device.is_cpu() {
        let reason = format!("it began on a GPU, and there is none now: {}", checkpoint.path.display());
        return Err(Error::Unusable(reason));
    }
    let file = checkpoint.path.join(TRAINED);
    let mut tensors = safetensors::read(&file)?;
    let (trained, device) = (model.trained, model.decoder.device.clone());
    let mut fault = None;
    model.decoder.visit_trained(trained, &mut |name, parameter| {
        match tensors.remove(name) {
            Some(tensor) if tensor.shape() == parameter.shape() => {
                *parameter = tensor.to_device(&device)?.to_dtype(parameter.dtype())?;
            }
            _ => fault = Some(name.to_owned()),
        }
        Ok(())
    })?;
    if let Some(name) = fault {
        return Err(Error::Unusable(format!("{}: {name} is missing or has another shape", file.display())));
    }
    let adam = AdamW::load(&checkpoint.path.join(MOMENTS), state.updates, &model.decoder)?;
    Ok((state, adam))
}
