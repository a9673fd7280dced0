//! Releases by the real program: the same bytes anywhere, nothing half done however it ends, and old readers that go on reading.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::{Duration, Instant};

use aludel::release::schema;
use aludel::release::sign::Signer;
use aludel::release::verify::verify;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::Value;
use tempfile::TempDir;

use crate::support::{aludel, article, json_lines};

fn run(data: &Path, args: &[&str]) -> Output {
    let output = aludel().args(args).arg("--data-dir").arg(data).output().unwrap();
    assert!(!String::from_utf8_lossy(&output.stderr).contains("panicked"), "{output:?}");
    output
}

fn json(data: &Path, args: &[&str]) -> Value {
    let output = run(data, args);
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    json_lines(&output.stdout).pop().unwrap()
}

/// Takes in invented articles with these numbers.
fn ingest(data: &Path, numbers: impl Iterator<Item = u32>) {
    let folder = TempDir::new().unwrap();
    for number in numbers {
        fs::write(folder.path().join(format!("{number}.xml")), article(number)).unwrap();
    }
    let folder = folder.path().display().to_string();
    assert!(run(data, &["ingest", "--json", &folder]).status.success());
}

fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut all = BTreeMap::new();
    let mut left = vec![folder.to_owned()];
    while let Some(next) = left.pop() {
        for entry in fs::read_dir(&next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                left.push(path);
            } else {
                all.insert(path.strip_prefix(folder).unwrap().to_owned(), fs::read(&path).unwrap());
            }
        }
    }
    all
}

fn copy(from: &Path, to: &Path) {
    for (path, bytes) in files(from) {
        let to = to.join(path);
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::write(to, bytes).unwrap();
    }
}

fn published(data: &Path) -> Vec<PathBuf> {
    let folder = data.join("releases/dataset");
    let mut all: Vec<PathBuf> =
        fs::read_dir(folder).map(|all| all.flatten().map(|entry| entry.path()).collect()).unwrap_or_default();
    all.sort();
    all
}

#[test]
fn the_same_store_gives_the_same_bytes_at_another_place_and_in_another_zone() {
    let (here, there) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let there = there.path().join("some where/else");
    ingest(here.path(), 1..=12);
    Signer::open(&here.path().join("minisign.key")).unwrap();
    copy(here.path(), &there);
    fs::set_permissions(there.join("minisign.key"), std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let release = |data: &Path, zone: &str, at: &str| {
        let mut command = aludel();
        command.args(["release", "dataset", "--json", "--at", at, "--data-dir"]).arg(data);
        let output = command.env("TZ", zone).env("LC_ALL", "tr_TR.UTF-8").output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        PathBuf::from(json_lines(&output.stdout)[0]["path"].as_str().unwrap())
    };
    for at in ["2026-06-01T23:30:00-08:00", "2026-07-02"] {
        let a = files(&release(here.path(), "Pacific/Kiritimati", at));
        let b = files(&release(&there, "America/Los_Angeles", at));
        assert_eq!(a.keys().collect::<Vec<_>>(), b.keys().collect::<Vec<_>>());
        // A minisign signature has chance in it.
        for (path, bytes) in a.iter().filter(|(path, _)| !path.ends_with("manifest.json.minisig")) {
            assert!(*bytes == b[path], "{} differs", path.display());
        }
        ingest(here.path(), 13..=14);
        ingest(&there, 13..=14);
    }
}

#[test]
fn a_killed_release_leaves_nothing_half_done_and_the_next_run_ends_it() {
    let folder = TempDir::new().unwrap();
    let data = folder.path();
    ingest(data, 1..=30);
    let args = ["release", "dataset", "--json"];
    let began = Instant::now();
    assert_eq!(json(data, &args)["version"], "1.0.0");
    let usual = began.elapsed();
    let mut chance = ChaCha8Rng::seed_from_u64(1);
    let (mut n_cut, mut n_rows) = (0, 0);
    for round in 1..=10_u32 {
        ingest(data, 100 + round..=100 + round);
        let n_before = published(data).len();
        let mut child = aludel()
            .args(args)
            .arg("--data-dir")
            .arg(data)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_secs_f64(usual.as_secs_f64() * chance.random_range(0.1..1.1)));
        // An end by itself in the same moment is a moment, too.
        let _ = child.kill();
        child.wait().unwrap();
        for release in published(data) {
            let found = verify(&release, None).unwrap();
            assert!(found.ok, "round {round}: {}: {:?}", release.display(), found.errors);
        }
        let listed = run(data, &["release", "list", "--json"]);
        assert_eq!(json_lines(&listed.stdout).len(), published(data).len());
        let was_published = published(data).len() > n_before;
        n_cut += u32::from(!was_published);
        let made = json(data, &args);
        // Whether the killed run had come to its end or not: one release a round, with one paper more.
        assert_eq!(published(data).len(), n_before + 1, "round {round}: {made}");
        if was_published {
            assert_eq!(made["state"], "skipped", "{made}");
        } else {
            assert_eq!(made["version"], format!("1.{round}.0"), "{made}");
            assert_eq!(made["changes"]["added"].as_u64(), Some(1), "{made}");
            n_rows = made["rows"].as_u64().unwrap();
        }
        let left = fs::read_dir(data.join("releases")).unwrap().flatten();
        assert!(!left.map(|entry| entry.file_name()).any(|name| name.to_string_lossy().starts_with(".partial")));
    }
    assert!(n_cut >= 3, "only {n_cut} of 10 kills came before the end");
    assert!(n_rows > 30);
    let counted = json(data, &["release", "dataset", "--json"]);
    assert_eq!(counted["reason"], "nothing changed since 1.10.0");
}

/// The one moment that chance seldom finds: the folder is in its place and the store does not say so yet.
#[test]
fn a_kill_between_the_folder_and_the_record_is_made_good() {
    let folder = TempDir::new().unwrap();
    let data = folder.path();
    ingest(data, 1..=3);
    json(data, &["release", "dataset", "--json"]);
    let store = || rusqlite::Connection::open(data.join("aludel.db")).unwrap();
    store()
        .execute_batch(
            "DELETE FROM released; UPDATE releases SET status = 'staged', published_at = NULL, summary = NULL",
        )
        .unwrap();
    assert_eq!(json(data, &["release", "dataset", "--json"])["reason"], "nothing changed since 1.0.0");
    let count = |sql: &str| store().query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
    assert_eq!(count("SELECT count(*) FROM released"), 3);
    assert_eq!(count("SELECT count(*) FROM releases WHERE status = 'published' AND summary IS NOT NULL"), 1);

    // A damaged release is no reason to make no further one.
    let old = published(data).pop().unwrap();
    let file = old.join("data/open/train-00000-of-00001.parquet");
    let bytes = fs::read(&file).unwrap();
    fs::write(&file, &bytes[..bytes.len() / 2]).unwrap();
    ingest(data, 4..=4);
    let made = json(data, &["release", "dataset", "--json"]);
    assert_eq!((&made["version"], &made["changes"]), (&"1.1.0".into(), &Value::Null), "{made}");
}

#[test]
fn staged_published_yanked_pinned_and_kept() {
    let folder = TempDir::new().unwrap();
    let data = folder.path();
    let nothing = json(data, &["release", "dataset", "--json"]);
    assert_eq!(
        (nothing["state"].as_str(), nothing["reason"].as_str()),
        (Some("skipped"), Some("no question may be released: no question is accepted"))
    );
    ingest(data, 1..=3);
    let sealed = json(data, &["release", "dataset", "--stage", "--json"]);
    assert_eq!(sealed["state"], "sealed");
    assert!(published(data).is_empty());
    assert_eq!(json(data, &["release", "dataset", "--json"])["state"], "skipped", "one is waiting");
    assert_eq!(json(data, &["release", "publish", "1.0.0", "--discard", "a slip", "--json"])["state"], "discarded");
    assert_eq!(json(data, &["release", "dataset", "--stage", "--json"])["version"], "1.0.0");
    let path = json(data, &["release", "publish", "1.0.0", "--json"])["path"].as_str().unwrap().to_owned();
    assert!(verify(Path::new(&path), None).unwrap().ok);
    assert!(!run(data, &["release", "publish", "1.0.0"]).status.success());

    json(data, &["release", "yank", "1.0.0", "--reason", "keys were wrong", "--json"]);
    let listed = json(data, &["release", "list", "--json"]);
    assert_eq!(listed["yanked"]["reason"], "keys were wrong");
    let checked = json(data, &["release", "verify", "1.0.0", "--json"]);
    assert_eq!((&checked["ok"], &checked["yanked"]["reason"]), (&true.into(), &"keys were wrong".into()));

    // Two minor releases are kept, and what is pinned.
    let config = data.join("aludel.toml");
    fs::write(&config, "[release]\nkeep = 2\n").unwrap();
    let with = |args: &[&str]| {
        let output = aludel().args(args).arg("--config").arg(&config).arg("--data-dir").arg(data).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    with(&["release", "pin", "1.0.0"]);
    for number in 4..=7 {
        ingest(data, number..=number);
        with(&["release", "dataset"]);
    }
    let names: Vec<String> =
        published(data).iter().map(|path| path.file_name().unwrap().to_string_lossy().into_owned()).collect();
    assert_eq!(names, ["1.0.0", "1.3.0", "1.4.0"]);
    let diff = json(data, &["release", "diff", "1.3.0", "1.4.0", "--json"]);
    assert_eq!(diff["counts"]["added"], 1, "{diff}");
    let check = || json_lines(&run(data, &["check", "--json"]).stdout).pop().unwrap();
    assert_eq!(check()["ok"], true, "{}", check());
    fs::write(Path::new(&path).join("README.md"), "changed").unwrap();
    assert!(
        check()["release_faults"][0].as_str().unwrap().starts_with("release aludel-biology 1.0.0: README.md: "),
        "{}",
        check()
    );
    let output = run(data, &["release", "verify", &path]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stdout).contains("README.md: "), "{output:?}");
}

fn golden() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/release_v1")
}

#[test]
fn a_release_of_version_1_opens_for_ever() {
    let folder = golden();
    let found = verify(&folder, None).unwrap();
    assert!(found.ok, "{:?}", found.errors);
    let rows: Vec<Value> = aludel::release::read::data_files(&folder)
        .unwrap()
        .iter()
        .flat_map(|file| aludel::release::read::rows(&file.path).unwrap().map(|row| row.unwrap().to_json_value()))
        .collect();
    let kept: Value = serde_json::from_slice(&fs::read(folder.with_extension("rows.json")).unwrap()).unwrap();
    assert_eq!(Value::from(rows), kept);
}

/// What a reader of release 1.0 knows of is still there, with the same names, types and order; more may stand behind it.
#[test]
fn the_schema_only_grows_at_its_end() {
    let old: Value = serde_json::from_slice(&fs::read(golden().join("schema.json")).unwrap()).unwrap();
    let now = schema::description();
    assert_eq!(old["major"], now["major"], "another major version needs a golden release of its own");
    let columns = |value: &Value| -> Vec<(Value, Value)> {
        value["columns"]
            .as_array()
            .unwrap()
            .iter()
            .map(|column| (column["name"].clone(), column["type"].clone()))
            .collect()
    };
    let (before, after) = (columns(&old), columns(&now));
    assert_eq!(before, after[..before.len()]);
    let message = |value: &Value| value["parquet"].as_str().unwrap().trim_end_matches("\n}").to_owned();
    assert!(message(&now).starts_with(&message(&old)));
}
