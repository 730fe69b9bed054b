//! Sums of products in Einstein notation.

use super::axes::Axes;
use super::broadcast::{broadcast, expect_one_dtype};
use crate::tensor::refuse;
use crate::{Tensor, lax};
use rune_ir::op::{Dims, DotDims};
use rune_ir::{DType, Shape};

/// The label of an axis: a letter, or a position in the ellipsis, counted from its end.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Label {
    Ellipsis(std::cmp::Reverse<usize>),
    Letter(char),
}

/// A tensor with labeled axes.
#[derive(Clone)]
struct Term {
    x: Tensor,
    labels: Vec<Label>,
}

/// Computes the sum of products of `tensors` that `equation` describes, like NumPy's `einsum`.
///
/// The equation labels the axes of each tensor with letters: `"ij,jk->ik"` is the matrix product. Axes with the same
/// label are aligned. Axes whose labels do not appear after the arrow are summed over. A label that appears twice in
/// one tensor takes the diagonal. Without an arrow, the result has the labels that appear once, in alphabetical order.
/// `...` means all axes without labels, which broadcast. More than two tensors are multiplied in pairs, starting with
/// the smallest product.
///
/// # Panics
/// If the equation is malformed, does not fit the ranks, gives a label two sizes, or the dtypes differ.
///
/// ```
/// use rune_trace::{Tensor, einsum};
/// let x = Tensor::from([[1.0f32, 2.0], [3.0, 4.0]]);
/// assert_eq!(einsum("ij,jk->ik", &[&x, &x]).to_vec::<f32>().unwrap(), [7.0, 10.0, 15.0, 22.0]);
/// assert_eq!(einsum("ii", &[&x]).item::<f32>().unwrap(), 5.0);
/// assert_eq!(einsum("...ij->...ji", &[&x]).to_vec::<f32>().unwrap(), [1.0, 3.0, 2.0, 4.0]);
/// ```
#[track_caller]
pub fn einsum<T: AsRef<Tensor>>(equation: &str, tensors: &[T]) -> Tensor {
    let tensors: Vec<Tensor> = tensors.iter().map(|t| t.as_ref().clone()).collect();
    let dtypes: Vec<DType> = tensors.iter().map(Tensor::dtype).collect();
    expect_one_dtype("einsum", &dtypes);
    let (mut terms, output, sizes) = parse(equation, &tensors);
    for term in &mut terms {
        term.drop_broadcast(&sizes);
        term.take_diagonals();
    }
    while terms.len() > 1 {
        let (i, j) = cheapest(&terms, &output);
        let right = terms.remove(j);
        let left = terms.remove(i);
        let needed = |l: &Label| output.contains(l) || terms.iter().any(|t| t.labels.contains(l));
        let product = multiply(left, right, &needed);
        terms.insert(i, product);
    }
    let term = terms.remove(0).sum_unless(&|l| output.contains(l));
    let order: Dims = output.iter().filter_map(|l| term.labels.iter().position(|m| l == m)).collect();
    lax::transpose(&term.x, &order)
}

type Sizes = Vec<(Label, usize)>;

fn size_of(sizes: &Sizes, label: Label) -> usize {
    sizes.iter().find(|(l, _)| *l == label).map_or(1, |&(_, n)| n)
}

#[track_caller]
fn parse(equation: &str, tensors: &[Tensor]) -> (Vec<Term>, Vec<Label>, Sizes) {
    let text: String = equation.chars().filter(|c| !c.is_whitespace()).collect();
    let (inputs, output) = match text.split_once("->") {
        Some((inputs, output)) => (inputs.to_owned(), Some(output.to_owned())),
        None => (text, None),
    };
    let inputs: Vec<&str> = inputs.split(',').collect();
    if inputs.len() != tensors.len() {
        refuse!("einsum: `{equation}` is of {} tensors, but got {}", inputs.len(), tensors.len());
    }
    let mut sizes: Sizes = Vec::new();
    let mut terms = Vec::new();
    let mut longest = 0;
    for (input, x) in inputs.iter().zip(tensors) {
        let named = letters(equation, &input.replacen("...", "", 1)).len();
        let dots = input.contains("...");
        let rest = x.rank().checked_sub(named).filter(|&n| dots || n == 0);
        let Some(rest) = rest else {
            refuse!("einsum: `{input}` of `{equation}` does not name the axes of shape {}", x.shape());
        };
        longest = longest.max(rest);
        let labels = labels(equation, input, rest);
        for (&label, &n) in labels.iter().zip(x.shape().iter()) {
            match sizes.iter_mut().find(|(l, _)| *l == label) {
                None => sizes.push((label, n)),
                Some((_, m)) if *m == n => {}
                Some((Label::Ellipsis(_), m)) if *m == 1 => *m = n,
                Some((Label::Ellipsis(_), _)) if n == 1 => {}
                Some((Label::Letter(c), m)) => refuse!("einsum: `{c}` of `{equation}` is of sizes {m} and {n}"),
                Some((Label::Ellipsis(_), m)) => {
                    refuse!(
                        "einsum: axes of the ellipsis of `{equation}` are of sizes {m} and {n}, which do not broadcast"
                    )
                }
            }
        }
        terms.push(Term { x: x.clone(), labels });
    }
    let output = match output {
        Some(output) => {
            let labels = labels(equation, &output, if output.contains("...") { longest } else { 0 });
            for (i, l) in labels.iter().enumerate() {
                let known = sizes.iter().any(|(m, _)| m == l);
                if !known || labels[..i].contains(l) {
                    refuse!("einsum: the result of `{equation}` names an axis twice, or one that no tensor has");
                }
            }
            labels
        }
        None => {
            let uses = |l: &Label| terms.iter().flat_map(|t| &t.labels).filter(|m| *m == l).count();
            let mut once: Vec<Label> =
                sizes.iter().map(|&(l, _)| l).filter(|l| matches!(l, Label::Ellipsis(_)) || uses(l) == 1).collect();
            once.sort_unstable();
            once
        }
    };
    (terms, output, sizes)
}

#[track_caller]
fn letters(equation: &str, text: &str) -> Vec<char> {
    if let Some(c) = text.chars().find(|c| !c.is_alphabetic()) {
        refuse!("einsum: `{equation}` names an axis `{c}`; names are letters");
    }
    text.chars().collect()
}

/// Returns the labels of an input or the output. The ellipsis covers `rest` axes.
#[track_caller]
fn labels(equation: &str, text: &str, rest: usize) -> Vec<Label> {
    let (before, after) = text.split_once("...").unwrap_or((text, ""));
    let mut labels: Vec<Label> = letters(equation, before).into_iter().map(Label::Letter).collect();
    labels.extend((0..rest).rev().map(|i| Label::Ellipsis(std::cmp::Reverse(i))));
    labels.extend(letters(equation, after).into_iter().map(Label::Letter));
    labels
}

impl Term {
    fn position(&self, label: Label) -> usize {
        self.labels.iter().position(|&l| l == label).expect("the axis is named")
    }
    /// Drops axes of size 1 that broadcast with others.
    #[track_caller]
    fn drop_broadcast(&mut self, sizes: &Sizes) {
        let gone: Dims =
            (0..self.labels.len()).filter(|&a| self.x.shape()[a] == 1 && size_of(sizes, self.labels[a]) != 1).collect();
        self.x = lax::reshape(&self.x, self.x.shape().without(&gone));
        let mut axis = 0;
        self.labels.retain(|_| {
            axis += 1;
            !gone.contains(&(axis - 1))
        });
    }
    /// Merges axes with the same label into their diagonal.
    #[track_caller]
    fn take_diagonals(&mut self) {
        while let Some((a, b)) = self.repeated() {
            let label = self.labels.remove(b);
            self.labels.remove(a);
            self.labels.push(label);
            self.x = self.x.diagonal(0, a as isize, b as isize);
        }
    }
    fn repeated(&self) -> Option<(usize, usize)> {
        (0..self.labels.len()).find_map(|b| (0..b).find(|&a| self.labels[a] == self.labels[b]).map(|a| (a, b)))
    }
    /// Sums over the axes that are not needed.
    #[track_caller]
    fn sum_unless(mut self, needed: &dyn Fn(&Label) -> bool) -> Term {
        let gone: Vec<usize> = (0..self.labels.len()).filter(|&a| !needed(&self.labels[a])).collect();
        if !gone.is_empty() {
            self.x = self.x.sum_axes(Axes::from(&gone));
            self.labels.retain(|l| needed(l));
        }
        self
    }
}

/// Returns the pair whose product increases the total size the least.
fn cheapest(terms: &[Term], output: &[Label]) -> (usize, usize) {
    let mut best = (f64::INFINITY, (0, 1));
    for i in 0..terms.len() {
        for j in i + 1..terms.len() {
            let elsewhere = |l: &Label| {
                output.contains(l) || (0..terms.len()).any(|k| k != i && k != j && terms[k].labels.contains(l))
            };
            let (a, b) = (&terms[i], &terms[j]);
            let mut product = 1.0;
            for (at, label) in a.labels.iter().enumerate() {
                if elsewhere(label) {
                    product *= a.x.shape()[at] as f64;
                }
            }
            for (at, label) in b.labels.iter().enumerate() {
                if elsewhere(label) && !a.labels.contains(label) {
                    product *= b.x.shape()[at] as f64;
                }
            }
            let cost = product - a.x.size() as f64 - b.x.size() as f64;
            if cost < best.0 {
                best = (cost, (i, j));
            }
        }
    }
    best.1
}

/// Returns the product of two terms, summed over the axes that are not needed.
#[track_caller]
fn multiply(left: Term, right: Term, needed: &dyn Fn(&Label) -> bool) -> Term {
    let left = left.clone().sum_unless(&|l| needed(l) || right.labels.contains(l));
    let right = right.sum_unless(&|l| needed(l) || left.labels.contains(l));
    let shared: Vec<Label> = left.labels.iter().copied().filter(|l| right.labels.contains(l)).collect();
    let (batch, contract): (Vec<Label>, Vec<Label>) = shared.iter().partition(|&l| needed(l));
    let free = |t: &Term| t.labels.iter().copied().filter(|l| !shared.contains(l)).collect::<Vec<_>>();
    let labels: Vec<Label> = batch.iter().copied().chain(free(&left)).chain(free(&right)).collect();
    if contract.is_empty() {
        return Term { x: spread(&left, &labels, &right) * spread(&right, &labels, &left), labels };
    }
    let at = |t: &Term, labels: &[Label]| labels.iter().map(|&l| t.position(l)).collect::<Dims>();
    let dims = DotDims {
        lhs_batch: at(&left, &batch),
        rhs_batch: at(&right, &batch),
        lhs_contract: at(&left, &contract),
        rhs_contract: at(&right, &contract),
    };
    let dtype = left.x.dtype();
    Term { x: lax::dot_general(&left.x, &right.x, dims, dtype), labels }
}

/// Returns `term` with its axes in the order of `labels`, broadcast along the axes that only `other` has.
#[track_caller]
fn spread(term: &Term, labels: &[Label], other: &Term) -> Tensor {
    let order: Dims = labels.iter().filter_map(|l| term.labels.iter().position(|m| l == m)).collect();
    let x = lax::transpose(&term.x, &order);
    let size = |t: &Term, l: &Label| t.labels.iter().position(|m| l == m).map(|a| t.x.shape()[a]);
    let narrow: Shape = labels.iter().map(|l| size(term, l).unwrap_or(1)).collect();
    let wide: Shape = labels.iter().map(|l| size(term, l).or_else(|| size(other, l)).unwrap_or(1)).collect();
    broadcast("einsum", &lax::reshape(&x, narrow), &wide)
}
