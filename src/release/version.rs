use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The number of a release: major = schema, minor = scheduled, patch = takedown or correction (SemVer).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Version {
    pub major: u32,
    pub minor: u32,
    pub patch: u32,
}

/// Why a text is no release number.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is no release number: expected three numbers, such as 1.4.0")]
pub struct InvalidVersion {
    text: String,
}

impl Version {
    /// The first release under a schema.
    pub fn first(major: u32) -> Self {
        Version { major, minor: 0, patch: 0 }
    }

    /// The next scheduled release under the same schema.
    pub fn next_minor(self) -> Self {
        Version { minor: self.minor.saturating_add(1), patch: 0, ..self }
    }

    /// The next release that only takes out or corrects.
    pub fn next_patch(self) -> Self {
        Version { patch: self.patch.saturating_add(1), ..self }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

impl FromStr for Version {
    type Err = InvalidVersion;

    fn from_str(text: &str) -> Result<Self, InvalidVersion> {
        let invalid = || InvalidVersion { text: text.chars().take(40).collect() };
        let number = |part: &str| {
            let plain = part.bytes().all(|b| b.is_ascii_digit()) && (part == "0" || !part.starts_with('0'));
            if plain { part.parse().map_err(|_| invalid()) } else { Err(invalid()) }
        };
        match text.split('.').collect::<Vec<_>>().as_slice() {
            [major, minor, patch] => {
                Ok(Version { major: number(major)?, minor: number(minor)?, patch: number(patch)? })
            }
            _ => Err(invalid()),
        }
    }
}

impl TryFrom<String> for Version {
    type Error = InvalidVersion;
    fn try_from(text: String) -> Result<Self, InvalidVersion> {
        text.parse()
    }
}

impl From<Version> for String {
    fn from(version: Version) -> String {
        version.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_and_ordered() {
        let read = |text: &str| text.parse::<Version>();
        assert!(read("1.10.0").unwrap() > read("1.9.7").unwrap());
        assert_eq!(read("1.9.7").unwrap().next_minor().to_string(), "1.10.0");
        assert_eq!(read("1.9.7").unwrap().next_patch().to_string(), "1.9.8");
        for text in ["", "1", "1.0", "1.0.0.0", "1.0.x", "01.0.0", "1.0.-1", "1.0. 1", "../1.0.0", "1.0.99999999999"] {
            assert!(read(text).is_err(), "{text:?}");
        }
    }
}
