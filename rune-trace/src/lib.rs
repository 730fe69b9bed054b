//! Tensors, traced functions and their transformations: all that makes programs of functions, and programs of programs.

extern crate self as rune_trace;

mod array_fns;
mod autodiff;
mod call_site;
mod callback;
mod control;
mod debug;
mod function;
mod gradient_check;
mod make_program;
mod outer;
mod tensor;
mod transform;
mod tree;
mod vmap;

pub use array_fns::*;
pub use autodiff::{
    Hessian, Jacobian, Linearized, Pullback, checkpoint, checkpoint_name, checkpoint_policies, checkpoint_with,
    custom_jvp, custom_tangent, custom_vjp, grad, grad_argnums, grad_aux, grad_aux_argnums, hessian, hessian_argnums,
    hessian_aux, hessian_aux_argnums, hvp, jacfwd, jacfwd_argnums, jacfwd_aux, jacfwd_aux_argnums, jacrev,
    jacrev_argnums, jacrev_aux, jacrev_aux_argnums, jvp, jvp_aux, linear_transpose, linearize, no_grad,
    print_saved_residuals, remat, saved_residuals, value_and_grad, value_and_grad_argnums, value_and_grad_aux,
    value_and_grad_aux_argnums, vjp, vjp_aux,
};
#[doc(hidden)]
pub use call_site::in_closure;
pub use callback::{CallbackOutput, ResultSpec, io_callback, pure_callback, pure_callback_with};
pub use control::{
    Bound, ScanOptions, associative_scan, associative_scan_axis, cond, fori_loop, map, scan, scan_with, switch,
    while_loop,
};
#[doc(hidden)]
pub use debug::debug_print_parts;
pub use debug::{Column, DebugArg, DebugOptions, DebugValue, debug, debug_infs, debug_nans, debug_to};
pub use function::{Arg, ArgRefs, Argnums, Arguments, Function};
pub use gradient_check::{
    CheckOptions, Difference, GradientCheck, Mismatch, check_gradient, check_gradients, check_jvp, check_vjp,
    finite_diff, finite_diff_jacobian,
};
pub use make_program::{Traced, eval_shape, make_program, name_of, trace_function};
pub use outer::Outer;
pub use rune_ir::interpret::{DebugSink, capture_debug, set_debug_sink};
pub use rune_ir::{
    ALIGNMENT, AlignedBytes, Array, Bad, BuildError, CallbackError, CheckpointPolicy, Cost, DType, DeviceBuffer,
    Element, HostMemory, HostOp, Instruction, InvalidType, Loc, MAX_DEPTH, Made, ModuleSignature, NanError, Op, Origin,
    Program, ProgramBuilder, ProgramHash, Shape, SignatureError, Summary, Transform, Transforms, Type, UnknownDType,
    Value, Var, VmapMethod, check_nans, checks_nans, interpret, op, program, types, with_element,
};
#[doc(hidden)]
pub use rune_ir::{caught, profile};
pub use rune_trace_derive::{Outer, Tree, debug_print};
#[doc(hidden)]
pub use serde_json::Value as StaticValue;
pub use tensor::{
    AxisNames, BACKENDS, Backend, EvalError, Tensor, TraceContext, has_named_axes, interpret_eagerly, lax, name_scope,
    named_axes,
};
#[doc(hidden)]
pub use tensor::{Caller, at_caller, fail};
pub use transform::{DerivativeError, ProgramExt, ResidualSource, SavedResidual, VmapError};
#[doc(hidden)]
pub use tree::{Fields, StaticField, ViaHash, ViaSerde, ViaTree};
pub use tree::{PathPart, Restore, Static, StaticChange, Tree, TreePath};
pub use vmap::{InAxes, MapAxes, VmapOptions, vmap, vmap_axes, vmap_named, vmap_sized, vmap_with};

/// Arrays and trees in files.
pub mod storage {
    pub use crate::tree::{load, save};
    pub use rune_ir::storage::{
        Difference, Differences, Malformed, StorageError, from_bytes, read, replace, replace_all, temporary, write,
        write_to,
    };
}
