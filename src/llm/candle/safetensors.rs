//! A folder as transformers writes it: `config.json` and `model.safetensors`, or shards with their index.

use std::collections::{BTreeSet, HashMap};
use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use candle_core::quantized::QTensor;
use candle_core::{DType, Device, Tensor};
use serde::Deserialize;
use serde_json::Value;

use super::Error;
use super::architecture::Architecture;
use super::weights::{Weights, json};

/// Largest header, as the format's own library has it.
const MOST_HEADER_BYTES: u64 = 100_000_000;

/// An open folder.
pub(super) struct Folder {
    path: PathBuf,
    tensors: HashMap<String, Place>,
    pub architecture: Architecture,
}

/// Where one tensor lies.
struct Place {
    file: PathBuf,
    start: u64,
    header: Header,
}

#[derive(Deserialize)]
struct Header {
    dtype: String,
    shape: Vec<usize>,
    data_offsets: (u64, u64),
}

impl Folder {
    pub fn open(path: &Path) -> Result<Self, Error> {
        let config = json(&path.join("config.json"))?;
        let architecture = Architecture::from_json(&config).map_err(|reason| Error::model(path, reason))?;
        let index = path.join("model.safetensors.index.json");
        let files = if index.is_file() { shards(&index)? } else { [path.join("model.safetensors")].into() };
        let mut tensors = HashMap::new();
        for file in files {
            for (name, place) in read_header(&file)? {
                tensors.insert(name, place);
            }
        }
        Ok(Folder { path: path.to_owned(), tensors, architecture })
    }
}

impl Weights for Folder {
    fn path(&self) -> &Path {
        &self.path
    }

    fn dense(&mut self, name: &str) -> Result<Tensor, Error> {
        let place =
            self.tensors.get(name).ok_or_else(|| Error::model(&self.path, format!("it has no tensor {name}")))?;
        place.read(name)
    }

    fn quantised(&mut self, _: &str) -> Result<Option<QTensor>, Error> {
        Ok(None)
    }
}

/// Every tensor of one file, as f32 on the CPU; whole numbers, too.
///
/// # Errors
/// When the file can not be read or is not what the format says.
pub fn read(path: &Path) -> Result<HashMap<String, Tensor>, Error> {
    let places = read_header(path)?;
    places.into_iter().map(|(name, place)| Ok((name.clone(), place.read(&name)?))).collect()
}

impl Place {
    fn read(&self, name: &str) -> Result<Tensor, Error> {
        let wrong = |reason: &str| Error::model(&self.file, format!("tensor {name}: {reason}"));
        let dtype = match self.header.dtype.as_str() {
            "F32" => DType::F32,
            "F16" => DType::F16,
            "BF16" => DType::BF16,
            "I64" => DType::I64,
            // Candle has no signed bytes: read as bytes, below.
            "I8" => DType::U8,
            other => return Err(wrong(&format!("numbers of type {other} are not read here"))),
        };
        let (from, to) = self.header.data_offsets;
        let bytes = to.checked_sub(from).and_then(|bytes| usize::try_from(bytes).ok());
        let count = self.header.shape.iter().try_fold(1_usize, |n, side| n.checked_mul(*side));
        let expected = count.and_then(|n| n.checked_mul(dtype.size_in_bytes()));
        let Some(bytes) = bytes.filter(|bytes| Some(*bytes) == expected) else {
            return Err(wrong("its bytes are not as many as its shape has"));
        };
        let mut file = File::open(&self.file).map_err(Error::io(&self.file))?;
        if file.metadata().map_err(Error::io(&self.file))?.len().checked_sub(self.start).is_none_or(|rest| rest < to) {
            return Err(wrong("the file ends before it"));
        }
        file.seek(SeekFrom::Start(self.start + from)).map_err(Error::io(&self.file))?;
        let mut data = vec![0; bytes];
        file.read_exact(&mut data).map_err(Error::io(&self.file))?;
        if self.header.dtype == "I8" {
            let signed: Vec<f32> = data.iter().map(|byte| f32::from(byte.cast_signed())).collect();
            return Ok(Tensor::from_vec(signed, self.header.shape.as_slice(), &Device::Cpu)?);
        }
        Ok(Tensor::from_raw_buffer(&data, dtype, &self.header.shape, &Device::Cpu)?.to_dtype(DType::F32)?)
    }
}

fn read_header(path: &Path) -> Result<Vec<(String, Place)>, Error> {
    let wrong = |reason: String| Error::model(path, reason);
    let mut file = File::open(path).map_err(Error::io(path))?;
    let file_bytes = file.metadata().map_err(Error::io(path))?.len();
    let mut length = [0; 8];
    file.read_exact(&mut length).map_err(|_| wrong("it is too short for safetensors".to_owned()))?;
    let header_bytes = u64::from_le_bytes(length);
    if header_bytes > MOST_HEADER_BYTES || header_bytes > file_bytes.saturating_sub(8) {
        return Err(wrong(format!("its header is said to be {header_bytes} bytes long: no safetensors file")));
    }
    let mut header = Vec::new();
    file.take(header_bytes).read_to_end(&mut header).map_err(Error::io(path))?;
    let raw: HashMap<String, Value> =
        serde_json::from_slice(&header).map_err(|error| wrong(format!("its header is not understood: {error}")))?;
    let tensors = raw.into_iter().filter(|(name, _)| name != "__metadata__");
    tensors
        .map(|(name, value)| {
            let header = serde_json::from_value(value).map_err(|error| wrong(format!("tensor {name}: {error}")))?;
            Ok((name, Place { file: path.to_owned(), start: 8 + header_bytes, header }))
        })
        .collect()
}

fn shards(index: &Path) -> Result<BTreeSet<PathBuf>, Error> {
    let map = json(index)?;
    let map = map["weight_map"].as_object().ok_or_else(|| Error::model(index, "it has no weight_map"))?;
    let mut files = BTreeSet::new();
    for file in map.values().filter_map(Value::as_str) {
        if Path::new(file).file_name().is_none_or(|name| name != file) {
            return Err(Error::model(index, format!("{file:?} is no file of this folder")));
        }
        files.insert(index.with_file_name(file));
    }
    Ok(files)
}
