//! What a person typed to a tree. Never an error: what was not understood is searched as words and said in a notice.
//!
//! Words are required unless joined by `OR`; `-` or `NOT` excludes; `"…"` is a phrase, `"…"~3` one with gaps; `word*`
//! a beginning; `field:word`, `field:"…"`, `field:(…)` look in one field.

use super::filter::Filter;
use super::schema::TextField;
use super::word;

const MAX_QUERY_CHARS: usize = 1000;
const MAX_LEAVES: usize = 48;
const MAX_DEPTH: usize = 8;
const MAX_PREFIXES: usize = 3;
const MIN_PREFIX_CHARS: usize = 3;
const MAX_SLOP: u32 = 20;

/// A query's tree.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Node {
    /// Words as typed, all of them required; `None` means every text field.
    Words(Option<Place>, String),
    Phrase(Option<Place>, String, u32),
    Prefix(Option<Place>, String),
    Filter(Filter),
    Not(Box<Node>),
    /// Ranks what it matches higher, requires nothing.
    Maybe(Box<Node>),
    All(Vec<Node>),
    Any(Vec<Node>),
}

/// A field that a person named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Question,
    Answer,
    Title,
    /// The quotes of questions.
    Evidence,
    /// The text of passages.
    Text,
}

impl Place {
    fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "question" => Place::Question,
            "answer" => Place::Answer,
            "title" => Place::Title,
            "evidence" | "quote" => Place::Evidence,
            "text" | "passage_text" | "body" => Place::Text,
            _ => return None,
        })
    }

    pub fn field(self) -> TextField {
        match self {
            Place::Question => TextField::Question,
            Place::Answer => TextField::Answer,
            Place::Title => TextField::Title,
            Place::Evidence | Place::Text => TextField::Body,
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
enum Lexeme {
    Open,
    Close,
    And,
    Or,
    Not,
    Word(String),
    Phrase(String, u32),
    /// `name:`, directly before what it applies to.
    Field(String),
}

/// The tree of `text`, `None` when it asks for nothing; and what a person should know about how it was read.
pub(super) fn parse(text: &str) -> (Option<Node>, Vec<String>) {
    let mut notices = Vec::new();
    let bounded: String = text.chars().take(MAX_QUERY_CHARS).collect();
    if bounded.len() < text.len() {
        notices.push(format!("the query is longer than {MAX_QUERY_CHARS} characters: the rest was left out"));
    }
    let lexemes = lex(&bounded, &mut notices);
    let mut parser = Parser { lexemes, next: 0, leaves: 0, prefixes: 0, notices };
    let mut parts = Vec::new();
    while parser.next < parser.lexemes.len() {
        parts.extend(parser.any(0, None));
        if parser.peek() == Some(&Lexeme::Close) {
            parser.next += 1;
            parser.notice("a closing bracket without an opening one was left out");
        }
    }
    let node = match parts.len() {
        0 | 1 => parts.pop(),
        _ => Some(Node::All(parts)),
    };
    parser.notices.dedup();
    (node, parser.notices)
}

struct Parser {
    lexemes: Vec<Lexeme>,
    next: usize,
    leaves: usize,
    prefixes: usize,
    notices: Vec<String>,
}

impl Parser {
    fn peek(&self) -> Option<&Lexeme> {
        self.lexemes.get(self.next)
    }

    fn notice(&mut self, text: &str) {
        if !self.notices.iter().any(|seen| seen == text) {
            self.notices.push(text.to_owned());
        }
    }

    /// `all (OR all)*`
    fn any(&mut self, depth: usize, place: Option<Place>) -> Option<Node> {
        let mut options = Vec::new();
        options.extend(self.all(depth, place));
        while self.peek() == Some(&Lexeme::Or) {
            self.next += 1;
            let option = self.all(depth, place);
            if option.is_none() || options.is_empty() {
                self.notice("an OR without both sides was left out");
            }
            options.extend(option);
        }
        match options.len() {
            0 | 1 => options.pop(),
            _ => Some(Node::Any(options)),
        }
    }

    /// `unary (AND? unary)*`
    fn all(&mut self, depth: usize, place: Option<Place>) -> Option<Node> {
        let mut parts: Vec<Node> = Vec::new();
        loop {
            match self.peek() {
                None | Some(Lexeme::Or | Lexeme::Close) => break,
                Some(Lexeme::And) => {
                    self.next += 1;
                    if parts.is_empty() || matches!(self.peek(), None | Some(Lexeme::Or | Lexeme::Close)) {
                        self.notice("an AND without both sides was left out");
                    }
                }
                Some(_) => parts.extend(self.unary(depth, place)),
            }
        }
        let mut parts = join_names(parts);
        match parts.len() {
            0 | 1 => parts.pop(),
            _ => Some(Node::All(parts)),
        }
    }

    fn unary(&mut self, depth: usize, place: Option<Place>) -> Option<Node> {
        let mut negated = false;
        while self.peek() == Some(&Lexeme::Not) {
            negated = !negated;
            self.next += 1;
        }
        let node = match self.peek() {
            None | Some(Lexeme::Close | Lexeme::Or | Lexeme::And) => None,
            Some(_) => self.primary(depth, place),
        };
        if negated && node.is_none() {
            self.notice("a NOT without anything after it was left out");
        }
        let node = node?;
        Some(if negated { Node::Not(Box::new(node)) } else { node })
    }

    fn primary(&mut self, depth: usize, place: Option<Place>) -> Option<Node> {
        let lexeme = self.peek().cloned()?;
        self.next += 1;
        match lexeme {
            Lexeme::Open if depth >= MAX_DEPTH => {
                self.notice("brackets are nested too deep: the inner ones were left out");
                None
            }
            Lexeme::Open => {
                let inside = self.any(depth + 1, place);
                match self.peek() {
                    Some(Lexeme::Close) => self.next += 1,
                    _ => self.notice("a bracket was not closed"),
                }
                inside
            }
            Lexeme::Field(name) => self.field(&name, depth, place),
            Lexeme::Word(text) => {
                self.leaf()?;
                Some(self.word(place, text))
            }
            Lexeme::Phrase(text, slop) => {
                self.leaf()?;
                Some(Node::Phrase(place, text, slop))
            }
            Lexeme::Close | Lexeme::And | Lexeme::Or | Lexeme::Not => None,
        }
    }

    fn field(&mut self, name: &str, depth: usize, place: Option<Place>) -> Option<Node> {
        if let Some(inner) = Place::from_name(name) {
            return match self.peek() {
                Some(Lexeme::Word(_) | Lexeme::Phrase(..) | Lexeme::Open) => self.primary(depth, Some(inner)),
                _ => {
                    self.notice("a field without a value was left out");
                    None
                }
            };
        }
        let value = match self.peek() {
            Some(Lexeme::Word(text) | Lexeme::Phrase(text, _)) => text.clone(),
            Some(Lexeme::Open) => {
                self.notice("only text fields take brackets: the name of the field was left out");
                return self.primary(depth, place);
            }
            _ => {
                self.notice("a field without a value was left out");
                return None;
            }
        };
        self.next += 1;
        self.leaf()?;
        match Filter::new(name, &value) {
            Ok(filter) => Some(Node::Filter(filter)),
            Err(error) => {
                self.notice(&format!("{error}; it was searched as words"));
                Some(Node::Words(place, value))
            }
        }
    }

    fn word(&mut self, place: Option<Place>, text: String) -> Node {
        if place.is_none()
            && let Some(filter) = identifier(&text)
        {
            return Node::Any(vec![Node::Filter(filter), Node::Words(None, text)]);
        }
        let Some(beginning) = text.strip_suffix('*') else { return Node::Words(place, text) };
        let letters = beginning.chars().filter(|c| c.is_alphanumeric()).count();
        if letters < MIN_PREFIX_CHARS {
            self.notice("a word before * needs at least three letters: the * was left out");
        } else if self.prefixes >= MAX_PREFIXES {
            self.notice("a query takes three words with *: the others were searched as they are");
        } else {
            self.prefixes += 1;
            return Node::Prefix(place, beginning.to_owned());
        }
        Node::Words(place, beginning.to_owned())
    }

    fn leaf(&mut self) -> Option<()> {
        self.leaves += 1;
        if self.leaves > MAX_LEAVES {
            self.notice("the query has too many words: the rest was left out");
            return None;
        }
        Some(())
    }
}

/// A bare DOI or PMCID.
fn identifier(text: &str) -> Option<Filter> {
    let is_doi = text.starts_with("10.") || text.contains("doi.org/10.");
    let is_pmcid = text.len() > 4
        && text.get(..3).is_some_and(|start| start.eq_ignore_ascii_case("pmc"))
        && text.bytes().skip(3).all(|b| b.is_ascii_digit());
    match (is_doi, is_pmcid) {
        (true, _) => Filter::new("doi", text).ok(),
        (_, true) => Filter::new("pmcid", text).ok(),
        _ => None,
    }
}

/// Names typed in two words are looked for as one: `IL 10`, `TNF alpha`; and the initial of `C. elegans` is optional.
fn join_names(parts: Vec<Node>) -> Vec<Node> {
    let mut joined: Vec<Node> = Vec::with_capacity(parts.len());
    for part in parts {
        let (Some(Node::Words(place, before)), Node::Words(next_place, text)) = (joined.last(), &part) else {
            joined.push(part);
            continue;
        };
        if place != next_place {
            joined.push(part);
            continue;
        }
        let lower = text.to_lowercase();
        let is_name = (1..=12).contains(&before.len())
            && before.bytes().all(|b| b.is_ascii_alphabetic())
            && !word::is_stop_word(&before.to_ascii_lowercase());
        let is_number = (1..=4).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
        let is_initial =
            before.len() == 2 && before.ends_with('.') && before.starts_with(|c: char| c.is_ascii_uppercase());
        if is_name && (is_number || word::is_greek_name(&lower)) {
            let name = Node::Words(*place, format!("{before}-{text}"));
            let apart = Node::Words(*place, format!("{before} {text}"));
            joined.pop();
            // `kinase tau` may as well be two words, `IL 10` is one name.
            joined.push(if is_number { name } else { Node::Any(vec![name, apart]) });
        } else if is_initial && text.starts_with(|c: char| c.is_ascii_lowercase()) {
            let species = Node::Phrase(*place, format!("{before} {text}"), 0);
            joined.pop();
            joined.push(Node::Maybe(Box::new(species)));
            joined.push(part);
        } else {
            joined.push(part);
        }
    }
    joined
}

fn is_quote(c: char) -> bool {
    matches!(c, '"' | '\u{201c}' | '\u{201d}' | '\u{201e}')
}

fn lex(text: &str, notices: &mut Vec<String>) -> Vec<Lexeme> {
    let chars: Vec<char> = text.chars().collect();
    let mut lexemes = Vec::new();
    let mut open = 0_usize;
    let mut at = 0;
    while let Some(&c) = chars.get(at) {
        let next = chars.get(at + 1).copied();
        if c.is_whitespace() {
            at += 1;
        } else if c == '(' {
            open += 1;
            lexemes.push(Lexeme::Open);
            at += 1;
        } else if c == ')' {
            open = open.saturating_sub(1);
            lexemes.push(Lexeme::Close);
            at += 1;
        } else if is_quote(c) {
            at = lex_phrase(&chars, at + 1, &mut lexemes, notices);
        } else if (c == '-' || c == '!' || c == '\u{2212}')
            && next.is_some_and(|n| n.is_alphanumeric() || is_quote(n) || n == '(')
        {
            lexemes.push(Lexeme::Not);
            at += 1;
        } else if c == '+' && next.is_some_and(|n| n.is_alphanumeric() || is_quote(n) || n == '(') {
            at += 1;
        } else {
            at = lex_word(&chars, at, open > 0, &mut lexemes);
        }
    }
    lexemes
}

fn lex_phrase(chars: &[char], start: usize, lexemes: &mut Vec<Lexeme>, notices: &mut Vec<String>) -> usize {
    let tail = chars.get(start..).unwrap_or_default();
    let length = tail.iter().position(|c| is_quote(*c));
    if length.is_none() {
        notices.push("a quotation mark was not closed: the phrase goes to the end".to_owned());
    }
    let text: String = tail.iter().take(length.unwrap_or(tail.len())).collect();
    let mut at = start + length.map_or(tail.len(), |length| length + 1);
    let mut slop = 0;
    if chars.get(at) == Some(&'~') {
        let digits: String =
            chars.get(at + 1..).unwrap_or_default().iter().take_while(|c| c.is_ascii_digit()).take(3).collect();
        at += 1 + digits.len();
        slop = digits.parse().unwrap_or(1).min(MAX_SLOP);
    }
    lexemes.push(Lexeme::Phrase(text, slop));
    at
}

/// Reads a word, or a field's name with its colon, from `start`; returns where it ends.
fn lex_word(chars: &[char], start: usize, in_brackets: bool, lexemes: &mut Vec<Lexeme>) -> usize {
    let mut text = String::new();
    let mut at = start;
    let mut inner = 0_usize;
    while let Some(&c) = chars.get(at) {
        if c == '[' && text.is_empty() && matches!(lexemes.last(), Some(Lexeme::Field(_))) {
            // A range: up to its closing bracket, blanks included.
            let tail = chars.get(at..).unwrap_or_default();
            let length = tail.iter().position(|c| *c == ']').map_or(tail.len(), |place| place + 1);
            lexemes.push(Lexeme::Word(tail.iter().take(length).collect()));
            return at + length;
        }
        match c {
            c if c.is_whitespace() || is_quote(c) => break,
            '(' => inner += 1,
            ')' if inner > 0 => inner -= 1,
            ')' if in_brackets => break,
            ':' if inner == 0 && is_field_name(&text) => {
                lexemes.push(Lexeme::Field(text.to_ascii_lowercase()));
                return at + 1;
            }
            _ => {}
        }
        text.push(c);
        at += 1;
    }
    match text.as_str() {
        "AND" | "&&" => lexemes.push(Lexeme::And),
        "OR" | "||" => lexemes.push(Lexeme::Or),
        "NOT" => lexemes.push(Lexeme::Not),
        // A genotype set apart from its gene: `Apoe -/-`.
        "-/-" | "+/-" | "+/+" | "-/+" => match lexemes.last_mut() {
            Some(Lexeme::Word(gene)) => gene.push_str(&text),
            _ => lexemes.push(Lexeme::Word(text)),
        },
        "" => {}
        _ => lexemes.push(Lexeme::Word(text)),
    }
    at.max(start + 1)
}

fn is_field_name(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    Place::from_name(&lower).is_some() || Filter::knows(&lower)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn words(text: &str) -> Node {
        Node::Words(None, text.to_owned())
    }

    fn check(text: &str, expected: Option<Node>) {
        let (node, notices) = parse(text);
        assert_eq!(node, expected, "{text:?}");
        assert_eq!(notices, Vec::<String>::new(), "{text:?}");
    }

    #[test]
    fn words_are_required_and_or_joins_groups() {
        check("", None);
        check("  zebrafish ", Some(words("zebrafish")));
        check("heart AND muscle", Some(Node::All(vec![words("heart"), words("muscle")])));
        check("a1 b1 OR c1", Some(Node::Any(vec![Node::All(vec![words("a1"), words("b1")]), words("c1")])));
        check(
            "cancer -(mouse OR rat)",
            Some(Node::All(vec![words("cancer"), Node::Not(Box::new(Node::Any(vec![words("mouse"), words("rat")])))])),
        );
        check("CD4+ 2-(methyl)amine", Some(Node::All(vec![words("CD4+"), words("2-(methyl)amine")])));
    }

    #[test]
    fn phrases_prefixes_and_fields() {
        check("\"heat shock\"~2", Some(Node::Phrase(None, "heat shock".into(), 2)));
        check("title:kinas*", Some(Node::Prefix(Some(Place::Title), "kinas".into())));
        check(
            "answer:(p53 OR MDM2)",
            Some(Node::Any(vec![
                Node::Words(Some(Place::Answer), "p53".into()),
                Node::Words(Some(Place::Answer), "MDM2".into()),
            ])),
        );
        let filter = Filter::new("first_public", "[2024-01-01 TO 2024-12-31]").unwrap();
        check("first_public:[2024-01-01 TO 2024-12-31]", Some(Node::Filter(filter)));
        check("topic:\"cell biology\"", Some(Node::Filter(Filter::new("topic", "cell biology").unwrap())));
        check("GO:0008150", Some(words("GO:0008150")));
    }

    #[test]
    fn names_in_two_words() {
        check("IL 10", Some(words("IL-10")));
        check("tnf alpha", Some(Node::Any(vec![words("tnf-alpha"), words("tnf alpha")])));
        check("in 10", Some(Node::All(vec![words("in"), words("10")])));
        check("Apoe -/- mice", Some(Node::All(vec![words("Apoe-/-"), words("mice")])));
        check(
            "C. elegans",
            Some(Node::All(vec![Node::Maybe(Box::new(Node::Phrase(None, "C. elegans".into(), 0))), words("elegans")])),
        );
    }

    #[test]
    fn misunderstandings_are_said() {
        for (text, word) in [
            ("\"open", "quotation"),
            ("(open", "bracket"),
            ("close ) it", "closing"),
            ("heart OR", "OR"),
            ("NOT", "NOT"),
            ("ab*", "three letters"),
            ("pmid:abc", "searched as words"),
            ("title:", "without a value"),
        ] {
            let (_, notices) = parse(text);
            assert!(notices.iter().any(|notice| notice.contains(word)), "{text:?}: {notices:?}");
        }
    }

    #[test]
    fn deep_and_long_queries_are_bounded() {
        let (_, notices) = parse(&"(".repeat(900));
        assert!(!notices.is_empty());
        let (node, notices) = parse(&"ab ".repeat(300));
        let Some(Node::All(parts)) = node else { panic!("{node:?}") };
        assert_eq!(parts.len(), MAX_LEAVES);
        assert!(!notices.is_empty());
    }

    proptest! {
        #[test]
        fn any_text_is_read(text in "[\\PC\"():*~ANDOR -]{0,120}") {
            let (_, notices) = parse(&text);
            prop_assert!(notices.len() < 120);
        }
    }
}
