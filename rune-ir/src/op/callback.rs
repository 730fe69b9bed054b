//! User functions as attributes of operations.

use crate::{Array, Loc, Type};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::any::{Any, TypeId};
use std::fmt;
use std::hash::{Hash, Hasher};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A handle to a user function that programs call. It is cheap to clone. The function lives as long as a program that
/// calls it.
///
/// Two handles are equal if they are clones of one handle, or handles of one function that captures nothing. Program
/// text shows the name. Neither program text nor files with a callback can be read.
#[derive(Clone)]
pub struct Callback(Arc<Inner>);

type Function = dyn Fn(&[Array]) -> Result<Vec<Array>, String> + Send + Sync;

struct Inner {
    identity: Identity,
    name: String,
    loc: Loc,
    /// The paths of the leaves of its result.
    paths: Vec<String>,
    call: Box<Function>,
}

static NEXT: AtomicU64 = AtomicU64::new(0);

/// The identity of a function.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub enum Identity {
    /// Its type, and the structure of arguments and results. It captures nothing.
    Type(TypeId, u64),
    /// A number that is unique in this process.
    Number(u64),
}

impl Identity {
    /// Returns the identity of a function of type `F`, with arguments and results of this structure.
    #[doc(hidden)]
    pub fn of<F: 'static, Trees: 'static>(structure: u64) -> Identity {
        match size_of::<F>() {
            0 => Identity::Type(TypeId::of::<(F, Trees)>(), structure),
            _ => Identity::Number(NEXT.fetch_add(1, Ordering::Relaxed)),
        }
    }
}

/// The way in which `vmap` calls a `pure_callback` for a batch, like JAX's `vmap_method`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VmapMethod {
    /// One call for each batch element, in a loop.
    Sequential,
    /// One call for each batch element, without a loop: the program holds that many calls.
    SequentialUnrolled,
    /// One call for the whole batch, whose axis is the first axis of arguments and results. In unmapped arguments its
    /// size is 1.
    ExpandDims,
    /// One call for the whole batch, whose axis is the first axis of arguments and results. Unmapped arguments are
    /// repeated along it.
    BroadcastAll,
}

/// A user function returned an error, panicked, or returned other types than it announced.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{op}` at {loc} failed: {reason}")]
pub struct CallbackError {
    /// The operation.
    pub op: &'static str,
    /// The name of the function.
    pub name: String,
    /// The line that made it part of a program.
    pub loc: Loc,
    /// The message of the function.
    pub reason: String,
}

impl Callback {
    #[doc(hidden)]
    pub fn new(
        identity: Identity,
        name: String,
        loc: Loc,
        paths: Vec<String>,
        call: impl Fn(&[Array]) -> Result<Vec<Array>, String> + Send + Sync + 'static,
    ) -> Callback {
        Callback(Arc::new(Inner { identity, name, loc, paths, call: Box::new(call) }))
    }
    /// Returns the name of the function.
    pub fn name(&self) -> &str {
        &self.0.name
    }
    /// Returns the line that made it part of a program.
    pub fn loc(&self) -> &Loc {
        &self.0.loc
    }
    /// Calls the function with `args`. `results` are the types that it must return, and `op` is the operation that
    /// errors name.
    ///
    /// # Errors
    /// If it returns an error, panics, or returns other types.
    pub fn call(&self, op: &'static str, args: &[Array], results: &[Type]) -> Result<Vec<Array>, CallbackError> {
        let given = catch_panic(|| (self.0.call)(args));
        let checked = given.and_then(|given| self.check(&given, results).map(|()| given));
        checked.map_err(|reason| CallbackError { op, name: self.0.name.clone(), loc: self.0.loc.clone(), reason })
    }
    fn check(&self, given: &[Array], results: &[Type]) -> Result<(), String> {
        if given.len() != results.len() {
            return Err(format!("it returned {} arrays, but {} were announced", given.len(), results.len()));
        }
        match given.iter().zip(results).position(|(array, ty)| array.ty() != ty) {
            None => Ok(()),
            Some(i) => {
                let path = self.0.paths.get(i).map_or("result", String::as_str);
                Err(format!("it returned `{path}` of type {}, and {} was announced", given[i].ty(), results[i]))
            }
        }
    }
}

/// Calls a function, and turns its panic into an error: foreign code must not unwind.
#[doc(hidden)]
pub fn catch_panic<R>(f: impl FnOnce() -> Result<R, String>) -> Result<R, String> {
    let message = |panic: Box<dyn Any + Send>| {
        let text = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
        format!("it panicked: {}", text.unwrap_or("without a message"))
    };
    catch_unwind(AssertUnwindSafe(f)).unwrap_or_else(|panic| Err(message(panic)))
}

impl PartialEq for Callback {
    fn eq(&self, other: &Callback) -> bool {
        self.0.identity == other.0.identity
    }
}
impl Eq for Callback {}
impl Hash for Callback {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.identity.hash(state);
    }
}
impl fmt::Debug for Callback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Callback({} at {})", self.0.name, self.0.loc)
    }
}

/// Writes the name.
impl Serialize for Callback {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0.name)
    }
}
/// Always fails: a name is not a function.
impl<'de> Deserialize<'de> for Callback {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Callback, D::Error> {
        let name = String::deserialize(deserializer)?;
        Err(D::Error::custom(format!(
            "`{name}` is a function of the process that traced the program, and not part of any text"
        )))
    }
}
