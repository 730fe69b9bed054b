//! Lowers programs to StableHLO.

use crate::device::Device;
use crate::{Error, compiled_program};
use rune_ir::{Program, Value};
use rune_iree::{CompileOptions, RunError, Target};
use rune_lower::{Backend, LowerError, LowerOptions, LoweredModule, Purpose, lower};

/// Lowers a program to StableHLO for the target of `device`.
pub(crate) fn lower_for(program: &Program, device: &Device) -> Result<LoweredModule, Error> {
    check_memory(program, device)?;
    lower_to(program, &options_for(device).target)
}

/// Checks that the arrays of a program fit into the memory of its device. The compiler fails at some that do not fit,
/// and its message does not mention memory.
fn check_memory(program: &Program, device: &Device) -> Result<(), Error> {
    let Device::Iree(device) = device else { return Ok(()) };
    let Some(capacity) = device.capacity() else { return Ok(()) };
    let outputs = program.output_types();
    let constants = program.constants().iter().map(Value::ty);
    let bytes = program.input_types().iter().chain(&outputs).chain(constants).fold(0u64, |sum, ty| {
        let elements = ty.shape.iter().fold(ty.dtype.size() as u64, |product, n| product.saturating_mul(*n as u64));
        sum.saturating_add(elements)
    });
    if bytes <= capacity {
        return Ok(());
    }
    Err(Error::Run(RunError::OutOfMemory {
        entry: program.name().to_owned(),
        device: device.name().to_owned(),
        in_use: device.memory().in_use,
        message: format!("its inputs, constants and results take {bytes} bytes, and the device has {capacity}"),
    }))
}

/// Lowers a program to StableHLO for a target.
pub(crate) fn lower_to(program: &Program, target: &Target) -> Result<LoweredModule, Error> {
    let backend = Backend::of_target(target.backend());
    let entry = compiled_program::ENTRY.to_owned();
    let options =
        LowerOptions { backend, purpose: Purpose::Run, entry, f64: target.has_f64(), ..LowerOptions::default() };
    lower(program, &options).map_err(|error| shorten_error(program, error).into())
}

/// Shortens the text of the module, which MLIR prints in full, in an error.
fn shorten_error(program: &Program, error: LowerError) -> LowerError {
    const MAX_LINES: usize = 10;
    let LowerError::Malformed(text) = &error else { return error };
    let short = rune_iree::excerpt(text, MAX_LINES);
    if short == text.trim_end() {
        return error;
    }
    let saved = rune_iree::save_rejected(program.name(), &program.to_string(), text);
    let saved = saved.map(|file| format!("\nthe program and all messages are in {}", file.display()));
    LowerError::Malformed(format!("in `{}`: {short}{}", program.name(), saved.unwrap_or_default()))
}

/// Returns the options for compiling for `device`.
pub(crate) fn options_for(device: &Device) -> CompileOptions {
    match device {
        Device::Iree(device) => CompileOptions::for_target(device.target().clone()),
        Device::Reference | Device::Host => CompileOptions::default(),
    }
}
