use std::path::{Path, PathBuf};

use include_dir::{Dir, include_dir};
use rusqlite::Connection;
use rusqlite_migration::Migrations;

use super::Error;

static FILES: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/migrations");

/// One numbered step of the schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Migration {
    pub number: usize,
    pub name: String,
}

/// The steps this program knows, in order.
pub fn migrations() -> Vec<Migration> {
    let mut all: Vec<Migration> = FILES
        .dirs()
        .filter_map(|dir| {
            let (number, name) = dir.path().file_name()?.to_str()?.split_once('-')?;
            Some(Migration { number: number.parse().ok()?, name: name.replace('-', " ") })
        })
        .collect();
    all.sort_by_key(|step| step.number);
    all
}

/// The number of the last step applied to the store at `path`; 0 for an empty or absent file.
///
/// # Errors
/// When the file is there and can not be read.
pub fn version_of(path: &Path) -> Result<i64, Error> {
    if !path.exists() {
        return Ok(0);
    }
    Ok(user_version(&super::connect_reader(path)?)?)
}

pub(super) fn migrate(connection: &mut Connection) -> Result<(), Error> {
    match Migrations::from_directory(&FILES)?.to_latest(connection) {
        Err(rusqlite_migration::Error::RusqliteError { err, .. }) => Err(Error::from(err)),
        other => Ok(other?),
    }
}

pub(super) fn refuse_newer(connection: &Connection, path: &Path) -> Result<(), Error> {
    let found = user_version(connection).map_err(|source| Error::opening(path, source))?;
    let known = migrations().len();
    if usize::try_from(found).map_or(true, |found| found > known) {
        return Err(Error::NewerSchema { path: path.to_owned(), found, known });
    }
    Ok(())
}

pub(super) fn refuse_older(connection: &Connection, path: &Path) -> Result<(), Error> {
    let found = user_version(connection).map_err(|source| Error::opening(path, source))?;
    let known = migrations().len();
    if usize::try_from(found).is_ok_and(|found| found < known) {
        return Err(Error::OlderSchema { path: path.to_owned(), found, known });
    }
    Ok(())
}

/// The file beside `path` whose name has `suffix` appended.
pub(super) fn sibling(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

fn user_version(connection: &Connection) -> Result<i64, rusqlite::Error> {
    connection.query_row("PRAGMA user_version", [], |row| row.get(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_numbered_from_one_and_apply() {
        let numbers: Vec<usize> = migrations().iter().map(|step| step.number).collect();
        assert_eq!(numbers, (1..=numbers.len()).collect::<Vec<_>>());
        Migrations::from_directory(&FILES).unwrap().validate().unwrap();
    }

    #[test]
    fn labels_of_an_older_store_are_known_since_its_works_were_received() {
        let mut connection = Connection::open_in_memory().unwrap();
        let steps = Migrations::from_directory(&FILES).unwrap();
        steps.to_version(&mut connection, 3).unwrap();
        let version =
            "INSERT INTO versions (work, source, number, status, level, withheld, record, record_hash, revised, title,
             article_type, licence, licence_received, licence_origin, origin, issues, received_at) VALUES";
        connection
            .execute_batch(&format!(
                "INSERT INTO works (id, key, title, status, first_public, created_at) VALUES
                     (1, '10.5555/a', 'A', 'current', '2026-01-05', 5), (2, '10.5555/b', 'B', 'deleted', NULL, 5);
                 {version} (1, 'biorxiv', 1, 'parsed', 1, 0, x'', x'', '', 'A', '', '', '', '', '', '[]', 70),
                     (1, 'biorxiv', 2, 'parsed', 2, 0, x'', x'', '', 'A', '', '', '', '', '', '[]', 90),
                     (2, 'pubmed', 1, 'listed', 0, 0, x'', x'', '', 'B', '', '', '', '', '', '[]', 80);
                 INSERT INTO subjects (work, source, label) VALUES (1, 'biorxiv', 'Zoology'), (1, 'biorxiv', 'Ecology');"
            ))
            .unwrap();
        steps.to_latest(&mut connection).unwrap();
        let mut statement = connection
            .prepare("SELECT source, known_at, first_public, level, gone, labels FROM labels ORDER BY work")
            .unwrap();
        let rows: Vec<(String, i64, Option<String>, i64, bool, String)> = statement
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?)))
            .unwrap()
            .collect::<Result<_, _>>()
            .unwrap();
        let first = Some("2026-01-05".to_owned());
        assert_eq!(rows[0], ("biorxiv".into(), 70, first, 2, false, r#"["Ecology","Zoology"]"#.into()));
        assert_eq!(rows[1], ("pubmed".into(), 80, None, 0, true, "[]".into()));
    }
}
