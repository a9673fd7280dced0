//! The whole program on a folder of its own, driven by hand, with invented articles, for releases.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use aludel::app::App;
use aludel::config::{Config, File};
use aludel::document::{Limits, parse};
use aludel::model::delivery::{Delivery, SourceName};
use aludel::model::document::{Document, Passage};
use aludel::model::licence::Licence;
use aludel::model::time::PartialDate;
use aludel::release::{self, read};
use aludel::worker::Env;
use aludel::worker::jobs;
use aludel::worker::jobs::release::{Ask, Made, dataset};
use aludel::worker::queue::{self, Cause, KINDS, Order};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;

use super::article;

/// The whole program on a folder of its own, driven by hand.
pub struct Station {
    pub env: Env,
    _app: App,
}

impl Station {
    pub fn open(folder: &Path, release: release::Config) -> Self {
        let file = File { data_dir: folder.to_owned(), release, ..File::default() };
        let config = Config::of(file).unwrap();
        let app = App::open(&config).unwrap();
        let env = app.env_without_archives(&config).unwrap();
        Station { env, _app: app }
    }

    /// Delivers and does all that follows.
    pub fn deliver(&self, source: SourceName, document: Document) {
        let delivery = Delivery { source, origin: "test".into(), document, issues: Vec::new(), full_text_url: None };
        let mut txn = self.env.store.write().unwrap();
        queue::deliver(&mut txn, &delivery).unwrap();
        txn.commit().unwrap();
        self.work_off();
    }

    fn work_off(&self) {
        loop {
            let mut txn = self.env.store.write().unwrap();
            let far = Utc::now() + TimeDelta::days(3650);
            let job = KINDS.iter().find_map(|kind| txn.lease(kind, far, far).unwrap());
            txn.commit().unwrap();
            let Some(job) = job else { return };
            jobs::run(&self.env, &Order::of(&job).unwrap()).unwrap();
            let mut txn = self.env.store.write().unwrap();
            txn.complete(&job).unwrap();
            txn.commit().unwrap();
        }
    }

    pub fn release(&self, cause: Cause, at: &str) -> Made {
        dataset(&self.env, Ask { cause, at: Some(time(at)), stage: false }, &mut |_, _| ()).unwrap()
    }

    /// Releases, and returns the version and the folder.
    pub fn published(&self, cause: Cause, at: &str) -> (String, PathBuf) {
        match self.release(cause, at) {
            Made::Published { folder, manifest } => (manifest.version.to_string(), folder),
            other => panic!("{other:?}"),
        }
    }
}

pub fn time(text: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(&format!("{text}T04:30:00Z")).unwrap().to_utc()
}

/// Every accepted question, in no sample.
pub fn whole() -> release::Config {
    release::Config { align: false, reserve_mib: 0, ..release::Config::default() }
}

/// An invented article with two questions in it: the article of [`article`], and a sentence about [`extra`].
pub fn invented(number: u32) -> Document {
    let parsed = parse(article(number).as_bytes(), "jats", &Limits::default()).unwrap();
    let (mut document, _) = parsed.records.into_iter().next().unwrap();
    document.abstract_passages.push(Passage { text: extra(number), ..Passage::default() });
    document
}

pub fn dated(document: Document, day: &str) -> Document {
    let date = PartialDate::try_from(day.to_owned()).unwrap();
    Document { dates: [("posted".to_owned(), date)].into(), ..document }
}

pub fn extra(number: u32) -> String {
    format!(
        "Expression of the phosphatase PPN{number} decreased in the limb buds of dwarf newts treated with lumirastat-{number} \
         compared with vehicle."
    )
}

pub fn licensed(number: u32, received: &str) -> Document {
    Document { licence: Licence::from_api(received), ..invented(number) }
}

/// Every row of a release as JSON, by part and split.
pub fn rows(folder: &Path) -> BTreeMap<String, Vec<Value>> {
    let mut all = BTreeMap::new();
    for file in read::data_files(folder).unwrap() {
        let name = match file.place {
            Some((part, split)) => format!("{}/{}", part.as_str(), split.as_str()),
            None => "tombstones".to_owned(),
        };
        let rows = read::rows(&file.path).unwrap().map(|row| row.unwrap().to_json_value());
        all.entry(name).or_insert_with(Vec::new).extend(rows);
    }
    all
}

pub fn works(rows: &[Value]) -> BTreeSet<&str> {
    rows.iter().map(|row| row["work"]["key"].as_str().unwrap()).collect()
}

pub fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    fn walk(folder: &Path, root: &Path, into: &mut BTreeMap<String, Vec<u8>>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, root, into);
            } else {
                into.insert(path.strip_prefix(root).unwrap().display().to_string(), fs::read(&path).unwrap());
            }
        }
    }
    let mut all = BTreeMap::new();
    walk(folder, folder, &mut all);
    all
}

/// All that is in any of several sets.
pub trait ConcatSets {
    fn concat_sets(self) -> BTreeSet<String>;
}

impl<const N: usize> ConcatSets for [BTreeSet<String>; N] {
    fn concat_sets(self) -> BTreeSet<String> {
        self.into_iter().flatten().collect()
    }
}
