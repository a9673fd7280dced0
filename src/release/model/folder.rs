//! A model's folder before it is released: which files go in, and whether they are what they say.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::evaluation::Evaluation;
use super::lineage::Lineage;
use super::tensors::{self, Tensor};
use super::{EVALUATION, LINEAGE, LOG};
use crate::release::Error;

/// Files beside the weights that readers of models know.
const KNOWN: [&str; 14] = [
    "config.json",
    "generation_config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "tokenizer.model",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.json",
    "merges.txt",
    "chat_template.jinja",
    EVALUATION,
    LINEAGE,
    LOG,
    "LICENSE",
];
const ADAPTER: &str = "adapter_model.safetensors";
const ADAPTER_CONFIG: &str = "adapter_config.json";
const INDEX: &str = "model.safetensors.index.json";
/// Weights in these run code when they are loaded.
const PICKLES: [&str; 6] = ["bin", "pt", "pth", "ckpt", "pkl", "pickle"];
/// Largest JSON file read, and most lines of a training log.
const MOST_JSON_BYTES: u64 = 64 << 20;
const MOST_LINES: usize = 1_000_000;

/// How a model's weights lie in its folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// PEFT: `adapter_config.json`, `adapter_model.safetensors`.
    Adapter,
    /// transformers: `config.json`, `model.safetensors` or shards with an index.
    Full,
}

impl Form {
    pub fn as_str(self) -> &'static str {
        match self {
            Form::Adapter => "adapter",
            Form::Full => "full",
        }
    }
}

/// A folder that may be released.
#[derive(Debug, Clone, PartialEq)]
pub struct Checked {
    pub folder: PathBuf,
    pub form: Form,
    /// Names of the files that go in, sorted.
    pub files: Vec<String>,
    /// Names of those that do not, because nobody knows them.
    pub ignored: Vec<String>,
    pub lineage: Lineage,
    pub evaluation: Option<Evaluation>,
    /// One object a step.
    pub log: Option<Vec<Value>>,
    /// Numbers in the weights.
    pub parameters: u64,
    /// The adapter's or the model's own description.
    pub config: Value,
}

/// Checks a model's folder.
///
/// # Errors
/// [`Error::Damaged`] naming the file that is missing or not what it should be.
pub fn check(folder: &Path) -> Result<Checked, Error> {
    let names = names(folder)?;
    let wrong = |name: &str, reason: String| Error::damaged(&folder.join(name), reason);
    if let Some(pickle) = names.iter().find(|name| PICKLES.iter().any(|ending| name.ends_with(&format!(".{ending}")))) {
        return Err(wrong(pickle, "runs code when it is loaded; save the weights as safetensors".to_owned()));
    }
    let has = |name: &str| names.contains(name);
    let form = match (has(ADAPTER) || has(ADAPTER_CONFIG), has("model.safetensors") || has(INDEX)) {
        (true, false) => Form::Adapter,
        (false, true) => Form::Full,
        (true, true) => return Err(wrong(ADAPTER, "lies beside full weights: release one or the other".to_owned())),
        (false, false) => {
            let reason = format!(
                "holds neither {ADAPTER} with {ADAPTER_CONFIG}, nor model.safetensors or {INDEX} with config.json"
            );
            return Err(Error::damaged(folder, reason));
        }
    };
    let lineage: Lineage = json(folder, LINEAGE)?;
    if lineage.base_model.trim().is_empty() || lineage.licence.trim().is_empty() {
        return Err(wrong(LINEAGE, "names no base_model or no licence".to_owned()));
    }
    let (weights, config, parameters) = match form {
        Form::Adapter => adapter(folder, &lineage)?,
        Form::Full => full(folder, &names)?,
    };
    let evaluation: Option<Evaluation> = has(EVALUATION).then(|| json(folder, EVALUATION)).transpose()?;
    if let Some(fault) = evaluation.as_ref().and_then(Evaluation::fault) {
        return Err(wrong(EVALUATION, fault));
    }
    let log = has(LOG).then(|| log(folder)).transpose()?;
    let goes_in = |name: &String| weights.contains(name) || KNOWN.contains(&name.as_str());
    let (files, ignored): (Vec<String>, Vec<String>) = names.iter().cloned().partition(goes_in);
    Ok(Checked { folder: folder.to_owned(), form, files, ignored, lineage, evaluation, log, parameters, config })
}

type Weights = (BTreeSet<String>, Value, u64);

/// A LoRA adapter as PEFT writes it: for every module an A of `[r, in]` and a B of `[out, r]`.
fn adapter(folder: &Path, lineage: &Lineage) -> Result<Weights, Error> {
    let wrong = |name: &str, reason: String| Error::damaged(&folder.join(name), reason);
    let config: Value = json(folder, ADAPTER_CONFIG)?;
    let base = config["base_model_name_or_path"].as_str().unwrap_or_default();
    if base != lineage.base_model {
        let reason =
            format!("its base_model_name_or_path is {base:?}, in {LINEAGE} base_model is {:?}", lineage.base_model);
        return Err(wrong(ADAPTER_CONFIG, reason));
    }
    let tensors = tensors::read(&folder.join(ADAPTER))?;
    if config["peft_type"] == "LORA" {
        let rank = config["r"].as_u64().filter(|rank| *rank > 0);
        let rank = rank.ok_or_else(|| wrong(ADAPTER_CONFIG, "its rank `r` is no whole number above 0".to_owned()))?;
        let varied = config["rank_pattern"].as_object().is_some_and(|pattern| !pattern.is_empty());
        lora(&tensors, (!varied).then_some(rank)).map_err(|reason| wrong(ADAPTER, reason))?;
    }
    let parameters = tensors.values().map(Tensor::parameters).sum();
    Ok(([ADAPTER, ADAPTER_CONFIG].map(str::to_owned).into(), config, parameters))
}

fn lora(tensors: &BTreeMap<String, Tensor>, rank: Option<u64>) -> Result<(), String> {
    let mut n_pairs = 0;
    for (name, a) in tensors {
        if !name.starts_with("base_model.model.") {
            return Err(format!("tensor {name} has no name of PEFT's: they begin with base_model.model."));
        }
        let Some(module) = name.strip_suffix(".lora_A.weight") else { continue };
        let b = tensors.get(&format!("{module}.lora_B.weight")).ok_or_else(|| format!("{module} has an A and no B"))?;
        let (Some(rows), Some(columns)) = (a.shape.first(), b.shape.get(1)) else {
            return Err(format!("{module}: A and B are no matrices"));
        };
        if rows != columns || rank.is_some_and(|rank| rank != *rows) {
            return Err(format!("{module}: A has {rows} rows, B {columns} columns, and the rank is {rank:?}"));
        }
        n_pairs += 1;
    }
    let n_b = tensors.keys().filter(|name| name.ends_with(".lora_B.weight")).count();
    if n_pairs == 0 || n_b != n_pairs {
        return Err(format!("it has {n_pairs} matrices A and {n_b} B: they come in pairs, one or more"));
    }
    Ok(())
}

fn full(folder: &Path, names: &BTreeSet<String>) -> Result<Weights, Error> {
    let wrong = |name: &str, reason: String| Error::damaged(&folder.join(name), reason);
    let config: Value = json(folder, "config.json")?;
    if !config["model_type"].is_string() {
        return Err(wrong("config.json", "names no model_type".to_owned()));
    }
    if !names.contains(INDEX) {
        let tensors = tensors::read(&folder.join("model.safetensors"))?;
        return Ok((
            [String::from("model.safetensors")].into(),
            config,
            tensors.values().map(Tensor::parameters).sum(),
        ));
    }
    let index: Value = json(folder, INDEX)?;
    let map = index["weight_map"].as_object().ok_or_else(|| wrong(INDEX, "has no weight_map".to_owned()))?;
    let mut expected: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (tensor, file) in map {
        let file = file.as_str().filter(|file| names.contains(*file) && file.ends_with(".safetensors"));
        let file = file.ok_or_else(|| wrong(INDEX, format!("tensor {tensor} lies in a file that is not here")))?;
        expected.entry(file).or_default().insert(tensor);
    }
    let mut parameters = 0;
    for (file, expected) in &expected {
        let tensors = tensors::read(&folder.join(file))?;
        if tensors.keys().map(String::as_str).collect::<BTreeSet<_>>() != *expected {
            return Err(wrong(file, format!("holds other tensors than {INDEX} says")));
        }
        parameters += tensors.values().map(Tensor::parameters).sum::<u64>();
    }
    let weights = expected.keys().map(|file| (*file).to_owned()).chain([INDEX.to_owned()]).collect();
    Ok((weights, config, parameters))
}

fn names(folder: &Path) -> Result<BTreeSet<String>, Error> {
    let mut names = BTreeSet::new();
    for entry in std::fs::read_dir(folder).map_err(Error::io(folder))? {
        let entry = entry.map_err(Error::io(folder))?;
        // A link would carry something else into the release than what was looked at.
        if entry.file_type().map_err(Error::io(&entry.path()))?.is_file()
            && let Ok(name) = entry.file_name().into_string()
        {
            names.insert(name);
        }
    }
    Ok(names)
}

fn json<T: DeserializeOwned>(folder: &Path, name: &str) -> Result<T, Error> {
    let path = folder.join(name);
    serde_json::from_slice(&small(&path)?).map_err(|error| Error::damaged(&path, error))
}

fn log(folder: &Path) -> Result<Vec<Value>, Error> {
    let path = folder.join(LOG);
    let bytes = small(&path)?;
    let text = String::from_utf8(bytes).map_err(|error| Error::damaged(&path, error))?;
    let lines = text.lines().filter(|line| !line.trim().is_empty()).take(MOST_LINES);
    lines.map(|line| serde_json::from_str(line).map_err(|error| Error::damaged(&path, error))).collect()
}

fn small(path: &Path) -> Result<Vec<u8>, Error> {
    let bytes = std::fs::metadata(path).map_err(Error::io(path))?.len();
    if bytes > MOST_JSON_BYTES {
        return Err(Error::damaged(path, format!("larger than {MOST_JSON_BYTES} bytes")));
    }
    std::fs::read(path).map_err(Error::io(path))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::release::model::tensors::tests::file;

    const A: &str = "base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight";
    const B: &str = "base_model.model.model.layers.0.self_attn.q_proj.lora_B.weight";

    /// An invented adapter of rank 2.
    pub(crate) fn adapter(folder: &Path) {
        let write = |name: &str, text: &str| std::fs::write(folder.join(name), text).unwrap();
        std::fs::write(folder.join(ADAPTER), file(&[(A, &[2, 4]), (B, &[4, 2])], 0.25)).unwrap();
        write(
            ADAPTER_CONFIG,
            r#"{"peft_type":"LORA","r":2,"base_model_name_or_path":"org/tiny","target_modules":["q_proj"]}"#,
        );
        write(
            LINEAGE,
            r#"{"base_model":"org/tiny","licence":"apache-2.0","dataset":{"name":"aludel-biology","version":"1.0.0"},"seed":7}"#,
        );
        write(
            EVALUATION,
            r#"{"metric":"accuracy","set":"aludel-biology 1.0.0 future","overall":{"value":0.5,"low":0.4,"high":0.6,"n":100},
                "topics":[{"topic":"zoology","value":0.25,"low":0.1,"high":0.5,"n":20}],
                "champion":{"version":"1.0.0","overall":{"value":0.45,"low":0.35,"high":0.55,"n":100},
                            "difference":{"value":0.05,"low":0.01,"high":0.09}}}"#,
        );
        write(LOG, "{\"step\":1,\"reward\":0.1,\"kl\":0.0}\n{\"step\":2,\"reward\":0.3,\"kl\":0.01}\n");
        write("notes.txt", "to myself");
    }

    #[test]
    fn an_adapter_is_taken_and_what_is_wrong_with_one_is_named() {
        let folder = tempfile::tempdir().unwrap();
        adapter(folder.path());
        let checked = check(folder.path()).unwrap();
        assert_eq!(
            (checked.form, checked.parameters, checked.log.as_ref().map(Vec::len)),
            (Form::Adapter, 16, Some(2))
        );
        assert_eq!(checked.ignored, ["notes.txt"]);
        for (name, bytes, word) in [
            ("adapter_model.bin", b"".to_vec(), "runs code"),
            (ADAPTER, file(&[(A, &[2, 4])], 0.5), "no B"),
            (ADAPTER, file(&[(A, &[3, 4]), (B, &[4, 3])], 0.5), "rank is Some(2)"),
            (ADAPTER, file(&[("lora_A.weight", &[2, 4])], 0.5), "base_model.model."),
            (ADAPTER_CONFIG, br#"{"peft_type":"LORA","r":2,"base_model_name_or_path":"other"}"#.to_vec(), "org/tiny"),
            (LINEAGE, br#"{"base_model":"org/tiny","licence":""}"#.to_vec(), "no licence"),
            (
                EVALUATION,
                br#"{"metric":"m","set":"s","overall":{"value":0.5,"low":0.6,"high":0.7,"n":9}}"#.to_vec(),
                "no score",
            ),
            ("model.safetensors", b"".to_vec(), "one or the other"),
        ] {
            let folder = tempfile::tempdir().unwrap();
            adapter(folder.path());
            std::fs::write(folder.path().join(name), bytes).unwrap();
            let error = check(folder.path()).unwrap_err().to_string();
            assert!(error.contains(word), "{name}: {error}");
        }
    }

    #[test]
    fn full_weights_in_one_file_or_in_shards() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).unwrap();
        write("config.json", br#"{"model_type":"qwen3"}"#);
        write(LINEAGE, br#"{"base_model":"org/tiny","licence":"apache-2.0"}"#);
        write("model-00001-of-00002.safetensors", &file(&[("a", &[2, 2])], 0.0));
        write("model-00002-of-00002.safetensors", &file(&[("b", &[3])], 0.0));
        let map = r#"{"weight_map":{"a":"model-00001-of-00002.safetensors","b":"model-00002-of-00002.safetensors"}}"#;
        write(INDEX, map.as_bytes());
        let checked = check(folder.path()).unwrap();
        assert_eq!((checked.form, checked.parameters, checked.files.len()), (Form::Full, 7, 5));
        write(INDEX, map.replace("\"b\"", "\"c\"").as_bytes());
        assert!(check(folder.path()).unwrap_err().to_string().contains("other tensors"));
        write(INDEX, map.replace("00002-of-00002", "../x").as_bytes());
        assert!(check(folder.path()).unwrap_err().to_string().contains("not here"));
    }
}
