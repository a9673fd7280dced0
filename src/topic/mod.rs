//! Labels in, topics out; texts in, likely topics out: the fixed, versioned set of topics, and what each archive's words for them mean.
//!
//! The set is data (`config/topics.toml`, compiled in, replaceable by a file). A label that it does not know is kept
//! verbatim and reported, never guessed at. A [`Classifier`] labels what has no label, and says when it is not sure.
//!
//! ```
//! use aludel::topic::{Assigned, Taxonomy};
//!
//! let taxonomy = Taxonomy::embedded();
//! assert_eq!(taxonomy.assign(["CELL  biology"]), Assigned::Topic("cell-biology"));
//! assert_eq!(taxonomy.assign(["Alchemy"]), Assigned::Unknown("Alchemy"));
//! ```

pub mod classifier;
mod error;
pub mod evaluate;
pub mod features;
pub mod fit;
mod taxonomy;

pub use classifier::{Classifier, Example, Guess};
pub use error::Error;
pub use evaluate::{Scores, evaluate};
pub use taxonomy::{Assigned, Change, Taxonomy, Topic, fold};
