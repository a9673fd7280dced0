use super::*;
use crate::llm::candle::tiny;
use crate::model::answer::AnswerSpec;
use crate::refresh::guard::Limits;
use crate::refresh::job::{Base, Budget, Status, FORMAT, Objective, Question, Training};

/// "it is in box B": which box holds it is in the prompt, and the answer is that letter alone.
fn questions() -> Vec<Question> {
    let letters = ["A", "B", "C", "D", "E", "F"];
    let boxes = |at: usize| {
        let options = letters.iter().map(|letter| format!("box number {letter}")).collect();
        AnswerSpec::Choice { options, correct: letters[at].to_owned() }
    };
    (0..6)
        .map(|at| Question {
            id: format!("{at}"),
            prompt: format!("it is in box {} which box holds it", letters[at]),
            spec: boxes(at),
            topic: None,
            work: "10.5555/boxes".to_owned(),
            section: None,
            target: Some(letters[at].to_owned()),
        })
        .collect()
}

fn plan(base: &Path) -> Plan {
    Plan {
        format: FORMAT,
        id: "boxes".into(),
        engine: "candle".into(),
        seed: 3,
        base_model: Base { name: "org/tiny".into(), path: base.to_owned(), sha256: fingerprint(base).unwrap() },
        start_adapter: None,
        objective: Objective::Grpo,
        training: Training {
            learning_rate: 5e-3,
            lora_rank: 8,
            lora_alpha: 16.0,
            group_size: 8,
            prompts_per_step: 6,
            max_completion_tokens: 2,
            checkpoint_every: 5,
            resample: 0,
            ..Training::default()
        },
        limits: Limits { patience: 1000, ..Limits::default() },
        budget: Budget { max_steps: 60, max_seconds: 0, max_tokens: 0 },
    }
}

struct Job {
    _outside: tempfile::TempDir,
    folder: Folder,
    plan: Plan,
}

fn job(family: &str, change: impl FnOnce(&mut Plan)) -> Job {
    let outside = tempfile::tempdir().unwrap();
    let base = outside.path().join("base");
    std::fs::create_dir(&base).unwrap();
    tiny::write(&base, family, 2, 32, 1);
    let mut plan = plan(&base);
    change(&mut plan);
    let folder = Folder::new(outside.path().join("job"));
    folder.create(&plan, &questions(), &questions(), None).unwrap();
    Job { _outside: outside, folder, plan }
}

/// Runs on until `interrupted` says so, and gives the end and the notes.
fn run(job: &Job, interrupted: &dyn Fn() -> bool) -> (Ending, Vec<String>) {
    let mut notes = Vec::new();
    let mut tell = |event: Event<'_>| {
        if let Event::Note(note) = event {
            notes.push(note);
        }
    };
    let mut host =
        Host { place: Place::Cpu, interrupted, peak_bytes: &|| None, free_bytes: Some(1 << 32), tell: &mut tell };
    let end = train(&job.folder, &job.plan, &mut host).unwrap();
    (end, notes)
}

fn outcome(job: &Job) -> Outcome {
    match run(job, &|| false).0 {
        Ending::Done(outcome) => outcome,
        Ending::Interrupted(_) => panic!("nobody asked it to end"),
    }
}

fn rewards(job: &Job) -> Vec<f64> {
    job.folder.steps().unwrap().iter().filter_map(|step| step.reward_mean).collect()
}

#[test]
fn grpo_takes_the_reward_from_chance_to_nine_tenths() {
    for (family, weights, rate) in [("llama", Weights::Lora, 5e-3), ("qwen3", Weights::Full, 3e-3)] {
        let job = job(family, |plan| {
            plan.training.weights = weights;
            plan.training.learning_rate = rate;
            plan.training.eval_every = 60;
        });
        let outcome = outcome(&job);
        assert_eq!(outcome.status, Status::Complete, "{:?}", outcome.reason);
        let rewards = rewards(&job);
        let shown: Vec<String> = rewards.iter().map(|reward| format!("{reward:.2}")).collect();
        println!("{family}: {}", shown.join(" "));
        assert!(rewards[0] < 0.35, "chance: {shown:?}");
        let last = &rewards[rewards.len() - 10..];
        assert!(last.iter().sum::<f64>() / 10.0 > 0.9, "{shown:?}");
        assert_eq!(job.folder.steps().unwrap().last().unwrap().eval_score, Some(1.0));
    }
}

#[test]
fn grid() {
    for (family, weights) in [("llama", Weights::Lora), ("qwen3", Weights::Full)] {
        for (rate, group, steps, advantage) in [
            (2e-3, 16, 100, crate::refresh::job::Advantage::Centred),
            (2e-3, 16, 100, crate::refresh::job::Advantage::Normalised),
            (4e-3, 16, 80, crate::refresh::job::Advantage::Centred),
            (8e-3, 32, 60, crate::refresh::job::Advantage::Centred),
            (3e-3, 32, 60, crate::refresh::job::Advantage::Normalised),
            (1e-2, 16, 60, crate::refresh::job::Advantage::Centred),
        ] {
            let job = job(family, |plan| {
                plan.training.weights = weights;
                plan.training.learning_rate = rate;
                plan.training.group_size = group;
                plan.training.advantage = advantage;
                plan.budget.max_steps = steps;
            });
            let started = std::time::Instant::now();
            outcome(&job);
            let rewards = rewards(&job);
            let shown: Vec<String> = rewards.iter().step_by(5).map(|reward| format!("{reward:.2}")).collect();
            println!("{family} {rate} {group} {steps} {advantage:?} {:?}: {}", started.elapsed(), shown.join(" "));
        }
    }
}
