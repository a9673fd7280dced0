//! The grader's Python file gives what the grader gives, field by field: on the vectors, and on responses made from a seed.

use std::io::Write;
use std::process::{Command, Stdio};

use aludel::release::grader::SOURCE;
use serde_json::{Value, json};

use crate::support::{aludel, json_lines, shared};

/// `python3` with the grader as a filter; `None` where there is no Python, which is said.
fn python(input: &str) -> Option<Vec<Value>> {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("grader.py");
    std::fs::write(&file, SOURCE).unwrap();
    let mut command = Command::new("python3");
    command.arg("-I").arg(&file);
    if Command::new("python3").arg("--version").output().is_err() {
        eprintln!("skipped: no python3 here");
        return None;
    }
    Some(filter(command, dir.path(), input))
}

fn filter(mut command: Command, dir: &std::path::Path, input: &str) -> Vec<Value> {
    // A file, not a pipe: nothing fills up while nobody reads.
    let path = dir.join("lines.jsonl");
    std::fs::File::create(&path).unwrap().write_all(input.as_bytes()).unwrap();
    let output = command.stdin(std::fs::File::open(&path).unwrap()).stderr(Stdio::inherit()).output().unwrap();
    json_lines(&output.stdout)
}

fn rust(input: &str) -> Vec<Value> {
    let dir = tempfile::tempdir().unwrap();
    let mut command = aludel();
    command.arg("grade");
    filter(command, dir.path(), input)
}

/// Compares field by field and returns how many lines were compared.
fn compare(input: &str) -> usize {
    let Some(theirs) = python(input) else { return 0 };
    let ours = rust(input);
    assert_eq!(ours.len(), theirs.len());
    let differing: Vec<String> = input
        .lines()
        .zip(ours.iter().zip(&theirs))
        .filter(|(_, (ours, theirs))| ours != theirs)
        .map(|(line, (ours, theirs))| format!("{line}\n  rust   {ours}\n  python {theirs}"))
        .collect();
    assert!(differing.is_empty(), "{} differ:\n{}", differing.len(), differing[..differing.len().min(10)].join("\n"));
    ours.len()
}

/// Draws by a seed (SplitMix64).
struct Draws(u64);

impl Draws {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) % n.max(1) as u64) as usize
    }

    fn one<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }
}

const PIECES: &[&str] = &[
    "<answer>",
    "</answer>",
    "\\boxed{",
    "}",
    "Answer: ",
    "**",
    "*",
    "`",
    "$",
    "<think>",
    "</think>",
    "not ",
    "no ",
    "yes",
    "increase",
    "decreased",
    "unchanged",
    "≥",
    "~",
    "±",
    "×10^",
    "e-3",
    "%",
    " µM",
    " nM",
    "-fold",
    " per ",
    "/",
    "(",
    ")",
    "A",
    "B) ",
    "3′",
    "5'-",
    "α",
    "β",
    "ß",
    "é",
    "İ",
    "ﬁ",
    "²",
    "⁻¹",
    "½",
    "１２",
    "\u{a0}",
    "\u{200b}",
    "\n",
    "\n- ",
    ";",
    ", ",
    ".",
    "1,000",
    "0.5",
    "five",
    "twenty-one",
    "million",
    "and ",
    "or ",
    "−",
    "–",
    "mg·kg",
    "°C",
    "min",
    "TRPV1",
    "ACGT",
    "acgu",
];

/// A response made of another: pieces put in, taken out, doubled, its case changed.
fn mutated(response: &str, draws: &mut Draws) -> String {
    let mut chars: Vec<char> = response.chars().take(400).collect();
    for _ in 0..=draws.below(4) {
        let at = draws.below(chars.len() + 1);
        match draws.below(6) {
            0 | 1 => drop(chars.splice(at..at, draws.one(PIECES).chars())),
            2 => drop(chars.drain(at..(at + draws.below(8)).min(chars.len()))),
            3 => {
                let end = (at + draws.below(30)).min(chars.len());
                let copy = chars[at..end].to_vec();
                chars.splice(at..at, copy);
            }
            4 => {
                let upper = draws.below(2) == 0;
                let text: String = chars.iter().collect();
                chars = if upper { text.to_uppercase() } else { text.to_lowercase() }.chars().collect();
            }
            _ => chars.truncate(at),
        }
    }
    chars.into_iter().collect()
}

/// Specs and responses of our own invention, for where the vectors are not.
fn invented() -> Vec<(Value, String)> {
    let number = |value: f64, unit: Value| json!({"type": "number", "value": value, "unit": unit, "tolerance": {"relative": 0.01}});
    let cases = [
        (number(5.0, json!("µM")), "It was <answer>5,000 nM</answer>"),
        (number(37.0, json!("%")), "about 37 percent"),
        (number(0.003, json!(null)), "Answer: 3 × 10^-3"),
        (number(3.0, json!("fold")), "\\boxed{a threefold increase}"),
        (json!({"type": "term", "value": "TRPV1", "synonyms": ["vanilloid receptor 1"]}), "the TRPV1 channel"),
        (json!({"type": "term", "value": "β-catenin", "synonyms": []}), "<answer>beta catenin</answer>"),
        (json!({"type": "boolean", "value": false}), "No, it does not."),
        (json!({"type": "direction", "value": "decrease"}), "<answer>It was strongly reduced</answer>"),
        (json!({"type": "choice", "options": ["liver", "kidney", "spleen"], "correct": "B"}), "Answer: (B) kidney"),
        (json!({"type": "sequence", "value": "ATGGCC", "alphabet": "dna"}), "5'-ATG GCC-3'"),
        (
            json!({"type": "set", "items": [{"type": "term", "value": "iron"}, {"type": "term", "value": "zinc"}]}),
            "zinc and iron",
        ),
        (
            json!({"type": "ranking", "items": [{"type": "term", "value": "iron"}, {"type": "term", "value": "zinc"}]}),
            "1. iron\n2. zinc",
        ),
    ];
    cases.into_iter().map(|(spec, response)| (spec, response.to_owned())).collect()
}

fn lines(cases: &[(Value, String)], n: usize, seed: u64) -> String {
    let mut draws = Draws(seed);
    let mut text = String::new();
    for _ in 0..n {
        let (spec, response) = draws.one(cases);
        // Now and then an answer to another question.
        let response = if draws.below(8) == 0 { draws.one(cases).1.clone() } else { response.clone() };
        let line = json!({"spec": spec, "response": mutated(&response, &mut draws)});
        text.push_str(&format!("{line}\n"));
    }
    text
}

#[test]
fn both_graders_agree_on_whatever_is_made_from_a_seed() {
    let mut cases = invented();
    if let Some(shared) = shared() {
        let vectors = std::fs::read(shared.join("bench/grader_vectors.jsonl")).unwrap();
        let vectors = json_lines(&vectors);
        let plain: String = vectors.iter().map(|line| format!("{line}\n")).collect();
        let compared = compare(&plain);
        assert!(compared == vectors.len() || compared == 0);
        cases.extend(
            vectors.iter().map(|line| (line["spec"].clone(), line["response"].as_str().unwrap_or("").to_owned())),
        );
    }
    let n = std::env::var("ALUDEL_GRADER_RESPONSES").ok().and_then(|n| n.parse().ok()).unwrap_or(2000);
    let compared = compare(&lines(&cases, n, 20_261_126));
    println!("{compared} mutated responses compared");
}
