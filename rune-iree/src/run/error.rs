//! Errors of loading modules and of calls.

use rune_ir::Type;

/// A module was not loaded, or a call of it failed.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The device does not take the module.
    #[error("cannot load `{entry}` on the device {device}: {message}")]
    Load {
        /// The function.
        entry: String,
        /// The device.
        device: String,
        /// The message of IREE.
        message: String,
    },
    /// The function of the module has other numbers of arguments or results than its signature.
    #[error(
        "`{entry}` takes {inputs} and returns {outputs} arrays, but its signature says {said_inputs} and \
         {said_outputs}; the module and its signature do not belong together"
    )]
    Signature {
        /// The function.
        entry: String,
        /// Arguments of the function.
        inputs: usize,
        /// Results of the function.
        outputs: usize,
        /// Arguments by the signature.
        said_inputs: usize,
        /// Results by the signature.
        said_outputs: usize,
    },
    /// Too few or too many arguments.
    #[error("`{entry}` takes {expected} arguments and got {found}")]
    ArgumentCount {
        /// The function.
        entry: String,
        /// The expected number.
        expected: usize,
        /// The number of arguments in the call.
        found: usize,
    },
    /// An argument has another type than the function was compiled for.
    #[error("argument {index} of `{entry}` is {found}, but the program was compiled for {expected}")]
    ArgumentType {
        /// The function.
        entry: String,
        /// The index of the argument, from 0.
        index: usize,
        /// The type it was compiled for.
        expected: Box<Type>,
        /// The type of the argument.
        found: Box<Type>,
    },
    /// An argument is in the memory of another device.
    #[error("argument {index} of `{entry}` is on {found}, and the program runs on {expected}; move one to the other")]
    ArgumentDevice {
        /// The function.
        entry: String,
        /// The index of the argument, from 0.
        index: usize,
        /// The device of the program.
        expected: String,
        /// The device of the argument.
        found: String,
    },
    /// An argument could not be brought to the device, or a result back.
    #[error("cannot move {what} of `{entry}` between host and device: {message}")]
    Transfer {
        /// The function.
        entry: String,
        /// The argument or result.
        what: String,
        /// The message of IREE.
        message: String,
    },
    /// The code failed.
    #[error("`{entry}` failed: {message}")]
    Failed {
        /// The function.
        entry: String,
        /// The message of IREE.
        message: String,
    },
    /// A host function that the code called failed.
    #[error("the host function `{function}`, called by `{entry}`, failed: {message}")]
    Host {
        /// The compiled function.
        entry: String,
        /// The host function.
        function: String,
        /// The message.
        message: String,
    },
    /// A function of the user's that the code called failed; the message names it and its line.
    #[error("{message}")]
    Callback {
        /// The message.
        message: String,
    },
    /// A result has another type than the signature says.
    #[error(
        "result {index} of `{entry}` is {found}, but its signature says {expected}; the module and its signature do not belong together"
    )]
    ResultType {
        /// The function.
        entry: String,
        /// The index of the result, from 0.
        index: usize,
        /// The type by the signature.
        expected: Box<Type>,
        /// The actual type.
        found: String,
    },
}
