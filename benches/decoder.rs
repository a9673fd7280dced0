//! The in-process model: numbers for `decoder_peers.py` to hold against PyTorch, and tokens per CPU second.
//!
//! `make DIR` writes invented models with adapters, `numbers DIR` the log-probabilities and gradients of each, `tokens MODEL FILE` the
//! tokens of texts and conversations, `requantise FROM TO` a GGUF file in Q8_0, `speed MODEL` reads a prompt and draws behind it,
//! `job DIR MODEL STEPS` makes a job folder for `aludel train` on which a small model learns something.

#[allow(dead_code)]
mod machine;

use std::collections::HashMap;
use std::path::Path;

use aludel::llm::Message;
use aludel::llm::candle::architecture::Family;
use aludel::llm::candle::{Decoder, Gradients, Group, Invented, Keep, Policy, Precision, Tokenizer, Trained};
use aludel::model::answer::AnswerSpec;
use aludel::refresh::guard::Limits;
use aludel::refresh::job::{
    Advantage, Base, Budget, FORMAT, Folder, Loss, Objective, Plan, Question, Training, fingerprint,
};
use candle_core::quantized::{GgmlDType, QTensor, gguf_file};
use candle_core::{DType, Device, Tensor};

const FAMILIES: [Family; 3] = [Family::Llama, Family::Qwen2, Family::Qwen3];
const WORDS: [&str; 30] = [
    "w0", "w1", "w2", "w3", "w4", "w5", "w6", "w7", "w8", "w9", "w10", "w11", "w12", "w13", "w14", "w15", "w16", "w17",
    "w18", "w19", "w20", "w21", "w22", "w23", "w24", "w25", "w26", "w27", "w28", "w29",
];

fn main() {
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| arg != "--bench").collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["make", folder] => make(Path::new(folder)),
        ["numbers", folder] => numbers(Path::new(folder)),
        ["tokens", model, texts] => tokens(Path::new(model), Path::new(texts)),
        ["requantise", from, to] => requantise(Path::new(from), Path::new(to)),
        ["speed", model] => speed(Path::new(model)),
        ["job", folder, model, steps] => job(Path::new(folder), Path::new(model), steps.parse().unwrap()),
        _ => println!("decoder: run by decoder_peers.py"),
    }
}

fn group() -> Group {
    Group {
        prompt: vec![2, 3, 8, 5, 4, 9, 12],
        continuations: vec![vec![9, 10, 20, 21], vec![11], vec![3, 30, 14, 15, 6, 7], vec![8, 29]],
    }
}

fn make(folder: &Path) {
    for family in FAMILIES {
        let at = folder.join(family.as_str());
        let adapter = at.join("adapter");
        std::fs::create_dir_all(&adapter).unwrap();
        Invented { family, layers: 3, hidden: 64, words: &WORDS, seed: 5 }.write(&at).unwrap();
        let mut decoder = Decoder::load(&at, Precision::Dense(DType::F32), &Device::Cpu).unwrap();
        decoder.add_adapters(4, 8.0, 1).unwrap();
        let mut n = 0_u32;
        let mut spread = |name: &str, tensor: &mut Tensor| {
            if name.contains("lora_B") {
                let values: Vec<f32> = (0..tensor.elem_count())
                    .map(|_| {
                        n = n.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                        (n >> 8) as f32 / (1 << 24) as f32 * 0.4 - 0.2
                    })
                    .collect();
                *tensor = Tensor::from_vec(values, tensor.shape(), &Device::Cpu)?;
            }
            Ok(())
        };
        decoder.visit_trained(Trained::Adapters, &mut spread).unwrap();
        decoder.save_trained(Trained::Adapters, &adapter, family.as_str(), 4, 8.0).unwrap();
    }
}

fn numbers(folder: &Path) {
    for family in FAMILIES {
        let at = folder.join(family.as_str());
        let mut decoder = Decoder::load(&at, Precision::Dense(DType::F32), &Device::Cpu).unwrap();
        decoder.load_adapters(&at.join("adapter")).unwrap();
        let mut out: HashMap<String, Tensor> = HashMap::new();
        for (name, policy) in [("logprobs", Policy::Trained), ("reference", Policy::Reference)] {
            let scored = decoder.score(&group(), 1.0, policy, Keep::Nothing).unwrap();
            out.insert(name.to_owned(), Tensor::new(scored.logprobs, &Device::Cpu).unwrap());
        }
        out.insert("logits".to_owned(), decoder.read(&group().prompt).unwrap().logits);
        for trained in [Trained::Adapters, Trained::Weights] {
            let scored = decoder.score(&group(), 1.0, Policy::Trained, Keep::Inputs).unwrap();
            let weights: Vec<f32> = (0..scored.logprobs.len()).map(|at| at as f32 / 5.0 - 1.0).collect();
            let mut gradients = Gradients::new(trained);
            decoder.backward(scored.tape.unwrap(), &weights, &mut gradients).unwrap();
            for (name, gradient) in gradients.iter() {
                out.insert(format!("gradient.{name}"), gradient.clone());
            }
        }
        candle_core::safetensors::save(&out, at.join("ours.safetensors")).unwrap();
    }
    println!("{}", serde_json::json!({ "prompt": group().prompt, "continuations": group().continuations }));
}

/// The tokens of texts and conversations, as JSON in the form of `tests/fixtures/small_model/tokens.json`.
fn tokens(model: &Path, texts: &Path) {
    let tokenizer = Tokenizer::load(model).unwrap();
    let asked: serde_json::Value = serde_json::from_slice(&std::fs::read(texts).unwrap()).unwrap();
    let of = |part: &str| asked[part].as_array().unwrap().iter().map(|pair| pair[0].clone()).collect::<Vec<_>>();
    let texts = of("texts").into_iter().map(|text| tokenizer.encode(text.as_str().unwrap()).unwrap());
    let conversations = of("conversations").into_iter().map(|messages| {
        let messages: Vec<Message> = serde_json::from_value(messages).unwrap();
        tokenizer.conversation(&messages).unwrap()
    });
    let (texts, conversations): (Vec<_>, Vec<_>) = (texts.collect(), conversations.collect());
    println!("{}", serde_json::json!({ "texts": texts, "conversations": conversations }));
}

/// The same model with its quantised matrices in Q8_0, which both sides of a comparison can then read from one file.
fn requantise(from: &Path, to: &Path) {
    let mut file = std::fs::File::open(from).unwrap();
    let content = gguf_file::Content::read(&mut file).unwrap();
    let mut names: Vec<&String> = content.tensor_infos.keys().collect();
    names.sort();
    let tensors: Vec<(&str, QTensor)> = names
        .into_iter()
        .map(|name| {
            let stored = content.tensor(&mut file, name, &Device::Cpu).unwrap();
            if stored.dtype() == GgmlDType::F32 {
                return (name.as_str(), stored);
            }
            (name.as_str(), QTensor::quantize(&stored.dequantize(&Device::Cpu).unwrap(), GgmlDType::Q8_0).unwrap())
        })
        .collect();
    let mut metadata: Vec<(&str, gguf_file::Value)> =
        content.metadata.iter().map(|(key, value)| (key.as_str(), value.clone())).collect();
    metadata.sort_by_key(|(key, _)| *key);
    for (key, value) in &mut metadata {
        // llama.cpp's number for a file that is mostly Q8_0.
        if *key == "general.file_type" {
            *value = gguf_file::Value::U32(7);
        }
    }
    let metadata: Vec<(&str, &gguf_file::Value)> = metadata.iter().map(|(key, value)| (*key, value)).collect();
    let tensors: Vec<(&str, &QTensor)> = tensors.iter().map(|(name, tensor)| (*name, tensor)).collect();
    let mut out = std::io::BufWriter::new(std::fs::File::create(to).unwrap());
    gguf_file::write(&mut out, &metadata, &tensors).unwrap();
}

/// Tokens per CPU second: of a prompt, and of what is drawn behind it.
fn speed(model: &Path) {
    const PROMPT: usize = 520;
    const DRAWN: usize = 64;
    let tokenizer = Tokenizer::load(model).unwrap();
    let sentence = "The mutant embryos had shorter fins than their siblings after two days in cold water. ";
    let prompt: Vec<u32> = tokenizer.encode(&sentence.repeat(40)).unwrap().into_iter().take(PROMPT).collect();
    let since = |start: f64| machine::cpu_seconds() - start;
    let start = machine::cpu_seconds();
    let decoder = Decoder::load(model, Precision::Quantised, &Device::Cpu).unwrap();
    let load_seconds = since(start);
    // The first pass lays weights out anew.
    decoder.read(&prompt[..8]).unwrap();
    let start = machine::cpu_seconds();
    let read = [decoder.read(&prompt).unwrap()];
    let prompt_rate = PROMPT as f64 / since(start);
    let decode_rate = |rows: usize| {
        let mut room = decoder.room(&read, &vec![0; rows], DRAWN).unwrap();
        let start = machine::cpu_seconds();
        for token in prompt.iter().take(DRAWN) {
            let logits = decoder.step(&mut room, &vec![*token; rows]).unwrap();
            assert_eq!(logits.to_vec2::<f32>().unwrap().len(), rows);
        }
        (rows * DRAWN) as f64 / since(start)
    };
    println!(
        "{}",
        serde_json::json!({
            "load_seconds": load_seconds, "prompt_tokens": PROMPT, "prompt": prompt_rate, "decode": decode_rate(1),
            "decode_of_8": decode_rate(8), "peak_mib": machine::memory_mib("VmHWM"), "resident_mib": machine::memory_mib("VmRSS"),
        })
    );
}

/// Which box something is in stands in the question; the boxes watched are none of those learned from.
fn job(folder: &Path, model: &Path, max_steps: u64) {
    let things = ["guitar", "lamp", "clock", "violin", "hammer", "blanket", "coin", "mirror"];
    let question = |thing: &str, letter: &str| Question {
        id: format!("{thing}-{letter}"),
        prompt: format!("The {thing} is in box {letter}. Which box holds the {thing}? Answer with the letter alone."),
        spec: AnswerSpec::Term { value: letter.to_owned(), synonyms: vec![format!("box {letter}")] },
        topic: None,
        work: "10.5555/boxes".to_owned(),
        section: None,
        target: Some(letter.to_owned()),
    };
    let all = |letters: &[&str]| -> Vec<Question> {
        things.iter().flat_map(|thing| letters.iter().map(move |letter| question(thing, letter))).collect()
    };
    let base =
        Base { name: "SmolLM2-135M-Instruct".into(), path: model.to_owned(), sha256: fingerprint(model).unwrap() };
    let plan = Plan {
        format: FORMAT,
        id: "boxes".into(),
        engine: "candle".into(),
        seed: 1,
        base_model: base,
        start_adapter: None,
        objective: Objective::Grpo,
        device: aludel::llm::Place::Cpu,
        rollout: aludel::refresh::job::Rollout::default(),
        training: Training {
            learning_rate: 1e-4,
            lora_rank: 8,
            lora_alpha: 16.0,
            warmup_steps: 1,
            prompts_per_step: 4,
            max_completion_tokens: 8,
            loss: Loss::Constant,
            advantage: Advantage::Centred,
            checkpoint_every: 5,
            ..Training::default()
        },
        limits: Limits::default(),
        budget: Budget { max_steps, max_seconds: 0, max_tokens: 0 },
    };
    let (train, eval) = (all(&["A", "B", "C", "D", "E", "F"]), all(&["G", "H"]));
    Folder::new(folder).create(&plan, &train, &eval, None).unwrap();
}
