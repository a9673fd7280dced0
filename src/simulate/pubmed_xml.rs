//! A PubMed record as EFetch writes it, with the traps of SOURCES section 5: PMIDs and DOIs inside references and
//! comments, issue dates of every shape, labels, other abstracts, inline markup and mathematics.

use std::fmt::Write;

use chrono::{DateTime, Datelike, NaiveDate, Utc};

use super::catalogue::{Journal, capitalise, journal};
use super::dice::Dice;
use super::jats::escape;
use super::record::{Record, RecordDelivery, RecordKind};
use super::text::{Manuscript, Writer, plain};
use super::world::World;

/// The opening of every reply.
pub const PROLOG: &str = "<?xml version=\"1.0\" ?>\n<!DOCTYPE PubmedArticleSet PUBLIC \"-//NLM//DTD PubMedArticle, 1st January \
2025//EN\" \"https://dtd.nlm.nih.gov/ncbi/pubmed/out/pubmed_250101.dtd\">\n";

/// The record in the state it has at `now`; empty when it is not there.
pub fn record_xml(world: &World, writer: &Writer, record: &Record, now: DateTime<Utc>) -> String {
    let Some(state) = record.state(now) else { return String::new() };
    let paper = paper(world, writer, record);
    if record.kind == RecordKind::Book { book(record, &paper) } else { article(world, record, state, &paper, now) }
}

/// The text behind a record: the preprint's own for the records that follow from one.
pub fn paper(world: &World, writer: &Writer, record: &Record) -> Manuscript {
    let target =
        |pmid: &u64| world.by_pmid(*pmid).map(|r| writer.brief(r.seed, &r.category, 1).title).unwrap_or_default();
    let mut paper = writer.brief(record.seed, &record.category, 1);
    match &record.kind {
        RecordKind::RetractionNotice(pmid) => {
            paper.title = format!("Retraction: {}", target(pmid));
            paper.abstract_parts = Vec::new();
        }
        RecordKind::Erratum(pmid) => {
            paper.title = format!("Correction to: {}", target(pmid));
            paper.abstract_parts = Vec::new();
        }
        _ => {}
    }
    paper
}

fn article(world: &World, record: &Record, state: &RecordDelivery, paper: &Manuscript, now: DateTime<Utc>) -> String {
    let dice = &mut Dice::of(record.seed, &["pubmed xml"]);
    let entered = record.entered_at().date_naive();
    let preprint_record = matches!(record.kind, RecordKind::PreprintRecord(_));
    let notice = matches!(record.kind, RecordKind::RetractionNotice(_) | RecordKind::Erratum(_));
    let journal =
        if preprint_record { server_journal(world, record) } else { journal(&record.category, record.journal_form) };
    let mut out = String::with_capacity(12_000);
    let version = record.version;
    let indexing = match state.status {
        "MEDLINE" => dice.pick(&[
            "",
            " IndexingMethod=\"Automated\"",
            " IndexingMethod=\"Manual\"",
            " IndexingMethod=\"Curated\"",
        ]),
        _ => "",
    };
    let _ = write!(
        out,
        "<PubmedArticle><MedlineCitation Status=\"{}\" Owner=\"NLM\"{indexing}{}><PMID Version=\"{version}\">{}</PMID>",
        state.status,
        if version > 1 {
            format!(" VersionID=\"{version}\" VersionDate=\"{}\"", entered.format("%Y/%m/%d"))
        } else {
            String::new()
        },
        record.pmid
    );
    let day = |name: &str, date: NaiveDate| {
        date.format(&format!("<{name}><Year>%Y</Year><Month>%m</Month><Day>%d</Day></{name}>")).to_string()
    };
    if state.status == "MEDLINE" {
        out.push_str(&day("DateCompleted", state.at.date_naive()));
    }
    out.push_str(&day("DateRevised", state.at.date_naive()));
    let model = dice.pick(&["Print-Electronic", "Electronic", "Print", "Electronic-eCollection"]);
    let _ = write!(
        out,
        "<Article PubModel=\"{model}\"><Journal><ISSN IssnType=\"Electronic\">{}</ISSN><JournalIssue CitedMedium=\"Internet\">\
         <Volume>{}</Volume>{}</JournalIssue><Title>{}</Title><ISOAbbreviation>{}</ISOAbbreviation></Journal>",
        journal.issn,
        dice.whole(1, 80),
        issue_date(entered, dice),
        escape(&journal.title),
        escape(&journal.short)
    );
    let foreign = !notice && !preprint_record && dice.chance(0.03);
    let title = mark_up(&paper.title);
    let title = if foreign { format!("[{title}].") } else { format!("{title}.") };
    let _ = write!(out, "<ArticleTitle>{title}</ArticleTitle>");
    if let Some(doi) = &record.doi {
        let _ = write!(out, "<ELocationID EIdType=\"doi\" ValidYN=\"Y\">{}</ELocationID>", escape(doi));
    }
    if !paper.abstract_parts.is_empty() {
        out.push_str("<Abstract>");
        abstract_text(&mut out, &paper.abstract_parts, dice);
        if dice.chance(0.5) {
            let _ = write!(out, "<CopyrightInformation>© {}. The Author(s).</CopyrightInformation>", entered.year());
        }
        out.push_str("</Abstract>");
    }
    authors(&mut out, paper, dice);
    let _ = write!(out, "<Language>{}</Language>", if foreign { "ger" } else { "eng" });
    if dice.chance(0.15) {
        out.push_str(
            "<GrantList CompleteYN=\"Y\"><Grant><GrantID>IMAG-1</GrantID><Agency>Ministry of Invention &amp;amp; Letters</Agency></Grant></GrantList>",
        );
    }
    out.push_str("<PublicationTypeList>");
    for (ui, name) in types(record, state, dice) {
        let _ = write!(out, "<PublicationType UI=\"{ui}\">{name}</PublicationType>");
    }
    out.push_str("</PublicationTypeList>");
    if model != "Print" && dice.chance(0.8) {
        let date = entered.format("<Year>%Y</Year><Month>%m</Month><Day>%d</Day>");
        let _ = write!(out, "<ArticleDate DateType=\"Electronic\">{date}</ArticleDate>");
    }
    if foreign {
        out.push_str("<VernacularTitle>Eine erfundene Untersuchung.</VernacularTitle>");
    }
    let _ = write!(
        out,
        "</Article><MedlineJournalInfo><Country>{}</Country><MedlineTA>{}</MedlineTA><NlmUniqueID>{}</NlmUniqueID></MedlineJournalInfo>",
        journal.country,
        escape(&journal.short),
        journal.nlm_id
    );
    if state.status == "MEDLINE" {
        mesh(&mut out, record, dice);
    }
    comments(&mut out, world, record, state);
    if dice.chance(0.08) && !paper.abstract_parts.is_empty() {
        out.push_str(
            "<OtherAbstract Type=\"plain-language-summary\" Language=\"eng\"><AbstractText>In short, something invented was \
             measured, and it went up by 99 percent.</AbstractText></OtherAbstract>",
        );
    }
    if dice.chance(0.6) {
        out.push_str("<KeywordList Owner=\"NOTNLM\">");
        for keyword in &paper.keywords {
            let _ = write!(out, "<Keyword MajorTopicYN=\"N\">{}</Keyword>", mark_up(keyword));
        }
        out.push_str("</KeywordList>");
    }
    if dice.chance(0.38) {
        out.push_str("<CoiStatement>The authors declare no competing interests.</CoiStatement>");
    }
    out.push_str("</MedlineCitation><PubmedData><History>");
    let stamp = |status: &str, date: NaiveDate| {
        let date = date.format("<Year>%Y</Year><Month>%-m</Month><Day>%-d</Day>");
        format!("<PubMedPubDate PubStatus=\"{status}\">{date}</PubMedPubDate>")
    };
    if dice.chance(0.39) {
        out.push_str(&stamp("received", entered - chrono::TimeDelta::days(dice.whole(30, 200))));
    }
    for status in ["pubmed", "medline", "entrez"] {
        let date = if status == "medline" { state.at.date_naive() } else { entered };
        out.push_str(&stamp(status, date));
    }
    if dice.chance(0.3) {
        out.push_str(&stamp("pmc-release", entered + chrono::TimeDelta::days(dice.whole(0, 365))));
    }
    let publication_status = if state.status == "Publisher" { "aheadofprint" } else { "ppublish" };
    let _ = write!(
        out,
        "</History><PublicationStatus>{publication_status}</PublicationStatus><ArticleIdList><ArticleId IdType=\"pubmed\">{}</ArticleId>",
        record.pmid
    );
    if let Some(doi) = &record.doi {
        let _ = write!(out, "<ArticleId IdType=\"doi\">{}</ArticleId>", escape(doi));
    }
    if dice.chance(0.4) && !preprint_record {
        let _ = write!(out, "<ArticleId IdType=\"pmc\">PMC{}</ArticleId>", record.pmid + 8_000_000);
    }
    out.push_str("</ArticleIdList>");
    references(&mut out, world, record, dice, now);
    out.push_str("</PubmedData></PubmedArticle>");
    out
}

fn server_journal(world: &World, record: &Record) -> Journal {
    let label = match record.kind {
        RecordKind::PreprintRecord(n) => world.preprints.get(n).map_or("bioRxiv", |p| p.server.label()),
        _ => "bioRxiv",
    };
    Journal {
        title: format!("{label} : the preprint server"),
        short: label.to_owned(),
        issn: "2692-8205".to_owned(),
        nlm_id: "101680187".to_owned(),
        country: "United States",
    }
}

fn issue_date(entered: NaiveDate, dice: &mut Dice) -> String {
    let date = entered + chrono::TimeDelta::days(dice.whole(-5, 60));
    let (year, next) = (date.year(), date.year() + 1);
    match dice.whole(0, 19) {
        0 => format!("<PubDate><MedlineDate>{year} Jan-Feb</MedlineDate></PubDate>"),
        1 => format!("<PubDate><MedlineDate>{year} Dec-{next} Jan</MedlineDate></PubDate>"),
        2 => format!("<PubDate><MedlineDate>Spring {year}</MedlineDate></PubDate>"),
        3 => format!("<PubDate><Year>{year}</Year><Season>Apr-Jun</Season></PubDate>"),
        4 => format!("<PubDate><Year>{year}</Year><Season>Winter-Spring</Season></PubDate>"),
        5 => format!("<PubDate><Year>{year}</Year></PubDate>"),
        6 => date.format("<PubDate><Year>%Y</Year><Month>%m</Month><Day>%d</Day></PubDate>").to_string(),
        7..=12 => date.format("<PubDate><Year>%Y</Year><Month>%b</Month></PubDate>").to_string(),
        _ => date.format("<PubDate><Year>%Y</Year><Month>%b</Month><Day>%d</Day></PubDate>").to_string(),
    }
}

fn abstract_text(out: &mut String, parts: &[(Option<&'static str>, String)], dice: &mut Dice) {
    let style = dice.whole(0, 9);
    for (heading, text) in parts {
        let attributes = match (heading, style) {
            (None, _) => String::new(),
            (Some(label), 0) => format!(" Label=\"{label}\" NlmCategory=\"UNASSIGNED\""),
            (Some(label), 1) => format!(" Label=\"{label}\""),
            (Some(label), 2) => format!(
                " Label=\"{}\" NlmCategory=\"{label}\"",
                if *label == "CONCLUSIONS" { "INTERPRETATION" } else { label }
            ),
            (Some(label), _) => format!(" Label=\"{label}\" NlmCategory=\"{label}\""),
        };
        let mut text = mark_up(text);
        if heading.is_none_or(|label| label == "RESULTS") && dice.chance(0.02) {
            text.push_str(
                " The ratio was <mml:math xmlns:mml=\"http://www.w3.org/1998/Math/MathML\"><mml:mi>k</mml:mi><mml:mo>=</mml:mo>\
                 <mml:mn>0.7</mml:mn></mml:math>.",
            );
        }
        let _ = write!(out, "<AbstractText{attributes}>{text}</AbstractText>");
    }
}

/// Our inline tags are PubMed's own, but for citations.
fn mark_up(rich: &str) -> String {
    rich.replace("<c/>", "")
}

fn authors(out: &mut String, paper: &Manuscript, dice: &mut Dice) {
    out.push_str("<AuthorList CompleteYN=\"Y\" Type=\"authors\">");
    for (i, (family, given)) in paper.authors.iter().enumerate() {
        let initials: String = given.split(' ').filter_map(|name| name.chars().next()).collect();
        let _ = write!(
            out,
            "<Author ValidYN=\"Y\"><LastName>{}</LastName><ForeName>{}</ForeName><Initials>{initials}</Initials>",
            escape(family),
            escape(given)
        );
        if dice.chance(0.3) {
            let _ =
                write!(out, "<Identifier Source=\"ORCID\">0000-0000-{:04}-{:03}X</Identifier>", dice.whole(0, 9999), i);
        }
        let _ = write!(
            out,
            "<AffiliationInfo><Affiliation>{}.</Affiliation></AffiliationInfo></Author>",
            escape(&paper.institution)
        );
    }
    if let Some(consortium) = &paper.consortium {
        let _ = write!(out, "<Author ValidYN=\"Y\"><CollectiveName>{}</CollectiveName></Author>", escape(consortium));
    }
    out.push_str("</AuthorList>");
}

fn types(record: &Record, state: &RecordDelivery, dice: &mut Dice) -> Vec<(&'static str, &'static str)> {
    let mut types = match record.kind {
        RecordKind::RetractionNotice(_) => vec![("D016440", "Retraction of Publication")],
        RecordKind::Erratum(_) => vec![("D016425", "Published Erratum")],
        RecordKind::PreprintRecord(_) => vec![("D016428", "Journal Article"), ("D000076942", "Preprint")],
        _ => match dice.whole(0, 19) {
            0 => vec![("D016428", "Journal Article"), ("D016454", "Review")],
            1 => vec![("D016428", "Journal Article"), ("D016449", "Randomized Controlled Trial")],
            2 => vec![("D002363", "Case Reports"), ("D016428", "Journal Article")],
            _ => vec![("D016428", "Journal Article")],
        },
    };
    if state.retracted_by.is_some() {
        types.push(("D016441", "Retracted Publication"));
    }
    types
}

fn mesh(out: &mut String, record: &Record, dice: &mut Dice) {
    let heading = capitalise(&record.category);
    let _ = write!(
        out,
        "<MeshHeadingList><MeshHeading><DescriptorName UI=\"D{:06}\" MajorTopicYN=\"Y\">{}</DescriptorName></MeshHeading>\
         <MeshHeading><DescriptorName UI=\"D000818\" MajorTopicYN=\"N\" AutoHM=\"Y\">Animals</DescriptorName></MeshHeading>\
         </MeshHeadingList>",
        900_000 + record.category.len() * 311,
        escape(&heading)
    );
    if dice.chance(0.1) {
        out.push_str(
            "<SupplMeshList><SupplMeshName Type=\"Protocol\" UI=\"C900001\">invented protocol</SupplMeshName></SupplMeshList>",
        );
    }
}

fn comments(out: &mut String, world: &World, record: &Record, state: &RecordDelivery) {
    let source = |pmid: u64| {
        world.by_pmid(pmid).map_or_else(
            || "J Suppos Biol. 2026;1:1".to_owned(),
            |r| {
                let journal = journal(&r.category, r.journal_form);
                format!("{}. {}", journal.short, r.entered_at().format("%Y %b;1:1"))
            },
        )
    };
    let mut all: Vec<(&str, String, Option<u64>)> = Vec::new();
    let mut tie = |kind, pmid: u64| all.push((kind, source(pmid), Some(pmid)));
    match &record.kind {
        RecordKind::RetractionNotice(pmid) => tie("RetractionOf", *pmid),
        RecordKind::Erratum(pmid) => tie("ErratumFor", *pmid),
        RecordKind::JournalOf(n) => {
            if let Some(pmid) = world.preprints.get(*n).and_then(|p| p.pmid) {
                tie("UpdateOf", pmid);
            }
        }
        _ => {}
    }
    for (kind, pmid) in
        [("RetractionIn", state.retracted_by), ("ErratumIn", state.corrected_by), ("UpdateIn", state.updated_by)]
    {
        if let Some(pmid) = pmid {
            tie(kind, pmid);
        }
    }
    if record.seed.is_multiple_of(17) {
        all.push(("CommentIn", "Fict Lett Biol. 2026 Feb;3(1):9".to_owned(), None));
    }
    if all.is_empty() {
        return;
    }
    out.push_str("<CommentsCorrectionsList>");
    for (kind, source, pmid) in all {
        let pmid = pmid.map(|pmid| format!("<PMID Version=\"1\">{pmid}</PMID>")).unwrap_or_default();
        let _ = write!(
            out,
            "<CommentsCorrections RefType=\"{kind}\"><RefSource>{}</RefSource>{pmid}</CommentsCorrections>",
            escape(&source)
        );
    }
    out.push_str("</CommentsCorrectionsList>");
}

/// References with ids of other records here: a reader that searches descendants takes one of them for the record's own.
fn references(out: &mut String, world: &World, record: &Record, dice: &mut Dice, now: DateTime<Utc>) {
    if !dice.chance(0.6) {
        return;
    }
    out.push_str("<ReferenceList>");
    for i in 0..dice.whole(2, 12) {
        let cited = world
            .records
            .get(dice.position(world.records.len()))
            .filter(|r| r.entered_at() <= now && r.pmid != record.pmid);
        let ids = cited.map(|r| {
            let doi = r.doi.as_ref().map(|doi| format!("<ArticleId IdType=\"doi\">{}</ArticleId>", escape(doi))).unwrap_or_default();
            let pmid = r.pmid;
            format!("<ArticleIdList>{doi}<ArticleId IdType=\"pmc\">PMC{}</ArticleId><ArticleId IdType=\"pubmed\">{pmid}</ArticleId></ArticleIdList>", pmid + 8_000_000)
        });
        let _ = write!(
            out,
            "<Reference><Citation>Person {i}. J Suppos Biol. 2019;{i}:1-9.</Citation>{}</Reference>",
            ids.unwrap_or_default()
        );
    }
    out.push_str("</ReferenceList>");
}

fn book(record: &Record, paper: &Manuscript) -> String {
    let (_, text) = paper.abstract_parts.first().cloned().unwrap_or_default();
    format!(
        "<PubmedBookArticle><BookDocument><PMID Version=\"1\">{pmid}</PMID><ArticleIdList><ArticleId IdType=\"bookaccession\">NBK{n}</ArticleId>\
         </ArticleIdList><Book><Publisher><PublisherName>Invented Books</PublisherName></Publisher><BookTitle book=\"inv\">Invented Reviews\
         </BookTitle><PubDate><Year>2026</Year></PubDate></Book><ArticleTitle book=\"inv\">{title}</ArticleTitle><Abstract><AbstractText>{text}\
         </AbstractText></Abstract></BookDocument><PubmedBookData><PublicationStatus>ppublish</PublicationStatus><ArticleIdList>\
         <ArticleId IdType=\"pubmed\">{pmid}</ArticleId></ArticleIdList></PubmedBookData></PubmedBookArticle>",
        pmid = record.pmid,
        n = record.pmid % 1_000_000,
        title = escape(&plain(&paper.title)),
        text = escape(&plain(&text)),
    )
}
