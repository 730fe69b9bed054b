//! Failures and operations at the user's line, also in closures.
//!
//! `#[track_caller]` passes the user's line from function to function, but it ends at a closure: a failure inside a
//! closure would panic at a line of the library, and operations there would have such a line as their origin.
//! Therefore, a public function that uses closures runs them [at its caller](at_caller). A failure inside unwinds
//! silently to that function, and the panic occurs there.
//!
//! A function such as `grad` returns a closure. When this closure is called, `grad` no longer has a caller, and a
//! closure cannot be `#[track_caller]`. But the function that `grad` got is the user's. If the closure
//! [fails](in_closure_of), the user's function runs once more, and the panic occurs at an operation that this function
//! applies. If it applies no operation, the panic occurs at a line of the library. The message names the user's line in
//! every case.

use super::effects::begin_trace;
use super::origin::{override_origin, with_location, with_user_locations};
use rune_ir::Loc;
use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, Location, catch_unwind, resume_unwind};

thread_local! {
    /// The number of callers on this thread that wait for failures.
    static CATCH_DEPTH: Cell<u32> = const { Cell::new(0) };
    /// The failure that is unwinding to one of these callers.
    static UNWINDING_FAILURE: RefCell<Option<Failure>> = const { RefCell::new(None) };
    /// The failure for which a user function runs again.
    static RERUN_FAILURE: RefCell<Option<Failure>> = const { RefCell::new(None) };
    /// Whether `RERUN_FAILURE` holds a failure. Each operation checks this.
    static IS_RERUN: Cell<bool> = const { Cell::new(false) };
}

/// A failure, and the origin of the operation that failed.
#[derive(Clone)]
struct Failure {
    message: String,
    at: Option<Loc>,
}

/// Panics at the caller's line, or at the line that [`at_caller`] set.
#[track_caller]
pub fn fail(message: &str) -> ! {
    fail_with(message, None)
}

/// Like [`fail`], for a problem at the line `at`. The default is the line of the current operation.
#[track_caller]
pub(crate) fn fail_with(message: &str, at: Option<Loc>) -> ! {
    // Without unwinding, the failure cannot be caught.
    if let (true, true, Some(origin)) = (cfg!(panic = "unwind"), CATCH_DEPTH.get() > 0, override_origin()) {
        UNWINDING_FAILURE.set(Some(Failure { message: message.to_owned(), at: at.or(origin.loc) }));
        resume_unwind(Box::new(message.to_owned()));
    }
    raise(message)
}

/// Panics at the caller's line. A function that [runs again](rerun_until_failure), on whole arrays instead of batch
/// elements, may fail earlier and differently. In this case, the original failure is reported.
#[track_caller]
fn raise(message: &str) -> ! {
    match IS_RERUN.get().then(|| RERUN_FAILURE.with_borrow(Clone::clone)).flatten() {
        Some(Failure { message, .. }) => {
            end_rerun();
            panic!("{message}")
        }
        None => panic!("{message}"),
    }
}

/// Panics like `panic!`, but through [`fail`].
macro_rules! refuse {
    ($($message:tt)*) => { $crate::fail(&format!($($message)*)) };
}
pub(crate) use refuse;

/// Runs `f`. Its operations have the caller's line, and its failures panic there. User functions that it runs keep
/// their own lines.
#[track_caller]
pub fn at_caller<R>(f: impl FnOnce() -> R) -> R {
    if override_origin().is_some() {
        return f();
    }
    match catch_failure(Location::caller(), f) {
        Ok(result) => result,
        Err(failure) => raise(&failure.message),
    }
}

/// The user's line that operations in the library's own closures record.
#[derive(Clone, Copy)]
pub struct Caller(pub(crate) &'static Location<'static>);

impl std::fmt::Display for Caller {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl Caller {
    /// Returns the caller's line.
    #[track_caller]
    pub fn here() -> Caller {
        Caller(Location::caller())
    }
    /// Runs `f`. Its operations have this line. Its failures count as failures of the function that is called at this
    /// line, if that function runs [at its caller](at_caller).
    pub fn run<R>(self, f: impl FnOnce() -> R) -> R {
        with_location(self.0, f)
    }
}

/// Runs `body`, the body of a closure that was created for a user function at the line `made`. If it fails, `rerun`
/// runs the user function once more, so that the panic occurs inside that function.
pub(crate) fn in_closure_of<R>(made: Caller, rerun: impl Fn(), body: impl FnOnce() -> R) -> R {
    if override_origin().is_some() {
        return body();
    }
    let mut failure = match catch_failure(made.0, body) {
        Ok(result) => return result,
        Err(failure) => failure,
    };
    failure.at = failure.at.filter(|at| *at != Loc::from(made.0));
    if failure.at.is_some() {
        rerun_until_failure(failure.clone(), &rerun);
    }
    rerun_until_failure(Failure { at: None, ..failure.clone() }, &rerun);
    panic!("{}", failure.message)
}

/// Runs `f` at a user's line. Returns its result, or its failure.
fn catch_failure<R>(location: &'static Location<'static>, f: impl FnOnce() -> R) -> Result<R, Failure> {
    struct Decrement;
    impl Drop for Decrement {
        fn drop(&mut self) {
            CATCH_DEPTH.set(CATCH_DEPTH.get() - 1);
        }
    }
    CATCH_DEPTH.set(CATCH_DEPTH.get() + 1);
    let decrement = Decrement;
    let result = catch_unwind(AssertUnwindSafe(|| with_location(location, f)));
    drop(decrement);
    result.map_err(|payload| UNWINDING_FAILURE.take().unwrap_or_else(|| resume_unwind(payload)))
}

/// Runs a user function again, so that it panics at the operation that caused the failure.
fn rerun_until_failure(failure: Failure, f: impl FnOnce()) {
    struct EndRerun;
    impl Drop for EndRerun {
        fn drop(&mut self) {
            end_rerun();
        }
    }
    RERUN_FAILURE.set(Some(failure));
    IS_RERUN.set(true);
    let _end = EndRerun;
    // The effects of the function have happened already. This trace discards them.
    let _active_trace = begin_trace();
    with_user_locations(f);
}

fn end_rerun() {
    IS_RERUN.set(false);
    RERUN_FAILURE.set(None);
}

/// Panics if the failure for which a function runs again is at this operation.
#[track_caller]
#[inline]
pub(super) fn check_rerun() {
    if IS_RERUN.get() {
        fail_if_rerun_failure_is_here();
    }
}

#[track_caller]
#[cold]
fn fail_if_rerun_failure_is_here() {
    let here = match override_origin() {
        Some(origin) => origin.loc,
        None => Some(Location::caller().into()),
    };
    let Some(failure) = RERUN_FAILURE.with_borrow(Clone::clone) else { return };
    if failure.at.is_none() || failure.at == here {
        end_rerun();
        fail_with(&failure.message, here);
    }
}
