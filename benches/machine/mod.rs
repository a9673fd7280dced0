//! What the machine says beside a figure: processor time, memory, load.

use std::fs::read_to_string;

/// One line for the head of a report.
pub fn describe() -> String {
    let cores = std::thread::available_parallelism().map_or(0, |n| n.get());
    let load = read_to_string("/proc/loadavg").unwrap_or_default();
    format!("{cores} cores, load average {}", load.split(' ').next().unwrap_or("unknown"))
}

/// Seconds that all threads of this process ran so far; 0 where the kernel does not tell.
pub fn cpu_seconds() -> f64 {
    // The name in brackets may hold blanks; user and system ticks are the 12th and 13th field after it, of 1/100 s each.
    let stat = read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    fields.skip(11).take(2).filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / 100.0
}

/// Milliseconds that the calling thread ran so far.
pub fn thread_milliseconds() -> f64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // Proof: the clock's number is a constant of the system, and `time` outlives the call.
    unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &mut time) };
    time.tv_sec as f64 * 1e3 + time.tv_nsec as f64 / 1e6
}

/// A line of the kernel's report on this process (`VmHWM`, `VmRSS`, `RssAnon`) in MiB; 0 where there is none.
pub fn memory_mib(name: &str) -> u64 {
    let status = read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    line.and_then(|line| line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()).unwrap_or(0) / 1024
}

/// Lets `VmHWM` start again from the memory held now.
pub fn forget_peak() {
    let _ = std::fs::write("/proc/self/clear_refs", "5");
}
