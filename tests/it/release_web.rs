//! Releases over HTTP, on a real loopback socket: what is served, what is not, ranges and conditions, the feed, the index.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use aludel::clock::Clock;
use aludel::index::{Config as IndexConfig, Index};
use aludel::release::Config as ReleaseConfig;
use aludel::release::manifest::Manifest;
use aludel::release::publish::Root;
use aludel::store::{DataDir, Store};
use aludel::web::{self, Config, State};
use reqwest::header;
use serde_json::Value;

const FILE: &str = "data/open/train-00000-of-00001.parquet";

struct Site {
    folder: tempfile::TempDir,
    address: String,
    client: reqwest::Client,
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().flatten() {
        let to = to.join(entry.file_name());
        if entry.path().is_dir() { copy(&entry.path(), &to) } else { fs::copy(entry.path(), &to).map(drop).unwrap() }
    }
}

/// A service with two data sets, the first taken back, and one of each kind of folder that nobody is to see.
async fn site() -> Site {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let folder = tempfile::tempdir().unwrap();
    let data = DataDir::new(folder.path());
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/release_v1");
    let releases = data.releases();
    for place in ["dataset/1.0.0", "dataset/1.1.0", ".staged/dataset/1.2.0", ".partial-x/dataset/1.3.0"] {
        copy(&golden, &releases.join(place));
    }
    fs::create_dir_all(releases.join("dataset/1.4.0")).unwrap();
    fs::write(releases.join("dataset/1.4.0/README.md"), "half a release").unwrap();
    fs::write(releases.join("dataset/1.0.0/stray.txt"), "in no manifest").unwrap();
    fs::write(folder.path().join("minisign.key"), "secret").unwrap();
    let older = releases.join("dataset/1.0.0/manifest.json");
    let manifest = fs::read_to_string(&older).unwrap();
    fs::write(&older, manifest.replace("\"version\": \"1.1.0\"", "\"version\": \"1.0.0\"")).unwrap();
    let yank = r#"{"reason": "a key was <wrong> & harmful", "at": "2026-09-01T00:00:00Z"}"#;
    fs::write(releases.join("dataset/1.0.0/yanked.json"), yank).unwrap();

    let clock = Clock::system();
    let store = Store::open(&data.store(), clock.clone()).unwrap();
    let index = Arc::new(Index::open(&data.index(), &IndexConfig::default()).unwrap());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let settings = ReleaseConfig { publisher: "The Newt <Group>".into(), ..ReleaseConfig::default() };
    let state = State::new(store, index, clock, Config::default(), (Root::new(releases), settings));
    tokio::spawn(web::serve(listener, state, std::future::pending()));
    let client = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    Site { folder, address, client }
}

impl Site {
    async fn get(&self, path: &str, headers: &[(header::HeaderName, &str)]) -> reqwest::Response {
        let mut request = self.client.get(format!("{}{path}", self.address));
        for (name, value) in headers {
            request = request.header(name, *value);
        }
        request.send().await.unwrap()
    }

    async fn status(&self, path: &str, headers: &[(header::HeaderName, &str)]) -> u16 {
        self.get(path, headers).await.status().as_u16()
    }
}

fn is(response: &reqwest::Response, name: header::HeaderName) -> &str {
    response.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn every_listed_file_is_served_as_it_is() {
    let site = site().await;
    let folder = site.folder.path().join("releases/dataset/1.1.0");
    let manifest = Manifest::read(&folder).unwrap().unwrap();
    let beside = ["manifest.json", "manifest.json.minisig"].map(str::to_owned);
    for path in manifest.files.iter().map(|entry| entry.path.clone()).chain(beside) {
        let gzip = [(header::ACCEPT_ENCODING, "gzip")];
        let response = site.get(&format!("/releases/dataset/1.1.0/{path}"), &gzip).await;
        assert_eq!((response.status().as_u16(), is(&response, header::CONTENT_ENCODING)), (200, ""), "{path}");
        assert_eq!(response.bytes().await.unwrap(), fs::read(folder.join(&path)).unwrap(), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_manifest_lists_is_not_there() {
    let site = site().await;
    for path in [
        "/releases/dataset/1.0.0/stray.txt",
        "/releases/dataset/1.4.0/README.md",
        "/releases/dataset/1.4.0",
        "/releases/dataset/1.2.0/README.md",
        "/releases/.staged/dataset/1.2.0/README.md",
        "/releases/.partial-x/dataset/1.3.0/README.md",
        "/releases/model/.staged/1.2.0/README.md",
        "/releases/dataset/..%2F..%2Fminisign.key",
        "/releases/dataset/1.1.0/..%2F..%2F..%2Fminisign.key",
        "/releases/dataset/1.1.0/%2Fetc%2Fpasswd",
        "/releases/model/..%2f..%2f/1.1.0/minisign.key",
        "/releases/model/x/champion/README.md",
        "/releases/dataset/1.1.0/data",
        "/releases/dataset/1.1.0/yanked.json",
        "/releases/other",
    ] {
        assert_eq!(site.status(path, &[]).await, 404, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ranges_and_conditions_go_by_the_hash_in_the_manifest() {
    let site = site().await;
    let folder = site.folder.path().join("releases/dataset/1.1.0");
    let whole = fs::read(folder.join(FILE)).unwrap();
    let manifest = Manifest::read(&folder).unwrap().unwrap();
    let entry = manifest.files.iter().find(|entry| entry.path == FILE).unwrap();
    let tag = format!("\"{}\"", entry.sha256);
    let path = format!("/releases/dataset/1.1.0/{FILE}");
    let n = whole.len();

    let response = site.get(&path, &[]).await;
    assert_eq!(is(&response, header::ETAG), tag);
    assert_eq!(is(&response, header::ACCEPT_RANGES), "bytes");
    assert_eq!(is(&response, header::CONTENT_TYPE), "application/vnd.apache.parquet");

    // The footer first, as a reader of Parquet does, then a page.
    for (range, from, to) in [("bytes=-8", n - 8, n), ("bytes=4-103", 4, 104), ("bytes=100-", 100, n)] {
        let response = site.get(&path, &[(header::RANGE, range), (header::ACCEPT_ENCODING, "gzip")]).await;
        assert_eq!(response.status().as_u16(), 206, "{range}");
        assert_eq!(is(&response, header::CONTENT_RANGE), format!("bytes {from}-{}/{n}", to - 1));
        assert_eq!(is(&response, header::ETAG), tag);
        assert_eq!(response.bytes().await.unwrap(), whole[from..to], "{range}");
    }
    let beyond = site.get(&path, &[(header::RANGE, "bytes=99999999-")]).await;
    assert_eq!((beyond.status().as_u16(), is(&beyond, header::CONTENT_RANGE)), (416, format!("bytes */{n}").as_str()));

    let range = (header::RANGE, "bytes=0-3");
    assert_eq!(site.status(&path, &[range.clone(), (header::IF_RANGE, &tag)]).await, 206);
    assert_eq!(site.status(&path, &[range, (header::IF_RANGE, "\"another\"")]).await, 200);
    assert_eq!(site.status(&path, &[(header::IF_NONE_MATCH, &tag)]).await, 304);
    assert_eq!(site.status(&path, &[(header::IF_NONE_MATCH, "\"another\"")]).await, 200);
    assert_eq!(site.status(&path, &[(header::IF_MATCH, "\"another\"")]).await, 412);

    let head = site.client.head(format!("{}{path}", site.address)).send().await.unwrap();
    assert_eq!(is(&head, header::CONTENT_LENGTH), n.to_string());
    assert_eq!(is(&head, header::ETAG), tag);
    assert!(head.bytes().await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_another_length_than_listed_is_not_handed_out() {
    let site = site().await;
    fs::write(site.folder.path().join("releases/dataset/1.1.0").join(FILE), "PAR1").unwrap();
    assert_eq!(site.status(&format!("/releases/dataset/1.1.0/{FILE}"), &[]).await, 500);
    assert_eq!(site.status("/releases/dataset/1.1.0/README.md", &[]).await, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn latest_is_the_newest_that_was_not_taken_back() {
    let site = site().await;
    let response = site.get("/releases/dataset/latest/README.md", &[]).await;
    let to = (response.status().as_u16(), is(&response, header::LOCATION));
    assert_eq!(to, (307, "/releases/dataset/1.1.0/README.md"));
    let yank = r#"{"reason": "x", "at": "2026-09-02T00:00:00Z"}"#;
    fs::write(site.folder.path().join("releases/dataset/1.1.0/yanked.json"), yank).unwrap();
    assert_eq!(site.status("/releases/dataset/latest/README.md", &[]).await, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_index_the_feed_and_the_pages_agree() {
    let site = site().await;
    let index: Value = serde_json::from_str(&site.get("/api/v1/releases", &[]).await.text().await.unwrap()).unwrap();
    let releases = index["releases"].as_array().unwrap();
    let versions: Vec<&Value> = releases.iter().map(|release| &release["version"]).collect();
    assert_eq!(versions, ["1.1.0", "1.0.0"]);
    assert_eq!(releases[1]["yanked"]["reason"], "a key was <wrong> & harmful");
    for release in releases {
        for file in release["files"].as_array().unwrap() {
            assert_eq!(site.status(file["url"].as_str().unwrap(), &[]).await, 200, "{file}");
        }
        assert_eq!(site.status(release["manifest"].as_str().unwrap(), &[]).await, 200);
        assert_eq!(site.status(release["signature"].as_str().unwrap(), &[]).await, 200);
        let page = site.get(release["url"].as_str().unwrap(), &[]).await.text().await.unwrap();
        assert!(page.contains(release["files"][0]["sha256"].as_str().unwrap()));
    }

    let response = site.get("/releases/feed.atom", &[]).await;
    assert_eq!(is(&response, header::CONTENT_TYPE), "application/atom+xml; charset=utf-8");
    let text = response.text().await.unwrap();
    let feed = feed_rs::parser::parse(text.as_bytes()).unwrap();
    assert_eq!(feed.entries.len(), 2);
    assert_eq!(feed.authors[0].name.as_deref(), Some("The Newt <Group>"));
    assert!(feed.links.iter().any(|link| link.href == format!("{}/releases/feed.atom", site.address)), "{text}");
    let old = &feed.entries[1];
    assert!(old.title.as_ref().unwrap().content.ends_with("taken back"));
    assert!(old.summary.as_ref().unwrap().content.starts_with("Taken back: a key was <wrong> & harmful."));
    let again = site.get("/releases/feed.atom", &[]).await.text().await.unwrap();
    assert_eq!(again, text, "ids and times stay");

    let page = site.get("/releases", &[]).await.text().await.unwrap();
    assert!(page.contains("a key was &lt;wrong&gt; &amp; harmful"), "{page}");
    assert!(page.contains("/releases/dataset/1.1.0/"));
}
