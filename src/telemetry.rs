//! Logs: for people on a terminal, journald under systemd, JSON lines where asked; and the level can be changed while running.

use std::io::IsTerminal;

use serde::{Deserialize, Serialize};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, Registry, fmt, reload};

/// What is logged, and how.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// A tracing filter: a level, or `level,target=level`. Default `info`. Changed while running.
    pub filter: String,
    /// Default `auto`: journald when standard error is the journal, text on a terminal, else JSON lines.
    pub format: Format,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            filter: "info,tantivy=warn,h2=warn,hyper=warn,rusqlite_migration=warn".to_owned(),
            format: Format::Auto,
        }
    }
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    #[default]
    Auto,
    Text,
    Json,
    Journald,
}

/// Changes the filter of a running program.
#[derive(Clone)]
pub struct FilterHandle(reload::Handle<EnvFilter, Registry>);

impl FilterHandle {
    /// # Errors
    /// When `filter` is not a tracing filter; the old one stays.
    pub fn set(&self, filter: &str) -> Result<(), String> {
        let parsed = parse(filter)?;
        self.0.reload(parsed).map_err(|error| error.to_string())
    }
}

/// Whether `filter` can be used.
///
/// # Errors
/// What is wrong with it.
pub fn check(filter: &str) -> Result<(), String> {
    parse(filter).map(|_| ())
}

fn parse(filter: &str) -> Result<EnvFilter, String> {
    EnvFilter::builder()
        .parse(filter)
        .map_err(|error| format!("{error}; expected a level such as info, or level,target=level"))
}

/// Starts logging for the whole process, to standard error or the journal. `None` when the process logs already.
///
/// # Errors
/// When the filter is not one, or journald was asked for and is not there.
pub fn start(config: &Config) -> Result<Option<FilterHandle>, String> {
    let (filter, handle) = reload::Layer::new(parse(&config.filter)?);
    let layer: Box<dyn Layer<_> + Send + Sync> = match resolve(config.format) {
        Format::Journald => Box::new(
            tracing_journald::layer()
                .map_err(|error| format!("journald: {error}"))?
                .with_syslog_identifier("aludel".to_owned()),
        ),
        Format::Json => Box::new(fmt::layer().json().flatten_event(true).with_writer(std::io::stderr)),
        Format::Text | Format::Auto => Box::new(
            fmt::layer().with_target(false).with_ansi(std::io::stderr().is_terminal()).with_writer(std::io::stderr),
        ),
    };
    Ok(tracing_subscriber::registry().with(filter).with(layer).try_init().ok().map(|()| FilterHandle(handle)))
}

fn resolve(format: Format) -> Format {
    match format {
        Format::Auto if journal_is_stderr() && tracing_journald::layer().is_ok() => Format::Journald,
        Format::Auto if std::io::stderr().is_terminal() => Format::Text,
        Format::Auto => Format::Json,
        chosen => chosen,
    }
}

/// systemd sets `JOURNAL_STREAM` to `device:inode` of the stream it gave; a child that redirected its output still has
/// the variable, so the numbers are compared (systemd.exec(5)).
fn journal_is_stderr() -> bool {
    use std::os::linux::fs::MetadataExt;
    let Ok(stream) = std::env::var("JOURNAL_STREAM") else { return false };
    let Some((device, inode)) = stream.split_once(':') else { return false };
    std::fs::metadata("/proc/self/fd/2")
        .is_ok_and(|stderr| device == stderr.st_dev().to_string() && inode == stderr.st_ino().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filter_is_checked() {
        assert!(check("info,aludel::fetch=debug").is_ok());
        assert!(check("info,aludel::fetch=loud").is_err());
    }
}
