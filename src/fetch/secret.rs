use std::path::Path;

/// Longest key or token believed, in bytes.
const MOST_BYTES: usize = 4096;

/// A text that no log line and no error message shows.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[secret]")
    }
}

impl Secret {
    /// `text` without the blanks around it.
    ///
    /// # Errors
    /// In words that follow its name, when it can be no key.
    pub fn new(text: &str) -> Result<Self, String> {
        let key = text.trim();
        let is_plain = (1..=MOST_BYTES).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic());
        if is_plain {
            Ok(Secret(key.to_owned()))
        } else {
            Err("is empty or holds characters that no key has".to_owned())
        }
    }

    /// The key that is a file's text.
    ///
    /// # Errors
    /// In words, with the path, when it can not be read or holds no key.
    pub fn read(path: &Path) -> Result<Self, String> {
        let text = std::fs::read_to_string(path);
        let text = text.map_err(|error| format!("{} can not be read: {error}", path.display()))?;
        Secret::new(&text).map_err(|reason| format!("{} {reason}", path.display()))
    }

    pub(crate) fn expose(&self) -> &str {
        &self.0
    }

    /// `text` with the key crossed out: servers repeat it in their errors.
    pub(crate) fn cross_out(&self, text: &str) -> String {
        text.replace(&self.0, "[secret]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_one_word_and_never_shown() {
        let secret = Secret::new(" sk-invented\n").unwrap();
        assert_eq!((secret.expose(), format!("{secret:?}").as_str()), ("sk-invented", "[secret]"));
        assert_eq!(secret.cross_out("wrong key sk-invented!"), "wrong key [secret]!");
        for none in ["", " \n", "two words", "é", &"x".repeat(5000)] {
            let reason = Secret::new(none).unwrap_err();
            assert!(none.trim().is_empty() || !reason.contains(none.trim()), "{reason}");
        }
    }
}
