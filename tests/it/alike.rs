//! Papers that say the same, and papers that say otherwise: found over the whole history, and shown.

use std::path::Path;

use aludel::clock::Clock;
use aludel::model::status::QuestionStatus;
use aludel::store::Store;
use aludel::store::alike::Kinship;
use serde_json::{Value, json};

use crate::support::{aludel, article, json_lines};

fn ingest(dir: &Path, name: &str, xml: &str) -> Value {
    let path = dir.join(format!("{name}.xml"));
    std::fs::write(&path, xml).unwrap();
    let out = aludel().arg("ingest").arg(&path).args(["--json", "--data-dir"]).arg(dir.join("data")).output().unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    json_lines(&out.stdout).pop().unwrap()
}

fn show(dir: &Path, id: &str) -> (Value, String) {
    let run = |more: &[&str]| {
        let out = aludel().args(["show", id]).args(more).arg("--data-dir").arg(dir.join("data")).output().unwrap();
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        out.stdout
    };
    (json_lines(&run(&["--json"])).pop().unwrap(), String::from_utf8(run(&[])).unwrap())
}

#[test]
fn another_paper_bears_a_question_out_or_contradicts_it() {
    let dir = tempfile::tempdir().unwrap();
    let first = article(1);
    assert_eq!(ingest(dir.path(), "first", &first)["accepted"], 1);
    let again = first.replace("10.5555/invented.1<", "10.5555/elsewhere.1<");
    assert_eq!(ingest(dir.path(), "again", &again)["accepted"], 0, "nothing new");
    let otherwise = first.replace("10.5555/invented.1<", "10.5555/otherwise.1<");
    let otherwise = otherwise.replace("TLK1 increased in", "TLK1 decreased in");
    assert_eq!(ingest(dir.path(), "otherwise", &otherwise)["accepted"], 1, "another direction is another answer");

    let store = Store::open_read(&dir.path().join("data/aludel.db"), Clock::system()).unwrap();
    let rows = store.read().unwrap();
    let counts = rows.counts().unwrap();
    assert_eq!((counts.alike["conflict"], counts.alike["corroboration"]), (1, 1));
    let question = |doi: &str| {
        let work = rows.find_work(doi).unwrap().unwrap();
        rows.questions_of(work, QuestionStatus::Accepted).unwrap().pop().unwrap().id
    };
    let (question, other) = (question("10.5555/invented.1"), question("10.5555/otherwise.1"));
    let kin: Vec<_> = rows.kin_of(&other).unwrap().into_iter().map(|kin| (kin.relation, kin.id)).collect();
    assert_eq!(kin, [(Kinship::Conflict, question.clone())], "a conflict is seen from both sides");
    let (record, text) = show(dir.path(), question.as_str());
    let kin = &record["alike"];
    assert_eq!((&kin[0]["relation"], &kin[0]["id"]), (&"conflict".into(), &other.as_str().into()));
    assert!(text.contains(&format!("conflict: {other} (accepted)")), "{text}");
    assert_eq!((&kin[1]["relation"], &kin[1]["key"]), (&"corroboration".into(), &"10.5555/elsewhere.1".into()));
    assert_eq!(kin[1]["status"], "rejected");
    assert!(text.contains("corroboration: "), "{text}");

    // The same paper in another venue bears nothing out.
    let related = "<related-article related-article-type=\"preprint\" xlink:href=\"10.5555/invented.1\"/><abstract>";
    let venue = first.replace("10.5555/invented.1<", "10.5555/venue.1<").replace("<abstract>", related);
    ingest(dir.path(), "venue", &venue);
    let rows = store.read().unwrap();
    let kin = rows.kin_of(&question).unwrap();
    assert!(kin.iter().all(|kin| kin.key != "10.5555/venue.1"), "{kin:?}");
    let one = rows.find_work("10.5555/venue.1").unwrap().unwrap();
    assert!(!rows.questions_of(one, QuestionStatus::Rejected).unwrap().is_empty());
}

/// A static embedding model in Model2Vec's form: two pairs of words mean one thing, every other known word its own.
#[cfg(feature = "candle")]
fn write_embedding(folder: &Path) {
    let words =
        ["[UNK]", "expression", "kinase", "regenerating", "tails", "rebuilding", "fins", "newts", "vehicle", "tlk"];
    let axis = |at: usize| (0..8).map(move |n| if n == at { 1.0_f32 } else { 0.0 });
    // `regenerating` and `rebuilding` mean one thing, and so do `tails` and `fins`.
    let rows = [0, 1, 2, 3, 4, 3, 4, 5, 6, 7].map(axis);
    let numbers: Vec<u8> = rows.into_iter().flatten().flat_map(f32::to_le_bytes).collect();
    let head = json!({"embeddings": {"dtype": "F32", "shape": [words.len(), 8], "data_offsets": [0, numbers.len()]}})
        .to_string();
    let weights: Vec<u8> =
        (head.len() as u64).to_le_bytes().into_iter().chain(head.into_bytes()).chain(numbers).collect();
    std::fs::create_dir(folder).unwrap();
    std::fs::write(folder.join("model.safetensors"), weights).unwrap();
    std::fs::write(folder.join("config.json"), "{\"hidden_dim\": 8}").unwrap();
    let vocabulary: serde_json::Map<String, Value> =
        words.iter().enumerate().map(|(id, word)| ((*word).to_owned(), id.into())).collect();
    let tokenizer = json!({
        "version": "1.0", "truncation": null, "padding": null, "added_tokens": [], "normalizer": {"type": "Lowercase"},
        "pre_tokenizer": {"type": "Whitespace"}, "post_processor": null, "decoder": null,
        "model": {"type": "WordLevel", "vocab": vocabulary, "unk_token": "[UNK]"}
    });
    std::fs::write(folder.join("tokenizer.json"), tokenizer.to_string()).unwrap();
}

#[cfg(feature = "candle")]
#[test]
fn other_words_for_the_same_are_seen_with_an_embedding_model() {
    let dir = tempfile::tempdir().unwrap();
    let model = dir.path().join("static");
    write_embedding(&model);
    let config = dir.path().join("aludel.toml");
    std::fs::write(&config, format!("[verify.novelty]\nembedding = {:?}\n", model.display().to_string())).unwrap();
    let ingest = |name: &str, xml: &str, more: &[&str]| -> Value {
        let path = dir.path().join(format!("{name}.xml"));
        std::fs::write(&path, xml).unwrap();
        let data = dir.path().join(if more.is_empty() { "words" } else { "meanings" });
        let out =
            aludel().arg("ingest").arg(&path).args(["--json", "--data-dir"]).arg(data).args(more).output().unwrap();
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        json_lines(&out.stdout).pop().unwrap()
    };
    let first = article(1);
    let reworded = first
        .replace("10.5555/invented.1<", "10.5555/reworded.1<")
        .replace("regenerating tails of", "rebuilding fins of");
    assert_eq!(ingest("first", &first, &[])["accepted"], 1);
    assert_eq!(ingest("reworded", &reworded, &[])["accepted"], 1, "by words alone it is another question");

    let with_model = ["--config", config.to_str().unwrap()];
    assert_eq!(ingest("first", &first, &with_model)["accepted"], 1);
    let again = ingest("reworded", &reworded, &with_model);
    assert_eq!((&again["accepted"], &again["rejected"]["novelty: near_duplicate"]), (&0.into(), &1.into()), "{again}");
    // Another program on the same store knows the old ones, too; another key is a conflict.
    let otherwise = reworded
        .replace("10.5555/reworded.1<", "10.5555/otherwise.1<")
        .replace("TLK1 increased in", "TLK1 decreased in");
    assert_eq!(ingest("otherwise", &otherwise, &with_model)["accepted"], 1);
    let store = Store::open_read(&dir.path().join("meanings/aludel.db"), Clock::system()).unwrap();
    let counts = store.read().unwrap().counts().unwrap();
    assert_eq!((counts.alike["conflict"], counts.alike["corroboration"]), (1, 1));
}
