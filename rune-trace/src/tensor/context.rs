//! The state of a trace, for other threads.

use super::effects::{self, Inbox};
use super::named_axes;
use super::origin::{self, OriginContext};
use rune_ir::op::NamedAxis;
use std::sync::Arc;

/// The state of the trace of a thread, for other threads that do a part of the work of the traced function.
///
/// A traced function may start threads. Operations on its tensors belong to its program, whichever thread applies them.
/// But effects such as `debug_print!` and `io_callback`, named axes and name scopes belong to a thread. A thread that
/// runs in the context of the traced function shares these with it.
///
/// ```
/// use rune_trace::{Tensor, TraceContext, debug_print, make_program};
/// let f = |x: &Tensor| {
///     let context = TraceContext::current();
///     std::thread::scope(|scope| {
///         scope.spawn(|| context.run(|| debug_print!("x is {}", x)));
///     });
///     x * 2.0
/// };
/// let program = make_program(f, &Tensor::scalar(1.0f32)).unwrap();
/// assert!(program.has_effects());
/// ```
#[derive(Clone)]
pub struct TraceContext {
    inbox: Option<Arc<Inbox>>,
    axes: Vec<NamedAxis>,
    origin: OriginContext,
}

impl TraceContext {
    /// Returns the state of the calling thread. If it traces no function, the context holds only its named axes and
    /// name scopes.
    pub fn current() -> TraceContext {
        TraceContext { inbox: effects::inbox(), axes: named_axes::named_axes(), origin: OriginContext::current() }
    }
    /// Runs `f` on the calling thread as a part of the traced function.
    ///
    /// # Panics
    /// Panics if the trace has ended and `f` applies an effect: the function must wait for the threads that it starts.
    #[track_caller]
    pub fn run<R>(&self, f: impl FnOnce() -> R) -> R {
        let run = || named_axes::with_axes(&self.axes, || origin::with_origin_context(&self.origin, f));
        match &self.inbox {
            None => run(),
            Some(inbox) => match effects::with_inbox(inbox, run) {
                Ok(result) => result,
                Err(effects::TraceEnded) => super::fail(
                    "an effect is applied in the context of a function whose trace has ended, so it would be lost; make the function wait for the threads that it starts, for example with `std::thread::scope`",
                ),
            },
        }
    }
}
