//! Errors of loading modules and of calls.

use super::device::Device;
use super::status::{Status, unreadable};
use rune_ir::Type;

/// The reason why a module cannot be loaded, or a call failed.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The device cannot load the module.
    #[error("cannot load `{entry}` on the device {device}: {message}")]
    Load {
        /// The function.
        entry: String,
        /// The device.
        device: String,
        /// The message of IREE.
        message: String,
    },
    /// The module was compiled for another kind of device.
    #[error(
        "cannot load `{entry}` on the device {device}: it was compiled for {target}; load it on such a device, or compile the program again for this one"
    )]
    OtherTarget {
        /// The function.
        entry: String,
        /// The device.
        device: String,
        /// The kind of device it was compiled for.
        target: String,
    },
    /// The module is damaged or incomplete, or another version of IREE compiled it.
    #[error("cannot load `{entry}`: {reason}")]
    Unreadable {
        /// The function.
        entry: String,
        /// The reason and advice.
        reason: String,
    },
    /// The device has too little memory for the call.
    #[error(
        "the device {device} has too little memory for `{entry}`: {message}. Its tensors use {in_use} bytes now: drop those that are not \
         needed, work on smaller batches, or use another device"
    )]
    OutOfMemory {
        /// The function.
        entry: String,
        /// The device.
        device: String,
        /// The bytes that its buffers use.
        in_use: u64,
        /// The message of IREE.
        message: String,
    },
    /// The device stopped working.
    #[error(
        "the device {device} stopped working during a call of `{entry}`: {message}. What is in its memory is lost, and this process cannot \
         use it again; other devices still work"
    )]
    DeviceLost {
        /// The function.
        entry: String,
        /// The device.
        device: String,
        /// The message of the driver.
        message: String,
    },
    /// The function of the module and its signature have different numbers of arguments or results.
    #[error(
        "`{entry}` takes {inputs} and returns {outputs} arrays, but its signature says {said_inputs} and \
         {said_outputs}; the module and its signature do not belong together"
    )]
    Signature {
        /// The function.
        entry: String,
        /// The number of arguments of the function.
        inputs: usize,
        /// The number of results of the function.
        outputs: usize,
        /// The number of arguments in the signature.
        said_inputs: usize,
        /// The number of results in the signature.
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
    #[error(
        "argument {index} of `{entry}` is on {found}, and the program runs on {expected}; move it there (`x.to(&device)`)"
    )]
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
    /// The call that should have computed an argument failed, after it had returned.
    #[error("argument {index} of `{entry}` was not computed: {reason}")]
    ArgumentLost {
        /// The function.
        entry: String,
        /// The index of the argument, from 0.
        index: usize,
        /// The call that failed, and why.
        reason: String,
    },
    /// An argument cannot be copied to the device, or a result cannot be copied back.
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
    /// The code called a host function, and the function failed.
    #[error("the host function `{function}`, called by `{entry}`, failed: {message}")]
    Host {
        /// The compiled function.
        entry: String,
        /// The host function.
        function: String,
        /// The message.
        message: String,
    },
    /// The code called a user function, and the function failed. The message names the function and its line.
    #[error("{message}")]
    Callback {
        /// The message.
        message: String,
    },
    /// The type of a result differs from the signature.
    #[error(
        "result {index} of `{entry}` is {found}, but its signature says {expected}; the module and its signature do not belong together"
    )]
    ResultType {
        /// The function.
        entry: String,
        /// The index of the result, from 0.
        index: usize,
        /// The type in the signature.
        expected: Box<Type>,
        /// The actual type.
        found: String,
    },
}

impl RunError {
    /// Returns the error for a module that IREE cannot read.
    pub(super) fn of_module(entry: &str, message: &str) -> RunError {
        RunError::Unreadable { entry: entry.to_owned(), reason: unreadable(message) }
    }
    /// Returns the error for a module that cannot be loaded on a device, from IREE's message.
    pub(super) fn of_load(entry: &str, device: &Device, message: &str) -> RunError {
        let status = Status::parse(message);
        if let Some(target) = status.target() {
            let target = match target {
                "local" if device.shares_host_memory() => "a CPU of another architecture",
                "local" => "CPUs",
                target => target,
            };
            return RunError::OtherTarget {
                entry: entry.to_owned(),
                device: device.name().to_owned(),
                target: target.to_owned(),
            };
        }
        RunError::of_device(entry, device, status).unwrap_or_else(|message| RunError::Load {
            entry: entry.to_owned(),
            device: device.name().to_owned(),
            message,
        })
    }
    /// Returns the error of a call, from IREE's message.
    pub(super) fn of_call(entry: &str, device: &Device, message: &str) -> RunError {
        RunError::of_device(entry, device, Status::parse(message))
            .unwrap_or_else(|message| RunError::Failed { entry: entry.to_owned(), message })
    }
    /// Returns the error of a copy to or from a device.
    pub(super) fn of_copy(entry: &str, device: &Device, what: String, message: &str) -> RunError {
        RunError::of_device(entry, device, Status::parse(message)).unwrap_or_else(|message| RunError::Transfer {
            entry: entry.to_owned(),
            what,
            message,
        })
    }
    /// Returns the error if the device is full or lost, else the reason of the failure.
    fn of_device(entry: &str, device: &Device, status: Status<'_>) -> Result<RunError, String> {
        let (entry, name) = (entry.to_owned(), device.name().to_owned());
        if status.is_device_lost() {
            return Ok(RunError::DeviceLost { entry, device: name, message: status.reason() });
        }
        if status.is_out_of_memory() {
            let in_use = device.memory().in_use;
            return Ok(RunError::OutOfMemory { entry, device: name, in_use, message: status.reason() });
        }
        Err(status.reason())
    }
}
