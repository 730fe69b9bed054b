//! Replays files that once caused a failure.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

/// The environment variable that is set in the process that replays files.
const REPLAY_VARIABLE: &str = "RUNE_REPLAYS";
/// The time limit for a file. Nothing below 64 kB takes longer on any machine.
const TIMEOUT: Duration = Duration::from_secs(10);
/// The memory limit for reading a file and everything after it. It is more than any small file needs, and less than the
/// sizes that a file may state.
const MAX_MEMORY: u64 = 64 << 20;

/// Passes the files of a folder to `read`, in a process that runs nothing else: it runs only the test `name` of the
/// calling program.
///
/// # Panics
/// Panics if `read` panics or aborts for a file, or takes more than 10 seconds or 64 MiB.
pub fn replay(name: &str, folder: &Path, read: impl Fn(&[u8])) {
    if std::env::var_os(REPLAY_VARIABLE).is_none() {
        let this = std::env::current_exe().expect("a test has a file");
        let test = Command::new(this).args(["--exact", name, "--nocapture"]).env(REPLAY_VARIABLE, "1").output();
        let test = test.expect("a test can be started again");
        let output = || format!("{}{}", String::from_utf8_lossy(&test.stdout), String::from_utf8_lossy(&test.stderr));
        assert!(test.status.success(), "{}", output());
        // The test harness does not fail if no test has this name.
        assert!(output().contains("1 passed"), "there is no test {name}: {}", output());
        return;
    }
    for file in std::fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display())) {
        let path = file.expect("a folder can be listed").path();
        let bytes = std::fs::read(&path).expect("what is listed can be read");
        println!("{}", path.display());
        let began = Instant::now();
        let taken = memory_of(|| read(&bytes));
        assert!(began.elapsed() < TIMEOUT, "{} takes {:?}", path.display(), began.elapsed());
        assert!(taken.is_none_or(|taken| taken < MAX_MEMORY), "{} takes {taken:?} bytes", path.display());
    }
}

/// Returns the peak memory of this process during `run` above its memory before, if the system reports it.
fn memory_of(run: impl FnOnce()) -> Option<u64> {
    // This resets the peak.
    let is_reset = std::fs::write("/proc/self/clear_refs", "5").is_ok();
    let before = status("VmRSS:");
    run();
    is_reset.then(|| Some(status("VmHWM:")?.saturating_sub(before?))).flatten()
}

/// Returns a number of bytes that the system reports for this process.
fn status(field: &str) -> Option<u64> {
    let text = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(field))?;
    Some(line.split_whitespace().next()?.parse::<u64>().ok()? << 10)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::panic::catch_unwind;

    fn folder() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("file"), "100").unwrap();
        folder
    }

    /// Reads a number of MiB, and allocates that much.
    fn allocate(bytes: &[u8]) {
        let size: usize = std::str::from_utf8(bytes).unwrap().parse().unwrap();
        assert_eq!(std::hint::black_box(vec![1u8; size << 20]).len(), size << 20);
    }

    #[test]
    #[cfg_attr(not(target_os = "linux"), ignore = "the system does not tell")]
    fn what_takes_memory_is_found() {
        let folder = folder();
        let name = "replay::tests::what_takes_memory_is_found";
        let run = || replay(name, folder.path(), allocate);
        match std::env::var_os(REPLAY_VARIABLE) {
            Some(_) => run(),
            None => {
                let message =
                    *catch_unwind(std::panic::AssertUnwindSafe(run)).unwrap_err().downcast::<String>().unwrap();
                assert!(message.contains("file takes Some("), "{message}");
            }
        }
    }

    #[test]
    fn a_test_that_is_not_there_replays_nothing() {
        let folder = folder();
        let run = || replay("replay::tests::nothing", folder.path(), |_| {});
        let message = *catch_unwind(std::panic::AssertUnwindSafe(run)).unwrap_err().downcast::<String>().unwrap();
        assert!(message.starts_with("there is no test"), "{message}");
    }
}
