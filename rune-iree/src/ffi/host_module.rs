//! A module of the VM whose functions are Rust functions.

use super::device::DeviceHandle;
use super::handle::{Fence, View, VmModule, instance};
use super::libc_allocator::allocator;
use super::status::{check, string_view};
use crate::run::host_calls::{HostCalls, HostFunction, call_caught, set_last_error};
use eerie_sys::runtime as sys;
use rune_ir::Array;
use smallvec::SmallVec;
use std::ffi::c_void;
use std::ptr::null_mut;
use std::sync::Arc;

/// The module `host`, which provides [`HostCalls`].
pub(crate) struct HostModule(VmModule);

struct State {
    calls: Arc<dyn HostCalls>,
    device: Arc<DeviceHandle>,
    shares_memory: bool,
    fences: bool,
    /// The functions sorted by name, as IREE requires, each with its index in `calls`.
    functions: Vec<(usize, HostFunction)>,
    conventions: Vec<String>,
    exports: Vec<sys::iree_vm_native_export_descriptor_t>,
    descriptor: sys::iree_vm_native_module_descriptor_t,
}

impl HostModule {
    /// `fences`: the functions are called by asynchronous code, with two fences after the arrays. A function waits for
    /// the first, and reaches the second.
    pub(crate) fn new(
        calls: Arc<dyn HostCalls>,
        device: &Arc<DeviceHandle>,
        shares_memory: bool,
        fences: bool,
    ) -> Result<HostModule, String> {
        let instance = instance()?;
        let mut functions: Vec<(usize, HostFunction)> = calls.functions().into_iter().enumerate().collect();
        functions.sort_by(|(_, f), (_, g)| f.name.cmp(&g.name));
        if let Some(pair) = functions.windows(2).find(|p| p[0].1.name == p[1].1.name) {
            return Err(format!("two host functions are named `{}`", pair[0].1.name));
        }
        // The convention is version 0, then an `r` for each reference.
        let convention = |f: &HostFunction| {
            let references = |n: usize| if n == 0 { "v".to_owned() } else { "r".repeat(n) };
            format!("0{}_{}", references(f.inputs.len() + fence_count(fences)), references(f.outputs.len()))
        };
        let mut state = Box::new(State {
            conventions: functions.iter().map(|(_, f)| convention(f)).collect(),
            calls,
            device: Arc::clone(device),
            shares_memory,
            fences,
            functions,
            exports: Vec::new(),
            descriptor: Default::default(),
        });
        state.exports = state
            .functions
            .iter()
            .zip(&state.conventions)
            .map(|((_, f), convention)| sys::iree_vm_native_export_descriptor_t {
                local_name: string_view(&f.name),
                calling_convention: string_view(convention),
                ..Default::default()
            })
            .collect();
        state.descriptor = sys::iree_vm_native_module_descriptor_t {
            name: string_view("host"),
            export_count: state.exports.len(),
            exports: state.exports.as_ptr(),
            ..Default::default()
        };
        let state = Box::into_raw(state);
        let mut raw = null_mut();
        // SAFETY: the descriptor points into the boxed state. The box stays in place until IREE calls `destroy`, its
        // last use of the module. If no module was made, the box is taken back.
        let made = unsafe {
            let mut interface = sys::iree_vm_module_t::default();
            check(sys::iree_vm_module_initialize(&mut interface, state.cast()))
                .and_then(|()| {
                    interface.destroy = Some(destroy);
                    interface.begin_call = Some(begin_call);
                    check(sys::iree_vm_native_module_create(
                        &interface,
                        &raw const (*state).descriptor,
                        instance,
                        allocator(),
                        &mut raw,
                    ))
                })
                .inspect_err(|_| drop(Box::from_raw(state)))
        };
        made?;
        Ok(HostModule(VmModule::take(raw)?))
    }
    pub(crate) fn module(&self) -> &VmModule {
        &self.0
    }
}

unsafe extern "C" fn destroy(state: *mut c_void) {
    // SAFETY: `state` is the box of `HostModule::new`. IREE calls this once.
    drop(unsafe { Box::from_raw(state.cast::<State>()) });
}

unsafe extern "C" fn begin_call(
    state: *mut c_void,
    _stack: *mut sys::iree_vm_stack_t,
    call: sys::iree_vm_function_call_t,
) -> sys::iree_status_t {
    // SAFETY: `state` is the box of `HostModule::new`. Nothing changes it, and IREE keeps it during calls.
    let state = unsafe { &*state.cast::<State>() };
    let Some((index, function)) = state.functions.get(usize::from(call.function.ordinal)) else {
        return error("there is no such host function");
    };
    let size = size_of::<sys::iree_vm_ref_t>();
    let inputs = function.inputs.len() + fence_count(state.fences);
    if call.arguments.data_length != inputs * size || call.results.data_length != function.outputs.len() * size {
        return error("the compiled code calls a host function with the wrong number of arrays");
    }
    // SAFETY: by the calling convention of the function, arguments and results are packed references, and their number
    // was just checked. References of arguments are borrowed. Those of results are empty or dead, and must be written.
    let args = unsafe { references(call.arguments.data, inputs) };
    let (args, fences) = args.split_at(function.inputs.len());
    let results = call.results.data.cast::<sys::iree_vm_ref_t>();
    match between(fences, || call_host(state, *index, function, args)) {
        Ok(views) => {
            for (i, view) in views.into_iter().enumerate() {
                // SAFETY: there is room for one reference for each result. The reference that `view` owns moves there.
                unsafe { results.add(i).write_unaligned(sys::iree_hal_buffer_view_move_ref(view.raw())) };
                std::mem::forget(view);
            }
            null_mut()
        }
        Err(message) => {
            set_last_error(&function.name, state.calls.is_callback(*index), &message);
            error(&message)
        }
    }
}

fn fence_count(fences: bool) -> usize {
    if fences { 2 } else { 0 }
}

/// Waits for the first of two fences, calls `call`, and makes the second fence reached. Without fences, calls `call`.
fn between<T>(fences: &[sys::iree_vm_ref_t], call: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    let [wait, done] = fences else { return call() };
    if let Some(wait) = fence(wait)? {
        wait.wait()?;
    }
    let result = call()?;
    if let Some(done) = fence(done)? {
        done.signal()?;
    }
    Ok(result)
}

/// Returns the fence behind a reference. A null reference stands for a fence that is reached.
fn fence(reference: &sys::iree_vm_ref_t) -> Result<Option<Fence>, String> {
    let mut raw = null_mut();
    // SAFETY: the caller's reference is borrowed during the call. The new handle owns a new reference.
    unsafe {
        check(sys::iree_hal_fence_check_deref_or_null(*reference, &mut raw))?;
        if raw.is_null() {
            return Ok(None);
        }
        sys::iree_hal_fence_retain(raw);
    }
    Fence::take(raw).map(Some)
}

/// Returns the references that are packed at `data`, which may have any alignment.
///
/// # Safety
/// `data` can be read for `len` references, unless `len` is 0.
unsafe fn references(data: *const u8, len: usize) -> SmallVec<[sys::iree_vm_ref_t; 8]> {
    let data = data.cast::<sys::iree_vm_ref_t>();
    // SAFETY: by the contract of this function.
    (0..len).map(|i| unsafe { data.add(i).read_unaligned() }).collect()
}

fn error(message: &str) -> sys::iree_status_t {
    let code = sys::iree_status_code_e_IREE_STATUS_INTERNAL;
    // SAFETY: IREE copies the message. The name of the file is static.
    unsafe { sys::iree_status_allocate(code, c"host call".as_ptr(), 0, string_view(message)) }
}

fn call_host(
    state: &State,
    index: usize,
    function: &HostFunction,
    args: &[sys::iree_vm_ref_t],
) -> Result<Vec<View>, String> {
    let mut arrays = Vec::with_capacity(args.len());
    for (reference, ty) in args.iter().zip(&function.inputs) {
        // SAFETY: the caller's reference is borrowed during this call. The new handle owns a new reference.
        let view = unsafe {
            let mut raw = null_mut();
            check(sys::iree_hal_buffer_view_check_deref(*reference, &mut raw))?;
            sys::iree_hal_buffer_view_retain(raw);
            View::take(raw)?
        };
        let ty = ty.with_shape(view.shape(ty.dtype)?);
        arrays.push(if state.shares_memory {
            view.into_array(&state.device, ty)?
        } else {
            view.download(&state.device, &ty)?
        });
    }
    let results = call_caught(&*state.calls, index, &arrays)?;
    if results.len() != function.outputs.len() {
        return Err(format!("it returned {} arrays instead of {}", results.len(), function.outputs.len()));
    }
    let mut views = Vec::with_capacity(results.len());
    for (i, (mut array, ty)) in results.into_iter().zip(&function.outputs).enumerate() {
        if array.dtype() != ty.dtype || array.shape().rank() != ty.rank() {
            return Err(format!("its result {i} is {} instead of {ty}", array.ty()));
        }
        // The compiled code may write to results, so a result is lent without a copy only if nothing else holds its
        // memory.
        views.push(if !state.shares_memory {
            View::upload(&state.device, &array)?
        } else if array.is_unique() && array.foreign().is_none() {
            View::lend(&state.device, array, true)?
        } else {
            View::lend(&state.device, Array::from_bytes(array.ty().clone(), array.bytes()), true)?
        });
    }
    // The compiled code may write to the memory of the arguments after this call.
    if state.shares_memory && !arrays.iter_mut().all(Array::is_unique) {
        return Err("it kept an argument beyond the call; it has to keep a copy of the elements instead".to_owned());
    }
    Ok(views)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packed_references_may_have_any_alignment() {
        let size = size_of::<sys::iree_vm_ref_t>();
        let mut bytes = vec![0u8; 3 * size + 8];
        for shift in 0..8 {
            let data = &mut bytes[shift..];
            for i in 0..3 {
                let reference =
                    sys::iree_vm_ref_t { ptr: std::ptr::without_provenance_mut(i + 1), ..Default::default() };
                // SAFETY: there is room for three references.
                unsafe { data.as_mut_ptr().cast::<sys::iree_vm_ref_t>().add(i).write_unaligned(reference) };
            }
            // SAFETY: three references were written there.
            let found = unsafe { references(data.as_ptr(), 3) };
            assert!(found.iter().map(|r| r.ptr.addr()).eq([1, 2, 3]), "at {shift}");
        }
        // SAFETY: there is nothing to read.
        assert!(unsafe { references(std::ptr::null(), 0) }.is_empty());
    }
}
