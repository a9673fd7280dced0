use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::refresh::Error;

/// So many steps are kept in memory, and lines longer than this are no lines of ours.
const MOST_STEPS: usize = 1_000_000;
const MOST_LINE_BYTES: u64 = 64 << 10;

/// A line of `metrics.jsonl`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[expect(clippy::large_enum_variant, reason = "one lives at a time")]
pub enum Line {
    /// An optimiser step that is done.
    Step(Step),
    /// A sign of life inside a long step.
    Beat { phase: Phase, step: u64 },
}

/// What an engine is busy with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    Load,
    /// The longest sample through the model, to see that memory suffices.
    Probe,
    Rollout,
    Update,
    Evaluate,
    Save,
}

/// The measures of a step. What an engine does not measure, or is not finite, is absent.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Step {
    /// From 1. After a resume steps come again; the later line holds.
    pub step: u64,
    /// Of training so far, over all runs on the folder.
    pub seconds: f64,
    /// Sampled and trained on, so far.
    pub tokens: u64,
    pub reward_mean: Option<f64>,
    /// Standard deviation over the step's completions.
    pub reward_std: Option<f64>,
    /// Share of groups whose rewards differ.
    pub live_groups: Option<f64>,
    pub loss: Option<f64>,
    /// From the start, nats a token.
    pub kl: Option<f64>,
    /// Nats a token.
    pub entropy: Option<f64>,
    /// Tokens of a completion, mean.
    pub length: Option<f64>,
    /// Share of completions cut off at `max_completion_tokens`.
    pub truncated: Option<f64>,
    /// Share of tokens whose ratio was clipped.
    pub clipped: Option<f64>,
    /// Mean weight of a token that a server outside drew, and the share of tokens whose weight was cut at its most.
    pub importance: Option<f64>,
    pub importance_cut: Option<f64>,
    /// Before clipping.
    pub gradient_norm: Option<f64>,
    pub learning_rate: Option<f64>,
    pub rollout_tokens_per_second: Option<f64>,
    pub train_tokens_per_second: Option<f64>,
    /// Most memory so far: of the device where there is one, else of the process.
    pub memory_bytes: Option<u64>,
    /// Share right on `eval.parquet`, in steps that looked.
    pub eval_score: Option<f64>,
}

impl Step {
    /// The measures that make curves, by name, without those that are absent.
    pub fn curves(&self) -> impl Iterator<Item = (&'static str, f64)> {
        [
            ("reward_mean", self.reward_mean),
            ("reward_std", self.reward_std),
            ("live_groups", self.live_groups),
            ("loss", self.loss),
            ("kl", self.kl),
            ("entropy", self.entropy),
            ("length", self.length),
            ("truncated", self.truncated),
            ("clipped", self.clipped),
            ("importance", self.importance),
            ("importance_cut", self.importance_cut),
            ("gradient_norm", self.gradient_norm),
            ("learning_rate", self.learning_rate),
            ("rollout_tokens_per_second", self.rollout_tokens_per_second),
            ("train_tokens_per_second", self.train_tokens_per_second),
            ("memory_bytes", self.memory_bytes.map(|bytes| bytes as f64)),
            ("eval_score", self.eval_score),
        ]
        .into_iter()
        .filter_map(|(name, value)| Some((name, value.filter(|value| value.is_finite())?)))
    }
}

pub(super) fn append(path: &Path, line: &Line) -> Result<(), Error> {
    let mut options = OpenOptions::new();
    let mut file = options.read(true).append(true).create(true).open(path).map_err(Error::io(path))?;
    let mut bytes = Vec::new();
    if !ends_whole(&file).map_err(Error::io(path))? {
        bytes.push(b'\n');
    }
    // Proof: numbers and words; what is not finite is written as null.
    serde_json::to_writer(&mut bytes, line).unwrap_or_default();
    bytes.push(b'\n');
    file.write_all(&bytes).map_err(Error::io(path))
}

fn ends_whole(file: &File) -> std::io::Result<bool> {
    use std::os::unix::fs::FileExt;
    let bytes = file.metadata()?.len();
    let mut last = [b'\n'];
    if bytes > 0 {
        file.read_exact_at(&mut last, bytes - 1)?;
    }
    Ok(last == [b'\n'])
}

pub(super) fn steps(path: &Path) -> Result<Vec<Step>, Error> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(Error::io(path)(error)),
    };
    let mut reader = BufReader::new(file);
    let mut steps: Vec<Step> = Vec::new();
    let mut line = Vec::new();
    loop {
        line.clear();
        let n = (&mut reader).take(MOST_LINE_BYTES).read_until(b'\n', &mut line).map_err(Error::io(path))?;
        if n == 0 || steps.len() >= MOST_STEPS {
            return Ok(steps);
        }
        if let Ok(Line::Step(step)) = serde_json::from_slice(&line) {
            // A resumed run does steps again from its checkpoint on.
            let kept = steps.partition_point(|known| known.step < step.step);
            steps.truncate(kept);
            steps.push(step);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn torn_lines_are_passed_over_and_repeated_steps_hold_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("metrics.jsonl");
        let step = |step, loss| Line::Step(Step { step, loss: Some(loss), ..Step::default() });
        for n in 1..=5 {
            append(&path, &step(n, 1.0)).unwrap();
        }
        let mut file = OpenOptions::new().append(true).open(&path).unwrap();
        file.write_all(b"{\"kind\":\"step\",\"st").unwrap();
        append(&path, &Line::Beat { phase: Phase::Rollout, step: 4 }).unwrap();
        append(&path, &step(4, f64::NAN)).unwrap();
        append(&path, &step(5, 2.0)).unwrap();
        let steps = steps(&path).unwrap();
        assert_eq!(steps.iter().map(|step| step.step).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
        assert_eq!((steps[2].loss, steps[3].loss, steps[4].loss), (Some(1.0), None, Some(2.0)));
    }
}
