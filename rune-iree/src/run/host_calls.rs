//! Rust functions that compiled code may call.

use rune_ir::{Array, Type};
use std::cell::RefCell;

/// A function of the host, as the compiled code sees it: `host.name`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HostFunction {
    /// The name, without `host.`.
    pub name: String,
    /// The types of the arguments. Only the rank of their shapes counts, since the sizes come with each call.
    pub inputs: Vec<Type>,
    /// The types of the results. Only the rank of their shapes counts.
    pub outputs: Vec<Type>,
}

/// The host functions of a program.
///
/// In the module they are declared with open sizes, and called through casts:
///
/// ```mlir
/// func.func private @host.sort(tensor<?xf32>) -> tensor<?xf32>
/// func.func @main(%x: tensor<10xf32>) -> tensor<10xf32> {
///   %a = tensor.cast %x : tensor<10xf32> to tensor<?xf32>
///   %b = call @host.sort(%a) : (tensor<?xf32>) -> tensor<?xf32>
///   %c = tensor.cast %b : tensor<?xf32> to tensor<10xf32>
///   return %c : tensor<10xf32>
/// }
/// ```
pub trait HostCalls: Send + Sync {
    /// Returns the functions. Called once, when a module is loaded.
    fn functions(&self) -> Vec<HostFunction>;
    /// Calls the function at `index` of [`HostCalls::functions`].
    ///
    /// On devices that share the memory of the host, `args` are memory of the device itself, so the function must not keep an argument
    /// beyond the call; the call fails if it does. Several threads may call it at once. A panic becomes an error.
    ///
    /// # Errors
    /// Returns a message, with which the whole call of the compiled program fails.
    fn call(&self, index: usize, args: &[Array]) -> Result<Vec<Array>, String>;
    /// Returns whether the function at `index` is a user's callback. Its errors name it, and become
    /// [`RunError::Callback`](crate::RunError::Callback).
    fn is_users(&self, index: usize) -> bool {
        let _ = index;
        false
    }
}

/// Calls, and turns a panic into an error.
pub(crate) fn call_caught(calls: &dyn HostCalls, index: usize, args: &[Array]) -> Result<Vec<Array>, String> {
    rune_trace::caught(|| calls.call(index, args))
}

/// The error of a host function, which IREE passes on as text only.
pub(crate) struct HostError {
    pub(crate) function: String,
    pub(crate) users: bool,
    pub(crate) message: String,
}

thread_local! {
    static LAST_ERROR: RefCell<Option<HostError>> = const { RefCell::new(None) };
}

pub(crate) fn set_last_error(function: &str, users: bool, message: &str) {
    LAST_ERROR.set(Some(HostError { function: function.to_owned(), users, message: message.to_owned() }));
}

/// Returns and clears the error of a host function on this thread, which called the compiled code.
pub(crate) fn take_last_error() -> Option<HostError> {
    LAST_ERROR.take()
}
