//! serde's words about a key nobody knows, turned into a sentence that names the nearest key.

/// `message` as a user reads it: "there is no key `contct`; did you mean `contact`?".
pub(super) fn explain(message: &str) -> String {
    let first_line = message.lines().next().unwrap_or_default();
    let Some(rest) = first_line.strip_prefix("unknown field `") else {
        return message.trim().replace('\n', " ");
    };
    let mut quoted = rest.split('`').step_by(2);
    let unknown = quoted.next().unwrap_or_default();
    // Behind the first pair come "expected one of `a`, `b`": every second piece is a name.
    let known: Vec<&str> = rest.split('`').skip(2).step_by(2).filter(|name| !name.is_empty()).collect();
    let nearest = known
        .iter()
        .map(|name| (strsim::damerau_levenshtein(unknown, name), *name))
        .min()
        .filter(|(distance, name)| *distance <= name.chars().count().div_ceil(2));
    match nearest {
        Some((_, name)) => format!("there is no key `{unknown}`; did you mean `{name}`?"),
        None => format!("there is no key `{unknown}`; known here: {}", known.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::explain;

    #[test]
    fn the_nearest_key_is_named_when_one_is_near() {
        for (message, expected) in [
            (
                "unknown field `contct`, expected one of `contact`, `url`",
                "there is no key `contct`; did you mean `contact`?",
            ),
            (
                "unknown field `lsten`, expected `listen` or `body_bytes`",
                "there is no key `lsten`; did you mean `listen`?",
            ),
            ("unknown field `zzz`, expected `listen` or `url`", "there is no key `zzz`; known here: listen, url"),
            ("unknown field `zzz`, there are no fields", "there is no key `zzz`; known here: "),
            ("invalid type: string", "invalid type: string"),
        ] {
            assert_eq!(explain(message), expected);
        }
    }
}
