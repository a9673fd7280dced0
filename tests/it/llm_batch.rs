//! Model calls by the batch API: gathered, waited for, kept at their price, and found again by the next run.

use std::sync::Arc;

use aludel::clock::Clock;
use aludel::llm::{BatchConfig, Config, Endpoint, Error, LanguageModel, Prices, Request, Retry};
use aludel::store::Store;
use aludel::worker::Opener;
use aludel::worker::calls::Ledger;
use futures_util::future::join_all;
use tempfile::TempDir;

use crate::support::batches::BatchServer;

fn config(server: &BatchServer) -> Config {
    let batch = BatchConfig { enabled: true, max_requests: 8, gather_ms: 50, poll_ms: 10, ..BatchConfig::default() };
    let endpoint = Endpoint { base_url: server.base_url(), ..Endpoint::default() };
    let prices = Prices { prompt_per_million: 1.0, completion_per_million: 1.0 };
    Config { model: "invented-1".into(), endpoints: vec![endpoint], prices, batch, ..Config::default() }
}

fn model(config: &Config, store: &Store) -> Arc<dyn LanguageModel> {
    let ledger = Ledger::new(config.budget, config.dearest(), store.clone());
    Opener::new(ledger, 1).remembered(config, "draft").unwrap()
}

fn request(text: impl std::fmt::Display) -> Request {
    Request::new("Be brief.", format!("Question {text}?")).bounded(100)
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_are_gathered_answered_and_kept_for_less() {
    let folder = TempDir::new().unwrap();
    let store = Store::open(&folder.path().join("aludel.db"), Clock::system()).unwrap();
    let server = BatchServer::serve(3).await;
    let config = config(&server);
    let asking = model(&config, &store);
    assert_eq!(asking.concurrency(), 8);
    let replies = join_all((0..20).map(|n| {
        let model = asking.clone();
        async move { model.complete(&request(n)).await }
    }))
    .await;
    for (n, reply) in replies.iter().enumerate() {
        let reply = reply.as_ref().unwrap();
        assert_eq!((reply.text.clone(), reply.cost_micros), (format!("Question {n}?"), 55), "half of 110");
    }
    assert!((3..=6).contains(&server.batches()), "{} batches of at most 8", server.batches());
    let before = server.batches();
    model(&config, &store).complete(&request(7)).await.unwrap();
    assert_eq!(server.batches(), before, "what is known is not asked again");

    // What fails is that call's own, and is handed in anew.
    let (fail, lose, good) = (request("fail"), request("lose"), request("good"));
    let (bad, lost, good) = tokio::join!(asking.complete(&fail), asking.complete(&lose), asking.complete(&good));
    assert!(matches!(bad, Err(Error::Unavailable { status: 500, .. })), "{bad:?}");
    let lost = lost.unwrap_err();
    assert!(matches!(lost, Error::Batch { .. }) && lost.retry() == Retry::Backoff, "{lost}");
    assert_eq!(good.unwrap().text, "Question good?");
    let before = server.batches();
    assert!(asking.complete(&request("fail")).await.is_err());
    assert_eq!(server.batches(), before + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_under_way_is_waited_for_by_the_next_run() {
    let folder = TempDir::new().unwrap();
    let store = Store::open(&folder.path().join("aludel.db"), Clock::system()).unwrap();
    let server = BatchServer::serve(usize::MAX).await;
    let config = config(&server);
    let first = model(&config, &store);
    // A runtime that ends with its run, as a killed program does.
    let run = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let calls = join_all((0..5).map(|n| {
            let model = first.clone();
            async move { model.complete(&request(n)).await }
        }));
        let timeout = std::time::Duration::from_secs(2);
        let ended = runtime.block_on(async { tokio::time::timeout(timeout, calls).await });
        runtime.shutdown_background();
        ended.is_err()
    });
    assert!(tokio::task::spawn_blocking(move || run.join().unwrap()).await.unwrap(), "it was still waiting");
    assert_eq!(server.batches(), 1);
    server.end_after(0);
    let second = model(&config, &store);
    for n in 0..5 {
        assert_eq!(second.complete(&request(n)).await.unwrap().text, format!("Question {n}?"));
    }
    assert_eq!(server.batches(), 1, "nothing was handed in twice");
    assert_eq!(store.read().unwrap().spend_since(chrono::DateTime::UNIX_EPOCH).unwrap().calls, 5);
}
