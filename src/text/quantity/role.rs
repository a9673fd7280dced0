//! What a number is for, from the words around it: value, spread, interval, p-value, sample size, label.

use std::ops::Range;

use super::numeral::Numeral;
use super::{Bound, Kind, Quantity};

/// The part a number plays in its clause.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Role {
    #[default]
    Value,
    /// `symbol = number` or `HR 1.4`: a named statistic; see [`Quantity::label`].
    Labelled,
    PValue,
    /// `n = 12`.
    SampleSize,
    /// Behind `±`, `SD`, `SEM`, `SE`.
    Spread,
    /// The `95%` of a confidence interval.
    Level,
    /// An end of a confidence interval, an IQR or a range in brackets.
    Interval,
    /// Members of `20–30` or `between 20 and 30`.
    RangeLow,
    RangeHigh,
    /// Members of `from 57% to 46%`.
    From,
    To,
    /// Members of `12/28`, `1:10`, `2 × 2`.
    Ratio,
}

pub(super) struct Before {
    pub bound: Bound,
    pub bound_span: Option<Range<usize>>,
    pub approximate: bool,
    pub role: Role,
    pub label: Option<Range<usize>>,
}

fn last_char(text: &str) -> Option<char> {
    text.chars().next_back()
}

/// A letter, digit or underscore directly before `at`.
pub(super) fn is_word_byte_before(text: &str, at: usize) -> bool {
    text.get(..at).and_then(last_char).is_some_and(|c| c.is_alphanumeric() || c == '_')
}

/// A leading point (`.05`) opens a number behind a space, bracket or comparison only.
pub(super) fn opens_number(text: &str, at: usize) -> bool {
    text.get(..at).and_then(last_char).is_none_or(|c| matches!(c, ' ' | '(' | '[' | '=' | '<' | '>' | '≤' | '≥'))
}

/// The digit at `at` continues a name: a letter, or a hyphen with a letter before it, stands directly before it.
pub(super) fn is_glued_before(text: &str, at: usize) -> bool {
    let Some(before) = text.get(..at) else { return true };
    let mut chars = before.chars().rev();
    let Some(last) = chars.next() else { return false };
    if last.is_alphabetic() || matches!(last, '_' | '#' | '\\' | '@' | '^' | '{' | '′') {
        return true;
    }
    // "14-3-3", "2,3-BPG", "IL-6", "HIF-1", "T/3": a hyphen or slash that itself stands on a letter.
    if matches!(last, '-' | '\u{2010}' | '\u{2011}' | '–' | '−' | '/' | ':' | '.' | '*') {
        return chars.next().is_some_and(char::is_alphabetic) && !units_before(before, last);
    }
    false
}

/// "5 mg/10 ml", "3 h–5 h": the letters before the joiner are a unit, not a name.
fn units_before(before: &str, joiner: char) -> bool {
    let stem = &before[..before.len() - joiner.len_utf8()];
    let start = stem
        .rfind(|c: char| !c.is_alphabetic())
        .map_or(0, |at| at + stem[at..].chars().next().map_or(1, char::len_utf8));
    let word = &stem[start..];
    word.len() <= 3 && stem[..start].trim_end().ends_with(|c: char| c.is_ascii_digit()) && !matches!(joiner, '.' | '*')
}

/// Words that make the number behind them a name.
const LABELS: &[&str] = &[
    "additional",
    "algorithm",
    "animal",
    "appendix",
    "arm",
    "article",
    "aim",
    "box",
    "case",
    "category",
    "chapter",
    "chr",
    "chromosome",
    "class",
    "cluster",
    "cohort",
    "codon",
    "complex",
    "condition",
    "dataset",
    "data",
    "diet",
    "domain",
    "ed",
    "embryonic",
    "eq",
    "eqn",
    "eqs",
    "equation",
    "equations",
    "exon",
    "exons",
    "experiment",
    "experiments",
    "exp",
    "fig",
    "figs",
    "figure",
    "figures",
    "file",
    "footnote",
    "gene",
    "generation",
    "grade",
    "group",
    "groups",
    "helix",
    "hypothesis",
    "intron",
    "isoform",
    "item",
    "lane",
    "lanes",
    "layer",
    "level",
    "line",
    "lot",
    "method",
    "methods",
    "model",
    "movie",
    "movies",
    "no",
    "nos",
    "note",
    "number",
    "objective",
    "panel",
    "panels",
    "part",
    "participant",
    "passage",
    "patient",
    "pc",
    "phase",
    "plate",
    "point",
    "position",
    "positions",
    "protocol",
    "pubmed",
    "question",
    "ref",
    "reference",
    "references",
    "refs",
    "replicate",
    "residue",
    "residues",
    "round",
    "run",
    "sample",
    "scenario",
    "scheme",
    "section",
    "segment",
    "sections",
    "series",
    "session",
    "set",
    "site",
    "slc",
    "species",
    "stage",
    "stages",
    "state",
    "step",
    "steps",
    "strain",
    "strategy",
    "study",
    "subgroup",
    "subject",
    "subtype",
    "supplementary",
    "table",
    "tables",
    "task",
    "text",
    "tier",
    "trial",
    "trials",
    "type",
    "types",
    "v",
    "variant",
    "version",
    "video",
    "videos",
    "visit",
    "vol",
    "volume",
    "wave",
    "zone",
    "complexes",
    "helices",
    "subunit",
    "exemplar",
    "criterion",
    "criteria",
    "claim",
    "day",
    "week",
    "month",
    "year",
    "interleukin",
    "caspase",
    "factor",
    "receptor",
    "covid",
    "instar",
    "parity",
    "cycle",
    "area",
    "region",
    "score",
    "component",
    "axis",
    "vitamin",
];

/// `day 7`, `week 12`: a point in time, a value for us, not a name.
const TIME_POINTS: &[&str] = &["day", "week", "month", "year", "score"];

/// Whether the number is a name, a year or reference debris. `list_end` remembers the end of the last such number, so
/// that "Figures 2, 3 and 4" are names to the last.
pub(super) fn is_label(text: &str, start: usize, numeral: &Numeral, list_end: &mut Option<usize>) -> bool {
    let Some(before) = text.get(..start) else { return true };
    let rest = text.get(numeral.end..).unwrap_or("");
    let next = rest.chars().next();
    let label = continues_list(text, start, *list_end)
        || follows_label_word(before, numeral)
        || in_brackets(before, rest, numeral)
        || is_year(before, rest, numeral);
    if !label {
        return false;
    }
    // A panel letter belongs to the label: "2A".
    let panel = next.filter(|c| c.is_alphabetic()).map_or(0, char::len_utf8);
    *list_end = Some(numeral.end + panel);
    true
}

fn continues_list(text: &str, start: usize, list_end: Option<usize>) -> bool {
    let Some(end) = list_end else { return false };
    let Some(between) = text.get(end..start) else { return false };
    between.len() <= 12
        && !between.is_empty()
        && between.split([' ', ',', '-', '–', '&', '/', ';', '−']).all(|word| {
            matches!(word, "" | "and" | "to" | "or" | "S")
                || word.len() <= 2 && word.bytes().all(|b| b.is_ascii_uppercase())
        })
        && (!between.contains(' ')
            || between.contains([',', '–', '-', '&'])
            || between.contains("and")
            || between.contains("to")
            || between.contains("or"))
}

fn follows_label_word(before: &str, numeral: &Numeral) -> bool {
    if !numeral.plain {
        return false;
    }
    let trimmed = before.trim_end_matches([' ', '.', '\u{a0}', '\u{2009}', '#', '(']);
    if trimmed.len() == before.len() {
        return false;
    }
    // A sentence end ("… of the gene. 12 mice") is no label; "Fig. 2" is.
    let start = trimmed
        .rfind(|c: char| !c.is_alphabetic())
        .map_or(0, |at| at + trimmed[at..].chars().next().map_or(1, char::len_utf8));
    let word = &trimmed[start..];
    if word.is_empty() || word.len() > 14 || !word.is_ascii() {
        return false;
    }
    let dotted = before[trimmed.len()..].contains('.');
    let bracketed = before.ends_with('(');
    let lower = word.to_ascii_lowercase();
    if TIME_POINTS.contains(&lower.as_str()) || !LABELS.contains(&lower.as_str()) {
        return false;
    }
    if bracketed {
        return matches!(lower.as_str(), "ref" | "refs" | "fig" | "figs" | "eq");
    }
    !dotted
        || matches!(
            lower.as_str(),
            "fig" | "figs" | "eq" | "eqs" | "ref" | "refs" | "no" | "nos" | "vol" | "exp" | "ed" | "chr" | "v"
        )
}

/// `[12]`, `[12–14, 19]`, `(12)`, `(12, 13)`: reference debris, unless a unit or sign stands there.
fn in_brackets(before: &str, rest: &str, numeral: &Numeral) -> bool {
    if !numeral.plain {
        return false;
    }
    let is_item = |c: char| c.is_ascii_digit() || matches!(c, ' ' | ',' | '-' | '–' | ';');
    // A reference list is short; a longer one is left to the caller.
    let open = before.char_indices().rev().take(40).find(|(_, c)| !is_item(*c));
    let close = rest.chars().take(60).find(|c| !is_item(*c));
    match (open, close) {
        (Some((_, '[')), Some(']')) => true,
        (Some((at, '(')), Some(')')) => {
            let inside = &before[at + 1..];
            // "12 patients (40)" keeps its count only with a unit; "(1, 2)" and "(12)" are references or list marks.
            numeral.value < 1000.0 && inside.len() < 40
        }
        _ => false,
    }
}

fn is_year(before: &str, rest: &str, numeral: &Numeral) -> bool {
    if !numeral.looks_like_year
        || rest.starts_with(['%', '°', '.']) && !rest.starts_with(". ") && rest.len() > 1 && !rest.starts_with(".")
    {
        return false;
    }
    if !(1900.0..2100.0).contains(&numeral.value) && !before.ends_with("in ") {
        return false;
    }
    let trimmed = before.trim_end();
    if trimmed.ends_with(['<', '>', '=', '≥', '≤', '~', '∼', '≈', '±', '×']) {
        return false;
    }
    let word = rest.strip_prefix([' ', '\u{a0}', '-']).unwrap_or("");
    let next: String = word.chars().take_while(|c| c.is_alphabetic() || *c == 'µ').take(24).collect();
    let dated = [
        "in", "since", "until", "during", "from", "to", "and", "of", "by", "before", "after", "early", "late",
        "between", "the",
    ]
    .iter()
    .any(|w| trimmed.rsplit(' ').next() == Some(w));
    if dated || trimmed.ends_with([',', '(', '–', '-', '/', '.', ';']) {
        return !matches!(
            next.as_str(),
            "m" | "mg"
                | "ml"
                | "mL"
                | "g"
                | "bp"
                | "rpm"
                | "nm"
                | "U"
                | "Hz"
                | "Da"
                | "patients"
                | "participants"
                | "genes"
                | "cells"
                | "kg"
                | "km"
                | "mm"
                | "ng"
        );
    }
    // "2000 patients" counts; "the 2011 study" does not end in s more often than it does.
    !(next.ends_with('s') && next.len() > 3
        || next.len() <= 3
            && !next.is_empty()
            && next.chars().all(|c| c.is_lowercase() || c == 'µ')
            && !matches!(
                next.as_str(),
                "and" | "to" | "in" | "or" | "by" | "the" | "was" | "at" | "on" | "for" | "as" | "is" | "of"
            ))
}

/// Bounds in words and signs, longest first.
const BOUNDS: &[(&str, Bound)] = &[
    ("less than or equal to", Bound::AtMost),
    ("greater than or equal to", Bound::AtLeast),
    ("no more than", Bound::AtMost),
    ("no less than", Bound::AtLeast),
    ("not more than", Bound::AtMost),
    ("greater than", Bound::Above),
    ("fewer than", Bound::Below),
    ("higher than", Bound::Above),
    ("larger than", Bound::Above),
    ("longer than", Bound::Above),
    ("lower than", Bound::Below),
    ("exceeding", Bound::Above),
    ("less than", Bound::Below),
    ("more than", Bound::Above),
    ("at least", Bound::AtLeast),
    ("at most", Bound::AtMost),
    ("under", Bound::Below),
    ("above", Bound::Above),
    ("below", Bound::Below),
    ("up to", Bound::AtMost),
    ("over", Bound::Above),
    ("<=", Bound::AtMost),
    (">=", Bound::AtLeast),
    ("≤", Bound::AtMost),
    ("≥", Bound::AtLeast),
    ("⩽", Bound::AtMost),
    ("⩾", Bound::AtLeast),
    ("≦", Bound::AtMost),
    ("≧", Bound::AtLeast),
    ("<", Bound::Below),
    (">", Bound::Above),
];

const ABOUT: &[&str] = &[
    "approximately",
    "approx.",
    "approx",
    "roughly",
    "around",
    "nearly",
    "almost",
    "about",
    "circa",
    "some",
    "ca.",
    "c.",
    "~",
    "∼",
    "≈",
    "≃",
    "˜",
    "an estimated",
];

fn strip_word<'t>(before: &'t str, word: &str) -> Option<&'t str> {
    let at = before.len().checked_sub(word.len())?;
    let tail = before.get(at..)?;
    if !tail.eq_ignore_ascii_case(word) {
        return None;
    }
    let stem = &before[..at];
    let alphabetic = word.starts_with(|c: char| c.is_alphabetic());
    (!alphabetic || last_char(stem).is_none_or(|c| !c.is_alphanumeric())).then_some(stem)
}

/// Bound, approximation and label that stand directly before a number at `at`.
pub(super) fn before(text: &str, at: usize) -> Before {
    let mut stem = text.get(..at).unwrap_or("").trim_end();
    let mut found = Before { bound: Bound::None, bound_span: None, approximate: false, role: Role::Value, label: None };
    for _ in 0..2 {
        if let Some(rest) = ABOUT.iter().find_map(|word| strip_word(stem, word)) {
            found.approximate = true;
            stem = rest.trim_end();
        }
        if found.bound == Bound::None
            && let Some((rest, bound)) = BOUNDS.iter().find_map(|(word, bound)| Some((strip_word(stem, word)?, *bound)))
        {
            found.bound = bound;
            found.bound_span = Some(rest.len()..stem.len());
            stem = rest.trim_end();
        }
    }
    let equals = stem.strip_suffix(['=', ':']).map(str::trim_end);
    let has_sign = stem.ends_with('=') || found.bound_span.as_ref().is_some_and(|s| s.len() <= 3);
    if let Some(rest) =
        stem.strip_suffix(['±']).or_else(|| stem.strip_suffix("+/-")).or_else(|| stem.strip_suffix("+/−"))
    {
        if !rest.is_empty() {
            found.role = Role::Spread;
        }
        return found;
    }
    let symbol_stem = equals.unwrap_or(stem);
    label(symbol_stem, has_sign, stem.ends_with(':'), &mut found);
    found
}

fn label(stem: &str, has_sign: bool, colon: bool, found: &mut Before) {
    let start = stem
        .char_indices()
        .rev()
        .take(24)
        .take_while(|(_, c)| c.is_alphanumeric() || matches!(c, '-' | '_' | '²' | '{' | '}' | 'ₐ'..='ₜ'))
        .last()
        .map_or(stem.len(), |(at, _)| at);
    let symbol = &stem[start..];
    let span = start..stem.len();
    let lead = stem[..start].trim_end();
    let lower = symbol.to_lowercase();
    let is_p = match lower.as_str() {
        "p" | "padj" | "p-value" | "p-values" | "q" | "fdr" | "q-value" | "pval" | "pvalue" | "p_{adj}"
        | "padjusted" | "p-adj" => has_sign || lower.contains("value"),
        "value" | "values" => {
            lead.ends_with([' ', 'p', 'P']) && ["p", "P", "p-", "P-"].iter().any(|p| lead.ends_with(p))
        }
        _ => has_sign && lower.starts_with("p_{"),
    };
    if is_p {
        found.role = Role::PValue;
        found.label = Some(span);
        return;
    }
    match lower.as_str() {
        "n" if has_sign => {
            found.role = Role::SampleSize;
            found.label = Some(span);
        }
        "sd" | "s.d" | "sem" | "se" | "sds" if has_sign || colon || symbol.chars().all(char::is_uppercase) => {
            found.role = Role::Spread
        }
        "ci" | "cri" | "iqr" | "cis" => found.role = Role::Interval,
        "range" if lead.ends_with('(') || lead.ends_with([',', ';']) => found.role = Role::Interval,
        "or" | "aor" if symbol.chars().any(char::is_lowercase) && !has_sign => {}
        "hr" | "or" | "rr" | "ahr" | "aor" | "irr" | "auc" | "auroc" | "smd" | "md" | "shr" => {
            found.role = Role::Labelled;
            found.label = Some(span);
        }
        _ if has_sign && !symbol.is_empty() => {
            found.role = Role::Labelled;
            found.label = Some(span);
        }
        _ => {}
    }
    // "F(1, 23) = 4.5": the bracket hides the symbol.
    if symbol.is_empty() && has_sign && lead.ends_with(')') {
        found.role = Role::Labelled;
    }
}

/// Second pass: ranges, intervals, ratios and changes, from the text between neighbours.
pub(super) fn relate(text: &str, found: &mut [Quantity]) {
    let mut interval_until = 0;
    for at in 0..found.len() {
        let (head, tail) = found.split_at_mut(at);
        let Some(this) = tail.first_mut() else { break };
        let rest = text.get(this.span.end..).unwrap_or("");
        if this.kind == Kind::Percent && level_follows(rest) {
            this.role = Role::Level;
            let close = rest
                .char_indices()
                .take(60)
                .find(|(_, c)| matches!(c, ')' | ']' | ';'))
                .map_or(rest.len().min(60), |(at, _)| at);
            interval_until = this.span.end + close;
            continue;
        }
        if this.role == Role::Interval && this.span.start >= interval_until {
            let close =
                rest.char_indices().take(30).find(|(_, c)| matches!(c, ')' | ']' | ';')).map_or(0, |(at, _)| at);
            interval_until = this.span.end + close;
        }
        if this.span.start < interval_until
            && matches!(this.role, Role::Value | Role::Interval | Role::Labelled)
            && this.role != Role::PValue
        {
            this.role = Role::Interval;
            continue;
        }
        // "Spread" has been set from its own left side; a range reads its left neighbour.
        let Some(previous) = head.last_mut() else { continue };
        if this.role != Role::Value
            || !matches!(previous.role, Role::Value | Role::Labelled | Role::Ratio | Role::RangeHigh | Role::SampleSize)
        {
            continue;
        }
        let Some(between) = text.get(previous.span.end..this.span.start) else { continue };
        let before_previous =
            text.get(..previous.bound_span.as_ref().map_or(previous.span.start, |s| s.start)).unwrap_or("");
        join(between.trim(), before_previous, previous, this);
    }
}

fn join(between: &str, before_previous: &str, previous: &mut Quantity, this: &mut Quantity) {
    let lead = before_previous.trim_end();
    let lead = ABOUT.iter().find_map(|word| strip_word(lead, word)).unwrap_or(lead).trim_end();
    match between {
        "–" | "-" | "—" | "−" | "‐" | "‑" | "~" | "∼" | "to" | "and"
            if between != "and" || strip_word(lead, "between").is_some() =>
        {
            let change = between == "to" && strip_word(lead, "from").is_some();
            let (low, high) = if change { (Role::From, Role::To) } else { (Role::RangeLow, Role::RangeHigh) };
            previous.role = low;
            this.role = high;
        }
        "/" | ":" | "×" | "x" | "of" | "out of" | "vs" | "vs."
            if matches!(between, "/" | ":" | "×" | "x") && this.kind != Kind::Percent =>
        {
            previous.role = Role::Ratio;
            this.role = Role::Ratio;
        }
        _ => {}
    }
}

fn level_follows(rest: &str) -> bool {
    let rest = rest.trim_start_matches(['-', ' ', '\u{a0}']);
    ["CI", "confidence", "credible", "CrI", "C.I", "prediction", "uncertainty", "HPD", "highest posterior"]
        .iter()
        .any(|w| rest.starts_with(w))
}
