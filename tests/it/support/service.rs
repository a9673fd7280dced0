//! The real service as a child process, and a small client for it.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::process::{Child, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use super::aludel;

/// How long anything in these tests may take before they give up; only ever waited for when something is broken.
const PATIENCE: Duration = Duration::from_secs(120);

/// `aludel serve` on a free port, with the socket systemd would give it.
pub struct Serve {
    child: Child,
    pub notify: UnixDatagram,
    pub log: PathBuf,
    address: Option<String>,
}

impl Serve {
    /// Starts it with the configuration file and waits for `READY=1`. `watchdog`: the interval systemd would ask for.
    pub fn start(config: &Path, watchdog: Option<Duration>) -> Serve {
        let mut serve = Serve::spawn(config, watchdog);
        serve.wait_for("READY=1");
        serve
    }

    /// Starts it without waiting.
    pub fn spawn(config: &Path, watchdog: Option<Duration>) -> Serve {
        let folder = config.parent().unwrap();
        let socket = folder.join("notify.sock");
        // Left behind by the one before.
        let _ = std::fs::remove_file(&socket);
        let notify = UnixDatagram::bind(&socket).unwrap();
        notify.set_read_timeout(Some(PATIENCE)).unwrap();
        let log = folder.join("serve.log");
        let out = std::fs::OpenOptions::new().create(true).append(true).open(&log).unwrap();
        let mut command = aludel();
        command.arg("serve").arg("--config").arg(config).env("NOTIFY_SOCKET", &socket);
        if let Some(interval) = watchdog {
            command.env("WATCHDOG_USEC", interval.as_micros().to_string());
        }
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(out).spawn().unwrap();
        Serve { child, notify, log, address: None }
    }

    /// The next message to the service manager that holds `text`.
    pub fn wait_for(&mut self, text: &str) -> String {
        let mut buffer = [0; 4096];
        let began = Instant::now();
        while began.elapsed() < PATIENCE {
            if let Ok(Some(status)) = self.child.try_wait() {
                panic!("it ended with {status} before {text}: {}", self.log_text());
            }
            let n = self.notify.recv(&mut buffer).unwrap_or_else(|error| panic!("{text}: {error}"));
            let message = String::from_utf8_lossy(&buffer[..n]).into_owned();
            if let Some(rest) = message.split("http://").nth(1) {
                let is_address = |c: &char| c.is_ascii_digit() || matches!(c, '.' | ':');
                self.address = Some(rest.chars().take_while(is_address).collect());
            }
            if message.lines().any(|line| line.starts_with(text)) {
                return message;
            }
        }
        panic!("no {text} in time: {}", self.log_text());
    }

    pub fn log_text(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    pub fn signal(&self, name: &str) {
        let sent = std::process::Command::new("kill")
            .arg(format!("-{name}"))
            .arg(self.child.id().to_string())
            .status()
            .unwrap();
        assert!(sent.success());
    }

    /// SIGKILL: what a power cut looks like to the program.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// SIGTERM, and how it ended.
    pub fn stop(mut self) -> ExitStatus {
        self.signal("TERM");
        let began = Instant::now();
        while began.elapsed() < PATIENCE {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("it does not stop: {}", self.log_text());
    }

    /// Where it listens: `http://127.0.0.1:1234`.
    pub fn base(&self) -> String {
        format!("http://{}", self.address.as_deref().unwrap_or_default())
    }

    /// The body of a page, when the answer is 200.
    pub fn get(&self, path: &str) -> Option<String> {
        let address = self.address.as_ref()?;
        let mut stream = TcpStream::connect(address).ok()?;
        stream.set_read_timeout(Some(PATIENCE)).ok()?;
        write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        let (head, body) = answer.split_once("\r\n\r\n")?;
        head.starts_with("HTTP/1.1 200").then(|| body.to_owned())
    }

    /// The body of a page as JSON.
    pub fn json(&self, path: &str) -> Option<serde_json::Value> {
        let body = self.get(path)?;
        // A body without a length comes in chunks, each between its size and a line's end.
        let start = body.find('{')?;
        let end = body.rfind('}')?;
        serde_json::from_str(body.get(start..=end)?).ok()
    }
}

impl Drop for Serve {
    fn drop(&mut self) {
        // Ended already, unless the test failed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Looks until `found` gives something.
pub fn until<T>(what: &str, mut found: impl FnMut() -> Option<T>) -> T {
    let began = Instant::now();
    while began.elapsed() < PATIENCE {
        if let Some(value) = found() {
            return value;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("in vain: {what}");
}

/// A folder with a configuration that asks no archive and listens on a free port.
pub fn quiet(dir: &Path, more: &str) -> PathBuf {
    let path = dir.join("aludel.toml");
    let data = dir.join("data");
    let off = ["biorxiv", "medrxiv", "pubmed"].map(|name| format!("[sources.{name}]\nenabled = false\n")).concat();
    let text = format!(
        "data_dir = {data:?}\n[web]\nlisten = \"127.0.0.1:0\"\n[worker]\ninbox_settle_ms = 100\n{off}{more}",
        data = data.display().to_string()
    );
    std::fs::write(&path, text).unwrap();
    path
}
