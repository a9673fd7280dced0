//! Searching: a query in, a page of hits with totals, facets and snippets out.

use std::time::Instant;

use chrono::NaiveDate;
use serde::{Serialize, Serializer};
use tantivy::collector::TopDocs;
use tantivy::query::AllQuery;
use tantivy::schema::Value as _;
use tantivy::{DocAddress, Order, Score, Searcher, TantivyDocument};

use super::facet::{Count, Facets};
use super::filter::Filter;
use super::parse::{self, Node};
use super::query::{self, Builder, Marks};
use super::row::{Change, EvidenceRow, Record};
use super::schema::TextField;
use super::snippet::{Marker, Snippet};
use super::{Error, Index, engine};

/// The most hits a page holds.
pub const MAX_LIMIT: usize = 100;
/// How far paging goes; further matches are reached by narrowing the query.
pub const MAX_OFFSET: usize = 10_000;

/// What to search for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// As a person typed it; empty means everything.
    pub text: String,
    pub filters: Vec<Filter>,
    pub sort: Sort,
    pub offset: usize,
    pub limit: usize,
    /// Whether to count facets.
    pub facets: bool,
}

impl Default for Query {
    fn default() -> Self {
        Query { text: String::new(), filters: Vec::new(), sort: Sort::Relevance, offset: 0, limit: 10, facets: true }
    }
}

/// The order of hits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Deserialize, Serialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Sort {
    /// Best match first; newest first when nothing is searched for.
    #[default]
    Relevance,
    /// Newest first, by the day the work was first public.
    Date,
}

/// A page of hits.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Results {
    pub total: u64,
    pub took_ms: f64,
    pub facets: Facets,
    pub hits: Vec<Hit>,
    /// What a person should know about how the query was read.
    pub notices: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Question,
    Passage,
}

/// One question or passage.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Hit {
    pub kind: Kind,
    /// The question's id, or the passage's row number.
    pub id: String,
    /// Weighted BM25; 0 when sorted by date.
    pub score: f32,
    pub question: Option<String>,
    pub answer: Option<String>,
    pub answer_type: Option<String>,
    pub topic: Option<String>,
    pub subjects: Vec<String>,
    pub tier: Option<&'static str>,
    pub title: String,
    pub journal: Option<String>,
    pub doi: Option<String>,
    pub pmid: Option<u64>,
    pub pmcid: Option<String>,
    pub work: i64,
    pub version: u32,
    pub source: &'static str,
    pub licence: &'static str,
    pub section: &'static str,
    pub first_public: Option<NaiveDate>,
    /// HTML: escaped text with hits in `<mark>`.
    #[serde(serialize_with = "snippet_as_html")]
    pub snippet: Snippet,
    /// The field the snippet is from.
    pub snippet_field: &'static str,
    pub evidence: Vec<EvidenceRow>,
}

fn snippet_as_html<S: Serializer>(snippet: &Snippet, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&snippet.html())
}

/// How large the index is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Stats {
    pub questions: u64,
    pub passages: u64,
    pub segments: usize,
    pub bytes: u64,
}

impl Index {
    /// The page that `query` asks for. Whatever the text is, the answer is a page; see [`Results::notices`].
    ///
    /// # Errors
    /// Only when the index itself is not readable.
    pub fn search(&self, query: &Query) -> Result<Results, Error> {
        let start = Instant::now();
        let searcher = self.reader.searcher();
        let (tree, mut notices) = parse::parse(&query.text);
        let limit = query.limit.min(MAX_LIMIT);
        let offset = query.offset.min(MAX_OFFSET);
        if limit < query.limit || offset < query.offset {
            notices.push(format!("a page holds at most {MAX_LIMIT} hits and starts at {MAX_OFFSET} at most"));
        }

        let mut asked = self.asked(tree.as_ref(), query, &mut notices);
        let page = |asked: &Asked| self.page(&searcher, asked, query, offset, limit);
        let (mut total, mut facets, mut found) = page(&asked)?;
        if total == 0
            && let Some(Node::All(parts)) = &tree
            && let Some(any) = any_of(parts)
        {
            let wider = self.asked(Some(&any), query, &mut Vec::new());
            let (wider_total, wider_facets, wider_found) = page(&wider)?;
            if wider_total > 0 {
                notices.push("nothing holds all of these words: these hits hold some of them".to_owned());
                (asked, total, facets, found) = (wider, wider_total, wider_facets, wider_found);
            }
        }

        let mut marker = Marker::new(asked.marks);
        let mut hits = Vec::with_capacity(found.len());
        for (score, address) in found {
            hits.push(hit(self.record(&searcher, address)?, score, &mut marker));
        }
        let took_ms = (start.elapsed().as_secs_f64() * 1e5).round() / 100.0;
        Ok(Results { total, took_ms, facets, hits, notices })
    }

    /// Counts and sizes as of the last commit.
    ///
    /// # Errors
    /// When the index is not readable.
    pub fn stats(&self) -> Result<Stats, Error> {
        let searcher = self.reader.searcher();
        let count = |kind: &str| {
            let filter = Filter::new("kind", kind).map(|filter| filter.to_query(&self.fields));
            let query = filter.unwrap_or_else(|_| query::nothing());
            let (total, _) =
                searcher.search(&*query, &Count { facets: None }).map_err(engine("cannot search the index"))?;
            Ok::<u64, Error>(total)
        };
        let bytes = searcher.space_usage().map_err(|error| engine("cannot measure the index")(error.into()))?;
        Ok(Stats {
            questions: count("question")?,
            passages: count("passage")?,
            segments: searcher.segment_readers().len(),
            bytes: bytes.total().get_bytes(),
        })
    }

    /// Hands out everything the index holds as of the last commit, in no order, as the steps that would put it in.
    ///
    /// # Errors
    /// When a record is not readable.
    pub fn each(&self, visit: &mut dyn FnMut(Change)) -> Result<(), Error> {
        let searcher = self.reader.searcher();
        for (segment, reader) in searcher.segment_readers().iter().enumerate() {
            for doc in reader.doc_ids_alive() {
                let address = DocAddress::new(u32::try_from(segment).unwrap_or(u32::MAX), doc);
                visit(match self.record(&searcher, address)? {
                    Record::Question(row) => Change::PutQuestion(row),
                    Record::Passage(row) => Change::PutPassage(row),
                });
            }
        }
        Ok(())
    }

    fn asked(&self, tree: Option<&Node>, query: &Query, notices: &mut Vec<String>) -> Asked {
        let mut builder = Builder::new(&self.fields);
        let terms = tree.and_then(|tree| builder.terms(tree));
        let any_of_terms = terms.is_some() && query.filters.is_empty();
        let built = match terms {
            Some(terms) => Some(query::boolean(terms)),
            None => tree.and_then(|tree| builder.build(tree)),
        };
        if tree.is_some() && built.is_none() {
            notices.push(if builder.skipped_common {
                "the query holds only common words: everything is shown".to_owned()
            } else {
                "the query holds no word: everything is shown".to_owned()
            });
        }
        let searches_words = built.is_some();
        let text_query = built.unwrap_or_else(|| Box::new(AllQuery));
        let query = query::filtered(text_query, &query.filters, &self.fields);
        Asked { query, marks: builder.marks, searches_words, any_of_terms }
    }

    /// The number of matches, their facets, and the page of them that `query` asks for.
    fn page(
        &self,
        searcher: &Searcher,
        asked: &Asked,
        query: &Query,
        offset: usize,
        limit: usize,
    ) -> Result<Page, Error> {
        let fault = engine("cannot search the index");
        let count = Count { facets: query.facets.then_some(&self.kept) };
        if limit == 0 {
            let (total, facets) = searcher.search(&*asked.query, &count).map_err(fault)?;
            return Ok((total, facets, Vec::new()));
        }
        if !asked.searches_words && query.filters.is_empty() {
            let all = self.kept.everything(searcher, query.facets, offset, limit).map_err(fault)?;
            return Ok((all.0, all.1, all.2.into_iter().map(|address| (0.0, address)).collect()));
        }
        let top = TopDocs::with_limit(limit).and_offset(offset);
        if query.sort == Sort::Date || !asked.searches_words {
            let newest = top.order_by_fast_field::<i64>("first_public", Order::Desc);
            let ((total, facets), dated) = searcher.search(&*asked.query, &(count, newest)).map_err(fault)?;
            return Ok((total, facets, dated.into_iter().map(|(_, address)| (0.0, address)).collect()));
        }
        let best = top.order_by_score();
        if asked.any_of_terms {
            // Counting needs no scores, and the best are found without looking at every match.
            let (total, facets) = searcher.search(&*asked.query, &count).map_err(&fault)?;
            let found = searcher.search(&*asked.query, &best).map_err(fault)?;
            return Ok((total, facets, found));
        }
        let ((total, facets), found) = searcher.search(&*asked.query, &(count, best)).map_err(fault)?;
        Ok((total, facets, found))
    }

    fn record(&self, searcher: &Searcher, address: DocAddress) -> Result<Record, Error> {
        let document: TantivyDocument = searcher.doc(address).map_err(engine("cannot read a record of the index"))?;
        let bytes = document.get_first(self.fields.record).and_then(|value| value.as_bytes()).unwrap_or_default();
        Ok(serde_json::from_slice(bytes)?)
    }
}

/// The number of matches, their facets, and some of them with their scores.
type Page = (u64, Facets, Vec<(Score, DocAddress)>);

/// A query as the engine takes it.
struct Asked {
    query: Box<dyn tantivy::query::Query>,
    marks: Marks,
    /// Whether there is anything to rank by.
    searches_words: bool,
    /// Whether it matches where any of its terms does, so that the engine can skip what scores low.
    any_of_terms: bool,
}

/// The same parts with one of the words enough; `None` when there is nothing to loosen.
fn any_of(parts: &[Node]) -> Option<Node> {
    let is_word = |node: &Node| matches!(node, Node::Words(..) | Node::Phrase(..) | Node::Prefix(..) | Node::Any(_));
    let (words, others): (Vec<Node>, Vec<Node>) = parts.iter().cloned().partition(is_word);
    if words.len() < 2 {
        return None;
    }
    let mut all = vec![Node::Any(words)];
    all.extend(others);
    Some(Node::All(all))
}

fn hit(record: Record, score: f32, marker: &mut Marker) -> Hit {
    let work = record.work().clone();
    let (kind, id, snippet) = match &record {
        Record::Question(row) => {
            let quotes: Vec<&str> = row.evidence.iter().map(|evidence| evidence.quote.as_str()).collect();
            let mut texts: Vec<(&'static str, TextField, &str)> =
                quotes.iter().map(|quote| ("evidence", TextField::Body, *quote)).collect();
            texts.push(("question", TextField::Question, &row.question));
            texts.push(("answer", TextField::Answer, &row.answer));
            texts.push(("title", TextField::Title, &work.title));
            (Kind::Question, row.id.clone(), marker.snippet(&texts))
        }
        Record::Passage(row) => {
            let texts = [("text", TextField::Body, row.text.as_str()), ("title", TextField::Title, &work.title)];
            (Kind::Passage, row.id.to_string(), marker.snippet(&texts))
        }
    };
    let section = match &record {
        Record::Question(row) => row.section,
        Record::Passage(row) => row.section,
    };
    let question = match record {
        Record::Question(row) => Some(row),
        Record::Passage(_) => None,
    };
    let (text, answer, answer_type, tier, evidence) = match question {
        Some(row) => {
            (Some(row.question), Some(row.answer), Some(row.answer_type), Some(row.tier.as_str()), row.evidence)
        }
        None => (None, None, None, None, Vec::new()),
    };
    Hit {
        kind,
        id,
        score,
        question: text,
        answer,
        answer_type,
        topic: work.topic,
        subjects: work.subjects,
        tier,
        title: work.title,
        journal: work.journal,
        doi: work.doi,
        pmid: work.pmid,
        pmcid: work.pmcid,
        work: work.work,
        version: work.version,
        source: work.source.as_str(),
        licence: work.licence.as_str(),
        section: section.as_str(),
        first_public: work.first_public,
        snippet_field: snippet.field,
        snippet,
        evidence,
    }
}

#[cfg(test)]
mod tests {
    use super::super::row::sample;
    use super::*;

    fn index(questions: &[(&str, &str, &str)]) -> Index {
        let index = Index::in_memory().unwrap();
        let rows = questions.iter().enumerate().map(|(at, (question, answer, quote))| {
            Change::PutQuestion(sample::question(&at.to_string(), question, answer, quote))
        });
        index.apply(rows, 1).unwrap();
        index
    }

    fn search(index: &Index, text: &str) -> Results {
        index.search(&Query { text: text.to_owned(), ..Query::default() }).unwrap()
    }

    /// The ids that `text` finds, in order of number.
    fn found(index: &Index, text: &str) -> Vec<String> {
        let mut ids: Vec<String> = search(index, text).hits.into_iter().map(|hit| hit.id).collect();
        ids.sort();
        ids
    }

    #[test]
    fn spellings_of_a_name_meet_and_different_names_do_not() {
        let index = index(&[
            ("Does IL-1 rise?", "yes", "q"),
            ("Does IL-10 rise?", "yes", "q"),
            ("Does IL10 fall?", "no", "q"),
            ("Is TNF-α made by CD4+ cells?", "yes", "q"),
            ("Is TNFα made by CD4− cells?", "yes", "q"),
            ("Is TNF-alpha toxic?", "yes", "q"),
            ("Is tumor necrosis factor TNF alpha toxic?", "yes", "q"),
            ("Which NF-κB subunit binds p53 in C. elegans?", "p65", "q"),
            ("Which NF-kB subunit binds P63 in Caenorhabditis elegans?", "p65", "q"),
        ]);
        for (text, ids) in [
            ("IL-1", vec!["0"]),
            ("il-10", vec!["1", "2"]),
            ("IL10", vec!["1", "2"]),
            ("IL 10", vec!["1", "2"]),
            ("TNF-α", vec!["3", "4", "5", "6"]),
            ("TNFα", vec!["3", "4", "5", "6"]),
            ("tnf-alpha", vec!["3", "4", "5", "6"]),
            ("tnf alpha", vec!["3", "4", "5", "6"]),
            ("CD4+", vec!["3"]),
            ("CD4-", vec!["4"]),
            ("cd4", vec!["3", "4"]),
            ("NF-κB", vec!["7", "8"]),
            ("nf-kb", vec!["7", "8"]),
            ("P53", vec!["7"]),
            ("C. elegans", vec!["7", "8"]),
            ("subunits binding", vec!["7", "8"]),
        ] {
            assert_eq!(found(&index, text), ids, "{text}");
        }
        assert_eq!(search(&index, "C. elegans").hits[0].id, "7");
    }

    #[test]
    fn phrases_booleans_fields_and_prefixes() {
        let index = index(&[
            ("Which kinase phosphorylates tau?", "GSK3", "GSK3 phosphorylates tau in neurons"),
            ("Which protein binds the kinase?", "tau", "heat shock protein binds"),
            ("What shock follows heat?", "none", "neurons of shock and heat"),
        ]);
        for (text, ids) in [
            ("\"heat shock\"", vec!["1"]),
            ("\"shock heat\"~1", vec!["2"]),
            ("kinase tau", vec!["0", "1"]),
            ("kinase -binds", vec!["0"]),
            ("kinase NOT binds", vec!["0"]),
            ("GSK3 OR none", vec!["0", "2"]),
            ("answer:tau", vec!["1"]),
            ("question:(tau OR heat)", vec!["0", "2"]),
            ("evidence:neurons", vec!["0", "2"]),
            ("text:neurons", vec![]),
            ("phosphorylat*", vec!["0"]),
            ("neur* -tau", vec!["2"]),
            ("doi:10.1101/2024.1", vec!["0", "1", "2"]),
            ("10.1101/2024.1", vec!["0", "1", "2"]),
            ("pmid:1001 tau", vec!["0", "1"]),
            ("pmid:77", vec![]),
            ("-tau", vec!["2"]),
            ("journal:biorxiv heat", vec!["1", "2"]),
            ("the", vec!["0", "1", "2"]),
        ] {
            assert_eq!(found(&index, text), ids, "{text}");
        }
    }

    #[test]
    fn a_question_outranks_its_answer_title_and_evidence() {
        let index = index(&[
            ("swim speed", "x", "zebrafish run"),
            ("swim speed", "zebrafish", "mice run"),
            ("zebrafish speed", "x", "mice run"),
        ]);
        let scored: Vec<(String, f32)> =
            search(&index, "zebrafish").hits.into_iter().map(|hit| (hit.id, hit.score)).collect();
        let ids: Vec<&str> = scored.iter().map(|(id, _)| id.as_str()).collect();
        assert_eq!(ids, ["2", "1", "0"], "{scored:?}");
    }

    #[test]
    fn words_that_never_meet_are_loosened_with_a_notice() {
        let index = index(&[("heart rate", "x", "q"), ("liver mass", "x", "q")]);
        let results = search(&index, "heart liver");
        assert_eq!(results.total, 2);
        assert!(results.notices[0].contains("some of them"), "{:?}", results.notices);
    }

    #[test]
    fn filters_narrow_and_facets_count() {
        let index = index(&[("heart rate", "x", "q"), ("heart mass", "x", "q")]);
        index.apply([Change::PutPassage(sample::passage(5, "the heart of mice"))], 2).unwrap();
        let narrowed = |filters: &[&str]| {
            let filters = filters.iter().map(|filter| filter.parse().unwrap()).collect();
            index.search(&Query { text: "heart".into(), filters, ..Query::default() }).unwrap()
        };
        let all = narrowed(&[]);
        let facet = |name: &str| -> Vec<(String, u64)> {
            all.facets[name].iter().map(|count| (count.value.clone(), count.count)).collect()
        };
        assert_eq!(facet("kind"), [("question".into(), 2), ("passage".into(), 1)]);
        assert_eq!(facet("topic"), [("immunology".into(), 3)]);
        assert_eq!(facet("subject"), [("cell biology".into(), 3), ("immunology".into(), 3)]);
        assert_eq!(facet("section"), [("results".into(), 2), ("methods".into(), 1)]);
        assert_eq!(facet("year"), [("2024".into(), 3)]);
        assert_eq!(facet("tier"), [("grounded".into(), 2)]);
        for (filters, total) in [
            (vec!["kind:question"], 2),
            (vec!["kind:question", "kind:passage"], 3),
            (vec!["kind:question", "section:methods"], 0),
            (vec!["licence:cc-by", "topic:IMMUNOLOGY", "source:biorxiv"], 3),
            (vec!["answer_type:term", "tier:grounded"], 2),
            (vec!["first_public:[2024-02-01 TO 2024-02-28]"], 2),
            (vec!["since:2024-03"], 1),
            (vec!["until:2023"], 0),
        ] {
            assert_eq!(narrowed(&filters).total, total, "{filters:?}");
        }
    }

    #[test]
    fn pages_by_date_are_newest_first_and_bounded() {
        let index = Index::in_memory().unwrap();
        let rows = (0..5).map(|id| {
            let mut row = sample::question(&id.to_string(), "heart", "x", "q");
            row.work = std::sync::Arc::new(sample::work(id, "title"));
            Change::PutQuestion(row)
        });
        index.apply(rows, 1).unwrap();
        let page = |offset, limit| {
            let query = Query { text: "heart".into(), sort: Sort::Date, offset, limit, ..Query::default() };
            let results = index.search(&query).unwrap();
            (results.total, results.hits.into_iter().map(|hit| hit.id).collect::<Vec<_>>())
        };
        assert_eq!(page(0, 2), (5, vec!["4".to_owned(), "3".to_owned()]));
        assert_eq!(page(4, 2), (5, vec!["0".to_owned()]));
        assert_eq!(page(90_000, 9_000).1, Vec::<String>::new());
        assert_eq!(page(0, 0).0, 5);
    }

    #[test]
    fn snippets_mark_the_hit_where_it_is_and_escape() {
        let quote = format!("{} TNF-α levels < 5 & rose <b>fast</b> {}", "word ".repeat(80), "tail ".repeat(80));
        let index = index(&[("heart rate", "x", &quote)]);
        let hit = &search(&index, "TNF-alpha level").hits[0];
        assert_eq!(hit.snippet_field, "evidence");
        let html = hit.snippet.html();
        assert!(
            html.contains("<mark>TNF-α</mark> <mark>levels</mark> &lt; 5 &amp; rose &lt;b&gt;fast&lt;/b&gt;"),
            "{html}"
        );
        assert!(html.starts_with('…') && html.ends_with('…') && html.chars().count() < 450, "{html}");
        let hit = &search(&index, "heart").hits[0];
        assert_eq!((hit.snippet_field, hit.snippet.html().as_str()), ("question", "<mark>heart</mark> rate"));
        let hit = &search(&index, "\"fast b\"").hits[0];
        assert!(hit.snippet.html().contains("<mark>fast&lt;/b</mark>"), "{}", hit.snippet.html());
        let json = serde_json::to_value(hit).unwrap();
        for name in [
            "id",
            "score",
            "question",
            "answer",
            "topic",
            "tier",
            "title",
            "doi",
            "first_public",
            "snippet",
            "evidence",
        ] {
            assert!(!json[name].is_null(), "{name}");
        }
        assert_eq!(json["evidence"][0]["quote"], quote);
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig::with_cases(40))]
        #[test]
        fn any_text_is_answered(text in "[\\PC\"():*~+ -]{0,80}") {
            let index = index(&[("Which NF-κB subunit binds p53?", "p65", "β-actin was a control")]);
            search(&index, &text);
        }
    }
}
