use std::cell::Cell;

use super::*;
use crate::llm::Place;
use crate::llm::candle::Invented;
use crate::llm::candle::architecture::Family;
use crate::llm::candle::tests::invented;
use crate::model::answer::AnswerSpec;
use crate::refresh::evaluate::Responses;
use crate::refresh::evaluate::ask::{Model as Asked, Settings};
use crate::refresh::guard::Limits;
use crate::refresh::job::{Advantage, Base, Budget, FORMAT, Loss, Objective, Question, Rollout, Status, Training};

const LETTERS: [&str; 4] = ["A", "B", "C", "D"];

/// "it is in box B": which box holds it is in the prompt, and the answer is that letter alone.
pub(super) fn questions() -> Vec<Question> {
    let options: Vec<String> = LETTERS.iter().map(|letter| format!("box number {letter}")).collect();
    let question = |letter: &&str| Question {
        id: format!("box-{letter}"),
        prompt: format!("it is in box {letter} which box holds it"),
        spec: AnswerSpec::Choice { options: options.clone(), correct: (*letter).to_owned() },
        topic: None,
        work: "10.5555/boxes".to_owned(),
        section: None,
        target: Some((*letter).to_owned()),
    };
    LETTERS.iter().map(question).collect()
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
        device: Place::Cpu,
        rollout: Rollout::default(),
        training: Training {
            learning_rate: 3e-3,
            lora_rank: 8,
            lora_alpha: 16.0,
            group_size: 16,
            prompts_per_step: 4,
            max_completion_tokens: 2,
            checkpoint_every: 5,
            resample: 0,
            ..Training::default()
        },
        limits: Limits { patience: 1000, ..Limits::default() },
        budget: Budget { max_steps: 80, max_seconds: 0, max_tokens: 0 },
    }
}

pub(super) struct Job {
    _outside: tempfile::TempDir,
    pub(super) folder: Folder,
    pub(super) plan: Plan,
}

pub(super) fn job(family: Family, change: impl FnOnce(&mut Plan)) -> Job {
    let outside = tempfile::tempdir().unwrap();
    let base = outside.path().join("base");
    std::fs::create_dir(&base).unwrap();
    Invented { hidden: 64, ..invented(family, 1) }.write(&base).unwrap();
    let mut plan = plan(&base);
    change(&mut plan);
    let folder = Folder::new(outside.path().join("job"));
    folder.create(&plan, &questions(), &questions(), None).unwrap();
    Job { _outside: outside, folder, plan }
}

fn with_host<T>(interrupted: &dyn Fn() -> bool, run: impl FnOnce(&mut Host<'_>) -> T) -> (T, Vec<String>) {
    let mut notes = Vec::new();
    let mut tell = |event: Event<'_>| {
        if let Event::Note(note) = event {
            notes.push(note);
        }
    };
    let mut host = Host { interrupted, peak_bytes: &|| None, free_bytes: Some(1 << 32), tell: &mut tell };
    let result = run(&mut host);
    (result, notes)
}

pub(super) fn run(job: &Job, interrupted: &dyn Fn() -> bool) -> (Ending, Vec<String>) {
    with_host(interrupted, |host| train(&job.folder, &job.plan, host).unwrap())
}

pub(super) fn outcome(job: &Job) -> Outcome {
    match run(job, &|| false).0 {
        Ending::Done(outcome) => outcome,
        Ending::Interrupted(_) => panic!("nobody asked it to end"),
    }
}

pub(super) fn rewards(job: &Job) -> Vec<f64> {
    job.folder.steps().unwrap().iter().filter_map(|step| step.reward_mean).collect()
}

/// The hash of what was trained.
pub(super) fn hash(outcome: &Outcome) -> String {
    let weights = outcome.files.iter().find(|file| file.path.ends_with(".safetensors"));
    weights.unwrap_or_else(|| panic!("{outcome:?}")).sha256.clone()
}

/// Trains from below `chance` to above `reached`, the mean of the last five steps.
fn learned(family: Family, (chance, reached): (f64, f64), change: impl FnOnce(&mut Plan)) {
    let job = job(family, change);
    let outcome = outcome(&job);
    assert_eq!(outcome.status, Status::Complete, "{:?}", outcome.reason);
    let rewards = rewards(&job);
    let shown: Vec<String> = rewards.iter().map(|reward| format!("{reward:.2}")).collect();
    println!("{family:?}: {}", shown.join(" "));
    assert!(rewards[0] < chance, "{shown:?}");
    let last = &rewards[rewards.len() - 5..];
    assert!(last.iter().sum::<f64>() / 5.0 > reached, "{shown:?}");
}

#[test]
fn grpo_takes_the_reward_from_chance_to_nine_tenths_with_an_adapter() {
    // Small groups stop disagreeing before every letter was tried once; one then is never learned.
    learned(Family::Llama, (0.15, 0.9), |plan| {
        plan.training.group_size = 64;
        plan.training.max_completion_tokens = 1;
        plan.budget.max_steps = 60;
    });
}

#[test]
fn grpo_takes_the_reward_from_chance_to_nine_tenths_with_all_weights() {
    learned(Family::Qwen3, (0.15, 0.9), |plan| {
        plan.training.weights = Weights::Full;
        plan.training.learning_rate = 1e-3;
        plan.training.temperature = 1.3;
        plan.training.group_size = 64;
        plan.training.max_completion_tokens = 1;
        plan.budget.max_steps = 60;
    });
}

#[test]
fn rejection_sampling_and_distillation_learn_it_too() {
    learned(Family::Qwen2, (0.15, 0.35), |plan| {
        plan.objective = Objective::RejectionSampling;
        plan.training.group_size = 64;
        plan.training.learning_rate = 2e-3;
    });
    let job = job(Family::Llama, |plan| {
        plan.objective = Objective::Distillation;
        plan.training.eval_every = 10;
        plan.budget.max_steps = 40;
    });
    outcome(&job);
    let steps = job.folder.steps().unwrap();
    assert_eq!(steps.last().unwrap().eval_score, Some(1.0), "{steps:?}");
    assert!(steps.last().unwrap().loss < steps[0].loss);
}

#[test]
fn a_run_that_is_broken_off_ends_with_the_same_numbers() {
    let short = |plan: &mut Plan| {
        plan.budget.max_steps = 12;
        plan.training.passes = 2;
        plan.training.kl_coefficient = 0.01;
        plan.training.advantage = Advantage::Centred;
        plan.training.loss = Loss::Constant;
    };
    let unbroken = hash(&outcome(&job(Family::Qwen3, short)));
    let job = job(Family::Qwen3, short);
    // Asked to end in the middle of the eighth step: that one is forgotten, the seven before are kept.
    let asked = Cell::new(0);
    let (ending, _) = run(&job, &|| {
        asked.set(asked.get() + u32::from(job.folder.steps().is_ok_and(|steps| steps.len() == 7)));
        asked.get() > 2
    });
    assert!(matches!(ending, Ending::Interrupted(_)));
    assert_eq!(job.folder.checkpoints().unwrap().last().unwrap().step, 7);
    let (ending, notes) = run(&job, &|| false);
    let Ending::Done(ended) = ending else { panic!("{ending:?}") };
    assert_eq!(notes, ["going on after step 7"]);
    assert_eq!(hash(&ended), unbroken);
    assert_eq!(ended.steps, 12);
    assert_eq!(outcome(&job), ended, "with a result nothing is done");
}

#[test]
fn a_gpu_that_gives_out_ends_nothing_and_its_run_does_not_go_on_without_one() {
    let job = job(Family::Llama, |plan| plan.budget.max_steps = 6);
    let lost = candle_core::Error::Cuda("DriverError(CUDA_ERROR_LAUNCH_FAILED)".into());
    let ending = concluded(&job.folder, Err(lost.into())).unwrap();
    assert!(matches!(&ending, Ending::Interrupted(reason) if reason.contains("the GPU gave out")), "{ending:?}");
    assert_eq!(job.folder.outcome().unwrap(), None, "it can go on");
    // On this machine the GPU of the run is gone when it is started again.
    let interrupted = || job.folder.steps().is_ok_and(|steps| steps.len() == 5);
    run(&job, &interrupted);
    let state = job.folder.checkpoints().unwrap().last().unwrap().path.join("state.json");
    let text = std::fs::read_to_string(&state).unwrap().replace("\"on_gpu\": false", "\"on_gpu\": true");
    std::fs::write(&state, text).unwrap();
    let ended = outcome(&job);
    let reason = ended.reason.unwrap_or_default();
    assert!(ended.status == Status::Failed && reason.contains("it began on a GPU, and there is none now"), "{reason}");
}

#[test]
fn a_limit_ends_a_run_with_a_reason() {
    let first = |change: &dyn Fn(&mut Plan)| {
        let job = job(Family::Llama, |plan| {
            plan.budget.max_steps = 30;
            change(plan);
        });
        outcome(&job)
    };
    let ended = first(&|plan| {
        plan.limits = Limits { patience: 3, entropy: 50.0, ..Limits::default() };
    });
    assert_eq!((ended.status, ended.collapsed, ended.steps), (Status::Stopped, true, 3));
    assert!(ended.reason.unwrap().contains("entropy"));
    let ended = first(&|plan| plan.budget.max_tokens = 300);
    assert_eq!((ended.status, ended.collapsed), (Status::Stopped, false));
    assert!(ended.steps < 5 && ended.reason.unwrap().contains("300 tokens"));
    let job = job(Family::Llama, |_| {});
    job.folder.ask_to_stop("the machine is needed").unwrap();
    let ended = outcome(&job);
    assert_eq!((ended.status, ended.steps, ended.files.len()), (Status::Stopped, 0, 2));
    assert_eq!(ended.reason.as_deref(), Some("the machine is needed"));
}

#[test]
fn what_can_not_be_trained_says_why() {
    let failed = |change: &dyn Fn(&Job)| {
        let job = job(Family::Llama, |_| {});
        change(&job);
        let ended = outcome(&job);
        assert_eq!(ended.status, Status::Failed);
        ended.reason.unwrap()
    };
    let told = failed(&|job| std::fs::remove_dir_all(&job.plan.base_model.path).unwrap());
    assert!(told.contains("base"), "{told}");
    let told = failed(&|job| std::fs::write(job.plan.base_model.path.join("model.safetensors"), b"nothing").unwrap());
    assert!(told.contains("model.safetensors"), "{told}");
    let told = failed(&|job| std::fs::write(job.folder.train_path(), b"PAR1").unwrap());
    assert!(told.contains("train.parquet"), "{told}");
    let told = failed(&|job| {
        // Numbers that are finite, and logits that are not.
        let path = job.plan.base_model.path.join("model.safetensors");
        let mut tensors = crate::llm::candle::safetensors::read(&path).unwrap();
        let scale = tensors["model.norm.weight"].affine(1e38, 0.0).unwrap();
        tensors.insert("model.norm.weight".to_owned(), scale);
        candle_core::safetensors::save(&tensors, path).unwrap();
    });
    assert!(told.contains("infinite") || told.contains("diverged"), "{told}");
}

#[test]
fn an_adapter_is_gone_on_from_and_answers_what_is_asked() {
    let job = job(Family::Llama, |plan| {
        plan.objective = Objective::Distillation;
        plan.budget.max_steps = 40;
    });
    let ended = outcome(&job);
    assert_eq!(
        ended.files.iter().map(|file| file.path.as_str()).collect::<Vec<_>>(),
        ["adapter_config.json", "adapter_model.safetensors"]
    );
    let settings = Settings { samples: 2, temperature: 0.0, seed: 1, max_tokens: 2 };
    std::fs::create_dir(job.folder.evaluation_path()).unwrap();
    let answers = |name: &str, weights: Option<&Path>| {
        let model = Asked { name: name.to_owned(), weights: weights.map(Path::to_owned) };
        let done = with_host(&|| false, |host| answer(&job.folder, &job.plan, &settings, &model, &questions(), host)).0;
        assert!(done.unwrap());
        let responses = Responses::open(&job.folder.responses_path(name)).unwrap();
        assert!(responses.missing(&questions(), 2).is_empty());
        LETTERS.map(|letter| responses.get(&format!("box-{letter}"), 1).unwrap().to_owned())
    };
    assert_eq!(answers("candidate", Some(&job.folder.result_path())), LETTERS);
    assert_ne!(answers("champion", None), LETTERS);
    let result = job.folder.result_path();
    let (path, sha256) = (result.clone(), fingerprint(&result).unwrap());
    let more = job_from(&job, Base { name: "aludel/tiny".into(), path, sha256 });
    let first = more.folder.steps().unwrap()[0].loss.unwrap();
    assert!(first < 0.2, "it starts where the other ended: {first}");
}

/// A job that goes on from an adapter; run.
fn job_from(job: &Job, start: Base) -> Job {
    let outside = tempfile::tempdir().unwrap();
    let plan = Plan {
        start_adapter: Some(start),
        budget: Budget { max_steps: 1, max_seconds: 0, max_tokens: 0 },
        ..job.plan.clone()
    };
    let folder = Folder::new(outside.path().join("job"));
    folder.create(&plan, &questions(), &[], None).unwrap();
    let more = Job { _outside: outside, folder, plan };
    assert_eq!(outcome(&more).status, Status::Complete);
    more
}
