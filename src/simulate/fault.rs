//! Faults on request: which there are, where each can happen, and a seeded plan of when.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Error;
use super::dice::Dice;

/// The part of the archives that a request goes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Service {
    /// `api.biorxiv.org`, `api.medrxiv.org`.
    PreprintApi,
    /// `connect.*`: the feeds.
    Feed,
    /// `www.*`: full text.
    Website,
    Eutils,
}

macro_rules! faults {
    ($($(#[$doc:meta])* $name:ident = $text:literal on $services:ident),* $(,)?) => {
        /// Something that goes wrong on the wire (SOURCES section 16).
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Fault { $($(#[$doc])* $name),* }

        impl Fault {
            pub const ALL: &'static [Fault] = &[$(Fault::$name),*];

            pub fn name(self) -> &'static str {
                match self { $(Fault::$name => $text),* }
            }

            /// The services on which it can happen.
            pub fn services(self) -> &'static [Service] {
                match self { $(Fault::$name => $services),* }
            }
        }
    };
}

const API: &[Service] = &[Service::PreprintApi];
const FEED: &[Service] = &[Service::Feed];
const WEBSITE: &[Service] = &[Service::Website];
const EUTILS: &[Service] = &[Service::Eutils];
const XML: &[Service] = &[Service::Feed, Service::Website, Service::Eutils];
const EVERYWHERE: &[Service] = &[Service::PreprintApi, Service::Feed, Service::Website, Service::Eutils];

faults! {
    /// HTTP 200 with nothing in it.
    Empty200 = "empty200" on EVERYWHERE,
    /// HTTP 200 and `Error : (2002) Connection refused`.
    Text2002 = "text2002" on API,
    /// HTTP 200 and a page.
    Html200 = "html200" on EVERYWHERE,
    /// 429 with `Retry-After`.
    TooMany = "too_many" on EVERYWHERE,
    /// 429 without `Retry-After`.
    TooManyBare = "too_many_bare" on EVERYWHERE,
    /// 429 and `error code: 1015`.
    Blocked1015 = "blocked1015" on WEBSITE,
    /// `total` says more rows than there are.
    InflatedTotal = "inflated_total" on API,
    /// The `category` filter is ignored, and the reply says `all`.
    IgnoredCategory = "ignored_category" on API,
    /// `no posts found` although there are some.
    FalseEmpty = "false_empty" on API,
    /// The feed lists items twice.
    RepeatedItems = "repeated_items" on FEED,
    /// Bytes and declaration are windows-1252.
    NonUtf8 = "non_utf8" on FEED,
    /// The XML ends early, with a matching length.
    TruncatedXml = "truncated_xml" on XML,
    /// HTTP 200 with `ERROR`.
    ErrorIn200 = "error_in200" on EUTILS,
    /// The rate-limit JSON with 200, also where XML was asked for.
    RateJson = "rate_json" on EUTILS,
    /// An XML prolog and no root.
    PrologOnly = "prolog_only" on EUTILS,
    /// The history has expired.
    ExpiredWebenv = "expired_webenv" on EUTILS,
    /// Some of the asked-for records are absent.
    MissingIds = "missing_ids" on EUTILS,
    /// Fewer bytes than `Content-Length` says, then the connection closes.
    TruncatedBody = "truncated_body" on EVERYWHERE,
    /// The right body, slowly.
    SlowBody = "slow_body" on EVERYWHERE,
    /// The right body as `text/html`.
    WrongContentType = "wrong_content_type" on EVERYWHERE,
    /// A redirect to the same host.
    RedirectSame = "redirect_same" on EVERYWHERE,
    /// A redirect to another host name.
    RedirectOther = "redirect_other" on EVERYWHERE,
    /// The right body, gzipped, asked for or not.
    Gzip = "gzip" on EVERYWHERE,
    /// `Date` is three hours off.
    ClockSkew = "clock_skew" on EVERYWHERE,
    /// HTTP 500.
    ServerError = "server_error" on EVERYWHERE,
    /// HTTP 503.
    Unavailable = "unavailable" on EVERYWHERE,
    /// The connection closes without a whole reply.
    ConnectionReset = "connection_reset" on EVERYWHERE,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// When one fault happens.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaultRule {
    pub fault: Fault,
    /// Probability per request to a service on which it can happen.
    #[serde(default)]
    pub probability: f64,
    /// Also at these requests of a service, counted from 1.
    #[serde(default)]
    pub at: Vec<u64>,
}

/// The faults that are on. At most one happens to a request.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaultPlan {
    pub rules: Vec<FaultRule>,
}

/// Probability of a fault that was named without one.
const USUAL: f64 = 0.05;
/// Probability of each fault under `all`, so that about one request in five suffers.
const USUAL_OF_ALL: f64 = 0.012;

impl FaultPlan {
    /// Reads `all`, `all=0.01`, `name`, `name=0.05` or `name@3;7;8` (at these requests of a service), by commas; `none` or
    /// nothing turns all off. What comes later wins.
    ///
    /// # Errors
    /// [`Error::BadFault`] for an unknown name, a probability outside `0..=1`, or a request number that is none.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let mut plan = FaultPlan::default();
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            let bad = |reason| {
                let known = Fault::ALL.iter().map(|fault| fault.name()).collect::<Vec<_>>().join(", ");
                Error::BadFault { text: part.to_owned(), reason, known }
            };
            let (name, probability, at) = if let Some((name, number)) = part.split_once('=') {
                let probability: f64 = number.trim().parse().map_err(|_| bad("its probability is no number"))?;
                if !(0.0..=1.0).contains(&probability) {
                    return Err(bad("its probability must lie in 0..=1"));
                }
                (name.trim(), Some(probability), Vec::new())
            } else if let Some((name, numbers)) = part.split_once('@') {
                let at: Result<Vec<u64>, _> = numbers.split(';').map(|number| number.trim().parse()).collect();
                (name.trim(), Some(0.0), at.map_err(|_| bad("its request numbers must be like 3;7"))?)
            } else {
                (part, None, Vec::new())
            };
            match name {
                "none" => plan.rules.clear(),
                "all" => Fault::ALL.iter().for_each(|fault| plan.set(*fault, probability.unwrap_or(USUAL_OF_ALL), &at)),
                _ => {
                    let fault = Fault::ALL
                        .iter()
                        .find(|fault| fault.name() == name)
                        .ok_or_else(|| bad("no fault has this name"))?;
                    plan.set(*fault, probability.unwrap_or(USUAL), &at);
                }
            }
        }
        Ok(plan)
    }

    fn set(&mut self, fault: Fault, probability: f64, at: &[u64]) {
        self.rules.retain(|rule| rule.fault != fault);
        self.rules.push(FaultRule { fault, probability, at: at.to_vec() });
    }

    /// What happens to request number `number` (from 1) of `service`: a function of the seed.
    pub fn at(&self, seed: u64, service: Service, number: u64) -> Option<Fault> {
        let here = self.rules.iter().filter(|rule| rule.fault.services().contains(&service));
        let mut happening = here.filter(|rule| {
            let stream = [rule.fault.name(), &number.to_string(), &format!("{service:?}")];
            rule.at.contains(&number) || rule.probability > 0.0 && Dice::of(seed, &stream).chance(rule.probability)
        });
        happening.next().map(|rule| rule.fault)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plans_are_read_and_bad_ones_name_the_known() {
        let plan = FaultPlan::parse("all, slow_body=0, gzip@2;5").unwrap();
        assert_eq!(plan.rules.len(), Fault::ALL.len());
        assert_eq!(plan.rules.iter().find(|r| r.fault == Fault::Gzip).map(|r| r.at.clone()), Some(vec![2, 5]));
        assert!(FaultPlan::parse("none").unwrap().rules.is_empty());
        for bad in ["nosuch", "gzip=2", "gzip@x"] {
            assert!(FaultPlan::parse(bad).unwrap_err().to_string().contains("connection_reset"), "{bad}");
        }
    }

    #[test]
    fn faults_come_at_their_rate_and_only_where_they_can() {
        let plan = FaultPlan::parse("text2002=0.1").unwrap();
        let hits = (1..=2000).filter(|n| plan.at(7, Service::PreprintApi, *n).is_some()).count();
        assert!((140..260).contains(&hits), "{hits}");
        assert!((1..=2000).all(|n| plan.at(7, Service::Eutils, n).is_none()));
        let scheduled = FaultPlan::parse("gzip@3").unwrap();
        assert_eq!((1..9).filter(|n| scheduled.at(7, Service::Feed, *n).is_some()).collect::<Vec<_>>(), [3]);
    }
}
