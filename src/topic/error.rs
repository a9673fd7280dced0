/// Why a taxonomy or a classifier can not be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("the taxonomy is not TOML of the expected form: {reason}")]
    Syntax { reason: String },
    #[error("topic id {id:?} is no lower-case name of letters, digits and hyphens, or occurs twice")]
    Id { id: String },
    #[error("label {label:?} belongs to {first} and to {second}")]
    Ambiguous { label: String, first: String, second: String },
    #[error("label {label:?} points to topic {topic:?}, which is not in the taxonomy")]
    NoTopic { label: String, topic: String },
    #[error("a classifier needs two topics with enough texts; there are {texts} texts and {topics} such topics")]
    TooFew { texts: usize, topics: usize },
    #[error("the classifier can not be read: {reason}")]
    Model { reason: String },
}
