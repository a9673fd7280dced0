//! Terms: names of things, compared after folding what writers vary and keeping what tells two things apart.
//!
//! Folded: case, Unicode form, Greek letters and their names, hyphens and spaces, British and American spelling, plural s
//! of the last word, possessives. Kept: digits, charges, signs, and a hyphen or space between two digits.

use std::collections::HashMap;
use std::sync::LazyLock;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::table::pairs;

/// The comparison form of `text`, in the singular: two terms that fold to the same string are one term.
///
/// ```
/// use aludel::grade::term::fold;
/// assert_eq!(fold("TNF-α"), fold("TNF alpha"));
/// assert_ne!(fold("CD4+"), fold("CD4-"));
/// ```
pub fn fold(text: &str) -> String {
    Folded::new(text).singular
}

/// Whether `a` and `b` name one term. Finer than comparing [`fold`]s: `AIDS` in any case is not the plural of `AID`.
pub fn equal(a: &str, b: &str) -> bool {
    Folded::new(a).equals(&Folded::new(b))
}

/// A term made ready for many comparisons.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folded {
    exact: String,
    singular: String,
    last_word: LastWord,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum LastWord {
    AllCapitals,
    /// Capitals and a plural s: `SSRIs`.
    Acronyms,
    AllLower,
    Mixed,
}

impl Folded {
    pub fn new(text: &str) -> Self {
        let text = trimmed(text);
        if text.is_empty() {
            return Folded { exact: String::new(), singular: String::new(), last_word: LastWord::Mixed };
        }
        let composed = composed(text);
        let last_word = last_word(&composed);
        let lower = lowered(&composed);
        let (exact, plural_stem) = spelled(&lower, last_word);
        let singular = match plural_stem {
            Some(stem) if last_word != LastWord::AllCapitals => joined(&stem),
            _ => joined(&exact),
        };
        Folded { exact: joined(&exact), singular, last_word }
    }

    pub fn equals(&self, other: &Folded) -> bool {
        if self.exact == other.exact {
            return true;
        }
        if self.singular != other.singular {
            return false;
        }
        // One side is the other's plural. `aids` may stand for AIDS, so it is not taken for the plural of `AID`.
        let doubtful = |a: LastWord, b: LastWord| a == LastWord::AllCapitals && b == LastWord::AllLower;
        !doubtful(self.last_word, other.last_word) && !doubtful(other.last_word, self.last_word)
    }

    /// The folded text, plural kept.
    pub fn exact(&self) -> &str {
        &self.exact
    }

    /// The folded text, last word in the singular.
    pub fn singular(&self) -> &str {
        &self.singular
    }

    pub fn is_empty(&self) -> bool {
        self.exact.is_empty()
    }
}

/// The accepted forms of one term, the canonical one first.
#[derive(Debug, Clone)]
pub(crate) struct Forms(Vec<(String, Folded)>);

impl Forms {
    pub(crate) fn new<'a>(texts: impl Iterator<Item = &'a str>) -> Self {
        Forms(texts.map(|text| (text.to_owned(), Folded::new(&super::dress::undress(text, false)))).collect())
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &(String, Folded)> {
        self.0.iter()
    }

    pub(crate) fn canonical(&self) -> &str {
        self.0.first().map_or("", |(text, _)| text)
    }

    /// Words of the longest form.
    pub(crate) fn n_words(&self) -> usize {
        self.0.iter().map(|(text, _)| text.split_whitespace().count()).max().unwrap_or(0)
    }

    /// Whether `text` as it stands is one of the forms.
    pub(crate) fn has(&self, text: &str) -> bool {
        let folded = Folded::new(text);
        !folded.is_empty() && self.0.iter().any(|(form, own)| own.equals(&folded) || same_species(form, text))
    }

    /// Whether `text` names the term: one form; a form with a listed name or its initials in brackets; two forms joined.
    pub(crate) fn accept(&self, text: &str) -> bool {
        self.has(text) || {
            let name = super::dress::name_of(text);
            (name.len() != text.len() && self.has(name)) || self.has_bracketed(name) || self.has_joined(name)
        }
    }

    fn has_bracketed(&self, text: &str) -> bool {
        let Some((outside, inside)) = text.strip_suffix(')').and_then(|text| text.rsplit_once('(')) else {
            return false;
        };
        let (outside, inside) = (super::dress::name_of(outside), super::dress::name_of(inside));
        self.has(outside) && (self.has(inside) || is_initials(inside, outside))
    }

    fn has_joined(&self, text: &str) -> bool {
        let joints =
            ["/", ",", ";", "=", " or ", " and ", "also known as", "also called", "a.k.a.", "aka ", "i.e.", "("];
        let lower = text.to_ascii_lowercase();
        joints.iter().any(|joint| {
            let mut found = lower.match_indices(joint);
            let (Some((at, _)), None) = (found.next(), found.next()) else { return false };
            // Proof: lowering ASCII moves no byte, so `at` is a char boundary of `text`.
            let (first, second) = (&text[..at], &text[at + joint.len()..]);
            let part = |part: &str| {
                let part = part.trim().trim_start_matches(',').trim_end_matches([',', ')']);
                let part =
                    super::table::strip_longest(part, &["also known as", "also called", "a.k.a.", "aka", "i.e.", "or"])
                        .unwrap_or(part);
                self.has(super::dress::name_of(part.trim().trim_start_matches(',')))
            };
            part(first) && part(second)
        })
    }
}

/// Whether one of `a` and `b` is a species name and the other the same with its genus cut to an initial.
pub(crate) fn same_species(a: &str, b: &str) -> bool {
    fn parts(name: &str) -> Option<(&str, &str)> {
        let (genus, epithet) = name.trim().split_once(|c: char| c.is_whitespace() || c == '.')?;
        let epithet = epithet.trim();
        let letters = |word: &str| !word.is_empty() && word.chars().all(char::is_alphabetic);
        (letters(genus) && epithet.len() >= 3 && letters(epithet)).then_some((genus, epithet))
    }
    let (Some((a_genus, a_epithet)), Some((b_genus, b_epithet))) = (parts(a), parts(b)) else { return false };
    let short = |text: &str, genus: &str| genus.chars().count() == 1 && text.trim()[genus.len()..].starts_with('.');
    let initial = |genus: &str| genus.chars().next().map(|c| c.to_lowercase().to_string());
    short(a, a_genus) != short(b, b_genus)
        && a_genus.len().max(b_genus.len()) >= 3
        && initial(a_genus) == initial(b_genus)
        && a_epithet.to_lowercase() == b_epithet.to_lowercase()
}

/// Whether the letters of `short` are the initials of the words of `long`.
pub(crate) fn is_initials(short: &str, long: &str) -> bool {
    let lower = |text: &str| -> String { lowered(&composed(trimmed(text))) };
    let short = lower(short);
    let short: String = short.chars().filter(|c| c.is_alphanumeric()).collect();
    let short = short.as_str();
    if short.chars().count() < 2 {
        return false;
    }
    let long = lower(long);
    let words = || long.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    let initials: String = words().filter_map(|word| word.chars().next()).collect();
    let small = ["of", "the", "and", "in", "for", "to", "a", "an", "by", "with"];
    let main: String = words().filter(|word| !small.contains(word)).filter_map(|word| word.chars().next()).collect();
    let fits = |initials: &str| initials == short || short.strip_suffix('s') == Some(initials);
    fits(&initials) || fits(&main)
}

/// Without white space, quotes and final points at the ends. A final `+` or `-` stays.
pub(crate) fn trimmed(text: &str) -> &str {
    // Points and spaces together: `a : .` ends as `a.` does.
    text.trim().trim_end_matches(|c: char| c.is_whitespace() || matches!(c, '.' | ',' | ';' | ':' | '!' | '?'))
}

/// Compatibility form; superscripts behind a digit keep their place as `10^6`, primes become apostrophes.
fn composed(text: &str) -> String {
    if text.is_ascii() {
        return text.to_owned();
    }
    let shaped_eszett = text.chars().any(|c| c.is_uppercase() || c.is_ascii_digit());
    let mut mapped = String::with_capacity(text.len() + 8);
    let mut after_digit = false;
    for c in text.chars() {
        if super::dress::is_ignorable(c) {
            continue;
        }
        if after_digit && super::number::superscript_digit(c).is_some() {
            mapped.push('^');
        }
        after_digit = c.is_ascii_digit();
        match c {
            '\u{2032}' | '\u{2018}' | '\u{2019}' | '\u{02BC}' | '\u{00B4}' | '\u{02B9}' | '\u{FF07}' => {
                mapped.push('\'')
            }
            '\u{2033}' | '\u{201C}' | '\u{201D}' => mapped.push('"'),
            'ß' if shaped_eszett => mapped.push('β'),
            '\u{2206}' => mapped.push('δ'),
            'ß' => mapped.push_str("ss"),
            c => mapped.push(c),
        }
    }
    mapped.nfkc().collect()
}

/// Lower case, without diacritics.
fn lowered(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let mut out = String::with_capacity(text.len());
    for c in text.nfd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase) {
        match c {
            'ς' => out.push('σ'),
            'ø' => out.push('o'),
            'ł' => out.push('l'),
            'đ' => out.push('d'),
            'ı' => out.push('i'),
            'æ' => out.push_str("ae"),
            'œ' => out.push_str("oe"),
            c if is_hyphen(c) => out.push('-'),
            c if is_combining_mark(c) => {}
            c => out.push(c),
        }
    }
    out
}

fn last_word(text: &str) -> LastWord {
    let (mut upper, mut lower) = (0, 0);
    for c in text.chars().rev().take_while(|c| c.is_alphabetic()) {
        if c.is_uppercase() {
            upper += 1;
        } else {
            lower += 1;
        }
    }
    match (upper, lower) {
        (2.., 0) => LastWord::AllCapitals,
        (2.., 1) if text.ends_with('s') => LastWord::Acronyms,
        (0, 1..) => LastWord::AllLower,
        _ => LastWord::Mixed,
    }
}

/// `lower` with American spelling and without possessives, and the same with its last word in the singular if that differs.
fn spelled(lower: &str, last: LastWord) -> (String, Option<String>) {
    let mut out = String::with_capacity(lower.len());
    let mut stem = None;
    let mut rest = lower;
    while !rest.is_empty() {
        let other = rest.find(char::is_alphabetic).unwrap_or(rest.len());
        out.push_str(&rest[..other]);
        rest = &rest[other..];
        let length = rest.find(|c: char| !c.is_alphabetic()).unwrap_or(rest.len());
        let (word, after) = rest.split_at(length);
        rest = after;
        let start = out.len();
        american(word, &mut out);
        if let Some(after) = rest.strip_prefix("'s")
            && !word.is_empty()
            && !after.starts_with(|c: char| c.is_alphanumeric())
        {
            rest = after;
        }
        if rest.is_empty() && !word.is_empty() {
            // Proof: `start` is where this word began in `out`.
            let word = &out[start..];
            let acronym = || word.strip_suffix('s').filter(|_| last == LastWord::Acronyms).map(str::to_owned);
            stem = acronym().or_else(|| singular(word)).map(|word| format!("{}{word}", &out[..start]));
        }
    }
    (out, stem)
}

fn american(word: &str, out: &mut String) {
    if word.len() < 3 {
        out.push_str(word);
        return;
    }
    let mut at = 0;
    let bytes = word.as_bytes();
    'word: while at < word.len() {
        for (british, american) in SPELLING.stems.get(usize::from(bytes[at])).into_iter().flatten() {
            if bytes[at..].starts_with(british.as_bytes()) {
                out.push_str(american);
                at += british.len();
                continue 'word;
            }
        }
        let tail = &word[at..];
        if at >= 2
            && tail.len() <= 5
            && let Some((_, american)) = SPELLING.endings.iter().find(|(british, _)| *british == tail)
        {
            out.push_str(american);
            return;
        }
        // Proof: `at` is a char boundary below the length, so there is a char.
        let Some(c) = tail.chars().next() else { return };
        out.push(c);
        at += c.len_utf8();
    }
}

fn singular(word: &str) -> Option<String> {
    let last = word.bytes().next_back()?;
    for (plural, singular) in PLURALS.get(usize::from(last)).into_iter().flatten() {
        if let Some(start) = word.strip_suffix(plural)
            && (start.is_empty() || plural.len() >= 4)
        {
            return Some(format!("{start}{singular}"));
        }
    }
    if word.len() >= 5
        && let Some(stem) = word.strip_suffix("ies")
    {
        return Some(format!("{stem}y"));
    }
    if word.ends_with("sses") || word.ends_with("xes") {
        return Some(word[..word.len() - 2].to_owned());
    }
    let stem = word.strip_suffix('s')?;
    (stem.chars().count() >= 3 && !stem.ends_with(['s', 'u', 'i'])).then(|| stem.to_owned())
}

/// Joins words: hyphens and spaces go, but for those between digits and a sign at a token's end; charges get one form.
fn joined(text: &str) -> String {
    if text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'.') && !text.contains("++")) {
        return text.to_owned();
    }
    let chars: Vec<char> = text.chars().collect();
    let at = |index: usize| chars.get(index).copied();
    let is_gap = |c: char| c == '-' || c.is_whitespace();
    // The nearest char behind each place that is no gap.
    let mut next_solid: Vec<Option<char>> = vec![None; chars.len() + 1];
    for index in (0..chars.len()).rev() {
        next_solid[index] = if is_gap(chars[index]) { next_solid[index + 1] } else { Some(chars[index]) };
    }
    let mut out = String::with_capacity(text.len() + 8);
    let mut solid: Option<char> = None;
    let mut index = 0;
    while let Some(c) = at(index) {
        let before = index.checked_sub(1).and_then(at);
        let mut step = 1;
        if is_gap(c) {
            let next = next_solid[index];
            let digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
            let final_sign = c == '-' && next.is_none() && solid.is_some();
            let token_sign = c == '-'
                && before.is_some_and(|c| c.is_alphanumeric() || matches!(c, ')' | ']'))
                && at(index + 1).is_some_and(|c| !c.is_alphanumeric() && !matches!(c, '-' | '(' | '[' | '\'' | '"'));
            if (final_sign || token_sign || (digit(solid) && digit(next))) && !out.ends_with('-') {
                out.push('-');
            }
            index += 1;
            continue;
        }
        let glued = before.is_some_and(char::is_alphanumeric);
        match c {
            '(' if glued => {
                let digit = at(index + 1).filter(char::is_ascii_digit);
                let sign_at = if digit.is_some() { index + 2 } else { index + 1 };
                match (at(sign_at), at(sign_at + 1)) {
                    (Some(sign @ ('+' | '-')), Some(')')) => {
                        out.extend(digit);
                        out.push(sign);
                        step = sign_at + 2 - index;
                    }
                    _ => out.push(c),
                }
            }
            '+' if at(index + 1) == Some('+') && before.is_some_and(char::is_alphabetic) => {
                out.push_str("2+");
                step = 2;
            }
            '^' if before.is_some_and(|c| c.is_ascii_digit()) && at(index + 1).is_some_and(|c| c.is_ascii_digit()) => {
                out.push('^');
            }
            '^' if glued => {}
            '_' if glued && at(index + 1).is_some_and(|c| c.is_ascii_digit()) => {}
            c if c.is_ascii() => out.push(c),
            c => match GREEK.get(&c) {
                Some(name) => out.push_str(name),
                None => out.push(c),
            },
        }
        solid = Some(c);
        index += step;
    }
    out
}

/// Every hyphen, dash and minus sign.
pub(crate) fn is_hyphen(c: char) -> bool {
    matches!(c, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{FE58}' | '\u{FE63}' | '\u{FF0D}')
}

struct Spelling {
    /// By the British stem's first byte.
    stems: Vec<Vec<(&'static str, &'static str)>>,
    endings: Vec<(&'static str, &'static str)>,
}

static SPELLING: LazyLock<Spelling> = LazyLock::new(|| {
    let mut spelling = Spelling { stems: vec![vec![]; 128], endings: vec![] };
    for (british, american) in pairs(include_str!("data/spelling.tsv")) {
        match british.strip_prefix('-') {
            Some(ending) => spelling.endings.push((ending, american)),
            None => {
                let first = british.bytes().next().map(usize::from);
                if let Some(list) = first.and_then(|first| spelling.stems.get_mut(first)) {
                    list.push((british, american));
                }
            }
        }
    }
    spelling
});

/// By the plural's last byte.
static PLURALS: LazyLock<Vec<Vec<(&'static str, &'static str)>>> = LazyLock::new(|| {
    let mut lists = vec![vec![]; 128];
    for (plural, singular) in pairs(include_str!("data/plurals.tsv")) {
        if let Some(list) = plural.bytes().next_back().and_then(|last| lists.get_mut(usize::from(last))) {
            list.push((plural, singular));
        }
    }
    lists
});

static GREEK: LazyLock<HashMap<char, &'static str>> = LazyLock::new(|| {
    pairs(include_str!("data/greek.tsv")).filter_map(|(letter, name)| Some((letter.chars().next()?, name))).collect()
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_term_in_many_spellings() {
        for (a, b) in [
            ("TRPV1", "trpv1"),
            ("α-synuclein", "Alpha synuclein"),
            ("NF-κB", "NF-kappaB"),
            ("TGFβ", "TGF-beta"),
            ("TGF-ß", "TGF-β"),
            ("ΔF508", "delta F508"),
            ("\u{B5}-opioid", "μ-opioid"),
            ("SARS\u{2011}CoV\u{2011}2", "SARS-CoV-2"),
            ("H₂O₂", "H2O2"),
            ("CO_2", "CO2"),
            ("Ca(2+)", "Ca²⁺"),
            ("Ca++", "Ca2+"),
            ("Ca^2+", "Ca2+"),
            ("CD4(+) T cells", "CD4⁺ T cell"),
            ("CD4^+", "CD4+"),
            ("CD4 +", "CD4+"),
            ("CD4−", "CD4-"),
            ("Sjogren", "Sjögren"),
            ("ﬁbronectin", "fibronectin"),
            ("5′ UTR", "5' UTR"),
            ("tumour necrosis factor", "Tumor Necrosis Factor"),
            ("anaemia", "anemia"),
            ("haemoglobin", "hemoglobin"),
            ("ischaemia", "ischemia"),
            ("polymerisation", "polymerization"),
            ("immunised mice", "immunized mouse"),
            ("mitochondria", "mitochondrion"),
            ("antibodies", "antibody"),
            ("biomasses", "biomass"),
            ("streptococci", "streptococcus"),
            ("microRNAs", "microRNA"),
            ("SSRIs", "SSRI"),
            ("viruses", "virus"),
            ("Huntington's disease", "Huntington disease"),
            ("exons 2–5", "exons 2-5"),
            ("kras", "KRAS"),
            ("PI3K / Akt", "PI3K/AKT"),
        ] {
            assert!(equal(a, b), "{a} / {b}: {:?} {:?}", Folded::new(a), Folded::new(b));
        }
    }

    #[test]
    fn terms_that_differ() {
        for (a, b) in [
            ("CD4+", "CD4"),
            ("CD4+", "CD4-"),
            ("CD4-", "CD4"),
            ("CD4- T cells", "CD4 T cells"),
            ("exons 2-5", "exons 25"),
            ("IL-1", "IL-10"),
            ("a-synuclein", "α-synuclein"),
            ("AIDS", "AID"),
            ("aids", "AID"),
            ("KRAS", "KRA"),
            ("gas", "Ga"),
            ("As", "A"),
            ("Fe2+", "Fe3+"),
            ("10⁶", "106"),
            ("5' UTR", "3' UTR"),
            ("1980s", "1980"),
            ("TR\0PV1", "TRPV1"),
            ("NF-kB", "NF-κB"),
            ("type II", "type 2"),
            ("3:1", "1:3"),
        ] {
            assert!(!equal(a, b), "{a} / {b}: {:?}", Folded::new(a));
        }
    }

    #[test]
    fn points_and_spaces_at_the_end_are_dress_in_any_order() {
        for text in [": ", "p53 : .", "p53 . ,", "p53;"] {
            assert_eq!(fold(text), fold(&format!("{text}. ")), "{text:?}");
        }
        assert_eq!(fold("p53 : ."), fold("p53"));
    }

    #[test]
    fn species_and_initials() {
        assert!(same_species("E. coli", "Escherichia coli"));
        assert!(!same_species("B cell", "Beta cell"));
        assert!(!same_species("E. coli", "Entamoeba histolytica"));
        assert!(!same_species("E. coli", "S. coli"));
        assert!(is_initials("TNF", "tumour necrosis factor"));
        assert!(is_initials("GOF", "gain of function"));
        assert!(!is_initials("VR1", "TRPV1"));
    }

    proptest::proptest! {
        #[test]
        fn folding_is_total_and_ignores_case_and_dress(text in "\\PC{0,60}") {
            let folded = fold(&text);
            proptest::prop_assert_eq!(&folded, &fold(&format!("  {text}. ")));
        }

        #[test]
        fn equality_is_symmetric(a in "[A-Za-z0-9+ -]{0,12}", b in "[A-Za-z0-9+ -]{0,12}") {
            proptest::prop_assert_eq!(equal(&a, &b), equal(&b, &a));
        }

        #[test]
        fn a_digit_more_is_another_term(stem in "[A-Za-z]{1,6}-?[0-9]{1,3}", digit in "[0-9]") {
            let longer = format!("{stem}{digit}");
            proptest::prop_assert!(!equal(&stem, &longer));
        }
    }
}
