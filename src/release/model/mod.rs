//! Model releases: a folder of an adapter (PEFT's layout) or of full safetensors (transformers') in, a versioned, signed folder out.
//!
//! What the files say is checked before they are copied; what the model was made from and how good it is comes as JSON beside them
//! ([`lineage::Lineage`], [`evaluation::Evaluation`]) and ends on its card.

pub mod alias;
mod card;
pub mod curves;
pub mod evaluation;
mod folder;
pub mod lineage;
mod tensors;

use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::manifest::{Entry, Hashed, Kind, Manifest};
use super::seal::{Sealed, write};
use super::sign::{PUBLIC_KEY, Signer};
use super::{Error, Version};
use evaluation::Evaluation;
use lineage::Lineage;

pub use folder::{Checked, Form, check};

/// What a model release is, before its files are copied.
#[derive(Debug, Clone, PartialEq)]
pub struct Header {
    pub name: String,
    pub version: Version,
    pub created: DateTime<Utc>,
    pub publisher: String,
}

/// What lies beside a model's files.
pub const EVALUATION: &str = "evaluation.json";
pub const LINEAGE: &str = "lineage.json";
pub const LOG: &str = "training.jsonl";

/// Copies a checked folder into the empty folder `to`, describes, lists and signs. `dataset`: SHA-256 of the manifest of the data set
/// it was trained on, when that is on this disk.
///
/// # Errors
/// When a file can not be read or written, or changed since it was checked.
pub fn seal(
    checked: &Checked,
    to: PathBuf,
    header: &Header,
    dataset: Option<&str>,
    signer: &Signer,
) -> Result<Sealed, Error> {
    let mut files = Vec::new();
    for name in &checked.files {
        files.push(copy(&checked.folder.join(name), &to, name)?);
    }
    let evaluation = checked.evaluation.as_ref();
    let card = card::Card { header, checked, dataset, lineage: &checked.lineage, evaluation };
    let mut written = vec![
        ("README.md".to_owned(), card.to_string().into_bytes()),
        (PUBLIC_KEY.to_owned(), signer.public_key()?.into_bytes()),
    ];
    if let Some(log) = &checked.log {
        written.push(("curves.svg".to_owned(), curves::draw(log).into_bytes()));
    }
    for (name, bytes) in written {
        files.push(write(&to, &name, &bytes)?);
    }
    let more = match summary(checked, dataset) {
        Value::Object(map) => map,
        _ => serde_json::Map::new(),
    };
    let manifest = Manifest::new(Kind::Model, &header.name, header.version, header.created, files, more);
    Sealed::sign(to, manifest, None, signer)
}

fn summary(checked: &Checked, dataset: Option<&str>) -> Value {
    let Lineage { base_model, base_revision, dataset: trained_on, .. } = &checked.lineage;
    json!({
        "form": checked.form.as_str(),
        "base_model": base_model,
        "base_revision": base_revision,
        "dataset": trained_on.as_ref().map(|dataset| json!({ "name": dataset.name, "version": dataset.version })),
        "dataset_manifest_sha256": dataset,
        "parameters": checked.parameters,
        "score": checked.evaluation.as_ref().map(|evaluation: &Evaluation| evaluation.overall),
    })
}

fn copy(from: &Path, to: &Path, name: &str) -> Result<Entry, Error> {
    let path = to.join(name);
    let mut source = std::fs::File::open(from).map_err(Error::io(from))?;
    let mut sink = Hashed::new(std::fs::File::create_new(&path).map_err(Error::io(&path))?);
    std::io::copy(&mut source, &mut sink).map_err(Error::io(&path))?;
    let (file, entry) = sink.finish(name);
    file.sync_all().map_err(Error::io(&path))?;
    Ok(entry)
}
