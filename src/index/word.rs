//! Text to words, the way biology writes them.
//!
//! A *word* is a run such as `cells`, `p53`, `IL-1β`, `CD4+` or `Apoe-/-`. It is indexed under several forms at its
//! position, so that the spellings of one name meet and different names do not:
//! - a plain word under its English stem, and under itself as well when it looks like a name (two capitals);
//! - a word with digits only under itself (`IL10` is not `IL1`);
//! - a compound under its parts at consecutive positions, and joined (`tnfalpha` for `TNF-α`, `TNFα`, `TNF-alpha`),
//!   with Greek letters also as their Latin stand-ins (`tnfa`, `nfkb`);
//! - a signed word with and without its sign (`cd4+`, `cd4`).
//!
//! Everything is lower case and folded to ASCII where Unicode has a decomposition.

use std::ops::Range;

use tantivy::tokenizer::{Language, RawTokenizer, Stemmer, TextAnalyzer, Token, TokenStream, Tokenizer};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Raised when the same text gives other words: part of the schema's hash.
pub(super) const REVISION: u32 = 1;

const MAX_FORM_BYTES: usize = 64;
const MAX_PARTS: usize = 8;
const STEM_CACHE_SLOTS: usize = 4096;

/// Common words that carry no weight; written in capitals (`WAS`, `IT`) they are taken for names.
const STOP_WORDS: [&str; 48] = [
    "a", "an", "and", "are", "as", "at", "be", "been", "but", "by", "did", "do", "does", "for", "from", "had", "has",
    "have", "how", "if", "in", "into", "is", "it", "its", "of", "on", "or", "our", "such", "that", "the", "their",
    "then", "there", "these", "they", "this", "to", "was", "we", "were", "what", "when", "which", "who", "will",
    "with",
];

/// Greek letters: name and Latin stand-in.
const GREEK: [(char, &str, &str); 24] = [
    ('α', "alpha", "a"),
    ('β', "beta", "b"),
    ('γ', "gamma", "g"),
    ('δ', "delta", "d"),
    ('ε', "epsilon", "e"),
    ('ζ', "zeta", "z"),
    ('η', "eta", "h"),
    ('θ', "theta", "q"),
    ('ι', "iota", "i"),
    ('κ', "kappa", "k"),
    ('λ', "lambda", "l"),
    ('μ', "mu", "m"),
    ('ν', "nu", "n"),
    ('ξ', "xi", "x"),
    ('ο', "omicron", "o"),
    ('π', "pi", "p"),
    ('ρ', "rho", "r"),
    ('σ', "sigma", "s"),
    ('τ', "tau", "t"),
    ('υ', "upsilon", "u"),
    ('φ', "phi", "f"),
    ('χ', "chi", "c"),
    ('ψ', "psi", "y"),
    ('ω', "omega", "w"),
];

/// Units that follow a micro sign.
const MICRO_UNITS: [&str; 14] = ["m", "g", "l", "mol", "s", "a", "v", "w", "ci", "iu", "u", "n", "pa", "f"];

pub(super) fn is_stop_word(lower: &str) -> bool {
    STOP_WORDS.binary_search(&lower).is_ok()
}

/// Whether `lower` names a Greek letter.
pub(super) fn is_greek_name(lower: &str) -> bool {
    GREEK.iter().any(|(_, name, _)| *name == lower)
}

/// One stretch of letters and digits inside a word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Part {
    /// Folded text, in [`Word::buffer`].
    text: Range<usize>,
    /// The Latin stand-in when the part starts with a Greek letter: how many bytes it stands for, and itself.
    stand_in: Option<(usize, &'static str)>,
    /// Where it stands in the text.
    pub span: Range<usize>,
    /// Two capitals or more, and no other case to tell: taken for a name.
    name: bool,
    alphabetic: bool,
}

/// One word of a text; reused from word to word.
#[derive(Debug, Clone, Default)]
pub(super) struct Word {
    buffer: String,
    pub parts: Vec<Part>,
    /// `+`, `-`, `++`, `+/+`, `+/-`, `-/-`, or empty.
    pub sign: &'static str,
    /// Where it stands in the text, with its sign.
    pub span: Range<usize>,
}

impl Word {
    pub fn part(&self, part: &Part) -> &str {
        // Proof: `text` was taken from this buffer's lengths when the part was read.
        self.buffer.get(part.text.clone()).unwrap_or_default()
    }

    /// The parts in one, with Greek letters by name.
    pub fn joined(&self) -> String {
        self.parts.iter().map(|part| self.part(part)).collect()
    }

    /// The parts in one, with Greek letters by their Latin stand-ins; `None` when there is none.
    pub fn joined_latin(&self) -> Option<String> {
        self.parts.iter().any(|part| part.stand_in.is_some()).then(|| {
            let mut all = String::new();
            for part in &self.parts {
                let text = self.part(part);
                match part.stand_in {
                    Some((bytes, latin)) => {
                        all.push_str(latin);
                        all.push_str(text.get(bytes..).unwrap_or_default());
                    }
                    None => all.push_str(text),
                }
            }
            all
        })
    }

    /// Whether the word, in lower case, is a common one.
    fn is_stop(&self, part: &Part) -> bool {
        part.alphabetic && !part.name && is_stop_word(self.part(part))
    }

    fn begin(&mut self, at: usize) {
        self.buffer.clear();
        self.parts.clear();
        self.sign = "";
        self.span = at..at;
    }
}

fn is_hyphen(c: char) -> bool {
    matches!(c, '-' | '\u{2010}' | '\u{2011}' | '\u{2012}' | '\u{2013}' | '\u{2212}')
}

fn is_minus(c: char) -> bool {
    is_hyphen(c) || c == '\u{207b}'
}

fn is_plus(c: char) -> bool {
    c == '+' || c == '\u{207a}'
}

fn first(text: &str) -> Option<char> {
    text.chars().next()
}

fn rest_from(text: &str, at: usize) -> &str {
    text.get(at..).unwrap_or_default()
}

/// Reads the next word at or after byte `at` of `text` into `word`; returns where to go on, or `None` at the end.
pub(super) fn next_word(text: &str, at: usize, word: &mut Word) -> Option<usize> {
    let skipped = rest_from(text, at).char_indices().find(|(_, c)| c.is_alphanumeric())?.0;
    let mut here = at + skipped;
    word.begin(here);
    loop {
        here = read_run(text, here, word);
        let mut ahead = rest_from(text, here).chars();
        match (ahead.next(), ahead.next()) {
            (Some(hyphen), Some(c)) if is_hyphen(hyphen) && c.is_alphanumeric() && word.parts.len() < MAX_PARTS => {
                here += hyphen.len_utf8();
            }
            (Some('\'' | '\u{2019}' | '\u{2032}'), Some(c)) if c.is_alphabetic() && word.parts.len() < MAX_PARTS => {
                let quote = first(rest_from(text, here)).map_or(0, char::len_utf8);
                let tail = rest_from(text, here + quote);
                let possessive =
                    tail.starts_with(['s', 'S']) && !tail.chars().nth(1).is_some_and(|c| c.is_alphanumeric());
                here += quote;
                if possessive {
                    here += 1;
                    break;
                }
            }
            _ => break,
        }
    }
    here = read_sign(text, here, word);
    word.span.end = here;
    Some(here)
}

/// Reads letters and digits (decimal points and thousands commas included) from `at`; returns where they end.
fn read_run(text: &str, at: usize, word: &mut Word) -> usize {
    let mut part = open_part(word, at);
    let mut capitals = 0;
    let mut end = at;
    let mut previous = ' ';
    for (offset, c) in rest_from(text, at).char_indices() {
        let here = at + offset;
        if c.is_ascii_alphanumeric() {
            if let Some((bytes, _)) = part.stand_in {
                // A Latin letter after a Greek one starts a part of its own; digits stay with it.
                if c.is_ascii_alphabetic() && word.buffer.len() >= part.text.start + bytes {
                    close_part(word, part, here, capitals);
                    part = open_part(word, here);
                    capitals = 0;
                }
            }
            capitals += usize::from(c.is_ascii_uppercase());
            part.alphabetic &= c.is_ascii_alphabetic();
            word.buffer.push(c.to_ascii_lowercase());
        } else if (c == '.' || c == ',') && previous.is_ascii_digit() {
            let tail = rest_from(text, here + 1);
            let digits = tail.bytes().take_while(u8::is_ascii_digit).count();
            if c == '.' && digits > 0 {
                word.buffer.push('.');
            } else if !(c == ',' && digits == 3) {
                break;
            }
        } else if let Some((name, latin, micro)) = greek(c, rest_from(text, here + c.len_utf8())) {
            if word.buffer.len() > part.text.start {
                close_part(word, part, here, capitals);
                part = open_part(word, here);
                capitals = 0;
            }
            word.buffer.push_str(name);
            if !micro {
                part.stand_in = Some((name.len(), latin));
            }
        } else if c.is_alphanumeric() {
            part.alphabetic &= c.is_alphabetic();
            capitals += usize::from(c.is_uppercase());
            fold(c, &mut word.buffer);
        } else if !is_combining_mark(c) {
            break;
        }
        previous = c;
        end = here + c.len_utf8();
    }
    close_part(word, part, end, capitals);
    end
}

fn open_part(word: &Word, at: usize) -> Part {
    let start = word.buffer.len();
    Part { text: start..start, stand_in: None, span: at..at, name: false, alphabetic: true }
}

fn close_part(word: &mut Word, mut part: Part, end: usize, capitals: usize) {
    part.text.end = word.buffer.len();
    part.span.end = end;
    part.name = capitals >= 2;
    if part.stand_in.is_none() && part.alphabetic {
        let text = word.buffer.get(part.text.clone()).unwrap_or_default();
        part.stand_in = GREEK.iter().find(|(_, name, _)| *name == text).map(|(_, name, latin)| (name.len(), *latin));
    }
    if !part.text.is_empty() {
        word.parts.push(part);
    }
}

/// Name, Latin stand-in, and whether it is the micro sign of a unit.
fn greek(c: char, tail: &str) -> Option<(&'static str, &'static str, bool)> {
    if c.is_ascii() {
        return None;
    }
    let micro = |tail: &str| {
        let unit: String = tail.chars().take_while(|c| c.is_ascii_alphabetic()).take(4).collect();
        MICRO_UNITS.contains(&unit.to_ascii_lowercase().as_str())
    };
    let lower = match c {
        '\u{b5}' => 'μ',
        'ς' => 'σ',
        'ϵ' => 'ε',
        'ϕ' => 'φ',
        'ϑ' => 'θ',
        other => other.to_lowercase().next().unwrap_or(other),
    };
    if lower == 'μ' && micro(tail) {
        return Some(("u", "u", true));
    }
    GREEK.iter().find(|(letter, _, _)| *letter == lower).map(|(_, name, latin)| (*name, *latin, false))
}

/// Appends `c` in lower case, without its accents.
fn fold(c: char, out: &mut String) {
    let special = match c {
        'ß' => "ss",
        'ø' | 'Ø' => "o",
        'æ' | 'Æ' => "ae",
        'œ' | 'Œ' => "oe",
        'ł' | 'Ł' => "l",
        'đ' | 'Đ' | 'ð' | 'Ð' => "d",
        'þ' | 'Þ' => "th",
        'ı' => "i",
        _ => "",
    };
    if !special.is_empty() {
        out.push_str(special);
        return;
    }
    for folded in std::iter::once(c).nfkd().filter(|c| !is_combining_mark(*c)) {
        if folded.is_alphanumeric() {
            out.extend(folded.to_lowercase().filter(|c| !is_combining_mark(*c)));
        }
    }
}

/// Reads a charge or genotype after a word; returns where it ends.
fn read_sign(text: &str, at: usize, word: &mut Word) -> usize {
    let tail = rest_from(text, at);
    let mut ahead = tail.chars();
    let (Some(one), two, three) = (ahead.next(), ahead.next(), ahead.next()) else { return at };
    let kind = |c: char| {
        if is_plus(c) {
            '+'
        } else if is_minus(c) {
            '-'
        } else {
            ' '
        }
    };
    let after = |count: usize| at + tail.chars().take(count).map(char::len_utf8).sum::<usize>();
    let (sign, count) = match (kind(one), two, three.map(kind)) {
        ('+', Some('/'), Some('+')) => ("+/+", 3),
        ('+', Some('/'), Some('-')) => ("+/-", 3),
        ('-', Some('/'), Some('-')) => ("-/-", 3),
        ('-', Some('/'), Some('+')) => ("+/-", 3),
        ('+', Some(c), _) if is_plus(c) => ("++", 2),
        ('+', _, _) => ("+", 1),
        ('-', two, _) if !two.is_some_and(|c| is_minus(c) || c == '>') => ("-", 1),
        _ => return at,
    };
    word.sign = sign;
    after(count)
}

/// All words of a short text.
pub(super) fn words(text: &str) -> Vec<Word> {
    let mut all = Vec::new();
    let mut word = Word::default();
    let mut at = 0;
    while let Some(next) = next_word(text, at, &mut word) {
        if !word.parts.is_empty() {
            all.push(word.clone());
        }
        at = next;
    }
    all
}

/// How a query looks for one word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Forms {
    /// Any of these at one position.
    pub any: Vec<String>,
    /// Or these at consecutive positions; empty for a word of one part.
    pub sequence: Vec<String>,
}

/// The forms under which `word` is found; `None` for a common word.
pub(super) fn query_forms(word: &Word, stems: &mut Stems) -> Option<Forms> {
    let [part] = word.parts.as_slice() else {
        let mut any = vec![bounded(word.joined() + word.sign)];
        any.extend(word.joined_latin().map(|latin| bounded(latin + word.sign)));
        let sequence = if word.sign.is_empty() {
            word.parts.iter().map(|part| main_form(word, part, stems)).collect()
        } else {
            Vec::new()
        };
        return Some(Forms { any, sequence });
    };
    let text = word.part(part);
    if !word.sign.is_empty() && (word.sign != "-" || part.name || !part.alphabetic) {
        return Some(Forms { any: vec![bounded(format!("{text}{}", word.sign))], sequence: Vec::new() });
    }
    if word.is_stop(part) {
        return None;
    }
    let stem = main_form(word, part, stems);
    let mut any = vec![bounded(text.to_owned())];
    if stem != text {
        any.push(stem);
    }
    Some(Forms { any, sequence: Vec::new() })
}

/// The form under which a part is indexed at its position.
fn main_form(word: &Word, part: &Part, stems: &mut Stems) -> String {
    let text = word.part(part);
    if part.alphabetic { bounded(stems.stem(text).to_owned()) } else { bounded(text.to_owned()) }
}

fn bounded(mut form: String) -> String {
    if form.len() > MAX_FORM_BYTES {
        let mut end = MAX_FORM_BYTES;
        while !form.is_char_boundary(end) {
            end -= 1;
        }
        form.truncate(end);
    }
    form
}

/// English stems with a small direct-mapped memory: most words of a text were seen just before.
#[derive(Clone)]
pub(super) struct Stems {
    stemmer: TextAnalyzer,
    slots: Vec<(String, String)>,
}

impl Default for Stems {
    fn default() -> Self {
        let stemmer = TextAnalyzer::builder(RawTokenizer::default()).filter(Stemmer::new(Language::English)).build();
        Stems { stemmer, slots: Vec::new() }
    }
}

impl Stems {
    /// The stem of a folded, lower-case word; short and long words are their own.
    pub fn stem<'a>(&'a mut self, word: &'a str) -> &'a str {
        if word.len() < 3 || word.len() > 40 || !word.is_ascii() {
            return word;
        }
        if self.slots.is_empty() {
            self.slots.resize(STEM_CACHE_SLOTS, Default::default());
        }
        let hash = word
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
        let place = (hash ^ (hash >> 32)) as usize % STEM_CACHE_SLOTS;
        let Some(slot) = self.slots.get_mut(place) else { return word };
        if slot.0 != word {
            let mut stream = self.stemmer.token_stream(word);
            slot.1.clear();
            slot.1.push_str(stream.next().map_or(word, |token| &token.text));
            slot.0.clear();
            slot.0.push_str(word);
        }
        &slot.1
    }
}

/// Tantivy's view of [`next_word`]: the tokeniser of every text field.
#[derive(Clone, Default)]
pub(super) struct Words {
    word: Word,
    stems: Stems,
    arena: String,
    forms: Vec<Form>,
}

#[derive(Debug, Clone)]
struct Form {
    text: Range<usize>,
    span: Range<usize>,
    position: usize,
}

impl Words {
    fn analyse(&mut self, text: &str) {
        self.arena.clear();
        self.forms.clear();
        let mut at = 0;
        let mut position = 0;
        while let Some(next) = next_word(text, at, &mut self.word) {
            at = next;
            position += self.index_word(position);
        }
    }

    /// Adds the current word's forms; returns how many positions it takes.
    fn index_word(&mut self, position: usize) -> usize {
        let Words { word, stems, arena, forms } = self;
        let mut push = |pieces: &[&str], span: &Range<usize>, position: usize| {
            let start = arena.len();
            for piece in pieces {
                arena.push_str(piece);
            }
            if arena.len() - start > MAX_FORM_BYTES {
                let whole = arena.split_off(start);
                arena.push_str(&bounded(whole));
            }
            if arena.len() > start {
                forms.push(Form { text: start..arena.len(), span: span.clone(), position });
            }
        };
        if word.parts.len() > 1 {
            let joined = word.joined();
            push(&[&joined], &word.span, position);
            let latin = word.joined_latin();
            if let Some(latin) = &latin {
                push(&[latin], &word.span, position);
            }
            if !word.sign.is_empty() {
                push(&[&joined, word.sign], &word.span, position);
                if let Some(latin) = &latin {
                    push(&[latin, word.sign], &word.span, position);
                }
            }
        } else if let (false, Some(part)) = (word.sign.is_empty(), word.parts.first()) {
            push(&[word.part(part), word.sign], &word.span, position);
        }
        for (offset, part) in word.parts.iter().enumerate() {
            let text = word.part(part);
            if word.parts.len() == 1 && word.is_stop(part) {
                continue;
            }
            if !part.alphabetic {
                push(&[text], &part.span, position + offset);
                continue;
            }
            let stem = stems.stem(text);
            push(&[stem], &part.span, position + offset);
            if part.name && stem != text {
                push(&[text], &part.span, position + offset);
            }
        }
        word.parts.len()
    }
}

impl Tokenizer for Words {
    type TokenStream<'a> = FormStream<'a>;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> FormStream<'a> {
        self.analyse(text);
        FormStream { words: self, next: 0, token: Token::default() }
    }
}

/// The stream of one text's forms.
pub(super) struct FormStream<'a> {
    words: &'a Words,
    next: usize,
    token: Token,
}

impl TokenStream for FormStream<'_> {
    fn advance(&mut self) -> bool {
        let Some(form) = self.words.forms.get(self.next) else { return false };
        self.next += 1;
        self.token.text.clear();
        self.token.text.push_str(self.words.arena.get(form.text.clone()).unwrap_or_default());
        self.token.offset_from = form.span.start;
        self.token.offset_to = form.span.end;
        self.token.position = form.position;
        true
    }

    fn token(&self) -> &Token {
        &self.token
    }

    fn token_mut(&mut self) -> &mut Token {
        &mut self.token
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn forms(text: &str) -> Vec<(usize, String)> {
        let mut words = Words::default();
        let mut stream = words.token_stream(text);
        let mut all = Vec::new();
        while let Some(token) = stream.next() {
            all.push((token.position, token.text.clone()));
        }
        all
    }

    fn check(text: &str, expected: &[(usize, &str)]) {
        let expected: Vec<_> = expected.iter().map(|(at, form)| (*at, (*form).to_owned())).collect();
        assert_eq!(forms(text), expected, "{text:?}");
    }

    #[test]
    fn words_and_names() {
        check("The cells were phosphorylated", &[(1, "cell"), (3, "phosphoryl")]);
        check("WAS and p53", &[(0, "was"), (2, "p53")]);
        check("GAPS", &[(0, "gap"), (0, "gaps")]);
        check("C. elegans", &[(0, "c"), (1, "elegan")]);
        check("5,200 cells at 1.5 µg", &[(0, "5200"), (1, "cell"), (3, "1.5"), (4, "ug")]);
        check("Alzheimer's café", &[(0, "alzheim"), (1, "cafe")]);
        check("Ca²⁺", &[(0, "ca2+"), (0, "ca2")]);
    }

    #[test]
    fn compounds_meet_in_their_joined_form() {
        check("TNF-α", &[(0, "tnfalpha"), (0, "tnfa"), (0, "tnf"), (1, "alpha")]);
        check("TNFα", &[(0, "tnfalpha"), (0, "tnfa"), (0, "tnf"), (1, "alpha")]);
        check("TNF-alpha", &[(0, "tnfalpha"), (0, "tnfa"), (0, "tnf"), (1, "alpha")]);
        check("NF-κB", &[(0, "nfkappab"), (0, "nfkb"), (0, "nf"), (1, "kappa"), (2, "b")]);
        check("IL-1", &[(0, "il1"), (0, "il"), (1, "1")]);
        check("IL–10", &[(0, "il10"), (0, "il"), (1, "10")]);
        check("dose-dependent", &[(0, "dosedependent"), (0, "dose"), (1, "depend")]);
    }

    #[test]
    fn signs_are_kept() {
        check("CD4+CD25+ T", &[(0, "cd4+"), (0, "cd4"), (1, "cd25+"), (1, "cd25"), (2, "t")]);
        check("CD4⁺", &[(0, "cd4+"), (0, "cd4")]);
        check("CD8− cells", &[(0, "cd8-"), (0, "cd8"), (1, "cell")]);
        check("Apoe−/−", &[(0, "apoe-/-"), (0, "apo")]);
    }

    #[test]
    fn stop_words_are_sorted() {
        assert!(STOP_WORDS.is_sorted());
    }

    proptest! {
        #[test]
        fn any_text_gives_bounded_forms_inside_it(text in "\\PC{0,200}") {
            let mut words = Words::default();
            let mut stream = words.token_stream(&text);
            let mut position = 0;
            while let Some(token) = stream.next() {
                prop_assert!(token.text.len() <= MAX_FORM_BYTES && !token.text.is_empty());
                prop_assert!(token.position >= position);
                position = token.position;
                prop_assert!(text.get(token.offset_from..token.offset_to).is_some_and(|s| !s.is_empty()));
            }
        }
    }
}
