//! PubMed and MEDLINE sets: cut into records while they stream, so that a set of any size needs one record's memory
//! and a broken record costs only itself.

mod record;

use std::io::BufRead;
use std::ops::ControlFlow;

use memchr::memmem;

use super::issue::Issues;
use super::xml::Xml;
use super::{Error, Limits, Record, decode};

/// Elements that are one record, longest names first where one begins another.
const RECORDS: [&str; 5] =
    ["PubmedBookArticle", "PubmedArticle", "MedlineCitation", "DeleteCitation", "DeleteDocument"];

/// Reads the records of `head` followed by `rest`.
pub fn read(
    head: Vec<u8>,
    mut rest: impl BufRead,
    name: &str,
    limits: &Limits,
    each: &mut dyn FnMut(Record) -> ControlFlow<()>,
) -> Result<(), Error> {
    let mut buffer = head;
    // Where the unread part of `buffer` begins, and how far into the stream that is.
    let (mut at, mut offset) = (0usize, 0usize);
    let mut at_end = false;
    let mut found = 0usize;
    let mut frame = Frame::default();
    loop {
        let unread = buffer.get(at..).unwrap_or_default();
        match next_record(unread, limits.record_bytes, at_end, &mut frame) {
            Step::Record { start, end, tag } => {
                found += 1;
                let bytes = unread.get(start..end).unwrap_or_default();
                let flow = give(bytes, tag, offset + at + start, limits, each);
                at += end;
                if flow.is_break() {
                    return Ok(());
                }
            }
            Step::TooLarge { start, tag } => {
                found += 1;
                let place = offset + at + start;
                let reason = format!("<{tag}> at byte {place} is larger than {} bytes", limits.record_bytes);
                at += start + 1;
                if each(Record::Unread(reason)).is_break() {
                    return Ok(());
                }
            }
            Step::Cut { start, tag } => {
                let place = offset + at + start;
                let reason = format!("<{tag}> at byte {place} is cut off by the end of the data");
                let _ = each(Record::Unread(reason));
                return Ok(());
            }
            Step::NeedMore { keep } if !at_end => {
                buffer.drain(..at + keep);
                offset += at + keep;
                at = 0;
                let chunk = rest.fill_buf().map_err(|source| Error::Io { name: name.to_owned(), source })?;
                at_end = chunk.is_empty();
                let taken = chunk.len();
                buffer.extend_from_slice(chunk);
                rest.consume(taken);
            }
            Step::NeedMore { .. } => {
                if !frame.closed && (frame.opened || found == 0) {
                    let at = offset + buffer.len();
                    let reason = "the set is cut off".to_owned();
                    if found == 0 {
                        return Err(Error::Malformed { name: name.to_owned(), at, reason });
                    }
                    let _ = each(Record::Unread(format!("{reason} at byte {at}")));
                }
                return Ok(());
            }
        }
    }
}

enum Step {
    Record {
        start: usize,
        end: usize,
        tag: &'static str,
    },
    TooLarge {
        start: usize,
        tag: &'static str,
    },
    Cut {
        start: usize,
        tag: &'static str,
    },
    /// Nothing whole yet; what lies before `keep` is of no more use.
    NeedMore {
        keep: usize,
    },
}

/// Whether the set's own tags were seen, to tell a whole set from one cut between records.
#[derive(Default)]
struct Frame {
    opened: bool,
    closed: bool,
}

impl Frame {
    fn see(&mut self, rest: &[u8]) {
        const SETS: [&[u8]; 3] = [b"PubmedArticleSet", b"MedlineCitationSet", b"PubmedBookArticleSet"];
        let closing = rest.strip_prefix(b"/");
        if SETS.iter().any(|set| closing.unwrap_or(rest).starts_with(set)) {
            self.opened |= closing.is_none();
            self.closed |=
                closing.is_some() || rest.iter().take(64).collect::<Vec<_>>().windows(2).any(|w| w == [&b'/', &b'>']);
        }
    }
}

fn next_record(bytes: &[u8], limit: usize, at_end: bool, frame: &mut Frame) -> Step {
    let mut from = 0;
    loop {
        let Some(start) = bytes.get(from..).and_then(|rest| memchr::memchr(b'<', rest)).map(|found| from + found)
        else {
            return Step::NeedMore { keep: bytes.len() };
        };
        let rest = bytes.get(start + 1..).unwrap_or_default();
        let Some(tag) =
            RECORDS.into_iter().find(|tag| rest.starts_with(tag.as_bytes()) && delimits(rest.get(tag.len())))
        else {
            let short = rest.len() < 24;
            if short && !at_end {
                return Step::NeedMore { keep: start };
            }
            frame.see(rest);
            from = start + 1;
            continue;
        };
        let end_tag = format!("</{tag}>");
        let window = rest.get(..rest.len().min(limit)).unwrap_or(rest);
        return match memmem::find(window, end_tag.as_bytes()) {
            Some(found) => Step::Record { start, end: start + 1 + found + end_tag.len(), tag },
            None if window.len() < rest.len() || rest.len() >= limit => Step::TooLarge { start, tag },
            None if at_end => Step::Cut { start, tag },
            None => Step::NeedMore { keep: start },
        };
    }
}

fn delimits(byte: Option<&u8>) -> bool {
    byte.is_some_and(|b| b.is_ascii_whitespace() || matches!(b, b'>' | b'/'))
}

/// Parses one record and hands out what it gave.
fn give(
    bytes: &[u8],
    tag: &str,
    at: usize,
    limits: &Limits,
    each: &mut dyn FnMut(Record) -> ControlFlow<()>,
) -> ControlFlow<()> {
    let mut issues = Issues::default();
    let text = decode::decode(bytes, &mut issues);
    let mut xml = Xml::new(&text, limits.depth, limits.elements);
    match tag {
        "PubmedBookArticle" => each(Record::Book),
        "DeleteCitation" | "DeleteDocument" => {
            for pmid in record::deleted(&mut xml) {
                each(Record::Deleted(pmid))?;
            }
            ControlFlow::Continue(())
        }
        _ => match record::article(xml, issues) {
            Ok((document, issues)) => each(Record::Article(Box::new(document), issues)),
            Err(reason) => each(Record::Unread(format!("<{tag}> at byte {at}: {reason}"))),
        },
    }
}
