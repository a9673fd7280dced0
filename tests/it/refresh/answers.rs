//! `aludel eval`: who answers, what of it is right, and benchmarks in the files in which they are published.

use std::fs;

use crate::support::chat::{Act, Chat};
use crate::support::service::quiet;
use crate::support::{aludel, json_lines, shared};

/// Two questions of one paper and one of another.
const QUESTIONS: &str = r#"{"id":"a","prompt":"Does it beat?","spec":{"type":"boolean","value":true},"topic":"zoology","work":"w1"}
{"id":"b","prompt":"Does it rest?","spec":{"type":"boolean","value":false},"topic":"zoology","work":"w1"}
{"id":"c","prompt":"Which way?","spec":{"type":"direction","value":"increase"},"topic":"genetics","work":"w2"}
"#;

#[tokio::test(flavor = "multi_thread")]
async fn a_model_is_asked_what_is_missing_and_scored_by_topic_and_type() {
    let dir = tempfile::tempdir().unwrap();
    let chat = Chat::acting(vec![Act::Say("<answer>yes</answer>".into())]).await;
    let model = format!("[llm]\nmodel = \"m\"\n[[llm.endpoints]]\nbase_url = {:?}\n", chat.base_url());
    let config = quiet(dir.path(), &model);
    let (questions, responses) = (dir.path().join("q.jsonl"), dir.path().join("r.jsonl"));
    fs::write(&questions, QUESTIONS).unwrap();
    // One is answered already, and a kill tore the next line.
    fs::write(&responses, "{\"id\":\"c\",\"response\":\"<answer>increase</answer>\"}\n{\"id\":\"a\",\"resp").unwrap();
    let eval = |more: &[&str]| {
        let mut command = aludel();
        command.arg("eval").arg(&questions).arg("--responses").arg(&responses).arg("--config").arg(&config);
        let output = command.args(more).arg("--json").output().unwrap();
        json_lines(&output.stdout).pop().unwrap_or_else(|| panic!("{}", String::from_utf8_lossy(&output.stderr)))
    };
    let offline = tokio::task::block_in_place(|| eval(&["--offline"]));
    assert_eq!((offline["missing"].as_u64(), offline["overall"]["n"].as_u64()), (Some(2), Some(3)), "{offline:#}");
    let report = tokio::task::block_in_place(|| eval(&[]));
    assert_eq!((report["missing"].as_u64(), chat.asked()), (Some(0), 2), "{report:#}");
    assert!((report["overall"]["value"].as_f64().unwrap() - 2.0 / 3.0).abs() < 1e-12, "{report:#}");
    let topics: Vec<(&str, f64)> = report["topics"]
        .as_array()
        .unwrap()
        .iter()
        .map(|topic| (topic["name"].as_str().unwrap(), topic["value"].as_f64().unwrap()))
        .collect();
    assert_eq!(topics, [("zoology", 0.5), ("genetics", 1.0)]);
    assert_eq!(report["types"].as_array().unwrap().len(), 2);
    let asked = &chat.seen()[0].body["messages"];
    assert_eq!(asked.as_array().unwrap().len(), 1, "the prompt alone, as in training: {asked}");
    let again = tokio::task::block_in_place(|| eval(&[]));
    assert_eq!((&again["overall"], chat.asked()), (&report["overall"], 2), "nothing is asked twice");
}

/// The files as they are published: every question can be graded, and what can not be is counted.
#[test]
fn real_benchmarks_are_read() {
    let Some(shared) = shared() else { return };
    let dir = tempfile::tempdir().unwrap();
    let config = quiet(dir.path(), "");
    for (name, kind, least_share) in [
        ("pubmedqa_pqal.json.gz", "pubmedqa", 1.0),
        ("mmlu_biomed.jsonl.gz", "mmlu", 0.95),
        // Of the second LAB-Bench a grader can check what has a short answer and no picture.
        ("labbench2_questions.jsonl.gz", "labbench", 0.4),
    ] {
        let path = shared.join("data/qa").join(name);
        if !path.exists() {
            println!("skipped: {name} is not here");
            continue;
        }
        let mut command = aludel();
        command.arg("eval").arg(&path).arg("--offline").arg("--json");
        let output = command
            .arg("--responses")
            .arg(dir.path().join("none.jsonl"))
            .arg("--config")
            .arg(&config)
            .output()
            .unwrap();
        let report =
            json_lines(&output.stdout).pop().unwrap_or_else(|| panic!("{}", String::from_utf8_lossy(&output.stderr)));
        assert_eq!(report["benchmark"]["kind"], kind, "{name}");
        let (n, left_out) =
            (report["overall"]["n"].as_u64().unwrap(), report["benchmark"]["left_out"].as_u64().unwrap());
        println!("{name}: {n} questions, {left_out} left out");
        assert!(n as f64 >= least_share * (n + left_out) as f64, "{name}: {n} questions, {left_out} left out");
        assert_eq!(report["overall"]["value"], 0.0);
    }
}
