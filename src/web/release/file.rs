//! One file of a release: entity tags from the manifest's SHA-256, ranges, conditions (RFC 9110, 13 and 14).

use std::path::{Path, PathBuf};

use axum::body::Body;
use axum::extract::{Path as PathIs, Request, State as Extract};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use tower_http::services::ServeFile;

use super::super::{Error, State};
use super::{Named, Releases, page};
use crate::release::manifest;

/// A published file never changes under its address; retention may take it away.
const FOR_A_DAY: HeaderValue = HeaderValue::from_static("public, max-age=86400, immutable");
/// What is written after a release was published.
const ASK_AGAIN: HeaderValue = HeaderValue::from_static("no-cache");

/// Where a file lies, and what the manifest says of it.
struct Found {
    path: PathBuf,
    /// The strong entity tag with its quotes; `None` for a file that the manifest can not list.
    tag: Option<String>,
    /// As listed.
    bytes: Option<u64>,
}

enum Answer {
    File(Found),
    Page(Box<page::Shown>),
    Moved(String),
    Nothing,
}

pub(in crate::web) async fn serve(
    Extract(state): Extract<State>,
    PathIs(path): PathIs<String>,
    request: Request,
) -> Response {
    let asked = path.clone();
    let answer = state.look(move |releases| answer(releases, &asked)).await;
    match answer {
        Ok(Answer::File(found)) => send(found, request, path).await,
        Ok(Answer::Page(shown)) => page::release(&shown).into_response(),
        Ok(Answer::Moved(to)) => Redirect::temporary(&to).into_response(),
        Ok(Answer::Nothing) => nothing(path),
        Err(error) => error.page(),
    }
}

fn nothing(path: String) -> Response {
    Error::NotFound { what: "released file", id: path.chars().take(200).collect() }.page()
}

fn answer(releases: &Releases, path: &str) -> Result<Answer, Error> {
    let (kind, name, version, path) = match releases.named(path)? {
        Named::Release { kind, name, version } => (kind, name, version, None),
        Named::File { kind, name, version, path } => (kind, name, version, Some(path)),
        Named::Moved(to) => return Ok(Answer::Moved(to)),
        Named::Nothing => return Ok(Answer::Nothing),
    };
    let folder = releases.root.folder(kind, &name, version);
    let Some(listing) = releases.manifest(&folder)? else { return Ok(Answer::Nothing) };
    let Some(path) = path else {
        return Ok(Answer::Page(Box::new(page::Shown::new(&folder, &listing)?)));
    };
    let beside = [manifest::FILE, manifest::SIGNATURE, manifest::YANKED].contains(&path.as_str());
    let found = match listing.files.iter().find(|entry| entry.path == path) {
        Some(entry) => {
            Found { path: folder.join(&path), tag: Some(format!("\"{}\"", entry.sha256)), bytes: Some(entry.bytes) }
        }
        None if beside => Found { path: folder.join(&path), tag: None, bytes: None },
        None => return Ok(Answer::Nothing),
    };
    if let Some(bytes) = found.bytes
        && std::fs::metadata(&found.path).is_ok_and(|there| there.len() != bytes)
    {
        return Err(Error::Damaged { path: found.path });
    }
    Ok(Answer::File(found))
}

async fn send(found: Found, request: Request, path: String) -> Response {
    let (parts, _) = request.into_parts();
    let mut headers = parts.headers;
    let lasting = if path.ends_with(manifest::YANKED) { ASK_AGAIN } else { FOR_A_DAY };
    let tag = found.tag.as_deref().and_then(|tag| HeaderValue::from_str(tag).ok());
    if let Some(tag) = &tag {
        if let Some(status) = refused(&mut headers, tag.as_bytes(), &parts.method) {
            return (status, [(header::ETAG, tag.clone()), (header::CACHE_CONTROL, lasting)]).into_response();
        }
    } else {
        headers.remove(header::IF_NONE_MATCH);
    }
    let mut plain = Request::new(Body::empty());
    *plain.method_mut() = parts.method;
    *plain.uri_mut() = parts.uri;
    *plain.headers_mut() = headers;
    let mut response = match ServeFile::new(&found.path).try_call(plain).await {
        Ok(response) if response.status() == StatusCode::NOT_FOUND => return nothing(path),
        Ok(response) => response.map(Body::new),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return nothing(path),
        Err(error) => {
            tracing::error!(%error, path = %found.path.display(), "a released file could not be read");
            return Error::Damaged { path: found.path }.page();
        }
    };
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, lasting);
    match tag {
        Some(tag) => headers.insert(header::ETAG, tag),
        None => headers.remove(header::ETAG),
    };
    if let Some(kind) = content_type(&found.path) {
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    }
    response
}

/// Judges the conditions that name entity tags and takes them out of `headers`; a status when the file is not to be sent.
fn refused(headers: &mut HeaderMap, tag: &[u8], method: &Method) -> Option<StatusCode> {
    let strong = |given: &[u8]| given == tag;
    let weak = |given: &[u8]| given.strip_prefix(b"W/").unwrap_or(given) == tag;
    if let Some(given) = headers.remove(header::IF_MATCH)
        && !any(given.as_bytes(), strong)
    {
        return Some(StatusCode::PRECONDITION_FAILED);
    }
    if let Some(given) = headers.remove(header::IF_NONE_MATCH) {
        headers.remove(header::IF_MODIFIED_SINCE);
        if any(given.as_bytes(), weak) {
            return Some(match *method {
                Method::GET | Method::HEAD => StatusCode::NOT_MODIFIED,
                _ => StatusCode::PRECONDITION_FAILED,
            });
        }
    }
    // A range of another file than the one that was begun would be spliced to it.
    if let Some(given) = headers.remove(header::IF_RANGE)
        && !strong(given.as_bytes())
    {
        headers.remove(header::RANGE);
    }
    None
}

/// Whether `*` is given, or a tag that matches. Our tags hold neither comma nor blank.
fn any(given: &[u8], matches: impl Fn(&[u8]) -> bool) -> bool {
    given.split(|byte| *byte == b',').map(<[u8]>::trim_ascii).any(|one| one == b"*" || matches(one))
}

/// The media types that a client decides by, where a guess from the name is none or another.
fn content_type(path: &Path) -> Option<&'static str> {
    let name = path.file_name()?.to_str()?;
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    Some(match ending {
        "parquet" => "application/vnd.apache.parquet",
        "json" => "application/json",
        "jsonl" => "application/jsonl",
        "md" => "text/markdown; charset=utf-8",
        "svg" => "image/svg+xml",
        "tsv" => "text/tab-separated-values; charset=utf-8",
        "csv" => "text/csv; charset=utf-8",
        "txt" | "py" | "toml" | "cff" | "minisig" | "pub" | "" => "text/plain; charset=utf-8",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TAG: &[u8] = b"\"abc\"";

    fn check(given: &[(header::HeaderName, &str)], status: Option<u16>, ranged: bool) {
        let mut headers: HeaderMap =
            given.iter().map(|(name, value)| (name.clone(), HeaderValue::from_str(value).unwrap())).collect();
        headers.insert(header::RANGE, HeaderValue::from_static("bytes=0-1"));
        assert_eq!(refused(&mut headers, TAG, &Method::GET).map(|status| status.as_u16()), status, "{given:?}");
        assert_eq!(headers.contains_key(header::RANGE), ranged, "{given:?}");
    }

    #[test]
    fn conditions() {
        check(&[], None, true);
        check(&[(header::IF_NONE_MATCH, "\"abc\"")], Some(304), true);
        check(&[(header::IF_NONE_MATCH, "\"x\", W/\"abc\"")], Some(304), true);
        check(&[(header::IF_NONE_MATCH, "*")], Some(304), true);
        check(&[(header::IF_NONE_MATCH, "\"x\"")], None, true);
        check(&[(header::IF_MATCH, "\"x\"")], Some(412), true);
        check(&[(header::IF_MATCH, "W/\"abc\"")], Some(412), true);
        check(&[(header::IF_MATCH, "\"abc\"")], None, true);
        check(&[(header::IF_RANGE, "\"abc\"")], None, true);
        check(&[(header::IF_RANGE, "W/\"abc\"")], None, false);
        check(&[(header::IF_RANGE, "Wed, 21 Oct 2026 07:28:00 GMT")], None, false);
    }
}
