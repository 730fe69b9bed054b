//! Checks whether this machine's CPU can run a module.
//!
//! IREE compares the format of the code with the machine, but not the CPU extensions that the code uses. If the CPU
//! lacks an instruction, the process dies.

use crate::CompiledModule;
use std::env::consts::ARCH;

/// The CPU that a module was compiled for, as the compiler records it in the module.
///
/// It does not include the operating system. The code is an ELF file that needs no library, and rune's runtime loads it
/// itself on every system.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ModuleCpu {
    /// The architecture, as in a target triple: `x86_64`, `aarch64` or `riscv64`.
    pub architecture: String,
    /// LLVM's name of the CPU, such as `znver4`.
    pub name: String,
    /// LLVM's names of the extensions that the code may use, such as `avx2`, sorted.
    pub features: Vec<String>,
}

/// This machine cannot run a module that was compiled for another CPU.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CpuMismatch {
    /// The architecture is another one.
    #[error("it was compiled for {architecture}, and this machine is {ARCH}; compile it for {ARCH}")]
    Architecture {
        /// The architecture of the module.
        architecture: String,
    },
    /// The CPU lacks extensions that the code may use.
    #[error(
        "it was compiled for the CPU {name}, and the CPU of this machine lacks {}; compile it for this CPU, or for one with fewer \
         extensions, such as {}",
        .lacking.join(", "), baseline()
    )]
    Features {
        /// LLVM's name of the CPU of the module.
        name: String,
        /// LLVM's names of the extensions that are missing.
        lacking: Vec<String>,
    },
}

impl CompiledModule {
    /// Returns the CPU that the module was compiled for. Returns `None` if the module is not for a CPU, or holds no
    /// code.
    ///
    /// ```
    /// use rune_iree::{CompileOptions, Target, compile};
    /// let text = "func.func @main(%x: tensor<2xf32>) -> tensor<2xf32> {
    ///   %y = stablehlo.add %x, %x : tensor<2xf32>
    ///   return %y : tensor<2xf32>
    /// }";
    /// let options = CompileOptions::for_target(Target::llvm_cpu_cross("neoverse-n1", "aarch64-unknown-linux-gnu")?);
    /// let cpu = compile(text, "double", &options)?.cpu().unwrap();
    /// assert_eq!((cpu.architecture.as_str(), cpu.name.as_str()), ("aarch64", "neoverse-n1"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn cpu(&self) -> Option<ModuleCpu> {
        ModuleCpu::stated_in(self.bytes())
    }
}

impl ModuleCpu {
    /// Reads the target that the compiler records in the module's error message for a missing device.
    fn stated_in(bytes: &[u8]) -> Option<ModuleCpu> {
        const TARGET: &[u8] = b"#hal.executable.target<\"llvm-cpu\"";
        let start = (0..bytes.len()).find(|&i| bytes[i] == TARGET[0] && bytes[i..].starts_with(TARGET))?;
        let text = &bytes[start..];
        let end = text.iter().position(|&byte| byte == 0).unwrap_or(text.len());
        let text = std::str::from_utf8(&text[..end]).ok()?;
        let attribute = |name: &str| Some(text.split_once(&format!(" {name} = \""))?.1.split_once('"')?.0);
        let (architecture, _) = attribute("target_triple")?.split_once('-')?;
        // This is Apple's name.
        let architecture = if architecture == "arm64" { "aarch64" } else { architecture };
        let name = text.split_once("{cpu = \"")?.1.split_once('"')?.0;
        let mut features: Vec<String> = Vec::new();
        // If an extension is listed twice, the later entry counts.
        for stated in attribute("cpu_features").unwrap_or_default().split(',') {
            let (has, feature) = match (stated.strip_prefix('+'), stated.strip_prefix('-')) {
                (Some(feature), _) => (true, feature),
                (None, Some(feature)) => (false, feature),
                (None, None) => continue,
            };
            features.retain(|known| known != feature);
            if has {
                features.push(feature.to_owned());
            }
        }
        features.sort();
        Some(ModuleCpu { architecture: architecture.to_owned(), name: name.to_owned(), features })
    }
    /// Returns an error if this machine's CPU has another architecture, or lacks an extension that the code may use.
    ///
    /// # Errors
    /// Returns an error that names the difference.
    pub fn check_this_machine(&self) -> Result<(), CpuMismatch> {
        if self.architecture != ARCH {
            return Err(CpuMismatch::Architecture { architecture: self.architecture.clone() });
        }
        let lacking: Vec<String> = self.features.iter().filter(|name| has(name) == Some(false)).cloned().collect();
        if lacking.is_empty() {
            return Ok(());
        }
        Err(CpuMismatch::Features { name: self.name.clone(), lacking })
    }
}

/// Returns the CPU to compile for if the code must run on every CPU of this architecture that is not very old.
fn baseline() -> &'static str {
    match ARCH {
        "x86_64" => "x86-64-v3",
        "riscv64" => "generic-rv64",
        _ => "generic",
    }
}

/// Returns whether this machine's CPU has an extension with this LLVM name. Returns `None` for names that LLVM does not
/// use by itself.
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64", target_arch = "riscv64"))]
macro_rules! extensions {
    ($($name:literal = $known:tt),* $(,)?) => {
        fn has(feature: &str) -> Option<bool> {
            match feature {
                $($name => Some(detected!($known)),)*
                _ => None,
            }
        }
    };
}

#[cfg(target_arch = "aarch64")]
use std::arch::is_aarch64_feature_detected as detected;
#[cfg(target_arch = "riscv64")]
use std::arch::is_riscv_feature_detected as detected;
#[cfg(target_arch = "x86_64")]
use std::arch::is_x86_feature_detected as detected;

#[cfg(target_arch = "x86_64")]
extensions! {
    "sse3" = "sse3", "ssse3" = "ssse3", "sse4.1" = "sse4.1", "sse4.2" = "sse4.2", "sse4a" = "sse4a", "popcnt" = "popcnt",
    "lzcnt" = "lzcnt", "bmi" = "bmi1", "bmi2" = "bmi2", "tbm" = "tbm", "movbe" = "movbe", "adx" = "adx",
    "avx" = "avx", "avx2" = "avx2", "fma" = "fma", "f16c" = "f16c", "gfni" = "gfni", "avxvnni" = "avxvnni",
    "avx512f" = "avx512f", "avx512bf16" = "avx512bf16", "avx512bitalg" = "avx512bitalg", "avx512bw" = "avx512bw",
    "avx512cd" = "avx512cd", "avx512dq" = "avx512dq", "avx512fp16" = "avx512fp16", "avx512ifma" = "avx512ifma",
    "avx512vbmi" = "avx512vbmi", "avx512vbmi2" = "avx512vbmi2", "avx512vl" = "avx512vl", "avx512vnni" = "avx512vnni",
    "avx512vpopcntdq" = "avx512vpopcntdq",
}
#[cfg(target_arch = "aarch64")]
extensions! {
    "neon" = "neon", "fullfp16" = "fp16", "fp16fml" = "fhm", "bf16" = "bf16", "dotprod" = "dotprod", "i8mm" = "i8mm",
    "complxnum" = "fcma", "rdm" = "rdm", "lse" = "lse", "fptoint" = "frintts", "sve" = "sve", "sve2" = "sve2",
}
#[cfg(target_arch = "riscv64")]
extensions! {
    "m" = "m", "a" = "a", "f" = "f", "d" = "d", "c" = "c", "v" = "v", "zba" = "zba", "zbb" = "zbb", "zbs" = "zbs", "zfh" = "zfh",
}
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64", target_arch = "riscv64")))]
fn has(_: &str) -> Option<bool> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stated(cpu: &str, features: &str, triple: &str) -> Option<ModuleCpu> {
        let target =
            format!("{{cpu = \"{cpu}\", cpu_features = \"{features}\", x = [1], target_triple = \"{triple}\"}}>");
        let text = format!("before\0not found: #hal.executable.target<\"llvm-cpu\", \"embedded-elf\", {target}\0after");
        ModuleCpu::stated_in(text.as_bytes())
    }

    #[test]
    fn of_two_statements_about_an_extension_the_later_one_counts() {
        let cpu =
            stated("znver3", "+sse3,+mwaitx,+avx,-avx512f,-mwaitx,+avx", "x86_64-unknown-unknown-eabi-elf").unwrap();
        assert_eq!((cpu.architecture.as_str(), cpu.name.as_str()), ("x86_64", "znver3"));
        assert_eq!(cpu.features, ["avx", "sse3"]);
        assert_eq!(stated("generic", "", "riscv64-a-b").unwrap().features, [""; 0]);
        assert_eq!(ModuleCpu::stated_in(b"#hal.executable.target<\"cuda-nvptx-fb\", {}>"), None);
    }

    #[test]
    fn another_architecture_is_found_out() {
        let cpu = ModuleCpu { architecture: "z80".to_owned(), name: "generic".to_owned(), features: Vec::new() };
        let error = cpu.check_this_machine().unwrap_err().to_string();
        assert!(error.contains(&format!("it was compiled for z80, and this machine is {ARCH}")), "{error}");
        assert_eq!(ModuleCpu { architecture: ARCH.to_owned(), ..cpu }.check_this_machine(), Ok(()));
    }

    /// Tests two extensions that no CPU has together: AMD dropped TBM before it added AVX-512, and AVX-512 FP16 needs
    /// AVX-512.
    #[cfg(target_arch = "x86_64")]
    #[test]
    fn extensions_that_the_cpu_lacks_are_found_out() {
        let features = ["avx512fp16", "clflushopt", "sse2", "tbm"].map(str::to_owned).to_vec();
        let cpu = ModuleCpu { architecture: ARCH.to_owned(), name: "none".to_owned(), features };
        let error = cpu.check_this_machine().unwrap_err();
        let CpuMismatch::Features { lacking, .. } = &error else { panic!("{error}") };
        assert!(lacking.iter().all(|name| name == "tbm" || name == "avx512fp16"), "{error}");
        assert!(
            error.to_string().contains("compiled for the CPU none, and") && error.to_string().contains("x86-64-v3")
        );
    }
}
