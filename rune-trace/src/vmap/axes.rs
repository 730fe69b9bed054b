//! The batch axis in arguments and results.

use crate::Tree;
use crate::call_site::CallSite;
use crate::function::Arguments;

/// The batch axis in the leaves of a tree: an axis, an `Option` of one, or a list of these options.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MapAxes(Entries);

#[derive(Clone, PartialEq, Eq, Debug)]
enum Entries {
    /// The same axis in all leaves.
    All(Option<i64>),
    /// One entry for each leaf, in order.
    Each(Vec<Option<i64>>),
}

impl MapAxes {
    /// Returns the entry of leaf `i`, if there is one.
    pub(super) fn of_leaf(&self, i: usize) -> Option<Option<i64>> {
        match &self.0 {
            Entries::All(axis) => Some(*axis),
            Entries::Each(axes) => axes.get(i).copied(),
        }
    }
    pub(super) fn check_count(&self, what: &str, leaves: usize, place: CallSite) {
        match &self.0 {
            Entries::Each(axes) if axes.len() != leaves => {
                place.fail(&format!("{what} has {leaves} leaves, but got {} axes", axes.len()))
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

/// The batch axis in the arguments of a function: an axis, or a tuple with one entry for each argument.
pub trait InAxes<X: Arguments> {
    /// Returns one entry for each argument.
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
