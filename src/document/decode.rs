//! Bytes to text: byte order marks, declared encodings, and bytes that are not what they claim to be.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};

use super::issue::Issues;

/// The text of `bytes` without a byte order mark. What can not be decoded becomes U+FFFD, with an issue that names the
/// first position.
pub fn decode<'a>(bytes: &'a [u8], issues: &mut Issues) -> Cow<'a, str> {
    if let Some((encoding, mark)) = Encoding::for_bom(bytes) {
        let body = bytes.get(mark..).unwrap_or_default();
        return if encoding == UTF_8 { utf8(body, mark, issues) } else { other(encoding, body, issues) };
    }
    if let Some(encoding) = utf16_without_mark(bytes) {
        return other(encoding, bytes, issues);
    }
    match declared(bytes) {
        Some(label) => match Encoding::for_label(label.as_bytes()) {
            // Bytes that read as ASCII are not UTF-16, whatever they declare.
            Some(encoding) if encoding == UTF_8 || encoding == UTF_16LE || encoding == UTF_16BE => {
                utf8(bytes, 0, issues)
            }
            Some(encoding) => match std::str::from_utf8(bytes) {
                Ok(text) => {
                    if !text.is_ascii() {
                        issues.add("encoding_mismatch", || format!("declared {label}, but the bytes are UTF-8"));
                    }
                    Cow::Borrowed(text)
                }
                Err(_) => other(encoding, bytes, issues),
            },
            None => {
                issues.add("unknown_encoding", || format!("declared {label:?}, read as UTF-8"));
                utf8(bytes, 0, issues)
            }
        },
        None => utf8(bytes, 0, issues),
    }
}

/// The beginning of a file as text, for a first look only.
pub fn head(bytes: &[u8]) -> Cow<'_, str> {
    match Encoding::for_bom(bytes).map(|(encoding, _)| encoding).or_else(|| utf16_without_mark(bytes)) {
        Some(encoding) if encoding != UTF_8 => encoding.decode(bytes).0,
        _ => String::from_utf8_lossy(bytes),
    }
}

/// Whether a stream that begins so can be cut at ASCII tags and read as UTF-8 piece by piece.
pub fn is_utf8_like(head: &[u8]) -> bool {
    match Encoding::for_bom(head) {
        Some((encoding, _)) => encoding == UTF_8,
        None => {
            utf16_without_mark(head).is_none()
                && declared(head).and_then(|label| Encoding::for_label(label.as_bytes())).is_none_or(|e| e == UTF_8)
        }
    }
}

fn utf8<'a>(bytes: &'a [u8], offset: usize, issues: &mut Issues) -> Cow<'a, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(error) => {
            let at = offset + error.valid_up_to();
            issues.add("invalid_utf8", || format!("first at byte {at}; what could not be read became U+FFFD"));
            String::from_utf8_lossy(bytes)
        }
    }
}

fn other<'a>(encoding: &'static Encoding, bytes: &'a [u8], issues: &mut Issues) -> Cow<'a, str> {
    let (text, had_errors) = encoding.decode_without_bom_handling(bytes);
    if had_errors {
        let before = text.find('\u{fffd}').map_or(0, |at| text.get(..at).unwrap_or_default().chars().count());
        issues.add("undecodable_bytes", || format!("not {} after character {before}", encoding.name()));
    }
    text
}

fn utf16_without_mark(bytes: &[u8]) -> Option<&'static Encoding> {
    match bytes {
        [b'<', 0, second, 0, ..] if *second != 0 => Some(UTF_16LE),
        [0, b'<', 0, second, ..] if *second != 0 => Some(UTF_16BE),
        _ => None,
    }
}

/// The encoding an XML declaration names.
fn declared(bytes: &[u8]) -> Option<String> {
    let head = bytes.get(..bytes.len().min(256))?;
    let head = head.trim_ascii_start();
    if !head.starts_with(b"<?xml") {
        return None;
    }
    let text: String = head.iter().map(|b| char::from(*b)).collect();
    let declaration = text.split_once("?>").map_or(text.as_str(), |(inside, _)| inside);
    let (_, after) = declaration.split_once("encoding")?;
    let value = after.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    value.get(1..)?.split_once(quote).map(|(label, _)| label.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(bytes: &[u8], expected: &str, issue: Option<&str>) {
        let mut issues = Issues::default();
        assert!(decode(bytes, &mut issues).ends_with(expected), "{:?}", decode(bytes, &mut issues));
        assert_eq!(issues.into_vec().first().map(|i| i.kind.as_str()), issue);
    }

    #[test]
    fn encodings() {
        check("\u{feff}<a>é</a>".as_bytes(), "<a>é</a>", None);
        check(b"\xff\xfe<\0a\0>\0\xe9\0", "<a>é", None);
        check(b"\0<\0a\0>\0\xe9", "<a>é", None);
        check(b"<?xml version='1.0' encoding='iso-8859-1'?><a>\xe9", "<a>é", None);
        check(b"<?xml encoding=\"windows-1252\"?><a>\x93x\x94", "<a>“x”", None);
        check("<?xml encoding='latin1'?><a>é".as_bytes(), "<a>é", Some("encoding_mismatch"));
        check(b"<?xml encoding='UTF-8'?><a>\xe9x", "<a>\u{fffd}x", Some("invalid_utf8"));
        check(b"<?xml encoding='UTF-16'?><a>x", "<a>x", None);
        check(b"<?xml encoding='klingon'?><a>x", "<a>x", Some("unknown_encoding"));
    }

    #[test]
    fn the_position_is_named() {
        let mut issues = Issues::default();
        decode(b"<a>\xe9</a>", &mut issues);
        assert!(issues.into_vec()[0].detail.contains("byte 3"));
    }
}
