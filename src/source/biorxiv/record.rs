//! One row of `details` to a delivery: the version's metadata and its abstract as passages.

use std::sync::LazyLock;

use chrono::NaiveDate;
use regex::Regex;
use serde_json::{Map, Value};

use super::abstract_text;
use super::wire::field;
use crate::model::delivery::{Delivery, SourceName};
use crate::model::document::{Document, ParseIssue, Related, Relation};
use crate::model::id::{Doi, Ids};
use crate::model::licence::Licence;
use crate::model::status::{Notice, WorkStatus};
use crate::source::Link;

/// The delivery a row makes; `None` when it lacks a DOI, without which it is no record.
pub fn delivery(archive: SourceName, origin: &str, row: &Map<String, Value>) -> Option<Delivery> {
    let doi: Doi = field(row, "doi").parse().ok()?;
    let mut issues = Vec::new();
    let mut issue = |kind: &str, detail: String| issues.push(ParseIssue { kind: kind.to_owned(), detail, count: 1 });

    let version_text = field(row, "version");
    let version = version_text.parse().ok().filter(|n| *n > 0).unwrap_or_else(|| {
        issue("version_not_understood", version_text.clone());
        1
    });
    let article_type = field(row, "type");
    let received_title = field(row, "title");
    let (title_notice, title) = split_status_prefix(&abstract_text::line(&received_title));
    let received_abstract = field(row, "abstract");
    let abstract_passages = abstract_text::passages(&received_abstract);

    let mut notices = Vec::new();
    if article_type.to_lowercase().starts_with("withdraw") {
        notices.push(Notice { status: WorkStatus::Withdrawn, origin: "type:withdrawn".to_owned() });
    }
    notices.extend(title_notice.map(|status| Notice { status, origin: "title".to_owned() }));
    if notices.is_empty() && is_withdrawal_text(&received_abstract) {
        notices.push(Notice { status: WorkStatus::Withdrawn, origin: "abstract:withdrawal".to_owned() });
    }

    let date_text = field(row, "date");
    let mut document = Document { version, title, article_type, abstract_passages, notices, ..Document::default() };
    match date_text.parse::<NaiveDate>() {
        Ok(date) => {
            document.dates.insert("posted".to_owned(), date.into());
        }
        Err(_) => issue("date_not_understood", date_text),
    }
    document.ids = Ids { doi: Some(doi), ..Ids::default() };
    document.venue = Some(match archive {
        SourceName::Medrxiv => "medRxiv".to_owned(),
        _ => "bioRxiv".to_owned(),
    });
    document.authors = authors(&field(row, "authors"));
    let licence = field(row, "license");
    document.licence = if licence.is_empty() { Licence::default() } else { Licence::from_api(&licence) };
    let category = field(row, "category");
    if !category.is_empty() {
        document.subjects.push(category);
    }
    let published = field(row, "published");
    if !is_none(&published) {
        match published.parse() {
            Ok(journal) => document.related.push(Related {
                relation: Relation::PublishedAs,
                ids: Ids { doi: Some(journal), ..Ids::default() },
                received: "published".to_owned(),
                note: None,
            }),
            Err(_) => issue("published_not_understood", published),
        }
    }
    // Quotes come from the passages, which are fixed from here on; the text they were made from is kept beside them.
    if document.abstract_passages.iter().map(|p| p.text.as_str()).collect::<Vec<_>>().join("\n\n") != received_abstract
    {
        issue("abstract_cleaned", received_abstract);
    }

    let full_text_url = Some(field(row, "jatsxml")).filter(|url| url.starts_with("http"));
    Some(Delivery { source: archive, origin: origin.to_owned(), document, issues, full_text_url })
}

/// The tie one row of `pubs` states; `None` when one of its DOIs is none.
pub fn link(row: &Map<String, Value>) -> Option<Link> {
    // Older replies name the preprint's field after the server.
    let preprint =
        ["preprint_doi", "biorxiv_doi", "medrxiv_doi"].iter().map(|name| field(row, name)).find(|t| !t.is_empty())?;
    let doi = |text: &str| text.parse().ok().map(|doi| Ids { doi: Some(doi), ..Ids::default() });
    Some(Link {
        from: doi(&preprint)?,
        relation: Relation::PublishedAs,
        to: doi(&field(row, "published_doi"))?,
        date: field(row, "published_date").parse().ok(),
    })
}

/// "Surname, A. B.; Surname, C.; Some Consortium": `;` splits, and a name may be empty.
fn authors(text: &str) -> Vec<String> {
    text.split(';').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

fn is_none(text: &str) -> bool {
    text.is_empty() || text.eq_ignore_ascii_case("na")
}

/// Takes "WITHDRAWN:" and its like off a title; questions must not see it.
fn split_status_prefix(title: &str) -> (Option<WorkStatus>, String) {
    static PREFIX: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r"(?i)^[\[(]?\s*(withdrawn|withdrawal|removed|retracted|retraction)\s*(?:(?:article|preprint)\s*)?[\])]?\s*[:\-–—]\s*").ok()
    });
    let Some(found) = PREFIX.as_ref().and_then(|prefix| prefix.captures(title)) else {
        return (None, title.to_owned());
    };
    let retracted = found.get(1).is_some_and(|word| word.as_str().to_lowercase().starts_with("retract"));
    let end = found.get(0).map_or(0, |whole| whole.end());
    let status = if retracted { WorkStatus::Retracted } else { WorkStatus::Withdrawn };
    (Some(status), title.get(end..).unwrap_or_default().trim().to_owned())
}

/// Whether an abstract is a withdrawal notice, for servers that say so nowhere else.
fn is_withdrawal_text(text: &str) -> bool {
    static NOTICE: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r"(?i)^\W*(?:withdrawal statement|(?:this|the) (?:manuscript|article|preprint|paper) (?:has been|was|is) withdrawn|the authors? (?:have|has) withdrawn (?:this|their|his|her|the) (?:manuscript|article|preprint|paper))").ok()
    });
    NOTICE.as_ref().is_some_and(|notice| notice.is_match(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::licence::LicenceCode;

    fn row(json: &str) -> Map<String, Value> {
        let base = r#"{"title":"Imaginary kinase tunes {beta}-cell clocks","authors":"Doe, J. Q.; Roe, M.; Clock Consortium; ",
            "doi":"10.64898/2026.03.01.700001","date":"2026-03-02","version":"1","type":"new results","license":"cc_by",
            "category":"cell biology","jatsxml":"https://www.biorxiv.org/x.source.xml","abstract":"Clocks tick.","funder":"NA",
            "published":"NA","server":"bioRxiv"}"#;
        let mut row: Map<String, Value> = serde_json::from_str(base).unwrap();
        row.extend(serde_json::from_str::<Map<String, Value>>(json).unwrap());
        row
    }

    fn read(json: &str) -> Delivery {
        delivery(SourceName::Biorxiv, "o", &row(json)).unwrap()
    }

    #[test]
    fn a_plain_row_is_read_whole() {
        let delivery = read("{}");
        let document = &delivery.document;
        assert_eq!(document.title, "Imaginary kinase tunes β-cell clocks");
        assert_eq!(document.authors, ["Doe, J. Q.", "Roe, M.", "Clock Consortium"]);
        assert_eq!(document.ids.key().unwrap(), "10.64898/2026.03.01.700001");
        assert_eq!(document.dates["posted"].to_string(), "2026-03-02");
        assert_eq!(document.subjects, ["cell biology"]);
        assert_eq!(document.licence.normalised, LicenceCode::CcBy);
        assert_eq!(delivery.full_text_url.as_deref(), Some("https://www.biorxiv.org/x.source.xml"));
        assert!(delivery.issues.is_empty() && document.notices.is_empty() && document.related.is_empty());
    }

    #[test]
    fn withdrawals_are_seen_by_type_title_and_text() {
        for (json, origins, title) in [
            (r#"{"type":"WITHDRAWN","title":"Withdrawn: A b"}"#, &["type:withdrawn", "title"][..], "A b"),
            (r#"{"title":"WITHDRAWN: A b"}"#, &["title"], "A b"),
            (r#"{"title":"[Withdrawn] - A b"}"#, &["title"], "A b"),
            (
                r#"{"title":"A b","abstract":"WITHDRAWAL STATEMENTThis manuscript has been withdrawn."}"#,
                &["abstract:withdrawal"],
                "A b",
            ),
            (
                r#"{"title":"A b","abstract":"The authors have withdrawn this manuscript."}"#,
                &["abstract:withdrawal"],
                "A b",
            ),
            (
                r#"{"title":"Withdrawn behaviour in mice","abstract":"Mice withdrew."}"#,
                &[],
                "Withdrawn behaviour in mice",
            ),
            (r#"{"title":"Retraction forces in moss"}"#, &[], "Retraction forces in moss"),
        ] {
            let document = read(json).document;
            assert_eq!(document.notices.iter().map(|n| n.origin.as_str()).collect::<Vec<_>>(), origins, "{json}");
            assert_eq!(document.title, title);
        }
        assert_eq!(read(r#"{"title":"RETRACTED: A"}"#).document.notices[0].status, WorkStatus::Retracted);
    }

    #[test]
    fn odd_fields_are_survived() {
        for (json, received, code) in [
            (r#"{"license":""}"#, "", LicenceCode::Unknown),
            (r#"{"license":null}"#, "", LicenceCode::Unknown),
            (r#"{"license":0}"#, "0", LicenceCode::Unknown),
            (r#"{"license":"cc_no"}"#, "cc_no", LicenceCode::None),
            (r#"{"license":"cc0_ng"}"#, "cc0_ng", LicenceCode::Cc0),
        ] {
            let licence = read(json).document.licence;
            assert_eq!((licence.received.as_str(), licence.normalised), (received, code));
        }
        let odd = read(
            r#"{"version":"x","date":"soon","published":"pending","jatsxml":"","funder":[{"name":"A"}],"authors":null}"#,
        );
        assert_eq!(odd.document.version, 1);
        let kinds: Vec<_> = odd.issues.iter().map(|issue| issue.kind.as_str()).collect();
        assert_eq!(kinds, ["version_not_understood", "date_not_understood", "published_not_understood"]);
        assert_eq!(odd.full_text_url, None);
        assert_eq!(read(r#"{"version":3}"#).document.version, 3);
        assert!(delivery(SourceName::Biorxiv, "o", &row(r#"{"doi":"n/a"}"#)).is_none());
    }

    #[test]
    fn the_received_abstract_is_kept_when_it_was_changed() {
        let delivery = read(r#"{"abstract":"Clocks tick.\n\nResultsThe kinase {beta}."}"#);
        assert_eq!(delivery.document.abstract_passages.len(), 2);
        assert_eq!(delivery.issues[0].kind, "abstract_cleaned");
        assert_eq!(delivery.issues[0].detail, "Clocks tick.\n\nResultsThe kinase {beta}.");
    }

    #[test]
    fn links_need_both_ends() {
        let row = |json: &str| serde_json::from_str(json).unwrap();
        let link = |json: &str| super::link(&row(json));
        let found = link(r#"{"preprint_doi":"10.1101/1","published_doi":"10.1038/X.1","published_date":"2026-02-03"}"#)
            .unwrap();
        assert_eq!(found.to.key().unwrap(), "10.1038/x.1");
        assert_eq!(found.date, NaiveDate::from_ymd_opt(2026, 2, 3));
        assert!(link(r#"{"preprint_doi":"10.1101/1","published_doi":"NA"}"#).is_none());
        assert!(link("{}").is_none());
    }
}
