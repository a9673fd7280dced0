use candle_core::{DType, Device};

use super::Error;
use crate::llm::Place;

impl Place {
    /// The device, and the type of numbers that suits it: f32 on a CPU, bf16 on a GPU.
    ///
    /// # Errors
    /// [`Error::Device`] when CUDA is asked for and there is none.
    pub fn open(self) -> Result<(Device, DType), Error> {
        match self {
            Place::Cpu => Ok((Device::Cpu, DType::F32)),
            Place::Cuda => Ok((cuda()?, DType::BF16)),
            Place::Auto => Ok(cuda().map_or((Device::Cpu, DType::F32), |device| (device, DType::BF16))),
        }
    }
}

fn cuda() -> Result<Device, Error> {
    let fault = |reason: String| Error::Device { device: "cuda".to_owned(), reason };
    if !cfg!(feature = "cuda") {
        return Err(fault("this program was built without the feature cuda".to_owned()));
    }
    // The binding panics where the driver's library is missing.
    let opened = std::panic::catch_unwind(|| Device::new_cuda(0));
    match opened {
        Ok(Ok(device)) => Ok(device),
        Ok(Err(error)) => Err(fault(error.to_string())),
        Err(_) => Err(fault("the driver's library libcuda.so.1 is not on this machine".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_gpu_cuda_is_an_error_and_auto_is_the_cpu() {
        if let Err(error) = Place::Cuda.open() {
            assert!(error.to_string().contains("cuda"), "{error}");
            assert!(matches!(Place::Auto.open().unwrap().0, Device::Cpu));
        }
    }
}
