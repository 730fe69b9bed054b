//! Calling functions of compiled code: the hot path.

use super::device::DeviceHandle;
use super::handle::{Context, Fence, View, VmModule};
use super::host_module::HostModule;
use super::libc_allocator::allocator;
use super::status::check;
use super::vm::{bytecode_module, context, function_attribute, look_up};
use crate::CompiledModule;
use eerie_sys::runtime as sys;
use smallvec::SmallVec;
use std::cell::Cell;
use std::ptr::null_mut;
use std::sync::Arc;

/// Arguments and results.
pub(crate) type Views = SmallVec<[View; 8]>;

/// Code that was read and checked, but is not loaded on a device yet.
pub(crate) struct Code {
    // The fields are dropped in this order.
    module: VmModule,
    bytes: CompiledModule,
}

impl Code {
    /// Reads the code of a module.
    pub(crate) fn read(bytes: &CompiledModule) -> Result<Code, String> {
        // SAFETY: the bytes are kept until the module is dropped. A context made with the module keeps this whole
        // `Code`.
        let module = unsafe { bytecode_module(bytes.bytes()) }?;
        Ok(Code { module, bytes: bytes.clone() })
    }
    /// Returns the attribute `key` of the function `entry`, if it has one.
    pub(crate) fn attribute(&self, entry: &str, key: &str) -> Result<Option<String>, String> {
        let function = look_up(&self.module, entry)?;
        // SAFETY: the function belongs to the module, which is live.
        Ok(unsafe { function_attribute(&function, key) })
    }
}

/// A function of loaded code.
///
/// Several threads may call it at once: the context was created for that, and code that rune compiles changes no
/// globals after it is loaded.
pub(crate) struct Function {
    function: sys::iree_vm_function_t,
    // The fields are dropped in this order: the context, the code, then the memory of the code.
    context: Context,
    code: Code,
    _host: Option<HostModule>,
    device: Arc<DeviceHandle>,
    inputs: usize,
    outputs: usize,
}
// SAFETY: the function is an index into a module that lives as long as the context. The other fields are `Send` and
// `Sync`.
unsafe impl Send for Function {}
// SAFETY: as above.
unsafe impl Sync for Function {}

impl Drop for Function {
    fn drop(&mut self) {
        // The code and its constants are released next, in whichever thread this is.
        self.device.bind();
    }
}

impl Function {
    /// Loads code and looks up `entry` in it.
    pub(crate) fn load(
        device: &Arc<DeviceHandle>,
        code: Code,
        entry: &str,
        host: Option<HostModule>,
    ) -> Result<Function, String> {
        device.bind();
        let context = context(device, host.as_ref().map(HostModule::module), &code.module)?;
        let function = look_up(&code.module, entry)?;
        let (mut inputs, mut outputs) = (0, 0);
        // SAFETY: writes into live locals. The code is live.
        unsafe {
            let signature = sys::iree_vm_function_signature(&function);
            check(sys::iree_vm_function_call_count_arguments_and_results(&signature, &mut inputs, &mut outputs))?;
        }
        Ok(Function { function, context, code, _host: host, device: Arc::clone(device), inputs, outputs })
    }
    /// Returns the numbers of arguments and results.
    pub(crate) fn arity(&self) -> (usize, usize) {
        (self.inputs, self.outputs)
    }
    /// Returns the module of the function.
    pub(crate) fn module(&self) -> &CompiledModule {
        &self.code.bytes
    }
    /// Calls the function, and waits for its results. `fences` are for asynchronous code: it starts when the first is
    /// reached, and reaches the second at its end. It returns at once, and its results are computed later.
    pub(crate) fn invoke(&self, args: Views, fences: &[&Fence]) -> Result<Views, String> {
        self.device.bind();
        let lists = Lists::borrow()?;
        // SAFETY: the lists are live, and only this call uses them. Moving a reference into a list, or retaining one
        // from it, keeps all reference counts right. The context and its modules are live.
        unsafe {
            for arg in args {
                let reference = sys::iree_hal_buffer_view_move_ref(arg.raw());
                std::mem::forget(arg);
                push(lists.inputs, reference)?;
            }
            for fence in fences {
                push(lists.inputs, sys::iree_hal_fence_retain_ref(fence.raw()))?;
            }
            check(sys::iree_vm_invoke(
                self.context.raw(),
                self.function,
                sys::iree_vm_invocation_flag_bits_t_IREE_VM_INVOCATION_FLAG_NONE as _,
                std::ptr::null(),
                lists.inputs,
                lists.outputs,
                allocator(),
            ))?;
            let mut results = Views::with_capacity(self.outputs);
            for i in 0..self.outputs {
                let raw = sys::iree_vm_list_get_buffer_view_assign(lists.outputs, i);
                if raw.is_null() {
                    return Err(format!("result {i} is no array"));
                }
                sys::iree_hal_buffer_view_retain(raw);
                results.push(View::take(raw)?);
            }
            Ok(results)
        }
    }
}

/// Moves a reference to the end of a list.
///
/// # Safety
/// The list is live. The caller owns the reference.
unsafe fn push(list: *mut sys::iree_vm_list_t, mut reference: sys::iree_vm_ref_t) -> Result<(), String> {
    // SAFETY: by the contract of this function. The release does nothing if the push took the reference.
    unsafe {
        let status = sys::iree_vm_list_push_ref_move(list, &mut reference);
        sys::iree_vm_ref_release(&mut reference);
        check(status)
    }
}

/// Two lists of references. Each thread keeps them between calls, so that calls allocate none.
struct Lists {
    inputs: *mut sys::iree_vm_list_t,
    outputs: *mut sys::iree_vm_list_t,
}

thread_local! {
    /// The lists of this thread. Empty during a call, because a host function may call compiled code again.
    static KEPT: Cell<Option<Lists>> = const { Cell::new(None) };
}

impl Lists {
    fn borrow() -> Result<Borrowed, String> {
        if let Some(lists) = KEPT.try_with(Cell::take).ok().flatten() {
            return Ok(Borrowed(Some(lists)));
        }
        let new = || {
            let mut list = null_mut();
            // SAFETY: creates an object into a live local. With the default type, a list can hold anything.
            check(unsafe { sys::iree_vm_list_create(sys::iree_vm_type_def_t::default(), 8, allocator(), &mut list) })?;
            Ok::<_, String>(list)
        };
        let mut lists = Lists { inputs: new()?, outputs: null_mut() };
        lists.outputs = new()?;
        Ok(Borrowed(Some(lists)))
    }
}
impl Drop for Lists {
    fn drop(&mut self) {
        for list in [self.inputs, self.outputs] {
            if !list.is_null() {
                // SAFETY: this owns the only reference to the list.
                unsafe { sys::iree_vm_list_release(list) }
            }
        }
    }
}

/// Borrowed lists. They are cleared and given back when dropped.
struct Borrowed(Option<Lists>);
impl std::ops::Deref for Borrowed {
    type Target = Lists;
    fn deref(&self) -> &Lists {
        self.0.as_ref().expect("lists are there until the drop")
    }
}
impl Drop for Borrowed {
    fn drop(&mut self) {
        if let Some(lists) = self.0.take() {
            // SAFETY: the lists are live.
            unsafe {
                sys::iree_vm_list_clear(lists.inputs);
                sys::iree_vm_list_clear(lists.outputs);
            }
            // The lists are dropped if the thread is ending.
            let _ = KEPT.try_with(|kept| kept.set(Some(lists)));
        }
    }
}
