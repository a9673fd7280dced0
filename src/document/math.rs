//! Formulas as one line of text.

use super::inline::{Inline, Script};
use super::xml::{Token, Xml};

/// Flattens the `math` element just opened; its end is consumed.
///
/// Structure that changes meaning is written out: `x^{2}` or `x²`, `(a)/(b)`, `√(x)`.
pub fn flatten(xml: &mut Xml<'_>, out: &mut Inline) {
    row(xml, out);
}

fn row(xml: &mut Xml<'_>, out: &mut Inline) {
    loop {
        match xml.next() {
            Token::Open(tag) => element(xml, out, tag.name),
            Token::Close | Token::End => return,
            Token::Text(text) => out.push(text),
            Token::Char(c) => out.push_char(c),
            Token::Comment(_) => {}
        }
    }
}

fn element(xml: &mut Xml<'_>, out: &mut Inline, name: &str) {
    match name {
        "annotation" | "annotation-xml" | "maligngroup" | "malignmark" => xml.skip(),
        "mspace" => {
            out.space();
            xml.skip();
        }
        "msup" | "mover" => children(xml, out, &[None, Some(Script::Super)]),
        "msub" | "munder" => children(xml, out, &[None, Some(Script::Sub)]),
        "msubsup" | "munderover" => children(xml, out, &[None, Some(Script::Sub), Some(Script::Super)]),
        "mfrac" => fraction(xml, out),
        "msqrt" => {
            out.push("√(");
            row(xml, out);
            out.push(")");
        }
        "mfenced" => {
            out.push("(");
            row(xml, out);
            out.push(")");
        }
        "mtr" | "mlabeledtr" => {
            row(xml, out);
            out.push("; ");
        }
        "mtd" => {
            row(xml, out);
            out.space();
        }
        _ => row(xml, out),
    }
}

fn children(xml: &mut Xml<'_>, out: &mut Inline, scripts: &[Option<Script>]) {
    let mut index = 0;
    loop {
        match xml.next() {
            Token::Open(tag) => {
                let mark = out.mark();
                element(xml, out, tag.name);
                if let Some(Some(script)) = scripts.get(index)
                    && out.mark() > mark
                {
                    out.raise(mark, *script);
                }
                index += 1;
            }
            Token::Close | Token::End => return,
            _ => {}
        }
    }
}

fn fraction(xml: &mut Xml<'_>, out: &mut Inline) {
    let mut index = 0;
    loop {
        match xml.next() {
            Token::Open(tag) => {
                out.push(if index == 0 { "(" } else { "/(" });
                element(xml, out, tag.name);
                out.push(")");
                index += 1;
            }
            Token::Close | Token::End => return,
            _ => {}
        }
    }
}

/// The formula of a `tex-math` element: without the LaTeX document around it and without dollar signs.
pub fn tex(source: &str) -> String {
    let body = source.split_once("\\begin{document}").map_or(source, |(_, body)| body);
    let body = body.split_once("\\end{document}").map_or(body, |(body, _)| body);
    super::inline::fold(body.trim().trim_matches('$'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(mathml: &str, expected: &str) {
        let text = format!("<math>{mathml}</math>");
        let mut xml = Xml::new(&text, 64, 1000);
        xml.next();
        let mut out = Inline::default();
        flatten(&mut xml, &mut out);
        assert_eq!(out.text(), expected);
    }

    #[test]
    fn mathml() {
        check("<mi>x</mi><mo>=</mo><msup><mi>y</mi><mn>2</mn></msup>", "x=y²");
        check("<mfrac><mi>a</mi><mrow><mi>b</mi><mo>+</mo><mn>1</mn></mrow></mfrac>", "(a)/(b+1)");
        check("<msub><mi>k</mi><mtext>cat</mtext></msub>", "k_{cat}");
        check("<semantics><msqrt><mn>2</mn></msqrt><annotation>\\sqrt{2}</annotation></semantics>", "√(2)");
    }

    #[test]
    fn tex_loses_its_document() {
        assert_eq!(tex("\\documentclass{m} \\begin{document} $$ N = 2 $$\\end{document}"), "N = 2");
    }
}
