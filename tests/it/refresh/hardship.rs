//! The built-in engine when memory, disk, GPU or numbers give out: the refresh says what happened, the service stays up, nothing that is
//! half written is loaded.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command;

use aludel::llm::candle::architecture::Family;
use aludel::llm::candle::{Invented, safetensors};

use super::Bench;
use crate::support::service::{Serve, until};

const WORDS: [&str; 4] =
    ["increase,", "<answer>increase</answer>", "<answer>decrease</answer>", "<answer>yes</answer>"];

/// A bench whose engine is the built-in one, with a base model that can be trained; `more` belongs into `[refresh]`.
fn bench(more: &str) -> Bench {
    let bench = Bench::new(more);
    bench.configure("engine = \"shell\"", "engine = \"candle\"");
    let training = "[refresh.limits]\nentropy = 0.0\ntruncated = 1.0\n[refresh.training]\nlora_rank = 64\n\
                    max_prompt_tokens = 100\nmax_completion_tokens = 2\ncheckpoint_every = 1\nresample = 0\n";
    bench.configure("[refresh.gate]\n", &format!("{training}[refresh.gate]\nmax_tokens = 2\n"));
    base(&bench);
    bench
}

fn base(bench: &Bench) -> PathBuf {
    let base = bench.path("base");
    Invented { family: Family::Llama, layers: 2, hidden: 32, words: &WORDS, seed: 4 }.write(&base).unwrap();
    base.join("model.safetensors")
}

/// A program that runs ours after `first`.
fn program(bench: &Bench, first: &str) {
    let path = bench.path("limited");
    fs::write(&path, format!("#!/bin/sh\n{first}\nexec {} \"$@\"\n", env!("CARGO_BIN_EXE_aludel"))).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
}

fn failed(bench: &Bench, words: &[&str]) -> String {
    let failed = bench.start();
    assert_eq!(failed["status"], "failed", "{failed:#}\n{}", bench.log(failed["id"].as_i64().unwrap_or(0)));
    let reason = failed["reason"].as_str().unwrap_or_default().to_owned();
    for word in words {
        assert!(reason.contains(word), "{word}: {reason}");
    }
    assert!(!bench.path("data/releases/model").exists(), "nothing is released");
    reason
}

#[test]
fn broken_models_numbers_that_run_away_and_a_gpu_that_is_not_there_are_told() {
    let bench = bench("");
    let weights = base(&bench);
    let whole = fs::read(&weights).unwrap();
    fs::write(&weights, &whole[..whole.len() / 2]).unwrap();
    failed(&bench, &["model.safetensors", "ends before"]);

    // Logits that are finite, and a gradient that is not.
    base(&bench);
    let mut tensors = safetensors::read(&weights).unwrap();
    let large = tensors["model.norm.weight"].affine(1e30, 0.0).unwrap();
    tensors.insert("model.norm.weight".to_owned(), large);
    candle_core::safetensors::save(&tensors, &weights).unwrap();
    bench.configure("engine = \"candle\"", "objective = \"distillation\"\nengine = \"candle\"");
    failed(&bench, &["the run has diverged"]);

    if cfg!(feature = "cuda") {
        println!("skipped: this build may have a GPU");
        return;
    }
    base(&bench);
    bench.configure("engine = \"candle\"", "device = \"cuda\"\nengine = \"candle\"");
    let refused = bench.json(&["refresh", "start"]);
    assert!(refused["refusals"].to_string().contains("without CUDA"), "{refused:#}");
    // A program of its own may be able to; that it is not is seen before anything is begun.
    program(&bench, "");
    bench.configure("engine = \"candle\"", "program = \"limited\"\nengine = \"candle\"");
    failed(&bench, &["the device cuda can not be used"]);
    let job = bench.path("data/refresh/job-3");
    assert!(!job.join("metrics.jsonl").exists() && !job.join("checkpoints").exists());
}

#[test]
fn a_trainer_that_may_not_have_more_memory_dies_and_the_service_does_not() {
    let bench = bench("attempts = 2\nprogram = \"limited\"");
    // The longest sample of so many completions takes some 4 GB.
    bench
        .configure("max_completion_tokens = 2\n", "max_completion_tokens = 400\ngroup_size = 256\nmicro_batch = 256\n");
    program(&bench, "ulimit -v 1500000");
    bench.json(&["refresh", "start", "--queue"]);
    let serve = Serve::start(&bench.path("aludel.toml"), None);
    let reason = until("it fails", || {
        let all = bench.json(&["refresh", "status"]);
        let newest = &all["refreshes"][0];
        (newest["status"] == "failed").then(|| newest["reason"].as_str().unwrap().to_owned())
    });
    assert!(
        reason.contains("no further in 2 starts") && reason.contains("memory ran out"),
        "{reason}\n{}",
        bench.log(1)
    );
    let page = serve.get("/refresh").unwrap();
    assert!(page.contains("memory ran out"), "{page}");
    let metrics = serve.get("/metrics").unwrap();
    assert!(metrics.contains("aludel_refreshes_total{result=\"failed\"} 1"), "{metrics}");
    assert!(serve.stop().success());
}

/// Unmounts when it is dropped.
struct Disk(PathBuf);

impl Disk {
    /// A disk of so many KiB at `path`; `None` where none may be mounted.
    fn mount(path: PathBuf, kib: u32) -> Option<Disk> {
        fs::create_dir_all(&path).unwrap();
        let size = format!("size={kib}k");
        let done = Command::new("mount").args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(&path).output();
        done.is_ok_and(|output| output.status.success()).then_some(Disk(path))
    }

    fn grow(&self, kib: u32) {
        let size = format!("remount,size={kib}k");
        assert!(Command::new("mount").args(["-o", &size]).arg(&self.0).status().unwrap().success());
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").args(["-l"]).arg(&self.0).status();
    }
}

/// The first checkpoint fits, the second does not.
#[test]
fn a_disk_that_is_full_ends_a_run_in_words_and_the_next_has_room() {
    let bench = bench("");
    let Some(disk) = Disk::mount(bench.path("data/refresh"), 1400) else {
        println!("skipped: a disk can not be mounted here");
        return;
    };
    let reason = failed(&bench, &["No space left on device"]);
    println!("{reason}");
    let job = bench.path("data/refresh/job-1");
    let left: Vec<String> = fs::read_dir(job.join("checkpoints"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(left, ["step-1"], "what was whole stays, what was not is gone");
    disk.grow(65_536);
    let done = bench.start();
    assert!(["promoted", "discarded"].contains(&done["status"].as_str().unwrap()), "{done:#}\n{}", bench.log(2));
}

/// The same where no disk can be mounted: a file may not grow past a limit.
#[test]
fn a_checkpoint_that_can_not_be_written_ends_a_run_in_words() {
    let bench = bench("program = \"limited\"");
    program(&bench, "trap '' XFSZ\nulimit -f 200");
    failed(&bench, &["File too large"]);
    assert_eq!(fs::read_dir(bench.path("data/refresh/job-1/checkpoints")).unwrap().count(), 0);
}
