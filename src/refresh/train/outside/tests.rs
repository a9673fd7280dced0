//! A server that answers as vLLM does, with our own decoder behind it.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::{Json, Router, routing::post};
use candle_core::Device;
use serde_json::{Value, json};

use super::super::objective::part;
use super::super::tests::{Job, hash, job, outcome, rewards, run};
use super::super::update::{Lesson, gradients};
use super::*;
use crate::llm::candle::architecture::Family;
use crate::llm::candle::sample::draw;
use crate::llm::candle::{Decoder, Group, Keep, Policy, Precision, Tokenizer, Trained};
use crate::refresh::engine::Ending;
use crate::refresh::job::{Status, Training};

/// What the server does with the log-probabilities that it tells.
type Bend = fn(f32) -> f32;

struct Serving {
    base: PathBuf,
    tokenizer: Tokenizer,
    adapters: HashMap<String, Decoder>,
    /// Every call for an adapter, with its status.
    calls: Vec<String>,
    bend: Bend,
    /// So many completions are refused with 503 first.
    busy: u32,
    /// Every call from this completion on is.
    down_after: u32,
    drawn: u32,
}

#[derive(Clone)]
struct Double(Arc<Mutex<Serving>>);

impl Double {
    /// Serves on loopback until the test program ends.
    fn start(base: &Path, bend: Bend) -> (Double, String) {
        let serving = Serving {
            base: base.to_owned(),
            tokenizer: Tokenizer::load(base).unwrap(),
            adapters: HashMap::new(),
            calls: Vec::new(),
            bend,
            busy: 0,
            down_after: u32::MAX,
            drawn: 0,
        };
        let double = Double(Arc::new(Mutex::new(serving)));
        let (state, (tell, told)) = (double.clone(), std::sync::mpsc::channel());
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async move {
                let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
                tell.send(format!("http://{}/v1", listener.local_addr().unwrap())).unwrap();
                let app = Router::new()
                    .route("/v1/completions", post(completions))
                    .route("/v1/load_lora_adapter", post(load))
                    .route("/v1/unload_lora_adapter", post(unload))
                    .with_state(state);
                axum::serve(listener, app).await.unwrap();
            });
        });
        (double, told.recv().unwrap())
    }

    fn with<T>(&self, change: impl FnOnce(&mut Serving) -> T) -> T {
        change(&mut self.0.lock().unwrap())
    }
}

fn refuse(status: u16, kind: &str, message: String) -> Response {
    let error = json!({ "error": { "message": message, "type": kind, "param": null, "code": status } });
    (StatusCode::from_u16(status).unwrap(), Json(error)).into_response()
}

async fn load(State(double): State<Double>, Json(body): Json<Value>) -> Response {
    double.with(|serving| {
        let (name, path) = (body["lora_name"].as_str().unwrap(), body["lora_path"].as_str().unwrap());
        let mut decoder =
            Decoder::load(&serving.base, Precision::Dense(candle_core::DType::F32), &Device::Cpu).unwrap();
        let answer = if serving.drawn >= serving.down_after {
            refuse(503, "ServiceUnavailable", "engine is dead".into())
        } else if serving.adapters.contains_key(name) {
            refuse(400, "InvalidUserInput", format!("The lora adapter '{name}' has already been loaded."))
        } else if let Err(error) = decoder.load_adapters(Path::new(path)) {
            refuse(500, "InternalServerError", error.to_string())
        } else {
            serving.adapters.insert(name.to_owned(), decoder);
            format!("Success: LoRA adapter '{name}' added successfully.").into_response()
        };
        serving.calls.push(format!("load {name} {}", answer.status().as_u16()));
        answer
    })
}

async fn unload(State(double): State<Double>, Json(body): Json<Value>) -> Response {
    double.with(|serving| {
        let name = body["lora_name"].as_str().unwrap();
        let answer = match serving.adapters.remove(name) {
            Some(_) => format!("Success: LoRA adapter '{name}' removed successfully.").into_response(),
            None => refuse(404, "NotFoundError", format!("The lora adapter '{name}' cannot be found.")),
        };
        serving.calls.push(format!("unload {name} {}", answer.status().as_u16()));
        answer
    })
}

async fn completions(State(double): State<Double>, Json(body): Json<Value>) -> Response {
    double.with(|serving| {
        serving.drawn += 1;
        if serving.busy > 0 || serving.drawn >= serving.down_after {
            serving.busy = serving.busy.saturating_sub(1);
            return refuse(503, "ServiceUnavailable", "engine is busy".into());
        }
        let name = body["model"].as_str().unwrap();
        let Some(decoder) = serving.adapters.get(name) else {
            return refuse(404, "NotFoundError", format!("The model `{name}` does not exist."));
        };
        for (key, value) in [("n", 1.0), ("top_p", 1.0), ("top_k", -1.0), ("min_p", 0.0), ("repetition_penalty", 1.0)] {
            assert_eq!(body[key].as_f64(), Some(value), "{key}");
        }
        assert_eq!((&body["return_token_ids"], &body["add_special_tokens"]), (&json!(true), &json!(false)));
        let prompt: Vec<u32> = serde_json::from_value(body["prompt"].clone()).unwrap();
        let (temperature, max_tokens) = (body["temperature"].as_f64().unwrap(), body["max_tokens"].as_u64().unwrap());
        let sampling = Sampling { temperature, top_p: 1.0, stop: serde_json::from_value(body["stop"].clone()).unwrap() };
        let seed = body["seed"].as_i64().unwrap().cast_unsigned();
        let row = Row { prompt: 0, seed, max_tokens: max_tokens as usize, constraint: None };
        let all = draw(decoder, &serving.tokenizer, std::slice::from_ref(&prompt), vec![row], &sampling, &|| false);
        let drawn = all.unwrap().pop().unwrap();
        let group = Group { prompt: prompt.clone(), continuations: vec![drawn.tokens.clone()] };
        let scored = decoder.score(&group, temperature, Policy::Trained, Keep::Nothing).unwrap().logprobs;
        let logprobs: Vec<f32> = scored.into_iter().map(serving.bend).collect();
        let words: Vec<String> = drawn.tokens.iter().map(|token| format!("token_id:{token}")).collect();
        let n = drawn.tokens.len();
        Json(json!({
            "id": "cmpl-1", "object": "text_completion", "created": 1, "model": name,
            "choices": [{
                "index": 0, "text": serving.tokenizer.decode(&drawn.tokens, true).unwrap(), "stop_reason": null,
                "finish_reason": if drawn.is_cut { "length" } else { "stop" },
                "token_ids": drawn.tokens, "prompt_token_ids": prompt, "prompt_logprobs": null,
                "logprobs": { "text_offset": vec![0; n], "token_logprobs": logprobs, "tokens": words, "top_logprobs": vec![json!({}); n] },
            }],
            "usage": { "prompt_tokens": prompt.len(), "completion_tokens": n, "total_tokens": prompt.len() + n },
        }))
        .into_response()
    })
}

/// To the nearest number of eight bits.
fn in_bf16(x: f32) -> f32 {
    f32::from_bits((x.to_bits() + 0x8000) & 0xffff_0000)
}

/// A job of some steps; with a server when there is a bend.
fn served(bend: Option<Bend>, change: impl FnOnce(&mut Plan)) -> (Job, Option<Double>) {
    let mut double = None;
    let job = job(Family::Llama, |plan| {
        plan.budget.max_steps = 6;
        // Sums depend on how many completions are taken together, and the server takes one at a time.
        plan.training.micro_batch = 1;
        plan.training.kl_coefficient = 0.01;
        if let Some(bend) = bend {
            let (server, base_url) = Double::start(&plan.base_model.path, bend);
            plan.rollout = Rollout { base_url, ..Rollout::default() };
            double = Some(server);
        }
        change(plan);
    });
    (job, double)
}

#[test]
fn a_server_that_sees_what_the_trainer_sees_leads_to_the_same_adapter() {
    let here = hash(&outcome(&served(None, |_| {}).0));
    let (job, double) = served(Some(|logprob| logprob), |_| {});
    double.as_ref().unwrap().with(|serving| serving.busy = 2);
    assert_eq!(hash(&outcome(&job)), here);
    let steps = job.folder.steps().unwrap();
    assert!(steps.iter().all(|step| step.importance == Some(1.0) && step.importance_cut == Some(0.0)), "{steps:?}");
    let calls = double.unwrap().with(|serving| {
        assert!(serving.adapters.is_empty(), "nothing is left on it");
        serving.calls.clone()
    });
    let name = |step: u64| format!("aludel-boxes-step-{step}");
    let mut expected = vec![format!("unload {} 404", name(1)), format!("load {} 200", name(1))];
    for step in 2..=6 {
        let swap = [format!("unload {} 404", name(step)), format!("load {} 200", name(step))];
        expected.extend(swap.into_iter().chain([format!("unload {} 200", name(step - 1))]));
    }
    expected.push(format!("unload {} 200", name(6)));
    assert_eq!(calls, expected, "a new name each step, the last one taken off");
    assert!(!job.folder.rollout_path().exists());
}

#[test]
fn what_a_server_in_bf16_draws_is_weighted_and_learned_from() {
    let (job, _) = served(Some(in_bf16), |plan| {
        plan.training.group_size = 64;
        plan.training.max_completion_tokens = 1;
        plan.training.kl_coefficient = 0.0;
        plan.budget.max_steps = 40;
    });
    assert_eq!(outcome(&job).status, Status::Complete);
    let (rewards, steps) = (rewards(&job), job.folder.steps().unwrap());
    let weights: Vec<f64> = steps.iter().filter_map(|step| step.importance).collect();
    println!("weights {:.4?}, rewards {rewards:.2?}", &weights[..5]);
    assert!(weights.iter().any(|weight| *weight != 1.0) && weights.iter().all(|weight| (weight - 1.0).abs() < 0.02));
    let last = &rewards[rewards.len() - 5..];
    assert!(rewards[0] < 0.2 && last.iter().sum::<f64>() / 5.0 > 0.6, "{rewards:.2?}");
}

/// The gradient of the weighted loss is its derivative; equal probabilities change nothing, and a weight that is cut counts as the most.
#[test]
fn the_weight_stands_in_the_gradient_as_in_the_loss() {
    let (job, _) = served(None, |plan| plan.training.kl_coefficient = 0.0);
    let path = &job.plan.base_model.path;
    let mut decoder = Decoder::load(path, Precision::Dense(candle_core::DType::F32), &Device::Cpu).unwrap();
    decoder.add_adapters(4, 8.0, 5).unwrap();
    // B is 0 before the first step; a little of A makes every gradient count.
    decoder
        .visit_trained(Trained::Adapters, &mut |name, tensor| {
            if name.contains("lora_B") {
                *tensor = (tensor.ones_like()? * 0.05)?;
            }
            Ok(())
        })
        .unwrap();
    let group = Group { prompt: vec![2, 5, 7], continuations: vec![vec![3, 9, 4], vec![12, 2]] };
    let found = decoder.score(&group, 1.0, Policy::Trained, Keep::Nothing).unwrap().logprobs;
    let lesson = |drawn: Option<Vec<f32>>| Lesson {
        group: group.clone(),
        advantages: vec![1.0, -0.7],
        shares: vec![0.2, 0.2],
        old: Some(found.clone()),
        drawn,
    };
    let plan = Plan { rollout: Rollout { most_weight: 2.0, ..Rollout::default() }, ..job.plan.clone() };
    let taken = |decoder: &Decoder, lesson: Lesson| {
        let how = (Trained::Adapters, 8, Keep::Inputs);
        gradients(decoder, &plan, &mut [lesson], how, &mut || Ok(())).unwrap()
    };
    let (plain, seen) = taken(&decoder, lesson(None));
    let (same, seen_same) = taken(&decoder, lesson(Some(found.clone())));
    let (double, _) = taken(&decoder, lesson(Some(found.iter().map(|x| x - 5.0).collect())));
    assert_eq!((seen.loss, seen.weighted, seen_same.weighted), (seen_same.loss, 0, 5));
    let lens: Vec<f32> = (0..5).map(|at| found[at] + 0.3 * (at as f32 - 2.0)).collect();
    let (bent, seen_bent) = taken(&decoder, lesson(Some(lens.clone())));
    assert!(seen_bent.cut == 0 && (seen_bent.importance / 5.0 - 1.0).abs() > 0.01, "{seen_bent:?}");
    let mut square = 0.0;
    let mut names = Vec::new();
    decoder
        .visit_trained(Trained::Adapters, &mut |name, _| {
            names.push(name.to_owned());
            Ok(())
        })
        .unwrap();
    let numbers = |gradient: &candle_core::Tensor| gradient.flatten_all().unwrap().to_vec1::<f32>().unwrap();
    for name in &names {
        let (plain, same, double) = [&plain, &same, &double].map(|all| numbers(all.get(name).unwrap())).into();
        assert_eq!(same, plain, "{name}");
        assert!(double.iter().zip(&plain).all(|(double, plain)| *double == 2.0 * plain), "{name}");
        square += numbers(bent.get(name).unwrap()).iter().map(|x| f64::from(x * x)).sum::<f64>();
    }
    // A small step along the gradient changes the loss by the gradient's length.
    let length = square.sqrt();
    let mut moved = |by: f64| {
        decoder
            .visit_trained(Trained::Adapters, &mut |name, tensor| {
                *tensor = (&*tensor + (bent.get(name).unwrap() * (by / length))?)?;
                Ok(())
            })
            .unwrap();
        let loss = taken(&decoder, lesson(Some(lens.clone()))).1.loss;
        decoder
            .visit_trained(Trained::Adapters, &mut |name, tensor| {
                *tensor = (&*tensor - (bent.get(name).unwrap() * (by / length))?)?;
                Ok(())
            })
            .unwrap();
        loss
    };
    let slope = (moved(1e-2) - moved(-1e-2)) / 2e-2;
    println!("gradient {length:.6}, finite difference {slope:.6}");
    assert!((slope / length - 1.0).abs() < 5e-3, "{slope} {length}");
    let token =
        |weight| super::super::objective::Token { new: -1.0, old: -1.0, reference: None, advantage: 1.0, weight };
    assert_eq!(part(token(0.5), &Training::default()).slope, -0.5);
}

#[test]
fn a_server_that_is_gone_interrupts_the_run_and_one_that_can_not_do_it_fails_it() {
    let (job, double) = served(Some(|logprob| logprob), |_| {});
    let double = double.unwrap();
    double.with(|serving| serving.down_after = 200);
    let (ending, _) = run(&job, &|| false);
    let Ending::Interrupted(reason) = ending else { panic!("{ending:?}") };
    assert!(reason.contains("503") && reason.contains("busy"), "{reason}");
    let done = job.folder.checkpoints().unwrap().last().unwrap().step;
    assert!((1..6).contains(&done), "the steps before are kept: {done}");
    double.with(|serving| serving.down_after = u32::MAX);
    assert_eq!(outcome(&job).status, Status::Complete);

    let failed = |change: &dyn Fn(&mut Plan), word: &str| {
        let (job, _) = served(Some(|_| f32::NAN), change);
        let ended = outcome(&job);
        assert_eq!(ended.status, Status::Failed);
        assert!(ended.reason.as_ref().unwrap().contains(word), "{ended:?}");
    };
    failed(&|_| {}, "log-probability");
    failed(
        &|plan| plan.rollout.base_url = plan.rollout.base_url.replace("/v1", "/v2"),
        "VLLM_ALLOW_RUNTIME_LORA_UPDATING",
    );
}
