//! The preprint servers' feeds: a hint that something was posted, never the record of it. A feed holds thirty items, which
//! a busy morning overflows; a broken one is no reason to do anything.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use url::Url;

use super::{Error, biorxiv};
use crate::fetch::{self, BadBody, Client, Request, Validators};
use crate::model::delivery::SourceName;
use crate::model::id::Doi;

/// Thirty items with abstracts are under 100 kB.
const MAX_FEED_BYTES: u64 = 4 << 20;

/// The registrants that both servers have used; older feeds name an article without either.
const REGISTRANTS: [&str; 2] = ["10.64898", "10.1101"];

/// A version that a feed mentions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hint {
    /// The DOI, or each one that the article's number can belong to.
    pub dois: Vec<Doi>,
    pub version: u32,
}

/// A feed that is looked at now and then.
#[derive(Debug)]
pub struct Feed {
    url: Url,
    spacing: Duration,
    client: Arc<Client>,
    validators: Mutex<Validators>,
}

impl Feed {
    /// The feed of a preprint server, when its configuration wants one looked at.
    ///
    /// # Errors
    /// [`Error::Setting`] when its address can not be used.
    pub fn open(name: SourceName, config: &biorxiv::Config, client: Arc<Client>) -> Result<Option<Self>, Error> {
        if config.feed_minutes == 0 {
            return Ok(None);
        }
        let default = format!("https://connect.{name}.org/{name}_xml.php?subject=all");
        let text = config.feed_url.as_deref().unwrap_or(&default);
        let bad = |reason: String| Error::Setting {
            archive: name,
            setting: "feed_url",
            reason: format!("{text:?}: {reason}"),
        };
        let url = Url::parse(text).map_err(|error| bad(error.to_string()))?;
        Ok(Some(Feed::new(url, Duration::from_millis(config.spacing_ms), client)))
    }

    pub fn new(url: Url, spacing: Duration, client: Arc<Client>) -> Self {
        Feed { url, spacing, client, validators: Mutex::default() }
    }

    /// What the feed mentions now; nothing when it did not change since the last look.
    ///
    /// # Errors
    /// When it can not be fetched or is no feed. The caller needs to do nothing about it.
    pub async fn look(&self) -> Result<Vec<Hint>, fetch::Error> {
        let mut request = Request::get(self.url.clone()).spaced(self.spacing);
        request.max_body_bytes = Some(MAX_FEED_BYTES);
        request.validators = self.validators.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let answer = self.client.read(&request, |fetched| {
            let hints = if fetched.not_modified { Some(Vec::new()) } else { read(&fetched.body) };
            let hints = hints.ok_or_else(|| BadBody::never("no feed"))?;
            Ok((hints, fetched.validators.clone()))
        });
        let (hints, validators) = answer.await?;
        *self.validators.lock().unwrap_or_else(PoisonError::into_inner) = validators;
        Ok(hints)
    }
}

/// The versions a feed mentions, in order, each once; `None` when the bytes are no feed.
pub fn read(body: &[u8]) -> Option<Vec<Hint>> {
    let text = decode(body);
    // No XML holds a NUL; the parser would take such a text for UTF-16, and panic at a declaration that says otherwise.
    if text.contains('\0') {
        return None;
    }
    let feed = feed_rs::parser::parse(text.as_bytes()).ok()?;
    let mut hints: Vec<Hint> = Vec::new();
    for entry in &feed.entries {
        let links = entry.links.iter().map(|link| link.href.as_str());
        if let Some(hint) = links.chain([entry.id.as_str()]).find_map(hint)
            && !hints.contains(&hint)
            && hints.len() < 1000
        {
            hints.push(hint);
        }
    }
    Some(hints)
}

/// The feed as UTF-8 without an XML declaration anywhere. The parser would change its decoder in the middle of the stream
/// when a declaration contradicts the bytes before it, and panics there; also at a second declaration, far into a feed.
fn decode(body: &[u8]) -> String {
    let head = String::from_utf8_lossy(body.get(..body.len().min(512)).unwrap_or_default()).into_owned();
    let declared = head.find("encoding=").and_then(|at| {
        let value = head.get(at + "encoding=".len()..)?;
        let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
        value.get(1..)?.split(quote).next()
    });
    // A byte order mark wins over the label, as in HTML.
    let encoding = declared.and_then(|label| encoding_rs::Encoding::for_label(label.as_bytes()));
    let (text, ..) = encoding.unwrap_or(encoding_rs::UTF_8).decode(body);
    let mut pieces = text.trim_start().split("<?xml");
    let mut kept = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        if piece.starts_with(|c: char| c.is_whitespace() || c == '?') {
            kept.push_str(piece.split_once("?>").map_or("", |(_, rest)| rest));
        } else {
            // `<?xml-stylesheet …?>` is an instruction of another kind.
            kept.push_str("<?xml");
            kept.push_str(piece);
        }
    }
    kept.trim_start().to_owned()
}

/// Reads `…/content/{doi}v{n}` and `…/content/short/{number}v{n}`, with whatever follows (`?rss=1`, `.full`, `.full.pdf`).
fn hint(link: &str) -> Option<Hint> {
    let (_, path) = link.split_once("/content/")?;
    let path = path.split(['?', '#']).next()?.trim();
    let path = path.split(".full").next()?;
    let (article, version) = path.rsplit_once('v')?;
    let version = version.parse().ok().filter(|n| *n > 0)?;
    let dois: Vec<Doi> = match article.parse() {
        Ok(doi) => vec![doi],
        Err(_) => {
            let number = article.rsplit('/').next()?;
            let plain = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit() || b == b'.');
            let candidates = REGISTRANTS.iter().filter(|_| plain).map(|registrant| format!("{registrant}/{number}"));
            candidates.filter_map(|doi| doi.parse().ok()).collect()
        }
    };
    if dois.is_empty() { None } else { Some(Hint { dois, version }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_give_doi_and_version() {
        for (link, expected) in [
            (
                "https://www.biorxiv.org/content/10.64898/2026.03.01.700001v1?rss=1",
                Some(("10.64898/2026.03.01.700001", 1)),
            ),
            ("http://biorxiv.org/content/10.1101/123456v12.full.pdf", Some(("10.1101/123456", 12))),
            (" https://www.medrxiv.org/content/10.1101/2026.03.01.26000001v2.short ", None),
            ("https://www.biorxiv.org/content/10.1101/123456", None),
            ("https://www.biorxiv.org/content/10.1101/123456v0", None),
            ("http://biorxiv.org/cgi/content/short/2026.03.01.700001v1?rss=1", Some(("10.64898/2026.03.01.700001", 1))),
            ("https://www.biorxiv.org/content/early/recent/v2", None),
            ("https://www.biorxiv.org/", None),
            ("", None),
        ] {
            let found = hint(link).map(|hint| (hint.dois[0].to_string(), hint.version));
            assert_eq!(found, expected.map(|(doi, n)| (doi.to_owned(), n)), "{link}");
        }
    }

    #[test]
    fn bytes_that_look_like_utf_16_without_a_mark_are_no_feed() {
        let wide: Vec<u8> =
            "<?xml version=\"1.0\" encoding=\"windows-1252\"?><rss/>".bytes().flat_map(|byte| [byte, 0]).collect();
        assert_eq!(read(&wide), None);
    }

    #[test]
    fn a_second_declaration_far_into_a_feed_is_survived() {
        let padding = "<!-- invented -->".repeat(4000);
        for first in ["", "<?xml version=\"1.0\"?>"] {
            let feed = format!(
                "{first}{padding}<?xml version=\"1.0\" encoding=\"windows-1252\"?><rss version=\"2.0\"><channel>\
                 <item><link>https://www.biorxiv.org/content/10.1101/123456v1</link></item></channel></rss>"
            );
            assert_eq!(read(feed.as_bytes()).map(|hints| hints.len()), Some(1));
        }
    }

    #[test]
    fn a_declaration_that_lies_is_survived() {
        for encoding in ["utf-16", "utf-16le", "windows-1252", "iso-2022-jp", "no-such"] {
            let item =
                "<item><link>https://www.biorxiv.org/content/10.1101/123456v1</link><title>caf\u{e9}</title></item>";
            let feed = format!(
                "<?xml version=\"1.0\" encoding=\"{encoding}\"?><rss version=\"2.0\"><channel>{item}</channel></rss>"
            );
            let _ = read(feed.as_bytes());
            let _ = read(&[b"\n\n\xff\xfe", feed.as_bytes()].concat());
        }
    }

    #[test]
    fn a_feed_is_read_and_a_broken_one_is_none() {
        let item = |n: u32| {
            let link = format!("https://www.biorxiv.org/content/10.64898/2026.03.01.70000{n}v1?rss=1");
            format!(
                "<item rdf:about=\"{link}\"><title><![CDATA[A & b]]></title><link>\n{link}\n</link><description><![CDATA[Clocks.]]></description><dc:creator><![CDATA[ Doe, J., Roe, M. ]]></dc:creator><dc:date>2026-03-02</dc:date></item>"
            )
        };
        let feed = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\" xmlns=\"http://purl.org/rss/1.0/\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\"><channel rdf:about=\"x\"><title>b</title><link>x</link></channel>{}{}{}</rdf:RDF>",
            item(1),
            item(2),
            item(1)
        );
        let hints = read(feed.as_bytes()).unwrap();
        assert_eq!(
            hints.iter().map(|h| h.dois[0].as_str()).collect::<Vec<_>>(),
            ["10.64898/2026.03.01.700001", "10.64898/2026.03.01.700002"]
        );
        for broken in ["", "<html>", "{}", "<rdf:RDF", "\u{0}"] {
            assert!(read(broken.as_bytes()).is_none_or(|hints| hints.is_empty()), "{broken:?}");
        }
    }
}
