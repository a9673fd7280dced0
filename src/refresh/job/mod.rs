//! The job folder: all that a trainer is given and all that it gives back. Any program that keeps to this may be the engine.
//!
//! ```text
//! JOB/plan.json            what to do (Plan, format 1); written last, so its presence means that the rest is there
//! JOB/train.parquet        questions to learn from: id, prompt, spec, answer, topic, work, target
//! JOB/eval.parquet         questions to watch during training, none of them of the gate; same columns
//! JOB/engine.json          the commands of an engine that is not the built-in one (Template)
//! JOB/grader.py            the reward, for engines in Python: `grade(spec, response)["score"]`
//! JOB/lock                 held (flock) by the process that trains, for as long as it does
//! JOB/stop                 when it is there, the engine ends after the step it is in: result "stopped"
//! JOB/metrics.jsonl        one Line an object, appended and flushed; growing, it shows that the engine lives
//! JOB/checkpoints/step-N/  what is needed to go on after step N; renamed into place when whole
//! JOB/rollout/step-N/      the adapter before step N, for a server that draws (Rollout); gone when the run ends
//! JOB/result/              adapter_config.json + adapter_model.safetensors (PEFT's layout), or config.json + model.safetensors
//! JOB/result/result.json   Outcome, with the SHA-256 of every other file; written last: without it there is no result
//! JOB/log.txt              what the engine says
//! ```
//!
//! `aludel train JOB` does what there is to do in the folder: it trains until there is a result, then it answers what is asked under
//! `JOB/evaluation` ([`super::evaluate::ask`]). Exit codes: 0 when `result.json` is there and says `complete` or `stopped`; 1 when it failed (with a
//! `result.json` that says so, as far as it could be written); 75 when it was told to end (SIGTERM) and left a checkpoint to go on
//! from. Run again on the same folder it goes on from the newest checkpoint; with a result it does nothing.

mod checkpoint;
mod folder;
mod lock;
mod metrics;
mod outcome;
mod plan;
mod question;
mod rollout;
mod weights;

pub use checkpoint::Checkpoint;
pub use folder::Folder;
pub use lock::{Holder, Lock};
pub use metrics::{Line, Phase, Step};
pub use outcome::{Outcome, Status};
pub use plan::{Advantage, Base, Budget, FORMAT, Loss, Objective, Plan, Training, Weights};
pub use question::{Question, read as questions};
pub use rollout::Rollout;
pub use weights::fingerprint;

/// Exit code of a trainer that was told to end and can go on later.
pub const INTERRUPTED: u8 = 75;
