//! Figures and tables: blocks of their own, with the kind of the section they stand in.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

use crate::document::inline::Inline;
use crate::document::xml::{Tag, Token};
use crate::model::document::{Figure, Table};
use crate::model::licence::LicenceCode;

use super::Jats;
use super::body::is_own_doi;

/// Phrases that put a figure or table outside the article's licence.
const THIRD_PARTY: [&str; 12] = [
    "with permission",
    "by permission",
    "with kind permission",
    "permission from",
    "permission of",
    "reprinted from",
    "reproduced from",
    "courtesy of",
    "all rights reserved",
    "copyright permission",
    "used under licen",
    "photo credit",
];

impl<'a> Jats<'a> {
    /// The figure, table or group just opened.
    pub(super) fn float(&mut self, tag: &Tag<'a>) {
        match tag.name {
            "fig" => self.figure(),
            "table-wrap" => self.table(),
            _ => self.group(),
        }
    }

    /// A group's own caption makes a figure of its own; its members follow.
    fn group(&mut self) {
        let mut figure = Figure { section_kind: self.kind, ..Figure::default() };
        let mut members = Vec::new();
        loop {
            match self.xml.next() {
                Token::Open(tag) => match tag.name {
                    "fig" | "fig-group" | "table-wrap" | "table-wrap-group" => {
                        let figures = std::mem::take(&mut self.document.figures);
                        self.float(&tag);
                        members.append(&mut std::mem::replace(&mut self.document.figures, figures));
                    }
                    "label" => figure.label = self.plain(),
                    "caption" => figure.caption = self.caption(),
                    "graphic" => self.graphic(&tag, &mut figure.graphics),
                    _ => self.xml.skip(),
                },
                Token::Close | Token::End => break,
                _ => {}
            }
        }
        self.push_figure(figure);
        self.document.figures.append(&mut members);
    }

    fn figure(&mut self) {
        let mut figure = Figure { section_kind: self.kind, ..Figure::default() };
        self.figure_content(&mut figure);
        self.push_figure(figure);
    }

    fn figure_content(&mut self, figure: &mut Figure) {
        loop {
            match self.xml.next() {
                Token::Open(tag) => match tag.name {
                    "label" => figure.label = self.plain(),
                    "caption" => figure.caption = self.caption(),
                    "graphic" => self.graphic(&tag, &mut figure.graphics),
                    "alternatives" => self.figure_content(figure),
                    "permissions" => figure.third_party |= self.foreign_permissions(),
                    "attrib" => figure.third_party |= is_third_party(&self.plain()),
                    "fig" | "table-wrap" => self.float(&tag),
                    _ => self.xml.skip(),
                },
                Token::Close | Token::End => return,
                _ => {}
            }
        }
    }

    fn push_figure(&mut self, mut figure: Figure) {
        if figure.caption.is_empty() {
            return;
        }
        figure.text = join(&figure.label, &figure.caption);
        figure.third_party |= is_third_party(&figure.caption);
        self.document.figures.push(figure);
    }

    fn graphic(&mut self, tag: &Tag<'a>, graphics: &mut Vec<String>) {
        graphics.extend(tag.attribute("href"));
        self.xml.skip();
    }

    /// Title and paragraphs of the caption just opened, in one line.
    fn caption(&mut self) -> String {
        let mut parts: Vec<String> = Vec::new();
        let mut stray = Inline::default();
        loop {
            match self.xml.next() {
                Token::Open(tag) => match tag.name {
                    "title" | "p" => {
                        let text = self.plain();
                        if !text.is_empty() && !is_own_doi(&text) {
                            parts.push(text);
                        }
                    }
                    _ => self.element(&tag, &mut stray, false),
                },
                Token::Text(text) => stray.push(text),
                Token::Char(c) => stray.push_char(c),
                Token::Comment(_) => {}
                Token::Close | Token::End => break,
            }
        }
        let stray = stray.text();
        if !stray.is_empty() {
            parts.push(stray);
        }
        parts.join(" ")
    }

    fn table(&mut self) {
        let mut table = Table { section_kind: self.kind, ..Table::default() };
        self.table_content(&mut table);
        let mut text = join(&table.label, &table.caption);
        table.third_party |= is_third_party(&table.caption);
        for row in &table.rows {
            if row.iter().all(String::is_empty) {
                continue;
            }
            if !text.is_empty() {
                text.push('\n');
            }
            push_row(&mut text, row);
        }
        for note in &table.notes {
            table.third_party |= is_third_party(note);
            text.push('\n');
            text.push_str(note);
        }
        if !text.trim().is_empty() && (!table.rows.is_empty() || !table.caption.is_empty()) {
            table.text = text.trim().to_owned();
            self.document.tables.push(table);
        }
    }

    fn table_content(&mut self, table: &mut Table) {
        loop {
            match self.xml.next() {
                Token::Open(tag) => match tag.name {
                    "label" => table.label = self.plain(),
                    "caption" => table.caption = self.caption(),
                    "alternatives" | "table" | "thead" | "tbody" | "tfoot" | "oasis-table" | "tgroup" => {
                        self.table_content(table)
                    }
                    "tr" | "row" => {
                        let row = self.row();
                        if !row.is_empty() {
                            table.rows.push(row);
                        }
                    }
                    "table-wrap-foot" => self.notes(&mut table.notes),
                    "permissions" => table.third_party |= self.foreign_permissions(),
                    "attrib" => table.third_party |= is_third_party(&self.plain()),
                    _ => self.xml.skip(),
                },
                Token::Close | Token::End => return,
                _ => {}
            }
        }
    }

    fn row(&mut self) -> Vec<String> {
        let mut cells = Vec::new();
        loop {
            match self.xml.next() {
                Token::Open(tag) if matches!(tag.name, "td" | "th" | "entry") => cells.push(self.plain()),
                Token::Open(_) => self.xml.skip(),
                Token::Close | Token::End => return cells,
                _ => {}
            }
        }
    }

    fn notes(&mut self, notes: &mut Vec<String>) {
        loop {
            match self.xml.next() {
                Token::Open(tag) => match tag.name {
                    "fn" => {
                        let mut sink = Inline::default();
                        self.note(&mut sink);
                        notes.extend(Some(sink.text()).filter(|note| !note.is_empty()));
                    }
                    "p" | "attrib" => notes.extend(Some(self.plain()).filter(|note| !note.is_empty())),
                    "fn-group" => self.notes(notes),
                    _ => self.xml.skip(),
                },
                Token::Close | Token::End => return,
                _ => {}
            }
        }
    }

    /// A note with its marker, which the cells may carry too.
    fn note(&mut self, sink: &mut Inline) {
        loop {
            match self.xml.next() {
                Token::Open(tag) if tag.name == "label" => {
                    self.inline(sink, false);
                    sink.space();
                }
                Token::Open(tag) => self.element(&tag, sink, false),
                Token::Text(text) => sink.push(text),
                Token::Char(c) => sink.push_char(c),
                Token::Comment(_) => {}
                Token::Close | Token::End => return,
            }
        }
    }

    /// Whether permissions inside a float name anything but a Creative Commons licence.
    fn foreign_permissions(&mut self) -> bool {
        let mut code = LicenceCode::Unknown;
        let mut depth = 0usize;
        let mut said = false;
        loop {
            match self.xml.next() {
                Token::Open(tag) => {
                    depth += 1;
                    if let Some(found) = tag.attribute("href").and_then(|href| LicenceCode::from_url(&href)) {
                        code = code.stricter(found);
                    }
                }
                Token::Text(text) => {
                    said |= !text.trim().is_empty();
                    if let Some(found) = LicenceCode::from_url(text) {
                        code = code.stricter(found);
                    }
                }
                Token::Close if depth == 0 => return said && code == LicenceCode::Unknown,
                Token::Close => depth -= 1,
                Token::End => return false,
                _ => {}
            }
        }
    }

    /// Figures and tables of a part whose text is not read.
    pub(super) fn floats_only(&mut self) {
        loop {
            match self.xml.next() {
                Token::Open(tag) => match tag.name {
                    "fig" | "fig-group" | "table-wrap" | "table-wrap-group" => self.float(&tag),
                    "sec" | "p" | "alternatives" => self.floats_only(),
                    _ => self.xml.skip(),
                },
                Token::Close | Token::End => return,
                _ => {}
            }
        }
    }
}

/// Cells with a bar between them; an empty cell leaves only its bars.
fn push_row(text: &mut String, row: &[String]) {
    for (index, cell) in row.iter().enumerate() {
        if index > 0 {
            text.push_str(if text.is_empty() || text.ends_with('\n') { "|" } else { " |" });
        }
        if index > 0 && !cell.is_empty() {
            text.push(' ');
        }
        text.push_str(cell);
    }
}

fn join(label: &str, caption: &str) -> String {
    match (label.is_empty(), caption.is_empty()) {
        (true, _) => caption.to_owned(),
        (_, true) => label.to_owned(),
        _ if label.ends_with(['.', ':', '|']) => format!("{label} {caption}"),
        _ => format!("{label}. {caption}"),
    }
}

fn is_third_party(text: &str) -> bool {
    static PHRASES: LazyLock<Option<AhoCorasick>> =
        LazyLock::new(|| AhoCorasick::builder().ascii_case_insensitive(true).build(THIRD_PARTY).ok());
    PHRASES.as_ref().is_some_and(|phrases| phrases.is_match(text))
}
