//! The engine of the tests: IREE by default, or the tier in `RUNE_TEST_TIER`. If that is `none`, `RUNE_TIER` applies.

use once_cell::sync::Lazy;
use rune::{Arguments, Function, Jit, Tier, Tree};

static TIER: Lazy<Option<Tier>> = Lazy::new(|| match std::env::var("RUNE_TEST_TIER").as_deref() {
    Ok("none") => None,
    Ok(name) => Some(name.parse().expect("RUNE_TEST_TIER names a tier")),
    Err(_) => Some(Tier::Iree),
});

/// [`rune::jit`] on the engine of the tests.
#[track_caller]
pub fn jit<'f, X, F>(f: F) -> Jit<'f, X, F>
where
    X: Arguments,
    F: Function<X> + 'f,
    F::Output: Tree + Send + Sync,
{
    match *TIER {
        Some(tier) => rune::jit(f).tier(tier),
        None => rune::jit(f),
    }
}
