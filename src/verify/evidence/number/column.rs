//! The unit of a table's cell: it stands in the head of the column, `Weight (kg)`, and nowhere near the number.

use std::ops::Range;

use crate::model::document::{PassageKind, header_row};
use crate::model::question::Evidence;

use super::super::super::prepared::Prepared;

/// Where a quote stands in its table.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cells<'t> {
    table: &'t str,
    start: usize,
}

impl<'t> Cells<'t> {
    /// `None` when the evidence stands in no table.
    pub fn of(evidence: &Evidence, prepared: &Prepared<'t>) -> Option<Self> {
        let passage = prepared.passage(evidence.passage)?;
        (passage.kind == PassageKind::Table).then_some(Cells { table: passage.text, start: evidence.start })
    }

    /// The unit that the column's head gives the number at these bytes of the quote.
    pub fn unit_of(&self, number: &Range<usize>) -> Option<&'t str> {
        let at = self.start + number.start;
        let before = self.table.get(..at)?;
        let row = before.rfind('\n').map_or(0, |newline| newline + 1);
        let head = header_row(self.table).filter(|head| head.start != row)?;
        let cell = before.get(row..)?.rsplit('|').next()?;
        let head = self.table.get(head)?.split('|').nth(before[row..].matches('|').count())?.trim();
        let (name, unit) = match head.strip_suffix([')', ']']) {
            Some(open) => open.rsplit_once(['(', '['])?,
            None => head.rsplit_once(", ")?,
        };
        // `n (%)` above `12 (45)`: the share is the one in brackets.
        let last = name.trim().rsplit(' ').next().unwrap_or_default().to_lowercase();
        let counted = matches!(last.as_str(), "n" | "no." | "no" | "number");
        (cell.contains('(') == counted && !unit.trim().is_empty()).then(|| unit.trim())
    }
}

#[cfg(test)]
mod tests {
    use crate::model::document::{Document, Table};

    use super::*;

    /// The unit of the number that `quote`, a part of the table's text, starts with.
    fn unit(quote: &str) -> Option<String> {
        let text = "Table 1. Newts.\nGroup | Weight (kg) | Length, cm | Febrile, n (%)\nDwarf | 0.4 | 12 | 3 (45)\nCave | 0.9 | 31 | 5 (60)";
        let document =
            Document { tables: vec![Table { text: text.into(), ..Table::default() }], ..Document::default() };
        let prepared = Prepared::new(&document);
        let start = text.find(quote).unwrap();
        let evidence = Evidence::new(0, text, start, start + quote.len()).unwrap();
        Cells::of(&evidence, &prepared).unwrap().unit_of(&(0..1)).map(str::to_owned)
    }

    #[test]
    fn a_cell_has_the_unit_of_its_column() {
        assert_eq!(unit("0.4 | 12").as_deref(), Some("kg"));
        assert_eq!(unit("31 | 5").as_deref(), Some("cm"));
        assert_eq!(unit("3 (45)"), None, "a count");
        assert_eq!(unit("45)").as_deref(), Some("%"));
        assert_eq!(unit("Group"), None, "the head itself");
    }
}
