//! Processes started by tests.

use std::time::{Duration, Instant};

/// Waits until a process has ended, or is a zombie that its parent has not awaited yet.
pub fn wait_until_ended(process: &str) {
    let begun = Instant::now();
    let runs = || {
        let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
        stat.rsplit(") ").next().is_some_and(|rest| !rest.is_empty() && !rest.starts_with('Z'))
    };
    while runs() {
        assert!(begun.elapsed() < Duration::from_secs(20), "the compiler outlives the process that started it");
        std::thread::sleep(Duration::from_millis(5));
    }
}
