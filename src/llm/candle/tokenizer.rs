//! Text to tokens and back, from `tokenizer.json` or from a GGUF's metadata, and the chat template that comes with either.

use std::path::Path;

use candle_core::quantized::tokenizer::TokenizerFromGguf as _;
use serde_json::Value;
use tokenizers::decoders::byte_level::ByteLevel as ByteLevelDecoder;
use tokenizers::pre_tokenizers::PreTokenizerWrapper;
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::pre_tokenizers::digits::Digits;
use tokenizers::pre_tokenizers::sequence::Sequence;
use tokenizers::pre_tokenizers::split::{Split, SplitPattern};
use tokenizers::tokenizer::SplitDelimiterBehavior;

use super::Error;
use super::gguf::{GgufFile, Metadata, whole};
use super::template::Template;
use super::weights::json;
use crate::llm::Message;

/// What every tokenizer must give back as it was.
const PROBE: &str = "The 12 cells' p53 rose to 4.5 µM,\n\n  then fell (p < 0.001).";
/// Largest `tokenizer.json` that is read.
const MOST_FILE_BYTES: u64 = 256 << 20;

/// Turns text into tokens and tokens into text, and renders conversations.
pub struct Tokenizer {
    inner: tokenizers::Tokenizer,
    template: Option<Template>,
    /// Tokens that end a reply.
    pub ends: Vec<u32>,
    /// The one that the file itself names.
    end: Option<u32>,
}

impl std::fmt::Debug for Tokenizer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (vocab, ends) = (self.inner.get_vocab_size(true), &self.ends);
        f.debug_struct("Tokenizer").field("vocab", &vocab).field("ends", ends).finish()
    }
}

impl Tokenizer {
    /// That of a `.gguf` file, or of a folder with `tokenizer.json`.
    ///
    /// # Errors
    /// When there is none, or it is of a kind that is not known to be read right.
    pub fn load(path: &Path) -> Result<Self, Error> {
        if path.is_dir() { Self::from_folder(path) } else { Self::from_gguf(path) }
    }

    fn from_folder(folder: &Path) -> Result<Self, Error> {
        let path = folder.join("tokenizer.json");
        let bytes = std::fs::metadata(&path).map_err(Error::io(&path))?.len();
        if bytes > MOST_FILE_BYTES {
            return Err(Error::model(&path, format!("it is larger than {MOST_FILE_BYTES} bytes")));
        }
        let text = std::fs::read(&path).map_err(Error::io(&path))?;
        let inner = tokenizers::Tokenizer::from_bytes(&text).map_err(|error| Error::model(&path, error))?;
        let optional = |name: &str| -> Result<Value, Error> {
            let path = folder.join(name);
            if path.is_file() { json(&path) } else { Ok(Value::Null) }
        };
        let (config, generation) = (optional("tokenizer_config.json")?, optional("generation_config.json")?);
        let word = |key: &str| match &config[key] {
            Value::String(word) => Some(word.clone()),
            other => other["content"].as_str().map(str::to_owned),
        };
        let (begin, end) = (word("bos_token"), word("eos_token"));
        let mut ends: Vec<u32> = end.iter().filter_map(|word| inner.token_to_id(word)).collect();
        let listed = match &generation["eos_token_id"] {
            Value::Array(ids) => ids.clone(),
            one => vec![one.clone()],
        };
        ends.extend(listed.iter().filter_map(Value::as_u64).filter_map(|id| u32::try_from(id).ok()));
        let beside = folder.join("chat_template.jinja");
        let source = if beside.is_file() {
            Some(std::fs::read_to_string(&beside).map_err(Error::io(&beside))?)
        } else {
            named(&config["chat_template"])
        };
        Self::new(inner, source, begin, end, ends)
    }

    fn from_gguf(path: &Path) -> Result<Self, Error> {
        let file = GgufFile::open(path)?;
        let metadata = file.metadata();
        let wrong = |reason: String| Error::model(path, reason);
        let inner = byte_level(&file, &metadata).map_err(wrong)?;
        let words = metadata.texts("tokenizer.ggml.tokens").map_err(wrong)?;
        let id = |key: &str| metadata.get(key).and_then(whole).and_then(|id| u32::try_from(id).ok());
        let word = |id: Option<u32>| id.and_then(|id| words.get(id as usize)).cloned();
        let (begin, end) = (id("tokenizer.ggml.bos_token_id"), id("tokenizer.ggml.eos_token_id"));
        let ends: Vec<u32> = end.into_iter().chain(id("tokenizer.ggml.eot_token_id")).collect();
        let template = metadata.text("tokenizer.chat_template").ok().map(str::to_owned);
        let this = Self::new(inner, template, word(begin), word(end), ends)?;
        let back = this.decode(&this.encode(PROBE)?, false)?;
        if back != PROBE {
            return Err(wrong(format!("its tokenizer does not give text back as it was: {PROBE:?} became {back:?}")));
        }
        Ok(this)
    }

    fn new(
        inner: tokenizers::Tokenizer,
        template: Option<String>,
        begin: Option<String>,
        end: Option<String>,
        mut ends: Vec<u32>,
    ) -> Result<Self, Error> {
        // Some templates end a turn by a token that is not the file's end of text.
        ends.extend(["<|im_end|>", "<|eot_id|>", "<|endoftext|>"].iter().filter_map(|word| inner.token_to_id(word)));
        ends.sort_unstable();
        ends.dedup();
        let named = end.as_deref().and_then(|word| inner.token_to_id(word));
        let template = template.map(|source| Template::new(source, begin, end)).transpose()?;
        Ok(Tokenizer { inner, template, end: named.or(ends.first().copied()), ends })
    }

    /// The tokens of `text`, with nothing put in front or behind; special tokens written out in it are taken as such.
    ///
    /// # Errors
    /// When the tokenizer fails.
    pub fn encode(&self, text: &str) -> Result<Vec<u32>, Error> {
        let encoding =
            self.inner.encode_fast(text, false).map_err(|error| Error::Tokens { reason: error.to_string() })?;
        Ok(encoding.get_ids().to_vec())
    }

    /// The text of `tokens`; `skip_special`: without those that are no text.
    ///
    /// # Errors
    /// When a token is unknown.
    pub fn decode(&self, tokens: &[u32], skip_special: bool) -> Result<String, Error> {
        self.inner.decode(tokens, skip_special).map_err(|error| Error::Tokens { reason: error.to_string() })
    }

    /// The tokens of a conversation up to where the model's reply begins.
    ///
    /// Words of a message that look like special tokens are taken apart first, so that no text can end its own turn.
    ///
    /// # Errors
    /// When there is no chat template, or it can not be rendered.
    pub fn conversation(&self, messages: &[Message]) -> Result<Vec<u32>, Error> {
        let template =
            self.template.as_ref().ok_or_else(|| Error::Template { reason: "the model has none".to_owned() })?;
        let mut plain = messages.to_vec();
        for message in &mut plain {
            message.content = self.defused(&message.content);
        }
        self.encode(&template.render(&plain)?)
    }

    /// The token that ends a reply which is to be learned.
    pub fn turn_end(&self) -> Option<u32> {
        self.end
    }

    /// Whether conversations can be rendered.
    pub fn has_template(&self) -> bool {
        self.template.is_some()
    }

    fn defused(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for token in self.inner.get_added_tokens_decoder().values().filter(|token| token.special) {
            let mut chars = token.content.chars();
            if let (Some(first), true) = (chars.next(), text.contains(&token.content)) {
                text = text.replace(&token.content, &format!("{first} {}", chars.as_str()));
            }
        }
        text
    }

    /// The tokenizer as JSON, for those who read it elsewhere.
    ///
    /// # Errors
    /// When it can not be written.
    pub fn to_json(&self) -> Result<String, Error> {
        self.inner.to_string(false).map_err(|error| Error::Tokens { reason: error.to_string() })
    }

    /// The chat template's source.
    pub fn template(&self) -> Option<&str> {
        self.template.as_ref().map(Template::source)
    }
}

/// A template, or the one named `default` of several.
fn named(value: &Value) -> Option<String> {
    match value {
        Value::String(source) => Some(source.clone()),
        Value::Array(several) => several
            .iter()
            .find(|one| one["name"] == "default")
            .and_then(|one| one["template"].as_str().map(str::to_owned)),
        _ => None,
    }
}

/// candle's reader with the step before the merges put right: it has one rule for every name that it does not know, which for some
/// adds a space before each piece.
fn byte_level(file: &GgufFile, metadata: &Metadata<'_>) -> Result<tokenizers::Tokenizer, String> {
    const LETTERS: &str = r"[^\r\n\p{L}\p{N}]?\p{L}+";
    const REST: &str = r" ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
    const SHORTENED: &str = r"(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])";
    let kind = metadata.text("tokenizer.ggml.model")?;
    if kind != "gpt2" {
        return Err(format!(
            "its tokenizer is of kind {kind:?}; known is gpt2: use the model's folder with tokenizer.json"
        ));
    }
    let name = metadata.text("tokenizer.ggml.pre")?;
    let split = |digits: &str| -> Result<PreTokenizerWrapper, String> {
        let pattern = SplitPattern::Regex(format!("{SHORTENED}|{LETTERS}|{digits}|{REST}"));
        let split = Split::new(pattern, SplitDelimiterBehavior::Isolated, false).map_err(|error| error.to_string())?;
        Ok(PreTokenizerWrapper::Sequence(Sequence::new(vec![split.into(), ByteLevel::new(false, true, false).into()])))
    };
    let before: PreTokenizerWrapper = match name {
        "smollm" => PreTokenizerWrapper::Sequence(Sequence::new(vec![
            PreTokenizerWrapper::Digits(Digits::new(true)),
            ByteLevel::new(false, true, true).into(),
        ])),
        "gpt-2" => ByteLevel::new(false, true, true).into(),
        "llama-bpe" | "llama3" => split(r"\p{N}{1,3}")?,
        "qwen2" => split(r"\p{N}")?,
        other => {
            return Err(format!(
                "its tokenizer cuts text by the rules {other:?}, which are not known here: use the model's folder with tokenizer.json"
            ));
        }
    };
    let mut inner = tokenizers::Tokenizer::from_gguf(file.content()).map_err(|error| error.to_string())?;
    inner.with_pre_tokenizer(Some(before));
    inner.with_decoder(Some(ByteLevelDecoder::new(false, true, true)));
    Ok(inner)
}
