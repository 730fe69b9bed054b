//! Failures and operations at the user's line, also out of closures.
//!
//! `#[track_caller]` hands the user's line on from function to function, and ends at a closure: what fails inside of one panics at a line
//! of the library, and what is applied there comes from such a line. So a public function that works through closures runs them
//! [at its caller](at_caller): a failure inside unwinds quietly up to it, and the panic is there.
//!
//! A function that returns a closure, as `grad`, has no caller any more when the closure is called, and a closure cannot be
//! `#[track_caller]`. But the function it was given is the user's: where the closure [fails](in_closure_of), that function is run once more, and
//! the panic is at an operation it applies. If it applies none, the panic is at a line of the library; the message names the user's in any case.

use super::effects::begin_trace;
use super::origin::{overridden, users, with_location};
use rune_ir::Loc;
use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, Location, catch_unwind, resume_unwind};

thread_local! {
    /// How many callers on this thread wait for failures.
    static WAITING: Cell<u32> = const { Cell::new(0) };
    /// The failure that is on its way to one of them.
    static RAISED: RefCell<Option<Failure>> = const { RefCell::new(None) };
    /// The failure that a function of the user's is run again for.
    static TRAP: RefCell<Option<Failure>> = const { RefCell::new(None) };
    /// Whether there is one, since each operation asks.
    static TRAPPED: Cell<bool> = const { Cell::new(false) };
}

/// What was wrong, and where an operation comes from that it was wrong with.
#[derive(Clone)]
struct Failure {
    message: String,
    at: Option<Loc>,
}

/// Panics at the caller's line; in what runs [at another one](at_caller), at that.
#[track_caller]
pub fn fail(message: &str) -> ! {
    fail_with(message, None)
}

/// As [`fail`], because of what comes from the line `at`: by default because of the operation under way.
#[track_caller]
pub(crate) fn fail_with(message: &str, at: Option<Loc>) -> ! {
    // Without unwinding nobody can catch it.
    if let (true, true, Some(origin)) = (cfg!(panic = "unwind"), WAITING.get() > 0, overridden()) {
        RAISED.set(Some(Failure { message: message.to_owned(), at: at.or(origin.loc) }));
        resume_unwind(Box::new(message.to_owned()));
    }
    raise(message)
}

/// Panics at the caller's line. A function that is [run again](spring), on whole arrays where it was given lanes, may fail otherwise and
/// before: then the failure counts that it is run for.
#[track_caller]
fn raise(message: &str) -> ! {
    match TRAPPED.get().then(|| TRAP.with_borrow(Clone::clone)).flatten() {
        Some(Failure { message, .. }) => {
            disarm();
            panic!("{message}")
        }
        None => panic!("{message}"),
    }
}

/// As `panic!`, by [`fail`].
macro_rules! refuse {
    ($($message:tt)*) => { $crate::fail(&format!($($message)*)) };
}
pub(crate) use refuse;

/// Runs `f`, whose operations come from the caller's line, and whose failures are panics there. Functions of the user's, which it may
/// run, go by their own lines.
#[track_caller]
pub fn at_caller<R>(f: impl FnOnce() -> R) -> R {
    if overridden().is_some() {
        return f();
    }
    match caught(Location::caller(), f) {
        Ok(result) => result,
        Err(failure) => raise(&failure.message),
    }
}

/// A line of the user's, for closures of the library's that a function runs as if they were the user's.
#[derive(Clone, Copy)]
pub struct Caller(pub(crate) &'static Location<'static>);

impl std::fmt::Display for Caller {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl Caller {
    /// The caller's line.
    #[track_caller]
    pub fn here() -> Caller {
        Caller(Location::caller())
    }
    /// Runs `f`, whose operations come from this line, and whose failures are those of the function called there, if it runs
    /// [at its caller](at_caller).
    pub fn run<R>(self, f: impl FnOnce() -> R) -> R {
        with_location(self.0, f)
    }
}

/// Runs `body`, the inside of a closure that was made of a function of the user's at the line `made`. Where it fails, the panic is in that
/// function, which `again` runs once more.
pub(crate) fn in_closure_of<R>(made: Caller, again: impl Fn(), body: impl FnOnce() -> R) -> R {
    if overridden().is_some() {
        return body();
    }
    let mut failure = match caught(made.0, body) {
        Ok(result) => return result,
        Err(failure) => failure,
    };
    failure.at = failure.at.filter(|at| *at != Loc::from(made.0));
    if failure.at.is_some() {
        spring(failure.clone(), &again);
    }
    spring(Failure { at: None, ..failure.clone() }, &again);
    panic!("{}", failure.message)
}

/// What `f` returns, run for a line of the user's; or the failure in it.
fn caught<R>(location: &'static Location<'static>, f: impl FnOnce() -> R) -> Result<R, Failure> {
    struct Leave;
    impl Drop for Leave {
        fn drop(&mut self) {
            WAITING.set(WAITING.get() - 1);
        }
    }
    WAITING.set(WAITING.get() + 1);
    let leave = Leave;
    let result = catch_unwind(AssertUnwindSafe(|| with_location(location, f)));
    drop(leave);
    result.map_err(|payload| RAISED.take().unwrap_or_else(|| resume_unwind(payload)))
}

/// Runs a function of the user's so that the operation that the failure is about panics with it.
fn spring(failure: Failure, f: impl FnOnce()) {
    struct Disarm;
    impl Drop for Disarm {
        fn drop(&mut self) {
            disarm();
        }
    }
    TRAP.set(Some(failure));
    TRAPPED.set(true);
    let _disarm = Disarm;
    // What effects it has, it had before.
    let _since = begin_trace();
    users(f);
}

fn disarm() {
    TRAPPED.set(false);
    TRAP.set(None);
}

/// Panics if a failure is about an operation that is applied here.
#[track_caller]
#[inline]
pub(super) fn step() {
    if TRAPPED.get() {
        caught_here();
    }
}

#[track_caller]
#[cold]
fn caught_here() {
    let here = match overridden() {
        Some(origin) => origin.loc,
        None => Some(Location::caller().into()),
    };
    let Some(failure) = TRAP.with_borrow(Clone::clone) else { return };
    if failure.at.is_none() || failure.at == here {
        disarm();
        fail_with(&failure.message, here);
    }
}
