//! What a parser met and could not take whole.

use crate::model::document::ParseIssue;

/// Distinct kinds kept for one document; more than the parsers know of.
const MAX_KINDS: usize = 64;
const DETAIL_CHARS: usize = 200;

/// Issues by kind: the first one's detail and a count.
#[derive(Debug, Clone, Default)]
pub struct Issues(Vec<ParseIssue>);

impl Issues {
    /// Counts one issue; `detail` is only built for the first of its kind.
    pub fn add(&mut self, kind: &str, detail: impl FnOnce() -> String) {
        if let Some(known) = self.0.iter_mut().find(|issue| issue.kind == kind) {
            known.count = known.count.saturating_add(1);
        } else if self.0.len() < MAX_KINDS {
            let detail = detail().chars().take(DETAIL_CHARS).collect();
            self.0.push(ParseIssue { kind: kind.to_owned(), detail, count: 1 });
        }
    }

    pub fn into_vec(self) -> Vec<ParseIssue> {
        self.0
    }

    pub fn extend(&mut self, other: Issues) {
        for issue in other.0 {
            match self.0.iter_mut().find(|known| known.kind == issue.kind) {
                Some(known) => known.count = known.count.saturating_add(issue.count),
                None => self.0.push(issue),
            }
        }
    }
}
