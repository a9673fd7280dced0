//! The HTTP client against a double that misbehaves on purpose.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use aludel::clock::Clock;
use aludel::fetch::{BadBody, Client, Config, Error, Request, Retry};
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};

#[derive(Clone, Default)]
struct Double {
    asked: Arc<AtomicU32>,
}

async fn answer(State(double): State<Double>, uri: Uri, headers: HeaderMap) -> Response {
    let n = double.asked.fetch_add(1, Ordering::SeqCst) + 1;
    let text = |name: header::HeaderName| headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or("").to_owned();
    match uri.path() {
        "/agent" => text(header::USER_AGENT).into_response(),
        "/third" if n < 3 => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        "/slow-down" if n == 1 => (StatusCode::TOO_MANY_REQUESTS, [(header::RETRY_AFTER, "0")]).into_response(),
        "/wait-a-day" => (StatusCode::TOO_MANY_REQUESTS, [(header::RETRY_AFTER, "999999")]).into_response(),
        "/missing" => StatusCode::NOT_FOUND.into_response(),
        "/blocked" => StatusCode::FORBIDDEN.into_response(),
        "/down" => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        "/away" => (StatusCode::FOUND, [(header::LOCATION, "http://archive.example/x")]).into_response(),
        "/round" => (StatusCode::FOUND, [(header::LOCATION, "/round")]).into_response(),
        "/home" => (StatusCode::FOUND, [(header::LOCATION, "/third")]).into_response(),
        "/large" => vec![b'a'; 5000].into_response(),
        "/bomb" => gzip(&vec![b'a'; 1 << 20]).into_response(),
        "/gzip" => gzip(b"{\"a\":1}").into_response(),
        "/feed" if text(header::IF_NONE_MATCH) == "\"v1\"" => StatusCode::NOT_MODIFIED.into_response(),
        "/feed" => ([(header::ETAG, "\"v1\"")], "feed").into_response(),
        _ => format!("answer {n}").into_response(),
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

struct Setting {
    client: Client,
    base: String,
    double: Double,
}

impl Setting {
    async fn new(config: Config) -> Setting {
        let double = Double::default();
        let app = Router::new().fallback(answer).with_state(double.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, app).await });
        let config = Config { backoff_ms: 1, ..config };
        Setting { client: Client::new(config, Clock::system(), 1).unwrap(), base, double }
    }

    fn request(&self, path: &str) -> Request {
        Request::get(format!("{}{path}", self.base).parse().unwrap())
    }

    async fn get(&self, path: &str) -> Result<String, Error> {
        self.client.fetch(&self.request(path)).await.map(|f| String::from_utf8_lossy(&f.body).into_owned())
    }

    fn asked(&self) -> u32 {
        self.double.asked.load(Ordering::SeqCst)
    }
}

#[tokio::test]
async fn the_client_says_who_asks_and_asks_again_where_it_helps() {
    let contact = Config { contact: "me@example.org".into(), ..Config::default() };
    let setting = Setting::new(contact).await;
    assert!(setting.get("/agent").await.unwrap().ends_with("(mailto:me@example.org)"));
    for (path, asked) in [("/third", 3), ("/slow-down", 2), ("/home", 4)] {
        let setting = Setting::new(Config::default()).await;
        assert!(setting.get(path).await.unwrap().starts_with("answer"), "{path}");
        assert_eq!(setting.asked(), asked, "{path}");
    }
}

#[tokio::test]
async fn what_will_not_change_is_asked_once() {
    for path in ["/missing", "/blocked", "/away", "/large", "/bomb"] {
        let setting = Setting::new(Config { max_body_bytes: 1000, ..Config::default() }).await;
        let error = setting.get(path).await.unwrap_err();
        assert_eq!(error.retry(), Retry::Never, "{path}: {error}");
        assert_eq!(setting.asked(), 1, "{path}");
    }
    let setting = Setting::new(Config::default()).await;
    assert!(matches!(setting.get("/round").await.unwrap_err(), Error::Redirect { .. }));
}

#[tokio::test]
async fn a_long_wait_is_handed_on_and_kept() {
    let setting = Setting::new(Config::default()).await;
    let error = setting.get("/wait-a-day").await.unwrap_err();
    assert!(matches!(error.retry(), Retry::After(wait) if wait.as_secs() == 86_400), "{error}");
    assert!(matches!(setting.get("/other").await.unwrap_err(), Error::Paused { .. }), "the host asked for a pause");
    assert_eq!(setting.asked(), 1);
}

#[tokio::test]
async fn a_failing_host_is_left_alone() {
    let setting = Setting::new(Config { breaker_failures: 3, max_tries: 2, ..Config::default() }).await;
    assert!(matches!(setting.get("/down").await.unwrap_err(), Error::Status { status: 500, .. }));
    assert!(setting.get("/down").await.is_err());
    assert!(matches!(setting.get("/agent").await.unwrap_err(), Error::CircuitOpen { .. }));
    assert_eq!(setting.asked(), 3);
}

#[tokio::test]
async fn a_body_the_caller_can_not_use_is_asked_for_again() {
    let setting = Setting::new(Config::default()).await;
    let third = |fetched: &aludel::fetch::Fetched| {
        if fetched.body.ends_with(b"3") { Ok(()) } else { Err(BadBody::again("not the third")) }
    };
    setting.client.read(&setting.request("/any"), third).await.unwrap();
    assert_eq!(setting.asked(), 3);
    let never = setting.client.read(&setting.request("/any"), |_| Err::<(), _>(BadBody::never("no"))).await;
    assert!(matches!(never.unwrap_err(), Error::BadBody { again: false, .. }));
    assert_eq!(setting.asked(), 4);
}

#[tokio::test]
async fn unlabelled_gzip_and_validators() {
    let setting = Setting::new(Config::default()).await;
    assert_eq!(setting.get("/gzip").await.unwrap(), "{\"a\":1}");
    let first = setting.client.fetch(&setting.request("/feed")).await.unwrap();
    assert_eq!((first.not_modified, first.body.as_slice()), (false, &b"feed"[..]));
    let mut again = setting.request("/feed");
    again.validators = first.validators;
    assert!(setting.client.fetch(&again).await.unwrap().not_modified);
}
