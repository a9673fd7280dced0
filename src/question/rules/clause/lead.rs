//! What stands before and inside a clause without belonging to it: brackets, lead-ins, opening adverbs.

/// The sentence without brackets, call-outs and its final stop; `None` when brackets do not close.
pub(in crate::question::rules) fn without_brackets(sentence: &str) -> Option<String> {
    let mut depth = 0usize;
    let mut out = String::with_capacity(sentence.len());
    for c in sentence.chars() {
        match c {
            '(' | '[' => {
                depth += 1;
                if depth == 1 && !out.ends_with([' ', '-']) && !out.is_empty() {
                    // `poly(A)`, `Spiro(indole)`: the bracket is part of a name.
                    return None;
                }
            }
            ')' | ']' => depth = depth.checked_sub(1)?,
            c if depth == 0 => {
                let closes = matches!(c, ' ' | ',' | '.' | ';' | ':');
                if closes && out.ends_with(' ') {
                    out.pop();
                }
                out.push(c);
            }
            _ => {}
        }
    }
    (depth == 0).then(|| out.trim().trim_end_matches('.').trim().to_owned())
}

/// Takes off leading adverbs and "we found that", as often as they stand there.
pub(in crate::question::rules) fn without_lead(mut text: &str) -> &str {
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
    "For example",
    "In general",
    "For instance",
    "In turn",
    "As a result",
    "To our knowledge",
    "Of note",
    "In agreement",
    "In all cases",
];
