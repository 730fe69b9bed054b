//! MLIR contexts, one per thread.

use melior::Context;
use melior::dialect::DialectHandle;
use std::cell::RefCell;

/// The number of modules after which a thread creates a new context. A context never frees types, attributes and
/// locations.
const MODULES_PER_CONTEXT: u32 = 256;

thread_local! {
    static CONTEXT: RefCell<Option<(Context, u32)>> = const { RefCell::new(None) };
}

/// Runs `f` with the context of this thread. Creating a context takes about 3.5 ms with all dialects, and less with the
/// few that are used here.
pub(crate) fn with<R>(f: impl FnOnce(&Context) -> R) -> R {
    // The context is taken out during the call. If `f` panics, none is left behind, and a nested call creates its own.
    let (context, used) = CONTEXT.take().unwrap_or_else(|| (create(), 0));
    let result = f(&context);
    if used + 1 < MODULES_PER_CONTEXT {
        CONTEXT.set(Some((context, used + 1)));
    }
    result
}

fn create() -> Context {
    let context = Context::new_with_threading(false);
    DialectHandle::func().load_dialect(&context);
    DialectHandle::tensor().load_dialect(&context);
    context.set_allow_unregistered_dialects(true);
    context
}
