//! A quantised matrix, laid out as the device computes fastest with it.
//!
//! candle's fast kernel for Q8_0 on a CPU takes rows of whole 256 numbers; others go, number by number, five times slower. So rows are
//! filled up with zeros, or, where many rows are read by few numbers, the last of several rows stand side by side in one row of a
//! second matrix: a token that is drawn reads every weight once and waits for the memory, so zeros take as long as weights.

use std::sync::Arc;

use candle_core::quantized::{GgmlDType, QMatMul, QStorage, QTensor};
use candle_core::{D, Device, Module as _, Tensor};

use super::Error;

/// The kernel's rows are whole this many numbers,
const ROW: usize = 256;
/// and it takes so many of them at a time.
const TILE: usize = 16;

/// Shape `(out, in)`.
#[derive(Debug, Clone)]
pub struct Quantised {
    /// The first numbers of each row, `(out, w)`; all of them, with zeros behind, where there are no tails.
    heads: Arc<QTensor>,
    /// The last `r = in - w` of each row, `(out / f, 256)` with `f = 256 / r`: row j holds those of j, j + out / f, j + 2 out / f and so on.
    tails: Option<Arc<QTensor>>,
    input: usize,
}

/// What goes in, as the parts take it: `(N, w)` and, for the tails, `(N * f, 256)`.
struct Input {
    heads: Tensor,
    tails: Option<Tensor>,
}

impl Quantised {
    /// A matrix that lies on the CPU, as it is computed with on `device`.
    ///
    /// # Errors
    /// When it is no matrix, or the device has no room for it.
    pub fn laid_out(stored: QTensor, device: &Device) -> Result<Self, Error> {
        let (out, input) = stored.shape().dims2()?;
        let whole = |heads: QTensor| Quantised { heads: Arc::new(heads), tails: None, input };
        if !matches!(device, Device::Cpu) {
            let storage = QStorage::from_data(stored.data()?, device, stored.dtype())?;
            return Ok(whole(QTensor::new(storage, stored.shape().clone())?));
        }
        let is_fast = stored.dtype() != GgmlDType::Q8_0 || input.is_multiple_of(ROW) || !out.is_multiple_of(TILE);
        if is_fast || !has_byte_products() {
            return Ok(whole(stored));
        }
        match Self::split(&stored)? {
            Some(split) => Ok(split),
            None => Ok(whole(filled(&stored)?)),
        }
    }

    /// Heads and tails of a matrix in Q8_0; none where they do not make whole rows and tiles, or there is little to win: what goes in is
    /// prepared once more for the tails, which costs a long prompt more than few rows save.
    fn split(stored: &QTensor) -> Result<Option<Self>, Error> {
        let (out, input) = stored.shape().dims2()?;
        let rest = input % ROW;
        let is_whole = || ROW.is_multiple_of(rest) && out.is_multiple_of(ROW / rest * TILE);
        if input < ROW || rest == 0 || out <= input || !is_whole() {
            return Ok(None);
        }
        let (bytes, width, apart) = (stored.data()?, input - rest, out * rest / ROW);
        let rows: Vec<(&[u8], &[u8])> =
            bytes.chunks_exact(row_bytes(input)).map(|row| row.split_at(row_bytes(width))).collect();
        let heads: Vec<&[u8]> = rows.iter().map(|(head, _)| *head).collect();
        let side_by_side = |at: usize| rows.iter().skip(at).step_by(apart).map(|(_, tail)| *tail);
        let tails: Vec<&[u8]> = (0..apart).flat_map(side_by_side).collect();
        let (heads, tails) = (q8_0(heads.concat(), out, width)?, q8_0(tails.concat(), apart, ROW)?);
        Ok(Some(Quantised { heads: Arc::new(heads), tails: Some(Arc::new(tails)), input }))
    }

    fn width(&self) -> Result<usize, Error> {
        Ok(self.heads.shape().dims2()?.1)
    }

    fn is_laid_out_as(&self, other: &Quantised) -> Result<bool, Error> {
        Ok(self.input == other.input
            && self.width()? == other.width()?
            && self.tails.is_some() == other.tails.is_some())
    }

    fn prepared(&self, x: &Tensor) -> Result<Input, Error> {
        let width = self.width()?;
        if self.tails.is_none() {
            let more = width - self.input;
            let heads = if more == 0 { x.contiguous()? } else { x.pad_with_zeros(D::Minus1, 0, more)? };
            return Ok(Input { heads, tails: None });
        }
        let (n, rest) = (x.dim(0)?, self.input - width);
        let (f, last) = (ROW / rest, x.narrow(1, width, rest)?);
        // Row i of f has them in block i: from one to the next lie 256 zeros.
        let zeros = Tensor::zeros((n, ROW), x.dtype(), x.device())?;
        let mut parts = vec![&last];
        for _ in 1..f {
            parts.extend([&zeros, &last]);
        }
        let tails = Tensor::cat(&parts, 1)?.reshape((n * f, ROW))?;
        Ok(Input { heads: x.narrow(1, 0, width)?.contiguous()?, tails: Some(tails) })
    }

    /// `x (N, in)` to `(N, out)`.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor, Error> {
        let Input { heads, tails } = self.prepared(x)?;
        let by = |part: &Arc<QTensor>, x: &Tensor| QMatMul::QTensor(part.clone()).forward(x);
        let y = by(&self.heads, &heads)?;
        match (&self.tails, tails) {
            (Some(part), Some(x)) => Ok((&y + by(part, &x)?.reshape(y.shape())?)?),
            _ => Ok(y),
        }
    }

    /// What each of `those` makes of `x`, which is prepared once for all; none where they are of more than one kind, or the kernel takes
    /// one at a time.
    pub fn forward_together(those: &[&Quantised], x: &Tensor) -> Result<Option<Vec<Tensor>>, Error> {
        let Some(first) = those.first() else { return Ok(None) };
        for other in those {
            if !first.is_laid_out_as(other)? {
                return Ok(None);
            }
        }
        let Input { heads, tails } = first.prepared(x)?;
        let parts: Vec<&QTensor> = those.iter().map(|one| one.heads.as_ref()).collect();
        let Some(of_heads) = QTensor::gemv_fused_shared_lhs(&parts, &heads)? else { return Ok(None) };
        let Some(tails) = tails else { return Ok(Some(of_heads)) };
        let parts: Vec<&QTensor> = those.iter().filter_map(|one| one.tails.as_deref()).collect();
        let Some(of_tails) = QTensor::gemv_fused_shared_lhs(&parts, &tails)? else { return Ok(None) };
        let both = of_heads.iter().zip(of_tails).map(|(y, rest)| Ok((y + rest.reshape(y.shape())?)?));
        Ok(Some(both.collect::<Result<_, Error>>()?))
    }

    /// Rows by their numbers: `ids (N)` to `(N, in)`.
    pub fn rows(&self, ids: &Tensor) -> Result<Tensor, Error> {
        let heads = self.heads.embedding(ids)?;
        let Some(tails) = &self.tails else { return Ok(heads.narrow(1, 0, self.input)?.contiguous()?) };
        let (apart, rest) = (tails.shape().dims2()?.0 as u32, self.input - self.width()?);
        let f = (ROW / rest) as u32;
        let ids = ids.to_vec1::<u32>()?;
        let of_f = tails.embedding(&Tensor::from_iter(ids.iter().map(|id| id % apart), heads.device())?)?;
        let blocks = ids.iter().zip(0..).map(|(id, at)| f * at + id / apart);
        let blocks = Tensor::from_iter(blocks, heads.device())?;
        let last = of_f.reshape((ids.len() * f as usize, rest))?.index_select(&blocks, 0)?;
        Ok(Tensor::cat(&[&heads, &last], 1)?)
    }
}

/// A matrix in Q8_0, with zeros behind each row up to whole 256 numbers.
fn filled(stored: &QTensor) -> Result<QTensor, Error> {
    let (out, input) = stored.shape().dims2()?;
    let width = input.next_multiple_of(ROW);
    let bytes = stored.data()?;
    let mut filled = Vec::with_capacity(out * row_bytes(width));
    for row in bytes.chunks_exact(row_bytes(input)) {
        filled.extend_from_slice(row);
        filled.resize(filled.len() + row_bytes(width) - row.len(), 0);
    }
    q8_0(filled, out, width)
}

fn q8_0(bytes: Vec<u8>, out: usize, input: usize) -> Result<QTensor, Error> {
    let storage = QStorage::from_data(bytes.into(), &Device::Cpu, GgmlDType::Q8_0)?;
    Ok(QTensor::new(storage, (out, input))?)
}

fn row_bytes(numbers: usize) -> usize {
    numbers / GgmlDType::Q8_0.block_size() * GgmlDType::Q8_0.type_size()
}

/// Whether the processor multiplies and adds bytes in one instruction.
fn has_byte_products() -> bool {
    #[cfg(target_arch = "x86_64")]
    return std::is_x86_feature_detected!("avx512vnni") || std::is_x86_feature_detected!("avxvnni");
    #[cfg(not(target_arch = "x86_64"))]
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers between -1 and 1.
    fn numbers(rows: usize, columns: usize) -> Tensor {
        let mut n = (rows * columns) as u32;
        let mut next = || {
            n = n.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (n >> 8) as f32 / (1 << 23) as f32 - 1.0
        };
        Tensor::from_iter((0..rows * columns).map(|_| next()), &Device::Cpu).unwrap().reshape((rows, columns)).unwrap()
    }

    fn furthest(a: &Tensor, b: &Tensor) -> f32 {
        assert_eq!(a.dims(), b.dims());
        (a - b).unwrap().abs().unwrap().max_all().unwrap().to_scalar().unwrap()
    }

    #[test]
    fn a_matrix_multiplies_and_is_read_as_it_was_stored_however_it_is_laid_out() {
        // Tails of a quarter, a half and an eighth of 256.
        let split = [(640, 576), (416, 384), (384, 288)];
        // As many rows as numbers, rows that make no tiles, tails that fill no row, none, rows too short.
        let filled = [(576, 576), (592, 576), (512, 448), (576, 512), (128, 64)];
        let shapes = split.map(|shape| (shape, true)).into_iter().chain(filled.map(|shape| (shape, false)));
        for ((out, input), is_split) in shapes {
            let stored = QTensor::quantize(&numbers(out, input), GgmlDType::Q8_0).unwrap();
            let dense = stored.dequantize(&Device::Cpu).unwrap();
            let split = Quantised::split(&stored).unwrap();
            assert_eq!(split.is_some(), is_split, "{out} x {input}");
            let laid_out = Quantised::laid_out(stored, &Device::Cpu).unwrap();
            for matrix in split.iter().chain([&laid_out]) {
                let ids = [0, out as u32 - 1, 7, 11, out as u32 / 2, 7];
                let ids = Tensor::new(&ids, &Device::Cpu).unwrap();
                let rows = matrix.rows(&ids).unwrap();
                assert_eq!(furthest(&rows, &dense.index_select(&ids, 0).unwrap()), 0.0, "{out} x {input}");
                let beyond = Tensor::new(&[out as u32], &Device::Cpu).unwrap();
                assert!(matrix.rows(&beyond).is_err(), "{out} x {input}");
                for n in [1, 5] {
                    // Part of a wider one, as the layers before may leave it.
                    let x = numbers(n, input + 32).narrow(1, 32, input).unwrap();
                    let expected = x.contiguous().unwrap().matmul(&dense.t().unwrap()).unwrap();
                    // What goes in is rounded to a byte.
                    let most = 0.01 * (input as f32).sqrt();
                    let off = furthest(&matrix.forward(&x).unwrap(), &expected);
                    assert!(off < most, "{n} times {out} x {input}: {off}");
                    let together = Quantised::forward_together(&[matrix, matrix], &x).unwrap();
                    for y in together.into_iter().flatten() {
                        let off = furthest(&y, &expected);
                        assert!(off < most, "{n} times {out} x {input}, two together: {off}");
                    }
                }
            }
        }
    }
}
