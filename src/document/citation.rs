//! Tidying the places where citations were dropped: emptied brackets, orphaned commas, spaces before full stops.

use super::inline::DROPPED;

/// What a bracket may still hold when its citation is gone and be removed with it: "(see )", "(reviewed in )".
const FILLERS: [&str; 34] = [
    "see",
    "also",
    "e.g.",
    "e.g",
    "eg",
    "i.e.",
    "cf.",
    "cf",
    "reviewed",
    "review",
    "reviews",
    "in",
    "by",
    "for",
    "a",
    "as",
    "ref.",
    "refs.",
    "ref",
    "refs",
    "reference",
    "references",
    "and",
    "but",
    "or",
    "from",
    "the",
    "therein",
    "recently",
    "recent",
    "after",
    "example",
    "of",
    "reported",
];

/// Longest bracket that is looked into.
const BRACKET_BYTES: usize = 100;

pub fn is_separator(c: char) -> bool {
    c.is_whitespace() || matches!(c, ',' | ';' | '–' | '—' | '-' | '‐' | '‑' | '−' | '&')
}

/// `text` without its [`DROPPED`] marks and without what only made sense around a citation.
pub fn tidy(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut parts = text.split(DROPPED).peekable();
    out.push_str(parts.next().unwrap_or_default());
    while let Some(part) = parts.next() {
        // Marks with only separators between them are one place.
        if parts.peek().is_some() && separates(part) {
            continue;
        }
        join(&mut out, part);
    }
    out
}

fn separates(part: &str) -> bool {
    part.split(is_separator).all(|word| matches!(word, "" | "and" | "to"))
}

/// Appends what follows a citation to what came before it.
fn join(out: &mut String, part: &str) {
    let spaced = out.ends_with(' ') || part.starts_with(' ');
    let before = out.trim_end().len();
    out.truncate(before);
    let mut after = part.trim_start();
    let mut gap = spaced;
    match out.chars().next_back() {
        None => after = after.trim_start_matches(is_separator),
        Some(open @ ('(' | '[')) => {
            let close = if open == '(' { ')' } else { ']' };
            let rest = after.trim_start_matches(|c| is_separator(c) || c == '.');
            let inner = head(rest, BRACKET_BYTES).split_once(close).map(|(inner, _)| inner);
            match inner {
                Some(inner) if is_filler(inner) => {
                    out.truncate(before - open.len_utf8());
                    after = rest.get(inner.len() + close.len_utf8()..).unwrap_or_default();
                    gap = after.starts_with(' ') || (out.ends_with(' ') && !after.starts_with(['–', '—', '-', '/']));
                    out.truncate(out.trim_end().len());
                    after = after.trim_start();
                }
                _ => {
                    after = rest;
                    gap = false;
                }
            }
        }
        Some(_) => {
            if let Some(close @ (')' | ']')) = after.chars().next() {
                out.truncate(out.trim_end_matches(|c| is_separator(c) && c != '&').len());
                let open = if close == ')' { '(' } else { '[' };
                let start = out.len().saturating_sub(BRACKET_BYTES);
                let tail = (start..=out.len()).find_map(|at| out.get(at..)).unwrap_or_default();
                match tail.rsplit_once(open) {
                    Some((_, inner)) if is_filler(inner) => {
                        out.truncate(out.len() - inner.len() - open.len_utf8());
                        after = after.get(close.len_utf8()..).unwrap_or_default();
                        gap =
                            after.starts_with(' ') || (out.ends_with(' ') && !after.starts_with(['–', '—', '-', '/']));
                        out.truncate(out.trim_end().len());
                        after = after.trim_start();
                    }
                    _ => gap = false,
                }
            } else if let Some(outside) = emptied_around(out, after) {
                after = outside;
                gap = after.starts_with(' ') || (out.ends_with(' ') && !after.starts_with(['–', '—', '-', '/']));
                out.truncate(out.trim_end().len());
                after = after.trim_start();
            } else if after.starts_with([',', ';']) && out.ends_with([',', ';', '(']) {
                out.truncate(out.trim_end_matches([',', ';', ' ']).len());
            }
        }
    }
    let tight = after.starts_with(['.', ',', ';', ':', '?', '!', ')', ']', '%']) || after.is_empty();
    if gap && (!tight || after.is_empty()) && !out.is_empty() {
        out.push(' ');
    }
    out.push_str(after);
}

/// When the bracket around a citation holds only fillers on both sides ("see … for review"), cuts it off `out` and
/// returns what follows it.
fn emptied_around<'a>(out: &mut String, after: &'a str) -> Option<&'a str> {
    let close_at = head(after, BRACKET_BYTES).find([')', ']'])?;
    let (inside, rest) = after.split_at_checked(close_at)?;
    if !is_filler(inside) {
        return None;
    }
    let start = out.len().saturating_sub(BRACKET_BYTES);
    let tail = (start..=out.len()).find_map(|at| out.get(at..))?;
    let (_, inner) = tail.rsplit_once(['(', '['])?;
    if !is_filler(inner) {
        return None;
    }
    out.truncate(out.len() - inner.len() - 1);
    rest.get(1..)
}

fn is_filler(inner: &str) -> bool {
    inner
        .split(|c: char| is_separator(c) || c == ':')
        .all(|word| word.is_empty() || FILLERS.iter().any(|filler| word.eq_ignore_ascii_case(filler)))
}

/// The first `bytes` of `text`, or a little less to stay on a character boundary.
fn head(text: &str, bytes: usize) -> &str {
    (0..=bytes.min(text.len())).rev().find_map(|end| text.get(..end)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `@` stands for a dropped citation.
    fn check(text: &str, expected: &str) {
        let tidied = tidy(&text.replace('@', "\u{1}"));
        assert_eq!(tidied.trim_end(), expected, "{text:?}");
    }

    #[test]
    fn emptied_brackets_go() {
        check("This is known [@]. Next", "This is known. Next");
        check("This is known [@,@]–so it is", "This is known–so it is");
        check("This (@; @, @) is known", "This is known");
        check("This (@–@ and @).", "This.");
        check("It (see @ for review) was (reviewed in @).", "It was.");
        check("It (e.g., @) was", "It was");
        check("It [@, @] and [@-@], too", "It and, too");
    }

    #[test]
    fn kept_bracket_text_stays() {
        check("It (see Fig. 2; @) was", "It (see Fig. 2) was");
        check("It (@; see also Fig. 2) was", "It (see also Fig. 2) was");
        check("It (n = 5, @, mice) was", "It (n = 5, mice) was");
    }

    #[test]
    fn bare_marks() {
        check("This is known@. Next", "This is known. Next");
        check("This is known.@ Next", "This is known. Next");
        check("function @ .", "function.");
        check("shown by @ and others", "shown by and others");
        check("shown by @, others", "shown by, others");
        check("@ showed it", "showed it");
        check("at the end@", "at the end");
        check("IL-2@ and", "IL-2 and");
    }
}
