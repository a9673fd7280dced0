use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::Stop;
use super::child::{Group, TICK, told};
use crate::refresh::Error;

/// Largest template read.
const MOST_BYTES: u64 = 1 << 20;

/// An engine made of commands; a file NAME.toml in the folder of engines.
///
/// In the words of a command `{job}` stands for the job folder, `{engine}` for the folder of the template, `{base}` for the base model,
/// `{adapter}` for the folder of an adapter or full weights to answer with (empty: the base model alone), `{questions}` for a file of
/// JSON lines `{"id", "prompt"}`, `{responses}` for the file to append JSON lines `{"id", "sample", "response"}` to, and `{samples}`,
/// `{temperature}`, `{seed}`, `{max_tokens}` for how to answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Template {
    /// Trains by the job folder's contract. It ends with 0 when `result.json` is there, with 75 when it is to be started again.
    pub train: Vec<String>,
    /// Answers every question `samples` times.
    pub answer: Vec<String>,
    /// Where the template lies; filled in when it is read.
    #[serde(default)]
    pub folder: PathBuf,
    /// How long it may show no sign of life, in seconds, 0 for ever; filled in with the configuration's when a job is made.
    #[serde(default)]
    pub silent_seconds: u64,
}

/// What stands for the words in braces.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Fill<'a> {
    pub values: Vec<(&'static str, &'a str)>,
}

impl Template {
    /// Reads `name`.toml in `folder`.
    ///
    /// # Errors
    /// When it is missing, no template, or has an empty command.
    pub fn read(folder: &Path, name: &str) -> Result<Self, Error> {
        let path = folder.join(format!("{name}.toml"));
        if std::fs::metadata(&path).map_err(Error::io(&path))?.len() > MOST_BYTES {
            return Err(Error::damaged(&path, format!("larger than {MOST_BYTES} bytes")));
        }
        let text = std::fs::read_to_string(&path).map_err(Error::io(&path))?;
        let mut template: Template = toml::from_str(&text).map_err(|error| Error::damaged(&path, error))?;
        if template.train.is_empty() || template.answer.is_empty() {
            return Err(Error::damaged(&path, "`train` or `answer` is empty: both are lists of words"));
        }
        template.folder = std::path::absolute(folder).map_err(Error::io(folder))?;
        Ok(template)
    }

    /// Runs a command of it to its end.
    ///
    /// # Errors
    /// When it can not be started, fails, or is told to end before it has.
    pub(in crate::refresh) fn run(
        &self,
        words: &[String],
        folder: &Path,
        log: &Path,
        stop: Stop<'_>,
    ) -> Result<(), Error> {
        let mut group = Group::start(words, folder, log, None)?;
        loop {
            match group.ended()? {
                Some(status) if status.success() => return Ok(()),
                Some(status) => return Err(Error::Engine { reason: told(status), log: log.to_owned() }),
                None if stop() => {
                    group.end()?;
                    return Err(Error::Engine { reason: "it was told to end".to_owned(), log: log.to_owned() });
                }
                None => std::thread::sleep(TICK),
            }
        }
    }
}

impl Fill<'_> {
    /// The command with its braces filled. Every word stays one word: no shell reads it.
    pub fn words(&self, command: &[String], folder: &Path) -> Vec<String> {
        let folder = folder.to_string_lossy();
        let fill = |word: &String| {
            let all = self.values.iter().copied().chain([("engine", &*folder)]);
            all.fold(word.clone(), |word, (name, value)| word.replace(&format!("{{{name}}}"), value))
        };
        command.iter().map(fill).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_templates_that_are_shipped_can_be_read_and_their_files_are_there() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/engines");
        for name in ["trl", "verl", "slurm"] {
            let template = Template::read(&folder, name).unwrap();
            for word in template.train.iter().chain(&template.answer) {
                if let Some(file) = word.strip_prefix("{engine}/") {
                    assert!(folder.join(file).is_file(), "{name}: {file}");
                }
                let known = [
                    "job",
                    "engine",
                    "base",
                    "adapter",
                    "questions",
                    "responses",
                    "samples",
                    "temperature",
                    "seed",
                    "max_tokens",
                ];
                let named = word.split('{').skip(1).filter_map(|rest| rest.split('}').next());
                assert!(named.clone().all(|name| known.contains(&name)), "{name}: {word}");
            }
        }
    }

    #[test]
    fn words_stay_words() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(
            folder.path().join("a.toml"),
            "train = [\"sh\", \"{engine}/t.sh\", \"{job}\"]\nanswer = [\"true\"]\n",
        )
        .unwrap();
        let template = Template::read(folder.path(), "a").unwrap();
        let fill = Fill { values: vec![("job", "/a b; rm -rf x")] };
        let words = fill.words(&template.train, &template.folder);
        assert_eq!(words[1..], [format!("{}/t.sh", template.folder.display()), "/a b; rm -rf x".to_owned()]);
        for bad in ["train = []\nanswer = [\"a\"]", "trian = [\"a\"]", ""] {
            std::fs::write(folder.path().join("b.toml"), bad).unwrap();
            assert!(Template::read(folder.path(), "b").is_err(), "{bad}");
        }
        assert!(Template::read(folder.path(), "c").is_err());
    }
}
