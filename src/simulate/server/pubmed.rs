//! ESearch, EFetch, ESummary and EPost for `db=pubmed` (SOURCES section 4).

use std::fmt::Write;
use std::time::{Duration, Instant};

use chrono::{DateTime, Datelike, NaiveDate, TimeDelta, Utc};
use serde_json::json;

use super::reply::Reply;
use super::{Asked, Shared};
use crate::simulate::Fault;
use crate::simulate::jats::escape;
use crate::simulate::pubmed_xml;
use crate::simulate::record::{Record, RecordKind};
use crate::simulate::text::plain;

/// ESearch shows no id beyond this position.
const MAX_IDS: usize = 9_999;

pub fn answer(shared: &Shared, asked: &Asked, now: DateTime<Utc>, fault: Option<Fault>) -> Reply {
    if over_limit(shared, asked) {
        let body = r#"{"error":"API rate limit exceeded","api-key":"127.0.0.1","count":"4","limit":"3"}"#;
        return Reply::new(429, "application/json", body);
    }
    let tool = asked.path.last().map(|name| name.trim_end_matches(".fcgi")).unwrap_or_default();
    if asked.field("db").is_some_and(|db| db != "pubmed") && tool != "einfo" {
        return error(tool, asked, "Database is not supported: only pubmed is simulated");
    }
    match tool {
        "esearch" => search(shared, asked, now, fault),
        "efetch" => fetch(shared, asked, now, fault),
        "esummary" => summary(shared, asked, now, fault),
        "epost" => post(shared, asked),
        _ => Reply::html(404),
    }
}

/// Counts a request against the limit per second of system time.
fn over_limit(shared: &Shared, asked: &Asked) -> bool {
    let limit = match shared.config.pubmed_per_second {
        0 => return false,
        limit if asked.field("api_key").is_some() => limit.saturating_mul(10) / 3,
        limit => limit,
    };
    let recent = &mut shared.changing().recent;
    recent.retain(|at| at.elapsed() < Duration::from_secs(1));
    let over = recent.len() >= limit as usize;
    if !over {
        recent.push(Instant::now());
    }
    over
}

fn search(shared: &Shared, asked: &Asked, now: DateTime<Utc>, fault: Option<Fault>) -> Reply {
    if fault == Some(Fault::ErrorIn200) {
        return error("esearch", asked, "Search Backend failed: Exception: the invented back end is busy");
    }
    let number = |name: &str, default: usize| asked.field(name).map_or(Some(default), |text| text.parse().ok());
    let (Some(retmax), Some(retstart)) = (number("retmax", 20), number("retstart", 0)) else {
        return error("esearch", asked, "retmax and retstart must be whole numbers");
    };
    if retstart > MAX_IDS - 1 {
        let words = "'retstart' cannot be larger than 9998. For PubMed, ESearch can only retrieve the first 9,999 records matching the query.";
        return error("esearch", asked, words);
    }
    let windows = match windows(asked, now) {
        Ok(windows) => windows,
        Err(words) => return error("esearch", asked, &words),
    };
    let mut ids: Vec<u64> = shared
        .world
        .records
        .iter()
        .filter(|record| record.entered_at() <= now && windows.iter().all(|window| window.holds(record, now)))
        .map(|record| record.pmid)
        .collect();
    // Most recent first.
    ids.sort_unstable_by(|a, b| b.cmp(a));
    let count = ids.len();
    let clamped = retmax > MAX_IDS;
    let page: Vec<String> = if asked.field("rettype") == Some("count") {
        Vec::new()
    } else {
        ids.iter().take(MAX_IDS).skip(retstart).take(retmax.min(MAX_IDS)).map(u64::to_string).collect()
    };
    let stored =
        (asked.field("usehistory") == Some("y")).then(|| shared.changing().history.store(asked.field("WebEnv"), ids));
    let translation: Vec<String> = windows
        .iter()
        .map(|w| format!("{}:{}[{}]", w.from.format("%Y/%m/%d"), w.to.format("%Y/%m/%d"), w.axis.words()))
        .collect();
    let mut warnings = Vec::new();
    if count == 0 {
        warnings.push("No items found.".to_owned());
    }
    if clamped {
        warnings.push(format!("Restrictions achieved. start and count adjusted to {retstart} and {MAX_IDS}"));
    }
    if asked.field("retmode") == Some("json") {
        let mut result = json!({
            "count": count.to_string(), "retmax": page.len().to_string(), "retstart": retstart.to_string(),
        });
        if let Some((environment, key)) = stored {
            result["querykey"] = json!(key.to_string());
            result["webenv"] = json!(environment);
        }
        result["idlist"] = json!(page);
        result["translationset"] = json!([]);
        result["querytranslation"] = json!(translation.join(" AND "));
        if !warnings.is_empty() {
            result["warninglist"] =
                json!({"phrasesignored": [], "quotedphrasesnotfound": [], "outputmessages": warnings});
        }
        return Reply::json(&json!({"header": {"type": "esearch", "version": "0.3"}, "esearchresult": result}));
    }
    let mut out = format!(
        "{}<eSearchResult><Count>{count}</Count><RetMax>{}</RetMax><RetStart>{retstart}</RetStart>",
        prolog("eSearchResult", "esearch"),
        page.len()
    );
    if let Some((environment, key)) = stored {
        let _ = write!(out, "<QueryKey>{key}</QueryKey><WebEnv>{environment}</WebEnv>");
    }
    out.push_str("<IdList>");
    for id in &page {
        let _ = write!(out, "<Id>{id}</Id>");
    }
    let _ = write!(
        out,
        "</IdList><TranslationSet/><QueryTranslation>{}</QueryTranslation>",
        escape(&translation.join(" AND "))
    );
    if !warnings.is_empty() {
        let words: String = warnings.iter().map(|w| format!("<OutputMessage>{}</OutputMessage>", escape(w))).collect();
        let _ = write!(out, "<WarningList>{words}</WarningList>");
    }
    out.push_str("</eSearchResult>");
    Reply::xml(out)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Axis {
    Entered,
    Revised,
    Published,
}

impl Axis {
    fn from_name(name: &str) -> Option<Self> {
        match name.to_lowercase().as_str() {
            "edat" | "crdt" | "date - entry" | "date - create" | "entry date" => Some(Axis::Entered),
            "mdat" | "lr" | "date - modification" | "modification date" => Some(Axis::Revised),
            "pdat" | "dp" | "date - publication" | "publication date" => Some(Axis::Published),
            _ => None,
        }
    }

    fn words(self) -> &'static str {
        match self {
            Axis::Entered => "Date - Entry",
            Axis::Revised => "Date - Modification",
            Axis::Published => "Date - Publication",
        }
    }
}

struct Window {
    axis: Axis,
    from: NaiveDate,
    to: NaiveDate,
}

impl Window {
    /// Deleted records stay searchable by the day of their deletion as a revision: that is how a client meets them.
    fn holds(&self, record: &Record, now: DateTime<Utc>) -> bool {
        let deleted = record.deleted_at.filter(|at| *at <= now).map(|at| at.date_naive());
        let day = match (self.axis, deleted) {
            (Axis::Revised, Some(day)) => Some(day),
            (_, Some(_)) => None,
            (Axis::Revised, None) => record.state(now).map(|state| state.at.date_naive()),
            (Axis::Entered | Axis::Published, None) => Some(record.entered_at().date_naive()),
        };
        day.is_some_and(|day| (self.from..=self.to).contains(&day))
    }
}

/// The date windows of `mindate`, `maxdate`, `reldate` and of the term. Other words of the term match every record here:
/// all that is invented is biology.
fn windows(asked: &Asked, now: DateTime<Utc>) -> Result<Vec<Window>, String> {
    let mut windows = Vec::new();
    let axis = match asked.field("datetype") {
        None => Axis::Published,
        Some(name) => Axis::from_name(name).ok_or_else(|| format!("Invalid datetype: {name}"))?,
    };
    match (asked.field("mindate"), asked.field("maxdate")) {
        (Some(from), Some(to)) => {
            let bad = || format!("Invalid date range {from}:{to}");
            windows.push(Window { axis, from: day(from, false).ok_or_else(bad)?, to: day(to, true).ok_or_else(bad)? });
        }
        (None, None) => {}
        _ => return Err("Both mindate and maxdate must be given".to_owned()),
    }
    if let Some(days) = asked.field("reldate") {
        let days: i64 = days.parse().map_err(|_| format!("Invalid reldate: {days}"))?;
        windows.push(Window {
            axis,
            from: now.date_naive() - TimeDelta::days(days.clamp(0, 40_000)),
            to: now.date_naive(),
        });
    }
    let mut rest = asked.field("term").unwrap_or_default();
    while let Some((before, from)) = rest.split_once('[') {
        let Some((tag, after)) = from.split_once(']') else { break };
        rest = after;
        let Some(axis) = Axis::from_name(tag.trim()) else { continue };
        let words = before.rsplit(['(', ' ']).find(|word| !word.is_empty()).unwrap_or_default();
        let words = words.replace('"', "");
        let (from, to) = words.split_once(':').unwrap_or((&words, &words));
        if let (Some(from), Some(to)) = (day(from, false), day(to, true)) {
            windows.push(Window { axis, from, to });
        }
    }
    Ok(windows)
}

/// `YYYY`, `YYYY/MM` or `YYYY/MM/DD`: the first or the last day it can mean.
fn day(text: &str, last: bool) -> Option<NaiveDate> {
    let mut parts = text.trim().split(['/', '-']);
    let year: i32 = parts.next()?.parse().ok()?;
    let month: Option<u32> = parts.next().map(|m| m.parse().ok()).unwrap_or(Some(if last { 12 } else { 1 }));
    let month = month?;
    match parts.next() {
        Some(day) => NaiveDate::from_ymd_opt(year, month, day.parse().ok()?),
        None if !last => NaiveDate::from_ymd_opt(year, month, 1),
        None => NaiveDate::from_ymd_opt(year, month, 28).and_then(|d| {
            let mut end = d;
            while end.succ_opt()?.month() == month {
                end = end.succ_opt()?;
            }
            Some(end)
        }),
    }
}

/// The ids that a request names, by list or by history, cut to `retstart` and `retmax` for a history.
fn ids(shared: &Shared, asked: &Asked, fault: Option<Fault>) -> Result<Vec<u64>, &'static str> {
    if let Some(environment) = asked.field("WebEnv") {
        let key = asked.field("query_key").and_then(|key| key.parse().ok()).unwrap_or(1);
        let changing = shared.changing();
        let set = changing.history.get(environment, key).filter(|_| fault != Some(Fault::ExpiredWebenv));
        let set = set.ok_or("Unable to obtain query #1")?;
        let number =
            |name: &str, default: usize| asked.field(name).and_then(|text| text.parse().ok()).unwrap_or(default);
        return Ok(set
            .iter()
            .skip(number("retstart", 0))
            .take(number("retmax", 10_000).min(10_000))
            .copied()
            .collect());
    }
    let list = asked.field("id").ok_or("Empty id list - nothing todo")?;
    if fault == Some(Fault::ExpiredWebenv) {
        return Err("Unable to obtain query #1");
    }
    Ok(list.split(',').filter_map(|id| id.trim().parse().ok()).take(10_000).collect())
}

fn fetch(shared: &Shared, asked: &Asked, now: DateTime<Utc>, fault: Option<Fault>) -> Reply {
    if fault == Some(Fault::ErrorIn200) {
        return error("efetch", asked, "Unable to obtain query #1");
    }
    let mut ids = match ids(shared, asked, fault) {
        Ok(ids) => ids,
        Err(words) => return error("efetch", asked, words),
    };
    if fault == Some(Fault::MissingIds) {
        ids.retain(|id| id % 3 != 0);
    }
    let mut out = format!("{}<PubmedArticleSet>\n", pubmed_xml::PROLOG);
    let mut deleted = Vec::new();
    for id in ids {
        let Some(record) = shared.world.by_pmid(id).filter(|record| record.entered_at() <= now) else { continue };
        if record.deleted_at.is_some_and(|at| at <= now) {
            deleted.push(id);
        } else if let Some(file) = record.file.and_then(|i| shared.files.get(i)) {
            out.push_str(&String::from_utf8_lossy(&file.bytes().unwrap_or_default()));
        } else {
            out.push_str(&pubmed_xml::record_xml(&shared.world, &shared.writer, record, now));
        }
        out.push('\n');
    }
    if !deleted.is_empty() {
        // With one that no client has ever seen.
        deleted.push(1);
        out.push_str("<DeleteCitation>");
        for id in deleted {
            let _ = write!(out, "<PMID Version=\"1\">{id}</PMID>");
        }
        out.push_str("</DeleteCitation>");
    }
    out.push_str("</PubmedArticleSet>\n");
    Reply::xml(out)
}

fn summary(shared: &Shared, asked: &Asked, now: DateTime<Utc>, fault: Option<Fault>) -> Reply {
    let ids = match ids(shared, asked, fault) {
        Ok(ids) => ids,
        Err(words) => return error("esummary", asked, words),
    };
    let mut result = json!({"uids": ids.iter().map(u64::to_string).collect::<Vec<_>>()});
    for id in ids {
        let known = shared.world.by_pmid(id).filter(|record| record.entered_at() <= now && record.state(now).is_some());
        result[id.to_string()] = match known {
            None => json!({"uid": id.to_string(), "error": "cannot get document summary"}),
            Some(record) => {
                let title = match record.file.and_then(|i| shared.files.get(i)) {
                    Some(file) => plain(&file.paper.title),
                    None => plain(&pubmed_xml::paper(&shared.world, &shared.writer, record).title),
                };
                let entered = record.entered_at();
                json!({
                    "uid": id.to_string(), "title": format!("{title}."), "epubdate": entered.format("%Y %b %-d").to_string(),
                    "sortpubdate": entered.format("%Y/%m/%d 00:00").to_string(), "pubstatus": "4",
                    "recordstatus": record.state(now).map(|state| state.status),
                    "pubtype": if record.kind == RecordKind::Book { json!(["Book"]) } else { json!(["Journal Article"]) },
                    "articleids": record.doi.iter().map(|doi| json!({"idtype": "doi", "value": doi})).collect::<Vec<_>>(),
                })
            }
        };
    }
    Reply::json(&json!({"header": {"type": "esummary", "version": "0.3"}, "result": result}))
}

fn post(shared: &Shared, asked: &Asked) -> Reply {
    match ids(shared, asked, None) {
        Ok(ids) => {
            let (environment, key) = shared.changing().history.store(asked.field("WebEnv"), ids);
            Reply::xml(format!(
                "{}<ePostResult><QueryKey>{key}</QueryKey><WebEnv>{environment}</WebEnv></ePostResult>",
                prolog("ePostResult", "epost")
            ))
        }
        Err(words) => error("epost", asked, words),
    }
}

fn prolog(root: &str, tool: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\" ?>\n<!DOCTYPE {root} PUBLIC \"-//NLM//DTD {tool} 20060628//EN\" \
         \"https://eutils.ncbi.nlm.nih.gov/eutils/dtd/20060628/{tool}.dtd\">\n"
    )
}

/// An error in HTTP 200, in the form that was asked for.
fn error(tool: &str, asked: &Asked, words: &str) -> Reply {
    if asked.field("retmode") == Some("json") {
        let body = json!({"header": {"type": tool, "version": "0.3"}, format!("{tool}result"): {"ERROR": words}});
        return Reply::json(&body);
    }
    let root = match tool {
        "esearch" => "eSearchResult",
        "epost" => "ePostResult",
        "esummary" => "eSummaryResult",
        _ => "eFetchResult",
    };
    Reply::xml(format!("{}<{root}><ERROR>{}</ERROR></{root}>", prolog(root, tool), escape(words)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_of_every_length() {
        let day = |text, last| super::day(text, last).map(|d| d.to_string());
        assert_eq!(day("2026/02", true).as_deref(), Some("2026-02-28"));
        assert_eq!(day("2026", false).as_deref(), Some("2026-01-01"));
        assert_eq!(day("2026/3/2", true).as_deref(), Some("2026-03-02"));
        assert_eq!(day("2026/13/2", true), None);
    }

    #[test]
    fn a_term_carries_windows() {
        let field = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        let asked = Asked {
            path: Vec::new(),
            fields: vec![field("term", "(hasabstract) AND 2026/03/02:2026/03/04[edat] AND cells[tiab]")],
        };
        let windows = windows(&asked, DateTime::UNIX_EPOCH).unwrap();
        assert_eq!(windows.len(), 1);
        assert_eq!((windows[0].axis, windows[0].to.to_string().as_str()), (Axis::Entered, "2026-03-04"));
        let half = Asked { path: Vec::new(), fields: vec![field("mindate", "2026")] };
        assert!(super::windows(&half, DateTime::UNIX_EPOCH).is_err());
    }
}
