//! A server on loopback that speaks the batch API: files in, batches that take a few looks, files out.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde_json::{Value, json};

use super::chat::whole;

#[derive(Clone, Default)]
pub struct BatchServer(Arc<Mutex<Inner>>);

#[derive(Default)]
struct Inner {
    files: Vec<String>,
    /// By batch: its input file, and how often it was looked at.
    batches: HashMap<String, (usize, usize)>,
    looks: usize,
    base_url: String,
}

impl BatchServer {
    /// Batches end at the look number `looks`.
    pub async fn serve(looks: usize) -> BatchServer {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = BatchServer::default();
        {
            let mut inner = server.0.lock().unwrap();
            (inner.looks, inner.base_url) = (looks, format!("http://{}/v1", listener.local_addr().unwrap()));
        }
        let app = Router::new()
            .route("/v1/files", post(upload))
            .route("/v1/batches", post(submit))
            .route("/v1/batches/{id}", get(look))
            .route("/v1/files/{id}/content", get(content))
            .with_state(server.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        server
    }

    pub fn base_url(&self) -> String {
        self.0.lock().unwrap().base_url.clone()
    }

    pub fn batches(&self) -> usize {
        self.0.lock().unwrap().batches.len()
    }

    pub fn end_after(&self, looks: usize) {
        self.0.lock().unwrap().looks = looks;
    }
}

async fn upload(State(server): State<BatchServer>, body: Bytes) -> Response {
    let text = String::from_utf8_lossy(&body).into_owned();
    if !text.contains("name=\"purpose\"\r\n\r\nbatch\r\n") || !text.contains("filename=") {
        return StatusCode::BAD_REQUEST.into_response();
    }
    let lines: Vec<&str> = text.lines().filter(|line| line.starts_with("{\"custom_id\"")).collect();
    let mut inner = server.0.lock().unwrap();
    inner.files.push(lines.join("\n"));
    json!({"id": format!("file-{}", inner.files.len() - 1)}).to_string().into_response()
}

async fn submit(State(server): State<BatchServer>, body: Bytes) -> Response {
    let body: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!((&body["endpoint"], &body["completion_window"]), (&json!("/v1/chat/completions"), &json!("24h")));
    let file = body["input_file_id"].as_str().unwrap().trim_start_matches("file-").parse().unwrap();
    let mut inner = server.0.lock().unwrap();
    let id = format!("batch-{}", inner.batches.len());
    inner.batches.insert(id.clone(), (file, 0));
    json!({"id": id, "status": "validating"}).to_string().into_response()
}

async fn look(State(server): State<BatchServer>, Path(id): Path<String>) -> Response {
    let mut inner = server.0.lock().unwrap();
    let looks = inner.looks;
    let Some((file, looked)) = inner.batches.get_mut(&id) else { return StatusCode::NOT_FOUND.into_response() };
    *looked += 1;
    if *looked < looks {
        return json!({"id": id, "status": "in_progress"}).to_string().into_response();
    }
    json!({"id": id, "status": "completed", "output_file_id": format!("out-{file}")}).to_string().into_response()
}

/// Every question is answered with itself; one that says `fail` fails, one that says `lose` is not answered.
async fn content(State(server): State<BatchServer>, Path(id): Path<String>) -> Response {
    let file: usize = id.trim_start_matches("out-").parse().unwrap();
    let inner = server.0.lock().unwrap();
    let lines = inner.files[file].lines().filter_map(|line| {
        let call: Value = serde_json::from_str(line).unwrap();
        let text = call["body"]["messages"][1]["content"].as_str().unwrap();
        let (status, body) = if text.contains("fail") {
            (500, json!({"error": {"message": "internal"}}))
        } else if text.contains("lose") {
            return None;
        } else {
            (200, whole(text))
        };
        Some(json!({"id": "r", "custom_id": call["custom_id"], "response": {"status_code": status, "body": body}, "error": null}).to_string())
    });
    // The order of a batch's answers is not that of its requests.
    lines.rev().collect::<Vec<_>>().join("\n").into_response()
}
