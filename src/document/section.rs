//! What kind of section a `sec` is.

use crate::model::document::SectionKind;

/// From `@sec-type`, else from the title, else the parent's kind.
pub fn classify(sec_type: Option<&str>, title: &str, parent: SectionKind) -> SectionKind {
    sec_type.and_then(from_type).or_else(|| from_title(title)).unwrap_or(parent)
}

fn from_type(sec_type: &str) -> Option<SectionKind> {
    let lower = sec_type.to_lowercase();
    let first = lower.split(['|', ' ', '-', '_']).next().unwrap_or_default();
    Some(match first {
        "intro" | "introduction" | "background" => SectionKind::Introduction,
        "methods" | "method" | "materials" | "material" | "subjects" => SectionKind::Methods,
        "results" | "result" => SectionKind::Results,
        "discussion" | "limitations" => SectionKind::Discussion,
        "conclusions" | "conclusion" => SectionKind::Conclusions,
        "case" | "cases" => SectionKind::Case,
        "supplementary" => SectionKind::Supplementary,
        "data" if lower.contains("availab") => SectionKind::DataAvailability,
        _ => return None,
    })
}

/// Only titles that are (or begin with) the usual headings: "Background noise in mice" is no introduction.
fn from_title(title: &str) -> Option<SectionKind> {
    let lower = title.to_lowercase();
    let bare = lower.trim_start_matches(|c: char| !c.is_alphabetic()).trim_end_matches(|c: char| !c.is_alphabetic());
    let bare = bare.strip_prefix("ii. ").or_else(|| bare.strip_prefix("i. ")).unwrap_or(bare);
    if bare.contains("data availability")
        || bare.contains("availability of data")
        || bare.contains("data and code availability")
    {
        return Some(SectionKind::DataAvailability);
    }
    Some(match bare {
        "introduction" | "background" | "introduction and background" | "background and objectives" => {
            SectionKind::Introduction
        }
        "methods"
        | "method"
        | "materials"
        | "methodology"
        | "patients and methods"
        | "subjects and methods"
        | "experimental procedures"
        | "experimental procedure"
        | "experimental section"
        | "procedures"
        | "statistical analysis"
        | "star methods"
        | "star★methods"
        | "study design"
        | "methods summary"
        | "online methods" => SectionKind::Methods,
        _ if bare.starts_with("material") && bare.contains("method") => SectionKind::Methods,
        _ if bare.starts_with("method") && bare.len() <= 24 && bare.contains(" and ") => SectionKind::Methods,
        "results" | "result" | "findings" | "observations" | "outcomes" => SectionKind::Results,
        _ if bare.starts_with("results and ") || bare.starts_with("results & ") => SectionKind::Results,
        "discussion" | "general discussion" | "limitations" | "strengths and limitations" => SectionKind::Discussion,
        _ if bare.starts_with("discussion and ") => SectionKind::Discussion,
        "conclusion" | "conclusions" | "concluding remarks" | "summary and conclusions" => SectionKind::Conclusions,
        "case report" | "case presentation" | "case reports" | "case description" | "case" => SectionKind::Case,
        "supporting information"
        | "supplementary material"
        | "supplementary materials"
        | "supplementary information"
        | "additional files"
        | "additional file" => SectionKind::Supplementary,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_then_titles_then_parents() {
        use SectionKind::{Discussion, Introduction, Methods, Other, Results};
        for (sec_type, title, parent, expected) in [
            (Some("materials|methods"), "", Other, Methods),
            (Some("results|discussion"), "", Other, Results),
            (None, "2. Materials and Methods", Other, Methods),
            (None, "BACKGROUND", Other, Introduction),
            (None, "Background noise in mice", Results, Results),
            (None, "Results and discussion", Other, Results),
            (Some("headed"), "Discussion:", Other, Discussion),
        ] {
            assert_eq!(classify(sec_type, title, parent), expected, "{sec_type:?} {title:?}");
        }
    }
}
