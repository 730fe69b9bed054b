//! Composable transformations of array programs, compiled.
//!
//! ```
//! use rune::prelude::*;
//!
//! fn f(x: &Tensor) -> Tensor { x * x + x.sin() }
//!
//! let x = Tensor::scalar(2.0f32);
//! let df = grad(f); // an ordinary function again
//! println!("{:.4}", df(&x).item::<f32>()?);
//! let fast = jit(grad(grad(f))); // composes in any order
//! println!("{:.4}", fast(&x).item::<f32>()?);
//! let lowered = jit(f).lower(&x)?; // inspect
//! println!("{}\n{}", lowered.program(), lowered.code());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#[cfg(feature = "iree")]
mod check;
#[cfg(feature = "iree")]
mod compile;
#[cfg(feature = "run")]
mod compiled_program;
mod device;
mod eager;
mod error;
#[cfg(feature = "run")]
mod host_ops;
mod jit;
mod log;
#[cfg(feature = "iree")]
mod lower;
#[cfg(not(feature = "iree"))]
mod no_compiler;
#[cfg(feature = "iree")]
mod precompile;
mod prepare;
mod runnable;
#[cfg(feature = "iree")]
mod stage_text;
#[cfg(feature = "iree")]
mod stages;
mod tier;
#[cfg(feature = "iree")]
mod tiered;
mod timings;

#[cfg(not(feature = "iree"))]
use no_compiler as compile;

#[cfg(feature = "run")]
pub use compiled_program::CompiledProgram;
pub use device::{Device, OnDevice, default_device, set_default_device, with_device};
pub use error::Error;
pub use jit::{Compiled, Donating, Jit, Lowered, jit};
#[cfg(feature = "iree")]
pub use precompile::Precompiled;
#[cfg(feature = "mpi")]
pub use rune_distributed as distributed;
pub use rune_host::{Plan, Profile, Row as ProfileRow};
#[cfg(feature = "iree")]
pub use rune_iree::{
    CacheEntry, CompileCache, CompileError, CompileOptions, Statistics, abandon_compilations, compiler_library,
    compiler_revision,
};
#[cfg(feature = "run")]
pub use rune_iree::{
    CompiledModule, CpuMismatch, DeviceError, DeviceInfo, DeviceKind, MemoryUse, ModuleCpu, ModuleError, RunError,
    idle_memory, set_idle_memory_limit,
};
#[cfg(feature = "run")]
pub use rune_iree::{Opt, Target, TargetError, VulkanFeatures};
pub use rune_nn::{nn, optim, quant};
// The training loop, checkpoints and data.
#[cfg(feature = "train")]
pub use rune_train as train;
// Programs, operations, type rules and the interpreter, for code that inspects or builds programs.
pub use rune_ir as ir;
// Tensors, their parts, and trees of them.
pub use rune_trace::{
    Argument, Array, Axes, AxisNames, Complex, Complex32, Complex64, DType, Element, F8E4M3FN, F8E5M2, GenericTree,
    Nested, Operand, PathPart, Restore, Scalar, Shape, Sizes, Static, StaticChange, Tensor, TensorElement, Tree,
    TreePath, Type, Value, block_until_ready, complex, dlpack, storage, tensor,
};
// Transformations, and the types of functions that they take and return.
pub use rune_trace::{
    ArgRefs, Argnum, Argnums, Arguments, CheckpointPolicy, DerivativeError, Function, Hessian, InAxes, Jacobian,
    Linearized, MapAxes, Pullback, ResidualSource, SavedResidual, TensorFn, VmapError, VmapOptions, checkpoint,
    checkpoint_name, checkpoint_policies, checkpoint_with, custom_jvp, custom_linear_solve, custom_root,
    custom_tangent, custom_vjp, grad, grad_argnums, grad_aux, grad_aux_argnums, grad_holomorphic, hessian,
    hessian_argnums, hessian_aux, hessian_aux_argnums, hvp, jacfwd, jacfwd_argnums, jacfwd_aux, jacfwd_aux_argnums,
    jacfwd_holomorphic, jacrev, jacrev_argnums, jacrev_aux, jacrev_aux_argnums, jacrev_holomorphic, jvp, jvp_aux,
    linear_transpose, linearize, no_grad, print_saved_residuals, remat, saved_residuals, value_and_grad,
    value_and_grad_argnums, value_and_grad_aux, value_and_grad_aux_argnums, value_and_grad_holomorphic, vjp, vjp_aux,
    vmap, vmap_axes, vmap_named, vmap_sized, vmap_with,
};
// Control flow, operations over named axes, and callbacks.
pub use rune_trace::{
    Bound, CallbackError, CallbackOutput, ResultSpec, ScanOptions, TraceContext, VmapMethod, all_gather,
    all_gather_tiled, all_to_all, all_to_all_tiled, associative_scan, associative_scan_axis, axis_index, axis_size,
    cond, fori_loop, io_callback, map, named_axes, pmax, pmean, pmin, ppermute, pshuffle, psum, psum_scatter,
    psum_scatter_tiled, pswapaxes, pure_callback, pure_callback_with, scan, scan_with, switch, while_loop,
};
// Array functions that are not methods of tensors, and the types that methods take and return.
pub use rune_trace::{
    At, Bins, BitOrder, ConvOptions, ConvPadding, Ellipsis, IndexItem, Indexer, Indices, Layout, NewAxis, PadMode,
    PerAxis, PoolOptions, RaggedDotDims, RaggedDotError, ResultSize, Sections, Unique, broadcast_shapes, cluster,
    einsum, fft, image, interpolate, lax, linalg, ndimage, optimize, random, segment_max, segment_min, segment_prod,
    segment_sum, signal, special, stats, stepped, where_,
};
// Programs of functions, evaluation outside `jit`, and checks.
pub use rune_trace::{
    CheckOptions, Column, Cost, DebugArg, DebugOptions, DebugSink, DebugValue, Difference, EvalError, GradientCheck,
    Mismatch, NanError, NanOrigin, NonFinite, Program, ProgramExt, ProgramHash, Traced, capture_debug, check_gradient,
    check_gradients, check_jvp, check_nans, check_vjp, checks_nans, debug, debug_infs, debug_nans, debug_print,
    debug_to, eval_shape, finite_diff, finite_diff_jacobian, make_program, name_scope, set_debug_sink,
};
// Used by the code that macros generate.
#[doc(hidden)]
pub use rune_trace::{Fields, StaticField, StaticValue, ViaHash, ViaSerde, ViaTree, debug_print_parts};
#[cfg(feature = "iree")]
pub use stages::{Stage, Stages, Stats, UnknownStage};
pub use tier::{Engine, Tier, UnknownTier};
pub use timings::Timings;

/// StableHLO text as programs, and programs as text for other tools.
pub mod stablehlo {
    #[cfg(feature = "iree")]
    pub use rune_lower::{LowerError, export};
    pub use rune_stablehlo::{ImportError, Imported, Options, Refusal, Warning, import, import_with};
}

/// The items that most programs use: `use rune::prelude::*;`.
pub mod prelude {
    pub use crate::device::OnDevice;
    pub use crate::jit::jit;
    pub use rune_nn::optim::GradientTransformation;
    pub use rune_trace::ProgramExt;
    pub use rune_trace::tensor;
    pub use rune_trace::{
        Argnum, CheckOptions, Complex32, Complex64, DType, DebugOptions, Difference, GenericTree, NewAxis, ScanOptions,
        Tensor, Tree, VmapMethod, VmapOptions, all_gather, all_to_all, associative_scan, axis_index, axis_size,
        capture_debug, check_gradient, check_gradients, check_jvp, check_vjp, checkpoint, checkpoint_name,
        checkpoint_policies, checkpoint_with, cond, custom_jvp, custom_tangent, custom_vjp, debug, debug_infs,
        debug_nans, debug_print, debug_to, eval_shape, finite_diff, finite_diff_jacobian, fori_loop, grad,
        grad_argnums, grad_aux, grad_holomorphic, hessian, hessian_argnums, hessian_aux, hvp, io_callback, jacfwd,
        jacfwd_argnums, jacfwd_aux, jacfwd_holomorphic, jacrev, jacrev_argnums, jacrev_aux, jacrev_holomorphic, jvp,
        jvp_aux, linear_transpose, linearize, make_program, map, name_scope, no_grad, pmax, pmean, pmin, ppermute,
        print_saved_residuals, psum, pure_callback, pure_callback_with, remat, saved_residuals, scan, scan_with,
        switch, value_and_grad, value_and_grad_argnums, value_and_grad_aux, value_and_grad_holomorphic, vjp, vjp_aux,
        vmap, vmap_axes, vmap_named, vmap_sized, vmap_with, where_, while_loop,
    };
}

/// Runs the programs in `docs/debugging.md`.
#[cfg(all(doctest, feature = "iree"))]
#[doc = include_str!("../docs/debugging.md")]
struct Debugging;

/// Runs the program in `README.md`.
#[cfg(all(doctest, feature = "iree"))]
#[doc = include_str!("../README.md")]
struct Readme;

/// Runs all Rust in the guide for users of JAX, Rune or Slope.
#[cfg(all(doctest, feature = "iree"))]
#[doc = include_str!("../docs/from-jax-rune-slope.md")]
struct Guide;
