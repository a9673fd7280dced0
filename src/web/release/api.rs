//! The JSON index of releases.

use axum::Json;
use axum::extract::State as Extract;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::super::State;
use super::{Releases, href, percent};
use crate::release::Error;
use crate::release::catalog::Listed;
use crate::release::manifest::{FILE, Kind, SIGNATURE};
use crate::release::model::alias::{self, Alias};

#[utoipa::path(
    get, path = "/api/v1/releases",
    responses((status = 200, description = "releases, newest first: kind, name, version, created, url, manifest, signature, files with bytes, sha256 and url, yanked, and a model's aliases", body = Value))
)]
pub(in crate::web) async fn releases(Extract(state): Extract<State>) -> Response {
    let found = state
        .look(|releases| {
            let listed = releases.list()?;
            Ok(listed.iter().map(|release| view(releases, release)).collect::<Result<Vec<_>, _>>()?)
        })
        .await;
    match found {
        Ok(releases) => Json(json!({ "releases": releases })).into_response(),
        Err(error) => error.json(),
    }
}

fn view(releases: &Releases, release: &Listed) -> Result<Value, Error> {
    let manifest = &release.manifest;
    let url = href(manifest.kind, &manifest.name, manifest.version);
    let files: Vec<Value> = manifest
        .files
        .iter()
        .map(|file| json!({ "path": file.path, "bytes": file.bytes, "sha256": file.sha256, "url": format!("{url}{}", percent(&file.path)) }))
        .collect();
    let mut value = json!({
        "kind": manifest.kind, "name": manifest.name, "version": manifest.version, "created": manifest.created,
        "url": url, "manifest": format!("{url}{FILE}"), "signature": format!("{url}{SIGNATURE}"),
        "bytes": manifest.bytes(), "files": files, "yanked": release.yanked,
    });
    if let Some(rows) = manifest.more.get("rows") {
        value["rows"] = rows.clone();
    }
    if manifest.kind == Kind::Model {
        let mut aliases = Vec::new();
        for alias in [Alias::Champion, Alias::Candidate] {
            if alias::history(&releases.root, &manifest.name, alias)?.first() == Some(&manifest.version) {
                aliases.push(alias.as_str());
            }
        }
        value["aliases"] = json!(aliases);
    }
    Ok(value)
}
