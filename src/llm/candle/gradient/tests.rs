use std::collections::BTreeMap;

use candle_core::{D, DType, Device, Tensor, Var};
use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use super::*;
use crate::llm::candle::architecture::Family;
use crate::llm::candle::sample::{Row, Sampling, draw};
use crate::llm::candle::tests::invented;
use crate::llm::candle::{Group, Keep, Precision, Tokenizer};

const FAMILIES: [Family; 3] = [Family::Llama, Family::Qwen2, Family::Qwen3];
const TEMPERATURE: f64 = 0.8;

fn decoder(family: Family) -> (tempfile::TempDir, Decoder) {
    let folder = tempfile::tempdir().unwrap();
    invented(family, 11).write(folder.path()).unwrap();
    let mut decoder = Decoder::load(folder.path(), Precision::Dense(DType::F32), &Device::Cpu).unwrap();
    decoder.add_adapters(3, 6.0, 5).unwrap();
    // A fresh B is 0, and so would be the gradients of A.
    let mut dice = ChaCha8Rng::seed_from_u64(6);
    decoder
        .visit_trained(Trained::Adapters, &mut |name, tensor| {
            if name.contains("lora_B") {
                let values: Vec<f32> = (0..tensor.elem_count()).map(|_| dice.random_range(-0.3..0.3)).collect();
                *tensor = Tensor::from_vec(values, tensor.shape(), &Device::Cpu)?;
            }
            Ok(())
        })
        .unwrap();
    (folder, decoder)
}

fn group() -> Group {
    Group {
        prompt: vec![2, 3, 8, 5, 4],
        continuations: vec![vec![9, 10, 0], vec![11], vec![3, 3, 14, 15, 0], vec![8, 0]],
    }
}

fn weights() -> Vec<f32> {
    (0..11).map(|at| ((at * 7 + 3) % 11) as f32 / 5.0 - 1.0).collect()
}

fn gradients(decoder: &Decoder, trained: Trained, keep: Keep) -> Gradients {
    let scored = decoder.score(&group(), TEMPERATURE, Policy::Trained, keep).unwrap();
    let mut gradients = Gradients::new(trained);
    decoder.backward(scored.tape.unwrap(), &weights(), &mut gradients).unwrap();
    gradients
}

/// The largest difference of two tensors over the largest number of the second.
fn distance(a: &Tensor, b: &Tensor) -> f64 {
    let largest = |x: Tensor| {
        f64::from(x.abs().unwrap().flatten_all().unwrap().max(D::Minus1).unwrap().to_scalar::<f32>().unwrap())
    };
    largest((a - b).unwrap()) / largest(b.clone()).max(1e-12)
}

/// The same model in candle's own graph, from operations that are known to have a gradient, one sequence after the other.
fn composed(decoder: &mut Decoder, trained: Trained) -> BTreeMap<String, Tensor> {
    let mut parameters: BTreeMap<String, Tensor> = BTreeMap::new();
    let mut vars: BTreeMap<String, Var> = BTreeMap::new();
    for kind in [Trained::Weights, Trained::Adapters] {
        decoder
            .visit_trained(kind, &mut |name, tensor| {
                if kind == trained {
                    let var = Var::from_tensor(tensor)?;
                    parameters.insert(name.to_owned(), var.as_tensor().clone());
                    vars.insert(name.to_owned(), var);
                } else {
                    parameters.insert(name.to_owned(), tensor.clone());
                }
                Ok(())
            })
            .unwrap();
    }
    let a = decoder.architecture.clone();
    let get = |name: &str| parameters.get(name);
    let norm =
        |x: &Tensor, name: &str| candle_nn::ops::rms_norm_slow(x, get(name).unwrap(), a.norm_eps as f32).unwrap();
    let linear = |x: &Tensor, name: &str| {
        let mut y = x.matmul(&get(&format!("{name}.weight")).unwrap().t().unwrap()).unwrap();
        if let Some(bias) = get(&format!("{name}.bias")) {
            y = y.broadcast_add(bias).unwrap();
        }
        let (wa, wb) = (get(&format!("{name}.lora_A.weight")).unwrap(), get(&format!("{name}.lora_B.weight")).unwrap());
        let low = x.matmul(&wa.t().unwrap()).unwrap().matmul(&wb.t().unwrap()).unwrap();
        (y + (low * 2.0).unwrap()).unwrap()
    };
    let mut loss = Tensor::zeros((), DType::F32, &Device::Cpu).unwrap();
    let mut at = 0;
    for continuation in &group().continuations {
        let prompt = group().prompt;
        let all: Vec<u32> = prompt.iter().chain(continuation).copied().collect();
        let n = all.len() - 1;
        let embedding = get("model.embed_tokens.weight").unwrap();
        let mut x = embedding.index_select(&Tensor::new(&all[..n], &Device::Cpu).unwrap(), 0).unwrap();
        let angles: Vec<f32> = (0..n)
            .flat_map(|p| (0..a.head_dim / 2).map(move |i| (p, i)))
            .map(|(p, i)| p as f32 * (a.rope_theta as f32).powf(-2.0 * i as f32 / a.head_dim as f32))
            .collect();
        let angles = Tensor::from_vec(angles, (n, a.head_dim / 2), &Device::Cpu).unwrap();
        let (cos, sin) = (angles.cos().unwrap(), angles.sin().unwrap());
        let mask = crate::llm::candle::layer::causal(n, &Device::Cpu).unwrap();
        for layer in 0..a.layers {
            let name = |module: &str| format!("model.layers.{layer}.{module}");
            let normed = norm(&x, &name("input_layernorm.weight"));
            let heads = |module: &str, heads: usize| {
                let y = linear(&normed, &name(&format!("self_attn.{module}_proj")));
                let mut y = y.reshape((n, heads, a.head_dim)).unwrap().transpose(0, 1).unwrap().contiguous().unwrap();
                if a.has_head_norm() && module != "v" {
                    y = norm(&y, &name(&format!("self_attn.{module}_norm.weight")));
                }
                if module != "v" {
                    y = candle_nn::rotary_emb::rope_slow(&y.unsqueeze(0).unwrap(), &cos, &sin)
                        .unwrap()
                        .squeeze(0)
                        .unwrap();
                }
                let r = a.heads / heads;
                y.unsqueeze(1)
                    .unwrap()
                    .expand((heads, r, n, a.head_dim))
                    .unwrap()
                    .reshape((a.heads, n, a.head_dim))
                    .unwrap()
            };
            let (q, k, v) = (heads("q", a.heads), heads("k", a.kv_heads), heads("v", a.kv_heads));
            let scores =
                (q.matmul(&k.t().unwrap().contiguous().unwrap()).unwrap() / (a.head_dim as f64).sqrt()).unwrap();
            let shares = candle_nn::ops::softmax(&scores.broadcast_add(&mask).unwrap(), D::Minus1).unwrap();
            let y = shares.matmul(&v).unwrap().transpose(0, 1).unwrap().contiguous().unwrap().reshape((n, ())).unwrap();
            x = (x + linear(&y, &name("self_attn.o_proj"))).unwrap();
            let normed = norm(&x, &name("post_attention_layernorm.weight"));
            let gate = linear(&normed, &name("mlp.gate_proj")).silu().unwrap();
            let product = (gate * linear(&normed, &name("mlp.up_proj"))).unwrap();
            x = (x + linear(&product, &name("mlp.down_proj"))).unwrap();
        }
        let head = get("lm_head.weight").unwrap_or(embedding);
        let logits = norm(&x, "model.norm.weight").matmul(&head.t().unwrap()).unwrap();
        let logits = (logits / TEMPERATURE).unwrap();
        let logps = candle_nn::ops::log_softmax(&logits, D::Minus1).unwrap();
        for (place, token) in continuation.iter().enumerate() {
            let one = logps.get(prompt.len() - 1 + place).unwrap().get(*token as usize).unwrap();
            loss = (loss + (one * f64::from(weights()[at])).unwrap()).unwrap();
            at += 1;
        }
    }
    let store = loss.backward().unwrap();
    vars.iter().map(|(name, var)| (name.clone(), store.get(var).unwrap_or_else(|| panic!("{name}")).clone())).collect()
}

#[test]
fn every_gradient_is_that_of_candles_own_graph() {
    for family in FAMILIES {
        let (_folder, mut decoder) = decoder(family);
        for trained in [Trained::Adapters, Trained::Weights] {
            let ours = gradients(&decoder, trained, Keep::Inputs);
            let theirs = composed(&mut decoder, trained);
            assert_eq!(ours.iter().map(|(name, _)| name).collect::<Vec<_>>(), theirs.keys().collect::<Vec<_>>());
            for (name, gradient) in ours.iter() {
                let off = distance(gradient, &theirs[name]);
                assert!(off < 2e-4, "{family:?} {name}: {off}");
            }
        }
    }
}

#[test]
fn a_step_along_the_gradient_changes_the_loss_as_it_says() {
    for family in FAMILIES {
        for trained in [Trained::Adapters, Trained::Weights] {
            let (_folder, decoder) = decoder(family);
            let gradients = gradients(&decoder, trained, Keep::Inputs);
            let length = gradients.norm().unwrap();
            let shifted = |by: f64| {
                let mut moved = decoder.clone();
                moved
                    .visit_trained(trained, &mut |name, tensor| {
                        *tensor = (&*tensor + (gradients.get(name).unwrap() * (by / length))?)?;
                        Ok(())
                    })
                    .unwrap();
                let scored = moved.score(&group(), TEMPERATURE, Policy::Trained, Keep::Nothing).unwrap();
                scored.logprobs.iter().zip(weights()).map(|(l, w)| f64::from(*l) * f64::from(w)).sum::<f64>()
            };
            let step = 2e-3;
            let slope = (shifted(step) - shifted(-step)) / (2.0 * step);
            assert!((slope / length - 1.0).abs() < 3e-3, "{family:?} {trained:?}: {slope} against {length}");
        }
    }
}

#[test]
fn what_is_computed_again_is_what_was_kept() {
    let (_folder, decoder) = decoder(Family::Qwen3);
    let (again, kept) =
        (gradients(&decoder, Trained::Weights, Keep::Inputs), gradients(&decoder, Trained::Weights, Keep::Everything));
    for (name, gradient) in again.iter() {
        assert_eq!(distance(gradient, kept.get(name).unwrap()), 0.0, "{name}");
    }
}

#[test]
fn a_prompt_read_once_is_as_good_as_read_for_each() {
    let (_folder, decoder) = decoder(Family::Llama);
    let together = gradients(&decoder, Trained::Adapters, Keep::Inputs);
    let mut apart = Gradients::new(Trained::Adapters);
    let (mut from, all) = (0, weights());
    for continuation in group().continuations {
        let len = continuation.len();
        let one = Group { prompt: group().prompt, continuations: vec![continuation] };
        let scored = decoder.score(&one, TEMPERATURE, Policy::Trained, Keep::Inputs).unwrap();
        decoder.backward(scored.tape.unwrap(), &all[from..from + len], &mut apart).unwrap();
        from += len;
    }
    for (name, gradient) in together.iter() {
        let off = distance(gradient, apart.get(name).unwrap());
        assert!(off < 2e-5, "{name}: {off}");
    }
}

#[test]
fn without_its_adapter_a_model_is_what_it_was() {
    let (folder, decoder) = decoder(Family::Qwen2);
    let bare = Decoder::load(folder.path(), Precision::Dense(DType::F32), &Device::Cpu).unwrap();
    let score = |decoder: &Decoder, policy| decoder.score(&group(), 1.0, policy, Keep::Nothing).unwrap().logprobs;
    assert_eq!(score(&decoder, Policy::Reference), score(&bare, Policy::Trained));
    assert_ne!(score(&decoder, Policy::Trained), score(&bare, Policy::Trained));
}

#[test]
fn tokens_are_drawn_with_the_probability_that_training_sees() {
    for family in FAMILIES {
        let (folder, decoder) = decoder(family);
        let tokenizer = Tokenizer::load(folder.path()).unwrap();
        // Prompts of different lengths, so that the cache is padded; two rows of each.
        let prompts = vec![vec![2, 3, 8, 5, 4], vec![9], vec![5, 6, 7]];
        let rows = |seeds: [u64; 6]| {
            (0..6).map(|at| Row { prompt: at / 2, seed: seeds[at], max_tokens: 12, constraint: None }).collect()
        };
        let sampling = Sampling { temperature: TEMPERATURE, top_p: 1.0, stop: Vec::new() };
        let drawn = draw(&decoder, &tokenizer, &prompts, rows([1, 2, 3, 4, 5, 6]), &sampling, &|| false).unwrap();
        for (at, row) in drawn.iter().enumerate() {
            let group = Group { prompt: prompts[at / 2].clone(), continuations: vec![row.tokens.clone()] };
            let scored = decoder.score(&group, TEMPERATURE, Policy::Trained, Keep::Nothing).unwrap();
            for (seen, drawn) in scored.logprobs.iter().zip(&row.logprobs) {
                assert!((seen - drawn).abs() < 5e-5, "{family:?}: {seen} against {drawn}");
            }
            assert_eq!(row.is_cut, row.tokens.last() != Some(&0));
        }
        let alone = Row { prompt: 0, seed: 4, max_tokens: 12, constraint: None };
        let alone = draw(&decoder, &tokenizer, &prompts[1..2], vec![alone], &sampling, &|| false).unwrap();
        assert_eq!(alone[0].tokens, drawn[3].tokens, "a row does not depend on its batch");
    }
}
