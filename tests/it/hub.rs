//! Releases pushed to a hub on loopback that refuses what the real one refuses.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use aludel::fetch::Retry;
use aludel::model::delivery::SourceName;
use aludel::release::hub::Config as HubConfig;
use aludel::release::manifest::Kind;
use aludel::release::publish::yank;
use aludel::worker::jobs::{self, push};
use aludel::worker::queue::{Cause, Order};
use aludel::worker::{Error, jobs::release::model};
use tokio::runtime::Runtime;

use crate::release_models::adapter;
use crate::support::aludel;
use crate::support::hub::{File, Hub, TOKEN};
use crate::support::service::{Serve, quiet, until};
use crate::support::station::{Station, dated, files, invented, licensed, time, whole};

const NAME: &str = "aludel-biology";
const REPO: &str = "datasets/newts/aludel-biology";

/// A hub, and a station that pushes to it when asked.
struct World {
    hub: Hub,
    station: Station,
    folder: tempfile::TempDir,
    _runtime: Runtime,
}

fn world() -> World {
    let runtime = Runtime::new().unwrap();
    let hub = runtime.block_on(Hub::serve());
    let folder = tempfile::tempdir().unwrap();
    let token_file = folder.path().join("token");
    fs::write(&token_file, format!("{TOKEN}\n")).unwrap();
    let config = HubConfig {
        owner: "newts".into(),
        endpoint: hub.address.clone(),
        token_file: Some(token_file),
        backoff_ms: 1,
        ..HubConfig::default()
    };
    let release = aludel::release::Config { hub: config, ..whole() };
    let station = Station::open(&folder.path().join("data"), release);
    for number in 1..=12 {
        station.deliver(
            SourceName::Biorxiv,
            dated(licensed(number, if number % 2 == 0 { "cc_by" } else { "cc_by_nc" }), "2026-02-03"),
        );
    }
    World { hub, station, folder, _runtime: runtime }
}

impl World {
    fn push(&self) -> Result<(), Error> {
        jobs::run(&self.station.env, &Order::Push {})
    }

    /// The repository as files, without the hub's own.
    fn there(&self) -> BTreeMap<String, Vec<u8>> {
        let paths: Vec<String> =
            self.hub.repo(REPO).files.into_keys().filter(|path| path != ".gitattributes").collect();
        paths.into_iter().map(|path| (path.clone(), self.hub.content(REPO, &path).unwrap())).collect()
    }

    fn n_uploads(&self) -> usize {
        self.hub.inside().seen.iter().filter(|line| line.starts_with("PUT ")).count()
    }
}

#[test]
fn a_repository_holds_what_the_release_holds_and_only_changes_are_sent() {
    let world = world();
    let (_, first) = world.station.published(Cause::Command, "2026-06-01");
    let pushed = push::now(&world.station.env, Kind::Dataset, NAME, &|_, _| ()).unwrap();
    assert_eq!(world.there(), files(&first));
    let repo = world.hub.repo(REPO);
    assert_eq!((repo.commits.len(), repo.tags.get("1.0.0")), (2, repo.commits.last()));
    assert_eq!((pushed.changed, pushed.deleted, pushed.unchanged), (files(&first).len(), 0, 0));
    let large = repo.files.values().filter(|file| matches!(file, File::Large { .. })).count();
    assert!(large > 0 && pushed.uploaded_bytes > 0);
    assert!(world.hub.inside().seen.iter().any(|line| line.starts_with("POST complete/")), "nothing went in parts");

    let before = world.n_uploads();
    let again = push::now(&world.station.env, Kind::Dataset, NAME, &|_, _| ()).unwrap();
    assert_eq!((again.changed, again.deleted, again.uploaded_bytes), (0, 0, 0));
    assert_eq!((world.hub.repo(REPO).commits.len(), world.n_uploads()), (2, before));

    // One part of the data stays as it was, one goes.
    for number in [1, 3, 5, 7, 9, 11] {
        world.station.deliver(SourceName::Biorxiv, dated(licensed(number, "cc_no"), "2026-02-03"));
    }
    let (version, second) = world.station.published(Cause::Command, "2026-07-01");
    world.push().unwrap();
    assert_eq!(world.there(), files(&second));
    let repo = world.hub.repo(REPO);
    assert_eq!(repo.tags.keys().collect::<Vec<_>>(), ["1.0.0", version.as_str()]);
    let gone = "data/non_commercial/train-00000-of-00001.parquet";
    assert!(files(&first).contains_key(gone) && !world.there().contains_key(gone), "a file that is gone was deleted");
    let audited = world.station.env.store.read().unwrap().audited("release_pushed", 9).unwrap();
    assert_eq!(audited.len(), 3);

    // Nothing new: the hub is not asked at all.
    let seen = world.hub.inside().seen.len();
    world.push().unwrap();
    assert_eq!(world.hub.inside().seen.len(), seen);
}

#[test]
fn passing_faults_are_sat_out_and_others_are_said_without_the_token() {
    let world = world();
    let (_, folder) = world.station.published(Cause::Command, "2026-06-01");
    world.hub.inside().faults = vec![
        ("POST api/repos/create", 503, None),
        ("GET api/datasets", 502, None),
        ("POST api/datasets/newts/aludel-biology/preupload", 429, Some("0")),
        ("objects/batch", 500, None),
        ("PUT ", 503, Some("0")),
        ("PUT ", 500, None),
        ("POST complete/", 504, None),
        ("POST verify", 500, None),
        ("commit/main", 500, None),
        ("tag/", 500, None),
    ];
    world.push().unwrap();
    assert!(world.hub.inside().faults.is_empty());
    assert_eq!(world.there(), files(&folder));

    let error = |fault: (&'static str, u16, Option<&'static str>)| {
        world.hub.inside().faults = vec![fault; 9];
        let error = push::now(&world.station.env, Kind::Dataset, NAME, &|_, _| ()).unwrap_err();
        world.hub.inside().faults.clear();
        assert!(!error.to_string().contains("0123456789"), "{error}");
        (error.to_string(), error.retry())
    };
    let (said, retry) = error(("POST api/repos", 403, None));
    assert!(said.contains("HTTP 403") && said.contains("release.hub.token_file") && retry == Retry::Never, "{said}");
    let (said, retry) = error(("GET api/datasets", 500, None));
    assert!(said.contains("127.0.0.1 failed with HTTP 500") && retry == Retry::Backoff, "{said}");
    let (said, retry) = error(("GET api/datasets", 429, Some("3600")));
    assert!(retry == Retry::After(Duration::from_secs(3600)), "{said}");
    let (said, _) = error(("GET api/datasets", 307, None));
    assert!(said.contains("has moved"), "{said}");
}

#[test]
fn somebody_elses_commit_in_between_is_planned_around() {
    let world = world();
    let (_, folder) = world.station.published(Cause::Command, "2026-06-01");
    world.hub.inside().overtake = true;
    world.push().unwrap();
    assert_eq!(world.there(), files(&folder));
    assert_eq!(world.hub.repo(REPO).commits.len(), 3);
}

#[test]
fn files_go_only_to_https_or_this_machine_and_only_as_released() {
    let world = world();
    let (_, folder) = world.station.published(Cause::Command, "2026-06-01");
    world.hub.inside().storage_at = Some("http://storage.example".into());
    let error = world.push().unwrap_err();
    assert!(
        error.to_string().contains("neither https nor on this machine") && error.retry() == Retry::Never,
        "{error}"
    );
    world.hub.inside().storage_at = None;
    let readme = folder.join("README.md");
    let text = fs::read_to_string(&readme).unwrap();
    fs::write(&readme, text.replacen('a', "b", 1)).unwrap();
    let error = world.push().unwrap_err();
    assert!(error.to_string().contains("README.md is not as its release's manifest says"), "{error}");
    assert!(world.hub.repo(REPO).tags.is_empty());
}

#[test]
fn a_release_that_is_taken_back_loses_its_tag() {
    let world = world();
    let (_, first) = world.station.published(Cause::Command, "2026-06-01");
    world.push().unwrap();
    world.station.deliver(SourceName::Biorxiv, dated(invented(40), "2026-02-03"));
    let (_, second) = world.station.published(Cause::Command, "2026-07-01");
    world.push().unwrap();
    yank(&second, "a wrong key", time("2026-07-02")).unwrap();
    world.push().unwrap();
    assert_eq!(world.there(), files(&first), "the newest that stands");
    assert_eq!(world.hub.repo(REPO).tags.keys().collect::<Vec<_>>(), ["1.0.0"]);
}

#[test]
fn a_models_champion_is_pushed_to_a_repository_of_its_own() {
    let world = world();
    for value in [0.25, 0.5] {
        let weights = tempfile::tempdir().unwrap();
        adapter(weights.path(), value);
        model(&world.station.env, weights.path(), "newt-8b", time("2026-06-01")).unwrap();
    }
    let root = jobs::release::root(&world.station.env);
    let pushed = || {
        world.push().unwrap();
        world.hub.repo("models/newts/newt-8b").tags.into_keys().collect::<Vec<_>>()
    };
    assert_eq!(pushed(), ["1.1.0"], "the newest, while there is no champion");
    let champion = aludel::release::model::alias::Alias::Champion;
    aludel::release::model::alias::set(&root, "newt-8b", champion, "1.0.0".parse().unwrap()).unwrap();
    assert_eq!(pushed(), ["1.0.0", "1.1.0"]);
    let weights = world.hub.content("models/newts/newt-8b", "adapter_model.safetensors").unwrap();
    assert_eq!(weights, fs::read(root.path().join("model/newt-8b/1.0.0/adapter_model.safetensors")).unwrap());
}

/// The configuration file of a program of its own on the world's data.
fn configuration(world: &World) -> PathBuf {
    let token = world.folder.path().join("token");
    let more = format!(
        "[release]\nreserve_mib = 0\nalign = false\n[release.hub]\nowner = \"newts\"\nendpoint = {:?}\ntoken_file = {:?}\nbackoff_ms = 1\n",
        world.hub.address,
        token.display().to_string()
    );
    quiet(world.folder.path(), &more)
}

#[test]
fn a_killed_push_goes_on_where_it_was_and_the_service_does_it_by_itself() {
    let world = world();
    let (_, released) = world.station.published(Cause::Command, "2026-06-01");
    let expected = files(&released);
    let World { hub, station, folder, _runtime } = world;
    drop(station);
    let world = World { station: Station::open(&folder.path().join("other"), whole()), hub, folder, _runtime };
    let config = configuration(&world);

    world.hub.inside().slow = Duration::from_millis(200);
    let mut child = aludel()
        .args(["release", "push", "--config"])
        .arg(&config)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    until("a large file that is there", || (!world.hub.inside().objects.is_empty()).then_some(()));
    child.kill().unwrap();
    child.wait().unwrap();
    let kept = world.hub.inside().objects.clone();
    let n_before = world.n_uploads();
    assert!(world.hub.repo(REPO).tags.is_empty() && world.hub.repo(REPO).commits.len() == 1);

    world.hub.inside().slow = Duration::ZERO;
    let serve = Serve::start(&config, None);
    until("the tag", || world.hub.repo(REPO).tags.contains_key("1.0.0").then_some(()));
    assert!(serve.stop().success());
    assert_eq!(world.there(), expected);
    let again = world
        .hub
        .inside()
        .seen
        .iter()
        .filter(|line| line.starts_with("PUT "))
        .skip(n_before)
        .cloned()
        .collect::<Vec<_>>();
    for oid in kept.keys() {
        assert!(!again.iter().any(|line| line.contains(oid.as_str())), "{oid} was sent twice");
    }
}

/// The loopback hub is as the real one as far as the real client can tell, and both clients leave the same repository.
#[test]
fn the_hubs_own_client_and_ours_agree() {
    let Some(venv) = std::env::var_os("ALUDEL_CLIENTS").filter(|venv| venv != "1") else {
        println!("skipped: ALUDEL_CLIENTS is not set to the folder of a virtual environment with huggingface_hub");
        return;
    };
    let python = Path::new(&venv).join("bin/python");
    let is_there = std::process::Command::new(&python).args(["-c", "import huggingface_hub"]).status();
    if !is_there.is_ok_and(|status| status.success()) {
        println!("skipped: huggingface_hub is not in {}", python.display());
        return;
    }
    let world = world();
    let (_, released) = world.station.published(Cause::Command, "2026-06-01");
    world.push().unwrap();
    let into = world.folder.path().join("downloaded");
    let output = std::process::Command::new(&python)
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/hub_client.py"))
        .args([&world.hub.address, TOKEN])
        .arg(&released)
        .args(["newts/theirs", "newts/aludel-biology"])
        .arg(&into)
        .env("HF_HOME", world.folder.path().join("hf"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(world.hub.repo("datasets/newts/theirs").files, world.hub.repo(REPO).files);
    let mut downloaded = files(&into);
    downloaded.retain(|path, _| !path.starts_with(".cache") && path != ".gitattributes");
    assert_eq!(downloaded, files(&released));
    println!("huggingface_hub and aludel leave the same {} files", downloaded.len());
}
