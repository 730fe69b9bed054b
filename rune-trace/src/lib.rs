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

#[doc(hidden)]
pub use array_fns::nested;
pub use array_fns::{
    Argument, At, Axes, Bins, BitOrder, ConvOptions, ConvPadding, Ellipsis, IndexItem, Indexer, Indices, Layout,
    Nested, NewAxis, Operand, PadMode, PerAxis, PoolOptions, RaggedDotDims, RaggedDotError, ResultSize, Scalar,
    Sections, Sizes, TensorElement, Unique, all_gather, all_gather_tiled, all_to_all, all_to_all_tiled, axis_index,
    axis_size, broadcast_shapes, cluster, complex, einsum, fft, image, interpolate, linalg, ndimage, pmax, pmean, pmin,
    ppermute, pshuffle, psum, psum_scatter, psum_scatter_tiled, pswapaxes, random, segment_max, segment_min,
    segment_prod, segment_sum, signal, special, stats, stepped, where_,
};
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
pub use make_program::{Traced, eval_shape, make_program};
#[doc(hidden)]
pub use make_program::{name_of, trace_function};
pub use rune_ir::interpret::{DebugSink, capture_debug, set_debug_sink};
pub use rune_ir::{
    Array, CallbackError, CheckpointPolicy, Complex, Complex32, Complex64, Cost, DType, Element, F8E4M3FN, F8E5M2,
    NanError, NanOrigin, NonFinite, Program, ProgramHash, Shape, Type, Value, VmapMethod, check_nans, checks_nans,
    dlpack,
};
// Code that works on programs imports these from `rune-ir`.
#[doc(hidden)]
pub use rune_ir::{
    ALIGNMENT, AlignedBytes, BuildError, DeviceBuffer, HostMemory, HostOp, Instruction, InvalidType, Loc, MAX_DEPTH,
    ModuleSignature, Op, Origin, ProgramBuilder, SignatureError, Summary, Transform, Transforms, UnknownDType, Var,
    catch_panic, interpret, op, profile, program, types, with_element,
};
pub use rune_trace_derive::{GenericTree, Tree, debug_print};
#[doc(hidden)]
pub use serde_json::Value as StaticValue;
#[cfg(not(target_family = "wasm"))]
#[doc(hidden)]
pub use tensor::EVALUATORS;
#[cfg(target_family = "wasm")]
#[doc(hidden)]
pub use tensor::register_evaluator;
pub use tensor::{AxisNames, EvalError, Tensor, TraceContext, lax, name_scope, named_axes};
#[doc(hidden)]
pub use tensor::{Caller, Evaluator, at_caller, fail, has_batch_axes, interpret_eagerly, within_axis};
pub use transform::{DerivativeError, ProgramExt, ResidualSource, SavedResidual, VmapError};
#[doc(hidden)]
pub use tree::{Fields, StaticField, ViaHash, ViaSerde, ViaTree, hashed};
pub use tree::{PathPart, Restore, Static, StaticChange, Tree, TreePath, block_until_ready};
pub use vmap::{InAxes, MapAxes, VmapOptions, vmap, vmap_axes, vmap_named, vmap_sized, vmap_with};

/// Arrays and trees in files.
pub mod storage {
    pub use crate::tree::{load, load_npy, load_npz, save, save_npy, save_npz};
    pub use rune_ir::storage::{
        Difference, Differences, Malformed, Reader, StorageError, from_bytes, read, write, write_to,
    };
    #[doc(hidden)]
    pub use rune_ir::storage::{replace, replace_all, temporary};
}
