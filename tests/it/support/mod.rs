//! What several tests share: `../shared`, invented articles, the program under test.

pub mod service;

use std::path::{Path, PathBuf};
use std::process::Command;

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
