//! Lines of a bounded length.

use std::io::{self, BufRead};

/// A line without its end.
pub enum Line {
    Text(Vec<u8>),
    /// Longer than the limit; passed over to its end.
    TooLong,
}

/// The next line, `None` at the end of the input. No more than `max_bytes` of a line are held.
///
/// # Errors
/// When reading fails.
pub fn read_line(input: &mut dyn BufRead, max_bytes: usize) -> io::Result<Option<Line>> {
    let mut line = Vec::new();
    let mut too_long = false;
    let mut seen = false;
    loop {
        let chunk = match input.fill_buf() {
            Ok(chunk) => chunk,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        if chunk.is_empty() {
            break;
        }
        seen = true;
        let end = chunk.iter().position(|byte| *byte == b'\n');
        let text = chunk.get(..end.unwrap_or(chunk.len())).unwrap_or_default();
        if line.len() + text.len() > max_bytes {
            too_long = true;
            line = Vec::new();
        }
        if !too_long {
            line.extend_from_slice(text);
        }
        let used = end.map_or(chunk.len(), |end| end + 1);
        input.consume(used);
        if end.is_some() {
            break;
        }
    }
    Ok(seen.then_some(if too_long { Line::TooLong } else { Line::Text(line) }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_is_too_long_is_skipped_to_its_end() {
        let mut input = b"123456\nnext\n12345".as_slice();
        assert!(matches!(read_line(&mut input, 5).unwrap(), Some(Line::TooLong)));
        assert!(matches!(read_line(&mut input, 5).unwrap(), Some(Line::Text(text)) if text == b"next"));
        assert!(matches!(read_line(&mut input, 5).unwrap(), Some(Line::Text(text)) if text == b"12345"));
        assert!(read_line(&mut input, 5).unwrap().is_none());
    }
}
