//! The preprint servers' feeds: a hint that something was posted, never the record of it. A feed holds thirty items, which
//! a busy morning overflows; a broken one is no reason to do anything.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use url::Url;

use crate::fetch::{self, BadBody, Client, Request, Validators};
use crate::model::id::Doi;

/// Thirty items with abstracts are under 100 kB.
const MAX_FEED_BYTES: u64 = 4 << 20;

/// A version that a feed mentions.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hint {
    pub doi: Doi,
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
    let feed = feed_rs::parser::parse(body).ok()?;
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

/// Reads `…/content/{doi}v{n}`, with whatever follows (`?rss=1`, `.full`, `.full.pdf`).
fn hint(link: &str) -> Option<Hint> {
    let (_, path) = link.split_once("/content/")?;
    let path = path.split(['?', '#']).next()?.trim();
    let path = path.split(".full").next()?;
    let (doi, version) = path.rsplit_once('v')?;
    Some(Hint { doi: doi.parse().ok()?, version: version.parse().ok().filter(|n| *n > 0)? })
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
            ("https://www.biorxiv.org/", None),
            ("", None),
        ] {
            let found = hint(link).map(|hint| (hint.doi.to_string(), hint.version));
            assert_eq!(found, expected.map(|(doi, n)| (doi.to_owned(), n)), "{link}");
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
            hints.iter().map(|h| h.doi.as_str()).collect::<Vec<_>>(),
            ["10.64898/2026.03.01.700001", "10.64898/2026.03.01.700002"]
        );
        for broken in ["", "<html>", "{}", "<rdf:RDF", "\u{0}"] {
            assert!(read(broken.as_bytes()).is_none_or(|hints| hints.is_empty()), "{broken:?}");
        }
    }
}
