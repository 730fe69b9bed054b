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

#[cfg(feature = "compile")]
mod check;
#[cfg(feature = "compile")]
mod compile;
#[cfg(feature = "run")]
mod compiled_program;
mod device;
#[cfg(feature = "compile")]
mod eager;
mod error;
#[cfg(feature = "run")]
mod host_ops;
#[cfg(feature = "compile")]
mod jit;
#[cfg(feature = "compile")]
mod log;
#[cfg(feature = "compile")]
mod lower;
#[cfg(feature = "compile")]
mod precompile;
#[cfg(feature = "compile")]
mod stage_text;
#[cfg(feature = "compile")]
mod stages;
#[cfg(feature = "compile")]
mod tier;
#[cfg(feature = "compile")]
mod tiered;

#[cfg(feature = "compile")]
mod timings;

#[cfg(feature = "run")]
pub use compiled_program::CompiledProgram;
pub use device::{Device, default_device, set_default_device};
pub use error::Error;
#[cfg(feature = "compile")]
pub use jit::{Compiled, Donating, Jit, Lowered, jit};
#[cfg(feature = "compile")]
pub use precompile::Precompiled;
pub use rune_host::Plan;
#[cfg(feature = "compile")]
pub use rune_iree::{
    CacheEntry, CompileCache, CompileError, CompileOptions, Statistics, abandon_compilations, compiler_library,
    compiler_revision,
};
#[cfg(feature = "run")]
pub use rune_iree::{CompiledModule, DeviceError, ModuleError, RunError, idle_memory, set_idle_memory_limit};
#[cfg(feature = "run")]
pub use rune_iree::{Opt, Target, TargetError};
pub use rune_nn::{nn, optim};
pub use rune_trace::*;
#[cfg(feature = "compile")]
pub use stages::{Stage, Stages, Stats, UnknownStage};
#[cfg(feature = "compile")]
pub use tier::{Engine, Tier, UnknownTier};
pub use timings::Timings;

/// StableHLO text as programs, and programs as text for other tools.
#[cfg(feature = "compile")]
pub mod stablehlo {
    pub use rune_lower::{LowerError, export};
    pub use rune_stablehlo::{ImportError, Refusal, import};
}

/// What most programs use: `use rune::prelude::*;`.
pub mod prelude {
    #[cfg(feature = "compile")]
    pub use crate::jit::jit;
    pub use rune_nn::optim::GradientTransformation;
    pub use rune_trace::ProgramExt;
    pub use rune_trace::{
        Arg, CheckOptions, DType, DebugOptions, Difference, Outer, ScanOptions, Tensor, Tree, VmapMethod, VmapOptions,
        all_gather, all_to_all, associative_scan, axis_index, axis_size, capture_debug, check_gradient,
        check_gradients, check_jvp, check_vjp, checkpoint, checkpoint_name, checkpoint_policies, checkpoint_with, cond,
        custom_jvp, custom_tangent, custom_vjp, debug, debug_infs, debug_nans, debug_print, debug_to, eval_shape,
        finite_diff, finite_diff_jacobian, fori_loop, grad, grad_argnums, grad_aux, hessian, hessian_argnums,
        hessian_aux, hvp, io_callback, jacfwd, jacfwd_argnums, jacfwd_aux, jacrev, jacrev_argnums, jacrev_aux, jvp,
        jvp_aux, linear_transpose, linearize, make_program, map, name_scope, no_grad, pmax, pmean, pmin, ppermute,
        print_saved_residuals, psum, pure_callback, pure_callback_with, remat, saved_residuals, scan, scan_with,
        switch, value_and_grad, value_and_grad_argnums, value_and_grad_aux, vjp, vjp_aux, vmap, vmap_axes, vmap_named,
        vmap_sized, vmap_with, while_loop,
    };
}

/// The programs in `docs/debugging.md` run.
#[cfg(doctest)]
#[doc = include_str!("../docs/debugging.md")]
struct Debugging;

/// The program in `README.md` runs.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

/// So does all Rust in the guide for those who know JAX, Rune or Slope.
#[cfg(doctest)]
#[doc = include_str!("../docs/from-jax-rune-slope.md")]
struct Guide;

/// So does that in the tutorial on training.
#[cfg(doctest)]
#[doc = include_str!("../docs/training.md")]
struct Training;
