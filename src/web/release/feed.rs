//! The Atom feed of releases (RFC 4287): one entry a release, and what was taken back says so.

use axum::extract::State as Extract;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, SecondsFormat, Utc};
use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};
use sha2::{Digest, Sha256};

use super::super::State;
use super::{href, page};
use crate::release::catalog::Listed;
use crate::release::manifest::FILE;
use crate::release::{Config, size};

/// Entries in the feed, the newest.
const MOST_ENTRIES: usize = 100;
const ATOM: &str = "http://www.w3.org/2005/Atom";

pub(in crate::web) async fn feed(Extract(state): Extract<State>, headers: HeaderMap) -> Response {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).map(str::to_owned);
    let now = state.clock.now();
    let text = state
        .look(move |releases| {
            let base = base(&releases.settings.url, host.as_deref());
            Ok(write(&releases.list()?, &releases.settings, &base, now)?)
        })
        .await;
    match text {
        Ok(text) => ([(header::CONTENT_TYPE, "application/atom+xml; charset=utf-8")], text).into_response(),
        Err(error) => error.page(),
    }
}

/// Where releases are found, without a slash at its end: as configured, else at the host that was asked.
fn base(configured: &str, host: Option<&str>) -> String {
    let is_host = |host: &&str| host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte));
    match (configured.trim_end_matches('/'), host.filter(is_host)) {
        ("", Some(host)) => format!("http://{host}/releases"),
        ("", None) => "/releases".to_owned(),
        (configured, _) => configured.to_owned(),
    }
}

/// `now`: the feed's time when nothing was released yet.
fn write(listed: &[Listed], settings: &Config, base: &str, now: DateTime<Utc>) -> std::io::Result<Vec<u8>> {
    let publisher = match settings.publisher.as_str() {
        "" => "the operator of this installation",
        publisher => publisher,
    };
    let newest = listed.iter().map(updated).max();
    let newest = newest.unwrap_or_else(|| now.to_rfc3339_opts(SecondsFormat::Secs, true));
    let mut writer = Writer::new_with_indent(Vec::new(), b' ', 1);
    writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("utf-8"), None)))?;
    writer.create_element("feed").with_attribute(("xmlns", ATOM)).write_inner_content(|feed| {
        text(feed, "title", &format!("Releases of {}", settings.name))?;
        text(feed, "id", &urn(&format!("feed {} {publisher} {}", settings.name, settings.url)))?;
        text(feed, "updated", &newest)?;
        feed.create_element("author").write_inner_content(|author| text(author, "name", publisher))?;
        link(feed, "self", &format!("{base}/feed.atom"), "application/atom+xml")?;
        link(feed, "alternate", base, "text/html")?;
        for release in listed.iter().take(MOST_ENTRIES) {
            feed.create_element("entry").write_inner_content(|entry| write_entry(entry, release, base))?;
        }
        Ok(())
    })?;
    let mut bytes = writer.into_inner();
    bytes.push(b'\n');
    Ok(bytes)
}

fn write_entry(entry: &mut Writer<Vec<u8>>, release: &Listed, base: &str) -> std::io::Result<()> {
    let manifest = &release.manifest;
    let path = href(manifest.kind, &manifest.name, manifest.version);
    let at = format!("{base}{}", path.strip_prefix("/releases").unwrap_or(&path));
    let title = page::title(manifest);
    let (title, yanked) = match &release.yanked {
        Some(yank) => (format!("{title}, taken back"), format!("Taken back: {}. ", yank.reason)),
        None => (title, String::new()),
    };
    let rows = manifest.more.get("rows").map_or(String::new(), |rows| format!("{rows} questions, "));
    text(entry, "title", &title)?;
    text(entry, "id", &urn(&String::from_utf8_lossy(&manifest.to_bytes())))?;
    text(entry, "published", &manifest.created)?;
    text(entry, "updated", &updated(release))?;
    link(entry, "alternate", &at, "text/html")?;
    link(entry, "related", &format!("{at}{FILE}"), "application/json")?;
    text(entry, "summary", &format!("{yanked}{rows}{} files, {}", manifest.files.len(), size(manifest.bytes())))
}

fn updated(release: &Listed) -> String {
    release.yanked.as_ref().map_or_else(|| release.manifest.created.clone(), |yank| yank.at.clone())
}

fn text(parent: &mut Writer<Vec<u8>>, name: &str, content: &str) -> std::io::Result<()> {
    // XML 1.0 has no place for control characters, escaped or not.
    let content: String = content.chars().filter(|c| !c.is_control()).collect();
    parent.create_element(name).write_text_content(BytesText::new(&content))?;
    Ok(())
}

fn link(parent: &mut Writer<Vec<u8>>, relation: &str, to: &str, kind: &str) -> std::io::Result<()> {
    parent.create_element("link").with_attributes([("rel", relation), ("href", to), ("type", kind)]).write_empty()?;
    Ok(())
}

/// An id that stays the same as long as `content` does: the start of its SHA-256 as a UUID of version 8 (RFC 9562, 5.8).
fn urn(content: &str) -> String {
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&Sha256::digest(content)[..16]);
    bytes[6] = bytes[6] & 0x0f | 0x80;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("urn:uuid:{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_base_is_configured_or_the_host_that_was_asked() {
        assert_eq!(base("https://example.org/releases/", Some("x")), "https://example.org/releases");
        assert_eq!(base("", Some("127.0.0.1:8642")), "http://127.0.0.1:8642/releases");
        assert_eq!(base("", Some("a\"><script")), "/releases");
        assert_eq!(base("", None), "/releases");
    }

    #[test]
    fn ids_are_uuids_that_stay() {
        let id = urn("abc");
        assert_eq!(id, "urn:uuid:ba7816bf-8f01-8fea-8141-40de5dae2223");
    }

    #[test]
    fn an_empty_feed_is_a_feed() {
        let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let settings = Config { publisher: "A & <B>".into(), ..Config::default() };
        let feed = write(&[], &settings, "http://localhost/releases", now).unwrap();
        let feed = feed_rs::parser::parse(feed.as_slice()).unwrap();
        assert_eq!(feed.authors[0].name.as_deref(), Some("A & <B>"));
        assert_eq!(feed.updated, Some(now));
    }
}
