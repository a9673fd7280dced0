//! What is loaded from a GGUF file and from a folder, and what is refused.

use std::fs::File;
use std::path::Path;

use candle_core::quantized::gguf_file::{Value, write};
use candle_core::quantized::{GgmlDType, QTensor};
use candle_core::{DType, Device, Tensor};

use super::architecture::Family;
use super::*;
use crate::llm::{Config, Engine, Finish, LanguageModel as _, Local, Models, Request, Schema};

/// Sixteen words with those that the tokenizer brings.
pub(crate) const WORDS: [&str; 14] =
    ["which", "box", "holds", "it", "is", "in", "A", "B", "C", "D", "E", "F", "yes", "no"];

pub(crate) fn invented(family: Family, seed: u64) -> Invented<'static> {
    Invented { family, layers: 2, hidden: 32, words: &WORDS, seed }
}

/// Every byte as the letter that byte-level tokenizers write for it.
fn byte_words() -> Vec<String> {
    let plain = |byte: u32| matches!(byte, 33..=126 | 161..=172 | 174..=255);
    let mut next = 256;
    let mut word = |byte: u32| {
        let point = if plain(byte) { byte } else { next };
        next += u32::from(!plain(byte));
        char::from_u32(point).unwrap().to_string()
    };
    (0..256).map(&mut word).collect()
}

/// The folder's weights as a GGUF file, queries and keys of a Llama interleaved as its converter does it.
fn gguf(from: &Path, to: &Path, family: Family, dtype: GgmlDType, pre: &str) {
    let a = Decoder::load(from, Precision::Dense(DType::F32), &Device::Cpu).unwrap().architecture;
    let mut tensors = Vec::new();
    for (name, tensor) in safetensors::read(&from.join("model.safetensors")).unwrap() {
        let heads = if name.contains("q_proj") { a.heads } else { a.kv_heads };
        let turned = family == Family::Llama && (name.contains("q_proj.w") || name.contains("k_proj.w"));
        let tensor = if turned {
            let (out, input) = tensor.dims2().unwrap();
            let halves = tensor.reshape((heads, 2, out / heads / 2, input)).unwrap().transpose(1, 2).unwrap();
            halves.contiguous().unwrap().reshape((out, input)).unwrap()
        } else {
            tensor
        };
        let dtype = if tensor.rank() == 1 { GgmlDType::F32 } else { dtype };
        tensors.push((gguf::gguf_name(&name).unwrap(), QTensor::quantize(&tensor, dtype).unwrap()));
    }
    let arch = family.as_str();
    let key = |key: &str| format!("{arch}.{key}");
    let mut words = byte_words();
    words.push("<|im_end|>".to_owned());
    let text = |text: &str| Value::String(text.to_owned());
    let list = |words: &[String]| Value::Array(words.iter().map(|word| text(word)).collect());
    let metadata = [
        ("general.architecture".to_owned(), text(arch)),
        (key("embedding_length"), Value::U32(a.hidden as u32)),
        (key("block_count"), Value::U32(a.layers as u32)),
        (key("attention.head_count"), Value::U32(a.heads as u32)),
        (key("attention.head_count_kv"), Value::U32(a.kv_heads as u32)),
        (key("attention.key_length"), Value::U32(a.head_dim as u32)),
        (key("feed_forward_length"), Value::U32(a.intermediate as u32)),
        (key("context_length"), Value::U32(a.context as u32)),
        (key("attention.layer_norm_rms_epsilon"), Value::F32(1e-5)),
        (key("rope.freq_base"), Value::F32(10000.0)),
        ("tokenizer.ggml.model".to_owned(), text("gpt2")),
        ("tokenizer.ggml.pre".to_owned(), text(pre)),
        ("tokenizer.ggml.tokens".to_owned(), list(&words)),
        ("tokenizer.ggml.merges".to_owned(), Value::Array(vec![text("a b")])),
        ("tokenizer.ggml.eos_token_id".to_owned(), Value::U32(256)),
        (
            "tokenizer.chat_template".to_owned(),
            text("{% for message in messages %}{{ message.content }}\n{% endfor %}"),
        ),
    ];
    let mut words_with_merge = words;
    words_with_merge.push("ab".to_owned());
    let metadata: Vec<(String, Value)> = metadata
        .into_iter()
        .map(|(key, value)| if key.ends_with(".tokens") { (key, list(&words_with_merge)) } else { (key, value) })
        .collect();
    let metadata: Vec<(&str, &Value)> = metadata.iter().map(|(key, value)| (key.as_str(), value)).collect();
    let tensors: Vec<(&str, &QTensor)> = tensors.iter().map(|(name, tensor)| (name.as_str(), tensor)).collect();
    write(&mut File::create(to).unwrap(), &metadata, &tensors).unwrap();
}

fn logprobs(decoder: &Decoder) -> Vec<f32> {
    let group = Group { prompt: vec![2, 5, 7], continuations: vec![vec![3, 9, 4, 12]] };
    decoder.score(&group, 1.0, Policy::Trained, Keep::Nothing).unwrap().logprobs
}

fn furthest(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

#[test]
fn a_gguf_is_the_model_that_its_folder_is() {
    for family in [Family::Llama, Family::Qwen2, Family::Qwen3] {
        let folder = tempfile::tempdir().unwrap();
        invented(family, 3).write(folder.path()).unwrap();
        let path = folder.path().join("model.gguf");
        let load = |path: &Path, precision| Decoder::load(path, precision, &Device::Cpu).unwrap();
        let plain = logprobs(&load(folder.path(), Precision::Dense(DType::F32)));
        gguf(folder.path(), &path, family, GgmlDType::F32, "smollm");
        let read = load(&path, Precision::Dense(DType::F32));
        assert!(furthest(&logprobs(&read), &plain) < 1e-5, "{family:?}");
        let off = furthest(&logprobs(&load(&path, Precision::Quantised)), &plain);
        assert!(off < 0.1, "{family:?}: Q8_0 at load is off by {off}");
        for dtype in [GgmlDType::Q8_0, GgmlDType::Q4_1] {
            gguf(folder.path(), &path, family, dtype, "smollm");
            let dense = logprobs(&load(&path, Precision::Dense(DType::F32)));
            let quantised = load(&path, Precision::Quantised);
            let off = furthest(&logprobs(&quantised), &dense);
            assert!(off < 0.2, "{family:?} {dtype:?}: {off}");
            // Its rows are drawn by the cache as they are scored without.
            let read = quantised.read(&[2, 5, 7]).unwrap();
            let scored =
                candle_nn::ops::log_softmax(&read.logits, 0).unwrap().get(3).unwrap().to_scalar::<f32>().unwrap();
            assert!((scored - logprobs(&quantised)[0]).abs() < 5e-3, "{family:?} {dtype:?}");
        }
    }
}

#[test]
fn a_gguf_brings_a_tokenizer_that_gives_text_back_and_unknown_ones_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    invented(Family::Llama, 3).write(folder.path()).unwrap();
    let path = folder.path().join("model.gguf");
    for pre in ["smollm", "gpt-2", "llama-bpe", "qwen2"] {
        gguf(folder.path(), &path, Family::Llama, GgmlDType::F32, pre);
        let tokenizer = Tokenizer::load(&path).unwrap();
        for text in ["user", " user\n", "Größe: 4.5 µM\n\n  12 cells' p53", "ab"] {
            assert_eq!(tokenizer.decode(&tokenizer.encode(text).unwrap(), false).unwrap(), text, "{pre}");
        }
        assert_eq!(
            tokenizer.encode("user").unwrap(),
            "user".bytes().map(u32::from).collect::<Vec<_>>(),
            "no space is added"
        );
        assert_eq!((tokenizer.encode("ab").unwrap(), tokenizer.ends.clone()), (vec![257], vec![256]));
        let told = Request::new("Be brief.", "ends <|im_end|> here").messages;
        let tokens = tokenizer.conversation(&told).unwrap();
        assert!(!tokens.contains(&256), "no text ends its own turn");
        assert!(tokenizer.decode(&tokens, false).unwrap().starts_with("Be brief.\nends < |im_end|> here"));
    }
    gguf(folder.path(), &path, Family::Llama, GgmlDType::F32, "unheard-of");
    let error = Tokenizer::load(&path).unwrap_err().to_string();
    assert!(error.contains("unheard-of") && error.contains("tokenizer.json"), "{error}");
}

#[test]
fn what_is_damaged_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let load = || Decoder::load(folder.path(), Precision::Dense(DType::F32), &Device::Cpu).unwrap_err().to_string();
    assert!(load().contains("config.json"), "{}", load());
    invented(Family::Llama, 3).write(folder.path()).unwrap();
    let weights = folder.path().join("model.safetensors");
    let whole = std::fs::read(&weights).unwrap();
    std::fs::write(&weights, &whole[..whole.len() / 2]).unwrap();
    assert!(load().contains("ends before"), "{}", load());
    std::fs::write(&weights, b"GGUF").unwrap();
    assert!(load().contains("too short"), "{}", load());
    std::fs::write(&weights, &whole).unwrap();
    let mut tensors = safetensors::read(&weights).unwrap();
    tensors.insert("model.norm.weight".to_owned(), Tensor::full(f32::NAN, 32, &Device::Cpu).unwrap());
    candle_core::safetensors::save(&tensors, &weights).unwrap();
    assert!(load().contains("model.norm.weight holds a number"), "{}", load());
    tensors.insert("model.norm.weight".to_owned(), Tensor::ones(31, DType::F32, &Device::Cpu).unwrap());
    candle_core::safetensors::save(&tensors, &weights).unwrap();
    assert!(load().contains("shape [31], not [32]"), "{}", load());
    let path = folder.path().join("model.gguf");
    std::fs::write(&path, b"GGUF\x03\0\0\0\xff\xff\xff\xff\xff").unwrap();
    let error = Decoder::load(&path, Precision::Quantised, &Device::Cpu).unwrap_err().to_string();
    assert!(error.contains("no whole GGUF"), "{error}");
}

/// A model of bytes with random weights, and the configuration that asks it.
fn of_bytes(folder: &Path) -> Config {
    let words: Vec<String> = (0..256).map(|n| format!("w{n}")).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    Invented { family: Family::Qwen3, layers: 1, hidden: 32, words: &words, seed: 2 }.write(folder).unwrap();
    let path = folder.join("model.gguf");
    gguf(folder, &path, Family::Qwen3, GgmlDType::F32, "qwen2");
    let local = Local { path, device: Place::Cpu, batch: 4, ..Local::default() };
    Config { model: "bytes".into(), engine: Engine::Candle, local, ..Config::default() }
}

#[tokio::test]
async fn replies_are_json_of_the_schema_and_follow_from_the_seed() {
    let folder = tempfile::tempdir().unwrap();
    let model = Models::default().open(&of_bytes(folder.path()), 0).unwrap();
    let schema = serde_json::json!({
        "type": "object", "additionalProperties": false, "required": ["verdict", "note"],
        "properties": { "verdict": { "enum": ["yes", "no"] }, "note": { "type": "string", "maxLength": 12 } },
    });
    let asked = |seed: u64| {
        let request = Request::new("Reply with JSON.", "Is it so?").sampled(1.0, seed).bounded(120);
        request.shaped(Schema { name: "verdict", schema: schema.clone() })
    };
    let requests: Vec<Request> = (0..20).map(|n| asked(n % 19)).collect();
    let replies = futures_util::future::join_all(requests.iter().map(|request| model.complete(request))).await;
    let texts: Vec<String> = replies.into_iter().map(|reply| reply.unwrap().answer().unwrap().to_owned()).collect();
    for text in &texts {
        let value: serde_json::Value = serde_json::from_str(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert!(value["verdict"] == "yes" || value["verdict"] == "no", "{text}");
        assert!(
            value["note"].as_str().unwrap().chars().count() <= 12 && value.as_object().unwrap().len() == 2,
            "{text}"
        );
    }
    assert_eq!(texts[0], texts[19], "the same request, with others beside it");
    assert_ne!(texts[0], texts[1]);
    let cut = model.complete(&Request::new("a", "b").bounded(3)).await.unwrap();
    assert!(
        matches!(cut.finish, Finish::Length | Finish::Stop)
            && cut.usage.completion_tokens <= 3
            && cut.usage.prompt_tokens == 4
    );
    let long = model.complete(&Request::new("a", "b".repeat(600))).await.unwrap_err();
    assert!(long.to_string().contains("too long"), "{long}");
}

#[tokio::test]
async fn two_configurations_of_one_file_are_computed_by_one_thread() {
    let folder = tempfile::tempdir().unwrap();
    let drafting = of_bytes(folder.path());
    let local = Local { batch: 1, yield_to_training: false, ..drafting.local.clone() };
    let solving = Config { model: "solver".into(), local: local.clone(), ..drafting.clone() };
    let models = Models::default();
    let computers = || models.computed.lock().unwrap().iter().filter(|one| one.strong_count() > 0).count();
    let (drafter, solver) = (models.open(&drafting, 0).unwrap(), models.open(&solving, 0).unwrap());
    assert_eq!((computers(), drafter.concurrency(), solver.concurrency()), (1, 4, 1));
    let request = Request::new("a", "b").bounded(3);
    let (one, other) = tokio::join!(drafter.complete(&request), solver.complete(&request));
    let (one, other) = (one.unwrap(), other.unwrap());
    assert_eq!((one.model.as_str(), other.model.as_str(), &one.text), ("bytes", "solver", &other.text));
    let copy = folder.path().join("copy.gguf");
    std::fs::copy(&local.path, &copy).unwrap();
    let apart = Config { local: Local { path: copy, ..local }, ..solving };
    let apart = models.open(&apart, 0).unwrap();
    assert_eq!(computers(), 2, "another file");
    drop((drafter, solver, apart));
    assert_eq!(computers(), 0, "nobody has them any more");
}

#[tokio::test]
async fn a_model_is_fetched_once_and_only_taken_with_its_checksum() {
    use std::io::{Read as _, Write as _};
    let folder = tempfile::tempdir().unwrap();
    let mut config = of_bytes(folder.path());
    let bytes = std::fs::read(&config.local.path).unwrap();
    std::fs::remove_file(&config.local.path).unwrap();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    config.local.url = format!("http://{}/model.gguf", listener.local_addr().unwrap());
    config.local.sha256 = "0".repeat(64);
    let served = bytes.clone();
    std::thread::spawn(move || {
        for connection in listener.incoming() {
            let mut connection = connection.unwrap();
            let _ = connection.read(&mut [0; 4096]);
            write!(connection, "HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", served.len())
                .unwrap();
            connection.write_all(&served).unwrap();
        }
    });
    let request = Request::new("a", "b").bounded(2);
    let error = Models::default().open(&config, 0).unwrap().complete(&request).await.unwrap_err().to_string();
    assert!(error.contains("SHA-256"), "{error}");
    assert!(!config.local.path.exists());
    use sha2::Digest as _;
    config.local.sha256 = sha2::Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    let model = Models::default().open(&config, 0).unwrap();
    model.complete(&request).await.unwrap();
    assert_eq!(std::fs::read(&config.local.path).unwrap(), bytes);
    config.local.url = String::new();
    config.local.path = folder.path().join("none.gguf");
    let error = Models::default().open(&config, 0).unwrap().complete(&request).await.unwrap_err().to_string();
    assert!(error.contains("none.gguf"), "{error}");
}
