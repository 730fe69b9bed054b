//! The destination of `debug_print!`.

use std::cell::RefCell;
use std::sync::{Arc, PoisonError, RwLock};

/// Receives what `debug_print!` prints: whole lines, with their line ends.
pub type DebugSink = Arc<dyn Fn(&str) + Send + Sync>;

static SINK: RwLock<Option<DebugSink>> = RwLock::new(None);

thread_local! {
    static CAPTURED: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Sends the output of `debug_print!` in this process to `sink`, or with `None` to the standard output again. Returns
/// the previous sink.
///
/// ```
/// use rune_trace::{Tensor, debug_print, set_debug_sink};
/// use std::sync::{Arc, Mutex};
/// let log = Arc::new(Mutex::new(String::new()));
/// let to = log.clone();
/// let before = set_debug_sink(Some(Arc::new(move |text| to.lock().unwrap().push_str(text))));
/// debug_print!("x = {}", Tensor::from([1.0f32, 2.0]));
/// set_debug_sink(before);
/// assert_eq!(*log.lock().unwrap(), "x = [1. 2.]\n");
/// ```
pub fn set_debug_sink(sink: Option<DebugSink>) -> Option<DebugSink> {
    std::mem::replace(&mut *SINK.write().unwrap_or_else(PoisonError::into_inner), sink)
}

/// Runs `f`. Returns what `debug_print!` prints on this thread meanwhile, instead of printing it.
///
/// ```
/// use rune_trace::{Tensor, capture_debug, debug_print, grad};
/// let f = |x: &Tensor| {
///     debug_print!("x = {x}, x² = {:.2}", x * x);
///     x * x * x
/// };
/// let (dx, text) = capture_debug(|| grad(f)(&Tensor::scalar(3.0f32)));
/// assert_eq!(dx.item::<f32>()?, 27.0);
/// assert_eq!(text, "x = 3.0, x² = 9.00\n");
/// # Ok::<(), rune_trace::EvalError>(())
/// ```
pub fn capture_debug<R>(f: impl FnOnce() -> R) -> (R, String) {
    struct Restore(Option<String>);
    impl Drop for Restore {
        fn drop(&mut self) {
            CAPTURED.set(self.0.take());
        }
    }
    let restore = Restore(CAPTURED.replace(Some(String::new())));
    let result = f();
    let text = CAPTURED.replace(None).unwrap_or_default();
    drop(restore);
    (result, text)
}

/// Prints text.
pub fn emit(text: &str) {
    let captured = CAPTURED.with_borrow_mut(|captured| captured.as_mut().map(|all| all.push_str(text)).is_some());
    if captured {
        return;
    }
    let sink = SINK.read().unwrap_or_else(PoisonError::into_inner).clone();
    match sink {
        Some(sink) => sink(text),
        None => print!("{text}"),
    }
}
