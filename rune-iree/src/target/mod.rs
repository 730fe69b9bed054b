//! Targets: the kinds of processors that modules are compiled for, and IREE's flags for them.
//!
//! Every name is checked here against the names that IREE 3.13.0 knows, because some unknown names (of CPUs, of GPUs)
//! end the whole process inside the compiler, instead of causing an error.

mod vulkan;

pub use vulkan::VulkanFeatures;

use std::fmt;
use std::str::FromStr;

/// The optimization level of the compiler.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Opt {
    /// The flags that are fastest in measurements: reassociated reductions, LLVM's loop and SLP vectorizers.
    #[default]
    Fast,
    /// The flags that compile everything that IREE can compile: its defaults on CPUs, and older code for reductions on
    /// GPUs.
    Plain,
}

/// The processor that a module is compiled for. Its text form is `llvm-cpu`, `llvm-cpu:znver4`,
/// `llvm-cpu:neoverse-n1@aarch64-unknown-linux-gnu`, `cuda`, `cuda:sm_89`, `metal`, `vulkan:rdna3`, `rocm:gfx942`, or
/// `vulkan:subgroup=8,f64,i64` (see [`VulkanFeatures`]).
///
/// ```
/// use rune_iree::Target;
/// assert_eq!("llvm-cpu".parse::<Target>()?, Target::llvm_cpu());
/// assert_eq!("cuda:sm_89".parse::<Target>()?.to_string(), "cuda:sm_89");
/// assert!("cuda:h100".parse::<Target>().is_err());
/// # Ok::<(), rune_iree::TargetError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Target(TargetKind);

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
enum TargetKind {
    /// The CPU `cpu` of `triple`. `None` means this machine's.
    LlvmCpu {
        cpu: Option<String>,
        triple: Option<String>,
    },
    Cuda {
        arch: String,
    },
    Metal,
    Vulkan {
        profile: String,
    },
    VulkanDevice(VulkanFeatures),
    Rocm {
        arch: String,
    },
}

/// There is no target with this name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    /// The backend is unknown.
    #[error("`{0}` is not a target; known are llvm-cpu, cuda, metal, vulkan, rocm")]
    UnknownBackend(String),
    /// The processor is unknown to the backend.
    #[error("`{name}` is not a processor that the target {backend} can be compiled for; {advice}")]
    UnknownProcessor {
        /// The backend.
        backend: &'static str,
        /// The unknown name.
        name: String,
        /// The correct form.
        advice: String,
    },
}

impl Target {
    /// Returns the target for this machine's CPU.
    pub fn llvm_cpu() -> Target {
        Target(TargetKind::LlvmCpu { cpu: None, triple: None })
    }
    /// Returns the target for a CPU of this machine's architecture. `cpu` is LLVM's name, such as `znver4`.
    ///
    /// # Errors
    /// Returns an error if LLVM has no CPU with this name.
    pub fn llvm_cpu_named(cpu: &str) -> Result<Target, TargetError> {
        Target::llvm_cpu_of(cpu, None)
    }
    /// Returns the target for a CPU and a target triple. `cpu` is LLVM's name, such as `neoverse-n1`; a triple is, for
    /// example, `aarch64-unknown-linux-gnu`.
    ///
    /// # Errors
    /// Returns an error if the architecture or the CPU is unknown.
    pub fn llvm_cpu_cross(cpu: &str, triple: &str) -> Result<Target, TargetError> {
        Target::llvm_cpu_of(cpu, Some(triple))
    }
    fn llvm_cpu_of(cpu: &str, triple: Option<&str>) -> Result<Target, TargetError> {
        let arch = triple.map_or(std::env::consts::ARCH, |t| t.split('-').next().unwrap_or(t));
        let known = cpus(arch).ok_or_else(|| TargetError::UnknownProcessor {
            backend: "llvm-cpu",
            name: triple.unwrap_or(arch).to_owned(),
            advice:
                "write a triple such as x86_64-unknown-linux-gnu, aarch64-unknown-linux-gnu, arm64-apple-darwin or \
                     riscv64-unknown-linux-gnu"
                    .to_owned(),
        })?;
        if let Some(t) = triple {
            let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
            if !t.chars().all(plain) || t.split('-').count() < 3 {
                return Err(TargetError::UnknownProcessor {
                    backend: "llvm-cpu",
                    name: t.to_owned(),
                    advice: "a triple has the form arch-vendor-system".to_owned(),
                });
            }
        }
        if !known.contains(&cpu) {
            return Err(TargetError::UnknownProcessor {
                backend: "llvm-cpu",
                name: cpu.to_owned(),
                advice: format!("known for {arch} are {}", known.join(", ")),
            });
        }
        Ok(Target(TargetKind::LlvmCpu { cpu: Some(cpu.to_owned()), triple: triple.map(str::to_owned) }))
    }
    /// Returns the target for an NVIDIA GPU with this compute capability, such as `sm_80`. The code is PTX, which the
    /// driver also compiles for newer GPUs.
    ///
    /// # Errors
    /// Returns an error if IREE cannot generate code for it.
    pub fn cuda(arch: &str) -> Result<Target, TargetError> {
        if CUDA.contains(&arch) {
            return Ok(Target(TargetKind::Cuda { arch: arch.to_owned() }));
        }
        let advice = match arch {
            "sm_90" | "sm_90a" | "sm_100" | "h100" | "h200" | "hopper" => {
                "IREE 3.13.0 has no target for it; write sm_89, whose PTX the driver compiles for it".to_owned()
            }
            _ => format!("known are {}", CUDA.join(", ")),
        };
        Err(TargetError::UnknownProcessor { backend: "cuda", name: arch.to_owned(), advice })
    }
    /// Returns the target for Apple GPUs, which have no `f64`.
    pub fn metal() -> Target {
        Target(TargetKind::Metal)
    }
    /// Returns the target for a GPU with Vulkan. `profile` is a profile such as `vp_android_baseline_2022`, or a family
    /// such as `rdna3`.
    ///
    /// # Errors
    /// Returns an error if the profile is unknown.
    pub fn vulkan(profile: &str) -> Result<Target, TargetError> {
        known("vulkan", VULKAN, profile)?;
        Ok(Target(TargetKind::Vulkan { profile: profile.to_owned() }))
    }
    /// Returns the target for a Vulkan device with these features.
    pub fn vulkan_device(features: VulkanFeatures) -> Target {
        Target(TargetKind::VulkanDevice(features))
    }
    /// Returns the target for an NVIDIA GPU with this compute capability: the newest target that IREE knows and whose
    /// code the driver can compile for the GPU. Returns `None` if the GPU is older than all targets.
    ///
    /// ```
    /// use rune_iree::Target;
    /// // IREE 3.13.0 has no target for Hopper.
    /// assert_eq!(Target::cuda_capability(9, 0), Target::cuda("sm_89").ok());
    /// assert_eq!(Target::cuda_capability(5, 0), None);
    /// ```
    pub fn cuda_capability(major: u32, minor: u32) -> Option<Target> {
        let number = |arch: &&str| arch.trim_start_matches("sm_").parse::<u32>().ok();
        let newest = CUDA
            .iter()
            .filter(|arch| number(arch).is_some_and(|n| n <= major * 10 + minor))
            .max_by_key(|arch| number(arch))?;
        Some(Target(TargetKind::Cuda { arch: (*newest).to_owned() }))
    }
    /// Returns the target for an AMD GPU with this architecture, such as `gfx942`.
    ///
    /// # Errors
    /// Returns an error if the architecture is unknown.
    pub fn rocm(arch: &str) -> Result<Target, TargetError> {
        known("rocm", ROCM, arch)?;
        Ok(Target(TargetKind::Rocm { arch: arch.to_owned() }))
    }

    /// Returns the backends, each with its processors. The CPUs are those of this machine's architecture.
    pub fn known() -> [(&'static str, &'static [&'static str]); 5] {
        let cpus = cpus(std::env::consts::ARCH).unwrap_or_default();
        [("llvm-cpu", cpus), ("cuda", CUDA), ("metal", &[]), ("vulkan", VULKAN), ("rocm", ROCM)]
    }
    /// Returns the CPUs of each known architecture. A target triple begins with the name of the architecture.
    pub fn cpu_architectures() -> [(&'static str, &'static [&'static str]); 3] {
        [("x86_64", X86_64), ("aarch64", AARCH64), ("riscv64", RISCV64)]
    }
    /// Returns the name of the backend: `llvm-cpu`, `cuda`, `metal`, `vulkan` or `rocm`.
    pub fn backend(&self) -> &'static str {
        match &self.0 {
            TargetKind::LlvmCpu { .. } => "llvm-cpu",
            TargetKind::Cuda { .. } => "cuda",
            TargetKind::Metal => "metal",
            TargetKind::Vulkan { .. } | TargetKind::VulkanDevice(_) => "vulkan",
            TargetKind::Rocm { .. } => "rocm",
        }
    }
    /// Returns whether the code runs on a CPU, in the memory of the host.
    pub fn is_cpu(&self) -> bool {
        matches!(self.0, TargetKind::LlvmCpu { .. })
    }
    /// Returns whether the code can compute with `f64`.
    pub fn has_f64(&self) -> bool {
        match &self.0 {
            TargetKind::LlvmCpu { .. } | TargetKind::Cuda { .. } | TargetKind::Rocm { .. } => true,
            TargetKind::Metal => false,
            TargetKind::Vulkan { profile } => !WITHOUT_F64.contains(&profile.as_str()),
            // The functions of f64 need integers of the same size.
            TargetKind::VulkanDevice(features) => features.f64 && features.i64,
        }
    }
    /// Returns whether [`Opt::Plain`] and [`Opt::Fast`] have different flags.
    #[cfg(feature = "compile")]
    pub(crate) fn has_plain_flags(&self) -> bool {
        matches!(self.0, TargetKind::LlvmCpu { .. } | TargetKind::Cuda { .. } | TargetKind::Rocm { .. })
    }
    /// Returns whether this is the target of this machine's own CPU.
    pub fn is_host_cpu(&self) -> bool {
        matches!(self.0, TargetKind::LlvmCpu { cpu: None, triple: None })
    }

    /// Returns IREE's flags for this target.
    pub fn flags(&self, opt: Opt) -> Vec<String> {
        let mut flags: Vec<String> = Vec::new();
        let mut add = |flag: &str, value: &str| flags.push(format!("--iree-{flag}={value}"));
        match &self.0 {
            TargetKind::LlvmCpu { cpu, triple } => {
                add("hal-target-device", "local");
                add("hal-local-target-device-backends", "llvm-cpu");
                if let Some(triple) = triple {
                    add("llvmcpu-target-triple", triple);
                    if triple.starts_with("riscv64") {
                        add("llvmcpu-target-abi", "lp64d");
                        add("llvmcpu-target-cpu-features", "+m,+a,+f,+d,+c");
                    }
                }
                add("llvmcpu-target-cpu", cpu.as_deref().unwrap_or("host"));
                add("input-demote-f64-to-f32", "false");
                // Data tiling reads masks wrongly beside matrix products, and reads past the operands of batched
                // products (docs/iree.md).
                add("opt-data-tiling", "false");
                // Captured arrays are arguments, and simplification folds cheap constants. Hoisting the remaining
                // constant expressions takes a third of the compile time, and some hoisted expressions do not compile.
                add("opt-const-expr-hoisting", "false");
                if opt == Opt::Fast {
                    // As measured, sums are 12 times as fast with reassociation, and layer norm twice as fast with the
                    // vectorizers.
                    add("llvmcpu-reassociate-fp-reductions", "true");
                    add("llvmcpu-loop-vectorization", "true");
                    add("llvmcpu-loop-unrolling", "true");
                    add("llvmcpu-loop-interleaving", "true");
                    add("llvmcpu-slp-vectorization", "true");
                    add("llvmcpu-stack-allocation-limit", "262144");
                }
            }
            TargetKind::Cuda { arch } => {
                add("hal-target-device", "cuda");
                add("cuda-target", arch);
                match arch.as_str() {
                    "sm_120" => add("cuda-target-features", "+ptx87"),
                    "sm_121" => add("cuda-target-features", "+ptx88"),
                    _ => {}
                }
                add("input-demote-f64-to-f32", "false");
                plain_reductions(opt, &mut add);
            }
            TargetKind::Metal => {
                add("hal-target-device", "metal");
                add("metal-compile-to-metallib", "false");
                add("input-demote-f64-to-f32", "false");
            }
            TargetKind::Vulkan { profile } => {
                add("hal-target-device", "vulkan");
                add("vulkan-target", profile);
                add("input-demote-f64-to-f32", "false");
                add("hal-indirect-command-buffers", "false");
            }
            TargetKind::VulkanDevice(features) => {
                add("hal-target-device", &features.device_target());
                add("input-demote-f64-to-f32", "false");
                // A command buffer that is recorded once would write to the buffers of the first call in all calls
                // (docs/iree.md).
                add("hal-indirect-command-buffers", "false");
            }
            TargetKind::Rocm { arch } => {
                add("hal-target-device", "hip");
                add("rocm-target", arch);
                add("input-demote-f64-to-f32", "false");
                plain_reductions(opt, &mut add);
            }
        }
        if !matches!(self.0, TargetKind::LlvmCpu { .. }) {
            // The functions take fences, and return before their results are computed.
            add("execution-model", "async-external");
        }
        flags
    }
}

impl Default for Target {
    fn default() -> Target {
        Target::llvm_cpu()
    }
}
impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.backend())?;
        match &self.0 {
            TargetKind::LlvmCpu { cpu: None, .. } | TargetKind::Metal => Ok(()),
            TargetKind::LlvmCpu { cpu: Some(cpu), triple: None } => write!(f, ":{cpu}"),
            TargetKind::LlvmCpu { cpu: Some(cpu), triple: Some(triple) } => write!(f, ":{cpu}@{triple}"),
            TargetKind::Cuda { arch } | TargetKind::Rocm { arch } => write!(f, ":{arch}"),
            TargetKind::Vulkan { profile } => write!(f, ":{profile}"),
            TargetKind::VulkanDevice(features) => write!(f, ":{features}"),
        }
    }
}
impl FromStr for Target {
    type Err = TargetError;
    fn from_str(s: &str) -> Result<Target, TargetError> {
        let (backend, rest) = s.split_once(':').map_or((s, None), |(b, r)| (b, Some(r)));
        match backend {
            "llvm-cpu" | "cpu" => match rest.map(|r| r.split_once('@').map_or((r, None), |(c, t)| (c, Some(t)))) {
                None | Some(("host", None)) => Ok(Target::llvm_cpu()),
                Some((cpu, triple)) => Target::llvm_cpu_of(cpu, triple),
            },
            "cuda" => Target::cuda(rest.unwrap_or("sm_80")),
            "metal" if rest.is_none() => Ok(Target::metal()),
            "vulkan" => match rest {
                Some(features) if features.contains('=') => {
                    let features = features.parse::<VulkanFeatures>().map_err(|advice| {
                        TargetError::UnknownProcessor { backend: "vulkan", name: features.to_owned(), advice }
                    })?;
                    Ok(Target::vulkan_device(features))
                }
                profile => Target::vulkan(profile.unwrap_or("vp_android_baseline_2022")),
            },
            "rocm" => Target::rocm(rest.unwrap_or("gfx942")),
            _ => Err(TargetError::UnknownBackend(s.to_owned())),
        }
    }
}

/// Lets IREE reduce in an older way on GPUs with the plain flags. The newer way fails to compile sums of products with
/// a broadcast array or number ("failed to distribute").
fn plain_reductions(opt: Opt, add: &mut impl FnMut(&str, &str)) {
    if opt == Opt::Plain {
        add("codegen-llvmgpu-use-reduction-vector-distribution", "false");
    }
}

fn known(backend: &'static str, names: &[&str], name: &str) -> Result<(), TargetError> {
    if names.contains(&name) {
        return Ok(());
    }
    let advice = format!("known are {}", names.join(", "));
    Err(TargetError::UnknownProcessor { backend, name: name.to_owned(), advice })
}

fn cpus(arch: &str) -> Option<&'static [&'static str]> {
    match arch {
        "x86_64" => Some(X86_64),
        "aarch64" | "arm64" => Some(AARCH64),
        "riscv64" => Some(RISCV64),
        _ => None,
    }
}

#[rustfmt::skip]
const X86_64: &[&str] = &[
    "generic", "x86-64", "x86-64-v2", "x86-64-v3", "x86-64-v4",
    "nehalem", "westmere", "sandybridge", "ivybridge", "haswell", "broadwell", "skylake", "skylake-avx512", "skx",
    "cascadelake", "cooperlake", "cannonlake", "icelake-client", "icelake-server", "tigerlake", "rocketlake",
    "alderlake", "raptorlake", "meteorlake", "arrowlake", "arrowlake-s", "lunarlake", "pantherlake",
    "sapphirerapids", "emeraldrapids", "graniterapids", "graniterapids-d", "sierraforest", "grandridge",
    "clearwaterforest", "diamondrapids", "silvermont", "goldmont", "goldmont-plus", "tremont", "gracemont",
    "btver2", "bdver1", "bdver2", "bdver3", "bdver4", "znver1", "znver2", "znver3", "znver4", "znver5",
];
#[rustfmt::skip]
const AARCH64: &[&str] = &[
    "generic", "a64fx", "ampere1", "ampere1a", "ampere1b", "apple-m1", "apple-m2", "apple-m3", "apple-m4",
    "cortex-a35", "cortex-a53", "cortex-a55", "cortex-a57", "cortex-a72", "cortex-a73", "cortex-a75", "cortex-a76",
    "cortex-a77", "cortex-a78", "cortex-a510", "cortex-a520", "cortex-a710", "cortex-a715", "cortex-a720",
    "cortex-a725", "cortex-x1", "cortex-x2", "cortex-x3", "cortex-x4", "cortex-x925", "grace", "neoverse-512tvb",
    "neoverse-e1", "neoverse-n1", "neoverse-n2", "neoverse-n3", "neoverse-v1", "neoverse-v2", "neoverse-v3",
    "oryon-1", "thunderx2t99", "thunderx3t110", "tsv110",
];
const RISCV64: &[&str] = &["generic-rv64", "sifive-u74", "sifive-p450", "sifive-p670", "sifive-x280", "spacemit-x60"];
/// IREE 3.13.0 has no `sm_90` and `sm_100`, although its help lists them.
const CUDA: &[&str] = &["sm_60", "sm_61", "sm_70", "sm_75", "sm_80", "sm_86", "sm_89", "sm_120", "sm_121"];
#[rustfmt::skip]
const VULKAN: &[&str] = &[
    "vp_android_baseline_2022", "sm_75", "sm_80", "sm_86", "sm_89", "turing", "ampere", "ada", "rdna1", "rdna2",
    "rdna3", "rdna4", "valhall1", "valhall2", "valhall3", "valhall4", "adreno",
];
/// The Vulkan profiles without 64-bit floats.
const WITHOUT_F64: &[&str] = &["vp_android_baseline_2022", "valhall1", "valhall2", "valhall3", "valhall4", "adreno"];
#[rustfmt::skip]
const ROCM: &[&str] = &[
    "gfx908", "gfx90a", "gfx942", "gfx950", "gfx1100", "gfx1101", "gfx1150", "gfx1151", "gfx1200",
    "gfx1201",
];
