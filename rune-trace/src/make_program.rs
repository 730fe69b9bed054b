//! Traces a function into a program.

use crate::function::{ArgRefs, Arguments, Function};
use crate::tensor::{Keep, begin_trace, fresh_params, trace};
use crate::{Tensor, Tree};
use rune_ir::{Program, Value};

/// The result of running a function once on parameters instead of its arguments.
pub struct Traced<Out> {
    /// The program of the function. It takes the leaves of the arguments, then the captured tensors.
    pub program: Program,
    /// The captured tensors: those that the function used, but that existed before it ran.
    pub captured: Vec<Tensor>,
    /// The result of the function, of which only the structure matters: see [`Tree::with_leaves`].
    pub output: Out,
}

impl<Out> Traced<Out> {
    /// Returns the program with the captured values as its constants.
    ///
    /// # Errors
    /// If a captured tensor cannot be computed, for example because it depends on a parameter of another traced
    /// function.
    pub fn close(self) -> Result<(Program, Out), crate::EvalError> {
        Tensor::realize_all(&self.captured)?;
        let values = self.captured.iter().map(Tensor::value).collect::<Result<Vec<Value>, _>>()?;
        Ok((self.program.with_constants(values), self.output))
    }
}

/// Runs `f` on parameters with the types of `args`. `f` cannot read their values. Messages name the transformation
/// `transform`.
pub fn trace_function<X, F>(f: &F, args: X::Refs<'_>, name: &str, transform: &'static str) -> Traced<F::Output>
where
    X: Arguments,
    F: Function<X>,
    F::Output: Tree,
{
    let mut leaves = Vec::new();
    X::visit(args, &mut |_, _, leaf| leaves.push(leaf.clone()));
    trace_on::<X, F>(f, args, &leaves, false, name, transform)
}

/// Like [`trace_function`], on the leaves of `args`. `f` may read them if they are `known`.
pub(crate) fn trace_on<X, F>(
    f: &F,
    args: X::Refs<'_>,
    leaves: &[Tensor],
    known: bool,
    name: &str,
    transform: &'static str,
) -> Traced<F::Output>
where
    X: Arguments,
    F: Function<X, Output: Tree>,
{
    let active_trace = begin_trace();
    let params = fresh_params(leaves, known, transform);
    let mut next = params.iter().cloned();
    let inner = X::map(args, &mut |_| next.next().expect("one parameter for each leaf"));
    let output = f.call(&inner);
    let traced = trace(name, &params, &output.leaves(), Keep::Recorded(active_trace.end()));
    // Uses new leaves, so that the result does not keep the graph alive.
    let output = output.map(&mut |leaf| Tensor::param(leaf.ty().clone(), None, transform));
    Traced { program: traced.program, captured: traced.captured, output }
}

/// Returns the program of a function for arguments of these types. Tensors that the function captures become constants.
///
/// ```
/// use rune_trace::{DType, Tensor, make_program};
/// fn f(x: &Tensor) -> Tensor { x * x }
/// let program = make_program(f, &Tensor::scalar(1.0f32)).unwrap();
/// assert_eq!(program.instructions().len(), 1);
/// ```
///
/// # Errors
/// If a captured tensor cannot be computed.
#[doc(alias = "make_jaxpr")]
pub fn make_program<'a, X, F>(f: F, args: impl ArgRefs<'a, X>) -> Result<Program, crate::EvalError>
where
    X: Arguments,
    F: Function<X>,
    F::Output: Tree,
{
    let name = name_of::<F>();
    trace_function::<X, F>(&f, args.refs(), &name, "make_program").close().map(|(program, _)| program)
}

/// Returns the name of a function, from the name of its type: the last part of the path. For a closure, it is the name
/// of the enclosing function.
pub fn name_of<F>() -> String {
    let full = std::any::type_name::<F>();
    let is_name = |part: &&str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    // The type of a function pointer names its arguments and result.
    if full.contains(['<', '(']) {
        return "f".to_owned();
    }
    full.rsplit("::").find(is_name).unwrap_or("f").to_owned()
}

/// Returns the structure and types of the result of a function for arguments of these types, without computing
/// anything. The leaves of the result have types, but no values.
///
/// ```
/// use rune_trace::{DType, Tensor, eval_shape};
/// let x = Tensor::zeros([1000, 1000], DType::F32);
/// let (y, sum) = eval_shape(|x: &Tensor| (x.matmul(x), x.sum()), &x);
/// assert_eq!(y.ty().to_string(), "[1000, 1000, f32]");
/// assert_eq!(sum.ty().to_string(), "[f32]");
/// ```
pub fn eval_shape<'a, X, F>(f: F, args: impl ArgRefs<'a, X>) -> F::Output
where
    X: Arguments,
    F: Function<X, Output: Tree>,
{
    trace_function::<X, F>(&f, args.refs(), "f", "eval_shape").output
}
