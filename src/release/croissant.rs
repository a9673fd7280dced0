//! `croissant.json`: the data set described in MLCommons' Croissant 1.0, field by field.

use parquet::basic::Type as Physical;
use parquet::schema::parser::parse_message_type;
use parquet::schema::types::Type;
use serde_json::{Value, json};

use super::citation;
use super::licence::Policy;
use super::manifest::Entry;
use super::report::Balance;
use super::seal::{Header, stamp};
use super::{Error, schema};

/// The description; `data`: the data files.
///
/// # Errors
/// Never for the schema of this program.
pub fn describe(header: &Header, balance: &Balance, policy: &Policy, data: &[Entry]) -> Result<Value, Error> {
    let path = std::path::Path::new("croissant.json");
    let message = parse_message_type(schema::QUESTIONS).map_err(Error::parquet(path))?;
    let distribution: Vec<Value> = data
        .iter()
        .map(|entry| {
            json!({
                "@type": "cr:FileObject",
                "@id": entry.path,
                "name": entry.path,
                "contentUrl": entry.path,
                "contentSize": format!("{} B", entry.bytes),
                "encodingFormat": "application/x-parquet",
                "sha256": entry.sha256,
            })
        })
        .collect();
    let records: Vec<Value> = data
        .iter()
        .map(|entry| {
            let id = entry.path.trim_start_matches("data/").trim_end_matches(".parquet").to_owned();
            let fields: Vec<Value> = message
                .get_fields()
                .iter()
                .zip(schema::COLUMNS)
                .map(|(column, described)| {
                    field(&format!("{id}/{}", column.name()), column, &entry.path, described.meaning)
                })
                .collect();
            json!({ "@type": "cr:RecordSet", "@id": id, "name": id, "field": fields })
        })
        .collect();
    let licences: Vec<&str> = policy
        .rules()
        .iter()
        .filter(|rule| balance.licences.contains_key(rule.code.as_str()))
        .filter_map(|rule| rule.url.as_deref())
        .collect();
    let date = stamp(header.created);
    let mut value = json!({
        "@context": context(),
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "name": header.name,
        "description": "Questions with checkable answers, made from biology papers; each with the quote that bears it out.",
        "version": header.version.to_string(),
        "datePublished": date,
        "license": licences,
        "creator": { "@type": "sc:Organization", "name": citation::publisher(header) },
        "citeAs": citation::line(header),
        "keywords": ["biology", "question answering", "reinforcement learning", "verifiable rewards"],
        "inLanguage": "en",
        "distribution": distribution,
        "recordSet": records,
    });
    // Croissant asks for a page; a name without one is a name all the same.
    let url = if header.url.is_empty() { format!("urn:aludel:{}", header.name) } else { header.url.clone() };
    value["url"] = url.into();
    Ok(value)
}

/// A column, with what is inside it.
fn field(id: &str, column: &Type, file: &str, meaning: &str) -> Value {
    let source = |inner: Option<&str>| {
        let top = id.rsplit('/').next().unwrap_or(id);
        match inner {
            None => json!({ "fileObject": { "@id": file }, "extract": { "column": top } }),
            Some(inner) => {
                json!({ "fileObject": { "@id": file }, "extract": { "column": top }, "transform": { "jsonPath": inner } })
            }
        }
    };
    let element = element(column);
    let is_list = element.is_some();
    let inside = element.unwrap_or(column);
    let mut value = json!({ "@type": "cr:Field", "@id": id, "name": id, "description": meaning });
    if is_list {
        value["repeated"] = true.into();
    }
    if inside.is_group() {
        let fields: Vec<Value> = inside
            .get_fields()
            .iter()
            .map(|inner| {
                let name = inner.name();
                json!({
                    "@type": "cr:Field", "@id": format!("{id}/{name}"), "name": format!("{id}/{name}"),
                    "dataType": data_type(inner), "source": source(Some(name)),
                })
            })
            .collect();
        value["subField"] = fields.into();
    } else {
        value["dataType"] = data_type(inside).into();
        value["source"] = source(None);
    }
    value
}

/// What a list is a list of.
fn element(column: &Type) -> Option<&Type> {
    let is_list = column.get_basic_info().converted_type() == parquet::basic::ConvertedType::LIST;
    let inner = is_list.then(|| column.get_fields().first()).flatten()?;
    inner.get_fields().first().map(AsRef::as_ref)
}

fn data_type(column: &Type) -> &'static str {
    match column.get_physical_type() {
        Physical::INT32 | Physical::INT64 => "sc:Integer",
        Physical::DOUBLE | Physical::FLOAT => "sc:Float",
        Physical::BOOLEAN => "sc:Boolean",
        _ => "sc:Text",
    }
}

/// The context that Croissant 1.0 prescribes.
fn context() -> Value {
    json!({
        "@language": "en",
        "@vocab": "https://schema.org/",
        "citeAs": "cr:citeAs",
        "column": "cr:column",
        "conformsTo": "dct:conformsTo",
        "cr": "http://mlcommons.org/croissant/",
        "rai": "http://mlcommons.org/croissant/RAI/",
        "data": { "@id": "cr:data", "@type": "@json" },
        "dataType": { "@id": "cr:dataType", "@type": "@vocab" },
        "dct": "http://purl.org/dc/terms/",
        "equivalentProperty": "cr:equivalentProperty",
        "examples": { "@id": "cr:examples", "@type": "@json" },
        "extract": "cr:extract",
        "field": "cr:field",
        "fileProperty": "cr:fileProperty",
        "fileObject": "cr:fileObject",
        "fileSet": "cr:fileSet",
        "format": "cr:format",
        "includes": "cr:includes",
        "isLiveDataset": "cr:isLiveDataset",
        "jsonPath": "cr:jsonPath",
        "key": "cr:key",
        "md5": "cr:md5",
        "parentField": "cr:parentField",
        "path": "cr:path",
        "recordSet": "cr:recordSet",
        "references": "cr:references",
        "regex": "cr:regex",
        "repeated": "cr:repeated",
        "replace": "cr:replace",
        "samplingRate": "cr:samplingRate",
        "sc": "https://schema.org/",
        "separator": "cr:separator",
        "source": "cr:source",
        "subField": "cr:subField",
        "transform": "cr:transform",
    })
}
