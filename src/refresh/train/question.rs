use crate::grade::Grader;
use crate::llm::candle::Tokenizer;
use crate::llm::{Message, Role};
use crate::refresh::job::{Question, Training};

use super::Error;

/// A question made ready: its prompt in tokens, its grader, and what is to be learned by heart where that is the objective.
#[derive(Debug)]
pub struct Prepared {
    pub prompt: Vec<u32>,
    pub grader: Grader,
    pub target: Option<Vec<u32>>,
}

/// Questions in tokens, and how many were left out because their prompt is too long.
///
/// # Errors
/// When the tokenizer fails.
pub fn prepare(
    questions: &[Question],
    tokenizer: &Tokenizer,
    training: &Training,
) -> Result<(Vec<Prepared>, usize), Error> {
    let mut prepared = Vec::new();
    for question in questions {
        let prompt = prompt(&question.prompt, tokenizer)?;
        if prompt.is_empty() || prompt.len() > training.max_prompt_tokens as usize {
            continue;
        }
        let grader = Grader::new(&question.spec)
            .map_err(|error| Error::Unusable(format!("question {} can not be graded: {error}", question.id)))?;
        let target = question.target.as_deref().map(|text| target(text, tokenizer, training)).transpose()?;
        prepared.push(Prepared { prompt, grader, target });
    }
    let left_out = questions.len() - prepared.len();
    Ok((prepared, left_out))
}

/// A question as the user's turn; as it stands where the model knows no turns.
///
/// # Errors
/// When the tokenizer fails.
pub fn prompt(text: &str, tokenizer: &Tokenizer) -> Result<Vec<u32>, Error> {
    if !tokenizer.has_template() {
        return Ok(tokenizer.encode(text)?);
    }
    Ok(tokenizer.conversation(&[Message { role: Role::User, content: text.to_owned() }])?)
}

/// The tokens of a response to learn, with its end.
fn target(text: &str, tokenizer: &Tokenizer, training: &Training) -> Result<Vec<u32>, Error> {
    let mut tokens = tokenizer.encode(text)?;
    tokens.extend(tokenizer.turn_end());
    tokens.truncate(training.max_completion_tokens as usize);
    Ok(tokens)
}
