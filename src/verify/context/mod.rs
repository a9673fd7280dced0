//! Stage 3, self-contained: the question can be asked alone, asks for biology, and has one answer.

mod abbreviation;
mod paper;
mod reference;
mod specific;
mod trivia;
mod unique;

use crate::model::question::{Draft, Evidence};

use super::ask::Ask;
use super::prepared::Prepared;

/// # Errors
/// The reason: what needs the paper beside it, is administration rather than biology, or leaves several answers open.
pub(crate) fn check(draft: &Draft, evidence: &[Evidence], ask: &Ask, prepared: &Prepared<'_>) -> Result<(), String> {
    paper::check(ask, &draft.question)?;
    reference::check(ask, &draft.question)?;
    abbreviation::check(ask, &draft.question, draft, prepared)?;
    specific::check(ask, &draft.question)?;
    trivia::check(draft, ask, evidence, prepared)?;
    evidence.iter().try_for_each(|e| unique::check(draft, e, ask, prepared))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::answer::AnswerSpec;
    use crate::model::document::{Document, Passage};
    use crate::model::question::Generator;

    /// The word that the reason starts with, or nothing when the question stands alone.
    fn reason(quote: &str, question: &str, answer: &str) -> String {
        let passage = Passage { text: quote.to_owned(), ..Passage::default() };
        let document = Document { abstract_passages: vec![passage], ..Document::default() };
        let draft = Draft {
            question: question.to_owned(),
            answer: AnswerSpec::Term { value: answer.to_owned(), synonyms: Vec::new() },
            evidence: Evidence::new(0, quote, 0, quote.len()).into_iter().collect(),
            generator: Generator { kind: "given".into(), model: String::new(), prompt_hash: String::new() },
            kind: None,
        };
        let result = check(&draft, &draft.evidence, &Ask::of(question), &Prepared::new(&document));
        result.err().map_or(String::new(), |reason| reason.split(':').next().unwrap_or_default().to_owned())
    }

    #[test]
    fn a_group_by_its_letter_needs_the_paper() {
        let quote = "Tail rot was more frequent in group A than in group B newts.";
        assert_eq!(
            reason(quote, "Which tail disease was more frequent in group A than in group B?", "Tail rot"),
            "needs_the_paper"
        );
        let quote = "Group B streptococci cause tail rot in dwarf newts.";
        assert_eq!(reason(quote, "Which disease do group B streptococci cause in dwarf newts?", "tail rot"), "");
    }

    #[test]
    fn a_unit_or_a_country_is_no_author() {
        let quote = "A pulse of 20 us opened the channel KVX.";
        assert_eq!(reason(quote, "Which channel of the newt tail opened after a pulse of 20 us?", "KVX"), "");
        assert_eq!(
            reason(quote, "Which channel of the newt tail did the pulse open for us?", "KVX"),
            "needs_the_paper"
        );
    }

    #[test]
    fn a_sibling_of_the_answer_fits_too() {
        let quote = "Cooling raised the beat rate in the dorsal fin and the trunk, areas rich in clock cells.";
        assert_eq!(
            reason(quote, "In which body part did cooling raise the beat rate of dwarf newts?", "trunk"),
            "not_unique"
        );
        let quote = "Genes of the kinase TLK1 are enriched in protein turnover, clock function, and gene control.";
        assert_eq!(
            reason(quote, "In which category are genes of the kinase TLK1 enriched?", "clock function"),
            "not_unique"
        );
        let quote = "Restoring one target, Taz2, partially rescues the tail clock.";
        assert_eq!(reason(quote, "Restoring which target partially rescues the tail clock of newts?", "Taz2"), "");
    }

    #[test]
    fn a_label_or_a_phrase_of_its_own_sets_the_answer_apart() {
        let quote = "Two partners were found: the clock subunit DNX1, and the tripartite tail protein TRX11.";
        assert_eq!(reason(quote, "Which clock subunit was found to bind TLK1 in newts?", "DNX1"), "");
        let quote = "One residue sets the substrate of newt enzymes: Arg102 in kindases and Gln102 in talinases.";
        assert_eq!(reason(quote, "Which residue sets the substrate of newt talinases?", "Gln102"), "");
        let quote = "Filaments of the newt are held to the tail by TLK1 and enable the turning of the clock.";
        assert_eq!(reason(quote, "Which protein holds filaments to the tail of newts?", "TLK1"), "");
        let quote = "The clock genes TLK3 and TLK5 were identified as targets needed for healing.";
        assert_eq!(reason(quote, "Which clock gene of newts is a target needed for healing?", "TLK3"), "not_unique");
    }

    #[test]
    fn a_group_of_a_trial_that_the_question_names() {
        let quote = "The intervention group (n = 65) received lumirastat.";
        let asked = "In a trial of lumirastat in newts with tail rot, which drug did the intervention group receive?";
        assert_ne!(reason(quote, asked, "zevatol"), "needs_the_paper");
        assert_eq!(reason(quote, "Which drug did the intervention group receive?", "lumirastat"), "needs_the_paper");
    }

    #[test]
    fn statistics_are_no_biology() {
        let quote = "Beat rates were compared by the Mann-Whitney test.";
        let asked = "Which statistical test was used to compare beat rates of dwarf newts?";
        assert_eq!(reason(quote, asked, "Mann-Whitney test"), "trivia");
    }
}
