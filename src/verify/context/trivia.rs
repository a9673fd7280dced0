//! What belongs to a paper's administration and laboratory, not to biology.

use crate::model::answer::AnswerSpec;
use crate::model::document::SectionKind;
use crate::model::question::{Draft, Evidence};

use super::super::ask::Ask;
use super::super::prepared::Prepared;

/// # Errors
/// The reason: what kind of administration is asked for.
pub(super) fn check(draft: &Draft, ask: &Ask, evidence: &[Evidence], prepared: &Prepared<'_>) -> Result<(), String> {
    let words = &ask.words;
    let text = |i: usize| words.get(i).map_or("", |w| w.folded.as_str());
    let has = |texts: &[&str]| words.iter().any(|w| w.is_any(texts));
    let found = |what: &str| Err(format!("trivia: {what}"));
    // The noun asked for, and what stands close behind the asking word.
    let near = words.get(ask.at..words.len().min(ask.at + 8)).unwrap_or_default();
    let asks = |texts: &[&str]| near.iter().any(|w| w.is_any(texts));
    if asks(&[
        "identifier",
        "identifiers",
        "accession",
        "registration",
        "registry",
        "catalogue",
        "catalog",
        "doi",
        "url",
        "website",
        "email",
        "grant",
        "licence",
        "license",
        "barcode",
    ]) && !has(&["grantee"])
        || (asks(&["id", "number", "code"])
            && has(&[
                "accession",
                "catalogue",
                "catalog",
                "collection",
                "registration",
                "registered",
                "grant",
                "deposited",
                "repository",
                "voucher",
                "approval",
                "protocol",
                "genbank",
                "lot",
                "batch",
            ]))
        || asks(&["under"]) && has(&["registered", "deposited", "catalogued"])
        || has(&["registered", "deposited", "archived"])
            && asks(&["which", "what", "where"])
            && asks(&["identifier", "number", "repository", "database", "registry", "archive"])
    {
        return found("a record's number");
    }
    if has(&["statistical", "statistic", "statistics"])
        && asks(&[
            "test",
            "tests",
            "method",
            "methods",
            "model",
            "models",
            "correction",
            "procedure",
            "technique",
            "analysis",
        ])
    {
        return found("statistics");
    }
    let programs = ["software", "program", "package", "programme", "toolbox", "script", "plugin", "app", "programs"];
    if asks(&programs)
        && has(&[
            "software",
            "used",
            "version",
            "analysed",
            "analyzed",
            "performed",
            "statistical",
            "toolbox",
            "implemented",
            "run",
            "assign",
            "computed",
            "fitted",
        ])
        || asks(&["version", "release", "edition", "build"])
            && (has(&programs)
                || has(&[
                    "algorithm",
                    "library",
                    "database",
                    "pipeline",
                    "tool",
                    "matlab",
                    "r",
                    "spss",
                    "sas",
                    "stata",
                    "python",
                    "imagej",
                    "prism",
                ]))
        || has(&["software"]) && asks(&["software", "tool", "version"])
    {
        return found("software");
    }
    if asks(&[
        "company",
        "manufacturer",
        "supplier",
        "vendor",
        "firm",
        "brand",
        "funder",
        "agency",
        "foundation",
        "funding",
        "sponsor",
    ]) || has(&["funded", "purchased", "manufactured", "supplied"])
        && asks(&["who", "which", "what"])
        && !has(&["blood"])
    {
        return found("a supplier or funder");
    }
    if asks(&[
        "author",
        "authors",
        "university",
        "institution",
        "institute",
        "laboratory",
        "committee",
        "journal",
        "editor",
        "reviewer",
        "department",
    ]) && !has(&["strain"])
    {
        return found("people and places of the work");
    }
    if asks(&[
        "microscope",
        "instrument",
        "sequencer",
        "sequencing",
        "kit",
        "centrifuge",
        "spectrometer",
        "cytometer",
        "scanner",
        "camera",
        "platform",
        "buffer",
        "reagent",
        "antibody",
        "medium",
        "machine",
        "device",
        "objective",
        "magnification",
        "thermocycler",
        "primer",
    ]) && has(&[
        "used",
        "kit",
        "instrument",
        "microscope",
        "sequencer",
        "platform",
        "performed",
        "acquired",
        "captured",
        "stained",
        "purchased",
        "imaged",
        "sequenced",
        "extracted",
        "camera",
        "centrifuge",
        "run",
    ]) && !has(&["bound", "neutralized", "neutralised", "neutralising", "neutralizing"])
    {
        return found("equipment or reagents");
    }
    let storage = has(&[
        "stored",
        "store",
        "frozen",
        "storage",
        "kept",
        "shipped",
        "thawed",
        "transported",
        "incubated",
        "centrifuged",
    ]) && has(&[
        "sample",
        "samples",
        "swab",
        "swabs",
        "specimen",
        "specimens",
        "tissue",
        "tissues",
        "plates",
        "extracts",
        "extract",
        "sera",
        "plasma",
        "laboratory",
        "freezer",
        "aliquots",
        "blood",
        "supernatant",
        "stocks",
        "stock",
        "slides",
        "tubes",
        "collected",
    ]);
    if storage
        && matches!(draft.answer, AnswerSpec::Number { .. })
        && (asks(&["temperature", "long", "speed", "degrees"]) || has(&["temperature"]))
    {
        return found("how samples were handled");
    }
    if has(&["holotype", "paratype", "voucher"])
        && asks(&["number", "museum", "collection", "kept", "deposited", "under"])
    {
        return found("a record's number");
    }
    if has(&[
        "wells",
        "well",
        "plate",
        "plates",
        "microplate",
        "microplates",
        "flask",
        "flasks",
        "cuvette",
        "tube",
        "tubes",
    ]) && matches!(draft.answer, AnswerSpec::Number { .. })
        && (asks(&["wells", "well", "plates", "volume", "size", "format"]) && asks(&["many", "how", "what", "which"]))
    {
        return found("labware");
    }
    // The answer itself is a record's number.
    if let AnswerSpec::Term { value, .. } = &draft.answer
        && is_record_number(value)
    {
        return found("a record's number");
    }
    let methods = evidence
        .iter()
        .any(|e| prepared.passage(e.passage).is_some_and(|p| matches!(p.section_kind, SectionKind::DataAvailability)));
    if methods && matches!(draft.answer, AnswerSpec::Term { .. }) {
        return found("where the data lie");
    }
    let _ = text;
    Ok(())
}

/// Registry, accession and grant numbers by their forms.
fn is_record_number(value: &str) -> bool {
    let value = value.trim();
    let (letters, digits): (String, String) = (
        value.chars().take_while(char::is_ascii_alphabetic).collect(),
        value.chars().skip_while(char::is_ascii_alphabetic).collect(),
    );
    let n_digits = digits.chars().filter(char::is_ascii_digit).count();
    let known = [
        "NCT", "ISRCTN", "ACTRN", "ChiCTR", "PRJNA", "PRJEB", "PRJDB", "GSE", "GSM", "SRP", "SRR", "SRX", "ERP", "ERR",
        "EGAS", "PXD", "EMD", "MSV", "CRD", "UMIN", "SAMN", "PDB", "GCA", "GCF", "DRKS", "JPRN", "EUCTR", "CTRI",
        "PACTR", "NTR",
    ];
    known.contains(&letters.as_str()) && n_digits >= 3
        || value.starts_with("10.") && value.contains('/')
        || value.starts_with("http")
}
