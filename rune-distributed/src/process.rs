//! The end of a process: if one rank fails, all ranks end.
#![allow(unsafe_code, reason = "the standard library has no function that runs at the exit of a process")]

use std::ffi::c_int;
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::{Mutex, PoisonError};

type AtExit = Box<dyn FnOnce(c_int) + Send>;

/// The function that runs when the process exits.
static AT_EXIT: Mutex<Option<AtExit>> = Mutex::new(None);

/// Registers `f` to run with the exit code when the process exits: after `main` has returned and its error is printed,
/// or after a panic in the main thread.
pub(crate) fn at_exit(f: impl FnOnce(c_int) + Send + 'static) {
    *AT_EXIT.lock().unwrap_or_else(PoisonError::into_inner) = Some(Box::new(f));
    if !register::register() {
        tracing::warn!("no function can run at the exit of the process: ranks may wait for one that failed");
    }
}

fn run_at_exit(code: c_int) {
    let taken = AT_EXIT.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some(f) = taken {
        f(code);
    }
}

#[cfg(target_env = "gnu")]
mod register {
    use std::ffi::{c_int, c_void};

    // SAFETY: this is glibc's declaration in `stdlib.h`. The function keeps the pointers, and calls `f` once, when the
    // process exits; `f` is a function of this module that does not use the argument, so any call is sound.
    unsafe extern "C" {
        safe fn on_exit(f: extern "C" fn(c_int, *mut c_void), argument: *mut c_void) -> c_int;
    }

    extern "C" fn run(code: c_int, _: *mut c_void) {
        super::run_at_exit(code);
    }

    pub fn register() -> bool {
        on_exit(run, std::ptr::null_mut()) == 0
    }
}

/// The exit code is unknown here. A panic of the main thread counts as a failure.
#[cfg(not(target_env = "gnu"))]
mod register {
    use std::ffi::c_int;

    // SAFETY: this is the declaration of the C standard. The function keeps the pointer, and calls `f` once, when the
    // process exits; `f` is a function of this module.
    unsafe extern "C" {
        safe fn atexit(f: extern "C" fn()) -> c_int;
    }

    extern "C" fn run() {
        super::run_at_exit(super::EXIT_CODE.load(std::sync::atomic::Ordering::Relaxed));
    }

    pub fn register() -> bool {
        atexit(run) == 0
    }
}

/// The exit code after a panic of the main thread.
static EXIT_CODE: AtomicI32 = AtomicI32::new(0);

/// Makes the messages of panics begin with the rank.
pub(crate) fn name_panics(rank: usize, size: usize) {
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        if std::thread::current().name() == Some("main") {
            EXIT_CODE.store(101, Ordering::Relaxed);
        }
        eprint!("rank {rank} of {size}: ");
        before(info);
    }));
}
