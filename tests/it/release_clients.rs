//! Real clients before a release: Python's, and Debian's minisign. Only when `ALUDEL_CLIENTS` is set, for they come over the network.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use aludel::model::delivery::SourceName;
use aludel::model::document::Document;
use aludel::model::licence::Licence;
use aludel::worker::jobs::release::{Made, model};
use aludel::worker::queue::Cause;
use tempfile::TempDir;

use crate::release_models::adapter;
use crate::support::station::{Station, dated, invented, time, whole};

/// Two releases with every part, split and kind of change; the second is returned.
fn second_release(folder: &Path) -> PathBuf {
    let config = aludel::release::Config { pointers: true, validation_share: 0.2, ..whole() };
    let station = Station::open(folder, config);
    let deliver = |number: u32, licence: &str, day: &str| {
        let document = Document { licence: Licence::from_api(licence), ..invented(number) };
        station.deliver(SourceName::Biorxiv, dated(document, day));
    };
    for (number, licence) in (1..=60).zip(["cc_by", "cc0", "cc_by_sa", "cc_by_nc", "cc_by_nd"].into_iter().cycle()) {
        deliver(number, licence, "2026-02-03");
    }
    (61..=64).for_each(|number| deliver(number, "cc_by", "2026-05-20"));
    station.published(Cause::Command, "2026-06-01");
    deliver(1, "cc_no", "2026-02-03");
    deliver(65, "cc_by", "2026-02-03");
    station.published(Cause::Command, "2026-07-01").1
}

#[test]
fn real_clients_read_a_release() {
    let folder = TempDir::new().unwrap();
    ask_clients(|| second_release(folder.path()));
}

#[test]
fn real_clients_read_a_model() {
    let (folder, weights) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    ask_clients(|| {
        adapter(weights.path(), 0.25);
        let station = Station::open(folder.path(), whole());
        match model(&station.env, weights.path(), "newt-8b", time("2026-06-01")).unwrap() {
            (Made::Published { folder, .. }, _) => folder,
            other => panic!("{other:?}"),
        }
    });
}

/// Puts what `release` makes before the clients.
fn ask_clients(release: impl FnOnce() -> PathBuf) {
    let Some(setting) = std::env::var_os("ALUDEL_CLIENTS") else {
        println!("skipped: ALUDEL_CLIENTS is not set (to 1, or to the folder of a virtual environment that is kept)");
        return;
    };
    let mut script = Command::new("python3");
    script.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/release_clients.py")).arg(release());
    if setting != "1" {
        script.arg("--venv").arg(setting);
    }
    // Two at a time would both fill the environment.
    static ONE: Mutex<()> = Mutex::new(());
    let _one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    let output = script.output().unwrap();
    println!("{}", String::from_utf8_lossy(&output.stdout));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
