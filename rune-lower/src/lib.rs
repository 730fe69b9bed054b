//! Lowers programs to StableHLO modules, which IREE compiles.
//!
//! The operations are built through melior (MLIR) in generic form, since StableHLO is not registered there. What IREE 3.13
//! compiles wrongly or slowly is rewritten on the way, all of it in `legalize/`.
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
mod unit;
mod value;

pub use host::HostCall;
pub use module::{Lowered, export, lower};

/// What the module is compiled for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Backend {
    /// The processor, through LLVM.
    #[default]
    LlvmCpu,
    /// NVIDIA devices.
    Cuda,
    /// AMD devices.
    Rocm,
    /// Apple devices.
    Metal,
    /// Devices with a Vulkan driver.
    Vulkan,
    /// IREE's portable byte code.
    Vmvx,
}

impl Backend {
    /// The name in messages.
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

/// How a program is lowered.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct LowerOptions {
    /// What the module is compiled for.
    pub backend: Backend,
    /// Whether the module may import functions of the process that runs it: see [`Lowered::host`].
    pub host_calls: bool,
    /// The name of the function.
    pub entry: String,
    /// Whether the text carries the lines of the user's source.
    pub locations: bool,
}

impl Default for LowerOptions {
    fn default() -> LowerOptions {
        LowerOptions { backend: Backend::default(), host_calls: false, entry: "main".to_owned(), locations: true }
    }
}

/// A program cannot be lowered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LowerError {
    /// The backend has no way to compute an operation.
    #[error("{place}: `{op}` cannot be compiled for {backend}: {reason}")]
    Unsupported {
        /// The operation.
        op: String,
        /// The backend.
        backend: &'static str,
        /// Why not, and what to do instead.
        reason: String,
        /// The user's line.
        place: String,
    },
    /// The name of the function is no identifier.
    #[error("`{0}` is not a name for a function: letters, digits and underscores only")]
    Name(String),
    /// A constant cannot be read from its device.
    #[error("a constant cannot be read: {0}")]
    Constant(String),
    /// MLIR rejects the module: an error of this crate.
    #[error("the lowered module is malformed, which is an error of rune: {0}")]
    Malformed(String),
}
