//! A simulated month with daily polls, every fault on the wire, and the service killed at random moments: what is in the store is what
//! the archives published.

use std::path::Path;
use std::time::Duration;

use aludel::clock::{Clock, Scale};
use aludel::model::delivery::SourceName;
use aludel::simulate::{self, FaultPlan, Handle, Simulator};
use aludel::store::Store;
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::support::service::{Serve, until};
use crate::support::{aludel, reconcile};

const DAYS: u32 = 31;
/// System seconds that the month takes.
const SECONDS: f64 = 60.0;
const SOURCES: [SourceName; 3] = [SourceName::Biorxiv, SourceName::Medrxiv, SourceName::Pubmed];

fn first_day() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 1, 5).unwrap()
}

fn configuration(simulator: &Handle, scale: Scale, data: &Path) -> String {
    let urls = simulator.base_urls();
    let preprints = |name: &str, base: &str, rss: &str, www: &str| {
        format!(
            "[sources.{name}]\nbase_url = \"{base}\"\nfeed_url = \"{rss}/{name}_xml.php?subject=all\"\nfull_text_url = \"{www}\"\n\
             schedule = \"0 6 * * *\"\nsince = \"{}\"\nspacing_ms = 0\nfeed_minutes = 360\n",
            first_day()
        )
    };
    format!(
        "data_dir = {data:?}\n[log]\nfilter = \"error\"\n[web]\nlisten = \"127.0.0.1:0\"\n\
         [fetch]\nbackoff_ms = 1\ntimeout_seconds = 5\npatience_seconds = 1\nbreaker_failures = 50\nbreaker_pause_seconds = 1\n\
         {}{}[sources.pubmed]\nbase_url = \"{}\"\nschedule = \"0 6 * * *\"\nsince = \"{}\"\nspacing_ms = 0\nbatch_size = 40\n\
         [clock]\nstart = \"{}\"\norigin = \"{}\"\nrate = {:?}\n",
        preprints("biorxiv", &urls.biorxiv, &urls.biorxiv_rss, &urls.biorxiv_www),
        preprints("medrxiv", &urls.medrxiv, &urls.medrxiv_rss, &urls.medrxiv_www),
        urls.pubmed,
        first_day(),
        scale.start.to_rfc3339(),
        scale.origin.to_rfc3339(),
        scale.rate,
        data = data.display().to_string(),
    )
}

/// When every source was last polled to the end.
fn polled(store: &Path, clock: &Clock) -> Option<DateTime<Utc>> {
    let store = Store::open_read(store, clock.clone()).ok()?;
    let rows = store.read().ok()?;
    let times = SOURCES.map(|name| {
        let text = rows.setting(&format!("polled:{name}")).ok()??;
        Some(DateTime::parse_from_rfc3339(&text).ok()?.to_utc())
    });
    times.into_iter().collect::<Option<Vec<_>>>()?.into_iter().min()
}

#[test]
fn a_month_with_faults_and_kills_is_stored_whole() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let _inside = runtime.enter();
    let rate = f64::from(DAYS) * 86_400.0 / SECONDS;
    let start = first_day().and_hms_opt(0, 0, 0).unwrap().and_utc();
    let scale = Scale { start, origin: Utc::now(), rate };
    let clock = Clock::scaled(scale);
    let world = simulate::Config {
        from: first_day(),
        days: DAYS,
        biorxiv_per_day: 8.0,
        medrxiv_per_day: 3.0,
        pubmed_per_day: 8.0,
        slow_body_ms: 20,
        faults: FaultPlan::parse("all").unwrap(),
        ..simulate::Config::default()
    };
    let listen = "127.0.0.1:0".parse().unwrap();
    let simulator = runtime.block_on(Simulator::start(world, clock.clone(), listen)).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let (config, data) = (dir.path().join("aludel.toml"), dir.path().join("data"));
    std::fs::write(&config, configuration(&simulator, scale, &data)).unwrap();

    let mut random = ChaCha8Rng::seed_from_u64(26);
    let end = start + TimeDelta::days(i64::from(DAYS));
    let mut serve = Serve::start(&config, None);
    let mut n_kills = 0;
    while clock.now() < end {
        std::thread::sleep(Duration::from_millis(random.random_range(500..9000)));
        serve.kill();
        n_kills += 1;
        serve = Serve::start(&config, None);
    }
    assert!(n_kills >= 5, "{n_kills} kills");
    let faults = simulator.faults_served();
    assert!(faults.values().sum::<u64>() > 20, "{faults:?}");

    // Whatever was out by now has to be found in the end, once a poll of every source came through.
    simulator.set_faults(FaultPlan::parse("none").unwrap());
    let moment = clock.now();
    let store = data.join("aludel.db");
    until("a poll of every source after the month", || {
        (polled(&store, &clock)? > moment + TimeDelta::days(1)).then_some(())
    });
    assert!(serve.stop().success());

    let opened = Store::open_read(&store, clock.clone()).unwrap();
    let published = simulator.published(moment);
    reconcile(&opened, &published, &simulator.published(clock.now()), first_day());
    drop(opened);
    let check = aludel().args(["check", "--json", "--data-dir"]).arg(&data).output().unwrap();
    let report = String::from_utf8(check.stdout).unwrap();
    assert!(check.status.success(), "{report}");
    println!("{} rows published, {n_kills} kills, faults {faults:?}\n{report}", published.len());
}
