//! The choice of the engine that runs jitted functions on a CPU.

use crate::Error;
use std::env::VarError;
use std::fmt;
use std::str::FromStr;
use std::sync::OnceLock;

/// The engine that runs a jitted function on a CPU. Other devices have one engine each.
///
/// [`Jit::tier`](crate::Jit::tier) chooses the tier of one function, and the environment variable `RUNE_TIER` that of
/// all others. Engines may differ in the last bits of floating-point results.
///
/// ```
/// use rune::{Tier, prelude::*};
/// let f = jit(|x: &Tensor| x.exp().sum()).tier(Tier::Host);
/// let x = Tensor::from([0.0f32, 0.0]);
/// assert_eq!(f(&x).item::<f32>()?, 2.0);
/// # Ok::<(), rune::EvalError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Tier {
    /// The host engine answers first. IREE compiles expensive programs in the background, in a separate process. Both
    /// engines then compute a few calls. If the results agree, the faster engine runs the function from then on.
    /// Without the feature `iree`, this is [`Tier::Host`].
    #[default]
    Auto,
    /// The host engine, which compiles nothing: a program is ready in microseconds.
    Host,
    /// IREE. The first call waits for the compiler, which takes half a second or more. Needs the feature `iree`.
    Iree,
}

impl Tier {
    /// All tiers.
    pub const ALL: [Tier; 3] = [Tier::Auto, Tier::Host, Tier::Iree];

    /// Returns the name, as in `RUNE_TIER`.
    pub fn name(self) -> &'static str {
        match self {
            Tier::Auto => "auto",
            Tier::Host => "host",
            Tier::Iree => "iree",
        }
    }
    /// Returns the tier, or an error if this build lacks its engine.
    pub(crate) fn available(self, setting: &str) -> Result<Tier, Error> {
        match self {
            Tier::Iree if cfg!(not(feature = "iree")) => {
                Err(Error::MissingFeature { what: format!("the tier `iree` ({setting})"), feature: "iree" })
            }
            Tier::Auto | Tier::Host | Tier::Iree => Ok(self),
        }
    }
    /// Returns the tier that `RUNE_TIER` names, else [`Tier::Auto`].
    pub(crate) fn from_environment() -> Result<Tier, Error> {
        static TIER: OnceLock<Result<Tier, String>> = OnceLock::new();
        let tier = TIER.get_or_init(|| match std::env::var("RUNE_TIER") {
            Err(VarError::NotPresent) => Ok(Tier::Auto),
            Err(VarError::NotUnicode(name)) => Err(name.to_string_lossy().into_owned()),
            Ok(name) if name.is_empty() => Ok(Tier::Auto),
            Ok(name) => name.parse().map_err(|UnknownTier(name)| name),
        });
        tier.clone().map_err(UnknownTier)?.available("in RUNE_TIER")
    }
}

/// The engine that runs a function.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Engine {
    /// The reference interpreter.
    Interpreter,
    /// The host engine.
    Host,
    /// Code that IREE compiled.
    Iree,
}

impl fmt::Display for Tier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Engine::Interpreter => "interpreter",
            Engine::Host => "host",
            Engine::Iree => "iree",
        })
    }
}

/// No tier has this name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a tier; write auto, host or iree (in RUNE_TIER, if no code names it)")]
pub struct UnknownTier(pub String);

impl FromStr for Tier {
    type Err = UnknownTier;
    fn from_str(name: &str) -> Result<Tier, UnknownTier> {
        Tier::ALL.into_iter().find(|tier| tier.name() == name).ok_or_else(|| UnknownTier(name.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_parse_back() {
        assert!(Tier::ALL.iter().all(|tier| tier.to_string().parse() == Ok(*tier)));
        assert!("fast".parse::<Tier>().unwrap_err().to_string().contains("`fast` is not a tier"));
    }
}
