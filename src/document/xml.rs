//! A forgiving cursor over XML text: every element it opens it also closes, whatever the input.
//!
//! It repairs what can be repaired (a bare `<` or `&`, a missing or stray end tag) with an issue, and stops with a
//! [`Stop`] where reading on would be guessing. Consumers see balanced events, so they can be plain recursive descent;
//! the depth limit bounds their recursion. It scans the text itself: a general reader says nothing about truncation,
//! lets a bare `<` swallow what follows, checks UTF-8 a second time and can not go on at a given byte.

use memchr::memmem;

use super::entity::{self, Resolved};
use super::issue::Issues;

/// Longest `&name;` looked for; the longest known name has 31 letters.
const LONGEST_REFERENCE: usize = 40;

/// One event. Names are local (without a namespace prefix).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Token<'a> {
    /// Followed by its `Close`, also where the source had an empty element.
    Open(Tag<'a>),
    Close,
    Text(&'a str),
    Char(char),
    Comment(&'a str),
    End,
}

/// A start tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tag<'a> {
    pub name: &'a str,
    attributes: &'a str,
}

impl<'a> Tag<'a> {
    /// The first attribute with this local name, references resolved.
    pub fn attribute(&self, name: &str) -> Option<String> {
        self.raw_attribute(name).map(|raw| if raw.contains('&') { entity::unescape(raw) } else { raw.to_owned() })
    }

    /// The first attribute with this local name as it stands in the source.
    pub fn raw_attribute(&self, name: &str) -> Option<&'a str> {
        let mut rest = self.attributes;
        loop {
            let (key, after) = rest.split_once('=')?;
            let after = after.trim_start();
            let quote = after.chars().next().filter(|c| matches!(c, '"' | '\''))?;
            let (value, tail) = after.get(1..)?.split_once(quote)?;
            if local(key.trim()) == name {
                return Some(value);
            }
            rest = tail;
        }
    }

    /// Whether the attribute is there with exactly this value.
    pub fn has(&self, name: &str, value: &str) -> bool {
        self.raw_attribute(name) == Some(value)
    }
}

/// Why reading ended before the end of the root element.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stop {
    /// Byte position in the decoded text.
    pub at: usize,
    pub reason: &'static str,
}

pub struct Xml<'a> {
    text: &'a str,
    /// Position in `text` of what is read next.
    at: usize,
    open: Vec<&'a str>,
    /// Ends to hand out before reading on.
    closes: usize,
    stop: Option<Stop>,
    ended: bool,
    roots: usize,
    elements: usize,
    /// Bytes read twice by repairs; bounded, so that repairs stay linear.
    reread: usize,
    max_depth: usize,
    max_elements: usize,
    pub issues: Issues,
}

impl<'a> Xml<'a> {
    pub fn new(text: &'a str, max_depth: usize, max_elements: usize) -> Self {
        Xml {
            text,
            at: 0,
            open: Vec::with_capacity(32),
            closes: 0,
            stop: None,
            ended: false,
            roots: 0,
            elements: 0,
            reread: 0,
            max_depth,
            max_elements,
            issues: Issues::default(),
        }
    }

    /// Why reading stopped early, once it has.
    pub fn stop(&self) -> Option<&Stop> {
        self.stop.as_ref()
    }

    /// The next event; [`Token::End`] for ever once everything is closed.
    pub fn next(&mut self) -> Token<'a> {
        loop {
            if self.closes > 0 {
                self.closes -= 1;
                self.open.pop();
                return Token::Close;
            }
            if self.ended {
                return Token::End;
            }
            if let Some(token) = self.read() {
                return token;
            }
        }
    }

    fn read(&mut self) -> Option<Token<'a>> {
        let from = self.at;
        let rest = self.text.as_bytes().get(from..).unwrap_or_default();
        match rest {
            [] => {
                self.end();
                None
            }
            [b'<', b'/', ..] => {
                let length = self.until(memchr::memchr(b'>', rest).map(|end| end + 1))?;
                let name = self.take(length).get(2..length - 1).unwrap_or_default();
                self.close(name.trim_ascii_end(), from);
                None
            }
            [b'<', b'!', b'-', b'-', ..] => {
                let length = self.until(memmem::find(rest, b"-->").map(|end| end + 3))?;
                let comment = self.take(length).get(4..length - 3).unwrap_or_default();
                (!self.open.is_empty()).then_some(Token::Comment(comment))
            }
            [b'<', b'!', b'[', b'C', b'D', b'A', b'T', b'A', b'[', ..] => {
                let length = self.until(memmem::find(rest, b"]]>").map(|end| end + 3))?;
                let inner = self.take(length).get(9..length - 3).unwrap_or_default();
                self.visible(inner).then_some(Token::Text(inner))
            }
            [b'<', b'!', ..] => {
                let length = self.until(declaration_length(rest))?;
                if memmem::find(self.take(length).as_bytes(), b"<!ENTITY").is_some() {
                    self.issues.add("entity_declarations_ignored", || format!("in the DOCTYPE at byte {from}"));
                }
                None
            }
            [b'<', b'?', ..] => {
                let length = self.until(memmem::find(rest, b"?>").map(|end| end + 2))?;
                self.take(length);
                None
            }
            [b'<', first, ..] if first.is_ascii_alphabetic() || *first == b'_' || *first >= 0x80 => {
                let length = self.until(tag_length(rest))?;
                let raw = self.take(length);
                let empty = rest.get(length - 2) == Some(&b'/');
                self.start(from, raw, raw.get(1..length - 1 - usize::from(empty)), empty)
            }
            [b'<', ..] => self.bare(from),
            [b'&', ..] => self.reference(from, rest),
            _ => {
                let length = memchr::memchr2(b'<', b'&', rest).unwrap_or(rest.len());
                let text = self.take(length);
                self.visible(text).then_some(Token::Text(text))
            }
        }
    }

    /// The markup's length, or a stop when it never ends: nothing after it can be told apart.
    fn until(&mut self, length: Option<usize>) -> Option<usize> {
        if length.is_none() {
            self.halt(self.at, "markup that is not closed");
        }
        length
    }

    fn take(&mut self, length: usize) -> &'a str {
        let taken = self.text.get(self.at..self.at + length).unwrap_or_default();
        self.at += length;
        taken
    }

    fn reference(&mut self, from: usize, rest: &'a [u8]) -> Option<Token<'a>> {
        let end = rest.iter().take(LONGEST_REFERENCE).skip(1).position(|b| !(b.is_ascii_alphanumeric() || *b == b'#'));
        let Some(length) = end.filter(|end| *end > 0 && rest.get(end + 1) == Some(&b';')).map(|end| end + 2) else {
            return self.bare(from);
        };
        let raw = self.take(length);
        if self.open.is_empty() {
            return None;
        }
        match entity::resolve(raw.get(1..length - 1).unwrap_or_default()) {
            Resolved::Char(c) => Some(Token::Char(c)),
            Resolved::Text(text) => Some(Token::Text(text)),
            Resolved::Unknown => {
                self.issues.add("unknown_entity", || format!("{raw} at byte {from}"));
                Some(Token::Text(raw))
            }
        }
    }

    /// Text outside the root says nothing; inside, even white space separates words.
    fn visible(&self, text: &str) -> bool {
        !text.is_empty() && !self.open.is_empty()
    }

    /// A `<` or `&` that is no markup becomes text.
    fn bare(&mut self, at: usize) -> Option<Token<'a>> {
        let mark = self.text.get(at..at + 1).unwrap_or_default();
        let kind = if mark == "<" { "bare_less_than" } else { "bare_ampersand" };
        self.issues.add(kind, || format!("at byte {at}"));
        self.at = at + 1;
        self.visible(mark).then_some(Token::Text(mark))
    }

    fn start(&mut self, at: usize, raw: &'a str, inner: Option<&'a str>, empty: bool) -> Option<Token<'a>> {
        let inner = inner.unwrap_or_default();
        if memchr::memchr(b'<', inner.as_bytes()).is_some() {
            // "p <q and r</p>": the tag swallowed another one.
            self.reread += raw.len();
            if self.reread > self.text.len() {
                self.halt(at, "too many unfinished tags");
                return None;
            }
            return self.bare(at);
        }
        let end = inner.bytes().position(|b| b.is_ascii_whitespace()).unwrap_or(inner.len());
        let (full, attributes) = inner.split_at_checked(end).unwrap_or((inner, ""));
        if self.open.is_empty() {
            self.roots += 1;
            if self.roots > 1 {
                self.halt(at, "a second root element");
                return None;
            }
        }
        self.elements += 1;
        if self.open.len() >= self.max_depth {
            self.halt(at, "elements nested too deep");
            return None;
        }
        if self.elements > self.max_elements {
            self.halt(at, "too many elements");
            return None;
        }
        self.open.push(full);
        self.closes = usize::from(empty);
        Some(Token::Open(Tag { name: local(full), attributes }))
    }

    fn close(&mut self, name: &str, at: usize) {
        if self.open.last() == Some(&name) {
            self.closes = 1;
            return;
        }
        match self.open.iter().rposition(|open| *open == name) {
            Some(depth) => {
                self.closes = self.open.len() - depth;
                if self.closes > 1 {
                    let inner = self.open.last().copied().unwrap_or_default();
                    self.issues
                        .add("missing_end_tag", || format!("<{inner}> is not closed before </{name}> at byte {at}"));
                }
            }
            None => self.issues.add("stray_end_tag", || format!("</{name}> at byte {at}")),
        }
    }

    fn end(&mut self) {
        if self.open.is_empty() {
            self.ended = true;
        } else {
            self.halt(self.text.len(), "the end of the text inside an element");
        }
    }

    fn halt(&mut self, at: usize, reason: &'static str) {
        let open = self.open.last().copied().unwrap_or_default();
        let kind = if at >= self.text.len() || reason.starts_with("markup") { "truncated" } else { "malformed" };
        self.issues.add(kind, || format!("{reason} (<{open}>) at byte {at}"));
        self.stop.get_or_insert(Stop { at, reason });
        self.closes = self.open.len();
        self.ended = true;
    }

    /// Passes over the rest of the element just opened.
    pub fn skip(&mut self) {
        let mut depth = 1usize;
        loop {
            match self.next() {
                Token::Open(_) => depth += 1,
                Token::Close => {
                    depth -= 1;
                    if depth == 0 {
                        return;
                    }
                }
                Token::End => return,
                _ => {}
            }
        }
    }

    /// Like [`Xml::skip`], by searching for the end tag instead of reading what is between: for elements that can be
    /// half of an article and whose inside nobody asks about.
    pub fn skip_unread(&mut self) {
        if self.closes > 0 {
            return self.skip();
        }
        let Some(name) = self.open.last().copied() else { return };
        let (start_tag, end_tag) = (format!("<{name}"), format!("</{name}"));
        let (start_finder, end_finder) = (memmem::Finder::new(&start_tag), memmem::Finder::new(&end_tag));
        let bytes = self.text.as_bytes();
        let named = |at: usize| bytes.get(at).is_none_or(|b| b.is_ascii_whitespace() || matches!(b, b'>' | b'/'));
        let mut at = self.at;
        let mut depth = 1usize;
        // One pass over starts and one over ends, both only forward.
        let mut next_start = at;
        loop {
            let Some(end) = bytes.get(at..).and_then(|rest| end_finder.find(rest)).map(|found| at + found) else {
                self.at = self.text.len();
                return self.skip();
            };
            while next_start < end {
                let Some(found) = bytes.get(next_start..end).and_then(|rest| start_finder.find(rest)) else {
                    break;
                };
                let start = next_start + found;
                if named(start + start_tag.len()) && !self_closing(bytes, start, end) {
                    depth += 1;
                }
                next_start = start + start_tag.len();
            }
            if named(end + end_tag.len()) {
                depth -= 1;
                if depth == 0 {
                    self.at = end;
                    return self.skip();
                }
            }
            at = end + end_tag.len();
            next_start = at;
        }
    }
}

fn self_closing(bytes: &[u8], start: usize, end: usize) -> bool {
    let tag = bytes.get(start..end).unwrap_or_default();
    memchr::memchr(b'>', tag).is_some_and(|close| close > 0 && tag.get(close - 1) == Some(&b'/'))
}

/// The length of the start tag at the beginning of `bytes`; a `>` inside quotes does not end it.
fn tag_length(bytes: &[u8]) -> Option<usize> {
    let mut at = 1;
    loop {
        at += memchr::memchr3(b'>', b'"', b'\'', bytes.get(at..)?)?;
        match bytes.get(at)? {
            b'>' => return Some(at + 1),
            quote => at += memchr::memchr(*quote, bytes.get(at + 1..)?)? + 2,
        }
    }
}

/// The length of a DOCTYPE, its internal subset included.
fn declaration_length(bytes: &[u8]) -> Option<usize> {
    let close = memchr::memchr(b'>', bytes)?;
    match memchr::memchr(b'[', bytes.get(..close)?) {
        Some(open) => {
            let subset = open + memchr::memchr(b']', bytes.get(open..)?)?;
            Some(subset + memchr::memchr(b'>', bytes.get(subset..)?)? + 1)
        }
        None => Some(close + 1),
    }
}

fn local(name: &str) -> &str {
    match memchr::memrchr(b':', name.as_bytes()) {
        Some(at) => name.get(at + 1..).unwrap_or(name),
        None => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The events as `<name text >`-like text, and the kinds of issues.
    fn events(text: &str) -> (String, Vec<String>) {
        let mut xml = Xml::new(text, 64, 10_000);
        let mut out = String::new();
        let mut depth = 0i64;
        loop {
            match xml.next() {
                Token::Open(tag) => {
                    out.push('(');
                    out.push_str(tag.name);
                    out.push(' ');
                    depth += 1;
                }
                Token::Close => {
                    out.push(')');
                    depth -= 1;
                }
                Token::Text(text) => out.push_str(text),
                Token::Char(c) => out.push(c),
                Token::Comment(_) => out.push('#'),
                Token::End => break,
            }
        }
        assert_eq!(depth, 0, "{text:?}");
        (out, xml.issues.into_vec().into_iter().map(|issue| issue.kind).collect())
    }

    fn check(text: &str, expected: &str, issues: &[&str]) {
        assert_eq!(events(text), (expected.to_owned(), issues.iter().map(|s| s.to_string()).collect()), "{text:?}");
    }

    #[test]
    fn well_formed() {
        check(
            "<?xml version='1.0'?><!DOCTYPE a [<!-- x -->]><a>x<b y='1>2'/>&lt;z<![CDATA[<q>]]></a>\n",
            "(a x(b )<z<q>)",
            &[],
        );
        check("<x:a xmlns:x='u'><x:b/></x:a>", "(a (b ))", &[]);
    }

    #[test]
    fn repairs() {
        check("<a>p < 0.05 & <b>q</b></a>", "(a p < 0.05 & (b q))", &["bare_less_than", "bare_ampersand"]);
        check("<a>p <q and <b>r</b></a>", "(a p <q and (b r))", &["bare_less_than"]);
        check("<a><b>x<c>y</b></a>", "(a (b x(c y)))", &["missing_end_tag"]);
        check("<a>x</c></a>", "(a x)", &["stray_end_tag"]);
        check("<a>&lol;</a>", "(a &lol;)", &["unknown_entity"]);
    }

    #[test]
    fn stops() {
        check("<a><b>trunc", "(a (b trunc))", &["truncated"]);
        check("<a><b>x</b><!-- never closed", "(a (b x))", &["truncated"]);
        check("<a/><b/>", "(a )", &["malformed"]);
        let deep = "<a>".repeat(100_000);
        assert_eq!(events(&deep).1, ["malformed"]);
        assert_eq!(events("").0, "");
    }

    #[test]
    fn unfinished_tags_stay_linear() {
        events(&format!("<a>{}", "<b ".repeat(50_000)));
        events(&format!("<a>{}", "<b \"".repeat(50_000)));
        events(&format!("<a>{}", "&".repeat(50_000)));
    }

    #[test]
    fn attributes() {
        let mut xml = Xml::new("<a b = 'x &amp; y' c:d=\"2\" e/>", 64, 10);
        let Token::Open(tag) = xml.next() else { panic!("no tag") };
        assert_eq!(tag.attribute("b").as_deref(), Some("x & y"));
        assert_eq!(tag.raw_attribute("d"), Some("2"));
        assert_eq!(tag.raw_attribute("e"), None);
    }

    #[test]
    fn skipping_unread_finds_the_right_end() {
        let text = "<r><s><s/><s x='1'>1</s><st/></s>after</r>";
        let mut xml = Xml::new(text, 64, 100);
        xml.next();
        xml.next();
        xml.skip_unread();
        assert_eq!(xml.next(), Token::Text("after"));
        let mut xml = Xml::new("<r><s>never", 64, 100);
        xml.next();
        xml.next();
        xml.skip_unread();
        assert_eq!(xml.next(), Token::Close);
        assert_eq!(xml.stop().map(|stop| stop.at), Some(11));
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_balanced(text in "[<>/!?&;a-c \"'=\\-\\[\\]C\u{e9}]{0,60}") {
            events(&text);
        }
    }
}
