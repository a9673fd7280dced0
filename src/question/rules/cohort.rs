//! Cohorts: the people a paper studied, as its title or abstract names them.

pub(super) const PEOPLE: &[&str] = &[
    "patients",
    "children",
    "adults",
    "women",
    "men",
    "infants",
    "adolescents",
    "people",
    "individuals",
    "humans",
    "volunteers",
    "workers",
    "students",
    "pregnancy",
    "survivors",
];

/// Whether people are named of whom nothing more is said: `of patients demonstrated`, `in women was`.
pub(super) fn has_bare_cohort(clause: &str) -> bool {
    const COHORTS: &[&str] = &[
        "patients",
        "participants",
        "subjects",
        "individuals",
        "women",
        "men",
        "children",
        "infants",
        "adults",
        "cases",
    ];
    const TOLD_BY: &[&str] = &[
        "with",
        "who",
        "whose",
        "undergoing",
        "receiving",
        "treated",
        "aged",
        "after",
        "without",
        "on",
        "from",
        "that",
        "admitted",
    ];
    let words: Vec<&str> = clause.split(' ').map(|w| w.trim_end_matches([',', '?', ':'])).collect();
    words.iter().enumerate().any(|(at, word)| {
        let before = at.checked_sub(1).and_then(|at| words.get(at)).copied().unwrap_or("");
        let next = words.get(at + 1).copied().unwrap_or("");
        COHORTS.contains(word)
            && matches!(before, "" | "of" | "in" | "the" | "many" | "among" | "for" | "all" | "most" | "by")
            && !TOLD_BY.contains(&next)
    })
}

/// `patients with sepsis`, as the title has it.
pub(super) fn cohort_of_title(title: &str) -> Option<String> {
    let title = title.trim_end_matches(['.', ' ']);
    for people in PEOPLE {
        for lead in ["in ", "among ", "of ", "for "] {
            let Some(at) = title.find(&format!(" {lead}")) else { continue };
            let phrase = &title[at + 1 + lead.len()..];
            let phrase = phrase.split([':', ',', '?', ';', '–', '—', '(']).next().unwrap_or("").trim();
            let words: Vec<&str> = phrase.split(' ').collect();
            let holds = words.iter().take(4).any(|w| w.eq_ignore_ascii_case(people));
            let starts = words.first().is_some_and(|w| w.chars().all(|c| c.is_alphabetic() || c == '-'));
            let named = words
                .iter()
                .skip(1)
                .any(|w| w.starts_with(|c: char| c.is_uppercase()) && w[1..].bytes().all(|b| b.is_ascii_lowercase()));
            let titled = words.first().is_some_and(|w| w.starts_with(char::is_uppercase));
            const STRAY: &[&str] =
                &["is", "are", "and", "by", "reveals", "a", "on", "after", "using", "study", "the", "to", "from"];
            let stray = words.iter().any(|w| STRAY.contains(w));
            if holds && starts && !named && !titled && !stray && (1..=8).contains(&words.len()) {
                return Some(format!("In {phrase}"));
            }
        }
    }
    None
}

/// `patients with sepsis`, as the abstract has it most often, and how often.
pub(super) fn cohort_of_abstract(texts: &[&str]) -> Option<(String, usize)> {
    const JOINS: &[&str] = &["with", "undergoing", "receiving"];
    const ENDS: &[&str] = &[
        "were",
        "was",
        "who",
        "and",
        "or",
        "in",
        "by",
        "to",
        "is",
        "are",
        "at",
        "from",
        "that",
        "which",
        "as",
        "on",
        "during",
        "after",
        "before",
        "have",
        "had",
        "has",
        "using",
        "between",
        "treated",
        "enrolled",
        "receiving",
        "undergoing",
        "participated",
        "than",
        "but",
        "did",
    ];
    let mut found: Vec<(String, usize)> = Vec::new();
    for text in texts {
        let words: Vec<&str> = text.split_whitespace().take(2_000).collect();
        for (at, pair) in words.windows(2).enumerate() {
            if !PEOPLE.contains(&pair[0]) || !JOINS.contains(&pair[1]) {
                continue;
            }
            let mut phrase = vec![pair[0], pair[1]];
            for word in words.iter().skip(at + 2).take(6) {
                let bare = word.trim_end_matches([',', '.', ';', ':', ')']);
                if ENDS.contains(&bare)
                    || bare.is_empty()
                    || !bare.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '\'' | '’'))
                {
                    break;
                }
                phrase.push(bare);
                if bare.len() < word.len() {
                    break;
                }
            }
            // `patients with end-stage chronic (heart failure)`: the noun is missing.
            let cut = phrase.last().is_some_and(|w| {
                matches!(*w, "the" | "a" | "an" | "of" | "for" | "with")
                    || ["ic", "al", "ous", "ive", "ary", "stage", "ed"].iter().any(|end| w.ends_with(end))
            });
            if phrase.len() < 3 || cut {
                continue;
            }
            let phrase = phrase.join(" ");
            match found.iter_mut().find(|(one, _)| *one == phrase) {
                Some((_, count)) => *count += 1,
                None => found.push((phrase, 1)),
            }
        }
    }
    let most = found.iter().map(|(_, count)| *count).max()?;
    found.into_iter().find(|(_, count)| *count == most).map(|(phrase, count)| (format!("In {phrase}"), count))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cohort_is_read_from_an_abstract() {
        let text = "Cooling may help patients with newt fever. In all, 40 patients with flaccid tail syndrome were cooled. \
                    Patients with flaccid tail syndrome, and patients with flaccid tail syndrome who slept, improved.";
        assert_eq!(cohort_of_abstract(&[text]), Some(("In patients with flaccid tail syndrome".to_owned(), 2)));
        assert_eq!(cohort_of_abstract(&["Twelve patients were cooled."]), None);
    }
}
