//! Malformed programs from outside. Whatever a file holds, it is refused or it works, in little time and memory.
//!
//! `RUNE_FUZZ_SECONDS=3600 cargo test --release -p rune-ir --test hostile` runs for an hour. Programs that once failed
//! are in `tests/data/hostile/programs`, and every run tries them again.

use rune_ir::{Program, Shape};
use rune_testing::{Mutator, exercise, replay};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

/// The time limit of one program on any machine.
const PATIENCE: Duration = Duration::from_secs(20);

/// Returns whether `text` is a program. Fails if the program does not work.
fn accepted(text: &str) -> bool {
    let program = match text.trim_start().starts_with('{') {
        true => serde_json::from_str::<Program>(text).ok(),
        false => Program::parse(text).ok(),
    };
    program.inspect(exercise).is_some()
}

fn kept() -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/data/hostile/programs")
}

/// Returns the peak memory of this process in KiB, if the system reports it.
fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    status.lines().find_map(|l| l.strip_prefix("VmHWM:"))?.split_whitespace().next()?.parse().ok()
}

#[test]
fn programs_that_once_failed_do_no_longer() {
    replay("programs_that_once_failed_do_no_longer", &kept(), |bytes| {
        accepted(&String::from_utf8_lossy(bytes));
    });
}

#[test]
fn whatever_stands_in_a_file_is_refused_or_works() {
    let seconds: Option<u64> = std::env::var("RUNE_FUZZ_SECONDS").ok().and_then(|s| s.parse().ok());
    let start = Instant::now();
    let from = seconds.map_or(0, |_| std::time::UNIX_EPOCH.elapsed().unwrap().as_nanos() as u64);
    let goes_on = |tried: u64| match seconds {
        Some(seconds) => start.elapsed() < Duration::from_secs(seconds),
        None => tried < 600,
    };
    let (mut tried, mut worked, mut failed) = (0, 0, Vec::new());
    while goes_on(tried) {
        let mut mutator = Mutator::new(from.wrapping_add(tried));
        let text = if tried % 2 == 0 { mutator.text() } else { mutator.json() };
        if seconds.is_some() {
            // The file keeps the text in case the process dies.
            std::fs::write(std::env::temp_dir().join("rune-hostile"), &text).unwrap();
        }
        let began = Instant::now();
        let result = catch_unwind(AssertUnwindSafe(|| accepted(&text)));
        if result.is_err() || began.elapsed() > PATIENCE {
            let name = format!(
                "{}.{}",
                blake3::hash(text.as_bytes()).to_hex().split_at(12).0,
                ["rune", "json"][tried as usize % 2]
            );
            std::fs::write(kept().join(&name), &text).unwrap();
            failed.push(name);
        }
        worked += u64::from(result.unwrap_or(false));
        tried += 1;
    }
    println!("{tried} texts, {worked} of them programs, at most {} MiB", peak_memory().unwrap_or(0) / 1024);
    assert!(failed.is_empty(), "kept in {}: {failed:?}", kept().display());
    assert!(tried < 100 || worked * 50 > tried, "{worked} of {tried} texts are programs: too few to tell");
}

/// Shapes that fit into no memory, and depths that fit on no stack.
#[test]
fn what_is_too_large_is_refused_before_it_is_allocated() {
    let huge = Shape::from_iter([usize::MAX / 2, 3]);
    assert_eq!(huge.checked_size(), None);
    assert!(!accepted(&format!(
        "def f(x0): # [{}, 3, f32] -> [{}, 3, f32]\n    return x0\n",
        usize::MAX / 2,
        usize::MAX / 2
    )));
    let mut nested = String::new();
    for depth in 0..5000 {
        nested += &format!("{}def f{depth}(x0): # [f32] -> [f32]\n", " ".repeat(depth));
    }
    assert!(!accepted(&nested));
    let lists = format!("{{\"rune\": 1, \"name\": {}{}}}", "[".repeat(100_000), "]".repeat(100_000));
    assert!(!accepted(&lists));
}
