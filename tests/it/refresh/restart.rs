//! The service dies in every state and is started again; a person sends the trainer away and back.

use std::fs;

use super::{ANSWER, Bench, TRAIN};
use crate::support::service::{Serve, until};

/// Waits at the door until the test opens it, and notes every start.
fn behind(door: &str, script: &str) -> String {
    format!(
        "engine=${}\necho start >> \"$engine/{door}.starts\"\nwhile [ ! -e \"$engine/{door}.open\" ]; do sleep 0.05; done\n{script}",
        if door == "train" { 2 } else { 3 }
    )
}

fn slow(bench: &Bench) {
    bench.engine(&behind("train", TRAIN), &behind("answer", ANSWER));
}

fn starts(bench: &Bench, door: &str) -> usize {
    fs::read_to_string(bench.path(&format!("engines/{door}.starts"))).unwrap_or_default().lines().count()
}

fn open(bench: &Bench, door: &str) {
    fs::write(bench.path(&format!("engines/{door}.open")), "").unwrap();
}

fn status(bench: &Bench) -> String {
    let all = bench.json(&["refresh", "status"]);
    all["refreshes"][0]["status"].as_str().unwrap_or("none").to_owned()
}

#[test]
fn a_service_that_dies_in_any_state_goes_on_where_it_was() {
    let bench = Bench::new("");
    bench.configure("[refresh.gate]\n", "[refresh.gate]\npromote = false\n");
    slow(&bench);
    let config = bench.path("aludel.toml");
    bench.json(&["refresh", "start", "--queue"]);
    assert_eq!(status(&bench), "proposed");
    let serve = Serve::start(&config, None);
    until("it trains", || (starts(&bench, "train") == 1).then_some(()));
    assert_eq!(status(&bench), "running");
    let page = serve.get("/refresh").unwrap();
    assert!(page.contains("running"), "{page}");
    serve.kill();

    // The trainer did not notice; it is found again, not started anew.
    let serve = Serve::start(&config, None);
    open(&bench, "train");
    until("it is evaluated", || (starts(&bench, "answer") == 1).then_some(()));
    serve.kill();
    let serve = Serve::start(&config, None);
    open(&bench, "answer");
    until("it waits for a person", || (status(&bench) == "evaluated").then_some(()));
    assert_eq!((starts(&bench, "train"), starts(&bench, "answer")), (1, 2), "once, and once for each model");
    serve.kill();

    let serve = Serve::start(&config, None);
    assert_eq!(status(&bench), "evaluated");
    bench.json(&["refresh", "promote"]);
    until("it is promoted", || (status(&bench) == "promoted").then_some(()));
    let overview = serve.json("/api/v1/refresh").unwrap();
    assert_eq!(
        (&overview["refreshes"][0]["version"], overview["steps"].as_array().unwrap().len()),
        (&"1.0.0".into(), 3)
    );
    let last = serve.json("/api/v1/status").unwrap()["last_refresh"].clone();
    assert_eq!(last["status"], "promoted");
    assert!(serve.get("/refresh").unwrap().contains("<polyline"), "the page shows the curve");
    assert!(serve.stop().success());
}

#[test]
fn a_person_sends_the_trainer_away_and_back_and_ends_it() {
    let bench = Bench::new("");
    slow(&bench);
    let config = bench.path("aludel.toml");
    let serve = Serve::start(&config, None);
    bench.json(&["refresh", "start"]);
    until("it trains", || (starts(&bench, "train") == 1).then_some(()));
    bench.json(&["refresh", "pause"]);
    let folder = aludel::refresh::job::Folder::new(bench.path("data/refresh/job-1"));
    until("nothing trains", || folder.holder().unwrap().is_none().then_some(()));
    assert_eq!(status(&bench), "running");
    bench.json(&["refresh", "resume"]);
    until("it trains again", || (starts(&bench, "train") == 2).then_some(()));
    bench.json(&["refresh", "discard"]);
    until("it is over", || (status(&bench) == "discarded").then_some(()));
    assert!(folder.holder().unwrap().is_none(), "nothing is left running");
    assert!(serve.stop().success());
}
