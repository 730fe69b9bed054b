//! Functions of one to six trees, which transformations take and return.

use crate::{Static, Tensor, Tree, TreePath};
use std::hash::Hasher;

/// The types of the arguments of a function, as a tuple.
pub trait Arguments: 'static {
    /// References to the arguments.
    type Refs<'a>: Copy;
    /// The type of the first argument.
    type First: Tree;
    /// The type of the only argument, or the tuple of several.
    type Plain: Tree;
    /// The number of arguments.
    const COUNT: usize;
    /// Calls `leaf` with each tensor, the index of its argument, and its path.
    fn visit<'a>(args: Self::Refs<'a>, leaf: &mut dyn FnMut(usize, &TreePath, &'a Tensor));
    /// Returns the arguments with other leaves.
    fn map(args: Self::Refs<'_>, f: &mut dyn FnMut(&Tensor) -> Tensor) -> Self;
    /// Returns the first argument with other leaves.
    fn map_first(args: Self::Refs<'_>, f: &mut dyn FnMut(&Tensor) -> Tensor) -> Self::First;
    /// Returns the only argument, or the tuple of several.
    fn plain(self) -> Self::Plain;
    /// Passes everything that is not a leaf to `hasher`.
    fn structure(args: Self::Refs<'_>, hasher: &mut dyn Hasher);
    /// Returns everything that is not a leaf, for each argument, with the start of its paths.
    fn statics(args: Self::Refs<'_>) -> Vec<(&'static str, Static)>;
    /// Returns references to these arguments.
    fn refs(&self) -> Self::Refs<'_>;
    /// References to all arguments except the first.
    type Rest<'a>: Copy;
    /// A function that takes the first argument by value and the others by reference, and returns `O`.
    type Giving<'f, O: 'f>;
    /// Returns references to all arguments.
    fn with_first<'a, 'r: 'a>(first: &'a Self::First, rest: Self::Rest<'r>) -> Self::Refs<'a>;
    /// Turns `f` into a function of separate arguments, the first one by value.
    fn giving<'f, O: 'f>(
        f: impl for<'a> Fn(Self::First, Self::Rest<'a>) -> O + Send + Sync + 'f,
    ) -> Self::Giving<'f, O>;
}

/// A function that can be transformed. It takes references to one to six trees, and returns a tree.
///
/// All functions, closures (which may borrow) and results of transformations with this signature implement this trait.
/// `X` is the tuple of the types of the arguments. It is inferred; for a closure, from the types of its parameters.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be transformed",
    label = "needs a `Send + Sync` function of references to one to six trees, like `fn(&Tensor) -> Tensor`",
    note = "write the types of the parameters of a closure: `|x: &Tensor| …`",
    note = "a function that is a parameter needs the bounds `impl Fn(&Tensor) -> Tensor + Send + Sync`"
)]
pub trait Function<X: Arguments>: Send + Sync {
    /// The type of the result.
    type Output;
    /// A function of the same arguments that returns `O`.
    type Returning<'f, O: 'f>;
    /// Calls the function.
    fn call(&self, args: &X) -> Self::Output;
    /// Turns a function of the tuple of arguments into a function of separate arguments.
    fn returning<'f, O: 'f>(f: impl for<'a> Fn(X::Refs<'a>) -> O + Send + Sync + 'f) -> Self::Returning<'f, O>;
}

/// References to the arguments of a method call: `&x` for one, `(&x, &y)` for several.
pub trait ArgRefs<'a, X: Arguments> {
    /// Returns the references as a tuple.
    fn refs(self) -> X::Refs<'a>;
}

impl<'a, A: Tree> ArgRefs<'a, (A,)> for &'a A {
    fn refs(self) -> (&'a A,) {
        (self,)
    }
}

/// Selects argument `N`, counted from 0, for differentiation. A tuple selects several: `(Argnum::<0>, Argnum::<2>)`.
#[derive(Clone, Copy, Debug)]
pub struct Argnum<const N: usize>;

/// The arguments with respect to which to differentiate: an [`Argnum`], or a tuple of them.
pub trait Argnums<X: Arguments>: Copy + Send + Sync {
    /// The type of the gradient: that of the argument, or a tuple.
    type Grads: Tree;
    /// Returns the indices of the arguments.
    fn positions(self) -> Vec<usize>;
    /// Returns the gradients, which have the structure of the arguments.
    fn map(self, args: X::Refs<'_>, f: &mut dyn FnMut(&Tensor) -> Tensor) -> Self::Grads;
}

macro_rules! arity {
    ($count:literal; $First:ident; $Plain:ty, $plain:expr; $($T:ident $x:ident $i:tt),*; $($R:ident $r:ident),*) => {
        impl<$($T: Tree),*> Arguments for ($($T,)*) {
            type Refs<'a> = ($(&'a $T,)*);
            type First = $First;
            type Plain = $Plain;
            const COUNT: usize = $count;
            fn visit<'a>(args: Self::Refs<'a>, leaf: &mut dyn FnMut(usize, &TreePath, &'a Tensor)) {
                $(args.$i.visit(&mut TreePath::root(concat!("arguments[", stringify!($i), "]")), &mut |path, t| leaf($i, path, t));)*
            }
            fn map(args: Self::Refs<'_>, f: &mut dyn FnMut(&Tensor) -> Tensor) -> Self {
                ($(args.$i.map(f),)*)
            }
            fn map_first(args: Self::Refs<'_>, f: &mut dyn FnMut(&Tensor) -> Tensor) -> Self::First {
                args.0.map(f)
            }
            fn plain(self) -> $Plain {
                let plain: fn(Self) -> $Plain = $plain;
                plain(self)
            }
            fn structure(args: Self::Refs<'_>, hasher: &mut dyn Hasher) {
                $(args.$i.structure(hasher);)*
            }
            fn statics(args: Self::Refs<'_>) -> Vec<(&'static str, Static)> {
                vec![$((concat!("arguments[", stringify!($i), "]"), args.$i.statics())),*]
            }
            fn refs(&self) -> Self::Refs<'_> {
                ($(&self.$i,)*)
            }
            type Rest<'a> = ($(&'a $R,)*);
            type Giving<'f, O: 'f> = Box<dyn Fn($First, $(&$R),*) -> O + Send + Sync + 'f>;
            fn with_first<'a, 'r: 'a>(first: &'a $First, ($($r,)*): Self::Rest<'r>) -> Self::Refs<'a> {
                (first, $($r,)*)
            }
            fn giving<'f, O: 'f>(
                f: impl for<'a> Fn($First, Self::Rest<'a>) -> O + Send + Sync + 'f,
            ) -> Self::Giving<'f, O> {
                Box::new(move |first: $First, $($r: &$R),*| f(first, ($($r,)*)))
            }
        }
        impl<Fun, Out, $($T: Tree),*> Function<($($T,)*)> for Fun
        where
            Fun: Fn($(&$T),*) -> Out + Send + Sync,
        {
            type Output = Out;
            type Returning<'f, O: 'f> = Box<dyn Fn($(&$T),*) -> O + Send + Sync + 'f>;
            fn call(&self, args: &($($T,)*)) -> Out {
                crate::tensor::with_user_locations(|| self($(&args.$i),*))
            }
            fn returning<'f, O: 'f>(
                f: impl for<'a> Fn(($(&'a $T,)*)) -> O + Send + Sync + 'f,
            ) -> Self::Returning<'f, O> {
                Box::new(move |$($x: &$T),*| f(($($x,)*)))
            }
        }
        impl<'a, $($T: Tree),*> ArgRefs<'a, ($($T,)*)> for ($(&'a $T,)*) {
            fn refs(self) -> ($(&'a $T,)*) {
                self
            }
        }
        argnums!([$($T),*]; $($i $T),*);
    };
}

macro_rules! argnums {
    ($all:tt; $($i:tt $T:ident),*) => {
        $(argnum!($i, $T; $all);)*
    };
}

macro_rules! argnum {
    ($i:tt, $Mine:ident; [$($T:ident),*]) => {
        impl<$($T: Tree),*> Argnums<($($T,)*)> for Argnum<$i> {
            type Grads = $Mine;
            fn positions(self) -> Vec<usize> {
                vec![$i]
            }
            fn map(self, args: <($($T,)*) as Arguments>::Refs<'_>, f: &mut dyn FnMut(&Tensor) -> Tensor) -> $Mine {
                args.$i.map(f)
            }
        }
    };
}

macro_rules! argnum_tuples {
    ($($($S:ident $i:tt),*;)*) => {$(
        impl<X: Arguments, $($S: Argnums<X>),*> Argnums<X> for ($($S,)*) {
            type Grads = ($($S::Grads,)*);
            fn positions(self) -> Vec<usize> {
                [$(self.$i.positions()),*].concat()
            }
            fn map(self, args: X::Refs<'_>, f: &mut dyn FnMut(&Tensor) -> Tensor) -> Self::Grads {
                ($(self.$i.map(args, f),)*)
            }
        }
    )*};
}
argnum_tuples! {
    S 0;
    S 0, T 1;
    S 0, T 1, U 2;
    S 0, T 1, U 2, V 3;
}

arity!(1; A; A, |x| x.0; A a 0;);
arity!(2; A; (A, B), |x| x; A a 0, B b 1; B b);
arity!(3; A; (A, B, C), |x| x; A a 0, B b 1, C c 2; B b, C c);
arity!(4; A; (A, B, C, D), |x| x; A a 0, B b 1, C c 2, D d 3; B b, C c, D d);
arity!(5; A; (A, B, C, D, E), |x| x; A a 0, B b 1, C c 2, D d 3, E e 4; B b, C c, D d, E e);
arity!(6; A; (A, B, C, D, E, G), |x| x; A a 0, B b 1, C c 2, D d 3, E e 4, G g 5; B b, C c, D d, E e, G g);
