//! Functions of loaded modules, and calling them.

use super::device::{Device, DeviceArray};
use super::error::RunError;
use super::host_calls::{HostCalls, take_last_error};
use super::signature::Signature;
use crate::CompiledModule;
use crate::ffi::handle::View;
use crate::ffi::host_module::HostModule;
use crate::ffi::invoke::{Code, Function, Views};
use rune_ir::Arg;
use rune_ir::{ALIGNMENT, Array, DeviceBuffer, ModuleSignature, Type, Value};
use std::any::Any;
use std::fmt;
use std::sync::Arc;

/// A function of a loaded module. Many threads can call it at once, without a lock.
///
/// A module with its own mutable globals (`util.global mutable`) must be called by one thread at a time.
pub struct Executable {
    entry: String,
    signature: Signature,
    overwritten: Vec<bool>,
    device: Arc<Device>,
    function: Function,
    has_host_calls: bool,
}

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
        let has_host_calls = host.is_some();
        let host = host
            .map(|calls| HostModule::new(calls, &device.handle, device.shares_host_memory()))
            .transpose()
            .map_err(failed)?;
        let code = Code::read(module).map_err(|message| RunError::of_module(entry, &message))?;
        let function = Function::load(&device.handle, code, entry, host).map_err(failed)?;
        let (inputs, outputs) = function.arity();
        if (inputs, outputs) != (signature.inputs.len(), signature.outputs.len()) {
            return Err(RunError::Signature {
                entry: entry.to_owned(),
                inputs,
                outputs,
                said_inputs: signature.inputs.len(),
                said_outputs: signature.outputs.len(),
            });
        }
        let overwritten = overwritten(function.attribute(ModuleSignature::KEY), inputs);
        let device = Arc::clone(device);
        Ok(Executable { entry: entry.to_owned(), signature, overwritten, device, function, has_host_calls })
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
    /// # Errors
    /// Returns an error if the arguments do not have the types of the signature, or if the code fails.
    pub fn call(&self, args: &[&Value]) -> Result<Vec<Value>, RunError> {
        self.check_count(args.len())?;
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
        Err(RunError::ArgumentCount { entry: self.entry.clone(), expected, found })
    }
    fn check_type(&self, index: usize, found: &Type) -> Result<(), RunError> {
        let expected = &self.signature.inputs[index];
        if self.signature.accepts(index, expected, found) {
            return Ok(());
        }
        let (entry, expected, found) = (self.entry.clone(), Box::new(expected.clone()), Box::new(found.clone()));
        Err(RunError::ArgumentType { entry, index, expected, found })
    }
    fn transfer<T>(&self, what: &str, index: usize, result: Result<T, String>) -> Result<T, RunError> {
        result.map_err(|message| RunError::of_copy(&self.entry, &self.device, format!("{what} {index}"), &message))
    }

    /// Returns a borrowed value as an argument for the device.
    fn borrow(&self, index: usize, value: &Value) -> Result<View, RunError> {
        self.check_type(index, value.ty())?;
        let view = match value {
            Value::Host(array) => self.borrow_host(index, array),
            Value::Device(buffer) => match on_device(&**buffer, &self.device) {
                Some(view) if !self.overwritten[index] => Ok(view.retain()),
                Some(view) => view.duplicate(&self.device.handle, buffer.ty()),
                None => {
                    let (entry, expected) = (self.entry.clone(), self.device.name().to_owned());
                    return Err(RunError::ArgumentDevice { entry, index, expected, found: buffer.device().to_owned() });
                }
            },
        };
        self.transfer("argument", index, view)
    }
    fn borrow_host(&self, index: usize, array: &Array) -> Result<View, String> {
        if !self.device.shares_host_memory() || self.overwritten[index] || !is_aligned(array) {
            return View::upload(&self.device.handle, array);
        }
        match View::of(array) {
            Some(view) => Ok(view.retain()),
            None => View::lend(&self.device.handle, array.clone(), false),
        }
    }
    /// Copies an array into memory of the device that nothing else uses.
    fn fresh(&self, array: Array) -> Result<View, String> {
        if self.device.shares_host_memory() {
            View::lend(&self.device.handle, array, true)
        } else {
            View::upload(&self.device.handle, &array)
        }
    }
    /// Returns a donated value as an argument that the code writes to.
    fn donate(&self, index: usize, value: Value) -> Result<View, RunError> {
        self.check_type(index, value.ty())?;
        match value {
            Value::Host(mut array) => {
                if !self.device.shares_host_memory() || !array.is_unique() || !is_aligned(&array) {
                    return self.borrow(index, &Value::Host(array));
                }
                let view = match View::of(&array) {
                    Some(view) if view.is_unique() => Ok(view.retain()),
                    // The code must not write to results of IREE that share memory, nor to foreign memory with unknown
                    // owners.
                    Some(_) => self.fresh(copy(&array)),
                    None if array.foreign().is_some() => self.fresh(copy(&array)),
                    None => self.fresh(array),
                };
                self.transfer("argument", index, view)
            }
            Value::Device(mut buffer) => {
                if Arc::get_mut(&mut buffer).is_some()
                    && let Some(view) = on_device(&*buffer, &self.device)
                    && view.is_unique()
                {
                    return Ok(view.retain());
                }
                self.borrow(index, &Value::Device(buffer))
            }
        }
    }

    fn run(&self, views: Views) -> Result<Vec<Value>, RunError> {
        let results = self.function.invoke(views).map_err(|message| self.failure(message))?;
        let mut values = Vec::with_capacity(results.len());
        for (index, (view, expected)) in results.into_iter().zip(&self.signature.outputs).enumerate() {
            values.push(self.result(index, view, expected)?);
        }
        Ok(values)
    }
    fn result(&self, index: usize, view: View, expected: &Type) -> Result<Value, RunError> {
        let wrong = |found: String| RunError::ResultType {
            entry: self.entry.clone(),
            index,
            expected: Box::new(expected.clone()),
            found,
        };
        let ty = expected.with_shape(view.shape(expected.dtype).map_err(wrong)?);
        if !self.signature.accepts(self.signature.inputs.len() + index, expected, &ty) {
            return Err(wrong(ty.to_string()));
        }
        if self.device.shares_host_memory() {
            self.transfer("result", index, view.into_array(&self.device.handle, ty)).map(Value::Host)
        } else {
            Ok(Value::Device(Arc::new(DeviceArray::new(&self.device, ty, view))))
        }
    }
    #[cold]
    fn failure(&self, message: String) -> RunError {
        let entry = self.entry.clone();
        match self.has_host_calls.then(take_last_error).flatten() {
            Some(error) if error.users => RunError::Callback { message: error.message },
            Some(error) => RunError::Host { entry, function: error.function, message: error.message },
            None => RunError::of_call(&entry, &self.device, &message),
        }
    }
}

impl fmt::Debug for Executable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Executable({} on {})", self.entry, self.device.name())
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

fn on_device<'a>(buffer: &'a dyn DeviceBuffer, device: &Arc<Device>) -> Option<&'a View> {
    let buffer: &dyn Any = buffer;
    buffer.downcast_ref::<DeviceArray>()?.view_on(device)
}
