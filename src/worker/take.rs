//! A file to examined articles: hashing, parsing, drafting and the stages that look at one document, away from the store's lock.

use std::fs::File;
use std::io::{BufRead, BufReader, Seek};
use std::ops::ControlFlow;
use std::path::Path;

use crate::document::{self, Kind, Record};
use crate::model::delivery::{Delivery, SourceName};
use crate::model::document::{ContentLevel, Document, ParseIssue};
use crate::model::id::Pmid;
use crate::verify::Examined;

use super::{Env, Error};

/// One article of a file, ready to be stored.
pub(super) struct Taken {
    pub delivery: Delivery,
    /// What the generators that work in this process wrote.
    pub examined: Vec<Examined>,
}

/// What a file gives, in order; the last is one of [`Piece::Known`] and [`Piece::End`].
pub(super) enum Piece {
    Article(Box<Taken>),
    Deleted(Vec<Pmid>),
    /// The same bytes were taken in before.
    Known,
    End {
        hash: blake3::Hash,
        end: End,
    },
}

/// How a file ended.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct End {
    pub articles: u64,
    pub books: u64,
    /// What could not be read, each with its reason; articles beside them stand.
    pub unread: Vec<String>,
    /// The kinds of members that are no articles.
    pub others: Vec<String>,
}

/// Most reasons kept of one file.
const MOST_REASONS: usize = 20;

impl End {
    fn unreadable(&mut self, reason: String) {
        if self.unread.len() < MOST_REASONS {
            self.unread.push(reason);
        }
    }
}

/// Reads the file and hands its pieces to `give`, until `give` breaks.
///
/// # Errors
/// When the file can not be opened or read, or drafting fails. What is wrong inside it is part of its [`End`].
pub(super) fn take(env: &Env, path: &Path, give: &mut dyn FnMut(Piece) -> ControlFlow<()>) -> Result<(), Error> {
    let io = |source| Error::Io { path: path.to_owned(), source };
    let mut hasher = blake3::Hasher::new();
    hasher.update_reader(File::open(path).map_err(io)?).map_err(io)?;
    let hash = hasher.finalize();
    if env.store.read()?.file_outcome(&hash)?.is_some() {
        let _ = give(Piece::Known);
        return Ok(());
    }
    let mut end = End::default();
    let mut failed = None;
    let mut stopped = false;
    let name = path.file_name().map_or_else(|| path.to_string_lossy(), |name| name.to_string_lossy()).into_owned();
    let visited = each_member(path, &mut |member, reader| {
        let mut deleted = Vec::new();
        let member = if member.is_empty() { name.as_str() } else { member };
        let result = document::read(reader, member, &env.limits, &mut |record| {
            let piece = match record {
                Record::Article(document, issues) => {
                    end.articles += 1;
                    article(env, path, *document, issues)
                }
                Record::Deleted(pmid) => {
                    deleted.push(pmid);
                    return ControlFlow::Continue(());
                }
                Record::Book => {
                    end.books += 1;
                    return ControlFlow::Continue(());
                }
                Record::Unread(reason) => {
                    end.unreadable(reason);
                    return ControlFlow::Continue(());
                }
            };
            match piece {
                Ok(taken) => {
                    let flow = give(Piece::Article(Box::new(taken)));
                    stopped |= flow.is_break();
                    flow
                }
                Err(error) => {
                    failed = Some(error);
                    ControlFlow::Break(())
                }
            }
        });
        if !deleted.is_empty() && give(Piece::Deleted(deleted)).is_break() {
            stopped = true;
        }
        match result {
            Ok(_) => {}
            Err(document::Error::NotAnArticle { kind, detail, .. }) => end.others.push(kind_name(&kind, detail)),
            Err(error) => {
                let reason = error.to_string();
                // Whoever shows it says which file it was.
                let own = reason.strip_prefix(name.as_str()).and_then(|rest| rest.strip_prefix(": "));
                end.unreadable(own.unwrap_or(&reason).to_owned());
            }
        }
        if stopped || failed.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    if let Some(error) = failed {
        return Err(error);
    }
    if stopped {
        return Ok(());
    }
    if let Err(error) = visited {
        end.unreadable(error.to_string());
    }
    end.others.sort();
    end.others.dedup();
    let _ = give(Piece::End { hash, end });
    Ok(())
}

/// Most bytes that one compressed file may inflate to.
const MOST_INFLATED_BYTES: u64 = 8 << 30;

fn each_member(
    path: &Path,
    visit: &mut dyn FnMut(&str, &mut dyn BufRead) -> ControlFlow<()>,
) -> Result<(), std::io::Error> {
    use std::io::Read;
    let mut file = File::open(path)?;
    let mut head = Vec::new();
    (&mut file).take(4).read_to_end(&mut head)?;
    file.rewind()?;
    let _ = if document::sniff(&head) == Kind::Gzip {
        let inflated = flate2::bufread::MultiGzDecoder::new(BufReader::new(file)).take(MOST_INFLATED_BYTES);
        visit("", &mut BufReader::with_capacity(1 << 16, inflated))
    } else {
        visit("", &mut BufReader::with_capacity(1 << 16, file))
    };
    Ok(())
}

/// The kind, and why it gave nothing although articles come as this kind.
fn kind_name(kind: &Kind, detail: Option<String>) -> String {
    const LONGEST: usize = 100;
    match detail {
        Some(detail) => format!("{kind}: {}", detail.chars().take(LONGEST).collect::<String>()),
        None => kind.to_string(),
    }
}

fn article(env: &Env, path: &Path, document: Document, issues: Vec<ParseIssue>) -> Result<Taken, Error> {
    let mut drafts = Vec::new();
    if document.content_level() != ContentLevel::Metadata {
        // Those that wait for another program get a job: the writer waits for this thread.
        for generator in env.local() {
            drafts.extend(env.draft(generator, &document)?);
        }
    }
    let examined = env.judge.examine(&document, drafts);
    let delivery = Delivery {
        source: SourceName::Inbox,
        origin: path.to_string_lossy().into_owned(),
        document,
        issues,
        full_text_url: None,
    };
    Ok(Taken { delivery, examined })
}
