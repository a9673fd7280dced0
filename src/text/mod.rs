//! Reading prose: sentences, quantities, abbreviations, folding. Bytes in, spans out; knows no article.

pub mod abbreviation;
pub mod injection;
pub mod quantity;
pub mod sentence;
