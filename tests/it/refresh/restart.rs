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
    until("its measures", || {
        let told = serve.get("/metrics")?;
        let number = |name: &str| -> Option<f64> {
            told.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.trim().parse().ok())
        };
        let measure = |name: &str| number(&format!("aludel_refresh_measure{{name=\"{name}\"}}"));
        let spent = number("aludel_refresh_machine_seconds")?;
        let measured = [measure("reward_mean")?, measure("kl")?, measure("entropy")?, measure("memory_bytes")?];
        assert_eq!((number("aludel_refresh_state"), number("aludel_refresh_step")), (Some(4.0), Some(3.0)), "{told}");
        assert_eq!((measured, spent >= 3.0), ([0.3, 0.01, 1.5, 1000.0], true), "{told}");
        Some(())
    });
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

/// Outside the hours of the machine nothing is started; under systemd a link and a changed file are all that the service does.
#[test]
fn hours_and_the_path_unit_decide_when_and_by_whom_it_is_started() {
    let bench = Bench::new("hours = \"22-6\"\nlauncher = \"systemd\"");
    let waiting = bench.json(&["refresh", "start"]);
    assert_eq!(waiting["status"], "prepared", "it is eight in the morning: {waiting:#}");
    bench.configure("hours = \"22-6\"\n", "");
    let config = bench.path("aludel.toml");
    let serve = Serve::start(&config, None);
    let (start, next) = (bench.path("data/refresh/start"), bench.path("data/refresh/next"));
    // What aludel-train.path does: it starts aludel-train@next.service when `start` changes.
    let unit = |seen: &str| {
        let changed = until("the job is handed over", || fs::read_to_string(&start).ok().filter(|text| text != seen));
        assert!(crate::support::aludel().arg("train").arg(&next).status().unwrap().success());
        changed
    };
    let first = unit("");
    unit(&first);
    until("it is promoted", || (status(&bench) == "promoted").then_some(()));
    assert!(serve.stop().success());
}

/// What the model of this process was to try stays in the queue while a refresh has the machine, and `status` says why.
#[cfg(feature = "candle")]
#[test]
fn a_model_in_this_process_makes_way_for_training() {
    use aludel::llm::candle::Invented;
    use aludel::llm::candle::architecture::Family;

    let bench = Bench::new("");
    slow(&bench);
    let config = bench.path("aludel.toml");
    // A look a minute is one in less than a second here.
    bench.configure("rate = 1.0", "rate = 100.0");
    let words = ["<answer>increase</answer>", "<answer>yes</answer>"];
    let model = bench.path("solver");
    fs::create_dir_all(&model).unwrap();
    Invented { family: Family::Llama, layers: 1, hidden: 32, words: &words, seed: 1 }.write(&model).unwrap();
    bench.json(&["refresh", "start", "--queue"]);
    let serve = Serve::start(&config, None);
    until("it trains", || (starts(&bench, "train") == 1).then_some(()));
    assert!(serve.stop().success());

    let trial = "[verify.trial]\nenabled = true\nmax_reply_tokens = 16\n[solver]\nmodel = \"newt\"\nengine = \"candle\"\n\
                 [solver.local]\npath = \"solver\"\ndevice = \"cpu\"\n";
    bench.configure("[refresh]\n", &format!("{trial}[refresh]\n"));
    let serve = Serve::start(&config, None);
    let status = || serve.json("/api/v1/status").unwrap();
    let waiting = until("the trial waits", || status()["waiting"].as_array().unwrap().first().cloned());
    assert_eq!((&waiting["kind"], status()["model_calls"].as_array().unwrap().len()), (&"trial".into(), 0));
    assert!(waiting["reason"].as_str().unwrap().contains("yield_to_training"), "{waiting}");
    open(&bench, "train");
    open(&bench, "answer");
    until("the questions are tried", || (status()["model_calls"][0]["stage"] == "open_book").then_some(()));
    until("nothing waits", || status()["waiting"].as_array().unwrap().is_empty().then_some(()));
    assert!(serve.stop().success());
}
