//! Functions of loaded modules, and calling them.

use super::device::Device;
use super::device_call;
use super::error::RunError;
use super::host_calls::{HostCalls, take_last_error};
use super::in_flight::{InFlight, Lost, Name, Waits, after};
use super::signature::Signature;
use crate::CompiledModule;
use crate::environment::is_on;
use crate::ffi::handle::View;
use crate::ffi::host_module::HostModule;
use crate::ffi::invoke::{Code, Function, Views};
use rune_ir::{ALIGNMENT, Arg, Array, Loc, ModuleSignature, Type, Value, profile};
use std::fmt;
use std::sync::{Arc, LazyLock};

/// A function of a loaded module. Many threads can call it at once, without a lock.
///
/// A module with its own mutable globals (`util.global mutable`) must be called by one thread at a time.
pub struct Executable {
    name: Arc<Name>,
    signature: Signature,
    overwritten: Vec<bool>,
    device: Arc<Device>,
    function: Arc<Function>,
    /// Whether a call returns before its results are computed.
    is_asynchronous: bool,
    has_host_calls: bool,
}

/// Set to make calls wait for their results. Errors are then those of the calls.
static BLOCKING: LazyLock<bool> = LazyLock::new(|| is_on("RUNE_BLOCKING"));

/// The attribute of a function that tells how it is called, and its value for asynchronous functions. These have two
/// more parameters, fences.
const MODEL: (&str, &str) = ("iree.abi.model", "coarse-fences");

impl Executable {
    /// Loads a module on a device.
    ///
    /// `host` are the functions that the module imports from `host`, if it imports any.
    ///
    /// Compiled code may write to the memory of an argument, if the argument is the destination of an update, a scatter
    /// or a sort. A [`ModuleSignature`] lists these arguments. `rune_lower` writes it into the module, as the attribute
    /// [`ModuleSignature::KEY`] of the function `entry`. Each call passes copies of these arguments, unless the caller
    /// donates them. If the module has no such attribute, each call copies all arguments.
    ///
    /// ```
    /// use rune_iree::{CompileOptions, Device, Executable, Signature, compile};
    /// use rune_trace::{Array, DType, Type};
    /// let text = "func.func @main(%x: tensor<2xf32>) -> tensor<2xf32> {
    ///   %y = stablehlo.add %x, %x : tensor<2xf32>
    ///   return %y : tensor<2xf32>
    /// }";
    /// let module = compile(text, "double", &CompileOptions::default())?;
    /// let ty = Type::new(DType::F32, [2]);
    /// let signature = Signature::new(vec![ty.clone()], vec![ty]);
    /// let double = Executable::load(&module, &Device::open("cpu")?, "main", signature, None)?;
    /// let y = double.call(&[&Array::from_slice([2], &[1.0f32, 2.0]).into()])?;
    /// assert_eq!(y[0].to_host()?.as_slice::<f32>(), [2.0, 4.0]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Returns an error if the module was compiled for another device, if it has no function `entry`, if the function
    /// has other numbers of arguments or results than `signature`, or if the module imports functions that `host`
    /// lacks.
    pub fn load(
        module: &CompiledModule,
        device: &Arc<Device>,
        entry: &str,
        signature: Signature,
        host: Option<Arc<dyn HostCalls>>,
    ) -> Result<Executable, RunError> {
        let failed = |message: String| RunError::of_load(entry, device, &message);
        let code = Code::read(module).map_err(|message| RunError::of_module(entry, &message))?;
        let attribute = |key: &str| code.attribute(entry, key).map_err(failed);
        let is_asynchronous = attribute(MODEL.0)?.as_deref() == Some(MODEL.1);
        let stated = attribute(ModuleSignature::KEY)?;
        let has_host_calls = host.is_some();
        let host = host
            .map(|calls| HostModule::new(calls, &device.handle, device.shares_host_memory(), is_asynchronous))
            .transpose()
            .map_err(failed)?;
        let function = Function::load(&device.handle, code, entry, host).map_err(failed)?;
        let (parameters, outputs) = function.arity();
        let inputs = if is_asynchronous { parameters.saturating_sub(2) } else { parameters };
        if (inputs, outputs) != (signature.inputs.len(), signature.outputs.len()) {
            return Err(RunError::Signature {
                entry: entry.to_owned(),
                inputs,
                outputs,
                said_inputs: signature.inputs.len(),
                said_outputs: signature.outputs.len(),
            });
        }
        let overwritten = overwritten(stated, inputs);
        let name = Arc::new(Name { name: entry.to_owned(), loc: None });
        let (device, function) = (Arc::clone(device), Arc::new(function));
        Ok(Executable { name, signature, overwritten, device, function, is_asynchronous, has_host_calls })
    }
    /// Sets the name and the user's line of the function in errors of calls, instead of its name in the module.
    #[must_use]
    pub fn named(self, name: &str, loc: Option<Loc>) -> Executable {
        Executable { name: Arc::new(Name { name: name.to_owned(), loc }), ..self }
    }
    /// Returns the types of the function.
    pub fn signature(&self) -> &Signature {
        &self.signature
    }
    /// Returns the module of the function.
    pub fn module(&self) -> &CompiledModule {
        self.function.module()
    }
    /// Returns the device that the function runs on.
    pub fn device(&self) -> &Arc<Device> {
        &self.device
    }
    /// Calls the function. It changes no argument.
    ///
    /// A device with its own memory computes the results after the call. [`Value::is_ready`] tells whether it has.
    ///
    /// # Errors
    /// Returns an error if the arguments do not have the types of the signature, or if the code fails. If the code fails
    /// after the call, reading a result returns the error.
    pub fn call(&self, args: &[&Value]) -> Result<Vec<Value>, RunError> {
        self.check_count(args.len())?;
        if !self.device.shares_host_memory() {
            return device_call::call(self, args.iter().map(|value| Arg::Borrow(value)));
        }
        let mut views = Views::with_capacity(args.len());
        for (i, value) in args.iter().enumerate() {
            views.push(self.borrow(i, value)?);
        }
        self.run(views)
    }
    /// Calls the function. The caller may donate arguments.
    ///
    /// # Errors
    /// Returns an error where [`Executable::call`] does.
    pub fn call_with(&self, args: Vec<Arg<'_>>) -> Result<Vec<Value>, RunError> {
        self.check_count(args.len())?;
        if !self.device.shares_host_memory() {
            return device_call::call(self, args.into_iter());
        }
        let mut views = Views::with_capacity(args.len());
        for (i, arg) in args.into_iter().enumerate() {
            views.push(match arg {
                Arg::Donate(value) if self.overwritten[i] => self.donate(i, value)?,
                Arg::Donate(value) => self.borrow(i, &value)?,
                Arg::Borrow(value) => self.borrow(i, value)?,
            });
        }
        self.run(views)
    }

    fn check_count(&self, found: usize) -> Result<(), RunError> {
        let expected = self.signature.inputs.len();
        if found == expected {
            return Ok(());
        }
        Err(RunError::ArgumentCount { entry: self.name.name.clone(), expected, found })
    }
    pub(super) fn check_type(&self, index: usize, found: &Type) -> Result<(), RunError> {
        let expected = &self.signature.inputs[index];
        if self.signature.accepts(index, expected, found) {
            return Ok(());
        }
        let (entry, expected, found) = (self.name.name.clone(), Box::new(expected.clone()), Box::new(found.clone()));
        Err(RunError::ArgumentType { entry, index, expected, found })
    }
    pub(super) fn transfer<T>(&self, what: &str, index: usize, result: Result<T, String>) -> Result<T, RunError> {
        result.map_err(|message| RunError::of_copy(&self.name.name, &self.device, format!("{what} {index}"), &message))
    }

    pub(super) fn on_other_device(&self, index: usize, found: &str) -> RunError {
        let (entry, expected) = (self.name.name.clone(), self.device.name().to_owned());
        RunError::ArgumentDevice { entry, index, expected, found: found.to_owned() }
    }
    pub(super) fn argument_lost(&self, index: usize, lost: &Lost) -> RunError {
        RunError::ArgumentLost { entry: self.name.name.clone(), index, reason: lost.reason(&self.device) }
    }
    /// Returns the code.
    pub(super) fn code(&self) -> &Arc<Function> {
        &self.function
    }
    /// Returns the name of the function in messages.
    pub(super) fn name(&self) -> &Arc<Name> {
        &self.name
    }
    /// Returns whether the code may write to the memory of an argument.
    pub(super) fn overwrites(&self, index: usize) -> bool {
        self.overwritten[index]
    }

    /// Returns a borrowed value as an argument for a device that shares the host's memory.
    fn borrow(&self, index: usize, value: &Value) -> Result<View, RunError> {
        self.check_type(index, value.ty())?;
        match value {
            Value::Host(array) => self.transfer("argument", index, self.borrow_host(index, array)),
            Value::Device(buffer) => Err(self.on_other_device(index, buffer.device())),
        }
    }
    fn borrow_host(&self, index: usize, array: &Array) -> Result<View, String> {
        if self.overwritten[index] || !is_aligned(array) {
            return View::upload(&self.device.handle, array);
        }
        match View::of(array) {
            Some(view) => Ok(view.retain()),
            None => View::lend(&self.device.handle, array.clone(), false),
        }
    }
    /// Returns a donated value as an argument that the code writes to.
    fn donate(&self, index: usize, value: Value) -> Result<View, RunError> {
        self.check_type(index, value.ty())?;
        let mut array = match value {
            Value::Host(array) => array,
            Value::Device(buffer) => return Err(self.on_other_device(index, buffer.device())),
        };
        if !array.is_unique() || !is_aligned(&array) {
            return self.borrow(index, &Value::Host(array));
        }
        let lend = |array: Array| View::lend(&self.device.handle, array, true);
        let view = match View::of(&array) {
            Some(view) if view.is_unique() => Ok(view.retain()),
            // The code must not write to results of IREE that share memory, nor to foreign memory with unknown owners.
            Some(_) => lend(copy(&array)),
            None if array.foreign().is_some() => lend(copy(&array)),
            None => lend(array),
        };
        self.transfer("argument", index, view)
    }

    fn run(&self, views: Views) -> Result<Vec<Value>, RunError> {
        let (results, call) = self.invoke(views, Waits::new())?;
        if let Some(call) = call {
            call.done.wait().map_err(|message| self.failure(message))?;
        }
        let mut values = Vec::with_capacity(results.len());
        for (index, view) in results.into_iter().enumerate() {
            let ty = self.result_type(index, &view)?;
            values.push(Value::Host(self.transfer("result", index, view.into_array(&self.device.handle, ty))?));
        }
        Ok(values)
    }
    /// Calls the function after `waits` have ended. Asynchronous code may run when this returns.
    pub(super) fn invoke(&self, views: Views, waits: Waits) -> Result<(Views, Option<Arc<InFlight>>), RunError> {
        let invoke = || {
            if !self.is_asynchronous {
                if !waits.is_empty() {
                    after(&waits)?.wait()?;
                }
                return Ok((self.function.invoke(views, &[])?, None));
            }
            let call = Arc::new(InFlight::new(&self.device.handle, &self.name)?);
            let results = self.function.invoke(views, &[&after(&waits)?, &call.done])?;
            if profile::is_on() || *BLOCKING {
                call.done.wait()?;
            }
            Ok((results, Some(call)))
        };
        invoke().map_err(|message| self.failure(message))
    }
    /// Returns the type of a result, whose sizes may differ from those in the signature.
    pub(super) fn result_type(&self, index: usize, view: &View) -> Result<Type, RunError> {
        let expected = &self.signature.outputs[index];
        let wrong = |found: String| RunError::ResultType {
            entry: self.name.name.clone(),
            index,
            expected: Box::new(expected.clone()),
            found,
        };
        let ty = expected.with_shape(view.shape(expected.dtype).map_err(wrong)?);
        match self.signature.accepts(self.signature.inputs.len() + index, expected, &ty) {
            true => Ok(ty),
            false => Err(wrong(ty.to_string())),
        }
    }
    #[cold]
    fn failure(&self, message: String) -> RunError {
        let entry = self.name.name.clone();
        match self.has_host_calls.then(take_last_error).flatten() {
            Some(error) if error.users => RunError::Callback { message: error.message },
            Some(error) => RunError::Host { entry, function: error.function, message: error.message },
            None => RunError::of_call(&entry, &self.device, &message),
        }
    }
}

impl fmt::Debug for Executable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Executable({} on {})", self.name.name, self.device.name())
    }
}

/// Returns, for each argument, whether the code may write to it. `stated` is the statement of the module. Without it,
/// the code may write to all arguments.
fn overwritten(stated: Option<String>, inputs: usize) -> Vec<bool> {
    let stated = stated.and_then(|text| ModuleSignature::from_json(&text).ok());
    match stated.filter(|stated| stated.inputs.len() + stated.constants.len() == inputs) {
        Some(stated) => (0..inputs).map(|i| stated.overwritten.contains(&i)).collect(),
        None => vec![true; inputs],
    }
}

fn copy(array: &Array) -> Array {
    Array::from_bytes(array.ty().clone(), array.bytes())
}

fn is_aligned(array: &Array) -> bool {
    array.bytes().as_ptr().align_offset(ALIGNMENT) == 0
}
