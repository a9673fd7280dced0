//! The states of what outlives the process, with their legal moves.

use serde::{Deserialize, Serialize};

macro_rules! status {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum $name { $($(#[$vdoc])* #[serde(rename = $text)] $variant),* }

        impl $name {
            pub const ALL: &'static [$name] = &[$($name::$variant),*];

            /// The stored string.
            pub fn as_str(self) -> &'static str {
                match self { $($name::$variant => $text),* }
            }

            pub fn from_name(name: &str) -> Option<Self> {
                $name::ALL.iter().copied().find(|status| status.as_str() == name)
            }
        }
    };
}

status! {
    /// Whether a work may be used.
    WorkStatus {
        Current = "current",
        /// Withdrawn by its authors or the preprint server.
        Withdrawn = "withdrawn",
        Retracted = "retracted",
        /// An expression of concern stands; questions are held back.
        Concern = "concern",
        /// Removed by the archive (PubMed's DeleteCitation, a takedown).
        Deleted = "deleted",
    }
}

impl WorkStatus {
    /// Whether its questions may be searched and released.
    pub fn is_usable(self) -> bool {
        self == WorkStatus::Current
    }
}

status! {
    /// Where the drift detector stands.
    DriftState {
        /// The newest topic mix is the reference's, as far as can be told.
        Stable = "stable",
        /// It was outside, for fewer windows in a row than make drift.
        Warning = "warning",
        /// It has moved.
        Drifted = "drifted",
    }
}

status! {
    /// A posted text of a work.
    VersionStatus {
        /// Listed by an archive; its text is not parsed yet.
        Listed = "listed",
        Parsed = "parsed",
        /// A newer version took its place.
        Superseded = "superseded",
        /// Its text is a withdrawal notice, or it was withheld.
        Withheld = "withheld",
    }
}

status! {
    JobStatus {
        Queued = "queued",
        Running = "running",
        Succeeded = "succeeded",
        Failed = "failed",
        Cancelled = "cancelled",
    }
}

status! {
    QuestionStatus {
        Drafted = "drafted",
        Accepted = "accepted",
        Rejected = "rejected",
        Withdrawn = "withdrawn",
    }
}

status! {
    /// How far a release got.
    ReleaseStatus {
        /// Its number is taken; it is being built.
        Staged = "staged",
        /// It is whole and waits for someone to publish it.
        Sealed = "sealed",
        Published = "published",
        /// Taken back, with a reason; its files stay.
        Yanked = "yanked",
    }
}

impl ReleaseStatus {
    /// The statuses this one can move to; `store` refuses any other move.
    pub fn next(self) -> &'static [ReleaseStatus] {
        match self {
            ReleaseStatus::Staged => &[ReleaseStatus::Sealed, ReleaseStatus::Published],
            ReleaseStatus::Sealed => &[ReleaseStatus::Published],
            // A second yank corrects the reason.
            ReleaseStatus::Published | ReleaseStatus::Yanked => &[ReleaseStatus::Yanked],
        }
    }
}

status! {
    /// How far a refresh got.
    RefreshStatus {
        /// Something calls for it; its questions are not chosen yet.
        Proposed = "proposed",
        /// Its job folder is whole.
        Prepared = "prepared",
        /// An engine trains, or is about to go on; then its result is evaluated.
        Running = "running",
        /// Candidate and champion answered the same questions.
        Evaluated = "evaluated",
        /// The candidate is the champion.
        Promoted = "promoted",
        /// The candidate was not better, or a person ended it.
        Discarded = "discarded",
        /// There is no candidate.
        Failed = "failed",
    }
}

impl RefreshStatus {
    /// The statuses this one can move to; `store` refuses any other move.
    pub fn next(self) -> &'static [RefreshStatus] {
        use RefreshStatus::*;
        match self {
            Proposed => &[Prepared, Discarded, Failed],
            Prepared => &[Running, Discarded, Failed],
            Running => &[Evaluated, Discarded, Failed],
            Evaluated => &[Promoted, Discarded, Failed],
            Promoted | Discarded | Failed => &[],
        }
    }

    /// Whether nothing more happens to it.
    pub fn is_final(self) -> bool {
        self.next().is_empty()
    }
}

impl QuestionStatus {
    /// The statuses this one can move to; `store` refuses any other move.
    ///
    /// `Accepted -> Rejected`: a model stage, run later than the others, failed. `Withdrawn -> Drafted`: a superseded version's question is verified again against the new text.
    pub fn next(self) -> &'static [QuestionStatus] {
        match self {
            QuestionStatus::Drafted => &[QuestionStatus::Accepted, QuestionStatus::Rejected],
            QuestionStatus::Accepted => &[QuestionStatus::Withdrawn, QuestionStatus::Rejected],
            QuestionStatus::Rejected => &[],
            QuestionStatus::Withdrawn => &[QuestionStatus::Drafted],
        }
    }
}

/// What a record says about a work's standing (its own, or another's when it is a notice).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    pub status: WorkStatus,
    /// What said so: `title`, `type:withdrawn`, `RetractionIn`, `article-type:retraction`, …
    pub origin: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stored_strings_are_pinned() {
        let all = |names: Vec<&'static str>| names.join(" ");
        assert_eq!(
            all(WorkStatus::ALL.iter().map(|s| s.as_str()).collect()),
            "current withdrawn retracted concern deleted"
        );
        assert_eq!(all(VersionStatus::ALL.iter().map(|s| s.as_str()).collect()), "listed parsed superseded withheld");
        assert_eq!(
            all(JobStatus::ALL.iter().map(|s| s.as_str()).collect()),
            "queued running succeeded failed cancelled"
        );
        assert_eq!(
            all(QuestionStatus::ALL.iter().map(|s| s.as_str()).collect()),
            "drafted accepted rejected withdrawn"
        );
        assert_eq!(all(ReleaseStatus::ALL.iter().map(|s| s.as_str()).collect()), "staged sealed published yanked");
        assert_eq!(
            all(RefreshStatus::ALL.iter().map(|s| s.as_str()).collect()),
            "proposed prepared running evaluated promoted discarded failed"
        );
    }
}
