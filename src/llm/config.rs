use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use url::Url;

use super::Error;
use super::ask::MOST_REPAIRS;
use crate::fetch::Secret;

/// What computes a model's replies.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Engine {
    /// Servers that speak the OpenAI chat API.
    #[default]
    Openai,
    /// This process.
    Candle,
}

/// Where a model is computed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Place {
    /// CUDA where this build and this machine have it, else the CPU.
    #[default]
    Auto,
    Cpu,
    Cuda,
}

/// A model computed in this process.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Local {
    /// A GGUF file, or a folder with safetensors, config.json and tokenizer.json. No default.
    pub path: PathBuf,
    /// Where the file is fetched from when it is not there. Default: empty, nowhere.
    pub url: String,
    /// SHA-256 of what is fetched, in hex. Default: empty.
    pub sha256: String,
    /// Where it is computed: `auto`, `cpu`, `cuda`. Default: auto.
    pub device: Place,
    /// Requests computed together. Default: 8.
    pub batch: usize,
    /// Whether it waits while a refresh trains or evaluates. Default: true.
    pub yield_to_training: bool,
}

impl Default for Local {
    fn default() -> Self {
        Local {
            path: PathBuf::new(),
            url: String::new(),
            sha256: String::new(),
            device: Place::Auto,
            batch: 8,
            yield_to_training: true,
        }
    }
}

impl Local {
    fn faults(&self) -> Vec<(&'static str, &'static str)> {
        let mut faults = Vec::new();
        if self.path.as_os_str().is_empty() {
            faults.push(("path", "a model in this process needs its file or folder"));
        }
        if !(1..=256).contains(&self.batch) {
            faults.push(("batch", "must be at least 1 and at most 256"));
        }
        if !self.url.is_empty() {
            let is_fetched = Url::parse(&self.url).is_ok_and(|url| matches!(url.scheme(), "http" | "https"));
            if !is_fetched {
                faults.push(("url", "must be an http or https address"));
            }
            if self.sha256.len() != 64 || !self.sha256.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
            {
                faults.push(("sha256", "what is fetched needs its checksum: 64 lower-case hex digits"));
            }
        }
        faults
    }
}

/// Which language model is asked, where, and for how much at most.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The model's name: in every question's label, and, unless an endpoint has its own, on the wire. Default: empty, no model.
    pub model: String,
    /// What computes its replies: `openai`, the servers below, or `candle`, this process. Default: openai.
    pub engine: Engine,
    /// The model of engine `candle`.
    pub local: Local,
    /// The servers that serve this model; each takes a share of the calls, and the others' when they fail. Default: none.
    pub endpoints: Vec<Endpoint>,
    /// What tokens cost, where an endpoint does not say. Default: nothing.
    pub prices: Prices,
    /// What may be spent. Default: no limit, which suits a server of one's own.
    pub budget: Budget,
    /// Whether calls are handed in as batches, which are answered later and for less.
    pub batch: BatchConfig,
    /// Longest wait for a connection, in seconds. Default: 10.
    pub connect_timeout_seconds: u64,
    /// Longest wait for one answer, in seconds. Default: 300.
    pub timeout_seconds: u64,
    /// Longest time for one call with all its waits and tries, in seconds. Default: 1200.
    pub deadline_seconds: u64,
    /// How often one call is tried, all endpoints together. Default: 4.
    pub max_tries: u32,
    /// First wait after a failed try when no other endpoint is free, in milliseconds; doubled with each further one. Default: 1000.
    pub backoff_ms: u64,
    /// A wait longer than this is not sat out but handed on as an error that names it, in seconds. Default: 60.
    pub patience_seconds: u64,
    /// Failures in a row after which an endpoint is left alone. Default: 5.
    pub breaker_failures: u32,
    /// For how long, in seconds; doubled with each further failure, at most sixteenfold. Default: 15.
    pub breaker_pause_seconds: u64,
    /// Largest answer, in bytes. Default: 4 MiB.
    pub max_reply_bytes: u64,
    /// Calls at a time that every endpoint is trusted with, whatever it says. Default: 1.
    pub min_concurrency: usize,
    /// Most calls at a time to one endpoint; how many it gets follows from how it fares. Half more than a server has slots keeps
    /// those busy: an answer on its way leaves none idle. Default: 96.
    pub max_concurrency: usize,
    /// How often a model is told what was wrong with its reply, 0 to 2. Default: 2.
    pub max_repairs: u32,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            model: String::new(),
            engine: Engine::Openai,
            local: Local::default(),
            endpoints: Vec::new(),
            prices: Prices::default(),
            budget: Budget::default(),
            batch: BatchConfig::default(),
            connect_timeout_seconds: 10,
            timeout_seconds: 300,
            deadline_seconds: 1200,
            max_tries: 4,
            backoff_ms: 1000,
            patience_seconds: 60,
            breaker_failures: 5,
            breaker_pause_seconds: 15,
            max_reply_bytes: 4 << 20,
            min_concurrency: 1,
            max_concurrency: 96,
            max_repairs: MOST_REPAIRS,
        }
    }
}

/// One server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Endpoint {
    /// Address of the API, with its version: `http://127.0.0.1:8000/v1`. No default.
    pub base_url: String,
    /// The model's name on this server. Default: the configured model's.
    pub model: Option<String>,
    /// File whose text is the API key. Default: none, no key is sent.
    pub api_key_file: Option<PathBuf>,
    /// Environment variable that holds the API key, where there is no file. Default: none.
    pub api_key_env: Option<String>,
    /// Share of the calls, against the other endpoints' weights. Default: 1.
    pub weight: u32,
    /// Most calls at a time. Default: `max_concurrency` of all.
    pub max_concurrency: Option<usize>,
    /// What tokens cost here. Default: the prices of all.
    pub prices: Option<Prices>,
}

impl Default for Endpoint {
    fn default() -> Self {
        Endpoint {
            base_url: String::new(),
            model: None,
            api_key_file: None,
            api_key_env: None,
            weight: 1,
            max_concurrency: None,
            prices: None,
        }
    }
}

/// Calls by the batch API, which the first endpoint has to speak.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BatchConfig {
    /// Default: false.
    pub enabled: bool,
    /// Most calls in one batch, and as many are waited for at a time. Default: 200.
    pub max_requests: usize,
    /// How long a batch that is not full waits for more calls, in milliseconds. Default: 5000.
    pub gather_ms: u64,
    /// Pause between looks at a batch, in milliseconds. Default: 60000.
    pub poll_ms: u64,
    /// What part of the prices such calls cost, 0 to 1. Default: 0.5.
    pub price_part: f64,
}

impl Default for BatchConfig {
    fn default() -> Self {
        BatchConfig { enabled: false, max_requests: 200, gather_ms: 5000, poll_ms: 60_000, price_part: 0.5 }
    }
}

/// Prices in the currency of the budget.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Prices {
    /// Of a million prompt tokens. Default: 0.
    pub prompt_per_million: f64,
    /// Of a million reply tokens, thinking included. Default: 0.
    pub completion_per_million: f64,
}

impl Prices {
    /// What so many tokens cost, in millionths of the currency, rounded up.
    pub fn cost_micros(&self, prompt_tokens: u64, completion_tokens: u64) -> u64 {
        let cost =
            self.prompt_per_million * prompt_tokens as f64 + self.completion_per_million * completion_tokens as f64;
        // Prices are checked to be finite and not negative; the bound keeps a month's sum within SQLite's integers.
        cost.ceil().min(MOST_MICROS) as u64
    }

    /// The dearer of the two, part by part.
    pub fn dearer(self, other: Prices) -> Prices {
        Prices {
            prompt_per_million: self.prompt_per_million.max(other.prompt_per_million),
            completion_per_million: self.completion_per_million.max(other.completion_per_million),
        }
    }
}

/// No call is believed to cost more than a million.
const MOST_MICROS: f64 = 1e12;

/// Hard limits: a call that might pass one is not made. Days and months are UTC. 0 is no limit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Budget {
    /// Money a day, in the currency of the prices. Default: 0.
    pub daily_money: f64,
    /// Money a month. Default: 0.
    pub monthly_money: f64,
    /// Tokens a day, prompts and replies. Default: 0.
    pub daily_tokens: u64,
    /// Tokens a month. Default: 0.
    pub monthly_tokens: u64,
}

impl Budget {
    pub fn is_limited(&self) -> bool {
        *self != Budget::default()
    }
}

impl Config {
    /// Whether a model is configured.
    pub fn is_on(&self) -> bool {
        !self.model.is_empty()
    }

    /// The prices of the dearest endpoint, part by part.
    pub fn dearest(&self) -> Prices {
        let of = |endpoint: &Endpoint| endpoint.prices.unwrap_or(self.prices);
        self.endpoints.iter().map(of).reduce(Prices::dearer).unwrap_or(self.prices)
    }

    /// Every fault of the configuration, as the path of a key and what is wrong with its value. No file is read.
    pub fn faults(&self) -> Vec<(String, String)> {
        let mut faults = Vec::new();
        let mut fault = |key: &str, what: &str| faults.push((key.to_owned(), what.to_owned()));
        if self.engine == Engine::Candle {
            for (key, what) in self.local.faults().into_iter().filter(|_| self.is_on()) {
                fault(&format!("local.{key}"), what);
            }
            if !self.endpoints.is_empty() {
                fault("endpoints", "the engine `candle` asks no server");
            }
        } else if self.is_on() && self.endpoints.is_empty() {
            fault("endpoints", "a model needs a server that serves it");
        }
        if !self.is_on() && !self.endpoints.is_empty() {
            fault("model", "the endpoints need the name of the model they serve");
        }
        if self.max_repairs > MOST_REPAIRS {
            fault("max_repairs", "at most 2");
        }
        if self.min_concurrency == 0 || self.min_concurrency > self.max_concurrency || self.max_concurrency > 1024 {
            fault("min_concurrency", "must be at least 1, and max_concurrency at least that and at most 1024");
        }
        for (key, value) in [
            ("timeout_seconds", self.timeout_seconds),
            ("deadline_seconds", self.deadline_seconds),
            ("connect_timeout_seconds", self.connect_timeout_seconds),
            ("max_tries", self.max_tries.into()),
            ("breaker_failures", self.breaker_failures.into()),
            ("max_reply_bytes", self.max_reply_bytes),
        ] {
            if value == 0 {
                fault(key, "must be at least 1");
            }
        }
        if self.batch.max_requests == 0 || self.batch.max_requests > 50_000 {
            fault("batch.max_requests", "must be 1 to 50000");
        }
        if self.batch.poll_ms == 0 || !(0.0..=1.0).contains(&self.batch.price_part) {
            fault("batch.price_part", "must be 0 to 1, and poll_ms at least 1");
        }
        let amount = |value: f64| value.is_finite() && value >= 0.0;
        let priced = |prices: &Prices| amount(prices.prompt_per_million) && amount(prices.completion_per_million);
        if !priced(&self.prices) {
            fault("prices", "must be 0 or more");
        }
        if !amount(self.budget.daily_money) || !amount(self.budget.monthly_money) {
            fault("budget", "must be 0 or more");
        }
        for (number, endpoint) in self.endpoints.iter().enumerate() {
            let mut fault = |key: &str, what: String| faults.push((format!("endpoints.{number}.{key}"), what));
            match Url::parse(&endpoint.base_url) {
                Ok(url) if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() => {
                    fault("base_url", "must be an http or https address".to_owned());
                }
                Ok(url) if !url.username().is_empty() || url.password().is_some() => {
                    fault("base_url", "must hold no secrets: the key belongs into `api_key_file`".to_owned());
                }
                Ok(url) if url.query().is_some() || url.fragment().is_some() => {
                    fault("base_url", "must end with its path".to_owned());
                }
                Ok(_) => {}
                Err(error) => fault("base_url", error.to_string()),
            }
            if endpoint.weight == 0 {
                fault("weight", "must be at least 1".to_owned());
            }
            if endpoint.max_concurrency.is_some_and(|n| n < self.min_concurrency || n > 1024) {
                fault("max_concurrency", "must be at least min_concurrency and at most 1024".to_owned());
            }
            if endpoint.prices.as_ref().is_some_and(|prices| !priced(prices)) {
                fault("prices", "must be 0 or more".to_owned());
            }
        }
        faults
    }
}

/// The endpoint's key: from its file, else from its variable as `environment` knows it.
///
/// # Errors
/// [`Error::Config`] when the file can not be read or a named source holds nothing.
pub fn key(endpoint: &Endpoint, environment: impl Fn(&str) -> Option<String>) -> Result<Option<Secret>, Error> {
    let config = |reason: String| Error::Config { reason };
    let key = match (&endpoint.api_key_file, &endpoint.api_key_env) {
        (Some(path), _) => Secret::read(path).map_err(|reason| format!("the API key file {reason}")),
        (None, Some(name)) => environment(name)
            .ok_or_else(|| format!("the environment holds no API key named {name}"))
            .and_then(|text| Secret::new(&text).map_err(|reason| format!("the API key in {name} {reason}"))),
        (None, None) => return Ok(None),
    };
    key.map(Some).map_err(config)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint(base_url: &str) -> Endpoint {
        Endpoint { base_url: base_url.into(), ..Endpoint::default() }
    }

    #[test]
    fn faults_name_their_key() {
        let config =
            Config { model: "m".into(), endpoints: vec![endpoint("http://127.0.0.1:8000/v1")], ..Config::default() };
        assert_eq!(config.faults(), []);
        assert_eq!(Config::default().faults(), []);
        let keys = |config: Config| config.faults().into_iter().map(|(key, _)| key).collect::<Vec<_>>();
        assert_eq!(keys(Config { endpoints: vec![], ..config.clone() }), ["endpoints"]);
        assert_eq!(keys(Config { model: String::new(), ..config.clone() }), ["model"]);
        assert_eq!(
            keys(Config { max_repairs: 3, timeout_seconds: 0, ..config.clone() }),
            ["max_repairs", "timeout_seconds"]
        );
        for bad in ["", "127.0.0.1", "ftp://a.example", "https://u:p@a.example/v1", "https://a.example/v1?key=1"] {
            let config = Config { endpoints: vec![endpoint(bad)], ..config.clone() };
            assert_eq!(keys(config), ["endpoints.0.base_url"], "{bad}");
        }
        let priced = Endpoint {
            prices: Some(Prices { prompt_per_million: -1.0, ..Prices::default() }),
            ..config.endpoints[0].clone()
        };
        assert_eq!(keys(Config { endpoints: vec![priced], ..config }), ["endpoints.0.prices"]);
    }

    #[test]
    fn unknown_keys_are_refused_and_the_default_is_the_documented_one() {
        assert!(toml::from_str::<Config>("modell = \"x\"").is_err());
        let read: Config =
            toml::from_str("model = \"m\"\n[[endpoints]]\nbase_url = \"http://127.0.0.1:1/v1\"").unwrap();
        assert_eq!((read.timeout_seconds, read.endpoints[0].weight), (300, 1));
    }

    #[test]
    fn costs_are_rounded_up_and_taken_from_the_dearest() {
        let prices = Prices { prompt_per_million: 0.15, completion_per_million: 0.6 };
        assert_eq!(prices.cost_micros(1_000_000, 1_000_000), 750_000);
        assert_eq!(prices.cost_micros(1, 0), 1);
        let own = Prices { prompt_per_million: 3.0, completion_per_million: 0.0 };
        let endpoints =
            vec![endpoint("http://a.example"), Endpoint { prices: Some(own), ..endpoint("http://b.example") }];
        let config = Config { prices, endpoints, ..Config::default() };
        assert_eq!(config.dearest(), Prices { prompt_per_million: 3.0, completion_per_million: 0.6 });
    }

    #[test]
    fn keys_come_from_files_or_the_environment_and_are_never_shown() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        std::fs::write(&path, "sk-invented\n").unwrap();
        let environment = |name: &str| (name == "KEY").then(|| "sk-other".to_owned());
        let from_file = Endpoint { api_key_file: Some(path.clone()), ..endpoint("http://a.example") };
        let secret = key(&from_file, environment).unwrap().unwrap();
        assert_eq!((secret.expose(), format!("{secret:?}").as_str()), ("sk-invented", "[secret]"));
        let from_environment = |name: &str| Endpoint { api_key_env: Some(name.into()), ..endpoint("http://a.example") };
        assert_eq!(key(&from_environment("KEY"), environment).unwrap().unwrap().expose(), "sk-other");
        assert!(key(&from_environment("NONE"), environment).is_err());
        assert_eq!(key(&endpoint("http://a.example"), environment).unwrap(), None);
        std::fs::write(&path, "two words").unwrap();
        let error = key(&from_file, environment).unwrap_err().to_string();
        assert!(!error.contains("two words"), "{error}");
    }
}
