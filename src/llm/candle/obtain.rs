//! A model's file, fetched once when it is not there, and only taken when it is what its checksum says.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use futures_util::StreamExt as _;
use sha2::{Digest, Sha256};

use super::Error;
use crate::llm::Local;

/// Largest file that is fetched.
const MOST_BYTES: u64 = 256 << 30;

/// Where the model lies; fetches it first when it is not there and an address is configured.
pub(super) fn obtain(local: &Local) -> Result<PathBuf, Error> {
    let path = &local.path;
    if path.exists() || local.url.is_empty() {
        return Ok(path.clone());
    }
    let wrong = |reason: String| Error::model(path, reason);
    tracing::info!(path = %path.display(), "a language model is fetched");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Error::io(path))?;
    let partial = path.with_extension("partial");
    let found = runtime
        .block_on(fetch(&local.url, &partial))
        .map_err(|reason| wrong(format!("it can not be fetched: {reason}")))?;
    if found != local.sha256 {
        let _ = std::fs::remove_file(&partial);
        return Err(wrong(format!("what was fetched has the SHA-256 {found}, not the configured one")));
    }
    std::fs::rename(&partial, path).map_err(Error::io(path))?;
    Ok(path.clone())
}

/// Writes the body of `url` and gives its SHA-256.
async fn fetch(url: &str, to: &Path) -> Result<String, String> {
    let text = |error: &dyn std::fmt::Display| error.to_string();
    // Without an installed provider reqwest panics. Fails only when one is there already, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder().user_agent(concat!("aludel/", env!("CARGO_PKG_VERSION")));
    let client = client.connect_timeout(std::time::Duration::from_secs(30)).build().map_err(|error| text(&error))?;
    let answer = client.get(url).send().await.map_err(|error| text(&error.without_url()))?;
    let status = answer.status();
    if !status.is_success() {
        return Err(format!("the server answered with status {}", status.as_u16()));
    }
    let mut file = File::create(to).map_err(|error| format!("{}: {error}", to.display()))?;
    let (mut hasher, mut bytes, mut body) = (Sha256::new(), 0_u64, answer.bytes_stream());
    while let Some(chunk) = body.next().await {
        let chunk = chunk.map_err(|error| text(&error.without_url()))?;
        bytes += chunk.len() as u64;
        if bytes > MOST_BYTES {
            return Err(format!("it is larger than {MOST_BYTES} bytes"));
        }
        hasher.update(&chunk);
        file.write_all(&chunk).map_err(|error| text(&error))?;
    }
    file.sync_all().map_err(|error| text(&error))?;
    Ok(hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}
