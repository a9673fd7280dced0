//! The simulated archives over loopback HTTP, trap by trap.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;

use aludel::clock::Clock;
use aludel::model::delivery::SourceName;
use aludel::simulate::{Config, Error, FaultPlan, Handle, PublishedState, Simulator};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;

mod fault;

const LOOPBACK: &str = "127.0.0.1:0";

struct Archives {
    handle: Handle,
    clock: Clock,
    client: reqwest::Client,
}

async fn start(config: Config, days_in: i64) -> Archives {
    // Another test of this binary may have installed it.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let clock = Clock::stepped(config.from.and_hms_opt(23, 30, 0).unwrap().and_utc() + TimeDelta::days(days_in));
    let handle = Simulator::start(config, clock.clone(), LOOPBACK.parse().unwrap()).await.unwrap();
    let client = reqwest::Client::builder().no_gzip().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    Archives { handle, clock, client }
}

impl Archives {
    async fn get(&self, url: &str) -> reqwest::Response {
        self.client.get(url).send().await.unwrap()
    }

    async fn text(&self, url: &str) -> String {
        self.get(url).await.text().await.unwrap()
    }

    async fn json(&self, url: &str) -> Value {
        let text = self.text(url).await;
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
    }

    fn faults(&self, plan: &str) {
        self.handle.set_faults(FaultPlan::parse(plan).unwrap());
    }

    /// Every row of a range, stepping by rows received.
    async fn rows(&self, api: &str, range: &str) -> Vec<Value> {
        let mut rows: Vec<Value> = Vec::new();
        loop {
            let page = self.json(&format!("{api}/details/{range}/{}/json", rows.len())).await;
            let page = page["collection"].as_array().unwrap().clone();
            if page.is_empty() {
                return rows;
            }
            rows.extend(page);
        }
    }

    fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }
}

fn day(archives: &Archives, offset: i64) -> String {
    (archives.now().date_naive() + TimeDelta::days(offset)).to_string()
}

#[tokio::test]
async fn pages_are_thirty_rows_and_add_up_to_what_was_published() {
    let archives = start(Config::default(), 20).await;
    let api = archives.handle.base_urls().biorxiv;
    let (from, to) = (day(&archives, -9), day(&archives, 0));
    let first = archives.json(&format!("{api}/details/biorxiv/{from}/{to}/0/json")).await;
    let message = &first["messages"][0];
    assert_eq!((message["count"].as_u64(), message["cursor"].as_u64()), (Some(30), Some(0)));
    let total: usize = message["total"].as_str().expect("total is a string").parse().unwrap();
    assert!(message["count_new_papers"].is_string());
    let rows = archives.rows(&api, &format!("biorxiv/{from}/{to}")).await;
    assert_eq!(rows.len(), total);
    let listed: BTreeSet<(String, String)> = rows
        .iter()
        .map(|r| (r["doi"].as_str().unwrap().to_owned(), r["version"].as_str().unwrap().to_owned()))
        .collect();
    let published: BTreeSet<(String, String)> = archives
        .handle
        .published(archives.now())
        .into_iter()
        .filter(|r| r.source == SourceName::Biorxiv && r.date.to_string() >= from && r.date.to_string() <= to)
        .map(|r| (r.key, r.version.to_string()))
        .collect();
    assert_eq!(listed, published);
    let dates: Vec<&str> = rows.iter().map(|r| r["date"].as_str().unwrap()).collect();
    assert!(dates.is_sorted(), "oldest first");
    // The first step that the help page suggests skips rows: that is the trap.
    let second = archives.json(&format!("{api}/details/biorxiv/{from}/{to}/30/json")).await;
    assert!(second["messages"][0]["cursor"].is_string());
}

#[tokio::test]
async fn the_medrxiv_host_serves_a_hundred_rows_and_ignores_categories() {
    let archives = start(Config { biorxiv_per_day: 60.0, ..Config::default() }, 20).await;
    let urls = archives.handle.base_urls();
    let range = format!("details/biorxiv/{}/{}/0/json?category=ecology", day(&archives, -9), day(&archives, 0));
    let here = archives.json(&format!("{}/{range}", urls.biorxiv)).await;
    assert_eq!(here["messages"][0]["category"], "ecology");
    assert!(here["collection"].as_array().unwrap().iter().all(|row| row["category"] == "ecology"));
    let there = archives.json(&format!("{}/{range}", urls.medrxiv)).await;
    assert_eq!(there["messages"][0]["category"], "all");
    assert_eq!(there["messages"][0]["count"], 100);
    let unknown = archives.json(&format!("{}/{}", urls.biorxiv, range.replace("ecology", "vascular_medicine"))).await;
    assert_eq!(unknown["messages"][0]["category"], "all");
}

#[tokio::test]
async fn empty_wide_and_unknown_requests_are_all_200() {
    let archives = start(Config::default(), 5).await;
    let api = archives.handle.base_urls().biorxiv;
    let today = day(&archives, 0);
    for (path, status) in [
        ("details/biorxiv/1999-01-01/1999-01-02/0/json".to_owned(), "no posts found"),
        (format!("details/biorxiv/{today}/{today}/100000/json"), "no posts found"),
        (format!("details/biorxiv/{today}/{today}/1e+05/json"), "no posts found"),
        ("details/biorxiv/10.1101/nosuch/na/json".to_owned(), "no posts found"),
        (format!("details/arxiv/{today}/{today}/0/json"), "Server not recognized"),
    ] {
        let reply = archives.json(&format!("{api}/{path}")).await;
        assert_eq!(reply["messages"][0]["status"], status, "{path}");
        assert_eq!(reply["collection"].as_array().map(Vec::len), Some(0));
    }
    let wide = archives.get(&format!("{api}/details/biorxiv/2013-01-01/{today}/0/json")).await;
    assert_eq!((wide.status().as_u16(), wide.bytes().await.unwrap().len()), (200, 0));
}

#[tokio::test]
async fn a_day_grows_and_links_and_withdrawals_come_later() {
    let archives = start(Config::default(), 0).await;
    let api = archives.handle.base_urls().biorxiv;
    archives.clock.advance_to(archives.now() + TimeDelta::hours(15));
    let today = day(&archives, 0);
    let range = format!("biorxiv/{today}/{today}");
    let noon = archives.rows(&api, &range).await.len();
    archives.clock.advance_to(archives.now() + TimeDelta::hours(9));
    assert!(archives.rows(&api, &range).await.len() > noon);

    let end = archives.now() + TimeDelta::days(100);
    let all = archives.handle.published(end);
    let linked =
        all.iter().find(|r| r.published_as.is_some() && r.version == 1 && r.changed_at > archives.now()).unwrap();
    let details = format!("{api}/details/{}/{}/na/json", linked.source, linked.key);
    archives.clock.advance_to(linked.changed_at - TimeDelta::seconds(1));
    let before = archives.json(&details).await;
    archives.clock.advance_to(linked.changed_at + TimeDelta::seconds(1));
    let after = archives.json(&details).await;
    assert_eq!(before["collection"][0]["published"], "NA");
    assert_eq!(after["collection"][0]["published"].as_str(), linked.published_as.as_deref());

    archives.clock.advance_to(end);
    let withdrawn =
        all.iter().filter(|r| r.state == PublishedState::Withdrawn).max_by_key(|r| (r.source, r.version)).unwrap();
    let rows = archives.json(&format!("{api}/details/{}/{}/na/json", withdrawn.source, withdrawn.key)).await;
    let last = rows["collection"].as_array().unwrap().last().unwrap().clone();
    assert!(last["title"].as_str().unwrap().starts_with("Withdrawn: "));
    assert!(last["type"].as_str().unwrap().eq_ignore_ascii_case("withdrawn"));
}

#[tokio::test]
async fn pubs_list_links_by_day_and_by_journal_doi() {
    let archives = start(Config::default(), 60).await;
    let api = archives.handle.base_urls().biorxiv;
    let reply = archives.json(&format!("{api}/pubs/biorxiv/{}/{}/0", day(&archives, -30), day(&archives, 0))).await;
    let rows = reply["collection"].as_array().unwrap();
    let row = rows.iter().find(|row| row["preprint_doi"].as_str().unwrap().starts_with("10.64898/")).unwrap();
    let (preprint, journal) = (row["preprint_doi"].as_str().unwrap(), row["published_doi"].as_str().unwrap());
    let (registrant, suffix) = journal.split_once('/').unwrap();
    let by_journal =
        archives.json(&format!("{api}/pubs/biorxiv/{registrant}/{}/na/json", suffix.replace('/', "%252F"))).await;
    assert_eq!(by_journal["collection"][0]["preprint_doi"], preprint);
    let by_preprint = archives.json(&format!("{api}/pubs/biorxiv/{preprint}/na/json")).await;
    assert_eq!(by_preprint["collection"].as_array().map(Vec::len), Some(0), "the new prefix never resolves");
}

/// Reads every event; quick-xml accepts a truncated file, so the elements are balanced here.
fn well_formed(xml: &str) {
    let mut reader = quick_xml::Reader::from_str(xml);
    reader.config_mut().check_end_names = true;
    let mut open = 0i32;
    let mut roots = 0;
    loop {
        match reader.read_event().unwrap_or_else(|error| panic!("{error} at {}", reader.buffer_position())) {
            quick_xml::events::Event::Start(_) => {
                roots += i32::from(open == 0);
                open += 1;
            }
            quick_xml::events::Event::End(_) => open -= 1,
            quick_xml::events::Event::Eof => break,
            _ => {}
        }
    }
    assert_eq!((open, roots), (0, 1));
}

#[tokio::test]
async fn full_text_is_well_formed_jats_behind_the_row_s_address() {
    let archives = start(Config::default(), 10).await;
    let urls = archives.handle.base_urls();
    let mut withdrawn = 0;
    for (api, server) in [(&urls.biorxiv, "biorxiv"), (&urls.medrxiv, "medrxiv")] {
        let rows = archives.rows(api, &format!("{server}/{}/{}", day(&archives, -20), day(&archives, 0))).await;
        assert!(rows.iter().any(|row| row["jatsxml"] == ""));
        for row in &rows {
            withdrawn += u32::from(row["title"].as_str().unwrap().starts_with("Withdrawn"));
            let Some(url) = row["jatsxml"].as_str().filter(|url| !url.is_empty()) else { continue };
            let xml = archives.text(url).await;
            well_formed(&xml);
            assert!(xml.contains(row["doi"].as_str().unwrap()) && xml.contains("sec-type=\"results\""));
        }
    }
    assert!(withdrawn > 0);
}

#[tokio::test]
async fn the_feed_holds_the_newest_thirty() {
    let archives = start(Config::default(), 10).await;
    let url = format!("{}/biorxiv_xml.php?subject=all", archives.handle.base_urls().biorxiv_rss);
    let text = archives.text(&url).await;
    assert_eq!(text.matches("<item ").count(), 30);
    let feed = feed_rs::parser::parse(text.as_bytes()).unwrap();
    assert!(feed.entries[0].id.contains("?rss=1") || feed.entries[0].links[0].href.contains("?rss=1"));
    let none = archives.text(&url.replace("=all", "=nosuch")).await;
    assert_eq!(none.matches("<item ").count(), 0);
    let two = archives.text(&url.replace("=all", "=ecology+neuroscience")).await;
    assert!(two.contains("<item "));
}

#[tokio::test]
async fn searches_by_day_and_fetches_what_they_name() {
    let archives = start(Config { retraction_share: 0.1, ..Config::default() }, 20).await;
    let e = archives.handle.base_urls().pubmed;
    let mut found: BTreeSet<String> = BTreeSet::new();
    for back in 0..20 {
        let date = day(&archives, -back).replace('-', "/");
        let url = format!(
            "{e}/esearch.fcgi?db=pubmed&term=all%5Bsb%5D&retmode=json&datetype=edat&mindate={date}&maxdate={date}&retmax=9999"
        );
        let reply = archives.json(&url).await;
        let ids = reply["esearchresult"]["idlist"].as_array().unwrap();
        assert_eq!(reply["esearchresult"]["count"].as_str().unwrap(), ids.len().to_string());
        found.extend(ids.iter().map(|id| id.as_str().unwrap().to_owned()));
    }
    let from = (archives.now() - TimeDelta::days(19)).date_naive();
    let published: BTreeMap<String, PublishedState> = archives
        .handle
        .published(archives.now())
        .into_iter()
        .filter(|r| r.source == SourceName::Pubmed && r.date >= from && r.state != PublishedState::Deleted)
        .map(|r| (r.key, r.state))
        .collect();
    assert_eq!(found, published.keys().cloned().collect());
    let ids: Vec<&str> = found.iter().map(String::as_str).collect();
    let mut retracted = 0;
    for chunk in ids.chunks(100) {
        let form = [("db", "pubmed"), ("retmode", "xml"), ("id", &chunk.join(","))];
        let xml =
            archives.client.post(format!("{e}/efetch.fcgi")).form(&form).send().await.unwrap().text().await.unwrap();
        well_formed(&xml);
        let records = xml.matches("<PubmedArticle>").count() + xml.matches("<PubmedBookArticle>").count();
        assert_eq!(records, chunk.len());
        retracted += xml.matches("D016441").count();
    }
    assert_eq!(retracted, published.values().filter(|s| **s == PublishedState::Retracted).count());
    assert!(retracted > 0);
}

#[tokio::test]
async fn search_limits_history_and_missing_records() {
    let archives = start(Config { pubmed_per_day: 900.0, ..Config::default() }, 10).await;
    let e = archives.handle.base_urls().pubmed;
    let all = format!("{e}/esearch.fcgi?db=pubmed&term=all&retmode=json&usehistory=y");
    let reply = archives.json(&format!("{all}&retmax=50000")).await;
    let result = &reply["esearchresult"];
    assert_eq!(result["idlist"].as_array().map(Vec::len), Some(9999));
    assert!(result["warninglist"]["outputmessages"][0].as_str().unwrap().starts_with("Restrictions achieved"));
    assert!(result["count"].as_str().unwrap().parse::<u32>().unwrap() > 9999);
    let beyond = archives.get(&format!("{all}&retstart=9999")).await;
    assert_eq!(beyond.status(), 200);
    assert!(beyond.text().await.unwrap().contains("cannot be larger than 9998"));
    let environment = result["webenv"].as_str().unwrap();
    let page = format!("{e}/efetch.fcgi?db=pubmed&retmode=xml&query_key=1&WebEnv=");
    let xml = archives.text(&format!("{page}{environment}&retstart=10000&retmax=5")).await;
    assert_eq!(
        xml.matches("<MedlineCitation ").count() + xml.matches("<BookDocument>").count(),
        5,
        "a history goes beyond"
    );
    assert!(archives.text(&format!("{page}MCID_expired")).await.contains("<ERROR>Unable to obtain query #1</ERROR>"));
    let none = archives.json(&format!("{all}&datetype=edat&mindate=1990&maxdate=1991")).await;
    assert_eq!(none["esearchresult"]["warninglist"]["outputmessages"][0], "No items found.");
    let absent = archives.text(&format!("{e}/efetch.fcgi?db=pubmed&id=1,2&retmode=xml")).await;
    assert!(!absent.contains("<PubmedArticle>"));
    let deleted =
        archives.handle.published(archives.now()).into_iter().find(|r| r.state == PublishedState::Deleted).unwrap();
    let gone = archives.text(&format!("{e}/efetch.fcgi?db=pubmed&id={}&retmode=xml", deleted.key)).await;
    assert!(gone.contains("<DeleteCitation>") && gone.contains(&deleted.key) && !gone.contains("<PubmedArticle>"));
}

#[tokio::test]
async fn its_own_pages_and_its_refusals() {
    let archives = start(Config::default(), 3).await;
    let origin = format!("http://{}", archives.handle.addr());
    let reply = archives.client.post(format!("{origin}/faults")).body("gzip=0.5").send().await.unwrap();
    assert_eq!(reply.status(), 200);
    assert_eq!(archives.json(&format!("{origin}/faults")).await["rules"][0]["fault"], "gzip");
    let bad = archives.client.post(format!("{origin}/faults")).body("nosuch").send().await.unwrap();
    assert_eq!(bad.status(), 400);
    assert_eq!(
        archives.json(&format!("{origin}/faults")).await["rules"][0]["fault"],
        "gzip",
        "a bad plan changes nothing"
    );
    assert!(archives.json(&format!("{origin}/clock")).await["now"].is_string());
    let lines = archives.text(&format!("{origin}/published?until=2026-01-06T00:00:00Z")).await;
    let until = "2026-01-06T00:00:00Z".parse().unwrap();
    assert_eq!(lines.lines().count(), archives.handle.published(until).len());
    let wide: SocketAddr = "0.0.0.0:0".parse().unwrap();
    let refused = Simulator::start(Config::default(), Clock::system(), wide).await;
    assert!(matches!(refused, Err(Error::NotLoopback(_))));
    let taken = Simulator::start(Config::default(), Clock::system(), archives.handle.addr()).await;
    assert!(matches!(taken, Err(Error::Listen { .. })));
    archives.handle.shutdown().await;
}

#[tokio::test]
async fn a_folder_of_files_is_served_as_archives() {
    let folder = tempfile::tempdir().unwrap();
    let written = aludel::simulate::files::write(folder.path(), 12, &Config::default()).unwrap();
    assert_eq!(written.len(), 14);
    for path in &written {
        well_formed(&std::fs::read_to_string(path).unwrap());
    }
    let archives = start(Config { folder: Some(folder.path().to_owned()), ..Config::default() }, 31).await;
    let urls = archives.handle.base_urls();
    let rows = archives.rows(&urls.biorxiv, &format!("biorxiv/{}/{}", day(&archives, -70), day(&archives, 0))).await;
    assert_eq!(rows.len(), 12);
    let xml = archives.text(rows[0]["jatsxml"].as_str().unwrap()).await;
    assert!(written.iter().any(|path| std::fs::read_to_string(path).unwrap() == xml));
    let search = archives.json(&format!("{}/esearch.fcgi?db=pubmed&term=all&retmode=json", urls.pubmed)).await;
    let id = search["esearchresult"]["idlist"][0].as_str().unwrap();
    let record = archives.text(&format!("{}/efetch.fcgi?db=pubmed&id={id}", urls.pubmed)).await;
    well_formed(&record);
    assert!(record.contains(&format!(">{id}</PMID>")));
    let empty = tempfile::tempdir().unwrap();
    let config = Config { folder: Some(empty.path().to_owned()), ..Config::default() };
    let refused = Simulator::start(config, Clock::system(), LOOPBACK.parse().unwrap()).await;
    assert!(matches!(refused, Err(Error::EmptyFolder(_))));
}

#[test]
fn invented_files_are_read_without_issues() {
    let folder = tempfile::tempdir().unwrap();
    let paths = aludel::simulate::files::write(folder.path(), 40, &Config::default()).unwrap();
    let limits = aludel::document::Limits::default();
    let (mut full_texts, mut records) = (0, 0);
    for path in paths {
        let name = path.display().to_string();
        let parsed = aludel::document::parse(&std::fs::read(&path).unwrap(), &name, &limits).unwrap();
        for (document, issues) in parsed.records {
            assert!(issues.is_empty(), "{name}: {issues:?}");
            assert!(!document.title.is_empty() && document.ids.key().is_some(), "{name}");
            if name.contains("pubmed-") {
                records += 1;
                continue;
            }
            full_texts += 1;
            let level = document.content_level();
            assert_eq!(level, aludel::model::document::ContentLevel::FullText, "{name}");
            assert_eq!((document.sections.len(), document.tables.len()), (4, 1), "{name}");
            assert!(!document.figures.is_empty() && !document.abstract_passages.is_empty());
            let passages = document.passages();
            assert!(
                passages.iter().all(|passage| !passage.text.contains(['{', '<', '[']) || passage.text.contains("< 0.")),
                "{name}"
            );
        }
    }
    assert_eq!(full_texts, 40);
    assert!(records >= 35, "{records}");
}
