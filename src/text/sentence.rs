//! Sentence boundaries in biomedical prose.
//!
//! Rules over the word before a full stop and the word after it, in one pass; no model and no dictionary beyond the
//! lists at the foot of this file. Where both readings are possible the text stays together: a question made from
//! two sentences can still be answered, one made from half a sentence can not.

use std::ops::Range;

/// Bracketed text longer than this is treated as if the bracket were a stray one.
const LONGEST_BRACKET_BYTES: usize = 800;

/// The sentences of `text` in order, as byte spans on character boundaries, trimmed and never empty.
///
/// Only white space lies between the spans. Takes time linear in the length of `text`.
///
/// ```
/// let text = "E. coli was grown at 37 °C (Fig. 2). p53 levels fell.";
/// let sentences: Vec<&str> = aludel::text::sentence::split(text).into_iter().map(|span| &text[span]).collect();
/// assert_eq!(sentences, ["E. coli was grown at 37 °C (Fig. 2).", "p53 levels fell."]);
/// ```
pub fn split(text: &str) -> Vec<Range<usize>> {
    let bytes = text.as_bytes();
    let brackets = matched_brackets(bytes);
    let mut next_bracket = 0;
    let mut spans = Vec::new();
    let mut start = skip_space(text, 0);
    let mut at = start;
    while at < bytes.len() {
        let end = match bytes[at] {
            b'.' | b'!' | b'?' => run_end(text, at),
            // The ellipsis character, E2 80 A6.
            0xE2 if bytes[at..].starts_with("…".as_bytes()) => run_end(text, at),
            b'\n' if blank_line(&bytes[at..]) => {
                push(text, start..at, &mut spans);
                start = skip_space(text, at);
                at = start;
                continue;
            }
            _ => {
                at += 1;
                continue;
            }
        };
        while brackets.get(next_bracket).is_some_and(|pair| pair.end <= at) {
            next_bracket += 1;
        }
        let enclosing = brackets.get(next_bracket).filter(|pair| pair.start < at);
        // A whole sentence may stand in brackets: "(All tests were two-sided.) We then …".
        let inside = enclosing.is_some_and(|pair| !(pair.start == start && pair.end < end));
        if !inside && is_boundary(text, start, at, end) {
            push(text, start..end, &mut spans);
            start = skip_space(text, end);
            at = start;
        } else {
            at = end;
        }
    }
    push(text, start..text.len(), &mut spans);
    spans
}

fn push(text: &str, span: Range<usize>, spans: &mut Vec<Range<usize>>) {
    let slice = text.get(span.clone()).unwrap_or_default();
    let trimmed = slice.trim();
    if !trimmed.is_empty() {
        let start = span.start + (slice.len() - slice.trim_start().len());
        spans.push(start..start + trimmed.len());
    }
}

fn skip_space(text: &str, from: usize) -> usize {
    let rest = text.get(from..).unwrap_or_default();
    from + (rest.len() - rest.trim_start().len())
}

fn blank_line(rest: &[u8]) -> bool {
    rest[1..].iter().find(|b| !matches!(b, b' ' | b'\t' | b'\r')) == Some(&b'\n')
}

/// Outermost matched brackets, in order; `start` is the opening bracket, `end` the closing one.
fn matched_brackets(bytes: &[u8]) -> Vec<Range<usize>> {
    let mut open: Vec<(usize, u8)> = Vec::new();
    let mut pairs: Vec<Range<usize>> = Vec::new();
    for (at, byte) in bytes.iter().enumerate() {
        let wanted = match byte {
            b'(' | b'[' => {
                open.push((at, *byte));
                continue;
            }
            b')' => b'(',
            b']' => b'[',
            _ => continue,
        };
        // One stray opening bracket, as in "([0, 1)", is forgiven.
        let depth = open.iter().rev().take(2).position(|(_, kind)| *kind == wanted);
        if let Some(skipped) = depth {
            open.truncate(open.len() - skipped);
            if let Some((from, _)) = open.pop()
                && at - from <= LONGEST_BRACKET_BYTES
            {
                while pairs.last().is_some_and(|inner| inner.start > from) {
                    pairs.pop();
                }
                pairs.push(from..at);
            }
        }
    }
    pairs
}

/// The end of a terminator with what clings to it: more terminators, closing quotes and brackets, citation marks.
fn run_end(text: &str, at: usize) -> usize {
    let mut end = at;
    let rest = text.get(at..).unwrap_or_default();
    for (offset, c) in rest.char_indices() {
        if matches!(c, '.' | '!' | '?' | '…' | ')' | ']' | '"' | '”' | '’' | '\'' | '»') || is_superscript(c) {
            end = at + offset + c.len_utf8();
        } else {
            break;
        }
    }
    end + citation_mark(text.get(end..).unwrap_or_default(), text.get(..at).unwrap_or_default())
}

fn is_superscript(c: char) -> bool {
    matches!(c, '¹' | '²' | '³' | '⁰' | '⁴'..='⁹' | '⁻')
}

/// Length of a citation mark that follows a full stop without a space: `[12]`, `(3, 4)`, `^{5–7}`, or bare digits
/// after a plain word ("shown.12 The").
fn citation_mark(rest: &str, before: &str) -> usize {
    let (open, close) = match rest.as_bytes() {
        [b'[', ..] => ("[", "]"),
        [b'(', ..] => ("(", ")"),
        [b'^', b'{', ..] => ("^{", "}"),
        [b'0'..=b'9', ..] => ("", ""),
        _ => return 0,
    };
    let inner = &rest[open.len()..];
    let length: usize = inner
        .chars()
        .take(24)
        .take_while(|c| c.is_ascii_digit() || matches!(c, ',' | '-' | '–' | ' '))
        .map(char::len_utf8)
        .sum();
    let marks = &inner[..length];
    if close.is_empty() {
        let marks = marks.trim_end();
        let plain = before.len() - before.trim_end_matches(|c: char| c.is_ascii_lowercase()).len() >= 4;
        let spaced = rest[marks.len()..].starts_with(' ');
        return if plain && spaced && !marks.contains(' ') { marks.len() } else { 0 };
    }
    if !marks.is_empty() && inner[length..].starts_with(close) { open.len() + length + close.len() } else { 0 }
}

fn is_boundary(text: &str, start: usize, at: usize, end: usize) -> bool {
    let (before, after) = (&text[start..at], text.get(end..).unwrap_or_default());
    let next = after.trim_start();
    let Some(first) = next.chars().next() else {
        return true;
    };
    let mark = &text[at..end];
    if next.len() == after.len() {
        return mark == "." && is_fused(before, next);
    }
    if !mark.starts_with('.') || mark.starts_with("..") {
        return opens_sentence(first) && !first.is_ascii_lowercase();
    }
    let previous = Previous::of(before);
    match previous {
        Previous::Never => false,
        Previous::BeforeNumber => !(first.is_ascii_digit() || matches!(first, '#' | 'S') || is_label(next)),
        Previous::Marker => false,
        Previous::Ambiguous => starts_plainly(next),
        Previous::Dotted => starts_plainly(next) || (first.is_uppercase() && is_capitalised_word(next)),
        Previous::Initial => starts_plainly(next) || (names_a_kind(before) && first.is_uppercase()),
        Previous::Month => !first.is_ascii_digit() && opens_sentence(first) && !first.is_lowercase(),
        Previous::Ordinary { plain } => {
            if !opens_sentence(first) {
                false
            } else if first.is_ascii_digit() {
                // "P < 0. 05" is a torn decimal.
                !before.ends_with(" 0") && !before.is_empty() && !before.ends_with(' ')
            } else if first.is_ascii_lowercase() {
                looks_like_gene(next) || plain
            } else {
                true
            }
        }
    }
}

/// "treatment.Results": the space between two sentences is missing.
fn is_fused(before: &str, next: &str) -> bool {
    let word = before.rsplit(char::is_whitespace).next().unwrap_or_default();
    let plain = word.len() >= 4 && word.bytes().all(|b| b.is_ascii_lowercase());
    let mut chars = next.chars();
    let capital = chars.next().is_some_and(char::is_uppercase);
    let token = next.split(char::is_whitespace).next().unwrap_or_default();
    let body = token.trim_end_matches([',', '.', ';', ':']);
    plain && capital && body.chars().skip(1).all(|c| c.is_lowercase()) && !body.contains('.')
}

/// What the word before a full stop says about it.
enum Previous {
    /// An abbreviation that something always follows: `Fig.`, `vs.`, `e.g.`
    Never,
    /// One that a number follows: `No.`, `p.`
    BeforeNumber,
    /// A list marker at the start of the sentence: `1.`, `A.`
    Marker,
    /// An abbreviation that may end a sentence: `et al.`, `sp.`, `Inc.`
    Ambiguous,
    /// Letters with dots: `i.p.`, `U.S.`
    Dotted,
    /// One capital: `E. coli`, `vitamin D.`
    Initial,
    Month,
    /// `plain`: a word of five or more lower-case letters, not an abbreviation.
    Ordinary {
        plain: bool,
    },
}

impl Previous {
    fn of(before: &str) -> Previous {
        let cut = |c: char| c.is_whitespace() || matches!(c, '(' | '[' | '"' | '“' | '‘' | '/' | '–' | '—');
        let token_start = before.rfind(cut).map_or(0, |i| i + before[i..].chars().next().map_or(1, char::len_utf8));
        let token = &before[token_start..];
        let word = token.rsplit('-').next().unwrap_or(token);
        let first_of_sentence = token_start == 0;
        if word.len() == 1 && word.bytes().all(|b| b.is_ascii_alphabetic()) {
            let upper = word.bytes().all(|b| b.is_ascii_uppercase());
            return match word {
                _ if first_of_sentence => Previous::Marker,
                "p" => Previous::BeforeNumber,
                "c" => Previous::Never,
                _ if upper => Previous::Initial,
                _ => Previous::Ordinary { plain: false },
            };
        }
        if first_of_sentence && word.len() <= 2 && !word.is_empty() && word.bytes().all(|b| b.is_ascii_digit()) {
            return Previous::Marker;
        }
        let mut folded = [0u8; 12];
        let Some(folded) = folded.get_mut(..word.len()) else {
            return Previous::Ordinary { plain: word.bytes().all(|b| b.is_ascii_lowercase()) };
        };
        folded.copy_from_slice(word.as_bytes());
        folded.make_ascii_lowercase();
        let folded = std::str::from_utf8(folded).unwrap_or_default();
        if word.contains('.') {
            let short = |part: &str| (1..=2).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphabetic());
            return match folded {
                "e.g" | "i.e" | "c.f" | "q.v" => Previous::Never,
                "u.s" | "u.k" | "u.s.a" | "e.u" | "ph.d" | "d.c" | "n.s" | "s.d" | "s.e" | "s.e.m" => {
                    Previous::Ambiguous
                }
                _ if folded.split('.').all(short) => Previous::Dotted,
                _ => Previous::Ordinary { plain: false },
            };
        }
        match folded {
            "fig" | "figs" | "eq" | "eqs" | "eqn" | "eqns" | "ref" | "refs" | "dr" | "prof" | "mr" | "mrs" | "ms"
            | "vs" | "cf" | "eg" | "ie" | "viz" | "approx" | "ca" | "suppl" | "supp" | "chap" | "pp" | "vol"
            | "vols" | "subsp" | "ssp" | "st" | "cat" | "ext" | "tab" | "incl" | "excl" | "dept" | "univ" | "ed"
            | "eds" => Previous::Never,
            "no" | "nos" | "nr" | "sec" | "sect" | "art" | "lot" | "ver" | "pt" | "app" => Previous::BeforeNumber,
            "al" | "sp" | "spp" | "var" | "cv" | "inc" | "ltd" | "co" | "corp" | "jr" | "sr" | "nov" | "gen"
            | "comb" | "resp" | "max" | "avg" | "temp" | "conc" | "hosp" | "assoc" | "intl" | "gov" | "bros"
            | "str" | "aff" | "gmbh" | "pers" | "ser" | "comm" | "unpubl" | "obs" => Previous::Ambiguous,
            "jan" | "feb" | "mar" | "apr" | "jun" | "jul" | "aug" | "sept" | "oct" | "dec" => Previous::Month,
            _ => Previous::Ordinary { plain: word.len() >= 5 && word.bytes().all(|b| b.is_ascii_lowercase()) },
        }
    }
}

/// Whether a character can open a sentence at all.
fn opens_sentence(c: char) -> bool {
    !matches!(
        c,
        '.' | ',' | ';' | ':' | ')' | ']' | '}' | '?' | '!' | '%' | '–' | '—' | '-' | '/' | '=' | '<' | '>' | '×' | '·'
    )
}

/// `B12`, `5-HT`: a label after "No." and the like.
fn is_label(next: &str) -> bool {
    let token = next.split(char::is_whitespace).next().unwrap_or_default();
    token.bytes().any(|b| b.is_ascii_digit()) && token.bytes().take(1).all(|b| b.is_ascii_uppercase())
}

/// A lower-case symbol with a capital, digit or Greek letter in it: `p53`, `mTOR`, `miR-21`, `c-Myc`, `unc-13`.
fn looks_like_gene(next: &str) -> bool {
    let token = next.split(char::is_whitespace).next().unwrap_or_default().trim_end_matches([',', '.', ';', ':']);
    token.chars().take(24).any(|c| c.is_uppercase() || c.is_ascii_digit() || ('α'..='ω').contains(&c))
}

fn is_capitalised_word(next: &str) -> bool {
    let word: &str = next.split(|c: char| !c.is_alphabetic()).next().unwrap_or_default();
    word.chars().count() >= 3 && word.chars().skip(1).all(char::is_lowercase)
}

/// "vitamin D.", "hepatitis B.", "group A.": the capital is not the initial of a name.
fn names_a_kind(before: &str) -> bool {
    const KINDS: [&str; 33] = [
        "vitamin",
        "vitamins",
        "hepatitis",
        "group",
        "groups",
        "type",
        "types",
        "panel",
        "panels",
        "factor",
        "protein",
        "influenza",
        "cytochrome",
        "class",
        "complex",
        "model",
        "models",
        "strain",
        "domain",
        "domains",
        "cyclin",
        "cyclosporin",
        "factors",
        "chain",
        "region",
        "site",
        "sites",
        "clade",
        "lineage",
        "pattern",
        "step",
        "phase",
        "cluster",
    ];
    let mut words = before.split_ascii_whitespace().rev().skip(1);
    words.next().is_some_and(|word| KINDS.iter().any(|kind| word.eq_ignore_ascii_case(kind)))
}

/// Whether `next` opens with a word that opens sentences and hardly ever follows an abbreviation.
fn starts_plainly(next: &str) -> bool {
    let word = next.split(|c: char| !c.is_alphabetic()).next().unwrap_or_default();
    if word == "A" {
        return next[1..].trim_start().starts_with(|c: char| c.is_lowercase()) && next[1..].starts_with(' ');
    }
    word.len() <= 14 && STARTERS.binary_search(&word).is_ok()
}

/// Sorted.
const STARTERS: [&str; 133] = [
    "Additionally",
    "After",
    "All",
    "Although",
    "Among",
    "An",
    "Analysis",
    "And",
    "Animals",
    "Another",
    "As",
    "At",
    "Based",
    "Because",
    "Before",
    "Between",
    "Both",
    "But",
    "By",
    "Cells",
    "Compared",
    "Consequently",
    "Consistent",
    "Conversely",
    "Data",
    "Despite",
    "Did",
    "Do",
    "Does",
    "During",
    "Each",
    "Eight",
    "Either",
    "Even",
    "Finally",
    "First",
    "Five",
    "Following",
    "For",
    "Four",
    "From",
    "Further",
    "Furthermore",
    "Given",
    "He",
    "Hence",
    "Here",
    "How",
    "However",
    "If",
    "Importantly",
    "In",
    "Indeed",
    "Instead",
    "Interestingly",
    "Is",
    "It",
    "Its",
    "Last",
    "Lastly",
    "Like",
    "Likewise",
    "Many",
    "Mice",
    "More",
    "Moreover",
    "Most",
    "Nevertheless",
    "Next",
    "Nine",
    "No",
    "None",
    "Not",
    "Notably",
    "Of",
    "On",
    "Once",
    "One",
    "Only",
    "Other",
    "Others",
    "Our",
    "Overall",
    "Participants",
    "Patients",
    "Previous",
    "Rats",
    "Recent",
    "Recently",
    "Remarkably",
    "Samples",
    "Second",
    "Seven",
    "Several",
    "She",
    "Similar",
    "Similarly",
    "Since",
    "Six",
    "So",
    "Some",
    "Specifically",
    "Statistical",
    "Studies",
    "Subsequently",
    "Such",
    "Surprisingly",
    "Taken",
    "Ten",
    "Than",
    "That",
    "The",
    "Their",
    "Then",
    "There",
    "Therefore",
    "These",
    "They",
    "Third",
    "This",
    "Those",
    "Three",
    "Through",
    "Thus",
    "To",
    "Together",
    "Two",
    "Under",
    "Unlike",
    "Using",
    "We",
    "What",
    "When",
];

#[cfg(test)]
mod tests {
    use super::*;

    /// `expected` is the text with ` | ` at each boundary.
    fn check(expected: &str) {
        let text = expected.replace(" | ", " ");
        let found: Vec<&str> = split(&text).into_iter().map(|span| &text[span]).collect();
        assert_eq!(found.join(" | "), expected);
    }

    #[test]
    fn starters_are_sorted() {
        assert!(STARTERS.windows(2).all(|pair| pair[0] < pair[1]));
    }

    #[test]
    fn plain_prose() {
        check("Cells were grown. | They divided twice. | Did they rest? | No!");
        check("Growth stopped. | 24 h later the medium was changed.");
        check("The result is clear; nothing moved: the end.");
        check("One sentence without a full stop");
    }

    #[test]
    fn abbreviations() {
        check("As shown by Doe et al. in mice (see also Roe et al. 2010), loss was total. | The rest survived.");
        check("This agrees with Doe et al. | We then asked why.");
        check("See Fig. 2 and Figs. 1A and 2. | Data in Suppl. Fig. 3B vs. Suppl. Table 4 agree.");
        check("Mice got 5 mg/kg i.p. daily. | Rats got it s.c. | Pups were spared.");
        check("Drug was given i.v. The dose was 3 mg.".replace("i.v. The", "i.v. | The").as_str());
        check("Approx. 50 cells, ca. 20 fibres, i.e. few, e.g. these, were counted.");
        check("Dr. Roe and Prof. Doe disagreed. | No. 5 was lost. | The answer is no. | We stopped.");
        check("Kits came from Example Inc. (Springfield, MO). | Samples were frozen.");
        check(
            "Synechocystis sp. PCC 6803 and Bacillus spp. were grown. | Salmonella enterica subsp. enterica was not.",
        );
        check("Samples from Jan. 5 to Sept. 9 were used. | All were dry.");
        check("The U.S. Food and Drug Administration agreed. | So did the U.K. | The rest did not.");
    }

    #[test]
    fn species_and_initials() {
        check("E. coli and S. cerevisiae grew. | C. elegans did not.");
        check("Work by J. Q. Doe and R. Roe. | It was new.");
        check("Levels of vitamin D. | The patients had hepatitis B. | Controls had none.");
        check("Growth of P. trichocarpa and troponin I. | Both rose.");
        check("An. gambiae and Ae. aegypti bite. | D. melanogaster does not.");
    }

    #[test]
    fn numbers() {
        check("The dose was 0.5 mg. kg was the unit of weight.");
        check("Mean 1.5 (SD 0.3) vs. 2.7. | The gap was 1.2. | P was 0.04.");
        check("P < 0. 05 was significant. | Next we tried 10.5%.");
        check("In 2010. | 15 patients were enrolled.");
        check("1. Cells were washed. | 2. Cells were fixed.");
        check("A. Survival curves. | B. Growth curves.");
        check("Ver. 3.2.1 of the tool was used.");
    }

    #[test]
    fn lower_case_starts() {
        check("Levels fell. | p53 was stable. | mTOR rose. | miR-21 did not. | α-synuclein aggregated.");
        check("The allele is viable. | unc-13 mutants crawl. | lacZ was silent.");
        check("Expression was abolished. | hedgehog is expressed earlier.");
        check("It binds EGFR. | c-Myc does not.");
    }

    #[test]
    fn brackets_and_quotes() {
        check("Loss was total (n = 5. See Methods) in mice. | Rats lived [cf. Fig. 2. Not shown].");
        check("(All tests were two-sided. They were exact.) | We used R.");
        check("He said “it works.” | She agreed. | ‘Why?’ he asked.");
        check("The range [0, 1) was used. | The other was not.");
        check("The other (half-open] was not. | Good.");
        check("An unclosed (bracket is here. | It does not matter.");
        check("items: a) first. | b) second.");
    }

    #[test]
    fn citations_and_ellipses() {
        check("This was shown before.[12] | The rest is new.(3, 4) | We agree.¹² | They do not.^{5–7} | Good.");
        check("This was shown.12 | The rest was not.");
        check("It goes on … and on ... and on. . . and ends. | Good.");
        check("It ends… | We go on.");
    }

    #[test]
    fn fused_sentences() {
        let text = "There was no treatment.Results were clear. See data.Frame.default and www.example.org today.";
        let found: Vec<&str> = split(text).into_iter().map(|span| &text[span]).collect();
        assert_eq!(found[..2], ["There was no treatment.", "Results were clear."]);
        assert_eq!(found.len(), 3);
    }

    #[test]
    fn layout() {
        assert!(split("").is_empty());
        assert!(split(" \n\t ").is_empty());
        assert_eq!(split("  A heading\n\n  Then text. "), [2..11, 15..25]);
    }

    proptest::proptest! {
        #[test]
        fn spans_cover_everything_but_white_space(text in "[ a-zA-Z0-9.?!…()\\[\\]\"“”α\\n^{}¹,-]{0,80}") {
            let mut end = 0;
            for span in split(&text) {
                proptest::prop_assert!(text[end..span.start].trim().is_empty());
                let sentence = &text[span.clone()];
                proptest::prop_assert!(!sentence.is_empty() && sentence.trim() == sentence);
                end = span.end;
            }
            proptest::prop_assert!(text[end..].trim().is_empty());
        }

        #[test]
        fn any_text_returns(text in ".{0,60}") {
            split(&text);
        }
    }
}
