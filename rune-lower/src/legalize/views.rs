//! Elementwise operations that read one producer in two ways.
//!
//! IREE fuses an elementwise operation with the reduction, product or window that produces its operand, even if the
//! elementwise operation reads the operand in two ways: `r[:, None] + r[None, :]` behind a sum `r`, or `y + y.t()`
//! behind a softmax `y`. The fused code then has only the elements of one tile of the producer, and 0 or foreign memory
//! for the others. Each value therefore records the producers that it reads, and how. A producer that is read in two
//! ways goes through a barrier. Lowering detects this only at a later use, and then emits the module again.

use crate::names;
use rune_ir::Shape;
use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::rc::Rc;

/// The maximum number of producers that a value may read. Beyond this number, the value goes through a barrier.
pub(crate) const MAX_VIEWS: usize = 64;
/// The marker for an axis along which all elements are equal.
const NONE: u8 = u8::MAX;

/// The producers of a module, numbered in the order of emission.
#[derive(Default)]
pub(crate) struct Producers {
    count: Cell<u32>,
    parts: Cell<u32>,
    fenced: BTreeSet<u32>,
    undefended: bool,
    read_twice: RefCell<BTreeSet<u32>>,
}

/// How a value reads one result of a producer.
#[derive(Clone, PartialEq, Eq)]
struct View {
    producer: u32,
    result: u32,
    /// A hash of the slices, reversals and reshapes between the producer and the value. It identifies the array after
    /// these operations.
    form: u64,
    /// For each axis of the value, the axis of that array, or [`NONE`].
    axes: Vec<u8>,
}

/// The views through which a value reads producers, in the order of the producers.
#[derive(Clone, Default)]
pub(crate) struct Views(Option<Rc<[View]>>);

/// The role of an operation in the compiler's fusion.
#[derive(PartialEq)]
pub(crate) enum ViewRole {
    /// Other operations are fused with it.
    Producer,
    /// An elementwise function.
    Elementwise,
    /// A slice at computed positions.
    DynamicSlice,
    /// Nothing is fused through it.
    Opaque,
}

pub(crate) fn role(name: &str) -> ViewRole {
    match name {
        "stablehlo.reduce"
        | "stablehlo.reduce_window"
        | "stablehlo.dot_general"
        | "stablehlo.convolution"
        | "stablehlo.sort"
        | "func.call" => ViewRole::Producer,
        "stablehlo.dynamic_slice" => ViewRole::DynamicSlice,
        "stablehlo.constant"
        | "stablehlo.iota"
        | "stablehlo.concatenate"
        | "stablehlo.pad"
        | "stablehlo.gather"
        | "stablehlo.scatter"
        | "stablehlo.dynamic_update_slice"
        | "stablehlo.optimization_barrier"
        | names::COMPUTE_BARRIER
        | "stablehlo.while"
        | "stablehlo.case"
        | "stablehlo.return"
        | "stablehlo.cholesky"
        | "stablehlo.triangular_solve" => ViewRole::Opaque,
        _ => ViewRole::Elementwise,
    }
}

fn hash(of: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    of.hash(&mut hasher);
    hasher.finish()
}

/// Returns the axes of a value that reads its own elements.
fn own_axes(shape: &Shape) -> Vec<u8> {
    shape.iter().enumerate().map(|(i, &n)| if n > 1 { i as u8 } else { NONE }).collect()
}

impl Producers {
    /// Creates the producers of a module in which those with the numbers `fenced` are behind barriers. Without
    /// `defences`, code that IREE compiles wrongly is not rewritten, and the only barriers are those of the program.
    pub fn fenced(fenced: BTreeSet<u32>, defences: bool) -> Producers {
        Producers { fenced, undefended: !defences, ..Producers::default() }
    }
    /// Returns whether code that IREE compiles wrongly is rewritten.
    pub fn has_defences(&self) -> bool {
        !self.undefended
    }
    /// Returns the producers that an operation reads in two ways.
    pub fn read_twice(&self) -> BTreeSet<u32> {
        self.read_twice.borrow().clone()
    }
    /// Adds a producer. Returns the views of its results, which are empty behind a barrier.
    pub fn next<'s>(&self, results: impl IntoIterator<Item = &'s Shape>) -> Option<Vec<Views>> {
        let producer = self.count.replace(self.count.get() + 1);
        let view = |(result, shape): (usize, &Shape)| {
            Views::of(vec![View { producer, result: result as u32, form: 0, axes: own_axes(shape) }])
        };
        (!self.fenced.contains(&producer)).then(|| results.into_iter().enumerate().map(view).collect())
    }
    /// Returns the union of the views of some values, and records producers that are read in two ways.
    pub fn together<'v>(&self, all: impl IntoIterator<Item = &'v Views>) -> Views {
        let mut all = all.into_iter().filter(|views| views.0.is_some());
        let first = all.next().cloned().unwrap_or_default();
        all.fold(first, |read, more| self.both(&read, more))
    }
    fn both(&self, x: &Views, y: &Views) -> Views {
        let (Some(xs), Some(ys)) = (&x.0, &y.0) else { return if x.0.is_some() { x.clone() } else { y.clone() } };
        if Rc::ptr_eq(xs, ys) {
            return x.clone();
        }
        let mut read = Vec::with_capacity(xs.len().max(ys.len()));
        let (mut xs, mut ys) = (xs.iter().peekable(), ys.iter().peekable());
        loop {
            let key = |v: &&View| (v.producer, v.result);
            match (xs.peek(), ys.peek()) {
                (Some(x), Some(y)) if key(x) == key(y) => {
                    if x != y {
                        self.read_twice.borrow_mut().insert(x.producer);
                    }
                    read.extend(xs.next().cloned());
                    ys.next();
                }
                (Some(x), Some(y)) if key(y) < key(x) => read.extend(ys.next().cloned()),
                (Some(_), _) => read.extend(xs.next().cloned()),
                (None, Some(_)) => read.extend(ys.next().cloned()),
                (None, None) => return Views::of(read),
            }
        }
    }
    /// Returns the views of a slice of `x` at computed positions.
    pub fn part(&self, x: &Views, to: &Shape) -> Views {
        self.parts.set(self.parts.get() + 1);
        x.reformed(hash(("part", self.parts.get())), to)
    }
}

impl Views {
    /// Creates views. A value with one element can only be read in one way, so it has none.
    fn of(views: Vec<View>) -> Views {
        let views: Rc<[View]> = views.into_iter().filter(|v| v.axes.iter().any(|&a| a != NONE)).collect();
        Views((!views.is_empty()).then_some(views))
    }
    pub fn len(&self) -> usize {
        self.0.as_ref().map_or(0, |views| views.len())
    }
    fn moved(&self, axes: impl Fn(&[u8]) -> Vec<u8>) -> Views {
        let Some(views) = &self.0 else { return Views::default() };
        Views::of(views.iter().map(|v| View { axes: axes(&v.axes), ..v.clone() }).collect())
    }
    /// Returns the views with the new shape `to`. `how` distinguishes them from other views of this shape.
    fn reformed(&self, how: u64, to: &Shape) -> Views {
        let Some(views) = &self.0 else { return Views::default() };
        let view = |v: &View| View { form: hash((v.form, &v.axes, how)), axes: own_axes(to), ..*v };
        Views::of(views.iter().map(view).collect())
    }
    /// Returns the views after a broadcast: axis `i` of `from` becomes axis `dims[i]` of `to`.
    pub fn broadcast(&self, from: &Shape, to: &Shape, dims: &[usize]) -> Views {
        self.moved(|axes| {
            let mut wide = vec![NONE; to.rank()];
            for (i, &d) in dims.iter().enumerate() {
                wide[d] = if from[i] == to[d] { axes[i] } else { NONE };
            }
            wide
        })
    }
    pub fn transpose(&self, permutation: &[usize]) -> Views {
        self.moved(|axes| permutation.iter().map(|&p| axes[p]).collect())
    }
    pub fn reshape(&self, from: &Shape, to: &Shape) -> Views {
        let long = |shape: &Shape| -> Vec<usize> { (0..shape.rank()).filter(|&a| shape[a] != 1).collect() };
        let (old, new) = (long(from), long(to));
        // Only axes of one element are added or removed.
        if old.iter().map(|&a| from[a]).eq(new.iter().map(|&a| to[a])) {
            return self.moved(|axes| {
                let mut moved = vec![NONE; to.rank()];
                new.iter().zip(&old).for_each(|(&new, &old)| moved[new] = axes[old]);
                moved
            });
        }
        self.reformed(hash((from.as_ref() as &[usize], to.as_ref() as &[usize])), to)
    }
    pub fn without(&self, reduced: &[usize]) -> Views {
        self.moved(|axes| (0..axes.len()).filter(|a| !reduced.contains(a)).map(|a| axes[a]).collect())
    }
    pub fn slice(&self, start: &[usize], limit: &[usize], strides: &[usize], to: &Shape) -> Views {
        self.reformed(hash((start, limit, strides)), to)
    }
    /// Returns the views after a conversion of bits to elements of another size.
    pub fn recast(&self, to: &Shape) -> Views {
        self.reformed(hash("recast"), to)
    }
    pub fn reverse(&self, reversed: &[usize], shape: &Shape) -> Views {
        self.reformed(hash(("reverse", reversed)), shape)
    }
}
