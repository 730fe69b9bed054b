//! `vmap`: turns functions of one example into functions of a batch.

mod axes;
mod options;

pub use axes::{InAxes, MapAxes};
pub use options::VmapOptions;

use crate::call_site::CallSite;
use crate::function::{Arguments, Function};
use crate::tensor::{Keep, begin_trace, trace, within_axis};
use crate::transform::{BatchAxis, Batched, move_axis, position, vmap as batch};
use crate::{Tensor, Tree};
use rune_ir::op::{AxisName, NamedAxis};
use rune_ir::{Program, Transform};

/// Returns a function that computes `f` for a whole batch. Every leaf of every argument has the batch along its first
/// axis, and the results are stacked along a new first axis.
///
/// Each operation of `f` becomes one wider operation. There is no loop over the batch. Tensors that `f` captures are
/// the same for all batch elements.
///
/// ```
/// use rune_trace::{Tensor, grad, vmap};
/// let f = |x: &Tensor| (x * x).sum();
/// let xs = Tensor::from_slice([3, 2], &[1.0f32, 2.0, 3.0, 4.0, 5.0, 6.0]);
/// assert_eq!(vmap(f)(&xs).to_vec::<f32>()?, [5.0, 25.0, 61.0]);
/// // The gradient of each example.
/// assert_eq!(vmap(grad(f))(&xs).to_vec::<f32>()?, [2.0, 4.0, 6.0, 8.0, 10.0, 12.0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Panics
/// The returned function panics if a leaf is a scalar, if leaves have different sizes along their first axes, or if `f`
/// reads a value that depends on an argument.
#[doc(alias = "apply_along_axis")]
#[doc(alias = "vectorize")]
#[track_caller]
pub fn vmap<'f, X, F>(f: F) -> F::Returning<'f, F::Output>
where
    X: Arguments,
    F: Function<X> + 'f,
    F::Output: Tree,
{
    mapped(VmapOptions::new(), f, CallSite::here("vmap"))
}

/// Like [`vmap`], along the axes `in_axes`, with the results stacked along `out_axes`.
///
/// `in_axes` is one entry for all arguments, or a tuple with one entry for each argument. An entry is an axis, `None`
/// (not mapped), or a list of these, one for each leaf. `out_axes` is an entry for the result. Negative axes count from
/// the end.
///
/// ```
/// use rune_trace::{DType, Tensor, vmap_axes};
/// let (m, x) = (Tensor::ones([4, 5], DType::F32), Tensor::ones([5, 3], DType::F32));
/// // Each column of `x`, multiplied by the same `m`.
/// let y = vmap_axes((None, Some(1)), -1, |m: &Tensor, x: &Tensor| m.matmul(x))(&m, &x);
/// assert_eq!(*y.shape(), [4, 3]);
/// ```
///
/// # Panics
/// The returned function panics for the reasons given at [`vmap`]. It also panics if a leaf has no such axis, no leaf is
/// mapped, a list does not have one axis for each leaf, or a result whose out axis is `None` depends on a mapped
/// argument.
#[track_caller]
pub fn vmap_axes<'f, X, F>(in_axes: impl InAxes<X>, out_axes: impl Into<MapAxes>, f: F) -> F::Returning<'f, F::Output>
where
    X: Arguments,
    F: Function<X> + 'f,
    F::Output: Tree,
{
    mapped(VmapOptions::new().in_axes(in_axes).out_axes(out_axes), f, CallSite::here("vmap_axes"))
}

/// Like [`vmap_axes`], with a given batch size, so that no argument needs to be mapped.
///
/// ```
/// use rune_trace::{Tensor, vmap_sized};
/// let y = vmap_sized(3, None, 0, |x: &Tensor| x + 1.0)(&Tensor::scalar(1.0f32));
/// assert_eq!(y.to_vec::<f32>()?, [2.0, 2.0, 2.0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Panics
/// The returned function panics for the reasons given at [`vmap_axes`]. It also panics if a mapped axis has another
/// size.
#[track_caller]
pub fn vmap_sized<'f, X, F>(
    axis_size: usize,
    in_axes: impl InAxes<X>,
    out_axes: impl Into<MapAxes>,
    f: F,
) -> F::Returning<'f, F::Output>
where
    X: Arguments,
    F: Function<X> + 'f,
    F::Output: Tree,
{
    let options = VmapOptions::new().in_axes(in_axes).out_axes(out_axes).axis_size(axis_size);
    mapped(options, f, CallSite::here("vmap_sized"))
}

/// Like [`vmap`], with a name for the batch axis. `f` can use the name to combine batch elements, for example with
/// [`psum`](crate::psum).
///
/// ```
/// use rune_trace::{Tensor, pmean, vmap_named};
/// // How far each example is from the mean of the batch.
/// let centered = vmap_named("batch", |x: &Tensor| x - pmean(x, "batch"));
/// let xs = Tensor::from_slice([3], &[1.0f32, 2.0, 6.0]);
/// assert_eq!(centered(&xs).to_vec::<f32>()?, [-2.0, -1.0, 3.0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Panics
/// The returned function panics for the reasons given at [`vmap`].
#[track_caller]
pub fn vmap_named<'f, X, F>(axis_name: impl Into<AxisName>, f: F) -> F::Returning<'f, F::Output>
where
    X: Arguments,
    F: Function<X> + 'f,
    F::Output: Tree,
{
    mapped(VmapOptions::new().axis_name(axis_name), f, CallSite::here("vmap_named"))
}

/// Like [`vmap`], with all options: axes of arguments and results, batch size, and name of the batch axis.
///
/// ```
/// use rune_trace::{Tensor, VmapOptions, psum, vmap_with};
/// // Each column, as a share of the sum of all.
/// let options = VmapOptions::new().in_axes((1, None)).out_axes(1).axis_name("column");
/// let f = vmap_with(options, |x: &Tensor, scale: &Tensor| x * scale / psum(x, "column"));
/// let y = f(&Tensor::from([[1.0f32, 3.0], [2.0, 2.0]]), &Tensor::scalar(100.0f32));
/// assert_eq!(y.to_vec::<f32>()?, [25.0, 75.0, 50.0, 50.0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Panics
/// The returned function panics for the reasons given at [`vmap_axes`] and [`vmap_sized`].
#[track_caller]
pub fn vmap_with<'f, X, F>(options: VmapOptions<impl InAxes<X>>, f: F) -> F::Returning<'f, F::Output>
where
    X: Arguments,
    F: Function<X> + 'f,
    F::Output: Tree,
{
    mapped(options, f, CallSite::here("vmap_with"))
}

fn mapped<'f, X, F>(options: VmapOptions<impl InAxes<X>>, f: F, place: CallSite) -> F::Returning<'f, F::Output>
where
    X: Arguments,
    F: Function<X> + 'f,
    F::Output: Tree,
{
    let VmapOptions { in_axes, out_axes, axis_size, axis_name } = options;
    let plan = Plan { inputs: in_axes.in_axes(), output: out_axes, size: axis_size, name: axis_name };
    F::returning(move |args| place.run_in_closure::<X, _, _>(&f, args, || run::<X, F>(&f, args, &plan, place)))
}

struct Plan {
    inputs: Vec<MapAxes>,
    output: MapAxes,
    size: Option<usize>,
    name: Option<AxisName>,
}

/// Returns the results of `f` for the whole batch.
fn run<X, F>(f: &F, args: X::Refs<'_>, plan: &Plan, place: CallSite) -> F::Output
where
    X: Arguments,
    F: Function<X>,
    F::Output: Tree,
{
    // The mapped leaves, with the batch axis first.
    let mut fronts: Vec<Option<Tensor>> = Vec::new();
    let mut counts = vec![0; X::COUNT];
    X::visit(args, &mut |argument, path, leaf| {
        let axis = plan.inputs[argument].of_leaf(counts[argument]).flatten();
        counts[argument] += 1;
        fronts.push(axis.map(|axis| match position(axis, leaf.rank()) {
            Some(axis) => place.run(Transform::Vmap, || move_axis(leaf, axis, 0)),
            None => place.fail(&format!(
                "`{path}` has type {}, and no axis {axis} to map; use `vmap_axes` with another axis, or `None` if it is not mapped",
                leaf.ty()
            )),
        }));
    });
    for (i, (axes, leaves)) in plan.inputs.iter().zip(counts).enumerate() {
        axes.check_count(&format!("`arguments[{i}]`"), leaves, place);
    }
    let sizes = || fronts.iter().flatten().map(|t| t.shape()[0]);
    let Some(size) = plan.size.or_else(|| sizes().next()) else {
        place.fail("no leaf of the arguments is mapped, so the batch size is unknown; pass it to `vmap_sized`")
    };
    if sizes().any(|n| n != size) {
        let asked = plan.size.map(|n| format!(", but the batch size is {n}"));
        let list = sizes_by_path::<X>(args, &fronts);
        place.fail(&format!("the mapped axes have different sizes: {list}{}", asked.unwrap_or_default()));
    }
    let active_trace = begin_trace();
    let element = |t: &Tensor| Tensor::param(t.ty().with_shape(&t.shape()[1..]), None, "vmap");
    let params: Vec<Option<Tensor>> = fronts.iter().map(|t| t.as_ref().map(element)).collect();
    let mut next = params.iter();
    let inner = X::map(args, &mut |leaf| match next.next() {
        Some(Some(param)) => param.clone(),
        Some(None) | None => leaf.clone(),
    });
    let batch_axis = BatchAxis { size, name: plan.name.clone() };
    let output = match &batch_axis.name {
        Some(name) => within_axis(NamedAxis { name: name.clone(), size }, || f.call(&inner)),
        None => f.call(&inner),
    };
    let params: Vec<Tensor> = params.into_iter().flatten().collect();
    let traced = trace("f", &params, &output.leaves(), Keep::Recorded(active_trace.end()));
    let mapped = fronts.into_iter().flatten().map(Batched::mapped);
    let inputs = mapped.chain(traced.captured.into_iter().map(Batched::unmapped)).collect();
    check_size(&traced.program, &batch_axis, place);
    let results = batch(&traced.program, &batch_axis, inputs);
    plan.output.check_count("the result", results.len(), place);
    let path = |i: usize| output.leaves_with_paths("result").swap_remove(i).0;
    let results = results.into_iter().enumerate().map(|(i, y)| match plan.output.of_leaf(i).flatten() {
        Some(axis) => {
            let wide = place.run(Transform::Vmap, || y.broadcast(size));
            match position(axis, wide.rank()) {
                Some(axis) => place.run(Transform::Vmap, || move_axis(&wide, 0, axis)),
                None => place.fail(&format!("`{}` is of type {} and has no axis {axis}", path(i), wide.ty())),
            }
        }
        None if y.mapped => place.fail(&format!("`{}` depends on a mapped argument, so it needs an out axis", path(i))),
        None => y.t,
    });
    output.with_leaves(results)
}

/// Checks the batch size of a program that the function applied, and that may come from a file.
fn check_size(program: &Program, batch_axis: &BatchAxis, place: CallSite) {
    if let Some(name) = &batch_axis.name
        && let Some(known) = program.axes().get(name).filter(|&&known| known != batch_axis.size)
    {
        let size = batch_axis.size;
        place.fail(&format!(
            "the axis `{name}` has size {size}, but size {known} in a program that the function applies"
        ));
    }
}

fn sizes_by_path<X: Arguments>(args: X::Refs<'_>, fronts: &[Option<Tensor>]) -> String {
    let (mut all, mut next) = (Vec::new(), fronts.iter());
    X::visit(args, &mut |_, path, _| {
        if let Some(Some(front)) = next.next() {
            all.push(format!("`{path}` has {}", front.shape()[0]));
        }
    });
    all.join(", ")
}
