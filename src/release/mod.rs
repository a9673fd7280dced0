//! Releases: a sealed selection of rows in, a versioned, signed folder out, which anyone can check offline.
//!
//! Rows come as values, in order, and stream through; nothing here asks the store. A release is built in a folder of its own,
//! made durable, and renamed into place, so that a reader sees all of it or nothing. Same rows, same [`seal::Header`]: same bytes.

mod cells;
mod config;
mod error;
mod version;
pub mod card;
pub mod catalog;
pub mod changes;
mod citation;
mod croissant;
mod datasheet;
pub mod diff;
mod disk;
pub mod export;
pub mod grader;
pub mod hub;
pub mod licence;
pub mod manifest;
pub mod model;
pub mod parquet;
pub mod publish;
pub mod read;
pub mod report;
pub mod retention;
pub mod row;
pub mod schema;
pub mod seal;
pub mod select;
pub mod sign;
pub mod split;
pub mod verify;

pub use config::Config;
pub use disk::{expected_bytes, guard};
pub use error::Error;
pub use version::{InvalidVersion, Version};

/// Whether `name` can name a data set or a model: lower-case letters, digits, and hyphens inside; so it is a folder's name, too.
pub fn is_name(name: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    (1..=80).contains(&name.len()) && name.chars().all(is_plain) && !name.starts_with('-') && !name.ends_with('-')
}

/// Bytes as people read them.
pub fn size(bytes: u64) -> String {
    match bytes {
        0..10_000 => format!("{bytes} B"),
        10_000..10_000_000 => format!("{:.1} kB", bytes as f64 / 1e3),
        _ => format!("{:.1} MB", bytes as f64 / 1e6),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::row::{Evidence, Generator, Row, Work};

    /// An invented row.
    pub(crate) fn row(id: &str, key: &str) -> Row {
        Row {
            id: id.to_owned(),
            work: Work::of(key, [key]),
            version: 1,
            source: "inbox".into(),
            title: Some("A title".into()),
            venue: None,
            first_public: Some("2026-02-03".into()),
            section: Some("Results".into()),
            passage: Some("The beat rate of the tail clock fell by 12%.".into()),
            evidence: vec![Evidence { quote: Some("fell by 12%".into()), passage: 0, start: 32, end: 43 }],
            question: Some("By how much did the beat rate of the tail clock fall?".into()),
            answer_type: Some("number".into()),
            answer: Some(r#"{"type":"number","value":12.0,"unit":"%","tolerance":{"relative":0.01}}"#.into()),
            options: Vec::new(),
            topic: Some("physiology".into()),
            topic_probabilities: Vec::new(),
            generator: Generator { kind: "rules".into(), model: "r".into(), prompt_hash: "1".into() },
            verification: Vec::new(),
            tier: Some("grounded".into()),
            difficulty: None,
            licence: "cc_by".into(),
            licence_url: None,
            licence_received: None,
            attribution: "Doe.".into(),
            split: "train".into(),
            released_in: "1.0.0".into(),
            withdrawn: None,
            kind: None,
        }
    }
}
