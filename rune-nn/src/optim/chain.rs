//! Chains of gradient transformations.

use super::{GradientTransformation, Params};
use rune_trace::at_caller;

/// Panics because the state has the parts of an optimiser with other settings.
#[track_caller]
pub(super) fn fail_other_settings() -> ! {
    refuse!("optim: the state belongs to an optimiser with other settings; create it with this optimiser's `init`")
}

macro_rules! chains {
    ($($($T:ident $i:tt),*;)*) => {$(
        /// A chain: each transformation receives the updates of the one before.
        impl<$($T: GradientTransformation),*> GradientTransformation for ($($T,)*) {
            type State<P: Params> = ($($T::State<P>,)*);
            #[allow(clippy::unused_unit, unused_variables)]
            #[track_caller]
            fn init<P: Params>(&self, params: &P) -> Self::State<P> { at_caller(|| {
                ($(self.$i.init(params),)*)
            }) }
            #[track_caller]
            fn update<P: Params>(&self, updates: &P, state: &Self::State<P>, params: &P) -> (P, Self::State<P>) { at_caller(|| {
                let mut updates = updates.map(&mut |leaf| leaf.clone());
                let after = ($({
                    let (next, after) = self.$i.update(&updates, &state.$i, params);
                    updates = next;
                    after
                },)*);
                (updates, after)
            }) }
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

/// `None` leaves the updates unchanged.
impl<T: GradientTransformation> GradientTransformation for Option<T> {
    type State<P: Params> = Option<T::State<P>>;
    #[track_caller]
    fn init<P: Params>(&self, params: &P) -> Self::State<P> {
        at_caller(|| self.as_ref().map(|t| t.init(params)))
    }
    #[track_caller]
    fn update<P: Params>(&self, updates: &P, state: &Self::State<P>, params: &P) -> (P, Self::State<P>) {
        at_caller(|| match (self, state) {
            (Some(t), Some(state)) => {
                let (updates, state) = t.update(updates, state, params);
                (updates, Some(state))
            }
            (None, None) => (updates.map(&mut |leaf| leaf.clone()), None),
            (Some(_), None) | (None, Some(_)) => fail_other_settings(),
        })
    }
}

impl<T: GradientTransformation> GradientTransformation for &T {
    type State<P: Params> = T::State<P>;
    #[track_caller]
    fn init<P: Params>(&self, params: &P) -> Self::State<P> {
        at_caller(|| (**self).init(params))
    }
    #[track_caller]
    fn update<P: Params>(&self, updates: &P, state: &Self::State<P>, params: &P) -> (P, Self::State<P>) {
        at_caller(|| (**self).update(updates, state, params))
    }
}

/// Implements `GradientTransformation` for a struct of settings, by the chain that `parts` returns.
macro_rules! impl_as_chain {
    ($Name:ty, $Parts:ty, |$settings:ident| $parts:expr) => {
        impl $Name {
            fn parts(&self) -> $Parts {
                let $settings = self;
                $parts
            }
        }
        impl crate::optim::GradientTransformation for $Name {
            type State<P: crate::optim::Params> = crate::optim::State<$Parts, P>;
            #[track_caller]
            fn init<P: crate::optim::Params>(&self, params: &P) -> Self::State<P> {
                rune_trace::at_caller(|| self.parts().init(params))
            }
            #[track_caller]
            fn update<P: crate::optim::Params>(
                &self,
                updates: &P,
                state: &Self::State<P>,
                params: &P,
            ) -> (P, Self::State<P>) {
                rune_trace::at_caller(|| self.parts().update(updates, state, params))
            }
        }
    };
}
pub(super) use impl_as_chain;
