//! Versions as values, and documents back from the store.

use rusqlite::Row;
use serde::Serialize;

use crate::model::document::{ContentLevel, Document, PassageKind};
use crate::model::id::{VersionId, WorkId};
use crate::model::status::VersionStatus;

use super::passage::{StoredPassage, TextId, place};
use super::{Error, Rows, record};

/// A version as stored, without its text.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Version {
    pub id: VersionId,
    pub work: WorkId,
    pub source: String,
    /// Posted version, from 1.
    pub number: u32,
    pub status: VersionStatus,
    pub content_level: ContentLevel,
    pub text: Option<TextId>,
    pub title: String,
    pub article_type: String,
    pub venue: Option<String>,
    /// Normalised, as received, and where it was read: see [`crate::model::licence::Licence`].
    pub licence: String,
    pub licence_received: String,
    pub licence_origin: String,
    pub licence_holder: Option<String>,
    pub origin: String,
    pub full_text_url: Option<String>,
}

const COLUMNS: &str =
    "id, work, source, number, status, level, text, title, article_type, venue, licence, licence_received,
    licence_origin, licence_holder, origin, full_text_url";

impl Rows {
    /// One version.
    ///
    /// # Errors
    /// When the store can not be read.
    pub fn version(&self, id: VersionId) -> Result<Option<Version>, Error> {
        self.find(&format!("SELECT {COLUMNS} FROM versions WHERE id = ?1"), [id.0], read)
    }

    /// The versions of a work by source and number.
    ///
    /// # Errors
    /// When the store can not be read.
    pub fn versions_of(&self, work: WorkId) -> Result<Vec<Version>, Error> {
        self.list(&format!("SELECT {COLUMNS} FROM versions WHERE work = ?1 ORDER BY source, number"), [work.0], read)
    }

    /// The document of a version as it was delivered.
    ///
    /// # Errors
    /// [`Error::Damaged`] when record and passages do not fit together.
    pub fn document(&self, version: VersionId) -> Result<Option<Document>, Error> {
        let sql = "SELECT record, text FROM versions WHERE id = ?1";
        let found =
            self.find(sql, [version.0], |row| Ok((row.get::<_, Vec<u8>>(0)?, row.get::<_, Option<i64>>(1)?)))?;
        let Some((packed, text)) = found else {
            return Ok(None);
        };
        let texts = text.map_or(Ok(Vec::new()), |text| self.bodies(TextId(text)))?;
        record::unpack(&packed, texts).map(Some)
    }

    /// Where the images of a figure are found, as its version names them; none for a passage that is no figure's caption.
    ///
    /// # Errors
    /// [`Error::Damaged`] when the stored record is not understood.
    pub fn images_of(&self, passage: &StoredPassage) -> Result<Vec<String>, Error> {
        if passage.kind != PassageKind::Figure.as_str() {
            return Ok(Vec::new());
        }
        let (text, _) = place(passage.id);
        let sql = "SELECT v.record FROM texts t JOIN versions v ON v.id = t.version WHERE t.id = ?1";
        let packed = self.find(sql, [text.0], |row| row.get::<_, Vec<u8>>(0))?;
        packed.map_or(Ok(Vec::new()), |packed| record::images(&packed, &passage.section))
    }

    /// Every (identifier key, version number) that `source` delivered, sorted; for reconciling with what it published.
    ///
    /// # Errors
    /// When the store can not be read.
    pub fn delivered_by(&self, source: &str) -> Result<Vec<(String, u32)>, Error> {
        let sql = "SELECT w.key, v.number FROM versions v JOIN works w ON w.id = v.work WHERE v.source = ?1
                   ORDER BY w.key, v.number";
        self.list(sql, [source], |row| Ok((row.get(0)?, row.get(1)?)))
    }
}

fn read(row: &Row<'_>) -> rusqlite::Result<Version> {
    let status: String = row.get(4)?;
    Ok(Version {
        id: VersionId(row.get(0)?),
        work: WorkId(row.get(1)?),
        source: row.get(2)?,
        number: row.get(3)?,
        status: VersionStatus::from_name(&status).unwrap_or(VersionStatus::Listed),
        content_level: match row.get::<_, i64>(5)? {
            2 => ContentLevel::FullText,
            1 => ContentLevel::Abstract,
            _ => ContentLevel::Metadata,
        },
        text: row.get::<_, Option<i64>>(6)?.map(TextId),
        title: row.get(7)?,
        article_type: row.get(8)?,
        venue: row.get(9)?,
        licence: row.get(10)?,
        licence_received: row.get(11)?,
        licence_origin: row.get(12)?,
        licence_holder: row.get(13)?,
        origin: row.get(14)?,
        full_text_url: row.get(15)?,
    })
}
