//! The preprint servers' own JSON, and everything they answer instead of it, mostly with status 200.

use chrono::NaiveDate;
use serde_json::{Map, Value};

use crate::fetch::body::{Kind, sniff};
use crate::fetch::client::BadBody;

/// One page of `details` or `pubs`, told apart from the answers that are none.
#[derive(Debug, Clone, PartialEq)]
pub enum Reply {
    Page(Page),
    /// The interval holds nothing, or the cursor lies past its end.
    Empty,
    /// "no articles found": said of intervals that do hold some, too.
    Doubtful,
    /// No bytes at all: the server gave up on the interval, or is down.
    NoBytes,
    /// The question itself is wrong.
    Refused(String),
}

#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    pub rows: Vec<Map<String, Value>>,
    /// Rows that are no JSON object; they count for the cursor all the same.
    pub unreadable: u64,
    /// Version rows in the whole interval, as announced; sometimes inflated.
    pub total: Option<u64>,
    /// The category filter that was applied: `all` when the server ignored ours.
    pub category: Option<String>,
}

impl Page {
    /// How far the cursor moves: by what was received.
    pub fn received(&self) -> u64 {
        self.rows.len() as u64 + self.unreadable
    }
}

/// What a body says. `interval`: the days asked for; an answer about others is not ours.
///
/// # Errors
/// A body that is no answer: an outage text, an HTML page, JSON that is cut short or of another shape.
pub fn read(body: &[u8], interval: (NaiveDate, NaiveDate)) -> Result<Reply, BadBody> {
    match sniff(body) {
        Kind::Empty => return Ok(Reply::NoBytes),
        Kind::Json => {}
        Kind::Html => return Err(BadBody::again("an HTML page instead of JSON: an outage or a block")),
        Kind::Text if contains(body, b"(2002)") => {
            return Err(BadBody::again("the text of error 2002: the archive's database is down"));
        }
        other => return Err(BadBody::again(format!("{other:?} instead of JSON").to_lowercase())),
    }
    let text = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    let value: Value =
        serde_json::from_slice(text).map_err(|error| BadBody::again(format!("JSON that can not be read: {error}")))?;
    let message = value.get("messages").and_then(|messages| messages.get(0));
    let status = message.and_then(|message| message.get("status")).map(text_of).unwrap_or_default();
    let rows = value.get("collection").and_then(Value::as_array);
    let folded = status.to_lowercase();

    if let Some(echo) = message.and_then(|message| message.get("interval")).map(text_of)
        && let Some(days) = read_interval(&echo)
        && days != interval
    {
        return Err(BadBody::again(format!("an answer about {echo} instead of {}:{}", interval.0, interval.1)));
    }
    match rows {
        Some(rows) if !rows.is_empty() => {
            let objects: Vec<_> = rows.iter().filter_map(Value::as_object).cloned().collect();
            Ok(Reply::Page(Page {
                unreadable: (rows.len() - objects.len()) as u64,
                rows: objects,
                total: message.and_then(|message| message.get("total")).and_then(number_of),
                category: message.and_then(|message| message.get("category")).map(text_of).filter(|c| !c.is_empty()),
            }))
        }
        _ if folded.starts_with("no posts found") => Ok(Reply::Empty),
        _ if folded.starts_with("no articles found") => Ok(Reply::Doubtful),
        _ if folded.contains("not recogni") || folded.contains("not found") => Ok(Reply::Refused(status)),
        Some(_) if folded == "ok" => Ok(Reply::Empty),
        _ if status.is_empty() => Err(BadBody::again("JSON without a status and without rows")),
        _ => Err(BadBody::again(format!("the unknown status {status:?}"))),
    }
}

/// A field's text: strings trimmed, numbers written out, anything else empty.
pub fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        _ => String::new(),
    }
}

/// The trimmed text of `row[name]`; empty when absent. `NA` is kept: only some fields use it as "none".
pub fn field(row: &Map<String, Value>, name: &str) -> String {
    row.get(name).map(text_of).unwrap_or_default()
}

/// A count that may come as number or string.
fn number_of(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str().and_then(|text| text.trim().parse().ok()))
}

fn read_interval(text: &str) -> Option<(NaiveDate, NaiveDate)> {
    let (from, to) = text.split_once(':')?;
    Some((from.trim().parse().ok()?, to.trim().parse().ok()?))
}

fn contains(body: &[u8], word: &[u8]) -> bool {
    body.get(..body.len().min(4096)).is_some_and(|head| head.windows(word.len()).any(|window| window == word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day() -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 3, 2).unwrap()
    }

    fn read_text(body: &str) -> Result<Reply, BadBody> {
        read(body.as_bytes(), (day(), day()))
    }

    #[test]
    fn every_answer_has_its_name() {
        assert_eq!(read_text(""), Ok(Reply::NoBytes));
        assert_eq!(read_text(r#"{"messages":[{"status":"no posts found"}],"collection":[]}"#), Ok(Reply::Empty));
        assert_eq!(read_text(r#"{"messages":[{"status":"no articles found for x"}]}"#), Ok(Reply::Doubtful));
        for status in ["doi not recognizable", "Server not recognized", "funder value not found"] {
            let body = format!(r#"{{"messages":[{{"status":"{status}"}}],"collection":[]}}"#);
            assert_eq!(read_text(&body), Ok(Reply::Refused(status.to_owned())));
        }
        for body in [
            "Error : (2002) Connection refused",
            "<!DOCTYPE html><html><body>Just a moment</body></html>",
            r#"{"messages":[{"status":"ok"}],"collection":[{"doi":"10."#,
            r#"{"messages":[],"collection":[]}"#,
            "[]",
            "null",
            r#"{"messages":[{"status":"database is locked"}]}"#,
            r#"{"messages":[{"status":"ok","interval":"2026-03-01:2026-03-02"}],"collection":[{"doi":"10.1101/1"}]}"#,
        ] {
            assert!(read_text(body).unwrap_err().again, "{body}");
        }
    }

    #[test]
    fn totals_come_as_text_or_number() {
        for total in ["\"201\"", "201", "\" 201 \""] {
            let body = format!(
                r#"{{"messages":[{{"status":"ok","category":"all","total":{total},"interval":"2026-03-02:2026-03-02"}}],"collection":[{{"doi":"x"}},7]}}"#
            );
            let Ok(Reply::Page(page)) = read_text(&body) else { panic!("{body}") };
            assert_eq!((page.total, page.received(), page.unreadable), (Some(201), 2, 1));
            assert_eq!(page.category.as_deref(), Some("all"));
        }
    }

    #[test]
    fn any_bytes_get_an_answer() {
        for bytes in [&b"\xff\xfe{"[..], b"{", b"{\"messages\":\"x\"}", b"{\"collection\":{}}", &[b'['; 10_000]] {
            let _ = read(bytes, (day(), day()));
        }
    }
}
