//! Questions by a model from text, tables and captions, from the paper to `show`; what a run would cost; a measured run; and the model
//! stages on candidates from a file.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::llm_calls::draft;
use crate::support::chat::{Act, Chat};
use crate::support::service::quiet;
use crate::support::{aludel, article, json_lines};

const PAPER: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<article article-type="research-article" xmlns:xlink="http://www.w3.org/1999/xlink"><front>
<article-meta><article-id pub-id-type="doi">10.5555/exhibits.1</article-id>
<title-group><article-title>Lactate in the astrocytes of the dwarf newt</article-title></title-group>
<permissions><license xlink:href="https://creativecommons.org/licenses/by/4.0/"><license-p>Open.</license-p></license></permissions>
<abstract><p>We measured lactate in dwarf newts.</p></abstract>
</article-meta></front><body>
<sec sec-type="results"><title>Results</title>
<p>We found that the uptake of lactate was 40 nmol/min in wild-type astrocytes of dwarf newts. The uptake of lactate was 10 nmol/min in astrocytes of dwarf newts without the transporter TRK5.</p>
<table-wrap><label>Table 1</label><caption><p>Uptake of lactate by astrocytes of dwarf newts.</p></caption><table>
<tr><th>Transporter</th><th>Uptake of lactate (nmol/min)</th></tr><tr><td>TRK7</td><td>23.5</td></tr><tr><td>TRK9</td><td>31.25</td></tr></table></table-wrap>
<fig><label>Figure 2</label><caption><p>Loss of the transporter TRK9 increased the number of vesicles in astrocytes of dwarf newts.</p></caption><graphic xlink:href="newt-figure-2.tif"/></fig>
</sec></body></article>"#;

fn number(value: f64, unit: Option<&str>) -> Value {
    json!({"type": "number", "value": value, "unit": unit, "tolerance": {"relative": 0.01}, "comparator": "="})
}

/// Two questions about the text, two about table and figure.
fn write(body: &Value) -> String {
    let user = body["messages"][1]["content"].as_str().unwrap_or_default();
    let uptake = [
        "The uptake of lactate was 10 nmol/min in astrocytes of dwarf newts without the transporter TRK5.",
        "We found that the uptake of lactate was 40 nmol/min in wild-type astrocytes of dwarf newts.",
    ];
    let quotes: Vec<Value> = uptake.iter().map(|quote| json!({"passage": 1, "quote": quote})).collect();
    let fold = "By how many fold is the uptake of lactate higher in wild-type astrocytes of dwarf newts than in those without the transporter TRK5?";
    let questions = if user.contains("(table)") {
        json!([
            {"kind": "quantity", "question": "What is the uptake of lactate through the transporter TRK9 in astrocytes of dwarf newts, in nmol/min?",
             "evidence": [{"passage": 3, "quote": "TRK9 | 31.25"}], "answer": number(31.25, None)},
            {"kind": "prediction", "question": "How does the number of vesicles in astrocytes of dwarf newts change when the transporter TRK9 is lost?",
             "evidence": "Loss of the transporter TRK9 increased the number of vesicles in astrocytes of dwarf newts.",
             "answer": {"type": "direction", "value": "increase"}}
        ])
    } else {
        json!([
            {"kind": "quantity", "question": fold, "evidence": quotes, "answer": number(4.0, Some("fold"))},
            {"kind": "finding", "question": fold.replace("uptake of lactate higher", "lactate uptake higher"), "evidence": quotes, "answer": number(4.0, Some("fold"))},
            {"kind": "quantity", "question": fold.replace("dwarf newts than", "adult dwarf newts than"), "evidence": quotes, "answer": number(7.0, Some("fold"))}
        ])
    };
    json!({"questions": questions}).to_string()
}

fn with_model(dir: &Path, chat: &Chat, more: &str) -> PathBuf {
    let more = format!(
        "[question]\ngenerators = [\"openai\"]\n[llm]\nmodel = \"invented-1\"\n[llm.prices]\nprompt_per_million = 1.0\ncompletion_per_million = 2.0\n[[llm.endpoints]]\nbase_url = {:?}\n{more}",
        chat.base_url()
    );
    quiet(dir, &more)
}

async fn run(config: &Path, arguments: Vec<String>) -> (bool, Vec<Value>, String) {
    let mut command = aludel();
    command.args(arguments).arg("--config").arg(config);
    let out = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let stderr = String::from_utf8_lossy(&out.stderr).into_owned();
    let lines = String::from_utf8_lossy(&out.stdout).into_owned();
    let values = if lines.starts_with('{') { json_lines(lines.as_bytes()) } else { vec![json!(lines)] };
    (out.status.success(), values, stderr)
}

fn words(text: &str) -> Vec<String> {
    text.split(' ').map(str::to_owned).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn text_tables_and_captions_become_questions_with_their_cells_and_images() {
    let dir = tempfile::tempdir().unwrap();
    let chat = Chat::serve(vec![], |body| Act::Say(write(body))).await;
    let config = with_model(dir.path(), &chat, "");
    let paper = dir.path().join("paper.xml");
    std::fs::write(&paper, PAPER).unwrap();
    let (ok, lines, stderr) = run(&config, words(&format!("ingest {} --json", paper.display()))).await;
    assert!(ok, "{stderr}");
    let report = lines.last().unwrap();
    assert_eq!((&report["drafted"], chat.asked()), (&json!(5), 2), "{report}");
    let (_, lines, _) = run(&config, words("show 10.5555/exhibits.1 --json")).await;
    let mut shown = Vec::new();
    for line in lines[0]["questions"].as_array().unwrap() {
        let (_, lines, _) = run(&config, words(&format!("show {} --json", line["id"].as_str().unwrap()))).await;
        shown.push(lines[0].clone());
    }
    let store =
        aludel::store::Store::open_read(&dir.path().join("data/aludel.db"), aludel::clock::Clock::system()).unwrap();
    let rows = store.read().unwrap();
    for id in rows.question_ids(aludel::model::status::QuestionStatus::Rejected, None, 10).unwrap() {
        let question = rows.question(&id).unwrap().unwrap();
        println!("rejected: {} {:?}", question.question, question.verification.last());
    }
    let kinds: Vec<&str> = shown.iter().filter_map(|view| view["kind"].as_str()).collect();
    assert_eq!(report["accepted"], 3, "{report} {kinds:?}");
    let of = |text: &str| shown.iter().find(|view| view["question"].as_str().unwrap().contains(text)).unwrap();
    let fold = of("uptake of lactate higher");
    assert_eq!(
        (&fold["kind"], fold["evidence"].as_array().unwrap().len()),
        (&json!("quantity"), 2),
        "it follows from both"
    );
    assert!(
        !shown.iter().any(|view| view["question"].as_str().unwrap().contains("lactate uptake higher")),
        "only who reckons may"
    );
    let cell = of("through the transporter TRK9");
    assert_eq!(
        cell["evidence"][0]["cells"],
        json!({"first_row": 3, "last_row": 3, "first_column": 1, "last_column": 2})
    );
    assert_eq!(cell["evidence"][1]["quote"], "Transporter | Uptake of lactate (nmol/min)", "the head comes along");
    let caption = of("vesicles");
    assert_eq!(caption["evidence"][0]["images"], json!(["newt-figure-2.tif"]), "the image by reference");
    assert_ne!(caption["generator"]["prompt_hash"], fold["generator"]["prompt_hash"]);

    let (_, lines, _) = run(&config, words("status --json")).await;
    let stages = lines[0]["stages"].as_array().unwrap();
    let evidence = stages.iter().find(|stage| stage["stage"] == "evidence").unwrap();
    assert_eq!((&evidence["passed"], &evidence["failed"]), (&json!(3), &json!(2)), "{stages:?}");
    assert_eq!(evidence["pass_rate"], 0.6);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_says_what_would_be_asked_and_asks_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let chat = Chat::serve(vec![], |body| Act::Say(draft(body))).await;
    let more = "[verify.trial]\nenabled = true\njudge = true\n";
    let config = with_model(dir.path(), &chat, more);
    let folder = dir.path().join("articles");
    std::fs::create_dir(&folder).unwrap();
    for number in 1..=5 {
        std::fs::write(folder.join(format!("{number}.xml")), article(number)).unwrap();
    }
    std::fs::write(folder.join("6.xml"), PAPER).unwrap();
    let command = format!("ingest {} --dry-run --json", folder.display());
    let (ok, lines, stderr) = run(&config, words(&command)).await;
    assert!(ok, "{stderr}");
    let projected = &lines[0];
    assert_eq!((&projected["articles"], &projected["stages"]["draft"]["calls"]), (&json!(6), &json!(7)), "{projected}");
    assert_eq!((&projected["total"]["remembered"], chat.asked()), (&json!(0), 0));
    // Two questions of each of seven requests, as a guess: four answers each with the passage and without, and a mark.
    assert_eq!(projected["stages"]["open_book"]["calls"], 56);
    assert_eq!(projected["stages"]["closed_book"]["calls"], 56);
    assert_eq!(projected["stages"]["judge"]["calls"], 14);
    let number = |name: &str| projected["total"][name].as_u64().unwrap();
    assert!(number("prompt_tokens") > 5000 && number("cost_micros") < number("cost_micros_at_most"), "{projected}");
    assert_eq!(number("cost_micros_at_most"), number("prompt_tokens") + 2 * number("completion_tokens_at_most"));
    assert_eq!(projected["assumptions"].as_array().unwrap().len(), 2, "{projected}");
    let (_, lines, _) = run(&config, words(&format!("ingest {} --dry-run", folder.display()))).await;
    assert!(lines[0].as_str().unwrap().contains("6 articles that are new"), "{lines:?}");
    let (_, lines, _) = run(&config, words("status --json")).await;
    assert_eq!(lines[0]["works"], json!({}), "nothing was stored");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_measured_run_prints_rates_costs_and_a_sample_by_its_seed() {
    let dir = tempfile::tempdir().unwrap();
    let chat = Chat::serve(vec![], |body| Act::Say(draft(body))).await;
    let config = with_model(dir.path(), &chat, "");
    let folder = dir.path().join("articles");
    std::fs::create_dir(&folder).unwrap();
    for number in 1..=6 {
        std::fs::write(folder.join(format!("{number}.xml")), article(number)).unwrap();
    }
    let keep = dir.path().join("keep");
    let command = |more: &str| {
        words(&format!("bench questions {} --keep {} --sample 3 {more}", folder.display(), keep.display()))
    };
    let (ok, lines, stderr) = run(&config, command("--json")).await;
    assert!(ok, "{stderr}");
    let found = &lines[0];
    assert_eq!((&found["articles"], &found["accepted"]), (&json!(6), &json!(6)), "{found}");
    assert_eq!(found["generators"][0]["accepted"]["count"], 6);
    assert_eq!((&found["answer_types"]["number"], &found["seed"]), (&json!(6), &json!(0)));
    assert_eq!(found["model_calls"][0]["cost_micros"], 6 * 120);
    assert_eq!(found["sample"].as_array().unwrap().len(), 3);
    let asked = chat.asked();
    let (_, lines, _) = run(&config, command("--seed 5")).await;
    let text = lines[0].as_str().unwrap();
    assert!(text.contains("drawn with seed 5:") && text.contains("\n3. ") && !text.contains("\n4. "), "{text}");
    assert!(text.contains("openai: 6 drafted, 6 accepted, 100.0 % (61.0 to 100.0)"), "{text}");
    assert_eq!(chat.asked(), asked, "what was answered is remembered");
}

#[tokio::test(flavor = "multi_thread")]
async fn candidates_from_a_file_are_tried_by_a_model_and_counted_without_and_with_it() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("1.xml"), article(1)).unwrap();
    let quote = "Expression of the kinase TLK1 increased in the regenerating tails of dwarf newts treated with lumirastat-1 compared with vehicle.";
    let question = |verb: &str| {
        format!(
            "How did {verb} of the kinase TLK1 change in the regenerating tails of dwarf newts treated with lumirastat-1 compared with vehicle?"
        )
    };
    let line = |id: &str, question: &str, label: &str, defects: &[&str]| {
        json!({"id": id, "article": "1.xml", "evidence": quote, "question": question,
            "answer": {"type": "direction", "value": "increase"}, "label": label, "defects": defects})
        .to_string()
    };
    let missed = "In which direction did expression of the kinase TLK1 change in regenerating tails of dwarf newts that lumirastat-1 was given to?";
    let lines = [line("a", &question("expression"), "accept", &[]), line("b", missed, "reject", &["other"])];
    let file = dir.path().join("candidates.jsonl");
    std::fs::write(&file, lines.join("\n")).unwrap();
    // With the passage it agrees on the one, not on the other.
    let chat = Chat::serve(vec![], |body| {
        let user = body["messages"][1]["content"].as_str().unwrap();
        Act::Say(
            if user.contains("In which direction") { "<answer>decrease</answer>" } else { "<answer>increase</answer>" }
                .into(),
        )
    })
    .await;
    let more = format!("[solver]\nmodel = \"solver-1\"\n[[solver.endpoints]]\nbase_url = {:?}\n", chat.base_url());
    let config = quiet(dir.path(), &more);
    let command = format!("verify {} --articles {} --json --summary --trial", file.display(), dir.path().display());
    let (ok, lines, stderr) = run(&config, words(&command)).await;
    assert!(ok, "{stderr}");
    assert_eq!((&lines[0]["verdict"], &lines[0]["tier"]), (&json!("accept"), &json!("verified")));
    let open = lines[1]["stages"].as_array().unwrap().iter().find(|stage| stage["stage"] == "open_book").unwrap();
    assert_eq!((&lines[1]["verdict"], &open["verdict"]), (&json!("reject"), &json!("fail")), "{}", lines[1]);
    let (without, with) = (&lines[2]["summary"], &lines[2]["summary_with_model"]);
    assert_eq!(
        (&without["defects"]["other"]["rejected"], &with["defects"]["other"]["rejected"]),
        (&json!(0), &json!(1))
    );
    assert_eq!(with["defects"]["other"]["rejected_by"], json!({"open_book": 1}));
    assert_eq!(with["defects"]["other"]["share_rejected"]["count"], 1);
    assert!(with["defects"]["other"]["share_rejected"]["low"].as_f64().unwrap() < 0.3);
    let (ok, _, stderr) = run(&quiet(dir.path(), ""), words(&command)).await;
    assert!(!ok && stderr.contains("--trial needs a model"), "{stderr}");
}
