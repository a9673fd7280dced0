//! Status words at the front of titles, and which relation a tie means.

use crate::model::document::Relation;
use crate::model::status::{Notice, WorkStatus};

/// Prefixes in lower case, longest first where one begins another.
const PREFIXES: [(&str, WorkStatus); 14] = [
    ("retracted article", WorkStatus::Retracted),
    ("retracted chapter", WorkStatus::Retracted),
    ("retracted paper", WorkStatus::Retracted),
    ("article retracted", WorkStatus::Retracted),
    ("retraction note", WorkStatus::Retracted),
    ("retraction notice", WorkStatus::Retracted),
    ("retracted", WorkStatus::Retracted),
    ("retraction", WorkStatus::Retracted),
    ("withdrawn article", WorkStatus::Withdrawn),
    ("article withdrawn", WorkStatus::Withdrawn),
    ("withdrawal notice", WorkStatus::Withdrawn),
    ("withdrawn", WorkStatus::Withdrawn),
    ("withdrawal", WorkStatus::Withdrawn),
    ("expression of concern", WorkStatus::Concern),
];

/// `title` without a status prefix ("RETRACTED:", "[Withdrawn]", "WITHDRAWN - "), and the notice that was in it.
pub fn strip_title(title: &str) -> (&str, Option<Notice>) {
    let bracketed = title.starts_with(['[', '(']);
    let body = title.trim_start_matches(['[', '(']);
    for (prefix, status) in PREFIXES {
        let Some(start) = body.get(..prefix.len()) else { continue };
        if !start.eq_ignore_ascii_case(prefix) {
            continue;
        }
        let after = body.get(prefix.len()..).unwrap_or_default();
        let rest = after.trim_start();
        let marked = rest.starts_with([':', '—', '–'])
            || (bracketed && rest.starts_with([']', ')']))
            || after.starts_with(" - ");
        if !marked {
            continue;
        }
        let rest =
            rest.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, ':' | ']' | ')' | '—' | '–' | '-'));
        if rest.is_empty() {
            return (title, Some(Notice { status, origin: "title".into() }));
        }
        return (rest, Some(Notice { status, origin: "title".into() }));
    }
    (title, None)
}

/// What a JATS `related-article` means. Some hosts use the same word from both sides, so the article's own type decides.
pub fn jats_relation(related_type: &str, article_type: &str) -> Relation {
    let lower = related_type.to_lowercase();
    let notice = |word: &str| article_type.to_lowercase().contains(word);
    match lower.as_str() {
        "retracted-article" => Relation::Retracts,
        "retraction-forward" | "retraction" if notice("retraction") => Relation::Retracts,
        "retraction-forward" | "retraction" | "partial-retraction" => Relation::RetractedBy,
        "withdrawn-article" => Relation::Retracts,
        "withdrawal-forward" | "withdrawal" => Relation::RetractedBy,
        "corrected-article" => Relation::Corrects,
        "correction-forward" | "correction" | "erratum" if notice("correction") || notice("erratum") => {
            Relation::Corrects
        }
        "correction-forward" | "correction" | "erratum" => Relation::CorrectedBy,
        "object-of-concern" => Relation::RaisesConcernAbout,
        "concern-forward" | "expression-of-concern" if notice("concern") => Relation::RaisesConcernAbout,
        "concern-forward" | "expression-of-concern" => Relation::ConcernRaisedBy,
        "preprint" => Relation::PreprintOf,
        "commentary" | "letter" | "peer-review" | "reviewed-by" => Relation::CommentedBy,
        "commentary-article" | "article-reference" | "peer-reviewed-article" | "reviewed-article" => {
            Relation::CommentsOn
        }
        "updated-article" | "update-of" => Relation::Updates,
        "update" | "updated-by" => Relation::UpdatedBy,
        _ => Relation::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles() {
        for (title, rest, status) in [
            ("RETRACTED: Yeast clocks", "Yeast clocks", Some(WorkStatus::Retracted)),
            ("Withdrawn: Yeast clocks", "Yeast clocks", Some(WorkStatus::Withdrawn)),
            ("[Retracted] Yeast clocks", "Yeast clocks", Some(WorkStatus::Retracted)),
            ("RETRACTED ARTICLE: Yeast", "Yeast", Some(WorkStatus::Retracted)),
            ("Withdrawn patients in trials", "Withdrawn patients in trials", None),
            ("Retraction of the growth cone", "Retraction of the growth cone", None),
            ("WITHDRAWN: ", "WITHDRAWN: ", Some(WorkStatus::Withdrawn)),
        ] {
            let (found, notice) = strip_title(title);
            assert_eq!((found, notice.map(|n| n.status)), (rest, status), "{title:?}");
        }
    }

    #[test]
    fn the_same_word_from_both_sides() {
        assert_eq!(jats_relation("retraction-forward", "research-article"), Relation::RetractedBy);
        assert_eq!(jats_relation("retraction-forward", "retraction"), Relation::Retracts);
    }
}
