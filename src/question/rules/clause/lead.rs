//! What stands before and inside a clause without belonging to it: brackets, lead-ins, opening adverbs.

use super::finding::finding;
use super::verb::is_weak;

/// A sentence without its brackets, and what stood in them.
#[derive(Debug, Clone, Default)]
pub(in crate::question::rules) struct Bare {
    pub text: String,
    /// Where in `text` each bracket stood, and its content.
    notes: Vec<(usize, String)>,
}

impl Bare {
    /// Whether a bracket says for what the statement holds: `(for a given weight)`, `(after adjustment for age)`.
    pub fn is_conditional(&self) -> bool {
        const CONDITIONS: &[&str] = &[
            "for a given",
            "adjusted",
            "after adjust",
            "only ",
            "except",
            "excluding",
            "but not",
            "when ",
            "if ",
            "unless",
        ];
        self.notes.iter().any(|(_, note)| CONDITIONS.iter().any(|condition| note.starts_with(condition)))
    }

    /// The content of the bracket that stands directly behind `phrase`.
    pub fn note_after(&self, phrase: &str) -> Option<&str> {
        // A bracket at the very end stands behind the trimmed text.
        let behind =
            |at: usize| self.text.get(..at.min(self.text.len())).is_some_and(|head| head.trim_end().ends_with(phrase));
        self.notes.iter().find(|(at, _)| !phrase.is_empty() && behind(*at)).map(|(_, note)| note.as_str())
    }
}

/// Whether the sentence speaks of the paper's own work: `we`, `our`, these results, or a bracket that points at a figure, a
/// table, a p-value or a sample size.
pub(in crate::question::rules) fn is_own(sentence: &str, bare: &Bare) -> bool {
    const CONCLUDES: &[&str] = &[
        "Thus",
        "Hence",
        "Therefore",
        "Collectively",
        "Together",
        "Taken together",
        "In summary",
        "In conclusion",
        "Interestingly",
        "Surprisingly",
        "Strikingly",
        "Remarkably",
        "Unexpectedly",
        "Intriguingly",
        "Importantly",
        "Notably",
    ];
    let lower = sentence.to_lowercase();
    let concludes = CONCLUDES.iter().any(|lead| sentence.strip_prefix(lead).is_some_and(|rest| rest.starts_with(',')));
    let mut words = lower.split(|c: char| !c.is_alphanumeric());
    concludes
        || words.any(|w| matches!(w, "we" | "our"))
        || [
            "these results",
            "these data",
            "these findings",
            "this study",
            "the results",
            "analysis showed",
            "revealed that",
        ]
        .iter()
        .any(|own| lower.contains(own))
        || bare.notes.iter().any(|(_, note)| {
            let note = note.to_lowercase();
            ["fig", "table", "data not shown", "p <", "p<", "p =", "p=", "n =", "n="]
                .iter()
                .any(|cue| note.contains(cue))
        })
}

/// The sentence without brackets, call-outs and its final stop; `None` when brackets do not close.
pub(in crate::question::rules) fn without_brackets(sentence: &str) -> Option<Bare> {
    let mut depth = 0usize;
    let mut closed = false;
    let mut out = String::with_capacity(sentence.len());
    let mut notes: Vec<(usize, String)> = Vec::new();
    for c in sentence.chars() {
        match c {
            '(' | '[' => {
                depth += 1;
                if depth == 1 {
                    if !out.ends_with([' ', '-']) && !out.is_empty() {
                        // `poly(A)`, `Spiro(indole)`: the bracket is part of a name.
                        return None;
                    }
                    notes.push((out.len(), String::new()));
                }
            }
            ')' | ']' => {
                depth = depth.checked_sub(1)?;
                closed = depth == 0;
                if closed && c == ']' && notes.last().is_some_and(|(_, note)| is_formula(note)) {
                    return None;
                }
                continue;
            }
            // `(±)-DR103`: the bracket is part of a name.
            c if closed && (c.is_alphanumeric() || c == '-') => return None,
            c if depth == 0 => {
                let closes = matches!(c, ' ' | ',' | '.' | ';' | ':');
                if closes && out.ends_with(' ') {
                    out.pop();
                }
                closed = false;
                out.push(c);
            }
            _ => {}
        }
        if depth > 0
            && (depth > 1 || !matches!(c, '(' | '['))
            && let Some((_, note)) = notes.last_mut()
        {
            note.push(c);
        }
    }
    if depth > 0 {
        return None;
    }
    let text = out.trim_end().trim_end_matches('.').trim_end().to_owned();
    Some(Bare { text, notes })
}

/// `4Fe-4S`, `Ca2+`: a square bracket that belongs to a name, no call-out.
fn is_formula(note: &str) -> bool {
    let has = |is: fn(&u8) -> bool| note.bytes().any(|b| is(&b));
    has(u8::is_ascii_digit)
        && has(u8::is_ascii_uppercase)
        && note.contains(['-', '+'])
        && !note.contains([' ', ':', '%', '=', ',', ';', '.'])
}

/// Takes off `As expected, `, `Consistent with the structure, `: a remark on the statement, no part of it.
fn without_remark(text: &str) -> &str {
    let Some((head, rest)) = text.split_once(", ") else { return text };
    let first = head.split(' ').next().unwrap_or("");
    let opens = |words: &[&str]| words.iter().any(|w| head.starts_with(w));
    // "As shown before" speaks of other work; "As shown in Figure 2" does not.
    let pointer = head.starts_with("As shown in ") && ["Fig", "Table"].iter().any(|w| head.contains(w));
    let remark = head.split(' ').count() <= 12
        && opens(&[
            "As expected",
            "As anticipated",
            "As predicted",
            "As noted",
            "Consistent with",
            "In line with",
            "In agreement with",
            "In accordance with",
            "In keeping with",
            "In support of",
            "Supporting this",
            "Consistent with this",
            "Of interest",
            "Taken together",
            "On the one hand",
            "At the same time",
            "In other words",
        ]);
    // What stands against the statement takes nothing from it; a condition (`When`, `If`) would.
    let concession = matches!(first, "Although" | "Though" | "While" | "Whereas" | "Whilst" | "Despite")
        && head.split(' ').count() <= 25;
    // `Previously, X` speaks of other work, `Presumably, X` of none.
    let adverb = head == first && first.len() > 5 && first.ends_with("ly") && !is_weak(&first.to_lowercase())
        || matches!(head, "Meanwhile" | "Likewise" | "Accordingly" | "Instead");
    if remark || pointer || adverb || concession { rest } else { text }
}

/// The statement inside its lead-ins: leading adverbs and "we found that" off.
pub(in crate::question::rules) fn statement(text: &str) -> String {
    let inner = without_lead(without_remark(without_lead(text)));
    match finding(inner) {
        Some(found) => without_lead(&found).to_owned(),
        None => inner.to_owned(),
    }
}

/// Takes off leading adverbs and "we found that", as often as they stand there.
fn without_lead(mut text: &str) -> &str {
    for _ in 0..3 {
        let adverb = ADVERBS.iter().find_map(|a| text.strip_prefix(a)?.strip_prefix(", "));
        let lead = LEADS.iter().find_map(|lead| {
            let head = text.get(..lead.len())?;
            head.eq_ignore_ascii_case(lead).then(|| text[lead.len()..].trim_start_matches([',', ' ']))
        });
        match adverb.or(lead) {
            Some(rest) => text = rest,
            None => break,
        }
    }
    text
}

const LEADS: &[&str] = &[
    "we found that",
    "we show that",
    "we showed that",
    "we observed that",
    "we demonstrate that",
    "we demonstrated that",
    "we report that",
    "we find that",
    "here we show that",
    "here, we show that",
    "here we report that",
    "here, we report that",
    "our results show that",
    "our results demonstrate that",
    "our data show that",
    "our findings show that",
    "the results showed that",
    "results showed that",
    "the results show that",
    "we discovered that",
    "we confirmed that",
    "we also found that",
    "here, we demonstrate that",
    "we have shown that",
    "we further show that",
    "we also show that",
    "we reveal that",
    "these results demonstrate that",
    "these data demonstrate that",
    "these results show that",
    "our results reveal that",
    "it was found that",
    "we identified that",
    "here we demonstrate that",
    "our study shows that",
    "this study shows that",
    "we established that",
    "our findings demonstrate that",
    "our data demonstrate that",
    "results indicated that",
    "results indicate that",
    "the results indicated that",
    "our results indicate that",
    "analysis revealed that",
    "we noted that",
];

const ADVERBS: &[&str] = &[
    "However",
    "Interestingly",
    "In contrast",
    "Furthermore",
    "Moreover",
    "In addition",
    "Additionally",
    "Surprisingly",
    "Notably",
    "Importantly",
    "Strikingly",
    "Indeed",
    "Overall",
    "In summary",
    "In sum",
    "In short",
    "In conclusion",
    "Finally",
    "First",
    "Second",
    "Third",
    "Specifically",
    "Thus",
    "Therefore",
    "Consequently",
    "Mechanistically",
    "Remarkably",
    "Unexpectedly",
    "Conversely",
    "By contrast",
    "Also",
    "As expected",
    "Again",
    "Nevertheless",
    "Intriguingly",
    "Collectively",
    "Together",
    "In particular",
    "Consistently",
    "On average",
    "In total",
    "Here",
    "Hence",
    "In fact",
    "Lastly",
    "On the other hand",
    "Altogether",
    "Crucially",
    "In turn",
    "As a result",
    "To our knowledge",
    "Of note",
    "In agreement",
    "In all cases",
];
