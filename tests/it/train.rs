//! `aludel train` as a process: killed in the middle, told to end, and with a base model that is none.

use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use aludel::llm::Place;
use aludel::llm::candle::Invented;
use aludel::llm::candle::architecture::Family;
use aludel::model::answer::AnswerSpec;
use aludel::refresh::guard::Limits;
use aludel::refresh::job::{
    Base, Budget, FORMAT, Folder, INTERRUPTED, Objective, Plan, Question, Rollout, Status, Training, fingerprint,
};
use tempfile::TempDir;

use crate::support::aludel;

const WORDS: [&str; 12] = ["which", "box", "holds", "it", "is", "in", "A", "B", "C", "D", "yes", "no"];

fn question(letter: &str) -> Question {
    let options = ["A", "B", "C", "D"].map(|letter| format!("box number {letter}")).to_vec();
    Question {
        id: format!("box-{letter}"),
        prompt: format!("it is in box {letter} which box holds it"),
        spec: AnswerSpec::Choice { options, correct: letter.to_owned() },
        topic: None,
        work: "10.5555/boxes".to_owned(),
        section: None,
        target: None,
    }
}

/// A job on an invented model, both in `outside`.
fn job(outside: &Path, max_steps: u64) -> Folder {
    let base = outside.join("base");
    if !base.exists() {
        std::fs::create_dir(&base).unwrap();
        Invented { family: Family::Qwen3, layers: 2, hidden: 32, words: &WORDS, seed: 4 }.write(&base).unwrap();
    }
    let plan = Plan {
        format: FORMAT,
        id: "boxes".into(),
        engine: "candle".into(),
        seed: 9,
        base_model: Base { name: "org/tiny".into(), sha256: fingerprint(&base).unwrap(), path: base },
        start_adapter: None,
        objective: Objective::Grpo,
        device: Place::Cpu,
        rollout: Rollout::default(),
        training: Training {
            learning_rate: 3e-3,
            lora_rank: 4,
            max_completion_tokens: 4,
            prompts_per_step: 4,
            checkpoint_every: 3,
            ..Training::default()
        },
        limits: Limits { patience: 1000, ..Limits::default() },
        budget: Budget { max_steps, max_seconds: 0, max_tokens: 0 },
    };
    let folder = Folder::new(outside.join("job"));
    let questions = ["A", "B", "C", "D"].map(question);
    folder.create(&plan, &questions, &questions, None).unwrap();
    folder
}

fn train(folder: &Folder) -> Command {
    let mut command = aludel();
    // Sums of several threads are the same only for the same number of them.
    command.arg("train").arg(folder.path()).env("RAYON_NUM_THREADS", "2").stdin(Stdio::null());
    command
}

fn finished(output: &Output) -> String {
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!told.contains("panicked"), "{told}");
    told
}

fn until(what: &str, is_so: impl Fn() -> bool) {
    let started = Instant::now();
    while !is_so() {
        assert!(started.elapsed() < Duration::from_secs(300), "{what} did not come");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn hash(folder: &Folder) -> String {
    let outcome = folder.outcome().unwrap().unwrap();
    assert_eq!(outcome.status, Status::Complete, "{outcome:?}");
    outcome.files.into_iter().find(|file| file.path == "adapter_model.safetensors").unwrap().sha256
}

#[test]
fn a_killed_run_ends_with_the_adapter_of_the_unbroken_one() {
    let outside = TempDir::new().unwrap();
    let unbroken = job(outside.path(), 14);
    let output = train(&unbroken).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", finished(&output));
    assert!(finished(&output).contains("step 14/14"), "lines, where there is no terminal");
    let expected = hash(&unbroken);

    let outside = TempDir::new().unwrap();
    let broken = job(outside.path(), 14);
    let mut child = train(&broken).stderr(Stdio::null()).spawn().unwrap();
    until("the seventh step", || broken.steps().is_ok_and(|steps| steps.len() >= 7));
    child.kill().unwrap();
    assert_eq!(child.wait().unwrap().signal(), Some(9));
    assert_eq!(broken.outcome().unwrap(), None);
    // A step that the killed run left behind says nothing of whether the next one listens yet.
    let seen = broken.steps().unwrap().last().unwrap().step;
    // Told to end it leaves what it has, and says that it can go on.
    let mut child = train(&broken).stderr(Stdio::null()).spawn().unwrap();
    until("another step", || broken.steps().is_ok_and(|steps| steps.last().is_some_and(|step| step.step > seen)));
    Command::new("kill").arg(child.id().to_string()).status().unwrap();
    let code = child.wait().unwrap().code();
    assert!(code == Some(INTERRUPTED.into()) || code == Some(0), "{code:?}");
    let output = train(&broken).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", finished(&output));
    assert_eq!(hash(&broken), expected);
    let steps: Vec<u64> = broken.steps().unwrap().iter().map(|step| step.step).collect();
    assert_eq!(steps, (1..=14).collect::<Vec<_>>());
}

#[test]
fn a_base_model_that_is_none_is_one_clear_line() {
    let failed = |change: &dyn Fn(&Path)| {
        let outside = TempDir::new().unwrap();
        let folder = job(outside.path(), 2);
        change(&outside.path().join("base"));
        let output = train(&folder).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{}", finished(&output));
        let outcome = folder.outcome().unwrap().unwrap();
        assert_eq!(outcome.status, Status::Failed);
        let told = finished(&output);
        assert!(told.contains(outcome.reason.as_deref().unwrap()), "{told}");
        told
    };
    let told = failed(&|base| std::fs::remove_dir_all(base).unwrap());
    assert!(told.contains("base"), "{told}");
    let told = failed(&|base| std::fs::write(base.join("model.safetensors"), b"nothing").unwrap());
    assert!(told.contains("not what it was"), "{told}");
}
