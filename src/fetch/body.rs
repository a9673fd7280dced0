//! Bodies: bounded while they arrive and while they inflate, and told apart by what they hold, not by their label.

use std::io::Read;

use super::Error;

/// What a body looks like from its first bytes. Headers lie; a block page says `application/json` as readily as not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Empty,
    Json,
    Xml,
    Html,
    Gzip,
    Pdf,
    Text,
}

/// The kind of `bytes`; a byte order mark and leading white space are skipped.
pub fn sniff(bytes: &[u8]) -> Kind {
    if bytes.starts_with(&[0x1f, 0x8b]) {
        return Kind::Gzip;
    }
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii_start();
    let head = text.get(..text.len().min(2048)).unwrap_or_default().to_ascii_lowercase();
    let holds = |word: &[u8]| head.windows(word.len()).any(|window| window == word);
    match head.first() {
        None => Kind::Empty,
        Some(b'{' | b'[') => Kind::Json,
        Some(b'%') if head.starts_with(b"%pdf-") => Kind::Pdf,
        Some(b'<') if holds(b"<!doctype html") || head.starts_with(b"<html") || holds(b"<html") => Kind::Html,
        Some(b'<') if head.starts_with(b"<head") || head.starts_with(b"<body") || head.starts_with(b"<h1") => {
            Kind::Html
        }
        Some(b'<') => Kind::Xml,
        Some(_) => Kind::Text,
    }
}

/// Reads a response to its end, at most `limit_bytes` of it after the transport's own decompression.
///
/// # Errors
/// [`Error::TooLarge`], [`Error::Timeout`], or [`Error::Cut`] when the connection ended early or the compression is broken.
pub async fn read_bounded(mut response: reqwest::Response, url: &str, limit_bytes: u64) -> Result<Vec<u8>, Error> {
    let mut body = Vec::new();
    loop {
        match response.chunk().await {
            Ok(None) => return Ok(body),
            Ok(Some(chunk)) => {
                if (body.len() + chunk.len()) as u64 > limit_bytes {
                    return Err(Error::TooLarge { url: url.to_owned(), limit_bytes });
                }
                body.extend_from_slice(&chunk);
            }
            Err(error) if error.is_timeout() => {
                return Err(Error::Timeout { url: url.to_owned(), source: error.without_url() });
            }
            Err(error) => return Err(Error::Cut { url: url.to_owned(), source: Some(error.without_url()) }),
        }
    }
}

/// Inflates a body that is gzip although no header said so; any other is returned as it is.
///
/// # Errors
/// [`Error::TooLarge`] beyond `limit_bytes`, [`Error::Cut`] when the stream is broken.
pub fn inflate(body: Vec<u8>, url: &str, limit_bytes: u64) -> Result<Vec<u8>, Error> {
    if sniff(&body) != Kind::Gzip {
        return Ok(body);
    }
    let mut inflated = Vec::new();
    match flate2::read::MultiGzDecoder::new(body.as_slice())
        .take(limit_bytes.saturating_add(1))
        .read_to_end(&mut inflated)
    {
        Ok(_) if inflated.len() as u64 > limit_bytes => Err(Error::TooLarge { url: url.to_owned(), limit_bytes }),
        Ok(_) => Ok(inflated),
        Err(_) => Err(Error::Cut { url: url.to_owned(), source: None }),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn bodies_are_told_apart_by_content() {
        for (bytes, kind) in [
            (&b""[..], Kind::Empty),
            (b" \r\n", Kind::Empty),
            (b"\xef\xbb\xbf {\"a\":1}", Kind::Json),
            (b"<?xml version=\"1.0\"?><a/>", Kind::Xml),
            (b"<!DOCTYPE html><p>", Kind::Html),
            (b"<?xml version=\"1.0\"?><!DOCTYPE html PUBLIC \"x\"><html>", Kind::Html),
            (b"<HTML><body>", Kind::Html),
            (b"Error : (2002) Connection refused", Kind::Text),
            (b"%PDF-1.7", Kind::Pdf),
            (b"\x1f\x8b\x08", Kind::Gzip),
        ] {
            assert_eq!(sniff(bytes), kind, "{:?}", String::from_utf8_lossy(bytes));
        }
    }

    #[test]
    fn inflating_is_bounded_and_notices_a_cut() {
        let bomb = gzip(&vec![b'a'; 1 << 20]);
        assert!(matches!(inflate(bomb.clone(), "u", 1000), Err(Error::TooLarge { .. })));
        assert_eq!(inflate(bomb.clone(), "u", 1 << 20).unwrap().len(), 1 << 20);
        assert!(matches!(inflate(bomb[..bomb.len() / 2].to_vec(), "u", 1 << 21), Err(Error::Cut { .. })));
        assert_eq!(inflate(b"plain".to_vec(), "u", 10).unwrap(), b"plain");
    }
}
