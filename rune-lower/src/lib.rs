//! Lowers programs to StableHLO modules, which IREE compiles.
//!
//! `emit` builds a tree of operations (`tree.rs`). `text.rs` writes the tree as text. With the feature `melior`, MLIR
//! builds the same operations, verifies them and prints them (`mlir/`); both texts are equal. `legalize/` rewrites
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
mod decimal;
mod emit;
mod error;
mod host;
mod known;
mod legalize;
#[cfg(feature = "melior")]
mod mlir;
mod module;
mod module_lowering;
mod names;
mod options;
mod overwritten;
#[cfg(test)]
mod tests;
mod text;
mod tree;
mod value;
mod write;

pub use error::LowerError;
pub use host::HostCall;
pub use module::{LoweredModule, export, lower};
pub use options::{Backend, LowerOptions, Purpose};
