//! Where the answer is: the last complete `<answer>` tag, else the later of the last `\boxed{}` and the last `Answer:`, else
//! the whole of a short response. Every search is one pass over the text.

/// The part of a response that is the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Extract<'a> {
    pub text: &'a str,
    /// It came out of a `\boxed{}`.
    pub boxed: bool,
    /// How many complete tags the response has, if the answer came out of one.
    pub n_tags: usize,
    /// A pair of emphasis marks opened in front of `Answer:` and closes behind the answer.
    pub open_mark: Option<&'a str>,
}

/// Why there is no answer to grade.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoAnswer {
    /// A long text without a marker.
    NoMarker,
    /// A tag or box was opened and never closed.
    UnclosedTag,
}

/// How much text counts as a short response, and whether the answer may go on over list lines.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shape {
    pub n_words: usize,
    pub n_chars: usize,
    pub list: bool,
}

/// # Errors
/// [`NoAnswer`] when no marker is complete and the response is not short.
pub(crate) fn extract(response: &str, shape: Shape) -> Result<Extract<'_>, NoAnswer> {
    let text = without_thinking(response);
    let tags = tags(text);
    if let Some((content, n_tags)) = tags.last {
        return Ok(Extract { text: content, boxed: false, n_tags, open_mark: None });
    }
    let boxes = last_box(text);
    let marker = last_marker(text);
    let plain = |text| Extract { text, boxed: false, n_tags: 0, open_mark: None };
    match (boxes.last, marker) {
        (Some((start, content)), marker)
            if marker.as_ref().is_none_or(|marker| marker.start < start + content.len()) =>
        {
            return Ok(Extract { boxed: true, ..plain(content) });
        }
        (_, Some(marker)) => {
            let content = marker_content(&text[marker.end..], shape.list);
            // The answer itself was cut off.
            if find_tag(content, 0, "<answer>").is_some() || last_box(content).unclosed {
                return Err(NoAnswer::UnclosedTag);
            }
            return Ok(Extract { open_mark: marker.open_mark, ..plain(content) });
        }
        _ => {}
    }
    if tags.unclosed || boxes.unclosed {
        return Err(NoAnswer::UnclosedTag);
    }
    let whole = text.trim();
    let is_short = whole.len() <= 4 * shape.n_chars
        && whole.chars().count() <= shape.n_chars
        && whole.split_whitespace().count() <= shape.n_words;
    if is_short { Ok(plain(whole)) } else { Err(NoAnswer::NoMarker) }
}

/// What follows the last `</think>`, up to an unclosed `<think>`.
fn without_thinking(response: &str) -> &str {
    let after = match rfind_tag(response, "</think>") {
        Some(at) => &response[at + "</think>".len()..],
        None => response,
    };
    match find_tag(after, 0, "<think>") {
        Some(at) => &after[..at],
        None => after,
    }
}

struct Tags<'a> {
    last: Option<(&'a str, usize)>,
    unclosed: bool,
}

/// The content from the last opening tag that a closing one follows, up to that closing tag.
fn tags(text: &str) -> Tags<'_> {
    let (open, close) = ("<answer>", "</answer>");
    let mut n_tags = 0;
    let mut last = None;
    let mut current: Option<usize> = None;
    let mut at = 0;
    while let Some(offset) = text.get(at..).and_then(|rest| rest.find('<')) {
        at += offset;
        if starts_with_tag(text, at, open) {
            current = Some(at + open.len());
            at += open.len();
        } else if starts_with_tag(text, at, close) {
            if let Some(start) = current.take() {
                n_tags += 1;
                last = text.get(start..at);
            }
            at += close.len();
        } else {
            at += 1;
        }
    }
    Tags { last: last.map(|content| (content, n_tags)), unclosed: current.is_some() }
}

fn starts_with_tag(text: &str, at: usize, tag: &str) -> bool {
    text.as_bytes().get(at..at + tag.len()).is_some_and(|head| head.eq_ignore_ascii_case(tag.as_bytes()))
}

fn find_tag(text: &str, from: usize, tag: &str) -> Option<usize> {
    let mut at = from;
    while let Some(offset) = text.get(at..).and_then(|rest| rest.find('<')) {
        at += offset;
        if starts_with_tag(text, at, tag) {
            return Some(at);
        }
        at += 1;
    }
    None
}

fn rfind_tag(text: &str, tag: &str) -> Option<usize> {
    let mut end = text.len();
    while let Some(at) = text.get(..end).and_then(|head| head.rfind('<')) {
        if starts_with_tag(text, at, tag) {
            return Some(at);
        }
        end = at;
    }
    None
}

struct Boxes<'a> {
    /// Where the last complete box opens, and its content.
    last: Option<(usize, &'a str)>,
    unclosed: bool,
}

fn last_box(text: &str) -> Boxes<'_> {
    let mut boxes = Boxes { last: None, unclosed: false };
    if !text.contains("\\boxed") {
        return boxes;
    }
    let bytes = text.as_bytes();
    // Where each open brace's content starts, and whether it is a box's.
    let mut open: Vec<(usize, bool)> = Vec::new();
    let mut best: Option<(usize, usize)> = None;
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'\\' if bytes[at..].starts_with(b"\\boxed") => {
                let mut brace = at + "\\boxed".len();
                while bytes.get(brace) == Some(&b' ') {
                    brace += 1;
                }
                if bytes.get(brace) == Some(&b'{') {
                    open.push((brace + 1, true));
                }
                at = brace + 1;
                continue;
            }
            b'\\' => at += 1,
            b'{' => open.push((at + 1, false)),
            b'}' => {
                if let Some((start, true)) = open.pop()
                    && best.is_none_or(|(best, _)| best < start)
                {
                    best = Some((start, at));
                }
            }
            _ => {}
        }
        at += 1;
    }
    boxes.unclosed = open.iter().any(|(_, is_box)| *is_box);
    boxes.last = best.and_then(|(start, end)| Some((start, text.get(start..end)?)));
    boxes
}

struct Marker<'a> {
    start: usize,
    /// Where the text behind the colon starts.
    end: usize,
    open_mark: Option<&'a str>,
}

/// The last `Answer:`, in any case, with emphasis on either side of the colon.
fn last_marker(text: &str) -> Option<Marker<'_>> {
    let bytes = text.as_bytes();
    let mut end = text.len();
    loop {
        let colon = text.get(..end)?.rfind([':', '：'])?;
        end = colon;
        let head = &text[..colon];
        let name_end = head.trim_end_matches(['*', '_']).len();
        let Some(start) = name_end.checked_sub("answer".len()) else { continue };
        if !bytes[start..name_end].eq_ignore_ascii_case(b"answer") {
            continue;
        }
        // Proof: the six bytes from `start` are ASCII letters, so `start` is a char boundary.
        let before = &text[..start];
        if before.ends_with(|c: char| c.is_alphanumeric()) {
            continue;
        }
        let closed_before = name_end < colon;
        let trimmed = before.trim_end_matches(' ');
        let final_word = trimmed.len().checked_sub("final".len());
        let phrase_start = match final_word {
            Some(at) if trimmed.as_bytes()[at..].eq_ignore_ascii_case(b"final") => at,
            _ => start,
        };
        let lead = &text[..phrase_start];
        let mark = &lead[lead.trim_end_matches(['*', '_']).len()..];
        // Proof: `colon` starts a ':' or '：'.
        let mut after = colon + text[colon..].chars().next().map_or(1, char::len_utf8);
        let run = text[after..].len() - text[after..].trim_start_matches(['*', '_']).len();
        let behind = text[after + run..].chars().next();
        let closes = run > 0 && !closed_before && (!mark.is_empty() || behind.is_none_or(char::is_whitespace));
        if closes {
            after += run;
        }
        let open_mark = (!mark.is_empty() && !closes && !closed_before).then_some(mark);
        return Some(Marker { start, end: after, open_mark });
    }
}

/// From the marker to the first blank line after content; a list goes on while lines are items.
fn marker_content(text: &str, list: bool) -> &str {
    let mut end = 0;
    let mut seen = false;
    let mut blank = false;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let bare = line.trim();
        if bare.is_empty() {
            blank |= seen;
        } else {
            if seen && is_explanation(bare) {
                break;
            }
            if blank && !(list && is_list_line(bare)) {
                break;
            }
            blank = false;
            seen = true;
            end = at + line.len();
        }
        at += line.len();
    }
    text[..end].trim()
}

fn is_explanation(line: &str) -> bool {
    let line = line.trim_start_matches(['*', '_', '#', ' ']);
    ["explanation", "reasoning", "confidence"].iter().any(|name| {
        super::table::strip_phrase(line, name)
            .is_some_and(|rest| rest.trim_start_matches(['*', '_', ' ']).starts_with([':', '：']))
    })
}

/// A line with a bullet or a number.
pub(crate) fn is_list_line(line: &str) -> bool {
    list_content(line).is_some()
}

/// The number of a list line, if it has one, and its text.
pub(crate) fn list_content(line: &str) -> Option<(Option<u32>, &str)> {
    let line = line.trim();
    for bullet in ["- ", "* ", "• ", "– ", "+ ", "— ", "· ", "◦ ", "•", "‣ "] {
        if let Some(rest) = line.strip_prefix(bullet) {
            return Some((None, rest.trim()));
        }
    }
    let inside = line.strip_prefix('(').unwrap_or(line);
    let n_digits = inside.bytes().take_while(u8::is_ascii_digit).count();
    let number: u32 = inside.get(..n_digits)?.parse().ok()?;
    let rest = inside.get(n_digits..)?.strip_prefix(['.', ')'])?;
    (rest.starts_with(char::is_whitespace) && n_digits <= 3).then(|| (Some(number), rest.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHAPE: Shape = Shape { n_words: 12, n_chars: 100, list: false };

    fn check(response: &str, expected: Result<&str, NoAnswer>) {
        assert_eq!(extract(response, SHAPE).map(|found| found.text.trim()), expected, "{response}");
    }

    #[test]
    fn markers_in_their_order() {
        check("<answer>a</answer> Answer: b", Ok("a"));
        check("<ANSWER>a</Answer>", Ok("a"));
        check("<answer>a <answer>b</answer></answer>", Ok("b"));
        check("<answer>a</answer> then <answer>b", Ok("a"));
        check("<answer>a</answer><answer></answer>", Ok(""));
        check("<answer>a</answer> and a stray </answer>", Ok("a"));
        check("<think><answer>a</answer></think>b", Ok("b"));
        check("b <think> so <answer>a</answer>", Ok("b"));
        check("\\boxed{a} \\boxed{b{c}}", Ok("b{c}"));
        check("\\boxed{a} \\boxed{b", Ok("a"));
        check("Answer: a\n\\boxed{b}", Ok("b"));
        check("\\boxed{b}\nAnswer: a", Ok("a"));
        check("Answer: \\boxed{b}", Ok("b"));
        check("Answer：a", Ok("a"));
        check("**Final Answer**: a\n\nmore", Ok("a"));
        check("Answer:\n\na b\nExplanation: c", Ok("a b"));
        check("Answer:", Ok(""));
        check("< answer >a</ answer >", Ok("< answer >a</ answer >"));
        check("<answer>a", Err(NoAnswer::UnclosedTag));
        check("\\boxed{a", Err(NoAnswer::UnclosedTag));
        check("Answer: <answer>a", Err(NoAnswer::UnclosedTag));
        check("My questionanswer: a", Ok("My questionanswer: a"));
        check(&"word ".repeat(13), Err(NoAnswer::NoMarker));
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_searched(text in "(<answer>|</answer>|<think>|</think>|\\\\boxed\\{|\\}|Answer:|\\*\\*|[a-zµ：\n ]){0,24}") {
            let _ = extract(&text, SHAPE);
            let _ = extract(&text, Shape { list: true, ..SHAPE });
        }

        #[test]
        fn a_tag_at_the_end_is_the_answer(before in "[^<]{0,80}", answer in "[a-z0-9 ]{1,20}") {
            let response = format!("{before}<answer>{answer}</answer>");
            let found = extract(&response, SHAPE).unwrap();
            proptest::prop_assert_eq!(found.text, answer.as_str());
        }
    }
}
