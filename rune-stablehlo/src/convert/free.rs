//! Captures of functions and regions: values by name, and arrays, because sub-programs cannot hold constants.

use super::converter::{ConvertError, Converter, MAX_CALLS, invalid, name_of};
use crate::ast::{Attribute, Dense, Elements, Operation, Region, Use};
use crate::parse::Module;
use std::collections::{HashMap, HashSet};

/// Returns the array of a constant, unless the text writes a single element for the whole array.
pub(super) fn dense<'a, 't>(op: &'a Operation<'t>) -> Option<&'a Dense<'t>> {
    match op.attribute(&["value"]) {
        Some(Attribute::Dense(dense)) if op.name == "stablehlo.constant" => match &dense.elements {
            Elements::Splat(_) => None,
            Elements::List(_) | Elements::Blob(_) => Some(dense),
        },
        _ => None,
    }
}

/// Returns the array constants by their positions in the text.
pub(super) fn places<'m, 't>(module: &'m Module<'t>) -> HashMap<usize, &'m Operation<'t>> {
    let mut found = HashMap::new();
    let mut regions: Vec<&Region> = module.operations.iter().flat_map(|op| &op.regions).collect();
    while let Some(region) = regions.pop() {
        for op in &region.operations {
            regions.extend(&op.regions);
            found.extend(dense(op).map(|dense| (dense.at, op)));
        }
    }
    found
}

/// Returns the positions of the arrays that a function needs.
pub(super) fn of_function<'m>(cx: &mut Converter<'m, '_>, name: &str, calls: u32) -> Result<Vec<usize>, ConvertError> {
    if let Some(known) = cx.needs.get(name) {
        let known = known.clone();
        cx.hand(known.len())?;
        return Ok(known);
    }
    if calls > MAX_CALLS {
        return invalid(format!("calls nest more than {MAX_CALLS} deep, or recurse"));
    }
    let (name, function) = cx.function(name)?;
    let regions = function.regions.iter().collect();
    let found = arrays(cx, regions, calls)?;
    cx.hand(found.len())?;
    cx.needs.insert(name, found.clone());
    Ok(found)
}

/// Returns the arrays that regions need.
pub(super) fn of_regions<'m, 't>(
    cx: &mut Converter<'m, 't>,
    regions: &[&'m Region<'t>],
) -> Result<Vec<usize>, ConvertError> {
    let found = arrays(cx, regions.to_vec(), 0)?;
    cx.hand(found.len())?;
    Ok(found)
}

fn arrays<'m, 't>(
    cx: &mut Converter<'m, 't>,
    mut regions: Vec<&'m Region<'t>>,
    calls: u32,
) -> Result<Vec<usize>, ConvertError> {
    let (mut found, mut seen) = (Vec::new(), HashSet::new());
    while let Some(region) = regions.pop() {
        for op in &region.operations {
            regions.extend(&op.regions);
            let callee = match op.name {
                "func.call" => name_of(op, "callee"),
                "stablehlo.composite" => name_of(op, "decomposition"),
                _ => None,
            };
            let inner = match callee {
                Some(name) if cx.functions.contains_key(name) => of_function(cx, name, calls + 1)?,
                _ => Vec::new(),
            };
            found.extend(inner.into_iter().chain(dense(op).map(|d| d.at)).filter(|&at| seen.insert(at)));
        }
    }
    Ok(found)
}

/// Returns the values that regions use but do not define, in the order of their first use.
pub(super) fn values<'t>(regions: &[&Region<'t>]) -> Vec<Use<'t>> {
    let (mut found, mut seen) = (Vec::new(), HashSet::new());
    for region in regions {
        walk(region, &mut Vec::new(), &mut |used| {
            if seen.insert(used) {
                found.push(used);
            }
        });
    }
    found
}

/// Calls `free` for each use in a region whose definition is neither in it nor in the enclosing regions `around`. The
/// parser bounds the nesting of regions.
fn walk<'t>(region: &Region<'t>, around: &mut Vec<HashSet<&'t str>>, free: &mut dyn FnMut(Use<'t>)) {
    around.push(region.arguments.iter().map(|(name, _)| *name).collect());
    for op in &region.operations {
        for &used in &op.operands {
            if !around.iter().any(|defined| defined.contains(used.name)) {
                free(used);
            }
        }
        for inner in &op.regions {
            walk(inner, around, free);
        }
        let defined = around.last_mut().expect("one was pushed");
        defined.extend(op.results.iter().map(|(name, _)| *name));
    }
    around.pop();
}
