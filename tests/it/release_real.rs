//! Releases made of real articles, where they are.

use std::collections::{BTreeMap, BTreeSet};

use aludel::model::delivery::SourceName;
use aludel::model::document::{Document, Section};
use aludel::model::licence::Licence;
use aludel::model::status::{Notice, WorkStatus};
use aludel::release::diff::{Kind, diff};
use aludel::release::verify::verify;
use aludel::worker::queue::Cause;
use serde_json::Value;
use tempfile::TempDir;

use crate::support::shared;
use crate::support::station::{ConcatSets, Station, rows, whole, works};

/// New papers, a retraction, a changed licence and a new version between two releases.
#[test]
fn real_articles_released_twice() {
    let Some(shared) = shared() else { return };
    let folder = TempDir::new().unwrap();
    let station = Station::open(folder.path(), whole());
    let take_in = |name: &str| {
        let (files, _) = aludel::worker::ingest::list_files(&[shared.join("data/jats").join(name)]);
        aludel::worker::ingest::ingest(&station.env, files, &|_| ()).unwrap();
    };
    ["plos", "licence_gate"].into_iter().for_each(take_in);
    let (_, first) = station.published(Cause::Command, "2026-06-01");
    assert!(verify(&first, None).unwrap().ok);
    let before = rows(&first);
    let ids_of = |rows: &BTreeMap<String, Vec<Value>>, key: &str| -> BTreeSet<String> {
        let all = rows.iter().filter(|(name, _)| *name != "tombstones").flat_map(|(_, rows)| rows);
        all.filter(|row| row["work"]["key"] == key).map(|row| row["id"].as_str().unwrap().to_owned()).collect()
    };
    // The open papers with most questions, so that a new version can keep some and lose others.
    let mut papers: Vec<&str> = works(&before["open/train"]).into_iter().collect();
    papers.sort_by_key(|key| (std::cmp::Reverse(ids_of(&before, key).len()), *key));
    let [revised, retracted, relicensed] = papers[..3] else { panic!("{papers:?}") };
    assert!(ids_of(&before, revised).len() > 1, "{papers:?}");
    let document = |key: &str| -> Document {
        let rows = station.env.store.read().unwrap();
        let work = rows.find_work(key).unwrap().unwrap();
        rows.document(rows.work(work).unwrap().unwrap().current.unwrap()).unwrap().unwrap()
    };
    let notices = vec![Notice { status: WorkStatus::Retracted, origin: "RetractionIn".into() }];
    station.deliver(SourceName::Inbox, Document { notices, ..document(retracted) });
    station.deliver(SourceName::Inbox, Document { licence: Licence::from_api("cc_by_nc_nd"), ..document(relicensed) });
    // The new version no longer has the passage of one of its questions.
    let row = before["open/train"].iter().find(|row| row["work"]["key"] == revised).unwrap();
    let lost = row["passage"].as_str().unwrap().to_owned();
    let mut newer = document(revised);
    newer.version += 1;
    newer.abstract_passages.retain(|passage| passage.text != lost);
    newer.sections.iter_mut().for_each(|section| drop_passage(section, &lost));
    station.deliver(SourceName::Inbox, newer);
    take_in("pmc_misc");

    let (_, second) = station.published(Cause::Schedule, "2026-07-01");
    assert!(verify(&second, None).unwrap().ok);
    let after = rows(&second);
    let found = diff(&first, &second).unwrap();
    let changed = |kind: Kind| -> BTreeSet<String> {
        found.changes.iter().filter(|change| change.change == kind).map(|change| change.id.clone()).collect()
    };
    let all = |rows: &BTreeMap<String, Vec<Value>>| -> BTreeSet<String> {
        let all = rows.iter().filter(|(name, _)| *name != "tombstones").flat_map(|(_, rows)| rows);
        all.map(|row| row["id"].as_str().unwrap().to_owned()).collect()
    };
    let gone = [ids_of(&before, retracted), ids_of(&before, relicensed)].concat_sets();
    let (withdrawn, lost_ids): (BTreeSet<_>, BTreeSet<_>) =
        changed(Kind::Withdrawn).into_iter().partition(|id| gone.contains(id));
    assert_eq!(withdrawn, gone);
    assert!(!lost_ids.is_empty() && lost_ids.is_subset(&ids_of(&before, revised)), "{lost_ids:?}");
    assert_eq!(changed(Kind::Changed), ids_of(&after, revised).intersection(&all(&before)).cloned().collect());
    assert_eq!(changed(Kind::Added), all(&after).difference(&all(&before)).cloned().collect());
    assert!(changed(Kind::Added).len() > 1 && changed(Kind::LeftOut).is_empty());
}

fn drop_passage(section: &mut Section, text: &str) {
    section.passages.retain(|passage| passage.text != text);
    section.sections.iter_mut().for_each(|inner| drop_passage(inner, text));
}
