//! `jit`: traces and compiles a function once for each device, and for each combination of types and structure of its
//! arguments.

#[cfg(feature = "iree")]
mod code;
mod compiled;
mod dispatch;
mod donating;
mod entries;
mod lowered;
mod recursion;

pub use compiled::Compiled;
pub use donating::Donating;
pub use lowered::Lowered;

use crate::compile;
use crate::device::Device;
use crate::{Engine, Error, Tier, eager};
use dispatch::{Core, NoEntry, leaves};
use rune_host::Profile;
use rune_ir::Stopwatch;
use rune_ir::{Array, Program};
use rune_trace::{ArgRefs, Arguments, Caller, Function, Tree};
use std::ops::Deref;
use std::sync::Arc;

/// Compiles `f` at its calls: once for each device, and for each combination of types and structure of the arguments.
/// The result is called like `f`.
///
/// ```
/// use rune::prelude::*;
/// let f = jit(|x: &Tensor| x * x + 1.0);
/// let x = Tensor::scalar(3.0f32);
/// assert_eq!(f(&x).item::<f32>()?, 10.0);
/// # Ok::<(), rune::EvalError>(())
/// ```
///
/// Tensors that `f` captures are constants of the compiled function. Inside `f`, only the types of the arguments are
/// known.
///
/// A call runs on the device that [`Jit::on`] chose, else on the device whose memory an argument is in, else on the
/// [default device](crate::default_device). Its results stay there. The function keeps the programs of the last 256
/// combinations of device, types and structure. It compiles again for an older combination.
///
/// # Panics
/// The returned function panics if the program cannot be compiled or run; [`Jit::lower`] and [`Lowered::compile`]
/// return errors. It panics at a line of `f` if `f` calls the returned function in an endless recursion.
#[doc(alias = "compile")]
#[track_caller]
pub fn jit<'f, X, F>(f: F) -> Jit<'f, X, F>
where
    X: Arguments,
    F: Function<X> + 'f,
    F::Output: Tree + Send + Sync,
{
    eager::register();
    let core = Arc::new(Core::new::<X>(f, Caller::here()));
    let inner = core.clone();
    let call = F::returning(move |args| inner.call::<X>(args));
    Jit { core, call }
}

/// A function that is compiled when it is called. See [`jit`].
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

/// A compiled function is a function, so it can be transformed again.
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

impl<'f, X, F> Jit<'f, X, F>
where
    X: Arguments,
    F: Function<X> + 'f,
    F::Output: Tree + Send + Sync,
{
    /// Traces the function for arguments of these types, and lowers it for the device that a call would run on. The
    /// arguments are `&x`, or `(&x, &y)` for several. Without the feature `iree`, it only traces the function.
    ///
    /// # Errors
    /// Returns an error if a captured tensor cannot be computed, or if an operation has no StableHLO form.
    ///
    /// # Panics
    /// Panics if the function captures a tensor of a function that is being traced.
    #[track_caller]
    pub fn lower<'a>(&self, args: impl ArgRefs<'a, X>) -> Result<Lowered<F::Output>, Error> {
        let start = Stopwatch::start();
        let args = args.refs();
        let (program, output) = match self.core.trace::<X>(args) {
            Ok(traced) => traced,
            Err(NoEntry::Error(error)) => return Err(error),
            Err(NoEntry::CapturesTraced) => {
                rune_trace::fail("`lower` of a function that captures a tensor being traced")
            }
        };
        let trace = start.elapsed();
        let ((leaves, structure), statics) = (leaves::<X>(args), X::statics(args));
        let device = self.core.device_for(&leaves)?;
        let start = Stopwatch::start();
        let lowered = compile::lower(&program, &device)?;
        Ok(Lowered { program, lowered, output, device, structure, statics, trace, lower: start.elapsed() })
    }
    /// Traces, lowers and compiles the function for arguments of these types. Needs the feature `iree`.
    ///
    /// # Errors
    /// Returns an error where [`Jit::lower`] and [`Lowered::compile`] do.
    ///
    /// # Panics
    /// Panics where [`Jit::lower`] does.
    #[track_caller]
    pub fn compile<'a>(&self, args: impl ArgRefs<'a, X>) -> Result<Compiled<F::Output>, Error> {
        self.lower(args)?.compile()
    }
    /// Returns the engine of a call with these arguments, or `None` if the function has not been called with arguments
    /// of these types.
    ///
    /// ```
    /// use rune::{Engine, Tier, prelude::*};
    /// let f = jit(|x: &Tensor| x + 1.0).tier(Tier::Host);
    /// let x = Tensor::scalar(1.0f32);
    /// assert_eq!(f.engine(&x)?, None);
    /// assert_eq!(f(&x).item::<f32>()?, 2.0);
    /// assert_eq!(f.engine(&x)?, Some(Engine::Host));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Returns an error if there is no default device.
    pub fn engine<'a>(&self, args: impl ArgRefs<'a, X>) -> Result<Option<Engine>, Error> {
        let (leaves, structure) = leaves::<X>(args.refs());
        let device = self.core.device_for(&leaves)?;
        Ok(self.core.entries.find(&device, &leaves, structure).map(|entry| entry.runnable.engine()))
    }
    /// Measures the steps of the function on the host engine for these arguments. The profile prints as tables by
    /// operation and by line.
    ///
    /// ```
    /// use rune::prelude::*;
    /// let f = jit(|x: &Tensor| x.matmul(x).tanh());
    /// let profile = f.profile(&Tensor::ones([64, 64], DType::F32))?;
    /// println!("{profile}");
    /// # assert!(profile.to_string().contains("dot_general"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Returns an error if an argument or a captured tensor cannot be computed, or if the program fails.
    ///
    /// # Panics
    /// Panics if the function captures a tensor of a function that is being traced.
    #[track_caller]
    pub fn profile<'a>(&self, args: impl ArgRefs<'a, X>) -> Result<Profile, Error> {
        let args = args.refs();
        let program = match self.core.trace::<X>(args) {
            Ok((program, _)) => program,
            Err(NoEntry::Error(error)) => return Err(error),
            Err(NoEntry::CapturesTraced) => {
                rune_trace::fail("`profile` of a function that captures a tensor being traced")
            }
        };
        let inputs = dispatch::values(&leaves::<X>(args).0)?;
        let inputs: Vec<Array> =
            inputs.iter().map(|value| value.to_host().map_err(Error::Transfer)).collect::<Result<_, _>>()?;
        Ok(Profile::measure(&program, &inputs)?)
    }
    /// Returns whether the engine for calls with these arguments is final. In the tier [`Tier::Auto`], the choice takes
    /// some calls. Before the first call, this is false.
    ///
    /// ```
    /// use rune::{Tier, prelude::*};
    /// let f = jit(|x: &Tensor| x + 1.0).tier(Tier::Host);
    /// let x = Tensor::scalar(1.0f32);
    /// assert!(!f.is_settled(&x)?);
    /// f(&x);
    /// assert!(f.is_settled(&x)?);
    /// # Ok::<(), rune::Error>(())
    /// ```
    ///
    /// # Errors
    /// Returns an error if there is no default device.
    pub fn is_settled<'a>(&self, args: impl ArgRefs<'a, X>) -> Result<bool, Error> {
        let (leaves, structure) = leaves::<X>(args.refs());
        let entry = self.core.entries.find(&self.core.device_for(&leaves)?, &leaves, structure);
        Ok(entry.is_some_and(|entry| entry.runnable.is_settled()))
    }
    /// Chooses the engine of the function on CPUs, instead of `RUNE_TIER`.
    #[must_use]
    pub fn tier(self, tier: Tier) -> Jit<'f, X, F> {
        self.core.set_tier(tier);
        self
    }
    /// Chooses the device of the function. A call with an argument in the memory of another GPU is an error that names
    /// both devices.
    ///
    /// ```
    /// use rune::{Device, prelude::*};
    /// let f = jit(|x: &Tensor| x * 2.0).on(&Device::reference());
    /// assert_eq!(f(&Tensor::scalar(1.5f32)).item::<f32>()?, 3.0);
    /// # Ok::<(), rune::EvalError>(())
    /// ```
    #[must_use]
    pub fn on(self, device: &Device) -> Jit<'f, X, F> {
        self.core.set_device(device);
        self
    }
    /// Returns a function that takes its first argument by value and may reuse its memory for the results, like JAX's
    /// `donate_argnums`. Use it for values that each call replaces, such as parameters, caches and loop states.
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
    /// A call never changes a tensor that something else still holds. It copies such a tensor before it writes, as it
    /// copies arguments that are not donated. Donation affects only the time and memory of the call.
    ///
    /// The compiled code performs updates such as `at(…).set` in place, if nothing else reads the old values. A result
    /// whose elements are all computed, such as `w - 0.1 * dw`, and a result of a loop get new memory.
    #[must_use]
    pub fn donate(self) -> Donating<'f, X, F> {
        let core = self.core.clone();
        let call = X::giving(move |first, rest| core.call_donating::<X>(first, rest));
        Donating { jit: self, call }
    }
    /// Returns the number of compiled programs of this function, over all devices.
    pub fn compiled_programs(&self) -> usize {
        self.core.entries.load().len()
    }
    /// Returns the compiled programs of this function.
    pub fn programs(&self) -> Vec<Arc<Program>> {
        self.core.entries.load().iter().map(|e| e.program.clone()).collect()
    }
}
