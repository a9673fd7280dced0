//! Model calls that are paid for once, within a budget, and the `openai` generator from an article to accepted questions.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use aludel::clock::Clock;
use aludel::document::Limits;
use aludel::index::{self, Index};
use aludel::llm::{Budget, Config, Error, LanguageModel, OpenAi, Prices, Request, Retry};
use aludel::model::status::{JobStatus, QuestionStatus};
use aludel::question::rules::{self, Rules};
use aludel::question::{self, Generate};
use aludel::store::{DataDir, Store};
use aludel::verify::{self, Benchmarks, Verifier};
use aludel::worker::calls::{Calls, Ledger};
use aludel::worker::ingest::{Report, ingest};
use aludel::worker::{Env, Judge, Opener};
use chrono::{DateTime, TimeDelta};
use tempfile::TempDir;

use crate::llm::config;
use crate::support::article;
use crate::support::chat::{Act, Chat};

/// 2027-01-15, eight in the morning.
fn clock() -> Clock {
    Clock::stepped(DateTime::from_timestamp(1_800_000_000, 0).unwrap())
}

fn store(folder: &TempDir, clock: &Clock) -> Store {
    Store::open(&folder.path().join("aludel.db"), clock.clone()).unwrap()
}

fn calls(config: &Config, store: &Store) -> Arc<Calls> {
    let model = OpenAi::new(config, 1).unwrap();
    Arc::new(Calls::new(Arc::new(model), Ledger::new(config.budget, config.dearest(), store.clone()), "draft"))
}

fn request(number: usize) -> Request {
    Request::new("Be brief.", format!("Question {number}?")).bounded(100)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answered_call_is_never_made_again() {
    let folder = TempDir::new().unwrap();
    let store = store(&folder, &clock());
    let chat = Chat::serve(vec![], |_| Act::Later(Duration::from_millis(50), "yes".into())).await;
    let prices = Prices { prompt_per_million: 1.0, completion_per_million: 1.0 };
    let config = Config { prices, ..config(&[&chat]) };
    let model = calls(&config, &store);
    let together: Vec<_> = (0..8)
        .map(|_| {
            let model = model.clone();
            tokio::spawn(async move { model.complete(&request(1)).await.unwrap() })
        })
        .collect();
    for call in together {
        assert_eq!(call.await.unwrap().text, "yes");
    }
    assert_eq!(chat.asked(), 1, "identical calls at one time are one");
    let model = calls(&config, &store);
    assert_eq!(model.complete(&request(1)).await.unwrap().cost_micros, 110);
    assert_eq!(chat.asked(), 1, "another process knows the answer");
    for other in [Request { sample: 1, ..request(1) }, request(1).sampled(0.5, 0), request(1).bounded(101), request(2)]
    {
        model.complete(&other).await.unwrap();
    }
    assert_eq!(chat.asked(), 5, "what could change the answer makes another call");
    let spend = store.read().unwrap().spend_since(store.clock().now()).unwrap();
    assert_eq!((spend.calls, spend.prompt_tokens, spend.completion_tokens, spend.cost_micros), (5, 500, 50, 550));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_is_killed_pays_again_only_for_what_had_not_ended() {
    let folder = TempDir::new().unwrap();
    let store = store(&folder, &clock());
    // Even questions are answered, odd ones never, until the second run.
    let slow = Chat::serve(vec![], |body| {
        let text = body["messages"][1]["content"].as_str().unwrap_or("");
        let odd = text.trim_end_matches('?').ends_with(['1', '3', '5', '7', '9']);
        if odd { Act::Hang } else { Act::Say(text.to_owned()) }
    })
    .await;
    let model = calls(&config(&[&slow]), &store);
    let run = tokio::spawn(async move {
        futures_util::future::join_all((0..8).map(|n| {
            let model = model.clone();
            async move { model.complete(&request(n)).await.is_ok() }
        }))
        .await
    });
    let answered = || store.read().unwrap().spend_since(DateTime::UNIX_EPOCH).unwrap().calls;
    while answered() < 4 || slow.asked() < 8 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    run.abort();
    assert!(run.await.unwrap_err().is_cancelled());
    let quick = Chat::acting(vec![Act::Say("now".into())]).await;
    let model = calls(&config(&[&quick]), &store);
    for n in 0..8 {
        let reply = model.complete(&request(n)).await.unwrap();
        assert_eq!(reply.text == "now", n % 2 == 1, "{n}");
    }
    assert_eq!(quick.asked(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_budget_stops_calls_until_its_next_day() {
    let folder = TempDir::new().unwrap();
    let clock = clock();
    let store = store(&folder, &clock);
    let chat = Chat::serve(vec![], |_| Act::Later(Duration::from_millis(20), "yes".into())).await;
    // A call costs 110 tokens, and is feared to cost 216: fewer than four calls fit.
    let budget = Budget { daily_tokens: 500, ..Budget::default() };
    let model = calls(&Config { budget, ..config(&[&chat]) }, &store);
    let together: Vec<_> = (0..8)
        .map(|n| {
            let model = model.clone();
            tokio::spawn(async move { model.complete(&request(n)).await })
        })
        .collect();
    let mut refused = Vec::new();
    for call in together {
        if let Err(error) = call.await.unwrap() {
            refused.push(error);
        }
    }
    let spent = |since| store.read().unwrap().spend_since(since).unwrap();
    assert_eq!((chat.asked(), refused.len()), (3, 5), "{refused:?}");
    assert!(spent(DateTime::UNIX_EPOCH).prompt_tokens + spent(DateTime::UNIX_EPOCH).completion_tokens <= 500);
    let error = &refused[0];
    assert!(matches!(error, Error::Budget { .. }) && error.to_string().contains("330 tokens of 500 tokens"), "{error}");
    let next_day = Duration::from_secs(86_400 - 1_800_000_000 % 86_400);
    assert_eq!(error.retry(), Retry::After(next_day));
    assert!(model.complete(&request(100)).await.is_err());
    assert_eq!(chat.asked(), 3);
    clock.advance_to(clock.now() + TimeDelta::from_std(next_day).unwrap());
    model.complete(&request(100)).await.unwrap();
    assert_eq!(chat.asked(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn money_is_counted_over_the_month_too_and_what_is_known_costs_nothing() {
    let folder = TempDir::new().unwrap();
    let clock = clock();
    let store = store(&folder, &clock);
    let chat = Chat::acting(vec![Act::Say("yes".into())]).await;
    let prices = Prices { prompt_per_million: 1000.0, completion_per_million: 1000.0 };
    let budget = Budget { monthly_money: 0.35, ..Budget::default() };
    let model = calls(&Config { budget, prices, ..config(&[&chat]) }, &store);
    for n in 0..2 {
        model.complete(&request(n)).await.unwrap();
        clock.advance_to(clock.now() + TimeDelta::days(1));
    }
    let error = model.complete(&request(2)).await.unwrap_err();
    assert!(
        error.to_string().starts_with("the month's budget") && error.to_string().contains("0.22 of 0.35"),
        "{error}"
    );
    let february = DateTime::parse_from_rfc3339("2027-02-01T00:00:00Z").unwrap().to_utc();
    assert_eq!(error.retry(), Retry::After((february - clock.now()).to_std().unwrap()));
    model.complete(&request(0)).await.unwrap();
    assert_eq!(chat.asked(), 2);
}

/// Everything between a file and an accepted question, with the generators under test.
fn env(folder: &TempDir, clock: &Clock, generators: Vec<Arc<dyn Generate>>) -> Env {
    let store = store(folder, clock);
    let index = Arc::new(Index::open(&folder.path().join("index"), &index::Config::default()).unwrap());
    let nothing: [(&str, &str); 0] = [];
    let verifier = Verifier::new(verify::Config::default(), Benchmarks::from_texts(nothing));
    let judge = Judge::new(verifier, store.clone());
    let dir = DataDir::new(folder.path().join("data"));
    Env::new(store, index, dir, Limits::default(), generators, judge, BTreeMap::new())
}

fn openai(config: &Config, store: &Store) -> Arc<dyn Generate> {
    let ledger = Ledger::new(config.budget, config.dearest(), store.clone());
    Opener::new(ledger, 1).generator(&question::model::Config::default(), config).unwrap()
}

fn take_in(env: &Env, folder: &TempDir, numbers: std::ops::Range<u32>) -> Report {
    let paths = numbers.map(|number| {
        let path = folder.path().join(format!("{number}.xml"));
        std::fs::write(&path, article(number)).unwrap();
        path
    });
    ingest(env, paths.collect(), &|_| ()).unwrap()
}

/// Writes one question about an article of [`article`], with its evidence, as JSON.
pub fn draft(body: &serde_json::Value) -> String {
    let user = body["messages"][1]["content"].as_str().unwrap_or_default();
    let after = |mark: &str| user.split(mark).nth(1).unwrap_or_default();
    let compound = after("Treatment with ").split(' ').next().unwrap_or_default();
    let percent = after("of the tail clock by ").split('%').next().unwrap_or_default();
    let evidence = format!(
        "Treatment with {compound}  reduced the beat rate of the tail clock by {percent}% in adult dwarf newts."
    );
    let question = format!(
        "By what percentage does treatment with {compound} lower the beat rate of the tail clock in adult dwarf newts?"
    );
    let answer = serde_json::json!({"type": "number", "value": percent.parse::<f64>().unwrap_or(0.0), "unit": "%",
        "tolerance": {"relative": 0.01}, "comparator": "="});
    let item = serde_json::json!({"question": question, "passage": 0, "evidence": evidence, "answer": answer});
    serde_json::json!({"questions": [item]}).to_string()
}

/// The accepted questions by generator: kind and model.
fn accepted(env: &Env) -> Vec<(String, String)> {
    let read = env.store.read().unwrap();
    let mut found = Vec::new();
    for work in read.works_after(aludel::model::id::WorkId(0), 100).unwrap() {
        for question in read.questions_of(work, QuestionStatus::Accepted).unwrap() {
            found.push((question.generator.kind.clone(), question.generator.model.clone()));
        }
    }
    found.sort();
    found
}

/// A chat server with a thread and runtime of its own, for programs without one.
fn serve(acts: Vec<Act>) -> (Chat, tokio::runtime::Runtime) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let chat = runtime.block_on(Chat::serve(acts, |body| Act::Say(draft(body))));
    (chat, runtime)
}

#[test]
fn an_article_is_drafted_by_a_model_and_accepted_with_its_evidence() {
    let (chat, _runtime) = serve(vec![Act::Say("I am a newt.".into())]);
    let folder = TempDir::new().unwrap();
    let config = config(&[&chat]);
    let mut env = env(&folder, &clock(), Vec::new());
    env.generators = vec![openai(&config, &env.store)];
    let report = take_in(&env, &folder, 1..5);
    assert_eq!((report.articles, report.drafted, report.accepted, report.waiting), (4, 4, 4, 0), "{report:?}");
    assert_eq!(chat.asked(), 5, "one reply was repaired");
    let repair = chat.seen().into_iter().find(|seen| seen.body["messages"].as_array().unwrap().len() > 2).unwrap();
    assert_eq!(repair.body["messages"][2]["content"], "I am a newt.");
    assert!(repair.body["messages"][3]["content"].as_str().unwrap().contains("no JSON object"));
    let read = env.store.read().unwrap();
    for work in read.works_after(aludel::model::id::WorkId(0), 100).unwrap() {
        for question in read.questions_of(work, QuestionStatus::Accepted).unwrap() {
            let label = &question.generator;
            assert_eq!((label.kind.as_str(), label.model.as_str()), ("openai", "invented-1"));
            assert_eq!(label.prompt_hash, blake3::hash(question::model::PROMPT.as_bytes()).to_hex().to_string());
            let quote = &question.evidence[0].quote;
            assert!(quote.starts_with("Treatment with lumirastat-") && !quote.contains("  "), "{quote}");
        }
    }
    drop(read);
    let again = take_in(&env, &folder, 1..5);
    assert_eq!((again.duplicate, chat.asked()), (4, 5));
}

#[test]
fn a_model_that_is_away_takes_nothing_from_the_rules_and_is_asked_when_it_is_back() {
    let (chat, runtime) = serve(vec![]);
    let folder = TempDir::new().unwrap();
    let clock = clock();
    let away = Config { max_tries: 1, ..config(&[&chat]) };
    let mut gone = away.clone();
    gone.endpoints[0].base_url = "http://127.0.0.1:9/v1".into();
    let rules: Arc<dyn Generate> = Arc::new(Rules::new(&rules::Config::default()));
    let mut env = env(&folder, &clock, Vec::new());
    env.generators = vec![openai(&gone, &env.store), rules];
    let report = take_in(&env, &folder, 1..3);
    assert!(report.accepted > 0 && report.waiting == 2, "{report:?}");
    let by_rules = accepted(&env);
    assert!(by_rules.iter().all(|(kind, _)| kind == "rules") && !by_rules.is_empty(), "{by_rules:?}");
    let queued = env.store.read().unwrap().jobs(JobStatus::Queued, 10).unwrap();
    assert_eq!(queued.len(), 2);
    assert!(queued[0].error.as_deref().unwrap().contains("could not be reached"), "{queued:?}");
    let waiting = env.store.read().unwrap().waiting_jobs(10).unwrap();
    assert_eq!(
        (waiting.len(), waiting[0].jobs, waiting[0].kind.as_str()),
        (1, 2, "draft"),
        "the status says why: {waiting:?}"
    );
    let wait_ms = queued[0].run_after_ms - clock.now().timestamp_millis();
    assert!((15_000..=60_000).contains(&wait_ms), "{wait_ms}");

    env.generators[0] = openai(&away, &env.store);
    clock.advance_to(clock.now() + TimeDelta::seconds(61));
    let report = ingest(&env, Vec::new(), &|_| ()).unwrap();
    assert_eq!((report.drafted, report.waiting, chat.asked()), (2, 0, 2), "{report:?}");
    let both = accepted(&env);
    assert_eq!(both.iter().filter(|(kind, _)| kind == "rules").count(), by_rules.len(), "{both:?}");
    assert!(env.store.read().unwrap().jobs(JobStatus::Failed, 10).unwrap().is_empty());
    drop(runtime);
}

/// As the service does it: on a thread for blocking work inside its runtime.
#[tokio::test]
async fn a_draft_job_waits_for_the_model_inside_the_services_runtime() {
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = asked.clone();
    let chat = Chat::serve(vec![], move |body| {
        counted.fetch_add(1, Ordering::SeqCst);
        Act::Later(Duration::from_millis(30), draft(body))
    })
    .await;
    let folder = TempDir::new().unwrap();
    let config = config(&[&chat]);
    let mut env = env(&folder, &clock(), Vec::new());
    env.generators = vec![openai(&config, &env.store)];
    let env = Arc::new(env);
    let done = tokio::task::spawn_blocking({
        let env = env.clone();
        move || take_in(&env, &folder, 7..8)
    });
    assert_eq!(done.await.unwrap().accepted, 1);
    assert_eq!(asked.load(Ordering::SeqCst), 1);
    assert_eq!(accepted(&env), [("openai".to_owned(), "invented-1".to_owned())]);
}
