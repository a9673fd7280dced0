//! What people see of releases: the list, and one release with its files.

use std::path::Path;

use axum::extract::State as Extract;
use axum::response::{Html, IntoResponse, Response};
use maud::{Markup, html};

use super::super::State;
use super::super::page::frame;
use super::{href, percent};
use crate::release::catalog::Listed;
use crate::release::manifest::{self, Kind, Manifest};
use crate::release::publish::{Yank, yanked};
use crate::release::{Error, size};

/// A release as its page shows it.
pub(super) struct Shown {
    manifest: Manifest,
    yanked: Option<Yank>,
}

impl Shown {
    pub fn new(folder: &Path, manifest: &Manifest) -> Result<Self, Error> {
        Ok(Shown { manifest: manifest.clone(), yanked: yanked(folder)? })
    }
}

pub(in crate::web) async fn list(Extract(state): Extract<State>) -> Response {
    match state.look(|releases| Ok(releases.list()?)).await {
        Ok(listed) => frame("Releases", "", &listing(&listed)).into_response(),
        Err(error) => error.page(),
    }
}

fn listing(listed: &[Listed]) -> Markup {
    html! {
        h1 { "Releases" }
        @if listed.is_empty() {
            p { "Nothing was released yet. The schedule does it; " code { "aludel release dataset" } " does it now." }
        } @else {
            table {
                thead { tr { th { "Release" } th { "Made" } th { "Questions" } th { "Size" } th { "" } } }
                tbody {
                    @for release in listed {
                        @let manifest = &release.manifest;
                        tr {
                            td { a href=(address(manifest)) { (title(manifest)) } }
                            td { time datetime=(manifest.created) { (manifest.created.get(..10).unwrap_or_default()) } }
                            td { @if let Some(rows) = manifest.more.get("rows") { (rows) } }
                            td { (size(manifest.bytes())) }
                            td { @if let Some(yank) = &release.yanked { strong { "taken back: " } (yank.reason) } }
                        }
                    }
                }
            }
        }
        p.meta { a href="/releases/feed.atom" { "Atom feed" } " · " a href="/api/v1/releases" { "As JSON" } }
    }
}

pub(super) fn release(shown: &Shown) -> Html<String> {
    let Shown { manifest, yanked } = shown;
    let at = address(manifest);
    let content = html! {
        h1 { (title(manifest)) }
        @if let Some(yank) = yanked {
            p { strong { "Taken back on " (yank.at.get(..10).unwrap_or_default()) ": " } (yank.reason) }
        }
        p { "Made on " time datetime=(manifest.created) { (manifest.created) } ". "
            @if let Some(rows) = manifest.more.get("rows") { (rows) " questions. " }
            (manifest.files.len()) " files, " (size(manifest.bytes())) "." }
        p { "To check a copy of it, offline: " code { "aludel release verify DIR" } ", or "
            code { "minisign -Vm manifest.json -p minisign.pub" } " and the SHA-256 below." }
        table {
            thead { tr { th { "File" } th { "Size" } th { "SHA-256" } } }
            tbody {
                @for beside in [manifest::FILE, manifest::SIGNATURE] {
                    tr { td { a href={ (at) (beside) } { (beside) } } td { } td { } }
                }
                @for file in &manifest.files {
                    tr {
                        td { a href={ (at) (percent(&file.path)) } { (file.path) } }
                        td { (size(file.bytes)) }
                        td { code { (file.sha256) } }
                    }
                }
            }
        }
        p { a href="/releases" { "All releases" } }
    };
    frame(&title(manifest), "", &content)
}

fn address(manifest: &Manifest) -> String {
    href(manifest.kind, &manifest.name, manifest.version)
}

pub(super) fn title(manifest: &Manifest) -> String {
    let kind = match manifest.kind {
        Kind::Dataset => "data set",
        Kind::Model => "model",
    };
    format!("{} {} ({kind})", manifest.name, manifest.version)
}
