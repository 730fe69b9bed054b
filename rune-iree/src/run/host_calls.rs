//! Rust functions that compiled code may call.

use rune_ir::{Array, Type};
use std::cell::RefCell;

/// A host function. Compiled code calls it `host.name`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HostFunction {
    /// The name, without `host.`.
    pub name: String,
    /// The types of the arguments. Of their shapes, only the rank matters, because the sizes come with each call.
    pub inputs: Vec<Type>,
    /// The types of the results. Of their shapes, only the rank matters.
    pub outputs: Vec<Type>,
}

/// The host functions of a program.
///
/// The module declares them with open sizes, and calls them through casts:
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
    /// Returns the functions. It is called once, when a module is loaded.
    fn functions(&self) -> Vec<HostFunction>;
    /// Calls the function at `index` of [`HostCalls::functions`].
    ///
    /// On devices that share the host's memory, `args` are in the device's memory. The function must not keep an
    /// argument beyond the call; if it does, the call fails. Several threads may call it at once. A panic becomes an
    /// error.
    ///
    /// # Errors
    /// Returns a message. The whole call of the compiled program then fails with it.
    fn call(&self, index: usize, args: &[Array]) -> Result<Vec<Array>, String>;
    /// Returns whether the function at `index` is a user's callback. The error messages of a callback name the
    /// callback, and become [`RunError::Callback`](crate::RunError::Callback).
    fn is_callback(&self, index: usize) -> bool {
        let _ = index;
        false
    }
}

/// Calls a host function, and turns a panic into an error.
pub(crate) fn call_caught(calls: &dyn HostCalls, index: usize, args: &[Array]) -> Result<Vec<Array>, String> {
    rune_trace::catch_panic(|| calls.call(index, args))
}

/// The error of a host function. IREE passes on only its text.
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

/// Returns and clears the last error of a host function on this thread, which called the compiled code.
pub(crate) fn take_last_error() -> Option<HostError> {
    LAST_ERROR.take()
}
