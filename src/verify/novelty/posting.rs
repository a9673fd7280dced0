//! The questions that hold one word.

/// Their slots, first those of which the word is the sign: the rarest of their words when they came.
#[derive(Debug)]
pub(super) enum Posting {
    /// Most words stand in one question only, a name or a number: no list is made for them.
    One {
        slot: u32,
        signs: bool,
    },
    Many(Box<Many>),
}

#[derive(Debug)]
pub(super) struct Many {
    slots: Vec<u32>,
    n_signs: usize,
}

impl Posting {
    pub fn new(slot: u32, signs: bool) -> Self {
        Posting::One { slot, signs }
    }

    pub fn push(&mut self, slot: u32, signs: bool) {
        if let Posting::One { slot: first, signs: first_signs } = *self {
            *self = Posting::Many(Box::new(Many { slots: vec![first], n_signs: usize::from(first_signs) }));
        }
        if let Posting::Many(many) = self {
            many.slots.push(slot);
            if signs {
                let last = many.slots.len() - 1;
                many.slots.swap(many.n_signs, last);
                many.n_signs += 1;
            }
        }
    }

    /// All that hold the word.
    pub fn slots(&self) -> &[u32] {
        match self {
            Posting::One { slot, .. } => std::slice::from_ref(slot),
            Posting::Many(many) => &many.slots,
        }
    }

    /// Those whose sign it is.
    pub fn signed(&self) -> &[u32] {
        match self {
            Posting::One { slot, signs } => {
                if *signs {
                    std::slice::from_ref(slot)
                } else {
                    &[]
                }
            }
            Posting::Many(many) => many.slots.get(..many.n_signs).unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_stand_first() {
        let mut posting = Posting::new(0, false);
        assert_eq!((posting.slots(), posting.signed()), ([0].as_slice(), [].as_slice()));
        for (slot, signs) in [(1, true), (2, false), (3, true), (4, false)] {
            posting.push(slot, signs);
        }
        let mut signed = posting.signed().to_vec();
        signed.sort_unstable();
        assert_eq!(signed, [1, 3]);
        let mut all = posting.slots().to_vec();
        all.sort_unstable();
        assert_eq!(all, [0, 1, 2, 3, 4]);
    }
}
