//! A hub on loopback, as the real one speaks: repositories with commits and tags, Git LFS with uploads to a storage of its own, faults on
//! request. It refuses what the real one would refuse.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value, json};
use sha1::Sha1;
use sha2::{Digest, Sha256};

pub const TOKEN: &str = "hf_invented0123456789";
/// Larger objects are uploaded in parts of this size.
const PART: usize = 4096;
/// Entries on a page of a tree.
const PAGE: usize = 5;

#[derive(Clone, Debug, PartialEq)]
pub enum File {
    Regular(Vec<u8>),
    Large { oid: String, size: u64 },
}

#[derive(Default, Clone)]
pub struct Repo {
    pub files: BTreeMap<String, File>,
    pub commits: Vec<String>,
    pub tags: BTreeMap<String, String>,
    pub private: bool,
}

#[derive(Default)]
pub struct Inside {
    /// By `datasets/owner/name` or `models/owner/name`.
    pub repos: BTreeMap<String, Repo>,
    pub objects: HashMap<String, Vec<u8>>,
    parts: HashMap<(String, usize), Vec<u8>>,
    /// `METHOD path` of every request, hub and storage.
    pub seen: Vec<String>,
    /// Answers to the next requests whose `METHOD path` contains the text.
    pub faults: Vec<(&'static str, u16, Option<&'static str>)>,
    /// How long the storage thinks about a part.
    pub slow: Duration,
    /// Somebody else commits before the next commit.
    pub overtake: bool,
    /// Where uploads are sent instead.
    pub storage_at: Option<String>,
}

#[derive(Clone)]
pub struct Hub {
    inside: Arc<Mutex<Inside>>,
    pub address: String,
    storage: String,
}

impl Hub {
    pub async fn serve() -> Self {
        let hub_at = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let storage_at = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = |listener: &tokio::net::TcpListener| format!("http://{}", listener.local_addr().unwrap());
        let hub = Hub { inside: Arc::default(), address: at(&hub_at), storage: at(&storage_at) };
        for (listener, is_storage) in [(hub_at, false), (storage_at, true)] {
            let hub = hub.clone();
            let app =
                Router::new().fallback(move |State(hub): State<Hub>, request: Request| hub.answer(is_storage, request));
            let app = app.layer(DefaultBodyLimit::disable()).with_state(hub);
            tokio::spawn(async move { axum::serve(listener, app).await });
        }
        hub
    }

    pub fn inside(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap()
    }

    pub fn repo(&self, name: &str) -> Repo {
        self.inside().repos.get(name).cloned().unwrap_or_default()
    }

    /// A file's content, large or not.
    pub fn content(&self, repo: &str, path: &str) -> Option<Vec<u8>> {
        let inside = self.inside();
        match inside.repos.get(repo)?.files.get(path)? {
            File::Regular(bytes) => Some(bytes.clone()),
            File::Large { oid, .. } => inside.objects.get(oid).cloned(),
        }
    }

    async fn answer(self, is_storage: bool, request: Request) -> Response {
        let (parts, body) = request.into_parts();
        let body = axum::body::to_bytes(body, 1 << 28).await.unwrap_or_default();
        let path = parts.uri.path().trim_start_matches('/').to_owned();
        let query = parts.uri.query().unwrap_or_default().to_owned();
        let line = format!("{} {path}", parts.method);
        let slow = {
            let mut inside = self.inside();
            inside.seen.push(line.clone());
            if let Some(at) = inside.faults.iter().position(|(text, ..)| line.contains(text)) {
                let (_, status, wait) = inside.faults.remove(at);
                let words = json!({ "error": format!("invented fault for Bearer {TOKEN}") }).to_string();
                let mut response = (StatusCode::from_u16(status).unwrap(), words).into_response();
                if let Some(wait) = wait {
                    response.headers_mut().insert(header::RETRY_AFTER, wait.parse().unwrap());
                }
                return response;
            }
            inside.slow
        };
        if is_storage {
            tokio::time::sleep(slow).await;
            return self.store(&path, &query, &parts.headers, body);
        }
        let authorized = parts.headers.get(header::AUTHORIZATION).is_some_and(|v| v == &format!("Bearer {TOKEN}"));
        if !authorized && !path.contains("/resolve/") {
            return (StatusCode::UNAUTHORIZED, json!({ "error": "Invalid username or password." }).to_string())
                .into_response();
        }
        self.hub(&parts.method, &path, &query, &body)
    }

    fn store(&self, path: &str, query: &str, headers: &HeaderMap, body: Bytes) -> Response {
        if headers.contains_key(header::AUTHORIZATION) || !headers.contains_key(header::CONTENT_LENGTH) {
            return (StatusCode::BAD_REQUEST, "only one auth mechanism allowed, and a length").into_response();
        }
        let mut inside = self.inside();
        match query.strip_prefix("part=") {
            Some(number) => {
                let number: usize = number.parse().unwrap();
                inside.parts.insert((path.to_owned(), number), body.to_vec());
                (StatusCode::OK, [(header::ETAG, format!("\"part-{number}\""))]).into_response()
            }
            None if path == hash(&body) => {
                inside.objects.insert(path.to_owned(), body.to_vec());
                StatusCode::OK.into_response()
            }
            None => (StatusCode::BAD_REQUEST, "XAmzContentSHA256Mismatch").into_response(),
        }
    }

    fn hub(&self, method: &Method, path: &str, query: &str, body: &[u8]) -> Response {
        let json: Value = serde_json::from_slice(body).unwrap_or(Value::Null);
        let mut inside = self.inside();
        if path == "api/repos/create" {
            let kind = json["type"].as_str().unwrap_or("model");
            let id = format!("{}s/{}/{}", kind, json["organization"].as_str().unwrap(), json["name"].as_str().unwrap());
            if inside.repos.contains_key(&id) {
                let words = json!({ "error": "You already created this repo", "url": id });
                return (StatusCode::CONFLICT, words.to_string()).into_response();
            }
            let mut repo = Repo { private: json["private"] == true, ..Repo::default() };
            repo.files.insert(".gitattributes".into(), File::Regular(b"*.parquet filter=lfs\n".to_vec()));
            repo.commits.push(hash(id.as_bytes())[..40].to_owned());
            inside.repos.insert(id.clone(), repo);
            return json!({ "url": format!("{}/{id}", self.address) }).to_string().into_response();
        }
        if path == "api/validate-yaml" {
            return json!({ "errors": [], "warnings": [] }).to_string().into_response();
        }
        if let Some(oid) = path.strip_prefix("complete/") {
            return complete(&mut inside, oid, &json);
        }
        if path == "verify" {
            let there = inside.objects.get(json["oid"].as_str().unwrap_or_default());
            let is_right = there.is_some_and(|bytes| Some(bytes.len() as u64) == json["size"].as_u64());
            return if is_right { StatusCode::OK } else { StatusCode::NOT_FOUND }.into_response();
        }
        if let Some(id) = path.strip_suffix(".git/info/lfs/objects/batch") {
            let id = if id.starts_with("datasets/") { id.to_owned() } else { format!("models/{id}") };
            return if inside.repos.contains_key(&id) { self.batch(&inside, &json) } else { missing() };
        }
        if let Some((id, rest)) = path.split_once("/resolve/") {
            let id = if id.starts_with("datasets/") { id.to_owned() } else { format!("models/{id}") };
            return resolve(&inside, &id, rest, method);
        }
        let mut words = path.strip_prefix("api/").unwrap_or_default().splitn(5, '/');
        let (Some(kind), Some(owner), Some(name)) = (words.next(), words.next(), words.next()) else {
            return missing();
        };
        let (verb, rest) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let Inside { repos, objects, overtake, .. } = &mut *inside;
        let Some(repo) = repos.get_mut(&format!("{kind}/{owner}/{name}")) else { return missing() };
        let head = repo.commits.last().cloned().unwrap_or_default();
        match (method.as_str(), verb) {
            ("GET", "" | "revision") => {
                let siblings: Vec<Value> = repo.files.keys().map(|path| json!({ "rfilename": path })).collect();
                let id = format!("{owner}/{name}");
                json!({ "_id": "1", "id": id, "sha": head, "siblings": siblings, "private": repo.private, "tags": [], "downloads": 0 })
                    .to_string()
                    .into_response()
            }
            ("GET", "refs") => {
                let tags: Vec<Value> =
                    repo.tags.iter().map(|(name, commit)| json!({ "name": name, "targetCommit": commit })).collect();
                json!({ "tags": tags, "branches": [{ "name": "main", "targetCommit": head }] })
                    .to_string()
                    .into_response()
            }
            ("GET", "tree") => self.tree(repo, objects, path, query),
            ("POST", "preupload") => preupload(&json),
            ("POST", "commit") => {
                if std::mem::take(overtake) {
                    repo.files.insert("README.md".into(), File::Regular(b"edited on the web\n".to_vec()));
                    repo.commits.push(format!("{:040}", repo.commits.len()));
                }
                let site = if kind == "models" { format!("{owner}/{name}") } else { format!("{kind}/{owner}/{name}") };
                commit(&format!("{}/{site}", self.address), repo, objects, body)
            }
            ("POST", "tag") => {
                let tag = json["tag"].as_str().unwrap_or_default().to_owned();
                if !repo.commits.iter().any(|commit| commit == rest) && rest != "main" {
                    return missing();
                }
                if repo.tags.contains_key(&tag) {
                    return (StatusCode::CONFLICT, "Tag reference exists already").into_response();
                }
                repo.tags.insert(tag, if rest == "main" { head } else { rest.to_owned() });
                StatusCode::OK.into_response()
            }
            ("DELETE", "tag") => match repo.tags.remove(rest) {
                Some(_) => StatusCode::OK.into_response(),
                None => missing(),
            },
            _ => missing(),
        }
    }

    fn tree(&self, repo: &Repo, objects: &HashMap<String, Vec<u8>>, path: &str, query: &str) -> Response {
        let from = query.split('&').find_map(|part| part.strip_prefix("cursor=")).unwrap_or("0");
        let from: usize = from.parse().unwrap();
        let entries: Vec<Value> = repo
            .files
            .iter()
            .skip(from)
            .take(PAGE)
            .map(|(path, file)| match file {
                File::Regular(bytes) => {
                    json!({ "type": "file", "path": path, "size": bytes.len(), "oid": blob(bytes) })
                }
                File::Large { oid, size } => {
                    assert_eq!(objects[oid].len() as u64, *size);
                    let pointer =
                        format!("version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize {size}\n");
                    let lfs = json!({ "oid": oid, "size": size, "pointerSize": pointer.len() });
                    json!({ "type": "file", "path": path, "size": size, "oid": blob(pointer.as_bytes()), "lfs": lfs })
                }
            })
            .chain([json!({ "type": "directory", "path": "data", "oid": "0", "size": 0 })])
            .collect();
        let mut response = Value::Array(entries).to_string().into_response();
        if from + PAGE < repo.files.len() {
            let next = format!("<{}/{path}?recursive=true&cursor={}>; rel=\"next\"", self.address, from + PAGE);
            response.headers_mut().insert(header::LINK, next.parse().unwrap());
        }
        response
    }

    fn batch(&self, inside: &Inside, json: &Value) -> Response {
        let storage = inside.storage_at.as_ref().unwrap_or(&self.storage);
        let objects: Vec<Value> = json["objects"]
            .as_array()
            .unwrap()
            .iter()
            .map(|object| {
                let (oid, size) = (object["oid"].as_str().unwrap(), object["size"].as_u64().unwrap() as usize);
                if inside.objects.contains_key(oid) {
                    return json!({ "oid": oid, "size": size });
                }
                let upload = if size > PART {
                    let mut header = serde_json::Map::new();
                    header.insert("chunk_size".into(), PART.to_string().into());
                    for part in 1..=size.div_ceil(PART) {
                        header.insert(format!("{part:05}"), format!("{storage}/{oid}?part={part}").into());
                    }
                    json!({ "href": format!("{}/complete/{oid}", self.address), "header": header })
                } else {
                    json!({ "href": format!("{storage}/{oid}") })
                };
                let verify = json!({ "href": format!("{}/verify", self.address) });
                json!({ "oid": oid, "size": size, "actions": { "upload": upload, "verify": verify } })
            })
            .collect();
        json!({ "transfer": "multipart", "objects": objects }).to_string().into_response()
    }
}

fn complete(inside: &mut Inside, oid: &str, json: &Value) -> Response {
    let mut whole = Vec::new();
    for part in json["parts"].as_array().into_iter().flatten() {
        let number = part["partNumber"].as_u64().unwrap_or(0) as usize;
        let bytes = inside.parts.get(&(oid.to_owned(), number));
        let Some(bytes) = bytes.filter(|_| part["etag"] == format!("\"part-{number}\"")) else { return missing() };
        whole.extend_from_slice(bytes);
    }
    if hash(&whole) != oid {
        return StatusCode::BAD_REQUEST.into_response();
    }
    inside.objects.insert(oid.to_owned(), whole);
    "{}".into_response()
}

fn preupload(json: &Value) -> Response {
    let files: Vec<Value> = json["files"]
        .as_array()
        .unwrap()
        .iter()
        .map(|file| {
            let path = file["path"].as_str().unwrap();
            BASE64.decode(file["sample"].as_str().unwrap()).unwrap();
            let is_large = path.ends_with(".parquet") || path.ends_with(".safetensors");
            json!({ "path": path, "uploadMode": if is_large { "lfs" } else { "regular" }, "shouldIgnore": false })
        })
        .collect();
    json!({ "files": files }).to_string().into_response()
}

fn commit(site: &str, repo: &mut Repo, objects: &HashMap<String, Vec<u8>>, body: &[u8]) -> Response {
    let text = String::from_utf8(body.to_vec()).unwrap();
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let parent = lines[0]["value"]["parentCommit"].as_str();
    if parent.is_some() && parent != repo.commits.last().map(String::as_str) {
        let words = json!({ "error": "A commit has happened since. Please refresh and try again." });
        return (StatusCode::PRECONDITION_FAILED, words.to_string()).into_response();
    }
    for line in &lines[1..] {
        let value = &line["value"];
        let path = value["path"].as_str().unwrap().to_owned();
        match line["key"].as_str().unwrap() {
            "file" => {
                let bytes = BASE64.decode(value["content"].as_str().unwrap()).unwrap();
                repo.files.insert(path, File::Regular(bytes));
            }
            "lfsFile" => {
                let oid = value["oid"].as_str().unwrap().to_owned();
                if !objects.contains_key(&oid) {
                    let words = json!({ "error": "Your push was rejected because an LFS pointer pointed to a file that does not exist." });
                    return (StatusCode::BAD_REQUEST, words.to_string()).into_response();
                }
                let size = value["size"].as_u64().unwrap();
                repo.files.insert(path, File::Large { oid, size });
            }
            "deletedFile" => {
                if repo.files.remove(&path).is_none() {
                    return missing();
                }
            }
            other => panic!("unknown operation {other}"),
        }
    }
    let oid = hash(format!("{}{text}", repo.commits.len()).as_bytes())[..40].to_owned();
    repo.commits.push(oid.clone());
    json!({ "success": true, "commitOid": oid, "commitUrl": format!("{site}/commit/{oid}") })
        .to_string()
        .into_response()
}

fn resolve(inside: &Inside, id: &str, rest: &str, method: &Method) -> Response {
    let Some((_, path)) = rest.split_once('/') else { return missing() };
    let Some(repo) = inside.repos.get(id) else { return missing() };
    let (bytes, tag) = match repo.files.get(path) {
        Some(File::Regular(bytes)) => (bytes.clone(), blob(bytes)),
        Some(File::Large { oid, .. }) => (inside.objects[oid].clone(), oid.clone()),
        None => return missing(),
    };
    let head = repo.commits.last().cloned().unwrap_or_default();
    let headers = [("x-repo-commit", head), ("etag", format!("\"{tag}\"")), ("x-linked-size", bytes.len().to_string())];
    if method == Method::HEAD {
        return (headers, [(header::CONTENT_LENGTH, bytes.len().to_string())]).into_response();
    }
    (headers, bytes).into_response()
}

fn missing() -> Response {
    (StatusCode::NOT_FOUND, json!({ "error": "Repository not found" }).to_string()).into_response()
}

fn hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn blob(bytes: &[u8]) -> String {
    let mut hasher = Sha1::new();
    hasher.update(format!("blob {}\0", bytes.len()));
    hasher.update(bytes);
    hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}
