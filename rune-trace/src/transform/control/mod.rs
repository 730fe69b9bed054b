//! Operations that hold programs. Their sub-programs are transformed by the same rules, and remain sub-programs.

pub(super) mod call;
pub(super) mod case;
pub(super) mod custom;
pub(super) mod linear_solve;
pub(super) mod partition;
pub(super) mod remat;
pub(super) mod scan;
pub(super) mod scan_transpose;
pub(super) mod subprogram;
pub(super) mod while_loop;
