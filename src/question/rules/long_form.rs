//! Long forms: a paper's own abbreviations, written out once in a question.

use super::capitals::{AMBIGUOUS, COMMON};
use super::context::Context;
use super::words::PREPOSITIONS;

/// A long form that spells a term and no piece of a sentence.
fn is_good_long_form(short: &str, long: &str) -> bool {
    const STRAY: &[&str] = &[
        "was", "were", "is", "are", "that", "which", "we", "or", "from", "using", "by", "on", "as", "we", "have",
        "has", "used", "used,", "between", "after", "when", "where", "into", "our", "their", "its", "showed", "found",
        "called", "termed", "named",
    ];
    let n_letters = short.chars().filter(|c| c.is_alphanumeric()).count();
    let words: Vec<&str> = long.split(' ').collect();
    // `probed with anti-X`, `sucrose-sweetened`: a participle, no name; `Trenk5 fused to GFP` of `Trenk5-GFP`: a name put together.
    let participle = words.first().is_some_and(|w| w.ends_with("ed"))
        && words.get(1).is_some_and(|w| PREPOSITIONS.contains(w))
        || words.last().is_some_and(|w| w.ends_with("ed") && w.len() > 4);
    let composed = short.split(|c: char| !c.is_alphanumeric()).any(|part| {
        part.len() >= 3 && long.split(|c: char| !c.is_alphanumeric()).any(|w| w.eq_ignore_ascii_case(part))
    });
    long.len() <= 60
        && !participle
        && !composed
        && words.len() <= n_letters + 2
        && !words.iter().any(|w| STRAY.contains(w))
        && (words.len() > 1 || !long.bytes().any(|b| b.is_ascii_digit()))
        && !long.contains(". ")
        && !long.contains(['[', ']', '=', '"', '“', '”', '‘', '’', '{'])
}

/// The long form inside a sentence: its first word small, unless its words are written with capitals.
fn opened(long: &str, context: &Context<'_>) -> String {
    let titled = long
        .split(' ')
        .skip(1)
        .any(|w| w.len() > 2 && w.starts_with(char::is_uppercase) && w[1..].chars().all(char::is_lowercase));
    if titled { long.to_owned() } else { context.lower_first(long) }
}

/// The long form in the number of the short form: `lipid droplet (LD) abundance`, `neural progenitor cells (NPCs)`.
///
/// `one`: `a`, `single` or another word of one thing stands before it, or a noun behind.
fn in_number_of(short: &str, long: &str, one: bool) -> String {
    let many = short.ends_with('s') && !short.ends_with("SS");
    let plural =
        long.ends_with('s') && !["ss", "is", "us", "tes", "ies", "ics", "ps"].iter().any(|end| long.ends_with(end));
    match (many, plural) {
        (true, false) if !long.ends_with('s') => format!("{long}s"),
        (false, true) if one => long.trim_end_matches('s').to_owned(),
        _ => long.to_owned(),
    }
}

/// Writes out the document's own abbreviations once; `None` when capitals stay that nobody defined.
pub(super) fn expand(ask: &str, context: &Context<'_>) -> Option<String> {
    let mut out: Vec<String> = Vec::new();
    let mut done: Vec<&str> = Vec::new();
    let words: Vec<&str> = ask.split(' ').collect();
    for (at, word) in words.iter().copied().enumerate() {
        let bare = word.trim_matches(|c: char| matches!(c, ',' | '?' | ':' | '.'));
        let n_upper = bare.bytes().filter(u8::is_ascii_uppercase).count();
        let short = n_upper >= 2 || bare.len() >= 2 && context.abbreviations.long_form(bare).is_some();
        let known =
            COMMON.contains(&bare) && !(AMBIGUOUS.contains(&bare) && context.abbreviations.long_form(bare).is_some());
        if !short || known || done.contains(&bare) {
            out.push(word.to_owned());
            continue;
        }
        done.push(bare);
        let core = bare.split(['-', '/']).next().unwrap_or(bare);
        match context.abbreviations.long_form(bare) {
            Some(long) if is_good_long_form(bare, long) && !ask.to_lowercase().contains(&long.to_lowercase()) => {
                let before_noun = words.get(at + 1).is_some_and(|next| {
                    !PREPOSITIONS.contains(next)
                        && !super::clause::is_auxiliary(next)
                        && !word.ends_with(',')
                        && !next.trim_end_matches('?').ends_with("ed")
                        && !matches!(
                            *next,
                            "change" | "differ" | "compare" | "affect" | "increase" | "reduce" | "decrease"
                        )
                        && next.chars().all(|c| c.is_lowercase() || matches!(c, '-' | '?'))
                });
                let before = at.checked_sub(1).and_then(|at| words.get(at)).copied().unwrap_or("");
                let long =
                    in_number_of(bare, long, before_noun || matches!(before, "a" | "an" | "single" | "one" | "each"));
                // "LYS1 lines" defined as "LYS1 knock-down lines (LYS1)": the noun would stand twice.
                let twice = words.get(at + 1).is_some_and(|next| long.ends_with(next.trim_end_matches(['?', ','])));
                // "a soluble sPho8" of "soluble endogenous Pho8 (sPho8)".
                let said =
                    at.checked_sub(1).and_then(|at| words.get(at)).is_some_and(|w| long.split(' ').next() == Some(*w));
                if twice || said {
                    out.push(word.to_owned());
                } else {
                    out.push(word.replacen(bare, &format!("{} ({bare})", opened(&long, context)), 1));
                }
            }
            Some(_) => out.push(word.to_owned()),
            None => {
                let letters_only = !bare.bytes().any(|b| b.is_ascii_digit())
                    && context.class_of(bare).is_none()
                    && core.bytes().all(|b| b.is_ascii_uppercase());
                let long = context.abbreviations.long_form(core).filter(|_| core.len() < bare.len());
                // `CCO-positive`: the first part is written out.
                if let Some(long) = long
                    .filter(|long| is_good_long_form(core, long) && !ask.to_lowercase().contains(&long.to_lowercase()))
                    && !done.contains(&core)
                {
                    done.push(core);
                    let long = in_number_of(core, long, true);
                    out.push(word.replacen(core, &format!("{} ({core})", opened(&long, context)), 1));
                    continue;
                }
                let defined = context.abbreviations.long_form(core).is_some() || COMMON.contains(&core);
                // Gene symbols carry digits or small letters; bare capitals are an abbreviation nobody explained.
                if letters_only && !defined && core.len() >= 2 && core.len() <= 6 {
                    return None;
                }
                out.push(word.to_owned());
            }
        }
    }
    Some(out.join(" "))
}
