//! A folder of real files served as archives: JATS files become preprints with full text, PubMed records are served by
//! EFetch as they are. They appear one after the other over the simulated days.

use std::io::Read;
use std::path::{Path, PathBuf};

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use super::preprint::{Posting, Preprint};
use super::record::{Record, RecordDelivery, RecordKind};
use super::text::Manuscript;
use super::world::World;
use super::{Config, Error, Server};

/// Nothing longer is read, inflated or not.
const MAX_FILE_BYTES: u64 = 256 << 20;
const MAX_DEPTH: usize = 8;

/// One article: a whole JATS file, or a slice of a PubMed file.
#[derive(Debug, Clone)]
pub struct File {
    path: PathBuf,
    /// Byte range of the record in the inflated file; none: all of it.
    range: Option<std::ops::Range<usize>>,
    pub paper: Manuscript,
}

impl File {
    /// The article's bytes, inflated.
    ///
    /// # Errors
    /// When the file can no longer be read.
    pub fn bytes(&self) -> std::io::Result<Vec<u8>> {
        let all = read(&self.path)?;
        Ok(match &self.range {
            Some(range) => all.get(range.clone()).unwrap_or_default().to_vec(),
            None => all,
        })
    }
}

/// The world of the files below `folder`, and the files.
///
/// # Errors
/// A folder that can not be read, or one without an article.
pub fn world(folder: &Path, config: &Config) -> Result<(World, Vec<File>), Error> {
    let mut paths = Vec::new();
    walk(folder, 0, &mut paths)?;
    let mut found: Vec<(File, Facts)> = Vec::new();
    for path in paths {
        let bytes = read(&path).map_err(|source| Error::Folder { path: path.clone(), source })?;
        let text = String::from_utf8_lossy(&bytes);
        // Ranges are of the bytes, so a file that is not UTF-8 is left out rather than cut in the wrong places.
        if matches!(text, std::borrow::Cow::Owned(_)) {
            continue;
        }
        if text.contains("<PubmedArticle>") {
            for range in records(&text) {
                let slice = text.get(range.clone()).unwrap_or_default();
                if let Some(facts) = pubmed_facts(slice) {
                    found.push((file(&path, Some(range), &facts), facts));
                }
            }
        } else if let Some(facts) = jats_facts(&text) {
            found.push((file(&path, None, &facts), facts));
        }
    }
    if found.is_empty() {
        return Err(Error::EmptyFolder(folder.to_owned()));
    }
    let days = (config.days + config.history_days).max(1) as usize;
    let first = config.from - TimeDelta::days(i64::from(config.history_days));
    let total = found.len();
    let mut world = World::default();
    let mut files = Vec::with_capacity(total);
    for (i, (file, facts)) in found.into_iter().enumerate() {
        let date = first + TimeDelta::days((i * days / total) as i64);
        let at = date.and_time(chrono::NaiveTime::MIN).and_utc()
            + TimeDelta::hours(12)
            + TimeDelta::seconds(i as i64 % 3600);
        add(&mut world, i, facts, date, at);
        files.push(file);
    }
    world.finish();
    Ok((world, files))
}

fn add(world: &mut World, file: usize, facts: Facts, date: NaiveDate, at: DateTime<Utc>) {
    let category = facts.category.unwrap_or_else(|| "cell biology".to_owned()).to_lowercase();
    match (facts.pmid, facts.doi) {
        (Some(pmid), doi) => {
            let delivery =
                RecordDelivery { at, status: "MEDLINE", retracted_by: None, corrected_by: None, updated_by: None };
            world.records.push(Record {
                pmid,
                version: 1,
                kind: RecordKind::File,
                category,
                seed: file as u64,
                doi,
                journal_form: 0,
                deliveries: vec![delivery],
                deleted_at: None,
                file: Some(file),
            });
        }
        (None, Some(doi)) => world.preprints.push(Preprint {
            server: Server::Biorxiv,
            doi,
            category,
            seed: file as u64,
            postings: vec![Posting {
                version: 1,
                date,
                appears_at: at,
                withdrawn: false,
                licence: facts.licence,
                has_full_text: true,
            }],
            journal: None,
            imported: false,
            pmid: None,
            file: Some(file),
        }),
        (None, None) => {}
    }
}

/// The little that a listing says about a file.
struct Facts {
    doi: Option<String>,
    pmid: Option<u64>,
    title: String,
    text: String,
    category: Option<String>,
    licence: String,
}

fn file(path: &Path, range: Option<std::ops::Range<usize>>, facts: &Facts) -> File {
    let paper = Manuscript {
        title: facts.title.clone(),
        authors: vec![("Unnamed".to_owned(), "A".to_owned())],
        consortium: None,
        institution: String::new(),
        abstract_parts: vec![(None, facts.text.clone())],
        sections: Vec::new(),
        tables: Vec::new(),
        figures: Vec::new(),
        keywords: Vec::new(),
        references: Vec::new(),
    };
    File { path: path.to_owned(), range, paper }
}

fn jats_facts(text: &str) -> Option<Facts> {
    let front = between(text, "<article-meta", "</article-meta>")?;
    let doi = between(front, "pub-id-type=\"doi\">", "<")?.trim().to_owned();
    let subject =
        between(front, "hwp-journal-coll", "</subj-group>").and_then(|group| between(group, "<subject>", "</subject>"));
    let licence = ["by-nc-nd", "by-nc-sa", "by-nc", "by-nd", "by-sa", "by"]
        .into_iter()
        .find(|code| front.contains(&format!("/licenses/{code}/")));
    Some(Facts {
        doi: (!doi.is_empty()).then_some(doi),
        pmid: None,
        title: inner(front, "<article-title", "</article-title>"),
        text: inner(front, "<abstract", "</abstract>"),
        category: subject.map(str::to_owned),
        licence: licence.map(|code| format!("cc_{}", code.replace('-', "_"))).unwrap_or_default(),
    })
}

fn pubmed_facts(text: &str) -> Option<Facts> {
    let pmid = between(text, "<PMID", "</PMID>")?.rsplit('>').next()?.trim().parse().ok()?;
    let doi = between(text, "EIdType=\"doi\"", "</ELocationID>").and_then(|s| s.rsplit('>').next()).map(str::to_owned);
    Some(Facts {
        doi,
        pmid: Some(pmid),
        title: inner(text, "<ArticleTitle", "</ArticleTitle>"),
        text: inner(text, "<Abstract>", "</Abstract>"),
        category: None,
        licence: String::new(),
    })
}

/// The text of the element that opens with `open`, white space folded; tags are dropped where it is shown.
fn inner(text: &str, open: &str, close: &str) -> String {
    let body = between(text, open, close).unwrap_or_default();
    let body = if open.ends_with('>') { body } else { body.split_once('>').map_or("", |(_, body)| body) };
    let spaced = body.replace("</", " </");
    super::text::plain(&spaced)
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .replace('&', "&amp;")
        .replace('<', "&lt;")
}

fn between<'a>(text: &'a str, open: &str, close: &str) -> Option<&'a str> {
    let (_, from) = text.split_once(open)?;
    from.split_once(close).map(|(inside, _)| inside)
}

fn records(text: &str) -> Vec<std::ops::Range<usize>> {
    let close = "</PubmedArticle>";
    let starts = text.match_indices("<PubmedArticle>").map(|(start, _)| start);
    starts.filter_map(|start| text.get(start..)?.find(close).map(|end| start..start + end + close.len())).collect()
}

fn walk(folder: &Path, depth: usize, paths: &mut Vec<PathBuf>) -> Result<(), Error> {
    let failed = |source| Error::Folder { path: folder.to_owned(), source };
    let mut entries: Vec<PathBuf> = std::fs::read_dir(folder)
        .map_err(failed)?
        .map(|e| e.map(|e| e.path()))
        .collect::<Result<_, _>>()
        .map_err(failed)?;
    entries.sort();
    for path in entries {
        let name = path.file_name().map(|n| n.to_string_lossy().to_lowercase()).unwrap_or_default();
        if path.is_dir() {
            if depth < MAX_DEPTH && !path.is_symlink() {
                walk(&path, depth + 1, paths)?;
            }
        } else if [".xml", ".nxml", ".xml.gz", ".nxml.gz"].iter().any(|end| name.ends_with(end)) {
            paths.push(path);
        }
    }
    Ok(())
}

fn read(path: &Path) -> std::io::Result<Vec<u8>> {
    let file = std::fs::File::open(path)?;
    let mut bytes = Vec::new();
    if path.extension().is_some_and(|end| end.eq_ignore_ascii_case("gz")) {
        flate2::read::MultiGzDecoder::new(file).take(MAX_FILE_BYTES).read_to_end(&mut bytes)?;
    } else {
        file.take(MAX_FILE_BYTES).read_to_end(&mut bytes)?;
    }
    Ok(bytes)
}
