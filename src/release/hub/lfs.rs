//! Large files: asked for by their SHA-256, sent whole or in parts to where the hub says, and not at all when it has them.

use std::collections::BTreeMap;
use std::io::SeekFrom;

use reqwest::{Method, RequestBuilder, header};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _};
use tokio_util::io::ReaderStream;

use super::client::{Answer, Hub};
use super::plan::LocalFile;
use super::{BRANCH, Error, Progress, Repository};

/// The media type of the batch API.
const LFS: &str = "application/vnd.git-lfs+json";
/// Objects asked about at once.
const BATCH: usize = 100;

/// Sends what the hub does not have of `files`; returns how many bytes that were.
pub(super) async fn upload(
    hub: &Hub,
    repository: &Repository,
    files: &[LocalFile],
    progress: Progress<'_>,
) -> Result<u64, Error> {
    // Two files with the same content are one object.
    let objects: BTreeMap<&str, &LocalFile> = files.iter().map(|file| (file.sha256.as_str(), file)).collect();
    let objects: Vec<&LocalFile> = objects.into_values().collect();
    let all: u64 = objects.iter().map(|file| file.bytes).sum();
    let (mut done, mut sent) = (0, 0);
    for batch in objects.chunks(BATCH) {
        let wanted = ask(hub, repository, batch).await?;
        for file in batch {
            let object = wanted.iter().find(|object| object["oid"] == file.sha256.as_str());
            let object = object.ok_or_else(|| hub.garbled(format!("nothing about {}", file.name)))?;
            if let Some(error) = object.get("error") {
                let reason = error["message"].as_str().unwrap_or("no reason given");
                return Err(hub.garbled(format!("{} is refused: {reason}", file.name)));
            }
            if let Some(actions) = object.get("actions").filter(|actions| actions.is_object()) {
                send(hub, file, actions).await?;
                sent += file.bytes;
            }
            done += file.bytes;
            progress(done, all);
        }
    }
    Ok(sent)
}

async fn ask(hub: &Hub, repository: &Repository, files: &[&LocalFile]) -> Result<Vec<Value>, Error> {
    let objects: Vec<Value> = files.iter().map(|file| json!({ "oid": file.sha256, "size": file.bytes })).collect();
    let body = json!({
        "operation": "upload", "transfers": ["basic", "multipart"], "objects": objects, "hash_algo": "sha256",
        "ref": { "name": BRANCH },
    });
    let answer = lfs(hub, &hub.url(&repository.lfs())?, &body).await?;
    match answer.body {
        Value::Object(mut body) => match body.remove("objects") {
            Some(Value::Array(objects)) => Ok(objects),
            _ => Err(hub.garbled("no `objects` from the LFS server")),
        },
        _ => Err(hub.garbled("no JSON from the LFS server")),
    }
}

async fn lfs(hub: &Hub, url: &url::Url, body: &Value) -> Result<Answer, Error> {
    let body = body.to_string();
    hub.ask(Method::POST, url.clone(), |request| {
        request.header(header::ACCEPT, LFS).header(header::CONTENT_TYPE, LFS).body(body.clone())
    })
    .await
}

async fn send(hub: &Hub, file: &LocalFile, actions: &Value) -> Result<(), Error> {
    let upload = &actions["upload"];
    let to = upload["href"].as_str().ok_or_else(|| hub.garbled("an upload without `href`"))?;
    let to = hub.named(to)?;
    let header = upload["header"].as_object();
    let chunk = header.and_then(|header| header.get("chunk_size")).map(|size| match size {
        Value::String(size) => size.parse().unwrap_or(0),
        size => size.as_u64().unwrap_or(0),
    });
    match chunk {
        None => {
            put(hub, &to, file, 0, file.bytes).await?;
        }
        Some(0) => return Err(hub.garbled("a `chunk_size` that is none")),
        Some(chunk) => {
            let mut parts: Vec<(u64, &str)> = header
                .into_iter()
                .flatten()
                .filter_map(|(number, address)| Some((number.parse().ok()?, address.as_str()?)))
                .collect();
            parts.sort_unstable();
            if parts.len() as u64 != file.bytes.div_ceil(chunk) {
                return Err(hub.garbled(format!("{} parts for {} bytes in parts of {chunk}", parts.len(), file.bytes)));
            }
            let mut ended = Vec::new();
            for (at, (_, address)) in (0..).zip(&parts) {
                let start = at * chunk;
                let answer = put(hub, &hub.named(address)?, file, start, chunk.min(file.bytes - start)).await?;
                let tag = answer.headers.get(header::ETAG).and_then(|tag| tag.to_str().ok());
                let tag = tag.ok_or_else(|| hub.garbled("a part that got no entity tag"))?;
                ended.push(json!({ "partNumber": at + 1, "etag": tag }));
            }
            lfs(hub, &to, &json!({ "oid": file.sha256, "parts": ended })).await?;
        }
    }
    if let Some(verify) = actions["verify"]["href"].as_str() {
        let body = json!({ "oid": file.sha256, "size": file.bytes });
        hub.ask(Method::POST, hub.named(verify)?, |request| request.json(&body)).await?;
    }
    Ok(())
}

/// Sends `bytes` of a file from `start` on.
async fn put(hub: &Hub, to: &url::Url, file: &LocalFile, start: u64, bytes: u64) -> Result<Answer, Error> {
    // Opened for every try: a stream that was begun can not be sent again.
    let body = |request: RequestBuilder| {
        let path = file.path.clone();
        let opened = async move {
            let mut file = tokio::fs::File::open(&path).await?;
            file.seek(SeekFrom::Start(start)).await?;
            Ok::<_, std::io::Error>(ReaderStream::with_capacity(file.take(bytes), 1 << 18))
        };
        let stream = futures_util::TryFutureExt::try_flatten_stream(opened);
        request.header(header::CONTENT_LENGTH, bytes).body(reqwest::Body::wrap_stream(stream))
    };
    hub.ask(Method::PUT, to.clone(), body).await
}
