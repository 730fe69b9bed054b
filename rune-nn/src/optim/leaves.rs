//! Functions on the leaves of trees with the same structure.

use rune_ir::{DType, Type};
use rune_trace::{Tensor, Tree, TreePath, at_caller};
use std::fmt;
use std::sync::Arc;

/// A tree that threads can share, such as parameters and states. Every tree of tensors implements this trait.
pub trait Params: Tree + Send + Sync {}
impl<P: Tree + Send + Sync> Params for P {}

fn leaves_of<P: Tree>(tree: &P) -> Vec<&Tensor> {
    let mut leaves = Vec::new();
    tree.visit(&mut TreePath::default(), &mut |_, leaf| leaves.push(leaf));
    leaves
}

/// Returns the leaves with their names, as in saved files.
fn named_leaves<P: Tree>(tree: &P) -> Vec<(String, &Tensor)> {
    let mut leaves = Vec::new();
    tree.visit(&mut TreePath::default(), &mut |path, leaf| leaves.push((path.name(), leaf)));
    leaves
}

/// Panics unless the part `field` of a state has the leaves of `gradients`. The message names the first leaf that
/// differs.
#[track_caller]
pub fn expect_state<P: Tree>(field: &str, state: &P, gradients: &P) {
    expect_state_of(field, state, gradients, |gradient| gradient.ty().clone());
}

/// Like [`expect_state`], but expects the types that `wanted` returns for the gradients.
#[track_caller]
pub fn expect_state_of<P: Tree>(field: &str, state: &P, gradients: &P, wanted: impl Fn(&Tensor) -> Type) {
    let (state, gradients) = (named_leaves(state), named_leaves(gradients));
    let full = |name: &str| if name.is_empty() { field.to_owned() } else { format!("{field}.{name}") };
    let advice = "create the state with `init` from the parameters, or load the state saved with them";
    for i in 0..state.len().max(gradients.len()) {
        match (state.get(i), gradients.get(i)) {
            (Some((name, s)), Some((other, g))) if name == other => {
                let wanted = wanted(g);
                if *s.ty() != wanted {
                    refuse!(
                        "optim: the state belongs to another model: its `{}` has type {}, but gradients of type {} need {wanted}; \
                         {advice}",
                        full(name),
                        s.ty(),
                        g.ty()
                    );
                }
            }
            (_, Some((name, _))) if !state.iter().any(|(other, _)| other == name) => {
                refuse!("optim: the state belongs to another model: it has no `{}`; {advice}", full(name))
            }
            (Some((name, _)), _) => refuse!(
                "optim: the state belongs to another model: it has a `{}`, but there is no gradient `{name}`; {advice}",
                full(name)
            ),
            (None, _) => break,
        }
    }
}

/// Panics unless a step count in a state is an integer scalar.
#[track_caller]
pub fn expect_count(field: &str, count: &Tensor) {
    if count.rank() != 0 || !count.dtype().is_int() {
        refuse!("optim: `{field}` of the state has to be an integer scalar, and has type {}", count.ty());
    }
}

/// Panics unless two trees have leaves of the same names and shapes. The message names the first leaf that differs.
#[track_caller]
pub fn expect_shapes<P: Tree>(what: &str, tree: &P, of: &str, other: &P) {
    let (tree, other) = (named_leaves(tree), named_leaves(other));
    for i in 0..tree.len().max(other.len()) {
        match (tree.get(i), other.get(i)) {
            (Some((name, x)), Some((same, y))) if name == same => {
                if x.shape() != y.shape() {
                    refuse!(
                        "optim: `{name}` has type {} in the {what}, but type {} in the {of}; they belong to different models",
                        x.ty(),
                        y.ty()
                    );
                }
            }
            (_, Some((name, _))) if !tree.iter().any(|(same, _)| same == name) => {
                refuse!("optim: the {what} lack `{name}`, which the {of} have; they belong to different models")
            }
            (Some((name, _)), _) => {
                refuse!("optim: the {what} have `{name}`, which the {of} lack; they belong to different models")
            }
            (None, _) => break,
        }
    }
}

/// Applies `f` to corresponding leaves of `tree` and `others`, and returns the tree of the results.
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
        refuse!("optim: trees of {count} and {} leaves belong to different models", other.len());
    }
    tree.map(&mut |leaf| {
        let beside = std::array::from_fn(|n| others[n][at]);
        at += 1;
        f(leaf, beside)
    })
}

/// Returns the parameters plus the updates, in the dtypes of the parameters.
///
/// ```
/// use rune_nn::optim;
/// use rune_trace::Tensor;
/// let (params, updates) = (vec![Tensor::from([1.0f32, 2.0])], vec![Tensor::from([0.5f32, -1.0])]);
/// assert_eq!(optim::apply_updates(&params, &updates)[0].to_vec::<f32>().unwrap(), [1.5, 1.0]);
/// ```
///
/// # Panics
/// Panics if the structures or the shapes of the leaves differ. The message names the first leaf that differs.
#[track_caller]
pub fn apply_updates<P: Tree>(params: &P, updates: &P) -> P {
    at_caller(|| {
        expect_shapes("updates", updates, "parameters", params);
        zip(params, [updates], |p, [u]| p + u.cast(p.dtype()))
    })
}

/// Returns the dtype for computing sums over many elements and powers of a count.
pub fn accumulation_dtype(dtype: DType) -> DType {
    if dtype.is_reduced_float() { DType::F32 } else { dtype }
}

/// Returns the Euclidean norm of all leaves together, a scalar.
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
        sum += leaf.cast(accumulation_dtype(leaf.dtype())).square().sum().cast(widest);
    }
    sum.sqrt()
}

type Chooses = dyn Fn(&str, &Tensor) -> bool + Send + Sync;

/// A choice of leaves: all of them, or those that a function of name and tensor selects.
///
/// Names are those of saved files: `layers.0.weight`. The function may use only the shape and the dtype of the tensor.
///
/// ```
/// use rune_nn::optim::{self, AdamW, Mask};
/// let of_weights = AdamW { mask: Mask::matrices(), ..optim::adamw(1e-3) };
/// let but_norms = AdamW { mask: Mask::new(|name, _| !name.contains("norm")), ..optim::adamw(1e-3) };
/// ```
#[derive(Clone, Default)]
pub struct Mask(Option<Arc<Chooses>>);

impl Mask {
    /// Selects all leaves.
    pub fn all() -> Mask {
        Mask(None)
    }
    /// Selects the leaves for which `f` returns true.
    pub fn new(f: impl Fn(&str, &Tensor) -> bool + Send + Sync + 'static) -> Mask {
        Mask(Some(Arc::new(f)))
    }
    /// Selects leaves of rank 2 and more: weights, but not biases or scales.
    pub fn matrices() -> Mask {
        Mask::new(|_, leaf| leaf.rank() >= 2)
    }
    /// Returns, for each leaf in order, whether it is selected.
    pub(super) fn selected<P: Tree>(&self, tree: &P) -> Vec<bool> {
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
