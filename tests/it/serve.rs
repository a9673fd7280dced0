//! The service as systemd and its users see it: the real program, the real sockets.

use std::path::Path;
use std::time::Duration;

use aludel::clock::Clock;
use aludel::store::Store;

use crate::support::service::{Serve, quiet, until};
use crate::support::{aludel, article};

#[test]
fn it_tells_when_it_is_ready_alive_reloading_and_stopping() {
    let dir = tempfile::tempdir().unwrap();
    let config = quiet(dir.path(), "");
    let mut serve = Serve::start(&config, Some(Duration::from_millis(400)));
    assert_eq!(serve.get("/ready").unwrap().trim(), "ready");
    let status = serve.wait_for("STATUS=");
    // The weekly look at the topics may be waiting already.
    assert!(
        status.contains(" jobs running, ") && status.contains(" queued, 0 failed; index 0 changes behind"),
        "{status}"
    );
    serve.wait_for("WATCHDOG=1");
    serve.wait_for("WATCHDOG=1");
    serve.signal("HUP");
    let message = serve.wait_for("RELOADING=1");
    assert!(message.contains("MONOTONIC_USEC="), "{message}");
    serve.wait_for("READY=1");
    serve.signal("TERM");
    serve.wait_for("STOPPING=1");
    assert!(serve.stop().success());
}

#[test]
fn a_changed_configuration_is_taken_over_and_a_broken_one_is_not() {
    let dir = tempfile::tempdir().unwrap();
    let config = quiet(dir.path(), "");
    let mut serve = Serve::start(&config, None);
    let polls = |serve: &Serve| serve.json("/api/v1/status").map(|status| status["service"]["next_poll"].clone());
    assert_eq!(polls(&serve).unwrap(), serde_json::json!({}));

    // As an editor saves: a new file in the old one's place.
    let replace = |text: &str| {
        std::fs::write(dir.path().join("new"), text).unwrap();
        std::fs::rename(dir.path().join("new"), &config).unwrap();
    };
    let text = std::fs::read_to_string(&config).unwrap();
    // Nothing listens there, and nothing is asked before the schedule says so.
    replace(&text.replace(
        "[sources.pubmed]\nenabled = false",
        "[sources.pubmed]\nbase_url = \"http://127.0.0.1:9/\"\nschedule = \"0 0 1 1 *\"",
    ));
    serve.wait_for("RELOADING=1");
    serve.wait_for("READY=1");
    assert!(polls(&serve).unwrap()["pubmed"].is_string());

    replace(&format!("{text}[wab]\n"));
    serve.wait_for("RELOADING=1");
    serve.wait_for("READY=1");
    assert!(polls(&serve).unwrap()["pubmed"].is_string(), "the one before stays");
    assert!(serve.log_text().contains("there is no key `wab`; did you mean `web`?"), "{}", serve.log_text());
    assert!(serve.stop().success());
}

#[test]
fn a_file_in_the_inbox_becomes_searchable_questions_or_is_parked_with_its_reason() {
    let dir = tempfile::tempdir().unwrap();
    let config = quiet(dir.path(), "");
    let serve = Serve::start(&config, None);
    let inbox = dir.path().join("data/inbox");
    std::fs::write(inbox.join("half.xml.part"), "<article>").unwrap();
    std::fs::write(inbox.join("good.xml"), article(7)).unwrap();
    std::fs::write(inbox.join("bad.xml"), "%PDF-1.7 no article").unwrap();
    until("questions in search", || {
        let found = serve.json("/api/v1/search?q=newt&where=source:inbox")?;
        (found["total"].as_u64()? > 0).then_some(())
    });
    assert!(inbox.join("done/good.xml").is_file());
    let reason =
        until("the reason of the parked file", || std::fs::read_to_string(inbox.join("failed/bad.xml.reason")).ok());
    assert!(reason.contains("PDF"), "{reason}");
    assert!(inbox.join("half.xml.part").is_file(), "a file being written is left alone");

    // A retraction that arrives by the same way takes the questions out of search at once.
    let notice = r#"<PubmedArticleSet><PubmedArticle><MedlineCitation Status="MEDLINE"><PMID Version="1">990007</PMID>
<Article PubModel="Print"><Journal><Title>Journal of Invented Physiology</Title><JournalIssue><PubDate><Year>2026</Year></PubDate></JournalIssue></Journal>
<ArticleTitle>The compound lumirastat-7 slows the tail clock of the dwarf newt</ArticleTitle>
<ELocationID EIdType="doi" ValidYN="Y">10.5555/invented.7</ELocationID><Language>eng</Language>
<PublicationTypeList><PublicationType UI="D016441">Retracted Publication</PublicationType></PublicationTypeList></Article>
</MedlineCitation><PubmedData><ArticleIdList><ArticleId IdType="pubmed">990007</ArticleId><ArticleId IdType="doi">10.5555/invented.7</ArticleId></ArticleIdList></PubmedData></PubmedArticle></PubmedArticleSet>"#;
    std::fs::write(inbox.join("notice.xml"), notice).unwrap();
    until("no questions in search", || {
        let found = serve.json("/api/v1/search?q=newt")?;
        (found["total"].as_u64()? == 0).then_some(())
    });
    assert!(serve.stop().success());
}

/// Runs a command that has to fail, and returns its one line.
fn one_line(arguments: &[&str]) -> String {
    let output = aludel().args(arguments).output().unwrap();
    assert!(!output.status.success(), "{arguments:?} succeeded");
    let text = String::from_utf8(output.stderr).unwrap();
    let lines: Vec<&str> = text.lines().filter(|line| line.starts_with("aludel: ")).collect();
    assert_eq!(lines.len(), 1, "{arguments:?}: {text}");
    lines[0].to_owned()
}

#[test]
fn what_keeps_it_from_starting_is_one_line() {
    let dir = tempfile::tempdir().unwrap();
    let config = quiet(dir.path(), "");
    let path = config.to_str().unwrap();

    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let text = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, text.replace("127.0.0.1:0", &address)).unwrap();
    let line = one_line(&["serve", "--config", path]);
    assert!(line.contains(&address) && line.contains("in use"), "{line}");
    drop(taken);

    std::fs::write(&config, format!("{text}[sources.biorxiv]\n")).unwrap();
    let line = one_line(&["serve", "--config", path]);
    assert!(line.contains("aludel.toml, line "), "{line}");

    std::fs::write(&config, text.replace("[sources.pubmed]\nenabled = false", "[sources.pubmed]\nenabled = true"))
        .unwrap();
    let line = one_line(&["serve", "--config", path]);
    assert!(line.contains("`contact`") && line.contains("pubmed"), "{line}");

    std::fs::write(&config, text.replace("[worker]", "[worker]\ndraft_jobs = 0")).unwrap();
    let line = one_line(&["config", "check", "--config", path]);
    assert!(line.contains("`worker.draft_jobs`"), "{line}");

    std::fs::write(&config, &text).unwrap();
    let serve = Serve::start(&config, None);
    let line = one_line(&["serve", "--config", path]);
    assert!(line.contains("data directory") && line.contains("in use"), "{line}");
    assert!(serve.stop().success());
}

#[test]
fn a_database_locked_by_another_program_is_named_and_nothing_is_lost() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let input = dir.path().join("a.xml");
    std::fs::write(&input, article(1)).unwrap();
    let ingest = |file: &Path| aludel().arg("ingest").arg(file).arg("--data-dir").arg(&data).output().unwrap();
    assert!(ingest(&input).status.success());

    let other = rusqlite::Connection::open(data.join("aludel.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    std::fs::write(&input, article(2)).unwrap();
    let line = one_line(&["ingest", input.to_str().unwrap(), "--data-dir", data.to_str().unwrap()]);
    assert!(line.contains("locked by another process") && line.contains(data.to_str().unwrap()), "{line}");
    other.execute_batch("ROLLBACK").unwrap();

    assert!(ingest(&input).status.success(), "the same again, when it is free");
    let store = Store::open_read(&data.join("aludel.db"), Clock::system()).unwrap();
    assert_eq!(store.read().unwrap().counts().unwrap().works.values().sum::<u64>(), 2);
}

/// By its schedule, and without being asked again when a paper is retracted.
#[test]
fn it_releases_by_the_schedule_and_takes_back_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let now = chrono::Utc::now().to_rfc3339();
    // Six simulated hours a second; the schedule comes round every other day.
    let more = format!(
        "[release]\nschedule = \"0 12 */2 * *\"\nreserve_mib = 0\n\
         [clock]\nstart = \"2026-06-01T00:00:00Z\"\norigin = \"{now}\"\nrate = 21600.0\n"
    );
    let config = quiet(dir.path(), &more);
    let articles = dir.path().join("articles");
    std::fs::create_dir(&articles).unwrap();
    (1..=6).for_each(|number| std::fs::write(articles.join(format!("{number}.xml")), article(number)).unwrap());
    let data = dir.path().join("data");
    let ingested = aludel().arg("ingest").arg(&articles).arg("--data-dir").arg(&data).output().unwrap();
    assert!(ingested.status.success(), "{}", String::from_utf8_lossy(&ingested.stderr));

    let mut serve = Serve::spawn(&config, None);
    serve.wait_for("READY=1");
    let release = |version: &str| data.join("releases/dataset").join(version);
    until("the first release", || release("1.0.0").exists().then_some(()));
    let notice = "<article article-type=\"retraction\" xmlns:xlink=\"u\"><front><article-meta>\
        <article-id pub-id-type=\"doi\">10.5555/notice</article-id>\
        <title-group><article-title>Retraction</article-title></title-group>\
        <related-article related-article-type=\"retracted-article\" ext-link-type=\"doi\" xlink:href=\"10.5555/invented.3\"/>\
        </article-meta></front></article>";
    std::fs::write(data.join("inbox/notice.xml"), notice).unwrap();
    until("the patch release", || release("1.0.1").exists().then_some(()));
    for version in ["1.0.0", "1.0.1"] {
        let found = aludel::release::verify::verify(&release(version), None).unwrap();
        assert!(found.ok, "{:?}", found.errors);
    }
    let found = aludel::release::diff::diff(&release("1.0.0"), &release("1.0.1")).unwrap();
    assert!(!found.is_empty() && found.changes.iter().all(|change| change.work == "10.5555/invented.3"), "{found:?}");
    let metrics = until("the counter", || {
        let text = serve.get("/metrics")?;
        text.contains("aludel_releases_total{kind=\"dataset\",result=\"published\"} 2").then_some(text)
    });
    assert!(metrics.contains("aludel_job_seconds_count{kind=\"release\"}"), "{metrics}");
    assert!(serve.stop().success());
}
