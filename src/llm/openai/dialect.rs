//! What a server takes of the OpenAI chat API, learnt from its refusals.

use super::wire::Fault;
use crate::llm::Error;

/// How a server is asked for JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    /// `response_format` of type `json_schema`: decoding is constrained.
    Schema,
    /// Of type `json_object`; the schema is told in words.
    Object,
    /// In words alone.
    Text,
}

/// Which fields a server is sent. Starts with everything; a field is only ever taken away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Dialect {
    pub format: Format,
    /// The newer name of `max_tokens`, which OpenAI's reasoning models insist on and few others know.
    pub max_completion_tokens: bool,
    pub temperature: bool,
    pub seed: bool,
}

impl Default for Dialect {
    fn default() -> Self {
        Dialect { format: Format::Schema, max_completion_tokens: false, temperature: true, seed: true }
    }
}

impl Dialect {
    /// What to ask instead, when a refusal of a request says that a field of it is not taken. `shaped`: the request had a schema.
    pub fn instead(self, status: u16, fault: &Fault, shaped: bool) -> Option<Self> {
        // Groq's word for a model that did not get its JSON right: the field was taken.
        if fault.code == "json_validate_failed" || is_too_long(fault) {
            return None;
        }
        let message = fault.message.to_lowercase();
        let names = |words: &[&str]| words.iter().any(|word| message.contains(word));
        let has_word = |word: &str| message.split(|c: char| !c.is_alphanumeric() && c != '_').any(|part| part == word);
        let asks_less = || Some(Dialect { format: self.format.less()?, ..self });
        match status {
            400 | 422 if !self.max_completion_tokens && names(&["max_completion_tokens"]) => {
                Some(Dialect { max_completion_tokens: true, ..self })
            }
            400 | 422 if self.temperature && has_word("temperature") => Some(Dialect { temperature: false, ..self }),
            400 | 422 if self.seed && has_word("seed") => Some(Dialect { seed: false, ..self }),
            400 | 422 if shaped && names(&FORMAT_WORDS) => asks_less(),
            // Older llama.cpp calls it its own error; a gateway may call it not implemented or not found.
            404 | 500 | 501 if shaped && names(&FORMAT_WORDS[..4]) => asks_less(),
            _ => None,
        }
    }
}

/// The first four can mean nothing else.
const FORMAT_WORDS: [&str; 9] = [
    "response_format",
    "response format",
    "json_schema",
    "json_object",
    "schema",
    "structured output",
    "guided",
    "grammar",
    "json mode",
];

impl Format {
    fn less(self) -> Option<Self> {
        match self {
            Format::Schema => Some(Format::Object),
            Format::Object => Some(Format::Text),
            Format::Text => None,
        }
    }
}

/// What a refusal with this status means. `message`: what may be shown of it.
pub(super) fn error_of(
    endpoint: String,
    status: u16,
    fault: &Fault,
    message: String,
    retry_after: Option<std::time::Duration>,
) -> Error {
    let lower = fault.message.to_lowercase();
    if status == 413 || (400..500).contains(&status) && is_too_long(fault) {
        return Error::TooLong { endpoint, message };
    }
    match status {
        // The account is empty: this is not about pace, and passes only when a person pays.
        429 if fault.code == "insufficient_quota" => Error::Refused { endpoint, status, message },
        429 => Error::RateLimited { endpoint, message, retry_after },
        // A guard looked at the text, not at us.
        403 if lower.contains("flagged") || lower.contains("moderation") => {
            Error::BadRequest { endpoint, status, message }
        }
        300..=399 | 401..=405 | 407 => Error::Refused { endpoint, status, message },
        400 if fault.code == "json_validate_failed" => Error::Garbled { endpoint, detail: message },
        408 | 409 | 425 | 500..=599 => Error::Unavailable { endpoint, status, message, retry_after },
        _ => Error::BadRequest { endpoint, status, message },
    }
}

/// Whether the request has more tokens than the model or the account takes, in the words of OpenAI, vLLM, SGLang, llama.cpp, Groq.
fn is_too_long(fault: &Fault) -> bool {
    const PHRASES: [&str; 9] = [
        "context length",
        "context size",
        "context window",
        "context_length_exceeded",
        "exceed_context_size_error",
        "maximum model length",
        "prompt is too long",
        "request too large",
        "too large to process",
    ];
    let (code, message) = (fault.code.to_lowercase(), fault.message.to_lowercase());
    PHRASES.iter().any(|phrase| message.contains(phrase) || code.contains(phrase))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(message: &str) -> Fault {
        Fault { message: message.into(), ..Fault::default() }
    }

    #[test]
    fn a_field_that_is_named_is_left_out_and_nothing_else() {
        let full = Dialect::default();
        for (status, message, instead) in [
            (400, "This response_format type is unavailable now", Some(Dialect { format: Format::Object, ..full })),
            (
                400,
                "This model does not support response format `json_schema`.",
                Some(Dialect { format: Format::Object, ..full }),
            ),
            (
                500,
                "response_format type must be one of \"text\" or \"json_object\"",
                Some(Dialect { format: Format::Object, ..full }),
            ),
            (400, "Invalid schema for response_format 'questions'", Some(Dialect { format: Format::Object, ..full })),
            (
                400,
                "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
                Some(Dialect { max_completion_tokens: true, ..full }),
            ),
            (
                400,
                "Unsupported value: 'temperature' does not support 0.2 with this model.",
                Some(Dialect { temperature: false, ..full }),
            ),
            (
                422,
                r#"[{"loc":["body","seed"],"msg":"Extra inputs are not permitted"}]"#,
                Some(Dialect { seed: false, ..full }),
            ),
            (400, "messages: at least one message is required", None),
            (400, "the quota was exceeded", None),
            (500, "the grammar sampler crashed", None),
            (503, "response_format", None),
            (400, "This model's maximum context length is 8192 tokens; response_format counts too", None),
        ] {
            assert_eq!(full.instead(status, &fault(message), true), instead, "{message}");
        }
        assert_eq!(full.instead(400, &fault("response_format"), false), None, "no schema was asked for");
        let plain = Dialect { format: Format::Text, ..full };
        assert_eq!(plain.instead(400, &fault("response_format"), true), None);
        assert_eq!(plain.instead(400, &fault("temperature"), true), Some(Dialect { temperature: false, ..plain }));
    }

    #[test]
    fn refusals_say_whether_to_ask_again() {
        let kind = |status, code: &str, message: &str| {
            let fault = Fault { code: code.into(), ..fault(message) };
            error_of("e".into(), status, &fault, fault.shown(), None).outcome()
        };
        for (status, code, message, expected) in [
            (401, "invalid_api_key", "Incorrect API key", "refused"),
            (402, "", "Insufficient credits", "refused"),
            (403, "", "your input was flagged", "bad_request"),
            (404, "", "model 'x' not found", "refused"),
            (308, "", "", "refused"),
            (
                400,
                "exceed_context_size_error",
                "request (4476 tokens) exceeds the available context size (4096 tokens)",
                "too_long",
            ),
            (
                400,
                "BadRequestError",
                "The prompt (total length 9000) is longer than the maximum model length of 8192",
                "too_long",
            ),
            (
                429,
                "",
                "Request too large for model on tokens per minute (TPM): Limit 12000, Requested 15318",
                "too_long",
            ),
            (413, "", "", "too_long"),
            (429, "insufficient_quota", "You exceeded your current quota", "refused"),
            (429, "rate_limit_exceeded", "You exceeded your current quota", "rate_limited"),
            (503, "unavailable_error", "Loading model", "unavailable"),
            (529, "", "overloaded", "unavailable"),
            (400, "json_validate_failed", "Failed to generate JSON", "garbled"),
            (400, "", "messages is required", "bad_request"),
            (422, "", "", "bad_request"),
        ] {
            assert_eq!(kind(status, code, message), expected, "{status} {message}");
        }
    }
}
