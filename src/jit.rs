//! `jit`: a function traced once for each types of arguments, and compiled.

use crate::compile::{self, Runnable, Timings};
use crate::device::{Place, default_device};
use crate::error::list;
use crate::log;
use crate::{CompiledProgram, Error, Stages, Stats};
use arc_swap::ArcSwap;
use rune_iree::Arg;
use rune_trace::{
    ArgRefs, Arguments, Caller, Function, Program, Static, Tensor, Tree, Type, Value, in_closure, lax, name_of,
    named_axes, trace_function,
};
use rustc_hash::FxHasher;
use smallvec::SmallVec;
use std::convert::Infallible;
use std::hash::Hasher;
use std::ops::Deref;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Compiles `f` when it is called: once for each types and structure of its arguments. The result is called like `f`.
///
/// ```
/// use rune::prelude::*;
/// let f = jit(|x: &Tensor| x * x + 1.0);
/// let x = Tensor::scalar(3.0f32);
/// assert_eq!(f(&x).item::<f32>()?, 10.0);
/// # Ok::<(), rune::EvalError>(())
/// ```
///
/// Tensors that `f` captures are constants of the compiled function. Inside `f` nothing is known of the arguments but their types.
///
/// # Panics
/// The returned function panics if the program cannot be compiled or run; [`Jit::lower`] and [`Lowered::compile`] give errors.
#[track_caller]
pub fn jit<'f, X, F>(f: F) -> Jit<'f, X, F>
where
    X: Arguments,
    F: Function<X> + 'f,
    F::Output: Tree + Send + Sync,
{
    let caller = Caller::here();
    let core =
        Arc::new(Core { name: name_of::<F>(), f, caller, entries: ArcSwap::default(), compiling: Mutex::new(false) });
    let inner = core.clone();
    let call = F::returning(move |args| inner.call::<X>(args));
    Jit { core, call }
}

/// A function that is compiled when it is called; see [`jit`].
pub struct Jit<'f, X, F>
where
    X: Arguments,
    F: Function<X> + 'f,
    F::Output: Tree,
{
    core: Arc<Core<F, F::Output>>,
    call: F::Returning<'f, F::Output>,
}

impl<'f, X, F> Deref for Jit<'f, X, F>
where
    X: Arguments,
    F: Function<X> + 'f,
    F::Output: Tree,
{
    type Target = F::Returning<'f, F::Output>;
    fn deref(&self) -> &Self::Target {
        &self.call
    }
}

/// A compiled function is a function: it can be transformed again.
impl<'f, X, F> Function<X> for Jit<'f, X, F>
where
    X: Arguments,
    F: Function<X> + 'f,
    F::Output: Tree + Send + Sync,
    F::Returning<'f, F::Output>: Send + Sync,
{
    type Output = F::Output;
    type Returning<'g, O: 'g> = F::Returning<'g, O>;
    fn call(&self, args: &X) -> F::Output {
        self.core.call::<X>(args.refs())
    }
    fn returning<'g, O: 'g>(f: impl for<'a> Fn(X::Refs<'a>) -> O + Send + Sync + 'g) -> F::Returning<'g, O> {
        F::returning(f)
    }
}

/// A compiled function that is given its first argument; see [`Jit::donate`].
pub struct Donating<'f, X, F>
where
    X: Arguments,
    F: Function<X> + 'f,
    F::Output: Tree,
{
    jit: Jit<'f, X, F>,
    call: X::Giving<'f, F::Output>,
}

impl<'f, X, F> Deref for Donating<'f, X, F>
where
    X: Arguments,
    F: Function<X> + 'f,
    F::Output: Tree,
{
    type Target = X::Giving<'f, F::Output>;
    fn deref(&self) -> &Self::Target {
        &self.call
    }
}

impl<'f, X, F> Donating<'f, X, F>
where
    X: Arguments,
    F: Function<X> + 'f,
    F::Output: Tree + Send + Sync,
{
    /// The function that leaves its arguments to the caller, with the same compiled programs.
    pub fn keeping(&self) -> &Jit<'f, X, F> {
        &self.jit
    }
}

struct Core<F, Out> {
    name: String,
    f: F,
    /// Where it was made.
    caller: Caller,
    /// What was compiled so far; read without a lock.
    entries: ArcSwap<Vec<Arc<Entry<Out>>>>,
    /// Held by the thread that compiles, so that others do not compile the same: whether it was warned of a static field that changes.
    compiling: Mutex<bool>,
}

/// The function for arguments of some types and structure.
struct Entry<Out> {
    types: Vec<Type>,
    structure: u64,
    /// What the structure is, to be told.
    statics: Statics,
    program: Arc<Program>,
    runnable: Runnable,
    output: Out,
}

/// What of each argument is no tensor.
pub(crate) type Statics = Vec<(&'static str, Static)>;

type Leaves<'a> = SmallVec<[&'a Tensor; 8]>;

fn leaves<'a, X: Arguments>(args: X::Refs<'a>) -> (Leaves<'a>, u64) {
    let mut leaves = Leaves::new();
    X::visit(args, &mut |_, _, leaf| leaves.push(leaf));
    let mut hasher = FxHasher::default();
    X::structure(args, &mut hasher);
    (leaves, hasher.finish())
}

impl<F, Out: Tree> Core<F, Out> {
    fn call<X>(&self, args: X::Refs<'_>) -> Out
    where
        X: Arguments,
        F: Function<X, Output = Out>,
    {
        let (leaves, structure) = leaves::<X>(args);
        // What the function does may depend on the axes mapped around it.
        if leaves.iter().any(|t| t.is_traced()) || !named_axes().is_empty() {
            return self.call_traced::<X>(args, &leaves);
        }
        match self.call_known::<X>(args, &leaves, structure) {
            Ok(output) => output,
            Err(Failed::Error(error)) => self.fail::<X>(args, &error),
            Err(Failed::CapturesTraced) => self.call_traced::<X>(args, &leaves),
        }
    }

    /// Within a function that is being traced: a call of the program of this one.
    fn call_traced<X>(&self, args: X::Refs<'_>, leaves: &Leaves<'_>) -> Out
    where
        X: Arguments,
        F: Function<X, Output = Out>,
    {
        let traced = trace_function::<X, F>(&self.f, args, &self.name, "jit");
        let inputs: Vec<Tensor> = leaves.iter().map(|t| (*t).clone()).chain(traced.captured).collect();
        let program = Arc::new(traced.program.simplify());
        let results = self.caller.run(|| lax::call(&program, &inputs));
        traced.output.with_leaves(results)
    }

    /// Panics with an error, in the function, as a closure has no line of its caller.
    fn fail<X>(&self, args: X::Refs<'_>, error: &Error) -> !
    where
        X: Arguments,
        F: Function<X, Output = Out>,
    {
        let fails = || -> Infallible { rune_trace::fail(&error.to_string()) };
        match in_closure::<X, F, Infallible>(self.caller, "jit", &self.f, args, fails) {}
    }

    fn call_known<X>(&self, args: X::Refs<'_>, leaves: &Leaves<'_>, structure: u64) -> Result<Out, Failed>
    where
        X: Arguments,
        F: Function<X, Output = Out>,
    {
        let values = values(leaves)?;
        let entry = match self.find(leaves, structure) {
            Some(entry) => entry,
            None => self.compile::<X>(args, leaves, structure)?,
        };
        let refs: SmallVec<[&Value; 8]> = values.iter().collect();
        let results = entry.runnable.run(&refs)?;
        looked_at(&entry.program, &values, &results)?;
        Ok(entry.output.with_leaves(results.into_iter().map(Tensor::from_value)))
    }

    /// As [`Core::call`], of a first argument that is given away.
    fn call_giving<X>(&self, first: X::First, rest: X::Rest<'_>) -> Out
    where
        X: Arguments,
        F: Function<X, Output = Out>,
    {
        let args = X::with_first(&first, rest);
        let (leaves, structure) = leaves::<X>(args);
        if leaves.iter().any(|t| t.is_traced()) || !named_axes().is_empty() || rune_trace::checks_nans() {
            // In a program that is being traced nobody can tell who else holds an argument; and what is checked is read after the call.
            return self.call::<X>(args);
        }
        let prepared = values(&leaves).map_err(Failed::from).and_then(|values| match self.find(&leaves, structure) {
            Some(entry) => Ok((entry, values)),
            None => Ok((self.compile::<X>(args, &leaves, structure)?, values)),
        });
        let (entry, mut values) = match prepared {
            Ok(prepared) => prepared,
            Err(Failed::Error(error)) => self.fail::<X>(args, &error),
            Err(Failed::CapturesTraced) => return self.call_traced::<X>(args, &leaves),
        };
        // Handles and values of the first argument go, so that none is left where the caller has none.
        let given = first.leaves();
        let kept: SmallVec<[Value; 8]> = values.drain(given.len()..).collect();
        drop(values);
        drop(leaves);
        drop(first);
        let given = given.into_iter().map(|leaf| Ok(Arg::Give(leaf.into_value()?)));
        let run = || -> Result<Vec<Value>, Error> {
            let inputs = given.chain(kept.iter().map(|value| Ok(Arg::Keep(value)))).collect::<Result<_, Error>>()?;
            entry.runnable.run_giving(inputs)
        };
        match run() {
            Ok(results) => entry.output.with_leaves(results.into_iter().map(Tensor::from_value)),
            Err(error) => panic!("{error}"),
        }
    }

    fn find(&self, leaves: &Leaves<'_>, structure: u64) -> Option<Arc<Entry<Out>>> {
        let entries = self.entries.load();
        let fits = |e: &&Arc<Entry<Out>>| {
            e.structure == structure
                && e.types.len() == leaves.len()
                && e.types.iter().zip(leaves).all(|(ty, leaf)| ty == leaf.ty())
        };
        entries.iter().find(fits).cloned()
    }

    fn compile<X>(&self, args: X::Refs<'_>, leaves: &Leaves<'_>, structure: u64) -> Result<Arc<Entry<Out>>, Failed>
    where
        X: Arguments,
        F: Function<X, Output = Out>,
    {
        let mut warned = self.compiling.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(entry) = self.find(leaves, structure) {
            return Ok(entry);
        }
        let (program, output) = self.trace::<X>(args)?;
        let place = default_device().map_err(Failed::Error)?;
        let types: Vec<Type> = leaves.iter().map(|t| t.ty().clone()).collect();
        let statics = X::statics(args);
        let why = self.why::<X>(args, &types, &statics);
        // Said before it is compiled, which takes the time that the warning is of.
        let same_types = |e: &&Arc<Entry<Out>>| e.types == types;
        if let (false, Some(last)) = (*warned, self.entries.load().iter().rev().find(same_types))
            && let Some(warning) = log::changing(&self.name, &statics, &last.statics)
        {
            tracing::warn!("{warning}");
            *warned = true;
        }
        let (runnable, _) = compile::compile(&program, &place, &why).map_err(Failed::Error)?;
        let entry = Arc::new(Entry { types, structure, statics, program, runnable, output });
        let mut entries = self.entries.load().to_vec();
        entries.push(entry.clone());
        if entries.len() == MANY + 1 {
            let all: Vec<(&[Type], &Statics)> = entries.iter().map(|e| (&e.types[..], &e.statics)).collect();
            tracing::warn!("{}", log::many(&self.name, &paths::<X>(args), &all));
        }
        self.entries.store(Arc::new(entries));
        Ok(entry)
    }

    fn trace<X>(&self, args: X::Refs<'_>) -> Result<(Arc<Program>, Out), Failed>
    where
        X: Arguments,
        F: Function<X, Output = Out>,
    {
        let traced = trace_function::<X, F>(&self.f, args, &self.name, "jit");
        if traced.captured.iter().any(Tensor::is_traced) {
            return Err(Failed::CapturesTraced);
        }
        let (program, output) = traced.close().map_err(Error::from)?;
        Ok((Arc::new(program.simplify()), output))
    }

    /// Why the function is compiled for arguments of these types: what is new since the last time.
    fn why<X: Arguments>(&self, args: X::Refs<'_>, types: &[Type], statics: &Statics) -> String {
        let entries = self.entries.load();
        let Some(last) = entries.last() else { return "first call".to_owned() };
        let changes = log::changes(&paths::<X>(args), types, &last.types);
        let changes = changes.or_else(|| log::static_changes(statics, &last.statics));
        format!("{}: {}", self.name, changes.unwrap_or_else(|| "the arguments are of another structure".to_owned()))
    }
}

/// The paths of the leaves of the arguments.
fn paths<X: Arguments>(args: X::Refs<'_>) -> Vec<String> {
    let mut paths = Vec::new();
    X::visit(args, &mut |_, path, _| paths.push(path.to_string()));
    paths
}

/// A function compiled more often than this is probably meant to be compiled less often.
const MANY: usize = 10;

enum Failed {
    Error(Error),
    /// The function captured a tensor that depends on a parameter of a function being traced: it is part of that one.
    CapturesTraced,
}
impl<E: Into<Error>> From<E> for Failed {
    fn from(error: E) -> Failed {
        Failed::Error(error.into())
    }
}

/// Fails if a result holds a NaN, where the environment asks for that.
fn looked_at(program: &Program, inputs: &[Value], results: &[Value]) -> Result<(), Error> {
    Ok(rune_trace::check_nans(program, inputs, results).map_err(Box::new)?)
}

/// The values of the arguments; what is pending of them is computed in one program.
fn values(leaves: &Leaves<'_>) -> Result<SmallVec<[Value; 8]>, Error> {
    if leaves.iter().filter(|t| t.is_pending()).count() > 1 {
        let pending: Vec<Tensor> = leaves.iter().filter(|t| t.is_pending()).map(|t| (*t).clone()).collect();
        Tensor::realize_all(&pending)?;
    }
    Ok(leaves.iter().map(|t| t.value()).collect::<Result<_, _>>()?)
}

impl<'f, X, F> Jit<'f, X, F>
where
    X: Arguments,
    F: Function<X> + 'f,
    F::Output: Tree + Send + Sync,
{
    /// Traces the function for arguments of these types, and lowers it: `&x`, or `(&x, &y)` for several.
    ///
    /// # Errors
    /// If a captured tensor cannot be computed, or an operation has no StableHLO form.
    ///
    /// # Panics
    /// If it captures a tensor of a function that is being traced.
    #[track_caller]
    pub fn lower<'a>(&self, args: impl ArgRefs<'a, X>) -> Result<Lowered<F::Output>, Error> {
        let start = Instant::now();
        let args = args.refs();
        let (program, output) = match self.core.trace::<X>(args) {
            Ok(traced) => traced,
            Err(Failed::Error(error)) => return Err(error),
            Err(Failed::CapturesTraced) => {
                rune_trace::fail("`lower` of a function that captures a tensor being traced")
            }
        };
        let trace = start.elapsed();
        let place = default_device()?;
        let start = Instant::now();
        let lowered = compile::lower_for(&program, &place)?;
        let ((_, structure), statics) = (leaves::<X>(args), X::statics(args));
        Ok(Lowered { program, lowered, output, place, structure, statics, trace, lower: start.elapsed() })
    }
    /// Traces, lowers and compiles the function for arguments of these types.
    ///
    /// # Errors
    /// As [`Jit::lower`] and [`Lowered::compile`].
    ///
    /// # Panics
    /// As [`Jit::lower`].
    #[track_caller]
    pub fn compile<'a>(&self, args: impl ArgRefs<'a, X>) -> Result<Compiled<F::Output>, Error> {
        self.lower(args)?.compile()
    }
    /// The function that takes its first argument by value, for what is replaced by a result at each call, as parameters, caches and
    /// the states of loops: its memory may be used again for the results. JAX's `donate_argnums`.
    ///
    /// ```
    /// use rune::prelude::*;
    /// // One row of a table is replaced; the rest stays where it is.
    /// let write = jit(|table: &Tensor, row: &Tensor| table.at(1).set(row)).donate();
    /// let mut table = Tensor::zeros([1000, 4], DType::F32);
    /// for i in 0..3 {
    ///     table = write(table, &Tensor::full([4], i as f32, DType::F32));
    /// }
    /// assert_eq!(table.i((..3, 0)).to_vec::<f32>()?, [0.0, 2.0, 0.0]);
    /// # Ok::<(), rune::EvalError>(())
    /// ```
    ///
    /// Nobody can use a tensor that was moved into a call. Of one that others still hold, a copy is made where the code writes, as it
    /// is of arguments that are not given away: nothing that anyone can see changes, only how long it takes, and how much memory.
    ///
    /// What is written in place is what is updated by `at(…).set` and its kin, and not read otherwise. What each element of is computed
    /// anew, as by `w - 0.1 * dw`, comes in new memory, and so does what comes out of a loop.
    #[must_use]
    pub fn donate(self) -> Donating<'f, X, F> {
        let core = self.core.clone();
        let call = X::giving(move |first, rest| core.call_giving::<X>(first, rest));
        Donating { jit: self, call }
    }
    /// How many programs were compiled for calls of this function.
    pub fn compiled_programs(&self) -> usize {
        self.core.entries.load().len()
    }
    /// The programs compiled for calls of this function.
    pub fn programs(&self) -> Vec<Arc<Program>> {
        self.core.entries.load().iter().map(|e| e.program.clone()).collect()
    }
}

/// A function traced and lowered for arguments of some types.
pub struct Lowered<Out> {
    program: Arc<Program>,
    lowered: rune_lower::Lowered,
    output: Out,
    place: Place,
    structure: u64,
    statics: Statics,
    trace: Duration,
    lower: Duration,
}

impl<Out: Tree> Lowered<Out> {
    /// The typed program.
    pub fn program(&self) -> &Program {
        &self.program
    }
    /// The StableHLO text.
    pub fn code(&self) -> &str {
        self.lowered.code()
    }
    /// The forms that it takes on its way to machine code for the default device.
    pub fn stages(&self) -> Stages {
        Stages::new(self.program.clone(), compile::options_for(&self.place))
    }
    /// What tracing and lowering took.
    pub fn timings(&self) -> (Duration, Duration) {
        (self.trace, self.lower)
    }
    /// Compiles it for the default device.
    ///
    /// # Errors
    /// If the compiler is missing or does not take the program, or it cannot be loaded.
    pub fn compile(self) -> Result<Compiled<Out>, Error> {
        let (runnable, timings) = compile::compile(&self.program, &self.place, "compiled by hand")?;
        let stages = self.stages();
        Ok(Compiled {
            program: self.program,
            runnable,
            output: self.output,
            structure: self.structure,
            statics: self.statics,
            timings,
            stages,
        })
    }
}

/// A function compiled for arguments of certain types, and no others.
pub struct Compiled<Out> {
    program: Arc<Program>,
    runnable: Runnable,
    output: Out,
    structure: u64,
    statics: Statics,
    timings: Timings,
    stages: Stages,
}

impl Compiled<Vec<Tensor>> {
    /// Loads what [`Compiled::save`] wrote, for the default device: see [`CompiledProgram::load`].
    ///
    /// ```no_run
    /// use rune::{Compiled, prelude::*};
    /// let x = Tensor::from([3.0f32]);
    /// jit(|x: &Tensor| x * x).compile(&x)?.save("square.vmfb")?;
    /// let y = Compiled::load("square.vmfb")?.call(&[x])?;
    /// # Ok::<(), rune::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`CompiledProgram::load`].
    pub fn load(path: impl AsRef<std::path::Path>) -> Result<CompiledProgram, Error> {
        CompiledProgram::load(path)
    }
}

impl<Out: Tree> Compiled<Out> {
    /// Calls it: with `&x`, or `(&x, &y)` for several arguments.
    ///
    /// # Errors
    /// If the arguments are not of the types it was compiled for, or the device fails.
    pub fn call<'a, X: Arguments>(&self, args: impl ArgRefs<'a, X>) -> Result<Out, Error> {
        let args = args.refs();
        let (leaves, structure) = leaves::<X>(args);
        let expected = self.program.input_types();
        if structure != self.structure && leaves.iter().map(|t| t.ty()).eq(expected) {
            let changes = log::static_changes(&X::statics(args), &self.statics);
            let changes = changes.unwrap_or_else(|| "the arguments are of another structure".to_owned());
            return Err(Error::Structure { function: self.program.name().to_owned(), changes });
        }
        if structure != self.structure || leaves.len() != expected.len() {
            return Err(Error::Arguments {
                function: self.program.name().to_owned(),
                expected: list(expected),
                found: list(&leaves.iter().map(|t| t.ty().clone()).collect::<Vec<_>>()),
            });
        }
        if let Some(i) = (0..expected.len()).find(|&i| &expected[i] != leaves[i].ty()) {
            return Err(Error::Argument {
                function: self.program.name().to_owned(),
                index: i,
                expected: Box::new(expected[i].clone()),
                found: Box::new(leaves[i].ty().clone()),
            });
        }
        let values = values(&leaves)?;
        let refs: SmallVec<[&Value; 8]> = values.iter().collect();
        let results = self.runnable.run(&refs)?;
        looked_at(&self.program, &values, &results)?;
        Ok(self.output.with_leaves(results.into_iter().map(Tensor::from_value)))
    }
    /// The typed program.
    pub fn program(&self) -> &Program {
        &self.program
    }
    /// The forms that it took on its way to machine code.
    pub fn stages(&self) -> &Stages {
        &self.stages
    }
    /// The machine code, as assembly, or in the language of the device.
    ///
    /// # Errors
    /// As [`Stages::text`].
    pub fn assembly(&self) -> Result<String, Error> {
        self.stages.assembly()
    }
    /// What it takes to run: dispatches, memory and size.
    ///
    /// # Errors
    /// As [`Stages::stats`].
    pub fn stats(&self) -> Result<Stats, Error> {
        self.stages.stats()
    }
    /// Writes the compiled program to a `.vmfb`, for [`Compiled::load`] and [`CompiledProgram::load`], which takes
    /// the leaves of the arguments in order. Captured tensors go into a file beside it, of the same name with
    /// `.safetensors` added.
    ///
    /// # Errors
    /// If a file cannot be written, the program calls a function of this process, or nothing was compiled because the device is
    /// `host` or `reference`.
    pub fn save(&self, path: impl AsRef<std::path::Path>) -> Result<(), Error> {
        match &self.runnable {
            Runnable::Interpreted(_) | Runnable::Planned(_) => Err(Error::NotCompiled(self.program.name().to_owned())),
            Runnable::Loaded(executable, constants) => {
                let callback = self.program.callback();
                crate::compiled_program::save(executable.module(), callback, constants, path.as_ref())
            }
        }
    }
    /// What lowering, compiling and loading took.
    pub fn timings(&self) -> Timings {
        self.timings
    }
}
