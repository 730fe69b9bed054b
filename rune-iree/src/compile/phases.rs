//! The phases of the compiler.

/// The phases of [`compile_to_phase`](crate::compile_to_phase), in their order.
pub const PHASES: [&str; 13] = [
    "input",
    "abi",
    "preprocessing",
    "global-optimization",
    "dispatch-creation",
    "flow",
    "stream",
    "executable-sources",
    "executable-configurations",
    "executable-targets",
    "hal",
    "vm",
    "end",
];
