//! Benchmarks from the files in which they are published, each with the scores that its authors report.

mod labbench;
mod mmlu;
mod pubmedqa;

use std::fs::File;
use std::io::Read;
use std::path::Path;

use serde::Serialize;
use serde_json::{Map, Value};

use super::Responses;
use crate::grade::grade;
use crate::model::answer::AnswerSpec;
use crate::refresh::Error;
use crate::refresh::job::Question;

/// Most bytes of a file, inflated, and most questions.
const MOST_BYTES: u64 = 512 << 20;
const MOST_QUESTIONS: usize = 200_000;

/// What kind of benchmark a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// yes, no or maybe from an abstract: accuracy, and F1 averaged over the three.
    Pubmedqa,
    /// Four options: accuracy.
    Mmlu,
    /// Options and "insufficient information": accuracy, precision of what is answered, coverage. Open questions of its second edition:
    /// accuracy over those with a short answer.
    Labbench,
}

/// A benchmark's questions.
#[derive(Debug, Clone, PartialEq)]
pub struct Benchmark {
    pub kind: Kind,
    pub questions: Vec<Question>,
    /// Items without a text answer that a grader can check (pictures, essays).
    pub n_left_out: u64,
}

/// An item's question, by its name; `None` when it is none that can be asked.
type ReadItem = fn(&str, &Map<String, Value>) -> Option<Question>;

/// Reads a benchmark; which one it is follows from the keys of its items.
///
/// # Errors
/// When the file can not be read, is too large, or is none of those known.
pub fn read(path: &Path) -> Result<Benchmark, Error> {
    let text = inflated(path)?;
    let items = items(&text).ok_or_else(|| Error::damaged(path, "holds neither JSON nor JSON lines"))?;
    let Some((_, first)) = items.first() else { return Err(Error::damaged(path, "holds no item")) };
    let has = |key: &str| first.contains_key(key);
    let (kind, question): (Kind, ReadItem) = if has("final_decision") {
        (Kind::Pubmedqa, pubmedqa::question)
    } else if has("choices") && has("answer") {
        (Kind::Mmlu, mmlu::question)
    } else if has("ideal") {
        (Kind::Labbench, labbench::question)
    } else {
        return Err(Error::damaged(path, "is no benchmark known here: PubMedQA, MMLU, LAB-Bench"));
    };
    let n_items = items.len();
    let questions: Vec<Question> = items.iter().filter_map(|(id, item)| question(id, item)).collect();
    Ok(Benchmark { kind, n_left_out: (n_items - questions.len()) as u64, questions })
}

impl Benchmark {
    /// The scores that the benchmark's authors report, by name, in `[0, 1]`; of the first sample of every question.
    pub fn scores(&self, responses: &Responses) -> Vec<(&'static str, f64)> {
        let chosen: Vec<(usize, Option<usize>)> = self
            .questions
            .iter()
            .filter_map(|question| {
                let response = responses.get(&question.id, 0).unwrap_or_default();
                Some((correct(&question.spec)?, chosen(&question.spec, response)))
            })
            .collect();
        match self.kind {
            Kind::Pubmedqa => pubmedqa::scores(&chosen),
            Kind::Mmlu => vec![("accuracy", accuracy(&chosen))],
            Kind::Labbench if chosen.is_empty() => {
                let right = |question: &&Question| {
                    grade(&question.spec, responses.get(&question.id, 0).unwrap_or_default()).score == 1
                };
                let n = self.questions.iter().filter(right).count();
                vec![("accuracy", n as f64 / self.questions.len().max(1) as f64)]
            }
            Kind::Labbench => labbench::scores(&self.questions, responses),
        }
    }
}

/// A question with options, as the exports ask one.
fn choice(id: &str, text: &str, options: Vec<String>, correct: usize, topic: Option<String>) -> Option<Question> {
    let letter = |at: usize| ('A'..='Z').nth(at);
    let correct = letter(correct).filter(|_| correct < options.len())?.to_string();
    let listed: String =
        options.iter().zip('A'..='Z').map(|(option, letter)| format!("\n{letter}. {option}")).collect();
    let spec = AnswerSpec::Choice { options, correct };
    crate::grade::check(&spec).ok()?;
    let prompt = crate::release::export::asked(&format!("{text}{listed}"), Some(&spec));
    Some(Question { id: id.to_owned(), prompt, spec, topic, work: id.to_owned(), section: None, target: None })
}

/// Position of the right option; `None` for a question without options.
fn correct(spec: &AnswerSpec) -> Option<usize> {
    match spec {
        AnswerSpec::Choice { correct, .. } => ('A'..='Z').position(|letter| correct.chars().eq([letter])),
        _ => None,
    }
}

/// Position of the option that a response chooses.
fn chosen(spec: &AnswerSpec, response: &str) -> Option<usize> {
    let AnswerSpec::Choice { options, .. } = spec else { return None };
    (0..options.len()).zip('A'..='Z').find_map(|(at, letter)| {
        let spec = AnswerSpec::Choice { options: options.clone(), correct: letter.to_string() };
        (grade(&spec, response).score == 1).then_some(at)
    })
}

fn accuracy(chosen: &[(usize, Option<usize>)]) -> f64 {
    let n = chosen.iter().filter(|(correct, chosen)| Some(*correct) == *chosen).count();
    n as f64 / chosen.len().max(1) as f64
}

fn inflated(path: &Path) -> Result<String, Error> {
    let file = File::open(path).map_err(Error::io(path))?;
    let is_packed = path.extension().is_some_and(|ending| ending == "gz");
    let reader: Box<dyn Read> =
        if is_packed { Box::new(flate2::read::MultiGzDecoder::new(file)) } else { Box::new(file) };
    let mut text = String::new();
    reader.take(MOST_BYTES + 1).read_to_string(&mut text).map_err(Error::io(path))?;
    if text.len() as u64 > MOST_BYTES {
        return Err(Error::damaged(path, format!("larger than {MOST_BYTES} bytes")));
    }
    Ok(text)
}

/// Items with their names: of an object of objects, a list, or JSON lines.
fn items(text: &str) -> Option<Vec<(String, Map<String, Value>)>> {
    let named = |at: usize, item: Value| match item {
        Value::Object(item) => {
            let id = item.get("id").and_then(Value::as_str).map_or_else(|| at.to_string(), str::to_owned);
            Some((id, item))
        }
        _ => None,
    };
    let all: Vec<(String, Map<String, Value>)> = match serde_json::from_str::<Value>(text) {
        Ok(Value::Object(map)) if map.values().all(Value::is_object) => map
            .into_iter()
            .filter_map(|(id, item)| if let Value::Object(item) = item { Some((id, item)) } else { None })
            .collect(),
        Ok(Value::Array(list)) => list.into_iter().enumerate().filter_map(|(at, item)| named(at, item)).collect(),
        _ => {
            let lines = text.lines().filter(|line| !line.trim().is_empty()).take(MOST_QUESTIONS).enumerate();
            lines.map(|(at, line)| named(at, serde_json::from_str(line).ok()?)).collect::<Option<_>>()?
        }
    };
    Some(all.into_iter().take(MOST_QUESTIONS).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(name: &str, text: &str) -> (tempfile::TempDir, std::path::PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        (folder, path)
    }

    fn answered(benchmark: &Benchmark, answers: &[&str]) -> Vec<(&'static str, f64)> {
        let folder = tempfile::tempdir().unwrap();
        let mut responses = Responses::open(&folder.path().join("r.jsonl")).unwrap();
        for (question, answer) in benchmark.questions.iter().zip(answers) {
            let response = format!("<answer>{answer}</answer>");
            responses.add(super::super::Response { id: question.id.clone(), sample: 0, response }).unwrap();
        }
        benchmark.scores(&responses)
    }

    #[test]
    fn pubmedqa_counts_f1_over_three_classes() {
        let item = |decision: &str| {
            format!("{{\"QUESTION\":\"Does it beat?\",\"CONTEXTS\":[\"It beats.\"],\"final_decision\":\"{decision}\"}}")
        };
        let text =
            format!("{{\"1\":{},\"2\":{},\"3\":{},\"4\":{}}}", item("yes"), item("yes"), item("no"), item("maybe"));
        let (_folder, path) = written("p.json", &text);
        let benchmark = read(&path).unwrap();
        assert_eq!((benchmark.kind, benchmark.questions.len()), (Kind::Pubmedqa, 4));
        assert!(benchmark.questions[0].prompt.contains("It beats."));
        // By hand: yes has precision 2/3 and recall 1, F1 0.8; no 0 of 1; maybe F1 1.
        let scores = answered(&benchmark, &["yes", "A", "yes", "maybe"]);
        assert_eq!(scores[0], ("accuracy", 0.75));
        assert!(scores[1].0 == "macro_f1" && (scores[1].1 - 0.6).abs() < 1e-12, "{scores:?}");
    }

    #[test]
    fn mmlu_letters_follow_the_order_of_its_choices() {
        let line = r#"{"subject":"college_biology","question":"Which?","choices":["a newt","a cat","a dog","an eel"],"answer":"2"}"#;
        let (_folder, path) = written("m.jsonl", &format!("{line}\n{}\n", line.replace("\"2\"", "1")));
        let benchmark = read(&path).unwrap();
        assert_eq!((benchmark.kind, benchmark.questions[0].topic.as_deref()), (Kind::Mmlu, Some("college_biology")));
        assert_eq!(answered(&benchmark, &["C", "a dog"]), [("accuracy", 0.5)]);
    }

    #[test]
    fn labbench_tells_refusals_from_mistakes() {
        let line = |n: u32| {
            format!(
                "{{\"id\":\"q{n}\",\"question\":\"Which?\",\"ideal\":\"a newt\",\"distractors\":[\"a cat\",\"a dog\"]}}"
            )
        };
        let (_folder, path) = written("l.jsonl", &[line(1), line(2), line(3), line(4)].join("\n"));
        let benchmark = read(&path).unwrap();
        let unsure = "Insufficient information to answer the question";
        let scores = answered(&benchmark, &["a newt", "a cat", unsure, "a newt"]);
        assert_eq!(scores, [("accuracy", 0.5), ("precision", 2.0 / 3.0), ("coverage", 0.75)]);
        let (_folder, path) = written("x.jsonl", "{\"a\":1}");
        assert!(read(&path).unwrap_err().to_string().contains("no benchmark known"));
    }
}
