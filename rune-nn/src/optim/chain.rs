//! Transformations made of transformations.

use super::{GradientTransformation, Params};

macro_rules! chains {
    ($($($T:ident $i:tt),*;)*) => {$(
        /// One after the other: each is given the updates of the one before.
        impl<$($T: GradientTransformation),*> GradientTransformation for ($($T,)*) {
            type State<P: Params> = ($($T::State<P>,)*);
            #[allow(clippy::unused_unit, unused_variables)]
            fn init<P: Params>(&self, params: &P) -> Self::State<P> {
                ($(self.$i.init(params),)*)
            }
            #[track_caller]
            fn update<P: Params>(&self, updates: &P, state: &Self::State<P>, params: &P) -> (P, Self::State<P>) {
                let mut updates = updates.map(&mut |leaf| leaf.clone());
                let after = ($({
                    let (next, after) = self.$i.update(&updates, &state.$i, params);
                    updates = next;
                    after
                },)*);
                (updates, after)
            }
        }
    )*};
}
chains! {
    A 0;
    A 0, B 1;
    A 0, B 1, C 2;
    A 0, B 1, C 2, D 3;
    A 0, B 1, C 2, D 3, E 4;
    A 0, B 1, C 2, D 3, E 4, F 5;
}

/// Nothing is done where there is none.
impl<T: GradientTransformation> GradientTransformation for Option<T> {
    type State<P: Params> = Option<T::State<P>>;
    fn init<P: Params>(&self, params: &P) -> Self::State<P> {
        self.as_ref().map(|t| t.init(params))
    }
    #[track_caller]
    fn update<P: Params>(&self, updates: &P, state: &Self::State<P>, params: &P) -> (P, Self::State<P>) {
        match (self, state) {
            (Some(t), Some(state)) => {
                let (updates, state) = t.update(updates, state, params);
                (updates, Some(state))
            }
            (None, None) => (updates.map(&mut |leaf| leaf.clone()), None),
            (Some(_), None) | (None, Some(_)) => {
                panic!("optim: the state is not of this optimiser, but of one with other settings")
            }
        }
    }
}

impl<T: GradientTransformation> GradientTransformation for &T {
    type State<P: Params> = T::State<P>;
    fn init<P: Params>(&self, params: &P) -> Self::State<P> {
        (**self).init(params)
    }
    #[track_caller]
    fn update<P: Params>(&self, updates: &P, state: &Self::State<P>, params: &P) -> (P, Self::State<P>) {
        (**self).update(updates, state, params)
    }
}

/// A struct of settings that stands for the chain that `parts` makes of it.
macro_rules! stands_for {
    ($Name:ty, $Parts:ty, |$settings:ident| $parts:expr) => {
        impl $Name {
            fn parts(&self) -> $Parts {
                let $settings = self;
                $parts
            }
        }
        impl crate::optim::GradientTransformation for $Name {
            type State<P: crate::optim::Params> = crate::optim::State<$Parts, P>;
            fn init<P: crate::optim::Params>(&self, params: &P) -> Self::State<P> {
                self.parts().init(params)
            }
            #[track_caller]
            fn update<P: crate::optim::Params>(
                &self,
                updates: &P,
                state: &Self::State<P>,
                params: &P,
            ) -> (P, Self::State<P>) {
                self.parts().update(updates, state, params)
            }
        }
    };
}
pub(super) use stands_for;
