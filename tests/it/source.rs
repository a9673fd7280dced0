//! Polling against the simulated archives: what is in the store is what was published, whatever goes wrong on the wire.

use std::collections::BTreeSet;
use std::sync::Arc;

use aludel::clock::Clock;
use aludel::fetch;
use aludel::model::delivery::SourceName;
use aludel::model::status::WorkStatus;
use aludel::simulate::{self, FaultPlan, Handle, PublishedState, Simulator};
use aludel::source::{self, Source};
use aludel::store::Store;
use aludel::worker::jobs::poll::{self, Env, Plan};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

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
        // What was posted before the first day to be read is nobody's loss.
        let mut published = self.simulator.published(self.clock.now());
        published.retain(|row| row.date >= since);
        let rows = self.store.read().unwrap();
        for name in ARCHIVES {
            let expected: BTreeSet<(String, u32)> = published
                .iter()
                .filter(|row| row.source == name && row.kind != "book")
                // A record that was deleted before anyone asked for it is in no answer.
                .filter(|row| name != SourceName::Pubmed || row.state != PublishedState::Deleted)
                .map(|row| (row.doi.clone().unwrap_or_else(|| format!("pmid:{}", row.key)), row.version))
                .collect();
            let stored = rows.delivered_by(name.as_str()).unwrap();
            let unique: BTreeSet<(String, u32)> = stored.iter().cloned().collect();
            assert_eq!(unique.len(), stored.len(), "{name}: no duplicates");
            let lost: Vec<_> = expected.difference(&unique).collect();
            assert!(lost.is_empty(), "{name}: {} of {} lost: {lost:?}", lost.len(), expected.len());
            let deleted =
                published.iter().filter(|row| row.source == name && row.state == PublishedState::Deleted).count();
            assert!(
                unique.len() <= expected.len() + deleted,
                "{name}: {} stored, {} published",
                unique.len(),
                expected.len()
            );
            assert!(!expected.is_empty(), "{name}: the world is empty");
        }
        for row in published.iter().filter(|row| row.state == PublishedState::Withdrawn) {
            let work = rows.find_work(&row.key).unwrap().unwrap();
            assert_eq!(rows.work(work).unwrap().unwrap().status, WorkStatus::Withdrawn, "{}", row.key);
        }
        for row in published.iter().filter(|row| row.state == PublishedState::Retracted) {
            let Some(work) = rows.find_work(&format!("pmid:{}", row.key)).unwrap() else { panic!("{}", row.key) };
            assert_eq!(rows.work(work).unwrap().unwrap().status, WorkStatus::Retracted, "{}", row.key);
        }
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
