//! Metadata: ids, dates, people, subjects, licence, abstract, ties to other articles.

use crate::document::inline::Inline;
use crate::document::notice;
use crate::document::xml::{Tag, Token};
use crate::model::document::{Related, SectionKind};
use crate::model::id::Ids;
use crate::model::licence::{Licence, LicenceCode, LicenceOrigin};
use crate::model::time::PartialDate;

use super::Jats;

const LICENCE_TEXT_CHARS: usize = 1000;

/// Headings that say what sort of text it is, not what it is about.
pub(super) fn is_type_label(subject: &str) -> bool {
    const LABELS: [&str; 44] = [
        "article",
        "articles",
        "regular article",
        "research article",
        "research",
        "research paper",
        "original article",
        "original research",
        "original paper",
        "original investigation",
        "short report",
        "short communication",
        "brief report",
        "brief communication",
        "new results",
        "confirmatory results",
        "contradictory results",
        "withdrawn",
        "publishaheadofprint",
        "review",
        "review article",
        "case report",
        "case study",
        "correction",
        "corrections",
        "corrigendum",
        "erratum",
        "retraction",
        "editorial",
        "commentary",
        "insight",
        "letter",
        "feature",
        "feature article",
        "tools and resources",
        "research advance",
        "primer",
        "perspective",
        "methods",
        "method article",
        "protocol",
        "study protocol",
        "replication study",
        "registered report",
    ];
    LABELS.iter().any(|label| subject.eq_ignore_ascii_case(label))
}

impl<'a> Jats<'a> {
    pub(super) fn front(&mut self) {
        loop {
            match self.xml.next() {
                Token::Open(tag) => match tag.name {
                    "journal-meta" => self.journal(),
                    "article-meta" => self.article_meta(),
                    _ => self.xml.skip(),
                },
                Token::Comment(text) if text.contains("publisher") && text.contains("XML") => {
                    let text = crate::document::inline::fold(text);
                    self.xml.issues.add("no_full_text", || text);
                }
                Token::Close | Token::End => return,
                _ => {}
            }
        }
    }

    fn journal(&mut self) {
        loop {
            match self.xml.next() {
                Token::Open(tag) => match tag.name {
                    "journal-title-group" => self.journal(),
                    "journal-title" if self.document.venue.is_none() => {
                        self.document.venue = Some(self.plain()).filter(|title| !title.is_empty());
                    }
                    _ => self.xml.skip(),
                },
                Token::Close | Token::End => return,
                _ => {}
            }
        }
    }

    fn article_meta(&mut self) {
        loop {
            match self.xml.next() {
                Token::Open(tag) => match tag.name {
                    "article-id" => self.article_id(&tag),
                    "article-version" | "article-version-alternatives" => self.article_version(&tag),
                    "article-categories" => self.categories(None),
                    "title-group" => self.title_group(),
                    "contrib-group" => self.contributors(),
                    "pub-date" => self.date(&tag, None),
                    "history" | "pub-history" => self.history(None),
                    "related-article" => self.related(&tag),
                    "permissions" => self.permissions(),
                    "copyright-statement" | "copyright-holder" => self.holder(),
                    "license" => self.licence(&tag),
                    "abstract" => self.abstract_(&tag),
                    "kwd-group" => self.keywords(),
                    "custom-meta-group" | "custom-meta-wrap" => self.custom_meta(),
                    _ => self.xml.skip(),
                },
                Token::Close | Token::End => return,
                _ => {}
            }
        }
    }

    fn article_id(&mut self, tag: &Tag<'a>) {
        let text = self.plain();
        let ids = &mut self.document.ids;
        match tag.raw_attribute("pub-id-type") {
            Some("doi") => ids.doi = ids.doi.take().or_else(|| text.parse().ok()),
            Some("pmid") => ids.pmid = ids.pmid.or_else(|| text.parse().ok()),
            Some("pmc" | "pmcid") => ids.pmcid = ids.pmcid.take().or_else(|| text.parse().ok()),
            Some("other") => {
                // HighWire: "biorxiv;2021.11.17.469032v1".
                if let Some(version) =
                    text.rsplit_once('v').and_then(|(_, v)| v.parse().ok()).filter(|v| (1..=999).contains(v))
                    && tag.has("sub-type", "pisa")
                {
                    self.document.version = version;
                }
                return;
            }
            _ => return,
        }
        if tag.has("pub-id-type", "doi") && self.document.ids.doi.is_none() {
            self.xml.issues.add("bad_identifier", || format!("{text:?} is not a DOI"));
        }
    }

    fn article_version(&mut self, tag: &Tag<'a>) {
        if tag.name == "article-version-alternatives" {
            loop {
                match self.xml.next() {
                    Token::Open(tag) => self.article_version(&tag),
                    Token::Close | Token::End => return,
                    _ => {}
                }
            }
        }
        let text = self.plain();
        // "2" or, at HighWire, "1.2" for the second posting.
        let number = text.strip_prefix("1.").unwrap_or(&text).trim_start_matches(['v', 'V']);
        if let Some(version) = number.parse().ok().filter(|v| (2..=999).contains(v)) {
            self.document.version = self.document.version.max(version);
        }
    }

    fn categories(&mut self, group: Option<&str>) {
        loop {
            match self.xml.next() {
                Token::Open(tag) => match tag.name {
                    "subj-group" => {
                        let own = tag.raw_attribute("subj-group-type").or(group);
                        self.categories(own);
                    }
                    "subject" | "compound-subject" => {
                        let subject = self.plain();
                        self.subject(subject, group);
                    }
                    _ => self.xml.skip(),
                },
                Token::Close | Token::End => return,
                _ => {}
            }
        }
    }

    fn subject(&mut self, subject: String, group: Option<&str>) {
        let of_type = matches!(
            group,
            Some(
                "display-channel"
                    | "sub-display-channel"
                    | "author-type"
                    | "article-type"
                    | "legacy-article-type"
                    | "overline"
            )
        );
        if of_type || is_type_label(&subject) {
            self.heading_subjects.push(subject);
        } else if !subject.is_empty()
            && !self.document.subjects.contains(&subject)
            && self.document.subjects.len() < 200
        {
            self.document.subjects.push(subject);
        }
    }

    fn title_group(&mut self) {
        loop {
            match self.xml.next() {
                Token::Open(tag) => match tag.name {
                    "article-title" if self.document.title.is_empty() => self.document.title = self.plain(),
                    "subtitle" => {
                        let subtitle = self.plain();
                        if !subtitle.is_empty() && !self.document.title.is_empty() {
                            let mark = if self.document.title.ends_with([':', '?', '!', '.']) { " " } else { ": " };
                            self.document.title.push_str(mark);
                            self.document.title.push_str(&subtitle);
                        }
                    }
                    _ => self.xml.skip(),
                },
                Token::Close | Token::End => return,
                _ => {}
            }
        }
    }

    fn contributors(&mut self) {
        loop {
            match self.xml.next() {
                Token::Open(tag) => match tag.name {
                    "contrib"
                        if tag
                            .raw_attribute("contrib-type")
                            .is_none_or(|kind| kind.contains("author") || kind == "collab") =>
                    {
                        if let Some(author) = self.contributor() {
                            self.document.authors.push(author);
                        }
                    }
                    _ => self.xml.skip(),
                },
                Token::Close | Token::End => return,
                _ => {}
            }
        }
    }

    /// "Surname, Given" of the `contrib` just opened, or its group's name.
    fn contributor(&mut self) -> Option<String> {
        let mut name = None;
        loop {
            match self.xml.next() {
                Token::Open(tag) => match tag.name {
                    "name" | "string-name" if name.is_none() => name = self.person(),
                    "name-alternatives" if name.is_none() => name = self.contributor(),
                    "collab" | "collab-alternatives" | "on-behalf-of" if name.is_none() => {
                        name = Some(self.plain()).filter(|name| !name.is_empty());
                    }
                    _ => self.xml.skip(),
                },
                Token::Close | Token::End => return name,
                _ => {}
            }
        }
    }

    fn person(&mut self) -> Option<String> {
        let (mut surname, mut given, mut suffix) = (String::new(), String::new(), String::new());
        let mut loose = Inline::default();
        loop {
            match self.xml.next() {
                Token::Open(tag) => match tag.name {
                    "surname" => surname = self.plain(),
                    "given-names" => given = self.plain(),
                    "suffix" => suffix = self.plain(),
                    _ => self.xml.skip(),
                },
                Token::Text(text) => loose.push(text),
                Token::Char(c) => loose.push_char(c),
                Token::Close | Token::End => break,
                Token::Comment(_) => {}
            }
        }
        if surname.is_empty() {
            return Some(loose.text()).filter(|name| !name.is_empty());
        }
        for part in [given, suffix].into_iter().filter(|part| !part.is_empty()) {
            surname.push_str(", ");
            surname.push_str(&part);
        }
        Some(surname)
    }

    fn history(&mut self, event: Option<&str>) {
        loop {
            match self.xml.next() {
                Token::Open(tag) => match tag.name {
                    "date" => self.date(&tag, event),
                    "event" => self.history(tag.raw_attribute("event-type")),
                    _ => self.xml.skip(),
                },
                Token::Close | Token::End => return,
                _ => {}
            }
        }
    }

    /// `event`: the kind of the event that holds the date, when the date itself has none.
    fn date(&mut self, tag: &Tag<'a>, event: Option<&str>) {
        let received =
            tag.attribute("pub-type").or_else(|| tag.attribute("date-type")).or_else(|| event.map(str::to_owned));
        let received = received.unwrap_or_else(|| "pub".into());
        let printed = tag.has("publication-format", "print");
        let iso = tag.attribute("iso-8601-date");
        let (mut year, mut month, mut day, mut text) = (None, None, None, Inline::default());
        loop {
            match self.xml.next() {
                Token::Open(tag) => {
                    let value = self.plain();
                    match tag.name {
                        "year" => year = value.get(..4).and_then(|y| y.parse().ok()),
                        "month" => month = month_number(&value),
                        "day" => day = value.parse().ok(),
                        "string-date" => year = year.or_else(|| first_year(&value)),
                        _ => {}
                    }
                }
                Token::Text(raw) => text.push(raw),
                Token::Close | Token::End => break,
                _ => {}
            }
        }
        let date = year.and_then(|year| PartialDate::new(year, month, day)).or_else(|| iso_date(iso.as_deref()?));
        match date {
            // HighWire's own handling.
            Some(_) if received.starts_with("hwp-") => {}
            Some(date) => {
                let key = date_key(&received, printed);
                let better = self.document.dates.get(&key).is_none_or(|known| !known.is_full() && date.is_full());
                if better && self.document.dates.len() < 64 {
                    self.document.dates.insert(key, date);
                }
            }
            None => self.xml.issues.add("date_not_understood", || format!("{received}: {}", text.text())),
        }
    }

    fn related(&mut self, tag: &Tag<'a>) {
        let received = tag.attribute("related-article-type").unwrap_or_default();
        let target = tag.attribute("href").unwrap_or_default();
        let link_type = tag.attribute("ext-link-type").unwrap_or_default();
        let text = self.plain();
        let mut ids = Ids::default();
        let bare = target.trim_start_matches("info:doi/");
        match link_type.as_str() {
            "pmid" | "pubmed" => ids.pmid = bare.parse().ok(),
            "pmc" | "pmcid" => ids.pmcid = bare.parse().ok(),
            _ => ids.doi = bare.parse().ok(),
        }
        let note = Some(text).filter(|text| !text.is_empty());
        if ids == Ids::default() {
            ids.doi = note.as_deref().and_then(|note| note.parse().ok());
        }
        if ids == Ids::default() && note.is_none() && received.is_empty() {
            return;
        }
        let relation = notice::jats_relation(&received, &self.jats_type);
        self.document.related.push(Related { relation, ids, received, note });
    }

    fn permissions(&mut self) {
        loop {
            match self.xml.next() {
                Token::Open(tag) => match tag.name {
                    "copyright-statement" | "copyright-holder" => self.holder(),
                    "license" => self.licence(&tag),
                    "license_ref" => {
                        let text = self.plain();
                        self.add_licence(text.clone(), LicenceCode::from_url(&text));
                    }
                    _ => self.xml.skip(),
                },
                Token::Close | Token::End => return,
                _ => {}
            }
        }
    }

    fn holder(&mut self) {
        let text = self.plain();
        if self.document.licence.holder.is_none() && !text.is_empty() {
            self.document.licence.holder = Some(text);
        }
    }

    /// `license_ref`, else the element's link, else Creative Commons links in its text, the link that names the
    /// licence before one for data: a waiver "for the data made available" is none for the article.
    fn licence(&mut self, tag: &Tag<'a>) {
        let href = tag.attribute("href");
        let mut reference: Option<String> = None;
        let mut text = Inline::default();
        let mut links = String::new();
        let mut depth = 0usize;
        let mut in_reference = false;
        loop {
            match self.xml.next() {
                Token::Open(tag) => {
                    depth += 1;
                    in_reference = tag.name == "license_ref";
                    for name in ["href", "ref"] {
                        if let Some(link) = tag.attribute(name) {
                            links.push_str(&link);
                            links.push(' ');
                        }
                    }
                    if in_reference {
                        reference.get_or_insert_default();
                    }
                    if tag.name == "p" || tag.name == "license-p" {
                        text.space();
                    }
                }
                Token::Text(raw) if in_reference => reference.get_or_insert_default().push_str(raw.trim()),
                Token::Text(raw) => text.push(raw),
                Token::Char(c) => text.push_char(c),
                Token::Close if depth == 0 => break,
                Token::Close => {
                    depth -= 1;
                    in_reference = false;
                }
                Token::End => break,
                Token::Comment(_) => {}
            }
        }
        let text = text.text();
        let by_link = |link: &Option<String>| link.as_deref().and_then(LicenceCode::from_url);
        let reference = reference.filter(|r| !r.is_empty());
        let (received, code) = if by_link(&reference).is_some() {
            (reference.clone().unwrap_or_default(), by_link(&reference))
        } else if by_link(&href).is_some() {
            (href.clone().unwrap_or_default(), by_link(&href))
        } else {
            let code = LicenceCode::from_url(&text).or_else(|| LicenceCode::from_url(&links));
            (reference.or(href).filter(|link| link.contains("://")).unwrap_or_else(|| text.clone()), code)
        };
        let received = if code.is_some() && LicenceCode::from_url(&received).is_none() { text } else { received };
        self.add_licence(received, code);
    }

    fn add_licence(&mut self, received: String, code: Option<LicenceCode>) {
        let received: String = received.chars().take(LICENCE_TEXT_CHARS).collect();
        if received.is_empty() {
            return;
        }
        let code = code.unwrap_or_default();
        let licence = &mut self.document.licence;
        if licence.received.is_empty() || (licence.normalised == LicenceCode::Unknown && code != LicenceCode::Unknown) {
            *licence =
                Licence { received, normalised: code, origin: LicenceOrigin::Jats, holder: licence.holder.take() };
        } else if licence.normalised.stricter(code) != licence.normalised {
            licence.normalised = licence.normalised.stricter(code);
            licence.received = format!("{}; {received}", licence.received);
        }
    }

    fn abstract_(&mut self, tag: &Tag<'a>) {
        let kind = tag.attribute("abstract-type").unwrap_or_default().to_lowercase();
        let main = matches!(
            kind.as_str(),
            "" | "primary" | "main" | "abstract" | "structured" | "normal" | "section" | "short"
        );
        let spare = matches!(kind.as_str(), "executive-summary" | "summary" | "longsummary" | "web-summary");
        if !(main || spare) || (main && !self.document.abstract_passages.is_empty()) {
            return self.xml.skip();
        }
        let outer = (std::mem::take(&mut self.target), self.kind, self.heading.take());
        self.kind = SectionKind::Abstract;
        let title = self.abstract_content(true);
        let passages = std::mem::replace(&mut self.target, outer.0);
        (self.kind, self.heading) = (outer.1, outer.2);
        let lower = title.to_lowercase();
        let lay =
            ["digest", "author summary", "plain", "lay ", "editor", "highlights", "graphical", "key point", "teaser"];
        if lay.iter().any(|word| lower.contains(word)) {
            return;
        }
        if main {
            self.document.abstract_passages = passages;
        } else if self.spare_abstract.is_empty() {
            self.spare_abstract = passages;
        }
    }

    /// The passages of the abstract or abstract section just opened; returns the outermost title.
    fn abstract_content(&mut self, outermost: bool) -> String {
        let mut title = String::new();
        let mut stray = Inline::default();
        loop {
            match self.xml.next() {
                Token::Open(tag) => match tag.name {
                    "title" if outermost => title = self.plain(),
                    "title" => {
                        let heading = self.plain();
                        self.heading =
                            Some(heading.trim_end_matches([':', '.']).trim().to_owned()).filter(|h| !h.is_empty());
                    }
                    "sec" => {
                        self.flush(&mut stray);
                        let outer = self.heading.take();
                        self.abstract_content(false);
                        self.heading = outer;
                    }
                    "italic" | "bold" | "sup" | "sub" | "xref" | "ext-link" | "named-content" => {
                        self.element(&tag, &mut stray, true)
                    }
                    _ => {
                        self.flush(&mut stray);
                        self.block(&tag);
                    }
                },
                Token::Text(text) => stray.push(text),
                Token::Char(c) => stray.push_char(c),
                Token::Comment(_) => {}
                Token::Close | Token::End => break,
            }
        }
        self.flush(&mut stray);
        title
    }

    fn keywords(&mut self) {
        loop {
            match self.xml.next() {
                Token::Open(tag) => match tag.name {
                    "kwd" | "compound-kwd" => {
                        let keyword = self.plain();
                        if !keyword.is_empty()
                            && self.document.keywords.len() < 500
                            && !self.document.keywords.contains(&keyword)
                        {
                            self.document.keywords.push(keyword);
                        }
                    }
                    "nested-kwd" | "kwd-group" => self.keywords(),
                    _ => self.xml.skip(),
                },
                Token::Close | Token::End => return,
                _ => {}
            }
        }
    }

    fn custom_meta(&mut self) {
        let mut name = String::new();
        loop {
            match self.xml.next() {
                Token::Open(tag) => match tag.name {
                    "custom-meta" => self.custom_meta(),
                    "meta-name" => name = self.plain(),
                    "meta-value" => {
                        let value = self.plain();
                        match name.as_str() {
                            "pmc-license-ref" => self.meta_licence = Some(value),
                            "pmc-prop-is-scanned-article" | "pmc-prop-legally-suppressed" if value == "yes" => {
                                let name = name.clone();
                                self.xml.issues.add(&name.replace('-', "_"), || format!("{name} is {value}"));
                            }
                            _ => {}
                        }
                    }
                    _ => self.xml.skip(),
                },
                Token::Close | Token::End => return,
                _ => {}
            }
        }
    }
}

/// Dates by one name each, whatever the DTD version calls them.
fn date_key(received: &str, printed: bool) -> String {
    match received {
        "epub" | "epub-ppub" | "epub-original" | "original-publication" => "epub",
        "ppub" | "print" => "ppub",
        "pub" | "publication" if printed => "ppub",
        "pub" | "publication" => "pub",
        "rev-request" => "rev-request",
        "nihms-submitted" => "submitted",
        "pmc-last-change" => "updated",
        "rev-recd" | "revised" => "revised",
        "pmc-release" | "pmc" => "pmc_release",
        "epreprint" => "preprint",
        other => return other.to_lowercase().replace('-', "_"),
    }
    .to_owned()
}

/// A month as digits or as a name in full or short: `9`, `09`, `Sep`, `September`.
pub(in crate::document) fn month_number(text: &str) -> Option<u32> {
    const NAMES: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let text = text.trim();
    text.parse().ok().or_else(|| {
        let start = text.get(..3)?.to_lowercase();
        NAMES.iter().position(|name| *name == start).and_then(|at| u32::try_from(at + 1).ok())
    })
}

/// The first four digits in a row that are a likely year.
pub(in crate::document) fn first_year(text: &str) -> Option<i32> {
    text.split(|c: char| !c.is_ascii_digit())
        .filter(|digits| digits.len() == 4)
        .filter_map(|digits| digits.parse().ok())
        .find(|year| (1500..=2200).contains(year))
}

fn iso_date(text: &str) -> Option<PartialDate> {
    text.get(..text.len().min(10)).and_then(|date| PartialDate::try_from(date.to_owned()).ok())
}
