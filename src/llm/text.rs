//! Reading a model's text: past its thinking, to the JSON in its prose.

use serde::de::DeserializeOwned;

/// Opening braces tried before the text counts as holding no such object.
const MOST_TRIES: usize = 64;

/// The text after `<think>…</think>`; nothing when the thinking was never closed. Chat templates may put the opening mark in the
/// prompt, so that the text begins inside.
pub(super) fn after_thinking(text: &str) -> &str {
    let begun = text.trim_start();
    // An answer that quotes the mark is not thinking.
    if begun.starts_with(['{', '[', '`']) {
        return text;
    }
    match begun.split_once("</think>") {
        Some((_, answer)) => answer,
        None if begun.starts_with("<think>") => "",
        None => text,
    }
}

/// The head of a text from outside as it may stand in a message: one line without control characters.
pub(super) fn shown(text: &str, most_chars: usize) -> String {
    text.chars().take(most_chars).map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// Words from outside as a message may quote them: on one line, and with no line of equals signs in them, which is what stands around
/// quoted text.
pub fn quoted(text: &str) -> String {
    let on_one_line = |c: char| if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') { ' ' } else { c };
    text.chars().map(on_one_line).collect::<String>().replace("====", "= = = =")
}

/// The first JSON object of `text` that reads as a `T`, whatever prose or code fence stands around it.
///
/// # Errors
/// What is wrong with the first object, in one short line.
pub fn read_json<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    let mut first_fault = None;
    for (at, _) in text.match_indices('{').take(MOST_TRIES) {
        // Proof: `match_indices` gives character boundaries.
        let rest = text.get(at..).unwrap_or_default();
        match serde_json::Deserializer::from_str(rest).into_iter::<T>().next() {
            Some(Ok(value)) => return Ok(value),
            Some(Err(error)) => first_fault.get_or_insert_with(|| shown(&error.to_string(), 200)),
            None => continue,
        };
    }
    Err(first_fault.map_or_else(|| "there is no JSON object in it".to_owned(), |fault| format!("its JSON: {fault}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde::Deserialize;

    #[derive(Debug, PartialEq, Deserialize)]
    struct List {
        items: Vec<serde_json::Value>,
    }

    #[test]
    fn thinking_is_skipped_wherever_it_began() {
        for (text, answer) in [
            ("<think>a {\"b\"}</think>{\"c\": 1}", "{\"c\": 1}"),
            ("a</think> b", " b"),
            ("<think>never closed {\"c\": 1}", ""),
            ("{\"c\": \"</think>\"}", "{\"c\": \"</think>\"}"),
            ("plain", "plain"),
            ("", ""),
        ] {
            assert_eq!(after_thinking(text), answer, "{text}");
        }
    }

    #[test]
    fn the_object_is_found_in_prose_and_its_parts_are_not_taken_for_it() {
        let read = |text: &str| read_json::<List>(text).map(|list| list.items.len());
        assert_eq!(read("Sure, {here}: ```json\n{\"items\": [1, {\"items\": 2}]}\n``` Done {}."), Ok(2));
        assert!(read("{\"items\": [{\"x\": 1}, {\"x\"").unwrap_err().starts_with("its JSON"));
        assert_eq!(read("I cannot.").unwrap_err(), "there is no JSON object in it");
        let deep = format!("{}{}", "{\"items\": [".repeat(50_000), "]}".repeat(50_000));
        assert!(read(&deep).is_err());
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_panic(text in "(\\PC|[{}\\[\\]\":,<>/]|<think>|</think>|\\{\"items\": \\[){0,60}") {
            let _ = read_json::<List>(after_thinking(&text));
        }
    }
}
