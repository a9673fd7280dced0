//! Dress: what may surround an answer without being part of it.

/// Default-ignorable code points that are dropped. Bidi overrides and control characters are not among them: they make
/// an answer unequal.
pub(crate) fn is_ignorable(c: char) -> bool {
    matches!(c, '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{180B}'..='\u{180E}' | '\u{200B}'..='\u{200F}'
        | '\u{2060}'..='\u{2064}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{E0000}'..='\u{E0FFF}')
}
