//! Loaded programs, and the files of compiled programs.

use crate::Error;
use crate::device::{Device, default_device};
use crate::error::list;
use crate::host_ops::HostOps;
#[cfg(feature = "iree")]
use rune_ir::op::Callback;
use rune_ir::{Loc, ModuleSignature, Type, Value};
use rune_iree::{CompiledModule, CpuMismatch, Executable, RunError, Signature};
use rune_trace::{Tensor, storage};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The name of the function in every module.
pub(crate) const ENTRY: &str = "main";

/// Loads a module with this signature. Errors of calls name its function and the user's line.
pub(crate) fn load(
    (name, loc): (&str, Option<Loc>),
    module: &CompiledModule,
    device: &Arc<rune_iree::Device>,
    stated: &ModuleSignature,
) -> Result<Executable, Error> {
    let types = stated.inputs.iter().chain(&stated.constants).cloned().collect();
    let signature = Signature::new(types, stated.outputs.clone());
    let host = (!stated.host.is_empty()).then(|| Arc::new(HostOps(stated.host.clone())) as Arc<_>);
    Ok(Executable::load(module, device, ENTRY, signature, host)?.named(name, loc))
}

/// Copies the constants of a program to the memory of a device, so that calls need not do it.
pub(crate) fn constants_on(device: &Arc<rune_iree::Device>, constants: &[Value]) -> Result<Vec<Value>, Error> {
    Ok(constants.iter().map(|constant| device.put(constant)).collect::<Result<_, _>>()?)
}

/// Returns the path of the file with the constants of a compiled program, beside the module.
pub(crate) fn constants_path(module: &Path) -> PathBuf {
    let mut name = module.as_os_str().to_owned();
    name.push(".safetensors");
    name.into()
}

/// Writes a module, and the constants of its program beside it.
///
/// # Errors
/// Returns an error if the program calls a function of this process, or if a file cannot be written.
#[cfg(feature = "iree")]
pub(crate) fn save(
    module: &CompiledModule,
    callback: Option<&Callback>,
    constants: &[Value],
    path: &Path,
) -> Result<(), Error> {
    if let Some(callback) = callback {
        let (path, function, loc) = (path.to_owned(), callback.name().to_owned(), callback.loc().clone());
        return Err(Error::Callback { path, function, loc });
    }
    let arrays = constants.iter().map(Value::to_host).collect::<Result<Vec<_>, _>>().map_err(Error::Transfer)?;
    let names: Vec<String> = (0..arrays.len()).map(|i| format!("c{i}")).collect();
    let beside = constants_path(path);
    // The constants come first, so that a module never lacks them.
    let paths: &[&Path] = if arrays.is_empty() { &[path] } else { &[&beside, path] };
    Ok(storage::replace_all(paths, |i, temporary| match paths[i] == path {
        true => std::fs::write(temporary, module.bytes()),
        false => storage::write_to(temporary, names.iter().map(String::as_str).zip(&arrays)),
    })?)
}

/// A compiled program on a device, loaded from a `.vmfb` file. It needs neither the compiler nor the program.
///
/// The file holds the types of inputs and outputs, and names the operations that the process must provide (sorting, on
/// CPUs). Captured tensors are in a second file, whose name has `.safetensors` appended. A module is therefore compiled
/// once for all their values.
///
/// A `.vmfb` is machine code. Load only files that you or someone you trust compiled.
///
/// ```no_run
/// use rune::{CompiledProgram, Tensor};
/// let square = CompiledProgram::load("square.vmfb")?;
/// let y = square.call(&[Tensor::from([3.0f32])])?;
/// # Ok::<(), rune::Error>(())
/// ```
#[derive(Debug)]
pub struct CompiledProgram {
    name: String,
    signature: ModuleSignature,
    executable: Executable,
    constants: Vec<Value>,
}

impl CompiledProgram {
    /// Loads a `.vmfb` on the default device.
    ///
    /// # Errors
    /// Returns an error where [`CompiledProgram::load_on`] and [`default_device`] do.
    pub fn load(path: impl AsRef<Path>) -> Result<CompiledProgram, Error> {
        CompiledProgram::load_on(path, &default_device()?)
    }
    /// Loads a `.vmfb` on a device.
    ///
    /// # Errors
    /// Returns an error if a file cannot be read, is damaged, or was not compiled by rune; if the module is for another
    /// kind of device, or for a CPU with extensions that this one lacks; or if the constants are missing or belong to
    /// another program.
    pub fn load_on(path: impl AsRef<Path>, device: &Device) -> Result<CompiledProgram, Error> {
        let path = path.as_ref();
        let invalid = |reason: String| Error::CompiledFile { path: path.to_owned(), reason };
        let Device::Iree(device) = device else {
            return Err(invalid("the reference interpreter runs programs, not what they were compiled to".to_owned()));
        };
        let module = CompiledModule::load(path)?;
        let text = module.attribute(ENTRY, ModuleSignature::KEY).map_err(invalid)?;
        let text = text.ok_or_else(|| invalid("it has no signature, so it was not compiled by rune".to_owned()))?;
        let signature = ModuleSignature::from_json(&text).map_err(|e| invalid(e.to_string()))?;
        check_cpu(&module).map_err(|e| invalid(e.to_string()))?;
        let constants = read_constants(path, &signature.constants)?;
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let executable = load((&name, None), &module, device, &signature).map_err(|error| {
            let Error::Run(RunError::OtherTarget { target, device, .. }) = &error else { return error };
            invalid(format!(
                "it was compiled for {target}, and the device is {device}; load it on such a device, or compile the program again for this one"
            ))
        })?;
        Ok(CompiledProgram { name, signature, executable, constants: constants_on(device, &constants)? })
    }
    #[cfg(feature = "iree")]
    pub(crate) fn new(
        name: &str,
        module: &CompiledModule,
        constants: &[Value],
        signature: ModuleSignature,
        device: &Arc<rune_iree::Device>,
    ) -> Result<CompiledProgram, Error> {
        check_cpu(module)?;
        let executable = load((name, None), module, device, &signature)?;
        Ok(CompiledProgram {
            name: name.to_owned(),
            signature,
            executable,
            constants: constants_on(device, constants)?,
        })
    }
    /// Returns the signature in a compiled module: the types of its inputs and outputs, and the operations that it
    /// needs. Returns `None` if another version of rune compiled it.
    pub fn signature_of(module: &CompiledModule) -> Option<ModuleSignature> {
        let text = module.attribute(ENTRY, ModuleSignature::KEY).ok()??;
        ModuleSignature::from_json(&text).ok()
    }
    /// Returns the types of the inputs.
    pub fn input_types(&self) -> &[Type] {
        &self.signature.inputs
    }
    /// Returns the types of the outputs.
    pub fn output_types(&self) -> &[Type] {
        &self.signature.outputs
    }
    /// Runs the program. It changes no input.
    ///
    /// # Errors
    /// Returns an error if the inputs have other types than the program was compiled for, or if the device fails.
    pub fn call_values(&self, inputs: &[Value]) -> Result<Vec<Value>, Error> {
        let (function, expected) = (|| self.name.clone(), self.input_types());
        if inputs.len() != expected.len() {
            let found = list(&inputs.iter().map(|v| v.ty().clone()).collect::<Vec<_>>());
            return Err(Error::Arguments { function: function(), expected: list(expected), found });
        }
        if let Some(index) = (0..expected.len()).find(|&i| expected[i] != *inputs[i].ty()) {
            let (expected, found) = (Box::new(expected[index].clone()), Box::new(inputs[index].ty().clone()));
            return Err(Error::Argument { function: function(), index, expected, found });
        }
        let all: Vec<&Value> = inputs.iter().chain(&self.constants).collect();
        Ok(self.executable.call(&all)?)
    }
    /// Like [`CompiledProgram::call_values`], on tensors.
    ///
    /// # Errors
    /// Returns an error where [`CompiledProgram::call_values`] does, and if a tensor cannot be computed.
    pub fn call(&self, inputs: &[Tensor]) -> Result<Vec<Tensor>, Error> {
        let values = inputs.iter().map(Tensor::value).collect::<Result<Vec<_>, _>>()?;
        Ok(self.call_values(&values)?.into_iter().map(Tensor::from_value).collect())
    }
}

/// Checks that this machine can run a module, if the module is for a CPU.
fn check_cpu(module: &CompiledModule) -> Result<(), CpuMismatch> {
    module.cpu().map_or(Ok(()), |cpu| cpu.check_this_machine())
}

fn read_constants(module: &Path, types: &[Type]) -> Result<Vec<Value>, Error> {
    if types.is_empty() {
        return Ok(Vec::new());
    }
    let path = constants_path(module);
    let mut arrays = storage::read(&path)?;
    let constant = |(i, ty): (usize, &Type)| {
        let name = format!("c{i}");
        let reason = match arrays.remove(&name) {
            Some(array) if array.ty() == ty => return Ok(array.into()),
            Some(array) => format!("`{name}` is {}, and {} was compiled for {ty}", array.ty(), module.display()),
            None => format!("it has no `{name}`, which {} needs", module.display()),
        };
        Err(Error::CompiledFile { path: path.clone(), reason })
    };
    types.iter().enumerate().map(constant).collect()
}
