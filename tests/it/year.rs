//! A simulated year: the service polls the archives daily while the subject mix follows a script with one outage, one bulk import and one real
//! shift. The detector's log names the shift at the right weeks, and nothing else.

use std::time::{Duration, Instant};

use aludel::clock::Clock;
use aludel::config::{Config, File};
use aludel::service::{Metrics, Service};
use aludel::simulate::{self, BaseUrls, Script, Simulator};
use aludel::store::Store;
use aludel::store::drift::KeptDecision;
use aludel::{drift, source};
use chrono::{DateTime, Datelike, NaiveDate, TimeDelta, Utc, Weekday};
use serde_json::Value;

use crate::support::{aludel, json_lines};

/// Only ever waited for when something is broken.
const PATIENCE: Duration = Duration::from_secs(120);
/// What the reference is made of is there already when the service is started.
const HISTORY_DAYS: i64 = 210;
const DAYS: u32 = 364;

fn monday() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 1, 5).unwrap()
}

fn configuration(urls: &BaseUrls, clock: &Clock, data: &std::path::Path) -> Config {
    let preprints = |base: &str| source::biorxiv::Config {
        base_url: Some(base.to_owned()),
        spacing_ms: 0,
        schedule: "0 6 * * *".to_owned(),
        since: Some(monday()),
        feed_minutes: 0,
        links_days: 0,
        ..source::biorxiv::Config::default()
    };
    let mut file = File {
        data_dir: data.to_owned(),
        drift: drift::detector::Config { draws: 100, ..Default::default() },
        ..File::default()
    };
    file.web.listen = "127.0.0.1:0".parse().unwrap();
    // Nothing is asked of these articles.
    file.question.generators.clear();
    file.topics.least_texts = 1000;
    file.sources = source::Config {
        biorxiv: preprints(&urls.biorxiv),
        medrxiv: preprints(&urls.medrxiv),
        pubmed: source::pubmed::Config { enabled: false, base_url: urls.pubmed.clone(), ..Default::default() },
    };
    let mut config = Config::of(file).unwrap();
    config.clock = clock.clone();
    config
}

/// Lets simulated seconds pass until the store shows what is waited for: pauses between tries are in simulated time.
async fn until(clock: &Clock, store: &Store, what: &str, seen: impl Fn(&aludel::store::Rows) -> bool) {
    let began = Instant::now();
    while !seen(&store.read().unwrap()) {
        assert!(began.elapsed() < PATIENCE, "in vain: {what}, at {}", clock.now());
        clock.advance_to(clock.now() + TimeDelta::milliseconds(100));
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

fn polled_since(rows: &aludel::store::Rows, time: DateTime<Utc>) -> bool {
    ["polled:biorxiv", "polled:medrxiv"].iter().all(|key| {
        let at = rows.setting(key).unwrap();
        at.is_some_and(|at| DateTime::parse_from_rfc3339(&at).unwrap() >= time)
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_year_with_an_outage_an_import_and_one_real_shift() {
    let world = simulate::Config {
        from: monday(),
        days: DAYS,
        history_days: 0,
        biorxiv_per_day: 7.0,
        medrxiv_per_day: 3.5,
        pubmed_per_day: 0.0,
        pubmed_preprint_share: 0.0,
        revision_share: 0.05,
        published_share: 0.0,
        full_text_share: 0.0,
        script: Script::of_a_year(monday(), 150),
        ..simulate::Config::default()
    };
    let midnight = |day: NaiveDate| day.and_hms_opt(0, 0, 0).unwrap().and_utc();
    let clock = Clock::stepped(midnight(monday() + TimeDelta::days(HISTORY_DAYS)));
    let simulator = Simulator::start(world, clock.clone(), "127.0.0.1:0".parse().unwrap()).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let metrics = Metrics::install().unwrap();
    let service = Service::start(configuration(&simulator.base_urls(), &clock, &data), &metrics).await.unwrap();
    let store = service.app().store.clone();
    let began = clock.now();
    until(&clock, &store, "the first poll", |rows| polled_since(rows, began)).await;

    let mut day = monday() + TimeDelta::days(HISTORY_DAYS);
    while day < monday() + TimeDelta::days(i64::from(DAYS) + 2) {
        if day.weekday() == Weekday::Tue {
            clock.advance_to(midnight(day));
            until(&clock, &store, "the weekly look", |rows| {
                rows.drift_report().unwrap().is_some_and(|report| report.made_at >= midnight(day))
            })
            .await;
        }
        let six = midnight(day) + TimeDelta::hours(6);
        clock.advance_to(six);
        until(&clock, &store, "the daily poll", |rows| polled_since(rows, six)).await;
        day += TimeDelta::days(1);
    }

    let log = store.read().unwrap().drift_decisions(None).unwrap();
    judge(&log);
    // What was held in the middle of the year is still to be seen: nothing had moved then.
    let then = store.read().unwrap().drift_decisions(Some(midnight(monday() + TimeDelta::weeks(40)))).unwrap();
    assert!(then.len() > 8 && then.iter().all(|kept| kept.state == "stable"));
    page(&format!("http://{}", service.address())).await;
    service.stop().await.unwrap();
    simulator.shutdown().await;
    commands(&data, log.len());
}

/// Weeks from the first to the last day of a window, from 0.
fn week(kept: &KeptDecision) -> i64 {
    let to: NaiveDate = kept.window_to.parse().unwrap();
    (to - monday()).num_days() / 7
}

fn judge(log: &[KeptDecision]) {
    let lines: Vec<String> = log.iter().map(|kept| format!("{} {} {}", week(kept), kept.state, kept.reason)).collect();
    let lines = lines.join("\n");
    let states: Vec<&str> = log.iter().map(|kept| kept.state.as_str()).collect();
    let mut changes = states.clone();
    changes.dedup();
    assert_eq!(changes, ["stable", "warning", "drifted"], "{lines}");
    let refreshes: Vec<i64> = log.iter().filter(|kept| kept.refresh).map(week).collect();
    let first = |state: &str| log.iter().find(|kept| kept.state == state).map(week).unwrap();
    // The shift is whole within a window four weeks after it began; three windows in a row make drift.
    assert!((Script::SHIFT_WEEK..=Script::SHIFT_WEEK + 2).contains(&first("warning")), "{lines}");
    assert!((Script::SHIFT_WEEK + 2..=Script::SHIFT_WEEK + 4).contains(&first("drifted")), "{lines}");
    assert_eq!(refreshes, [first("drifted")], "{lines}");
    assert_eq!((log.first().map(week), log.last().map(week)), (Some(29), Some(51)), "{lines}");
    // The outage and the import are named where they were left out.
    let left_out = |source: &str, verdict: &str| -> Vec<String> {
        let mut found = Vec::new();
        for uses in log.iter().flat_map(|kept| kept.decision["sources"].as_array().unwrap()) {
            let weeks = uses["left_out"]
                .as_array()
                .unwrap()
                .iter()
                .filter(|pair| uses["source"] == source && pair[1] == verdict);
            found.extend(weeks.map(|pair| pair[0].as_str().unwrap().to_owned()));
        }
        found.sort();
        found.dedup();
        found
    };
    let name = |number: i64| (monday() + TimeDelta::weeks(number)).to_string();
    assert_eq!(left_out("medrxiv", "outage"), [name(Script::OUTAGE_WEEK), name(Script::OUTAGE_WEEK + 1)]);
    assert_eq!(left_out("biorxiv", "bulk"), [name(Script::IMPORT_WEEK)]);
    let moved = &log.iter().find(|kept| kept.refresh).unwrap().decision["moved"];
    let topics: Vec<&str> = moved.as_array().unwrap().iter().map(|topic| topic["topic"].as_str().unwrap()).collect();
    assert!(topics.contains(&"ecology") && topics.contains(&"neuroscience"), "{topics:?}");
}

/// The page and the API say the same.
async fn page(address: &str) {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let get = async |path: &str| client.get(format!("{address}{path}")).send().await.unwrap().text().await.unwrap();
    let page = get("/drift").await;
    assert!(
        page.contains("<svg")
            && page.contains("<b>drifted</b>")
            && page.contains("ecology")
            && !page.contains("<script")
    );
    let api: Value = serde_json::from_str(&get("/api/v1/drift").await).unwrap();
    let report = &api["report"];
    assert_eq!((report["state"].as_str(), report["refreshes"].as_array().unwrap().len()), (Some("drifted"), 1));
    assert!(
        report["explanation"]["inside_topics"]["p_value"].as_f64().unwrap() > 0.01,
        "the words are those of their topics as ever"
    );
    assert!(report["latest_28_days"].as_array().unwrap().iter().any(|part| part["level"] == "abstract"));
    let history: Value = serde_json::from_str(&get("/api/v1/drift/history?as_of=2026-10-01").await).unwrap();
    let decisions = history["decisions"].as_array().unwrap();
    assert!(!decisions.is_empty() && decisions.iter().all(|kept| kept["state"] == "stable"));
    let status: Value = serde_json::from_str(&get("/api/v1/status").await).unwrap();
    assert!(status["topics"]["works"]["archive"].as_i64().unwrap() > 2500, "{}", status["topics"]);
}

/// The command line on what the service left.
fn commands(data: &std::path::Path, n: usize) {
    let run = |arguments: &[&str]| {
        let output = aludel()
            .env("ALUDEL_DRIFT__DRAWS", "100")
            .args(arguments)
            .arg("--data-dir")
            .arg(data)
            .arg("--json")
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        json_lines(&output.stdout)
    };
    assert_eq!(run(&["drift", "history", "--recorded"]).len(), n);
    // Judged anew from the rows as they were known then, there is no shift yet.
    let then = run(&["drift", "show", "--as-of", "2026-11-08"]);
    assert_eq!((then[0]["state"].as_str(), then[0]["refreshes"].as_array().unwrap().len()), (Some("stable"), 0));
}
