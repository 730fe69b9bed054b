//! Errors that do not come from the user's own code.

/// The reason why a program cannot be traced, compiled or run.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A captured tensor or an argument cannot be computed.
    #[error(transparent)]
    Eval(#[from] rune_trace::EvalError),
    /// The program has no StableHLO form.
    #[cfg(feature = "iree")]
    #[error(transparent)]
    Lower(#[from] rune_lower::LowerError),
    /// The compiler is missing, or rejects the program.
    #[cfg(feature = "iree")]
    #[error(transparent)]
    Compile(#[from] rune_iree::CompileError),
    /// The device cannot be opened.
    #[cfg(feature = "run")]
    #[error(transparent)]
    Device(#[from] rune_iree::DeviceError),
    /// The compiled program cannot be loaded or run, or the arguments have types that it was not compiled for.
    #[cfg(feature = "run")]
    #[error(transparent)]
    Run(#[from] rune_iree::RunError),
    /// The program was compiled for another CPU.
    #[cfg(feature = "run")]
    #[error("the program cannot be run: {0}")]
    Cpu(#[from] rune_iree::CpuMismatch),
    /// The arguments have another structure than the function was compiled for.
    #[error(
        "`{function}` was compiled for the arguments {expected}, and is called with {found}; compile it for these, or call it through `jit`"
    )]
    Arguments {
        /// The function.
        function: String,
        /// The types it was compiled for.
        expected: String,
        /// The types it is called with.
        found: String,
    },
    /// The arguments have the types that the function was compiled for, but other static fields.
    #[error("`{function}` was compiled for other arguments: {changes}; compile it for these, or call it through `jit`")]
    Structure {
        /// The function.
        function: String,
        /// The differences.
        changes: String,
    },
    /// An argument has another type than the function was compiled for.
    #[error(
        "`{function}` was compiled for {expected} as tensor {index} of its arguments, and is called with {found}; compile it for these types, or call it through `jit`, which does"
    )]
    Argument {
        /// The function.
        function: String,
        /// The number of the leaf of the arguments, from 0.
        index: usize,
        /// The type it was compiled for.
        expected: Box<rune_trace::Type>,
        /// The type it is called with.
        found: Box<rune_trace::Type>,
    },
    /// An argument is in the memory of another device than the function's, or than another argument's.
    #[error(
        "tensor {index} of the arguments of `{function}` is on {found}, and the call runs on {expected}; move it there (`x.to(&device)`)"
    )]
    ArgumentDevice {
        /// The function.
        function: String,
        /// The number of the leaf of the arguments, from 0.
        index: usize,
        /// The device of the call.
        expected: String,
        /// The device of the argument.
        found: String,
    },
    /// A compiled function returned a NaN, and `RUNE_DEBUG_NANS` is set.
    #[error(transparent)]
    Nan(#[from] Box<rune_trace::NanError>),
    /// The interpreter failed.
    #[error(transparent)]
    Interpret(#[from] rune_trace::interpret::InterpretError),
    /// There is no device of this name.
    #[error(
        "`{0}` is not a device; known are reference (the interpreter), host, cpu, local-sync, local-task, cuda, hip, metal, vulkan, and GPUs by number, such as cuda:1"
    )]
    UnknownDevice(String),
    /// No tier has this name.
    #[error(transparent)]
    UnknownTier(#[from] crate::UnknownTier),
    /// A compiled module cannot be read.
    #[cfg(feature = "run")]
    #[error(transparent)]
    Module(#[from] rune_iree::ModuleError),
    /// A file of arrays cannot be read, or a file cannot be written.
    #[error(transparent)]
    Storage(#[from] rune_trace::storage::StorageError),
    /// The compiled program in a file cannot be run.
    #[error("{path} cannot be run: {reason}")]
    CompiledFile {
        /// The file.
        path: std::path::PathBuf,
        /// The reason.
        reason: String,
    },
    /// A compiled program cannot be saved, because it calls a function of this process.
    #[error(
        "{path} cannot be written: the program calls `{function}`, at {loc}, which is a function of this process; leave the call out of what \
         is saved, or give its result as an argument"
    )]
    Callback {
        /// The file.
        path: std::path::PathBuf,
        /// The function.
        function: String,
        /// The line of the call.
        loc: rune_trace::Loc,
    },
    /// Programs for this target do not have this form.
    #[cfg(feature = "iree")]
    #[error("there is no {stage} to show of a program for {target}: {reason}")]
    NoStage {
        /// The form.
        stage: crate::Stage,
        /// The target.
        target: String,
        /// The reason.
        reason: String,
    },
    /// The compiled program does not have this dispatch.
    #[error("there is no dispatch {which}; there are {known}")]
    NoDispatch {
        /// The requested number or name.
        which: String,
        /// The existing names.
        known: String,
    },
    /// This build of the crate lacks a feature.
    #[error(
        "{what} needs the feature `{feature}` of `rune`; add `features = [\"{feature}\"]` to the dependency in Cargo.toml"
    )]
    MissingFeature {
        /// The operation that needs the feature.
        what: String,
        /// The name of the feature.
        feature: &'static str,
    },
    /// There is no compiled code, because the device compiles nothing.
    #[error("`{0}` is not compiled: the devices `host` and `reference` compile nothing; choose another device")]
    NotCompiled(String),
    /// A value cannot be copied to the host.
    #[error("a value could not be read from its device: {0}")]
    Transfer(String),
}

/// Prints the message, because `unwrap` prints this form.
impl std::fmt::Debug for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(self, f)
    }
}

/// A list of types for messages.
pub(crate) fn list(types: &[rune_trace::Type]) -> String {
    types.iter().map(rune_trace::Type::to_string).collect::<Vec<_>>().join(", ")
}
