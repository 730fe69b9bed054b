//! The first step of all derivatives: running a function once at its arguments.

use crate::call_site::CallSite;
use crate::function::{Argnums, Arguments};
use crate::tensor::{Keep, begin_trace, fresh_params, lax, trace};
use crate::transform::{self, Linear};
use crate::tree::{hashed, structure_hash};
use crate::{Tensor, Tree, TreePath};
use rune_ir::{Program, Transform};

/// A function that ran: its program, the place of the call, and its result.
pub(super) struct TracedFunction<Y, Aux> {
    program: Program,
    primals: Vec<Tensor>,
    /// The differentiated inputs: the first ones.
    by: Vec<bool>,
    output: Y,
    aux: Aux,
}

/// Returns, for each leaf of the arguments, whether it is a float or complex.
pub(crate) fn float_leaves<X: Arguments>(args: X::Refs<'_>) -> Vec<bool> {
    let mut floats = Vec::new();
    X::visit(args, &mut |_, _, leaf| floats.push(leaf.dtype().is_inexact()));
    floats
}

/// The dtypes that a derivative takes and returns, like in JAX.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum DerivativeKind {
    /// Real results, real or complex arguments.
    RealResults,
    /// Real or complex results, real arguments.
    RealArguments,
    /// Complex results that depend holomorphically on complex arguments.
    Holomorphic,
}

impl DerivativeKind {
    fn check_argument(self, path: &TreePath, leaf: &Tensor, place: CallSite) {
        let dtype = leaf.dtype();
        let ty = leaf.ty();
        if !dtype.is_inexact() {
            place.fail(&format!(
                "`{path}` has type {ty}, but only floats and complex numbers have derivatives; pass it as another argument, and \
                 differentiate with respect to the others, or convert it with `.cast(DType::F32)`"
            ));
        }
        match self {
            DerivativeKind::Holomorphic if !dtype.is_complex() => place.fail(&format!(
                "`{path}` has type {ty}, but the arguments of a holomorphic function are complex; convert it, as with `.cast(DType::C64)`"
            )),
            DerivativeKind::RealArguments if dtype.is_complex() => place.fail(&format!(
                "`{path}` has type {ty}, but forward mode differentiates with respect to real arguments; use `jacfwd_holomorphic` for a \
                 holomorphic function, and `jvp` for any other"
            )),
            DerivativeKind::RealResults | DerivativeKind::RealArguments | DerivativeKind::Holomorphic => {}
        }
    }
    /// Panics unless a result of this dtype has such a derivative.
    pub fn check_result(self, path: &TreePath, y: &Tensor, place: CallSite) {
        let (dtype, ty) = (y.dtype(), y.ty());
        match self {
            DerivativeKind::Holomorphic if !dtype.is_complex() => place.fail_for(y, &format!(
                "`{path}` has type {ty}, but the results of a holomorphic function are complex; convert it, as with `.cast(DType::C64)`"
            )),
            DerivativeKind::RealResults if dtype.is_complex() => place.fail_for(y, &format!(
                "`{path}` has type {ty}, but reverse mode differentiates real results; use `grad_holomorphic` or \
                 `jacrev_holomorphic` for a holomorphic function, and `vjp` for any other"
            )),
            DerivativeKind::RealResults | DerivativeKind::RealArguments | DerivativeKind::Holomorphic if dtype.is_inexact() => {}
            DerivativeKind::RealResults | DerivativeKind::RealArguments | DerivativeKind::Holomorphic => place.fail_for(y, &format!(
                "`{path}` has type {ty}, but only floats and complex numbers have derivatives; return it as an auxiliary result, as with \
                 `jacrev_aux`"
            )),
        }
    }
}

/// The leaves of the arguments with respect to which a function is differentiated.
pub(super) struct DifferentiatedLeaves {
    /// For each leaf of the arguments, whether it is one of them.
    pub by: Vec<bool>,
    /// The position of each requested argument among them: `argnums` may have any order.
    order: Vec<usize>,
}

impl DifferentiatedLeaves {
    /// Returns the leaves of the arguments `argnums`, which must all have a dtype that `by` can differentiate.
    pub fn new<X: Arguments, S: Argnums<X>>(
        args: X::Refs<'_>,
        argnums: S,
        by: DerivativeKind,
        place: CallSite,
    ) -> DifferentiatedLeaves {
        let positions = argnums.positions();
        let with = by;
        let (mut by, mut chosen) = (Vec::new(), Vec::new());
        X::visit(args, &mut |position, path, leaf| {
            let differentiated = positions.contains(&position);
            if differentiated {
                with.check_argument(path, leaf, place);
            }
            by.push(differentiated);
            if differentiated {
                chosen.push(position);
            }
        });
        let order = positions
            .iter()
            .flat_map(|wanted| (0..chosen.len()).filter(|&i| chosen[i] == *wanted).collect::<Vec<_>>())
            .collect();
        DifferentiatedLeaves { by, order }
    }
    /// Calls `f` with each leaf and its index among the selected ones. Returns the results in the form of `argnums`.
    pub fn map<X: Arguments, S: Argnums<X>>(
        &self,
        args: X::Refs<'_>,
        argnums: S,
        f: &mut dyn FnMut(usize, &Tensor) -> Tensor,
    ) -> S::Grads {
        let mut order = self.order.iter();
        argnums.map(args, &mut |leaf| f(*order.next().expect("one position for each leaf asked for"), leaf))
    }
}

/// Returns the value and the auxiliary result of a function with a scalar result, and its gradients for the leaves of
/// the arguments that `by` marks.
pub(crate) fn gradients<X: Arguments, Aux: Tree>(
    args: X::Refs<'_>,
    by: &[bool],
    numbers: DerivativeKind,
    place: CallSite,
    f: impl FnOnce(&X) -> (Tensor, Aux),
) -> (Tensor, Aux, Vec<Tensor>) {
    let run = TracedFunction::new::<X>(args, by, true, place, f);
    let y = &run.output;
    if y.rank() != 0 || !y.dtype().is_inexact() {
        place.fail_for(y, &format!(
            "the function returned a tensor of type {}, but only a float scalar has a gradient; reduce it, for example with `.sum()` or `.mean()`",
            y.ty()
        ));
    }
    numbers.check_result(&TreePath::root("output"), y, place);
    let one = place.run(Transform::Transpose, || lax::full_like(y, 1.0));
    let (value, aux, linear) = run.with_known_trip_counts().linearize();
    let cotangents = std::iter::once(Some(one)).chain(aux.leaves().iter().map(|_| None)).collect();
    (value, aux, place.run(Transform::Transpose, || linear.transpose(cotangents)))
}

impl<Y: Tree, Aux: Tree> TracedFunction<Y, Aux> {
    /// Runs `f` with parameters in place of the leaves of the arguments that `by` marks. `f` may read the parameters if
    /// `known`.
    pub fn new<X: Arguments>(
        args: X::Refs<'_>,
        by: &[bool],
        known: bool,
        place: CallSite,
        f: impl FnOnce(&X) -> (Y, Aux),
    ) -> TracedFunction<Y, Aux> {
        let mut moved = Vec::new();
        let mut marks = by.iter();
        X::visit(args, &mut |_, _, leaf| {
            if *marks.next().expect("one mark for each leaf") {
                moved.push(leaf.clone());
            }
        });
        let active_trace = begin_trace();
        let params = fresh_params(&moved, known, place.transform());
        let (mut params_left, mut marks) = (params.iter(), by.iter());
        let inner = X::map(args, &mut |leaf| match marks.next() {
            Some(true) => params_left.next().expect("one parameter for each leaf marked").clone(),
            _ => leaf.clone(),
        });
        let (output, aux) = f(&inner);
        let outputs: Vec<Tensor> = output.leaves().into_iter().chain(aux.leaves()).collect();
        let traced = trace("f", &params, &outputs, Keep::Recorded(active_trace.end()));
        let mut by = vec![true; moved.len()];
        by.resize(moved.len() + traced.captured.len(), false);
        let primals = moved.into_iter().chain(traced.captured).collect();
        TracedFunction { program: traced.program, primals, by, output, aux }
    }
    /// Returns the differentiated leaves.
    pub fn differentiated_primals(&self) -> &[Tensor] {
        &self.primals[..self.by.iter().filter(|b| **b).count()]
    }
    /// Returns the function as it ran at the arguments, for reverse mode. If the arguments are known, a loop of unknown
    /// length becomes a scan of the length that the loop has at these arguments.
    pub fn with_known_trip_counts(mut self) -> Self {
        let of_output = self.output.leaves().len();
        let wanted: Vec<bool> = (0..self.program.outputs().len()).map(|i| i < of_output).collect();
        if let Some(program) = transform::with_known_trip_counts(&self.program, &self.primals, &self.by, &wanted) {
            self.program = program;
        }
        self
    }
    /// Returns the result, the auxiliary result, and the derivative.
    pub fn linearize(self) -> (Y, Aux, Linear) {
        let (values, linear) = transform::linearize(&self.program, &self.primals, &self.by);
        let (value, aux) = self.output_from_leaves(values);
        (value, aux, linear)
    }
    /// Returns the residuals of the linearized function. `name` returns the name of an input, from its index and its
    /// argument.
    pub fn residuals(&self, name: impl Fn(usize, &Tensor) -> Option<String>) -> Vec<transform::SavedResidual> {
        transform::residuals(&self.program, &self.by, |i| name(i, &self.primals[i]))
    }
    /// Returns the result, its tangent for the tangents of the differentiated leaves, and the auxiliary result.
    pub fn push_forward(self, tangents: Vec<Tensor>) -> (Y, Y, Aux) {
        let mut tangents: Vec<Option<Tensor>> = tangents.into_iter().map(Some).collect();
        tangents.resize(self.primals.len(), None);
        let (values, tangents) = transform::push_forward(&self.program, &self.primals, tangents);
        let (value, aux) = self.output_from_leaves(values);
        let tangent = tangents_like(&value, tangents);
        (value, tangent, aux)
    }
    /// Returns the function itself, which must be linear in the marked leaves, and its result without values.
    pub fn into_linear(mut self, place: CallSite) -> (Linear, Y) {
        let residuals = self.primals.split_off(self.differentiated_primals().len());
        let types = self.primals.iter().map(|x| x.ty().clone()).collect();
        (Linear::of(self.program, types, residuals), self.output.map(&mut |y| place.stand_in(y)))
    }
    fn output_from_leaves(&self, values: Vec<Tensor>) -> (Y, Aux) {
        let mut values = values.into_iter();
        let mut next = |_: &Tensor| values.next().expect("one value for each leaf");
        (self.output.map(&mut next), self.aux.map(&mut next))
    }
}

/// Returns a tree of tangents of the leaves of `value`. They are zero where there is none.
pub(super) fn tangents_like<Y: Tree>(value: &Y, tangents: impl IntoIterator<Item = Option<Tensor>>) -> Y {
    let mut tangents = tangents.into_iter();
    value.map(&mut |y| tangents.next().flatten().unwrap_or_else(|| lax::full_like(y, 0.0)))
}

/// Returns the arguments with the cotangents of the leaves that `by` marks, and zero for the others.
pub(super) fn cotangents_like<X: Arguments>(args: X::Refs<'_>, by: &[bool], cotangents: Vec<Tensor>) -> X {
    let (mut marks, mut cotangents) = (by.iter(), cotangents.into_iter());
    X::map(args, &mut |x| match marks.next() {
        Some(true) => cotangents.next().expect("one cotangent for each leaf marked"),
        _ => lax::full_like(x, 0.0),
    })
}

/// Returns the leaves of `tangents` that belong to float and complex leaves of `args`.
pub(super) fn tangents_of<X: Arguments>(args: X::Refs<'_>, tangents: X::Refs<'_>, place: CallSite) -> Vec<Tensor> {
    let structure = |tree: X::Refs<'_>| hashed(|hasher| X::structure(tree, hasher));
    if structure(args) != structure(tangents) {
        place.fail("the tangents have another structure than the arguments");
    }
    let (mut leaves, mut moved) = (Vec::new(), Vec::new());
    X::visit(args, &mut |_, _, leaf| leaves.push(leaf));
    let mut leaves = leaves.into_iter();
    X::visit(tangents, &mut |_, path, tangent| {
        let leaf = leaves.next().expect("trees of one structure have as many leaves");
        if leaf.dtype().is_inexact() {
            same_type(leaf, tangent, path, "tangent", place);
            moved.push(tangent.clone());
        }
    });
    moved
}

/// Returns the leaves of `cotangents`, and `None` for leaves of `output` that are neither floats nor complex.
pub(super) fn cotangents_of<Y: Tree>(output: &Y, cotangents: &Y, place: CallSite) -> Vec<Option<Tensor>> {
    if structure_hash(output) != structure_hash(cotangents) {
        place.fail("the cotangents have another structure than the result of the function");
    }
    let (mut leaves, mut all) = (output.leaves().into_iter(), Vec::new());
    cotangents.visit(&mut TreePath::root("output"), &mut |path, cotangent| {
        let leaf = leaves.next().expect("trees of one structure have as many leaves");
        all.push(leaf.dtype().is_inexact().then(|| {
            same_type(&leaf, cotangent, path, "cotangent", place);
            cotangent.clone()
        }));
    });
    all
}

pub(super) fn same_type(of: &Tensor, change: &Tensor, path: &TreePath, what: &str, place: CallSite) {
    if of.ty() != change.ty() {
        place.fail(&format!("the {what} of `{path}` has type {}, but `{path}` has type {}", change.ty(), of.ty()));
    }
}
