use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::refresh::Error;
use crate::refresh::job::Question;

const MOST_LINE_BYTES: u64 = 4 << 20;
const MOST_LINES: usize = 5_000_000;

/// A line of a responses file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Response {
    /// The question's.
    pub id: String,
    /// From 0.
    #[serde(default)]
    pub sample: u32,
    pub response: String,
}

/// Responses by question and sample, in a file that grows line by line: a run that was killed goes on where it was.
#[derive(Debug)]
pub struct Responses {
    path: PathBuf,
    known: HashMap<(String, u32), String>,
}

impl Responses {
    /// Reads what is there; a line that is torn or not understood is passed over, the later of two for one sample holds.
    ///
    /// # Errors
    /// When the file is there and can not be read.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let mut known = HashMap::new();
        match File::open(path) {
            Ok(file) => {
                let mut reader = BufReader::new(file);
                let mut line = Vec::new();
                for _ in 0..MOST_LINES {
                    line.clear();
                    let n =
                        (&mut reader).take(MOST_LINE_BYTES).read_until(b'\n', &mut line).map_err(Error::io(path))?;
                    if n == 0 {
                        break;
                    }
                    if let Ok(Response { id, sample, response }) = serde_json::from_slice(&line) {
                        known.insert((id, sample), response);
                    }
                }
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(Error::io(path)(error)),
        }
        Ok(Responses { path: path.to_owned(), known })
    }

    pub fn get(&self, id: &str, sample: u32) -> Option<&str> {
        self.known.get(&(id.to_owned(), sample)).map(String::as_str)
    }

    /// The samples that are not there yet, question by question.
    pub fn missing<'q>(&self, questions: &'q [Question], samples: u32) -> Vec<(&'q Question, u32)> {
        let all = questions.iter().flat_map(|question| (0..samples).map(move |sample| (question, sample)));
        all.filter(|(question, sample)| self.get(&question.id, *sample).is_none()).collect()
    }

    /// Adds one and writes it down.
    ///
    /// # Errors
    /// When the file can not be written.
    pub fn add(&mut self, response: Response) -> Result<(), Error> {
        let path = &self.path;
        let mut file = OpenOptions::new().append(true).create(true).open(path).map_err(Error::io(path))?;
        // Proof: strings and a number. A line before that a kill left torn is ended by the first byte.
        let mut bytes = if self.known.is_empty() { Vec::new() } else { b"\n".to_vec() };
        serde_json::to_writer(&mut bytes, &response).unwrap_or_default();
        bytes.push(b'\n');
        file.write_all(&bytes).map_err(Error::io(path))?;
        self.known.insert((response.id, response.sample), response.response);
        Ok(())
    }
}
