//! What follows a clause's verb, up to the end of the main clause.

use super::super::lexicon::{Form, Lexicon};
use super::super::words::{PREPOSITIONS, is_adjective};
use super::verb::{NOUNS, is_adverb, is_auxiliary, is_be};

/// The words up to the end of the main clause; `None` when a list or an unknown clause follows.
pub(super) fn main_part(words: &[&str], lexicon: &Lexicon) -> Option<String> {
    const CLOSERS: &[&str] = &[
        "and",
        "but",
        "while",
        "whereas",
        "which",
        "suggesting",
        "indicating",
        "thereby",
        "with",
        "consistent",
        "as",
        "although",
        "resulting",
        "leading",
        "demonstrating",
        "showing",
        "confirming",
        "supporting",
        "however",
        "but",
        "including",
        "ranging",
        "thus",
        "even",
        "despite",
        "making",
        "whilst",
        "because",
        "since",
        "implying",
        "highlighting",
        "reflecting",
    ];
    let mut kept: Vec<&str> = Vec::new();
    for (at, word) in words.iter().enumerate() {
        if at > 0 && matches!(*word, "and" | "but") && is_shared_tail(&words[..at], &words[at + 1..], lexicon) {
            return None;
        }
        let next = words.get(at + 1).copied().unwrap_or("");
        let after = words.get(at + 2).copied().unwrap_or("");
        // `chiral but not AP flow`: what the two share comes last; behind a whole side (`in mice but not in rats`) it is said.
        if *word == "but" && next == "not" && !PREPOSITIONS.contains(&after) {
            let whole =
                at.checked_sub(1).and_then(|at| words.get(at)).is_some_and(|w| w.ends_with('s') || *w == "mice");
            if !whole {
                return None;
            }
        }
        if matches!(
            *word,
            "whereas"
                | "while"
                | "suggesting"
                | "indicating"
                | "although"
                | "because"
                | "but"
                | "thereby"
                | "which"
                | "implying"
                | "whilst"
                | "confirming"
                | "demonstrating"
        ) && (at > 0 || word.ends_with("ing"))
        {
            break;
        }
        // `thus doing Z`, `to an extent that …`: a remark on the statement.
        let extent = *word == "to"
            && !at
                .checked_sub(1)
                .and_then(|at| words.get(at))
                .is_some_and(|w| matches!(*w, "compared" | "relative" | "similar"))
            && (next == "levels"
                || matches!(next, "a" | "an")
                    && matches!(
                        after,
                        "extent" | "degree" | "level" | "similar" | "comparable" | "lesser" | "greater"
                    ));
        let manner =
            *word == "in" && next == "a" && after == "manner" && words.get(at + 3).is_some_and(|w| *w == "that");
        if at > 0 && (*word == "thus" || extent || manner) {
            break;
        }
        // `increased X linking Y to Z`: whether X or the statement links, the words do not say.
        if matches!(*word, "linking" | "allowing") && at > 0 {
            return None;
        }
        // `lowered X together with delayed Y`: a second finding behind the first. Anything else that goes with the verb belongs to it.
        let joint = at > 0
            && (matches!(*word, "together" | "along" | "coupled" | "concomitant" | "concomitantly") && next == "with"
                || matches!((*word, next), ("accompanied", "by") | ("in", "parallel" | "conjunction" | "concert")));
        if joint {
            if is_change(after) || *word == "accompanied" || is_change(words.get(at + 3).copied().unwrap_or("")) {
                break;
            }
            return None;
        }
        // `even though …`, `as shown by …`, `in agreement with …`: a remark, no part of the statement.
        if at > 0
            && (*word == "even" && matches!(next, "though" | "when" | "if")
                || *word == "as" && (next.ends_with("ed") || matches!(next, "shown" | "seen"))
                || *word == "in" && matches!(next, "agreement" | "accordance" | "line" | "keeping"))
        {
            break;
        }
        let plain = next.strip_prefix("co-").unwrap_or(next);
        let past = plain.len() > 4 && plain.ends_with("ed") && !plain.contains('-');
        let third = plain.len() > 4
            && plain.ends_with('s')
            && !plain.ends_with("ss")
            && (matches!(after, "the" | "a" | "an" | "with" | "to" | "its")
                || lexicon.verb(plain).is_some_and(|(_, f)| f == Form::Third));
        let base = lexicon.verb(plain).is_some_and(|(_, f)| f == Form::Base) && !NOUNS.contains(&plain);
        if at > 0 && (*word == "and" && (third || base) || *word == "as" && next == "well" || *word == "despite")
            || *word == "with" && next == "no"
        {
            break;
        }
        // `in diabetic and starved newts`: two adjectives of one noun.
        let listed = at > 1 && is_adjective(words[at - 1]) && PREPOSITIONS.contains(&words[at - 2]);
        if *word == "and"
            && past
            && at > 0
            && !listed
            && !words[at - 1].ends_with("ed")
            && !PREPOSITIONS.contains(&words[at - 1])
        {
            break;
        }
        if *word == "and" && at > 0 {
            // `IL-21 and IL-4 induced by IL-6`: a participle behind its noun opens no clause.
            let by_agent = |at: usize| {
                words.get(at).is_some_and(|w| w.ends_with("ed"))
                    && words.get(at + 1).is_some_and(|w| matches!(*w, "by" | "in" | "with" | "from" | "to"))
            };
            let finite = |w: &str| {
                is_auxiliary(w)
                    || IRREGULAR.contains(&w)
                    || lexicon.verb(w).is_some_and(|(_, form)| form == Form::Third || form == Form::Past)
            };
            if finite(next)
                || is_adverb(next)
                || !next.ends_with(',')
                    && (finite(after) && !by_agent(at + 2)
                        || !after.ends_with(',') && words.get(at + 3).copied().is_some_and(is_auxiliary))
                || words.iter().skip(at + 1).take(5).take_while(|w| !w.ends_with(',')).any(|w| is_be(w).is_some())
            {
                break;
            }
        }
        if let Some(stem) = word.strip_suffix([',', ';', ':']) {
            kept.push(stem);
            if matches!(next, "compared" | "relative") && word.ends_with(',') {
                continue;
            }
            if next.starts_with("respectively") || matches!(next, "when" | "where" | "even") {
                return None;
            }
            let remark = next.ends_with("ly") || next.len() > 5 && next.ends_with("ing");
            if word.ends_with(':') || !CLOSERS.contains(&next) && !remark && !word.ends_with(';') {
                return None;
            }
            if next == "and" {
                let clause = words
                    .iter()
                    .skip(at + 2)
                    .any(|w| is_auxiliary(w) || lexicon.verb(w).is_some_and(|(_, f)| f != Form::Base));
                if !clause || kept.iter().filter(|w| **w == ",").count() > 1 {
                    return None;
                }
            }
            break;
        }
        kept.push(word);
    }
    while kept
        .last()
        .is_some_and(|w| matches!(*w, "further" | "too" | "again" | "also" | "well" | "however" | "therefore"))
    {
        kept.pop();
    }
    if !is_one_clause(&kept, lexicon) {
        return None;
    }
    // `X was changed and Y was, too`: what behind `and` is a statement of its own.
    if kept.first().is_some_and(|w| matches!(*w, "and" | "or" | "nor")) {
        return None;
    }
    if kept.windows(5).any(is_second_clause) {
        return None;
    }
    let rest = kept.join(" ");
    (!rest.contains(['"', '“', '|', '=', '[', '(', '—'])).then_some(rest)
}

/// Past forms of common verbs that the lexicon lacks.
const IRREGULAR: &[&str] = &["gave", "made", "took", "kept", "held", "brought", "came", "went", "grew"];

/// `… and the complexes diffuse away`: a plural and a verb that the lexicon lacks.
fn is_second_clause(five: &[&str]) -> bool {
    let plain = |w: &str| w.len() > 3 && w.bytes().all(|b| b.is_ascii_lowercase());
    five[0] == "and"
        && five[1] == "the"
        && plain(five[2])
        && five[2].ends_with('s')
        && !["ss", "is", "us"].iter().any(|end| five[2].ends_with(end))
        && plain(five[3])
        && !PREPOSITIONS.contains(&five[3])
        && !["ed", "ing", "s", "al", "ic"].iter().any(|end| five[3].ends_with(end))
        && !matches!(five[3], "that" | "which" | "when" | "where" | "upon" | "following" | "both")
}

/// `reduced X but increased Y in Z`: Z may be where both happened, and without it the first says too much.
fn is_shared_tail(head: &[&str], behind: &[&str], lexicon: &Lexicon) -> bool {
    const PLACES: &[&str] = &["in", "among", "during", "after", "upon", "following", "within", "at", "on"];
    let told = behind.first().is_some_and(|w| {
        lexicon.verb(w).is_some_and(|(_, form)| form == Form::Past) || is_auxiliary(w) || *w == "also"
    });
    let end = behind.iter().position(|w| w.ends_with([',', ';', ':'])).map_or(behind.len(), |at| at + 1);
    let clause = &behind[..end];
    told && end == behind.len()
        && !head.iter().any(|w| PLACES.contains(w))
        && clause.iter().rposition(|w| matches!(*w, "in" | "among")).is_some_and(|at| at > 1 && at + 1 < clause.len())
        && clause.last().is_some_and(|w| w.ends_with('s') || w.ends_with("mice") || w.ends_with("men"))
        && !clause.iter().any(|w| matches!(*w, "that" | "which" | "suggesting" | "indicating"))
}

/// A word that opens the telling of a change: `delayed differentiation`, `a loss of X`.
fn is_change(word: &str) -> bool {
    const CHANGES: &[&str] = &[
        "increased",
        "decreased",
        "reduced",
        "elevated",
        "enhanced",
        "delayed",
        "impaired",
        "diminished",
        "higher",
        "lower",
        "loss",
        "lowered",
        "altered",
        "improved",
        "accelerated",
        "attenuated",
        "increase",
        "decrease",
        "reduction",
        "decline",
    ];
    CHANGES.contains(&word)
}

/// Whether no second finite verb stands in `words`, but behind a relative pronoun (`mice that lack Trenk5`).
fn is_one_clause(words: &[&str], lexicon: &Lexicon) -> bool {
    words.iter().enumerate().all(|(at, word)| {
        let third = lexicon.verb(word).is_some_and(|(_, form)| form == Form::Third) && !NOUNS.contains(word);
        // `infected patients show Y`: the verb before it was an adjective.
        let base = matches!(*word, "show" | "exhibit" | "remain" | "lack" | "possess")
            && at.checked_sub(1).and_then(|at| words.get(at)).is_some_and(|w| w.ends_with('s') && w.len() > 3);
        let finite =
            third || base || *word == "failed" || is_auxiliary(word) && *word != "being" || is_told(words, at, lexicon);
        let relative = |w: &&str| matches!(*w, "that" | "who" | "which" | "whose" | "when");
        let before = &words[at.saturating_sub(6)..at];
        !finite || before.iter().any(relative)
    })
}

/// Whether a past form can only be a verb: `resulted in`, `showed`, `increased the …`; the verb before it is an adjective then
/// (`in contact inhibited cells resulted in`).
fn is_told(words: &[&str], at: usize, lexicon: &Lexicon) -> bool {
    const NEVER_PASSIVE: &[&str] = &[
        "result",
        "lead",
        "show",
        "remain",
        "occur",
        "appear",
        "seem",
        "undergo",
        "become",
        "begin",
        "rise",
        "fall",
        "die",
        "survive",
        "respond",
        "differ",
        "contribute",
        "depend",
        "act",
        "serve",
        "account",
        "decline",
        "fail",
    ];
    /// Verbs that the lexicon lacks and that act on nothing.
    const ACT_ON_NOTHING: &[&str] = &[
        "collapsed",
        "disappeared",
        "vanished",
        "persisted",
        "returned",
        "emerged",
        "migrated",
        "recovered",
        "grew",
        "arose",
        "converged",
        "coincided",
        "ceased",
        "succeeded",
    ];
    let verb = words
        .get(at)
        .and_then(|word| lexicon.verb(word))
        .filter(|(_, form)| *form == Form::Past)
        .map(|(verb, _)| verb.base);
    let acts = verb.is_none() && words.get(at).is_some_and(|word| ACT_ON_NOTHING.contains(word));
    if verb.is_none() && !acts {
        return false;
    }
    let before = at.checked_sub(1).and_then(|at| words.get(at)).copied().unwrap_or("");
    let next = words.get(at + 1).copied().unwrap_or("");
    let modifies = before.is_empty()
        || is_adverb(before)
        || PREPOSITIONS.contains(&before)
        || matches!(before, "the" | "a" | "an" | "and" | "or" | "no" | "not" | "more" | "less");
    let object = matches!(next, "the" | "a" | "an" | "its" | "their" | "no" | "both" | "all" | "only")
        || verb == Some("allow") && next == "for";
    !modifies && (acts || object || verb.is_some_and(|base| NEVER_PASSIVE.contains(&base)))
}
