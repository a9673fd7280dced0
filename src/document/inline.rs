//! Collecting a block's reading text: white space folded as it comes, superscripts made readable, citations dropped.

use super::citation;

/// Stands where a citation was until [`Inline::finish`] tidies the place. Never in input: control characters fold to
/// spaces there.
pub const DROPPED: char = '\u{1}';

/// One block's text in the making.
#[derive(Debug, Default)]
pub struct Inline {
    out: String,
    dropped: bool,
    citations: Vec<String>,
}

impl Inline {
    /// Appends `text`, every run of white space as one space and none at the start.
    pub fn push(&mut self, text: &str) {
        let bytes = text.as_bytes();
        let mut from = 0;
        let mut at = self.leading_space(bytes);
        if at > 0 {
            self.space();
            from = at;
        }
        loop {
            at = plain_run(bytes, at);
            let Some(&byte) = bytes.get(at) else { break };
            let width = match byte {
                // One space between words is copied with them.
                b' ' if bytes.get(at + 1).is_some_and(|next| *next > b' ' && !SUSPECT[usize::from(*next)]) => {
                    at += 1;
                    continue;
                }
                0..=b' ' => 1,
                _ => space_width(&bytes[at..]),
            };
            if width == 0 {
                at += 1;
                continue;
            }
            self.out.push_str(text.get(from..at).unwrap_or_default());
            self.space();
            at += width;
            from = at;
            let more = self.leading_space(&bytes[at..]);
            at += more;
            from += more;
        }
        self.out.push_str(text.get(from..).unwrap_or_default());
    }

    /// How many ASCII spaces `bytes` begins with, which one space stands for.
    fn leading_space(&self, bytes: &[u8]) -> usize {
        bytes.iter().take_while(|b| **b <= b' ').count()
    }

    pub fn push_char(&mut self, c: char) {
        if c.is_whitespace() || c < ' ' {
            self.space();
        } else {
            self.out.push(c);
        }
    }

    /// A space, unless one is there or nothing is.
    pub fn space(&mut self) {
        if !self.out.is_empty() && !self.out.ends_with(' ') {
            self.out.push(' ');
        }
    }

    /// Marks a citation of `ids` (space-separated); its visible text is not pushed.
    pub fn cite(&mut self, ids: &str) {
        self.citations.extend(ids.split_ascii_whitespace().map(str::to_owned));
        self.drop_marker();
    }

    /// A footnote marker or the like that is left out.
    pub fn drop_marker(&mut self) {
        self.dropped = true;
        self.out.push(DROPPED);
    }

    /// Citations dropped from text that was pushed ready-made.
    pub fn keep_citations(&mut self, ids: Vec<String>) {
        self.citations.extend(ids);
    }

    /// Takes back a `;` that was set after the last item of a list.
    pub fn trim_end_mark(&mut self) {
        self.out.truncate(self.out.trim_end_matches(';').len());
    }

    pub fn is_empty(&self) -> bool {
        self.out.trim_end().is_empty()
    }

    /// Where text pushed from now on will start; for [`Inline::raise`].
    pub fn mark(&self) -> usize {
        self.out.len()
    }

    /// Turns what was pushed since `mark` into a superscript or subscript: Unicode where every character has such a
    /// form, else `^{…}` or `_{…}`, so that `10<sup>5</sup>` never reads 105.
    pub fn raise(&mut self, mark: usize, script: Script) {
        let inner = self.out.get(mark..).unwrap_or_default();
        let (leading, trailing) = (inner.starts_with(' '), inner.ends_with(' '));
        let inner = inner.trim();
        let mut text = String::new();
        if inner.contains(DROPPED)
            && inner.chars().all(|c| c == DROPPED || citation::is_separator(c) || "[]()".contains(c))
        {
            text.push(DROPPED);
        } else if let Some(mapped) = inner.chars().map(|c| script.unicode(c)).collect::<Option<String>>() {
            text = mapped;
        } else {
            text.push(if script == Script::Super { '^' } else { '_' });
            text.push('{');
            text.push_str(inner);
            text.push('}');
        }
        self.out.truncate(mark);
        if leading {
            self.space();
        }
        self.out.push_str(&text);
        if trailing {
            self.space();
        }
    }

    /// The folded text and the ids of the citations dropped from it, in order.
    pub fn finish(self) -> (String, Vec<String>) {
        let mut text = if self.dropped { citation::tidy(&self.out) } else { self.out };
        text.truncate(text.trim_end().len());
        (text, self.citations)
    }

    /// The folded text alone.
    pub fn text(self) -> String {
        self.finish().0
    }
}

/// Bytes that may begin white space outside ASCII (U+0085, U+00A0, U+1680, U+2000 to U+205F, U+3000), and controls.
static SUSPECT: [bool; 256] = {
    let mut table = [false; 256];
    table[0xC2] = true;
    table[0xE1] = true;
    table[0xE2] = true;
    table[0xE3] = true;
    table
};

/// The first position from `at` on that needs a closer look: a byte up to the space or a suspect one. Eight bytes at a
/// time while they are ASCII without controls and without two spaces in a row.
fn plain_run(bytes: &[u8], mut at: usize) -> usize {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGHS: u64 = 0x8080_8080_8080_8080;
    while let Some(block) = bytes.get(at..at + 8).and_then(|block| <[u8; 8]>::try_from(block).ok()) {
        let block = u64::from_le_bytes(block);
        let controls = block.wrapping_sub(ONES * 0x20) & !block & HIGHS;
        let gaps = block ^ (ONES * 0x20);
        let spaces = gaps.wrapping_sub(ONES) & !gaps & HIGHS;
        if block & HIGHS | controls | (spaces & (spaces << 8)) != 0 {
            break;
        }
        // The eighth byte is looked at again, with its neighbour.
        at += 7;
    }
    while let Some(byte) = bytes.get(at) {
        if *byte <= b' ' || SUSPECT[usize::from(*byte)] {
            return at;
        }
        at += 1;
    }
    at
}

fn space_width(bytes: &[u8]) -> usize {
    match bytes {
        [0xC2, 0x85 | 0xA0, ..] => 2,
        [0xE1, 0x9A, 0x80, ..] | [0xE2, 0x80, 0x80..=0x8A | 0xA8 | 0xA9 | 0xAF, ..] => 3,
        [0xE2, 0x81, 0x9F, ..] | [0xE3, 0x80, 0x80, ..] => 3,
        _ => 0,
    }
}

/// `text` with white space folded and trimmed.
pub fn fold(text: &str) -> String {
    let mut inline = Inline::default();
    inline.push(text);
    inline.text()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Script {
    Super,
    Sub,
}

impl Script {
    /// Digits, signs and brackets only: "Vₘₐₓ" is harder to read and to search than "V_{max}".
    fn unicode(self, c: char) -> Option<char> {
        let index = |c: char| c.to_digit(10).and_then(|d| usize::try_from(d).ok());
        match self {
            Script::Super => match c {
                '0'..='9' => "⁰¹²³⁴⁵⁶⁷⁸⁹".chars().nth(index(c)?),
                '+' => Some('⁺'),
                '-' | '−' | '–' => Some('⁻'),
                '=' => Some('⁼'),
                '(' => Some('⁽'),
                ')' => Some('⁾'),
                'n' => Some('ⁿ'),
                _ => None,
            },
            Script::Sub => match c {
                '0'..='9' => "₀₁₂₃₄₅₆₇₈₉".chars().nth(index(c)?),
                '+' => Some('₊'),
                '-' | '−' | '–' => Some('₋'),
                '=' => Some('₌'),
                '(' => Some('₍'),
                ')' => Some('₎'),
                _ => None,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folds_white_space() {
        assert_eq!(fold(" a  b\n\tc\u{a0}d\u{2009}e \u{3000}"), "a b c d e");
        assert_eq!(fold("“a” – α"), "“a” – α");
        assert_eq!(fold("\u{1}\u{0}x"), "x");
    }

    #[test]
    fn scripts() {
        let raise = |before: &str, inner: &str, script| {
            let mut inline = Inline::default();
            inline.push(before);
            let mark = inline.mark();
            inline.push(inner);
            inline.raise(mark, script);
            inline.push(" x");
            inline.text()
        };
        assert_eq!(raise("10", "5", Script::Super), "10⁵ x");
        assert_eq!(raise("10", " −5 ", Script::Super), "10 ⁻⁵ x");
        assert_eq!(raise("V", "max", Script::Sub), "V_{max} x");
        assert_eq!(raise("a", "", Script::Sub), "a x");
    }

    proptest::proptest! {
        #[test]
        fn folding_is_splitting_and_joining(text in "[ a\\t\\n\u{a0}\u{2003}\u{3000}é–b]{0,40}") {
            proptest::prop_assert_eq!(fold(&text), text.split_whitespace().collect::<Vec<_>>().join(" "));
        }
    }
}
