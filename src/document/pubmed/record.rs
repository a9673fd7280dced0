//! One PubMed record. SOURCES section 5 lists the traps: only direct children count for ids, references and other
//! abstracts are never read, dates come in a dozen shapes.

use crate::document::inline::{Inline, Script};
use crate::document::issue::Issues;
use crate::document::jats::{first_year, month_number};
use crate::document::xml::{Tag, Token, Xml};
use crate::document::{math, notice};
use crate::model::document::{Document, ParseIssue, Passage, Related, Relation};
use crate::model::id::{Doi, Ids, Pmid};
use crate::model::status::{Notice, WorkStatus};
use crate::model::time::PartialDate;

/// The document of a `PubmedArticle` or a bare `MedlineCitation`.
///
/// # Errors
/// The reason, when there is neither a PMID nor a title.
pub fn article(mut xml: Xml<'_>, decoding: Issues) -> Result<(Document, Vec<ParseIssue>), String> {
    let mut reader = Reader {
        xml: &mut xml,
        document: Document { version: 1, ..Document::default() },
        types: Vec::new(),
        vernacular: None,
        listed_doi: None,
    };
    reader.record();
    let document = reader.finish();
    xml.issues.extend(decoding);
    if document.ids.pmid.is_none() && document.title.is_empty() {
        let stop = xml.stop().map(|stop| format!("{} at its byte {}", stop.reason, stop.at));
        return Err(stop.unwrap_or_else(|| "neither a PMID nor a title".into()));
    }
    Ok((document, std::mem::take(&mut xml.issues).into_vec()))
}

/// The PMIDs of a `DeleteCitation`.
pub fn deleted(xml: &mut Xml<'_>) -> Vec<Pmid> {
    let mut pmids = Vec::new();
    loop {
        match xml.next() {
            Token::Text(text) => pmids.extend(text.parse::<Pmid>().ok()),
            Token::End => return pmids,
            _ => {}
        }
    }
}

struct Reader<'x, 'a> {
    xml: &'x mut Xml<'a>,
    document: Document,
    types: Vec<String>,
    vernacular: Option<String>,
    listed_doi: Option<Doi>,
}

/// Calls `$each` for each child of the element just opened; it must consume the child.
macro_rules! children {
    ($self:ident, $tag:ident => $each:expr) => {
        loop {
            match $self.xml.next() {
                Token::Open($tag) => $each,
                Token::Close | Token::End => break,
                _ => {}
            }
        }
    };
}

impl<'a> Reader<'_, 'a> {
    fn record(&mut self) {
        loop {
            match self.xml.next() {
                Token::Open(tag) => match tag.name {
                    "PubmedArticle" => {}
                    "MedlineCitation" => self.citation(),
                    "PubmedData" => self.pubmed_data(),
                    _ => self.xml.skip_unread(),
                },
                Token::End => return,
                _ => {}
            }
        }
    }

    fn citation(&mut self) {
        children!(self, tag => match tag.name {
            "PMID" => {
                let version = tag.raw_attribute("Version").and_then(|v| v.parse().ok());
                let text = self.text();
                if self.document.ids.pmid.is_none() {
                    self.document.ids.pmid = text.parse().ok();
                    self.document.version = version.unwrap_or(1).max(1);
                }
            }
            "Article" => self.article(),
            "DateRevised" => self.date("updated"),
            "DateCompleted" => self.date("completed"),
            "DateCreated" => self.date("created"),
            "CommentsCorrectionsList" => children!(self, tag => self.correction(&tag)),
            "KeywordList" => children!(self, tag => {
                let keyword = self.text();
                if tag.name == "Keyword" && !keyword.is_empty() && !self.document.keywords.contains(&keyword) && self.document.keywords.len() < 500 {
                    self.document.keywords.push(keyword);
                }
            }),
            "MeshHeadingList" => children!(self, _tag => self.mesh()),
            _ => self.xml.skip_unread(),
        });
    }

    fn article(&mut self) {
        let mut pub_date = None;
        children!(self, tag => match tag.name {
            "Journal" => children!(self, tag => match tag.name {
                "Title" => self.document.venue = Some(self.text()).filter(|title| !title.is_empty()),
                "JournalIssue" => children!(self, tag => match tag.name {
                    "PubDate" => pub_date = self.loose_date(),
                    _ => self.xml.skip(),
                }),
                _ => self.xml.skip(),
            }),
            "ArticleTitle" => self.document.title = self.text(),
            "VernacularTitle" => self.vernacular = Some(self.text()).filter(|title| !title.is_empty()),
            "ELocationID" => {
                let usable = tag.has("EIdType", "doi") && !tag.has("ValidYN", "N");
                let text = self.text();
                if usable && self.document.ids.doi.is_none() {
                    self.document.ids.doi = text.parse().ok();
                }
            }
            "Abstract" => self.abstract_(),
            "AuthorList" if !tag.has("Type", "editors") => children!(self, tag => self.author(&tag)),
            "Language" => {
                let language = self.text();
                self.document.language.get_or_insert(language);
            }
            "PublicationTypeList" => children!(self, tag => {
                let ui = tag.attribute("UI").unwrap_or_default();
                let name = self.text();
                self.publication_type(&ui, name);
            }),
            "ArticleDate" => self.date("epub"),
            _ => self.xml.skip(),
        });
        if let Some(date) = pub_date {
            self.document.dates.insert("issue".into(), date);
        }
    }

    fn abstract_(&mut self) {
        children!(self, tag => match tag.name {
            "AbstractText" => {
                let label = tag.attribute("Label").filter(|label| !label.eq_ignore_ascii_case("unlabelled"));
                let category = tag.attribute("NlmCategory").filter(|category| !category.eq_ignore_ascii_case("unassigned"));
                let heading = label.or(category).map(|heading| heading.trim_end_matches(':').trim().to_owned()).filter(|h| !h.is_empty());
                let text = self.text();
                if text.chars().any(char::is_alphanumeric) {
                    self.document.abstract_passages.push(Passage { text, heading, ..Passage::default() });
                }
            }
            "CopyrightInformation" => {
                // Free text: it never proves a right to reuse.
                let text = self.text();
                self.document.licence.holder = Some(text).filter(|text| !text.is_empty());
            }
            _ => self.xml.skip(),
        });
    }

    fn author(&mut self, tag: &Tag<'a>) {
        if tag.name != "Author" || tag.has("ValidYN", "N") {
            return self.xml.skip();
        }
        let (mut last, mut given, mut suffix, mut group) = (String::new(), String::new(), String::new(), String::new());
        children!(self, tag => match tag.name {
            "LastName" => last = self.text(),
            "ForeName" | "FirstName" => given = self.text(),
            "Initials" if given.is_empty() => given = self.text(),
            "Suffix" => suffix = self.text(),
            "CollectiveName" => group = self.text(),
            _ => self.xml.skip(),
        });
        let mut name = if last.is_empty() { group } else { last };
        for part in [given, suffix].into_iter().filter(|part| !part.is_empty()) {
            name.push_str(", ");
            name.push_str(&part);
        }
        if !name.is_empty() {
            self.document.authors.push(name);
        }
    }

    fn publication_type(&mut self, ui: &str, name: String) {
        let notice = match (ui, name.as_str()) {
            ("D016441", _) | (_, "Retracted Publication") => Some(WorkStatus::Retracted),
            ("", "Withdrawn Publication") => Some(WorkStatus::Withdrawn),
            _ => None,
        };
        if let Some(status) = notice {
            self.document.notices.push(Notice { status, origin: format!("publication-type:{name}") });
        }
        if !name.is_empty() {
            self.types.push(name);
        }
    }

    fn correction(&mut self, tag: &Tag<'a>) {
        let received = tag.attribute("RefType").unwrap_or_default();
        if tag.name != "CommentsCorrections" || received == "Cites" {
            return self.xml.skip();
        }
        let (mut ids, mut note) = (Ids::default(), None);
        children!(self, tag => match tag.name {
            "PMID" => ids.pmid = self.text().parse().ok(),
            "RefSource" => note = Some(self.text()).filter(|text| !text.is_empty()),
            _ => self.xml.skip(),
        });
        let doi = note.as_deref().and_then(|note| note.split_once("doi:")).map(|(_, doi)| doi.trim());
        ids.doi = doi.and_then(|doi| doi.split_whitespace().next()?.trim_end_matches(['.', ';', ',']).parse().ok());
        let (relation, status) = match received.as_str() {
            "RetractionIn" | "RetractedandRepublishedIn" => (Relation::RetractedBy, Some(WorkStatus::Retracted)),
            "RetractionOf" | "RetractedandRepublishedFrom" => (Relation::Retracts, None),
            "ExpressionOfConcernIn" => (Relation::ConcernRaisedBy, Some(WorkStatus::Concern)),
            "ExpressionOfConcernFor" => (Relation::RaisesConcernAbout, None),
            "ErratumIn" | "CorrectedandRepublishedIn" => (Relation::CorrectedBy, None),
            "ErratumFor" | "CorrectedandRepublishedFrom" => (Relation::Corrects, None),
            "CommentIn" => (Relation::CommentedBy, None),
            "CommentOn" => (Relation::CommentsOn, None),
            "UpdateIn" => (Relation::UpdatedBy, None),
            "UpdateOf" => (Relation::Updates, None),
            _ => (Relation::Other, None),
        };
        if let Some(status) = status {
            self.document.notices.push(Notice { status, origin: received.clone() });
        }
        self.document.related.push(Related { relation, ids, received, note });
    }

    fn mesh(&mut self) {
        let mut name = String::new();
        children!(self, tag => match tag.name {
            "DescriptorName" => name = self.text(),
            _ => self.xml.skip(),
        });
        if !name.is_empty() && self.document.subjects.len() < 200 && !self.document.subjects.contains(&name) {
            self.document.subjects.push(name);
        }
    }

    fn pubmed_data(&mut self) {
        children!(self, tag => match tag.name {
            "History" => children!(self, tag => {
                let key = match tag.raw_attribute("PubStatus").unwrap_or_default() {
                    "epublish" | "aheadofprint" => "epub",
                    "ppublish" => "ppub",
                    "ecollection" => "ecollection",
                    "pmc-release" | "pmc" => "pmc_release",
                    "received" => "received",
                    "accepted" => "accepted",
                    "revised" => "revised",
                    "retracted" => "retracted",
                    "entrez" => "entrez",
                    "pubmed" => "pubmed",
                    "medline" => "medline",
                    _ => "",
                };
                if key.is_empty() { self.xml.skip() } else { self.date(key) }
            }),
            "ArticleIdList" => children!(self, tag => {
                let kind = tag.raw_attribute("IdType").unwrap_or("pubmed");
                let text = self.text();
                match kind {
                    "doi" => self.listed_doi = self.listed_doi.take().or_else(|| text.parse().ok()),
                    "pmc" => self.document.ids.pmcid = self.document.ids.pmcid.take().or_else(|| text.parse().ok()),
                    _ => {}
                }
            }),
            _ => self.xml.skip_unread(),
        });
    }

    /// A date whose parts are digits; the first full one of a name stays.
    fn date(&mut self, key: &str) {
        if let Some(date) = self.loose_date()
            && self.document.dates.get(key).is_none_or(|known| !known.is_full() && date.is_full())
        {
            self.document.dates.insert(key.to_owned(), date);
        }
    }

    /// Year, Month as name or digits, Day, Season, or a MedlineDate of any wording.
    fn loose_date(&mut self) -> Option<PartialDate> {
        let (mut year, mut month, mut day, mut wording) = (None, None, None, None);
        children!(self, tag => {
            let text = self.text();
            match tag.name {
                "Year" => year = first_year(&text),
                "Month" => month = month_number(&text),
                "Day" => day = text.parse().ok(),
                "MedlineDate" => {
                    year = first_year(&text);
                    month = text.split_once(' ').and_then(|(_, rest)| month_number(rest.get(..3)?));
                    wording = Some(text);
                }
                _ => {}
            }
        });
        let date = year.and_then(|year| PartialDate::new(year, month, day));
        if let (None, Some(wording)) = (date, wording) {
            self.xml.issues.add("date_not_understood", || wording);
        }
        date
    }

    /// The folded text of the element just opened, inline markup read.
    fn text(&mut self) -> String {
        let mut sink = Inline::default();
        self.mixed(&mut sink);
        sink.text()
    }

    fn mixed(&mut self, sink: &mut Inline) {
        loop {
            match self.xml.next() {
                Token::Text(text) => sink.push(text),
                Token::Char(c) => sink.push_char(c),
                Token::Open(tag) => match tag.name {
                    "sup" | "sub" => {
                        let mark = sink.mark();
                        self.mixed(sink);
                        if sink.mark() > mark {
                            sink.raise(mark, if tag.name == "sup" { Script::Super } else { Script::Sub });
                        }
                    }
                    "math" => {
                        let mark = sink.mark();
                        math::flatten(self.xml, sink);
                        if sink.mark() == mark {
                            sink.push("[formula]");
                        }
                        self.xml.issues.add("formula_flattened", || "MathML in a title or abstract".into());
                    }
                    _ => self.mixed(sink),
                },
                Token::Comment(_) => {}
                Token::Close | Token::End => return,
            }
        }
    }

    fn finish(&mut self) -> Document {
        let mut document = std::mem::take(&mut self.document);
        match (&document.ids.doi, self.listed_doi.take()) {
            (None, listed) => document.ids.doi = listed,
            (Some(own), Some(listed)) if *own != listed => {
                let detail = format!("{own} as ELocationID, {listed} in the list; the first is used");
                self.xml.issues.add("doi_disagrees", || detail);
            }
            _ => {}
        }
        let foreign = document.language.as_deref().is_some_and(|language| language != "eng");
        let placeholder = matches!(
            document.title.trim_end_matches('.'),
            "[Not Available]" | "[Not available]" | "Not Available" | ""
        );
        if placeholder {
            document.title = self.vernacular.take().unwrap_or_default();
        } else if foreign
            && let Some(inner) =
                document.title.strip_prefix('[').and_then(|t| t.strip_suffix("].").or_else(|| t.strip_suffix(']')))
            && !inner.contains(['[', ']'])
        {
            // NLM's translation of a title in another language.
            document.title = inner.to_owned();
        }
        let (title, found) = notice::strip_title(&document.title);
        let title = title.to_owned();
        document.notices.extend(found);
        document.title = title;
        let general = |name: &&String| {
            matches!(name.as_str(), "Journal Article" | "English Abstract") || name.starts_with("Research Support")
        };
        document.article_type = self
            .types
            .iter()
            .find(|name| {
                matches!(name.as_str(), "Retraction of Publication" | "Published Erratum" | "Expression of Concern")
            })
            .or_else(|| self.types.iter().find(|name| !general(name)))
            .or_else(|| self.types.first())
            .cloned()
            .unwrap_or_default();
        document
    }
}
