//! The threads of the engine, which are those of rayon's global pool.

use rayon::ThreadPoolBuilder;
use std::env::VarError;
use std::num::NonZeroUsize;
use std::sync::LazyLock;

/// Returns the number of threads that compute large steps: `RUNE_THREADS` if it is set, else rayon's choice, which is
/// `RAYON_NUM_THREADS` or all cores.
///
/// The first call sizes rayon's global pool. A pool that the process made before keeps its size.
///
/// ```
/// assert!(rune_host::threads() >= 1);
/// ```
pub fn threads() -> usize {
    static THREADS: LazyLock<usize> = LazyLock::new(|| {
        let asked = match std::env::var("RUNE_THREADS") {
            Err(VarError::NotPresent) => None,
            Err(VarError::NotUnicode(text)) => parse(&text.to_string_lossy()),
            Ok(text) => parse(&text),
        };
        if let Some(count) = asked
            && let Err(error) = ThreadPoolBuilder::new().num_threads(count.get()).build_global()
        {
            let now = rayon::current_num_threads();
            tracing::warn!("RUNE_THREADS={count} has no effect, and {now} threads compute: {error}");
        }
        rayon::current_num_threads()
    });
    *THREADS
}

/// Returns the number in `RUNE_THREADS`. Warns if there is none.
fn parse(text: &str) -> Option<NonZeroUsize> {
    let count = text.trim().parse().ok();
    if count.is_none() && !text.is_empty() {
        tracing::warn!("RUNE_THREADS is `{text}`; it may be a number above 0, or unset");
    }
    count
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    #[test]
    fn the_variable_sets_the_number() {
        let in_process = |setting: &str| {
            let mut command = Command::new(std::env::current_exe().unwrap());
            command.args(["threads::tests::in_a_process", "--exact", "--ignored", "--nocapture"]);
            let output = command.env("RUNE_THREADS", setting).env("RAYON_NUM_THREADS", "5").output().unwrap();
            assert!(output.status.success(), "{setting}: {}", String::from_utf8_lossy(&output.stderr));
            let text = String::from_utf8(output.stdout).unwrap();
            let count = text.split_once("threads: ").and_then(|(_, rest)| rest.lines().next().map(str::to_owned));
            count.unwrap_or_else(|| panic!("no number in {text}"))
        };
        for (setting, expected) in [("1", "1"), (" 3 ", "3"), ("", "5"), ("0", "5"), ("many", "5")] {
            assert_eq!(in_process(setting), expected, "RUNE_THREADS={setting}");
        }
    }

    #[test]
    #[ignore = "run by `the_variable_sets_the_number`, in processes of its own"]
    fn in_a_process() {
        println!("threads: {}", super::threads());
        assert_eq!(rayon::current_num_threads(), super::threads());
    }
}
