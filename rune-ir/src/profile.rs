//! Profiles: events with a start and a duration.
//!
//! If the environment variable `RUNE_PROFILE` names a file, all events of the process go there, in the [trace event
//! format](https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU) of Chrome, which
//! [Perfetto](https://ui.perfetto.dev) opens. [`collect`] returns the events of one function. Otherwise nothing is
//! recorded, and [`is_on`] costs one load from memory.

use crate::Loc;
use serde::Serialize;
use std::cell::RefCell;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::sync::atomic::{AtomicU8, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

/// A period of work.
#[derive(Clone, Debug)]
pub struct Event {
    /// The kind of work, such as `trace`, `plan`, `call` or `step`.
    pub category: &'static str,
    /// The subject of the work, such as the operation or the name of the program.
    pub name: String,
    /// The start, relative to the first event of the process.
    pub begin: Duration,
    /// The duration.
    pub took: Duration,
    /// A small number that identifies the thread.
    pub thread: u64,
    /// Details of the work.
    pub details: Details,
}

/// Details of the work of an event.
#[derive(Clone, Debug, Default)]
pub struct Details {
    /// The types of the results.
    pub shapes: String,
    /// The number of bytes that were read and written.
    pub bytes: u64,
    /// The number of operations on floating-point numbers.
    pub flops: u64,
    /// The line of the user's source.
    pub loc: Option<Loc>,
}

const UNKNOWN: u8 = 0;
const OFF: u8 = 1;
const FILE: u8 = 2;

/// Whether events go to a file.
static STATE: AtomicU8 = AtomicU8::new(UNKNOWN);
/// The number of calls of [`collect`] that are running.
static COLLECTING: AtomicUsize = AtomicUsize::new(0);
static BEGIN: OnceLock<Instant> = OnceLock::new();
static WRITER: Mutex<Option<BufWriter<File>>> = Mutex::new(None);
static THREADS: AtomicU64 = AtomicU64::new(1);

thread_local! {
    static THREAD: u64 = THREADS.fetch_add(1, Ordering::Relaxed);
    /// The events that are collected on this thread.
    static COLLECTED: RefCell<Option<Vec<Event>>> = const { RefCell::new(None) };
}

/// Returns whether events are recorded.
#[inline]
pub fn is_on() -> bool {
    match STATE.load(Ordering::Relaxed) {
        OFF => COLLECTING.load(Ordering::Relaxed) > 0,
        UNKNOWN => open() || COLLECTING.load(Ordering::Relaxed) > 0,
        _ => true,
    }
}

/// Opens the file that the environment names, if any. Returns whether events go there.
#[cold]
fn open() -> bool {
    let mut writer = WRITER.lock().unwrap_or_else(PoisonError::into_inner);
    if STATE.load(Ordering::Relaxed) == UNKNOWN {
        let opened = std::env::var_os("RUNE_PROFILE").filter(|path| !path.is_empty()).and_then(|path| {
            let created = File::create(&path);
            created.map_err(|e| eprintln!("RUNE_PROFILE: {} cannot be written: {e}", path.to_string_lossy())).ok()
        });
        *writer = opened.map(BufWriter::new);
        // The format allows the end of the list to be missing, so the file can be read whenever the process ends.
        let started = writer.as_mut().is_some_and(|writer| writer.write_all(b"[\n").is_ok());
        STATE.store(if started { FILE } else { OFF }, Ordering::Relaxed);
    }
    STATE.load(Ordering::Relaxed) == FILE
}

/// Records an event when it is dropped.
#[derive(Debug)]
#[must_use]
pub struct Span(Option<(&'static str, String, Instant, Details)>);

/// Begins an event. `name` is called only if events are recorded.
#[inline]
pub fn span(category: &'static str, name: impl FnOnce() -> String) -> Span {
    Span(is_on().then(|| (category, name(), Instant::now(), Details::default())))
}

impl Drop for Span {
    fn drop(&mut self) {
        if let Some((category, name, start, details)) = self.0.take() {
            record(category, name, start, details);
        }
    }
}

/// Records an event that began at `start` and ends now.
pub fn record(category: &'static str, name: String, start: Instant, details: Details) {
    let took = start.elapsed();
    let begin = start.saturating_duration_since(*BEGIN.get_or_init(|| start));
    let event = Event { category, name, begin, took, thread: THREAD.with(|&thread| thread), details };
    if STATE.load(Ordering::Relaxed) == FILE {
        write(&event);
    }
    COLLECTED.with_borrow_mut(|collected| {
        if let Some(events) = collected {
            events.push(event);
        }
    });
}

/// An event in Chrome's format; times are in microseconds.
#[derive(Serialize)]
struct Written<'a> {
    name: &'a str,
    cat: &'a str,
    ph: &'a str,
    ts: f64,
    dur: f64,
    pid: u32,
    tid: u64,
    args: Args<'a>,
}

#[derive(Serialize)]
struct Args<'a> {
    #[serde(skip_serializing_if = "str::is_empty")]
    shapes: &'a str,
    #[serde(skip_serializing_if = "is_zero")]
    bytes: u64,
    #[serde(skip_serializing_if = "is_zero")]
    flops: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<String>,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(x: &u64) -> bool {
    *x == 0
}

fn write(event: &Event) {
    let Details { shapes, bytes, flops, loc } = &event.details;
    let micros = |time: Duration| time.as_nanos() as f64 / 1e3;
    let written = Written {
        name: &event.name,
        cat: event.category,
        ph: "X",
        ts: micros(event.begin),
        dur: micros(event.took),
        pid: std::process::id(),
        tid: event.thread,
        args: Args { shapes, bytes: *bytes, flops: *flops, line: loc.as_ref().map(ToString::to_string) },
    };
    let mut writer = WRITER.lock().unwrap_or_else(PoisonError::into_inner);
    if let (Some(writer), Ok(line)) = (writer.as_mut(), serde_json::to_string(&written)) {
        // A full disk must not end the program.
        let _ = writeln!(writer, "{line},");
        // A step is part of a longer event, which flushes the file at its end.
        if event.category != "step" {
            let _ = writer.flush();
        }
    }
}

/// Runs `f`, and returns the events that this thread recorded meanwhile.
///
/// ```
/// use rune_ir::profile;
/// let (sum, events) = profile::collect(|| {
///     let _span = profile::span("call", || "sum".to_owned());
///     1 + 2
/// });
/// assert_eq!((sum, events.len(), events[0].name.as_str()), (3, 1, "sum"));
/// ```
pub fn collect<R>(f: impl FnOnce() -> R) -> (R, Vec<Event>) {
    /// Ends the collection, also when `f` panics.
    struct Collecting(Option<Vec<Event>>);
    impl Drop for Collecting {
        fn drop(&mut self) {
            COLLECTING.fetch_sub(1, Ordering::Relaxed);
            COLLECTED.set(self.0.take());
        }
    }
    COLLECTING.fetch_add(1, Ordering::Relaxed);
    let outer = Collecting(COLLECTED.replace(Some(Vec::new())));
    let result = f();
    let events = COLLECTED.take().unwrap_or_default();
    drop(outer);
    (result, events)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_of_another_thread_are_not_collected() {
        let (_, events) = collect(|| {
            let _outer = span("call", || "outer".to_owned());
            let ((), inner) = collect(|| drop(span("step", || "inner".to_owned())));
            assert_eq!(inner.len(), 1);
            std::thread::scope(|scope| scope.spawn(|| drop(span("step", || "elsewhere".to_owned()))).join().unwrap());
        });
        assert_eq!(events.iter().map(|e| e.name.as_str()).collect::<Vec<_>>(), ["outer"]);
        assert!(!is_on() || std::env::var_os("RUNE_PROFILE").is_some());
    }
}
