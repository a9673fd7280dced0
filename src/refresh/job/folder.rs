use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;

use super::checkpoint::{self, Checkpoint};
use super::metrics::{self, Line, Step};
use super::outcome::{Outcome, Status};
use super::plan::Plan;
use super::question::{self, Question};
use super::weights::files;
use crate::refresh::Error;
use crate::refresh::engine::Template;
use crate::release::publish::replace;

const MOST_JSON_BYTES: u64 = 4 << 20;

/// A job folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folder(PathBuf);

impl Folder {
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Folder(path.into())
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Writes a new job: the questions, the grader, the engine's commands if it has any, then the plan. What an earlier try left there
    /// is written anew.
    ///
    /// # Errors
    /// [`Error::Plan`] with what can not be used; when a file can not be written.
    pub fn create(
        &self,
        plan: &Plan,
        train: &[Question],
        eval: &[Question],
        engine: Option<&Template>,
    ) -> Result<(), Error> {
        let faults = plan.faults();
        if !faults.is_empty() {
            return Err(Error::Plan { faults });
        }
        std::fs::create_dir_all(&self.0).map_err(Error::io(&self.0))?;
        self.put_questions(&self.train_path(), train)?;
        self.put_questions(&self.eval_path(), eval)?;
        replace(&self.0.join("grader.py"), crate::release::grader::SOURCE.as_bytes())?;
        if let Some(engine) = engine {
            replace(&self.engine_path(), &pretty(engine))?;
        }
        replace(&self.plan_path(), &pretty(plan))?;
        Ok(())
    }

    /// Writes questions, in the place of what was there.
    pub(in crate::refresh) fn put_questions(&self, path: &Path, questions: &[Question]) -> Result<(), Error> {
        if path.exists() {
            std::fs::remove_file(path).map_err(Error::io(path))?;
        }
        question::write(path, questions)
    }

    pub(in crate::refresh) fn json<T: DeserializeOwned>(&self, path: &Path) -> Result<T, Error> {
        json(path)
    }

    pub fn plan_path(&self) -> PathBuf {
        self.0.join("plan.json")
    }

    pub fn train_path(&self) -> PathBuf {
        self.0.join("train.parquet")
    }

    pub fn eval_path(&self) -> PathBuf {
        self.0.join("eval.parquet")
    }

    pub fn metrics_path(&self) -> PathBuf {
        self.0.join("metrics.jsonl")
    }

    pub fn log_path(&self) -> PathBuf {
        self.0.join("log.txt")
    }

    pub fn result_path(&self) -> PathBuf {
        self.0.join("result")
    }

    fn outcome_path(&self) -> PathBuf {
        self.result_path().join("result.json")
    }

    fn checkpoints_path(&self) -> PathBuf {
        self.0.join("checkpoints")
    }

    /// Where adapters lie for a server that draws.
    pub fn rollout_path(&self) -> PathBuf {
        self.0.join("rollout")
    }

    fn stop_path(&self) -> PathBuf {
        self.0.join("stop")
    }

    /// The plan, checked.
    ///
    /// # Errors
    /// When it is missing, no plan, or can not be used.
    pub fn plan(&self) -> Result<Plan, Error> {
        let plan: Plan = json(&self.plan_path())?;
        let faults = plan.faults();
        if faults.is_empty() { Ok(plan) } else { Err(Error::Plan { faults }) }
    }

    /// The commands of an engine that is not the built-in one.
    ///
    /// # Errors
    /// When they are missing or not understood.
    pub fn engine(&self) -> Result<Template, Error> {
        json(&self.engine_path())
    }

    fn engine_path(&self) -> PathBuf {
        self.0.join("engine.json")
    }

    /// The questions to learn from; every spec can be graded.
    ///
    /// # Errors
    /// When the file is missing, damaged or too large.
    pub fn train(&self) -> Result<Vec<Question>, Error> {
        question::read(&self.train_path())
    }

    /// The questions to watch.
    ///
    /// # Errors
    /// As [`Folder::train`].
    pub fn eval(&self) -> Result<Vec<Question>, Error> {
        question::read(&self.eval_path())
    }

    /// Asks whoever trains to end after the step it is in.
    ///
    /// # Errors
    /// When the file can not be written.
    pub fn ask_to_stop(&self, reason: &str) -> Result<(), Error> {
        Ok(replace(&self.stop_path(), reason.as_bytes())?)
    }

    /// Why training shall end, when it shall.
    pub fn asked_to_stop(&self) -> Option<String> {
        let mut reason = String::new();
        let file = File::open(self.stop_path()).ok()?;
        // Whatever the file holds, its presence is the request.
        let _ = file.take(1000).read_to_string(&mut reason);
        Some(if reason.trim().is_empty() { "it was asked to".to_owned() } else { reason.trim().to_owned() })
    }

    /// Appends a line to the metrics. A line that a kill left torn is ended first.
    ///
    /// # Errors
    /// When the file can not be written.
    pub fn append(&self, line: &Line) -> Result<(), Error> {
        metrics::append(&self.metrics_path(), line)
    }

    /// The steps so far, each once, in order; lines that are torn or not understood are passed over.
    ///
    /// # Errors
    /// When the file is there and can not be read.
    pub fn steps(&self) -> Result<Vec<Step>, Error> {
        metrics::steps(&self.metrics_path())
    }

    /// The whole checkpoints, oldest first.
    ///
    /// # Errors
    /// When the folder can not be read.
    pub fn checkpoints(&self) -> Result<Vec<Checkpoint>, Error> {
        checkpoint::list(&self.checkpoints_path())
    }

    /// An empty folder for the files of a checkpoint.
    ///
    /// # Errors
    /// When it can not be made.
    pub fn begin_checkpoint(&self) -> Result<PathBuf, Error> {
        checkpoint::begin(&self.checkpoints_path())
    }

    /// Puts the checkpoint begun last in place, and drops all but the newest `keep`.
    ///
    /// # Errors
    /// When it can not be made durable or moved.
    pub fn commit_checkpoint(&self, step: u64, keep: u32) -> Result<Checkpoint, Error> {
        checkpoint::commit(&self.checkpoints_path(), step, keep)
    }

    /// Gives up the checkpoint begun last.
    pub fn abandon_checkpoint(&self) {
        checkpoint::abandon(&self.checkpoints_path());
    }

    /// An empty folder for the files of the result.
    ///
    /// # Errors
    /// When it can not be made.
    pub fn begin_result(&self) -> Result<PathBuf, Error> {
        let path = self.result_path();
        if path.exists() {
            std::fs::remove_dir_all(&path).map_err(Error::io(&path))?;
        }
        std::fs::create_dir_all(&path).map_err(Error::io(&path))?;
        Ok(path)
    }

    /// Ends the run: lists and hashes what lies in `result/`, and writes `result.json`. `outcome.files` is filled in here.
    ///
    /// # Errors
    /// When a file can not be read or written.
    pub fn finish(&self, mut outcome: Outcome) -> Result<Outcome, Error> {
        let folder = self.result_path();
        std::fs::create_dir_all(&folder).map_err(Error::io(&folder))?;
        outcome.files = files(&folder)?;
        outcome.files.retain(|entry| entry.path != "result.json");
        for entry in &outcome.files {
            sync(&folder.join(&entry.path))?;
        }
        sync(&folder)?;
        replace(&self.outcome_path(), &pretty(&outcome))?;
        Ok(outcome)
    }

    /// Whether there are weights in `result/`, whole or not.
    pub fn has_weights(&self) -> bool {
        files(&self.result_path()).is_ok_and(|files| files.iter().any(|file| file.path.ends_with(".safetensors")))
    }

    /// How the run ended; `None` while there is no result. The files are checked against their hashes: a result that is not whole
    /// is an error.
    ///
    /// # Errors
    /// [`Error::Damaged`] when `result.json` is not one, or a file is missing or another.
    pub fn outcome(&self) -> Result<Option<Outcome>, Error> {
        let path = self.outcome_path();
        if !path.exists() {
            return Ok(None);
        }
        let outcome: Outcome = json(&path)?;
        let present = files(&self.result_path())?;
        for entry in &outcome.files {
            if !present.contains(entry) {
                return Err(Error::damaged(&path, format!("{} is missing or not what it was", entry.path)));
            }
        }
        if outcome.status != Status::Failed && outcome.files.is_empty() {
            return Err(Error::damaged(&path, "there are no weights"));
        }
        Ok(Some(outcome))
    }

    /// The last bytes of the log, from a line's beginning on.
    pub fn log_tail(&self, most_bytes: u64) -> String {
        use std::io::{Seek, SeekFrom};
        let Ok(mut file) = File::open(self.log_path()) else { return String::new() };
        let from = file.metadata().map_or(0, |data| data.len()).saturating_sub(most_bytes);
        let mut bytes = Vec::new();
        if file.seek(SeekFrom::Start(from)).is_err() || file.take(most_bytes).read_to_end(&mut bytes).is_err() {
            return String::new();
        }
        let text = String::from_utf8_lossy(&bytes).into_owned();
        match text.split_once('\n') {
            Some((_, rest)) if from > 0 => rest.to_owned(),
            _ => text,
        }
    }
}

fn json<T: DeserializeOwned>(path: &Path) -> Result<T, Error> {
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(Error::io(path))?;
    file.take(MOST_JSON_BYTES + 1).read_to_end(&mut bytes).map_err(Error::io(path))?;
    if bytes.len() as u64 > MOST_JSON_BYTES {
        return Err(Error::damaged(path, format!("larger than {MOST_JSON_BYTES} bytes")));
    }
    serde_json::from_slice(&bytes).map_err(|error| Error::damaged(path, error))
}

fn pretty(value: &impl serde::Serialize) -> Vec<u8> {
    // Proof: plans and outcomes are made of strings and numbers.
    let mut bytes = serde_json::to_vec_pretty(value).unwrap_or_default();
    bytes.push(b'\n');
    bytes
}

pub(super) fn sync(path: &Path) -> Result<(), Error> {
    File::open(path).and_then(|file| file.sync_all()).map_err(Error::io(path))
}

#[cfg(test)]
mod tests {
    use super::super::plan::tests::plan;
    use super::super::question::tests::question;
    use super::*;

    fn folder() -> (tempfile::TempDir, Folder) {
        let outside = tempfile::tempdir().unwrap();
        let folder = Folder::new(outside.path().join("job"));
        let questions: Vec<Question> = (0..4).map(question).collect();
        folder.create(&plan(), &questions, &questions[..1], None).unwrap();
        (outside, folder)
    }

    #[test]
    fn a_job_comes_back_as_it_was() {
        let (_outside, folder) = folder();
        assert_eq!(folder.plan().unwrap(), plan());
        assert_eq!((folder.train().unwrap().len(), folder.eval().unwrap().len()), (4, 1));
        assert_eq!(folder.outcome().unwrap(), None);
        let lock = folder.lock().unwrap();
        assert!(matches!(folder.lock(), Err(Error::InUse { .. })));
        drop(lock);
        folder.lock().unwrap();
        assert_eq!(folder.asked_to_stop(), None);
        folder.ask_to_stop("enough").unwrap();
        assert_eq!(folder.asked_to_stop().as_deref(), Some("enough"));
    }

    #[test]
    fn checkpoints_appear_whole_and_old_ones_go() {
        let (_outside, folder) = folder();
        for step in [10, 20, 30] {
            let path = folder.begin_checkpoint().unwrap();
            std::fs::write(path.join("state"), step.to_string()).unwrap();
            folder.commit_checkpoint(step, 2).unwrap();
        }
        std::fs::write(folder.begin_checkpoint().unwrap().join("state"), "torn").unwrap();
        let steps: Vec<u64> = folder.checkpoints().unwrap().iter().map(|checkpoint| checkpoint.step).collect();
        assert_eq!(steps, [20, 30]);
    }

    #[test]
    fn a_result_is_whole_or_none() {
        let (_outside, folder) = folder();
        let result = folder.begin_result().unwrap();
        std::fs::write(result.join("adapter_model.safetensors"), b"weights").unwrap();
        assert_eq!(folder.outcome().unwrap(), None, "its last file is not there yet");
        let outcome = Outcome {
            status: Status::Complete,
            reason: None,
            collapsed: false,
            steps: 5,
            seconds: 1.5,
            tokens: 9,
            files: Vec::new(),
        };
        let finished = folder.finish(outcome.clone()).unwrap();
        assert_eq!(finished.files.len(), 1);
        assert_eq!(folder.outcome().unwrap(), Some(finished));
        std::fs::write(result.join("adapter_model.safetensors"), b"weighty").unwrap();
        assert!(folder.outcome().unwrap_err().to_string().contains("not what it was"));
        folder.begin_result().unwrap();
        folder.finish(outcome).unwrap();
        assert!(folder.outcome().unwrap_err().to_string().contains("no weights"));
    }
}
