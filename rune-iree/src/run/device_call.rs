//! Calls on devices with their own memory. They return before their results are computed.

use super::device::{Device, DeviceArray};
use super::error::RunError;
use super::executable::Executable;
use super::in_flight::{InFlight, Memory, Waits, after};
use crate::ffi::handle::View;
use crate::ffi::invoke::Views;
use rune_ir::{Arg, DeviceBuffer, Value};
use smallvec::SmallVec;
use std::any::Any;
use std::sync::Arc;

/// The arguments of a call.
struct Arguments {
    views: Views,
    /// The memory behind each view. `None` for copies that only this call uses.
    memories: SmallVec<[Option<Arc<Memory>>; 8]>,
    /// For each view, whether the code writes to it.
    writes: SmallVec<[bool; 8]>,
    /// The calls that this one has to wait for.
    waits: Waits,
}

/// Calls a function. The caller has checked the number of arguments.
pub(super) fn call<'a>(
    executable: &Executable,
    args: impl ExactSizeIterator<Item = Arg<'a>>,
) -> Result<Vec<Value>, RunError> {
    let mut arguments = Arguments {
        views: Views::with_capacity(args.len()),
        memories: SmallVec::new(),
        writes: SmallVec::new(),
        waits: Waits::new(),
    };
    for (index, arg) in args.enumerate() {
        arguments.push(executable, index, arg)?;
    }
    arguments.run(executable)
}

impl Arguments {
    fn push(&mut self, executable: &Executable, index: usize, mut arg: Arg<'_>) -> Result<(), RunError> {
        executable.check_type(index, arg.value().ty())?;
        let overwritten = executable.overwrites(index);
        let is_only_owner = match &mut arg {
            Arg::Donate(Value::Device(buffer)) => Arc::get_mut(buffer).is_some(),
            Arg::Donate(Value::Host(_)) | Arg::Borrow(_) => false,
        };
        let device = executable.device();
        let (view, memory) = match arg.value() {
            Value::Host(array) => {
                let sent = InFlight::send(&device.handle, array, executable.name());
                let (view, copy) = executable.transfer("argument", index, sent)?;
                self.waits.push(copy);
                (view, None)
            }
            Value::Device(buffer) => {
                let Some(array) = on_device(&**buffer, device) else {
                    return Err(executable.on_other_device(index, buffer.device()));
                };
                let memory = &array.memory;
                if overwritten && !(is_only_owner && array.is_unique()) {
                    (self.duplicate(executable, index, array)?, None)
                } else {
                    let noted = match overwritten {
                        true => memory.before_write(&mut self.waits),
                        false => memory.before_read(&mut self.waits),
                    };
                    noted.map_err(|lost| executable.argument_lost(index, &lost))?;
                    (array.view.retain(), Some(Arc::clone(memory)))
                }
            }
        };
        self.views.push(view);
        self.memories.push(memory);
        self.writes.push(overwritten);
        Ok(())
    }
    /// Returns a copy of an array. The call waits for it.
    fn duplicate(&mut self, executable: &Executable, index: usize, array: &DeviceArray) -> Result<View, RunError> {
        let mut waits = Waits::new();
        array.memory.before_read(&mut waits).map_err(|lost| executable.argument_lost(index, &lost))?;
        let device = executable.device();
        let copy = || {
            let copy = Arc::new(InFlight::new(&device.handle, executable.name())?);
            let view = array.view.duplicate(&device.handle, array.ty(), &after(&waits)?, &copy.done)?;
            Ok((copy, view))
        };
        let (copy, view) = executable.transfer("argument", index, copy())?;
        array.memory.set_read_by(&copy);
        self.waits.push(copy);
        Ok(view)
    }

    fn run(self, executable: &Executable) -> Result<Vec<Value>, RunError> {
        let Arguments { views, memories, writes, waits } = self;
        let device = executable.device();
        // The results may be arguments, or parts of them.
        let mut parts: SmallVec<[(View, Arc<Memory>); 8]> =
            views.iter().zip(&memories).filter_map(|(view, memory)| Some((view.retain(), memory.clone()?))).collect();
        let (results, call) = match executable.invoke(views, waits) {
            Ok(invoked) => invoked,
            Err(error) => {
                // The device may still use the arguments, and nothing tells until when. So no call writes to them.
                memories.into_iter().flatten().for_each(std::mem::forget);
                return Err(error);
            }
        };
        if let Some(call) = &call {
            for (memory, written) in memories.iter().zip(&writes) {
                match memory {
                    Some(memory) if *written => memory.set_written_by(call),
                    Some(memory) => memory.set_read_by(call),
                    None => {}
                }
            }
            device.calls.push(call, Some(executable.code()));
        }
        let mut values = Vec::with_capacity(results.len());
        for (index, view) in results.into_iter().enumerate() {
            let ty = executable.result_type(index, &view)?;
            let shared = parts.iter().find(|(part, _)| part.overlaps(&view)).map(|(_, memory)| Arc::clone(memory));
            let memory = shared.unwrap_or_else(|| Arc::new(call.as_ref().map(Memory::written_by).unwrap_or_default()));
            parts.push((view.retain(), Arc::clone(&memory)));
            values.push(Value::Device(Arc::new(DeviceArray::new(device, ty, view, memory))));
        }
        Ok(values)
    }
}

fn on_device<'a>(buffer: &'a dyn DeviceBuffer, device: &Arc<Device>) -> Option<&'a DeviceArray> {
    let buffer: &dyn Any = buffer;
    buffer.downcast_ref::<DeviceArray>().filter(|array| array.is_on(device))
}

#[cfg(all(test, feature = "compile", feature = "vulkan"))]
mod tests {
    use super::super::in_flight::Name;
    use super::*;
    use crate::{CompileOptions, Signature, Target, compile};
    use rune_ir::{Array, DType, Loc, Type};

    const TEXT: &str = "func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
      %y = stablehlo.add %x, %x : tensor<4xf32>
      return %y : tensor<4xf32>
    }";

    fn double(vulkan: &Arc<Device>) -> Executable {
        let options = CompileOptions::for_target(Target::vulkan("vp_android_baseline_2022").unwrap());
        let module = compile(TEXT, "double", &options).unwrap_or_else(|e| panic!("{e}"));
        let ty = Type::new(DType::F32, [4]);
        let signature = Signature::new(vec![ty.clone()], vec![ty]);
        let double = Executable::load(&module, vulkan, "main", signature, None).unwrap_or_else(|e| panic!("{e}"));
        double.named("double", Some(Loc { file: "model.rs".into(), line: 7, column: 3 }))
    }

    /// Returns an array that a call computes, and the call, which ends when the test says so.
    fn computed_later(vulkan: &Arc<Device>) -> (Value, Arc<InFlight>) {
        let there = vulkan.put(&Array::from_slice([4], &[1.0f32, 2.0, 3.0, 4.0]).into()).unwrap();
        let Value::Device(buffer) = &there else { panic!("on the host") };
        let array = on_device(&**buffer, vulkan).unwrap();
        let name = Name { name: "earlier".to_owned(), loc: Some(Loc { file: "model.rs".into(), line: 5, column: 1 }) };
        let call = Arc::new(InFlight::new(&vulkan.handle, &Arc::new(name)).unwrap());
        array.memory.set_written_by(&call);
        (there, call)
    }

    #[test]
    fn a_call_starts_after_the_calls_that_write_its_arguments() {
        let vulkan = Device::open("vulkan").unwrap();
        let double = double(&vulkan);
        let (x, call) = computed_later(&vulkan);
        let y = double.call(&[&x]).unwrap().remove(0);
        let z = double.call(&[&y]).unwrap().remove(0);
        assert!(!x.is_ready() && !y.is_ready() && !z.is_ready());
        call.done.signal().unwrap();
        assert_eq!(z.to_host().unwrap().as_slice::<f32>(), [4.0, 8.0, 12.0, 16.0]);
        assert!(x.is_ready() && y.is_ready() && z.is_ready());
    }

    /// A call may fail after it has returned. Reading its results then returns the error. So does reading any value that
    /// depends on them.
    #[test]
    fn a_late_failure_is_told_where_results_are_read() {
        let vulkan = Device::open("vulkan").unwrap();
        let double = double(&vulkan);
        let (x, call) = computed_later(&vulkan);
        let y = double.call(&[&x]).unwrap().remove(0);
        call.done.fail("out of luck");
        let of_x = "`earlier` failed: out of luck (the call had already returned, and `earlier` is at model.rs:5:1)";
        assert_eq!((x.block_until_ready(), x.to_host().unwrap_err()), (Err(of_x.to_owned()), of_x.to_owned()));
        assert!(x.is_ready(), "nothing will come");
        let of_y = y.to_host().unwrap_err();
        assert!(of_y.starts_with("`double` failed: ") && of_y.ends_with("`double` is at model.rs:7:3)"), "{of_y}");
        // A later call names the one that failed. Other arrays are not affected.
        let error = double.call(&[&x]).unwrap_err().to_string();
        assert_eq!(error, format!("argument 0 of `double` was not computed: {of_x}"));
        let fresh = double.call(&[&Array::from_slice([4], &[1.0f32; 4]).into()]).unwrap();
        assert_eq!(fresh[0].to_host().unwrap().as_slice::<f32>(), [2.0; 4]);
    }
}
