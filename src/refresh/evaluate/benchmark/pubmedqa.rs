use serde_json::{Map, Value};

use super::{accuracy, choice};
use crate::refresh::job::Question;

const DECISIONS: [&str; 3] = ["yes", "no", "maybe"];

/// An item of PubMedQA's labelled set: the abstract without its conclusion, and the question it asks.
pub(super) fn question(id: &str, item: &Map<String, Value>) -> Option<Question> {
    let text = item.get("QUESTION")?.as_str()?;
    let contexts: Vec<&str> = item.get("CONTEXTS")?.as_array()?.iter().filter_map(Value::as_str).collect();
    let decision = item.get("final_decision")?.as_str()?;
    let correct = DECISIONS.iter().position(|known| *known == decision)?;
    choice(id, &format!("{}\n\n{text}", contexts.join("\n")), DECISIONS.map(str::to_owned).to_vec(), correct, None)
}

/// Accuracy, and the F1 of each decision averaged.
///
/// Source: Jin et al. 2019, PubMedQA, EMNLP, section 5.
pub(super) fn scores(chosen: &[(usize, Option<usize>)]) -> Vec<(&'static str, f64)> {
    let f1 = |class: usize| {
        let both = chosen.iter().filter(|(correct, chosen)| *correct == class && *chosen == Some(class)).count() as f64;
        let of = chosen.iter().filter(|(correct, _)| *correct == class).count() as f64;
        let said = chosen.iter().filter(|(_, chosen)| *chosen == Some(class)).count() as f64;
        if of + said > 0.0 { 2.0 * both / (of + said) } else { 0.0 }
    };
    let mean = (0..DECISIONS.len()).map(f1).sum::<f64>() / DECISIONS.len() as f64;
    vec![("accuracy", accuracy(chosen)), ("macro_f1", mean)]
}
