//! The parsers over the real files: every file is parsed or named, and what must hold of every document holds.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};

use aludel::document::{self, Error, Limits, Parsed};
use aludel::model::document::{Document, PassageKind};

use crate::support;

fn files(root: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
            if entry.path().is_dir() { folders.push(entry.path()) } else { found.push(entry.path()) }
        }
    }
    found.sort();
    found
}

fn bytes(path: &Path) -> Vec<u8> {
    let raw = std::fs::read(path).unwrap();
    let mut out = Vec::new();
    if raw.starts_with(&[0x1F, 0x8B]) {
        flate2::read::MultiGzDecoder::new(raw.as_slice()).read_to_end(&mut out).unwrap();
        out
    } else {
        raw
    }
}

fn parse(path: &Path) -> Result<Parsed, Error> {
    document::parse(&bytes(path), &path.display().to_string(), &Limits::default())
}

/// What holds of every document, whatever it was read from.
fn check(document: &Document, path: &Path) {
    let place = path.display();
    assert!(document.version >= 1, "{place}");
    for passage in document.passages() {
        assert!(passage.text.chars().any(char::is_alphanumeric), "{place}: {:?}", passage.text);
        for line in passage.text.split('\n') {
            let folded = line.split_whitespace().collect::<Vec<_>>().join(" ");
            assert_eq!(line, folded, "{place}");
        }
        assert!(passage.kind == PassageKind::Table || !passage.text.contains('\n'), "{place}");
        assert!(!passage.text.contains(|c: char| c.is_control() && c != '\n'), "{place}: {:?}", passage.text);
    }
    let json = serde_json::to_string(document).unwrap();
    assert_eq!(&serde_json::from_str::<Document>(&json).unwrap(), document, "{place}");
}

#[test]
fn every_jats_file_is_an_article() {
    let Some(shared) = support::shared() else { return };
    let mut issues: BTreeMap<String, u32> = BTreeMap::new();
    let (mut articles, mut passages) = (0, 0);
    for path in files(&shared.join("data/jats")) {
        let parsed = parse(&path).unwrap_or_else(|error| panic!("{error}"));
        assert!(!parsed.records.is_empty(), "{}", path.display());
        for (document, found) in &parsed.records {
            check(document, &path);
            assert!(!document.title.is_empty(), "{}", path.display());
            assert!(document.ids.key().is_some(), "{}", path.display());
            articles += 1;
            passages += document.passages().len();
            for issue in found {
                *issues.entry(issue.kind.clone()).or_default() += issue.count;
            }
        }
    }
    println!("{articles} articles, {passages} passages, issues: {issues:?}");
    assert!(articles >= 600);
}

#[test]
fn every_pubmed_file_is_parsed_or_named() {
    let Some(shared) = support::shared() else { return };
    let mut kinds: BTreeMap<String, u32> = BTreeMap::new();
    let (mut records, mut books) = (0, 0);
    for path in files(&shared.join("data/pubmed")) {
        match parse(&path) {
            Ok(parsed) => {
                assert!(parsed.unread.is_empty(), "{}: {:?}", path.display(), parsed.unread);
                *kinds.entry(parsed.kind.to_string()).or_default() += 1;
                records += parsed.records.len();
                books += parsed.books;
                for (document, _) in &parsed.records {
                    check(document, &path);
                    assert!(document.ids.pmid.is_some(), "{}", path.display());
                }
            }
            Err(Error::NotAnArticle { kind, .. }) => *kinds.entry(kind.to_string()).or_default() += 1,
            Err(error) => println!("{error}"),
        }
    }
    println!("{records} records, {books} books, {kinds:?}");
    assert!(records > 500);
}

#[test]
fn every_good_quote_stands_in_exactly_one_passage() {
    let Some(shared) = support::shared() else { return };
    let bench = std::fs::read(shared.join("bench/qa_bench.jsonl")).unwrap();
    let mut documents: BTreeMap<String, Document> = BTreeMap::new();
    let (mut quotes, mut misses) = (0, Vec::new());
    for item in support::json_lines(&bench) {
        if item["label"] != "accept" {
            continue;
        }
        let article = item["article"].as_str().unwrap();
        let document = documents
            .entry(article.to_owned())
            .or_insert_with(|| parse(&shared.join("data").join(article)).unwrap().records.remove(0).0);
        let quote = item["evidence"].as_str().unwrap().split_whitespace().collect::<Vec<_>>().join(" ");
        let holding = document.passages().iter().filter(|passage| passage.text.contains(&quote)).count();
        quotes += 1;
        if holding != 1 {
            misses.push(format!("{} in {article}: {holding} passages hold {quote:?}", item["id"]));
        }
    }
    println!("{quotes} quotes in {} articles", documents.len());
    assert!(misses.is_empty(), "{} of {quotes}:\n{}", misses.len(), misses.join("\n"));
}
