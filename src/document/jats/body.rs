//! Body and back matter: sections, paragraphs, lists, quotations, boxes.

use crate::document::inline::Inline;
use crate::document::section::classify;
use crate::document::xml::{Tag, Token};
use crate::model::document::{Passage, PassageKind, Section, SectionKind};

use super::Jats;
use super::inline::is_hidden;

/// Short list items share passages up to this many bytes.
const LIST_PASSAGE_BYTES: usize = 1500;

impl<'a> Jats<'a> {
    pub(super) fn body(&mut self) {
        let mut sections = Vec::new();
        let mut stray = Inline::default();
        loop {
            match self.xml.next() {
                Token::Open(tag) if tag.name == "sec" => {
                    self.flush(&mut stray);
                    self.leading(&mut sections);
                    sections.extend(self.section(&tag, SectionKind::Other));
                }
                Token::Open(tag) => self.block_or_stray(&tag, &mut stray),
                Token::Text(text) => stray.push(text),
                Token::Char(c) => stray.push_char(c),
                Token::Comment(_) => {}
                Token::Close | Token::End => break,
            }
        }
        self.flush(&mut stray);
        self.leading(&mut sections);
        self.document.sections.append(&mut sections);
    }

    /// Paragraphs that stand in no section make one without a title.
    fn leading(&mut self, sections: &mut Vec<Section>) {
        if !self.target.is_empty() {
            let passages = std::mem::take(&mut self.target);
            sections.push(Section { kind: SectionKind::Other, passages, ..Section::default() });
        }
    }

    /// The section just opened; `None` when it has no text of its own or below.
    pub(super) fn section(&mut self, tag: &Tag<'a>, parent: SectionKind) -> Option<Section> {
        let sec_type = tag.attribute("sec-type");
        let mut section = Section { kind: classify(sec_type.as_deref(), "", parent), ..Section::default() };
        let outer = (std::mem::take(&mut self.target), self.kind);
        self.kind = section.kind;
        let mut stray = Inline::default();
        loop {
            match self.xml.next() {
                Token::Open(tag) => match tag.name {
                    "sec" => {
                        self.flush(&mut stray);
                        let inner = self.section(&tag, section.kind);
                        section.sections.extend(inner);
                    }
                    "title" if section.title.is_empty() => {
                        section.title = self.plain();
                        section.kind = classify(sec_type.as_deref(), &section.title, parent);
                        self.kind = section.kind;
                    }
                    "label" | "sec-meta" => self.xml.skip(),
                    _ => self.block_or_stray(&tag, &mut stray),
                },
                Token::Text(text) => stray.push(text),
                Token::Char(c) => stray.push_char(c),
                Token::Comment(_) => {}
                Token::Close | Token::End => break,
            }
        }
        self.flush(&mut stray);
        section.passages = std::mem::replace(&mut self.target, outer.0);
        self.kind = outer.1;
        (!section.passages.is_empty() || !section.sections.is_empty()).then_some(section)
    }

    /// Text that stands where only blocks belong is kept as a paragraph.
    fn block_or_stray(&mut self, tag: &Tag<'a>, stray: &mut Inline) {
        if matches!(
            tag.name,
            "italic" | "bold" | "sup" | "sub" | "xref" | "ext-link" | "named-content" | "underline" | "sc"
        ) {
            self.element(tag, stray, true);
        } else {
            self.flush(stray);
            self.block(tag);
        }
    }

    /// Ends a paragraph: what `sink` holds becomes a passage, and `sink` is empty again.
    pub(super) fn flush(&mut self, sink: &mut Inline) {
        let kind = if self.in_box { PassageKind::Box } else { PassageKind::Paragraph };
        self.push_passage(std::mem::take(sink), kind);
    }

    pub(super) fn push_passage(&mut self, sink: Inline, kind: PassageKind) {
        let (text, citations) = sink.finish();
        // What only pointed somewhere leaves nothing to read.
        if text.chars().any(char::is_alphanumeric) && !is_own_doi(&text) {
            self.target.push(Passage { text, kind, heading: self.heading.clone(), citations });
        }
    }

    /// The block just opened, into `self.target`; what is no reading text is passed over.
    pub(super) fn block(&mut self, tag: &Tag<'a>) {
        match tag.name {
            "p" if is_hidden(tag) => {
                self.xml.issues.add("hidden_text", || "<p> that no reader sees left out".into());
                self.xml.skip();
            }
            "p" => {
                let mut sink = Inline::default();
                self.inline(&mut sink, true);
                self.flush(&mut sink);
            }
            "list" | "def-list" => self.list(),
            "disp-quote" | "verse-group" | "speech" => {
                let mut sink = Inline::default();
                self.inline(&mut sink, false);
                self.push_passage(sink, PassageKind::Quote);
            }
            "boxed-text" => self.boxed(),
            "statement" => {
                let mut sink = Inline::default();
                self.inline(&mut sink, true);
                self.flush(&mut sink);
            }
            "disp-formula" | "disp-formula-group" => {
                let mut sink = Inline::default();
                self.element(tag, &mut sink, false);
                let (text, _) = sink.finish();
                if text != "[formula]" {
                    let mut sink = Inline::default();
                    sink.push(&text);
                    self.flush(&mut sink);
                }
            }
            "fig" | "fig-group" | "table-wrap" | "table-wrap-group" | "floats-group" => self.float(tag),
            "alternatives" | "p-group" => loop {
                match self.xml.next() {
                    Token::Open(tag) => self.block(&tag),
                    Token::Close | Token::End => return,
                    _ => {}
                }
            },
            "supplementary-material"
            | "media"
            | "graphic"
            | "label"
            | "title"
            | "fn-group"
            | "fn"
            | "ref-list"
            | "glossary"
            | "ack"
            | "preformat"
            | "code"
            | "array"
            | "chem-struct-wrap"
            | "object-id"
            | "hr"
            | "sig-block"
            | "related-article"
            | "related-object"
            | "table"
            | "address"
            | "index"
            | "toc"
            | "question-wrap"
            | "attrib"
            | "permissions"
            | "caption" => {
                self.xml.skip();
            }
            name => {
                self.xml.issues.add("unknown_element", || format!("<{name}> between paragraphs left out"));
                self.xml.skip();
            }
        }
    }

    fn list(&mut self) {
        let mut items = Vec::new();
        self.items(&mut items);
        let kind = if self.in_box { PassageKind::Box } else { PassageKind::List };
        let mut line = Inline::default();
        for item in items {
            let (text, citations) = item.finish();
            if !line.is_empty() && line.mark() + text.len() > LIST_PASSAGE_BYTES {
                self.push_passage(std::mem::take(&mut line), kind);
            }
            line.space();
            line.push(&text);
            if !text.is_empty() && !text.ends_with(['.', ',', ';', ':', '?', '!']) {
                line.push(";");
            }
            line.keep_citations(citations);
        }
        line.trim_end_mark();
        self.push_passage(line, kind);
    }

    /// The items of the list just opened, those of inner lists after their own item's text.
    fn items(&mut self, items: &mut Vec<Inline>) {
        loop {
            match self.xml.next() {
                Token::Open(tag) => match tag.name {
                    "list-item" | "def-item" => {
                        let mut sink = Inline::default();
                        let mut label = true;
                        self.item(&mut sink, items, &mut label);
                        items.push(sink);
                    }
                    "list" | "def-list" => self.items(items),
                    _ => self.xml.skip(),
                },
                Token::Close | Token::End => return,
                _ => {}
            }
        }
    }

    fn item(&mut self, sink: &mut Inline, items: &mut Vec<Inline>, label: &mut bool) {
        loop {
            match self.xml.next() {
                Token::Text(text) => sink.push(text),
                Token::Char(c) => sink.push_char(c),
                Token::Open(tag) => match tag.name {
                    "label" if *label => {
                        *label = false;
                        self.inline(sink, false);
                        sink.space();
                    }
                    "p" | "def" | "title" => {
                        sink.space();
                        self.item(sink, items, label);
                    }
                    "term" => {
                        self.inline(sink, false);
                        sink.push(": ");
                    }
                    "list" | "def-list" => {
                        items.push(std::mem::take(sink));
                        self.items(items);
                    }
                    _ => self.element(&tag, sink, false),
                },
                Token::Comment(_) => {}
                Token::Close | Token::End => return,
            }
        }
    }

    fn boxed(&mut self) {
        let outer = (self.in_box, self.heading.take());
        self.in_box = true;
        self.boxed_content();
        (self.in_box, self.heading) = outer;
    }

    fn boxed_content(&mut self) {
        loop {
            match self.xml.next() {
                Token::Open(tag) => match tag.name {
                    "sec" => self.boxed_content(),
                    "caption" => self.boxed_content(),
                    "title" => {
                        let title = self.plain();
                        self.heading = (!title.is_empty()).then_some(title);
                    }
                    _ => self.block(&tag),
                },
                Token::Close | Token::End => return,
                _ => {}
            }
        }
    }

    /// Back matter: only data availability is kept, and the floats that some publishers park there.
    pub(super) fn back(&mut self, kept: &mut Vec<Section>) {
        loop {
            match self.xml.next() {
                Token::Open(tag) => match tag.name {
                    "sec" | "notes" => {
                        let sec_type = tag.attribute("sec-type").or_else(|| tag.attribute("notes-type"));
                        if sec_type.as_deref() == Some("display-objects") {
                            self.floats_only();
                        } else {
                            let section = self.section(&tag, SectionKind::Other);
                            keep_data_availability(section, kept);
                        }
                    }
                    "floats-group" | "floats-wrap" => self.floats_only(),
                    _ => self.xml.skip_unread(),
                },
                Token::Close | Token::End => return,
                _ => {}
            }
        }
    }
}

fn keep_data_availability(section: Option<Section>, kept: &mut Vec<Section>) {
    let Some(section) = section else { return };
    if section.kind == SectionKind::DataAvailability {
        kept.push(section);
    } else {
        for inner in section.sections {
            keep_data_availability(Some(inner), kept);
        }
    }
}

/// "DOI: http://dx.doi.org/10.7554/…", as eLife closes abstracts and captions.
pub(super) fn is_own_doi(text: &str) -> bool {
    text.strip_prefix("DOI:").is_some_and(|rest| !rest.trim().contains(' ') && rest.contains("10."))
}
