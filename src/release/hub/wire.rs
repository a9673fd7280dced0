//! The hub's repository API: what a branch holds, how files are wanted, commits, tags.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use reqwest::{Method, header};
use serde_json::{Value, json};

use super::client::{Answer, Hub};
use super::plan::{LocalFile, Plan, Remote};
use super::{BRANCH, Error, Repository};

/// Files asked about at once, as the hub's own client does.
const BATCH: usize = 256;
/// Pages of a tree read, and files in all.
const MOST_PAGES: usize = 1000;
const MOST_FILES: usize = 100_000;
/// A file that goes into the commit itself may have so many bytes; the hub wants larger ones as large files.
const MOST_REGULAR: u64 = 10 << 20;

/// How the hub wants each file.
#[derive(Debug, Default)]
pub(super) struct Modes {
    /// In the commit itself.
    pub regular: Vec<LocalFile>,
    /// Uploaded first, and named in the commit.
    pub large: Vec<LocalFile>,
}

/// The newest commit of the branch.
pub(super) async fn head(hub: &Hub, repository: &Repository) -> Result<String, Error> {
    let answer = hub.get(&repository.api(&format!("revision/{BRANCH}"))).await?;
    answer.body["sha"].as_str().map(str::to_owned).ok_or_else(|| hub.garbled("a revision without `sha`"))
}

/// Every file of the branch.
pub(super) async fn tree(hub: &Hub, repository: &Repository) -> Result<Vec<Remote>, Error> {
    let mut files = Vec::new();
    let mut url = hub.url(&repository.api(&format!("tree/{BRANCH}?recursive=true&expand=false")))?;
    let own = url.origin();
    for _ in 0..MOST_PAGES {
        let answer = hub.ask(Method::GET, url, |request| request).await?;
        let entries = answer.body.as_array().ok_or_else(|| hub.garbled("a tree that is no list"))?;
        files.extend(entries.iter().filter(|entry| entry["type"] == "file").filter_map(remote));
        let next = next(&answer).map(|address| hub.named(&address)).transpose()?;
        match next.filter(|next| next.origin() == own && files.len() < MOST_FILES) {
            Some(next) => url = next,
            None => return Ok(files),
        }
    }
    Ok(files)
}

fn remote(entry: &Value) -> Option<Remote> {
    Some(Remote {
        name: entry["path"].as_str()?.to_owned(),
        blob: entry["oid"].as_str()?.to_owned(),
        sha256: entry["lfs"]["oid"].as_str().map(str::to_owned),
    })
}

/// `<address>; rel="next"` of a `Link` header.
fn next(answer: &Answer) -> Option<String> {
    let link = answer.headers.get(header::LINK)?.to_str().ok()?;
    let part = link.split(',').find(|part| part.contains("rel=\"next\""))?;
    part.trim().strip_prefix('<')?.split('>').next().map(str::to_owned)
}

/// Asks how each file of `plan` is wanted.
pub(super) async fn modes(hub: &Hub, repository: &Repository, plan: &Plan) -> Result<Modes, Error> {
    let mut modes = Modes::default();
    for batch in plan.send.chunks(BATCH) {
        let files: Vec<Value> = batch
            .iter()
            .map(|file| json!({ "path": file.name, "sample": BASE64.encode(&file.sample), "size": file.bytes }))
            .collect();
        let answer = hub.post(&repository.api(&format!("preupload/{BRANCH}")), &json!({ "files": files })).await?;
        let wanted = answer.body["files"].as_array().ok_or_else(|| hub.garbled("no `files` for `preupload`"))?;
        for file in batch {
            let mode = wanted.iter().find(|wanted| wanted["path"] == file.name.as_str());
            let mode = mode.and_then(|wanted| wanted["uploadMode"].as_str());
            match mode {
                // The storage of large files takes no empty one.
                Some("lfs") if file.bytes > 0 => modes.large.push(file.clone()),
                Some("regular" | "lfs") if file.bytes <= MOST_REGULAR => modes.regular.push(file.clone()),
                _ => return Err(hub.garbled(format!("no way to send {} ({} bytes)", file.name, file.bytes))),
            }
        }
    }
    Ok(modes)
}

/// One commit on top of `head`; its id. [`Error::Outrun`] when the branch has moved on.
pub(super) async fn commit(
    hub: &Hub,
    repository: &Repository,
    summary: &str,
    head: &str,
    modes: &Modes,
    delete: &[String],
) -> Result<String, Error> {
    let header = json!({ "summary": summary, "description": "", "parentCommit": head });
    let mut lines = vec![json!({ "key": "header", "value": header })];
    for file in &modes.regular {
        let content = tokio::fs::read(&file.path).await.map_err(Error::io(&file.path))?;
        let value = json!({ "content": BASE64.encode(content), "path": file.name, "encoding": "base64" });
        lines.push(json!({ "key": "file", "value": value }));
    }
    for file in &modes.large {
        let value = json!({ "path": file.name, "algo": "sha256", "oid": file.sha256, "size": file.bytes });
        lines.push(json!({ "key": "lfsFile", "value": value }));
    }
    lines.extend(delete.iter().map(|name| json!({ "key": "deletedFile", "value": { "path": name } })));
    let body: String = lines.iter().map(|line| format!("{line}\n")).collect();
    let url = hub.url(&repository.api(&format!("commit/{BRANCH}")))?;
    let answer = hub
        .ask(Method::POST, url, |request| {
            request.header(header::CONTENT_TYPE, "application/x-ndjson").body(body.clone())
        })
        .await?;
    answer.body["commitOid"].as_str().map(str::to_owned).ok_or_else(|| hub.garbled("a commit without `commitOid`"))
}

/// The names of the tags.
pub(super) async fn tags(hub: &Hub, repository: &Repository) -> Result<Vec<String>, Error> {
    let answer = hub.get(&repository.api("refs")).await?;
    let tags = answer.body["tags"].as_array().ok_or_else(|| hub.garbled("no `tags` among the references"))?;
    Ok(tags.iter().filter_map(|tag| tag["name"].as_str()).map(str::to_owned).collect())
}
