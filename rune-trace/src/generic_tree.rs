//! Trees of trees, such as Jacobians.

use crate::{Tensor, Tree};
use std::collections::BTreeMap;
use std::fmt::Display;
use std::hash::Hash;
use std::marker::PhantomData;

/// A tree whose leaves can be replaced by trees. A function has a Jacobian only if its result is such a tree: in the
/// Jacobian, a tree of derivatives replaces each leaf.
///
/// All trees of the library implement this trait. Structs and enums of users that are generic over their leaves derive
/// it with `#[derive(GenericTree)]`:
///
/// ```
/// use rune_trace::{GenericTree, Tensor, Tree};
///
/// #[derive(Tree, GenericTree)]
/// struct Line<T = Tensor> { slope: T, offsets: Vec<T> }
///
/// let line = Line { slope: Tensor::scalar(1.0f32), offsets: vec![Tensor::scalar(2.0f32)] };
/// let pairs: Line<(Tensor, Tensor)> = line.map_trees(&mut |x| (x.clone(), x + 1.0));
/// assert_eq!(pairs.offsets[0].1.item::<f32>().unwrap(), 3.0);
/// ```
pub trait GenericTree: Tree {
    /// The type of a tree of this structure with an `A` in place of each leaf.
    type Of<A: Tree>: Tree;
    /// Returns the tree of this structure with the trees that `f` returns. `f` is called in the order of
    /// [`Tree::visit`].
    fn map_trees<A: Tree>(&self, f: &mut dyn FnMut(&Tensor) -> A) -> Self::Of<A>;
}

impl GenericTree for Tensor {
    type Of<A: Tree> = A;
    fn map_trees<A: Tree>(&self, f: &mut dyn FnMut(&Tensor) -> A) -> A {
        f(self)
    }
}

macro_rules! tuples {
    ($($($T:ident $i:tt),*;)*) => {$(
        impl<$($T: GenericTree),*> GenericTree for ($($T,)*) {
            type Of<Leaf: Tree> = ($($T::Of<Leaf>,)*);
            #[allow(unused_variables, clippy::unused_unit)]
            fn map_trees<Leaf: Tree>(&self, f: &mut dyn FnMut(&Tensor) -> Leaf) -> Self::Of<Leaf> {
                ($(self.$i.map_trees(f),)*)
            }
        }
    )*};
}
tuples! {
    ;
    A 0;
    A 0, B 1;
    A 0, B 1, C 2;
    A 0, B 1, C 2, D 3;
    A 0, B 1, C 2, D 3, E 4;
    A 0, B 1, C 2, D 3, E 4, F 5;
    A 0, B 1, C 2, D 3, E 4, F 5, G 6;
    A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7;
}

impl<T: GenericTree> GenericTree for Vec<T> {
    type Of<A: Tree> = Vec<T::Of<A>>;
    fn map_trees<A: Tree>(&self, f: &mut dyn FnMut(&Tensor) -> A) -> Self::Of<A> {
        self.iter().map(|item| item.map_trees(f)).collect()
    }
}

impl<T: GenericTree, const N: usize> GenericTree for [T; N] {
    type Of<A: Tree> = [T::Of<A>; N];
    fn map_trees<A: Tree>(&self, f: &mut dyn FnMut(&Tensor) -> A) -> Self::Of<A> {
        std::array::from_fn(|i| self[i].map_trees(f))
    }
}

impl<T: GenericTree> GenericTree for Option<T> {
    type Of<A: Tree> = Option<T::Of<A>>;
    fn map_trees<A: Tree>(&self, f: &mut dyn FnMut(&Tensor) -> A) -> Self::Of<A> {
        self.as_ref().map(|item| item.map_trees(f))
    }
}

impl<T: GenericTree> GenericTree for Box<T> {
    type Of<A: Tree> = Box<T::Of<A>>;
    fn map_trees<A: Tree>(&self, f: &mut dyn FnMut(&Tensor) -> A) -> Self::Of<A> {
        Box::new((**self).map_trees(f))
    }
}

impl<K: Ord + Clone + Hash + Display + 'static, T: GenericTree> GenericTree for BTreeMap<K, T> {
    type Of<A: Tree> = BTreeMap<K, T::Of<A>>;
    fn map_trees<A: Tree>(&self, f: &mut dyn FnMut(&Tensor) -> A) -> Self::Of<A> {
        self.iter().map(|(key, item)| (key.clone(), item.map_trees(f))).collect()
    }
}

macro_rules! structure_only {
    ($($T:ty),*) => {$(
        /// The tree has no leaves, so it stays the same.
        impl GenericTree for $T {
            type Of<A: Tree> = $T;
            fn map_trees<A: Tree>(&self, _: &mut dyn FnMut(&Tensor) -> A) -> $T {
                self.clone()
            }
        }
    )*};
}
structure_only!(bool, char, i8, i16, i32, i64, u8, u16, u32, u64, usize, isize, String, &'static str);

impl<T: 'static> GenericTree for PhantomData<T> {
    type Of<A: Tree> = PhantomData<T>;
    fn map_trees<A: Tree>(&self, _: &mut dyn FnMut(&Tensor) -> A) -> PhantomData<T> {
        PhantomData
    }
}
