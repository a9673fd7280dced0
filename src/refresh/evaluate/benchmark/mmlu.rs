use serde_json::{Map, Value};

use super::choice;
use crate::refresh::job::Question;

/// An item of MMLU: its answer is the position of a choice, as a number or its digits, or a letter. The five examples a subject (split
/// `dev`) are no questions.
pub(super) fn question(id: &str, item: &Map<String, Value>) -> Option<Question> {
    if item.get("split").is_some_and(|split| split == "dev") {
        return None;
    }
    let options: Vec<String> = item
        .get("choices")?
        .as_array()?
        .iter()
        .map(|choice| Some(choice.as_str()?.to_owned()))
        .collect::<Option<_>>()?;
    let answer = item.get("answer")?;
    let correct = match answer.as_str() {
        Some(letter) if letter.len() == 1 && letter.as_bytes()[0].is_ascii_uppercase() => {
            usize::from(letter.as_bytes()[0] - b'A')
        }
        Some(digits) => digits.parse().ok()?,
        None => usize::try_from(answer.as_u64()?).ok()?,
    };
    let topic = item.get("subject").and_then(Value::as_str).map(str::to_owned);
    choice(id, item.get("question")?.as_str()?, options, correct, topic)
}
