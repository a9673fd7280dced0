//! Polling against the simulated archives: what is in the store is what was published, whatever goes wrong on the wire.

use std::collections::BTreeSet;
use std::sync::Arc;

use aludel::clock::Clock;
use aludel::fetch;
use aludel::model::delivery::SourceName;
use aludel::model::document::ContentLevel;
use aludel::simulate::{self, FaultPlan, Handle, Simulator};
use aludel::source::{self, Source, biorxiv, pubmed, rss};
use aludel::store::Store;
use aludel::worker::jobs::full_text;
use aludel::worker::jobs::poll::{self, Env, Plan};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use crate::support::reconcile;

const ARCHIVES: [SourceName; 3] = [SourceName::Biorxiv, SourceName::Medrxiv, SourceName::Pubmed];

struct Week {
    clock: Clock,
    simulator: Handle,
    config: source::Config,
    client: Arc<fetch::Client>,
    store: Store,
    _dir: tempfile::TempDir,
}

fn first_day() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 1, 5).unwrap()
}

fn at(day: NaiveDate, hour: u32) -> DateTime<Utc> {
    day.and_hms_opt(hour, 0, 0).unwrap().and_utc()
}

impl Week {
    async fn start(faults: &str) -> Week {
        let clock = Clock::stepped(at(first_day(), 1));
        let world = simulate::Config {
            from: first_day(),
            days: 9,
            history_days: 6,
            slow_body_ms: 20,
            faults: FaultPlan::parse(faults).unwrap(),
            ..simulate::Config::default()
        };
        let simulator = Simulator::start(world, clock.clone(), "127.0.0.1:0".parse().unwrap()).await.unwrap();
        let urls = simulator.base_urls();
        let preprints = |base_url: &str| source::biorxiv::Config {
            base_url: Some(base_url.to_owned()),
            spacing_ms: 0,
            since: Some(first_day() - TimeDelta::days(6)),
            ..source::biorxiv::Config::default()
        };
        let config = source::Config {
            biorxiv: preprints(&urls.biorxiv),
            medrxiv: preprints(&urls.medrxiv),
            pubmed: source::pubmed::Config {
                base_url: urls.pubmed.clone(),
                spacing_ms: Some(0),
                batch_size: 7,
                since: Some(first_day() - TimeDelta::days(6)),
                ..source::pubmed::Config::default()
            },
        };
        let quick = fetch::Config {
            backoff_ms: 1,
            timeout_seconds: 5,
            patience_seconds: 2,
            breaker_failures: 50,
            breaker_pause_seconds: 0,
            ..fetch::Config::default()
        };
        let client = Arc::new(fetch::Client::new(quick, clock.clone(), 1).unwrap());
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(&dir.path().join("aludel.db"), clock.clone()).unwrap();
        Week { clock, simulator, config, client, store, _dir: dir }
    }

    fn open(&self, name: SourceName) -> Box<dyn Source> {
        source::open(name, &self.config, Arc::clone(&self.client)).unwrap().unwrap()
    }

    async fn poll(&self, name: SourceName) -> poll::Summary {
        let archive = self.open(name);
        let env = Env { store: &self.store, source: archive.as_ref(), clock: &self.clock };
        let plan = Plan { links_again: true, ..Plan::of(&self.config, name).unwrap() };
        poll::poll(env, &plan, &mut |_, _| {}).await.unwrap()
    }

    /// Compares the store with everything published by now.
    fn reconcile(&self) {
        let since = first_day() - TimeDelta::days(6);
        let published = self.simulator.published(self.clock.now());
        reconcile(&self.store, &published, &published, since);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_quiet_week_is_stored_whole() {
    let week = Week::start("none").await;
    for day in 0..7 {
        for hour in [2, 14, 23] {
            week.clock.advance_to(at(first_day() + TimeDelta::days(day), hour));
            for name in ARCHIVES {
                let summary = week.poll(name).await;
                assert_eq!(summary.errors, [], "{name}");
                assert_eq!(summary.unreadable, 0, "{name}");
            }
        }
    }
    week.reconcile();
    let before = week.store.read().unwrap().last_change().unwrap();
    for name in ARCHIVES {
        let again = week.poll(name).await;
        assert_eq!((again.new_works, again.new_versions), (0, 0), "{name}");
    }
    assert_eq!(week.store.read().unwrap().last_change().unwrap(), before, "a second reading changes nothing");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_faulty_week_with_an_outage_is_stored_whole() {
    let week = Week::start("all").await;
    for day in [0, 1, 4, 5, 6] {
        week.clock.advance_to(at(first_day() + TimeDelta::days(day), 15));
        for name in ARCHIVES {
            week.poll(name).await;
        }
    }
    // A poll that ends with errors leaves its days due; the next one reads them.
    week.clock.advance_to(at(first_day() + TimeDelta::days(7), 23));
    for name in ARCHIVES {
        let mut tries = 0;
        loop {
            let errors = week.poll(name).await.errors;
            if errors.is_empty() {
                break;
            }
            tries += 1;
            assert!(tries < 30, "{name} does not get through: {errors:?}");
        }
    }
    week.reconcile();
    assert!(week.simulator.faults_served().len() > 10, "faults were served");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_feed_wakes_until_its_versions_are_stored() {
    let mut week = Week::start("none").await;
    week.clock.advance_to(at(first_day() + TimeDelta::days(1), 23));
    week.config.biorxiv.feed_url =
        Some(format!("{}/biorxiv_xml.php?subject=all", week.simulator.base_urls().biorxiv_rss));
    week.config.biorxiv.full_text = true;
    let feed = rss::Feed::open(SourceName::Biorxiv, &week.config.biorxiv, Arc::clone(&week.client)).unwrap().unwrap();
    assert!(poll::has_news(&week.store, SourceName::Biorxiv, &feed).await.unwrap());
    assert_eq!(week.poll(SourceName::Biorxiv).await.errors, []);
    assert!(!poll::has_news(&week.store, SourceName::Biorxiv, &feed).await.unwrap());

    // Full text was asked for: it is fetched once, and a later reading of the listing does not take it away.
    let archive = week.open(SourceName::Biorxiv);
    let env = Env { store: &week.store, source: archive.as_ref(), clock: &week.clock };
    let folder = tempfile::tempdir().unwrap();
    let part = biorxiv::Config {
        full_text_spacing_ms: 0,
        full_text_url: Some(format!("http://{}/www.biorxiv.org", week.simulator.addr())),
        ..week.config.biorxiv.clone()
    };
    let fetcher =
        biorxiv::full_text::FullText::new(SourceName::Biorxiv, &part, Arc::clone(&week.client), folder.path());
    let fetcher = fetcher.unwrap().unwrap();
    let stored = full_text::drain(env, &fetcher, 1000).await.unwrap();
    assert!(stored > 20, "{stored}");
    assert_eq!(full_text::drain(env, &fetcher, 1000).await.unwrap(), 0);
    let n_full = |week: &Week| {
        let rows = week.store.read().unwrap();
        let all = rows.delivered_by("biorxiv").unwrap();
        let works: BTreeSet<_> = all.iter().map(|(key, _)| rows.find_work(key).unwrap().unwrap()).collect();
        let versions = works.iter().flat_map(|work| rows.versions_of(*work).unwrap());
        versions.filter(|v| v.source == "biorxiv" && v.content_level == ContentLevel::FullText).count() as u64
    };
    assert_eq!(n_full(&week), stored);
    week.poll(SourceName::Biorxiv).await;
    assert_eq!(n_full(&week), stored);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count() as u64, stored);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backfill_goes_on_where_it_stopped() {
    let week = Week::start("none").await;
    week.clock.advance_to(at(first_day() + TimeDelta::days(8), 12));
    let archive = week.open(SourceName::Biorxiv);
    let env = Env { store: &week.store, source: archive.as_ref(), clock: &week.clock };
    let (from, to) = (first_day(), first_day() + TimeDelta::days(5));
    let first =
        poll::backfill(env, from, first_day() + TimeDelta::days(2), false, false, &mut |_, _| {}).await.unwrap();
    assert_eq!((first.windows, first.complete), (3, 3));
    let second = poll::backfill(env, from, to, false, false, &mut |_, _| {}).await.unwrap();
    assert_eq!((second.windows, second.complete), (3, 3));
    let third = poll::backfill(env, from, to, false, false, &mut |_, _| {}).await.unwrap();
    assert_eq!((third.windows, third.rows), (0, 0));
}

/// Every file under `folder`, sorted.
fn files(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut found: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    found.sort();
    found
}

#[test]
fn real_details_replies_are_read_row_by_row() {
    let Some(shared) = crate::support::shared() else { return };
    let mut n_rows = 0;
    for path in files(&shared.join("data/preprint_api")) {
        let body = std::fs::read(&path).unwrap();
        let interval = if path.to_string_lossy().contains("2024") {
            ("2024-01-01".parse().unwrap(), "2024-12-31".parse().unwrap())
        } else {
            ("2026-07-15".parse().unwrap(), "2026-07-18".parse().unwrap())
        };
        let Ok(biorxiv::wire::Reply::Page(page)) = biorxiv::wire::read(&body, interval) else { panic!("{path:?}") };
        assert_eq!(page.unreadable, 0);
        for row in &page.rows {
            let delivery =
                biorxiv::record::delivery(SourceName::Biorxiv, "o", row).unwrap_or_else(|| panic!("{row:?}"));
            let document = &delivery.document;
            assert!(
                !document.title.is_empty() && !document.authors.is_empty() && !document.abstract_passages.is_empty()
            );
            let withdrawn = biorxiv::wire::field(row, "type").eq_ignore_ascii_case("withdrawn");
            assert_eq!(withdrawn, !document.notices.is_empty(), "{}", document.title);
            for passage in &document.abstract_passages {
                for mark in ["O_FIG", "C_FIG", "O_LI", "C_LI", "O_ST", "C_ST", "SCPLOW", "highwire", "{+/-}", "{micro}"]
                {
                    assert!(!passage.text.contains(mark), "{mark}: {}", passage.text);
                }
                for heading in ["Results", "Methods", "Background", "Conclusions", "Objective", "Findings"] {
                    let fused =
                        passage.text.strip_prefix(heading).is_some_and(|rest| rest.starts_with(char::is_uppercase));
                    assert!(!fused, "{}", passage.text);
                }
            }
            n_rows += 1;
        }
    }
    assert_eq!(n_rows, 150);
}

#[test]
fn real_utility_replies_are_understood_or_refused_by_name() {
    use pubmed::wire::{FetchReply, SearchReply, read_fetch, read_search};
    let Some(shared) = crate::support::shared() else { return };
    let mut understood = 0;
    for path in files(&shared.join("data/pubmed/eutils")) {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let body = std::fs::read(&path).unwrap();
        match read_search(&body) {
            Ok(SearchReply::Found(search)) => {
                assert!(name.contains("esearch"), "{name}");
                assert!(search.count == 0 || !search.pmids.is_empty(), "{name}");
                understood += 1;
            }
            Ok(SearchReply::Refused(reason)) => assert!(!reason.is_empty(), "{name}"),
            Err(bad) => {
                assert!(!name.contains("esearch"), "{name}: {}", bad.reason);
                assert!(bad.reason.contains("instead of"), "{name}: {}", bad.reason);
            }
        }
        match read_fetch(&body) {
            Ok(reply) => panic!("{name} is no article set, read as {reply:?}"),
            Err(bad) => assert!(bad.reason.contains("instead of"), "{name}: {}", bad.reason),
        }
    }
    assert!(understood >= 6, "{understood} searches");
    let mut sets = 0;
    for path in files(&shared.join("data/pubmed/efetch")) {
        let body = std::fs::read(&path).unwrap();
        match read_fetch(&body) {
            Ok(FetchReply::Set(pmids)) => {
                let parsed = aludel::document::parse(&body, "x", &aludel::document::Limits::default()).unwrap();
                let read = parsed.records.iter().filter_map(|(document, _)| document.ids.pmid).collect::<Vec<_>>();
                assert_eq!(read.len() + parsed.books + parsed.unread.len(), pmids.len(), "{path:?}");
                assert!(read.iter().all(|pmid| pmids.contains(pmid)), "{path:?}");
                sets += 1;
            }
            other => panic!("{path:?}: {other:?}"),
        }
    }
    assert!(sets > 50, "{sets} sets");
}

#[test]
fn real_and_torturous_feeds_are_hints_or_nothing() {
    let Some(shared) = crate::support::shared() else { return };
    let feeds = shared.join("data/feeds");
    let body = std::fs::read(feeds.join("biorxiv/rss_1.0_biorxiv.xml")).unwrap();
    assert_eq!(rss::read(&body).unwrap().len(), 1);
    let (mut n, mut n_feeds) = (0, 0);
    for folder in ["journals", "pubmed_rss"] {
        for path in files(&feeds.join(folder)) {
            n += 1;
            n_feeds += u32::from(rss::read(&std::fs::read(&path).unwrap()).is_some_and(|hints| hints.is_empty()));
        }
    }
    assert!(n_feeds > 0);
    for folder in ["torture", "poll_series"] {
        for path in files(&feeds.join(folder)) {
            let packed = std::fs::File::open(&path).unwrap();
            let mut archive = tar::Archive::new(zstd::stream::read::Decoder::new(packed).unwrap());
            for entry in archive.entries().unwrap() {
                let mut body = Vec::new();
                std::io::Read::read_to_end(&mut entry.unwrap(), &mut body).unwrap();
                let hints = rss::read(&body);
                n += 1;
                assert!(folder != "poll_series" || hints.is_none_or(|hints| hints.iter().all(|hint| hint.version > 0)));
            }
        }
    }
    println!("{n} feeds read");
}
