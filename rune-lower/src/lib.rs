//! Lowers programs to StableHLO modules, which IREE compiles.
//!
//! melior (MLIR) builds the operations in generic form, because StableHLO is not registered there. `legalize/` rewrites
//! everything that IREE 3.13 compiles wrongly or slowly.
//!
//! ```
//! use rune_lower::{LowerOptions, lower};
//! use rune_ir::op::{BinaryFn, Op};
//! use rune_ir::{DType, Origin, ProgramBuilder, Type, Var};
//! let mut b = ProgramBuilder::new("square", vec![Type::new(DType::F32, [1])], vec![]);
//! let y = b.push(Op::Binary { f: BinaryFn::Mul, x: Var(0), y: Var(0) }, Origin::default()).unwrap();
//! let lowered = lower(&b.finish(y.to_vec()).unwrap(), &LowerOptions::default()).unwrap();
//! assert!(lowered.code().contains("\"stablehlo.multiply\"(%x0, %x0)"));
//! ```

mod attr;
mod builder;
mod context;
mod emit;
mod host;
mod known;
mod legalize;
mod module;
mod names;
mod overwritten;
#[cfg(test)]
mod tests;

pub use host::HostCall;
pub use module::{Lowered, export, lower};

/// The target of the module.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Backend {
    /// CPUs, through LLVM.
    #[default]
    LlvmCpu,
    /// NVIDIA GPUs.
    Cuda,
    /// AMD GPUs.
    Rocm,
    /// Apple GPUs.
    Metal,
    /// Devices with a Vulkan driver.
    Vulkan,
    /// IREE's portable bytecode.
    Vmvx,
}

impl Backend {
    /// Returns the backend's name in messages.
    pub const fn name(self) -> &'static str {
        match self {
            Backend::LlvmCpu => "cpu",
            Backend::Cuda => "cuda",
            Backend::Rocm => "rocm",
            Backend::Metal => "metal",
            Backend::Vulkan => "vulkan",
            Backend::Vmvx => "vmvx",
        }
    }
}

/// Options of lowering.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct LowerOptions {
    /// The target of the module.
    pub backend: Backend,
    /// Whether the module may import functions of the process that runs it. See [`Lowered::host`].
    pub host_calls: bool,
    /// The name of the function.
    pub entry: String,
    /// Whether the text contains the lines of the user's source.
    pub locations: bool,
}

impl Default for LowerOptions {
    fn default() -> LowerOptions {
        LowerOptions { backend: Backend::default(), host_calls: false, entry: "main".to_owned(), locations: true }
    }
}

/// An error of lowering.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LowerError {
    /// The backend cannot compute an operation.
    #[error("{place}: `{op}` cannot be compiled for {backend}: {reason}")]
    Unsupported {
        /// The operation.
        op: String,
        /// The backend.
        backend: &'static str,
        /// The reason, and what to do instead.
        reason: String,
        /// The user's line.
        place: String,
    },
    /// The name of the function is not an identifier.
    #[error("`{0}` is not a function name: use only letters, digits and underscores")]
    Name(String),
    /// A constant cannot be read from its device.
    #[error("a constant cannot be read: {0}")]
    Constant(String),
    /// MLIR rejects the module. This is a bug in this crate.
    #[error("the lowered module is malformed, which is a bug in rune: {0}")]
    Malformed(String),
}
