//! A data set release of 345,000 invented rows: `cargo bench --bench release` (`ALUDEL_BENCH_ROWS` for another number).
//!
//! Prints the time from the first look at the store to the recorded release, hashes, exports, signature and syncs included; the
//! most memory held meanwhile; the size. Then the same again after one work in a hundred changed, with the comparison row by row.

#[allow(dead_code)]
#[path = "library/mod.rs"]
mod library;
#[allow(dead_code)]
mod machine;

use std::time::Instant;

use aludel::app::App;
use aludel::config::{Config, File};
use aludel::model::answer::{AnswerSpec, Tolerance};
use aludel::model::delivery::{Delivery, SourceName};
use aludel::model::document::{Document, Passage};
use aludel::model::id::Ids;
use aludel::model::licence::Licence;
use aludel::model::question::{Accepted, Draft, Evidence, Generator, Outcome, Stage, StageResult, Verdict};
use aludel::model::time::PartialDate;
use aludel::release;
use aludel::worker::Env;
use aludel::worker::jobs::release::{Ask, Made, dataset};
use aludel::worker::queue::Cause;
use library::{Library, QUESTIONS_A_WORK, Shelf};

/// Rows and seconds of the target.
const ROWS: u64 = 345_000;
const TARGET: f64 = 30.0;
/// Works a transaction, while the store is filled.
const BATCH: u64 = 500;

fn main() -> anyhow::Result<()> {
    println!("{}", machine::describe());
    let rows = std::env::var("ALUDEL_BENCH_ROWS").ok().and_then(|n| n.parse().ok()).unwrap_or(ROWS);
    let folder = tempfile::tempdir()?;
    let release = release::Config { align: false, reserve_mib: 0, ..release::Config::default() };
    let config = Config::of(File { data_dir: folder.path().to_owned(), release, ..File::default() })?;
    let app = App::open(&config)?;
    let env = app.env_without_archives(&config)?;
    let library = Library::new();
    let works = rows.div_ceil(QUESTIONS_A_WORK);
    let began = Instant::now();
    fill(&env, &library, 0..works, |number| rows.saturating_sub(number * QUESTIONS_A_WORK), "cc_by")?;
    let bytes = std::fs::metadata(config.data_dir.store())?.len();
    println!(
        "store: {rows} questions of {works} works, {} MB, {:.0} s to fill",
        bytes / 1_000_000,
        began.elapsed().as_secs_f64()
    );

    measure("first release", &env)?;
    fill(&env, &library, works..works + works / 100 + 1, |_| QUESTIONS_A_WORK, "cc_by")?;
    measure("second release, one work in a hundred new", &env)
}

fn measure(name: &str, env: &Env) -> anyhow::Result<()> {
    machine::forget_peak();
    let (began, cpu) = (Instant::now(), machine::cpu_seconds());
    let made = dataset(env, Ask { cause: Cause::Command, at: None, stage: false }, &mut |_, _| ())?;
    let (seconds, cpu) = (began.elapsed().as_secs_f64(), machine::cpu_seconds() - cpu);
    let Made::Published { folder, manifest } = made else { anyhow::bail!("nothing was released") };
    let data: u64 = manifest.files.iter().filter(|file| file.path.starts_with("data/")).map(|file| file.bytes).sum();
    println!(
        "{name}: {} rows in {seconds:.1} s ({cpu:.1} s of processors; target {TARGET} s for {ROWS}); peak {} MiB; {} files, {:.1} MB, \
         of them data {:.1} MB; changes {}",
        manifest.more["rows"],
        machine::memory_mib("VmHWM"),
        manifest.files.len(),
        manifest.bytes() as f64 / 1e6,
        data as f64 / 1e6,
        manifest.more["changes"],
    );
    let began = Instant::now();
    let found = release::verify::verify(&folder, None)?;
    println!("  verified in {:.1} s: {}", began.elapsed().as_secs_f64(), if found.ok { "ok" } else { "NOT OK" });
    Ok(())
}

/// Delivers invented works and records their questions as accepted; `left`: questions from this work on.
fn fill(
    env: &Env,
    library: &Library,
    numbers: std::ops::Range<u64>,
    left: impl Fn(u64) -> u64,
    licence: &str,
) -> anyhow::Result<()> {
    let mut numbers = numbers.peekable();
    while numbers.peek().is_some() {
        let mut txn = env.store.write()?;
        for number in numbers.by_ref().take(usize::try_from(BATCH)?) {
            let shelf = library.shelf(number);
            let document = document(&shelf, number, licence);
            let delivery = Delivery {
                source: SourceName::Biorxiv,
                origin: "invented".to_owned(),
                document,
                issues: Vec::new(),
                full_text_url: None,
            };
            let recorded = txn.record_delivery(&delivery)?;
            let n = usize::try_from(left(number).min(QUESTIONS_A_WORK))?;
            let outcomes: Vec<Outcome> = (0..n).filter_map(|at| accepted(&shelf, at, &delivery.document)).collect();
            txn.record_outcomes(recorded.version, &delivery.document, &outcomes)?;
        }
        txn.commit()?;
    }
    Ok(())
}

/// The work's passages, each with two of its quotes at the end.
fn document(shelf: &Shelf, number: u64, licence: &str) -> Document {
    let passages = shelf.passages.iter().enumerate().map(|(at, passage)| {
        let quotes = shelf.questions.iter().skip(at * 2).take(2).map(|row| row.evidence[0].quote.as_str());
        Passage {
            text: [passage.text.as_str()].into_iter().chain(quotes).collect::<Vec<_>>().join(" "),
            ..Passage::default()
        }
    });
    let work = &shelf.questions[0].work;
    let day = work.first_public.unwrap_or_default();
    Document {
        ids: Ids { doi: format!("10.5555/invented.{number}").parse().ok(), ..Ids::default() },
        version: 1,
        title: work.title.clone(),
        authors: vec!["Doe, Jane".to_owned(), "Roe, Richard".to_owned()],
        licence: Licence::from_api(if number.is_multiple_of(7) { "cc_by_nc" } else { licence }),
        dates: [("posted".to_owned(), PartialDate::from(day))].into(),
        subjects: work.topic.clone().into_iter().collect(),
        abstract_passages: passages.collect(),
        ..Document::default()
    }
}

fn accepted(shelf: &Shelf, at: usize, document: &Document) -> Option<Outcome> {
    let row = shelf.questions.get(at)?;
    let passage = document.abstract_passages.get(at / 2)?;
    let start = passage.text.find(&row.evidence[0].quote)?;
    let evidence = Evidence::new(at / 2, &passage.text, start, start + row.evidence[0].quote.len())?;
    let answer = if row.answer_type == "number" {
        let tolerance = Tolerance::Relative(0.01);
        AnswerSpec::Number {
            value: at as f64 + 0.5,
            unit: Some("%".to_owned()),
            tolerance,
            comparator: Default::default(),
        }
    } else {
        AnswerSpec::Term { value: row.answer.clone(), synonyms: Vec::new() }
    };
    let generator = Generator { kind: "rules".to_owned(), model: "invented".to_owned(), prompt_hash: "1".to_owned() };
    let draft = Draft { question: row.question.clone(), answer, evidence: vec![evidence], generator, kind: None };
    let pass = |stage: &Stage| StageResult {
        stage: *stage,
        verdict: Verdict::Pass,
        reason: String::new(),
        score: None,
        model: None,
    };
    Accepted::new(draft, Stage::ALL[..7].iter().map(pass).collect()).map(Outcome::Accepted)
}
