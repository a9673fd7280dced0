//! Reading prose: sentences, quantities, abbreviations, folding. Bytes in, spans out; knows no article.

pub mod abbreviation;
pub mod quantity;
pub mod sentence;
