//! What stands behind a number: a unit, nothing, or more of a name.

use std::ops::Range;

use super::Kind;

pub(super) enum After {
    Nothing,
    Unit {
        span: Range<usize>,
        kind: Kind,
        adjective: bool,
    },
    /// The number is part of a name: `16S`, `5-HT`, `2nd`.
    Name,
}

/// Symbols whose case counts. Sorted, for binary search.
const SYMBOLS: &[&str] = &[
    "A", "AU", "Bq", "C", "CFU", "Ci", "D", "Da", "F", "FFU", "G", "GBq", "GDa", "GHz", "GPa", "GW", "Gb", "Gbp", "Gy",
    "Hz", "IU", "J", "K", "L", "Lux", "M", "MBq", "MDa", "MHz", "MJ", "MPa", "MW", "Ma", "Mb", "Mbp", "Myr", "N",
    "PFU", "Pa", "S", "Sv", "T", "TCID50", "Torr", "U", "V", "W", "bp", "cGy", "cM", "cP", "cal", "cfu", "cm", "cm2",
    "cm3", "d", "dB", "dL", "dl", "dm", "fL", "fM", "fg", "fl", "fmol", "fps", "g", "h", "ha", "hr", "hrs", "kBq",
    "kDa", "kGy", "kHz", "kJ", "kN", "kPa", "kV", "kW", "kb", "kbp", "kcal", "kg", "kgf", "km", "km2", "ky", "kya",
    "kyr", "l", "lux", "m", "m2", "m3", "mA", "mAU", "mCi", "mEq", "mGy", "mHz", "mL", "mM", "mN", "mOsm", "mPa", "mS",
    "mSv", "mT", "mU", "mV", "mW", "mg", "mi", "min", "mins", "mk", "ml", "mm", "mm2", "mm3", "mmHg", "mmol", "mo",
    "mol", "mph", "ms", "msec", "mu", "my", "nA", "nF", "nL", "nM", "nN", "nS", "ng", "nkat", "nl", "nm", "nmol", "ns",
    "nt", "pA", "pF", "pM", "pN", "pS", "pfu", "pg", "pl", "pmol", "ppb", "ppm", "ppt", "psi", "rpm", "s", "sec",
    "secs", "uL", "uM", "ug", "ul", "um", "umol", "wk", "wks", "y", "yr", "yrs", "µA", "µCi", "µF", "µJ", "µL", "µM",
    "µN", "µS", "µV", "µW", "µg", "µl", "µm", "µm2", "µm3", "µmol", "µs", "Å", "Ω", "μA", "μCi", "μF", "μJ", "μL",
    "μM", "μN", "μS", "μV", "μW", "μg", "μl", "μm", "μm2", "μm3", "μmol", "μs",
];

/// Words in any case, singular and plural listed. Sorted.
const WORDS: &[&str] = &[
    "acre",
    "acres",
    "ampere",
    "amperes",
    "angstrom",
    "angstroms",
    "calorie",
    "calories",
    "cell",
    "cells",
    "centimeter",
    "centimeters",
    "centimetre",
    "centimetres",
    "copies",
    "cycles",
    "dalton",
    "daltons",
    "day",
    "days",
    "decade",
    "decades",
    "decibels",
    "degree",
    "degrees",
    "diopters",
    "gram",
    "grams",
    "hectare",
    "hectares",
    "hour",
    "hours",
    "inch",
    "inches",
    "kilobases",
    "kilocalories",
    "kilodaltons",
    "kilogram",
    "kilograms",
    "kilometer",
    "kilometers",
    "kilometre",
    "kilometres",
    "liter",
    "liters",
    "litre",
    "litres",
    "megabases",
    "meter",
    "meters",
    "metre",
    "metres",
    "micrograms",
    "micrometers",
    "micrometres",
    "micromolar",
    "micron",
    "microns",
    "microseconds",
    "mile",
    "miles",
    "milligrams",
    "milliliters",
    "millilitres",
    "millimeter",
    "millimeters",
    "millimetre",
    "millimetres",
    "millimolar",
    "millisecond",
    "milliseconds",
    "millivolts",
    "minute",
    "minutes",
    "month",
    "months",
    "nanograms",
    "nanometer",
    "nanometers",
    "nanometres",
    "nanomolar",
    "nucleotide",
    "nucleotides",
    "percent",
    "percentage",
    "second",
    "seconds",
    "standard",
    "volts",
    "watts",
    "week",
    "weeks",
    "year",
    "years",
];

fn is_symbol(word: &str) -> bool {
    SYMBOLS.contains(&word)
}

fn is_word(word: &str) -> bool {
    word.len() >= 3 && word.len() <= 12 && WORDS.iter().any(|known| word.eq_ignore_ascii_case(known))
}

/// What stands at `at`, directly behind a number.
pub(super) fn after(text: &str, at: usize, in_words: bool) -> After {
    let Some(rest) = text.get(at..) else { return After::Nothing };
    let Some(first) = rest.chars().next() else { return After::Nothing };
    if let Some(after) = sign(rest, at) {
        return after;
    }
    if matches!(first, '-' | '\u{2010}' | '\u{2011}') {
        return hyphenated(text, at, first.len_utf8());
    }
    if first.is_alphabetic() {
        // "24h", "5mg", "10x": glued; anything else glued is a name.
        let (word, end) = unit_token(text, at);
        if (word == "x" || word == "X") && !in_words {
            return After::Unit { span: at..end, kind: Kind::Fold, adjective: false };
        }
        let known = !in_words
            && !word.is_empty()
            && !matches!(word, "A" | "B" | "C" | "D" | "F" | "S" | "T" | "G" | "K" | "N" | "J" | "W");
        if known && (is_symbol(word) || is_word(word)) {
            return compound(text, at, end);
        }
        return After::Name;
    }
    if matches!(first, '′' | '\'' | '’' | '″') {
        return After::Name;
    }
    if !matches!(first, ' ' | '\u{a0}' | '\u{2009}' | '\u{202f}') {
        return After::Nothing;
    }
    let start = at + first.len_utf8();
    let Some(next) = text.get(start..) else { return After::Nothing };
    if let Some(after) = sign(next, start) {
        return after;
    }
    if next.starts_with("fold") && next[4..].chars().next().is_none_or(|c| !c.is_alphanumeric()) {
        return After::Unit { span: start..start + 4, kind: Kind::Fold, adjective: false };
    }
    for times in ["times", "-fold"] {
        if next.starts_with(times) && next[times.len()..].chars().next().is_none_or(|c| !c.is_alphanumeric()) {
            let trim = usize::from(times.starts_with('-'));
            return After::Unit { span: start + trim..start + times.len(), kind: Kind::Fold, adjective: false };
        }
    }
    if (next.starts_with("× ") || next.starts_with("x ")) && next.chars().nth(2).is_none_or(|c| !c.is_ascii_digit()) {
        let len = next.chars().next().map_or(1, char::len_utf8);
        return After::Unit { span: start..start + len, kind: Kind::Fold, adjective: false };
    }
    let (word, end) = unit_token(text, start);
    if word.is_empty() {
        return After::Nothing;
    }
    if word.eq_ignore_ascii_case("percent") || word.eq_ignore_ascii_case("percentage") {
        let mut end = end;
        if text.get(end..).is_some_and(|r| r.starts_with(" points")) {
            end += " points".len();
        } else if text.get(end..).is_some_and(|r| r.starts_with(" point")) {
            end += " point".len();
        }
        return After::Unit { span: start..end, kind: Kind::Percent, adjective: false };
    }
    if word == "per" && text.get(end..).is_some_and(|r| r.starts_with(" cent ")) {
        return After::Unit { span: start..end + 5, kind: Kind::Percent, adjective: false };
    }
    if word == "standard" {
        return After::Nothing;
    }
    // Single capitals after a space are names more often than units ("2 A", "group 2 K"): only what biology writes so.
    let lone_capital = word.len() == 1
        && word.as_bytes()[0].is_ascii_uppercase()
        && !matches!(word, "M" | "U" | "V" | "W" | "L" | "N" | "K" | "J" | "T" | "C" | "D");
    let counted_alone = matches!(
        word.to_ascii_lowercase().as_str(),
        "cell" | "cells" | "copies" | "nucleotide" | "nucleotides" | "cycles"
    );
    if lone_capital || in_words && word.len() == 1 {
        return After::Nothing;
    }
    if is_symbol(word) || is_word(word) {
        return match compound(text, start, end) {
            After::Unit { span, .. } if counted_alone && span.end == end && !word.eq_ignore_ascii_case("cells") => {
                After::Nothing
            }
            other => other,
        };
    }
    // "1 to 25 per mm", "4 pairs per mm" are left bare: the noun is read by the caller.
    After::Nothing
}

/// `%`, `‰`, `°C`, `°` at the start of `rest`, which begins at byte `at`.
fn sign(rest: &str, at: usize) -> Option<After> {
    for percent in ["%", "٪", "％"] {
        if rest.starts_with(percent) {
            return Some(After::Unit { span: at..at + percent.len(), kind: Kind::Percent, adjective: false });
        }
    }
    for degree in ["°C", "° C", "°F", "ºC", "º C", "℃", "˚C", "°", "º", "‰", "Å", "Ω"] {
        if rest.starts_with(degree) {
            return Some(After::Unit { span: at..at + degree.len(), kind: Kind::Unit, adjective: false });
        }
    }
    None
}

/// `-fold`, `-day`, `-kDa`, `-week-old` are adjectives with a unit; any other hyphen with letters is a name, with digits a range.
fn hyphenated(text: &str, at: usize, hyphen: usize) -> After {
    let start = at + hyphen;
    let (word, end) = unit_token(text, start);
    if word.is_empty() {
        return After::Nothing;
    }
    if word.eq_ignore_ascii_case("fold") {
        return After::Unit { span: start..end, kind: Kind::Fold, adjective: true };
    }
    let known = is_symbol(word) || is_word(word);
    if !known
        || matches!(
            word,
            "A" | "C" | "D" | "F" | "G" | "K" | "S" | "T" | "N" | "U" | "J" | "V" | "W" | "L" | "M" | "d" | "l" | "y"
        )
    {
        return After::Name;
    }
    let kind = if word.eq_ignore_ascii_case("percent") { Kind::Percent } else { Kind::Unit };
    After::Unit { span: start..end, kind, adjective: true }
}

/// The letters (with trailing `2`, `3` for areas and volumes, or `50` in `TCID50`) from `start`.
fn unit_token(text: &str, start: usize) -> (&str, usize) {
    let rest = text.get(start..).unwrap_or("");
    let mut end = 0;
    for (at, c) in rest.char_indices() {
        if c.is_alphabetic() || c == 'Ω' || c == 'Å' {
            end = at + c.len_utf8();
            if end > 24 {
                break;
            }
        } else {
            break;
        }
    }
    let tail = &rest[end..];
    let digits = if end > 0 && end <= 4 { tail.bytes().take_while(u8::is_ascii_digit).count() } else { 0 };
    if digits > 0 && is_symbol(&rest[..end + digits]) {
        end += digits;
    }
    (&rest[..end], start + end)
}

/// Extends a unit over `²`, `/kg`, ` kg⁻¹`, `·min−1`, ` per day`.
fn compound(text: &str, start: usize, first_end: usize) -> After {
    let mut end = first_end;
    for _ in 0..4 {
        end = power(text, end);
        let rest = text.get(end..).unwrap_or("");
        if let Some(tail) = rest.strip_prefix('/') {
            let spaced = tail.starts_with(' ');
            let digits = tail.bytes().take_while(u8::is_ascii_digit).count();
            let (word, word_end) = unit_token(text, end + 1 + digits);
            let known = is_symbol(word) || is_word(word);
            if !spaced && !word.is_empty() && (known || word.len() <= 10 && digits == 0) {
                end = word_end;
                continue;
            }
            break;
        }
        if let Some(tail) = rest.strip_prefix(" per ") {
            let from = end + rest.len() - tail.len();
            let (word, word_end) = unit_token(text, from);
            if is_symbol(word) || is_word(word) {
                end = word_end;
                continue;
            }
            break;
        }
        let joiner = rest.chars().next().filter(|c| matches!(c, ' ' | '·' | '⋅' | '∙' | '.' | '\u{a0}' | '\u{2009}'));
        let Some(joiner) = joiner else { break };
        let from = end + joiner.len_utf8();
        let (word, word_end) = unit_token(text, from);
        let powered = power(text, word_end);
        if !word.is_empty() && (is_symbol(word) || is_word(word)) && powered > word_end && negative(text, word_end) {
            end = powered;
            continue;
        }
        break;
    }
    After::Unit { span: start..end, kind: Kind::Unit, adjective: false }
}

/// The end of a power (`²`, `^{-1}`, `⁻¹`, `−1`) at `at`, or `at`.
fn power(text: &str, at: usize) -> usize {
    let rest = text.get(at..).unwrap_or("");
    let mut end = 0;
    let mut braced = false;
    let mut digits = 0;
    for (offset, c) in rest.char_indices().take(6) {
        let ok = match c {
            '^' => offset == 0,
            '{' => {
                braced = rest.starts_with('^') && offset == 1;
                braced
            }
            '}' => {
                if braced {
                    end = offset + 1;
                }
                break;
            }
            '-' | '−' | '–' | '⁻' => digits == 0,
            '¹' | '²' | '³' | '⁴' => {
                digits += 1;
                true
            }
            c if c.is_ascii_digit() => {
                digits += 1;
                // "kg-1" and "^-1" only; "m2" is a symbol of its own.
                offset > 0 && digits == 1
            }
            _ => break,
        };
        if !ok {
            break;
        }
        end = offset + c.len_utf8();
    }
    // "5 mg-10 mg" is a range, "kg-1" a power.
    let next = rest[end..].chars().next();
    if digits == 0
        || next.is_some_and(|c| {
            c.is_alphanumeric() || c == '.' && rest[end + 1..].starts_with(|d: char| d.is_ascii_digit())
        })
    {
        return at;
    }
    at + end
}

fn negative(text: &str, at: usize) -> bool {
    text.get(at..).unwrap_or("").trim_start_matches(['^', '{']).starts_with(['-', '−', '–', '⁻'])
}
