//! A preprint's full text: one file at a time, far apart, and never the same version twice.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use url::Url;

use super::Config;
use crate::document::{self, Limits, Parsed};
use crate::fetch::body::{Kind, sniff};
use crate::fetch::politeness::{is_loopback, same_site};
use crate::fetch::{BadBody, Client, Request};
use crate::model::delivery::SourceName;
use crate::model::id::Doi;
use crate::source::{Error, base_url};

/// The hosts stand behind a guard that answers 429 and 403 to the hasty; a minute is what it wants to see.
const COOL_DOWN: Duration = Duration::from_secs(60);
const MAX_BYTES: u64 = 64 << 20;

/// Fetches the JATS of posted versions. A version's text never changes, so what was fetched once is kept in a folder.
#[derive(Debug)]
pub struct FullText {
    name: SourceName,
    base: Url,
    spacing: Duration,
    folder: PathBuf,
    client: Arc<Client>,
}

impl FullText {
    /// `None` when the configuration does not ask for full text. `folder`: where fetched files are kept.
    ///
    /// # Errors
    /// [`Error::Setting`] when the host's address can not be used.
    pub fn new(name: SourceName, config: &Config, client: Arc<Client>, folder: &Path) -> Result<Option<Self>, Error> {
        if !config.full_text {
            return Ok(None);
        }
        let default = format!("https://www.{name}.org");
        let base = base_url(name, "full_text_url", config.full_text_url.as_deref().unwrap_or(&default))?;
        let spacing = Duration::from_millis(config.full_text_spacing_ms);
        Ok(Some(FullText { name, base, spacing, folder: folder.to_owned(), client }))
    }

    /// The parsed text of one version, from `url` as the listing named it.
    ///
    /// # Errors
    /// When the address is not the archive's own, the text can not be fetched, or it is no article.
    pub async fn fetch(&self, doi: &Doi, version: u32, url: &str) -> Result<Parsed, Error> {
        let file = self.folder.join(file_name(doi, version));
        if let Ok(kept) = std::fs::read(&file)
            && let Ok(parsed) = document::parse(&kept, url, &Limits::default())
        {
            return Ok(parsed);
        }
        let mut request = Request::get(self.resolve(url)?).spaced(self.spacing);
        request.cool_down = COOL_DOWN;
        request.max_body_bytes = Some(MAX_BYTES);
        let answer = self.client.read(&request, |fetched| match sniff(&fetched.body) {
            Kind::Xml if ends_its_article(&fetched.body) => Ok(fetched.body.clone()),
            Kind::Xml => Err(BadBody::again("an article that is cut short")),
            Kind::Html => Err(BadBody::never("an HTML page instead of the article: a block, or no XML for it")),
            other => Err(BadBody::again(format!("{other:?} instead of the article").to_lowercase())),
        });
        let body = answer.await?;
        let parsed = document::parse(&body, url, &Limits::default())
            .map_err(|error| Error::Records { archive: self.name, reason: error.to_string() })?;
        if let Err(error) = keep(&file, &body) {
            tracing::warn!(path = %file.display(), %error, "a fetched text could not be kept; it may be fetched again");
        }
        Ok(parsed)
    }

    /// The address to ask: the listing's own when it lies on the archive's site, else its path there. A listing is outside
    /// input, and may not send us anywhere.
    fn resolve(&self, url: &str) -> Result<Url, Error> {
        let setting = |reason: String| Error::Setting { archive: self.name, setting: "jatsxml", reason };
        let named = Url::parse(url).map_err(|error| setting(format!("{url:?}: {error}")))?;
        let ours = if is_loopback(&self.base) { is_loopback(&named) } else { same_site(&named, &self.base) };
        if ours && matches!(named.scheme(), "http" | "https") {
            return Ok(named);
        }
        self.base.join(named.path().trim_start_matches('/')).map_err(|error| setting(error.to_string()))
    }
}

fn ends_its_article(body: &[u8]) -> bool {
    let tail = body.get(body.len().saturating_sub(4096)..).unwrap_or_default();
    tail.windows(9).any(|window| window == b"</article") || tail.windows(8).any(|window| window == b":article")
}

/// A name that no DOI can turn into a path: other characters than letters, digits and dots are written as hex.
fn file_name(doi: &Doi, version: u32) -> String {
    let mut name = String::new();
    for byte in doi.as_str().bytes() {
        match byte {
            b'a'..=b'z' | b'0'..=b'9' | b'.' => name.push(byte as char),
            other => name.push_str(&format!("_{other:02x}")),
        }
    }
    // The longest DOI accepted, all in hex, would not fit a file name.
    if name.len() > 180 {
        name = blake3::hash(doi.as_str().as_bytes()).to_hex().to_string();
    }
    format!("{name}.v{version}.xml")
}

fn keep(file: &Path, body: &[u8]) -> std::io::Result<()> {
    let folder = file.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)?;
    let partial = file.with_extension("part");
    let mut out = std::fs::File::create(&partial)?;
    out.write_all(body)?;
    out.sync_all()?;
    std::fs::rename(&partial, file)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;
    use crate::fetch;

    fn full_text(base: Option<&str>) -> FullText {
        let client = Arc::new(Client::new(fetch::Config::default(), Clock::system(), 1).unwrap());
        let config = Config { full_text: true, full_text_url: base.map(str::to_owned), ..Config::default() };
        FullText::new(SourceName::Biorxiv, &config, client, Path::new("/nowhere")).unwrap().unwrap()
    }

    #[test]
    fn a_listing_sends_us_nowhere_else() {
        for (base, url, expected) in [
            (None, "https://www.biorxiv.org/content/a.source.xml", "https://www.biorxiv.org/content/a.source.xml"),
            (None, "https://evil.example/content/a.xml?x=1", "https://www.biorxiv.org/content/a.xml"),
            (None, "http://127.0.0.1/a.xml", "https://www.biorxiv.org/a.xml"),
            (None, "file:///etc/passwd", "https://www.biorxiv.org/etc/passwd"),
            (
                Some("http://127.0.0.1:9/www"),
                "https://www.biorxiv.org/content/a.xml",
                "http://127.0.0.1:9/www/content/a.xml",
            ),
            (Some("http://127.0.0.1:9/www"), "http://127.0.0.1:9/x/a.xml", "http://127.0.0.1:9/x/a.xml"),
        ] {
            assert_eq!(full_text(base).resolve(url).unwrap().as_str(), expected, "{url}");
        }
        assert!(full_text(None).resolve("no address").is_err());
    }

    #[test]
    fn file_names_are_plain() {
        let name = |doi: &str| file_name(&doi.parse().unwrap(), 2);
        assert_eq!(name("10.1101/2026.01.02.700001"), "10.1101_2f2026.01.02.700001.v2.xml");
        assert!(!name("10.1101/../../etc").contains('/'));
        assert!(name(&format!("10.1101/{}", "é".repeat(100))).len() < 200);
    }
}
