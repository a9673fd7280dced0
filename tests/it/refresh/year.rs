//! A simulated year: the rules begin exactly the refreshes that drift calls for.

use std::fs;

use aludel::app::App;
use aludel::config::{Config, Overrides};
use aludel::model::status::{DriftState, RefreshStatus};
use aludel::store::drift::NewDecision;
use aludel::worker::jobs::refresh::run;
use chrono::NaiveDate;

use super::{ANSWER, Bench, TRAIN, paper};

/// Months in which the detector calls for a refresh.
const DRIFT: [u32; 2] = [4, 9];

#[test]
fn a_year_has_the_refreshes_that_drift_calls_for() {
    let bench = Bench::new("enabled = true\ncool_down_days = 60");
    let program = env!("CARGO_BIN_EXE_aludel");
    bench.configure("engine = \"shell\"", &format!("engine = \"shell\"\nprogram = {program:?}"));
    let articles = bench.path("year");
    fs::create_dir_all(&articles).unwrap();
    for number in 0..120 {
        let date = format!("<day>10</day><month>{}</month>", number / 10 + 1);
        fs::write(articles.join(format!("{number}.xml")), paper(1000 + number, &date)).unwrap();
    }
    assert!(bench.run(&["ingest", articles.to_str().unwrap()]).status.success());
    bench.write_keys();

    for month in 1..=12 {
        if month == 9 {
            // The candidate of this one forgets everything.
            bench.engine(TRAIN, &ANSWER.replace("-n \"$adapter\"", "\"${adapter%/result}\" = \"$adapter\""));
        }
        let text = fs::read_to_string(bench.path("aludel.toml")).unwrap();
        let at = text.find("start = \"").unwrap() + 9;
        let moved = format!("{}2026-{month:02}-28T08{}", &text[..at], &text[at + 13..]);
        fs::write(bench.path("aludel.toml"), moved).unwrap();
        let config = Config::load(Some(&bench.path("aludel.toml")), [], Overrides::default()).unwrap();
        let app = App::open(&config).unwrap();
        let is_drift = DRIFT.contains(&month);
        let mut txn = app.store.write().unwrap();
        let decision = NewDecision {
            window_to: NaiveDate::from_ymd_opt(2026, month, 25).unwrap(),
            state: if is_drift { DriftState::Drifted } else { DriftState::Stable },
            reason: if is_drift { "drifted" } else { "inside" }.to_owned(),
            refresh: is_drift,
            decision: "{}".to_owned(),
        };
        txn.record_drift_decisions(&[decision]).unwrap();
        txn.commit().unwrap();
        run(&app.env_without_archives(&config).unwrap()).unwrap();
    }
    let all = bench.store().read().unwrap().refreshes().unwrap();
    let told: Vec<(String, String, RefreshStatus)> = all
        .iter()
        .map(|refresh| (refresh.created_at.format("%Y-%m").to_string(), refresh.cause.clone(), refresh.status))
        .collect();
    let expected = [("2026-04", RefreshStatus::Promoted), ("2026-09", RefreshStatus::Discarded)];
    assert_eq!(
        told,
        expected.map(|(month, status)| (month.to_owned(), "drift".to_owned(), status)),
        "{}",
        bench.log(1)
    );
    assert!(all[0].reasons[0].contains("2026-04-25"), "{:?}", all[0].reasons);
}
