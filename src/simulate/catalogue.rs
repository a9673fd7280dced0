//! The archives' subject areas with their usual shares, the licences, and invented journals.

/// One of the two preprint servers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Server {
    Biorxiv,
    Medrxiv,
}

impl Server {
    /// The path segment and file name part.
    pub fn slug(self) -> &'static str {
        match self {
            Server::Biorxiv => "biorxiv",
            Server::Medrxiv => "medrxiv",
        }
    }

    /// The server's name as its rows spell it.
    pub fn label(self) -> &'static str {
        match self {
            Server::Biorxiv => "bioRxiv",
            Server::Medrxiv => "medRxiv",
        }
    }

    pub fn from_slug(text: &str) -> Option<Self> {
        [Server::Biorxiv, Server::Medrxiv].into_iter().find(|s| text.eq_ignore_ascii_case(s.slug()))
    }

    /// Subject areas with their share of postings.
    pub fn categories(self) -> &'static [(&'static str, f64)] {
        match self {
            Server::Biorxiv => BIORXIV,
            Server::Medrxiv => MEDRXIV,
        }
    }

    /// Licence codes with their share of postings (SOURCES section 14).
    pub fn licences(self) -> &'static [(&'static str, f64)] {
        match self {
            Server::Biorxiv => &[
                ("cc_by", 35.0),
                ("cc_by_nc_nd", 28.3),
                ("cc_no", 19.5),
                ("cc_by_nc", 12.3),
                ("cc_by_nd", 3.5),
                ("cc0", 1.0),
                ("cc0_ng", 0.4),
                ("0", 0.3),
                ("", 0.3),
            ],
            Server::Medrxiv => &[
                ("cc_by", 29.3),
                ("cc_by_nc_nd", 23.3),
                ("", 19.4),
                ("cc_no", 14.8),
                ("cc_by_nc", 7.5),
                ("cc_by_nd", 3.1),
                ("cc0", 2.6),
            ],
        }
    }
}

/// 2025 postings by category; genetics and developmental biology share what the survey left over.
const BIORXIV: &[(&str, f64)] = &[
    ("neuroscience", 9071.0),
    ("microbiology", 4651.0),
    ("bioinformatics", 4235.0),
    ("cell biology", 2921.0),
    ("cancer biology", 2487.0),
    ("biophysics", 2283.0),
    ("immunology", 2280.0),
    ("biochemistry", 2261.0),
    ("molecular biology", 2118.0),
    ("ecology", 2103.0),
    ("genomics", 2038.0),
    ("bioengineering", 1967.0),
    ("evolutionary biology", 1880.0),
    ("plant biology", 1789.0),
    ("genetics", 1355.0),
    ("developmental biology", 1200.0),
    ("physiology", 1027.0),
    ("systems biology", 892.0),
    ("animal behavior and cognition", 758.0),
    ("pharmacology and toxicology", 626.0),
    ("synthetic biology", 525.0),
    ("pathology", 385.0),
    ("zoology", 265.0),
    ("scientific communication and education", 127.0),
    ("paleontology", 74.0),
];

/// Our own guess at the shares: a few large areas and a long tail.
const MEDRXIV: &[(&str, f64)] = &[
    ("epidemiology", 14.0),
    ("infectious diseases", 12.0),
    ("public and global health", 9.0),
    ("neurology", 7.0),
    ("psychiatry and clinical psychology", 7.0),
    ("genetic and genomic medicine", 7.0),
    ("cardiovascular medicine", 5.0),
    ("oncology", 5.0),
    ("health informatics", 5.0),
    ("radiology and imaging", 2.5),
    ("endocrinology", 2.0),
    ("pediatrics", 1.5),
    ("health systems and quality improvement", 1.5),
    ("respiratory medicine", 1.5),
    ("health policy", 1.3),
    ("ophthalmology", 1.2),
    ("rheumatology", 1.1),
    ("obstetrics and gynecology", 1.1),
    ("intensive care and critical care medicine", 1.0),
    ("gastroenterology", 1.0),
    ("nephrology", 1.0),
    ("hiv/aids", 1.0),
    ("hematology", 0.9),
    ("allergy and immunology", 0.9),
    ("surgery", 0.9),
    ("rehabilitation medicine and physical therapy", 0.8),
    ("nutrition", 0.8),
    ("primary care research", 0.8),
    ("geriatric medicine", 0.8),
    ("medical education", 0.8),
    ("sexual and reproductive health", 0.7),
    ("health economics", 0.7),
    ("occupational and environmental health", 0.7),
    ("sports medicine", 0.6),
    ("emergency medicine", 0.6),
    ("anesthesia", 0.6),
    ("dermatology", 0.6),
    ("addiction medicine", 0.6),
    ("orthopedics", 0.6),
    ("otolaryngology", 0.6),
    ("pharmacology and therapeutics", 0.6),
    ("pain medicine", 0.5),
    ("pathology", 0.5),
    ("urology", 0.5),
    ("transplantation", 0.4),
    ("dentistry and oral medicine", 0.4),
    ("nursing", 0.4),
    ("toxicology", 0.3),
    ("palliative medicine", 0.3),
    ("medical ethics", 0.2),
    ("forensic medicine", 0.2),
];

/// Closed bioRxiv areas that old rows still carry.
pub const CLOSED: &[&str] = &["clinical trials", "epidemiology"];

/// Every subject area of both servers, once.
pub fn all_categories() -> Vec<&'static str> {
    let mut all: Vec<&str> =
        BIORXIV.iter().chain(MEDRXIV).map(|(name, _)| *name).chain(CLOSED.iter().copied()).collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// An invented journal: title, abbreviation, ISSN, NLM id, country.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Journal {
    pub title: String,
    pub short: String,
    pub issn: String,
    pub nlm_id: String,
    pub country: &'static str,
}

const JOURNAL_FORMS: &[(&str, &str)] = &[
    ("Annals of Imaginary", "Ann Imag"),
    ("Invented Reports in", "Invent Rep"),
    ("Journal of Supposed", "J Suppos"),
    ("Fictional Letters in", "Fict Lett"),
    ("Archives of Conjectural", "Arch Conject"),
];
const COUNTRIES: &[&str] = &["England", "United States", "Germany", "Netherlands", "Switzerland", "Japan"];

/// The journal number `form` (taken modulo their number) of a subject area.
pub fn journal(category: &str, form: usize) -> Journal {
    let (title, short) = JOURNAL_FORMS[form % JOURNAL_FORMS.len()];
    let hash = category.bytes().fold(form as u64 + 7, |hash, byte| hash.wrapping_mul(31).wrapping_add(u64::from(byte)));
    let words: Vec<String> = category.split_whitespace().map(capitalise).collect();
    let abbreviated: Vec<String> = words.iter().map(|word| word.chars().take(5).collect()).collect();
    Journal {
        title: format!("{title} {category}"),
        short: format!("{short} {}", abbreviated.join(" ")),
        issn: format!("{:04}-{:04}", 9000 + hash % 1000, (hash / 1000) % 10_000),
        nlm_id: format!("99{:07}", hash % 10_000_000),
        country: COUNTRIES[(hash % COUNTRIES.len() as u64) as usize],
    }
}

/// The first letter in upper case.
pub fn capitalise(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_those_of_the_servers() {
        assert_eq!(BIORXIV.len(), 25);
        assert_eq!(MEDRXIV.len(), 51);
    }

    #[test]
    fn journals_are_steady_and_differ() {
        assert_eq!(journal("ecology", 1), journal("ecology", 1));
        assert_ne!(journal("ecology", 1).title, journal("ecology", 2).title);
        assert_ne!(journal("ecology", 1).nlm_id, journal("zoology", 1).nlm_id);
    }
}
