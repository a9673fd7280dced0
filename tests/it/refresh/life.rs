//! The whole life of a refresh, and what refuses one.

use std::fs;
use std::path::Path;

use aludel::clock::Clock;
use serde_json::Value;

use super::{ANSWER, Bench, TRAIN};

fn statuses(status: &Value) -> Vec<&str> {
    status["refreshes"].as_array().unwrap().iter().map(|refresh| refresh["status"].as_str().unwrap()).collect()
}

#[test]
fn a_better_model_is_trained_and_promoted() {
    let bench = Bench::new("");
    let plan = bench.json(&["refresh", "plan"]);
    assert_eq!(plan["refusals"], serde_json::json!([]), "{plan:#}");
    assert!(plan["cause"].is_null() && plan["plan"]["n_train"].as_u64() > Some(10), "{plan:#}");
    assert_eq!(plan["plan"]["cutoff"], "2026-05-04");
    let begun = bench.start();
    assert_eq!(begun["status"], "promoted", "{begun:#}\n{}", bench.log(1));
    assert_eq!((begun["version"].as_str(), begun["outcome"]["steps"].as_u64()), (Some("1.0.0"), Some(3)));
    assert_eq!(begun["decision"]["difference"]["value"].as_f64(), Some(1.0), "{begun:#}");
    let status = bench.json(&["refresh", "status"]);
    assert_eq!((statuses(&status), status["steps"].as_array().unwrap().len()), (vec!["promoted"], 3));
    assert_eq!(status["evaluations"].as_array().unwrap().len(), 2);
    let champion = bench.json(&["release", "alias", "aludel-model", "champion"]);
    assert_eq!(champion["version"], "1.0.0");
    let folder = bench.path("data/releases/model/aludel-model/1.0.0");
    let verified = bench.json(&["release", "verify", folder.to_str().unwrap()]);
    assert_eq!(verified["ok"], true, "{verified}");
    assert_disjoint(&bench.path("data/refresh/job-1"));
    // The next one has to be better than this one, which it can not be.
    let again = bench.start();
    assert_eq!(
        (again["status"].as_str(), &again["plan"]["champion"]),
        (Some("discarded"), &"1.0.0".into()),
        "{again:#}"
    );
    assert!(again["reason"].as_str().unwrap().contains("not surely better"), "{again:#}");
}

/// No paper is both trained on and asked about.
fn assert_disjoint(job: &Path) {
    let works = |path: &str| -> std::collections::BTreeSet<String> {
        let rows = aludel::release::read::rows(&job.join(path)).unwrap();
        rows.map(|row| aludel::release::read::text(&row.unwrap(), "work").unwrap().to_owned()).collect()
    };
    let (train, eval, future) = (works("train.parquet"), works("eval.parquet"), works("evaluation/questions.parquet"));
    assert!(!train.is_empty() && !future.is_empty());
    assert!(train.is_disjoint(&future) && train.is_disjoint(&eval) && eval.is_disjoint(&future));
}

/// The champion knows the answers, the candidate forgot them.
#[test]
fn a_sabotaged_candidate_is_refused_and_the_next_waits_longer() {
    let bench = Bench::new("");
    bench.engine(TRAIN, &ANSWER.replace("-n \"$adapter\"", "-z \"$adapter\""));
    let refused = bench.start();
    assert_eq!(refused["status"], "discarded", "{refused:#}\n{}", bench.log(1));
    assert_eq!(refused["decision"]["is_better"], false);
    assert!(refused["version"].is_null() && !bench.path("data/releases/model").exists(), "nothing is released");
    let plan = bench.json(&["refresh", "plan"]);
    let told = plan["refusals"].to_string();
    assert!(told.contains("cool-down ends on 2026-07-27") && told.contains("1 in a row"), "{told}");
    let history = bench.json(&["refresh", "status"]);
    let roles: Vec<&str> =
        history["evaluations"].as_array().unwrap().iter().map(|one| one["role"].as_str().unwrap()).collect();
    assert_eq!(roles, ["candidate", "champion"], "both are on record");
}

#[test]
fn the_third_refresh_of_a_month_is_refused_by_its_budget() {
    let bench = Bench::new("");
    bench.configure("[refresh.budget]\n", "[refresh.budget]\nmonthly_hours = 2.5\n");
    // Each says that it took an hour.
    bench.engine(&TRAIN.replace("\\\"seconds\\\":$step", "\\\"seconds\\\":3600"), ANSWER);
    assert_eq!(bench.start()["status"], "promoted", "{}", bench.log(1));
    assert_eq!(bench.start()["status"], "discarded", "{}", bench.log(2));
    let third = bench.start();
    assert_eq!(third["state"], "refused", "{third:#}");
    assert!(third["refusals"].to_string().contains("the month's budget is 2.5 hours, 2.0"), "{third:#}");
    let status = bench.json(&["refresh", "status"]);
    assert!(status["seconds_used"].as_f64() >= Some(7200.0), "{status:#}");
    assert_eq!(statuses(&status), ["discarded", "promoted"]);
}

#[test]
fn a_person_promotes_and_rolls_back() {
    let bench = Bench::new("");
    bench.configure("[refresh.gate]\n", "[refresh.gate]\npromote = false\nleast_gain = -1.0\n");
    assert!(!bench.run(&["refresh", "promote"]).status.success(), "there is none");
    for version in ["1.0.0", "1.1.0"] {
        if version == "1.1.0" {
            bench.configure("least_questions = 10", "holdout_days = 35\nleast_questions = 10");
        }
        let evaluated = bench.start();
        assert_eq!(evaluated["status"], "evaluated", "{evaluated:#}");
        let open = bench.json(&["refresh", "start"]);
        assert!(open["refusals"].to_string().contains("one at a time"), "{open:#}");
        let promoted = bench.json(&["refresh", "promote"]);
        assert_eq!((&promoted["status"], &promoted["version"]), (&"promoted".into(), &version.into()), "{promoted:#}");
    }
    let back = bench.json(&["refresh", "rollback"]);
    assert_eq!(back["version"], "1.0.0");
    let plan = bench.json(&["refresh", "plan"]);
    assert_eq!(plan["plan"]["champion"], "1.0.0");
    // The papers that `drift` compares with are those of the model that is in use.
    let store = bench.store();
    let trained = aludel::worker::topics::trained(&store.read().unwrap(), Clock::system().now()).unwrap();
    let cutoffs: Vec<String> = trained.iter().map(|model| model.to.to_string()).collect();
    assert_eq!(cutoffs, ["2026-05-04", "2026-04-27", "2026-05-04"], "{trained:?}");
}

#[test]
fn what_is_missing_is_told_before_anything_begins() {
    let bench = Bench::new("");
    let refusals = |change: (&str, &str)| {
        let before = fs::read_to_string(bench.path("aludel.toml")).unwrap();
        bench.configure(change.0, change.1);
        let told = bench.json(&["refresh", "start"]);
        fs::write(bench.path("aludel.toml"), before).unwrap();
        assert_eq!(told["state"], "refused", "{told:#}");
        told["refusals"].to_string()
    };
    for (change, word) in [
        (("base_model = \"base\"", "base_model = \"gone\""), "is not there"),
        (("engine = \"shell\"", "engine = \"none\""), "none.toml"),
        (("least_questions = 10", "least_questions = 100000"), "questions are there to learn from"),
        (("least_n = 10", "least_n = 100000"), "are compared"),
        (("base_licence = \"apache-2.0\"", ""), "base_licence"),
    ] {
        let told = refusals(change);
        assert!(told.contains(word), "{change:?}: {told}");
    }
    assert!(bench.json(&["refresh", "status"])["refreshes"].as_array().unwrap().is_empty());
}
