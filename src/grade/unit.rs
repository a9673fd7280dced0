//! Units: read from text, compared by dimension, converted.
//!
//! A unit is a product of powers. Each factor is a row of `data/units.tsv` with an SI prefix, or an opaque noun (`wells`,
//! `gametocytes`) that equals only itself, plural s and case folded.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::table::rows;
use super::term;

const MAX_BASES: usize = 40;
/// A spec's unit has a handful of factors; text that has more is no unit.
const MAX_FACTORS: usize = 8;
const MAX_NOUN_WORDS: usize = 4;

/// A unit of measurement, or a counted noun.
#[derive(Debug, Clone, PartialEq)]
pub struct Unit {
    scale: f64,
    /// The value in base units of a reading of 0; other than 0 only for °C and °F.
    offset: f64,
    powers: [i8; MAX_BASES],
    nouns: Vec<(String, i8)>,
    plain: bool,
}

impl Unit {
    /// The unit that the whole of `text` spells, or `None`. A plain noun or a noun per something is a unit too.
    ///
    /// ```
    /// use aludel::grade::unit::{Unit, convert};
    /// let (nm, um) = (Unit::parse("nM").unwrap(), Unit::parse("μmol/L").unwrap());
    /// assert!((convert(5000.0, &nm, &um).unwrap() - 5.0).abs() < 1e-9);
    /// ```
    pub fn parse(text: &str) -> Option<Unit> {
        let text = normalised(text);
        let (unit, rest) = read(text.trim(), true)?;
        rest.trim().is_empty().then_some(unit)
    }

    /// Whether every factor is in the unit table.
    pub fn is_known(&self) -> bool {
        self.nouns.is_empty()
    }

    /// Whether this counts things (`cells`, `residues`, `bp`, any noun), so that it may follow a bare number.
    pub fn is_count(&self) -> bool {
        let bases = &TABLE.bases;
        let mut n_counts = 0;
        for (base, power) in bases.iter().zip(self.powers) {
            if power != 0 {
                if power != 1 || !COUNTED.contains(base) {
                    return false;
                }
                n_counts += 1;
            }
        }
        n_counts += self.nouns.len();
        n_counts == 1 && self.scale == 1.0 && self.nouns.iter().all(|(_, power)| *power == 1)
    }

    /// Whether this is °C, °F or K, alone.
    pub fn is_temperature(&self) -> bool {
        self.nouns.is_empty() && self.powers == base_power("K")
    }

    pub fn is_percent(&self) -> bool {
        self.nouns.is_empty() && self.powers == base_power("percent")
    }

    pub fn is_fold(&self) -> bool {
        self.nouns.is_empty() && self.powers == base_power("fold")
    }

    /// Whether this is a time, so that two of them may stand for one duration (`1 h 30 min`).
    pub fn is_duration(&self) -> bool {
        self.nouns.is_empty() && (self.powers == base_power("s") || self.powers == base_power("month"))
    }

    /// How many base units one of this is.
    pub fn scale(&self) -> f64 {
        self.scale
    }

    fn one() -> Self {
        Unit { scale: 1.0, offset: 0.0, powers: [0; MAX_BASES], nouns: Vec::new(), plain: true }
    }

    pub(crate) fn fold_change() -> Self {
        Unit { powers: base_power("fold"), ..Unit::one() }
    }

    fn multiply(&mut self, factor: &Factor, power: i8) {
        match factor {
            Factor::Known(known) => {
                self.scale *= known.scale.powi(i32::from(power));
                // An offset has a meaning only for a temperature that stands alone.
                self.offset = if self.plain && power == 1 { known.offset } else { 0.0 };
                for (total, own) in self.powers.iter_mut().zip(known.powers) {
                    *total = total.saturating_add(own.saturating_mul(power));
                }
            }
            Factor::Noun(noun) => {
                match self.nouns.iter_mut().find(|(name, _)| name == noun) {
                    Some((_, total)) => *total = total.saturating_add(power),
                    None => self.nouns.push((noun.clone(), power)),
                }
                self.nouns.retain(|(_, power)| *power != 0);
                self.nouns.sort();
                self.offset = 0.0;
            }
        }
        self.plain = false;
    }
}

/// Whether values in `a` can be converted into `b`.
pub fn same_dimension(a: &Unit, b: &Unit) -> bool {
    a.powers == b.powers && a.nouns == b.nouns
}

/// `value` in `from`, expressed in `to`; `None` when the dimensions differ or the result is not finite.
pub fn convert(value: f64, from: &Unit, to: &Unit) -> Option<f64> {
    if !same_dimension(from, to) {
        return None;
    }
    if from.scale == to.scale && from.offset == to.offset {
        return Some(value);
    }
    let converted = (value * from.scale + from.offset - to.offset) / to.scale;
    converted.is_finite().then_some(converted)
}

/// The longest unit of table rows at the start of `text` (which must be [`normalised`]), and what follows it.
pub(crate) fn parse_prefix(text: &str) -> Option<(Unit, &str)> {
    read(text, false)
}

/// Each unit, opaque nouns included, that the first words of `text` spell, longest first, with what follows.
pub(crate) fn noun_prefixes(text: &str) -> Vec<(Unit, &str)> {
    let mut ends: Vec<usize> = Vec::new();
    let mut in_word = false;
    for (at, c) in text.char_indices() {
        let end_of_word = c.is_whitespace() || matches!(c, ',' | ';' | '(' | '.');
        if in_word && end_of_word {
            ends.push(at);
        }
        in_word = !end_of_word;
        if ends.len() > 6 {
            break;
        }
    }
    if in_word {
        ends.push(text.len());
    }
    ends.iter()
        .rev()
        // Proof: each end is a char boundary of `text`.
        .filter_map(|&end| Some((Unit::parse(&text[..end])?, &text[end..])))
        .collect()
}

/// `text` with one spelling for each sign that units are written with: Greek mu, `°C`, `Å`, `-`, plain spaces.
pub(crate) fn normalised(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\u{00B5}' => out.push('μ'),
            '\u{2103}' => out.push_str("°C"),
            '\u{2109}' => out.push_str("°F"),
            '\u{00BA}' | '\u{02DA}' => out.push('°'),
            '\u{212A}' => out.push('K'),
            '\u{212B}' => out.push('Å'),
            '\u{2126}' => out.push('Ω'),
            '\u{2010}'..='\u{2014}' | '\u{2212}' | '\u{FE63}' | '\u{FF0D}' => out.push('-'),
            '\u{2044}' | '\u{2215}' => out.push('/'),
            '\u{FF01}'..='\u{FF5E}' => {
                // Proof: the full-width block is ASCII shifted by 0xFEE0, so the result is a char.
                out.push(char::from_u32(c as u32 - 0xFEE0).unwrap_or(c));
            }
            c if c.is_whitespace() => out.push(' '),
            c => out.push(c),
        }
    }
    if out.contains("° ") { out.replace("° C", "°C").replace("° F", "°F") } else { out }
}

enum Factor {
    Known(Known),
    Noun(String),
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Known {
    scale: f64,
    offset: f64,
    powers: [i8; MAX_BASES],
}

fn read(text: &str, nouns: bool) -> Option<(Unit, &str)> {
    let mut unit = Unit::one();
    let mut rest = text.trim_start();
    let mut n_factors = 0;
    let mut divides = false;
    let mut group = false;
    loop {
        let before = rest;
        let mut operator = n_factors == 0;
        let spaced = rest.starts_with(' ');
        rest = rest.trim_start();
        if let Some(after) = rest.strip_prefix('/').or_else(|| per(rest)) {
            (divides, operator, rest) = (true, true, after.trim_start());
            if let Some(inside) = rest.strip_prefix('(') {
                (group, rest) = (true, inside);
            }
        } else if n_factors > 0
            && let Some(after) = rest.strip_prefix(['·', '*', '⋅', '∙', '.'])
            && after.trim_start().starts_with(|c: char| c.is_alphabetic() || c == '°')
        {
            (operator, rest) = (true, after.trim_start());
            divides &= group;
        } else if n_factors > 0 && !group {
            divides = false;
        }
        let factor = known_factor(rest).map(|(known, after)| (Factor::Known(known), after));
        let noun_allowed = (nouns && n_factors == 0) || (divides && operator);
        let factor = factor.filter(|(_, after)| !nouns || !noun_allowed || word_ends(after)).or_else(|| {
            let n_words = if nouns { MAX_NOUN_WORDS } else { 1 };
            if noun_allowed { noun(rest, n_words) } else { None }
        });
        let Some((factor, after)) = factor else {
            // A sign with nothing behind it is no unit; otherwise the unit ended before the space.
            return (n_factors > 0 && !(operator && divides)).then_some((unit, before));
        };
        let (power, after, explicit) = exponent(after, matches!(factor, Factor::Known(_)));
        if !(operator || group || spaced && explicit) {
            return Some((unit, before));
        }
        unit.multiply(&factor, if divides { -power } else { power });
        rest = after;
        if group && let Some(after) = rest.trim_start().strip_prefix(')') {
            (group, divides, rest) = (false, false, after);
        }
        n_factors += 1;
        if n_factors == MAX_FACTORS {
            return Some((unit, rest));
        }
    }
}

fn per(text: &str) -> Option<&str> {
    let rest = text.get(..3).filter(|head| head.eq_ignore_ascii_case("per")).and_then(|_| text.get(3..))?;
    // `per cent` and `per mille` are units of their own.
    let own = super::table::strip_longest(rest.trim_start(), &["cent", "mille", "mil"]).is_some();
    (rest.starts_with(' ') && !own).then_some(rest)
}

fn word_ends(after: &str) -> bool {
    // A following word would belong to a noun such as `cell divisions`.
    let after = after.trim_start();
    after.is_empty() || !after.starts_with(|c: char| c.is_alphabetic()) || per(after).is_some() || {
        let (_, rest, explicit) = known_factor(after).map_or((0, after, false), |(_, rest)| exponent(rest, true));
        explicit && rest.len() < after.len()
    }
}

/// The longest row of the table at the start of `text`.
fn known_factor(text: &str) -> Option<(Known, &str)> {
    let table = &*TABLE;
    if let Some(rest) = text.strip_prefix('%') {
        let long = ["(w/v)", "w/v", "(v/v)", "v/v", "(w/w)", "w/w"];
        let rest = super::table::strip_longest(rest.trim_start(), &long).unwrap_or(rest);
        return Some((*table.symbols.get("%")?, rest));
    }
    if let Some(rest) = text.strip_prefix('‰') {
        return Some((*table.symbols.get("‰")?, rest));
    }
    if let Some(rest) = text.strip_prefix("×g").or_else(|| text.strip_prefix("× g"))
        && !rest.starts_with(char::is_alphanumeric)
    {
        return Some((*table.symbols.get("×g")?, rest));
    }
    // The ends of the first four words.
    let mut ends = [0usize; 4];
    let mut n_ends = 0;
    let mut end = 0;
    while n_ends < 4 {
        let word = word_length(&text[end..]);
        if word == 0 {
            break;
        }
        end += word;
        ends[n_ends] = end;
        n_ends += 1;
        // Proof: `end` is a char boundary, the bytes skipped here are ASCII.
        match text.as_bytes().get(end) {
            Some(b' ' | b'-') => end += 1,
            _ => break,
        }
    }
    let first = ends[0];
    if n_ends == 0 {
        return None;
    }
    for &end in ends[1..n_ends.max(1)].iter().rev() {
        let name = text[..end].to_lowercase().replace('-', " ");
        if let Some(known) = table.name(&name) {
            return Some((known, &text[end..]));
        }
    }
    let (word, rest) = text.split_at(first);
    if let Some(known) = table.symbols.get(word) {
        return Some((*known, rest));
    }
    // `cmH2O`: the digit belongs to the symbol.
    if let Some(rest) = text.strip_prefix("cmH2O") {
        return Some((*table.symbols.get("cmH2O")?, rest));
    }
    let lower = word.to_lowercase();
    if let Some(known) = table.name(&lower) {
        return Some((known, rest));
    }
    // `ml` and `kda` are forgiven; a lone letter in the other case is as a rule no unit (`3D`, `10k`).
    let forgiven = word.len() > 1;
    table.folded.get(lower.as_str()).copied().flatten().filter(|_| forgiven).map(|known| (known, rest))
}

fn word_length(text: &str) -> usize {
    text.find(|c: char| !(c.is_alphabetic() || c == '°')).unwrap_or(text.len())
}

/// A noun phrase at the start of `text`: up to `n_words` words, up to `/`, `per` or the end.
fn noun(text: &str, n_words: usize) -> Option<(Factor, &str)> {
    let mut end = 0;
    for _ in 0..n_words {
        let rest = &text[end..];
        let start = end + (rest.len() - rest.trim_start().len());
        let word = &text[start..];
        if !word.starts_with(|c: char| c.is_alphabetic()) || super::table::strip_phrase(word, "per").is_some() {
            break;
        }
        let length = word.find(|c: char| !(c.is_alphanumeric() || matches!(c, '-' | '+' | '\''))).unwrap_or(word.len());
        end = start + length;
        if !text[end..].starts_with(' ') {
            break;
        }
    }
    // A hyphen in front of a digit would be an exponent (`well-1`).
    let phrase = text[..end].trim_end();
    let (phrase, end) = match phrase.rfind('-') {
        Some(at) if phrase[at + 1..].bytes().all(|b| b.is_ascii_digit()) && at > 0 => (&phrase[..at], at),
        _ => (phrase, end),
    };
    // Proof: `end` is the end of a word or the place of a hyphen in `text`.
    (!phrase.is_empty()).then(|| (Factor::Noun(term::fold(phrase)), &text[end..]))
}

/// The power at the start of `text`, what follows it, and whether one was written.
fn exponent(text: &str, digits: bool) -> (i8, &str, bool) {
    let none = (1, text, false);
    let mut negative = false;
    let mut value: Option<i8> = None;
    let mut end = 0;
    for (at, c) in text.char_indices() {
        match c {
            '⁻' if at == 0 => negative = true,
            '⁺' if at == 0 => {}
            '¹' | '²' | '³' | '⁴' | '⁵' | '⁶' | '⁷' | '⁸' | '⁹' if value.is_none() => {
                value = super::number::superscript_digit(c).and_then(|digit| i8::try_from(digit).ok());
            }
            _ => break,
        }
        end = at + c.len_utf8();
    }
    if let Some(value) = value {
        return (if negative { -value } else { value }, &text[end..], true);
    }
    let (caret, rest) = match text.strip_prefix('^') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (bracket, rest) = match rest.strip_prefix(['(', '{']) {
        Some(inside) if caret => (true, inside),
        _ => (false, rest),
    };
    let (negative, rest) = match rest.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, rest),
    };
    if !caret && !digits && !negative {
        return none;
    }
    let Some(value) = rest.bytes().next().filter(u8::is_ascii_digit).map(|b| (b - b'0') as i8) else { return none };
    // Proof: the first byte is an ASCII digit.
    let mut rest = &rest[1..];
    if bracket {
        match rest.strip_prefix([')', '}']) {
            Some(after) => rest = after,
            None => return none,
        }
    }
    if value == 0 || rest.starts_with(|c: char| c.is_alphanumeric()) {
        return none;
    }
    (if negative { -value } else { value }, rest, true)
}

/// Base units that count things.
const COUNTED: &[&str] = &["cell", "cfu", "pfu", "copy", "aa", "nt", "bp", "U", "IU"];

const PREFIXES: &[(&str, &str, f64)] = &[
    ("f", "femto", 1e-15),
    ("p", "pico", 1e-12),
    ("n", "nano", 1e-9),
    ("μ", "micro", 1e-6),
    ("m", "milli", 1e-3),
    ("c", "centi", 1e-2),
    ("d", "deci", 1e-1),
    ("h", "hecto", 1e2),
    ("k", "kilo", 1e3),
    ("M", "mega", 1e6),
    ("G", "giga", 1e9),
    ("T", "tera", 1e12),
];

struct Table {
    bases: Vec<&'static str>,
    symbols: HashMap<String, Known>,
    names: HashMap<String, Known>,
    /// Lower-case symbols; `None` where two units share the spelling.
    folded: HashMap<String, Option<Known>>,
}

impl Table {
    fn name(&self, lower: &str) -> Option<Known> {
        let singular = || lower.strip_suffix('s').filter(|stem| stem.len() > 2);
        let degree = || lower.strip_prefix("degrees ").map(|scale| format!("degree {scale}"));
        self.names
            .get(lower)
            .or_else(|| self.names.get(singular()?))
            .or_else(|| self.names.get(degree()?.as_str()))
            .copied()
    }

    fn base(&mut self, name: &'static str) -> usize {
        self.bases.iter().position(|base| *base == name).unwrap_or_else(|| {
            self.bases.push(name);
            self.bases.len() - 1
        })
    }

    fn add_symbol(&mut self, symbol: String, known: Known) {
        let lower = symbol.to_lowercase();
        self.folded
            .entry(lower)
            .and_modify(|other| *other = other.filter(|other| *other == known))
            .or_insert(Some(known));
        self.symbols.insert(symbol, known);
    }
}

fn base_power(name: &str) -> [i8; MAX_BASES] {
    let mut powers = [0; MAX_BASES];
    if let Some(power) = TABLE.bases.iter().position(|base| *base == name).and_then(|at| powers.get_mut(at)) {
        *power = 1;
    }
    powers
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let mut table = Table { bases: vec![], symbols: HashMap::new(), names: HashMap::new(), folded: HashMap::new() };
    for row in rows(include_str!("data/units.tsv")) {
        let fields: Vec<&'static str> = row.split('\t').collect();
        let &[dimension, scale, offset, prefixes, symbols, names] = fields.as_slice() else { continue };
        let mut powers = [0i8; MAX_BASES];
        for factor in dimension.split(' ') {
            let split = factor.find(|c: char| c == '-' || c.is_ascii_digit()).unwrap_or(factor.len());
            let (base, power) = factor.split_at(split);
            let at = table.base(base);
            if let Some(slot) = powers.get_mut(at) {
                *slot = power.parse().unwrap_or(1);
            }
        }
        let (Ok(scale), Ok(offset)) = (scale.parse::<f64>(), offset.parse::<f64>()) else { continue };
        let known = Known { scale, offset, powers };
        for symbol in symbols.split(',').filter(|symbol| *symbol != "-") {
            let bare = symbol.strip_prefix('!');
            if bare.is_none() {
                table.add_symbol(symbol.to_owned(), known);
            }
            for (prefix, _, factor) in prefixes_of(prefixes) {
                let known = Known { scale: scale * factor, ..known };
                table.add_symbol(format!("{prefix}{}", bare.unwrap_or(symbol)), known);
                if prefix == "μ" {
                    table.add_symbol(format!("u{}", bare.unwrap_or(symbol)), known);
                }
            }
        }
        for name in names.split(',').filter(|name| *name != "-") {
            table.names.insert(name.to_owned(), known);
            for (_, prefix, factor) in prefixes_of(prefixes) {
                table.names.insert(format!("{prefix}{name}"), Known { scale: scale * factor, ..known });
            }
        }
    }
    table
});

fn prefixes_of(allowed: &str) -> impl Iterator<Item = (&'static str, &'static str, f64)> + '_ {
    PREFIXES.iter().copied().filter(move |(symbol, _, _)| allowed.contains(symbol))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn equal(a: &str, b: &str) {
        let (ua, ub) = (Unit::parse(a).expect(a), Unit::parse(b).expect(b));
        let converted = convert(1.0, &ua, &ub).unwrap_or_else(|| panic!("{a} and {b} differ in dimension"));
        assert!((converted - 1.0).abs() < 1e-9, "1 {a} is {converted} {b}");
    }

    fn differ(a: &str, b: &str) {
        let (Some(ua), Some(ub)) = (Unit::parse(a), Unit::parse(b)) else { return };
        let same = convert(1.0, &ua, &ub).is_some_and(|converted| (converted - 1.0).abs() < 1e-9);
        assert!(!same, "{a} equals {b}");
    }

    #[test]
    fn spellings_of_one_unit() {
        for (a, b) in [
            ("µM", "μM"),
            ("uM", "micromolar"),
            ("µmol/L", "µM"),
            ("µmol l-1", "µM"),
            ("mg kg⁻¹", "mg/kg"),
            ("mg kg^-1", "mg per kg"),
            ("mg·kg⁻¹·d⁻¹", "mg/kg/day"),
            ("mg/(kg·day)", "mg/kg/d"),
            ("h⁻¹", "per hour"),
            ("h-1", "/h"),
            ("µmol m⁻² s⁻¹", "μmol m^-2 s^-1"),
            ("µmol m-2 s-1", "µmol/m2/s"),
            ("microns", "µm"),
            ("degrees Celsius", "°C"),
            ("℃", "°C"),
            ("deg C", "°C"),
            ("percent", "%"),
            ("per cent", "%"),
            ("percentage points", "%"),
            ("% (w/v)", "%"),
            ("base pairs", "bp"),
            ("kbp", "kb"),
            ("KB", "kb"),
            ("kda", "kDa"),
            ("ml", "mL"),
            ("hz", "Hz"),
            ("mm Hg", "mmHg"),
            ("hours", "h"),
            ("amino acids", "aa"),
            ("residues", "aa"),
            ("colony-forming units", "CFU"),
            ("cfu/ml", "CFU/mL"),
            ("Wells", "well"),
            ("gametocytes/mL", "gametocyte per ml"),
            ("T cells", "t cell"),
            ("mg/mouse", "mg per mouse"),
            ("kJ/mol", "kilojoules per mole"),
            ("mOsm/kg", "mosm/kg"),
            ("cells/mm3", "cells/µL"),
            ("beats/min", "beats per minute"),
            ("Hz", "s⁻¹"),
            ("MΩ", "megaohm"),
        ] {
            equal(a, b);
        }
    }

    #[test]
    fn units_that_are_not_one() {
        for (a, b) in [
            ("mM", "mm"),
            ("µM", "µm"),
            ("Mg", "mg"),
            ("MG", "mg"),
            ("mV", "MV"),
            ("PA", "pA"),
            ("bp", "nt"),
            ("month", "d"),
            ("U", "IU"),
            ("ppm", "mg/L"),
            ("%", "g/L"),
            ("%", "‰"),
            ("%", "fold"),
            ("mg/kg", "mg"),
            ("wells", "plates"),
            ("mmol", "mM"),
            ("K", "°C"),
        ] {
            differ(a, b);
        }
        for text in ["", "/", "mg/", "per", "!!", "5", "mg/kg/", "12 h"] {
            assert_eq!(Unit::parse(text), None, "{text}");
        }
    }

    #[test]
    fn published_conversions() {
        let check = |value: f64, from: &str, to: &str, expected: f64| {
            let got = convert(value, &Unit::parse(from).unwrap(), &Unit::parse(to).unwrap()).unwrap();
            assert!((got - expected).abs() <= 1e-6 * expected.abs(), "{value} {from} is {got} {to}");
        };
        check(37.0, "°C", "K", 310.15);
        check(98.6, "°F", "°C", 37.0);
        check(1.0, "kcal/mol", "kJ/mol", 4.184);
        check(760.0, "mmHg", "kPa", 101.325);
        check(1.0, "week", "h", 168.0);
        check(2.0, "years", "months", 24.0);
        check(25.0, "Å", "nm", 2.5);
        check(1.0, "mph", "m/s", 0.44704);
        check(5.0, "°C/min", "K/min", 5.0);
        check(1.0, "M", "mol/m3", 1000.0);
    }

    #[test]
    fn every_row_of_the_table_is_read_and_the_bases_fit() {
        let table = &*TABLE;
        assert!(table.bases.len() <= MAX_BASES, "{} bases", table.bases.len());
        for row in rows(include_str!("data/units.tsv")) {
            assert_eq!(row.split('\t').count(), 6, "{row}");
        }
        for base in COUNTED {
            assert!(table.bases.contains(base), "{base}");
        }
    }

    #[test]
    fn a_space_in_front_of_a_noun_of_two_byte_letters_moves_no_boundary() {
        assert!(Unit::parse("mg/( é-1)").is_some());
        assert!(parse_prefix("mg/( é-1)").is_some());
        assert!(super::super::number::parse("5 mg/( é-1)").is_some());
    }

    #[test]
    fn prefix_stops_at_the_first_other_word() {
        let prefix = |text: &str| parse_prefix(text).map(|(_, rest)| rest.to_owned());
        assert_eq!(prefix("mg of drug").as_deref(), Some(" of drug"));
        assert_eq!(prefix("mg kg-1 body weight").as_deref(), Some(" body weight"));
        assert_eq!(prefix("h after").as_deref(), Some(" after"));
        assert_eq!(prefix("% of the animals").as_deref(), Some(" of the animals"));
        assert_eq!(prefix("mice"), None);
    }

    proptest::proptest! {
        #[test]
        fn any_text_parses_or_not(text in "\\PC{0,40}") {
            let _ = Unit::parse(&text);
            let _ = parse_prefix(&text);
            let _ = noun_prefixes(&text);
        }

        #[test]
        fn unit_like_text_parses_or_not(text in "(mg|cell|/|\\(|\\)|per |[ éα·^⁻²+'1-]){0,12}") {
            let _ = Unit::parse(&text);
            let _ = parse_prefix(&normalised(&text));
            let _ = super::super::number::parse(&format!("5 {text}"));
        }

        #[test]
        fn conversion_there_and_back(value in -1e6f64..1e6, pair in proptest::sample::select(vec![
            ("nM", "µM"), ("°C", "°F"), ("K", "°C"), ("mmHg", "kPa"), ("d", "min"), ("kb", "bp"), ("Å", "nm"),
            ("mg/mL", "g/L"), ("kcal/mol", "kJ/mol"), ("pA", "nA"),
        ])) {
            let (a, b) = (Unit::parse(pair.0).unwrap(), Unit::parse(pair.1).unwrap());
            let back = convert(convert(value, &a, &b).unwrap(), &b, &a).unwrap();
            proptest::prop_assert!((back - value).abs() <= 1e-9 * value.abs().max(1e3));
        }
    }
}
