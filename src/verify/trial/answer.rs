//! A model's answers, counted: right, wrong, or none given.

use std::fmt;

use crate::grade::Grader;
use crate::llm::Reply;

/// What one reply comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    Right,
    Wrong,
    /// It says that it can not tell, or nothing that could be read.
    None,
}

impl Answer {
    pub fn of(grader: &Grader, reply: &Reply) -> Self {
        let Ok(text) = reply.answer() else { return Answer::None };
        let grade = grader.grade(text);
        let word = grade.extracted.trim().trim_end_matches('.').to_lowercase();
        match grade.score {
            1 => Answer::Right,
            _ if matches!(word.as_str(), "" | "cannot tell" | "can not tell" | "can't tell") => Answer::None,
            _ => Answer::Wrong,
        }
    }
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Answers {
    right: u32,
    wrong: u32,
    none: u32,
}

impl Answers {
    pub fn n(&self) -> u32 {
        self.right + self.wrong + self.none
    }

    /// In [0, 1]; 0 of none.
    pub fn share_right(&self) -> f64 {
        f64::from(self.right) / f64::from(self.n().max(1))
    }

    pub fn all_right(&self) -> bool {
        self.right == self.n() && self.right > 0
    }
}

impl FromIterator<Answer> for Answers {
    fn from_iter<I: IntoIterator<Item = Answer>>(answers: I) -> Self {
        let mut counted = Answers::default();
        for answer in answers {
            match answer {
                Answer::Right => counted.right += 1,
                Answer::Wrong => counted.wrong += 1,
                Answer::None => counted.none += 1,
            }
        }
        counted
    }
}

impl fmt::Display for Answers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {} answers agree with the key, {} give none", self.right, self.n(), self.none)
    }
}
