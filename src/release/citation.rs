//! `CITATION.cff`.

use super::seal::{Header, stamp};

/// How to cite the release, in the Citation File Format 1.2.
pub fn text(header: &Header) -> String {
    let date = stamp(header.created);
    let day = date.get(..10).unwrap_or_default();
    let url = if header.url.is_empty() { String::new() } else { format!("url: {}\n", quoted(&header.url)) };
    format!(
        "cff-version: 1.2.0\n\
         message: {}\n\
         type: dataset\n\
         title: {}\n\
         version: {}\n\
         date-released: {day}\n\
         authors:\n  - name: {}\n\
         {url}",
        quoted("Cite the data set, and the papers whose questions you show: attribution.csv lists them."),
        quoted(&header.name),
        quoted(&header.version.to_string()),
        quoted(publisher(header)),
    )
}

/// Who publishes, for people.
pub fn publisher(header: &Header) -> &str {
    if header.publisher.is_empty() { "the operator of this aludel installation" } else { &header.publisher }
}

/// One line for a reference list.
pub fn line(header: &Header) -> String {
    let date = stamp(header.created);
    let year = date.get(..4).unwrap_or_default();
    let url = if header.url.is_empty() { String::new() } else { format!(" {}", header.url) };
    format!("{} ({year}). {}, version {}.{url}", publisher(header), header.name, header.version)
}

/// A YAML string: JSON's are a part of YAML.
pub fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
