//! Arrays, the typed program IR, its transformations and its reference interpreter.

extern crate self as rune_trace;

mod array;
mod array_fns;
mod autodiff;
mod callback;
mod control;
mod debug;
mod dtype;
mod function;
pub mod interpret;
mod make_program;
pub mod op;
mod outer;
pub mod program;
mod scans;
mod signature;
mod simplify;
pub mod storage;
mod tensor;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
mod transform;
mod tree;
mod ty;
pub mod types;
mod vmap;

pub use array::{ALIGNMENT, AlignedBytes, Array, DeviceBuffer, HostMemory, Value};
pub use array_fns::*;
pub use autodiff::{
    CheckOptions, Difference, GradientCheck, Hessian, Jacobian, Linearized, Mismatch, Pullback, check_gradient,
    check_gradients, check_jvp, check_vjp, checkpoint, checkpoint_name, checkpoint_policies, checkpoint_with,
    custom_jvp, custom_tangent, custom_vjp, finite_diff, finite_diff_jacobian, grad, grad_argnums, grad_aux,
    grad_aux_argnums, hessian, hessian_argnums, hessian_aux, hessian_aux_argnums, hvp, jacfwd, jacfwd_argnums,
    jacfwd_aux, jacfwd_aux_argnums, jacrev, jacrev_argnums, jacrev_aux, jacrev_aux_argnums, jvp, jvp_aux,
    linear_transpose, linearize, no_grad, print_saved_residuals, remat, saved_residuals, value_and_grad,
    value_and_grad_argnums, value_and_grad_aux, value_and_grad_aux_argnums, vjp, vjp_aux,
};
pub use callback::{CallbackOutput, ResultSpec, io_callback, pure_callback, pure_callback_with};
pub use control::{
    Bound, ScanOptions, associative_scan, associative_scan_axis, cond, fori_loop, map, scan, scan_with, switch,
    while_loop,
};
#[doc(hidden)]
pub use debug::debug_print_parts;
pub use debug::{
    Bad, Column, DebugArg, DebugOptions, DebugSink, DebugValue, Made, NanError, Summary, capture_debug, check_nans,
    checks_nans, debug, debug_infs, debug_nans, debug_to, set_debug_sink,
};
pub use dtype::{DType, Element, UnknownDType};
pub use function::{Arg, ArgRefs, Argnums, Arguments, Function};
pub use make_program::{Traced, eval_shape, make_program, name_of, trace_function};
#[doc(hidden)]
pub use op::caught;
pub use op::{CallbackError, CheckpointPolicy, Op, Var, VmapMethod};
pub use outer::Outer;
pub use program::{
    BuildError, Cost, Instruction, Loc, MAX_DEPTH, Origin, Program, ProgramBuilder, ProgramHash, Transform, Transforms,
};
pub use rune_trace_derive::{Outer, Tree, debug_print};
#[doc(hidden)]
pub use serde_json::Value as StaticValue;
pub use signature::{HostOp, ModuleSignature, SignatureError};
pub use tensor::{BACKENDS, Backend, EvalError, Tensor, TraceContext, interpret_eagerly, lax, name_scope};
#[doc(hidden)]
pub use tensor::{Caller, at_caller, fail, in_closure};
pub use transform::{DerivativeError, ResidualSource, SavedResidual, VmapError};
#[doc(hidden)]
pub use tree::{Fields, StaticField, ViaHash, ViaSerde, ViaTree};
pub use tree::{PathPart, Restore, Static, StaticChange, Tree, TreePath};
pub use ty::{InvalidType, Shape, Type};
pub use vmap::{
    AxisNames, InAxes, MapAxes, VmapOptions, named_axes, vmap, vmap_axes, vmap_named, vmap_sized, vmap_with,
};
