//! Plain, gzipped, tarred and zipped files as bounded members.
//!
//! `.gz` (also of many members), `.tar`, `.tar.gz`, `.zip`, told by their bytes; an archive inside an archive is opened
//! once, no deeper. Members are streamed, so a bomb costs one clear error and no memory. Nothing is ever written: a
//! member's name is only a label.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek};
use std::ops::ControlFlow;
use std::path::Path;

use flate2::bufread::MultiGzDecoder;
use serde::{Deserialize, Serialize};

const BUFFER_BYTES: usize = 128 * 1024;
/// Below this much inflated data no ratio is called a bomb.
const RATIO_FLOOR_BYTES: u64 = 32 << 20;
const NAME_CHARS: usize = 300;

/// What opening one file may take.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Most inflated bytes of one member (2 GiB; PubMed's files inflate to a quarter of that).
    pub member_bytes: u64,
    /// Most inflated bytes of one file with all its members (64 GiB).
    pub total_bytes: u64,
    /// Most inflated bytes per byte in the file, beyond the first 32 MiB (200; XML packs about 1:12).
    pub ratio: u64,
    /// Most members of one archive (2 million).
    pub members: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { member_bytes: 2 << 30, total_bytes: 64 << 30, ratio: 200, members: 2_000_000 }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{name}: can not be opened")]
    Open { name: String, source: io::Error },
    #[error("{name}: reading failed: {source}")]
    Read { name: String, source: io::Error },
    #[error("{name}: {what} can not be read: {source}")]
    Archive { name: String, what: &'static str, source: io::Error },
    #[error("{name}: more than {limit} members")]
    TooMany { name: String, limit: u64 },
}

/// One file inside a file, or the file itself.
pub struct Member<'m> {
    /// The path, then for archives `!` and the member's own name.
    pub name: String,
    /// The inflated bytes; a limit, a truncated stream or damage is an [`io::Error`] that says so.
    pub reader: &'m mut dyn BufRead,
}

/// Calls `each` for every regular member of the file at `path`, in archive order. What `each` leaves unread is passed
/// over.
///
/// # Errors
/// When the file can not be opened or its archive structure is broken; members given before stand. Damage inside a
/// member is for its reader to report.
pub fn open(path: &Path, limits: &Limits, each: &mut dyn FnMut(Member<'_>) -> ControlFlow<()>) -> Result<(), Error> {
    let name = path.display().to_string();
    let file = File::open(path).map_err(|source| Error::Open { name: name.clone(), source })?;
    let metadata = file.metadata().map_err(|source| Error::Open { name: name.clone(), source })?;
    if metadata.is_dir() {
        return Err(Error::Open { name, source: io::Error::new(io::ErrorKind::IsADirectory, "it is a folder") });
    }
    visit(file, &name, limits, each)
}

/// [`open`] over any seekable data, such as an [`io::Cursor`].
///
/// # Errors
/// As [`open`].
pub fn visit(
    mut data: impl Read + Seek,
    name: &str,
    limits: &Limits,
    each: &mut dyn FnMut(Member<'_>) -> ControlFlow<()>,
) -> Result<(), Error> {
    let read = |source| Error::Read { name: name.to_owned(), source };
    let mut magic = [0u8; 4];
    let mut filled = 0;
    while filled < magic.len() {
        match data.read(magic.get_mut(filled..).unwrap_or_default()).map_err(read)? {
            0 => break,
            n => filled += n,
        }
    }
    data.rewind().map_err(read)?;
    let budget = Budget::new(limits);
    if is_zip(&magic) {
        unzip(data, name, &budget, each).map(|_| ())
    } else {
        stream(BufReader::with_capacity(BUFFER_BYTES, data), name, &budget, 0, each).map(|_| ())
    }
}

fn is_zip(head: &[u8]) -> bool {
    head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06")
}

fn is_tar(head: &[u8]) -> bool {
    head.get(257..262) == Some(b"ustar")
}

/// A stream that may be gzipped, a tar, both, or plain. `nested` counts the archives around it.
fn stream(
    mut reader: impl BufRead,
    name: &str,
    budget: &Budget,
    nested: usize,
    each: &mut dyn FnMut(Member<'_>) -> ControlFlow<()>,
) -> Result<ControlFlow<()>, Error> {
    let head = reader.fill_buf().map_err(|source| Error::Read { name: name.to_owned(), source })?;
    if head.starts_with(&[0x1F, 0x8B]) {
        let taken = Cell::new(0);
        let packed = Counted { inner: reader, taken: &taken };
        let inflated = Guard::new(MultiGzDecoder::new(packed), budget, Some(&taken));
        return inner(BufReader::with_capacity(BUFFER_BYTES, inflated), name, budget, nested, each);
    }
    inner(BufReader::with_capacity(BUFFER_BYTES, Guard::new(reader, budget, None)), name, budget, nested, each)
}

/// What is inside the (inflated) stream: a tar's members, or the one member it is.
fn inner(
    reader: BufReader<impl Read>,
    name: &str,
    budget: &Budget,
    nested: usize,
    each: &mut dyn FnMut(Member<'_>) -> ControlFlow<()>,
) -> Result<ControlFlow<()>, Error> {
    // A first look that can fail is the member's own trouble: its reader says it again.
    let (head, reader) = peek(reader);
    if is_tar(&head) && nested < 2 {
        return untar(reader, name, budget, nested, each);
    }
    budget.next_member();
    let mut reader = reader;
    Ok(each(Member { name: name.to_owned(), reader: &mut reader }))
}

/// The first bytes, and a reader that gives them again.
fn peek<R: Read>(mut reader: BufReader<R>) -> (Vec<u8>, BufReader<Replay<R>>) {
    let mut head = Vec::new();
    let failure = reader.by_ref().take(512).read_to_end(&mut head).err();
    let replay = Replay { head: io::Cursor::new(head.clone()), failure, rest: reader };
    (head, BufReader::with_capacity(BUFFER_BYTES, replay))
}

struct Replay<R> {
    head: io::Cursor<Vec<u8>>,
    failure: Option<io::Error>,
    rest: BufReader<R>,
}

impl<R: Read> Read for Replay<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        match Read::read(&mut self.head, out)? {
            0 if !out.is_empty() => match self.failure.take() {
                Some(failure) => Err(failure),
                None => self.rest.read(out),
            },
            n => Ok(n),
        }
    }
}

fn untar(
    reader: impl Read,
    name: &str,
    budget: &Budget,
    nested: usize,
    each: &mut dyn FnMut(Member<'_>) -> ControlFlow<()>,
) -> Result<ControlFlow<()>, Error> {
    let broken = |source| Error::Archive { name: name.to_owned(), what: "the tar archive", source };
    let mut archive = tar::Archive::new(reader);
    for entry in archive.entries().map_err(broken)? {
        let entry = entry.map_err(broken)?;
        if !entry.header().entry_type().is_file() {
            continue;
        }
        let member = label(name, &String::from_utf8_lossy(&entry.path_bytes()));
        budget.count(name)?;
        if part(BufReader::with_capacity(BUFFER_BYTES, entry), &member, budget, nested, each)?.is_break() {
            return Ok(ControlFlow::Break(()));
        }
    }
    Ok(ControlFlow::Continue(()))
}

fn unzip(
    data: impl Read + Seek,
    name: &str,
    budget: &Budget,
    each: &mut dyn FnMut(Member<'_>) -> ControlFlow<()>,
) -> Result<ControlFlow<()>, Error> {
    let broken = |error: zip::result::ZipError| Error::Archive {
        name: name.to_owned(),
        what: "the zip archive",
        source: io::Error::other(error),
    };
    let mut archive = zip::ZipArchive::new(data).map_err(broken)?;
    for index in 0..archive.len() {
        let entry = archive.by_index(index).map_err(broken)?;
        if !entry.is_file() {
            continue;
        }
        let member = label(name, entry.name());
        budget.count(name)?;
        let taken = Cell::new(entry.compressed_size());
        let entry = Guard::new(entry, budget, Some(&taken));
        if part(BufReader::with_capacity(BUFFER_BYTES, entry), &member, budget, 0, each)?.is_break() {
            return Ok(ControlFlow::Break(()));
        }
    }
    Ok(ControlFlow::Continue(()))
}

/// A member of an archive, opened once more when it is packed itself; a broken one is still given, so that it is
/// accounted for.
fn part(
    reader: BufReader<impl Read>,
    name: &str,
    budget: &Budget,
    nested: usize,
    each: &mut dyn FnMut(Member<'_>) -> ControlFlow<()>,
) -> Result<ControlFlow<()>, Error> {
    let (head, mut reader) = peek(reader);
    if head.starts_with(&[0x1F, 0x8B]) && nested == 0 {
        let reader: &mut dyn BufRead = &mut reader;
        return match stream(reader, name, budget, nested + 1, each) {
            Err(Error::Archive { source, .. }) => {
                let mut failing = Failing(Some(source));
                Ok(each(Member { name: name.to_owned(), reader: &mut failing }))
            }
            other => other,
        };
    }
    budget.next_member();
    Ok(each(Member { name: name.to_owned(), reader: &mut reader }))
}

/// The member's name behind the archive's, without control characters and of bounded length.
fn label(archive: &str, member: &str) -> String {
    let clean: String = member.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).take(NAME_CHARS).collect();
    format!("{archive}!{clean}")
}

/// What is left of the limits for the file being read.
struct Budget {
    limits: Limits,
    total: Cell<u64>,
    member: Cell<u64>,
    members: Cell<u64>,
}

impl Budget {
    fn new(limits: &Limits) -> Self {
        Budget { limits: limits.clone(), total: Cell::new(0), member: Cell::new(0), members: Cell::new(0) }
    }

    fn next_member(&self) {
        self.member.set(0);
    }

    fn count(&self, name: &str) -> Result<(), Error> {
        self.next_member();
        self.members.set(self.members.get() + 1);
        let limit = self.limits.members;
        if self.members.get() > limit { Err(Error::TooMany { name: name.to_owned(), limit }) } else { Ok(()) }
    }

    fn spend(&self, bytes: u64, packed: Option<u64>) -> io::Result<()> {
        self.total.set(self.total.get() + bytes);
        self.member.set(self.member.get() + bytes);
        let refuse = |message: String| Err(io::Error::new(io::ErrorKind::FileTooLarge, message));
        if self.member.get() > self.limits.member_bytes {
            return refuse(format!(
                "it inflates to more than {} bytes, the limit for one file",
                self.limits.member_bytes
            ));
        }
        if self.total.get() > self.limits.total_bytes {
            return refuse(format!(
                "the archive inflates to more than {} bytes, the limit for all of it",
                self.limits.total_bytes
            ));
        }
        Ok(()).and_then(|()| match packed {
            Some(packed)
                if self.member.get() > RATIO_FLOOR_BYTES
                    && self.member.get() / self.limits.ratio.max(1) > packed.max(1) =>
            {
                refuse(format!("it inflates more than {}-fold, as only bombs do", self.limits.ratio))
            }
            _ => Ok(()),
        })
    }
}

/// Counts what comes out against the budget, and says what an early end means.
struct Guard<'b, R> {
    inner: R,
    budget: &'b Budget,
    packed: Option<&'b Cell<u64>>,
}

impl<'b, R> Guard<'b, R> {
    fn new(inner: R, budget: &'b Budget, packed: Option<&'b Cell<u64>>) -> Self {
        Guard { inner, budget, packed }
    }
}

impl<R: Read> Read for Guard<'_, R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(out).map_err(|error| match (error.kind(), self.packed) {
            (io::ErrorKind::UnexpectedEof, Some(_)) => {
                io::Error::new(io::ErrorKind::UnexpectedEof, "the compressed data is cut off (truncated)")
            }
            (io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData, Some(_)) => {
                io::Error::new(io::ErrorKind::InvalidData, format!("the compressed data is damaged ({error})"))
            }
            _ => error,
        })?;
        self.budget.spend(read as u64, self.packed.map(Cell::get))?;
        Ok(read)
    }
}

/// Counts the packed bytes taken.
struct Counted<'c, R> {
    inner: R,
    taken: &'c Cell<u64>,
}

impl<R: Read> Read for Counted<'_, R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(out)?;
        self.taken.set(self.taken.get() + read as u64);
        Ok(read)
    }
}

impl<R: BufRead> BufRead for Counted<'_, R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.inner.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        self.taken.set(self.taken.get() + amount as u64);
        self.inner.consume(amount);
    }
}

struct Failing(Option<io::Error>);

impl Read for Failing {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(self.0.take().unwrap_or_else(|| io::Error::other("already failed")))
    }
}

impl BufRead for Failing {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        Err(self.0.take().unwrap_or_else(|| io::Error::other("already failed")))
    }

    fn consume(&mut self, _: usize) {}
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Write};

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn gz(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn tar(members: &[(&str, &[u8])]) -> Vec<u8> {
        let mut builder = tar::Builder::new(Vec::new());
        for (name, bytes) in members {
            let mut header = tar::Header::new_ustar();
            header.as_mut_bytes()[..name.len()].copy_from_slice(name.as_bytes());
            header.set_size(bytes.len() as u64);
            header.set_cksum();
            builder.append(&header, *bytes).unwrap();
        }
        builder.into_inner().unwrap()
    }

    fn zip(members: &[(&str, &[u8])]) -> Vec<u8> {
        let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for (name, bytes) in members {
            writer.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
            writer.write_all(bytes).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    /// `name=content` of every member, or its error.
    fn members(bytes: &[u8], limits: &Limits) -> Result<Vec<String>, String> {
        let mut found = Vec::new();
        visit(Cursor::new(bytes), "f", limits, &mut |member| {
            let mut content = Vec::new();
            found.push(match member.reader.read_to_end(&mut content) {
                Ok(_) => format!("{}={}", member.name, String::from_utf8_lossy(&content)),
                Err(error) => format!("{}: {error}", member.name),
            });
            ControlFlow::Continue(())
        })
        .map_err(|error| error.to_string())?;
        Ok(found)
    }

    fn check(bytes: &[u8], expected: &[&str]) {
        assert_eq!(members(bytes, &Limits::default()).unwrap(), expected);
    }

    #[test]
    fn shapes() {
        check(b"plain", &["f=plain"]);
        check(b"", &["f="]);
        check(&gz(b"packed"), &["f=packed"]);
        check(&[gz(b"two"), gz(b" members")].concat(), &["f=two members"]);
        let two: &[(&str, &[u8])] = &[("a.xml", b"1"), ("d/b.xml", b"2")];
        check(&tar(two), &["f!a.xml=1", "f!d/b.xml=2"]);
        check(&gz(&tar(two)), &["f!a.xml=1", "f!d/b.xml=2"]);
        check(&zip(two), &["f!a.xml=1", "f!d/b.xml=2"]);
        let packed = gz(b"1");
        check(&tar(&[("a.xml.gz", &packed)]), &["f!a.xml.gz=1"]);
        check(&zip(&[("../../etc/passwd", b"x"), ("a.gz", &packed)]), &["f!../../etc/passwd=x", "f!a.gz=1"]);
    }

    #[test]
    fn archives_in_archives_open_once() {
        let inner = gz(&tar(&[("x", b"1")]));
        check(&tar(&[("in.tar.gz", &inner)]), &["f!in.tar.gz!x=1"]);
        let twice = gz(&tar(&[("in.tar.gz", &inner)]));
        let outer = members(&tar(&[("out.tar.gz", &twice)]), &Limits::default()).unwrap();
        assert!(outer[0].starts_with("f!out.tar.gz!in.tar.gz=\u{1f}"), "{outer:?}");
    }

    #[test]
    fn damage_is_named() {
        let whole = gz(&vec![b'x'; 100_000]);
        let cut = members(&whole[..whole.len() / 2], &Limits::default()).unwrap();
        assert!(cut[0].contains("truncated"), "{cut:?}");
        let cut = members(&whole[..4], &Limits::default()).unwrap();
        assert!(cut[0].contains("truncated"), "{cut:?}");
        let archive = tar(&[("a", b"1"), ("b", &vec![b'x'; 5000])]);
        let error = members(&archive[..2048], &Limits::default());
        assert!(format!("{error:?}").contains("f!b") || error.is_err(), "{error:?}");
        let archive = zip(&[("a", b"1")]);
        assert!(members(&archive[..archive.len() - 30], &Limits::default()).is_err());
    }

    #[test]
    fn bombs_are_refused() {
        let bomb = gz(&vec![0u8; 64 << 20]);
        let found = members(&bomb, &Limits::default()).unwrap();
        assert!(found[0].contains("as only bombs do"), "{found:?}");
        let found = members(&zip(&[("b", &vec![0u8; 64 << 20])]), &Limits::default()).unwrap();
        assert!(found[0].contains("as only bombs do"), "{found:?}");
        let limits = Limits { member_bytes: 10, ..Limits::default() };
        assert!(members(&gz(b"more than ten"), &limits).unwrap()[0].contains("limit for one file"));
        let limits = Limits { total_bytes: 15, ..Limits::default() };
        let found = members(&zip(&[("a", b"0123456789"), ("b", b"0123456789")]), &limits).unwrap();
        assert!(found[1].contains("limit for all of it"), "{found:?}");
        let limits = Limits { members: 1, ..Limits::default() };
        assert!(members(&tar(&[("a", b""), ("b", b"")]), &limits).unwrap_err().contains("more than 1 members"));
    }

    proptest::proptest! {
        #[test]
        fn any_bytes(mut bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..600), magic in 0..4usize) {
            let magic: &[u8] = [b"".as_slice(), b"\x1f\x8b\x08\0\0\0\0\0\0\0", b"PK\x03\x04", b"PK\x05\x06"][magic];
            bytes.splice(0..0, magic.iter().copied());
            let _ = members(&bytes, &Limits::default());
        }
    }
}
