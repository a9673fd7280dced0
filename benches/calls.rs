//! Calls to a model server on loopback, each kept in the store: `python3 benches/calls_peers.py` starts the server and runs this.
//!
//! `ALUDEL_BENCH_SERVER` is its address, `ALUDEL_BENCH_CALLS` how many different calls, `ALUDEL_BENCH_SLOTS` how many at a time. Prints
//! one line of JSON: seconds, processor seconds, calls answered and kept.

#[allow(dead_code)]
mod machine;

use std::sync::Arc;
use std::time::Instant;

use aludel::clock::Clock;
use aludel::llm::{Config, Endpoint, LanguageModel as _, OpenAi, Request};
use aludel::store::Store;
use aludel::worker::calls::{Calls, Ledger};
use anyhow::Context as _;
use futures_util::{StreamExt as _, stream};
use serde_json::json;

fn main() -> anyhow::Result<()> {
    let number =
        |name: &str, otherwise: usize| std::env::var(name).ok().and_then(|n| n.parse().ok()).unwrap_or(otherwise);
    let base_url = std::env::var("ALUDEL_BENCH_SERVER").context("ALUDEL_BENCH_SERVER: run benches/calls_peers.py")?;
    let (calls, slots) = (number("ALUDEL_BENCH_CALLS", 2000), number("ALUDEL_BENCH_SLOTS", 64));
    let folder = tempfile::tempdir()?;
    let store = Store::open(&folder.path().join("aludel.db"), Clock::system())?;
    let endpoint = Endpoint { base_url, ..Endpoint::default() };
    let config =
        Config { model: "invented-1".into(), endpoints: vec![endpoint], max_concurrency: slots, ..Config::default() };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let (began, cpu) = (Instant::now(), machine::cpu_seconds());
    let answered = runtime.block_on(async {
        let model = OpenAi::new(&config, 1)?;
        let ledger = Ledger::new(config.budget, config.dearest(), store.clone());
        let model = Arc::new(Calls::new(Arc::new(model), ledger, "draft"));
        let mut replies = stream::iter(0..calls)
            .map(|n| {
                let model = model.clone();
                async move {
                    model.complete(&Request::new("Be brief.", format!("Question {n}?")).bounded(100)).await.is_ok()
                }
            })
            .buffer_unordered(slots);
        let mut answered = 0;
        while let Some(ok) = replies.next().await {
            answered += usize::from(ok);
        }
        anyhow::Ok(answered)
    })?;
    let kept = store.read()?.spend_since(chrono::DateTime::UNIX_EPOCH)?.calls;
    let (seconds, cpu) = (began.elapsed().as_secs_f64(), machine::cpu_seconds() - cpu);
    println!("{}", json!({"seconds": seconds, "cpu_seconds": cpu, "answered": answered, "kept": kept}));
    Ok(())
}
