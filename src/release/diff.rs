//! What differs between two data set releases, to the row and the column, read from their files alone.

use std::collections::{BTreeMap, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;
use std::rc::Rc;

use parquet::record::Field;
use serde::{Deserialize, Serialize};

use super::Error;
use super::licence::Part;
use super::read;
use super::split::Split;

/// What became of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Added,
    Changed,
    /// Taken back: it must not be used any more.
    Withdrawn,
    /// Not in the later release, and nothing is wrong with it: its topic is over its share, or what is released was narrowed.
    LeftOut,
}

impl Kind {
    pub const ALL: [Kind; 4] = [Kind::Added, Kind::Changed, Kind::Withdrawn, Kind::LeftOut];

    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Added => "added",
            Kind::Changed => "changed",
            Kind::Withdrawn => "withdrawn",
            Kind::LeftOut => "left_out",
        }
    }
}

/// One row that differs; a line of `changes.jsonl`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    pub change: Kind,
    pub id: String,
    /// Key of its paper.
    pub work: String,
    /// Where it is in the later release; where it was, when it is gone.
    pub part: String,
    pub split: String,
    /// Where it was in the earlier one, when that is another place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// Columns that differ.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<String>,
    /// Why and when it was withdrawn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date: Option<String>,
}

/// All differences, by kind, work and id.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Diff {
    pub changes: Vec<Change>,
    pub n_same: u64,
}

impl Diff {
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// Rows by what became of them, every kind named.
    pub fn counts(&self) -> BTreeMap<&'static str, u64> {
        let mut counts: BTreeMap<_, _> = Kind::ALL.iter().map(|kind| (kind.as_str(), 0)).collect();
        for change in &self.changes {
            *counts.entry(change.change.as_str()).or_default() += 1;
        }
        counts
    }
}

type Place = (Part, Split);

/// A row as it is compared: a hash for every column.
struct Print {
    id: String,
    work: String,
    place: Place,
    columns: Box<[u32]>,
    names: Rc<[String]>,
}

impl Print {
    fn change(self, change: Kind) -> Change {
        let (part, split) = self.place;
        Change {
            change,
            id: self.id,
            work: self.work,
            part: part.as_str().to_owned(),
            split: split.as_str().to_owned(),
            from: None,
            fields: Vec::new(),
            reason: None,
            date: None,
        }
    }

    /// Columns that both have and that differ.
    fn differing(&self, other: &Print) -> Vec<String> {
        let there = |name: &String| other.names.iter().position(|known| known == name);
        let columns = self.names.iter().zip(&self.columns);
        let differs = |name: &String, hash: &u32| there(name).is_some_and(|at| other.columns.get(at) != Some(hash));
        columns.filter(|(name, hash)| differs(name, hash)).map(|(name, _)| name.clone()).collect()
    }
}

/// Compares the releases in two folders. Takes about 300 bytes of memory a row of the earlier one.
///
/// # Errors
/// When a data file can not be read.
pub fn diff(from: &Path, to: &Path) -> Result<Diff, Error> {
    let mut before: HashMap<String, Print> = HashMap::new();
    each_row(from, &mut |print| {
        before.insert(print.id.clone(), print);
    })?;
    let mut diff = Diff::default();
    each_row(to, &mut |print| {
        let Some(earlier) = before.remove(&print.id) else {
            diff.changes.push(print.change(Kind::Added));
            return;
        };
        let fields = earlier.differing(&print);
        let (part, split) = earlier.place;
        let moved = earlier.place != print.place;
        if fields.is_empty() && !moved {
            diff.n_same += 1;
            return;
        }
        let from = moved.then(|| format!("{}/{}", part.as_str(), split.as_str()));
        diff.changes.push(Change { fields, from, ..print.change(Kind::Changed) });
    })?;
    let tombstones: HashMap<String, (String, String)> =
        read::listing(to)?.tombstones.into_iter().map(|(id, date, reason)| (id, (date, reason))).collect();
    for (id, earlier) in before {
        diff.changes.push(match tombstones.get(&id) {
            Some((date, reason)) => {
                let (reason, date) = (Some(reason.clone()), Some(date.clone()));
                Change { reason, date, ..earlier.change(Kind::Withdrawn) }
            }
            None => earlier.change(Kind::LeftOut),
        });
    }
    diff.changes.sort_by(|a, b| (a.change, &a.work, &a.id).cmp(&(b.change, &b.work, &b.id)));
    Ok(diff)
}

fn each_row(folder: &Path, visit: &mut dyn FnMut(Print)) -> Result<(), Error> {
    let mut names: Rc<[String]> = Rc::new([]);
    for file in read::data_files(folder)? {
        let Some(place) = file.place else { continue };
        for row in read::rows(&file.path)? {
            let row = row.map_err(Error::parquet(&file.path))?;
            let same = row.get_column_iter().map(|(name, _)| name).eq(names.iter());
            if !same {
                names = row.get_column_iter().map(|(name, _)| name.clone()).collect();
            }
            let columns = row.get_column_iter().map(|(_, field)| print_of(field)).collect();
            let id = read::text(&row, "id").unwrap_or_default().to_owned();
            let work =
                read::group(&row, "work").and_then(|work| read::text(work, "key")).unwrap_or_default().to_owned();
            visit(Print { id, work, place, columns, names: Rc::clone(&names) });
        }
    }
    Ok(())
}

/// A hash of a value, for comparison inside this process only.
fn print_of(field: &Field) -> u32 {
    let mut hasher = DefaultHasher::new();
    feed(field, &mut hasher);
    hasher.finish() as u32
}

fn feed(field: &Field, hasher: &mut DefaultHasher) {
    match field {
        Field::Null => 0_u8.hash(hasher),
        Field::Int(value) => (1_u8, value).hash(hasher),
        Field::Long(value) => (2_u8, value).hash(hasher),
        Field::Double(value) => (3_u8, value.to_bits()).hash(hasher),
        Field::Str(value) => (4_u8, value).hash(hasher),
        Field::Group(row) => {
            5_u8.hash(hasher);
            row.get_column_iter().for_each(|(_, field)| feed(field, hasher));
        }
        Field::ListInternal(list) => {
            (6_u8, list.len()).hash(hasher);
            list.elements().iter().for_each(|field| feed(field, hasher));
        }
        other => (7_u8, other.to_string()).hash(hasher),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::release::parquet::Table;
    use crate::release::row::Row as Record;
    use crate::release::tests::row;
    use crate::release::{cells, schema};

    fn release(rows: &[Record], is_later: bool) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let wider = format!("{}\n  required int32 rank;\n}}", schema::QUESTIONS.trim_end_matches("\n}"));
        let path = folder.path().join("data/open/train-00000-of-00001.parquet");
        let mut table = Table::create(&path, if is_later { &wider } else { schema::QUESTIONS }).unwrap();
        for row in rows {
            table
                .push(|to| {
                    cells::fill(row, to);
                    if is_later {
                        to.int(7);
                    }
                })
                .unwrap();
        }
        table.finish("x").unwrap();
        folder
    }

    /// A reader of version 1.0 before a later minor release, and the other way round.
    #[test]
    fn a_column_that_only_one_has_is_no_difference() {
        let rows: Vec<Record> = ["a", "b"].map(|id| row(id, "10.5555/a")).into();
        let mut other = rows.clone();
        other[1].tier = Some("verified".into());
        let (old, new, changed) = (release(&rows, false), release(&rows, true), release(&other, true));
        for (from, to) in [(&old, &new), (&new, &old)] {
            let found = diff(from.path(), to.path()).unwrap();
            assert!(found.is_empty() && found.n_same == 2, "{found:?}");
        }
        let found = diff(old.path(), changed.path()).unwrap();
        assert_eq!(found.changes.len(), 1);
        assert_eq!((found.changes[0].id.as_str(), found.changes[0].fields.as_slice()), ("b", &["tier".to_owned()][..]));
        let path = changed.path().join("data/open/train-00000-of-00001.parquet");
        assert_eq!(crate::release::verify::misfit(&path, usize::MAX).unwrap(), None);
    }
}
