//! Counts the nesting of traces of jitted functions, so that endless recursion is an error instead of a stack overflow.

use rune_ir::MAX_DEPTH;
use std::cell::{Cell, RefCell};

thread_local! {
    /// The addresses of the functions that this thread is tracing, outermost first.
    static TRACED: RefCell<Vec<usize>> = const { RefCell::new(Vec::new()) };
    /// Whether a function runs again only to find the line of the error.
    static REPORTING: Cell<bool> = const { Cell::new(false) };
}

/// Counts a function as being traced, until this value is dropped.
pub(super) struct Tracing(());

/// The error that more than [`MAX_DEPTH`] traces of jitted functions are nested. The limit is that for nested programs.
pub(super) struct TooDeep {
    /// Whether the function itself is among those being traced.
    pub recursive: bool,
}

impl Tracing {
    pub fn begin(function: usize) -> Result<Tracing, TooDeep> {
        TRACED.with_borrow_mut(|traced| {
            if traced.len() >= MAX_DEPTH as usize {
                return Err(TooDeep { recursive: traced.contains(&function) });
            }
            traced.push(function);
            Ok(Tracing(()))
        })
    }
}

impl Drop for Tracing {
    fn drop(&mut self) {
        TRACED.with_borrow_mut(Vec::pop);
    }
}

impl TooDeep {
    pub fn message(&self, name: &str, made: &str) -> String {
        let what = match self.recursive {
            true => "calls itself without end",
            false => "is called by jitted functions that call each other",
        };
        format!(
            "`{name}`, jitted at {made}, {what}: {MAX_DEPTH} jitted functions are being traced, each within the one before. A jitted \
             function can call itself only while types or structure of the arguments change, as for halves of an array; \
             for repetition over values use `while_loop`, `fori_loop` or `scan`"
        )
    }
}

/// Runs `f` to report an error. Returns `None` if an error is already being reported.
pub(super) fn with_error_report<R>(f: impl FnOnce() -> R) -> Option<R> {
    struct EndReport;
    impl Drop for EndReport {
        fn drop(&mut self) {
            REPORTING.set(false);
        }
    }
    if REPORTING.replace(true) {
        return None;
    }
    let _done = EndReport;
    Some(f())
}
