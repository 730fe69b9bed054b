//! Operations that hold programs. Their sub-programs are transformed by the same rules, and stay sub-programs.

pub(super) mod call;
pub(super) mod subprogram;
