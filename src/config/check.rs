//! From what is written to what can be used; every fault is reported, not only the first.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use url::Url;

use super::{Config, Error, File};
use crate::clock::Clock;
use crate::fetch::politeness::is_loopback;
use crate::model::delivery::SourceName;
use crate::question::GeneratorKind;
use crate::store::DataDir;
use crate::worker::schedule::Schedule;
use crate::{drift, fetch, refresh, release, source, telemetry};

/// Collects what is wrong.
struct Faults(Vec<String>);

impl Faults {
    fn add(&mut self, key: &str, reason: impl std::fmt::Display) {
        self.0.push(format!("`{key}`: {reason}"));
    }

    fn range<T: PartialOrd + std::fmt::Display>(&mut self, key: &str, value: T, least: T, most: T) {
        if !(value >= least && value <= most) {
            self.add(key, format!("{value} is outside {least} to {most}"));
        }
    }
}

/// # Errors
/// [`Error::Values`] with every value that can not be used.
pub(super) fn check(
    file: File,
    origin: Option<&Path>,
    place: &str,
    credentials: Option<&Path>,
) -> Result<Config, Error> {
    let mut faults = Faults(Vec::new());
    if !file.contact.is_empty() && !is_mail_address(&file.contact) {
        faults.add("contact", format!("{:?} is no mail address", file.contact));
    }
    if let Err(reason) = telemetry::check(&file.log.filter) {
        faults.add("log.filter", reason);
    }
    let zone = file.time_zone.as_deref();
    if let Some(name) = zone.filter(|name| name.parse::<chrono_tz::Tz>().is_err()) {
        faults.add("time_zone", format!("{name:?} is no IANA time zone, such as Europe/Berlin"));
    }
    ranges(&file, &mut faults);
    let training = training(&file, &mut faults);
    let schedules = sources(&file.sources, zone, &mut faults);
    for (key, what) in file.llm.faults() {
        faults.add(&format!("llm.{key}"), what);
    }
    for (key, what) in file.solver.faults() {
        faults.add(&format!("solver.{key}"), what);
    }
    if file.solver.budget.is_limited() {
        faults.add("solver.budget", "there is one budget for all models: set `llm.budget`");
    }
    if file.verify.trial.enabled && !file.solver.is_on() && !file.llm.is_on() {
        faults.add("verify.trial.enabled", "needs a model: set `solver.model` and a `[[solver.endpoints]]`");
    }
    if file.question.generators.contains(&GeneratorKind::Openai) && !file.llm.is_on() {
        faults.add("question.generators", "`openai` needs a model: set `llm.model` and an `[[llm.endpoints]]`");
    }
    let release_schedule = release(&file.release, zone, &mut faults);
    let refresh_schedule = refresh(&file.refresh, zone, &mut faults);
    let (mut sources, mut llm, mut solver) = (file.sources, file.llm, file.solver);
    let (mut question, mut verify, mut release, mut web) = (file.question, file.verify, file.release, file.web);
    let mut refresh = file.refresh;
    if release.contact.is_empty() {
        release.contact.clone_from(&file.contact);
    }
    let endpoints = llm.endpoints.iter_mut().chain(solver.endpoints.iter_mut());
    let keys = endpoints.map(|endpoint| &mut endpoint.api_key_file);
    let prompts = verify.trial.prompt_files_mut();
    let others = [
        &mut sources.pubmed.api_key_file,
        &mut question.model.prompt_file,
        &mut question.model.exhibit_prompt_file,
        &mut release.key_file,
        &mut web.review_token_file,
        &mut release.hub.token_file,
    ];
    for path in keys.chain(others).chain(prompts).flatten() {
        *path = beside(path, origin, credentials);
    }
    for path in [&mut llm.local.path, &mut solver.local.path] {
        if !path.as_os_str().is_empty() {
            *path = beside(path, origin, None);
        }
    }
    refresh.engines = beside(&refresh.engines, origin, None);
    for path in [&mut refresh.program, &mut refresh.base_model].into_iter().flatten() {
        *path = beside(path, origin, None);
    }
    if let Some(path) = &mut refresh.rollout.api_key_file {
        *path = beside(path, origin, credentials);
    }
    let zone = zone.and_then(|name| name.parse().ok()).unwrap_or(chrono_tz::Tz::UTC);
    let (Some(training), true) = (training, faults.0.is_empty()) else {
        return Err(Error::Values { place: place.to_owned(), faults: faults.0 });
    };
    Ok(Config {
        origin: origin.map(Path::to_owned),
        data_dir: DataDir::new(file.data_dir),
        clock: file.clock.map_or_else(Clock::system, Clock::scaled),
        log: file.log,
        web,
        worker: file.worker,
        fetch: fetch::Config { contact: file.contact, url: file.url, ..file.fetch },
        sources,
        schedules,
        document: file.document,
        question,
        llm,
        solver,
        verify,
        index: file.index,
        topics: file.topics,
        training,
        drift: file.drift,
        release,
        release_schedule,
        refresh,
        refresh_schedule,
        zone,
    })
}

fn ranges(file: &File, faults: &mut Faults) {
    let File { web, worker, fetch, document, question, verify, index, .. } = file;
    faults.range("web.timeout_seconds", web.timeout_seconds, 1, 3600);
    faults.range("web.concurrent_reads", web.concurrent_reads, 1, 1024);
    faults.range("web.body_bytes", web.body_bytes, 1024, 64 << 20);
    faults.range("worker.draft_jobs", worker.draft_jobs, 1, 256);
    faults.range("worker.file_jobs", worker.file_jobs, 1, 64);
    faults.range("worker.poll_jobs", worker.poll_jobs, 1, 64);
    faults.range("worker.lease_seconds", worker.lease_seconds, 10, 86_400);
    faults.range("worker.inbox_rescan_seconds", worker.inbox_rescan_seconds, 1, 86_400);
    faults.range("worker.inbox_settle_ms", worker.inbox_settle_ms, 100, 600_000);
    faults.range("worker.drain_seconds", worker.drain_seconds, 1, 60);
    faults.range("worker.keep_jobs_days", worker.keep_jobs_days, 0, 3650);
    faults.range("fetch.connect_timeout_seconds", fetch.connect_timeout_seconds, 1, 600);
    faults.range("fetch.timeout_seconds", fetch.timeout_seconds, 1, 3600);
    faults.range("fetch.max_body_bytes", fetch.max_body_bytes, 1 << 16, 4 << 30);
    faults.range("fetch.max_tries", fetch.max_tries, 1, 20);
    faults.range("fetch.backoff_ms", fetch.backoff_ms, 1, 3_600_000);
    faults.range("fetch.backoff_cap_seconds", fetch.backoff_cap_seconds, 1, 86_400);
    faults.range("document.document_bytes", document.document_bytes, 1 << 16, 2 << 30);
    faults.range("document.record_bytes", document.record_bytes, 1 << 14, 1 << 30);
    faults.range("document.depth", document.depth, 16, 10_000);
    faults.range("document.elements", document.elements, 1000, 100_000_000);
    faults.range("question.rules.max_drafts", question.rules.max_drafts, 0, 10_000);
    faults.range("question.model.max_questions", question.model.max_questions, 1, 100);
    faults.range("question.model.max_requests", question.model.max_requests, 1, 50);
    faults.range("question.model.max_passage_bytes", question.model.max_passage_bytes, 2000, 4 << 20);
    faults.range("question.model.max_reply_tokens", question.model.max_reply_tokens, 64, 1 << 20);
    faults.range("question.model.temperature", question.model.temperature, 0.0, 2.0);
    faults.range("verify.near_duplicate", verify.near_duplicate, 0.0, 1.0);
    faults.range("verify.novelty.paraphrase", verify.novelty.paraphrase, 0.0, 1.0);
    faults.range("verify.novelty.memory_mib", verify.novelty.memory_mib, 16, 1 << 20);
    faults.range("verify.max_question_words", verify.max_question_words, 5, 1000);
    faults.range("verify.max_term_words", verify.max_term_words, 1, 100);
    faults.range("verify.max_quote_bytes", verify.max_quote_bytes, 100, 1 << 20);
    faults.range("verify.contaminated_runs", verify.contaminated_runs, 1, 1000);
    let trial = &verify.trial;
    faults.range("verify.trial.open_book_samples", trial.open_book_samples, 1, 64);
    faults.range("verify.trial.closed_book_samples", trial.closed_book_samples, 1, 64);
    faults.range("verify.trial.least_agreement", trial.least_agreement, 0.0, 1.0);
    faults.range("verify.trial.temperature", trial.temperature, 0.0, 2.0);
    faults.range("verify.trial.max_reply_tokens", trial.max_reply_tokens, 16, 1 << 20);
    faults.range("verify.trial.least_mark", trial.least_mark, 1, 5);
    if let Err(drift::Error::Setting { key, value, expected }) = file.drift.check() {
        faults.add(&format!("drift.{key}"), format!("{value} is not {expected}"));
    }
    faults.range("index.writer_memory_mib", index.writer_memory_mib, 15, 2048);
}

/// When a classifier of topics is trained; `None` with a fault.
fn training(file: &File, faults: &mut Faults) -> Option<Schedule> {
    faults.range("topics.least_texts", file.topics.least_texts, 10, 10_000_000);
    faults.range("topics.most_texts", file.topics.most_texts, file.topics.least_texts, 10_000_000);
    if let Err((key, value, expected)) = file.topics.classifier.check() {
        faults.add(&format!("topics.classifier.{key}"), format!("{value} is not {expected}"));
    }
    let zone = file.time_zone.as_deref().filter(|name| name.parse::<chrono_tz::Tz>().is_ok());
    match Schedule::parse(&file.topics.train, zone) {
        Ok(schedule) => Some(schedule),
        Err(refused) => {
            faults.add("topics.train", refused);
            None
        }
    }
}

/// When a data set is released.
fn release(part: &release::Config, zone: Option<&str>, faults: &mut Faults) -> Option<Schedule> {
    faults.range("release.validation_share", part.validation_share, 0.0, 0.5);
    faults.range("release.future_days", part.future_days, 0, 3650);
    faults.range("release.alpha", part.alpha, 0.0, 10.0);
    faults.range("release.literature_days", part.literature_days, 1, 36_500);
    faults.range("release.keep", part.keep, 1, 10_000);
    faults.range("release.reserve_mib", part.reserve_mib, 0, 1 << 30);
    let name = &part.name;
    if !release::is_name(name) {
        faults.add("release.name", format!("{name:?} is not made of lower-case letters, digits and hyphens"));
    }
    if !part.url.is_empty() {
        check_url("release.url", &part.url, faults);
    }
    hub(&part.hub, faults);
    let zone = zone.filter(|name| name.parse::<chrono_tz::Tz>().is_ok());
    match Schedule::parse(&part.schedule, zone) {
        Ok(schedule) => part.enabled.then_some(schedule),
        Err(refused) => {
            faults.add("release.schedule", refused);
            None
        }
    }
}

/// When a refresh is due by the calendar.
fn refresh(part: &refresh::Config, zone: Option<&str>, faults: &mut Faults) -> Option<Schedule> {
    for (key, reason) in part.faults() {
        faults.add(&format!("refresh.{key}"), reason);
    }
    if part.enabled {
        for (key, is_missing) in [
            ("base_model", part.base_model.is_none()),
            ("base_name", part.base_name.trim().is_empty()),
            ("base_licence", part.base_licence.trim().is_empty()),
        ] {
            if is_missing {
                faults.add(&format!("refresh.{key}"), "is needed for `refresh.enabled`");
            }
        }
    }
    if part.schedule.trim().is_empty() {
        return None;
    }
    let zone = zone.filter(|name| name.parse::<chrono_tz::Tz>().is_ok());
    match Schedule::parse(&part.schedule, zone) {
        Ok(schedule) => Some(schedule),
        Err(refused) => {
            faults.add("refresh.schedule", refused);
            None
        }
    }
}

/// Where releases are pushed to.
fn hub(part: &release::hub::Config, faults: &mut Faults) {
    check_url("release.hub.endpoint", &part.endpoint, faults);
    let url = Url::parse(&part.endpoint).ok();
    if url.is_some_and(|url| url.scheme() == "http" && !is_loopback(&url)) {
        faults.add("release.hub.endpoint", "the token would travel readable: use https");
    }
    faults.range("release.hub.max_tries", part.max_tries, 1, 100);
    faults.range("release.hub.silence_seconds", part.silence_seconds, 1, 86_400);
    if part.is_on() && !release::hub::Config::is_owner(&part.owner) {
        faults.add("release.hub.owner", format!("{:?} is no name of a user or organisation", part.owner));
    }
    if part.is_on() && part.token_file.is_none() {
        faults.add("release.hub.token_file", "pushing needs the file of an access token that may write");
    }
}

/// The schedules of the sources that are switched on.
fn sources(sources: &source::Config, zone: Option<&str>, faults: &mut Faults) -> BTreeMap<SourceName, Schedule> {
    let mut schedules = BTreeMap::new();
    let mut schedule = |name: SourceName, enabled: bool, line: &str, faults: &mut Faults| {
        // An unknown zone was reported once already.
        let zone = zone.filter(|name| name.parse::<chrono_tz::Tz>().is_ok());
        match Schedule::parse(line, zone) {
            Ok(schedule) if enabled => drop(schedules.insert(name, schedule)),
            Ok(_) => {}
            Err(refused) => faults.add(&format!("sources.{name}.schedule"), refused),
        }
    };
    for (name, part) in [(SourceName::Biorxiv, &sources.biorxiv), (SourceName::Medrxiv, &sources.medrxiv)] {
        schedule(name, part.enabled, &part.schedule, faults);
        for (key, address) in
            [("base_url", &part.base_url), ("full_text_url", &part.full_text_url), ("feed_url", &part.feed_url)]
        {
            if let Some(address) = address {
                check_url(&format!("sources.{name}.{key}"), address, faults);
            }
        }
        faults.range(&format!("sources.{name}.overlap_days"), part.overlap_days, 0, 60);
    }
    schedule(SourceName::Pubmed, sources.pubmed.enabled, &sources.pubmed.schedule, faults);
    check_url("sources.pubmed.base_url", &sources.pubmed.base_url, faults);
    faults.range("sources.pubmed.batch_size", sources.pubmed.batch_size, 1, 500);
    faults.range("sources.pubmed.overlap_days", sources.pubmed.overlap_days, 0, 60);
    schedules
}

fn check_url(key: &str, address: &str, faults: &mut Faults) {
    match Url::parse(address) {
        Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() => {}
        Ok(_) => faults.add(key, format!("{address:?} is no http or https address")),
        Err(error) => faults.add(key, format!("{address:?}: {error}")),
    }
}

/// Enough to catch a name without a host; whether it can be written to only a mail shows.
fn is_mail_address(text: &str) -> bool {
    let parts: Vec<&str> = text.split('@').collect();
    matches!(parts.as_slice(), [name, host] if !name.is_empty() && host.contains('.') && !host.starts_with('.'))
        && !text.chars().any(|c| c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | '(' | ')'))
}

/// Where a file that the configuration names lies: a bare name is one of systemd's credentials when it is there, other relative
/// paths start at the configuration file.
fn beside(path: &Path, origin: Option<&Path>, credentials: Option<&Path>) -> PathBuf {
    if path.is_absolute() {
        return path.to_owned();
    }
    if let Some(folder) = credentials {
        let credential = folder.join(path);
        if path.components().count() == 1 && credential.is_file() {
            return credential;
        }
    }
    origin.and_then(Path::parent).map_or_else(|| path.to_owned(), |folder| folder.join(path))
}
