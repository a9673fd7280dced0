//! One numeral at the start of a text: digits with separators, powers of ten, fractions, number words.

use super::table::{WORDS, strip_longest, strip_phrase};

/// A numeral as read.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Numeral {
    pub value: f64,
    pub form: Form,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Plain,
    /// `3/4`, `¾`, `2 2/3`: never converted into a percentage.
    Fraction,
    /// The word `half`: 0.5, and 50 %.
    Half,
    /// `twice`, `doubled`: 2 fold.
    Twice,
    /// `none`: 0 of anything.
    None,
}

/// The numeral that `text` starts with, sign included, and what follows. `None` for no number, and for one that overflows,
/// underflows, divides by zero, or goes on as a date or a list (`1,2,3`).
pub(crate) fn read(text: &str) -> Option<(Numeral, &str)> {
    let (negative, rest) = sign(text);
    let (numeral, rest) = unsigned(rest)?;
    let value = if negative { -numeral.value } else { numeral.value };
    value.is_finite().then_some((Numeral { value, ..numeral }, rest))
}

fn sign(text: &str) -> (bool, &str) {
    if let Some(rest) = text.strip_prefix('-') {
        return (true, rest.trim_start());
    }
    if let Some(rest) = text.strip_prefix('+') {
        return (false, rest.trim_start());
    }
    match strip_longest(text, &["minus ", "negative "]) {
        Some(rest) => (true, rest.trim_start()),
        None => (false, text),
    }
}

fn unsigned(text: &str) -> Option<(Numeral, &str)> {
    if let Some((value, rest)) = text.chars().next().and_then(vulgar).zip(after_first(text)) {
        return ends(rest).then_some((Numeral { value, form: Form::Fraction }, rest));
    }
    if text.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return digits(text);
    }
    for &(word, value) in &WORDS.specials {
        if let Some(rest) = strip_phrase(text, word).filter(|rest| !rest.starts_with('-')) {
            let form = match word {
                "half" => Form::Half,
                "none" => Form::None,
                _ => Form::Twice,
            };
            return Some((Numeral { value, form }, rest));
        }
    }
    let (value, rest) = words(text)?;
    Some((Numeral { value, form: Form::Plain }, rest))
}

fn after_first(text: &str) -> Option<&str> {
    text.chars().next().and_then(|c| text.get(c.len_utf8()..))
}

/// No further digit goes on from here.
fn ends(rest: &str) -> bool {
    !rest.starts_with(|c: char| c.is_ascii_digit() || superscript_digit(c).is_some() || vulgar(c).is_some())
}

fn digits(text: &str) -> Option<(Numeral, &str)> {
    let (mantissa, is_integer, rest) = decimal(text)?;
    if is_integer && let Some((value, rest)) = fraction(&mantissa, rest) {
        return Some((Numeral { value, form: Form::Fraction }, rest));
    }
    if let Some((exponent, after)) = power(rest) {
        // `10⁶`; a small base is raised too (`2³`).
        let value = if mantissa == "10" {
            finite(&format!("1e{exponent}"))?
        } else {
            let value = finite(&mantissa)?.powi(exponent);
            (value.is_finite() && value != 0.0).then_some(value)?
        };
        return ends(after).then_some((Numeral { value, form: Form::Plain }, after));
    }
    let (number, rest) = match times_ten(rest) {
        Times::Power(exponent, after) => (format!("{mantissa}e{exponent}"), after),
        Times::Other => return None,
        Times::Absent => match letter_exponent(rest) {
            Some((exponent, after)) => (format!("{mantissa}e{exponent}"), after),
            None => (mantissa, rest),
        },
    };
    let mut value = finite(&number)?;
    let mut rest = rest;
    for &(word, scale) in &WORDS.scales {
        if rest.starts_with([' ', '-'])
            && let Some(after) = strip_phrase(rest.get(1..).unwrap_or(""), word)
        {
            value *= scale;
            rest = after;
            break;
        }
    }
    (ends(rest) && value.is_finite()).then_some((Numeral { value, form: Form::Plain }, rest))
}

/// `text` as a finite number that did not underflow to zero.
fn finite(text: &str) -> Option<f64> {
    let value: f64 = text.parse().ok()?;
    let mantissa = text.split('e').next().unwrap_or(text);
    let is_zero = mantissa.bytes().all(|b| matches!(b, b'0' | b'.'));
    (value.is_finite() && (value != 0.0 || is_zero)).then_some(value)
}

/// Plain digits of a decimal number, whether it was written as an integer without separators, and what follows.
fn decimal(text: &str) -> Option<(String, bool, &str)> {
    let bytes = text.as_bytes();
    let run = |from: usize| bytes[from..].iter().take_while(|b| b.is_ascii_digit()).count();
    let digit_at = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let n_lead = run(0);
    // The end of the groups of three behind `separator` and how many there are.
    let groups = |separator: u8| {
        let (mut end, mut count) = (n_lead, 0);
        while bytes.get(end) == Some(&separator) && run(end + 1) == 3 {
            end += 4;
            count += 1;
        }
        (end, count)
    };
    let may_group = (1..=3).contains(&n_lead) && bytes.first() != Some(&b'0');
    let plain =
        |end: usize| -> String { bytes[..end].iter().filter(|b| b.is_ascii_digit()).map(|&b| b as char).collect() };
    let finish = |integer: String, end: usize, point: Option<u8>, grouped: bool| {
        let mut number = integer;
        let mut end = end;
        let mut is_integer = !grouped;
        if let Some(point) = point
            && bytes.get(end) == Some(&point)
            && digit_at(end + 1)
        {
            let n_decimals = run(end + 1);
            number.push('.');
            number.push_str(&text[end + 1..end + 1 + n_decimals]);
            end += 1 + n_decimals;
            is_integer = false;
        }
        // `1,2,3` and `12.5.2020` are no numbers.
        let goes_on = matches!(bytes.get(end), Some(b'.' | b',')) && digit_at(end + 1);
        (!goes_on).then(|| (number, is_integer, &text[end..]))
    };
    if n_lead == 0 {
        return if bytes.first() == Some(&b'.') && digit_at(1) {
            finish("0".to_owned(), 0, Some(b'.'), false)
        } else {
            None
        };
    }
    if may_group {
        let (end, count) = groups(b',');
        if count > 0 {
            return finish(plain(end), end, Some(b'.'), true);
        }
        let (end, count) = groups(b'.');
        let comma_decimals = bytes.get(end) == Some(&b',') && digit_at(end + 1);
        if count > 1 || (count == 1 && comma_decimals) {
            return finish(plain(end), end, Some(b','), true);
        }
        let (end, count) = groups(b' ');
        if count > 0 {
            let point = bytes.get(end).copied().filter(|b| matches!(b, b'.' | b','));
            return finish(plain(end), end, point, true);
        }
    }
    let point = bytes.get(n_lead).copied().filter(|b| matches!(b, b'.' | b','));
    finish(plain(n_lead), n_lead, point, false)
}

/// The rest of `2/3`, `2 2/3`, `1½`, `1 ½` behind its first integer.
fn fraction<'a>(integer: &str, rest: &'a str) -> Option<(f64, &'a str)> {
    let integer: f64 = finite(integer)?;
    let spaced = rest.strip_prefix(' ').unwrap_or(rest);
    if let Some((part, after)) = spaced.chars().next().and_then(vulgar).zip(after_first(spaced)) {
        return ends(after).then_some((integer + part, after));
    }
    if let Some((denominator, after)) = over(rest) {
        let value = integer / denominator;
        return (value.is_finite() && denominator != 0.0).then_some((value, after));
    }
    let mixed = rest.strip_prefix(' ')?;
    let n_digits = mixed.bytes().take_while(u8::is_ascii_digit).count();
    let numerator: f64 = mixed.get(..n_digits)?.parse().ok()?;
    let (denominator, after) = over(mixed.get(n_digits..)?)?;
    (denominator > numerator).then_some((integer + numerator / denominator, after))
}

/// `/3` and what follows.
fn over(rest: &str) -> Option<(f64, &str)> {
    let denominator = rest.strip_prefix('/').or_else(|| rest.strip_prefix(" / "))?;
    let n_digits = denominator.bytes().take_while(u8::is_ascii_digit).count();
    let (number, after) = denominator.split_at_checked(n_digits)?;
    let goes_on = after.starts_with(['/', '.', ',']) && after[1..].starts_with(|c: char| c.is_ascii_digit());
    let value: f64 = number.parse().ok()?;
    (!goes_on && ends(after) && !after.starts_with(char::is_alphanumeric)).then_some((value, after))
}

/// An exponent in superscript or behind a caret.
fn power(rest: &str) -> Option<(i32, &str)> {
    if let Some(inside) = rest.strip_prefix('^') {
        let (bracket, inside) = match inside.strip_prefix(['(', '{']) {
            Some(inside) => (true, inside),
            None => (false, inside),
        };
        let (exponent, after) = signed_integer(inside)?;
        let after = if bracket { after.strip_prefix([')', '}'])? } else { after };
        return Some((exponent, after));
    }
    let mut digits = String::new();
    let mut end = 0;
    for (at, c) in rest.char_indices() {
        match c {
            '⁻' if at == 0 => digits.push('-'),
            '⁺' if at == 0 => {}
            c => match superscript_digit(c) {
                Some(digit) => digits.push(char::from_digit(digit, 10)?),
                None => break,
            },
        }
        end = at + c.len_utf8();
    }
    if end == 0 || digits == "-" { None } else { Some((digits.parse().ok()?, &rest[end..])) }
}

fn signed_integer(text: &str) -> Option<(i32, &str)> {
    let (negative, text) = sign(text);
    let n_digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (digits, rest) = text.split_at_checked(n_digits)?;
    let value: i32 = digits.parse().ok()?;
    Some((if negative { -value } else { value }, rest))
}

enum Times<'a> {
    Power(i32, &'a str),
    /// A product of another kind, or a lost superscript (`5.2 × 103`).
    Other,
    Absent,
}

fn times_ten(rest: &str) -> Times<'_> {
    let spaced = rest.trim_start();
    let Some(after) = spaced.strip_prefix(['×', 'x', 'X', '*', '·', '⋅', '∙', '•', '✕']) else {
        return Times::Absent;
    };
    let after = after.trim_start();
    if !after.starts_with(|c: char| c.is_ascii_digit()) {
        return Times::Absent;
    }
    let Some(after) = after.strip_prefix("10") else { return Times::Other };
    let written = power(after).or_else(|| {
        // `1 × 10-8`, `1 x 10 -8`: a lost superscript with no other meaning.
        let after = after.strip_prefix(' ').unwrap_or(after);
        if after.starts_with('-') { signed_integer(after) } else { power(after) }
    });
    match written {
        Some((exponent, after)) if ends(after) => Times::Power(exponent, after),
        _ => Times::Other,
    }
}

/// `e3`, `E+23`, directly behind the digits.
fn letter_exponent(rest: &str) -> Option<(i32, &str)> {
    let after = rest.strip_prefix(['e', 'E'])?;
    if after.starts_with(' ') {
        return None;
    }
    let (exponent, after) = signed_integer(after)?;
    (!after.starts_with(char::is_alphanumeric)).then_some((exponent, after))
}

/// Number words to the thousands, `million` and `billion`.
fn words(text: &str) -> Option<(f64, &str)> {
    let mut rest = text;
    let (mut total, mut group, mut n_words) = (0.0, 0.0, 0);
    let mut last_scale = f64::INFINITY;
    // Up to 9 of the lowest place that is still free.
    let mut room = f64::INFINITY;
    loop {
        let mut next = if n_words == 0 { rest } else { rest.trim_start_matches([' ', '-']) };
        if n_words > 0 && next.len() == rest.len() {
            break;
        }
        if n_words > 0
            && room > 99.0
            && let Some(after) = strip_phrase(next, "and ")
            && word(after.trim_start()).is_some()
        {
            next = after.trim_start();
        }
        if n_words == 0
            && let Some(after) = strip_phrase(next, "a ").map(str::trim_start)
            && let Some((scale, after)) =
                WORDS.scales.iter().find_map(|&(word, scale)| Some((scale, strip_phrase(after, word)?)))
        {
            if scale >= 1e3 {
                total = scale;
                last_scale = scale;
                room = 999.0;
            } else {
                group = scale;
                room = 99.0 + 1.0;
            }
            rest = after;
            n_words = 1;
            continue;
        }
        if let Some((value, after)) = word(next) {
            let fits = match room {
                r if r > 99.0 => true,
                r if r > 9.0 => value < 10.0 && value > 0.0,
                _ => false,
            };
            if !fits {
                break;
            }
            group += value;
            room = if value >= 20.0 { 10.0 } else { 0.0 };
            rest = after;
        } else if let Some((scale, after)) =
            WORDS.scales.iter().find_map(|&(word, scale)| Some((scale, strip_phrase(next, word)?)))
        {
            if n_words == 0 || group == 0.0 {
                break;
            }
            if scale < 1e3 {
                if group > 99.0 {
                    break;
                }
                group *= scale;
                room = 100.0;
            } else {
                if scale >= last_scale {
                    break;
                }
                total += group * scale;
                group = 0.0;
                last_scale = scale;
                room = f64::INFINITY;
            }
            rest = after;
        } else {
            break;
        }
        n_words += 1;
    }
    (n_words > 0).then_some((total + group, rest))
}

/// One number word; `two` also in front of `fold`.
fn word(text: &str) -> Option<(f64, &str)> {
    WORDS.numbers.iter().find_map(|&(word, value)| {
        let whole = strip_phrase(text, word);
        let in_fold = || {
            let rest = text.get(word.len()..)?;
            let head = text.get(..word.len())?;
            (head.eq_ignore_ascii_case(word) && (2.0..=10.0).contains(&value) && strip_phrase(rest, "fold").is_some())
                .then_some(rest)
        };
        Some((value, whole.or_else(in_fold)?))
    })
}

/// Whether `word` names a number or an amount (`seven`, `half`, `dozen`).
pub(crate) fn is_number_word(word: &str) -> bool {
    let is = |other: &str| word.eq_ignore_ascii_case(other);
    WORDS.numbers.iter().chain(&WORDS.scales).any(|(other, _)| is(other))
        || WORDS.quantities.iter().any(|other| is(other))
}

/// The value of a superscript digit.
pub(crate) fn superscript_digit(c: char) -> Option<u32> {
    match c {
        '⁰' => Some(0),
        '¹' => Some(1),
        '²' => Some(2),
        '³' => Some(3),
        '⁴'..='⁹' => Some(c as u32 - '⁴' as u32 + 4),
        _ => None,
    }
}

/// The value of a one-character fraction.
pub(crate) fn vulgar(c: char) -> Option<f64> {
    let (numerator, denominator) = match c {
        '¼' => (1, 4),
        '½' => (1, 2),
        '¾' => (3, 4),
        '⅐' => (1, 7),
        '⅑' => (1, 9),
        '⅒' => (1, 10),
        '⅓' => (1, 3),
        '⅔' => (2, 3),
        '⅕' => (1, 5),
        '⅖' => (2, 5),
        '⅗' => (3, 5),
        '⅘' => (4, 5),
        '⅙' => (1, 6),
        '⅚' => (5, 6),
        '⅛' => (1, 8),
        '⅜' => (3, 8),
        '⅝' => (5, 8),
        '⅞' => (7, 8),
        _ => return None,
    };
    Some(f64::from(numerator) / f64::from(denominator))
}
