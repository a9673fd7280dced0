//! The details and pubs endpoints and the full-text site (SOURCES sections 1 and 3).

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use serde_json::{Value, json};

use super::reply::{self, Reply};
use super::{Asked, Shared};
use crate::simulate::preprint::{JournalLink, Posting, Preprint};
use crate::simulate::text::{Manuscript, plain};
use crate::simulate::{Fault, Server, artefact, catalogue, jats};

/// Ranges longer than this never complete: zero bytes.
const MAX_RANGE_DAYS: i64 = 366;
const PUBS_ROWS: usize = 100;

/// Answers the API of `host`: bioRxiv's serves 30 rows a page and filters by category, medRxiv's 100 and does not.
pub fn answer(shared: &Shared, host: Server, asked: &Asked, now: DateTime<Utc>, fault: Option<Fault>) -> Reply {
    if fault == Some(Fault::FalseEmpty) {
        return status("no posts found");
    }
    let path: Vec<&str> = asked.path.iter().map(String::as_str).collect();
    match path.as_slice() {
        ["details", server, rest @ ..] => match Server::from_slug(server) {
            Some(server) => details(shared, host, server, rest, asked, now, fault),
            None => status("Server not recognized"),
        },
        ["pubs", server, rest @ ..] => match Server::from_slug(server) {
            Some(server) => pubs(shared, server, rest, now),
            None => status("Server not recognized"),
        },
        ["pub", rest @ ..] => pubs(shared, Server::Biorxiv, rest, now),
        ["covid19", ..] => Reply::new(200, "application/json", ""),
        _ => Reply::html(404),
    }
}

fn details(
    shared: &Shared,
    host: Server,
    server: Server,
    path: &[&str],
    asked: &Asked,
    now: DateTime<Utc>,
    fault: Option<Fault>,
) -> Reply {
    match path {
        [from, to, rest @ ..] if is_date(from) && is_date(to) => {
            let (Ok(from), Ok(to)) = (from.parse::<NaiveDate>(), to.parse::<NaiveDate>()) else {
                return status("no posts found");
            };
            let Some(cursor) = cursor(rest.first().copied()) else { return status("no posts found") };
            range(shared, host, server, (from, to), cursor, asked, now, fault)
        }
        [count] => {
            let today = now.date_naive();
            if let Some(days) = count.strip_suffix('d').and_then(|days| days.parse::<i64>().ok()) {
                let from = today - TimeDelta::days(days.clamp(0, MAX_RANGE_DAYS));
                return range(shared, host, server, (from, today), 0, asked, now, fault);
            }
            let Ok(count) = count.parse::<usize>() else { return status("no posts found") };
            let mut rows: Vec<_> = shared.world.rows(server, NaiveDate::MIN, NaiveDate::MAX, now).collect();
            rows.sort_by_key(|(_, posting)| std::cmp::Reverse(posting.appears_at));
            let rows: Vec<Value> = rows.into_iter().take(count.min(100)).map(|(p, v)| row(shared, p, v, now)).collect();
            found(rows)
        }
        rest if rest.len() >= 2 => {
            let rest = rest.strip_suffix(&["json"]).unwrap_or(rest);
            let version = rest.last().and_then(|v| v.parse::<u32>().ok()).filter(|v| *v < 1000);
            let doi = match rest.split_last() {
                Some((last, doi)) if *last == "na" || (version.is_some() && doi.len() >= 2) => doi.join("/"),
                _ => rest.join("/"),
            };
            let Some(preprint) = shared.world.by_doi(&doi) else { return status("no posts found") };
            let visible =
                preprint.postings.iter().filter(|p| p.appears_at <= now && version.is_none_or(|v| v == p.version));
            let rows: Vec<Value> = visible.map(|posting| row(shared, preprint, posting, now)).collect();
            if rows.is_empty() { status("no posts found") } else { found(rows) }
        }
        _ => status("no posts found"),
    }
}

#[allow(clippy::too_many_arguments)]
fn range(
    shared: &Shared,
    host: Server,
    server: Server,
    (from, to): (NaiveDate, NaiveDate),
    cursor: usize,
    asked: &Asked,
    now: DateTime<Utc>,
    fault: Option<Fault>,
) -> Reply {
    if (to - from).num_days() > MAX_RANGE_DAYS {
        return Reply::new(200, "application/json", "");
    }
    let wanted = asked.field("category").map(|category| category.replace('_', " ").to_lowercase());
    // An unknown or closed category, and the medRxiv host, give the whole server.
    let known = wanted.filter(|wanted| {
        host == Server::Biorxiv
            && fault != Some(Fault::IgnoredCategory)
            && server.categories().iter().any(|(name, _)| name == wanted)
    });
    let rows: Vec<(&Preprint, &Posting)> = shared
        .world
        .rows(server, from, to, now)
        .filter(|(preprint, _)| known.as_ref().is_none_or(|category| preprint.category == *category))
        .collect();
    let per_page = if host == Server::Biorxiv { 30 } else { 100 };
    let page: Vec<Value> = rows.iter().skip(cursor).take(per_page).map(|(p, v)| row(shared, p, v, now)).collect();
    if page.is_empty() {
        return status("no posts found");
    }
    let new = rows.iter().filter(|(_, posting)| posting.version == 1).count();
    let total = rows.len() + if fault == Some(Fault::InflatedTotal) { 47 } else { 0 };
    Reply::json(&json!({
        "messages": [{
            "status": "ok", "category": known.as_deref().unwrap_or("all"), "interval": format!("{from}:{to}"), "funder": "all",
            "cursor": if cursor == 0 { json!(0) } else { json!(cursor.to_string()) },
            "count": page.len(), "count_new_papers": new.to_string(), "total": total.to_string(),
        }],
        "collection": page,
    }))
}

fn pubs(shared: &Shared, server: Server, path: &[&str], now: DateTime<Utc>) -> Reply {
    let linked = || {
        let here = shared.world.preprints.iter().filter(move |p| p.server == server);
        here.filter_map(move |p| p.published(now).map(|link| (p, link)))
    };
    match path {
        [from, to, rest @ ..] if is_date(from) && is_date(to) => {
            let (Ok(from), Ok(to)) = (from.parse::<NaiveDate>(), to.parse::<NaiveDate>()) else {
                return status("no articles found");
            };
            let Some(cursor) = cursor(rest.first().copied()) else { return status("no articles found") };
            let mut rows: Vec<_> = linked().filter(|(_, link)| (from..=to).contains(&link.date)).collect();
            rows.sort_by_key(|(preprint, link)| (link.date, preprint.doi.clone()));
            let total = rows.len();
            let page: Vec<Value> =
                rows.into_iter().skip(cursor).take(PUBS_ROWS).map(|(p, link)| pub_row(shared, p, link)).collect();
            if page.is_empty() {
                return status("no articles found for this interval");
            }
            Reply::json(&json!({
                "messages": [{"status": "ok", "interval": format!("{from}:{to}"), "cursor": cursor, "count": page.len(), "total": total}],
                "collection": page,
            }))
        }
        _ => {
            let path = path.strip_suffix(&["json"]).unwrap_or(path);
            let path = path.strip_suffix(&["na"]).unwrap_or(path);
            // Slashes after the first come encoded twice.
            let doi = reply::decode(&path.join("/")).to_lowercase();
            // A preprint DOI with the new prefix never resolves here.
            let matches = |p: &Preprint, link: &JournalLink| {
                link.doi.to_lowercase() == doi || p.doi.to_lowercase() == doi && !doi.starts_with("10.64898/")
            };
            let rows: Vec<Value> =
                linked().filter(|(p, link)| matches(p, link)).map(|(p, link)| pub_row(shared, p, link)).collect();
            if rows.is_empty() { status("no articles found for this DOI") } else { found(rows) }
        }
    }
}

/// Full text by the path that a row's `jatsxml` names, or a landing page.
pub fn website(shared: &Shared, asked: &Asked, now: DateTime<Utc>) -> Reply {
    let found = (|| {
        let [content, slug, early, year, month, day, file] = asked.path.as_slice() else { return None };
        if content != "content" || early != "early" {
            return None;
        }
        let server = Server::from_slug(slug)?;
        let date: NaiveDate = format!("{year}-{month}-{day}").parse().ok()?;
        let suffix = file.strip_suffix(".source.xml")?;
        let mut rows = shared.world.rows(server, date, date, now);
        let (preprint, posting) = rows.find(|(p, v)| file_name(p) == suffix && v.has_full_text)?;
        if let Some(file) = preprint.file.and_then(|i| shared.files.get(i)) {
            return file.bytes().ok();
        }
        let paper = shared.writer.full(preprint.seed, &preprint.category, posting.version);
        Some(jats::source_xml(preprint, posting, &paper).into_bytes())
    })();
    match found {
        Some(body) => Reply::new(200, "application/xml", body),
        None => Reply::html(404),
    }
}

/// One row of `collection`.
fn row(shared: &Shared, preprint: &Preprint, posting: &Posting, now: DateTime<Utc>) -> Value {
    let paper = paper(shared, preprint, posting);
    let (title, text) = match posting.withdrawn {
        true => (format!("Withdrawn: {}", plain(&paper.title)), jats::NOTICE.to_owned()),
        false => (plain(&paper.title), artefact::export(&paper.abstract_parts, preprint.seed)),
    };
    let kind = match (preprint.server, posting.withdrawn) {
        (Server::Biorxiv, true) => "withdrawn",
        (Server::Medrxiv, true) => "WITHDRAWN",
        (Server::Medrxiv, false) => "PUBLISHAHEADOFPRINT",
        (Server::Biorxiv, false) => match preprint.seed % 25 {
            0 => "confirmatory results",
            1 => "contradictory results",
            _ => "new results",
        },
    };
    let jatsxml = if posting.has_full_text {
        let slug = preprint.server.slug();
        let day = posting.date.format("%Y/%m/%d");
        format!("{}/www.{slug}.org/content/{slug}/early/{day}/{}.source.xml", shared.origin(), file_name(preprint))
    } else {
        String::new()
    };
    let funder = if preprint.seed.is_multiple_of(9) {
        json!([{"name": "Ministry of Invention", "id": "https://ror.org/000000000", "id-type": "ROR", "award": "IMAG-1"}])
    } else {
        json!("NA")
    };
    json!({
        "title": title,
        "authors": authors(&paper),
        "author_corresponding": paper.authors.first().map(|(family, given)| format!("{given} {family}")).unwrap_or_default(),
        "author_corresponding_institution": paper.institution,
        "doi": preprint.doi,
        "date": posting.date.to_string(),
        "version": posting.version.to_string(),
        "type": kind,
        "license": posting.licence,
        "category": preprint.category,
        "jatsxml": jatsxml,
        "abstract": text,
        "funder": funder,
        "published": preprint.published(now).map_or("NA", |link| link.doi.as_str()),
        "server": preprint.server.label(),
    })
}

fn pub_row(shared: &Shared, preprint: &Preprint, link: &JournalLink) -> Value {
    let empty = Posting {
        version: 1,
        date: link.date,
        appears_at: link.appears_at,
        withdrawn: false,
        licence: String::new(),
        has_full_text: false,
    };
    let first = preprint.postings.first().unwrap_or(&empty);
    let paper = paper(shared, preprint, first);
    json!({
        "preprint_doi": preprint.doi,
        "published_doi": link.doi,
        "published_journal": catalogue::journal(&preprint.category, link.journal_form).title,
        "preprint_platform": preprint.server.label(),
        "preprint_title": plain(&paper.title),
        "preprint_authors": authors(&paper),
        "preprint_category": preprint.category,
        "preprint_date": first.date.to_string(),
        "published_date": link.date.to_string(),
        "preprint_abstract": artefact::export(&paper.abstract_parts, preprint.seed),
        "preprint_author_corresponding": paper.authors.first().map(|(family, given)| format!("{given} {family}")).unwrap_or_default(),
        "preprint_author_corresponding_institution": paper.institution,
    })
}

/// Title, people and abstract of a posted version: invented, or the file's.
pub fn paper(shared: &Shared, preprint: &Preprint, posting: &Posting) -> Manuscript {
    match preprint.file.and_then(|i| shared.files.get(i)) {
        Some(file) => file.paper.clone(),
        None => shared.writer.brief(preprint.seed, &preprint.category, posting.version),
    }
}

/// "Surname, A. B.; Surname, C.; Consortium".
fn authors(paper: &Manuscript) -> String {
    let initials = |given: &str| {
        given.split(' ').filter_map(|name| name.chars().next()).map(|c| format!("{c}.")).collect::<Vec<_>>().join(" ")
    };
    let people = paper.authors.iter().map(|(family, given)| format!("{family}, {}", initials(given)));
    people.chain(paper.consortium.clone()).collect::<Vec<_>>().join("; ")
}

/// The suffix as a file name: a real file's DOI may hold slashes.
fn file_name(preprint: &Preprint) -> String {
    preprint.suffix().replace('/', "_")
}

fn is_date(text: &str) -> bool {
    text.len() == 10 && text.bytes().all(|b| b.is_ascii_digit() || b == b'-')
}

/// Plain decimal only.
fn cursor(text: Option<&str>) -> Option<usize> {
    match text {
        None => Some(0),
        Some(text) if text.bytes().all(|b| b.is_ascii_digit()) => text.parse().ok(),
        Some(_) => None,
    }
}

fn status(words: &str) -> Reply {
    Reply::json(&json!({"messages": [{"status": words}], "collection": []}))
}

fn found(rows: Vec<Value>) -> Reply {
    Reply::json(&json!({"messages": [{"status": "ok", "category": "all"}], "collection": rows}))
}
