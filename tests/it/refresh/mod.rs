//! Refreshes through the program, with an engine made of shell scripts: what it is told, it does.

mod answers;
#[cfg(feature = "candle")]
mod built_in;
mod failure;
#[cfg(feature = "candle")]
mod hardship;
mod life;
mod restart;
mod slurm;
#[cfg(feature = "candle")]
mod trl;
mod year;

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

use aludel::clock::Clock;
use aludel::store::Store;
use serde_json::Value;

use super::support::service::quiet;
use super::support::{aludel, article, json_lines};

/// A data directory with questions of old and new papers, a configuration, and an engine.
struct Bench {
    folder: tempfile::TempDir,
}

/// An invented article of that day: in tails something increases, in legs it decreases.
fn paper(number: u32, date: &str) -> String {
    let text = article(number).replace("<day>3</day><month>2</month>", date);
    if number.is_multiple_of(2) {
        text
    } else {
        text.replace("increased in the regenerating tails", "decreased in the regenerating legs")
    }
}

/// Invented articles, and of these the new ones: first public after the cut-off.
const ARTICLES: u32 = 40;
const NEW: u32 = 20;

impl Bench {
    fn new(more: &str) -> Bench {
        let bench = Bench { folder: tempfile::tempdir().unwrap() };
        let articles = bench.path("articles");
        fs::create_dir_all(&articles).unwrap();
        for number in 0..ARTICLES {
            // Old: February; new: the 20th of May. It is the first of June.
            let date = if number < NEW { "<day>20</day><month>5</month>" } else { "<day>3</day><month>2</month>" };
            fs::write(articles.join(format!("{number}.xml")), paper(number, date)).unwrap();
        }
        let base = bench.path("base");
        fs::create_dir_all(&base).unwrap();
        fs::write(base.join("model.safetensors"), "no weights").unwrap();
        quiet(
            bench.folder.path(),
            &format!(
                "[clock]\nstart = \"2026-06-01T08:00:00Z\"\norigin = \"{}\"\nrate = 1.0\n\
                 [refresh]\nengine = \"shell\"\nbase_model = \"base\"\nbase_name = \"org/tiny\"\nbase_licence = \"apache-2.0\"\n\
                 least_questions = 10\nwatched_share = 0.1\n{more}\n[refresh.gate]\nleast_n = 10\ndraws = 1000\n[refresh.budget]\nmax_steps = 3\nmax_seconds = 3600\n",
                Clock::system().now().to_rfc3339()
            ),
        );
        bench.engine(TRAIN, ANSWER);
        let ingested = bench.run(&["ingest", articles.to_str().unwrap()]);
        assert!(ingested.status.success(), "{}", String::from_utf8_lossy(&ingested.stderr));
        bench.write_keys();
        bench
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Changes the configuration.
    fn configure(&self, from: &str, to: &str) {
        let path = self.path("aludel.toml");
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{from}");
        fs::write(path, text.replace(from, to)).unwrap();
    }

    /// Puts a model in the place of the base that can read where something happened and say which way it went, and settings by which it
    /// learns the one from the other. `training`: more lines of `[refresh.training]`.
    #[cfg(feature = "candle")]
    fn small_model(&self, steps: usize, training: &str) {
        use aludel::llm::candle::Invented;
        use aludel::llm::candle::architecture::Family;

        let words = [
            "tails",
            "legs",
            "<answer>increase</answer>",
            "<answer>decrease</answer>",
            "<answer>yes</answer>",
            "<answer>no</answer>",
        ];
        let more = format!(
            "[refresh.limits]\nentropy = 0.0\ntruncated = 1.0\nkl = 50.0\n[refresh.training]\nlearning_rate = 5e-3\nlora_rank = 4\n\
             lora_alpha = 8.0\ngroup_size = 16\nresample = 0\nmax_prompt_tokens = 480\nmax_completion_tokens = 2\n{training}"
        );
        self.configure("[refresh.gate]\n", &format!("{more}[refresh.gate]\nmax_tokens = 2\n"));
        self.configure("max_steps = 3\n", &format!("max_steps = {steps}\n"));
        let base = self.path("base");
        fs::remove_file(base.join("model.safetensors")).unwrap();
        Invented { family: Family::Llama, layers: 2, hidden: 32, words: &words, seed: 4 }.write(&base).unwrap();
    }

    /// Writes the engine: what trains and what answers.
    fn engine(&self, train: &str, answer: &str) {
        let engines = self.path("engines");
        fs::create_dir_all(&engines).unwrap();
        let template = "train = [\"sh\", \"{engine}/train.sh\", \"{job}\", \"{engine}\"]\n\
                        answer = [\"sh\", \"{engine}/answer.sh\", \"{adapter}\", \"{responses}\", \"{engine}\"]\n";
        fs::write(engines.join("shell.toml"), template).unwrap();
        fs::write(engines.join("train.sh"), train).unwrap();
        fs::write(engines.join("answer.sh"), answer).unwrap();
        fs::write(engines.join("adapter.safetensors"), adapter()).unwrap();
    }

    /// The right answer to every question, as a responses file.
    fn write_keys(&self) {
        let store = self.store();
        let mut lines = String::new();
        let mut questions = Vec::new();
        store.read().unwrap().each_releasable(|question| questions.push(question)).unwrap();
        for question in questions {
            let text = store.read().unwrap().released_text(question.question).unwrap().unwrap();
            let spec: aludel::model::answer::AnswerSpec = serde_json::from_str(&text.answer).unwrap();
            let id: String = question.id.iter().map(|byte| format!("{byte:02x}")).collect();
            let response = format!("<answer>{}</answer>", spec.text());
            lines.push_str(&serde_json::json!({ "id": id, "sample": 0, "response": response }).to_string());
            lines.push('\n');
        }
        fs::write(self.path("engines/keys.jsonl"), lines).unwrap();
    }

    fn store(&self) -> Store {
        Store::open_read(&self.path("data/aludel.db"), Clock::system()).unwrap()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = aludel();
        command.args(arguments).arg("--config").arg(self.path("aludel.toml"));
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// The one object that a command prints with `--json`.
    fn json(&self, arguments: &[&str]) -> Value {
        let output = self.run(&[arguments, &["--json"]].concat());
        let lines = json_lines(&output.stdout);
        lines.last().cloned().unwrap_or_else(|| panic!("{}", String::from_utf8_lossy(&output.stderr)))
    }

    /// A refresh from beginning to end, as far as it goes by itself.
    fn start(&self) -> Value {
        self.json(&["refresh", "start"])
    }

    fn log(&self, id: i64) -> String {
        fs::read_to_string(self.path(&format!("data/refresh/job-{id}/log.txt"))).unwrap_or_default()
    }
}

/// A LoRA adapter of rank 1 in the safetensors format.
fn adapter() -> Vec<u8> {
    let names = ["A", "B"].map(|side| format!("base_model.model.model.layers.0.self_attn.q_proj.lora_{side}.weight"));
    let header = serde_json::json!({
        &names[0]: { "dtype": "F32", "shape": [1, 2], "data_offsets": [0, 8] },
        &names[1]: { "dtype": "F32", "shape": [2, 1], "data_offsets": [8, 16] },
    });
    let header = header.to_string();
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header.bytes());
    (0..4).for_each(|_| bytes.extend(0.5_f32.to_le_bytes()));
    bytes
}

/// Three steps, then an adapter.
const TRAIN: &str = r#"
job=$1; engine=$2
for step in 1 2 3; do
  echo "{\"kind\":\"step\",\"step\":$step,\"seconds\":$step,\"tokens\":10,\"reward_mean\":0.$step,\"kl\":0.01,\"entropy\":1.5,\"memory_bytes\":1000}" >> "$job/metrics.jsonl"
done
mkdir -p "$job/result"
cp "$engine/adapter.safetensors" "$job/result/adapter_model.safetensors"
echo '{"peft_type":"LORA","r":1,"base_model_name_or_path":"org/tiny","target_modules":["q_proj"]}' > "$job/result/adapter_config.json"
"#;

/// With weights it knows the right answers, without it knows none.
const ANSWER: &str = r#"
adapter=$1; responses=$2; engine=$3
if [ -n "$adapter" ]; then cat "$engine/keys.jsonl" >> "$responses"
else sed 's/"response":.*/"response":"I do not know."}/' "$engine/keys.jsonl" >> "$responses"; fi
"#;
