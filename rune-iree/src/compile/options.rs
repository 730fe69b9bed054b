//! The target and the flags of a compilation.

use crate::{Opt, Target};

/// The target of a compilation, and its flags. The default is this machine's CPU and the fast flags.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct CompileOptions {
    /// The processor.
    pub target: Target,
    /// The set of flags.
    pub opt: Opt,
    /// More flags of `iree-compile`. They are passed unchanged, after those of `target` and `opt`.
    pub extra_flags: Vec<String>,
}

impl CompileOptions {
    /// Returns the default options for a target.
    pub fn for_target(target: Target) -> CompileOptions {
        CompileOptions { target, ..CompileOptions::default() }
    }
    /// Returns all flags of IREE for these options.
    ///
    /// ```
    /// use rune_iree::CompileOptions;
    /// let flags = CompileOptions::for_target("cuda:sm_89".parse()?).flags();
    /// assert!(flags.iter().any(|flag| flag == "--iree-cuda-target=sm_89"));
    /// # Ok::<(), rune_iree::TargetError>(())
    /// ```
    pub fn flags(&self) -> Vec<String> {
        let mut flags = self.target.flags(self.opt);
        // Evaluating constants takes a tenth to a fifth of the time to compile a training step. Constants in rune's
        // programs are small, because captured arrays are arguments. Except on CPUs, constant expressions are still
        // hoisted, which costs nothing, and computed once when the module is loaded.
        flags.push("--iree-opt-const-eval=false".to_owned());
        flags.extend_from_slice(&self.extra_flags);
        flags
    }
}
