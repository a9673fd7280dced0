use std::fs::{File, OpenOptions};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

use crate::refresh::Error;
use crate::refresh::job::Folder;

/// Pause between looks at a process.
pub(super) const TICK: Duration = Duration::from_millis(100);
/// How long a process may take to end when it is told to.
const GRACE: Duration = Duration::from_secs(60);

/// A process with all that it starts, in a group of its own. Dropped, all of it is killed.
pub(super) struct Group {
    child: Child,
    ended: Option<ExitStatus>,
}

impl Group {
    /// Starts `words`; what it says is appended to `log`. `stdin`: a file it holds open for as long as it lives.
    pub fn start(words: &[String], folder: &Path, log: &Path, stdin: Option<File>) -> Result<Self, Error> {
        let (program, arguments) = words.split_first().ok_or_else(|| Error::damaged(folder, "its command is empty"))?;
        let log = OpenOptions::new().append(true).create(true).open(log).map_err(Error::io(log))?;
        let errors = log.try_clone().map_err(Error::io(folder))?;
        let child = Command::new(program)
            .args(arguments)
            .current_dir(folder)
            .stdin(stdin.map_or_else(Stdio::null, Stdio::from))
            .stdout(log)
            .stderr(errors)
            .process_group(0)
            .spawn()
            .map_err(Error::io(Path::new(program)))?;
        Ok(Group { child, ended: None })
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// How it ended, if it did.
    pub fn ended(&mut self) -> Result<Option<ExitStatus>, Error> {
        if self.ended.is_none() {
            self.ended = self.child.try_wait().map_err(Error::io(Path::new("the engine's process")))?;
        }
        Ok(self.ended)
    }

    /// Tells it to end, waits a while, then kills what is left.
    pub fn end(&mut self) -> Result<(), Error> {
        self.signal(Signal::TERM);
        let deadline = Instant::now() + GRACE;
        while self.ended()?.is_none() && Instant::now() < deadline {
            std::thread::sleep(TICK);
        }
        self.signal(Signal::KILL);
        Ok(())
    }

    fn signal(&self, signal: Signal) {
        if let Ok(pid) = i32::try_from(self.child.id()) {
            self::signal(pid, signal);
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.signal(Signal::KILL);
        let _ = self.child.wait();
    }
}

/// How a process ended, in words.
pub fn told(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (_, Some(9)) => "it was killed (signal 9), as the kernel does when memory runs out".to_owned(),
        (_, Some(signal)) => format!("it was ended by signal {signal}"),
        (Some(code), None) => format!("it ended with exit code {code}"),
        (None, None) => "it ended".to_owned(),
    }
}

/// What the end of a log says: its last line, and a hint where it is one that people meet often.
pub fn last_words(tail: &str) -> String {
    let lower = tail.to_lowercase();
    let hint = if ["out of memory", "outofmemory", "cannot allocate memory", "memory allocation of"]
        .iter()
        .any(|sign| lower.contains(sign))
    {
        "; memory ran out: lower `training.micro_batch`, `training.group_size` or `training.max_completion_tokens`"
    } else if lower.contains("no space left on device") {
        "; the disk is full"
    } else {
        ""
    };
    match tail.lines().rev().map(str::trim).find(|line| !line.is_empty()) {
        Some(line) => format!(": {}{hint}", line.chars().take(300).collect::<String>()),
        None => hint.to_owned(),
    }
}

/// Ends whatever trains in a job folder: told to, it has a while to leave a checkpoint; then it is killed. Returns when nothing holds
/// the folder any more, or nothing could be done about it.
///
/// # Errors
/// When the folder's lock can not be read.
pub fn end(folder: &Folder) -> Result<(), Error> {
    let begun = Instant::now();
    let mut told = false;
    while let Some(holder) = folder.holder()? {
        let is_patient = begun.elapsed() < GRACE + TICK * 50;
        match holder.process.filter(|pid| is_about(*pid, folder)) {
            Some(pid) if !told => signal(pid, Signal::TERM),
            Some(pid) if !is_patient => signal(pid, Signal::KILL),
            Some(_) => {}
            // Its own process is gone; the engine is told by us.
            None => {
                if let Some(engine) = holder.engine {
                    signal(engine, if told && !is_patient { Signal::KILL } else { Signal::TERM });
                }
            }
        }
        told = true;
        if begun.elapsed() > GRACE * 2 {
            return Ok(());
        }
        std::thread::sleep(TICK);
    }
    Ok(())
}

/// Whether a process works on this folder: a number in a file may be another's by now.
fn is_about(pid: i32, folder: &Folder) -> bool {
    let command = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let job = folder.path().file_name().unwrap_or_default().as_encoded_bytes();
    let names = [job, b"next"];
    command.split(|byte| *byte == 0).any(|word| names.iter().any(|name| word.ends_with(name)))
}

fn signal(group: i32, signal: Signal) {
    if let Some(pid) = Pid::from_raw(group) {
        // It may have ended by itself meanwhile.
        let _ = kill_process_group(pid, signal);
    }
}
