//! Faults on request, and limits.

use aludel::model::delivery::SourceName;
use aludel::simulate::{Config, PublishedState};
use serde_json::Value;

use super::{day, start};

#[tokio::test]
async fn every_fault_looks_as_it_should() {
    let archives = start(Config { slow_body_ms: 80, ..Config::default() }, 10).await;
    let urls = archives.handle.base_urls();
    let today = day(&archives, 0);
    let details = format!("{}/details/biorxiv/{}/{today}/0/json", urls.biorxiv, day(&archives, -3));
    let clean = archives.text(&details).await;
    for (fault, status, want) in [
        ("empty200", 200, ""),
        ("text2002", 200, "Error : (2002) Connection refused"),
        ("html200", 200, "<!DOCTYPE html>"),
        ("too_many", 429, "Too Many"),
        ("too_many_bare", 429, "Too Many"),
        ("false_empty", 200, "{\"messages\":[{\"status\":\"no posts found\"}]"),
        ("server_error", 500, "<!DOCTYPE"),
        ("unavailable", 503, "<!DOCTYPE"),
        ("slow_body", 200, &clean),
        ("wrong_content_type", 200, &clean),
        ("clock_skew", 200, &clean),
    ] {
        archives.faults(&format!("{fault}=1"));
        let reply = archives.get(&details).await;
        let head = reply.headers().clone();
        assert_eq!(reply.status(), status, "{fault}");
        assert_eq!(head.contains_key("retry-after"), fault == "too_many", "{fault}");
        assert_eq!(
            head["content-type"] == "application/json",
            ["empty200", "false_empty", "slow_body", "clock_skew"].contains(&fault),
            "{fault}"
        );
        let body = String::from_utf8(reply.bytes().await.unwrap().to_vec()).unwrap();
        assert!(if want.is_empty() { body.is_empty() } else { body.starts_with(want) }, "{fault}");
    }
    archives.faults("inflated_total=1");
    assert_ne!(
        archives.json(&details).await["messages"][0]["total"],
        serde_json::from_str::<Value>(&clean).unwrap()["messages"][0]["total"]
    );
    archives.faults("ignored_category=1");
    assert_eq!(archives.json(&format!("{details}?category=ecology")).await["messages"][0]["category"], "all");
    for fault in ["truncated_body=1", "connection_reset=1"] {
        archives.faults(fault);
        let reply = archives.client.get(&details).send().await;
        assert!(
            match reply {
                Err(_) => true,
                Ok(reply) => reply.bytes().await.is_err(),
            },
            "{fault}"
        );
    }
    archives.faults("gzip=1");
    let reply = archives.get(&details).await;
    assert_eq!(reply.headers()["content-encoding"], "gzip");
    let mut inflated = String::new();
    std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(&reply.bytes().await.unwrap()[..]), &mut inflated)
        .unwrap();
    assert_eq!(inflated, clean);
    for (fault, host) in [("redirect_same=1", "127.0.0.1"), ("redirect_other=1", "localhost")] {
        archives.faults(fault);
        let reply = archives.get(&details).await;
        let target = reply.headers()["location"].to_str().unwrap().to_owned();
        assert!(reply.status() == 307 && target.contains(host), "{target}");
        assert_eq!(archives.text(&target.replace("localhost", "127.0.0.1")).await, clean);
    }
    let feed = format!("{}/biorxiv_xml.php?subject=all", urls.biorxiv_rss);
    archives.faults("repeated_items=1");
    assert_eq!(archives.text(&feed).await.matches("<item ").count(), 35);
    archives.faults("non_utf8=1");
    assert!(
        archives
            .get(&feed)
            .await
            .bytes()
            .await
            .unwrap()
            .starts_with(b"<?xml version=\"1.0\" encoding=\"windows-1252\"?>")
    );
    archives.faults("truncated_xml=1");
    assert!(!archives.text(&feed).await.contains("</rdf:RDF>"));
    archives.faults("blocked1015=1");
    let page = format!("{}/content/biorxiv/early/2026/01/01/x.source.xml", urls.biorxiv_www);
    assert_eq!(archives.text(&page).await, "error code: 1015");

    archives.faults("none");
    let fetch = format!("{}/efetch.fcgi?db=pubmed&retmode=xml&id=", urls.pubmed);
    let ids: Vec<String> = archives
        .handle
        .published(archives.now())
        .into_iter()
        .filter(|r| r.source == SourceName::Pubmed && r.state == PublishedState::Posted)
        .map(|r| r.key)
        .take(30)
        .collect();
    let fetch = format!("{fetch}{}", ids.join(","));
    for (fault, want) in [
        ("error_in200=1", "<ERROR>"),
        ("rate_json=1", "{\"error\":\"API rate limit exceeded\""),
        ("prolog_only=1", "<?xml version"),
        ("expired_webenv=1", "Unable to obtain query #1"),
        ("missing_ids=1", "<PubmedArticle>"),
    ] {
        archives.faults(fault);
        let body = archives.text(&fetch).await;
        assert!(body.contains(want), "{fault}: {body}");
        assert!(
            body.matches("<MedlineCitation ").count() + body.matches("<BookDocument>").count() < ids.len(),
            "{fault}"
        );
    }
    assert_eq!(
        archives.handle.faults_served().len(),
        aludel::simulate::Fault::ALL.len(),
        "{:?}",
        archives.handle.faults_served()
    );
}

#[tokio::test]
async fn rates_are_limited_when_asked_for() {
    let archives = start(Config { pubmed_per_second: 3, ..Config::default() }, 1).await;
    let url = format!("{}/esearch.fcgi?db=pubmed&term=all&retmode=xml", archives.handle.base_urls().pubmed);
    let mut statuses = Vec::new();
    for _ in 0..12 {
        statuses.push(archives.get(&url).await.status().as_u16());
    }
    assert_eq!(statuses[0], 200);
    assert!(statuses.contains(&429), "{statuses:?}");
}
