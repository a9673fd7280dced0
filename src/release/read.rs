//! The rows of a release back from its files.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use parquet::file::reader::FileReader;
use parquet::file::serialized_reader::SerializedFileReader;
use parquet::record::reader::RowIter;
use parquet::record::{Field, Row};
use parquet::schema::parser::parse_message_type;

use super::Error;
use super::licence::Part;
use super::split::Split;

/// The folder of the tombstones beside those of the parts.
pub const TOMBSTONES: &str = "tombstones";

/// A data file of a release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataFile {
    pub path: PathBuf,
    /// `None` for tombstones.
    pub place: Option<(Part, Split)>,
}

/// The data files of the release in `folder`, by path.
///
/// # Errors
/// When the folder can not be read.
pub fn data_files(folder: &Path) -> Result<Vec<DataFile>, Error> {
    let mut files = Vec::new();
    let data = folder.join("data");
    for part in list(&data)? {
        for path in list(&part)?.into_iter().filter(|path| path.extension().is_some_and(|ending| ending == "parquet")) {
            let name =
                |path: &Path| path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            let (part, file) = (name(&part), name(&path));
            let split = file.split_once('-').map_or(file.as_str(), |(split, _)| split);
            let place = Part::from_name(&part).zip(Split::from_name(split));
            if place.is_some() || part == TOMBSTONES {
                files.push(DataFile { path, place });
            }
        }
    }
    Ok(files)
}

fn list(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if matches!(error.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory) => {
            return Ok(Vec::new());
        }
        Err(error) => return Err(Error::io(folder)(error)),
    };
    let mut paths = entries
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<Vec<_>, _>>()
        .map_err(Error::io(folder))?;
    paths.sort();
    Ok(paths)
}

/// Every row of a Parquet file.
///
/// # Errors
/// When it can not be opened as one.
pub fn rows(path: &Path) -> Result<RowIter<'static>, Error> {
    Ok(RowIter::from_file_into(Box::new(open(path)?)))
}

/// A Parquet file's footer, read.
///
/// # Errors
/// When it can not be opened as one.
pub fn open(path: &Path) -> Result<SerializedFileReader<File>, Error> {
    let file = File::open(path).map_err(Error::io(path))?;
    SerializedFileReader::new(file).map_err(Error::parquet(path))
}

/// Rows a Parquet file says it has.
///
/// # Errors
/// When it can not be opened as one.
pub fn n_rows(path: &Path) -> Result<u64, Error> {
    Ok(u64::try_from(open(path)?.metadata().file_metadata().num_rows()).unwrap_or(0))
}

/// A text column of a row.
pub fn text<'r>(row: &'r Row, name: &str) -> Option<&'r str> {
    row.get_column_iter().find_map(|(column, field)| match field {
        Field::Str(text) if column == name => Some(text.as_str()),
        _ => None,
    })
}

/// Which questions a release holds, and which it takes back.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listing {
    /// Id and split.
    pub rows: Vec<(String, String)>,
    /// Id, date and reason.
    pub tombstones: Vec<(String, String, String)>,
}

/// The ids in the data files of the release in `folder`.
///
/// # Errors
/// When a file can not be read.
pub fn listing(folder: &Path) -> Result<Listing, Error> {
    let mut listing = Listing::default();
    for file in data_files(folder)? {
        let message = match file.place {
            Some(_) => "message question { required binary id (STRING); }",
            None => {
                "message question { required binary id (STRING); optional group withdrawn { required binary date (STRING); \
                 required binary reason (STRING); } }"
            }
        };
        let columns = parse_message_type(message).map_err(Error::parquet(&file.path))?;
        let rows = RowIter::from_file_into(Box::new(open(&file.path)?)).project(Some(columns));
        for row in rows.map_err(Error::parquet(&file.path))? {
            let row = row.map_err(Error::parquet(&file.path))?;
            let id = text(&row, "id").unwrap_or_default().to_owned();
            match file.place {
                Some((_, split)) => listing.rows.push((id, split.as_str().to_owned())),
                None => {
                    let word = |name| {
                        group(&row, "withdrawn").and_then(|group| text(group, name)).unwrap_or_default().to_owned()
                    };
                    listing.tombstones.push((id, word("date"), word("reason")));
                }
            }
        }
    }
    Ok(listing)
}

/// Larger lists of a sample are not read.
const MOST_AUDIT_BYTES: u64 = 16 << 20;

/// The ids of the random sample that people look at; none in a release from before there was one.
///
/// # Errors
/// When the list can not be read.
pub fn audit(folder: &Path) -> Result<Vec<String>, Error> {
    let path = folder.join(super::seal::AUDIT);
    let file = match File::open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(Error::io(&path)(error)),
    };
    let mut text = String::new();
    file.take(MOST_AUDIT_BYTES).read_to_string(&mut text).map_err(Error::io(&path))?;
    Ok(text.lines().skip(1).filter(|line| !line.is_empty()).map(str::to_owned).collect())
}

/// A group column of a row.
pub fn group<'r>(row: &'r Row, name: &str) -> Option<&'r Row> {
    row.get_column_iter().find_map(|(column, field)| match field {
        Field::Group(group) if column == name => Some(group),
        _ => None,
    })
}
