//! Dress: what may surround an answer without being part of it: LaTeX, HTML, markdown, quotes, lead-ins, hedging adverbs.

use std::borrow::Cow;

use super::table::{WORDS, strip_longest, strip_phrase};

/// The bare text of an extracted answer: mark-up decoded and peeled, meaning kept.
///
/// `maths`: the text came out of a `\boxed{}`, so a lone `_` or `^` is LaTeX.
pub(crate) fn undress(text: &str, maths: bool) -> String {
    let visible = without_ignorable(text.trim());
    let decoded = html(&visible);
    let latex_like = decoded.contains(['\\', '$']) || decoded.contains("^{") || decoded.contains("_{");
    let plain = if latex_like || (maths && decoded.contains(['~', '^', '_', '{'])) {
        Cow::Owned(latex(&decoded))
    } else {
        decoded
    };
    let mut text = plain.trim();
    // Each turn takes one layer off; real answers wear two or three.
    for _ in 0..8 {
        let before = text;
        text = without_fence(text);
        for mark in ["**", "__", "*", "_", "`", "\"", "'"] {
            text = without_pair(text, mark, mark);
        }
        for (open, close) in [("“", "”"), ("„", "“"), ("‘", "’"), ("«", "»"), ("''", "''")] {
            text = without_pair(text, open, close);
        }
        if text.len() == before.len() {
            break;
        }
    }
    without_emphasis(text).into_owned()
}

/// `text` without the markers that a title or `Answer:` of its own puts before the answer.
pub(crate) fn without_marker(text: &str) -> &str {
    let rest = strip_longest(text, &["final answer", "answer"]).map(str::trim_start);
    match rest.and_then(|rest| rest.strip_prefix([':', '：'])) {
        Some(rest) if !rest.trim().is_empty() => rest.trim(),
        _ => text,
    }
}

/// `text` without `The answer is`, `So it was`, … and the hedging adverbs around it.
pub(crate) fn without_lead_in(text: &str) -> &str {
    let mut text = text.trim();
    for _ in 0..4 {
        let before = text.len();
        if let Some(rest) = lead_in(text) {
            text = rest;
        }
        if let Some(rest) = strip_longest(text, &WORDS.hedges) {
            text = rest.trim_start().trim_start_matches(',').trim_start();
        }
        if let Some(rest) = without_final_hedge(text) {
            text = rest;
        }
        if text.len() == before {
            break;
        }
    }
    text
}

fn lead_in(text: &str) -> Option<&str> {
    let unfilled = strip_longest(text, &WORDS.lead_fillers)
        .map(|rest| rest.trim_start().trim_start_matches(',').trim_start())
        .unwrap_or(text);
    let rest = strip_longest(unfilled, &WORDS.lead_ins)?;
    let rest = rest.trim_start().trim_start_matches([':', ',']).trim();
    (!rest.is_empty()).then_some(rest)
}

fn without_final_hedge(text: &str) -> Option<&str> {
    let body = text.trim_end_matches(['.', '?', '!', ')']).trim_end();
    WORDS.hedges.iter().find_map(|hedge| {
        let at = body.len().checked_sub(hedge.len())?;
        let head = body.get(..at)?.trim_end();
        if !body.get(at..)?.eq_ignore_ascii_case(hedge) {
            return None;
        }
        let head = head.strip_suffix([',', '('])?;
        (!head.trim().is_empty()).then(|| head.trim_end())
    })
}

/// `text` without quotes, final points and one leading article (only with words behind it).
pub(crate) fn name_of(text: &str) -> &str {
    let mut text = super::term::trimmed(text);
    for (open, close) in [("\"", "\""), ("“", "”"), ("'", "'"), ("‘", "’"), ("`", "`"), ("**", "**"), ("*", "*")]
    {
        text = super::term::trimmed(without_pair(text, open, close));
    }
    match strip_longest(text, &["the ", "an ", "a "]) {
        Some(rest) if !rest.trim().is_empty() => rest.trim(),
        _ => text,
    }
}

/// Default-ignorable code points that are dropped. Bidi overrides and control characters are not among them: they make
/// an answer unequal.
pub(crate) fn is_ignorable(c: char) -> bool {
    matches!(c, '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{180B}'..='\u{180E}' | '\u{200B}'..='\u{200F}'
        | '\u{2060}'..='\u{2064}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{E0000}'..='\u{E0FFF}')
}

fn without_ignorable(text: &str) -> Cow<'_, str> {
    if text.is_ascii() || !text.chars().any(is_ignorable) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().filter(|c| !is_ignorable(*c)).collect())
}

/// Drops the tags that only set type, keeps super- and subscripts readable, decodes the XML entities.
fn html(text: &str) -> Cow<'_, str> {
    if !text.contains(['<', '&']) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut raised: Option<usize> = None;
    let mut rest = text;
    'next: while let Some(c) = rest.chars().next() {
        if c == '<' {
            for (tag, name) in [
                ("<b>", ""),
                ("</b>", ""),
                ("<i>", ""),
                ("</i>", ""),
                ("<em>", ""),
                ("</em>", ""),
                ("<strong>", ""),
                ("</strong>", ""),
                ("<sub>", ""),
                ("</sub>", ""),
                ("<sup>", "sup"),
                ("</sup>", "/sup"),
            ] {
                let Some(after) =
                    rest.get(..tag.len()).filter(|head| head.eq_ignore_ascii_case(tag)).and(rest.get(tag.len()..))
                else {
                    continue;
                };
                match name {
                    "sup" => raised = Some(out.len()),
                    "/sup" => {
                        if let Some(start) = raised.take() {
                            let inside = out.split_off(start);
                            push_superscript(&inside, &mut out);
                        }
                    }
                    _ => {}
                }
                rest = after;
                continue 'next;
            }
        }
        if c == '&' {
            for (entity, meaning) in [
                ("&amp;", '&'),
                ("&lt;", '<'),
                ("&gt;", '>'),
                ("&quot;", '"'),
                ("&apos;", '\''),
                ("&#39;", '\''),
                ("&nbsp;", '\u{A0}'),
            ] {
                if let Some(after) = rest.strip_prefix(entity) {
                    out.push(meaning);
                    rest = after;
                    continue 'next;
                }
            }
        }
        out.push(c);
        rest = &rest[c.len_utf8()..];
    }
    Cow::Owned(out)
}

/// Digits and signs as superscripts; anything else as it is.
fn push_superscript(inside: &str, out: &mut String) {
    let raised = |c: char| match c {
        '0' => Some('⁰'),
        '1' => Some('¹'),
        '2' => Some('²'),
        '3' => Some('³'),
        '4'..='9' => char::from_u32('⁴' as u32 + (c as u32 - '4' as u32)),
        '+' => Some('⁺'),
        '-' | '\u{2212}' | '\u{2013}' => Some('⁻'),
        _ => None,
    };
    let inside = inside.trim();
    if matches!(inside, "∘" | "°" | "◦" | "o") {
        out.push('°');
        return;
    }
    let all: Option<String> = inside.chars().filter(|c| *c != ' ').map(raised).collect();
    out.push_str(all.as_deref().unwrap_or(inside));
}

/// LaTeX of the kind that answers are written in, as plain text. Unknown commands stay, and make the answer unequal.
fn latex(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    // What each open brace does when it closes.
    let mut open: Vec<Brace> = Vec::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let after = &rest[c.len_utf8()..];
        match c {
            '\\' => rest = command(after, &mut out, &mut open),
            '$' => rest = after.strip_prefix('$').unwrap_or(after),
            '~' => {
                let tie = out.ends_with(|c: char| !c.is_whitespace() && c != '=')
                    && after.starts_with(|c: char| !c.is_whitespace());
                out.push(if tie { ' ' } else { '~' });
                rest = after;
            }
            '^' => rest = script(after, &mut out, &mut open, true),
            '_' => rest = script(after, &mut out, &mut open, false),
            '{' => {
                let comma = after.strip_prefix(",}").filter(|_| out.ends_with(|c: char| c.is_ascii_digit()));
                match comma {
                    Some(after) => {
                        out.push(',');
                        rest = after;
                    }
                    None => {
                        open.push(Brace::Shown);
                        out.push('{');
                        rest = after;
                    }
                }
            }
            '}' => {
                match open.pop() {
                    Some(Brace::Shown) | None => out.push('}'),
                    Some(Brace::Hidden) => {}
                    Some(Brace::Raised(start)) => {
                        // Proof: `start` was the length of `out` when the brace opened, and `out` has only grown since.
                        let inside = out.split_off(start.min(out.len()));
                        push_superscript(&inside, &mut out);
                    }
                    Some(Brace::Numerator) => {
                        out.push('/');
                        if let Some(after) = after.strip_prefix('{') {
                            open.push(Brace::Hidden);
                            rest = after;
                            continue;
                        }
                    }
                }
                rest = after;
            }
            c => {
                out.push(c);
                rest = after;
            }
        }
    }
    out
}

enum Brace {
    Shown,
    Hidden,
    Raised(usize),
    Numerator,
}

/// Handles the command behind a backslash and returns what follows it.
fn command<'a>(rest: &'a str, out: &mut String, open: &mut Vec<Brace>) -> &'a str {
    let Some(first) = rest.chars().next() else {
        out.push('\\');
        return rest;
    };
    if !first.is_ascii_alphabetic() {
        let after = &rest[first.len_utf8()..];
        match first {
            ',' | ' ' | ';' | ':' | '!' | '\n' => out.push(' '),
            '%' | '_' | '&' | '#' | '$' => out.push(first),
            '{' | '}' => out.push(first),
            '(' | ')' | '[' | ']' => {}
            '\\' => out.push('\n'),
            _ => {
                out.push('\\');
                out.push(first);
            }
        }
        return after;
    }
    let length = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
    let (name, after) = rest.split_at(length);
    let argument = after.trim_start_matches(' ').strip_prefix('{');
    match name {
        "text" | "textbf" | "textit" | "textrm" | "texttt" | "textsf" | "emph" | "mathrm" | "mathbf" | "mathit"
        | "mathsf" | "mathtt" | "operatorname" | "mbox" | "boxed" | "ce" => {
            if let Some(inside) = argument {
                open.push(Brace::Hidden);
                return inside;
            }
        }
        "frac" | "dfrac" | "tfrac" => {
            if out.ends_with(|c: char| c.is_ascii_digit()) {
                out.push(' ');
            }
            if let Some(inside) = argument {
                open.push(Brace::Numerator);
                return inside;
            }
            // `\frac12`
            let mut digits = after.chars();
            if let (Some(a @ '0'..='9'), Some(b @ '0'..='9')) = (digits.next(), digits.next()) {
                out.extend([a, '/', b]);
                return digits.as_str();
            }
        }
        "textsuperscript" => {
            if let Some(inside) = argument {
                open.push(Brace::Raised(out.len()));
                return inside;
            }
        }
        "left" | "right" | "displaystyle" | "bf" | "rm" | "it" => return after.trim_start_matches(' '),
        "quad" | "qquad" | "enspace" | "thinspace" => {
            out.push(' ');
            return after;
        }
        _ => {}
    }
    if let Some(sign) = sign_of(name) {
        out.push_str(sign);
        // LaTeX swallows the space behind a command.
        return after.trim_start_matches(' ');
    }
    out.push('\\');
    out.push_str(name);
    after
}

fn sign_of(name: &str) -> Option<&'static str> {
    Some(match name {
        "times" => "×",
        "cdot" => "·",
        "pm" => "±",
        "approx" | "simeq" => "≈",
        "sim" => "~",
        "circ" | "degree" | "textdegree" => "°",
        "le" | "leq" | "leqslant" => "≤",
        "ge" | "geq" | "geqslant" => "≥",
        "lt" => "<",
        "gt" => ">",
        "to" | "rightarrow" | "longrightarrow" | "Rightarrow" => "→",
        "uparrow" => "↑",
        "downarrow" => "↓",
        "leftrightarrow" => "↔",
        "infty" => "∞",
        "prime" => "′",
        "AA" | "angstrom" => "Å",
        "ldots" | "dots" => "...",
        "permil" | "textperthousand" => "‰",
        "alpha" => "α",
        "beta" => "β",
        "gamma" | "Gamma" => "γ",
        "delta" | "Delta" => "δ",
        "epsilon" | "varepsilon" => "ε",
        "zeta" => "ζ",
        "eta" => "η",
        "theta" | "Theta" | "vartheta" => "θ",
        "iota" => "ι",
        "kappa" => "κ",
        "lambda" | "Lambda" => "λ",
        "mu" | "textmu" | "micro" => "μ",
        "nu" => "ν",
        "xi" | "Xi" => "ξ",
        "pi" | "Pi" => "π",
        "rho" => "ρ",
        "sigma" | "Sigma" => "σ",
        "tau" => "τ",
        "upsilon" | "Upsilon" => "υ",
        "phi" | "Phi" | "varphi" => "φ",
        "chi" => "χ",
        "psi" | "Psi" => "ψ",
        "omega" => "ω",
        "Omega" | "ohm" => "Ω",
        _ => return None,
    })
}

/// Handles what follows `^` or `_`.
fn script<'a>(after: &'a str, out: &mut String, open: &mut Vec<Brace>, raised: bool) -> &'a str {
    if let Some(inside) = after.strip_prefix('{') {
        open.push(if raised { Brace::Raised(out.len()) } else { Brace::Hidden });
        return inside;
    }
    if raised && let Some(rest) = after.strip_prefix("\\circ") {
        out.push('°');
        return rest.trim_start_matches(' ');
    }
    if raised && let Some(rest) = after.strip_prefix("\\prime") {
        out.push('′');
        return rest.trim_start_matches(' ');
    }
    let length = after.find(|c: char| !(c.is_ascii_digit() || matches!(c, '+' | '-'))).unwrap_or(after.len());
    let (digits, rest) = after.split_at(length);
    if digits.is_empty() {
        out.push(if raised { '^' } else { '_' });
    } else if raised {
        push_superscript(digits, out);
    } else {
        out.push_str(digits);
    }
    rest
}

/// The inside of a code fence that spans the whole text, without its language.
fn without_fence(text: &str) -> &str {
    let Some(inside) = text.strip_prefix("```").and_then(|rest| rest.strip_suffix("```")) else { return text };
    let language = inside.find('\n').filter(|&end| inside[..end].trim().bytes().all(|b| b.is_ascii_alphanumeric()));
    match language {
        Some(end) => inside[end..].trim(),
        None => inside.trim(),
    }
}

/// The inside of `open … close` when the pair spans the whole text; the mark may recur inside a word (`HLA-DRB1*04:01`).
fn without_pair<'a>(text: &'a str, open: &str, close: &str) -> &'a str {
    let Some(inside) = text.strip_prefix(open).and_then(|rest| rest.strip_suffix(close)) else { return text };
    if inside.is_empty() || inside.starts_with(open) || inside.ends_with(close) {
        return text;
    }
    let inner_mark = |mark: &str| {
        inside.match_indices(mark).any(|(at, _)| {
            let before = inside[..at].chars().next_back().is_some_and(char::is_alphanumeric);
            let after = inside[at + mark.len()..].chars().next().is_some_and(char::is_alphanumeric);
            !(before && after)
        })
    };
    if inner_mark(open) || inner_mark(close) { text } else { inside.trim() }
}

/// `text` without pairs of markdown emphasis around words inside it: `**B**, because …`.
fn without_emphasis(text: &str) -> Cow<'_, str> {
    let mut text = Cow::Borrowed(text);
    for mark in ["**", "__", "`", "*"] {
        if !text.contains(mark) {
            continue;
        }
        let mut out = String::with_capacity(text.len());
        let mut rest: &str = &text;
        // The end of what the last search for a closing mark covered without finding one.
        let mut no_close = false;
        while let Some(at) = rest.find(mark) {
            let (before, from) = rest.split_at(at);
            let inside = &from[mark.len()..];
            let boundary = out.chars().chain(before.chars()).next_back().is_none_or(|c| !c.is_alphanumeric());
            let opens = boundary && inside.starts_with(|c: char| !c.is_whitespace() && !mark.starts_with(c));
            let close = if opens && !no_close { closing(inside, mark) } else { None };
            no_close |= opens && close.is_none();
            out.push_str(before);
            match close {
                Some(end) => {
                    out.push_str(&inside[..end]);
                    rest = &inside[end + mark.len()..];
                }
                None => {
                    out.push_str(mark);
                    rest = inside;
                }
            }
        }
        out.push_str(rest);
        text = Cow::Owned(out);
    }
    text
}

/// Where the mark that closes an emphasis stands in `inside`.
fn closing(inside: &str, mark: &str) -> Option<usize> {
    inside.match_indices(mark).map(|(at, _)| at).find(|&at| {
        let after = inside[at + mark.len()..].chars().next();
        at > 0 && !inside[..at].ends_with(char::is_whitespace) && after.is_none_or(|c| !c.is_alphanumeric())
    })
}

/// Whether `text` denies what follows (`not X`, `anything but X`).
pub(crate) fn is_negated(text: &str) -> bool {
    ["not", "no", "never", "neither", "anything but"].iter().any(|word| strip_phrase(text.trim(), word).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        assert_eq!(undress(text, false), expected, "{text}");
    }

    #[test]
    fn markup_is_peeled() {
        check("**TRPV1**", "TRPV1");
        check("*Escherichia coli*", "Escherichia coli");
        check("“hippocampus”", "hippocampus");
        check("```\nMKT\n```", "MKT");
        check("```text\nMKT\n```", "MKT");
        check("**B**, because", "B, because");
        check("HLA-DRB1*04:01", "HLA-DRB1*04:01");
        check("5.2*10^3", "5.2*10^3");
        check("no_change", "no_change");
        check("TNF <b>alpha</b>", "TNF alpha");
        check("10<sup>6</sup>", "10⁶");
        check("H<sub>2</sub>O", "H2O");
        check("a &lt; b&nbsp;c", "a < b\u{A0}c");
        check("TR\u{200B}PV1", "TRPV1");
    }

    #[test]
    fn latex_is_read() {
        check("$37^{\\circ}\\mathrm{C}$", "37°C");
        check("43\\%", "43%");
        check("$5.2~\\mu\\text{M}$", "5.2 μM");
        check("5.2\\,\\mathrm{\\mu M}", "5.2 μM");
        check("$\\frac{3}{4}$", "3/4");
        check("$2\\frac{2}{3}$", "2 2/3");
        check("$5.2\\times10^{3}$", "5.2×10³");
        check("\\(43\\,\\%\\)", "43 %");
        check("$10\\ \\text{mg}\\,\\text{kg}^{-1}$", "10 mg kg⁻¹");
        check("\\mathrm{CO_2}", "CO2");
        check("\\text{CD4}^{+}", "CD4⁺");
        check("$\\approx 40\\%$", "≈40%");
        check("$\\alpha$-synuclein", "α-synuclein");
        check("\\text{no\\_change}", "no_change");
        check("$5{,}200$", "5,200");
        check("$K_d = 5\\,\\text{nM}$", "K_d = 5 nM");
        check("\\boxed{\\boxed{5}}", "5");
    }

    #[test]
    fn lead_ins_and_hedges_go() {
        assert_eq!(without_lead_in("So, the correct answer is: B"), "B");
        assert_eq!(without_lead_in("It is probably TRPV1"), "TRPV1");
        assert_eq!(without_lead_in("TRPV1, most likely."), "TRPV1");
        assert_eq!(without_lead_in("it isolates"), "it isolates");
    }

    proptest::proptest! {
        #[test]
        fn any_text_can_be_undressed(text in "[\\\\{}$^_*`'\"<>&;~/a-z0-9 \n]{0,80}", maths: bool) {
            let _ = undress(&text, maths);
            let _ = name_of(&text);
            let _ = without_lead_in(&text);
        }
    }
}
