//! The licence of one version: as received, normalised, and where it was read.

use serde::{Deserialize, Serialize};

/// A licence folded to the classes the publishing policy knows (SOURCES section 13).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LicenceCode {
    Cc0,
    PublicDomain,
    CcBy,
    CcBySa,
    CcByNc,
    CcByNcSa,
    CcByNd,
    CcByNcNd,
    /// Text and data mining only.
    Tdm,
    /// All rights reserved, "no reuse".
    None,
    #[default]
    Unknown,
}

impl LicenceCode {
    pub const ALL: [LicenceCode; 11] = [
        LicenceCode::Cc0,
        LicenceCode::PublicDomain,
        LicenceCode::CcBy,
        LicenceCode::CcBySa,
        LicenceCode::CcByNc,
        LicenceCode::CcByNcSa,
        LicenceCode::CcByNd,
        LicenceCode::CcByNcNd,
        LicenceCode::Tdm,
        LicenceCode::None,
        LicenceCode::Unknown,
    ];

    /// The name used in JSON, tables and filters.
    pub fn as_str(self) -> &'static str {
        match self {
            LicenceCode::Cc0 => "cc0",
            LicenceCode::PublicDomain => "public_domain",
            LicenceCode::CcBy => "cc_by",
            LicenceCode::CcBySa => "cc_by_sa",
            LicenceCode::CcByNc => "cc_by_nc",
            LicenceCode::CcByNcSa => "cc_by_nc_sa",
            LicenceCode::CcByNd => "cc_by_nd",
            LicenceCode::CcByNcNd => "cc_by_nc_nd",
            LicenceCode::Tdm => "tdm",
            LicenceCode::None => "none",
            LicenceCode::Unknown => "unknown",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        LicenceCode::ALL.into_iter().find(|code| code.as_str() == name)
    }

    /// Reads an archive's licence field or a licence URL: `cc_by_nc`, `CC BY-NC`, `cc0_ng`, `cc_no`,
    /// `https://creativecommons.org/licenses/by/4.0/`, `TDM`. Anything else is [`LicenceCode::Unknown`].
    /// Not for prose: [`LicenceCode::from_url`] reads URLs out of it.
    pub fn from_received(received: &str) -> Self {
        let lower = received.trim().to_lowercase();
        if let Some(found) = LicenceCode::from_url(&lower) {
            return found;
        }
        let folded: String = lower.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { ' ' }).collect();
        let words: Vec<&str> = folded.split_whitespace().filter(|w| !w.chars().all(|c| c.is_ascii_digit())).collect();
        match words.as_slice() {
            ["cc0"] | ["cc0", "ng"] | ["cc", "zero"] => LicenceCode::Cc0,
            ["pd"] | ["public", "domain"] => LicenceCode::PublicDomain,
            ["cc", rest @ ..] | ["creative", "commons", rest @ ..] => LicenceCode::from_elements(rest),
            ["tdm"] => LicenceCode::Tdm,
            _ => LicenceCode::Unknown,
        }
    }

    fn from_elements(elements: &[&str]) -> Self {
        match elements {
            ["by"] => LicenceCode::CcBy,
            ["by", "sa"] => LicenceCode::CcBySa,
            ["by", "nc"] => LicenceCode::CcByNc,
            ["by", "nc", "sa"] => LicenceCode::CcByNcSa,
            ["by", "nd"] => LicenceCode::CcByNd,
            ["by", "nc", "nd"] | ["by", "nd", "nc"] => LicenceCode::CcByNcNd,
            ["no"] => LicenceCode::None,
            _ => LicenceCode::Unknown,
        }
    }

    /// The Creative Commons licence a URL inside `text` names, if any; the most restrictive when several.
    pub fn from_url(text: &str) -> Option<Self> {
        let lower = text.to_lowercase();
        let mut found: Option<LicenceCode> = None;
        for (at, _) in lower.match_indices("creativecommons.org/") {
            let path = &lower[at + "creativecommons.org/".len()..];
            let mut parts =
                path.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '_')).filter(|p| !p.is_empty());
            let code = match (parts.next(), parts.next()) {
                (Some("licenses" | "licences" | "license"), Some(name)) => {
                    LicenceCode::from_elements(&name.split(['-', '_']).collect::<Vec<_>>())
                }
                (Some("publicdomain"), Some("zero")) => LicenceCode::Cc0,
                (Some("publicdomain"), Some("mark")) => LicenceCode::PublicDomain,
                _ => LicenceCode::Unknown,
            };
            if code != LicenceCode::Unknown {
                found = Some(found.map_or(code, |other| other.stricter(code)));
            }
        }
        found
    }

    /// The more restrictive of two codes; `Unknown` says nothing and yields to the other.
    pub fn stricter(self, other: Self) -> Self {
        if self == LicenceCode::Unknown {
            other
        } else if other == LicenceCode::Unknown {
            self
        } else {
            self.max(other)
        }
    }
}

/// Where a licence was read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LicenceOrigin {
    Api,
    Jats,
    #[default]
    Absent,
}

/// The licence of one version.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Licence {
    /// Verbatim as received; empty when the record has none.
    pub received: String,
    pub normalised: LicenceCode,
    pub origin: LicenceOrigin,
    /// Copyright holder or statement, verbatim.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holder: Option<String>,
}

impl Licence {
    /// From an API field such as bioRxiv's `license`.
    pub fn from_api(received: &str) -> Self {
        Licence {
            received: received.to_owned(),
            normalised: LicenceCode::from_received(received),
            origin: LicenceOrigin::Api,
            holder: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn received_forms() {
        for (received, code) in [
            ("cc_by", LicenceCode::CcBy),
            ("CC BY-NC-ND", LicenceCode::CcByNcNd),
            ("cc by-sa", LicenceCode::CcBySa),
            ("cc0_ng", LicenceCode::Cc0),
            ("cc_no", LicenceCode::None),
            ("TDM", LicenceCode::Tdm),
            ("", LicenceCode::Unknown),
            ("0", LicenceCode::Unknown),
            ("https://creativecommons.org/licenses/by-nc/4.0/", LicenceCode::CcByNc),
            ("http://creativecommons.org/publicdomain/zero/1.0/", LicenceCode::Cc0),
        ] {
            assert_eq!(LicenceCode::from_received(received), code, "{received:?}");
        }
    }

    #[test]
    fn data_waiver_inside_cc_by_is_not_cc0() {
        let text = "creativecommons.org/licenses/by/4.0/ … waiver creativecommons.org/publicdomain/zero/1.0/ applies to the data";
        assert_eq!(LicenceCode::from_url(text), Some(LicenceCode::CcBy));
    }
}
