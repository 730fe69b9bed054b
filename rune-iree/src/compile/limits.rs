//! The limits of memory and time of one run of the compiler.

use crate::environment::bytes_from;
use std::sync::OnceLock;
use std::time::Duration;

/// The limits of one run of the compiler.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Limits {
    /// The memory limit in bytes. 0 means no limit.
    pub memory: u64,
    /// The time limit. `None` means no limit.
    pub time: Option<Duration>,
}

/// The default time limit. The largest example programs take a tenth of it on a slow machine.
const MAX_TIME: Duration = Duration::from_secs(600);
/// The memory limit if the memory of the machine is unknown.
const UNKNOWN_MEMORY: u64 = 16 << 30;

impl Limits {
    /// Returns the limits in `RUNE_COMPILE_MEMORY` and `RUNE_COMPILE_TIMEOUT`. The defaults are three quarters of the
    /// machine's memory, and [`MAX_TIME`].
    pub fn from_environment() -> Limits {
        static LIMITS: OnceLock<Limits> = OnceLock::new();
        *LIMITS.get_or_init(|| Limits {
            memory: bytes_from("RUNE_COMPILE_MEMORY", machine_memory().map_or(UNKNOWN_MEMORY, |all| all / 4 * 3)),
            time: time(std::env::var("RUNE_COMPILE_TIMEOUT").ok().as_deref()),
        })
    }
}

/// Returns the time limit in `RUNE_COMPILE_TIMEOUT`, in seconds. 0 means no limit.
fn time(setting: Option<&str>) -> Option<Duration> {
    let Some(setting) = setting.filter(|setting| !setting.trim().is_empty()) else { return Some(MAX_TIME) };
    let seconds = setting.trim().trim_end_matches('s').parse::<f64>().ok();
    match seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()) {
        Some(Duration::ZERO) => None,
        Some(time) => Some(time),
        None => {
            tracing::warn!(
                "RUNE_COMPILE_TIMEOUT is `{setting}`, which is not a number of seconds; using {} s",
                MAX_TIME.as_secs()
            );
            Some(MAX_TIME)
        }
    }
}

/// Returns the memory of the machine, or the memory limit of the container.
fn machine_memory() -> Option<u64> {
    let physical = std::fs::read_to_string("/proc/meminfo").ok().and_then(|text| total(&text));
    let container = ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"].iter();
    let container = container.filter_map(|file| std::fs::read_to_string(file).ok()?.trim().parse::<u64>().ok());
    physical.into_iter().chain(container).min()
}

/// Reads the line `MemTotal:  24689516 kB` of `/proc/meminfo`.
fn total(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_read() {
        assert_eq!(time(None), Some(MAX_TIME));
        assert_eq!(time(Some("")), Some(MAX_TIME));
        assert_eq!(time(Some("1.5")), Some(Duration::from_millis(1500)));
        assert_eq!(time(Some("20s")), Some(Duration::from_secs(20)));
        assert_eq!(time(Some("0")), None);
        assert_eq!(time(Some("soon")), Some(MAX_TIME));
        assert_eq!(total("MemTotal:       24689516 kB\nMemFree: 1 kB\n"), Some(24_689_516 << 10));
        assert_eq!(total("nothing"), None);
    }
}
