//! Evaluates pending tensors when they are read.

use super::Tensor;
use super::graph::{collect, live_results};
use super::node::{Apply, Producer};
use super::program::{UNKNOWN, Vars, program_of};
use rune_ir::interpret::{NoObserver, Observer, interpret_observed};
use rune_ir::op::AxisName;
use rune_ir::{Array, Loc, Program, Value, Var};
use rustc_hash::{FxHashMap, FxHashSet};
use std::sync::Arc;

/// Runs programs. The crate that has the engines registers an evaluator in `EVALUATORS`. Without one, programs are
/// interpreted.
pub trait Evaluator: Send + Sync {
    /// Returns the outputs of `program`, which has no constants, on `inputs`.
    ///
    /// # Errors
    /// If it cannot be compiled or run.
    fn evaluate(&self, program: Program, inputs: &[Value]) -> Result<Vec<Value>, EvalError>;
}

/// The evaluators of tensors that are read outside compiled functions. The first one is used.
#[cfg(not(target_family = "wasm"))]
#[linkme::distributed_slice]
pub static EVALUATORS: [fn() -> &'static dyn Evaluator];

/// The evaluator on platforms where the linker cannot collect them.
#[cfg(target_family = "wasm")]
static EVALUATOR: std::sync::OnceLock<&'static dyn Evaluator> = std::sync::OnceLock::new();

/// Registers the evaluator for tensors that are read outside compiled functions. The first one is used.
#[cfg(target_family = "wasm")]
pub fn register_evaluator(evaluator: &'static dyn Evaluator) {
    // If there is one already, it stays.
    let _ = EVALUATOR.set(evaluator);
}

fn evaluator() -> Option<&'static dyn Evaluator> {
    #[cfg(not(target_family = "wasm"))]
    return EVALUATORS.first().map(|evaluator| evaluator());
    #[cfg(target_family = "wasm")]
    EVALUATOR.get().copied()
}

/// A tensor cannot be read.
#[derive(thiserror::Error)]
pub enum EvalError {
    /// The tensor depends on an argument that is not known yet.
    #[error(
        "the value of a tensor of type {ty} was read inside a function that `{transform}` is tracing, where it is not known yet; use `cond`, `while_loop`, `scan` or `select`, so that the decision becomes part of the program"
    )]
    Unknown {
        /// The type of the tensor.
        ty: String,
        /// The transformation that traces the function.
        transform: &'static str,
    },
    /// The tensor depends on the batch elements of a named axis.
    #[error(
        "the value of a tensor from `{op}`{} over the axis `{axis}` was read, which is known only outside the `vmap` along that axis",
        loc.as_ref().map(|loc| format!(" at {loc}")).unwrap_or_default()
    )]
    NamedAxis {
        /// The operation.
        op: &'static str,
        /// The name of the axis.
        axis: AxisName,
        /// The line of the operation.
        loc: Option<Box<Loc>>,
    },
    /// An effect uses a tensor that another thread traces, but the thread of the effect traces no function.
    #[error(
        "`{op}` is applied to a tensor of a function that another thread is tracing, so it would not be part of the function; run the work of this thread in the context of the function: `let context = TraceContext::current()` before the \
         thread starts, and `context.run(|| …)` in it"
    )]
    OtherThread {
        /// The operation.
        op: &'static str,
    },
    /// The requested dtype is not that of the tensor.
    #[error("a tensor of type {found} was read as {asked}; convert it first, with `.cast(DType::{asked:?})`")]
    DType {
        /// The type of the tensor.
        found: rune_ir::Type,
        /// The requested dtype.
        asked: rune_ir::DType,
    },
    /// The tensor does not have exactly one element.
    #[error("`item` reads a tensor with one element, but this one has type {0}; `to_vec` reads all elements")]
    NotOne(rune_ir::Type),
    /// The tensor holds a NaN, and `RUNE_DEBUG_NANS` is set.
    #[error(transparent)]
    Nan(#[from] Box<rune_ir::NanError>),
    /// The interpreter failed.
    #[error(transparent)]
    Interpret(#[from] rune_ir::interpret::InterpretError),
    /// The device or the compiler failed.
    #[error("{0}")]
    Engine(Box<dyn std::error::Error + Send + Sync>),
}

/// Prints the message, because `unwrap` in user code shows this form.
impl std::fmt::Debug for EvalError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(self, f)
    }
}

/// Longer chains of pending operations are evaluated early, so that a loop that never reads does not use unbounded
/// memory.
const MAX_PENDING: u32 = 4096;

/// Evaluates the results of the last operation if too many operations are pending.
pub(crate) fn bound_pending(results: &[Tensor]) {
    if results.iter().any(|t| !t.is_traced() && t.0.depth > MAX_PENDING) {
        // The error occurs again, and is reported, when the tensor is read.
        let _ = realize(results);
    }
}

/// Returns the reason why the result of an operation over a batch axis has no value.
fn named_axis_of(apply: &Apply) -> Option<EvalError> {
    let inner = apply.op.programs();
    let axis = apply
        .op
        .batch_axis()
        .map(|axis| &axis.name)
        .or_else(|| inner.iter().find_map(|(_, p)| p.axes().keys().next()))?;
    Some(EvalError::NamedAxis { op: apply.op.name(), axis: axis.clone(), loc: apply.origin.loc.clone().map(Box::new) })
}

/// Evaluates all `tensors` at once.
///
/// # Errors
/// If one depends on an unknown argument, or the program cannot be run.
pub fn realize(tensors: &[Tensor]) -> Result<(), EvalError> {
    if tensors.iter().all(|t| t.0.value.get().is_some()) {
        return Ok(());
    }
    let mut leaves: FxHashMap<u64, Value> = FxHashMap::default();
    let mut unknown = None;
    let applies = collect(tensors, Vec::new(), |t| {
        if let Some(value) = t.0.value.get() {
            leaves.insert(t.id(), value.clone());
            return None;
        }
        match t.0.producer() {
            Some(Producer::Result(apply)) => match named_axis_of(&apply) {
                None => Some(apply),
                Some(error) => {
                    unknown = Some(error);
                    None
                }
            },
            Some(Producer::Param { known: Some(argument), .. }) => {
                match argument.value() {
                    Ok(value) => {
                        let _ = t.0.value.set(value.clone());
                        leaves.insert(t.id(), value);
                    }
                    Err(error) => unknown = Some(error),
                }
                None
            }
            Some(Producer::Param { known: None, transform }) => {
                unknown = Some(EvalError::Unknown { ty: t.ty().to_string(), transform });
                None
            }
            // Another thread has just evaluated it.
            None => {
                let value = t.0.value.get().expect("a node without a producer has its value");
                leaves.insert(t.id(), value.clone());
                None
            }
        }
    });
    match unknown {
        // The message names the tensor that was read, not what it depends on.
        Some(EvalError::Unknown { transform, .. }) => {
            return Err(EvalError::Unknown { ty: tensors[0].ty().to_string(), transform });
        }
        Some(error) => return Err(error),
        None => {}
    }
    let (mut vars, mut inputs, mut types) = (Vars::new(UNKNOWN), Vec::new(), Vec::new());
    for tensor in applies.iter().flat_map(|a| a.op.operands()).chain(tensors) {
        if let Some(value) = leaves.get(&tensor.id())
            && !vars.contains(tensor.id())
        {
            vars.insert(tensor.id(), Var(inputs.len() as u32));
            inputs.push(value.clone());
            types.push(value.ty().clone());
        }
    }
    let wanted = results_to_keep(tensors, &applies);
    let program = program_of("eager", types, &applies, vars, &wanted);
    let values = match program.has_effects() {
        // These effects belong to a function that is being traced, and happen when its program runs.
        true => interpret_with(&program, &inputs, &mut NoSideEffects)?,
        false => run(program, &inputs)?,
    };
    for (tensor, value) in wanted.iter().zip(values) {
        tensor.0.set_value(value);
    }
    Ok(())
}

/// Evaluates an operation with effects, or over an axis of ranks, now.
///
/// # Errors
/// Like [`realize`].
pub(super) fn run_now(apply: &Arc<Apply>, results: &[Tensor]) -> Result<(), EvalError> {
    let operands: Vec<Tensor> = apply.op.operands().into_iter().cloned().collect();
    realize(&operands)?;
    let inputs = operands.iter().map(Tensor::value).collect::<Result<Vec<Value>, _>>()?;
    let types = operands.iter().map(|t| t.ty().clone()).collect();
    let mut vars = Vars::new(UNKNOWN);
    operands.iter().zip((0..).map(Var)).for_each(|(t, v)| _ = vars.insert(t.id(), v));
    let program = program_of("effect", types, std::slice::from_ref(apply), vars, results);
    let values = match apply.op.is_effect() || apply.op.callback().is_some() || apply.op.ranks().is_some() {
        true => interpret_eagerly(&program, &inputs)?,
        false => run(program, &inputs)?,
    };
    for (tensor, value) in results.iter().zip(values) {
        tensor.0.set_value(value);
    }
    Ok(())
}

fn run(program: Program, inputs: &[Value]) -> Result<Vec<Value>, EvalError> {
    // One rank alone cannot run an exchange again.
    let program_to_check = (rune_ir::checks_nans() && !program.has_ranks()).then(|| program.clone());
    let program = if program.has_ranks() { program.with_exchanges() } else { program };
    let outputs = match evaluator() {
        Some(evaluator) => evaluator.evaluate(program, inputs)?,
        None => interpret_eagerly(&program, inputs)?,
    };
    if let Some(program) = program_to_check {
        rune_ir::check_nans(&program, inputs, &outputs).map_err(Box::new)?;
    }
    Ok(outputs)
}

/// Prints nothing, and makes no calls that must happen once.
struct NoSideEffects;
impl Observer for NoSideEffects {
    fn observes_instructions(&self) -> bool {
        false
    }
    fn print(&mut self, _text: &str) {}
    fn runs_io_callbacks(&self) -> bool {
        false
    }
}

/// Returns the tensors to compute: the requested ones, and pending operands that something else holds, which would
/// otherwise be computed again.
fn results_to_keep(requested: &[Tensor], applies: &[Arc<Apply>]) -> Vec<Tensor> {
    let mut uses: FxHashMap<u64, usize> = FxHashMap::default();
    for operand in applies.iter().flat_map(|a| a.op.operands()) {
        *uses.entry(operand.id()).or_default() += 1;
    }
    let mut seen: FxHashSet<u64> = FxHashSet::default();
    let mut wanted: Vec<Tensor> = requested.iter().filter(|t| seen.insert(t.id())).cloned().collect();
    for apply in applies {
        for node in live_results(apply) {
            let uses = uses.get(&node.id).copied().unwrap_or(0);
            // The additional reference is `node` itself.
            if Arc::strong_count(&node) > uses + 1 && !node.is_literal() && seen.insert(node.id) {
                wanted.push(Tensor(node));
            }
        }
    }
    wanted
}

/// Returns the outputs of `program` on `inputs`, by the reference interpreter.
///
/// # Errors
/// If an input cannot be copied to the host, or the interpreter fails.
pub fn interpret_eagerly(program: &Program, inputs: &[Value]) -> Result<Vec<Value>, EvalError> {
    interpret_with(program, inputs, &mut NoObserver)
}

fn interpret_with(program: &Program, inputs: &[Value], observer: &mut dyn Observer) -> Result<Vec<Value>, EvalError> {
    let host = |v: &Value| v.to_host().map_err(|e| EvalError::Engine(e.into()));
    let inputs: Vec<Array> = inputs.iter().map(host).collect::<Result<_, _>>()?;
    Ok(interpret_observed(program, &inputs, observer)?.into_iter().map(Value::Host).collect())
}
