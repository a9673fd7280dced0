//! The configuration: what the file and the environment say ([`File`]), then what the program needs ([`Config`], checked).
//!
//! A key that nobody knows is an error that names the nearest one. Environment variables override the file:
//! `ALUDEL_SOURCES__PUBMED__ENABLED=false` is `enabled = false` under `[sources.pubmed]`. Rooms do not look back here:
//! each owns its part of the file.

mod check;
mod file;
mod unknown;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::clock::Clock;
use crate::model::delivery::SourceName;
use crate::store::DataDir;
use crate::worker::schedule::Schedule;
use crate::{document, drift, fetch, index, llm, question, refresh, release, source, telemetry, verify, web, worker};

pub use file::File;

/// The largest file read.
const MOST_BYTES: u64 = 1 << 20;
/// Variables that are read elsewhere: the command line's own.
const NOT_KEYS: [&str; 1] = ["ALUDEL_CONFIG"];

/// What the program runs with: every value was checked.
#[derive(Debug, Clone)]
pub struct Config {
    /// The file this was read from; `None` when there was none.
    pub origin: Option<PathBuf>,
    pub data_dir: DataDir,
    pub clock: Clock,
    pub log: telemetry::Config,
    pub web: web::Config,
    pub worker: worker::Config,
    /// With the contact address in it.
    pub fetch: fetch::Config,
    /// With secrets' files looked up.
    pub sources: source::Config,
    /// When each source that is switched on is polled.
    pub schedules: BTreeMap<SourceName, Schedule>,
    pub document: document::Limits,
    pub question: question::Config,
    pub llm: llm::Config,
    /// The model that tries to break questions; none: that of `llm`. Its budget is that of `llm`.
    pub solver: llm::Config,
    pub verify: verify::Config,
    pub index: index::Config,
    pub topics: worker::topics::Config,
    /// When a classifier of topics is trained.
    pub training: Schedule,
    pub drift: drift::detector::Config,
    /// With the contact address in it.
    pub release: release::Config,
    /// When a data set is released; `None` when that is switched off.
    pub release_schedule: Option<Schedule>,
    /// With files looked up.
    pub refresh: refresh::Config,
    /// When a refresh is due by the calendar; `None` when never.
    pub refresh_schedule: Option<Schedule>,
    /// In which hours of the day are counted.
    pub zone: chrono_tz::Tz,
}

/// What the command line says over the file and the environment.
#[derive(Debug, Clone, Default)]
pub struct Overrides {
    pub data_dir: Option<PathBuf>,
    pub contact: Option<String>,
}

/// Why a configuration can not be used. Every message says which key, and what would do.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("cannot read the configuration {}: {source}", path.display())]
    Read { path: PathBuf, source: std::io::Error },
    #[error("the configuration {} is larger than {MOST_BYTES} bytes", path.display())]
    TooLarge { path: PathBuf },
    #[error("{place}: {reason}")]
    Syntax { place: String, reason: String },
    #[error("the environment variable {name}: {reason}")]
    Variable { name: String, reason: String },
    #[error("{place}: {}", faults.join("; "))]
    Values { place: String, faults: Vec<String> },
}

impl Config {
    /// Reads `path` (all defaults without one), then `environment` (the `ALUDEL_` variables in it), then `overrides`.
    ///
    /// # Errors
    /// A file that can not be read, a key nobody knows, a value that can not be used; all faults of values at once.
    pub fn load(
        path: Option<&Path>,
        environment: impl IntoIterator<Item = (String, String)>,
        overrides: Overrides,
    ) -> Result<Self, Error> {
        let text = path.map(read).transpose()?.unwrap_or_default();
        let place = path.map_or_else(|| "the configuration".to_owned(), |path| path.display().to_string());
        let environment: BTreeMap<String, String> = environment.into_iter().collect();
        let mut file = parse(&text, &place)?;
        file = apply_environment(&text, file, &environment)?;
        if let Some(data_dir) = overrides.data_dir {
            file.data_dir = data_dir;
        }
        if let Some(contact) = overrides.contact {
            file.contact = contact;
        }
        let credentials = environment.get("CREDENTIALS_DIRECTORY").map(PathBuf::from);
        check::check(file, path, &place, credentials.as_deref())
    }

    /// A configuration that stands in no file.
    ///
    /// # Errors
    /// [`Error::Values`].
    pub fn of(file: File) -> Result<Self, Error> {
        check::check(file, None, "the configuration", None)
    }

    /// Why polling can not begin: an archive beyond this machine, and no address it could write to.
    pub fn needs_contact(&self) -> Option<String> {
        let sources = &self.sources;
        let is_local = |address: Option<&str>| {
            address.and_then(|text| url::Url::parse(text).ok()).is_some_and(|url| fetch::politeness::is_loopback(&url))
        };
        let far = self.schedules.keys().find(|name| match name {
            SourceName::Biorxiv => !is_local(sources.biorxiv.base_url.as_deref()),
            SourceName::Medrxiv => !is_local(sources.medrxiv.base_url.as_deref()),
            SourceName::Pubmed => !is_local(Some(&sources.pubmed.base_url)),
            SourceName::Inbox => false,
        })?;
        self.fetch.contact.is_empty().then(|| {
            format!(
                "`contact`: {far} is polled, and archives ask for a mail address they can write to: set `contact`, pass \
                 --contact, or switch the source off with `sources.{far}.enabled = false`"
            )
        })
    }

    /// The files named in it (keys, the prompt) that can not be read, each with its key and the cause. Only a command that uses
    /// one needs it.
    pub fn unreadable_files(&self) -> Vec<String> {
        let keys = [("llm", &self.llm), ("solver", &self.solver)].into_iter().flat_map(|(part, llm)| {
            let endpoints = llm.endpoints.iter().enumerate();
            endpoints.map(move |(n, endpoint)| (format!("{part}.endpoints.{n}.api_key_file"), &endpoint.api_key_file))
        });
        let trial = &self.verify.trial;
        let prompts = trial.prompt_files().map(|(key, file)| (format!("verify.trial.{key}"), file));
        let pubmed = ("sources.pubmed.api_key_file".to_owned(), &self.sources.pubmed.api_key_file);
        let prompt = ("question.model.prompt_file".to_owned(), &self.question.model.prompt_file);
        let exhibits = ("question.model.exhibit_prompt_file".to_owned(), &self.question.model.exhibit_prompt_file);
        let word = ("web.review_token_file".to_owned(), &self.web.review_token_file);
        let unreadable = keys.chain([pubmed, prompt, exhibits, word]).chain(prompts).filter_map(|(key, path)| {
            let path = path.as_ref()?;
            let error = std::fs::read_to_string(path).err()?;
            Some(format!("`{key}`: cannot read {}: {error}", path.display()))
        });
        unreadable.collect()
    }
}

fn read(path: &Path) -> Result<String, Error> {
    let io = |source| Error::Read { path: path.to_owned(), source };
    if std::fs::metadata(path).map_err(io)?.len() > MOST_BYTES {
        return Err(Error::TooLarge { path: path.to_owned() });
    }
    std::fs::read_to_string(path).map_err(io)
}

fn parse(text: &str, place: &str) -> Result<File, Error> {
    toml::from_str(text).map_err(|error| {
        let line = error.span().map(|span| text.bytes().take(span.start).filter(|byte| *byte == b'\n').count() + 1);
        let place = line.map_or_else(|| place.to_owned(), |line| format!("{place}, line {line}"));
        Error::Syntax { place, reason: unknown::explain(error.message()) }
    })
}

/// Lays the variables over the file one at a time, so that a fault names its variable.
fn apply_environment(text: &str, file: File, environment: &BTreeMap<String, String>) -> Result<File, Error> {
    let variables =
        environment.iter().filter(|(name, _)| name.starts_with("ALUDEL_") && !NOT_KEYS.contains(&name.as_str()));
    // The text was parsed before, so it is a table.
    let mut table: toml::Table = toml::from_str(text).unwrap_or_default();
    let mut file = file;
    for (name, value) in variables {
        let fault = |reason: String| Error::Variable { name: name.clone(), reason };
        let keys: Vec<String> = name.trim_start_matches("ALUDEL_").split("__").map(str::to_ascii_lowercase).collect();
        // A value is read as TOML where it is TOML, else it is a string: `true`, `5`, `["a", "b"]`, `info`.
        let parsed = toml::from_str::<toml::Table>(&format!("value = {value}")).ok();
        let typed = parsed.filter(|table| table.len() == 1).and_then(|mut table| table.remove("value"));
        let as_text = toml::Value::String(value.clone());
        let with = |value: toml::Value| {
            let mut changed = table.clone();
            set(&mut changed, &keys, value).map(|()| changed)
        };
        let changed = with(typed.clone().unwrap_or_else(|| as_text.clone())).map_err(fault)?;
        let (changed, read) = match changed.clone().try_into::<File>() {
            Ok(read) => (changed, read),
            // `ALUDEL_CONTACT=7` is a string after all.
            Err(error) => match typed.and(with(as_text).ok()).and_then(|t| Some((t.clone(), t.try_into().ok()?))) {
                Some(pair) => pair,
                None => return Err(fault(unknown::explain(error.message()))),
            },
        };
        (table, file) = (changed, read);
    }
    Ok(file)
}

fn set(table: &mut toml::Table, keys: &[String], value: toml::Value) -> Result<(), String> {
    match keys {
        [] => Ok(()),
        [last] => {
            table.insert(last.clone(), value);
            Ok(())
        }
        [first, rest @ ..] => {
            let inner = table.entry(first.clone()).or_insert_with(|| toml::Value::Table(toml::Table::new()));
            match inner {
                toml::Value::Table(inner) => set(inner, rest, value),
                _ => Err(format!("`{first}` is a single value, it has no parts")),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(text: &str, variables: &[(&str, &str)]) -> Result<Config, String> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("aludel.toml");
        std::fs::write(&path, text).unwrap();
        let environment = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Config::load(Some(&path), environment, Overrides::default())
            .map_err(|error| error.to_string().replace(&path.display().to_string(), "FILE"))
    }

    #[test]
    fn an_unknown_key_names_its_line_and_the_nearest() {
        for (text, expected) in [
            ("contct = \"a@b.org\"", "FILE, line 1: there is no key `contct`; did you mean `contact`?"),
            (
                "[sources.biorxiv]\nenabled = true\nschedul = \"@daily\"",
                "FILE, line 3: there is no key `schedul`; did you mean `schedule`?",
            ),
            ("[surces]", "FILE, line 1: there is no key `surces`; did you mean `sources`?"),
            ("[web]\nlisten = 7", "FILE, line 2: "),
            ("contact = ", "FILE, line 1: "),
            ("[log]\nformat = \"jsn\"", "FILE, line 2: "),
        ] {
            let error = load(text, &[]).unwrap_err();
            assert!(error.starts_with(expected), "{text}: {error}");
        }
    }

    #[test]
    fn variables_override_the_file_and_name_themselves() {
        let config = load(
            "contact = \"a@b.org\"\n[sources.pubmed]\nenabled = true",
            &[
                ("ALUDEL_SOURCES__PUBMED__ENABLED", "false"),
                ("ALUDEL_WEB__LISTEN", "127.0.0.1:9"),
                ("ALUDEL_SOURCES__BIORXIV__CATEGORIES", "[\"zoology\"]"),
                ("ALUDEL_CONTACT", "c@d.org"),
                ("ALUDEL_CONFIG", "/elsewhere"),
                ("PATH", "/bin"),
            ],
        )
        .unwrap();
        assert!(!config.sources.pubmed.enabled && config.web.listen.port() == 9);
        assert_eq!(
            (config.sources.biorxiv.categories, config.fetch.contact),
            (vec!["zoology".into()], "c@d.org".into())
        );
        for (name, value, expected) in [
            ("ALUDEL_SOURCES__PUBMD__ENABLED", "true", "there is no key `pubmd`; did you mean `pubmed`?"),
            ("ALUDEL_CONTACT__X", "1", "`contact` is a single value, it has no parts"),
            ("ALUDEL_WEB__TIMEOUT_SECONDS", "soon", "invalid type"),
        ] {
            let error = load("contact = \"a@b.org\"", &[(name, value)]).unwrap_err();
            assert!(error.starts_with(&format!("the environment variable {name}: {expected}")), "{error}");
        }
    }

    #[test]
    fn values_are_checked_all_at_once() {
        let error = load(
            "contact = \"nobody\"\ntime_zone = \"Mars/Olympus\"\n[sources.biorxiv]\nschedule = \"61 * * * *\"\n\
             base_url = \"ftp://x\"\n[verify]\nnear_duplicate = 7.0\n[log]\nfilter = \"info,x=loud\"",
            &[],
        )
        .unwrap_err();
        for key in ["contact", "time_zone", "sources.biorxiv.base_url", "verify.near_duplicate", "log.filter"] {
            assert!(error.contains(&format!("`{key}`")), "{key}: {error}");
        }
        let error = load("[sources.biorxiv]\nschedule = \"61 * * * *\"", &[]).unwrap_err();
        assert!(error.contains("`sources.biorxiv.schedule`"), "{error}");
    }

    #[test]
    fn a_missing_file_is_named() {
        let error = Config::load(Some(Path::new("/nonexistent/a.toml")), [], Overrides::default()).unwrap_err();
        assert!(error.to_string().starts_with("cannot read the configuration /nonexistent/a.toml: "));
    }

    /// The commented file says what happens without it, and leaves no key out.
    #[test]
    fn the_commented_file_holds_every_key_with_its_default() {
        let text = include_str!("../../config/aludel.toml");
        assert_eq!(parse(text, "aludel.toml").unwrap(), File::default(), "as shipped");
        let is_key = |line: &str| {
            let key = line.split('=').next().unwrap_or_default().trim_end();
            line.contains('=')
                && !key.is_empty()
                && key.bytes().all(|b| b.is_ascii_lowercase() || b"_0123456789".contains(&b))
        };
        let mut optional = Vec::new();
        let mut section = String::new();
        let mut uncommented = String::new();
        for line in text.lines() {
            if let Some(name) = line.strip_prefix('[') {
                section = name.trim_end_matches(']').to_owned();
            }
            match line.strip_prefix('#') {
                // `#key = value  # optional` is a key without a default.
                Some(rest) if is_key(rest) && rest.ends_with("# optional") => {
                    let key = rest.split('=').next().unwrap_or_default().trim();
                    optional.push(if section.is_empty() { key.to_owned() } else { format!("{section}.{key}") });
                }
                Some(rest) if is_key(rest) => uncommented.push_str(rest),
                _ => uncommented.push_str(line),
            }
            uncommented.push('\n');
        }
        assert_eq!(parse(&uncommented, "aludel.toml").unwrap(), File::default(), "with every key in force");
        let written: toml::Table = toml::from_str(&uncommented).unwrap();
        let default = toml::Table::try_from(File::default()).unwrap();
        let mut missing = Vec::new();
        compare("", &default, &written, &mut missing);
        assert!(missing.is_empty(), "not in config/aludel.toml: {missing:?}");
        for key in [
            "time_zone",
            "sources.biorxiv.since",
            "sources.pubmed.api_key_file",
            "sources.medrxiv.base_url",
            "drift.reference_from",
        ] {
            assert!(optional.iter().any(|name| name == key), "{key} is not in config/aludel.toml");
        }
    }

    fn compare(prefix: &str, default: &toml::Table, written: &toml::Table, missing: &mut Vec<String>) {
        for (key, value) in default {
            let name = format!("{prefix}{key}");
            match (value, written.get(key)) {
                (toml::Value::Table(default), Some(toml::Value::Table(written))) => {
                    compare(&format!("{name}."), default, written, missing);
                }
                (_, Some(_)) => {}
                (_, None) => missing.push(name),
            }
        }
    }
}
