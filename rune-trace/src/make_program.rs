//! From a function to its program.

use crate::function::{ArgRefs, Arguments, Function};
use crate::tensor::{Keep, begin_trace, fresh_params, trace};
use crate::{Tensor, Tree};
use rune_ir::{Program, Value};

/// A function, run once on parameters in the place of its arguments.
pub struct Traced<Out> {
    /// What it did. Takes the leaves of the arguments, then what was captured.
    pub program: Program,
    /// The tensors that it used and that were there before.
    pub captured: Vec<Tensor>,
    /// What it returned; only the structure counts, see [`Tree::with_leaves`].
    pub output: Out,
}

impl<Out> Traced<Out> {
    /// The program with the values captured as its constants.
    ///
    /// # Errors
    /// If a captured tensor cannot be computed; one that depends on a parameter of another function being traced cannot.
    pub fn close(self) -> Result<(Program, Out), crate::EvalError> {
        Tensor::realize_all(&self.captured)?;
        let values = self.captured.iter().map(Tensor::value).collect::<Result<Vec<Value>, _>>()?;
        Ok((self.program.with_constants(values), self.output))
    }
}

/// Runs `f` on parameters of the types of `args`, which are unknown to it, for the transformation of this name.
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

/// As [`trace_function`], for the leaves of `args`, at which `f` may look if they are `known`.
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
    let since = begin_trace();
    let params = fresh_params(leaves, known, transform);
    let mut next = params.iter().cloned();
    let inner = X::map(args, &mut |_| next.next().expect("one parameter for each leaf"));
    let output = f.call(&inner);
    let traced = trace(name, &params, &output.leaves(), Keep::Since(since.end()));
    // Stand-ins for the leaves, so that what was returned does not keep the graph alive.
    let output = output.map(&mut |leaf| Tensor::param(leaf.ty().clone(), None, transform));
    Traced { program: traced.program, captured: traced.captured, output }
}

/// The program of a function for arguments of these types; tensors that the function captured are its constants.
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
pub fn make_program<'a, X, F>(f: F, args: impl ArgRefs<'a, X>) -> Result<Program, crate::EvalError>
where
    X: Arguments,
    F: Function<X>,
    F::Output: Tree,
{
    let name = name_of::<F>();
    trace_function::<X, F>(&f, args.refs(), &name, "make_program").close().map(|(program, _)| program)
}

/// The name of a function, from that of its type: the last part of the path, for a closure of what it is in.
pub fn name_of<F>() -> String {
    let full = std::any::type_name::<F>();
    let is_name = |part: &&str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    // The type of a pointer to a function names its arguments and result.
    if full.contains(['<', '(']) {
        return "f".to_owned();
    }
    full.rsplit("::").find(is_name).unwrap_or("f").to_owned()
}

/// The structure and types of what a function returns for arguments of these types, without computing anything: the leaves of the
/// result have types, but no values.
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
