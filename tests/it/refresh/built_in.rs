//! The built-in engine on an invented model: what it learns from old papers it knows of new ones, and the gate sees it.

use std::fs;

use aludel::llm::candle::Invented;
use aludel::llm::candle::architecture::Family;

use super::Bench;

/// All that the model can read and say. Most questions it can not know; which way something went it can learn to say.
const WORDS: [&str; 6] = [
    "increase,",
    "number",
    "<answer>increase</answer>",
    "<answer>decrease</answer>",
    "<answer>yes</answer>",
    "<answer>no</answer>",
];

#[test]
fn the_built_in_engine_trains_a_model_that_is_better_on_younger_papers() {
    let bench = Bench::new("");
    bench.configure("engine = \"shell\"", "engine = \"candle\"");
    let more = "[refresh.limits]\nentropy = 0.0\ntruncated = 1.0\nkl = 50.0\n[refresh.training]\nlearning_rate = 5e-3\nlora_rank = 4\nlora_alpha = 8.0\n\
                group_size = 16\nresample = 0\nmax_prompt_tokens = 480\nmax_completion_tokens = 2\n";
    bench.configure("[refresh.gate]\n", &format!("{more}[refresh.gate]\nmax_tokens = 2\n"));
    bench.configure("max_steps = 3\n", "max_steps = 25\n");
    let base = bench.path("base");
    fs::remove_file(base.join("model.safetensors")).unwrap();
    Invented { family: Family::Llama, layers: 2, hidden: 32, words: &WORDS, seed: 4 }.write(&base).unwrap();
    let done = bench.start();
    println!("{:#}", done["decision"]["difference"]);
    assert_eq!(done["status"], "promoted", "{done:#}\n{}", bench.log(1));
    assert!(done["decision"]["difference"]["low"].as_f64() > Some(0.0));
    let folder = bench.path("data/releases/model/aludel-model/1.0.0");
    assert_eq!(bench.json(&["release", "verify", folder.to_str().unwrap()])["ok"], true);
    // The next one is measured against this one, loaded from its release.
    let again = bench.start();
    assert_eq!(
        (again["status"].as_str(), &again["plan"]["champion"]),
        (Some("discarded"), &"1.0.0".into()),
        "{again:#}"
    );
    assert_eq!(again["decision"]["champion"]["value"], done["decision"]["candidate"]["value"]);
}
