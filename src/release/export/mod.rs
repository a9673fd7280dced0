//! The same questions in the forms that trainers read: one file a split, from the part whose licences ask for credit only.

pub mod trl;
pub mod verifiers;
pub mod verl;

use crate::model::answer::AnswerSpec;

use super::row::Row;

/// What a model is shown: the question, its options, and how to answer so that the grader finds it.
pub fn prompt(row: &Row) -> String {
    let (question, form) = shown(row);
    closing(&question, form)
}

/// As [`prompt`], for a model that is to answer at once.
pub fn brief_prompt(row: &Row) -> String {
    let (question, form) = shown(row);
    format!("{question}\n\nGive only the final answer, {form}, without any explanation.")
}

/// The question with its options, and the form of its answer.
fn shown(row: &Row) -> (String, &'static str) {
    let mut text = row.question.clone().unwrap_or_default();
    for (letter, option) in ('A'..='Z').zip(&row.options) {
        text.push_str(&format!("\n{letter}. {option}"));
    }
    let spec = row.answer.as_deref().and_then(|answer| serde_json::from_str::<AnswerSpec>(answer).ok());
    (text, form(spec.as_ref()))
}

/// A question with the words that say in which form its answer is expected, and where.
pub fn asked(question: &str, spec: Option<&AnswerSpec>) -> String {
    closing(question, form(spec))
}

fn closing(question: &str, form: &str) -> String {
    format!("{question}\n\nThink it through, then give your final answer, {form}, inside <answer></answer>.")
}

fn form(spec: Option<&AnswerSpec>) -> &'static str {
    match spec {
        Some(AnswerSpec::Choice { .. }) => "the letter of the right option",
        Some(AnswerSpec::Number { unit: Some(_), .. }) => "a number with its unit",
        Some(AnswerSpec::Number { .. }) => "a number",
        Some(AnswerSpec::Boolean { .. }) => "yes or no",
        Some(AnswerSpec::Direction { .. }) => "increase, decrease or no change",
        Some(AnswerSpec::Set { .. } | AnswerSpec::Ranking { .. }) => "a list, its items separated by commas",
        Some(AnswerSpec::Term { .. } | AnswerSpec::Sequence { .. }) | None => "as few words as it takes",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::release::tests::row;

    #[test]
    fn a_choice_shows_its_options_and_asks_for_a_letter() {
        let mut row = row("a", "10.5555/a");
        row.answer = Some(r#"{"type":"choice","options":["one","two"],"correct":"B"}"#.into());
        row.options = vec!["one".into(), "two".into()];
        let prompt = prompt(&row);
        assert!(prompt.contains("\nA. one\nB. two\n\n") && prompt.contains("the letter"), "{prompt}");
        assert!(prompt.ends_with("<answer></answer>."));
        let brief = brief_prompt(&row);
        assert!(
            brief.contains("B. two") && brief.ends_with("the letter of the right option, without any explanation."),
            "{brief}"
        );
    }
}
