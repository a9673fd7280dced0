//! The `openai` engine against a chat server that misbehaves on purpose.

use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aludel::llm::{Config, Endpoint, Error, Finish, LanguageModel, OpenAi, Prices, Request, Retry, Schema};
use serde_json::json;

use crate::support::chat::{Act, Chat, whole};

pub fn config(chats: &[&Chat]) -> Config {
    let endpoint = |chat: &&Chat| Endpoint { base_url: chat.base_url(), ..Endpoint::default() };
    Config {
        model: "invented-1".into(),
        endpoints: chats.iter().map(endpoint).collect(),
        backoff_ms: 1,
        ..Config::default()
    }
}

fn engine(config: &Config) -> OpenAi {
    OpenAi::new(config, 1).unwrap()
}

fn request() -> Request {
    let schema = json!({"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"], "additionalProperties": false});
    Request::new("Reply with JSON.", "How many?").shaped(Schema { name: "count", schema })
}

fn say(text: &str) -> Act {
    Act::Say(text.into())
}

#[tokio::test]
async fn a_request_is_what_such_servers_expect_and_its_reply_is_accounted_for() {
    let chat = Chat::acting(vec![say("{\"a\": 4}")]).await;
    let prices = Prices { prompt_per_million: 2.0, completion_per_million: 8.0 };
    let model = engine(&Config { prices, ..config(&[&chat]) });
    let reply = model.complete(&request()).await.unwrap();
    assert_eq!(reply.answer().unwrap(), "{\"a\": 4}");
    assert_eq!((reply.usage.prompt_tokens, reply.usage.completion_tokens, reply.usage.estimated), (100, 10, false));
    assert_eq!(reply.cost_micros, 280);
    assert_eq!(reply.model, "served-1");
    let seen = &chat.seen()[0];
    assert_eq!(seen.path, "/v1/chat/completions");
    assert_eq!(seen.authorization, None);
    assert_eq!(seen.body["model"], "invented-1");
    assert_eq!(seen.body["messages"][1], json!({"role": "user", "content": "How many?"}));
    assert_eq!(seen.body["response_format"]["type"], "json_schema");
    assert_eq!(seen.body["response_format"]["json_schema"]["schema"]["required"], json!(["a"]));

    let chat = Chat::acting(vec![Act::Body(
        r#"{"choices": [{"message": {"content": "4"}, "finish_reason": "length"}]}"#.into(),
    )])
    .await;
    let reply = engine(&config(&[&chat])).complete(&request()).await.unwrap();
    assert_eq!((reply.finish, reply.usage.estimated), (Finish::Length, true));
    assert!(reply.usage.prompt_tokens > 0 && reply.usage.completion_tokens > 0, "a missing usage is guessed");
}

#[tokio::test]
async fn a_schema_that_is_refused_is_asked_for_in_other_ways_and_that_is_remembered() {
    let refuse_schema = Act::Unless(
        &["response_format", "json_schema"],
        "This response_format type is unavailable now",
        "{\"a\": 1}".into(),
    );
    let chat = Chat::acting(vec![refuse_schema]).await;
    let model = engine(&config(&[&chat]));
    for _ in 0..2 {
        model.complete(&request()).await.unwrap();
    }
    let formats: Vec<_> = chat.seen().iter().map(|seen| seen.body["response_format"]["type"].clone()).collect();
    assert_eq!(formats, ["json_schema", "json_object", "json_object"]);
    assert!(chat.seen()[1].body["messages"][0]["content"].as_str().unwrap().contains("JSON schema"));

    let refuse_any = Act::Unless(&["response_format"], "Unknown field: response_format", "{\"a\": 1}".into());
    let chat = Chat::acting(vec![refuse_any]).await;
    let model = engine(&config(&[&chat]));
    for _ in 0..2 {
        model.complete(&request()).await.unwrap();
    }
    let formats: Vec<_> = chat.seen().iter().map(|seen| seen.body.get("response_format").is_some()).collect();
    assert_eq!(formats, [true, true, false, false]);

    let message =
        "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.";
    let chat = Chat::acting(vec![Act::Unless(&["max_tokens"], message, "{}".into())]).await;
    engine(&config(&[&chat])).complete(&request()).await.unwrap();
    assert_eq!(chat.seen()[1].body["max_completion_tokens"], 4096);

    // A refusal that is about something else is not taken for one of the format, nor remembered as one.
    let chat = Chat::acting(vec![
        Act::Fail(400, "messages: the schema of the conversation is odd"),
        Act::Fail(400, "messages: no"),
    ])
    .await;
    let model = engine(&config(&[&chat]));
    for _ in 0..2 {
        let error = model.complete(&request()).await.unwrap_err();
        assert!(matches!(error, Error::BadRequest { status: 400, .. }) && error.retry() == Retry::Never, "{error}");
    }
    assert_eq!(chat.seen().last().unwrap().body["response_format"]["type"], "json_schema");
}

#[tokio::test]
async fn passing_trouble_is_sat_out() {
    for acts in [
        vec![Act::SlowDown("0"), say("yes")],
        vec![Act::SlowDown("1"), say("yes")],
        vec![Act::Fail(500, "boom"), Act::Fail(503, "Loading model"), say("yes")],
        vec![Act::Body("<html>warming up</html>".into()), say("yes")],
        vec![Act::Body(r#"{"error": {"code": 502, "message": "Provider returned error"}}"#.into()), say("yes")],
        vec![Act::Body(r#"{"choices": []}"#.into()), say("yes")],
    ] {
        let n_acts = acts.len();
        let chat = Chat::acting(acts.clone()).await;
        let reply = engine(&config(&[&chat])).complete(&request()).await;
        assert_eq!(reply.unwrap().answer().unwrap(), "yes", "{acts:?}");
        assert_eq!(chat.asked(), n_acts, "{acts:?}");
    }
    let chat = Chat::acting(vec![Act::Fail(500, "boom")]).await;
    let error = engine(&config(&[&chat])).complete(&request()).await.unwrap_err();
    assert!(matches!(error, Error::Unavailable { status: 500, .. }), "{error}");
    assert_eq!((error.retry(), chat.asked()), (Retry::Backoff, 4), "it may be the request's fault");
    let chat = Chat::acting(vec![Act::Fail(503, "Loading model")]).await;
    let error = engine(&config(&[&chat])).complete(&request()).await.unwrap_err();
    assert!(matches!(error.retry(), Retry::After(_)), "an outage says nothing about the request: {error}");
}

#[tokio::test]
async fn a_long_wait_is_handed_on_and_kept() {
    let chat = Chat::acting(vec![Act::SlowDown("7200"), say("yes")]).await;
    let model = engine(&config(&[&chat]));
    let error = model.complete(&request()).await.unwrap_err();
    assert_eq!(error.retry(), Retry::After(Duration::from_secs(7200)));
    let error = model.complete(&request()).await.unwrap_err();
    assert!(matches!(&error, Error::Paused { last, .. } if last.contains("Rate limit")), "{error}");
    assert_eq!(chat.asked(), 1);
}

#[tokio::test]
async fn endpoints_stand_in_for_each_other() {
    let (broken, sound) = (Chat::acting(vec![Act::Fail(500, "boom")]).await, Chat::acting(vec![say("yes")]).await);
    let model = engine(&Config { breaker_failures: 3, ..config(&[&broken, &sound]) });
    for _ in 0..20 {
        model.complete(&request()).await.unwrap();
    }
    assert_eq!((broken.asked(), sound.asked()), (3, 20), "after three failures in a row the first is left alone");

    let (refusing, sound) = (Chat::acting(vec![Act::Fail(401, "no")]).await, Chat::acting(vec![say("yes")]).await);
    let model = engine(&config(&[&refusing, &sound]));
    for _ in 0..3 {
        model.complete(&request()).await.unwrap();
    }
    assert_eq!(refusing.asked(), 1);

    let gone = Endpoint { base_url: "http://127.0.0.1:9/v1".into(), ..Endpoint::default() };
    let endpoints = vec![gone, Endpoint { base_url: sound.base_url(), ..Endpoint::default() }];
    engine(&Config { endpoints, ..config(&[]) }).complete(&request()).await.unwrap();

    let (large, small) = (Chat::acting(vec![say("yes")]).await, Chat::acting(vec![say("yes")]).await);
    let mut weighted = config(&[&large, &small]);
    weighted.endpoints[0].weight = 3;
    weighted.endpoints[1].model = Some("other-name".into());
    let model = engine(&weighted);
    for _ in 0..20 {
        model.complete(&request()).await.unwrap();
    }
    assert_eq!((large.asked(), small.asked()), (15, 5));
    assert_eq!(small.seen()[0].body["model"], "other-name");
}

#[tokio::test]
async fn silence_ends_at_the_time_out() {
    let (silent, sound) = (Chat::acting(vec![Act::Hang]).await, Chat::acting(vec![say("yes")]).await);
    let quick = |chats: &[&Chat]| Config { timeout_seconds: 1, max_tries: 2, ..config(chats) };
    let error = engine(&quick(&[&silent])).complete(&request()).await.unwrap_err();
    assert!(matches!(error, Error::Timeout { .. }), "{error}");
    assert_eq!((error.retry(), silent.asked()), (Retry::Backoff, 2));
    engine(&quick(&[&silent, &sound])).complete(&request()).await.unwrap();
    let config = Config { deadline_seconds: 1, ..config(&[&silent]) };
    assert!(matches!(engine(&config).complete(&request()).await.unwrap_err(), Error::Deadline { .. }));
}

#[tokio::test]
async fn hostile_answers_are_bounded_and_named() {
    let deep = format!("{}{}", "[".repeat(200_000), "]".repeat(200_000));
    let cases = [
        (Act::Huge(3 << 20), "larger than 1048576 bytes"),
        (Act::Body(deep), "can not be read"),
        (Act::Body("\u{0}\u{1}not json".into()), "can not be read"),
        (Act::Body(r#"{"choices": {"0": 1}}"#.into()), "no choice"),
        (Act::Body(String::new()), "empty body"),
        (Act::Fail(400, "This model's maximum context length is 8192 tokens."), "too long"),
        (Act::Fail(404, "model 'invented-1' not found"), "check its key, its credit and the model's name"),
    ];
    for (act, words) in cases {
        let chat = Chat::acting(vec![act]).await;
        let model = engine(&Config { max_reply_bytes: 1 << 20, max_tries: 1, ..config(&[&chat]) });
        let error = model.complete(&request()).await.unwrap_err();
        assert!(error.to_string().contains(words), "{error}");
        assert_eq!(chat.asked(), 1, "{error}");
    }
    let body = json!({"choices": [{"message": {"content": null, "refusal": "I will not."}, "finish_reason": "stop"}]});
    let chat = Chat::acting(vec![Act::Body(body.to_string())]).await;
    let reply = engine(&config(&[&chat])).complete(&request()).await.unwrap();
    assert!(reply.answer().unwrap_err().to_string().contains("I will not."));
    let mut body = whole("<think>Four, or {five}?</think>\n{\"a\": 4}");
    body["choices"][0]["message"]["reasoning_content"] = "apart".into();
    let chat = Chat::acting(vec![Act::Body(body.to_string())]).await;
    let reply = engine(&config(&[&chat])).complete(&request()).await.unwrap();
    assert_eq!(reply.answer().unwrap(), "{\"a\": 4}");
}

#[tokio::test]
async fn calls_at_a_time_follow_what_the_server_bears() {
    let chat = Chat::serve(vec![], |_| Act::Later(Duration::from_millis(20), "yes".into())).await;
    let model = Arc::new(engine(&Config { max_concurrency: 16, ..config(&[&chat]) }));
    let calls = (0..160).map(|_| {
        let model = model.clone();
        tokio::spawn(async move { model.complete(&request()).await.is_ok() })
    });
    let calls: Vec<_> = calls.collect();
    for call in calls {
        assert!(call.await.unwrap());
    }
    assert_eq!(chat.peak(), 16, "eight at first");
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// In a process of its own: a test on another thread that meets a log line first, while no subscriber is there, has it switched off for
/// all, and this one saw an empty log now and then.
#[test]
fn the_key_is_sent_and_shown_nowhere() {
    let alone = ["--exact", "llm::the_key_as_one_process_alone_sees_it", "--ignored"];
    let output = std::process::Command::new(std::env::current_exe().unwrap()).args(alone).output().unwrap();
    let stdout = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && stdout.contains("1 passed"), "{stdout}");
}

#[tokio::test]
#[ignore = "run by the_key_is_sent_and_shown_nowhere"]
async fn the_key_as_one_process_alone_sees_it() {
    const KEY: &str = "sk-invented-0123456789";
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key");
    std::fs::write(&path, format!("{KEY}\n")).unwrap();
    let chat = Chat::acting(vec![
        Act::Fail(500, "boom for sk-invented-0123456789"),
        Act::Fail(401, "Incorrect API key provided: sk-invented-0123456789"),
    ])
    .await;
    let mut config = config(&[&chat]);
    config.endpoints[0].api_key_file = Some(path);
    let log = Log::default();
    let writer = log.clone();
    let subscriber =
        tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(move || writer.clone()).finish();
    let _logged = tracing::subscriber::set_default(subscriber);
    let model = engine(&config);
    let error = model.complete(&request()).await.unwrap_err();
    assert_eq!(chat.seen()[1].authorization.as_deref(), Some(&*format!("Bearer {KEY}")));
    let logged = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(logged.contains("boom for [secret]"), "{logged}");
    for shown in [logged, error.to_string(), format!("{error:?}"), format!("{model:?}"), format!("{config:?}")] {
        assert!(!shown.contains("0123456789"), "{shown}");
    }
    assert!(error.to_string().contains("Incorrect API key provided: [secret]"), "{error}");
}
