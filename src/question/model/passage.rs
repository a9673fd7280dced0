//! Which passages a model is shown, and in which order: results and discussion first, methods where they give reasons, tables and
//! captions as their own kind of evidence.

use std::collections::VecDeque;

use crate::model::document::{Document, PassageKind, PassageRef, SectionKind};
use crate::text::injection::scan;

/// What one request is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sort {
    Text,
    /// Tables and captions of figures.
    Exhibits,
}

/// The passages that are still to be shown, by worth.
pub(super) struct Remaining<'d> {
    text: VecDeque<(usize, PassageRef<'d>)>,
    exhibits: VecDeque<(usize, PassageRef<'d>)>,
    last: Option<Sort>,
}

/// Passages shown together, in reading order, each with its ordinal.
pub(super) struct Shown<'d> {
    pub sort: Sort,
    pub passages: Vec<(usize, PassageRef<'d>)>,
}

/// Words with which methods give reasons.
const REASONS: [&str; 18] = [
    "because",
    "so that",
    "in order to",
    "to avoid",
    "to prevent",
    "to rule out",
    "to exclude the",
    "to control for",
    "to account for",
    "to minimi",
    "to ensure",
    "to distinguish",
    "otherwise",
    "was chosen",
    "were chosen",
    "rather than",
    "instead of",
    "as a control",
];

impl<'d> Remaining<'d> {
    pub fn of(document: &'d Document) -> Self {
        let passages = document.passages();
        let n_text = passages.len().saturating_sub(document.tables.len() + document.figures.len());
        let third_party = document.tables.iter().map(|table| table.third_party);
        let third_party: Vec<bool> =
            third_party.chain(document.figures.iter().map(|figure| figure.third_party)).collect();
        let mut ranked: Vec<(usize, usize, PassageRef<'d>)> = Vec::new();
        let mut exhibits = VecDeque::new();
        for (ordinal, passage) in passages.into_iter().enumerate() {
            if let Some(found) = scan(passage.text) {
                tracing::info!(ordinal, found, "a passage that instructs whoever reads it is not shown to a model");
                metrics::counter!("aludel_passages_quarantined_total").increment(1);
            } else if matches!(passage.kind, PassageKind::Table | PassageKind::Figure) {
                // What is somebody else's is not quoted.
                let barred = ordinal.checked_sub(n_text).and_then(|at| third_party.get(at)).copied().unwrap_or(true);
                if !barred {
                    exhibits.push_back((ordinal, passage));
                }
            } else if let Some(rank) = rank(&passage) {
                ranked.push((rank, ordinal, passage));
            }
        }
        ranked.sort_by_key(|(rank, ordinal, _)| (*rank, *ordinal));
        let text = ranked.into_iter().map(|(_, ordinal, passage)| (ordinal, passage)).collect();
        Remaining { text, exhibits, last: None }
    }

    /// What the next request shows: at most `most_bytes`, text and exhibits in turn, text first. `None` when nothing is left.
    pub fn next(&mut self, most_bytes: usize) -> Option<Shown<'d>> {
        let order =
            if self.last == Some(Sort::Text) { [Sort::Exhibits, Sort::Text] } else { [Sort::Text, Sort::Exhibits] };
        for sort in order {
            let queue = self.queue(sort);
            let mut passages = Vec::new();
            let (mut bytes, mut left) = (0, VecDeque::new());
            while let Some((ordinal, passage)) = queue.pop_front() {
                if bytes + passage.text.len() <= most_bytes {
                    bytes += passage.text.len();
                    passages.push((ordinal, passage));
                } else if passage.text.len() <= most_bytes {
                    left.push_back((ordinal, passage));
                }
            }
            *queue = left;
            if !passages.is_empty() {
                passages.sort_by_key(|(ordinal, _)| *ordinal);
                self.last = Some(sort);
                return Some(Shown { sort, passages });
            }
        }
        None
    }

    /// Takes back what was too much for the model.
    pub fn put_back(&mut self, shown: Shown<'d>) {
        let queue = self.queue(shown.sort);
        for (ordinal, passage) in shown.passages.into_iter().rev() {
            queue.push_front((ordinal, passage));
        }
        queue.make_contiguous().sort_by_key(|(ordinal, passage)| (rank(passage).unwrap_or(0), *ordinal));
        self.last = None;
    }

    /// How many requests of at most `most_bytes` are left to be made, roughly.
    pub fn requests(&self, most_bytes: usize) -> usize {
        let of = |queue: &VecDeque<(usize, PassageRef<'d>)>| {
            let bytes: usize = queue.iter().map(|(_, passage)| passage.text.len()).filter(|n| *n <= most_bytes).sum();
            bytes.div_ceil(most_bytes.max(1))
        };
        of(&self.text) + of(&self.exhibits)
    }

    fn queue(&mut self, sort: Sort) -> &mut VecDeque<(usize, PassageRef<'d>)> {
        match sort {
            Sort::Text => &mut self.text,
            Sort::Exhibits => &mut self.exhibits,
        }
    }
}

/// The lower, the sooner; `None`: not asked about.
fn rank(passage: &PassageRef<'_>) -> Option<usize> {
    match passage.section_kind {
        SectionKind::Results => Some(0),
        SectionKind::Discussion => Some(1),
        SectionKind::Conclusions => Some(2),
        SectionKind::Abstract => Some(3),
        SectionKind::Other | SectionKind::Case => Some(4),
        SectionKind::Methods => gives_reasons(passage.text).then_some(5),
        SectionKind::Introduction | SectionKind::Supplementary | SectionKind::DataAvailability => None,
    }
}

fn gives_reasons(text: &str) -> bool {
    let lower = text.to_lowercase();
    REASONS.iter().any(|words| lower.contains(words))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::document::{Figure, Passage, Section, Table};

    fn section(kind: SectionKind, texts: &[&str]) -> Section {
        let passage = |text: &&str| Passage { text: (*text).to_owned(), ..Passage::default() };
        Section { title: String::new(), kind, passages: texts.iter().map(passage).collect(), sections: vec![] }
    }

    fn texts<'d>(shown: &Shown<'d>) -> Vec<&'d str> {
        shown.passages.iter().map(|(_, passage)| passage.text).collect()
    }

    #[test]
    fn results_come_first_and_methods_only_with_reasons() {
        let table = |text: &str, third_party| Table { text: text.into(), third_party, ..Table::default() };
        let document = Document {
            abstract_passages: vec![Passage { text: "Abstract.".into(), ..Passage::default() }],
            sections: vec![
                section(SectionKind::Introduction, &["Known."]),
                section(SectionKind::Methods, &["Ice was bought.", "Ice was used to avoid decay."]),
                section(SectionKind::Results, &["It rose.", "It fell."]),
                section(SectionKind::Discussion, &["It may be why."]),
            ],
            tables: vec![table("a | 1", false), table("b | 2", true)],
            figures: vec![Figure { text: "Figure 1. A newt.".into(), ..Figure::default() }],
            ..Document::default()
        };
        let mut remaining = Remaining::of(&document);
        assert_eq!(remaining.requests(34), 3);
        let first = remaining.next(34).unwrap();
        assert_eq!(texts(&first), ["It rose.", "It fell.", "It may be why."]);
        let second = remaining.next(34).unwrap();
        assert_eq!((second.sort, texts(&second)), (Sort::Exhibits, vec!["a | 1", "Figure 1. A newt."]));
        let third = remaining.next(34).unwrap();
        assert_eq!(texts(&third), ["Abstract."], "in reading order");
        remaining.put_back(third);
        let third = remaining.next(100).unwrap();
        assert_eq!(texts(&third), ["Abstract.", "Ice was used to avoid decay."]);
        assert!(remaining.next(100).is_none());
    }
}
