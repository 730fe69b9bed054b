//! `vmap`: functions of one example as functions of many.

use crate::autodiff::Place;
use crate::function::{Arguments, Function};
use crate::tensor::{Keep, next_id, trace};
use crate::transform::{Batched, Lanes, move_axis, position, vmap as batch};
use crate::{Tensor, Transform, Tree};

/// The function that does for all lanes at once what `f` does for one: every leaf of every argument is taken apart along its first
/// axis, and the results are put together along a new first axis.
///
/// Each operation of `f` becomes one wide operation; there is no loop over lanes. What `f` captures is the same for all.
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
/// The returned function panics if a leaf is a scalar, or leaves have different sizes along their first axes, or `f` reads the value of
/// what depends on an argument.
#[track_caller]
pub fn vmap<'f, X, F>(f: F) -> F::Returning<'f, F::Output>
where
    X: Arguments,
    F: Function<X> + 'f,
    F::Output: Tree,
{
    let plan = Plan { inputs: vec![MapAxes::from(0); X::COUNT], output: MapAxes::from(0), size: None };
    let place = Place::here("vmap");
    F::returning(move |args| run::<X, F>(&f, args, &plan, place))
}

/// As [`vmap`], along the axes that `in_axes` tells, with results put together along `out_axes`.
///
/// `in_axes` is one axis (or `None`: not mapped) for all arguments, or a tuple with one entry for each: an axis, `None`, or a list of
/// them, one for each leaf. `out_axes` is an entry for the result. Negative axes count from the last.
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
/// The returned function panics as that of [`vmap`], if a leaf has no such axis, if no leaf is mapped, if there are not as many axes
/// in a list as leaves, or if a result whose out axis is `None` depends on what is mapped.
#[track_caller]
pub fn vmap_axes<'f, X, F>(in_axes: impl InAxes<X>, out_axes: impl Into<MapAxes>, f: F) -> F::Returning<'f, F::Output>
where
    X: Arguments,
    F: Function<X> + 'f,
    F::Output: Tree,
{
    let plan = Plan { inputs: in_axes.in_axes(), output: out_axes.into(), size: None };
    let place = Place::here("vmap_axes");
    F::returning(move |args| run::<X, F>(&f, args, &plan, place))
}

/// As [`vmap_axes`], for a number of lanes that need not be read off an argument, so that none has to be mapped.
///
/// ```
/// use rune_trace::{Tensor, vmap_sized};
/// let y = vmap_sized(3, None, 0, |x: &Tensor| x + 1.0)(&Tensor::scalar(1.0f32));
/// assert_eq!(y.to_vec::<f32>()?, [2.0, 2.0, 2.0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Panics
/// The returned function panics as that of [`vmap_axes`], and if a leaf is mapped along an axis of another size.
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
    let plan = Plan { inputs: in_axes.in_axes(), output: out_axes.into(), size: Some(axis_size) };
    let place = Place::here("vmap_sized");
    F::returning(move |args| run::<X, F>(&f, args, &plan, place))
}

/// Where the mapped axis is in the leaves of a tree; made from an axis, an `Option` of one, or a list of such options.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MapAxes(Entries);

#[derive(Clone, PartialEq, Eq, Debug)]
enum Entries {
    /// In all leaves alike.
    All(Option<i64>),
    /// In each leaf, in order.
    Each(Vec<Option<i64>>),
}

impl MapAxes {
    /// That of leaf `i`, if there are so many entries.
    fn of_leaf(&self, i: usize) -> Option<Option<i64>> {
        match &self.0 {
            Entries::All(axis) => Some(*axis),
            Entries::Each(axes) => axes.get(i).copied(),
        }
    }
    fn check_count(&self, what: &str, leaves: usize, place: Place) {
        match &self.0 {
            Entries::Each(axes) if axes.len() != leaves => {
                place.fail(&format!("{what} has {leaves} leaves, and is given {} axes", axes.len()))
            }
            Entries::All(_) | Entries::Each(_) => {}
        }
    }
}

impl From<i64> for MapAxes {
    fn from(axis: i64) -> MapAxes {
        MapAxes::from(Some(axis))
    }
}
impl From<Option<i64>> for MapAxes {
    fn from(axis: Option<i64>) -> MapAxes {
        MapAxes(Entries::All(axis))
    }
}
impl From<Vec<Option<i64>>> for MapAxes {
    fn from(axes: Vec<Option<i64>>) -> MapAxes {
        MapAxes(Entries::Each(axes))
    }
}
impl<const N: usize> From<[Option<i64>; N]> for MapAxes {
    fn from(axes: [Option<i64>; N]) -> MapAxes {
        MapAxes::from(axes.to_vec())
    }
}

/// Where the mapped axis is in the arguments of a function: an axis, or a tuple with one entry for each argument.
pub trait InAxes<X: Arguments> {
    /// One entry for each argument.
    fn in_axes(self) -> Vec<MapAxes>;
}

impl<X: Arguments> InAxes<X> for i64 {
    fn in_axes(self) -> Vec<MapAxes> {
        vec![MapAxes::from(self); X::COUNT]
    }
}
impl<X: Arguments> InAxes<X> for Option<i64> {
    fn in_axes(self) -> Vec<MapAxes> {
        vec![MapAxes::from(self); X::COUNT]
    }
}
macro_rules! in_axes {
    ($($($T:ident $S:ident $i:tt),*;)*) => {$(
        impl<$($T: Tree, $S: Into<MapAxes>),*> InAxes<($($T,)*)> for ($($S,)*) {
            fn in_axes(self) -> Vec<MapAxes> {
                vec![$(self.$i.into()),*]
            }
        }
    )*};
}
in_axes! {
    A P 0;
    A P 0, B Q 1;
    A P 0, B Q 1, C R 2;
    A P 0, B Q 1, C R 2, D S 3;
    A P 0, B Q 1, C R 2, D S 3, E T 4;
    A P 0, B Q 1, C R 2, D S 3, E T 4, G U 5;
}

struct Plan {
    inputs: Vec<MapAxes>,
    output: MapAxes,
    size: Option<usize>,
}

/// The results of `f` for all lanes.
fn run<X, F>(f: &F, args: X::Refs<'_>, plan: &Plan, place: Place) -> F::Output
where
    X: Arguments,
    F: Function<X>,
    F::Output: Tree,
{
    // The leaves that are mapped, with the mapped axis in front.
    let mut fronts: Vec<Option<Tensor>> = Vec::new();
    let mut counts = vec![0; X::COUNT];
    X::visit(args, &mut |argument, path, leaf| {
        let axis = plan.inputs[argument].of_leaf(counts[argument]).flatten();
        counts[argument] += 1;
        fronts.push(axis.map(|axis| match position(axis, leaf.rank()) {
            Some(axis) => place.run(Transform::Vmap, || move_axis(leaf, axis, 0)),
            None => place.fail(&format!(
                "`{path}` is of type {} and has no axis {axis} to map; give it another, or `None` for what is the same for all \
                 lanes, as with `vmap_axes`",
                leaf.ty()
            )),
        }));
    });
    for (i, (axes, leaves)) in plan.inputs.iter().zip(counts).enumerate() {
        axes.check_count(&format!("`arguments[{i}]`"), leaves, place);
    }
    let sizes = || fronts.iter().flatten().map(|t| t.shape()[0]);
    let Some(size) = plan.size.or_else(|| sizes().next()) else {
        place.fail("no leaf of the arguments is mapped, and so the number of lanes is unknown; `vmap_sized` takes it")
    };
    if sizes().any(|n| n != size) {
        let asked = plan.size.map(|n| format!(", and {n} lanes are asked for"));
        let list = sizes_by_path::<X>(args, &fronts);
        place.fail(&format!("the mapped axes are of different sizes: {list}{}", asked.unwrap_or_default()));
    }
    let since = next_id();
    let lane = |t: &Tensor| Tensor::param(t.ty().with_shape(&t.shape()[1..]), None, "vmap");
    let params: Vec<Option<Tensor>> = fronts.iter().map(|t| t.as_ref().map(lane)).collect();
    let mut next = params.iter();
    let inner = X::map(args, &mut |leaf| match next.next() {
        Some(Some(param)) => param.clone(),
        Some(None) | None => leaf.clone(),
    });
    let output = f.call(&inner);
    let params: Vec<Tensor> = params.into_iter().flatten().collect();
    let traced = trace("f", &params, &output.leaves(), Keep::Since(since));
    let mapped = fronts.into_iter().flatten().map(Batched::mapped);
    let inputs = mapped.chain(traced.captured.into_iter().map(Batched::unmapped)).collect();
    let results = batch(&traced.program, &Lanes { size, name: None }, inputs);
    plan.output.check_count("the result", results.len(), place);
    let path = |i: usize| output.leaves_with_paths("result").swap_remove(i).0;
    let results = results.into_iter().enumerate().map(|(i, y)| match plan.output.of_leaf(i).flatten() {
        Some(axis) => {
            let wide = place.run(Transform::Vmap, || y.spread(size));
            match position(axis, wide.rank()) {
                Some(axis) => place.run(Transform::Vmap, || move_axis(&wide, 0, axis)),
                None => place.fail(&format!("`{}` is of type {} and has no axis {axis}", path(i), wide.ty())),
            }
        }
        None if y.mapped => place.fail(&format!(
            "`{}` depends on what is mapped, and so it needs an axis; only what is the same for all lanes can do without",
            path(i)
        )),
        None => y.t,
    });
    output.with_leaves(results)
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
