//! JATS articles, of any DTD version, bare or wrapped. SOURCES section 15 is the reading rule.
//!
//! `front` reads the metadata, `body` sections and paragraphs, `float` figures and tables, `inline` mixed content. All of
//! them descend over [`Xml`]'s balanced events, so a truncated or mangled article gives what stood before the damage.

mod body;
mod float;
mod front;
mod inline;

pub(in crate::document) use front::{first_year, month_number};

use crate::model::document::{Document, ParseIssue, Passage};
use crate::model::licence::{Licence, LicenceCode, LicenceOrigin};
use crate::model::status::{Notice, WorkStatus};

use super::issue::Issues;
use super::xml::{Tag, Token, Xml};
use super::{Limits, notice};

/// The articles in a text that holds `article` elements, with what was not understood about each.
///
/// A wrapper without any article gives the reason its error elements state, if they do.
pub struct Articles {
    pub found: Vec<(Document, Vec<ParseIssue>)>,
    pub refusal: Option<String>,
    /// Where reading stopped, when it stopped early.
    pub stop: Option<super::xml::Stop>,
}

/// Reads every article of `text`; `issues` are those of decoding, given to each.
pub fn parse(text: &str, limits: &Limits, issues: Issues) -> Articles {
    let mut jats = Jats { xml: Xml::new(text, limits.depth, limits.elements), ..Jats::over("") };
    let mut articles = Articles { found: Vec::new(), refusal: None, stop: None };
    jats.wrapper(&issues, &mut articles);
    articles.stop = jats.xml.stop().cloned();
    articles
}

/// The state of reading one article.
pub(super) struct Jats<'a> {
    xml: Xml<'a>,
    document: Document,
    /// Passages of the section being read.
    target: Vec<Passage>,
    kind: crate::model::document::SectionKind,
    /// Abstracts that could stand in when there is no main one.
    spare_abstract: Vec<Passage>,
    heading: Option<String>,
    jats_type: String,
    heading_subjects: Vec<String>,
    meta_licence: Option<String>,
    in_box: bool,
}

impl<'a> Jats<'a> {
    fn over(text: &'a str) -> Self {
        Jats {
            xml: Xml::new(text, 1, 1),
            document: Document::default(),
            target: Vec::new(),
            kind: Default::default(),
            spare_abstract: Vec::new(),
            heading: None,
            jats_type: String::new(),
            heading_subjects: Vec::new(),
            meta_licence: None,
            in_box: false,
        }
    }

    /// Everything above and around articles: `pmc-articleset`, OAI-PMH envelopes, their error elements.
    fn wrapper(&mut self, decoding: &Issues, articles: &mut Articles) {
        loop {
            match self.xml.next() {
                Token::Open(tag) if tag.name == "article" => {
                    let (document, mut issues) = self.article(&tag);
                    issues.extend(decoding.clone());
                    articles.found.push((document, issues.into_vec()));
                }
                Token::Open(tag) if tag.name == "Reply" => {
                    articles.refusal = articles.refusal.take().or_else(|| tag.attribute("error"));
                    self.xml.skip();
                }
                Token::Open(tag) if tag.name == "error" => {
                    let code = tag.attribute("code").unwrap_or_default();
                    let text = self.plain();
                    articles.refusal.get_or_insert_with(|| format!("{code}: {text}"));
                }
                Token::Open(tag) if tag.name == "header" && tag.has("status", "deleted") => {
                    articles.refusal.get_or_insert_with(|| "the record is marked deleted".into());
                    self.xml.skip();
                }
                Token::End => return,
                _ => {}
            }
        }
    }

    fn article(&mut self, tag: &Tag<'a>) -> (Document, Issues) {
        let fresh = Jats::over("");
        let xml = std::mem::replace(&mut self.xml, fresh.xml);
        *self = Jats { xml, ..Jats::over("") };
        self.document.version = 1;
        self.jats_type = tag.attribute("article-type").unwrap_or_default();
        self.document.article_type = self.jats_type.clone();
        self.document.language = tag.attribute("lang");
        let mut data_availability = Vec::new();
        let mut saw_body = false;
        loop {
            match self.xml.next() {
                Token::Open(tag) => match tag.name {
                    "front" => self.front(),
                    "body" => {
                        saw_body = true;
                        self.body();
                    }
                    "back" => self.back(&mut data_availability),
                    "floats-group" | "floats-wrap" => self.floats_only(),
                    // Reviews, replies and translations are other texts under other licences.
                    _ => self.xml.skip_unread(),
                },
                Token::Comment(text) if text.contains("publisher") && text.contains("XML") => {
                    let text = super::inline::fold(text);
                    self.xml.issues.add("no_full_text", || text);
                }
                Token::Close | Token::End => break,
                _ => {}
            }
        }
        if self.document.sections.is_empty() {
            if !data_availability.is_empty() {
                self.xml.issues.add("data_availability_without_body", || "left out".into());
            }
            if saw_body {
                self.xml.issues.add("empty_body", || "the body holds no text".into());
            }
        } else {
            self.document.sections.append(&mut data_availability);
        }
        self.finish()
    }

    /// What can only be said once the whole article was seen.
    fn finish(&mut self) -> (Document, Issues) {
        let mut document = std::mem::take(&mut self.document);
        if document.abstract_passages.is_empty() {
            document.abstract_passages = std::mem::take(&mut self.spare_abstract);
        }
        let (title, found) = notice::strip_title(&document.title);
        let title = title.to_owned();
        document.notices.extend(found);
        document.title = title;
        for related in &document.related {
            let status = match related.relation {
                crate::model::document::Relation::RetractedBy => WorkStatus::Retracted,
                crate::model::document::Relation::ConcernRaisedBy => WorkStatus::Concern,
                _ => continue,
            };
            document.notices.push(Notice { status, origin: format!("related-article:{}", related.received) });
        }
        let lower = self.jats_type.to_lowercase();
        if lower.contains("withdraw") {
            document
                .notices
                .push(Notice { status: WorkStatus::Withdrawn, origin: format!("article-type:{}", self.jats_type) });
        } else if lower == "retracted-article" {
            document
                .notices
                .push(Notice { status: WorkStatus::Retracted, origin: format!("article-type:{}", self.jats_type) });
        }
        if let Some(received) = self.meta_licence.take() {
            let code = LicenceCode::from_received(&received);
            if document.licence.normalised == LicenceCode::Unknown && code != LicenceCode::Unknown {
                let holder = document.licence.holder.take();
                document.licence = Licence { received, normalised: code, origin: LicenceOrigin::Jats, holder };
            } else {
                document.licence.normalised = document.licence.normalised.stricter(code);
            }
        }
        self.server_quirks(&mut document);
        if document.title.is_empty() {
            self.xml.issues.add("no_title", || "the article has no title".into());
        }
        (document, std::mem::take(&mut self.xml.issues))
    }

    /// bioRxiv and medRxiv (HighWire): the type stands in a heading, the posting day in the history.
    fn server_quirks(&mut self, document: &mut Document) {
        let is_server = document
            .venue
            .as_deref()
            .is_some_and(|v| v.eq_ignore_ascii_case("biorxiv") || v.eq_ignore_ascii_case("medrxiv"));
        if document.article_type.is_empty() || document.article_type == "article" {
            let labels = || self.heading_subjects.iter().filter(|subject| front::is_type_label(subject));
            // "Regular Article" stands beside "New Results", and says less.
            let kind = labels().find(|label| !label.to_lowercase().contains("article")).or_else(|| labels().next());
            if let Some(kind) = kind {
                document.article_type = kind.clone();
            }
        }
        if is_server {
            let full = |key: &str| document.dates.get(key).copied().filter(|date| date.is_full());
            let posted = full("epub").or_else(|| full("pub")).or_else(|| {
                let accepted = full("accepted")?;
                let year = document.dates.get("epub").or_else(|| document.dates.get("pub")).map(|date| date.year());
                (year.is_none() || year == Some(accepted.year())).then_some(accepted)
            });
            if let Some(posted) = posted {
                document.dates.insert("posted".into(), posted);
            }
            if document.article_type.to_lowercase().contains("withdraw") {
                document
                    .notices
                    .push(Notice { status: WorkStatus::Withdrawn, origin: format!("type:{}", document.article_type) });
            }
        }
    }
}
