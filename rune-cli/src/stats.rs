//! `rune-cli inspect --stats`.

use crate::units::{bytes, count};
use crate::{output, progress};
use anyhow::Result;
use rune::ProgramExt;
use rune::{CompileOptions, Program, Stages, Type};
use serde_json::json;
use std::collections::BTreeMap;
use std::fmt::Write;

/// Reports the contents of a program, and the requirements of its compiled form.
pub fn show(program: &Program, shown: &str, options: &CompileOptions, json: bool) -> Result<()> {
    let simplified = program.simplify();
    let mut operations: BTreeMap<&str, usize> = BTreeMap::new();
    for instruction in simplified.instructions() {
        *operations.entry(instruction.op.name()).or_default() += 1;
    }
    let compiled = progress::with_progress(&format!("compiling {shown}"), |_| {
        Stages::new(simplified.clone(), options.clone()).stats()
    })?;
    let residuals = residuals(&simplified);
    let cost = simplified.cost();
    let total = |types: &[Type]| types.iter().map(|ty| ty.bytes() as u64).sum::<u64>();
    let (inputs, outputs) = (total(simplified.input_types()), total(&simplified.output_types()));
    let constants: u64 = simplified.constants().iter().map(|c| c.ty().bytes() as u64).sum();
    let statistics = compiled.statistics;

    let mut text = String::new();
    let mut row = |name: &str, value: String| writeln!(text, "{name:<22}{value}");
    let before = program.instructions().len();
    let after = simplified.instructions().len();
    row("instructions", format!("{}, and {} when simplified", count(before as u64), count(after as u64)))?;
    let mut most: Vec<(&str, usize)> = operations.iter().map(|(name, n)| (*name, *n)).collect();
    most.sort_by_key(|&(name, n)| (std::cmp::Reverse(n), name));
    row("operations", most.iter().map(|(name, n)| format!("{name} {n}")).collect::<Vec<_>>().join(", "))?;
    let note = if cost.unbounded { ", counting one iteration of each unbounded loop" } else { "" };
    row("multiply-adds", format!("{}, and {} other steps{note}", count(cost.multiply_adds), count(cost.flops)))?;
    row(
        "read and written",
        format!("{} and {}, if nothing is fused", bytes(cost.bytes_read), bytes(cost.bytes_written)),
    )?;
    row("inputs", bytes(inputs))?;
    row("constants", bytes(constants))?;
    row("outputs", bytes(outputs))?;
    if let Some(Residuals { count: n, bytes: held }) = residuals {
        row("residuals", format!("{} in {n} arrays, from the forward to the backward pass", bytes(held)))?;
    }
    row("target", options.target.to_string())?;
    let kernels = count(statistics.executables);
    row(
        "dispatches",
        format!("{} of {kernels} kernels, and {} fills and copies", count(statistics.dispatches), statistics.transfers),
    )?;
    row("transient memory", bytes(statistics.transient_bytes))?;
    row("peak memory", bytes(compiled.peak_bytes))?;
    row("module", bytes(compiled.module_bytes))?;
    let value = json!({
        "file": shown, "instructions": before, "simplified_instructions": after, "operations": operations,
        "multiply_adds": cost.multiply_adds, "flops": cost.flops, "unbounded": cost.unbounded,
        "bytes_read": cost.bytes_read, "bytes_written": cost.bytes_written, "input_bytes": inputs, "constant_bytes": constants, "output_bytes": outputs,
        "residuals": residuals.map(|r| r.count), "residual_bytes": residuals.map(|r| r.bytes),
        "target": options.target.to_string(), "dispatches": statistics.dispatches, "kernels": statistics.executables,
        "transfers": statistics.transfers, "transient_bytes": statistics.transient_bytes,
        "peak_bytes": compiled.peak_bytes, "module_bytes": compiled.module_bytes,
    });
    output::print_value(json, text.trim_end(), value)
}

/// The residuals that reverse mode keeps from the forward pass.
#[derive(Clone, Copy)]
struct Residuals {
    count: usize,
    bytes: u64,
}

/// Returns the residuals of the derivative with respect to all float inputs. Residuals that are inputs are not counted.
/// Returns `None` if there is no derivative.
fn residuals(program: &Program) -> Option<Residuals> {
    let types = program.input_types();
    let by: Vec<usize> = (0..types.len()).filter(|&i| types[i].dtype.is_float()).collect();
    if by.is_empty() || !program.output_types().iter().any(|ty| ty.dtype.is_float()) {
        return None;
    }
    let (forward, _) = crate::transform::catch_panic(|| program.linearize(&by)).ok()?;
    let forward = forward.simplify();
    let made = forward.outputs()[program.outputs().len()..].iter().filter(|v| v.index() >= types.len());
    let made: std::collections::BTreeSet<_> = made.collect();
    Some(Residuals { count: made.len(), bytes: made.iter().map(|v| forward.ty(**v).bytes() as u64).sum() })
}
