//! The grader against its vectors, as a library and as `aludel grade`.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::support;

fn own_vectors() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/grade/vectors.jsonl")
}

/// Runs `aludel grade` on a file and lists the lines where it disagrees.
fn disagreements(path: &Path) -> Vec<String> {
    let output = support::aludel().arg("grade").arg("--json").arg(path).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let results = support::json_lines(&output.stdout);
    let vectors = support::json_lines(&std::fs::read(path).unwrap());
    assert_eq!(results.len(), vectors.len());
    assert!(!vectors.is_empty());
    vectors
        .iter()
        .zip(&results)
        .filter(|(vector, result)| {
            assert_eq!(vector["id"], result["id"], "input order is kept");
            vector["score"] != result["score"]
        })
        .map(|(vector, result)| format!("{vector}\n  {result}"))
        .collect()
}

#[test]
fn our_own_vectors_agree() {
    let wrong = disagreements(&own_vectors());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_benchmark_vectors_agree() {
    let Some(shared) = support::shared() else { return };
    let wrong = disagreements(&shared.join("bench/grader_vectors.jsonl"));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn grade(arguments: &[&str], input: &[u8]) -> std::process::Output {
    let mut command: Command = support::aludel();
    let mut child = command
        .arg("grade")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    let writer = std::thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    output
}

#[test]
fn malformed_lines_get_a_result_and_exit_code_1() {
    let input = b"{\"id\": \"a\", \"spec\": {\"type\": \"boolean\", \"value\": true}, \"response\": \"yes\"}\n\nnonsense\n\xff\xfe\n{\"id\": 3, \"spec\": {}, \"response\": \"x\"}";
    let output = grade(&[], input);
    assert_eq!(output.status.code(), Some(1));
    let results = support::json_lines(&output.stdout);
    let column = |name: &str| results.iter().map(|result| result[name].clone()).collect::<Vec<Value>>();
    assert_eq!(column("id"), [Value::from("a"), Value::Null, Value::Null, Value::from(3)]);
    assert_eq!(column("score"), [1, 0, 0, 0].map(Value::from));
    let reasons = column("reason");
    for (reason, start) in reasons.iter().zip(["right", "bad_input: ", "bad_input: ", "bad_spec: "]) {
        assert!(reason.as_str().unwrap().starts_with(start), "{reason}");
    }
}

#[test]
fn the_summary_counts_agreement_by_class() {
    let output = support::aludel().args(["grade", "--summary"]).arg(own_vectors()).output().unwrap();
    let summary = String::from_utf8(output.stderr).unwrap();
    assert!(summary.lines().any(|line| line.starts_with("b10 ")), "{summary}");
    assert!(summary.contains("0 malformed"), "{summary}");
}

#[test]
fn many_lines_keep_their_order() {
    let mut input = String::new();
    for id in 0..5000 {
        input.push_str(&format!(
            "{{\"id\": {id}, \"spec\": {{\"type\": \"boolean\", \"value\": true}}, \"response\": \"{}\"}}\n",
            if id % 3 == 0 { "yes" } else { "no" }
        ));
    }
    let output = grade(&[], input.as_bytes());
    assert!(output.status.success());
    for (at, result) in support::json_lines(&output.stdout).iter().enumerate() {
        assert_eq!(result["id"], Value::from(at));
        assert_eq!(result["score"], Value::from(u8::from(at % 3 == 0)));
    }
}

#[test]
fn a_missing_file_is_one_clear_line() {
    let output = support::aludel().args(["grade", "/nowhere/vectors.jsonl"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(message.contains("/nowhere/vectors.jsonl") && message.lines().count() == 1, "{message}");
}
