//! What a file is, from its first bytes; its name is never trusted.

use std::fmt;

/// Bytes looked at; prologs, comments and DOCTYPEs are shorter.
pub const SNIFF_BYTES: usize = 64 * 1024;
/// A first look; long enough for most prologs.
const FRONT_BYTES: usize = 4 * 1024;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// An `article` element, bare.
    Jats,
    /// `pmc-articleset`.
    PmcArticleSet,
    /// An OAI-PMH reply, perhaps with an article in it.
    Oai,
    PubmedSet,
    /// The old `MedlineCitationSet`.
    MedlineSet,
    /// An E-utilities reply: `esearch`, `esummary`, `elink`, `einfo`, `epost`, `espell`, `efetch error`, …
    Eutils(&'static str),
    /// RSS, RDF or Atom.
    Feed,
    Html,
    Json,
    Pdf,
    Gzip,
    Zip,
    /// PubMed's tagged text ("PMID- …").
    MedlineText,
    PlainText,
    Empty,
    /// XML with another root.
    Xml(String),
    Binary,
}

impl Kind {
    /// Whether articles can be read from it.
    pub fn holds_articles(&self) -> bool {
        matches!(self, Kind::Jats | Kind::PmcArticleSet | Kind::Oai | Kind::PubmedSet | Kind::MedlineSet)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Kind::Jats => f.write_str("JATS article"),
            Kind::PmcArticleSet => f.write_str("PMC article set"),
            Kind::Oai => f.write_str("OAI-PMH reply"),
            Kind::PubmedSet => f.write_str("PubMed article set"),
            Kind::MedlineSet => f.write_str("MEDLINE citation set"),
            Kind::Eutils(which) => write!(f, "E-utilities {which} reply"),
            Kind::Feed => f.write_str("news feed"),
            Kind::Html => f.write_str("HTML page"),
            Kind::Json => f.write_str("JSON text"),
            Kind::Pdf => f.write_str("PDF"),
            Kind::Gzip => f.write_str("gzip data"),
            Kind::Zip => f.write_str("zip archive"),
            Kind::MedlineText => f.write_str("MEDLINE tagged text"),
            Kind::PlainText => f.write_str("plain text"),
            Kind::Empty => f.write_str("empty"),
            Kind::Xml(root) if root.is_empty() => f.write_str("XML without a root element"),
            Kind::Xml(root) => write!(f, "XML with root <{root}>"),
            Kind::Binary => f.write_str("binary data"),
        }
    }
}

/// The kind of data whose beginning is `head` (its first kilobytes are enough).
pub fn sniff(head: &[u8]) -> Kind {
    let head = head.get(..SNIFF_BYTES).unwrap_or(head);
    match head {
        [0x1F, 0x8B, ..] => return Kind::Gzip,
        [b'P', b'K', 3 | 5, 4 | 6, ..] => return Kind::Zip,
        [b'%', b'P', b'D', b'F', ..] => return Kind::Pdf,
        _ => {}
    }
    // The root mostly stands at the very front; only a long prolog asks for more.
    let front = look(head.get(..FRONT_BYTES).unwrap_or(head));
    if front == Kind::Xml(String::new()) && head.len() > FRONT_BYTES { look(head) } else { front }
}

fn look(head: &[u8]) -> Kind {
    let text = super::decode::head(head);
    let text = text.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
    if text.is_empty() {
        return if head.iter().any(|b| !b.is_ascii_whitespace() && *b < 0x80) { Kind::Binary } else { Kind::Empty };
    }
    if text.starts_with("%PDF-") {
        return Kind::Pdf;
    }
    if text.starts_with(['{', '[']) {
        return Kind::Json;
    }
    if !text.starts_with('<') {
        if text.starts_with("PMID-") || text.contains("\nPMID- ") {
            return Kind::MedlineText;
        }
        let odd =
            text.chars().take(4096).filter(|c| *c == '\u{fffd}' || (c.is_control() && !c.is_whitespace())).count();
        return if odd > 8 { Kind::Binary } else { Kind::PlainText };
    }
    from_root(root_name(text))
}

fn from_root(root: &str) -> Kind {
    let local = root.rsplit_once(':').map_or(root, |(_, local)| local);
    match local {
        "article" => Kind::Jats,
        "pmc-articleset" => Kind::PmcArticleSet,
        "OAI-PMH" => Kind::Oai,
        "PubmedArticleSet" | "PubmedArticle" | "PubmedBookArticleSet" | "PubmedBookArticle" | "DeleteCitation" => {
            Kind::PubmedSet
        }
        "MedlineCitationSet" | "MedlineCitation" => Kind::MedlineSet,
        "eSearchResult" => Kind::Eutils("esearch"),
        "eSummaryResult" => Kind::Eutils("esummary"),
        "eLinkResult" => Kind::Eutils("elink"),
        "eInfoResult" => Kind::Eutils("einfo"),
        "ePostResult" => Kind::Eutils("epost"),
        "eSpellResult" => Kind::Eutils("espell"),
        "eFetchResult" => Kind::Eutils("efetch error"),
        "eCitMatchResult" => Kind::Eutils("ecitmatch"),
        "Result" => Kind::Eutils("egquery"),
        "rss" | "RDF" | "feed" => Kind::Feed,
        _ if local.eq_ignore_ascii_case("html") => Kind::Html,
        _ => Kind::Xml(local.chars().take(60).collect()),
    }
}

/// The first element's name, past declarations, comments and the DOCTYPE; empty when there is none.
fn root_name(text: &str) -> &str {
    let mut rest = text;
    loop {
        let Some((_, after)) = rest.split_once('<') else { return "" };
        rest = if let Some(comment) = after.strip_prefix("!--") {
            comment.split_once("-->").map_or("", |(_, rest)| rest)
        } else if after.starts_with('?') {
            after.split_once("?>").map_or("", |(_, rest)| rest)
        } else if let Some(declaration) = after.strip_prefix('!') {
            if declaration.get(..12).is_some_and(|d| d.eq_ignore_ascii_case("DOCTYPE html")) {
                return "html";
            }
            let open = declaration.find('[').unwrap_or(usize::MAX);
            let close = declaration.find('>').unwrap_or(declaration.len());
            let end = if open < close {
                declaration.find("]>").or_else(|| declaration.find(']')).unwrap_or(declaration.len())
            } else {
                close
            };
            declaration.get(end..).unwrap_or_default()
        } else {
            let end = after.find(|c: char| c.is_whitespace() || matches!(c, '>' | '/' | '<')).unwrap_or(after.len());
            return after.get(..end).unwrap_or_default();
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds() {
        for (bytes, kind) in [
            (b"" as &[u8], "empty"),
            (b" \n\t", "empty"),
            (b"\xef\xbb\xbf<article/>", "JATS article"),
            (b"<?xml version='1.0'?><!-- <html> --><!DOCTYPE article [<!ENTITY a '>'>]><article>", "JATS article"),
            (b"<j:article xmlns:j='x'>", "JATS article"),
            (b"\xff\xfe<\0a\0r\0t\0i\0c\0l\0e\0>\0", "JATS article"),
            (b"<pmc-articleset>", "PMC article set"),
            (b"<PubmedArticleSet>", "PubMed article set"),
            (b"<eSearchResult>", "E-utilities esearch reply"),
            (b"<rdf:RDF>", "news feed"),
            (b"<!DOCTYPE HTML><html>", "HTML page"),
            (b"{\"esearchresult\":{}}", "JSON text"),
            (b"%PDF-1.4 \x00\xff", "PDF"),
            (b"\x1f\x8b\x08", "gzip data"),
            (b"PK\x03\x04", "zip archive"),
            (b"\nPMID- 99000001\nOWN - NLM", "MEDLINE tagged text"),
            (b"Error : (2002) Connection refused", "plain text"),
            (b"<?xml version='1.0'?>", "XML without a root element"),
            (b"<svg>", "XML with root <svg>"),
            (b"\x00\x01\x02\x03\x04\x05\x06\x07\x08\x0e\x0f\x10", "binary data"),
        ] {
            assert_eq!(sniff(bytes).to_string(), kind, "{:?}", String::from_utf8_lossy(bytes));
        }
    }

    proptest::proptest! {
        #[test]
        fn any_bytes(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..60)) {
            sniff(&bytes).to_string();
        }
    }
}
