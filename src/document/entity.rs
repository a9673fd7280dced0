//! Character and entity references. Entities that a DTD declares are never expanded, so nothing can grow here.

use std::sync::LazyLock;

/// Names of HTML and the ISO sets with their characters, sorted by name: `name code code`.
static NAMES: LazyLock<Vec<(&'static str, String)>> = LazyLock::new(|| {
    include_str!("entities.txt")
        .lines()
        .filter_map(|line| {
            let (name, codes) = line.split_once(' ')?;
            let text =
                codes.split(' ').filter_map(|code| char::from_u32(u32::from_str_radix(code, 16).ok()?)).collect();
            Some((name, text))
        })
        .collect()
});

/// What `&name;` stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resolved {
    Char(char),
    Text(&'static str),
    /// A name we do not know, or a character XML forbids.
    Unknown,
}

/// Resolves the inside of a reference: `lt`, `alpha`, `#956`, `#x3BC`.
pub fn resolve(name: &str) -> Resolved {
    if let Some(number) = name.strip_prefix('#') {
        let code = match number.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16),
            None => number.parse(),
        };
        return match code.ok().and_then(char::from_u32) {
            Some(c) if c >= ' ' || matches!(c, '\t' | '\n' | '\r') => Resolved::Char(c),
            _ => Resolved::Unknown,
        };
    }
    match name {
        "lt" => return Resolved::Char('<'),
        "gt" => return Resolved::Char('>'),
        "amp" => return Resolved::Char('&'),
        "quot" => return Resolved::Char('"'),
        "apos" => return Resolved::Char('\''),
        _ => {}
    }
    match NAMES.binary_search_by(|(known, _)| (*known).cmp(name)) {
        Ok(found) => NAMES.get(found).map_or(Resolved::Unknown, |(_, text)| Resolved::Text(text)),
        Err(_) => Resolved::Unknown,
    }
}

/// `text` with its references resolved once; unknown ones stay as they are.
pub fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        out.push_str(before);
        let end = after.bytes().take(40).position(|b| b == b';');
        match end.and_then(|end| Some((after.get(..end)?, after.get(end + 1..)?))) {
            Some((name, tail)) if resolve(name) != Resolved::Unknown => {
                match resolve(name) {
                    Resolved::Char(c) => out.push(c),
                    Resolved::Text(text) => out.push_str(text),
                    Resolved::Unknown => {}
                }
                rest = tail;
            }
            _ => {
                out.push('&');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers() {
        assert!(NAMES.windows(2).all(|pair| pair[0].0 < pair[1].0));
        assert_eq!(resolve("alpha"), Resolved::Text("α"));
        assert_eq!(resolve("lsqb"), Resolved::Text("["));
        assert_eq!(resolve("#x3bc"), Resolved::Char('μ'));
        for unknown in ["#0", "#x1", "#xD800", "#", "", "lol9", "#99999999999"] {
            assert_eq!(resolve(unknown), Resolved::Unknown, "{unknown:?}");
        }
        assert_eq!(unescape("a &lt;b&gt; &amp;amp; &lol; &"), "a <b> &amp; &lol; &");
    }
}
