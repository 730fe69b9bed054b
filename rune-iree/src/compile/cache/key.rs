//! Cache keys.

use crate::CompileOptions;
use std::sync::OnceLock;

/// The version of IREE that this crate compiles for and runs with.
const IREE_VERSION: &str = "3.13.0";

/// A hash of everything that determines the compiled code.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Key([u8; 32]);

impl Key {
    /// Returns the key. `compiler` is the hash of the library, or is empty if all entries belong to one process.
    pub fn of(material: &str, options: &CompileOptions, compiler: &str) -> Key {
        let mut hash = blake3::Hasher::new();
        let mut add = |part: &str| {
            hash.update(&(part.len() as u64).to_le_bytes());
            hash.update(part.as_bytes());
        };
        add(IREE_VERSION);
        add(compiler);
        for flag in options.flags() {
            add(&flag);
        }
        add(if options.target.is_host_cpu() { host_cpu() } else { "" });
        add(material);
        Key(*hash.finalize().as_bytes())
    }
    /// Returns the key in hexadecimal digits.
    pub fn hex(&self) -> String {
        self.0.iter().map(|b| format!("{b:02x}")).collect()
    }
    /// Returns a number below 256.
    pub fn shard(&self) -> u8 {
        self.0[0]
    }
}

/// Returns the CPU of this machine and its features.
fn host_cpu() -> &'static str {
    static CPU: OnceLock<String> = OnceLock::new();
    CPU.get_or_init(|| {
        let mut found = vec![std::env::consts::ARCH.to_owned()];
        if let Ok(text) = std::fs::read_to_string("/proc/cpuinfo") {
            // The first processor is representative.
            let lines = text.lines().take_while(|l| !l.is_empty());
            let telling =
                ["model name", "cpu family", "model", "flags", "Features", "CPU part", "CPU implementer", "isa"];
            found.extend(
                lines
                    .filter(|l| l.split(':').next().is_some_and(|name| telling.contains(&name.trim())))
                    .map(str::to_owned),
            );
        } else if let Ok(out) = std::process::Command::new("sysctl").args(["-n", "machdep.cpu.brand_string"]).output() {
            found.push(String::from_utf8_lossy(&out.stdout).into_owned());
        }
        found.join("\n")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_differ_where_the_result_may() {
        let (fast, plain) =
            (CompileOptions::default(), CompileOptions { opt: crate::Opt::Plain, ..CompileOptions::default() });
        let key = |material, options| Key::of(material, options, "3.13");
        assert!(key("a", &fast) == key("a", &fast));
        assert!(key("a", &fast) != key("b", &fast));
        assert!(key("a", &fast) != key("a", &plain));
        let cuda = CompileOptions::for_target("cuda".parse().unwrap());
        assert!(key("a", &fast) != key("a", &cuda));
        assert!(key("a", &fast) != Key::of("a", &fast, "3.14"));
    }
}
