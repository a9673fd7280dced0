//! Registered benchmarks: the command, the store, the search; and the real benchmarks with planted questions.

use aludel::verify::{Benchmarks, Config, Verifier, benchmark};
use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};

use crate::support::{aludel, article, shared};

fn run(arguments: &[&str], data: &std::path::Path) -> Value {
    let output = aludel().args(arguments).arg("--json").arg("--data-dir").arg(data).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    serde_json::from_str(text.lines().last().unwrap()).unwrap()
}

#[test]
fn a_benchmark_that_is_added_takes_its_questions_out() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    for number in 1..=4 {
        std::fs::write(dir.path().join(format!("{number}.xml")), article(number)).unwrap();
    }
    let paths: Vec<String> = (1..=3).map(|n| dir.path().join(format!("{n}.xml")).display().to_string()).collect();
    let taken = run(&["ingest", &paths[0], &paths[1], &paths[2]], &data);
    let accepted = taken["accepted"].as_u64().unwrap();
    assert!(accepted >= 3, "{taken}");
    let found = run(&["search", "newt", "--where", "kind:question"], &data);
    let hits = found["hits"].as_array().unwrap();
    let total = found["total"].as_u64().unwrap();
    let (one, id) = (hits[0]["question"].as_str().unwrap(), hits[0]["id"].as_str().unwrap());

    let file = dir.path().join("moss-qa.jsonl");
    let lines =
        [json!({"question": one, "choices": ["a", "b"]}), json!({"question": "Which moss is green in winter?"})];
    std::fs::write(&file, lines.map(|line| line.to_string()).join("\n")).unwrap();
    let report = run(&["benchmark", "add", &file.display().to_string()], &data);
    assert_eq!((report["name"].as_str(), report["items"].as_u64()), (Some("moss-qa"), Some(2)));
    let contaminated: Vec<&Value> = report["contaminated"].as_array().unwrap().iter().collect();
    assert!(contaminated.iter().any(|found| found["id"] == id), "{report}");
    assert!(contaminated.iter().all(|found| found["reason"].as_str().unwrap().contains("moss-qa")));
    let left = run(&["search", "newt", "--where", "kind:question"], &data);
    assert_eq!(left["total"].as_u64(), Some(total - contaminated.len() as u64), "out of search at once");
    let status = run(&["status"], &data);
    assert_eq!(status["questions"]["accepted"].as_u64().unwrap_or(0), accepted - contaminated.len() as u64);
    assert_eq!(run(&["benchmark", "list"], &data), json!({"name": "moss-qa", "items": 2}));
    // Again changes nothing, and a new version takes the old one's place.
    let again = run(&["benchmark", "add", &file.display().to_string()], &data);
    assert_eq!(again["contaminated"], json!([]));
    std::fs::write(&file, json!({"question": "Which fern is green in winter?"}).to_string()).unwrap();
    assert_eq!(run(&["benchmark", "add", &file.display().to_string()], &data)["items"], 1);
    assert_eq!(run(&["benchmark", "list"], &data)["items"], 1);
    let check = aludel().args(["check", "--data-dir"]).arg(&data).status().unwrap();
    assert!(check.success());
}

/// One word in the middle is another.
fn edited(question: &str) -> String {
    let mut words: Vec<&str> = question.split_whitespace().collect();
    let middle = words.len() / 2;
    words[middle] = "various";
    format!("Please say: {}", words.join(" "))
}

/// The halves change places, and common words have other forms.
fn reworded(question: &str) -> String {
    let words: Vec<&str> = question.trim_end_matches(['?', '.']).split_whitespace().collect();
    let (head, tail) = words.split_at(words.len() / 2);
    let other = |word: &&str| match word.to_lowercase().as_str() {
        "what" | "which" => "Name the".to_owned(),
        "is" | "are" => "being".to_owned(),
        _ => (*word).to_owned(),
    };
    tail.iter().chain(head).map(other).collect::<Vec<_>>().join(" ") + "?"
}

#[test]
fn planted_questions_of_real_benchmarks_are_found() {
    let Some(shared) = shared() else { return };
    let folder = shared.join("data/qa");
    let names =
        ["bioasq_task_b_golden_2019_2023", "bixbench_questions", "labbench2_questions", "medmcqa_dev", "mmlu_biomed"];
    let mut texts = Vec::new();
    let mut planted = Vec::new();
    for name in names {
        let items = benchmark::read(&folder.join(format!("{name}.jsonl.gz"))).unwrap();
        texts.extend(items.iter().map(|item| (name, item.to_text())));
        // Shorter ones hold too little to tell them from others.
        let long = items.iter().filter(|item| item.question.split_whitespace().count() >= 14);
        planted.extend(long.step_by(7).map(|item| item.question.clone()));
    }
    let pubmedqa = benchmark::read(&folder.join("pubmedqa_pqal.json.gz")).unwrap();
    assert!(pubmedqa.len() > 500, "{}", pubmedqa.len());
    let benchmarks = Benchmarks::from_texts(texts.iter().map(|(name, text)| (*name, text.as_str())));
    let verifier = Verifier::new(Config::default(), benchmarks);
    let rate = |kind: &str, make: &dyn Fn(&str) -> String| {
        let found = planted.iter().filter(|question| verifier.decontaminate(&make(question), []).is_err()).count();
        let rate = found as f64 / planted.len() as f64;
        println!("{kind}: {found} of {} found ({rate:.3})", planted.len());
        rate
    };
    assert!(planted.len() > 300, "{}", planted.len());
    assert!(rate("verbatim", &|question| question.to_owned()) >= 0.999);
    assert!(rate("edited", &edited) >= 0.95);
    assert!(rate("reworded", &reworded) >= 0.9);
    // PubMedQA is another benchmark, not registered here: its questions are unrelated ones by people.
    let false_hits = pubmedqa.iter().filter(|item| verifier.decontaminate(&item.question, []).is_err()).count();
    println!("unrelated: {false_hits} of {} found", pubmedqa.len());
    assert!(false_hits <= 10, "{false_hits}");
    // And the registered ones' own phrases of up to three words, put together at random: as near as chance brings anything. A DOI or a
    // compound's name is a dozen words by itself.
    let phrases: Vec<String> = texts
        .iter()
        .flat_map(|(_, text)| {
            let words: Vec<&str> =
                text.split_whitespace().filter(|word| word.chars().all(char::is_alphabetic)).collect();
            words.chunks(3).map(|some| some.join(" ")).collect::<Vec<_>>()
        })
        .collect();
    let mut dice = ChaCha8Rng::seed_from_u64(10_000);
    let mut at_random = || -> String {
        let n = dice.random_range(5..10);
        let some: Vec<&str> = (0..n).map(|_| phrases[dice.random_range(0..phrases.len())].as_str()).collect();
        format!("{}?", some.join(" "))
    };
    let false_hits = (0..10_000).filter(|_| verifier.decontaminate(&at_random(), []).is_err()).count();
    println!("at random: {false_hits} of 10000 found");
    assert!(false_hits <= 10, "{false_hits}");
}
