//! One request at a time per host, spaced, with a breaker for hosts that keep failing. Loopback is exempt from nothing
//! but the contact address.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{Mutex as AsyncMutex, OwnedMutexGuard};
use tokio::time::Instant;
use url::{Host, Url};

/// What is known about each host. Holding a host's [`Slot`] is the right to send it one request.
#[derive(Debug, Default)]
pub struct Hosts(Mutex<BTreeMap<String, Arc<AsyncMutex<Slot>>>>);

impl Hosts {
    /// Waits for the host of `key` (name and port) to be free of other requests of ours.
    pub async fn take(&self, key: &str) -> OwnedMutexGuard<Slot> {
        let slot = {
            let mut hosts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(hosts.entry(key.to_owned()).or_default())
        };
        slot.lock_owned().await
    }
}

/// A host's turn: when it may be asked again, and how often it failed in a row.
#[derive(Debug, Default)]
pub struct Slot {
    free_at: Option<Instant>,
    failures: u32,
    open_until: Option<Instant>,
}

/// When a breaker opens and for how long.
#[derive(Debug, Clone, Copy)]
pub struct Breaker {
    pub failures: u32,
    pub pause: Duration,
}

impl Slot {
    /// How long the host is still to be left alone.
    pub fn wait(&self, now: Instant) -> Duration {
        self.free_at.map_or(Duration::ZERO, |at| at.saturating_duration_since(now))
    }

    /// How long the breaker stays open; zero when it is closed, or half open: one request may probe.
    pub fn open_for(&self, now: Instant) -> Duration {
        self.open_until.map_or(Duration::ZERO, |at| at.saturating_duration_since(now))
    }

    pub fn failures(&self) -> u32 {
        self.failures
    }

    /// Leaves the host alone for at least `wait` from `now`.
    pub fn pause(&mut self, now: Instant, wait: Duration) {
        let until = now.checked_add(wait);
        self.free_at = self.free_at.max(until);
    }

    pub fn succeeded(&mut self) {
        self.failures = 0;
        self.open_until = None;
    }

    /// Counts a failure; at the breaker's number, and at each further one, the host is left alone.
    pub fn failed(&mut self, now: Instant, breaker: Breaker) {
        self.failures = self.failures.saturating_add(1);
        if self.failures >= breaker.failures.max(1) {
            self.open_until = now.checked_add(breaker.pause);
        }
    }
}

/// Whether `url` names this machine.
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// Why a redirect from `from` to `to` is refused; `None` when it may be followed: to the same registrable domain, not from
/// https to http, and between loopback addresses only.
pub fn refuse_redirect(from: &Url, to: &Url) -> Option<&'static str> {
    if !matches!(to.scheme(), "http" | "https") {
        Some("the target is not http or https")
    } else if from.scheme() == "https" && to.scheme() == "http" {
        Some("the target would lose encryption")
    } else if is_loopback(from) != is_loopback(to) {
        Some("the target crosses the border of this machine")
    } else if !is_loopback(from) && !same_site(from, to) {
        Some("the target is another site")
    } else {
        None
    }
}

/// Whether two addresses lie in one registrable domain (`www.example.org` and `api.example.org`).
pub fn same_site(a: &Url, b: &Url) -> bool {
    match (a.host_str(), b.host_str()) {
        (Some(a), Some(b)) => registrable(a) == registrable(b),
        _ => false,
    }
}

/// The part of a host name that one owner holds: two labels, or three under registries like `ac.uk`; an address is its own.
fn registrable(host: &str) -> String {
    const SECOND_LEVEL: [&str; 11] = ["ac", "co", "com", "edu", "go", "gov", "ne", "net", "nom", "or", "org"];
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    if host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok() {
        return host;
    }
    let labels: Vec<&str> = host.split('.').collect();
    let under_country = match labels.as_slice() {
        [.., second, top] => top.len() == 2 && SECOND_LEVEL.contains(second),
        _ => false,
    };
    let kept = if under_country { 3 } else { 2 };
    labels[labels.len().saturating_sub(kept)..].join(".")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(from: &str, to: &str) -> bool {
        refuse_redirect(&Url::parse(from).unwrap(), &Url::parse(to).unwrap()).is_some()
    }

    #[test]
    fn redirects_stay_at_home() {
        assert!(!refused("https://api.biorxiv.org/a", "https://www.biorxiv.org/b"));
        assert!(!refused("http://api.biorxiv.org/a", "https://api.biorxiv.org/a"));
        assert!(!refused("http://127.0.0.1:81/a", "http://localhost:82/a"));
        assert!(!refused("https://www.example.ac.uk/a", "https://example.ac.uk/a"));
        assert!(refused("https://api.biorxiv.org/a", "http://api.biorxiv.org/a"));
        assert!(refused("https://api.biorxiv.org/a", "https://biorxiv.org.evil.example/a"));
        assert!(refused("https://api.biorxiv.org/a", "http://127.0.0.1/a"));
        assert!(refused("http://127.0.0.1/a", "http://169.254.169.254/a"));
        assert!(refused("https://one.ac.uk/a", "https://two.ac.uk/a"));
        assert!(refused("https://a.example/", "ftp://a.example/"));
        assert!(refused("http://10.0.0.1/a", "http://10.0.0.2/a"));
    }

    #[test]
    fn loopback_is_recognised() {
        for (url, expected) in [
            ("http://127.0.0.1:8080/", true),
            ("http://127.9.9.9/", true),
            ("http://[::1]:1/", true),
            ("http://LOCALHOST/", true),
            ("http://localhost.example/", false),
            ("http://0.0.0.0/", false),
            ("https://api.biorxiv.org/", false),
        ] {
            assert_eq!(is_loopback(&Url::parse(url).unwrap()), expected, "{url}");
        }
    }

    #[test]
    fn breaker_opens_probes_and_closes() {
        let now = Instant::now();
        let breaker = Breaker { failures: 2, pause: Duration::from_secs(10) };
        let mut slot = Slot::default();
        slot.failed(now, breaker);
        assert!(slot.open_for(now).is_zero());
        slot.failed(now, breaker);
        assert_eq!(slot.open_for(now), Duration::from_secs(10));
        let later = now + Duration::from_secs(11);
        assert!(slot.open_for(later).is_zero());
        slot.failed(later, breaker);
        assert_eq!(slot.open_for(later), Duration::from_secs(10));
        slot.succeeded();
        assert!(slot.open_for(later).is_zero());
        assert_eq!(slot.failures(), 0);
    }
}
