//! Sets and rankings: all and only the key's items, in any order or in the key's.

use super::dress::name_of;
use super::extract::list_content;
use super::table::strip_longest;
use super::term::Forms;

#[derive(Debug, Clone)]
pub(crate) struct List {
    items: Vec<Forms>,
    ordered: bool,
    /// The most separators that one accepted form holds.
    most_joints: usize,
}

/// Why a list is not the key's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Miss {
    UnknownItem,
    MissingItem,
    Repeated,
    Order,
}

impl List {
    pub(crate) fn new(items: Vec<Forms>, ordered: bool) -> Self {
        let joints = |text: &str| split(text, ordered).len().saturating_sub(1);
        let most_joints = items.iter().flat_map(|item| item.iter()).map(|(text, _)| joints(text)).max().unwrap_or(0);
        List { items, ordered, most_joints }
    }

    pub(crate) fn len(&self) -> usize {
        self.items.len()
    }

    pub(crate) fn items(&self) -> impl Iterator<Item = &Forms> {
        self.items.iter()
    }

    /// Compares `text`, free of dress, with the key.
    pub(crate) fn judge(&self, text: &str) -> Result<(), Miss> {
        let text = unbraced(text.trim());
        if let Ok(items) = serde_json::from_str::<Vec<String>>(text) {
            let found: Option<Vec<usize>> = items.iter().map(|item| self.item(item)).collect();
            return self.compare(&found.ok_or(Miss::UnknownItem)?);
        }
        let (lines, numbered) = lines(inside_braces(text))?;
        let mut found = Vec::new();
        let mut backwards = None;
        for line in lines {
            self.read_line(line, &mut found, &mut backwards)?;
            if found.len() > 2 * self.items.len() {
                return Err(Miss::Repeated);
            }
        }
        if backwards == Some(true) {
            if numbered {
                return Err(Miss::Order);
            }
            found.reverse();
        }
        self.compare(&found)
    }

    /// Reads the items of one line: greedily, so that a separator inside an accepted name stays inside it.
    fn read_line(&self, line: &str, found: &mut Vec<usize>, backwards: &mut Option<bool>) -> Result<(), Miss> {
        let line = strip_longest(line.trim(), &["both "]).unwrap_or(line).trim();
        let pieces = split(line, self.ordered);
        let mut at = 0;
        while let Some(first) = pieces.get(at) {
            let most = (at + self.most_joints).min(pieces.len() - 1);
            let hit = (at..=most).rev().find_map(|last| {
                let end = pieces.get(last)?.end;
                Some((last, self.item(line.get(first.start..end)?)?))
            });
            let Some((last, item)) = hit else {
                // A separator at the end leaves nothing behind it.
                if line.get(first.start..first.end).is_some_and(|piece| name_of(piece).is_empty())
                    && at + 1 == pieces.len()
                    && at > 0
                {
                    break;
                }
                return Err(Miss::UnknownItem);
            };
            found.push(item);
            if self.ordered
                && let Some(piece) = pieces.get(last)
                && last + 1 < pieces.len()
            {
                let reversed = piece.joint == Joint::Less;
                if backwards.replace(reversed).is_some_and(|before| before != reversed) {
                    return Err(Miss::Order);
                }
            }
            at = last + 1;
        }
        Ok(())
    }

    fn item(&self, text: &str) -> Option<usize> {
        let text = text.trim();
        let named = |text: &str| self.items.iter().position(|item| item.accept(text));
        named(text).or_else(|| {
            // `1) IL-6, 2) TNF`
            let (number, rest) = list_content(text)?;
            number.and_then(|_| named(rest))
        })
    }

    fn compare(&self, found: &[usize]) -> Result<(), Miss> {
        if self.ordered {
            let in_order = found.len() == self.items.len() && found.iter().enumerate().all(|(at, item)| at == *item);
            return match in_order {
                true => Ok(()),
                false if found.len() < self.items.len() => Err(Miss::MissingItem),
                false => Err(Miss::Order),
            };
        }
        let mut seen = vec![false; self.items.len()];
        for &item in found {
            if let Some(slot) = seen.get_mut(item) {
                *slot = true;
            }
        }
        if seen.contains(&false) {
            return Err(Miss::MissingItem);
        }
        // A set has no multiplicity, but nobody needs to name an item more than twice over.
        if found.len() > 2 * self.items.len() { Err(Miss::Repeated) } else { Ok(()) }
    }
}

/// `["a", "b"]` also inside a code fence that was peeled; LaTeX braces `\{a, b\}`.
fn unbraced(text: &str) -> &str {
    text.trim_end_matches('.')
}

fn inside_braces(text: &str) -> &str {
    for (open, close) in [('{', '}'), ('[', ']')] {
        if let Some(inside) = text.strip_prefix(open).and_then(|rest| rest.strip_suffix(close))
            && !inside.contains([open, close])
        {
            return inside.trim();
        }
    }
    text
}

/// The lines' texts without bullets, in the order of their numbers where they have some.
fn lines(text: &str) -> Result<(Vec<&str>, bool), Miss> {
    let rows: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let read: Vec<(Option<u32>, &str)> = rows.iter().map(|row| list_content(row).unwrap_or((None, row))).collect();
    if read.len() > 1 && read.iter().all(|(number, _)| number.is_some()) {
        let mut sorted = read;
        sorted.sort_by_key(|(number, _)| *number);
        if sorted.windows(2).any(|pair| pair.first().map(|row| row.0) == pair.last().map(|row| row.0)) {
            return Err(Miss::Order);
        }
        return Ok((sorted.into_iter().map(|(_, text)| text).collect(), true));
    }
    Ok((
        read.into_iter().zip(rows).map(|((number, text), row)| if number.is_some() { row } else { text }).collect(),
        false,
    ))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Joint {
    Plain,
    Less,
    End,
}

#[derive(Debug, Clone, Copy)]
struct Piece {
    start: usize,
    end: usize,
    /// What stands behind it.
    joint: Joint,
}

/// Splits a line at everything that can separate items.
fn split(text: &str, ordered: bool) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut start = 0;
    let mut at = 0;
    while at < text.len() {
        if let Some((length, joint)) = text.get(at..).and_then(|rest| joint_at(rest, ordered)) {
            pieces.push(Piece { start, end: at, joint });
            at += length;
            start = at;
        } else {
            at += text.get(at..).and_then(|rest| rest.chars().next()).map_or(1, char::len_utf8);
        }
    }
    pieces.push(Piece { start, end: text.len(), joint: Joint::End });
    pieces
}

/// The length of the separator at the start of `rest`.
fn joint_at(rest: &str, ordered: bool) -> Option<(usize, Joint)> {
    let first = rest.chars().next()?;
    if !matches!(first, ',' | ';' | ' ' | '>' | '<' | '→' | '≥' | '≤' | '≫' | '≪' | '-' | '\u{A0}') {
        return None;
    }
    let after_words = |from: usize| -> usize {
        // `, and`, `; then`
        let tail = &rest[from..];
        let words: &[&str] = if ordered { &["and then ", "and ", "then "] } else { &["and "] };
        let spaces = tail.len() - tail.trim_start().len();
        strip_longest(tail.trim_start(), words).map_or(from + spaces, |after| rest.len() - after.len())
    };
    if first == ';' || (first == ',' && rest[1..].starts_with(char::is_whitespace)) {
        return Some((after_words(1), Joint::Plain));
    }
    if first == ' ' || first == '\u{A0}' {
        let inner = rest.trim_start();
        let gap = rest.len() - inner.len();
        for word in ["and ", "& ", "/ ", "+ ", "as well as "] {
            if let Some(after) = strip_longest(inner, &[word]) {
                return Some((rest.len() - after.len(), Joint::Plain));
            }
        }
        if ordered && let Some(after) = strip_longest(inner, &["then "]) {
            return Some((rest.len() - after.len(), Joint::Plain));
        }
        // A spaced sign of order.
        return joint_at(inner, ordered)
            .filter(|_| inner.starts_with(['>', '<', '→', '≥', '≤', '≫', '≪', '-']))
            .map(|(length, joint)| (gap + length, joint));
    }
    if !ordered {
        return None;
    }
    let signs = [
        ("->", Joint::Plain),
        (">=", Joint::Plain),
        (">>", Joint::Plain),
        ("<=", Joint::Less),
        ("<<", Joint::Less),
        (">", Joint::Plain),
        ("→", Joint::Plain),
        ("≥", Joint::Plain),
        ("≫", Joint::Plain),
        ("<", Joint::Less),
        ("≤", Joint::Less),
        ("≪", Joint::Less),
    ];
    let (sign, joint) = signs.iter().find(|(sign, _)| rest.starts_with(sign))?;
    Some((after_words(sign.len()), *joint))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(items: &[&str], ordered: bool) -> List {
        List::new(items.iter().map(|item| Forms::new(std::iter::once(*item))).collect(), ordered)
    }

    #[test]
    fn sets() {
        let key = list(&["IL-6", "TNF", "IL-1β"], false);
        for text in [
            "IL-6, TNF, IL-1β",
            "TNF; IL-6; IL-1beta",
            "IL-6, TNF and IL-1β",
            "IL-6, TNF, and IL-1β",
            "- IL-6\n- TNF\n- IL-1β",
            "1. IL-6\n2. TNF\n3. IL-1β",
            "[\"IL-6\", \"TNF\", \"IL-1β\"]",
            "{IL-6, TNF, IL-1β}",
            "both IL-6 and TNF, and IL-1β",
            "IL-6 & TNF & IL-1β",
            "IL-6 as well as TNF and IL-1β",
            "IL-6 / TNF / IL-1β",
            "IL-6 + TNF + IL-1β",
            "IL-6, IL-6, TNF, IL-1β",
            "1) IL-6, 2) TNF, 3) IL-1β",
            "IL-6,\nTNF,\nIL-1β",
            "the IL-6, TNF, IL-1β.",
        ] {
            assert_eq!(key.judge(text), Ok(()), "{text}");
        }
        for text in [
            "IL-6, TNF",
            "IL-6, TNF, IL-1β, IL-10",
            "IL-6, TNF, IL-1β, etc.",
            "IL-6 or TNF, IL-1β",
            "",
            "IL-6 TNF IL-1β",
            "The cytokines are IL-6, TNF, IL-1β",
        ] {
            assert!(key.judge(text).is_err(), "{text}");
        }
        let key = list(&["growth and development", "DNA, RNA and protein synthesis", "2,3-BPG"], false);
        assert_eq!(key.judge("2,3-BPG, growth and development, and DNA, RNA and protein synthesis"), Ok(()));
        let ions = list(&["Na+", "K+", "Cl-"], false);
        assert_eq!(ions.judge("K⁺, Cl⁻, and Na⁺"), Ok(()));
        assert!(ions.judge("Na, K, Cl").is_err());
        assert_eq!(list(&["fight or flight", "rest"], false).judge("rest, fight or flight"), Ok(()));
    }

    #[test]
    fn rankings() {
        let key = list(&["Kpna2", "Actb", "Gapdh"], true);
        for text in [
            "Kpna2 > Actb > Gapdh",
            "Kpna2>Actb>Gapdh",
            "Gapdh < Actb < Kpna2",
            "Kpna2, Actb, Gapdh",
            "Kpna2 → Actb → Gapdh",
            "Kpna2, then Actb, then Gapdh",
            "1. Kpna2\n2. Actb\n3. Gapdh",
            "2. Actb\n1. Kpna2\n3. Gapdh",
            "Kpna2 ≥ Actb ≥ Gapdh",
            "Kpna2 -> Actb -> Gapdh",
            "- Kpna2\n- Actb\n- Gapdh",
        ] {
            assert_eq!(key.judge(text), Ok(()), "{text}");
        }
        for text in [
            "Gapdh, Actb, Kpna2",
            "Kpna2 > Gapdh > Actb",
            "Kpna2 > Actb",
            "Kpna2 > Actb = Gapdh",
            "Kpna2 > Actb < Gapdh",
            "Kpna2, Kpna2, Actb, Gapdh",
            "1. Kpna2\n1. Actb\n2. Gapdh",
        ] {
            assert!(key.judge(text).is_err(), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_judged(text in "(IL-6|TNF|[,;<>&/+→ \n.0-9)-]|and |then |or ){0,30}", ordered: bool) {
            let _ = list(&["IL-6", "TNF"], ordered).judge(&text);
        }

        #[test]
        fn one_item_more_is_another_set(extra in "[A-Z]{2,5}-[0-9]{2}") {
            let judged = list(&["IL-6", "TNF"], false).judge(&format!("IL-6, TNF, {extra}"));
            proptest::prop_assert!(judged.is_err());
        }
    }
}
