//! Options of lowering.

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
    /// Returns the backend for IREE's name of a target, such as `cuda`. An unknown name means CPUs.
    pub fn of_target(name: &str) -> Backend {
        match name {
            "cuda" => Backend::Cuda,
            "rocm" => Backend::Rocm,
            "metal" => Backend::Metal,
            "vulkan" => Backend::Vulkan,
            _ => Backend::LlvmCpu,
        }
    }
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

/// The compiler and the runtime of the module.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Purpose {
    /// IREE compiles it for any process or device. It imports no functions, so programs that need the host, for example
    /// for linear algebra, are rejected.
    #[default]
    Device,
    /// IREE compiles it, and a process with the functions of [`LoweredModule::host`](crate::LoweredModule::host) runs
    /// it. On devices with their own memory, each call of such a function copies its arguments to the host and its
    /// results back.
    Run,
    /// Other compilers, such as XLA, take it. It contains only operations of StableHLO and CHLO, with the constants in
    /// the text.
    Export,
}

/// Options of lowering.
///
/// ```
/// use rune_lower::{LowerOptions, Purpose, lower};
/// use rune_trace::{Program, Tensor, linalg, make_program};
/// let program = make_program(|a: &Tensor| linalg::cholesky(a), &Tensor::from([[2.0f32]])).unwrap();
/// let with = |purpose| lower(&program, &LowerOptions { purpose, ..LowerOptions::default() });
/// assert_eq!(with(Purpose::Run)?.host.len(), 1);
/// assert!(with(Purpose::Export)?.code().contains("stablehlo.cholesky"));
/// assert!(with(Purpose::Device).is_err()); // IREE has no such operation
/// # Ok::<(), rune_lower::LowerError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct LowerOptions {
    /// The target of the module.
    pub backend: Backend,
    /// The compiler and the runtime of the module.
    pub purpose: Purpose,
    /// The name of the function.
    pub entry: String,
    /// Whether the text contains the lines of the user's source.
    pub locations: bool,
    /// Whether the device can compute with `f64`. Metal never can.
    pub f64: bool,
    /// Whether to rewrite code that IREE 3.13 compiles wrongly, or to keep it behind barriers (`docs/iree.md`). Only
    /// tests turn this off, to check that wrong results are detected elsewhere.
    pub defences: bool,
}

impl LowerOptions {
    /// Returns whether the device computes with `f64`.
    pub(crate) fn has_f64(&self) -> bool {
        self.f64 && self.backend != Backend::Metal
    }
}

impl Default for LowerOptions {
    fn default() -> LowerOptions {
        let (backend, purpose) = (Backend::default(), Purpose::default());
        LowerOptions { backend, purpose, entry: "main".to_owned(), locations: true, f64: true, defences: true }
    }
}
