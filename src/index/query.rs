//! The tree of a query to the engine's query, and the marks that snippets show.

use std::collections::BTreeSet;

use tantivy::Term;
use tantivy::query::{
    AllQuery, BooleanQuery, BoostQuery, ConstScoreQuery, EmptyQuery, Occur, PhraseQuery, Query, RegexQuery, TermQuery,
};
use tantivy::schema::IndexRecordOption;

use super::filter::Filter;
use super::parse::{Node, Place};
use super::schema::{Fields, TextField};
use super::word::{self, Forms, Stems};

/// The forms that a query looks for, to mark them in a text.
#[derive(Debug, Clone, Default)]
pub(super) struct Marks {
    pub forms: BTreeSet<(Option<TextField>, String)>,
    /// Forms at consecutive positions: each an offset and its alternatives.
    pub sequences: Vec<(Option<TextField>, Vec<Step>)>,
    pub prefixes: Vec<(Option<TextField>, String)>,
}

/// How far from the sequence's first position, and the forms that may stand there.
pub(super) type Step = (usize, Vec<String>);

/// Builds engine queries from trees.
pub(super) struct Builder<'a> {
    fields: &'a Fields,
    stems: Stems,
    pub marks: Marks,
    /// Whether common words were left out.
    pub skipped_common: bool,
}

type Boxed = Box<dyn Query>;

impl<'a> Builder<'a> {
    pub fn new(fields: &'a Fields) -> Self {
        Builder { fields, stems: Stems::default(), marks: Marks::default(), skipped_common: false }
    }

    /// The query for `node`; `None` when nothing of it can be searched (only common words or signs).
    pub fn build(&mut self, node: &Node) -> Option<Boxed> {
        match node {
            Node::Words(place, text) => self.words(*place, text),
            Node::Phrase(place, text, slop) => self.phrase(*place, text, *slop),
            Node::Prefix(place, text) => self.prefix(*place, text),
            Node::Filter(filter) => Some(filter.to_query(self.fields)),
            Node::Maybe(inner) => self.build(inner),
            Node::Not(inner) => {
                let marks = self.marks.clone();
                let inner = self.build(inner);
                self.marks = marks;
                Some(boolean(vec![(Occur::Must, Box::new(AllQuery) as Boxed), (Occur::MustNot, inner?)]))
            }
            Node::All(parts) => self.all(parts),
            Node::Any(parts) => {
                let mut options = Vec::new();
                for part in parts {
                    match self.terms(part) {
                        Some(terms) => options.extend(terms),
                        None => options.extend(self.build(part).map(|query| (Occur::Should, query))),
                    }
                }
                one_or(options)
            }
        }
    }

    /// The terms of a node that matches where any of them does: a word, or words joined by `OR`. The engine skips what can not
    /// come among the best only in a flat list of such. `None` for any other node.
    pub fn terms(&mut self, node: &Node) -> Option<Vec<(Occur, Boxed)>> {
        match node {
            Node::Words(place, text) if !matches!(place, Some(Place::Evidence | Place::Text)) => {
                let words = word::words(text);
                let [word] = words.as_slice() else { return None };
                let forms = word::query_forms(word, &mut self.stems).filter(|forms| forms.sequence.len() < 2)?;
                Some(self.options(*place, &forms))
            }
            Node::Any(parts) => {
                let marks = self.marks.clone();
                let terms: Option<Vec<_>> = parts.iter().map(|part| self.terms(part)).collect();
                if terms.is_none() {
                    self.marks = marks;
                }
                terms.map(|terms| terms.into_iter().flatten().collect())
            }
            _ => None,
        }
    }

    fn all(&mut self, parts: &[Node]) -> Option<Boxed> {
        let mut clauses: Vec<(Occur, Boxed)> = Vec::new();
        for part in parts {
            let (occur, inner) = match part {
                Node::Not(inner) => (Occur::MustNot, inner.as_ref()),
                Node::Maybe(inner) => (Occur::Should, inner.as_ref()),
                other => (Occur::Must, other),
            };
            let marks = (occur == Occur::MustNot).then(|| self.marks.clone());
            clauses.extend(self.build(inner).map(|query| (occur, query)));
            if let Some(marks) = marks {
                self.marks = marks;
            }
        }
        if clauses.is_empty() {
            return None;
        }
        if clauses.iter().all(|(occur, _)| *occur == Occur::MustNot) {
            clauses.push((Occur::Must, Box::new(AllQuery)));
        }
        if clauses.len() == 1 && clauses.iter().all(|(occur, _)| *occur != Occur::MustNot) {
            return clauses.pop().map(|(_, query)| query);
        }
        Some(boolean(clauses))
    }

    /// Every word that `text` holds, each in any of the fields.
    fn words(&mut self, place: Option<Place>, text: &str) -> Option<Boxed> {
        let mut clauses = Vec::new();
        for word in word::words(text) {
            match word::query_forms(&word, &mut self.stems) {
                Some(forms) => clauses.push((Occur::Must, self.one_word(place, &forms))),
                None => self.skipped_common = true,
            }
        }
        one_or(clauses)
    }

    fn one_word(&mut self, place: Option<Place>, forms: &Forms) -> Boxed {
        let options = self.options(place, forms);
        self.within(place, boolean(options))
    }

    /// Where the word may stand and how, any of them enough.
    fn options(&mut self, place: Option<Place>, forms: &Forms) -> Vec<(Occur, Boxed)> {
        let field_of_marks = place.map(Place::field);
        for form in &forms.any {
            self.marks.forms.insert((field_of_marks, form.clone()));
        }
        let sequence: Vec<Step> =
            forms.sequence.iter().enumerate().map(|(offset, form)| (offset, vec![form.clone()])).collect();
        if sequence.len() > 1 {
            self.marks.sequences.push((field_of_marks, sequence));
        }
        let mut options: Vec<(Occur, Boxed)> = Vec::new();
        for field in fields_of(place) {
            for form in &forms.any {
                let term = Term::from_field_text(self.fields.text(field), form);
                let query = TermQuery::new(term, IndexRecordOption::WithFreqs);
                options.push((Occur::Should, weighted(Box::new(query), place, field)));
            }
            if forms.sequence.len() > 1 {
                let terms = forms.sequence.iter().map(|form| Term::from_field_text(self.fields.text(field), form));
                options.push((Occur::Should, weighted(Box::new(PhraseQuery::new(terms.collect())), place, field)));
            }
        }
        options
    }

    fn phrase(&mut self, place: Option<Place>, text: &str, slop: u32) -> Option<Boxed> {
        let words = word::words(text);
        let mut sequence: Vec<(usize, String)> = Vec::new();
        let mut offset = 0;
        for word in &words {
            match word::query_forms(word, &mut self.stems) {
                Some(Forms { any, sequence: parts }) if parts.is_empty() => {
                    // The stem stands last; a signed word and a compound have no other form.
                    sequence.extend(any.into_iter().last().map(|form| (offset, form)));
                }
                Some(Forms { sequence: parts, .. }) => {
                    sequence.extend(parts.into_iter().enumerate().map(|(at, form)| (offset + at, form)));
                }
                None => self.skipped_common = true,
            }
            offset += word.parts.len();
        }
        if sequence.len() < 2 {
            return self.words(place, text);
        }
        let marked = sequence.iter().map(|(at, form)| (*at, vec![form.clone()])).collect();
        self.marks.sequences.push((place.map(Place::field), marked));
        let mut options = Vec::new();
        for field in fields_of(place) {
            let terms = sequence.iter().map(|(at, form)| (*at, Term::from_field_text(self.fields.text(field), form)));
            let query = PhraseQuery::new_with_offset_and_slop(terms.collect(), slop);
            options.push((Occur::Should, weighted(Box::new(query), place, field)));
        }
        Some(self.within(place, boolean(options)))
    }

    fn prefix(&mut self, place: Option<Place>, text: &str) -> Option<Boxed> {
        let words = word::words(text);
        let [word] = words.as_slice() else { return self.words(place, text) };
        let beginning = word.joined();
        if !beginning.chars().all(char::is_alphanumeric) {
            return self.words(place, text);
        }
        // Words are indexed under stems, which may be shorter than the beginning (`phosphorylat*`).
        let stems: BTreeSet<String> = ["", "e", "ion", "ing"]
            .iter()
            .map(|end| self.stems.stem(&format!("{beginning}{end}")).to_owned())
            .collect();
        let field_of_marks = place.map(Place::field);
        let mut options: Vec<(Occur, Boxed)> = Vec::new();
        for field in fields_of(place) {
            if let Ok(query) = RegexQuery::from_pattern(&format!("{beginning}.*"), self.fields.text(field)) {
                options.push((Occur::Should, weighted(Box::new(query), place, field)));
            }
            for stem in &stems {
                let term = Term::from_field_text(self.fields.text(field), stem);
                let query = TermQuery::new(term, IndexRecordOption::WithFreqs);
                options.push((Occur::Should, weighted(Box::new(query), place, field)));
            }
        }
        for stem in stems {
            self.marks.forms.insert((field_of_marks, stem));
        }
        self.marks.prefixes.push((field_of_marks, beginning));
        Some(self.within(place, boolean(options)))
    }

    /// Evidence and passages share a field: a search in one of them asks for its kind as well.
    fn within(&self, place: Option<Place>, query: Boxed) -> Boxed {
        let kind = match place {
            Some(Place::Evidence) => "question",
            Some(Place::Text) => "passage",
            _ => return query,
        };
        let term = TermQuery::new(Term::from_field_text(self.fields.kind, kind), IndexRecordOption::Basic);
        boolean(vec![(Occur::Must, query), (Occur::Must, Box::new(ConstScoreQuery::new(Box::new(term), 0.0)) as Boxed)])
    }
}

/// Narrows `query` by `filters`: alternatives within a field, all fields together.
pub(super) fn filtered(query: Boxed, filters: &[Filter], fields: &Fields) -> Boxed {
    if filters.is_empty() {
        return query;
    }
    let mut clauses = vec![(Occur::Must, query)];
    let mut done: Vec<&Filter> = Vec::new();
    for filter in filters {
        if done.iter().any(|seen| seen.same_field(filter)) {
            continue;
        }
        done.push(filter);
        let options: Vec<(Occur, Boxed)> = filters
            .iter()
            .filter(|other| other.same_field(filter))
            .map(|other| (Occur::Should, other.to_query(fields)))
            .collect();
        clauses.push((Occur::Must, Box::new(ConstScoreQuery::new(boolean(options), 0.0))));
    }
    boolean(clauses)
}

/// A query that matches nothing.
pub(super) fn nothing() -> Boxed {
    Box::new(EmptyQuery)
}

fn fields_of(place: Option<Place>) -> Vec<TextField> {
    match place {
        Some(place) => vec![place.field()],
        None => TextField::ALL.to_vec(),
    }
}

fn weighted(query: Boxed, place: Option<Place>, field: TextField) -> Boxed {
    match place {
        Some(_) => query,
        None => Box::new(BoostQuery::new(query, field.weight())),
    }
}

pub(super) fn boolean(clauses: Vec<(Occur, Boxed)>) -> Boxed {
    Box::new(BooleanQuery::new(clauses))
}

fn one_or(mut clauses: Vec<(Occur, Boxed)>) -> Option<Boxed> {
    match clauses.len() {
        0 | 1 => clauses.pop().map(|(_, query)| query),
        _ => Some(boolean(clauses)),
    }
}
