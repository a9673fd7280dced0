//! Sentence frames: `[one|of|these]` chooses, `{slot}` is filled by the caller, `{Slot}` is filled and capitalised.

use crate::simulate::dice::Dice;

/// `frame` with its choices made and its slots filled; a slot that `fill` does not know stays as it is.
pub fn expand(frame: &str, dice: &mut Dice, fill: &mut dyn FnMut(&str, &mut Dice) -> Option<String>) -> String {
    let mut out = String::with_capacity(frame.len() * 2);
    let mut rest = frame;
    while let Some(start) = rest.find(['[', '{']) {
        let (before, from) = rest.split_at(start);
        out.push_str(before);
        let close = if from.starts_with('[') { ']' } else { '}' };
        let Some((inner, after)) = from.split_once(close) else { break };
        let inner = &inner[1..]; // Proof: `from` starts with one of two ASCII characters.
        if close == ']' {
            let options: Vec<&str> = inner.split('|').collect();
            // A lone option is optional.
            let chosen = if options.len() == 1 && dice.chance(0.5) { "" } else { dice.pick(&options) };
            out.push_str(&expand(chosen, dice, fill));
        } else {
            out.push_str(&slot(inner, dice, fill));
        }
        rest = after;
    }
    out.push_str(rest);
    out
}

fn slot(name: &str, dice: &mut Dice, fill: &mut dyn FnMut(&str, &mut Dice) -> Option<String>) -> String {
    if let Some(text) = fill(name, dice) {
        return text;
    }
    let mut letters = name.chars();
    let lower: String = letters.next().map_or_else(String::new, |c| c.to_lowercase().chain(letters).collect());
    if lower != name
        && let Some(text) = fill(&lower, dice)
    {
        return capitalise_sentence(&text);
    }
    format!("{{{name}}}")
}

/// Upper case for the first letter of a sentence, unless its first word is a name with a capital inside (`mRNA`, `tavR`).
pub fn capitalise_sentence(text: &str) -> String {
    let first_word: String = text.chars().take_while(|c| !c.is_whitespace()).collect();
    if first_word.starts_with('<') || first_word.chars().any(char::is_uppercase) {
        return text.to_owned();
    }
    crate::simulate::catalogue::capitalise(text)
}

/// `a` or `an`, by the sound the words begin with.
pub fn with_article(words: &str) -> String {
    let bare = words.trim_start_matches("<i>").to_lowercase();
    let digits: String = bare.chars().take_while(|c| c.is_ascii_digit()).collect();
    let vowel = digits.starts_with('8')
        || digits == "11"
        || digits == "18"
        || bare.starts_with(['a', 'e', 'i', 'o', 'u']) && !bare.starts_with("uni") && !bare.starts_with("ubi");
    format!("{} {words}", if vowel { "an" } else { "a" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn choices_slots_and_capitals() {
        let mut fill = |name: &str, _: &mut Dice| (name == "x").then(|| "mice".to_owned());
        let text = expand("{X} and [a|a {x}] {y}", &mut Dice::of(1, &[]), &mut fill);
        assert!(text == "Mice and a {y}" || text == "Mice and a mice {y}", "{text}");
        assert_eq!(capitalise_sentence("mRNA half-life"), "mRNA half-life");
        assert_eq!(with_article("8.2-fold"), "an 8.2-fold");
        assert_eq!(with_article("IC50"), "an IC50");
    }
}
