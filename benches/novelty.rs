//! Near duplicates among a million invented questions: `cargo bench --bench novelty` (`ALUDEL_BENCH_QUESTIONS` for another number).
//!
//! One question in twenty repeats an earlier one (copied, reordered, other typography, another word for the same, a word or two
//! more); one in twenty is an earlier one with one thing exchanged (gene, tissue, sense), which makes it another question. Prints
//! recall by kind, precision, seconds and memory, as JSON in the last line. With `ALUDEL_BENCH_FOLDER` the questions are kept there
//! for `novelty_peers.py`.

#[allow(dead_code)]
mod machine;

use std::collections::{BTreeMap, HashSet};
use std::io::{BufWriter, Write};
use std::time::Instant;

use aludel::model::answer::AnswerSpec;
use aludel::model::id::QuestionId;
use aludel::verify::novelty::{Asked, Fingerprint, History, Seen};
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::json;

const QUESTIONS: usize = 1_000_000;
const NEAR: f64 = 0.8;
const REPEATS: [&str; 5] = ["copied", "reordered", "typography", "synonym", "longer"];
const OTHERS: [&str; 3] = ["other_gene", "other_tissue", "other_sense"];

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Parts {
    gene: u32,
    drug: u32,
    tissue: u32,
    species: u32,
    sense: u32,
    form: u32,
}

/// A question in one of six forms; `kind` as in [`REPEATS`], or plain.
fn text(parts: &Parts, kind: &str) -> String {
    let Parts { gene, drug, tissue, species, sense, form } = parts;
    let hyphen = if kind == "typography" { "\u{2010}" } else { "-" };
    let drug = format!("{}{hyphen}{drug}", if kind == "typography" { "Lumirastat" } else { "lumirastat" });
    let gene = format!("TRK{gene}");
    let tissue = ["tail fin", "gill arch", "swim bladder", "heart tube", "optic lobe", "liver bud", "spleen"]
        [*tissue as usize % 7];
    let species = format!("{} newt", ["dwarf", "alpine", "crested", "marbled", "cave", "river"][*species as usize % 6]);
    let sense = match (*sense % 2, kind) {
        (0, "synonym") => "increase",
        (0, _) => "raise",
        (_, "synonym") => "reduce",
        _ => "lower",
    };
    let more = if kind == "longer" { " fasted" } else { "" };
    let place = format!("the {tissue} of the{more} {species}");
    match (form % 3, kind == "reordered") {
        (0, false) => format!("By what percentage does {drug} {sense} expression of the kinase {gene} in {place}?"),
        (0, true) => format!("In {place}, by what percentage does {drug} {sense} expression of the kinase {gene}?"),
        (1, false) => format!("Which transcript does {drug} {sense} together with {gene} during cooling in {place}?"),
        (1, true) => format!("During cooling in {place}, which transcript does {drug} {sense} together with {gene}?"),
        (_, false) => format!("How many hours after {drug} does binding of {gene} {sense} oxygen uptake in {place}?"),
        (_, true) => format!("In {place}, how many hours after {drug} does binding of {gene} {sense} oxygen uptake?"),
    }
}

fn answer(of: usize) -> AnswerSpec {
    AnswerSpec::Term { value: format!("a{}", of % 9973), synonyms: Vec::new() }
}

/// Text, kind, and the earlier question it repeats, or itself.
struct Item {
    text: String,
    kind: &'static str,
    of: usize,
}

fn items(n: usize) -> Vec<Item> {
    let mut dice = ChaCha8Rng::seed_from_u64(20_261_130);
    let mut parts: Vec<Parts> = Vec::with_capacity(n);
    let mut items: Vec<Item> = Vec::with_capacity(n);
    // Two questions that exchange the same thing of one earlier question would repeat each other.
    let mut made = HashSet::new();
    for at in 0..n {
        let draw = dice.random_range(0..20);
        let earlier = if at < 100 { None } else { Some(dice.random_range(0..at)).filter(|of| items[*of].of == *of) };
        let exchanged = earlier.filter(|_| draw == 1).and_then(|of| {
            let kind = *OTHERS.choose(&mut dice)?;
            let mut its = parts[of];
            match kind {
                "other_gene" => its.gene += 1_000_000,
                "other_tissue" => its.tissue = (its.tissue + 1) % 7,
                _ => its.sense = 1 - its.sense,
            }
            made.insert(its).then_some((kind, its))
        });
        let (kind, of, its) = match (draw, earlier) {
            (0, Some(of)) => (*REPEATS.choose(&mut dice).unwrap_or(&"copied"), of, parts[of]),
            (1, _) if exchanged.is_some() => exchanged.map_or(("plain", at, parts[0]), |(kind, its)| (kind, at, its)),
            // The number makes every plain question another one.
            _ => {
                let its = Parts {
                    gene: dice.random_range(1..20_000),
                    drug: at as u32,
                    tissue: dice.random_range(0..7),
                    species: dice.random_range(0..6),
                    sense: dice.random_range(0..2),
                    form: dice.random_range(0..3),
                };
                ("plain", at, its)
            }
        };
        made.insert(its);
        items.push(Item { text: text(&its, kind), kind, of });
        parts.push(its);
    }
    items
}

fn main() -> anyhow::Result<()> {
    println!("{}", machine::describe());
    let n = std::env::var("ALUDEL_BENCH_QUESTIONS").ok().and_then(|n| n.parse().ok()).unwrap_or(QUESTIONS);
    let items = items(n);
    if let Some(folder) = std::env::var_os("ALUDEL_BENCH_FOLDER") {
        let path = std::path::Path::new(&folder).join("questions.jsonl");
        let mut file = BufWriter::new(std::fs::File::create(path)?);
        for item in &items {
            writeln!(file, "{}", json!({"text": item.text, "kind": item.kind, "of": item.of}))?;
        }
        file.flush()?;
    }
    let before = machine::memory_mib("VmRSS");
    let (began, cpu) = (Instant::now(), machine::cpu_seconds());
    let mut history = History::new();
    // By kind: how many there are, and how many were taken for a repeat of the right one, of any.
    let mut found: BTreeMap<&str, (u64, u64, u64)> = BTreeMap::new();
    for (at, item) in items.iter().enumerate() {
        let asked = Asked { fingerprint: Fingerprint::of(&item.text, &answer(item.of)), meaning: None };
        let id = QuestionId::of(&at.to_string(), "", "");
        let alike = history.find(&asked, &id, NEAR);
        let right = QuestionId::of(&item.of.to_string(), "", "");
        let count = found.entry(item.kind).or_default();
        count.0 += 1;
        count.1 +=
            u64::from(item.of != at && alike.iter().any(|likeness| likeness.same_answer && likeness.id == right));
        count.2 += u64::from(!alike.is_empty());
        history.add(id, asked);
    }
    let (seconds, cpu) = (began.elapsed().as_secs_f64(), machine::cpu_seconds() - cpu);
    let memory = machine::memory_mib("VmRSS").saturating_sub(before);
    let (mut planted, mut right, mut called) = (0, 0, 0);
    for (kind, (all, hits, any)) in &found {
        println!("  {kind:<13} {all:>7} questions, {any:>6} called repeats, {hits:>6} of the right one");
        called += any;
        if REPEATS.contains(kind) {
            planted += all;
            right += hits;
        }
    }
    let (recall, precision) = (right as f64 / planted as f64, right as f64 / called as f64);
    println!(
        "{n} questions: recall {recall:.5}, precision {precision:.5}; {seconds:.1} s ({cpu:.1} s of processors), {memory} MiB"
    );
    println!(
        "{}",
        json!({"questions": n, "recall": recall, "precision": precision, "seconds": seconds, "cpu_seconds": cpu, "mib": memory})
    );
    Ok(())
}
