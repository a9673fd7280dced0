//! A million questions with their passages on disk, searched the way people search: `cargo bench --bench search`.
//!
//! Then the same beside SQLite's FTS5, which answers the same queries over the same rows: the ten best with a snippet, the
//! total, and counts by topic (where we count ten fields).
//!
//! `ALUDEL_BENCH_QUESTIONS` and `ALUDEL_BENCH_PEER_QUESTIONS` set other numbers, 0 leaves a part out; `ALUDEL_BENCH_FOLDER` keeps
//! the large index in a folder for the next time.

#[allow(dead_code)]
mod library;
#[allow(dead_code)]
mod machine;

use std::path::{Path, PathBuf};
use std::time::Instant;

use aludel::index::{Change, Config, Filter, Index, Query, Sort};
use anyhow::Context;
use library::{Library, PASSAGES_A_WORK, QUESTIONS_A_WORK, TOPICS};
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rusqlite::{Connection, params};

const QUERIES_A_KIND: usize = 110;
/// As `aludel` does: works put in before a commit.
const WORKS_A_COMMIT: u64 = 2000;
/// Milliseconds at the 95th and 99th percentile, and index bytes for a byte of text.
const TARGETS: (f64, f64, f64) = (20.0, 50.0, 1.5);
const READY_TARGET_SECONDS: f64 = 2.0;

fn main() -> anyhow::Result<()> {
    println!("{}", machine::describe());
    let library = Library::new();
    let works = from_environment("ALUDEL_BENCH_QUESTIONS", 1_000_000).div_ceil(QUESTIONS_A_WORK);
    if works > 0 {
        let folder = tempfile::tempdir()?;
        let kept = std::env::var_os("ALUDEL_BENCH_FOLDER").map(PathBuf::from);
        ours(&library, works, kept.as_deref().unwrap_or(folder.path()))?;
    }
    let folder = tempfile::tempdir()?;
    let works = from_environment("ALUDEL_BENCH_PEER_QUESTIONS", 100_000).div_ceil(QUESTIONS_A_WORK);
    if works > 0 {
        beside_fts5(&library, works, folder.path())?;
    }
    Ok(())
}

fn from_environment(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

fn ours(library: &Library, works: u64, folder: &Path) -> anyhow::Result<()> {
    let text_bytes = build(library, works, folder)?;
    machine::forget_peak();
    let start = Instant::now();
    let index = Index::open(folder, &Config::default())?;
    let sequence = index.sequence()?;
    let opened = start.elapsed().as_secs_f64();
    index.search(&Query { text: "beginning".to_owned(), ..Query::default() })?;
    let first = start.elapsed().as_secs_f64();
    anyhow::ensure!(sequence == Some(works), "the index stopped at {sequence:?}");
    println!(
        "ready: opened {opened:.4} s, first search {first:.4} s (target {READY_TARGET_SECONDS} s for the whole service)"
    );

    let stats = index.stats()?;
    let share = stats.bytes as f64 / text_bytes as f64;
    println!(
        "index: {} questions, {} passages, {} segments, {:.0} MB for {:.0} MB of text: {share:.2} (target {})",
        stats.questions,
        stats.passages,
        stats.segments,
        stats.bytes as f64 / 1e6,
        text_bytes as f64 / 1e6,
        TARGETS.2,
    );

    let kinds = queries(library, works);
    for (_, queries) in &kinds {
        for query in queries {
            index.search(query)?;
        }
    }
    let head = format!("{:>7} {:>7} {:>7} {:>7}", "p50", "p95", "p99", "most");
    println!("ms by the clock, then of processor; matches in the middle; {}", machine::describe());
    println!("{:>28} {head}  {head}", "");
    let (mut all, mut all_ran) = (Vec::new(), Vec::new());
    for (kind, queries) in &kinds {
        let (mut times, mut ran, mut totals) = (Vec::new(), Vec::new(), Vec::new());
        for query in queries {
            let (start, before) = (Instant::now(), machine::thread_milliseconds());
            let results = index.search(query)?;
            ran.push(machine::thread_milliseconds() - before);
            times.push(start.elapsed().as_secs_f64() * 1e3);
            totals.push(results.total as f64);
        }
        all.extend_from_slice(&times);
        all_ran.extend_from_slice(&ran);
        let (line, ran) = (percentiles(&mut times), percentiles(&mut ran));
        println!("{kind:>28} {line}  {ran}  {:.0}", percentile(&mut totals, 0.5));
    }
    let (line, ran) = (percentiles(&mut all), percentiles(&mut all_ran));
    println!("{:>28} {line}  {ran}  {} queries, one after the other", "all", all.len());
    println!(
        "targets: p95 < {} ms: {:.2} of it; p99 < {} ms: {:.2} of it; memory {} MiB, of which {} MiB are the program's own",
        TARGETS.0,
        percentile(&mut all, 0.95) / TARGETS.0,
        TARGETS.1,
        percentile(&mut all, 0.99) / TARGETS.1,
        machine::memory_mib("VmRSS"),
        machine::memory_mib("RssAnon"),
    );
    Ok(())
}

/// Fills an index; returns the bytes of text in it.
fn build(library: &Library, works: u64, folder: &Path) -> anyhow::Result<usize> {
    let index = Index::open(folder, &Config::default())?;
    if index.sequence()? == Some(works) {
        let text_bytes = (0..works).map(|number| library.shelf(number).text_bytes()).sum();
        return Ok(text_bytes);
    }
    let (start, cpu) = (Instant::now(), machine::cpu_seconds());
    let (mut text_bytes, mut inventing) = (0, 0.0);
    let mut number = 0;
    while number < works {
        let mut batch = index.begin()?;
        let end = works.min(number + WORKS_A_COMMIT);
        while number < end {
            let inventing_since = Instant::now();
            let shelf = library.shelf(number);
            inventing += inventing_since.elapsed().as_secs_f64();
            text_bytes += shelf.text_bytes();
            batch.push(Change::DeleteWork(number as i64 + 1))?;
            for row in shelf.questions {
                batch.push(Change::PutQuestion(row))?;
            }
            for row in shelf.passages {
                batch.push(Change::PutPassage(row))?;
            }
            number += 1;
        }
        batch.commit(number)?;
    }
    index.close_writer()?;
    let (seconds, cpu) = (start.elapsed().as_secs_f64(), machine::cpu_seconds() - cpu - inventing);
    let docs = (works * (QUESTIONS_A_WORK + PASSAGES_A_WORK)) as f64;
    println!(
        "filled: {docs} documents in {seconds:.1} s, {:.0} documents/s; {:.0} for a second of processor; peak {} MiB",
        docs / seconds,
        docs / cpu,
        machine::memory_mib("VmHWM"),
    );
    Ok(text_bytes)
}

/// Queries by kind, the same for the same library.
fn queries(library: &Library, works: u64) -> Vec<(&'static str, Vec<Query>)> {
    let chance = &mut ChaCha8Rng::seed_from_u64(42);
    let mut all = Vec::new();
    let mut kind = |name, write: &dyn Fn(&library::Remembered, &mut ChaCha8Rng) -> Query| {
        let queries = (0..QUERIES_A_KIND).map(|_| write(&library.remembered(works, chance), chance)).collect();
        all.push((name, queries));
    };
    let text = |text: String| Query { text, ..Query::default() };
    let filter = |name: &str, value: &str| Filter::new(name, value).ok();
    kind("one word", &|seen, chance| text(some(&seen.words, 1, " ", chance)));
    kind("two words", &|seen, chance| text(some(&seen.words, 2, " ", chance)));
    kind("four words", &|seen, chance| text(some(&seen.words, 4, " ", chance)));
    kind("a question typed whole", &|seen, _| {
        text(format!("what is the {} of {}?", seen.phrase, seen.words.join(" in the ")))
    });
    kind("phrase", &|seen, _| text(format!("\"{}\"", seen.phrase)));
    kind("word OR word OR word", &|seen, chance| text(some(&seen.words, 3, " OR ", chance)));
    kind("(a OR b) AND c NOT d", &|seen, _| match &*seen.words {
        [a, b, c, d, ..] => text(format!("({a} OR {b}) AND {c} NOT {d}")),
        _ => Query::default(),
    });
    kind("in one field", &|seen, chance| {
        let field = ["question", "title", "evidence", "text"].choose(chance).unwrap_or(&"title");
        text(format!("{field}:{}", some(&seen.words, 1, " ", chance)))
    });
    kind("word and filters", &|seen, chance| {
        let year = chance.random_range(2014..2025).to_string();
        let topic = TOPICS.choose(chance).unwrap_or(&"");
        let filters = [filter("topic", topic), filter("since", &year), filter("tier", "verified")];
        Query { filters: filters.into_iter().flatten().collect(), ..text(some(&seen.words, 1, " ", chance)) }
    });
    kind("two words, questions only", &|seen, chance| Query {
        filters: filter("kind", "question").into_iter().collect(),
        ..text(some(&seen.words, 2, " ", chance))
    });
    kind("word, newest first", &|seen, chance| Query { sort: Sort::Date, ..text(some(&seen.words, 1, " ", chance)) });
    kind("word, tenth page", &|seen, chance| Query { offset: 90, ..text(some(&seen.words, 1, " ", chance)) });
    kind("beginning of a word", &|seen, chance| {
        let word = some(&seen.words, 1, " ", chance);
        text(format!("{}*", word.chars().filter(|c| c.is_alphabetic()).take(5).collect::<String>()))
    });
    kind("an article by its DOI", &|seen, _| text(format!("doi:{}", seen.work.doi.as_deref().unwrap_or_default())));
    kind("words that never meet", &|seen, chance| text(format!("{} zzyzx", some(&seen.words, 2, " ", chance))));
    kind("a topic, browsed", &|_, chance| Query {
        filters: filter("topic", TOPICS.choose(chance).unwrap_or(&"")).into_iter().collect(),
        ..Query::default()
    });
    kind("everything, browsed", &|_, chance| Query { offset: chance.random_range(0..20) * 10, ..Query::default() });
    all
}

fn some(words: &[String], n: usize, between: &str, chance: &mut ChaCha8Rng) -> String {
    words.choose_multiple(chance, n).cloned().collect::<Vec<_>>().join(between)
}

/// The value that this share of the values does not exceed; 0 of none.
fn percentile(values: &mut [f64], share: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let at = (values.len() as f64 * share).ceil() as usize;
    values.get(at.saturating_sub(1)).copied().unwrap_or(0.0)
}

fn percentiles(times: &mut [f64]) -> String {
    let [p50, p95, p99, most] = [0.5, 0.95, 0.99, 1.0].map(|share| percentile(times, share));
    format!("{p50:>7.2} {p95:>7.2} {p99:>7.2} {most:>7.2}")
}

/// The same rows and questions put to SQLite's full-text index.
fn beside_fts5(library: &Library, works: u64, folder: &Path) -> anyhow::Result<()> {
    println!("beside FTS5, {} questions:", works * QUESTIONS_A_WORK);
    let text_bytes = build(library, works, folder)?;
    let index = Index::open(folder, &Config::default())?;
    let file = folder.join("fts5.db");
    let mut sqlite = Connection::open(&file)?;
    fill(&mut sqlite, library, works)?;
    let share = |bytes: u64| bytes as f64 / text_bytes as f64;
    println!(
        "  bytes for a byte of text, rows included: {:.2}, FTS5 {:.2}",
        share(index.stats()?.bytes),
        share(file.metadata()?.len())
    );

    println!("  ms of processor; matches in the middle");
    let chance = &mut ChaCha8Rng::seed_from_u64(43);
    for (kind, between, n_words) in [("two words", " AND ", 2), ("word OR word OR word", " OR ", 3), ("phrase", "", 0)]
    {
        let mut sides = [("ours", Vec::new(), Vec::new()), ("FTS5", Vec::new(), Vec::new())];
        for _ in 0..200 {
            let seen = library.remembered(works, chance);
            // Plain words are written alike in both query languages.
            let plain: Vec<String> =
                seen.words.iter().filter(|word| word.chars().all(char::is_alphabetic)).cloned().collect();
            let text = if n_words == 0 {
                format!("\"{}\"", seen.phrase.replace(['-', '+'], " "))
            } else {
                some(&plain, n_words, between, chance)
            };
            let query = Query { text: text.clone(), ..Query::default() };
            let asks: [&dyn Fn() -> anyhow::Result<u64>; 2] =
                [&|| index.search(&query).map(|results| results.total).context("searching the index"), &|| {
                    ask_fts5(&sqlite, &text)
                }];
            for (ask, (_, times, totals)) in asks.into_iter().zip(&mut sides) {
                // The first answer warms the caches.
                totals.push(ask()? as f64);
                let before = machine::thread_milliseconds();
                ask()?;
                times.push(machine::thread_milliseconds() - before);
            }
        }
        for (side, times, totals) in &mut sides {
            println!("{kind:>28} {}  {:.0}  {side}", percentiles(times), percentile(totals, 0.5));
        }
        let [(_, ours, _), (_, theirs, _)] = &mut sides;
        let mut ratio = |share| percentile(theirs, share) / percentile(ours, share);
        println!("{:>28} we are {:.1} times as fast at p50, {:.1} at p95", "", ratio(0.5), ratio(0.95));
    }
    Ok(())
}

fn fill(sqlite: &mut Connection, library: &Library, works: u64) -> anyhow::Result<()> {
    sqlite.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; PRAGMA cache_size = -64000;
         CREATE TABLE row (id INTEGER PRIMARY KEY, question TEXT, answer TEXT, title TEXT, body TEXT, topic TEXT, record BLOB);
         CREATE VIRTUAL TABLE word USING fts5 (question, answer, title, body, content = 'row', content_rowid = 'id',
                                               tokenize = 'porter unicode61');",
    )?;
    let start = Instant::now();
    let txn = sqlite.transaction()?;
    {
        let mut row = txn.prepare("INSERT INTO row VALUES (NULL, ?1, ?2, ?3, ?4, ?5, ?6)")?;
        let mut word =
            txn.prepare("INSERT INTO word (rowid, question, answer, title, body) VALUES (?1, ?2, ?3, ?4, ?5)")?;
        let mut put = |question: &str, answer: &str, title: &str, body: &str, topic: &str, record: Vec<u8>| {
            let id = row.insert(params![question, answer, title, body, topic, record])?;
            word.execute(params![id, question, answer, title, body])
        };
        for number in 0..works {
            let shelf = library.shelf(number);
            for row in shelf.questions {
                let topic = row.work.topic.clone().unwrap_or_default();
                let quote = row.evidence.first().map_or("", |piece| piece.quote.as_str());
                // The texts stand in columns of their own; the record holds what else is shown.
                let record = serde_json::to_vec(&(&row.id, &row.work.doi, &row.work.subjects, row.work.first_public))?;
                put(&row.question, &row.answer, &row.work.title, quote, &topic, record)?;
            }
            for row in shelf.passages {
                let topic = row.work.topic.clone().unwrap_or_default();
                let record = serde_json::to_vec(&(row.id, &row.work.doi, &row.work.subjects, row.work.first_public))?;
                put("", "", &row.work.title, &row.text, &topic, record)?;
            }
        }
    }
    txn.commit()?;
    sqlite.execute_batch("INSERT INTO word (word) VALUES ('optimize'); PRAGMA wal_checkpoint(TRUNCATE);")?;
    println!("  FTS5 filled in {:.1} s", start.elapsed().as_secs_f64());
    Ok(())
}

/// The ten best with a snippet, and the counts by topic, whose sum is the total.
fn ask_fts5(sqlite: &Connection, text: &str) -> anyhow::Result<u64> {
    let mut best = sqlite.prepare_cached(
        "SELECT row.question, row.answer, row.title, row.record, snippet(word, -1, '<mark>', '</mark>', '…', 32)
         FROM word (?1) JOIN row ON row.id = word.rowid ORDER BY bm25(word, 3.0, 2.5, 1.5, 1.0) LIMIT 10",
    )?;
    let mut rows = best.query([text])?;
    while let Some(row) = rows.next()? {
        let _: String = row.get(4)?;
    }
    let mut counts = sqlite.prepare_cached(
        "SELECT topic, count(*) FROM word (?1) JOIN row ON row.id = word.rowid GROUP BY topic ORDER BY 2 DESC",
    )?;
    let mut total = 0;
    let mut rows = counts.query([text])?;
    while let Some(row) = rows.next()? {
        total += row.get::<_, i64>(1)?.unsigned_abs();
    }
    Ok(total)
}
