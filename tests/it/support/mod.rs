//! What several tests share: `../shared`, invented articles, the program under test.

pub mod batches;
pub mod chat;
pub mod hub;
pub mod service;
pub mod station;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use aludel::model::delivery::SourceName;
use aludel::model::status::WorkStatus;
use aludel::simulate::{PublishedRow, PublishedState};
use aludel::store::Store;
use chrono::NaiveDate;

/// The folder with the real data, when it is there; otherwise says in the output that the test is skipped.
pub fn shared() -> Option<PathBuf> {
    let path = match std::env::var_os("ALUDEL_SHARED") {
        Some(path) => PathBuf::from(path),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"),
    };
    if path.join("data").is_dir() {
        Some(path)
    } else {
        println!("skipped: ../shared/data is not here");
        None
    }
}

/// The real program, with nothing of the caller's configuration.
pub fn aludel() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_aludel"));
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("ALUDEL_")) {
        command.env_remove(name);
    }
    command.env_remove("NOTIFY_SOCKET").env_remove("JOURNAL_STREAM");
    command
}

/// One JSON value a line.
pub fn json_lines(bytes: &[u8]) -> Vec<serde_json::Value> {
    String::from_utf8_lossy(bytes)
        .lines()
        .filter(|line| !line.trim().is_empty())
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect()
}

/// An invented JATS article; different numbers give different works with different text.
pub fn article(number: u32) -> String {
    let compound = format!("lumirastat-{number}");
    let percent = 12 + number % 80;
    let animals = 20 + number % 60;
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<article article-type="research-article" xmlns:xlink="http://www.w3.org/1999/xlink"><front>
<journal-meta><journal-title-group><journal-title>Journal of Invented Physiology</journal-title></journal-title-group></journal-meta>
<article-meta><article-id pub-id-type="doi">10.5555/invented.{number}</article-id>
<title-group><article-title>The compound {compound} slows the tail clock of the dwarf newt</article-title></title-group>
<contrib-group><contrib contrib-type="author"><name><surname>Doe{number}</surname><given-names>Jane</given-names></name></contrib></contrib-group>
<pub-date pub-type="epub"><day>3</day><month>2</month><year>2026</year></pub-date>
<permissions><license xlink:href="https://creativecommons.org/licenses/by/4.0/"><license-p>Open.</license-p></license></permissions>
<abstract><p>The dwarf newt keeps a clock in its tail. Treatment with {compound} reduced the beat rate of the tail clock by {percent}% in adult dwarf newts. The kinase TLK{number} binds the promoter of the tail clock gene.</p></abstract>
</article-meta></front><body>
<sec sec-type="results"><title>Results</title>
<p>The median beat rate of the tail clock in newts given {compound} was {percent}.5 beats per hour at day {animals}. Expression of the kinase TLK{number} increased in the regenerating tails of dwarf newts treated with {compound} compared with vehicle.</p>
</sec></body></article>
"#
    )
}

/// Compares a store with what the archives published: everything from `since` on that was out by some moment (`by_then`) is there
/// once, in its standing, and nothing is there that was never published (`by_now`, at least as late as the store).
pub fn reconcile(store: &Store, by_then: &[PublishedRow], by_now: &[PublishedRow], since: NaiveDate) {
    let rows = store.read().unwrap();
    let key = |row: &PublishedRow| (row.doi.clone().unwrap_or_else(|| format!("pmid:{}", row.key)), row.version);
    // What was posted before the first day to be read is nobody's loss.
    let due: Vec<&PublishedRow> = by_then.iter().filter(|row| row.date >= since && row.kind != "book").collect();
    for name in [SourceName::Biorxiv, SourceName::Medrxiv, SourceName::Pubmed] {
        let expected: BTreeSet<(String, u32)> = due
            .iter()
            // A record that was deleted before anyone asked for it is in no answer.
            .filter(|row| row.source == name && (name != SourceName::Pubmed || row.state != PublishedState::Deleted))
            .map(|row| key(row))
            .collect();
        assert!(!expected.is_empty(), "{name}: the world is empty");
        let stored = rows.delivered_by(name.as_str()).unwrap();
        let unique: BTreeSet<(String, u32)> = stored.iter().cloned().collect();
        assert_eq!(unique.len(), stored.len(), "{name}: no duplicates");
        let deleted_since: BTreeSet<(String, u32)> =
            by_now.iter().filter(|row| row.source == name && row.state == PublishedState::Deleted).map(key).collect();
        let lost: Vec<_> = expected.difference(&unique).filter(|key| !deleted_since.contains(*key)).collect();
        assert!(lost.is_empty(), "{name}: {} of {} lost: {lost:?}", lost.len(), expected.len());
        let published: BTreeSet<(String, u32)> = by_now.iter().filter(|row| row.source == name).map(key).collect();
        let invented: Vec<_> = unique.difference(&published).collect();
        assert!(invented.is_empty(), "{name}: {} were never published: {invented:?}", invented.len());
    }
    for row in &due {
        let (name, expected) = match row.state {
            PublishedState::Withdrawn => (row.key.clone(), WorkStatus::Withdrawn),
            PublishedState::Retracted => (format!("pmid:{}", row.key), WorkStatus::Retracted),
            PublishedState::Posted | PublishedState::Deleted => continue,
        };
        let Some(work) = rows.find_work(&name).unwrap() else { panic!("{name} is not in the store") };
        let status = rows.work(work).unwrap().unwrap().status;
        // A retracted record may have been deleted by now.
        assert!(status == expected || status == WorkStatus::Deleted, "{name}: {status:?}, published as {expected:?}");
    }
}
