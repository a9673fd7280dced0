//! The parsers over invented documents, each with one oddity, and over those documents mangled.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use aludel::document::{Error, Limits, parse};
use aludel::model::document::{Document, Section};
use proptest::prelude::*;

fn fixtures() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/document");
    let mut folders: Vec<PathBuf> =
        std::fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()).collect();
    folders.sort();
    folders
}

fn picture(bytes: &[u8]) -> String {
    let mut out = String::new();
    match parse(bytes, "body.xml", &Limits::default()) {
        Ok(parsed) => {
            for (document, issues) in &parsed.records {
                draw(&mut out, document);
                for issue in issues {
                    writeln!(out, "issue {} x{}: {}", issue.kind, issue.count, issue.detail).unwrap();
                }
            }
            if parsed.books > 0 || !parsed.deleted.is_empty() {
                writeln!(out, "books {}, deleted {:?}", parsed.books, parsed.deleted).unwrap();
            }
            for reason in &parsed.unread {
                writeln!(out, "unread: {reason}").unwrap();
            }
        }
        Err(error) => writeln!(out, "error: {error}").unwrap(),
    }
    out
}

/// Every field, so that a new one asks to be shown.
fn draw(out: &mut String, document: &Document) {
    let Document {
        ids,
        version,
        title,
        article_type,
        venue,
        authors,
        language,
        licence,
        dates,
        subjects,
        keywords,
        abstract_passages,
        sections,
        tables,
        figures,
        related,
        notices,
    } = document;
    writeln!(out, "{title} ({article_type}) v{version} {:?}", ids.keys()).unwrap();
    if licence.normalised.as_str() != "unknown" || licence.holder.is_some() {
        writeln!(out, "licence {} {:?} {:?}", licence.normalised.as_str(), licence.received, licence.holder).unwrap();
    }
    for (name, text) in [
        ("venue", venue.clone().unwrap_or_default()),
        ("language", language.clone().unwrap_or_default()),
        ("authors", authors.join("; ")),
        ("dates", dates.iter().map(|(event, date)| format!("{event} {date}")).collect::<Vec<_>>().join(", ")),
        ("subjects", subjects.join("; ")),
        ("keywords", keywords.join("; ")),
    ] {
        if !text.is_empty() {
            writeln!(out, "{name}: {text}").unwrap();
        }
    }
    for related in related {
        writeln!(out, "{} {:?} ({})", related.relation.as_str(), related.ids.keys(), related.received).unwrap();
    }
    for notice in notices {
        writeln!(out, "notice {} from {}", notice.status.as_str(), notice.origin).unwrap();
    }
    for passage in abstract_passages {
        writeln!(out, "abstract {:?}: {}", passage.heading.as_deref().unwrap_or_default(), passage.text).unwrap();
    }
    for section in sections {
        draw_section(out, section, 1);
    }
    for table in tables {
        writeln!(out, "table [{}] {:?}", table.section_kind.as_str(), table.text).unwrap();
    }
    for figure in figures {
        let third = if figure.third_party { ", third party" } else { "" };
        writeln!(out, "figure [{}{third}] {} {:?}", figure.section_kind.as_str(), figure.text, figure.graphics)
            .unwrap();
    }
}

fn draw_section(out: &mut String, section: &Section, depth: usize) {
    writeln!(out, "{} {:?} [{}]", "#".repeat(depth), section.title, section.kind.as_str()).unwrap();
    for passage in &section.passages {
        writeln!(out, "{}: {} {:?}", passage.kind.as_str(), passage.text, passage.citations).unwrap();
    }
    for inner in &section.sections {
        draw_section(out, inner, depth + 1);
    }
}

#[test]
fn every_oddity_reads_as_expected() {
    for folder in fixtures() {
        let found = picture(&std::fs::read(folder.join("body.xml")).unwrap());
        let path = folder.join("expected.txt");
        if std::env::var_os("ALUDEL_BLESS").is_some() {
            std::fs::write(&path, &found).unwrap();
        }
        let expected = std::fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(found, expected, "{}", folder.display());
    }
}

#[test]
fn cutting_anywhere_gives_a_prefix_or_a_clear_error() {
    for folder in fixtures() {
        let whole = std::fs::read(folder.join("body.xml")).unwrap();
        for end in 0..whole.len() {
            match parse(&whole[..end], "cut.xml", &Limits::default()) {
                Ok(parsed) => {
                    let told = parsed.records.iter().any(|(_, issues)| !issues.is_empty()) || !parsed.unread.is_empty();
                    let complete = whole[end..].iter().all(u8::is_ascii_whitespace);
                    assert!(told || complete, "{} cut at {end} passes silently", folder.display());
                    parsed.records.iter().for_each(|(document, _)| hold(document));
                }
                Err(Error::Malformed { at, .. }) => assert!(at <= end),
                Err(Error::NotAnArticle { .. }) => {}
                Err(error) => panic!("{}: {error}", folder.display()),
            }
        }
    }
}

/// What holds of any document from any bytes.
fn hold(document: &Document) {
    for passage in document.passages() {
        assert!(passage.text.chars().any(char::is_alphanumeric), "{:?}", passage.text);
        for line in passage.text.split('\n') {
            assert_eq!(line, line.split_whitespace().collect::<Vec<_>>().join(" "));
        }
    }
}

#[test]
fn hostile_shapes_take_linear_time() {
    let limits = Limits::default();
    let head = "<article><front><article-meta><title-group><article-title>T</article-title></title-group></article-meta></front><body><p>";
    for piece in [
        "<sup>",
        "<list><list-item>",
        "<sec>",
        "&lol;",
        "<b ",
        "<",
        "&",
        "</x>",
        "<ref-list>",
        "[<xref ref-type=\"bibr\"/>",
        "<!--",
        "<![CDATA[",
    ] {
        let text = format!("{head}{}", piece.repeat(100_000));
        if let Ok(parsed) = parse(text.as_bytes(), "x", &limits) {
            parsed.records.iter().for_each(|(document, _)| hold(document));
        }
        let set = format!("<PubmedArticleSet><PubmedArticle><MedlineCitation>{}", piece.repeat(100_000));
        let _ = parse(set.as_bytes(), "x", &limits);
    }
}

proptest! {
    #[test]
    fn any_bytes_return(bytes in proptest::collection::vec(any::<u8>(), 0..200), root in 0..4usize) {
        let root = ["", "<article><front><article-meta>", "<PubmedArticleSet><PubmedArticle>", "<article><body>"][root];
        let all = [root.as_bytes(), &bytes].concat();
        if let Ok(parsed) = parse(&all, "any", &Limits::default()) {
            parsed.records.iter().for_each(|(document, _)| hold(document));
        }
    }

    #[test]
    fn mangled_fixtures_return(which in any::<prop::sample::Index>(), edits in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..3usize, 0..12usize), 1..6)) {
        let folders = fixtures();
        let mut bytes = std::fs::read(folders[which.index(folders.len())].join("body.xml")).unwrap();
        for (place, byte, how, length) in edits {
            let at = place.index(bytes.len().max(1)).min(bytes.len());
            let end = (at + length).min(bytes.len());
            match how {
                0 => { bytes.drain(at..end); }
                1 => bytes.insert(at, byte),
                _ => { let copy = bytes[at..end].to_vec(); bytes.splice(at..at, copy); }
            }
        }
        if let Ok(parsed) = parse(&bytes, "mangled", &Limits::default()) {
            parsed.records.iter().for_each(|(document, _)| hold(document));
        }
    }
}
