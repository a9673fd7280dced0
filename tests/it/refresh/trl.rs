//! The template for TRL with the real TRL: `ALUDEL_ENGINE_PYTHON` names a Python environment that has `config/engines/trl_requirements.txt`.

use std::path::{Path, PathBuf};

use super::Bench;
use crate::support::json_lines;

const STEPS: usize = 25;

/// A job folder goes in, a PEFT adapter comes out, and it is judged as any other.
#[test]
fn trl_trains_a_job_folder_and_its_adapter_meets_the_champion() {
    let Some(environment) = std::env::var_os("ALUDEL_ENGINE_PYTHON").map(PathBuf::from) else {
        println!("skipped: ALUDEL_ENGINE_PYTHON names no Python environment with TRL");
        return;
    };
    let bench = Bench::new("");
    let engines = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/engines");
    bench.configure("engine = \"shell\"", &format!("engine = \"trl\"\nengines = {:?}", engines.to_str().unwrap()));
    bench.small_model(STEPS, "prompts_per_step = 4\n");
    let path = format!("{}:{}", environment.join("bin").display(), std::env::var("PATH").unwrap_or_default());
    let mut command = bench.command(&["refresh", "start", "--json"]);
    let output = command.env("PATH", path).env("HF_HUB_OFFLINE", "1").output().unwrap();
    let done =
        json_lines(&output.stdout).pop().unwrap_or_else(|| panic!("{}", String::from_utf8_lossy(&output.stderr)));
    let status = bench.json(&["refresh", "status"]);
    let rewards: Vec<f64> =
        status["steps"].as_array().unwrap().iter().filter_map(|step| step["reward_mean"].as_f64()).collect();
    println!(
        "TRL: {} after {} steps, rewards {rewards:.2?}\n{:#}",
        done["status"],
        rewards.len(),
        done["decision"]["difference"]
    );
    let verdict = done["status"].as_str().unwrap_or_default();
    assert!(["promoted", "discarded"].contains(&verdict), "{done:#}\n{}", bench.log(1));
    assert_eq!((rewards.len(), done["outcome"]["status"].as_str()), (STEPS, Some("complete")), "{done:#}");
    assert!(done["decision"]["n_questions"].as_u64() > Some(10), "{done:#}");
    if verdict == "promoted" {
        let folder = bench.path("data/releases/model/aludel-model/1.0.0");
        assert_eq!(bench.json(&["release", "verify", folder.to_str().unwrap()])["ok"], true);
    }
}
