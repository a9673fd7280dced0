//! `aludel verify` on candidates: invented ones here, and the benchmark of real ones where it is present.

use std::path::Path;
use std::process::Output;

use serde_json::{Value, json};

use crate::support;

/// Writes candidates and the invented article 1, and runs the command.
fn verify(lines: &[String], arguments: &[&str]) -> (Output, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("articles")).unwrap();
    std::fs::write(folder.path().join("articles/newt.xml"), support::article(1)).unwrap();
    std::fs::write(folder.path().join("secret.xml"), support::article(2)).unwrap();
    std::fs::write(folder.path().join("candidates.jsonl"), lines.join("\n")).unwrap();
    let output = support::aludel()
        .arg("verify")
        .arg(folder.path().join("candidates.jsonl"))
        .arg("--articles")
        .arg(folder.path().join("articles"))
        .args(arguments)
        .output()
        .unwrap();
    (output, folder)
}

const QUOTE: &str = "The kinase TLK1 binds the promoter of the tail clock gene.";

fn candidate(id: &str) -> Value {
    json!({
        "id": id,
        "article": "newt.xml",
        "evidence": QUOTE,
        "question": "Which kinase binds the promoter of the tail clock gene in the dwarf newt?",
        "answer": {"type": "term", "value": "TLK1", "synonyms": []},
    })
}

fn with(id: &str, changes: Value) -> String {
    let mut candidate = candidate(id);
    for (name, value) in changes.as_object().unwrap() {
        candidate[name] = value.clone();
    }
    candidate.to_string()
}

fn failed(result: &Value) -> &str {
    let stages = result["stages"].as_array().unwrap();
    stages.iter().find(|s| s["verdict"] == "fail").map_or("", |s| s["stage"].as_str().unwrap())
}

#[test]
fn every_stage_is_named_and_what_was_not_run_says_so() {
    let lines = [candidate("good").to_string(), with("bad", json!({"evidence": "The kinase TLK9 binds a promoter."}))];
    let (output, _folder) = verify(&lines, &["--json"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let results = support::json_lines(&output.stdout);
    assert_eq!(results.len(), 2);
    for result in &results {
        let stages: Vec<&str> =
            result["stages"].as_array().unwrap().iter().map(|s| s["stage"].as_str().unwrap()).collect();
        assert_eq!(
            stages,
            [
                "shape",
                "evidence",
                "self_contained",
                "leak",
                "novelty",
                "decontamination",
                "injection",
                "open_book",
                "closed_book",
                "judge"
            ]
        );
    }
    let verdicts = |result: &Value| -> Vec<String> {
        result["stages"].as_array().unwrap().iter().map(|s| s["verdict"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!((&results[0]["verdict"], &results[0]["tier"]), (&json!("accept"), &json!("grounded")));
    assert_eq!(verdicts(&results[0])[..7], ["pass"; 7].map(String::from));
    assert_eq!(verdicts(&results[0])[7..], ["not_run"; 3].map(String::from));
    assert_eq!((&results[1]["verdict"], &results[1]["tier"]), (&json!("reject"), &Value::Null));
    assert_eq!(verdicts(&results[1])[..3], ["pass", "fail", "not_run"].map(String::from));
    assert!(results[1]["stages"][1]["reason"].as_str().unwrap().starts_with("quote_not_in_article"));
}

#[test]
fn white_space_of_a_quote_is_folded() {
    let lines =
        [with("spaced", json!({"evidence": " The  kinase\nTLK1 binds the\u{a0}promoter of the tail clock gene. "}))];
    let (output, _folder) = verify(&lines, &[]);
    assert_eq!(support::json_lines(&output.stdout)[0]["verdict"], "accept", "{output:?}");
}

#[test]
fn labels_change_no_verdict() {
    let labels = json!({"label": "reject", "defects": ["leak"], "note": "accept this"});
    let (plain, _folder) = verify(&[candidate("a").to_string()], &[]);
    let (labelled, _folder) = verify(&[with("a", labels)], &[]);
    assert_eq!(plain.stdout, labelled.stdout);
    assert_eq!(support::json_lines(&plain.stdout)[0]["verdict"], "accept");
}

#[test]
fn malformed_lines_are_named_and_the_others_verified() {
    let no_question = {
        let mut value = candidate("x");
        value.as_object_mut().unwrap().remove("question");
        value.to_string()
    };
    let lines = [
        candidate("first").to_string(),
        "{\"id\": ".to_owned(),
        no_question,
        String::new(),
        with("x", json!({"article": "none.xml"})),
        with("x", json!({"article": "../secret.xml"})),
        with("x", json!({"article": "/etc/hostname"})),
        "y".repeat((1 << 20) + 1),
        with("x", json!({"article": "."})),
        with(
            "last",
            json!({"question": "Does the kinase TLK1 bind the promoter of the tail clock gene in dwarf newts?", "answer": {"type": "boolean", "value": true}}),
        ),
    ];
    let (output, _folder) = verify(&lines, &["--json"]);
    assert_eq!(output.status.code(), Some(1));
    let results = support::json_lines(&output.stdout);
    let ids: Vec<&str> = results.iter().map(|r| r["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["first", "last"]);
    let errors = String::from_utf8(output.stderr).unwrap();
    let wanted = [
        (2, "EOF"),
        (3, "`question`"),
        (5, "none.xml"),
        (6, "not a path inside"),
        (7, "not a path inside"),
        (8, "longer than"),
        (9, "folder"),
    ];
    assert_eq!(errors.lines().count(), wanted.len(), "{errors}");
    for (line, cause) in wanted {
        let error = errors.lines().find(|e| e.contains(&format!(" line {line}: "))).unwrap_or_default();
        assert!(error.contains(cause), "{line} {cause}: {errors}");
    }
}

#[test]
fn a_repeated_candidate_is_a_duplicate_and_another_key_a_conflict() {
    let lines = [
        candidate("first").to_string(),
        candidate("first").to_string(),
        with("third", json!({"answer": {"type": "term", "value": "TLK1", "synonyms": ["tail kinase"]}})),
    ];
    let (output, _folder) = verify(&lines, &[]);
    let results = support::json_lines(&output.stdout);
    assert_eq!(results[0]["verdict"], "accept");
    for repeated in &results[1..] {
        assert_eq!((&repeated["verdict"], failed(repeated)), (&json!("reject"), "novelty"), "{repeated}");
    }
}

#[test]
fn an_answer_that_is_no_spec_fails_shape() {
    let lines = [
        with("poem", json!({"answer": {"type": "poem"}})),
        with("number", json!({"answer": {"type": "number", "value": 3}})),
        with("text", json!({"answer": "TLK1"})),
    ];
    let (output, _folder) = verify(&lines, &[]);
    assert!(output.status.success());
    for result in support::json_lines(&output.stdout) {
        assert_eq!(failed(&result), "shape", "{result}");
        assert!(result["stages"][0]["reason"].as_str().unwrap().starts_with("bad_spec: "));
    }
}

#[test]
fn the_summary_counts_by_class_stage_and_type() {
    let label = |value: &str, class: &str| json!({"label": value, "defects": if class.is_empty() { json!([]) } else { json!([class]) }});
    let merge = |mut a: Value, b: Value| {
        a.as_object_mut().unwrap().extend(b.as_object().unwrap().clone());
        a
    };
    let lines = [
        with("a", label("accept", "")),
        with(
            "b",
            merge(
                label("reject", "leak"),
                json!({"question": "Which kinase is TLK1, which binds the promoter of the tail clock gene?"}),
            ),
        ),
        with(
            "c",
            merge(
                label("reject", "trivia"),
                json!({"question": "What binds the promoter of the tail clock gene in dwarf newts that swim?"}),
            ),
        ),
        candidate("d").to_string(),
        "{".to_owned(),
    ];
    let (output, _folder) = verify(&lines, &["--json", "--summary"]);
    let results = support::json_lines(&output.stdout);
    assert_eq!(results.len(), 5);
    let summary = &results[4]["summary"];
    assert_eq!(
        (&summary["candidates"], &summary["malformed"], &summary["unlabelled"]),
        (&json!(4), &json!(1), &json!(1))
    );
    assert_eq!((&summary["good"]["items"], &summary["good"]["accepted"]), (&json!(1), &json!(1)));
    assert_eq!(summary["defects"]["leak"]["rejected_by"], json!({"leak": 1}));
    assert_eq!(summary["defects"]["trivia"]["accepted"], 1);
    assert_eq!(summary["answer_types"]["term"], json!({"good": 1, "good_accepted": 1, "bad": 2, "bad_rejected": 1}));

    let (output, _folder) = verify(&lines, &["--summary"]);
    let table = String::from_utf8(output.stderr).unwrap();
    let row = |name: &str| {
        let line = table.lines().find(|line| line.starts_with(name)).unwrap_or_else(|| panic!("{name}: {table}"));
        line.split_whitespace().skip(1).map(str::to_owned).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(row("good"), "1 1 0 100.0 % (20.7 to 100.0)");
    assert_eq!(row("leak"), "1 0 1 100.0 % (20.7 to 100.0) leak 1");
    assert_eq!(row("term"), "1 of 1 1 of 2");
}

#[test]
fn a_missing_file_is_one_clear_line() {
    let output = support::aludel().args(["verify", "/nowhere/candidates.jsonl"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(message.contains("/nowhere/candidates.jsonl") && message.lines().count() == 1, "{message}");
}

/// Classes with at most one miss.
const STRICT: [&str; 9] = [
    "fabricated_evidence",
    "wrong_number",
    "wrong_unit",
    "leak",
    "context_dependent",
    "multi_question",
    "long_answer",
    "wrong_type",
    "injection",
];

#[test]
fn the_benchmark_of_real_articles_meets_its_targets() {
    let Some(shared) = support::shared() else { return };
    let output = support::aludel()
        .args(["verify", "--json", "--summary", "--articles"])
        .arg(shared.join("data"))
        .arg(shared.join("bench/qa_bench.jsonl"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let results = support::json_lines(&output.stdout);
    let summary = &results.last().unwrap()["summary"];
    let count = |value: &Value| value.as_u64().unwrap();
    let good = &summary["good"];
    assert!(count(&good["items"]) >= 100);
    assert!(count(&good["accepted"]) * 100 >= count(&good["items"]) * 97, "{good}");
    for class in STRICT {
        let counts = &summary["defects"][class];
        assert!(count(&counts["items"]) >= 5, "{class}");
        assert!(count(&counts["accepted"]) <= 1, "{class}: {counts}");
    }
    fabricated_quotes_fail_evidence(&shared, &results);
}

/// A quote that is not in its article fails there and nowhere else.
fn fabricated_quotes_fail_evidence(shared: &Path, results: &[Value]) {
    let bench = support::json_lines(&std::fs::read(shared.join("bench/qa_bench.jsonl")).unwrap());
    for (candidate, result) in bench.iter().zip(results) {
        assert_eq!(candidate["id"], result["id"], "input order is kept");
        let fabricated = candidate["defects"].as_array().unwrap().iter().any(|d| d == "fabricated_evidence");
        if fabricated {
            assert_eq!(failed(result), "evidence", "{result}");
        }
    }
}
