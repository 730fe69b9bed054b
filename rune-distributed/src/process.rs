//! The end of a process: all ranks end when one of them fails.
#![allow(unsafe_code, reason = "the standard library has no function that runs at the exit of a process")]

use std::ffi::{c_int, c_void};
use std::io::Write;
use std::sync::{Mutex, PoisonError};

type AtExit = Box<dyn FnOnce(c_int) + Send>;

/// What runs at the exit of the process.
static AT_EXIT: Mutex<Option<AtExit>> = Mutex::new(None);

// SAFETY: this is glibc's declaration in `stdlib.h`. The function keeps the pointers, and calls `f` once, when the process
// exits; `f` is a function of this module that does not use the argument, so any call is sound.
unsafe extern "C" {
    safe fn on_exit(f: extern "C" fn(c_int, *mut c_void), argument: *mut c_void) -> c_int;
}

/// Lets `f` run when the process exits, with its exit code: after `main` has returned and its error is printed, or after
/// a panic in the main thread.
pub(crate) fn at_exit(f: impl FnOnce(c_int) + Send + 'static) {
    *AT_EXIT.lock().unwrap_or_else(PoisonError::into_inner) = Some(Box::new(f));
    extern "C" fn run(code: c_int, _: *mut c_void) {
        let taken = AT_EXIT.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(f) = taken {
            let _ = std::io::stdout().flush();
            f(code);
        }
    }
    if on_exit(run, std::ptr::null_mut()) != 0 {
        tracing::warn!("no function can run at the exit of the process: ranks may wait for one that failed");
    }
}

/// Lets the message of a panic begin with the rank.
pub(crate) fn name_panics(rank: usize, size: usize) {
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        eprint!("rank {rank} of {size}: ");
        before(info);
    }));
}
