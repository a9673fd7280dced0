//! From the exported abstract to passages: figure blocks out, placeholders to characters, headings off the words they were
//! fused to. What is not known stays verbatim.

use std::sync::LazyLock;

use regex::{Captures, Regex};

use crate::model::document::{Passage, PassageKind};

/// Longer than any abstract seen by an order of magnitude.
const MAX_BYTES: usize = 200_000;
const MAX_HEADING_WORDS: usize = 8;

/// Stand-ins for `O_ST_ABS`, `C_ST_ABS` and `O_LI` once the text is split; control characters are removed before.
const HEADING_OPENS: char = '\u{1}';
const HEADING_CLOSES: char = '\u{2}';
const ITEM_OPENS: char = '\u{3}';

/// The passages of an exported abstract: one a paragraph or list item, each under the heading it stands below.
///
/// Lay summaries are left out; a heading without text of its own is kept for what follows it.
pub fn passages(received: &str) -> Vec<Passage> {
    let text = unmark(received);
    let mut passages = Vec::new();
    let mut heading: Option<String> = None;
    for paragraph in paragraphs(&text) {
        let kind = if paragraph.starts_with(ITEM_OPENS) { PassageKind::List } else { PassageKind::Paragraph };
        let (found, rest) = split_heading(paragraph.trim_start_matches(ITEM_OPENS));
        if let Some(found) = found {
            heading = if is_title_of_all(&found) { None } else { Some(found) };
        }
        if rest.is_empty() || heading.as_deref().is_some_and(is_lay) {
            continue;
        }
        passages.push(Passage { text: rest, kind, heading: heading.clone(), citations: Vec::new() });
    }
    passages
}

/// One line of text, such as a title, with placeholders replaced and white space folded.
pub fn line(received: &str) -> String {
    fold_space(&replace_placeholders(&remove_tags(cut(received))))
}

/// Paragraphs end at blank lines, at list items, and before a line that opens with a fused heading.
fn paragraphs(text: &str) -> Vec<String> {
    let mut paragraphs = Vec::new();
    let mut open = String::new();
    for line in text.split('\n') {
        for (n, part) in split_items(line).into_iter().enumerate() {
            let folded = fold_space(part);
            if folded.is_empty() || n > 0 || folded.starts_with(ITEM_OPENS) || split_heading(&folded).0.is_some() {
                paragraphs.push(std::mem::take(&mut open));
            }
            if !open.is_empty() {
                open.push(' ');
            }
            open.push_str(&folded);
        }
    }
    paragraphs.push(open);
    paragraphs.retain(|paragraph| !paragraph.is_empty());
    paragraphs
}

/// The parts of a line, each but the first beginning at its item mark.
fn split_items(line: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut start = 0;
    for (at, _) in line.match_indices(ITEM_OPENS) {
        parts.push(&line[start..at]);
        start = at;
    }
    parts.push(&line[start..]);
    parts
}

/// Takes a heading off the front: a marked one, a known one fused to the next word, or a paragraph that is nothing else.
fn split_heading(paragraph: &str) -> (Option<String>, String) {
    let mut heading = None;
    let mut rest = paragraph.trim();
    // An abstract may open with its own title before the first heading: "ABSTRACTBackgroundThe".
    for _ in 0..3 {
        let (found, after) = if let Some((marked, after)) =
            rest.strip_prefix(HEADING_OPENS).and_then(|rest| rest.split_once(HEADING_CLOSES))
        {
            (marked, after)
        } else if let Some(end) = fused_heading(rest) {
            rest.split_at(end)
        } else {
            break;
        };
        heading = Some(fold_space(found.trim().trim_end_matches(':')));
        rest = after.trim_start_matches([' ', ':']);
    }
    (
        heading.filter(|heading| !heading.is_empty()),
        fold_space(&rest.replace([HEADING_OPENS, HEADING_CLOSES, ITEM_OPENS], " ")),
    )
}

/// Where a heading at the start of `text` ends, when its last word is fused to the next one or nothing follows it.
///
/// Every word must belong to the vocabulary of abstract headings, so that prose ("Results of the") is left alone.
fn fused_heading(text: &str) -> Option<usize> {
    if !text.starts_with(|c: char| c.is_uppercase()) {
        return None;
    }
    let mut start = 0;
    for (n, word) in text.split(' ').enumerate() {
        if n >= MAX_HEADING_WORDS {
            return None;
        }
        let end = start + word.len();
        if end == text.len() && is_heading_word(word.trim_end_matches(':'), true) {
            return Some(end);
        }
        if let Some(length) = fused_word(word) {
            return Some(start + length);
        }
        // A marked heading may follow directly: "Evidence in context\u{1}Evidence before …".
        if let Some(length) = word.find(HEADING_OPENS)
            && is_heading_word(word.get(..length)?, true)
        {
            return Some(start + length);
        }
        if !is_heading_word(word, false) {
            return None;
        }
        start = end + 1;
    }
    None
}

/// The length of the heading word that `word` begins with, when another word follows it without a space.
fn fused_word(word: &str) -> Option<usize> {
    // The longest first: "AIMS|To" before "AIM|STo".
    word.char_indices().map(|(at, _)| at).filter(|at| (3..=16).contains(at)).rev().find(|at| {
        let (head, tail) = word.split_at(*at);
        let opens = |c: char| c.is_uppercase() || c.is_ascii_digit() || "([\"'“‘≥≤<>~±".contains(c);
        is_heading_word(head, true) && tail.starts_with(opens) && has_even_case(head)
    })
}

/// `Results`, `RESULTS` or `results`; not `REsults`.
fn has_even_case(word: &str) -> bool {
    let rest = word.chars().skip(1);
    rest.clone().all(char::is_lowercase) || word.chars().all(char::is_uppercase) || rest.clone().count() == 0
}

/// Words that abstract headings are made of. `last`: whether the word may close a heading, not only stand inside one.
fn is_heading_word(word: &str, last: bool) -> bool {
    const CLOSING: [&str; 86] = [
        "abstract",
        "aim",
        "aims",
        "analyses",
        "analysis",
        "approach",
        "availability",
        "background",
        "characteristics",
        "conclusion",
        "conclusions",
        "contact",
        "content",
        "context",
        "contribution",
        "contributions",
        "data",
        "design",
        "discussion",
        "dissemination",
        "evidence",
        "exposure",
        "exposures",
        "finding",
        "findings",
        "funding",
        "goal",
        "goals",
        "highlights",
        "hypotheses",
        "hypothesis",
        "impact",
        "implementation",
        "implication",
        "implications",
        "importance",
        "information",
        "innovation",
        "interpretation",
        "intervention",
        "interventions",
        "introduction",
        "limitation",
        "limitations",
        "material",
        "materials",
        "meaning",
        "measure",
        "measurement",
        "measurements",
        "measures",
        "message",
        "messages",
        "method",
        "methodology",
        "methods",
        "motivation",
        "number",
        "objective",
        "objectives",
        "outcome",
        "outcomes",
        "participants",
        "patients",
        "perspective",
        "points",
        "population",
        "problem",
        "procedure",
        "procedures",
        "purpose",
        "question",
        "rationale",
        "registration",
        "relevance",
        "result",
        "results",
        "selection",
        "sentence",
        "setting",
        "settings",
        "significance",
        "sources",
        "statement",
        "study",
        "summary",
    ];
    const INSIDE: [&str; 46] = [
        "&",
        "/",
        "a",
        "added",
        "all",
        "and",
        "author",
        "authors",
        "available",
        "before",
        "brief",
        "clinical",
        "for",
        "future",
        "graphical",
        "in",
        "interest",
        "key",
        "language",
        "lay",
        "main",
        "major",
        "new",
        "novelty",
        "of",
        "on",
        "one",
        "plain",
        "practice",
        "primary",
        "principal",
        "public",
        "research",
        "secondary",
        "short",
        "strengths",
        "subjects",
        "supplementary",
        "take",
        "teaser",
        "the",
        "this",
        "translational",
        "trial",
        "value",
        "withdrawal",
    ];
    let folded = word.trim_end_matches([',', ';']).to_lowercase();
    let known = |list: &[&str]| list.binary_search(&folded.as_str()).is_ok();
    known(&CLOSING) || (!last && (known(&INSIDE) || folded.split('/').all(|part| CLOSING.binary_search(&part).is_ok())))
}

/// Headings of the abstract as a whole, which say nothing about what stands below them.
fn is_title_of_all(heading: &str) -> bool {
    matches!(heading.to_lowercase().as_str(), "abstract" | "graphical abstract" | "summary")
}

/// Headings of text written for another audience; never part of the main abstract.
fn is_lay(heading: &str) -> bool {
    let folded = heading.to_lowercase();
    folded.starts_with("lay ")
        || folded.contains("plain language")
        || matches!(folded.as_str(), "author summary" | "authors summary" | "one sentence summary" | "teaser")
}

/// Removes export marks and their debris, and replaces placeholders.
fn unmark(received: &str) -> String {
    static BLOCK: LazyLock<Regex> = LazyLock::new(|| {
        // A block that is never closed ends with its paragraph.
        let pattern = r"(?s)O_FIG_DISPLAY(?:_L)?.*?(?:C_FIG_DISPLAY(?:_L)?|\n\s*\n|\z)|O_(?:INLINEFIG|FIG).*?(?:C_(?:INLINEFIG|FIG)|\n\s*\n|\z)|O_TBL.*?(?:C_TBL|\n\s*\n|\z)";
        compiled(pattern)
    });
    static DEBRIS: LazyLock<Regex> = LazyLock::new(|| {
        compiled(
            r"org\.highwire\.dtl\.DTLVardef@[0-9a-f]+|_HPS_FORMAT_FIGEXP|View (?:larger|full size) version[^:\n]{0,20}:|View this table:|[CM]_(?:FIG_DISPLAY(?:_L)?|INLINEFIG|FIG|TBL)|[OC]_(?:FLOATNO|TEXTBOX|SCPLOW|SCCAP|QD|UL|OL)",
        )
    });
    static HEADING: LazyLock<Regex> = LazyLock::new(|| compiled(r"O_ST_ABS([^\n]{0,200}?)C_ST_ABS"));
    let text: String =
        cut(received).replace("\r\n", "\n").chars().filter(|c| *c == '\n' || *c == '\t' || !c.is_control()).collect();
    let text = BLOCK.replace_all(&text, "\n\n");
    let text = DEBRIS.replace_all(&text, "");
    let text = HEADING.replace_all(&text, |found: &Captures<'_>| {
        let heading = found.get(1).map_or("", |heading| heading.as_str());
        format!("\n\n{HEADING_OPENS}{heading}{HEADING_CLOSES}")
    });
    let text = text
        .replace("O_ST_ABS", "\n\n")
        .replace("C_ST_ABS", "")
        .replace("C_LI", "\n\n")
        .replace("O_LI", &format!("\n\n{ITEM_OPENS}"));
    replace_placeholders(&remove_tags(&text))
}

/// `{beta}` to `β`, `[&ge;]` to `≥`, `[x1D05]` to that code point; an unknown name stays as it is.
fn replace_placeholders(text: &str) -> String {
    static PLACEHOLDER: LazyLock<Regex> = LazyLock::new(|| {
        compiled(
            r"\{([^{}\s][^{}\n]{0,23})\}|\[x([0-9A-Fa-f]{4,5})\]|\[(~|-&gt;|&lt;-|-&lt;|->|<-|=|&[A-Za-z]{2,8};)\]|&(lt|gt|amp|quot|apos|nbsp|#39);",
        )
    });
    PLACEHOLDER
        .replace_all(text, |found: &Captures<'_>| {
            let group = |n: usize| found.get(n).map(|part| part.as_str());
            let known = if let Some(name) = group(1) {
                named(name).map(str::to_owned)
            } else if let Some(hex) = group(2) {
                u32::from_str_radix(hex, 16).ok().and_then(char::from_u32).filter(|c| !c.is_control()).map(String::from)
            } else if let Some(symbol) = group(3) {
                bracketed(symbol).map(str::to_owned)
            } else {
                group(4).and_then(entity).map(str::to_owned)
            };
            known.unwrap_or_else(|| found[0].to_owned())
        })
        .into_owned()
}

fn named(name: &str) -> Option<&'static str> {
    const GREEK: [(&str, &str, &str); 24] = [
        ("alpha", "α", "Α"),
        ("beta", "β", "Β"),
        ("gamma", "γ", "Γ"),
        ("delta", "δ", "Δ"),
        ("epsilon", "ε", "Ε"),
        ("zeta", "ζ", "Ζ"),
        ("eta", "η", "Η"),
        ("theta", "θ", "Θ"),
        ("iota", "ι", "Ι"),
        ("kappa", "κ", "Κ"),
        ("lambda", "λ", "Λ"),
        ("mu", "μ", "Μ"),
        ("nu", "ν", "Ν"),
        ("xi", "ξ", "Ξ"),
        ("omicron", "ο", "Ο"),
        ("pi", "π", "Π"),
        ("rho", "ρ", "Ρ"),
        ("sigma", "σ", "Σ"),
        ("tau", "τ", "Τ"),
        ("upsilon", "υ", "Υ"),
        ("phi", "φ", "Φ"),
        ("chi", "χ", "Χ"),
        ("psi", "ψ", "Ψ"),
        ("omega", "ω", "Ω"),
    ];
    if let Some((_, small, capital)) = GREEK.iter().find(|(greek, ..)| greek.eq_ignore_ascii_case(name)) {
        return Some(if name.starts_with(|c: char| c.is_ascii_uppercase()) { capital } else { small });
    }
    Some(match name {
        "+/-" => "±",
        "-/+" => "∓",
        "micro" => "µ",
        "degrees" | "degree" | "deg" => "°",
        "approx" | "approximately" => "≈",
        "sim" => "∼",
        "times" => "×",
        "middle dot" | "middot" | "bullet" => "·",
        "infty" | "infinity" => "∞",
        "leq" | "le" | "<=" => "≤",
        "geq" | "ge" | ">=" => "≥",
        "neq" | "ne" => "≠",
        "equiv" => "≡",
        "cong" => "≅",
        "propto" => "∝",
        "rarr" | "rightarrow" | "->" => "→",
        "larr" | "leftarrow" | "<-" => "←",
        "uarr" | "uparrow" => "↑",
        "darr" | "downarrow" => "↓",
        "harr" | "leftrightarrow" => "↔",
        "prime" => "′",
        "surd" | "radical" => "√",
        "partial" => "∂",
        "sum" => "∑",
        "cap" => "∩",
        "cup" => "∪",
        "subset" => "⊂",
        "in" => "∈",
        "dagger" => "†",
        "angstrom" | "Angstrom" => "Å",
        "ell" => "ℓ",
        _ => return None,
    })
}

fn bracketed(symbol: &str) -> Option<&'static str> {
    Some(match symbol {
        "~" => "~",
        "=" => "=",
        "-&gt;" | "->" | "&rarr;" => "→",
        "&lt;-" | "<-" | "&larr;" => "←",
        "&uarr;" => "↑",
        "&darr;" => "↓",
        "&harr;" => "↔",
        "&ge;" => "≥",
        "&le;" => "≤",
        "&ne;" => "≠",
        "&gt;" => ">",
        "&lt;" => "<",
        "&amp;" => "&",
        "&asymp;" => "≈",
        "&sim;" => "∼",
        "&plusmn;" => "±",
        "&times;" => "×",
        "&middot;" => "·",
        "&deg;" => "°",
        "&micro;" => "µ",
        "&radic;" => "√",
        "&infin;" => "∞",
        "&prime;" => "′",
        "&minus;" => "−",
        _ => return None,
    })
}

fn entity(name: &str) -> Option<&'static str> {
    Some(match name {
        "lt" => "<",
        "gt" => ">",
        "amp" => "&",
        "quot" => "\"",
        "apos" | "#39" => "'",
        "nbsp" => " ",
        _ => return None,
    })
}

/// Takes inline tags off. Sub- and superscripts stay marked: `10<sup>5</sup>` is not 105.
fn remove_tags(text: &str) -> String {
    static TAG: LazyLock<Regex> = LazyLock::new(|| {
        compiled(r"(?i)<(/?)(sup|sub|i|b|em|strong|span|italic|bold|sc|u|br|p|a|font)(?:\s[^<>]{0,200})?/?>")
    });
    TAG.replace_all(text, |tag: &Captures<'_>| {
        let closes = tag.get(1).is_some_and(|slash| !slash.is_empty());
        match (tag.get(2).map(|name| name.as_str().to_lowercase()).as_deref(), closes) {
            (Some("sup"), false) => "^{",
            (Some("sub"), false) => "_{",
            (Some("sup" | "sub"), true) => "}",
            (Some("br" | "p"), _) => "\n",
            _ => "",
        }
    })
    .into_owned()
}

fn fold_space(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// At most [`MAX_BYTES`] of `text`, on a character boundary.
fn cut(text: &str) -> &str {
    let mut end = text.len().min(MAX_BYTES);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

fn compiled(pattern: &str) -> Regex {
    // Proof: only called with the literals above, each used by a test.
    Regex::new(pattern).unwrap_or_else(|error| unreachable!("{error}"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(received: &str, expected: &[(Option<&str>, &str)]) {
        let found = passages(received);
        let found: Vec<_> = found.iter().map(|p| (p.heading.as_deref(), p.text.as_str())).collect();
        assert_eq!(found, expected, "{received:?}");
    }

    #[test]
    fn fused_headings_come_off() {
        check(
            "BackgroundClocks tick.\n\nMethods & FindingsThe kinase {approx} 2-fold.\n\nResults165 cells (\nIn all).",
            &[
                (Some("Background"), "Clocks tick."),
                (Some("Methods & Findings"), "The kinase ≈ 2-fold."),
                (Some("Results"), "165 cells ( In all)."),
            ],
        );
        check(
            "MethodL6 myotubes grew.\nConclusionIt works.",
            &[(Some("Method"), "L6 myotubes grew."), (Some("Conclusion"), "It works.")],
        );
        check("AIMSTo see.", &[(Some("AIMS"), "To see.")]);
        check("Trial registration numberNCT0001 here.", &[(Some("Trial registration number"), "NCT0001 here.")]);
        check("SIGNIFICANCE STATEMENTWe saw.", &[(Some("SIGNIFICANCE STATEMENT"), "We saw.")]);
        check("Objective: To see.", &[(None, "Objective: To see.")]);
        for prose in [
            "Results of the assay were clear.",
            "Method development is slow.",
            "Backgrounds differ.",
            "Aiming high.",
            "Resultsof x.",
        ] {
            check(prose, &[(None, prose)]);
        }
    }

    #[test]
    fn paragraphs_inherit_their_heading_and_titles_of_all_do_not_count() {
        check(
            "ResultsA rose.\n\nB fell.\n\nSummary\n\nAll well.",
            &[(Some("Results"), "A rose."), (Some("Results"), "B fell."), (None, "All well.")],
        );
        check(
            "AO_SCPLOWBSTRACTC_SCPLOWO_ST_ABSBackgroundC_ST_ABSThe index is old.",
            &[(Some("Background"), "The index is old.")],
        );
        check(
            "Evidence in contextO_ST_ABSEvidence before this studyC_ST_ABSIn many.",
            &[(Some("Evidence before this study"), "In many.")],
        );
    }

    #[test]
    fn lay_summaries_are_left_out() {
        check(
            "A rose.\n\nAuthor SummaryWe looked.\n\nIt was nice.\n\nConclusionB.",
            &[(None, "A rose."), (Some("Conclusion"), "B.")],
        );
    }

    #[test]
    fn figure_blocks_go_with_their_text() {
        check(
            "A rose.\n\nGraphical Abstract\n\nO_FIG O_LINKSMALLFIG WIDTH=200 SRC=\"x.gif\" ALT=\"Figure 1\">\nView larger version (47K):\norg.highwire.dtl.DTLVardef@1cd6254org.highwire.dtl.DTLVardef@f2_HPS_FORMAT_FIGEXP  M_FIG C_FIG\n\nB fell.",
            &[(None, "A rose."), (None, "B fell.")],
        );
        check(
            "A O_TBL View this table:\n\n C_TBL b O_FIG never closed\n\nB fell.",
            &[(None, "A"), (None, "b"), (None, "B fell.")],
        );
        check("A O_FIG_DISPLAY_L [Figure 1] M_FIG_DISPLAY C_FIG_DISPLAY b.", &[(None, "A"), (None, "b.")]);
    }

    #[test]
    fn list_items_are_passages() {
        let found = passages("Key ResultsO_LIAn open method.\nC_LIO_LISecond one.\nC_LI");
        let found: Vec<_> = found.iter().map(|p| (p.kind, p.heading.as_deref(), p.text.as_str())).collect();
        let heading = Some("Key Results");
        assert_eq!(
            found,
            [(PassageKind::List, heading, "An open method."), (PassageKind::List, heading, "Second one.")]
        );
    }

    #[test]
    fn placeholders_become_characters_and_unknown_ones_stay() {
        for (received, expected) in [
            ("TGF-{beta} {Delta}F508 5 {+/-} 1 {micro}M", "TGF-β ΔF508 5 ± 1 µM"),
            ("[~]20% [&ge;]5 [&le;] 3 A [-&gt;] B [x1D05]", "~20% ≥5 ≤ 3 A → B ᴅ"),
            (
                "{unknown} [3H]thymidine [1.31, 4.30] [xZZZZ] [&bogus;]",
                "{unknown} [3H]thymidine [1.31, 4.30] [xZZZZ] [&bogus;]",
            ),
            ("p &lt; 0.05 &amp; more", "p < 0.05 & more"),
            ("10<sup>5</sup> <i>E. coli</i> p<0.05 and q>1", "10^{5} E. coli p<0.05 and q>1"),
            ("O_WAIT is a name", "O_WAIT is a name"),
        ] {
            assert_eq!(line(received), expected);
        }
    }

    #[test]
    fn vocabularies_are_sorted_for_searching() {
        for word in ["abstract", "summary", "methods", "results", "question"] {
            assert!(is_heading_word(word, true), "{word}");
        }
        for word in ["&", "withdrawal", "plain", "key", "authors/aims", "Methods/Results"] {
            assert!(!is_heading_word(word, true), "{word}");
        }
        for word in ["&", "withdrawal", "plain", "key", "Methods/Results", "teaser", "the"] {
            assert!(is_heading_word(word, false), "{word}");
        }
    }

    proptest! {
        #[test]
        fn any_text_gives_folded_passages(text in "(O_FIG|C_FIG|O_LI|C_LI|O_ST_ABS|C_ST_ABS|Results|Methods|[a-zA-Zé0-9 {}&;\\[\\]\n])*") {
            for passage in passages(&text) {
                prop_assert!(!passage.text.is_empty());
                prop_assert_eq!(&passage.text, &fold_space(&passage.text));
                prop_assert!(!passage.text.contains([HEADING_OPENS, HEADING_CLOSES, ITEM_OPENS]));
            }
        }
    }
}
