//! The preprint servers' RSS 1.0: the newest 30 postings (SOURCES section 2).

use std::fmt::Write;

use chrono::{DateTime, NaiveDate, Utc};

use super::reply::Reply;
use super::{Asked, Shared, preprint};
use crate::simulate::jats::escape;
use crate::simulate::text::plain;
use crate::simulate::{Fault, Server, artefact};

const ITEMS: usize = 30;

pub fn answer(shared: &Shared, server: Server, asked: &Asked, now: DateTime<Utc>, fault: Option<Fault>) -> Reply {
    let file = format!("{}_xml.php", server.slug());
    if asked.path.first() != Some(&file) {
        return Reply::html(404);
    }
    // A plus sign between subjects reads as a space in a query string.
    let subjects: Vec<String> =
        asked.field("subject").unwrap_or("all").split([' ', '+']).map(str::to_lowercase).collect();
    let slug = |category: &str| category.replace('/', "").replace(' ', "_");
    let wanted = |category: &str| subjects.iter().any(|subject| subject == "all" || *subject == slug(category));
    let mut rows: Vec<_> =
        shared.world.rows(server, NaiveDate::MIN, NaiveDate::MAX, now).filter(|(p, _)| wanted(&p.category)).collect();
    rows.sort_by_key(|(_, posting)| std::cmp::Reverse(posting.appears_at));
    rows.truncate(ITEMS);
    if fault == Some(Fault::RepeatedItems) {
        let again: Vec<_> = rows.iter().take(5).copied().collect();
        rows.extend(again);
    }
    let host = format!("https://www.{}.org", server.slug());
    let link = |doi: &str, version: u32| format!("{host}/content/{}v{version}?rss=1", escape(doi));
    let encoding = if fault == Some(Fault::NonUtf8) { "windows-1252" } else { "UTF-8" };
    let mut out = format!(
        "<?xml version=\"1.0\" encoding=\"{encoding}\"?>\n<rdf:RDF xmlns=\"http://purl.org/rss/1.0/\" \
         xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\" \
         xmlns:prism=\"http://purl.org/rss/1.0/modules/prism/\">\n<channel rdf:about=\"{host}\"><title>{label} Channel</title>\
         <link>{host}</link><description>newest invented preprints</description><items><rdf:Seq>",
        label = server.label()
    );
    for (preprint, posting) in &rows {
        let _ = write!(out, "<rdf:li rdf:resource=\"{}\"/>", link(&preprint.doi, posting.version));
    }
    out.push_str("</rdf:Seq></items></channel>\n");
    for (preprint, posting) in rows {
        let paper = preprint::paper(shared, preprint, posting);
        let prefix = if posting.withdrawn { "Withdrawn: " } else { "" };
        let link = link(&preprint.doi, posting.version);
        let people: Vec<String> = paper
            .authors
            .iter()
            .map(|(family, given)| {
                let initials: Vec<String> =
                    given.split(' ').filter_map(|n| n.chars().next()).map(|c| format!("{c}.")).collect();
                format!("{family}, {}", initials.join(" "))
            })
            .collect();
        let _ = write!(
            out,
            "<item rdf:about=\"{link}\"><title><![CDATA[{prefix}{title}]]></title>\n<link>\n{link}\n</link><description><![CDATA[{text}]]>\
             </description><dc:creator><![CDATA[ {people} ]]></dc:creator><dc:date>{date}</dc:date><dc:identifier>doi:{doi}</dc:identifier>\
             <dc:title><![CDATA[{prefix}{title}]]></dc:title><dc:publisher>An Invented Laboratory</dc:publisher>\
             <prism:publicationDate>{date}</prism:publicationDate></item>\n",
            title = plain(&paper.title),
            text = artefact::export(&paper.abstract_parts, preprint.seed).replace("]]>", ""),
            people = people.join(", "),
            date = posting.date,
            doi = escape(&preprint.doi),
        );
    }
    out.push_str("</rdf:RDF>\n");
    let body = if fault == Some(Fault::NonUtf8) {
        encoding_rs::WINDOWS_1252.encode(&out).0.into_owned()
    } else {
        out.into_bytes()
    };
    Reply::new(200, "application/xml", body)
}
