//! Replies that can only be JSON of a schema: the tokens that would leave it are not drawn.

use std::sync::Arc;

use llguidance::api::TopLevelGrammar;
use llguidance::toktrie::{ApproximateTokEnv, TokEnv, TokRxInfo, TokTrie};
use llguidance::{Matcher, ParserFactory, token_bytes_from_tokenizer_json};
use serde_json::Value;

use super::sample::Constraint;
use super::{Error, Tokenizer};

/// What turns schemas into constraints, for one tokenizer.
pub(super) struct Grammar {
    factory: ParserFactory,
    ends: Vec<u32>,
}

impl Grammar {
    /// `vocab`: how many logits the model has, which may be more than the tokenizer has words.
    pub fn new(tokenizer: &Tokenizer, vocab: usize) -> Result<Self, Error> {
        let fault = |reason: String| Error::Tokens { reason };
        let json: Value = serde_json::from_str(&tokenizer.to_json()?).map_err(|error| fault(error.to_string()))?;
        let mut words = token_bytes_from_tokenizer_json(&json).map_err(|error| fault(error.to_string()))?;
        words.resize(vocab, Vec::new());
        let end = tokenizer.turn_end().ok_or_else(|| fault("no token ends a reply".to_owned()))?;
        let trie = TokTrie::from(&TokRxInfo::new(vocab as u32, end), &words);
        // Only masks are asked for, never forced text, so how text would be cut does not matter.
        let environment: TokEnv = Arc::new(ApproximateTokEnv::new(trie));
        let mut factory = ParserFactory::new_simple(&environment).map_err(|error| fault(error.to_string()))?;
        factory.quiet();
        Ok(Grammar { factory, ends: tokenizer.ends.clone() })
    }

    /// A constraint to JSON of `schema`, without spaces that it could go on for ever with.
    ///
    /// # Errors
    /// When the schema is not understood.
    pub fn constraint(&self, schema: &Value) -> Result<Box<dyn Constraint>, Error> {
        let mut schema = schema.clone();
        if let Some(object) = schema.as_object_mut() {
            object.insert("x-guidance".to_owned(), serde_json::json!({ "whitespace_flexible": false }));
        }
        let parser = self.factory.create_parser(TopLevelGrammar::from_json_schema(schema));
        let matcher = Matcher::new(parser);
        match matcher.get_error() {
            None => Ok(Box::new(Shaped { matcher, ends: self.ends.clone() })),
            Some(reason) => Err(Error::Tokens { reason: format!("the schema can not be kept to: {reason}") }),
        }
    }
}

struct Shaped {
    matcher: Matcher,
    ends: Vec<u32>,
}

impl Constraint for Shaped {
    fn narrow(&mut self, logits: &mut [f32]) -> Result<(), Error> {
        let mask = self.matcher.compute_mask_or_eos().map_err(|error| Error::Tokens { reason: error.to_string() })?;
        for (token, logit) in logits.iter_mut().enumerate() {
            if !mask.is_allowed(token as u32) {
                *logit = f32::NEG_INFINITY;
            }
        }
        Ok(())
    }

    fn take(&mut self, token: u32) -> Result<bool, Error> {
        if self.ends.contains(&token) {
            return Ok(true);
        }
        self.matcher.consume_token(token).map_err(|error| Error::Tokens { reason: error.to_string() })?;
        Ok(self.matcher.is_stopped())
    }
}
