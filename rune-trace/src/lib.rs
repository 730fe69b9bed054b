//! Tensors, traced functions, and their transformations.

extern crate self as rune_trace;

mod array_fns;
mod autodiff;
mod call_site;
mod callback;
mod control;
mod debug;
mod function;
mod generic_tree;
mod gradient_check;
mod make_program;
pub mod optimize;
mod tensor;
mod transform;
mod tree;
mod vmap;

pub use array_fns::*;
pub use autodiff::{
    Hessian, Jacobian, Linearized, Pullback, TensorFn, checkpoint, checkpoint_name, checkpoint_policies,
    checkpoint_with, custom_jvp, custom_linear_solve, custom_root, custom_tangent, custom_vjp, grad, grad_argnums,
    grad_aux, grad_aux_argnums, grad_holomorphic, hessian, hessian_argnums, hessian_aux, hessian_aux_argnums, hvp,
    jacfwd, jacfwd_argnums, jacfwd_aux, jacfwd_aux_argnums, jacfwd_holomorphic, jacrev, jacrev_argnums, jacrev_aux,
    jacrev_aux_argnums, jacrev_holomorphic, jvp, jvp_aux, linear_transpose, linearize, no_grad, print_saved_residuals,
    remat, saved_residuals, value_and_grad, value_and_grad_argnums, value_and_grad_aux, value_and_grad_aux_argnums,
    value_and_grad_holomorphic, vjp, vjp_aux,
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
pub use function::{ArgRefs, Argnum, Argnums, Arguments, Function};
pub use generic_tree::GenericTree;
pub use gradient_check::{
    CheckOptions, Difference, GradientCheck, Mismatch, check_gradient, check_gradients, check_jvp, check_vjp,
    finite_diff, finite_diff_jacobian,
};
pub use make_program::{Traced, eval_shape, make_program, name_of, trace_function};
pub use rune_ir::interpret::{DebugSink, capture_debug, set_debug_sink};
pub use rune_ir::{
    ALIGNMENT, AlignedBytes, Array, BuildError, CallbackError, CheckpointPolicy, Complex, Complex32, Complex64, Cost,
    DType, DeviceBuffer, Element, HostMemory, HostOp, Instruction, InvalidType, Loc, MAX_DEPTH, ModuleSignature,
    NanError, NanOrigin, NonFinite, Op, Origin, Program, ProgramBuilder, ProgramHash, Shape, SignatureError, Summary,
    Transform, Transforms, Type, UnknownDType, Value, Var, VmapMethod, check_nans, checks_nans, dlpack, interpret, op,
    program, types, with_element,
};
#[doc(hidden)]
pub use rune_ir::{caught, profile};
pub use rune_trace_derive::{GenericTree, Tree, debug_print};
#[doc(hidden)]
pub use serde_json::Value as StaticValue;
#[cfg(not(target_family = "wasm"))]
pub use tensor::BACKENDS;
#[cfg(target_family = "wasm")]
pub use tensor::register_backend;
pub use tensor::{
    AxisNames, Backend, EvalError, Tensor, TraceContext, has_named_axes, interpret_eagerly, lax, name_scope, named_axes,
};
#[doc(hidden)]
pub use tensor::{Caller, at_caller, fail};
pub use transform::{DerivativeError, ProgramExt, ResidualSource, SavedResidual, VmapError};
#[doc(hidden)]
pub use tree::{Fields, StaticField, ViaHash, ViaSerde, ViaTree, hashed};
pub use tree::{PathPart, Restore, Static, StaticChange, Tree, TreePath};
pub use vmap::{InAxes, MapAxes, VmapOptions, vmap, vmap_axes, vmap_named, vmap_sized, vmap_with};

/// Arrays and trees in files.
pub mod storage {
    pub use crate::tree::{load, load_npy, load_npz, save, save_npy, save_npz};
    pub use rune_ir::storage::{
        Difference, Differences, Malformed, StorageError, from_bytes, read, replace, replace_all, temporary, write,
        write_to,
    };
}
