//! The built-in engine on an invented model: what it learns from old papers it knows of new ones, and the gate sees it.

use super::Bench;

#[test]
fn the_built_in_engine_trains_a_model_that_is_better_on_younger_papers() {
    let bench = Bench::new("");
    bench.configure("engine = \"shell\"", "engine = \"candle\"");
    bench.small_model(25, "");
    // Nothing was seen of this model yet; what it will take is reckoned from its size.
    let plan = bench.json(&["refresh", "plan"]);
    let predicted = &plan["plan"]["predicted"];
    assert!(
        predicted["parameters"].as_u64() > Some(1000) && predicted["memory_bytes"].as_u64() > Some(1 << 20),
        "{plan:#}"
    );
    assert!(cfg!(feature = "cuda") || predicted["seconds"].as_f64() > Some(0.0), "{plan:#}");
    let done = bench.start();
    println!("{:#}", done["decision"]["difference"]);
    assert_eq!(done["status"], "promoted", "{done:#}\n{}", bench.log(1));
    assert!(done["decision"]["difference"]["low"].as_f64() > Some(0.0));
    let folder = bench.path("data/releases/model/aludel-model/1.0.0");
    assert_eq!(bench.json(&["release", "verify", folder.to_str().unwrap()])["ok"], true);
    // Asked by hand, the released adapter answers as the gate heard it.
    let job = bench.path("data/refresh/job-1");
    let (questions, responses) = (job.join("evaluation/questions.parquet"), bench.path("again.jsonl"));
    let words = ["eval", questions.to_str().unwrap(), "--responses", responses.to_str().unwrap(), "--max-tokens", "2"];
    let report = bench.json(&[&words[..], &["--model", folder.to_str().unwrap()]].concat());
    assert_eq!(
        (&report["overall"]["value"], &report["missing"]),
        (&done["decision"]["candidate"]["value"], &0.into()),
        "{report:#}"
    );
    // What it took is what the next one is said to take.
    let plan = bench.json(&["refresh", "plan"]);
    assert!(plan["plan"]["predicted"]["parameters"].is_null(), "{plan:#}");
    // The next one is measured against this one, loaded from its release.
    let again = bench.start();
    assert_eq!(
        (again["status"].as_str(), &again["plan"]["champion"]),
        (Some("discarded"), &"1.0.0".into()),
        "{again:#}"
    );
    assert_eq!(again["decision"]["champion"]["value"], done["decision"]["candidate"]["value"]);
}
