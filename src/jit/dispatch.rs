//! Calls of a jitted function: each finds the program for the arguments, or prepares it.

use super::entries::{Entries, Entry};
use super::recursion::{self, Tracing};
use crate::device::{Device, device_of};
use crate::log::{self, Statics};
use crate::prepare;
use crate::{Error, Tier};
use arc_swap::ArcSwapOption;
use rune_ir::Arg;
use rune_ir::{Program, Type, Value};
use rune_trace::{
    Arguments, Caller, Function, Tensor, Traced, Tree, has_batch_axes, in_closure, lax, name_of, named_axes, profile,
    trace_function,
};
use smallvec::SmallVec;
use std::convert::Infallible;
use std::hash::Hash;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// The number of compilations of one function after which a warning is logged.
const RECOMPILE_WARNING: u64 = 10;
/// Marks a function without its own tier.
const NO_TIER: u8 = u8::MAX;

/// The state that a jitted function and its clones share.
pub(super) struct Core<F, Out> {
    name: String,
    f: F,
    /// The call site of `jit`.
    caller: Caller,
    pub entries: Entries<Out>,
    /// Held by the thread that compiles, so that no other thread compiles the same program. No user function runs while
    /// it is held.
    compiling: Mutex<()>,
    /// Whether a changing static field has been reported.
    warned: AtomicBool,
    /// The function's own tier, or [`NO_TIER`].
    tier: AtomicU8,
    /// The device that `Jit::on` chose.
    device: ArcSwapOption<Device>,
}

/// The reason why there is no entry for a call.
pub(super) enum NoEntry {
    Error(Error),
    /// The function captures a tensor that depends on a parameter of a function being traced. It must be traced as a
    /// part of that function.
    CapturesTraced,
}
impl<E: Into<Error>> From<E> for NoEntry {
    fn from(error: E) -> NoEntry {
        NoEntry::Error(error.into())
    }
}

pub(super) type Leaves<'a> = SmallVec<[&'a Tensor; 8]>;

/// Returns the tensors in the arguments, and a hash of everything else: their structure, and the enclosing axes of
/// ranks.
pub(super) fn leaves<'a, X: Arguments>(args: X::Refs<'a>) -> (Leaves<'a>, u64) {
    let mut leaves = Leaves::new();
    X::visit(args, &mut |_, _, leaf| leaves.push(leaf));
    let structure = rune_trace::hashed(|mut hasher| {
        X::structure(args, hasher);
        // The program exchanges arrays along these axes.
        let axes = named_axes();
        if !axes.is_empty() {
            axes.hash(&mut hasher);
        }
    });
    (leaves, structure)
}

impl<F, Out: Tree> Core<F, Out> {
    pub fn new<X>(f: F, caller: Caller) -> Core<F, Out>
    where
        X: Arguments,
        F: Function<X, Output = Out>,
    {
        let (entries, compiling, warned) = (Entries::new(), Mutex::default(), AtomicBool::new(false));
        let (tier, device) = (AtomicU8::new(NO_TIER), ArcSwapOption::const_empty());
        Core { name: name_of::<F>(), f, caller, entries, compiling, warned, tier, device }
    }

    pub fn call<X>(&self, args: X::Refs<'_>) -> Out
    where
        X: Arguments,
        F: Function<X, Output = Out>,
    {
        let (leaves, structure) = leaves::<X>(args);
        // The function may behave differently inside batch axes.
        if leaves.iter().any(|t| t.is_traced()) || has_batch_axes() {
            return self.call_traced::<X>(args, &leaves);
        }
        match self.call_known::<X>(args, &leaves, structure) {
            Ok(output) => output,
            Err(NoEntry::Error(error)) => self.fail::<X>(args, &error.to_string()),
            Err(NoEntry::CapturesTraced) => self.call_traced::<X>(args, &leaves),
        }
    }

    /// Calls the program inside a function that is being traced.
    fn call_traced<X>(&self, args: X::Refs<'_>, leaves: &Leaves<'_>) -> Out
    where
        X: Arguments,
        F: Function<X, Output = Out>,
    {
        let traced = self.run::<X>(args);
        let inputs: Vec<Tensor> = leaves.iter().map(|t| (*t).clone()).chain(traced.captured).collect();
        let program = Arc::new(traced.program.simplify());
        let results = self.caller.run(|| lax::call(&program, &inputs));
        traced.output.with_leaves(results)
    }

    /// Panics inside the function, because a closure does not know its caller's line.
    fn fail<X>(&self, args: X::Refs<'_>, message: &str) -> !
    where
        X: Arguments,
        F: Function<X, Output = Out>,
    {
        let fails = || -> Infallible { rune_trace::fail(message) };
        match in_closure::<X, F, Infallible>(self.caller, "jit", &self.f, args, fails) {}
    }

    fn call_known<X>(&self, args: X::Refs<'_>, leaves: &Leaves<'_>, structure: u64) -> Result<Out, NoEntry>
    where
        X: Arguments,
        F: Function<X, Output = Out>,
    {
        let _span = profile::span("call", || self.name.clone());
        let values = values(leaves)?;
        let entry = self.entry::<X>(args, leaves, structure, &values)?;
        let refs: SmallVec<[&Value; 8]> = values.iter().collect();
        let results = entry.runnable.run(&refs)?;
        check_for_nans(&entry.program, &values, &results)?;
        Ok(entry.output.with_leaves(results.into_iter().map(Tensor::from_value)))
    }

    /// Like [`Core::call`], but the caller donates the first argument.
    pub fn call_donating<X>(&self, first: X::First, rest: X::Rest<'_>) -> Out
    where
        X: Arguments,
        F: Function<X, Output = Out>,
    {
        let args = X::with_first(&first, rest);
        let (leaves, structure) = leaves::<X>(args);
        if leaves.iter().any(|t| t.is_traced()) || has_batch_axes() || rune_trace::checks_nans() {
            // Inside a trace, other owners of an argument are unknown. Checking for NaN reads the arguments after the
            // call.
            return self.call::<X>(args);
        }
        let prepared = values(&leaves)
            .map_err(NoEntry::from)
            .and_then(|values| Ok((self.entry::<X>(args, &leaves, structure, &values)?, values)));
        let (entry, mut values) = match prepared {
            Ok(prepared) => prepared,
            Err(NoEntry::Error(error)) => self.fail::<X>(args, &error.to_string()),
            Err(NoEntry::CapturesTraced) => return self.call_traced::<X>(args, &leaves),
        };
        // All handles and values of the first argument are dropped, so that the call holds the only reference if the
        // caller has none.
        let donated = first.leaves();
        let borrowed: SmallVec<[Value; 8]> = values.drain(donated.len()..).collect();
        drop(values);
        drop(leaves);
        drop(first);
        let donated = donated.into_iter().map(|leaf| Ok(Arg::Donate(leaf.into_value()?)));
        let run = || -> Result<Vec<Value>, Error> {
            let borrowed = borrowed.iter().map(|value| Ok(Arg::Borrow(value)));
            entry.runnable.run_with(donated.chain(borrowed).collect::<Result<_, Error>>()?)
        };
        match run() {
            Ok(results) => entry.output.with_leaves(results.into_iter().map(Tensor::from_value)),
            Err(error) => panic!("{error}"),
        }
    }

    /// Returns the entry for these arguments on the device that runs the call.
    fn entry<X>(
        &self,
        args: X::Refs<'_>,
        leaves: &Leaves<'_>,
        structure: u64,
        values: &[Value],
    ) -> Result<Arc<Entry<Out>>, NoEntry>
    where
        X: Arguments,
        F: Function<X, Output = Out>,
    {
        let device = device_of(self.device(), &self.name, values.iter()).map_err(NoEntry::Error)?;
        match self.entries.find(&device, leaves, structure) {
            Some(entry) => Ok(entry),
            None => self.compile::<X>(args, leaves, structure, &device),
        }
    }

    #[cold]
    fn compile<X>(
        &self,
        args: X::Refs<'_>,
        leaves: &Leaves<'_>,
        structure: u64,
        device: &Device,
    ) -> Result<Arc<Entry<Out>>, NoEntry>
    where
        X: Arguments,
        F: Function<X, Output = Out>,
    {
        // The lock is not held here: the function may call itself, or functions that wait for this one.
        let (program, output) = self.trace::<X>(args)?;
        let types: Vec<Type> = leaves.iter().map(|t| t.ty().clone()).collect();
        let statics = X::statics(args);
        self.warn_of_statics(&types, &statics);
        let compiling = self.compiling.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(entry) = self.entries.find(device, leaves, structure) {
            return Ok(entry);
        }
        let why = self.reason::<X>(args, device, &types, &statics);
        let (runnable, _) = prepare::prepare(&program, device, self.tier()?, &why).map_err(NoEntry::Error)?;
        let (device, used) = (device.clone(), AtomicU64::default());
        let entry = Arc::new(Entry { device, types, structure, statics, program, runnable, output, used });
        let (entries, made) = self.entries.insert(entry.clone());
        drop(compiling);
        if made == RECOMPILE_WARNING + 1 {
            let all: Vec<(&[Type], &Statics)> = entries.iter().map(|e| (&e.types[..], &e.statics)).collect();
            tracing::warn!("{}", log::recompile_warning(&self.name, &paths::<X>(args), &all));
        }
        Ok(entry)
    }

    /// Warns once, before the compilation, if a changed static field causes it.
    fn warn_of_statics(&self, types: &[Type], statics: &Statics) {
        if self.warned.load(Ordering::Relaxed) {
            return;
        }
        let entries = self.entries.load();
        let last = entries.iter().rev().find(|e| e.types == types);
        if let Some(warning) = last.and_then(|last| log::static_recompile_warning(&self.name, statics, &last.statics))
            && !self.warned.swap(true, Ordering::Relaxed)
        {
            tracing::warn!("{warning}");
        }
    }

    /// Returns the function's own device, if it has one.
    pub fn device(&self) -> Option<Device> {
        self.device.load().as_deref().cloned()
    }
    /// Returns the device of a call with these arguments. It depends only on computed arguments.
    pub fn device_for(&self, leaves: &Leaves<'_>) -> Result<Device, Error> {
        let known = leaves.iter().filter(|leaf| !leaf.is_traced() && !leaf.is_pending());
        let values = known.map(|leaf| leaf.value()).collect::<Result<Vec<Value>, _>>()?;
        Ok(device_of(self.device(), &self.name, values.iter())?.clone())
    }
    pub fn set_device(&self, device: &Device) {
        self.device.store(Some(Arc::new(device.clone())));
    }
    /// Returns the function's own tier, else the tier of the environment.
    pub fn tier(&self) -> Result<Tier, Error> {
        let own = Tier::ALL.get(usize::from(self.tier.load(Ordering::Relaxed)));
        own.map_or_else(Tier::from_environment, |tier| tier.available("of `Jit::tier`"))
    }
    pub fn set_tier(&self, tier: Tier) {
        self.tier.store(tier as u8, Ordering::Relaxed);
        self.entries.clear();
    }

    pub fn trace<X>(&self, args: X::Refs<'_>) -> Result<(Arc<Program>, Out), NoEntry>
    where
        X: Arguments,
        F: Function<X, Output = Out>,
    {
        let _span = profile::span("trace", || self.name.clone());
        let traced = self.run::<X>(args);
        if traced.captured.iter().any(Tensor::is_traced) {
            return Err(NoEntry::CapturesTraced);
        }
        let (program, output) = traced.close().map_err(Error::from)?;
        // Simplification comes first, so that unused values are not exchanged.
        let program = program.simplify();
        let program = if program.has_ranks() { program.with_exchanges().simplify() } else { program };
        Ok((Arc::new(program), output))
    }

    /// Runs the function on parameters, unless its recursion is too deep to end.
    fn run<X>(&self, args: X::Refs<'_>) -> Traced<Out>
    where
        X: Arguments,
        F: Function<X, Output = Out>,
    {
        let _tracing = match Tracing::begin(std::ptr::from_ref(self).addr()) {
            Ok(tracing) => tracing,
            Err(deep) => {
                let message = deep.message(&self.name, &self.caller.to_string());
                match recursion::with_error_report(|| self.fail::<X>(args, &message)) {
                    Some(never) => never,
                    // The function calls itself before any other operation.
                    None => rune_trace::fail(&message),
                }
            }
        };
        trace_function::<X, F>(&self.f, args, &self.name, "jit")
    }

    /// Returns the reason for compiling the function for arguments of these types: what changed since the last
    /// compilation.
    fn reason<X: Arguments>(&self, args: X::Refs<'_>, device: &Device, types: &[Type], statics: &Statics) -> String {
        let entries = self.entries.load();
        let Some(last) = entries.last() else { return "first call".to_owned() };
        let other_device = || format!("on {}, was on {}", device.name(), last.device.name());
        let changes = log::type_changes(&paths::<X>(args), types, &last.types)
            .or_else(|| log::static_changes(statics, &last.statics))
            .or_else(|| (last.device != *device).then(other_device));
        format!("{}: {}", self.name, changes.unwrap_or_else(|| "the arguments are of another structure".to_owned()))
    }
}

/// Returns an error if a result holds a NaN and the environment asks for the check.
pub(super) fn check_for_nans(program: &Program, inputs: &[Value], results: &[Value]) -> Result<(), Error> {
    Ok(rune_trace::check_nans(program, inputs, results).map_err(Box::new)?)
}

/// Returns the values of the arguments. Pending ones are computed in one program.
pub(super) fn values(leaves: &Leaves<'_>) -> Result<SmallVec<[Value; 8]>, Error> {
    if leaves.iter().filter(|t| t.is_pending()).count() > 1 {
        let pending: Vec<Tensor> = leaves.iter().filter(|t| t.is_pending()).map(|t| (*t).clone()).collect();
        Tensor::realize_all(&pending)?;
    }
    Ok(leaves.iter().map(|t| t.value()).collect::<Result<_, _>>()?)
}

/// Returns the paths of the leaves of the arguments.
fn paths<X: Arguments>(args: X::Refs<'_>) -> Vec<String> {
    let mut paths = Vec::new();
    X::visit(args, &mut |_, path, _| paths.push(path.to_string()));
    paths
}
