//! The engine that the tests run on: IREE, unless `RUNE_TEST_TIER` names another tier.

use once_cell::sync::Lazy;
use rune::{Arguments, Function, Jit, Tier, Tree};

static TIER: Lazy<Tier> = Lazy::new(|| match std::env::var("RUNE_TEST_TIER") {
    Ok(name) => name.parse().expect("RUNE_TEST_TIER names a tier"),
    Err(_) => Tier::Iree,
});

/// [`rune::jit`] on the engine of the tests.
#[track_caller]
pub fn jit<'f, X, F>(f: F) -> Jit<'f, X, F>
where
    X: Arguments,
    F: Function<X> + 'f,
    F::Output: Tree + Send + Sync,
{
    rune::jit(f).tier(*TIER)
}
