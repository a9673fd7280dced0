//! Quantities: one number with its comparator, unit, spread and what it counts.

use super::numeral::{self, Form};
use super::table::{WORDS, strip_longest, strip_phrase};
use super::unit::{self, Unit, same_dimension};
use crate::model::answer::Comparator;

pub(crate) use super::numeral::superscript_digit;

/// A text that holds exactly one quantity.
#[derive(Debug, Clone, PartialEq)]
pub struct ParsedNumber {
    pub value: f64,
    /// `Less` and `Greater` for a bound (`< 0.001`, `at least 5`).
    pub comparator: Comparator,
    /// The unit as written, when it is in the unit table.
    pub unit: Option<Unit>,
    /// What follows the numeral: the unit and a counted noun, brackets left out.
    pub after: String,
    /// The other way the same value is written in brackets: `5 µM (5000 nM)`, `12/28 (43%)`.
    pub restated: Option<Box<ParsedNumber>>,
    form: Form,
    /// What follows the unit.
    rest: String,
}

/// The one quantity in `text`; `None` when there is none or more than one, a range, a list or a date.
///
/// Approximators, labels (`pH`, `n =`) and spreads (`± 2`) are dropped.
///
/// ```
/// use aludel::grade::number::parse;
/// assert_eq!(parse("about 5.2 × 10^3 cells").unwrap().value, 5200.0);
/// assert_eq!(parse("40–46%"), None);
/// ```
pub fn parse(text: &str) -> Option<ParsedNumber> {
    let text = unit::normalised(text);
    parse_normalised(&text, true)
}

/// Why a response's number is not the key's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Miss {
    NoNumber,
    Comparator,
    Unit,
    Value,
}

/// A number key, checked and with its unit read.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Key {
    pub value: f64,
    pub unit: Option<Unit>,
    /// The largest difference, in the key's unit.
    pub tolerance: f64,
    pub comparator: Comparator,
}

impl Key {
    /// Whether `text`, free of dress, states the key.
    pub(crate) fn judge(&self, text: &str) -> Result<(), Miss> {
        let parsed = parse(text).ok_or(Miss::NoNumber)?;
        let outside = self.compare(&parsed);
        match (&outside, &parsed.restated) {
            (Err(_), Some(restated)) => self.compare(restated).or(outside),
            _ => outside,
        }
    }

    fn compare(&self, parsed: &ParsedNumber) -> Result<(), Miss> {
        let value = parsed.value_in(self.unit.as_ref()).ok_or(Miss::Unit)?;
        if parsed.comparator != self.comparator {
            return Err(Miss::Comparator);
        }
        // The slack keeps a value at the very edge inside, whatever the conversion rounded.
        let within = (value - self.value).abs() <= self.tolerance + 1e-9 * self.value.abs();
        if within { Ok(()) } else { Err(Miss::Value) }
    }
}

impl ParsedNumber {
    /// The value in `wanted`; `None` stands for a bare number. No result when the unit written is of another kind.
    pub(crate) fn value_in(&self, wanted: Option<&Unit>) -> Option<f64> {
        let Some(wanted) = wanted else {
            let bare = match &self.unit {
                None => !matches!(self.form, Form::Twice),
                Some(unit) => {
                    unit.is_count() || (unit.is_fold() && strip_phrase(self.after.trim_start(), "times").is_some())
                }
            };
            return bare.then_some(self.value);
        };
        match self.form {
            Form::Half if self.unit.is_none() => {
                return (wanted.is_percent() && noun_is_free(self.after.trim())).then_some(50.0);
            }
            Form::Twice => return (wanted.is_fold() && self.unit.is_none()).then_some(self.value),
            Form::Fraction if self.unit.is_none() && (wanted.is_percent() || wanted.is_fold()) => return None,
            _ => {}
        }
        if let Some(unit) = &self.unit {
            if let Some(value) = unit::convert(self.value, unit, wanted) {
                return Some(value);
            }
            if wanted.is_known() {
                return None;
            }
        } else if self.after.trim().is_empty() {
            // The question named the unit; a temperature has two that fit.
            return (!wanted.is_temperature()).then_some(self.value);
        }
        if wanted.is_known() {
            return None;
        }
        let after = self.after.trim_start();
        let after = after.strip_prefix('-').unwrap_or(after);
        unit::noun_prefixes(after)
            .into_iter()
            .find(|(unit, rest)| same_dimension(unit, wanted) && !continues_unit(rest))
            .and_then(|(unit, _)| unit::convert(self.value, &unit, wanted))
    }
}

fn noun_is_free(after: &str) -> bool {
    after.is_empty() || strip_phrase(after, "of").is_some()
}

fn continues_unit(rest: &str) -> bool {
    let rest = rest.trim_start();
    rest.starts_with(['/', '·', '*', '^', '⁻']) || strip_phrase(rest, "per ").is_some()
}

fn parse_normalised(text: &str, brackets: bool) -> Option<ParsedNumber> {
    let mut rest = unwrapped(text.trim());
    let mut comparator: Option<Comparator> = None;
    // Approximators, comparators and labels in any order, each at most a few times.
    for _ in 0..6 {
        rest = rest.trim_start();
        if let Some(after) = strip_longest(rest, &WORDS.approximators) {
            rest = after;
        } else if let Some((sign, after)) = comparator_sign(rest) {
            if comparator.replace(sign).is_some() {
                return None;
            }
            rest = after;
        } else if let Some(after) = label(rest) {
            rest = after;
        } else if let Some(after) = strip_longest(rest, &["a ", "an ", "the "])
            && !WORDS.scales.iter().any(|(word, _)| strip_phrase(after.trim_start(), word).is_some())
        {
            rest = after;
        } else {
            break;
        }
    }
    let (numeral, after) = numeral::read(rest.trim_start())?;
    let (after, groups) = if brackets { without_brackets(after)? } else { (after.to_owned(), vec![]) };
    let mut number = ParsedNumber {
        value: numeral.value,
        comparator: comparator.unwrap_or_default(),
        unit: None,
        after: String::new(),
        restated: None,
        form: numeral.form,
        rest: String::new(),
    };
    let mut rest = number.take_unit(&after, true)?;
    if let Some(after) = spread(rest) {
        let (_, after) = numeral::read(after.trim_start())?;
        rest = match unit_of(after) {
            Some((unit, after)) => {
                if number.unit.as_ref().is_some_and(|own| !same_dimension(own, &unit)) {
                    return None;
                }
                number.unit.get_or_insert(unit);
                after
            }
            None => after,
        };
    }
    for _ in 0..3 {
        let Some((part, after)) = second_part(number.unit.as_ref(), rest) else { break };
        number.value += part;
        rest = after;
    }
    for group in groups {
        number.take_bracket(group.trim())?;
    }
    if !is_harmless(rest) || continues_unit(rest) {
        return None;
    }
    number.after = after.clone();
    number.rest = rest.to_owned();
    Some(number)
}

impl ParsedNumber {
    /// Reads the unit at the start of `after`; what follows it, or `None` when letters are glued on that are no unit.
    fn take_unit<'a>(&mut self, after: &'a str, glue: bool) -> Option<&'a str> {
        match unit_of(after) {
            Some((unit, rest)) => {
                self.unit = Some(unit);
                Some(rest)
            }
            // `3D`, `53BP1`, `43+`: no quantity; `5-fold` was read above.
            None if glue
                && after.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '+' | '-' | ':' | '_' | '\'')) =>
            {
                let noun = after.strip_prefix('-').is_some_and(|noun| noun.starts_with(char::is_alphabetic));
                noun.then_some(after)
            }
            None => Some(after),
        }
    }

    /// Weighs one bracket behind the number: a statistic is dropped, a unit taken, the same value again allowed.
    fn take_bracket(&mut self, group: &str) -> Option<()> {
        if group.is_empty() || is_statistic(group) {
            return Some(());
        }
        if self.unit.is_none()
            && let Some((unit, rest)) = unit::parse_prefix(group)
            && rest.trim().is_empty()
        {
            self.unit = Some(unit);
            return Some(());
        }
        if let Some(other) = parse_normalised(group, false) {
            let same = self.restates(&other);
            self.restated = Some(Box::new(other));
            return same.then_some(());
        }
        is_harmless(group).then_some(())
    }

    fn restates(&self, other: &ParsedNumber) -> bool {
        if self.comparator != other.comparator && !other.comparator.is_equal() {
            return false;
        }
        let close = |a: f64, b: f64| (a - b).abs() <= 0.01 * a.abs().max(b.abs());
        let percent = |number: &ParsedNumber| number.unit.as_ref().is_some_and(Unit::is_percent);
        match (&self.unit, &other.unit) {
            (None, None) => close(self.value, other.value),
            (Some(a), Some(b)) => unit::convert(other.value, b, a).is_some_and(|value| close(self.value, value)),
            (None, Some(_)) if self.form == Form::Fraction && percent(other) => {
                (100.0 * self.value - other.value).abs() <= 0.5
            }
            (Some(_), None) if other.form == Form::Fraction && percent(self) => {
                (100.0 * other.value - self.value).abs() <= 0.5
            }
            (Some(_), None) | (None, Some(_)) => false,
        }
    }
}

/// The unit behind a numeral, over a space or a hyphen.
fn unit_of(after: &str) -> Option<(Unit, &str)> {
    let spaced = after.trim_start();
    let spaced = spaced.strip_prefix('-').filter(|unit| unit.starts_with(char::is_alphabetic)).unwrap_or(spaced);
    if let Some(found) = unit::parse_prefix(spaced) {
        return Some(found);
    }
    // `2.5×`, `2.5 times`, `2.5x`.
    let rest = spaced.strip_prefix('×').or_else(|| strip_longest(spaced, &["times", "x"]))?;
    Some((Unit::fold_change(), rest))
}

fn comparator_sign(text: &str) -> Option<(Comparator, &str)> {
    let less = strip_longest(text, &WORDS.less).map(|rest| (Comparator::Less, rest));
    let greater = strip_longest(text, &WORDS.greater).map(|rest| (Comparator::Greater, rest));
    match (less, greater) {
        (Some(less), Some(greater)) => Some(if less.1.len() < greater.1.len() { less } else { greater }),
        (less, greater) => less.or(greater),
    }
}

/// `pH`, `n =`, `p`, `K_d =`: what follows the label; a comparator sign stays.
fn label(text: &str) -> Option<&str> {
    if let Some(rest) = text.strip_prefix('=') {
        return Some(rest);
    }
    if let Some(rest) = strip_phrase(text, "ph") {
        let rest = rest.trim_start();
        return Some(strip_phrase(rest, "of").or_else(|| rest.strip_prefix(':')).unwrap_or(rest));
    }
    let signs = ['=', '<', '>', '≤', '≥', '≈', '~', '∼'];
    let mut end = 0;
    let mut n_letters = 0;
    let mut n_marks = 0;
    for (at, c) in text.char_indices() {
        match c {
            c if c.is_alphabetic() && n_marks == 0 && n_letters < 2 => n_letters += 1,
            // A subscript: `K_d`, `IC50`, `R²`, `T_1/2` is none.
            c if (c.is_alphanumeric() || c == '_' || superscript_digit(c).is_some())
                && n_marks < 4
                && n_letters > 0 =>
            {
                n_marks += 1;
            }
            _ => break,
        }
        end = at + c.len_utf8();
    }
    let (name, after) = text.split_at_checked(end)?;
    let marked =
        name.char_indices().nth(n_letters).is_none_or(|(_, c)| c == '_' || c.is_ascii_digit() || !c.is_alphanumeric());
    if n_letters == 0 || !(marked || superscript_end(name)) {
        return None;
    }
    let after = after.trim_start();
    if after.starts_with(signs) {
        return Some(after);
    }
    let is_p = name.eq_ignore_ascii_case("p") && after.starts_with(|c: char| c.is_ascii_digit() || c == '.');
    (is_p && after.len() < text.len() - end).then_some(after)
}

fn superscript_end(name: &str) -> bool {
    name.chars().next_back().is_some_and(|c| superscript_digit(c).is_some())
}

fn spread(rest: &str) -> Option<&str> {
    let rest = rest.trim_start();
    ["±", "+/-", "+-", "+ / -"].iter().find_map(|sign| rest.strip_prefix(sign))
}

/// The second part of `1 h 30 min`, in the first part's unit, and what follows.
fn second_part<'a>(first: Option<&Unit>, rest: &'a str) -> Option<(f64, &'a str)> {
    let first = first.filter(|unit| unit.is_duration())?;
    let rest = rest.trim_start();
    let rest = rest.strip_prefix(',').unwrap_or(rest).trim_start();
    let rest = strip_phrase(rest, "and ").unwrap_or(rest).trim_start();
    if !rest.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let (numeral, after) = numeral::read(rest)?;
    let (unit, after) = unit_of(after)?;
    let descends = same_dimension(first, &unit) && unit.scale() < first.scale();
    (descends && numeral.value >= 0.0).then_some((unit::convert(numeral.value, &unit, first)?, after))
}

/// `text` without brackets around all of it: `(43%)`, `(43 ± 2)%` too.
fn unwrapped(text: &str) -> &str {
    match text.strip_prefix('(').and_then(|inside| inside.strip_suffix(')')) {
        Some(inside) if !inside.contains(['(', ')']) => inside.trim(),
        _ => text,
    }
}

/// The brackets behind the number, taken out of `after`. Those that belong to a unit (`mg/(kg·d)`) stay.
fn without_brackets(after: &str) -> Option<(String, Vec<&str>)> {
    if !after.contains(['(', '[']) {
        return Some((after.to_owned(), vec![]));
    }
    let mut plain = String::with_capacity(after.len());
    let mut groups = Vec::new();
    let mut rest = after;
    while let Some(open) = rest.find(['(', '[']) {
        let inside = rest.get(open + 1..)?;
        let close = inside.find([')', ']'])?;
        let group = inside.get(..close)?;
        let before = rest.get(..open)?;
        let of_unit = before.trim_end().ends_with(['/', '^', '%'])
            && (before.ends_with(['/', '^']) || matches!(group, "w/v" | "v/v" | "w/w"));
        plain.push_str(before);
        if of_unit {
            plain.push_str(rest.get(open..open + 2 + close)?);
        } else if group.contains(['(', '[']) || groups.len() == 4 {
            return None;
        } else {
            groups.push(group);
            plain.push(' ');
        }
        rest = inside.get(close + 1..)?;
    }
    plain.push_str(rest);
    Some((plain.trim_end().to_owned(), groups))
}

/// Brackets that give the spread or the sample, not another answer.
fn is_statistic(group: &str) -> bool {
    let group = group.trim_start();
    if spread(group).is_some() {
        return true;
    }
    let named = ["ci", "confidence interval", "range", "sd", "sem", "s.d.", "s.e.m.", "n", "p"];
    if strip_longest(group, &named).is_some() {
        return true;
    }
    let Some((_, after)) = numeral::read(group) else { return false };
    let Some(after) = after.trim_start().strip_prefix('%') else { return false };
    strip_longest(after.trim_start(), &["ci", "confidence interval"]).is_some()
}

/// Whether `rest` names what was counted and nothing else: no further quantity, bound, alternative or denial.
fn is_harmless(rest: &str) -> bool {
    if rest.contains(['<', '>', '=', '≤', '≥', '±', '≈', '~', '∼', '∞', '×', '→']) {
        return false;
    }
    let mut previous_and = false;
    for token in rest
        .split(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '/' | '(' | ')' | '[' | ']' | '"' | '“' | '”'))
    {
        let word = token.trim_matches(|c: char| !c.is_alphanumeric() && numeral::vulgar(c).is_none());
        if word.is_empty() {
            if token.chars().any(|c| c == '+') {
                return false;
            }
            continue;
        }
        let number = word.starts_with(|c: char| c.is_numeric());
        let stop = WORDS.tail_stops.iter().any(|stop| word.eq_ignore_ascii_case(stop));
        let mut parts = word.split(|c: char| !c.is_alphabetic());
        if number || stop || parts.any(numeral::is_number_word) {
            return false;
        }
        let bound = ["more", "less", "fewer", "above", "over", "below", "under", "higher", "up", "upwards"];
        if previous_and && bound.iter().any(|bound| word.eq_ignore_ascii_case(bound)) {
            return false;
        }
        previous_and = word.eq_ignore_ascii_case("and");
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> Option<f64> {
        parse(text).map(|number| number.value)
    }

    #[test]
    fn one_number_in_many_forms() {
        for text in [
            "5200",
            "5,200",
            "5 200",
            "5\u{202F}200",
            "5\u{2009}200",
            "5.2e3",
            "5.2E+3",
            "5.2 × 10^3",
            "5.2 x 10³",
            "5.2*10^3",
            "5.2·10³",
            "5.2×10^{3}",
            "52 hundred",
            "5.2 thousand",
            "five thousand two hundred",
            "+5200",
            "about 5200",
            "~5200",
            "n = 5200",
            "5200 mice",
            "5200 ± 30",
            "5200 (n = 12)",
            "5,200.0",
            "5.200,0",
            "５２００",
        ] {
            assert_eq!(value(text), Some(5200.0), "{text}");
        }
        for (text, expected) in [
            ("5.200", 5.2),
            ("5,2", 5.2),
            ("0,125", 0.125),
            ("1.234.567", 1_234_567.0),
            ("1.234,56", 1234.56),
            ("1,234,567.5", 1_234_567.5),
            (".43", 0.43),
            ("10⁶ cells", 1e6),
            ("10^-3", 1e-3),
            ("10²", 100.0),
            ("1 × 10-8", 1e-8),
            ("6 × 10⁻⁸ M", 6e-8),
            ("1½", 1.5),
            ("1 1/2", 1.5),
            ("¾", 0.75),
            ("3/4", 0.75),
            ("minus 70 mV", -70.0),
            ("−70 mV", -70.0),
            ("one hundred and twenty", 120.0),
            ("forty-three percent", 43.0),
            ("a hundred", 100.0),
            ("two million", 2e6),
            ("twofold", 2.0),
            ("two-fold", 2.0),
            ("twice", 2.0),
            ("1 h 30 min", 1.5),
            ("43% (95% CI 40-46)", 43.0),
            ("5 µM (5000 nM)", 5.0),
            ("IC50 = 5 nM", 5.0),
            ("K_d = 5 nM", 5.0),
            ("R² = 0.9", 0.9),
            ("pH 7.4", 7.4),
            ("pH of 7.4", 7.4),
            ("(43%)", 43.0),
            ("a 43% reduction", 43.0),
            ("12 CD4+ T cells", 12.0),
        ] {
            assert_eq!(value(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn texts_without_exactly_one_number() {
        for text in [
            "",
            "p53",
            "IL-6",
            "H3K27",
            "NaN",
            "∞",
            "inf",
            "1e999",
            "1e-999",
            "10^99999999999999999999",
            "1/0",
            "2:1",
            "1,2,3",
            "2020-03-12",
            "40–46%",
            "43-45%",
            "between 40% and 46%",
            "43% or 34%",
            "either 12 or 14",
            "5 h, no wait, 7 h",
            "8 (or possibly 9)",
            "5.2 × 103",
            "5.2 × 10",
            "12 or more",
            "43%+",
            "43+",
            "not 43",
            "forty to fifty",
            "two three",
            "12 dozen",
            "5 trillion",
            "1.2.3",
            "12.5.2020",
            "40% to 46%",
            "43 > 12",
            "43% (or 44%)",
            "seven (or eight)",
            "1,23,456",
            "3D",
            "43% and 12%",
            "43 ± 2 or 44",
            "43, 44",
            "12 and above",
            "< > 5",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn comparators() {
        for text in
            ["< 5", "less than 5", "under 5", "up to 5", "≤5", "<= 5", "p < 5", "P<5", "no more than 5", "at most 5"]
        {
            let number = parse(text).expect(text);
            assert_eq!((number.value, number.comparator), (5.0, Comparator::Less), "{text}");
        }
        for text in ["> 5", "more than 5", "over 5", "at least 5", "≥ 5", "no less than 5"] {
            assert_eq!(parse(text).expect(text).comparator, Comparator::Greater, "{text}");
        }
        for text in ["5", "at most about 5", "almost 5", "= 5"] {
            assert_eq!(parse(text).expect(text).comparator, Comparator::Equal, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_parses_or_not(text in "\\PC{0,60}") {
            let _ = parse(&text);
        }

        #[test]
        fn number_like_text_parses_or_not(text in "[0-9., ×x^e/()±%+<>a-dµM½²-]{0,24}") {
            if let Some(number) = parse(&text) {
                proptest::prop_assert!(number.value.is_finite());
            }
        }

        #[test]
        fn separators_never_change_the_value(n in 1_000u64..999_999_999_999, separator in proptest::sample::select(vec![",", " ", "\u{A0}", "\u{2009}", "\u{202F}"])) {
            let plain = n.to_string();
            let mut grouped = String::new();
            for (at, c) in plain.chars().enumerate() {
                if at > 0 && (plain.len() - at).is_multiple_of(3) {
                    grouped.push_str(separator);
                }
                grouped.push(c);
            }
            proptest::prop_assert_eq!(value(&grouped), Some(n as f64));
            proptest::prop_assert_eq!(value(&plain), Some(n as f64));
        }

        #[test]
        fn displayed_floats_are_read_back(x in -1e12f64..1e12) {
            proptest::prop_assert_eq!(value(&format!("{x}")), Some(x));
            proptest::prop_assert_eq!(value(&format!("{x:e}")), Some(x));
        }
    }
}
