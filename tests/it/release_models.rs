//! Model releases by the real program: checked, described, signed; champion, candidate and the way back.

use std::fs;
use std::path::Path;

use aludel::release::verify::verify;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{aludel, article, json_lines};

fn run(data: &Path, args: &[&str]) -> Result<Value, String> {
    let output = aludel().args(args).args(["--json", "--data-dir"]).arg(data).output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!stderr.contains("panicked"), "{stderr}");
    if output.status.success() { Ok(json_lines(&output.stdout).pop().unwrap()) } else { Err(stderr) }
}

/// A safetensors file of F32 tensors that all hold `value`.
fn tensors(shapes: &[(&str, [u64; 2])], value: f32) -> Vec<u8> {
    let mut header = serde_json::Map::new();
    let mut at = 0;
    for (name, shape) in shapes {
        let bytes = shape[0] * shape[1] * 4;
        header.insert((*name).to_owned(), json!({ "dtype": "F32", "shape": shape, "data_offsets": [at, at + bytes] }));
        at += bytes;
    }
    let header = serde_json::to_vec(&header).unwrap();
    let mut all = (header.len() as u64).to_le_bytes().to_vec();
    all.extend(header);
    (0..at / 4).for_each(|_| all.extend(value.to_le_bytes()));
    all
}

/// An invented adapter.
pub fn adapter(folder: &Path, value: f32) {
    let module = "base_model.model.model.layers.0.self_attn.q_proj";
    let (a, b) = (format!("{module}.lora_A.weight"), format!("{module}.lora_B.weight"));
    let write = |name: &str, value: &Value| fs::write(folder.join(name), value.to_string()).unwrap();
    fs::write(folder.join("adapter_model.safetensors"), tensors(&[(&a, [2, 8]), (&b, [8, 2])], value)).unwrap();
    write("adapter_config.json", &json!({ "peft_type": "LORA", "r": 2, "base_model_name_or_path": "org/tiny" }));
    let dataset = json!({ "name": "aludel-biology", "version": "1.0.0", "split": "train" });
    write("lineage.json", &json!({ "base_model": "org/tiny", "licence": "apache-2.0", "dataset": dataset, "seed": 7 }));
    let score = json!({ "value": 0.5, "low": 0.4, "high": 0.6, "n": 100 });
    let topics = json!([{ "topic": "zoology", "value": 0.25, "low": 0.1, "high": 0.5, "n": 20 }]);
    let set = "aludel-biology 1.0.0 future";
    write("evaluation.json", &json!({ "metric": "accuracy", "set": set, "overall": score, "topics": topics }));
    fs::write(folder.join("training.jsonl"), "{\"step\":1,\"reward\":0.1}\n{\"step\":2,\"reward\":0.4}\n").unwrap();
}

#[test]
fn an_adapter_from_folder_to_champion_and_back() {
    let (data, folder) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let (data, folder) = (data.path(), folder.path());
    fs::write(folder.join("1.xml"), article(1)).unwrap();
    run(data, &["ingest", &folder.join("1.xml").display().to_string()]).unwrap();
    run(data, &["release", "dataset"]).unwrap();
    fs::remove_file(folder.join("1.xml")).unwrap();
    adapter(folder, 0.25);
    let from = folder.display().to_string();
    let release = |name: &str| run(data, &["release", "model", &from, "--name", name]);

    let first = release("newt-8b").unwrap();
    assert_eq!((&first["version"], &first["parameters"]), (&"1.0.0".into(), &32.into()), "{first}");
    let path = Path::new(first["path"].as_str().unwrap());
    assert!(path.ends_with("releases/model/newt-8b/1.0.0"));
    let found = verify(path, None).unwrap();
    assert!(found.ok, "{:?}", found.errors);
    let card = fs::read_to_string(path.join("README.md")).unwrap();
    for part in [
        "base_model: \"org/tiny\"",
        "library_name: peft",
        "| zoology | 0.250 (0.100 to 0.500) | 20 |",
        "| data set | aludel-biology 1.0.0, split train |",
        "its manifest's SHA-256",
        "| seed | 7 |",
    ] {
        assert!(card.contains(part), "{part} is not in {card}");
    }
    assert!(fs::read_to_string(path.join("curves.svg")).unwrap().contains("reward: 0.1000 to 0.4000"));

    let alias = |args: &[&str]| run(data, &[&["release", "alias", "newt-8b"], args].concat());
    assert_eq!(alias(&["candidate"]).unwrap()["version"], "1.0.0");
    assert_eq!(alias(&["champion"]).unwrap()["version"], Value::Null);
    alias(&["champion", "1.0.0"]).unwrap();
    adapter(folder, 0.5);
    assert_eq!(release("newt-8b").unwrap()["version"], "1.1.0");
    alias(&["champion", "1.1.0"]).unwrap();
    assert_eq!(alias(&["champion"]).unwrap()["before"], json!(["1.0.0"]));
    let yank = |version: &str| run(data, &["release", "yank", version, "--model", "newt-8b", "--reason", "it cheats"]);
    assert!(yank("1.1.0").unwrap_err().contains("rollback"), "a champion is not taken back under its users");
    assert_eq!(run(data, &["release", "rollback", "newt-8b"]).unwrap()["version"], "1.0.0");
    yank("1.1.0").unwrap();
    assert!(alias(&["champion", "1.1.0"]).unwrap_err().contains("it cheats"));
    assert!(run(data, &["release", "rollback", "newt-8b"]).unwrap_err().contains("earlier champion"));
    assert_eq!(fs::read_to_string(data.join("releases/model/newt-8b/champion")).unwrap(), "1.0.0\n");

    // A folder that may not be released takes no number and leaves nothing.
    fs::write(folder.join("adapter_model.bin"), b"pickle").unwrap();
    assert!(release("newt-8b").unwrap_err().contains("adapter_model.bin"));
    fs::remove_file(folder.join("adapter_model.bin")).unwrap();
    adapter(folder, f32::NAN);
    assert!(release("newt-8b").unwrap_err().contains("diverged"));
    adapter(folder, 1.0);
    assert_eq!(release("newt-8b").unwrap()["version"], "1.2.0");
    assert!(release("../newt").unwrap_err().contains("no name"));
    let status = run(data, &["status"]).unwrap();
    let last: Vec<&str> =
        status["last_releases"].as_array().unwrap().iter().filter_map(|one| one["version"].as_str()).collect();
    assert_eq!(last, ["1.0.0", "1.2.0", "1.1.0", "1.0.0"], "{status}");
}
