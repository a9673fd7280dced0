//! Language models computed in this process: Llama, Qwen2 and Qwen3 decoders from a GGUF file or a folder of safetensors, on a CPU
//! or a CUDA device, asked with a cache and trained with gradients.
//!
//! What is deliberately not here: what is asked, and what a model is trained towards (`refresh::train`).

pub mod adapter;
pub mod architecture;
mod cache;
pub mod decoder;
mod device;
pub mod embedding;
mod engine;
mod error;
mod gguf;
pub mod gradient;
pub mod group;
pub mod invented;
mod json;
mod layer;
pub mod linear;
mod obtain;
pub mod pass;
mod quantised;
pub mod safetensors;
pub mod sample;
mod template;
pub mod tokenizer;
mod weights;

#[cfg(test)]
pub(crate) mod tests;

pub use cache::Room;
pub use decoder::Decoder;
pub use embedding::Embedding;
pub use engine::{Candle, Computer};
pub use error::Error;
pub use gradient::{Gradients, Trained};
pub use group::Group;
pub use invented::Invented;
pub use linear::{Adapter, Policy};
pub use pass::Keep;
pub use tokenizer::Tokenizer;
pub use weights::Precision;

pub use crate::llm::Place;
