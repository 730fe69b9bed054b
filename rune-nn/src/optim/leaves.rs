//! Functions of the leaves of trees of one structure.

use rune_trace::{DType, Tensor, Tree, TreePath, Type, at_caller};
use std::fmt;
use std::sync::Arc;

/// A tree that threads may share: what parameters and states are. Every tree of tensors is.
pub trait Params: Tree + Send + Sync {}
impl<P: Tree + Send + Sync> Params for P {}

fn leaves_of<P: Tree>(tree: &P) -> Vec<&Tensor> {
    let mut leaves = Vec::new();
    tree.visit(&mut TreePath::default(), &mut |_, leaf| leaves.push(leaf));
    leaves
}

/// The leaves with their names, as files of saved trees have them.
fn named<P: Tree>(tree: &P) -> Vec<(String, &Tensor)> {
    let mut leaves = Vec::new();
    tree.visit(&mut TreePath::default(), &mut |path, leaf| leaves.push((path.name(), leaf)));
    leaves
}

/// Fails unless the part `field` of a state has leaves like those of `gradients`, and names the first that differs.
#[track_caller]
pub fn expect_state<P: Tree>(field: &str, state: &P, gradients: &P) {
    expect_state_of(field, state, gradients, |gradient| gradient.ty().clone());
}

/// As [`expect_state`], with leaves of the types that `wanted` tells of gradients.
#[track_caller]
pub fn expect_state_of<P: Tree>(field: &str, state: &P, gradients: &P, wanted: impl Fn(&Tensor) -> Type) {
    let (state, gradients) = (named(state), named(gradients));
    let full = |name: &str| if name.is_empty() { field.to_owned() } else { format!("{field}.{name}") };
    let advice = "make the state with `init` of the parameters, or load the one that was saved with them";
    for i in 0..state.len().max(gradients.len()) {
        match (state.get(i), gradients.get(i)) {
            (Some((name, s)), Some((other, g))) if name == other => {
                let wanted = wanted(g);
                if *s.ty() != wanted {
                    refuse!(
                        "optim: the state is of another model: its `{}` is of type {}, and for gradients of type {} it has to be of \
                         {wanted}; {advice}",
                        full(name),
                        s.ty(),
                        g.ty()
                    );
                }
            }
            (_, Some((name, _))) if !state.iter().any(|(other, _)| other == name) => {
                refuse!("optim: the state is of another model: it has no `{}`; {advice}", full(name))
            }
            (Some((name, _)), _) => refuse!(
                "optim: the state is of another model: it has a `{}`, and there is no gradient `{name}` in that place; {advice}",
                full(name)
            ),
            (None, _) => break,
        }
    }
}

/// Fails unless a count of steps in a state is an integer scalar.
#[track_caller]
pub fn expect_count(field: &str, count: &Tensor) {
    if count.rank() != 0 || !count.dtype().is_int() {
        refuse!("optim: `{field}` of the state counts steps, as an integer scalar, and is of type {}", count.ty());
    }
}

/// Fails unless two trees have leaves of the same names and shapes, and names the first that differs.
#[track_caller]
pub fn expect_shapes<P: Tree>(what: &str, tree: &P, of: &str, other: &P) {
    let (tree, other) = (named(tree), named(other));
    for i in 0..tree.len().max(other.len()) {
        match (tree.get(i), other.get(i)) {
            (Some((name, x)), Some((same, y))) if name == same => {
                if x.shape() != y.shape() {
                    refuse!(
                        "optim: `{name}` of the {what} is of type {}, and of the {of} of type {}: they are not of one model",
                        x.ty(),
                        y.ty()
                    );
                }
            }
            (_, Some((name, _))) if !tree.iter().any(|(same, _)| same == name) => {
                refuse!("optim: the {what} have no `{name}`, and the {of} have: they are not of one model")
            }
            (Some((name, _)), _) => {
                refuse!("optim: the {what} have a `{name}`, and the {of} none in that place: they are not of one model")
            }
            (None, _) => break,
        }
    }
}

/// The tree whose leaves `f` gives for those of `tree` and of `others`.
#[track_caller]
pub fn zip<P: Tree, const N: usize>(
    tree: &P,
    others: [&P; N],
    mut f: impl FnMut(&Tensor, [&Tensor; N]) -> Tensor,
) -> P {
    let others = others.map(leaves_of);
    let mut at = 0;
    let count = leaves_of(tree).len();
    if let Some(other) = others.iter().find(|other| other.len() != count) {
        refuse!(
            "optim: trees of {count} and of {} leaves are no parameters, gradients and state of one model",
            other.len()
        );
    }
    tree.map(&mut |leaf| {
        let beside = std::array::from_fn(|n| others[n][at]);
        at += 1;
        f(leaf, beside)
    })
}

/// The parameters after updates: the sum of both, of the dtypes of the parameters.
///
/// ```
/// use rune_nn::optim;
/// use rune_trace::Tensor;
/// let (params, updates) = (vec![Tensor::from([1.0f32, 2.0])], vec![Tensor::from([0.5f32, -1.0])]);
/// assert_eq!(optim::apply_updates(&params, &updates)[0].to_vec::<f32>().unwrap(), [1.5, 1.0]);
/// ```
///
/// # Panics
/// If the two are of different structure, or leaves of different shapes: the message names the first.
#[track_caller]
pub fn apply_updates<P: Tree>(params: &P, updates: &P) -> P {
    at_caller(|| {
        expect_shapes("updates", updates, "parameters", params);
        zip(params, [updates], |p, [u]| p + u.cast(p.dtype()))
    })
}

/// The dtype that sums over many elements, and powers of a count, are computed in.
pub fn wide(dtype: DType) -> DType {
    if dtype.is_half() { DType::F32 } else { dtype }
}

/// The Euclidean norm of all leaves together, as a scalar.
///
/// ```
/// use rune_nn::optim;
/// use rune_trace::Tensor;
/// let gradients = (Tensor::from([3.0f32, 0.0]), Tensor::scalar(4.0f32));
/// assert_eq!(optim::global_norm(&gradients).item::<f32>().unwrap(), 5.0);
/// ```
#[track_caller]
pub fn global_norm<P: Tree>(tree: &P) -> Tensor {
    let leaves = leaves_of(tree);
    let widest = if leaves.iter().any(|leaf| leaf.dtype() == DType::F64) { DType::F64 } else { DType::F32 };
    let mut sum = Tensor::zeros([], widest);
    for leaf in leaves {
        sum += leaf.cast(wide(leaf.dtype())).square().sum().cast(widest);
    }
    sum.sqrt()
}

type Chooses = dyn Fn(&str, &Tensor) -> bool + Send + Sync;

/// Which leaves something is done to: all, or those that a function of name and tensor picks.
///
/// Names are as in files of saved trees: `layers.0.weight`. Of the tensor only shape and dtype may matter.
///
/// ```
/// use rune_nn::optim::{self, AdamW, Mask};
/// let of_weights = AdamW { mask: Mask::matrices(), ..optim::adamw(1e-3) };
/// let but_norms = AdamW { mask: Mask::new(|name, _| !name.contains("norm")), ..optim::adamw(1e-3) };
/// ```
#[derive(Clone, Default)]
pub struct Mask(Option<Arc<Chooses>>);

impl Mask {
    /// All leaves.
    pub fn all() -> Mask {
        Mask(None)
    }
    /// Those of which `f` holds.
    pub fn new(f: impl Fn(&str, &Tensor) -> bool + Send + Sync + 'static) -> Mask {
        Mask(Some(Arc::new(f)))
    }
    /// Those of rank 2 and more: weights, and neither biases nor scales.
    pub fn matrices() -> Mask {
        Mask::new(|_, leaf| leaf.rank() >= 2)
    }
    /// Of each leaf, in order, whether it is chosen.
    pub(super) fn choices<P: Tree>(&self, tree: &P) -> Vec<bool> {
        let mut chosen = Vec::new();
        tree.visit(&mut TreePath::default(), &mut |path, leaf| {
            chosen.push(self.0.as_ref().is_none_or(|f| f(&path.name(), leaf)));
        });
        chosen
    }
}

impl fmt::Debug for Mask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Mask(some)" } else { "Mask(all)" })
    }
}
