//! The number itself: digits with groups, decimals and powers of ten, or words.

/// A number as read, before its unit.
pub(super) struct Numeral {
    pub start: usize,
    pub end: usize,
    pub value: f64,
    pub decimals: usize,
    pub in_words: bool,
    /// `twofold`: the number holds its unit.
    pub fold: bool,
    /// Where `fold` starts inside the number; `end` otherwise.
    pub unit_start: usize,
    /// A word that is a number only before a unit (`one`).
    pub needs_unit: bool,
    /// Four plain digits from 1800 to 2099.
    pub looks_like_year: bool,
    /// Plain digits without point, group or power.
    pub plain: bool,
}

/// Longest run of digits read as one number.
const MAX_DIGITS: usize = 18;

/// Reads the number whose first digit (or leading point) is at `start`, with a sign directly before it.
pub(super) fn digits(text: &str, start: usize) -> Option<Numeral> {
    let bytes = text.as_bytes();
    let mut literal = String::new();
    let mut at = start;
    while bytes.get(at).is_some_and(u8::is_ascii_digit) {
        literal.push(char::from(bytes[at]));
        at += 1;
    }
    if literal.len() > MAX_DIGITS {
        return None;
    }
    let first = literal.len();
    let mut plain = true;
    while (1..=3).contains(&first) && literal.len() < MAX_DIGITS && !literal.starts_with('0') {
        let Some(group) = group_separator(text, at) else { break };
        let digits = at + group;
        let is_group = bytes.get(digits..digits + 3).is_some_and(|d| d.iter().all(u8::is_ascii_digit))
            && !bytes.get(digits + 3).is_some_and(u8::is_ascii_digit);
        // "in groups of 10 100 mice": a plain space joins only what starts with fewer than three digits or follows a group.
        if !is_group {
            break;
        }
        literal.push_str(&text[digits..digits + 3]); // ASCII digits, checked above
        at = digits + 3;
        plain = false;
    }
    if plain && is_dashed_name(bytes, at) {
        return None;
    }
    let mut decimals = 0;
    let point = if bytes.get(at) == Some(&b'.') {
        1
    } else if text.get(at..).is_some_and(|rest| rest.starts_with('·')) {
        2
    } else {
        0
    };
    if point > 0 && bytes.get(at + point).is_some_and(u8::is_ascii_digit) {
        literal.push('.');
        at += point;
        while bytes.get(at).is_some_and(u8::is_ascii_digit) {
            if decimals < MAX_DIGITS {
                literal.push(char::from(bytes[at]));
            }
            decimals += 1;
            at += 1;
        }
        plain = false;
        // "1.2.3" is a section or a version.
        if bytes.get(at) == Some(&b'.') && bytes.get(at + 1).is_some_and(u8::is_ascii_digit) {
            return None;
        }
    }
    let mut value: f64 = literal.parse().ok()?;
    let year = first == 4 && plain && (1800.0..2100.0).contains(&value);
    if let Some((exponent, end)) = power_of_ten(text, at, plain && literal == "10") {
        let factor = 10f64.powi(exponent);
        value = if exponent >= 0 { value * factor } else { format!("{value}e{exponent}").parse().ok()? };
        if literal == "10" && plain && text.get(at..).is_some_and(is_bare_power) {
            value = format!("1e{exponent}").parse().ok()?;
        }
        at = end;
        plain = false;
    }
    if let Some((factor, end)) = scale_word(text, at) {
        value *= factor;
        at = end;
        plain = false;
    }
    let mut signed_start = start;
    let before = text.get(..start)?;
    if let Some(sign) = ["-", "−", "–"].into_iter().find(|sign| before.ends_with(sign)) {
        let outside = before[..before.len() - sign.len()].chars().next_back();
        if outside
            .is_none_or(|c| c.is_whitespace() || matches!(c, '(' | '[' | '=' | '<' | '>' | '∼' | '~' | '≈' | '≤' | '≥'))
        {
            signed_start = start - sign.len();
            value = -value;
        }
    }
    value.is_finite().then_some(Numeral {
        start: signed_start,
        end: at,
        value,
        decimals,
        in_words: false,
        fold: false,
        unit_start: at,
        needs_unit: false,
        looks_like_year: year,
        plain,
    })
}

/// `14-3-3`, `50-78-2`: a second hyphen makes the run a name.
fn is_dashed_name(bytes: &[u8], at: usize) -> bool {
    let dash = |at: usize| bytes.get(at) == Some(&b'-') && bytes.get(at + 1).is_some_and(u8::is_ascii_digit);
    let n = bytes.iter().skip(at + 1).take(MAX_DIGITS).take_while(|b| b.is_ascii_digit()).count();
    dash(at) && dash(at + 1 + n)
}

/// Bytes of a thousands separator at `at`, if one stands there.
fn group_separator(text: &str, at: usize) -> Option<usize> {
    let next = text.get(at..)?.chars().next()?;
    matches!(next, ',' | ' ' | '\u{a0}' | '\u{2009}' | '\u{202f}').then(|| next.len_utf8())
}

fn is_bare_power(rest: &str) -> bool {
    rest.starts_with('^') || rest.chars().next().is_some_and(|c| superscript(c).is_some())
}

fn superscript(c: char) -> Option<char> {
    const DIGITS: [char; 10] = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];
    match c {
        '⁻' => Some('-'),
        '⁺' => Some('+'),
        c => DIGITS.iter().position(|d| *d == c).and_then(|d| char::from_digit(d as u32, 10)),
    }
}

/// The exponent and the end of `× 10^n`, `e-5`, or (behind a bare 10) `^n`.
fn power_of_ten(text: &str, at: usize, after_ten: bool) -> Option<(i32, usize)> {
    let rest = text.get(at..)?;
    if after_ten && is_bare_power(rest) {
        return exponent(text, at);
    }
    if let Some(tail) = rest.strip_prefix(['e', 'E']) {
        let tail = tail.strip_prefix(['+', '-', '−']).unwrap_or(tail);
        let n = tail.bytes().take_while(u8::is_ascii_digit).count();
        let ends = tail[n..].chars().next().is_none_or(|c| !c.is_alphanumeric());
        if (1..=3).contains(&n) && ends {
            let negative = matches!(rest[1..].chars().next(), Some('-' | '−'));
            let size: i32 = tail[..n].parse().ok()?;
            return Some((if negative { -size } else { size }, text.len() - tail.len() + n));
        }
        return None;
    }
    let trimmed = rest.trim_start_matches([' ', '\u{a0}', '\u{2009}', '\u{202f}']);
    let times = trimmed.strip_prefix(['×', 'x', '*', '·', '⋅', '∙'])?;
    let ten = times.trim_start_matches([' ', '\u{a0}', '\u{2009}', '\u{202f}']).strip_prefix("10")?;
    exponent(text, text.len() - ten.len())
}

/// `^5`, `^{-5}`, `⁻⁵`, `(5)`, `-5` at `at`: a whole exponent and its end.
fn exponent(text: &str, at: usize) -> Option<(i32, usize)> {
    let rest = text.get(at..)?;
    let mut literal = String::new();
    let mut end = at;
    let mut closers = 0;
    for c in rest.chars().take(8) {
        match c {
            '^' | '{' | '(' if literal.is_empty() => {
                closers += usize::from(c != '^');
            }
            '}' | ')' if closers > 0 => {
                end += 1;
                break;
            }
            '-' | '−' | '–' if literal.is_empty() => literal.push('-'),
            '+' if literal.is_empty() => {}
            c if c.is_ascii_digit() => literal.push(c),
            c => match superscript(c) {
                Some(digit) => literal.push(digit),
                None => break,
            },
        }
        end += c.len_utf8();
    }
    let size: i32 = literal.parse().ok()?;
    (size.abs() <= 300).then_some((size, end))
}

fn scale_word(text: &str, at: usize) -> Option<(f64, usize)> {
    let rest = text.get(at..)?;
    let word = rest.strip_prefix([' ', '\u{a0}', '-'])?;
    for (name, factor) in [("million", 1e6), ("billion", 1e9), ("thousand", 1e3), ("trillion", 1e12)] {
        if word.get(..name.len()).is_some_and(|w| w.eq_ignore_ascii_case(name))
            && word[name.len()..].chars().next().is_none_or(|c| !c.is_alphabetic())
        {
            return Some((factor, text.len() - word.len() + name.len()));
        }
    }
    None
}

/// The end of the run of letters, digits and inner hyphens from `at`: a name such as `p53` or `IL-6`.
pub(super) fn end_of_name(bytes: &[u8], at: usize) -> usize {
    let mut end = at;
    while end < bytes.len() {
        let byte = bytes[end];
        let inner =
            matches!(byte, b'-' | b'.' | b'/' | b'_') && bytes.get(end + 1).is_some_and(|b| b.is_ascii_alphanumeric());
        if byte.is_ascii_alphanumeric() || inner {
            end += 1;
        } else {
            break;
        }
    }
    end.max(at + 1)
}

pub(super) fn end_of_letters(bytes: &[u8], at: usize) -> usize {
    at + bytes[at..].iter().take_while(|b| b.is_ascii_alphabetic()).count().max(1)
}

const SMALL: [(&str, f64); 27] = [
    ("two", 2.0),
    ("three", 3.0),
    ("four", 4.0),
    ("five", 5.0),
    ("six", 6.0),
    ("seven", 7.0),
    ("eight", 8.0),
    ("nine", 9.0),
    ("ten", 10.0),
    ("eleven", 11.0),
    ("twelve", 12.0),
    ("thirteen", 13.0),
    ("fourteen", 14.0),
    ("fifteen", 15.0),
    ("sixteen", 16.0),
    ("seventeen", 17.0),
    ("eighteen", 18.0),
    ("nineteen", 19.0),
    ("twenty", 20.0),
    ("thirty", 30.0),
    ("forty", 40.0),
    ("fifty", 50.0),
    ("sixty", 60.0),
    ("seventy", 70.0),
    ("eighty", 80.0),
    ("ninety", 90.0),
    ("one", 1.0),
];

fn small(word: &str) -> Option<f64> {
    if word.len() > 9 || word.len() < 3 {
        return None;
    }
    SMALL.iter().find(|(name, _)| word.eq_ignore_ascii_case(name)).map(|(_, value)| *value)
}

/// Reads a number in words at `start` (`twelve`, `twenty-five`, `three hundred`, `twofold`).
pub(super) fn words(text: &str, start: usize) -> Option<Numeral> {
    let bytes = text.as_bytes();
    let end = end_of_letters(bytes, start);
    let word = text.get(start..end)?;
    let numeral = |end, value, fold, unit_start, needs_unit| {
        let (in_words, decimals) = (true, 0);
        Some(Numeral {
            start,
            end,
            value,
            decimals,
            in_words,
            fold,
            unit_start,
            needs_unit,
            looks_like_year: false,
            plain: true,
        })
    };
    if word.len() > 4 && word.len() <= 12 && word[word.len() - 4..].eq_ignore_ascii_case("fold") {
        let value = small(&word[..word.len() - 4])?;
        return numeral(end, value, true, end - 4, false);
    }
    let mut value = small(word)?;
    let mut at = end;
    let needs_unit = value == 1.0;
    let next_word = |from: usize| -> Option<(usize, &str)> {
        if !matches!(bytes.get(from), Some(b' ' | b'-')) || !bytes.get(from + 1).is_some_and(u8::is_ascii_alphabetic) {
            return None;
        }
        let end = end_of_letters(bytes, from + 1);
        Some((end, text.get(from + 1..end)?))
    };
    if value >= 20.0
        && let Some((end, word)) = next_word(at)
        && let Some(unit) = small(word).filter(|unit| *unit < 10.0)
    {
        value += unit;
        at = end;
    }
    let mut scaled = false;
    if let Some((end, word)) = next_word(at) {
        let factor = match word.to_ascii_lowercase().as_str() {
            "hundred" => 100.0,
            "thousand" => 1e3,
            "million" => 1e6,
            "billion" => 1e9,
            _ => 1.0,
        };
        if factor > 1.0 {
            value *= factor;
            at = end;
            scaled = true;
        }
    }
    numeral(at, value, false, at, needs_unit && !scaled)
}
