//! Data set releases made from a store that changes: what is in them, what differs, and that nobody sees half of one.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use aludel::model::delivery::SourceName;
use aludel::model::document::{Document, Related, Relation};
use aludel::model::id::Ids;
use aludel::model::status::{Notice, ReleaseStatus, WorkStatus};
use aludel::release;
use aludel::release::Version;
use aludel::release::diff::{Change, Kind, diff};
use aludel::release::read;
use aludel::release::verify::verify;
use aludel::worker::jobs::release::{Ask, Made, dataset, publish};
use aludel::worker::queue::{self, Cause};
use serde_json::Value;
use tempfile::TempDir;

use crate::support::station::{ConcatSets, Station, dated, extra, files, invented, licensed, rows, time, whole, works};

/// Licences of invented articles 1 to 8.
const LICENCES: [&str; 8] = ["cc_by", "cc_by", "cc_by", "cc_by", "cc0", "cc_by_sa", "cc_by_nc", "cc_by_nd"];

fn stocked(folder: &Path, config: release::Config) -> Station {
    let station = Station::open(folder, config);
    for (number, licence) in (1..).zip(LICENCES) {
        station.deliver(SourceName::Biorxiv, licensed(number, licence));
    }
    station
}

#[test]
fn each_licence_gets_what_it_allows() {
    let folder = TempDir::new().unwrap();
    let station = stocked(folder.path(), release::Config { pointers: true, validation_share: 0.0, ..whole() });
    let (version, release) = station.published(Cause::Command, "2026-06-01");
    assert_eq!(version, "1.0.0");
    let found = verify(&release, None).unwrap();
    assert!(found.ok, "{:?}", found.errors);
    let rows = rows(&release);
    assert_eq!(
        rows.keys().map(String::as_str).collect::<Vec<_>>(),
        ["non_commercial/train", "open/train", "pointers/train", "share_alike/train"]
    );
    assert_eq!(works(&rows["open/train"]).len(), 5);
    for row in &rows["open/train"] {
        let (passage, evidence) = (row["passage"].as_str().unwrap(), &row["evidence"][0]);
        let at = |name: &str| evidence[name].as_u64().unwrap() as usize;
        assert_eq!(&passage[at("start")..at("end")], evidence["quote"].as_str().unwrap());
        assert!(row["attribution"].as_str().unwrap().contains("Doe"), "{row}");
        assert_eq!(row["released_in"], "1.0.0");
    }
    for name in ["share_alike/train", "non_commercial/train"] {
        assert!(rows[name].iter().all(|row| row["passage"].is_null() && row["question"].is_string()), "{name}");
        // Two in a hundred of a short abstract are no sentence: the place is all there is.
        assert!(rows[name].iter().all(|row| row["evidence"][0]["quote"].is_null()), "{name}");
        assert!(rows[name].iter().all(|row| row["evidence"][0]["end"].as_i64() > Some(0)), "{name}");
    }
    for row in &rows["pointers/train"] {
        for column in ["question", "answer", "passage"] {
            assert!(row[column].is_null(), "{row}");
        }
        assert_eq!(row["licence"], "cc_by_nd");
        assert!(row["evidence"][0]["end"].as_i64() > Some(0));
    }
    let trl: Vec<Value> = read::rows(&release.join("export/trl/train.parquet"))
        .unwrap()
        .map(|row| row.unwrap().to_json_value())
        .collect();
    assert_eq!(trl.len(), rows["open/train"].len(), "exports hold the open part");
    let credits = fs::read_to_string(release.join("attribution.csv")).unwrap();
    assert_eq!(credits.lines().count(), 1 + 8, "{credits}");
}

#[test]
fn a_second_release_says_right_to_the_row_what_changed() {
    let folder = TempDir::new().unwrap();
    let station = stocked(folder.path(), whole());
    let (_, first) = station.published(Cause::Command, "2026-06-01");
    let before = rows(&first);
    let of = |rows: &BTreeMap<String, Vec<Value>>, number: u32| -> BTreeSet<String> {
        let key = format!("10.5555/invented.{number}");
        let all = rows.iter().filter(|(name, _)| *name != "tombstones").flat_map(|(_, rows)| rows);
        all.filter(|row| row["work"]["key"] == *key).map(|row| row["id"].as_str().unwrap().to_owned()).collect()
    };

    // A new paper; a retraction; two licences that changed; a new version that no longer says one of the things.
    station.deliver(SourceName::Biorxiv, invented(9));
    let notice = Document {
        ids: Ids { doi: Some("10.5555/notice".parse().unwrap()), ..Ids::default() },
        version: 1,
        title: "Retraction".into(),
        related: vec![Related {
            relation: Relation::Retracts,
            ids: Ids { doi: Some("10.5555/invented.1".parse().unwrap()), ..Ids::default() },
            received: "retracted-article".into(),
            note: None,
        }],
        ..Document::default()
    };
    station.deliver(SourceName::Inbox, notice);
    station.deliver(SourceName::Biorxiv, licensed(2, "cc_by_nc"));
    station.deliver(SourceName::Biorxiv, licensed(3, "cc_no"));
    let mut newer = Document { version: 2, ..licensed(4, "cc_by") };
    newer.abstract_passages.retain(|passage| passage.text != extra(4));
    station.deliver(SourceName::Biorxiv, newer);

    let (version, second) = station.published(Cause::Schedule, "2026-07-01");
    assert_eq!(version, "1.1.0");
    let after = rows(&second);
    let found = diff(&first, &second).unwrap();
    let by = |kind: Kind| -> BTreeMap<&str, &Change> {
        found.changes.iter().filter(|change| change.change == kind).map(|change| (change.id.as_str(), change)).collect()
    };
    let ids = |kind: Kind| by(kind).into_keys().map(str::to_owned).collect::<BTreeSet<_>>();
    assert_eq!(ids(Kind::Added), of(&after, 9));
    let gone_of_4: BTreeSet<String> = of(&before, 4).difference(&of(&after, 4)).cloned().collect();
    assert!(!gone_of_4.is_empty() && !of(&after, 4).is_empty(), "the new version bears out some and not others");
    let withdrawn: BTreeSet<String> = [of(&before, 1), of(&before, 3), gone_of_4.clone()].concat_sets();
    assert_eq!(ids(Kind::Withdrawn), withdrawn);
    for (id, change) in by(Kind::Withdrawn) {
        let reason = change.reason.as_deref().unwrap();
        let expected = match change.work.as_str() {
            "10.5555/invented.1" => "retracted: notice 10.5555/notice",
            "10.5555/invented.3" => "licence: ",
            _ => "superseded: ",
        };
        assert!(reason.starts_with(expected), "{id}: {reason}");
    }
    assert_eq!(ids(Kind::Changed), [of(&after, 2), of(&after, 4)].concat_sets());
    for change in by(Kind::Changed).values() {
        let fields: Vec<&str> = change.fields.iter().map(String::as_str).collect();
        if change.work.ends_with(".2") {
            assert_eq!(fields, ["passage", "evidence", "licence", "licence_url", "licence_received", "attribution"]);
            assert!(change.from.as_deref().is_some_and(|from| from.starts_with("open/")), "{change:?}");
            assert_eq!(change.part, "non_commercial");
        } else {
            assert!(fields.contains(&"version"), "{change:?}");
        }
    }
    assert!(by(Kind::LeftOut).is_empty());
    let tombstones: BTreeSet<String> =
        after["tombstones"].iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect();
    assert_eq!(tombstones, withdrawn);
    assert!(after["tombstones"].iter().all(|row| row["question"].is_null() && row["withdrawn"]["date"].is_string()));

    // The files say the same.
    let lines: Vec<Change> = fs::read_to_string(second.join("changes.jsonl"))
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines, found.changes);
    let text = fs::read_to_string(second.join("CHANGES.md")).unwrap();
    assert!(text.contains("retracted: notice 10.5555/notice"), "{text}");
    assert!(verify(&second, None).unwrap().ok);
    let kept = station.env.store.read().unwrap().release("dataset", "aludel-biology", "1.1.0").unwrap().unwrap();
    assert_eq!(kept.status, ReleaseStatus::Published);
    let summary = kept.summary.unwrap();
    assert_eq!(summary["changes"]["withdrawn"], withdrawn.len());

    // A third: nothing is new.
    let Made::Skipped { reason } = station.release(Cause::Schedule, "2026-08-01") else { panic!("an empty release") };
    assert_eq!(reason, "nothing changed since 1.1.0");
    let skipped = station.env.store.read().unwrap().audited("release_skipped", 5).unwrap();
    assert_eq!(skipped[0].2, reason);
}

#[test]
fn a_retraction_makes_a_patch_release_with_nothing_new_in_it() {
    let folder = TempDir::new().unwrap();
    let station = stocked(folder.path(), whole());
    let (_, first) = station.published(Cause::Schedule, "2026-06-01");
    let Made::Skipped { reason } = station.release(Cause::Takedown, "2026-06-02") else {
        panic!("nothing to take out")
    };
    assert!(reason.contains("nothing"), "{reason}");
    station.deliver(SourceName::Biorxiv, invented(9));
    let mut withdrawn = Document { version: 2, ..licensed(5, "cc0") };
    withdrawn.notices = vec![Notice { status: WorkStatus::Withdrawn, origin: "type:withdrawn".into() }];
    station.deliver(SourceName::Biorxiv, withdrawn);
    assert!(station.env.store.read().unwrap().overdue_tombstones().unwrap() > 0);
    let (version, patch) = station.published(Cause::Takedown, "2026-06-02");
    assert_eq!(version, "1.0.1");
    let counts = diff(&first, &patch).unwrap().counts();
    assert_eq!((counts["added"], counts["changed"], counts["left_out"]), (0, 0, 0));
    assert!(counts["withdrawn"] > 0);
    assert_eq!(station.env.store.read().unwrap().overdue_tombstones().unwrap(), 0);
    let (version, next) = station.published(Cause::Schedule, "2026-07-01");
    assert_eq!(version, "1.1.0");
    let counts = diff(&patch, &next).unwrap().counts();
    assert!(counts["added"] > 0 && counts["withdrawn"] == 0, "{counts:?}");
}

#[test]
fn the_last_paper_can_be_taken_back_too() {
    let folder = TempDir::new().unwrap();
    let station = Station::open(folder.path(), whole());
    station.deliver(SourceName::Biorxiv, invented(1));
    station.published(Cause::Command, "2026-06-01");
    let notices = vec![Notice { status: WorkStatus::Retracted, origin: "RetractionIn".into() }];
    station.deliver(SourceName::Biorxiv, Document { notices, ..invented(1) });
    let (version, patch) = station.published(Cause::Takedown, "2026-06-02");
    assert_eq!(version, "1.0.1");
    let rows = rows(&patch);
    assert_eq!((rows.len(), rows["tombstones"].len()), (1, 2));
    assert!(verify(&patch, None).unwrap().ok);
    let Made::Skipped { reason } = station.release(Cause::Takedown, "2026-06-03") else {
        panic!("nothing is owed any more")
    };
    assert!(reason.contains("nothing that was released"), "{reason}");
    assert!(matches!(station.release(Cause::Schedule, "2026-07-01"), Made::Skipped { .. }));
}

#[test]
fn a_preprint_and_its_article_go_to_one_split_and_new_papers_wait_a_release() {
    let folder = TempDir::new().unwrap();
    let station = Station::open(folder.path(), release::Config { validation_share: 0.5, ..whole() });
    for number in 1..=12 {
        station.deliver(SourceName::Biorxiv, invented(number));
        let mut article = invented(number + 100);
        article.related = vec![Related {
            relation: Relation::PreprintOf,
            ids: invented(number).ids,
            received: "test".into(),
            note: None,
        }];
        station.deliver(SourceName::Inbox, article);
    }
    station.deliver(SourceName::Biorxiv, dated(invented(50), "2026-05-20"));
    let (_, first) = station.published(Cause::Command, "2026-06-01");
    let places = |folder: &Path| -> BTreeMap<String, String> {
        let mut places = BTreeMap::new();
        for (name, rows) in rows(folder) {
            for row in rows {
                let work = row["work"]["key"].as_str().unwrap().to_owned();
                let known = places.insert(work, name.clone());
                assert!(known.is_none_or(|known| known == name), "a work lies in one split");
            }
        }
        places
    };
    let found = places(&first);
    assert_eq!(found.len(), 24);
    for number in 1..=12 {
        let key = |number: u32| format!("10.5555/invented.{number}");
        assert_eq!(found[&key(number)], found[&key(number + 100)], "{number}");
    }
    assert_eq!(found.values().collect::<BTreeSet<_>>().len(), 2, "both splits have papers");
    // The newest paper is held back once, is the future once, and then like the rest.
    let (_, second) = station.published(Cause::Command, "2026-07-01");
    assert_eq!(places(&second)["10.5555/invented.50"], "open/future");
    let (_, third) = station.published(Cause::Command, "2026-08-01");
    assert!(["open/train", "open/validation"].contains(&places(&third)["10.5555/invented.50"].as_str()));
    let stays =
        |folder: &Path| places(folder).into_iter().filter(|(work, _)| !work.ends_with(".50")).collect::<Vec<_>>();
    assert_eq!(stays(&first), stays(&third), "nothing moves that was released");
}

#[test]
fn topics_are_sampled_to_the_literature_and_shortfalls_reported() {
    let folder = TempDir::new().unwrap();
    let station = Station::open(folder.path(), release::Config { validation_share: 0.0, ..release::Config::default() });
    // Two papers in three are neuroscience; of the zoology papers none has questions to spare.
    for number in 1..=12 {
        let topic = if number % 3 == 0 { "zoology" } else { "neuroscience" };
        station.deliver(SourceName::Biorxiv, Document { subjects: vec![topic.into()], ..invented(number) });
    }
    for number in 13..=30 {
        let bare = Document { abstract_passages: Vec::new(), sections: Vec::new(), ..invented(number) };
        station.deliver(SourceName::Biorxiv, Document { subjects: vec!["zoology".into()], ..bare });
    }
    let (_, release) = station.published(Cause::Command, "2026-06-01");
    let report: Value = serde_json::from_slice(&fs::read(release.join("report.json")).unwrap()).unwrap();
    let alignment = &report["facts"]["alignments"][0];
    let quota = |topic: &str| {
        let all = alignment["topics"].as_array().unwrap();
        let found = all.iter().find(|quota| quota["topic"].as_str().unwrap().contains(topic)).unwrap().clone();
        ["wanted", "available", "taken"].map(|name| found[name].as_u64().unwrap())
    };
    let (zoology, neuroscience) = (quota("zoology"), quota("neuroscience"));
    // 22 of 30 papers are zoology: more rows are wanted of it than there are, and all there are are taken.
    assert!(zoology[0] > zoology[1] && zoology[2] == zoology[1], "{zoology:?}");
    assert!(neuroscience[0] < neuroscience[1] && neuroscience[2] == neuroscience[0], "{neuroscience:?}");
    assert_eq!(report["balance"]["held_back"]["alignment"], neuroscience[1] - neuroscience[2]);
    assert!(alignment["distance"].as_f64().unwrap() > 0.0);
    let card = fs::read_to_string(release.join("README.md")).unwrap();
    assert!(card.contains("short of it, most in"), "{card}");
}

#[test]
fn a_full_disk_stops_a_release_before_it_begins() {
    let folder = TempDir::new().unwrap();
    let station = stocked(folder.path(), release::Config { reserve_mib: 1 << 30, ..whole() });
    let ask = Ask { cause: Cause::Schedule, at: Some(time("2026-06-01")), stage: false };
    let error = dataset(&station.env, ask, &mut |_, _| ()).unwrap_err();
    assert!(error.to_string().contains("release.reserve_mib"), "{error}");
    assert_eq!(error.retry(), queue::Retry::Backoff);
    drop(station);
    // Once there is room, it is the same release, of the same time.
    let station = Station::open(folder.path(), whole());
    let (version, release) = station.published(Cause::Schedule, "2026-06-09");
    assert_eq!(version, "1.0.0");
    assert!(
        fs::read_to_string(release.join("manifest.json")).unwrap().contains("\"created\": \"2026-06-01T04:30:00Z\"")
    );
}

#[test]
fn a_sealed_release_is_not_published_over_a_retraction() {
    let folder = TempDir::new().unwrap();
    let station = stocked(folder.path(), whole());
    let ask = Ask { cause: Cause::Command, at: Some(time("2026-06-01")), stage: true };
    let Made::Sealed { .. } = dataset(&station.env, ask, &mut |_, _| ()).unwrap() else { panic!("not sealed") };
    let mut withdrawn = Document { version: 2, ..licensed(1, "cc_by") };
    withdrawn.notices = vec![Notice { status: WorkStatus::Withdrawn, origin: "type:withdrawn".into() }];
    station.deliver(SourceName::Biorxiv, withdrawn);
    let error = publish(&station.env, Version::first(1)).unwrap_err().to_string();
    assert!(error.contains("2 of its questions were taken back"), "{error}");
}

/// A store put back from a backup does not know of the newest release, and a disk may have lost one.
#[test]
fn a_store_and_a_folder_that_know_different_things_go_on() {
    let folder = TempDir::new().unwrap();
    let station = stocked(folder.path(), whole());
    station.published(Cause::Command, "2026-06-01");
    let backup = folder.path().join("backup.db");
    station.env.store.fold_log().unwrap();
    fs::copy(station.env.store.path(), &backup).unwrap();
    station.deliver(SourceName::Biorxiv, invented(9));
    let (_, lost) = station.published(Cause::Command, "2026-07-01");
    let store = station.env.store.path().to_owned();
    drop(station);
    for name in ["aludel.db-wal", "aludel.db-shm"] {
        let _ = fs::remove_file(folder.path().join(name));
    }
    fs::copy(&backup, &store).unwrap();

    let station = Station::open(folder.path(), whole());
    station.deliver(SourceName::Biorxiv, invented(10));
    let (version, release) = station.published(Cause::Command, "2026-08-01");
    assert_eq!(version, "1.2.0", "a number is not given twice");
    let counts = diff(&lost, &release).unwrap().counts();
    assert_eq!((counts["added"], counts["left_out"]), (2, 2), "compared with what is out: {counts:?}");

    fs::remove_dir_all(folder.path().join("releases/dataset")).unwrap();
    station.deliver(SourceName::Biorxiv, invented(11));
    let (version, release) = station.published(Cause::Command, "2026-09-01");
    assert_eq!(version, "1.3.0");
    let changes = fs::read_to_string(release.join("CHANGES.md")).unwrap();
    assert!(changes.contains("1.2.0 was no longer there to compare with"), "{changes}");
    assert!(verify(&release, None).unwrap().ok);
}

#[test]
fn a_flipped_byte_in_any_file_is_found_and_named() {
    let folder = TempDir::new().unwrap();
    let station = stocked(folder.path(), whole());
    station.published(Cause::Command, "2026-06-01");
    station.deliver(SourceName::Biorxiv, licensed(3, "cc_no"));
    let (_, release) = station.published(Cause::Command, "2026-07-01");
    let whole = files(&release);
    assert!(whole.len() > 15, "{:?}", whole.keys());
    for (name, bytes) in &whole {
        let path = release.join(name);
        // Every byte of the small files, and some of the others.
        let step = (bytes.len() / 40).max(1);
        let positions: Vec<usize> = if name.ends_with(".minisig") || name.ends_with(".pub") {
            (0..bytes.len()).collect()
        } else {
            (0..bytes.len()).step_by(step).chain([bytes.len().saturating_sub(1)]).collect()
        };
        for at in positions.into_iter().filter(|at| *at < bytes.len()) {
            for flip in [1, 0x20] {
                let mut changed = bytes.clone();
                changed[at] ^= flip;
                fs::write(&path, &changed).unwrap();
                let found = verify(&release, None).unwrap();
                assert!(!found.ok, "{name}: byte {at} of {} can be changed", bytes.len());
                assert!(found.errors.iter().any(|error| error.contains(name.as_str())), "{name}: {:?}", found.errors);
            }
        }
        fs::remove_file(&path).unwrap();
        assert!(!verify(&release, None).unwrap().ok, "{name} can be missing");
        fs::write(&path, bytes).unwrap();
    }
    fs::write(release.join("data/extra.parquet"), b"x").unwrap();
    assert_eq!(verify(&release, None).unwrap().errors, ["data/extra.parquet: is not in the manifest"]);
    fs::remove_file(release.join("data/extra.parquet")).unwrap();
    assert!(verify(&release, None).unwrap().ok);
    let stranger = TempDir::new().unwrap();
    let other = release::sign::Signer::open(&stranger.path().join("key")).unwrap().public_key().unwrap();
    let found = verify(&release, Some(&other)).unwrap();
    assert!(!found.ok && found.key_known, "{found:?}");
}

/// Writes the golden release anew: only for a new major version of the schema, or while there is no release of this one.
#[test]
#[ignore = "writes into tests/golden"]
fn write_the_golden_release() {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/release_v1");
    let folder = TempDir::new().unwrap();
    let station = stocked(folder.path(), release::Config { validation_share: 0.2, ..whole() });
    station.published(Cause::Command, "2026-06-01");
    station.deliver(SourceName::Biorxiv, licensed(3, "cc_no"));
    let (_, release) = station.published(Cause::Command, "2026-07-01");
    let _ = fs::remove_dir_all(&golden);
    for (name, bytes) in files(&release) {
        let path = golden.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    let all: Vec<Value> = read::data_files(&golden)
        .unwrap()
        .iter()
        .flat_map(|file| read::rows(&file.path).unwrap().map(|row| row.unwrap().to_json_value()))
        .collect();
    let mut text = serde_json::to_string_pretty(&Value::from(all)).unwrap();
    text.push('\n');
    fs::write(golden.with_extension("rows.json"), text).unwrap();
}
