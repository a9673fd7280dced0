//! What the E-utilities answer: search results in JSON or XML, article sets, and the errors that come with status 200.

use quick_xml::events::Event;
use serde_json::Value;

use crate::fetch::BadBody;
use crate::fetch::body::{Kind, sniff};
use crate::model::id::Pmid;

/// ESearch gives no more ids than this to any one search.
pub const SEARCH_LIMIT: u64 = 9_999;

/// What ESearch said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SearchReply {
    Found(Search),
    /// An error that asking again will not change.
    Refused(String),
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Search {
    /// Records that match, not only those listed here.
    pub count: u64,
    /// Ids that are no PMID are left out; they are counted in `unreadable`.
    pub pmids: Vec<Pmid>,
    pub unreadable: u64,
    /// The server-side copy of the result, when it was asked for. Lives for hours at most.
    pub history: Option<History>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct History {
    pub web_env: String,
    pub query_key: String,
}

/// What EFetch said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FetchReply {
    /// A whole article set; the records' own PMIDs, books included.
    Set(Vec<Pmid>),
    /// The server forgot the search that was to be paged through.
    Expired,
    /// An error that asking again will not change.
    Refused(String),
}

/// Reads an ESearch reply.
///
/// # Errors
/// A body that is none: another utility's reply, named; an outage; a cut body.
pub fn read_search(body: &[u8]) -> Result<SearchReply, BadBody> {
    match sniff(body) {
        Kind::Json => read_search_json(body),
        Kind::Xml => read_search_xml(body),
        other => Err(no_reply(other, "ESearch")),
    }
}

/// Reads an EFetch reply as far as it takes to know that it is whole and whose records it holds.
///
/// # Errors
/// A body that is no article set: a rate error in JSON, a prolog without a root, a cut set, another utility's reply, named.
pub fn read_fetch(body: &[u8]) -> Result<FetchReply, BadBody> {
    match sniff(body) {
        Kind::Json => return Err(json_error(body, "EFetch")),
        Kind::Xml => {}
        other => return Err(no_reply(other, "EFetch")),
    }
    let survey = survey(body)?;
    match survey.root.as_str() {
        "PubmedArticleSet" => Ok(FetchReply::Set(survey.pmids)),
        "eFetchResult" | "ERROR" => match survey.error {
            Some(text) if text.contains("Unable to obtain query") => Ok(FetchReply::Expired),
            Some(text) if is_permanent(&text) => Ok(FetchReply::Refused(text)),
            Some(text) => Err(BadBody::again(text)),
            None => Err(BadBody::again("an EFetch reply without records and without an error")),
        },
        other => Err(BadBody::never(format!("a reply of {other} instead of EFetch's article set"))),
    }
}

fn read_search_json(body: &[u8]) -> Result<SearchReply, BadBody> {
    let value = read_json(body)?;
    let Some(result) = value.get("esearchresult") else {
        return Err(json_error(body, "ESearch"));
    };
    if let Some(error) = result.get("ERROR").and_then(Value::as_str) {
        return refuse(error);
    }
    let text = |name: &str| match result.get(name) {
        Some(Value::String(text)) => Some(text.clone()),
        Some(Value::Number(number)) => Some(number.to_string()),
        _ => None,
    };
    let Some(count) = text("count").and_then(|count| count.parse().ok()) else {
        return Err(BadBody::again("an ESearch reply without a count"));
    };
    let mut search = Search { count, ..Search::default() };
    for id in result.get("idlist").and_then(Value::as_array).into_iter().flatten() {
        search.push(id.as_str().map(str::to_owned).unwrap_or_else(|| id.to_string()).as_str());
    }
    if let (Some(web_env), Some(query_key)) = (text("webenv"), text("querykey")) {
        search.history = Some(History { web_env, query_key });
    }
    Ok(SearchReply::Found(search))
}

fn read_search_xml(body: &[u8]) -> Result<SearchReply, BadBody> {
    let survey = survey(body)?;
    if survey.root != "eSearchResult" {
        return Err(BadBody::never(format!("a reply of {} instead of ESearch's", survey.root)));
    }
    if let Some(error) = survey.error {
        return refuse(&error);
    }
    let Some(count) = survey.count else {
        return Err(BadBody::again("an ESearch reply without a count"));
    };
    let mut search = Search { count, ..Search::default() };
    for id in &survey.ids {
        search.push(id);
    }
    if let (Some(web_env), Some(query_key)) = (survey.web_env, survey.query_key) {
        search.history = Some(History { web_env, query_key });
    }
    Ok(SearchReply::Found(search))
}

impl Search {
    fn push(&mut self, id: &str) {
        match id.parse() {
            Ok(pmid) => self.pmids.push(pmid),
            Err(_) => self.unreadable += 1,
        }
    }
}

fn refuse(error: &str) -> Result<SearchReply, BadBody> {
    if is_permanent(error) { Ok(SearchReply::Refused(shorten(error))) } else { Err(BadBody::again(shorten(error))) }
}

/// Errors that are about the question, not about the server's day.
fn is_permanent(error: &str) -> bool {
    const PERMANENT: [&str; 8] = [
        "cannot be larger than",
        "Empty id list",
        "not found",
        "Invalid db name",
        "Neither query_key nor id",
        "API key invalid",
        "Empty term",
        "Invalid uid",
    ];
    PERMANENT.iter().any(|words| error.contains(words))
}

/// Names the JSON that stands where another reply should: the rate error above all.
fn json_error(body: &[u8], wanted: &str) -> BadBody {
    let value = match read_json(body) {
        Ok(value) => value,
        Err(bad) => return bad,
    };
    if let Some(error) = value.get("error").and_then(Value::as_str) {
        return BadBody::again(shorten(error));
    }
    match value.get("header").and_then(|header| header.get("type")).and_then(Value::as_str) {
        Some(kind) => BadBody::never(format!("a reply of {} instead of {wanted}'s", shorten(kind))),
        None => BadBody::again(format!("JSON that is no reply of {wanted}")),
    }
}

/// JSON from NCBI holds raw control characters in its error texts now and then; they mean nothing, and JSON forbids them.
fn read_json(body: &[u8]) -> Result<Value, BadBody> {
    let text = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    let clean: Vec<u8> = text.iter().map(|byte| if *byte < 0x20 { b' ' } else { *byte }).collect();
    serde_json::from_slice(&clean).map_err(|error| BadBody::again(format!("JSON that can not be read: {error}")))
}

fn no_reply(kind: Kind, wanted: &str) -> BadBody {
    match kind {
        Kind::Empty => BadBody::again(format!("an empty body instead of {wanted}'s reply")),
        Kind::Html => BadBody::again(format!("an HTML page instead of {wanted}'s reply: an outage or a block")),
        Kind::Text => BadBody::again(format!("plain text instead of {wanted}'s reply")),
        other => BadBody::never(format!("{} instead of {wanted}'s reply", format!("{other:?}").to_lowercase())),
    }
}

/// What one pass over an XML reply gathers.
#[derive(Debug, Default)]
struct Survey {
    root: String,
    count: Option<u64>,
    ids: Vec<String>,
    pmids: Vec<Pmid>,
    web_env: Option<String>,
    query_key: Option<String>,
    error: Option<String>,
}

/// Elements deeper than this hold nothing that is looked for here; what they nest is only counted.
const MAX_NAMED_DEPTH: usize = 16;

fn survey(body: &[u8]) -> Result<Survey, BadBody> {
    let broken = |detail: String| BadBody::again(format!("XML that is cut short or broken: {detail}"));
    // A stray byte in one record is the parser's concern, not a reason to ask for the set again.
    let body = String::from_utf8_lossy(body);
    let mut reader = quick_xml::Reader::from_str(&body);
    // Old records hold bare ampersands; that says nothing about the set being whole.
    reader.config_mut().allow_dangling_amp = true;
    let mut survey = Survey::default();
    let mut path: Vec<String> = Vec::new();
    let mut depth = 0_usize;
    let mut closed = false;
    let mut text = String::new();
    loop {
        match reader.read_event().map_err(|error| broken(error.to_string()))? {
            Event::Start(tag) => {
                let name = tag.local_name().as_ref().to_owned();
                if depth == 0 {
                    if closed {
                        return Err(broken("a second root".to_owned()));
                    }
                    survey.root.clone_from(&name);
                }
                depth += 1;
                if depth <= MAX_NAMED_DEPTH {
                    path.push(name);
                }
                text.clear();
            }
            Event::Empty(tag) if depth == 0 => {
                survey.root = tag.local_name().as_ref().to_owned();
                closed = true;
            }
            Event::Text(found) if depth <= MAX_NAMED_DEPTH && text.len() < 4096 => {
                text.push_str(&found);
            }
            Event::CData(found) if depth <= MAX_NAMED_DEPTH && text.len() < 4096 => {
                text.push_str(&found);
            }
            Event::End(_) => {
                if depth <= MAX_NAMED_DEPTH {
                    survey.take(&path, text.trim());
                    path.pop();
                }
                text.clear();
                depth = depth.saturating_sub(1);
                closed |= depth == 0;
            }
            Event::Eof => break,
            _ => {}
        }
    }
    if !closed {
        return Err(broken(if survey.root.is_empty() {
            "there is no root element".to_owned()
        } else {
            format!("{} is not closed", survey.root)
        }));
    }
    Ok(survey)
}

impl Survey {
    fn take(&mut self, path: &[String], text: &str) {
        let names: Vec<&str> = path.iter().map(String::as_str).collect();
        let once = |slot: &mut Option<String>| {
            if slot.is_none() {
                *slot = Some(shorten(text));
            }
        };
        match names.as_slice() {
            // A record's own id. The same element also names cited, corrected and deleted records.
            [.., "MedlineCitation" | "BookDocument", "PMID"] => self.pmids.extend(text.parse::<Pmid>()),
            ["eSearchResult", "Count"] => self.count = text.parse().ok(),
            ["eSearchResult", "IdList", "Id"] => self.ids.push(shorten(text)),
            ["eSearchResult", "WebEnv"] => self.web_env = Some(text.to_owned()),
            ["eSearchResult", "QueryKey"] => self.query_key = Some(shorten(text)),
            [.., "ERROR"] => once(&mut self.error),
            _ => {}
        }
    }
}

fn shorten(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(300).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(body: &str) -> Search {
        match read_search(body.as_bytes()) {
            Ok(SearchReply::Found(search)) => search,
            other => panic!("{body}: {other:?}"),
        }
    }

    #[test]
    fn searches_in_both_forms() {
        let json = found(
            r#"{"header":{"type":"esearch","version":"0.3"},"esearchresult":{"count":"2","retmax":"2","retstart":"0","querykey":"1","webenv":"MCID_01","idlist":["99000002","99000001"],"translationset":[]}}"#,
        );
        assert_eq!((json.count, json.pmids.as_slice()), (2, &[Pmid(99_000_002), Pmid(99_000_001)][..]));
        assert_eq!(json.history.unwrap(), History { web_env: "MCID_01".into(), query_key: "1".into() });
        let xml = found(
            "<?xml version=\"1.0\"?><!DOCTYPE eSearchResult><eSearchResult><Count>2</Count><RetMax>2</RetMax><RetStart>0</RetStart><QueryKey>1</QueryKey><WebEnv>M</WebEnv><IdList>\n<Id>7</Id>\n<Id>x</Id></IdList><TranslationStack><TermSet><Count>9</Count></TermSet></TranslationStack></eSearchResult>",
        );
        assert_eq!((xml.count, xml.pmids.as_slice(), xml.unreadable), (2, &[Pmid(7)][..], 1));
        let none = found(
            r#"{"esearchresult":{"count":"0","idlist":[],"warninglist":{"outputmessages":["No items found."]}}}"#,
        );
        assert_eq!(none, Search::default());
    }

    #[test]
    fn search_errors_are_told_apart() {
        let again = |body: &str| read_search(body.as_bytes()).unwrap_err().again;
        assert!(again(r#"{"esearchresult":{"ERROR":"Search Backend failed: read request has failed"}}"#));
        assert!(again("{\"esearchresult\":{\"ERROR\":\"NCBI C++ Exception:\n    Error: x\"}}"));
        assert!(again(r#"{"error":"API rate limit exceeded","api-key":"1.2.3.4","count":"4","limit":"3"}"#));
        assert!(again("<html><body>down</body></html>"));
        assert!(again(""));
        assert!(again("<?xml version=\"1.0\"?>"));
        assert!(again(r#"{"esearchresult":{"count":"2","idlist":["1""#));
        assert!(!again(r#"{"header":{"type":"elink"},"linksets":[]}"#));
        assert!(!again("<eLinkResult><LinkSet/></eLinkResult>"));
        let refused = r#"{"esearchresult":{"ERROR":"Search Backend failed: 'retstart' cannot be larger than 9998"}}"#;
        assert!(matches!(read_search(refused.as_bytes()), Ok(SearchReply::Refused(_))));
    }

    #[test]
    fn only_own_pmids_count() {
        let set = "<PubmedArticleSet><PubmedArticle><MedlineCitation Status=\"MEDLINE\"><PMID Version=\"1\">11</PMID>
            <CommentsCorrectionsList><CommentsCorrections RefType=\"Cites\"><PMID Version=\"1\">5</PMID></CommentsCorrections></CommentsCorrectionsList>
            </MedlineCitation></PubmedArticle><PubmedBookArticle><BookDocument><PMID>12</PMID></BookDocument></PubmedBookArticle>
            <DeleteCitation><PMID>6</PMID></DeleteCitation></PubmedArticleSet>";
        assert_eq!(read_fetch(set.as_bytes()), Ok(FetchReply::Set(vec![Pmid(11), Pmid(12)])));
        assert_eq!(read_fetch(b"<PubmedArticleSet></PubmedArticleSet>"), Ok(FetchReply::Set(Vec::new())));
        assert_eq!(read_fetch(b"<PubmedArticleSet/>"), Ok(FetchReply::Set(Vec::new())));
        for cut in 30..set.len() {
            assert!(read_fetch(&set.as_bytes()[..cut]).unwrap_err().again, "cut at {cut}");
        }
    }

    #[test]
    fn fetch_errors_are_told_apart() {
        assert_eq!(
            read_fetch(b"<eFetchResult><ERROR>Unable to obtain query #1</ERROR></eFetchResult>"),
            Ok(FetchReply::Expired)
        );
        for text in ["Empty id list - nothing todo", "UID=99: not found"] {
            let body = format!("<eFetchResult><ERROR>{text}</ERROR></eFetchResult>");
            assert_eq!(read_fetch(body.as_bytes()), Ok(FetchReply::Refused(text.to_owned())));
        }
        for body in [
            r#"{"error":"API rate limit exceeded","count":"4"}"#,
            "<?xml version=\"1.0\" ?>\n<!DOCTYPE PubmedArticleSet PUBLIC \"a\" \"b\">",
            "<!DOCTYPE html><html></html>",
            "<eFetchResult><ERROR>Cannot process request, NCBI C++ Exception</ERROR></eFetchResult>",
            "",
        ] {
            assert!(read_fetch(body.as_bytes()).unwrap_err().again, "{body}");
        }
        assert!(!read_fetch(b"<ePostResult><QueryKey>1</QueryKey></ePostResult>").unwrap_err().again);
    }

    #[test]
    fn any_bytes_get_an_answer() {
        for bytes in [&b"\xff\xfe<"[..], b"<a", b"<a>\xff</a>", b"{", b"<a/><b/>", &b"<a>".repeat(10_000)] {
            let _ = (read_search(bytes), read_fetch(bytes));
        }
    }
}
