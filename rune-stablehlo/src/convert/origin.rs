//! Origins of operations.

use super::converter::Converter;
use crate::ast::{Location, Operation};
use rune_ir::{Loc, Origin};
use std::borrow::Cow;
use std::sync::Arc;

/// The maximum number of aliases to follow.
const HOPS: u32 = 64;

/// Returns the source line, and JAX's name stack without the enclosing function and the operation.
pub(super) fn of(cx: &Converter, op: &Operation) -> Origin {
    let mut origin = Origin::default();
    let mut location = op.location.as_ref();
    for _ in 0..HOPS {
        location = match location {
            Some(Location::Alias(name)) => cx.module.locations.get(name),
            Some(Location::Name(name, inner)) => {
                if origin.scope.is_none() {
                    let mut parts: Vec<&str> = name.split('/').collect();
                    parts.pop();
                    let jitted = |p: &&&str| p.starts_with("jit(") || p.starts_with("pjit");
                    let scope: Vec<&str> = parts.iter().filter(|p| !jitted(p)).copied().collect();
                    origin.scope = (!scope.is_empty()).then(|| Arc::from(scope.join("/")));
                }
                inner.as_deref()
            }
            Some(Location::File { file, line, column }) => {
                origin.loc = Some(Loc { file: Cow::Owned(file.to_string()), line: *line, column: *column });
                return origin;
            }
            Some(Location::Unknown) | None => return origin,
        };
    }
    origin
}
