//! The safetensors format, as far as a release has to know it: names, shapes, and whether every number is one.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use serde::Deserialize;

use crate::release::Error;

/// Largest header, as the format's own library has it.
const MOST_HEADER_BYTES: u64 = 100_000_000;

/// A tensor as its header describes it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Tensor {
    pub dtype: String,
    pub shape: Vec<u64>,
    data_offsets: (u64, u64),
}

impl Tensor {
    pub fn parameters(&self) -> u64 {
        self.shape.iter().fold(1, |n, side| n.saturating_mul(*side))
    }
}

/// Reads a file's header and data: every tensor by name.
///
/// # Errors
/// [`Error::Damaged`] when the file is not what the format says, or a floating-point number in it is infinite or none.
pub fn read(path: &Path) -> Result<BTreeMap<String, Tensor>, Error> {
    let wrong = |reason: String| Error::damaged(path, reason);
    let file = File::open(path).map_err(Error::io(path))?;
    let file_bytes = file.metadata().map_err(Error::io(path))?.len();
    let mut file = BufReader::with_capacity(1 << 20, file);
    let mut length = [0; 8];
    file.read_exact(&mut length).map_err(|_| wrong("it is too short for safetensors".to_owned()))?;
    let header_bytes = u64::from_le_bytes(length);
    if header_bytes > MOST_HEADER_BYTES || header_bytes > file_bytes.saturating_sub(8) {
        return Err(wrong(format!("its header is said to be {header_bytes} bytes long: no safetensors file")));
    }
    let mut header = Vec::new();
    (&mut file).take(header_bytes).read_to_end(&mut header).map_err(Error::io(path))?;
    let mut raw: BTreeMap<String, serde_json::Value> =
        serde_json::from_slice(&header).map_err(|error| wrong(format!("its header is not understood: {error}")))?;
    raw.remove("__metadata__");
    let mut tensors = BTreeMap::new();
    for (name, value) in raw {
        let tensor: Tensor = serde_json::from_value(value).map_err(|error| wrong(format!("tensor {name}: {error}")))?;
        tensors.insert(name, tensor);
    }
    let mut in_order: Vec<(&String, &Tensor)> = tensors.iter().collect();
    in_order.sort_by_key(|(_, tensor)| tensor.data_offsets);
    let mut at = 0;
    for (name, tensor) in in_order {
        let (start, end) = tensor.data_offsets;
        let bits =
            bits(&tensor.dtype).ok_or_else(|| wrong(format!("tensor {name}: type {} is not known", tensor.dtype)))?;
        let bytes = tensor.parameters().checked_mul(bits).map(|bits| bits / 8);
        if start != at || bytes != end.checked_sub(start) {
            return Err(wrong(format!(
                "tensor {name}: its bytes do not follow those before, or are not as many as its shape has"
            )));
        }
        if !all_finite(&mut file, &tensor.dtype, end - start).map_err(Error::io(path))? {
            return Err(wrong(format!(
                "tensor {name} holds a number that is infinite or none: the training has diverged"
            )));
        }
        at = end;
    }
    if 8 + header_bytes + at != file_bytes {
        return Err(wrong("it is longer or shorter than its header says".to_owned()));
    }
    Ok(tensors)
}

fn bits(dtype: &str) -> Option<u64> {
    Some(match dtype {
        "BOOL" | "U8" | "I8" | "F8_E5M2" | "F8_E4M3" => 8,
        "U16" | "I16" | "F16" | "BF16" => 16,
        "U32" | "I32" | "F32" => 32,
        "U64" | "I64" | "F64" => 64,
        _ => return None,
    })
}

/// Reads `bytes` bytes; whether none of the numbers has all bits of its exponent set.
fn all_finite(file: &mut impl Read, dtype: &str, bytes: u64) -> std::io::Result<bool> {
    let mut left = file.take(bytes);
    let mut block = vec![0; 1 << 16];
    let mut is_finite = true;
    let mut n_read = 0;
    loop {
        let mut filled = 0;
        while filled < block.len() {
            match left.read(&mut block[filled..])? {
                0 => break,
                n => filled += n,
            }
        }
        if filled == 0 {
            break;
        }
        n_read += filled as u64;
        let block = &block[..filled];
        is_finite &= match dtype {
            "F16" => block.chunks_exact(2).all(|b| u16::from_le_bytes([b[0], b[1]]) & 0x7c00 != 0x7c00),
            "BF16" => block.chunks_exact(2).all(|b| u16::from_le_bytes([b[0], b[1]]) & 0x7f80 != 0x7f80),
            "F32" => block.chunks_exact(4).all(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]).is_finite()),
            "F64" => block
                .chunks_exact(8)
                .all(|b| f64::from_le_bytes([b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7]]).is_finite()),
            _ => true,
        };
    }
    if n_read < bytes {
        return Err(std::io::ErrorKind::UnexpectedEof.into());
    }
    Ok(is_finite)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A file of F32 tensors that hold nothing but `value`.
    pub(crate) fn file(tensors: &[(&str, &[u64])], value: f32) -> Vec<u8> {
        let mut header = serde_json::Map::new();
        let mut at = 0;
        for (name, shape) in tensors {
            let bytes = shape.iter().product::<u64>() * 4;
            header.insert(
                (*name).to_owned(),
                serde_json::json!({ "dtype": "F32", "shape": shape, "data_offsets": [at, at + bytes] }),
            );
            at += bytes;
        }
        let header = serde_json::to_vec(&header).unwrap();
        let mut all = (header.len() as u64).to_le_bytes().to_vec();
        all.extend(header);
        (0..at / 4).for_each(|_| all.extend(value.to_le_bytes()));
        all
    }

    fn told(bytes: &[u8]) -> Result<usize, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model.safetensors");
        std::fs::write(&path, bytes).unwrap();
        read(&path).map(|tensors| tensors.len()).map_err(|error| error.to_string())
    }

    #[test]
    fn what_is_no_whole_file_of_numbers_is_refused() {
        let good = file(&[("a", &[2, 3]), ("b", &[4])], 0.5);
        assert_eq!(told(&good), Ok(2));
        for (bytes, word) in [
            (&b""[..], "too short"),
            (&b"PK\x03\x04 a pickle in a zip file"[..], "no safetensors"),
            (&good[..good.len() - 1], "failed to fill"),
            (&[&good[..], b"x"].concat(), "longer or shorter"),
            (&file(&[("a", &[2])], f32::NAN), "diverged"),
            (&file(&[("a", &[2])], f32::INFINITY), "diverged"),
        ] {
            let error = told(bytes).unwrap_err();
            assert!(error.contains(word) || word == "failed to fill" && error.contains("end of file"), "{error}");
        }
        let text = String::from_utf8_lossy(&good).replace("[2,3]", "[2,4]");
        assert!(told(text.as_bytes()).unwrap_err().contains("as many as its shape"));
    }
}
