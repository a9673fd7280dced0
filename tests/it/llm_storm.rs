//! Many calls to a server that fails in every way there is, and runs that are killed: every call is accounted for.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use aludel::clock::Clock;
use aludel::llm::{self, Config, LanguageModel as _, OpenAi, Request, Retry, Schema};
use aludel::store::Store;
use aludel::worker::calls::{Calls, Ledger};
use futures_util::{StreamExt as _, stream};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::llm::config;
use crate::llm_calls::draft;
use crate::support::chat::{Act, Chat};
use crate::support::service::quiet;
use crate::support::{aludel, article};

const SLOTS: usize = 64;
/// More than the server works on, so that none of its slots waits for an answer to arrive here and a request to go back.
const AT_A_TIME: usize = 96;

fn asked(body: &Value) -> u64 {
    let text = body["messages"][1]["content"].as_str().unwrap_or_default();
    text.trim_start_matches("Number ").trim_end_matches('?').parse().unwrap()
}

/// What the server does with the `nth` request, the one for `number`: one in eight goes wrong, now and then a burst of refusals.
fn act(nth: usize, number: u64, dice: &mut ChaCha8Rng) -> Act {
    let right = json!({"n": number}).to_string();
    if nth % 1000 < 20 {
        return Act::SlowDown("0");
    }
    match dice.random_range(0..64) {
        0 => Act::Fail(500, "internal"),
        1 => Act::Fail(503, "overloaded"),
        2 => Act::SlowDown("0"),
        3 => Act::Body("{\"choices\": [{\"message\": {\"role\": \"assist".into()),
        4 => Act::Body("<html>bad gateway</html>".into()),
        5 => Act::Say("{\"n\": ".into()),
        6 => Act::Say(json!({"n": "many"}).to_string()),
        7 => Act::Drip(Duration::from_millis(300), right),
        _ => Act::Later(Duration::from_millis(200), right),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_calls_through_a_bad_server_are_all_accounted_for() {
    const CALLS: u64 = 10_000;
    let folder = TempDir::new().unwrap();
    let store = Store::open(&folder.path().join("aludel.db"), Clock::system()).unwrap();
    let (nth, gone) = (AtomicUsize::new(0), Arc::new(AtomicUsize::new(0)));
    let chat = Chat::with_slots(SLOTS, vec![], move |body| {
        let nth = nth.fetch_add(1, Ordering::Relaxed);
        let number = asked(body);
        act(nth, number, &mut ChaCha8Rng::seed_from_u64(nth as u64))
    })
    .await;
    let config = Config { max_concurrency: AT_A_TIME, max_tries: 20, breaker_failures: 1000, ..config(&[&chat]) };
    let model = OpenAi::new(&config, 1).unwrap();
    let ledger = Ledger::new(config.budget, config.dearest(), store.clone());
    let model = Arc::new(Calls::new(Arc::new(model), ledger, "draft"));
    let schema = json!({"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"], "additionalProperties": false});
    let (watched, over) = (chat.clone(), gone.clone());
    // How many of the slots are taken, looked at every few milliseconds between the first and the last tenth.
    let watch = tokio::spawn(async move {
        let (mut looks, mut taken) = (0_usize, 0_usize);
        while over.load(Ordering::Relaxed) < CALLS as usize * 9 / 10 {
            if over.load(Ordering::Relaxed) > CALLS as usize / 10 {
                (looks, taken) = (looks + 1, taken + watched.under_way().min(SLOTS));
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        taken as f64 / (looks.max(1) * SLOTS) as f64
    });
    let began = Instant::now();
    let mut ends: BTreeMap<&str, u64> = BTreeMap::new();
    let calls = stream::iter(0..CALLS).map(|number| {
        let (model, gone, schema) = (model.clone(), gone.clone(), schema.clone());
        async move {
            let request = Request::new("Reply with JSON.", format!("Number {number}?")).bounded(50);
            let request = request.shaped(Schema { name: "number", schema });
            #[derive(serde::Deserialize)]
            struct Said {
                n: u64,
            }
            let read = |text: &str| llm::read_json::<Said>(text).map(|said| said.n);
            let end = llm::ask(model.as_ref(), request, 2, read).await;
            gone.fetch_add(1, Ordering::Relaxed);
            (number, end)
        }
    });
    let mut calls = calls.buffer_unordered(256);
    while let Some((number, end)) = calls.next().await {
        match end {
            Ok(said) => {
                assert_eq!(said, number, "an answer went to another question");
                *ends.entry("answered").or_default() += 1;
            }
            // Three replies in a row that could not be used: said so, and paid for.
            Err(llm::Error::Unusable { .. }) => *ends.entry("unusable").or_default() += 1,
            Err(error) => panic!("{number}: {error}"),
        }
    }
    let seconds = began.elapsed().as_secs_f64();
    let share = watch.await.unwrap();
    let paid = store.read().unwrap().spend_since(chrono::DateTime::UNIX_EPOCH).unwrap();
    println!(
        "{CALLS} calls: {ends:?}, {} requests, {} answers kept, {seconds:.1} s, {:.1} % of {SLOTS} slots busy",
        chat.asked(),
        paid.calls,
        share * 100.0
    );
    assert_eq!(ends.values().sum::<u64>(), CALLS);
    assert!(ends["answered"] >= CALLS * 999 / 1000, "{ends:?}");
    // Whole answers are paid for once each; every other request of the server failed on purpose.
    assert_eq!(paid.calls as usize, chat.answered(), "what was paid for is in the store");
}

fn spawn(config: &Path, inputs: &Path) -> Child {
    let mut command = aludel();
    command.arg("ingest").arg(inputs).arg("--config").arg(config);
    command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

fn kept(data: &Path) -> usize {
    let Ok(store) = Store::open_read(&data.join("aludel.db"), Clock::system()) else { return 0 };
    store.read().unwrap().spend_since(chrono::DateTime::UNIX_EPOCH).unwrap().calls as usize
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_twenty_times_a_run_pays_for_its_calls_and_those_in_flight() {
    const ARTICLES: u32 = 120;
    const FEW: usize = 4;
    let folder = TempDir::new().unwrap();
    let inputs = folder.path().join("articles");
    std::fs::create_dir(&inputs).unwrap();
    for number in 1..=ARTICLES {
        std::fs::write(inputs.join(format!("{number}.xml")), article(number)).unwrap();
    }
    let chat = Chat::serve(vec![], |body| Act::Later(Duration::from_millis(30), draft(body))).await;
    let more = format!(
        "[question]\ngenerators = [\"openai\"]\n[llm]\nmodel = \"invented-1\"\nmax_concurrency = {FEW}\n[[llm.endpoints]]\nbase_url = {:?}\n",
        chat.base_url()
    );
    let config = quiet(folder.path(), &more);
    let data = folder.path().join("data");
    let mut dice = ChaCha8Rng::seed_from_u64(20);
    let (mut lost, mut kills) = (0, 0);
    for kill in 1..=20 {
        let mut child = spawn(&config, &inputs);
        let wanted = chat.asked() + dice.random_range(1..=5);
        while chat.asked() < wanted && child.try_wait().unwrap().is_none() {
            tokio::time::sleep(Duration::from_millis(dice.random_range(1..10))).await;
        }
        let was_running = child.try_wait().unwrap().is_none();
        child.kill().unwrap();
        child.wait().unwrap();
        kills += usize::from(was_running);
        // What it had sent is with the server by then.
        tokio::time::sleep(Duration::from_millis(100)).await;
        let in_flight = chat.asked() - kept(&data) - lost;
        assert!(in_flight <= FEW, "kill {kill}: {in_flight} calls were under way");
        lost += in_flight;
    }
    let done = tokio::task::spawn_blocking(move || spawn(&config, &inputs).wait().unwrap()).await.unwrap();
    assert!(done.success());
    let n = kept(&data);
    println!("{kills} kills: {} paid calls = {n} needed + {lost} in flight when killed", chat.asked());
    assert_eq!(n, ARTICLES as usize, "one call an article, each kept once");
    assert_eq!(chat.asked(), n + lost);
    assert_eq!(kills, 20);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_budget_for_a_hundred_calls_stops_at_a_hundred_and_goes_on_the_next_day() {
    let folder = TempDir::new().unwrap();
    let start = chrono::DateTime::from_timestamp(1_800_000_000, 0).unwrap();
    let clock = Clock::stepped(start);
    let store = Store::open(&folder.path().join("aludel.db"), clock.clone()).unwrap();
    let chat = Chat::serve(vec![], |_| Act::Say("yes".into())).await;
    let request = |number: usize| Request::new("Be brief.", format!("Question {number:03}?")).bounded(100);
    // The server counts 110 tokens a call; the hundredth is let through when all that it may cost is left.
    let most = request(0).prompt_tokens_at_most() + 100;
    let budget = llm::Budget { daily_tokens: 99 * 110 + most, ..llm::Budget::default() };
    let config = Config { budget, ..config(&[&chat]) };
    let ledger = Ledger::new(budget, config.dearest(), store.clone());
    let model = Calls::new(Arc::new(OpenAi::new(&config, 1).unwrap()), ledger, "draft");
    let mut refused = None;
    for number in 0..130 {
        match model.complete(&request(number)).await {
            Ok(_) => assert!(refused.is_none(), "{number}"),
            Err(error) => refused = Some(error),
        }
    }
    assert_eq!(chat.asked(), 100);
    let refused = refused.unwrap();
    assert!(refused.to_string().contains("budget for the language model is used up (11000 tokens of"), "{refused}");
    let Retry::After(wait) = refused.retry() else { panic!("{refused:?}") };
    clock.advance_to(start + chrono::TimeDelta::from_std(wait).unwrap());
    for number in 0..130 {
        model.complete(&request(number)).await.unwrap();
    }
    assert_eq!(chat.asked(), 130, "what was answered on the first day is not asked again");
}
