//! Mixed content: the text of titles, paragraphs and cells.

use crate::document::inline::{Inline, Script};
use crate::document::math;
use crate::document::xml::{Tag, Token};

use super::Jats;

/// Elements whose text is part of the sentence they stand in.
fn is_transparent(name: &str) -> bool {
    matches!(
        name,
        "italic"
            | "comment"
            | "etal"
            | "suffix"
            | "bold"
            | "sc"
            | "underline"
            | "monospace"
            | "styled-content"
            | "named-content"
            | "ext-link"
            | "uri"
            | "email"
            | "abbrev"
            | "roman"
            | "sans-serif"
            | "overline"
            | "strike"
            | "milestone-start"
            | "milestone-end"
            | "target"
            | "institution"
            | "institution-wrap"
            | "institution-id"
            | "country"
            | "related-article"
            | "related-object"
            | "article-title"
            | "source"
            | "year"
            | "volume"
            | "fpage"
            | "lpage"
            | "string-name"
            | "surname"
            | "given-names"
            | "name"
            | "text"
            | "p"
            | "title"
            | "compound-subject"
            | "compound-subject-part"
            | "ruby"
            | "rb"
            | "data-title"
            | "chem-struct"
            | "price"
            | "issue"
            | "def"
            | "term"
            | "product"
            | "award-id"
            | "funding-source"
            | "std"
            | "version"
            | "fixed-case"
            | "num"
            | "inline-quote"
            | "subtitle"
            | "trans-title"
            | "collab"
            | "license-p"
            | "b"
            | "i"
            | "u"
            | "em"
            | "strong"
            | "span"
            | "a"
            | "tt"
            | "fragment"
    )
}

/// Whether an element is styled so that no reader of the page sees it: a message to machines.
pub(super) fn is_hidden(tag: &Tag<'_>) -> bool {
    let plain = |text: &str| -> String {
        text.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase).take(400).collect()
    };
    let says_so = |name: &str| {
        let value = tag.raw_attribute(name).map(plain);
        value.is_some_and(|value| matches!(value.as_str(), "hidden" | "invisible" | "display:none"))
    };
    if ["specific-use", "style-type", "content-type"].into_iter().any(says_so) {
        return true;
    }
    let Some(style) = tag.raw_attribute("style").map(plain) else { return false };
    let declared: Vec<(&str, &str)> = style.split(';').filter_map(|one| one.split_once(':')).collect();
    // White on a coloured ground is how some tables print their heads.
    let has_ground = declared.iter().any(|(property, _)| property.starts_with("background"));
    declared.into_iter().any(|declaration| match declaration {
        ("color", "white" | "#fff" | "#ffffff" | "rgb(255,255,255)") => !has_ground,
        ("color", "transparent") | ("display", "none") | ("visibility", "hidden") | ("opacity", "0") => true,
        ("font-size", size) => matches!(size, "0" | "0px" | "0pt" | "0em" | "1px" | "1pt"),
        _ => false,
    })
}

impl<'a> Jats<'a> {
    /// The folded text of the element just opened, without block structure.
    pub(super) fn plain(&mut self) -> String {
        let mut sink = Inline::default();
        self.inline(&mut sink, false);
        sink.text()
    }

    /// Reads the element just opened into `sink`. With `blocks`, lists and quotations inside it become passages of
    /// their own in `self.target`; without, their text joins the line. Floats always go to their own lists.
    pub(super) fn inline(&mut self, sink: &mut Inline, blocks: bool) {
        loop {
            match self.xml.next() {
                Token::Text(text) => sink.push(text),
                Token::Char(c) => sink.push_char(c),
                Token::Open(tag) => self.element(&tag, sink, blocks),
                Token::Comment(_) => {}
                Token::Close | Token::End => return,
            }
        }
    }

    pub(super) fn element(&mut self, tag: &Tag<'a>, sink: &mut Inline, blocks: bool) {
        match tag.name {
            "xref" => self.xref(tag, sink),
            "sup" => self.script(sink, Script::Super),
            "sub" => self.script(sink, Script::Sub),
            name if is_transparent(name) && is_hidden(tag) => {
                self.xml.issues.add("hidden_text", || format!("<{name}> that no reader sees left out"));
                self.xml.skip();
            }
            name if is_transparent(name) => self.inline(sink, blocks),
            "inline-formula" | "disp-formula" | "disp-formula-group" => self.formula(sink),
            "math" => math::flatten(&mut self.xml, sink),
            "tex-math" => {
                let tex = math::tex(&self.raw_text());
                sink.push(&tex);
            }
            "alternatives" => self.alternatives(sink),
            "break" => {
                sink.space();
                self.xml.skip();
            }
            "fig" | "fig-group" | "table-wrap" | "table-wrap-group" => {
                sink.space();
                self.float(tag);
            }
            "list" | "def-list" | "disp-quote" | "verse-group" | "boxed-text" | "speech" | "statement" if blocks => {
                self.flush(sink);
                self.block(tag);
            }
            "list" | "list-item" | "def-list" | "def-item" | "disp-quote" | "verse-group" | "verse-line" | "speech"
            | "statement" => {
                sink.space();
                self.inline(sink, false);
                sink.space();
            }
            "fn" => {
                sink.drop_marker();
                self.xml.skip();
            }
            "hr"
            | "x"
            | "graphic"
            | "inline-graphic"
            | "media"
            | "supplementary-material"
            | "inline-supplementary-material"
            | "object-id"
            | "label"
            | "alt-text"
            | "long-desc"
            | "permissions"
            | "attrib"
            | "private-char"
            | "index-term"
            | "boxed-text"
            | "code"
            | "preformat"
            | "rt"
            | "processing-meta"
            | "mixed-citation"
            | "element-citation"
            | "table"
            | "array"
            | "contrib-group"
            | "address"
            | "aff"
            | "chem-struct-wrap"
            | "rp"
            | "img" => self.xml.skip(),
            name => {
                self.xml.issues.add("unknown_element", || format!("<{name}> in running text left out"));
                self.xml.skip();
            }
        }
    }

    fn xref(&mut self, tag: &Tag<'a>, sink: &mut Inline) {
        match tag.raw_attribute("ref-type") {
            Some("bibr" | "ref") => {
                let ids = tag.attribute("rid").unwrap_or_default();
                self.xml.skip();
                sink.cite(&ids);
            }
            Some("fn" | "table-fn" | "author-notes" | "corresp" | "aff" | "contrib") => {
                self.xml.skip();
                sink.drop_marker();
            }
            _ => self.inline(sink, false),
        }
    }

    fn script(&mut self, sink: &mut Inline, script: Script) {
        let mark = sink.mark();
        self.inline(sink, false);
        if sink.mark() > mark {
            sink.raise(mark, script);
        }
    }

    /// A formula's best text: MathML, else TeX, else the words in it, else a marker.
    fn formula(&mut self, sink: &mut Inline) {
        let mark = sink.mark();
        self.alternatives(sink);
        if sink.mark() == mark {
            self.xml.issues.add("formula_dropped", || "a formula is only an image".into());
            sink.push("[formula]");
        }
    }

    fn alternatives(&mut self, sink: &mut Inline) {
        let mut math = None;
        let mut tex = None;
        loop {
            match self.xml.next() {
                Token::Open(tag) => match tag.name {
                    "math" if math.is_none() => {
                        let mut inner = Inline::default();
                        math::flatten(&mut self.xml, &mut inner);
                        math = Some(inner.text());
                    }
                    "tex-math" if tex.is_none() => tex = Some(math::tex(&self.raw_text())),
                    "math" | "tex-math" | "label" => self.xml.skip(),
                    "alternatives" => self.alternatives(sink),
                    _ => self.element(&tag, sink, false),
                },
                Token::Text(text) => sink.push(text),
                Token::Char(c) => sink.push_char(c),
                Token::Comment(_) => {}
                Token::Close | Token::End => break,
            }
        }
        if let Some(text) = math.filter(|text| !text.is_empty()).or(tex) {
            sink.push(&text);
        }
    }

    /// The text of the element just opened as it stands, for TeX.
    fn raw_text(&mut self) -> String {
        let mut out = String::new();
        let mut depth = 0usize;
        loop {
            match self.xml.next() {
                Token::Text(text) => out.push_str(text),
                Token::Char(c) => out.push(c),
                Token::Open(_) => depth += 1,
                Token::Close if depth == 0 => return out,
                Token::Close => depth -= 1,
                Token::End => return out,
                Token::Comment(_) => {}
            }
        }
    }
}
