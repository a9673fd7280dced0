//! The batch API of OpenAI-style servers: requests handed in as a file, answers fetched as one, later and cheaper.

use std::time::Duration;

use reqwest::Method;
use reqwest::header;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::fetch::body::read_bounded;
use crate::llm::{Error, Reply, Request};

use super::dialect::{self, Dialect};
use super::wire::{self, NoAnswer};
use super::{Endpoint, OpenAi, connect_error, retry_after};

/// Largest file of answers that is read, in bytes.
const MOST_RESULT_BYTES: u64 = 512 << 20;
/// Largest other answer.
const MOST_STATE_BYTES: u64 = 1 << 20;
/// Between the parts of what is handed in; no JSON line holds it, since it has line ends around it.
const BOUNDARY: &str = "aludel-batch-7d3f1c9e";

/// How far a batch is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    Working,
    /// It ended: the files with answers and with errors, as far as there are any.
    Ended {
        files: Vec<String>,
    },
}

#[derive(Deserialize)]
struct Named {
    id: String,
}

#[derive(Deserialize)]
struct Batch {
    status: String,
    #[serde(default)]
    output_file_id: Option<String>,
    #[serde(default)]
    error_file_id: Option<String>,
}

#[derive(Deserialize)]
struct Line {
    custom_id: String,
    #[serde(default)]
    response: Option<Response>,
}

#[derive(Deserialize)]
struct Response {
    status_code: u16,
    body: Value,
}

/// What came back for one request: a status and a body, or nothing (it was not begun before the batch expired).
pub type Answered = (String, Option<(u16, Value)>);

impl OpenAi {
    /// Hands requests in, each under an id of its own; the batch's id. The first endpoint takes them.
    ///
    /// # Errors
    /// When the server does not take them.
    pub async fn submit_batch<'r>(
        &self,
        requests: impl IntoIterator<Item = (String, &'r Request)>,
    ) -> Result<String, Error> {
        let endpoint = self.first()?;
        let mut lines = String::new();
        for (id, request) in requests {
            let body = wire::body(request, &endpoint.model, Dialect::default());
            let line = json!({"custom_id": id, "method": "POST", "url": "/v1/chat/completions", "body": body});
            lines.push_str(&line.to_string());
            lines.push('\n');
        }
        let form = format!(
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\nbatch\r\n\
             --{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"aludel.jsonl\"\r\n\
             Content-Type: application/jsonl\r\n\r\n{lines}\r\n--{BOUNDARY}--\r\n"
        );
        let kind = format!("multipart/form-data; boundary={BOUNDARY}");
        let file: Named = self.exchange(endpoint, Method::POST, "files", Some((kind, form.into_bytes()))).await?;
        let batch = json!({
            "input_file_id": file.id, "endpoint": "/v1/chat/completions", "completion_window": "24h",
        });
        let body = Some(("application/json".to_owned(), batch.to_string().into_bytes()));
        let batch: Named = self.exchange(endpoint, Method::POST, "batches", body).await?;
        Ok(batch.id)
    }

    /// How far a batch is.
    ///
    /// # Errors
    /// When the server does not say, or does not know it any more.
    pub async fn batch_state(&self, id: &str) -> Result<State, Error> {
        let endpoint = self.first()?;
        let batch: Batch = self.exchange(endpoint, Method::GET, &format!("batches/{}", plain(id)), None).await?;
        Ok(match batch.status.as_str() {
            "completed" | "failed" | "expired" | "cancelled" => {
                State::Ended { files: batch.output_file_id.into_iter().chain(batch.error_file_id).collect() }
            }
            _ => State::Working,
        })
    }

    /// The answers in a file of a batch that ended; lines that can not be read are left out.
    ///
    /// # Errors
    /// When the file can not be fetched.
    pub async fn batch_answers(&self, file: &str) -> Result<Vec<Answered>, Error> {
        let endpoint = self.first()?;
        let path = format!("files/{}/content", plain(file));
        let bytes = self.fetch(endpoint, Method::GET, &path, None, MOST_RESULT_BYTES).await?;
        let text = String::from_utf8_lossy(&bytes);
        let lines = text.lines().filter_map(|line| serde_json::from_str::<Line>(line).ok());
        Ok(lines.map(|line| (line.custom_id, line.response.map(|one| (one.status_code, one.body)))).collect())
    }

    /// One answer of a batch as the reply to its request.
    ///
    /// # Errors
    /// As a call of its own that was answered so.
    pub fn batch_reply(&self, request: &Request, status: u16, body: &Value) -> Result<Reply, Error> {
        let endpoint = self.first()?;
        let bytes = body.to_string().into_bytes();
        let (status, fault) = match wire::read(&bytes) {
            Ok(answer) if (200..300).contains(&status) => return Ok(self.reply(endpoint, request, answer)),
            Err(NoAnswer::Garbled(detail)) if (200..300).contains(&status) => {
                return Err(Error::Garbled { endpoint: endpoint.shown.clone(), detail: endpoint.cross_out(&detail) });
            }
            Err(NoAnswer::Fault(fault)) if (200..300).contains(&status) => (fault.status.unwrap_or(500), fault),
            _ => (status, wire::read_fault(&bytes)),
        };
        let message = endpoint.cross_out(&fault.shown());
        Err(dialect::error_of(endpoint.shown.clone(), status, &fault, message, None))
    }

    fn first(&self) -> Result<&Endpoint, Error> {
        self.endpoints.first().ok_or_else(|| Error::Config { reason: "there is no endpoint".to_owned() })
    }

    async fn exchange<T: serde::de::DeserializeOwned>(
        &self,
        endpoint: &Endpoint,
        method: Method,
        path: &str,
        content: Option<(String, Vec<u8>)>,
    ) -> Result<T, Error> {
        let bytes = self.fetch(endpoint, method, path, content, MOST_STATE_BYTES).await?;
        serde_json::from_slice(&bytes)
            .map_err(|error| Error::Garbled { endpoint: endpoint.shown.clone(), detail: format!("{path}: {error}") })
    }

    async fn fetch(
        &self,
        endpoint: &Endpoint,
        method: Method,
        path: &str,
        content: Option<(String, Vec<u8>)>,
        limit_bytes: u64,
    ) -> Result<Vec<u8>, Error> {
        let name = || endpoint.shown.clone();
        let after = Duration::from_secs(self.config.timeout_seconds);
        let base = endpoint.url.as_str().trim_end_matches("chat/completions");
        let mut builder = endpoint.client.request(method, format!("{base}{path}")).timeout(after);
        if let Some(value) = endpoint.authorization() {
            builder = builder.header(header::AUTHORIZATION, value);
        }
        if let Some((kind, bytes)) = content {
            builder = builder.header(header::CONTENT_TYPE, kind).body(bytes);
        }
        let response = builder.send().await.map_err(|error| match error.is_timeout() && !error.is_connect() {
            true => Error::Timeout { endpoint: name(), after },
            false => connect_error(name(), error.without_url()),
        })?;
        let status = response.status().as_u16();
        let retry_after = retry_after(response.headers());
        let body = read_bounded(response, &endpoint.shown, limit_bytes).await;
        if (200..300).contains(&status) {
            return body
                .map_err(|_| Error::Garbled { endpoint: name(), detail: format!("{path}: its body was cut short") });
        }
        let fault = wire::read_fault(&body.unwrap_or_default());
        let message = endpoint.cross_out(&fault.shown());
        Err(dialect::error_of(name(), status, &fault, message, retry_after))
    }
}

/// A name of the server's as it may stand in an address.
fn plain(id: &str) -> String {
    id.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')).take(200).collect()
}
