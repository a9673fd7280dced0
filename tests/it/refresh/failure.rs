//! Engines that fail, die, lie or hang: the refresh says what happened, and nothing that is half written is loaded.

use super::{ANSWER, Bench, TRAIN};

#[test]
fn a_failure_is_told_in_words_and_releases_nothing() {
    let bench = Bench::new("attempts = 2");
    for (id, (train, words)) in (1_i64..).zip([
        ("echo 'RuntimeError: CUDA out of memory' >&2; exit 3", &["exit code 3", "CUDA out of memory", "lower `training.micro_batch`"][..]),
        ("exit 0", &["it ended without a result"]),
        ("kill -9 $$", &["no further in 2 starts", "signal 9"]),
        ("exit 75", &["no further in 2 starts"]),
        // A result that says of itself that it is whole, and is not.
        (
            "mkdir -p $1/result; echo torn > $1/result/adapter_model.safetensors; \
             echo '{\"status\":\"complete\",\"steps\":1,\"seconds\":1,\"tokens\":1,\"files\":[{\"path\":\"adapter_model.safetensors\",\"bytes\":9,\"sha256\":\"0\"}]}' > $1/result/result.json",
            &["its result is not whole"],
        ),
        ("mkdir -p $1/result; echo '{\"status\":' > $1/result/result.json", &["its result is not whole"]),
        // The base model changes while it trains, so that a second start finds another one.
        ("echo other > $2/../base/model.safetensors; exit 75", &["is not what it was when the job was made"]),
    ]) {
        bench.engine(train, ANSWER);
        let failed = bench.start();
        let reason = failed["reason"].as_str().unwrap_or_default();
        assert_eq!((failed["id"].as_i64(), failed["status"].as_str()), (Some(id), Some("failed")), "{train}: {failed:#}");
        for word in words {
            assert!(reason.contains(word), "{train}: {reason}");
        }
    }
    assert!(!bench.path("data/releases/model").exists());
}

#[test]
fn an_engine_that_hangs_is_ended() {
    let bench = Bench::new("attempts = 2\nsilent_seconds = 2");
    bench.engine("sleep 1000", ANSWER);
    let failed = bench.start();
    let reason = failed["reason"].as_str().unwrap_or_default();
    assert!(failed["status"] == "failed" && reason.contains("no sign of life for 2 seconds"), "{failed:#}");
}

/// What an engine says that was interrupted: it is started again, and the refresh comes to its end.
#[test]
fn an_engine_that_loses_its_gpu_once_is_started_again() {
    let bench = Bench::new("");
    let lost = "if [ ! -e \"$2/lost\" ]; then touch \"$2/lost\"; echo 'the GPU gave out' >&2; exit 75; fi";
    bench.engine(&format!("{lost}\n{TRAIN}"), ANSWER);
    let done = bench.start();
    assert_eq!((done["status"].as_str(), done["version"].as_str()), (Some("promoted"), Some("1.0.0")), "{done:#}");
    assert!(bench.log(1).contains("the GPU gave out"), "{}", bench.log(1));
}

/// Training that collapses is ended by the guard, and its weights are not looked at.
#[test]
fn a_collapsed_run_is_ended_and_discarded() {
    let bench = Bench::new("");
    let line =
        r#"{\"kind\":\"step\",\"step\":$step,\"seconds\":1,\"tokens\":10,\"reward_mean\":0.1,\"live_groups\":0.0}"#;
    let train = format!(
        "step=0; while [ ! -e \"$1/stop\" ]; do step=$((step + 1)); echo \"{line}\" >> \"$1/metrics.jsonl\"; sleep 0.1; done\n{TRAIN}"
    );
    bench.engine(&train.replace("for step in 1 2 3", "for step in"), ANSWER);
    let ended = bench.start();
    assert_eq!(ended["status"], "discarded", "{ended:#}\n{}", bench.log(1));
    let reason = ended["reason"].as_str().unwrap();
    assert!(reason.contains("the run collapsed: for 10 steps in a row fewer than 0.02 of the groups"), "{reason}");
    assert!(ended["decision"].is_null(), "it was not evaluated");
}

/// What answers leaves answers out: there is no decision on half of the questions.
#[test]
fn an_evaluation_that_is_not_whole_decides_nothing() {
    let bench = Bench::new("attempts = 1");
    bench.engine(TRAIN, "head -n 1 \"$3/keys.jsonl\" >> \"$2\"");
    let failed = bench.start();
    assert_eq!(failed["status"], "failed", "{failed:#}");
    let reason = failed["reason"].as_str().unwrap();
    assert!(reason.contains("the evaluation did not end") && reason.contains("answers are missing"), "{reason}");
}
