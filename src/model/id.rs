//! Identifiers that are only made by checking, and the key that names a work across sources.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Why a text is not the identifier it was taken for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not a {kind}: expected {expected}")]
pub struct InvalidId {
    kind: &'static str,
    expected: &'static str,
    text: String,
}

fn invalid(kind: &'static str, expected: &'static str, text: &str) -> InvalidId {
    InvalidId { kind, expected, text: text.chars().take(80).collect() }
}

macro_rules! checked_text {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
        impl TryFrom<String> for $name {
            type Error = InvalidId;
            fn try_from(text: String) -> Result<Self, InvalidId> {
                text.parse()
            }
        }
        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0
            }
        }
    };
}

checked_text! {
    /// A DOI, lower case, without resolver prefix.
    Doi
}

impl FromStr for Doi {
    type Err = InvalidId;

    /// Accepts a bare DOI, `doi:…` and resolver URLs, in any case.
    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let lower = text.trim().to_lowercase();
        let mut bare = lower.as_str();
        for prefix in ["https://", "http://"] {
            bare = bare.strip_prefix(prefix).unwrap_or(bare);
        }
        for prefix in ["dx.doi.org/", "doi.org/", "www.doi.org/", "doi:"] {
            bare = bare.strip_prefix(prefix).unwrap_or(bare).trim_start();
        }
        let well_formed =
            bare.strip_prefix("10.").and_then(|rest| rest.split_once('/')).is_some_and(|(registrant, suffix)| {
                !registrant.is_empty()
                    && registrant.chars().all(|c| c.is_ascii_digit() || c == '.')
                    && !suffix.is_empty()
            }) && bare.len() <= 300
                && !bare.chars().any(|c| c.is_whitespace() || c.is_control());
        if well_formed { Ok(Doi(bare.to_owned())) } else { Err(invalid("DOI", "10.<registrant>/<suffix>", text)) }
    }
}

checked_text! {
    /// A PMCID with its prefix, `PMC1234567`, without a version suffix.
    Pmcid
}

impl FromStr for Pmcid {
    type Err = InvalidId;

    /// Accepts `PMC123`, `pmc123`, `123` and a version suffix (`PMC123.2`), which is dropped.
    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let trimmed = text.trim();
        let bare =
            if trimmed.get(..3).is_some_and(|p| p.eq_ignore_ascii_case("pmc")) { &trimmed[3..] } else { trimmed };
        let digits = bare.split('.').next().unwrap_or(bare);
        if (1..=12).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit()) {
            Ok(Pmcid(format!("PMC{}", digits.trim_start_matches('0'))))
        } else {
            Err(invalid("PMCID", "PMC followed by digits", text))
        }
    }
}

checked_text! {
    /// A Europe PMC preprint record id, `PPR123456`.
    PprId
}

impl FromStr for PprId {
    type Err = InvalidId;
    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let upper = text.trim().to_uppercase();
        match upper.strip_prefix("PPR") {
            Some(digits) if (1..=12).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit()) => {
                Ok(PprId(upper))
            }
            _ => Err(invalid("PPR id", "PPR followed by digits", text)),
        }
    }
}

/// A PubMed identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Pmid(pub u64);

impl fmt::Display for Pmid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Pmid {
    type Err = InvalidId;
    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let trimmed = text.trim();
        match trimmed.parse::<u64>() {
            Ok(n) if n > 0 && trimmed.len() <= 12 && trimmed.bytes().all(|b| b.is_ascii_digit()) => Ok(Pmid(n)),
            _ => Err(invalid("PMID", "digits", text)),
        }
    }
}

/// Every identifier a record carried for its work.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ids {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub doi: Option<Doi>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pmid: Option<Pmid>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pmcid: Option<Pmcid>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ppr: Option<PprId>,
}

impl Ids {
    /// The strongest identifier as text: DOI, then PMID, PMCID, PPR id; `None` when the record has none.
    ///
    /// Forms: `10.1101/…`, `pmid:123`, `PMC123`, `PPR123`.
    pub fn key(&self) -> Option<String> {
        self.keys().into_iter().next()
    }

    /// All identifiers in the form of [`Ids::key`], strongest first.
    pub fn keys(&self) -> Vec<String> {
        let mut keys = Vec::new();
        keys.extend(self.doi.as_ref().map(|doi| doi.to_string()));
        keys.extend(self.pmid.map(|pmid| format!("pmid:{pmid}")));
        keys.extend(self.pmcid.as_ref().map(|pmcid| pmcid.to_string()));
        keys.extend(self.ppr.as_ref().map(|ppr| ppr.to_string()));
        keys
    }
}

macro_rules! row_id {
    ($($(#[$doc:meta])* $name:ident),*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    )*};
}

row_id! {
    /// Row of a work in the store.
    WorkId,
    /// Row of a version in the store.
    VersionId,
    /// Row of a passage in the store.
    PassageId,
    /// Row of a job in the store.
    JobId
}

/// Content-derived id of a question: 32 hex digits, equal for equal (work, question, answer).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct QuestionId(String);

impl QuestionId {
    /// `work_key` as given by [`Ids::key`]; `answer_json` the compact JSON of the answer spec.
    pub fn of(work_key: &str, question: &str, answer_json: &str) -> Self {
        let mut hasher = blake3::Hasher::new();
        for part in [work_key, question, answer_json] {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part.as_bytes());
        }
        QuestionId(hasher.finalize().to_hex()[..32].to_owned())
    }

    /// Reads an id back from the store or from a user.
    ///
    /// # Errors
    /// When `text` is not 32 lower-case hex digits.
    pub fn parse(text: &str) -> Result<Self, InvalidId> {
        if text.len() == 32 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)) {
            Ok(QuestionId(text.to_owned()))
        } else {
            Err(invalid("question id", "32 hex digits", text))
        }
    }

    /// The 16 bytes that the digits spell.
    pub fn to_bytes(&self) -> [u8; 16] {
        let digit = |b: u8| (b as char).to_digit(16).unwrap_or(0) as u8;
        let mut bytes = [0; 16];
        for (byte, pair) in bytes.iter_mut().zip(self.0.as_bytes().chunks(2)) {
            *byte = pair.iter().fold(0, |byte, b| (byte << 4) | digit(*b));
        }
        bytes
    }

    /// The id that [`QuestionId::to_bytes`] gave these of.
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        QuestionId(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for QuestionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doi_is_bared_and_folded() {
        for text in
            ["10.1101/2026.01.02.700001", "doi:10.1101/2026.01.02.700001", "https://doi.org/10.1101/2026.01.02.700001"]
        {
            assert_eq!(text.to_uppercase().parse::<Doi>().unwrap().as_str(), "10.1101/2026.01.02.700001");
        }
        for text in ["", "10.1101", "11.1101/x", "10./x", "10.1101/a b"] {
            assert!(text.parse::<Doi>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn pmcid_takes_every_spelling() {
        for text in ["PMC123", "pmc123", "123", "PMC123.2"] {
            assert_eq!(text.parse::<Pmcid>().unwrap().as_str(), "PMC123");
        }
        assert!("PMCx".parse::<Pmcid>().is_err());
        assert!("é".parse::<Pmcid>().is_err());
    }

    #[test]
    fn key_prefers_the_doi() {
        let ids = Ids { doi: Some("10.1/a".parse().unwrap()), pmid: Some(Pmid(7)), ..Ids::default() };
        assert_eq!(ids.keys(), ["10.1/a", "pmid:7"]);
    }
}
