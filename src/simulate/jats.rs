//! An invented paper as JATS, in the form in which the preprint servers hand out theirs.

use std::fmt::Write;

use super::preprint::{Posting, Preprint};
use super::text::{Manuscript, Part};

/// The `.source.xml` of one posted version. A withdrawn version's body is its notice.
pub fn source_xml(preprint: &Preprint, posting: &Posting, paper: &Manuscript) -> String {
    let mut out = String::with_capacity(60_000);
    let slug = preprint.server.slug();
    let suffix = preprint.suffix();
    let version = posting.version;
    let _ = write!(
        out,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<article article-type=\"article\" specific-use=\"production\" xml:lang=\"en\" \
         xmlns:xlink=\"http://www.w3.org/1999/xlink\" xmlns:ali=\"http://www.niso.org/schemas/ali/1.0/\" \
         xmlns:hwp=\"http://schema.highwire.org/Journal\"><front><journal-meta><journal-id journal-id-type=\"hwp\">{slug}</journal-id>\
         <journal-title>{label}</journal-title><publisher><publisher-name>An Invented Laboratory</publisher-name></publisher>\
         </journal-meta><article-meta><article-id pub-id-type=\"doi\">{doi}</article-id>\
         <article-id pub-id-type=\"other\" hwp:sub-type=\"pisa\">{slug};{suffix}v{version}</article-id>\
         <article-id pub-id-type=\"other\" hwp:sub-type=\"slug\">{suffix}</article-id><article-version>1.{version}</article-version>\
         <article-categories><subj-group subj-group-type=\"author-type\"><subject>Regular Article</subject></subj-group>\
         <subj-group subj-group-type=\"heading\"><subject>{heading}</subject></subj-group>\
         <subj-group subj-group-type=\"hwp-journal-coll\"><subject>{category}</subject></subj-group></article-categories>",
        label = preprint.server.label(),
        doi = escape(&preprint.doi),
        heading = if posting.withdrawn { "Withdrawn" } else { "New Results" },
        category = escape(&title_case(&preprint.category)),
    );
    let prefix = if posting.withdrawn { "Withdrawn: " } else { "" };
    let _ = write!(
        out,
        "<title-group><article-title>{prefix}{}</article-title></title-group><contrib-group>",
        inline(&paper.title)
    );
    for (i, (family, given)) in paper.authors.iter().enumerate() {
        let corresponding = if i == 0 { " corresp=\"yes\"" } else { "" };
        let _ = write!(
            out,
            "<contrib contrib-type=\"author\"{corresponding}><name name-style=\"western\"><surname>{}</surname><given-names>{}\
             </given-names></name><xref ref-type=\"aff\" rid=\"a1\">1</xref></contrib>",
            escape(family),
            escape(given)
        );
    }
    if let Some(consortium) = &paper.consortium {
        let _ = write!(out, "<contrib contrib-type=\"author\"><collab>{}</collab></contrib>", escape(consortium));
    }
    let _ = write!(
        out,
        "<aff id=\"a1\"><label>1</label><institution>{}</institution></aff></contrib-group><pub-date pub-type=\"epub\"><year>{}</year>\
         </pub-date><elocation-id>{suffix}</elocation-id><history><date date-type=\"received\">{}</date></history><permissions>\
         <copyright-statement>© {}, Posted by an invented laboratory</copyright-statement>{}</permissions><abstract>",
        escape(&paper.institution),
        posting.date.format("%Y"),
        posting.date.format("<day>%-d</day><month>%-m</month><year>%Y</year>"),
        posting.date.format("%Y"),
        licence(&posting.licence),
    );
    if posting.withdrawn {
        let _ = write!(out, "<p>{NOTICE}</p></abstract></article-meta></front><body><p>{NOTICE}</p></body></article>");
        return out;
    }
    for (heading, text) in &paper.abstract_parts {
        match heading {
            Some(heading) => {
                let heading = super::catalogue::capitalise(&heading.to_lowercase());
                let _ = write!(out, "<sec><title>{heading}</title><p>{}</p></sec>", inline(text));
            }
            None => {
                let _ = write!(out, "<p>{}</p>", inline(text));
            }
        }
    }
    out.push_str("</abstract><kwd-group kwd-group-type=\"author\">");
    for keyword in &paper.keywords {
        let _ = write!(out, "<kwd>{}</kwd>", inline(keyword));
    }
    out.push_str("</kwd-group></article-meta></front><body>");
    let mut citations = Citations { next: 0, total: paper.references.len() };
    for (i, part) in paper.sections.iter().enumerate() {
        section(&mut out, part, &format!("s{}", i + 1), &mut citations);
        if part.kind == "results" {
            // Figures and tables stand after the results they belong to.
            out.truncate(out.len() - "</sec>".len());
            floats(&mut out, paper);
            out.push_str("</sec>");
        }
    }
    out.push_str("</body><back><ref-list><title>References</title>");
    for (i, reference) in paper.references.iter().enumerate() {
        let n = i + 1;
        let _ = write!(
            out,
            "<ref id=\"c{n}\"><label>{n}.</label><mixed-citation>{}</mixed-citation></ref>",
            escape(reference)
        );
    }
    out.push_str("</ref-list></back></article>");
    out
}

/// The text of every withdrawal notice.
pub const NOTICE: &str = "The authors have withdrawn this manuscript because a control sample was mislabelled. Therefore, the \
authors do not wish this work to be cited as reference for the project.";

struct Citations {
    next: usize,
    total: usize,
}

fn section(out: &mut String, part: &Part, id: &str, citations: &mut Citations) {
    let kind = if part.kind.is_empty() { String::new() } else { format!(" sec-type=\"{}\"", part.kind) };
    let _ = write!(out, "<sec id=\"{id}\"{kind}><title>{}</title>", inline(&part.title));
    for paragraph in &part.paragraphs {
        let mut text = inline(paragraph);
        while let Some(position) = text.find("<c/>") {
            let n = citations.next % citations.total.max(1) + 1;
            citations.next += 1;
            text.replace_range(position..position + 4, &format!(" (<xref ref-type=\"bibr\" rid=\"c{n}\">{n}</xref>)"));
        }
        for (n, _) in [(); 9].iter().enumerate() {
            text = text.replace(
                &format!("(Fig. {})", n + 1),
                &format!("(<xref ref-type=\"fig\" rid=\"fig{n}\">Fig. {}</xref>)", n + 1),
            );
        }
        let _ = write!(out, "<p>{text}</p>");
    }
    for (i, inner) in part.parts.iter().enumerate() {
        section(out, inner, &format!("{id}-{}", i + 1), citations);
    }
    out.push_str("</sec>");
}

fn floats(out: &mut String, paper: &Manuscript) {
    for (i, caption) in paper.figures.iter().enumerate() {
        let (head, rest) = caption.split_once(". ").unwrap_or((caption, ""));
        let _ = write!(
            out,
            "<fig id=\"fig{i}\" position=\"float\"><label>Fig. {n}.</label><caption><title>{}.</title><p>{}</p></caption>\
             <graphic xlink:href=\"fig{n}\"/></fig>",
            inline(head.trim_end_matches('.')),
            inline(rest),
            n = i + 1,
        );
    }
    for (i, table) in paper.tables.iter().enumerate() {
        let n = i + 1;
        let _ = write!(
            out,
            "<table-wrap id=\"tbl{n}\"><label>Table {n}.</label><caption><p>{}</p></caption><table>",
            inline(&table.caption)
        );
        for (r, row) in table.rows.iter().enumerate() {
            let tag = if r == 0 { "th" } else { "td" };
            out.push_str("<tr>");
            for cell in row {
                let _ = write!(out, "<{tag}>{}</{tag}>", inline(cell));
            }
            out.push_str("</tr>");
        }
        out.push_str("</table></table-wrap>");
    }
}

fn licence(code: &str) -> String {
    let url = match code {
        "cc_by" => "https://creativecommons.org/licenses/by/4.0/",
        "cc_by_nc" => "https://creativecommons.org/licenses/by-nc/4.0/",
        "cc_by_nd" => "https://creativecommons.org/licenses/by-nd/4.0/",
        "cc_by_nc_nd" => "https://creativecommons.org/licenses/by-nc-nd/4.0/",
        "cc0" | "cc0_ng" => "https://creativecommons.org/publicdomain/zero/1.0/",
        "cc_no" => {
            return "<license><license-p>The copyright holder has placed this preprint online. It is not available for \
                    reuse without permission.</license-p></license>"
                .to_owned();
        }
        _ => return String::new(),
    };
    format!(
        "<license license-type=\"creative-commons\" xlink:href=\"{url}\"><license-p>This preprint is available under the terms \
         of its licence, <ext-link ext-link-type=\"uri\" xlink:href=\"{url}\">{url}</ext-link></license-p></license>"
    )
}

/// Our inline tags as JATS; the text is escaped already.
fn inline(rich: &str) -> String {
    rich.replace("<i>", "<italic>").replace("</i>", "</italic>")
}

pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn title_case(category: &str) -> String {
    let words = category
        .split(' ')
        .map(|word| if word == "and" { word.to_owned() } else { super::catalogue::capitalise(word) });
    words.collect::<Vec<_>>().join(" ")
}
