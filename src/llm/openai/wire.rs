//! The OpenAI chat API as servers really speak it: a request's body, an answer read leniently, an error in its many shapes.

use serde_json::{Map, Value, json};

use super::dialect::{Dialect, Format};
use crate::fetch::body::{Kind, sniff};
use crate::llm::text::shown;
use crate::llm::{Finish, Request, Role};

/// Largest number of tokens believed of one call.
const MOST_TOKENS: u64 = 1_000_000_000;
/// So much of a server's words is kept for a message, in characters.
const MESSAGE_CHARS: usize = 300;

/// The body of a request to `model` in the dialect of its server.
pub(super) fn body(request: &Request, model: &str, dialect: Dialect) -> Value {
    let mut messages: Vec<Value> = request.messages.iter().map(|message| json!(message)).collect();
    let mut body = Map::new();
    if let Some(schema) = &request.schema {
        if dialect.format == Format::Schema {
            let (name, schema) = (schema.name, &schema.schema);
            let shape = json!({"name": name, "strict": true, "schema": schema});
            body.insert("response_format".into(), json!({"type": "json_schema", "json_schema": shape}));
        } else {
            // Servers that take `json_object` want the word JSON in a message; models want to know the shape.
            let told = format!(
                "\n\nReply with one JSON object and nothing else. It must match this JSON schema:\n{}",
                schema.schema
            );
            match request.messages.first() {
                Some(first) if first.role == Role::System => {
                    messages[0] = json!({"role": "system", "content": format!("{}{told}", first.content)});
                }
                _ => messages.insert(0, json!({"role": "system", "content": told.trim_start()})),
            }
            if dialect.format == Format::Object {
                body.insert("response_format".into(), json!({"type": "json_object"}));
            }
        }
    }
    body.insert("model".into(), model.into());
    body.insert("messages".into(), messages.into());
    body.insert("stream".into(), false.into());
    let max_tokens = if dialect.max_completion_tokens { "max_completion_tokens" } else { "max_tokens" };
    body.insert(max_tokens.into(), request.max_tokens.into());
    if dialect.temperature {
        body.insert("temperature".into(), request.temperature.into());
    }
    if let (true, Some(seed)) = (dialect.seed, request.seed) {
        // Some servers read it as a signed 32-bit number.
        let seed = seed.wrapping_add(request.sample.into()) % (1 << 31);
        body.insert("seed".into(), seed.into());
    }
    Value::Object(body)
}

/// What a server said in place of an answer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Fault {
    /// The status inside the body, where an error came with HTTP 200.
    pub status: Option<u16>,
    /// `error.code` or `error.type`, where it is a word.
    pub code: String,
    /// Long enough to be told apart by.
    pub message: String,
}

impl Fault {
    /// The message as it may stand in a log line: one line, not long.
    pub fn shown(&self) -> String {
        let text = shown(&self.message, MESSAGE_CHARS);
        if text.trim().is_empty() { "no reason given".to_owned() } else { text }
    }
}

/// An answer, as far as the server gave one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Answer {
    pub text: String,
    pub finish: Finish,
    /// Tokens of the prompt and of the reply.
    pub usage: Option<(u64, u64)>,
    /// Bytes of thinking that came apart from the text.
    pub thinking_bytes: usize,
    pub model: Option<String>,
}

/// Why a body with status 200 is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum NoAnswer {
    /// An error in an answer's place (OpenRouter: a provider that failed after the headers were sent).
    Fault(Fault),
    /// Not what a chat server says at all.
    Garbled(String),
}

/// Reads the body of a response with status 200. Returns on any bytes.
pub(super) fn read(body: &[u8]) -> Result<Answer, NoAnswer> {
    let garbled = |detail: &str| Err(NoAnswer::Garbled(detail.to_owned()));
    let value: Value = match serde_json::from_slice(body) {
        Ok(value) => value,
        Err(_) if sniff(body) == Kind::Html => return garbled("an HTML page; is the address right?"),
        Err(_) if sniff(body) == Kind::Empty => return garbled("an empty body"),
        Err(error) => return Err(NoAnswer::Garbled(format!("no JSON: {error}"))),
    };
    if is_there(value.get("error")) {
        return Err(NoAnswer::Fault(fault_in(&value)));
    }
    let Some(choice) = value.get("choices").and_then(|choices| choices.get(0)).filter(|choice| choice.is_object())
    else {
        return garbled("it holds no choice");
    };
    if is_there(choice.get("error")) {
        return Err(NoAnswer::Fault(fault_in(choice)));
    }
    let Some(message) = choice.get("message").filter(|message| message.is_object()) else {
        return garbled("its choice holds no message");
    };
    let refusal = message.get("refusal").and_then(Value::as_str).filter(|text| !text.trim().is_empty());
    let finish = match (refusal, choice.get("finish_reason").and_then(Value::as_str)) {
        (Some(said), _) => Finish::Refusal(shown(said, MESSAGE_CHARS)),
        (None, Some("length" | "max_tokens")) => Finish::Length,
        (None, Some("content_filter")) => Finish::Refusal("a content filter stopped it".to_owned()),
        (None, Some("error")) => return garbled("the model failed while it wrote"),
        (None, _) => Finish::Stop,
    };
    // DeepSeek's name, and the one that vLLM and Ollama took from OpenAI's advice.
    let thinking = ["reasoning_content", "reasoning"].iter().find_map(|name| message.get(name)?.as_str()).unwrap_or("");
    let mut text = text_of(message.get("content"));
    if text.trim().is_empty() && is_object(thinking) {
        // SGLang with a reasoning parser and thinking switched off put the whole JSON answer here, content null.
        text = thinking.to_owned();
    }
    let tokens = |name: &str| {
        let number = value.get("usage")?.get(name)?;
        number.as_u64().or_else(|| number.as_f64().map(|n| n as u64)).map(|n| n.min(MOST_TOKENS))
    };
    Ok(Answer {
        text,
        finish,
        usage: tokens("prompt_tokens").zip(tokens("completion_tokens")),
        thinking_bytes: thinking.len(),
        model: value.get("model").and_then(Value::as_str).map(|name| shown(name, 200)),
    })
}

/// What the body of a response with another status says. Returns on any bytes.
pub(super) fn read_fault(body: &[u8]) -> Fault {
    match serde_json::from_slice::<Value>(body) {
        Ok(value) => fault_in(&value),
        Err(_) if sniff(body) == Kind::Html => Fault { message: "an HTML page".to_owned(), ..Fault::default() },
        Err(_) => {
            let head = body.get(..body.len().min(4000)).unwrap_or_default();
            Fault { message: String::from_utf8_lossy(head).trim().to_owned(), ..Fault::default() }
        }
    }
}

/// `{"error": {"message", "code" or "type"}}` (OpenAI, llama.cpp, new vLLM), `{"error": "text"}` (Ollama), `{"message", "type"}`
/// (old vLLM, SGLang), `{"detail": text or list}` (FastAPI).
fn fault_in(value: &Value) -> Fault {
    let error = value.get("error").filter(|error| !error.is_null()).unwrap_or(value);
    let code = ["code", "type"].iter().find_map(|name| error.get(name)?.as_str()).unwrap_or("");
    let status = error.get("code").or_else(|| error.get("status")).and_then(|code| match code {
        Value::Number(number) => number.as_u64(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    });
    let message = [error.get("message"), error.get("detail"), Some(error)]
        .into_iter()
        .flatten()
        .find(|part| !part.is_null())
        .map_or_else(String::new, |part| part.as_str().map_or_else(|| part.to_string(), str::to_owned));
    Fault {
        status: status.and_then(|status| u16::try_from(status).ok()).filter(|status| (400..600).contains(status)),
        code: code.chars().take(100).collect(),
        message: message.chars().take(4000).collect(),
    }
}

fn is_there(value: Option<&Value>) -> bool {
    value.is_some_and(|value| !value.is_null())
}

fn is_object(text: &str) -> bool {
    let text = text.trim();
    text.starts_with('{') && text.ends_with('}')
}

/// A message's content: a string, null, or a list of parts of which those of text count.
fn text_of(content: Option<&Value>) -> String {
    match content {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(parts)) => {
            parts.iter().filter_map(|part| part.get("text")?.as_str()).collect::<Vec<_>>().concat()
        }
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::llm::Schema;
    use proptest::prelude::*;

    fn request() -> Request {
        let schema = json!({"type": "object", "properties": {}, "required": [], "additionalProperties": false});
        Request::new("Be brief.", "Why?").shaped(Schema { name: "reply", schema }).sampled(0.5, u64::MAX)
    }

    #[test]
    fn a_body_is_in_the_servers_dialect() {
        let full = Dialect::default();
        let sent = body(&request(), "m", full);
        assert_eq!(sent["response_format"]["json_schema"]["name"], "reply");
        assert_eq!(sent["messages"][0]["content"], "Be brief.");
        assert_eq!((&sent["max_tokens"], &sent["stream"]), (&json!(4096), &json!(false)));
        assert!(sent["seed"].as_u64().unwrap() < 1 << 31);
        let plain = Dialect { format: Format::Text, max_completion_tokens: true, temperature: false, seed: false };
        let sent = body(&request(), "m", plain);
        assert!(
            sent.get("response_format").is_none() && sent.get("max_tokens").is_none() && sent.get("seed").is_none()
        );
        assert!(sent.get("temperature").is_none());
        assert!(sent["messages"][0]["content"].as_str().unwrap().contains("JSON schema:\n{\"type\":\"object\""));
        let sent = body(&request(), "m", Dialect { format: Format::Object, ..full });
        assert_eq!(sent["response_format"], json!({"type": "json_object"}));
        let sent = body(&Request { schema: None, ..request() }, "m", full);
        assert!(sent.get("response_format").is_none());
    }

    fn said(message: Value, finish: Value) -> Result<Answer, NoAnswer> {
        let body = json!({"choices": [{"message": message, "finish_reason": finish}]});
        read(body.to_string().as_bytes())
    }

    #[test]
    fn answers_are_read_as_servers_give_them() {
        let whole = json!({"model": "m-1", "choices": [{"message": {"content": "hi"}, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 3, "completion_tokens": 1.0}});
        let answer = read(whole.to_string().as_bytes()).unwrap();
        assert_eq!((answer.text.as_str(), answer.usage, answer.model.as_deref()), ("hi", Some((3, 1)), Some("m-1")));
        assert_eq!(said(json!({"content": "a"}), json!("length")).unwrap().finish, Finish::Length);
        assert_eq!(said(json!({"content": null}), Value::Null).unwrap().text, "");
        let parts =
            json!([{"type": "thinking", "thinking": []}, {"type": "text", "text": "a"}, {"type": "text", "text": "b"}]);
        assert_eq!(said(json!({"content": parts}), json!("stop")).unwrap().text, "ab");
        let refused = said(json!({"content": null, "refusal": "I can't."}), json!("stop")).unwrap();
        assert_eq!(refused.finish, Finish::Refusal("I can't.".into()));
        assert!(matches!(said(json!({"content": ""}), json!("content_filter")).unwrap().finish, Finish::Refusal(_)));
        let apart = said(json!({"content": "{}", "reasoning_content": "hm, {x}"}), json!("stop")).unwrap();
        assert_eq!((apart.text.as_str(), apart.thinking_bytes), ("{}", 7));
        let misplaced = said(json!({"content": null, "reasoning_content": "{\"a\": 1}"}), json!("stop")).unwrap();
        assert_eq!(misplaced.text, "{\"a\": 1}");
        let only_thinking = said(json!({"content": null, "reasoning": "Let me see"}), json!("stop")).unwrap();
        assert_eq!(only_thinking.text, "");
        let greedy = json!({"choices": [{"message": {"content": "x"}}], "usage": {"prompt_tokens": u64::MAX, "completion_tokens": -4}});
        assert_eq!(read(greedy.to_string().as_bytes()).unwrap().usage, Some((MOST_TOKENS, 0)));
    }

    #[test]
    fn what_is_no_answer_is_named() {
        for (body, word) in [
            ("", "empty"),
            ("<!doctype html><html>", "HTML"),
            ("{\"choices\": [", "no JSON"),
            ("[]", "no choice"),
            ("{\"choices\": []}", "no choice"),
            ("{\"choices\": \"none\"}", "no choice"),
            ("{\"choices\": [{\"message\": \"x\"}]}", "no message"),
            ("{\"choices\": [{\"message\": {\"content\": \"a\"}, \"finish_reason\": \"error\"}]}", "failed"),
        ] {
            match read(body.as_bytes()) {
                Err(NoAnswer::Garbled(detail)) => assert!(detail.contains(word), "{body}: {detail}"),
                other => panic!("{body}: {other:?}"),
            }
        }
        let inside = |body: &str| match read(body.as_bytes()) {
            Err(NoAnswer::Fault(fault)) => fault,
            other => panic!("{other:?}"),
        };
        let fault = inside("{\"error\": {\"code\": 502, \"message\": \"Provider returned error\"}}");
        assert_eq!((fault.status, fault.message.as_str()), (Some(502), "Provider returned error"));
        let fault = inside(
            "{\"choices\": [{\"error\": {\"code\": \"429\", \"message\": \"slow\"}, \"message\": {}}], \"error\": null}",
        );
        assert_eq!(fault.status, Some(429));
        let deep = format!("{}{}", "{\"error\":".repeat(10_000), "}".repeat(10_000));
        assert!(read(deep.as_bytes()).is_err());
    }

    #[test]
    fn errors_are_read_in_every_shape() {
        let fault = |code: &str, message: &str| (code.to_owned(), message.to_owned());
        for (body, expected) in [
            (
                r#"{"error": {"message": "no", "type": "invalid_request_error", "code": null}}"#,
                fault("invalid_request_error", "no"),
            ),
            (
                r#"{"error": {"code": 400, "message": "too long", "type": "exceed_context_size_error"}}"#,
                fault("exceed_context_size_error", "too long"),
            ),
            (r#"{"error": "model 'x' not found"}"#, fault("", "model 'x' not found")),
            (
                r#"{"object": "error", "message": "bad", "type": "BadRequestError", "code": 400}"#,
                fault("BadRequestError", "bad"),
            ),
            (r#"{"detail": "Not Found"}"#, fault("", "Not Found")),
            (
                r#"{"detail": [{"loc": ["body", "seed"], "msg": "Extra inputs are not permitted"}]}"#,
                fault("", r#"[{"loc":["body","seed"],"msg":"Extra inputs are not permitted"}]"#),
            ),
            ("<html><h1>502 Bad Gateway</h1></html>", fault("", "an HTML page")),
            ("upstream timed out\n", fault("", "upstream timed out")),
        ] {
            let read = read_fault(body.as_bytes());
            assert_eq!((read.code, read.message), expected, "{body}");
        }
        let shown = Fault { message: format!("a\n{}", "b".repeat(1000)), ..Fault::default() }.shown();
        assert!(shown.starts_with("a b") && shown.len() == MESSAGE_CHARS);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = read(&bytes);
            let _ = read_fault(&bytes).shown();
        }

        #[test]
        fn any_json_is_read_without_panic(
            fields in proptest::collection::vec(
                ("error|choices|message|usage|content|code|reasoning|finish_reason", "null|1|-1.5|\"x\"|\"length\"|\\[\\]|\\[\\{\"message\": \\{\"content\": \\[1\\]\\}\\}\\]|\\{\"message\": 7\\}"),
                0..6,
            )
        ) {
            let fields: Vec<String> = fields.iter().map(|(name, value)| format!("\"{name}\": {value}")).collect();
            let inner = format!("{{{}}}", fields.join(", "));
            for body in [inner.clone(), format!("{{\"choices\": [{inner}]}}"), format!("{{\"choices\": [{{\"message\": {inner}}}]}}")] {
                let _ = read(body.as_bytes());
                let _ = read_fault(body.as_bytes());
            }
        }
    }
}
