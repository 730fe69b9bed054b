//! Measures the cost of a call. Compares `Executable::call` of a product of two arrays of four elements with a bare
//! `iree_vm_invoke` of IREE, whose lists and buffers are made beforehand.
#![allow(unsafe_code)]

use eerie_sys::runtime as sys;
use rune_iree::{CompileOptions, Device, Executable, Signature, compile};
use rune_trace::{Array, DType, ModuleSignature, Type, Value};
use std::hint::black_box;
use std::time::{Duration, Instant};

const CALLS: u32 = 2_000;

/// Returns the time of one call, as the best of several rounds.
fn best(mut call: impl FnMut()) -> Duration {
    let round = |_| {
        let start = Instant::now();
        (0..CALLS).for_each(|_| call());
        start.elapsed() / CALLS
    };
    (0..200).map(round).min().unwrap_or_default()
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // The signature says that the module writes to none of its arguments, so calls need not copy them.
    let ty = Type::new(DType::F32, [4]);
    let stated = ModuleSignature { inputs: vec![ty.clone(); 2], outputs: vec![ty], ..ModuleSignature::default() };
    let (key, stated) = (ModuleSignature::KEY, stated.to_json());
    let text = &format!(
        "func.func @main(%a: tensor<4xf32>, %b: tensor<4xf32>) -> tensor<4xf32> \
         attributes {{iree.reflection = {{{key} = {stated:?}}}}} {{\n  \
         %0 = stablehlo.multiply %a, %b : tensor<4xf32>\n  return %0 : tensor<4xf32>\n}}"
    );
    compile(text, "warm", &CompileOptions::default())?;
    let start = Instant::now();
    let module = compile(text, "multiply", &CompileOptions::default())?;
    println!("compile: {:.0} ms", start.elapsed().as_secs_f64() * 1e3);

    for device in ["local-sync", "local-task"] {
        let ty = Type::new(DType::F32, [4]);
        let signature = Signature::new(vec![ty.clone(); 2], vec![ty]);
        let device = Device::open(device)?;
        let start = Instant::now();
        let f = Executable::load(&module, &device, "main", signature, None)?;
        let load = start.elapsed();
        let a = Value::from(Array::from_slice(4, &[1.0f32, 2.0, 3.0, 4.0]));
        let b = Value::from(Array::from_slice(4, &[2.0f32; 4]));
        let ours = best(|| drop(black_box(f.call(&[&a, &b])).expect("the call works")));
        // Results of IREE can be passed back as arguments without an import.
        let c = f.call(&[&a, &b])?.remove(0);
        let again = best(|| drop(black_box(f.call(&[&c, &c])).expect("the call works")));
        println!("{}: loaded in {load:.1?}, call {ours:.2?} from Rust memory, {again:.2?} from results", device.name());
    }
    println!("local-sync, bare iree_vm_invoke: {:.2?}", bare(module.bytes())?);
    Ok(())
}

fn check(status: sys::iree_status_t) -> Result<(), String> {
    if status.is_null() { Ok(()) } else { Err("IREE failed".to_owned()) }
}

unsafe extern "C" {
    fn iree_allocator_libc_ctl(
        this: *mut std::ffi::c_void,
        command: sys::iree_allocator_command_e,
        params: *const std::ffi::c_void,
        inout_ptr: *mut *mut std::ffi::c_void,
    ) -> sys::iree_status_t;
}

fn bare(module: &[u8]) -> Result<Duration, String> {
    use std::ptr::{null, null_mut};
    let allocator = sys::iree_allocator_t { self_: null_mut(), ctl: Some(iree_allocator_libc_ctl) };
    let view = |s: &'static str| sys::iree_string_view_t { data: s.as_ptr().cast(), size: s.len() };
    // SAFETY: the sequence of calls is that of IREE's own tools, with live locals. The objects live until the end of
    // the process. The second instance is made while nothing else uses the runtime.
    unsafe {
        let mut instance = null_mut();
        check(sys::iree_vm_instance_create(sys::IREE_VM_TYPE_CAPACITY_DEFAULT as usize, allocator, &mut instance))?;
        check(sys::iree_hal_module_register_all_types(instance))?;
        let mut registry = null_mut();
        check(sys::iree_hal_driver_registry_allocate(allocator, &mut registry))?;
        check(sys::iree_hal_register_all_available_drivers(registry))?;
        let mut driver = null_mut();
        check(sys::iree_hal_driver_registry_try_create(registry, view("local-sync"), allocator, &mut driver))?;
        let mut pool = null_mut();
        let options = sys::iree_async_proactor_pool_options_default();
        check(sys::iree_async_proactor_pool_create(1, null(), options, allocator, &mut pool))?;
        let params = sys::iree_hal_device_create_params_t { proactor_pool: pool, ..Default::default() };
        let mut device = null_mut();
        check(sys::iree_hal_driver_create_default_device(driver, &params, allocator, &mut device))?;
        let tracking =
            sys::iree_async_frontier_tracker_options_t { axis_table_capacity: 256, session_epoch: 1, machine_index: 0 };
        let (mut tracker, mut group, mut hal) = (null_mut(), null_mut(), null_mut());
        check(sys::iree_async_frontier_tracker_create(tracking, allocator, &mut tracker))?;
        check(sys::iree_hal_device_group_create_from_device(device, tracker, allocator, &mut group))?;
        check(sys::iree_hal_module_create(
            instance,
            sys::iree_hal_module_device_policy_default(),
            group,
            sys::iree_hal_module_flag_bits_t_IREE_HAL_MODULE_FLAG_SYNCHRONOUS as _,
            sys::iree_hal_module_debug_sink_null(),
            allocator,
            &mut hal,
        ))?;
        let (mut code, mut context) = (null_mut(), null_mut());
        let span = sys::iree_const_byte_span_t { data: module.as_ptr(), data_length: module.len() };
        let keep = sys::iree_allocator_t { self_: null_mut(), ctl: None };
        check(sys::iree_vm_bytecode_module_create(instance, 0, span, keep, allocator, &mut code))?;
        let mut modules = [hal, code];
        check(sys::iree_vm_context_create_with_modules(instance, 0, 2, modules.as_mut_ptr(), allocator, &mut context))?;
        let mut function = sys::iree_vm_function_t::default();
        check(sys::iree_vm_context_resolve_function(context, view("module.main"), &mut function))?;
        let (mut inputs, mut outputs) = (null_mut(), null_mut());
        check(sys::iree_vm_list_create(sys::iree_vm_type_def_t::default(), 2, allocator, &mut inputs))?;
        check(sys::iree_vm_list_create(sys::iree_vm_type_def_t::default(), 1, allocator, &mut outputs))?;
        for _ in 0..2 {
            let data = [1.0f32; 4];
            let span = sys::iree_const_byte_span_t { data: data.as_ptr().cast(), data_length: 16 };
            let params = sys::iree_hal_buffer_params_t {
                usage: sys::iree_hal_buffer_usage_bits_t_IREE_HAL_BUFFER_USAGE_DEFAULT as _,
                type_: sys::iree_hal_memory_type_bits_t_IREE_HAL_MEMORY_TYPE_DEVICE_LOCAL as _,
                ..Default::default()
            };
            let mut buffer = null_mut();
            check(sys::iree_hal_buffer_view_allocate_buffer_copy(
                device,
                sys::iree_hal_device_allocator(device),
                1,
                [4].as_ptr(),
                sys::iree_hal_element_types_t_IREE_HAL_ELEMENT_TYPE_FLOAT_32 as _,
                sys::iree_hal_encoding_types_t_IREE_HAL_ENCODING_TYPE_DENSE_ROW_MAJOR as _,
                params,
                span,
                &mut buffer,
            ))?;
            let mut reference = sys::iree_hal_buffer_view_move_ref(buffer);
            check(sys::iree_vm_list_push_ref_move(inputs, &mut reference))?;
        }
        Ok(best(|| {
            let status = sys::iree_vm_invoke(context, function, 0, null(), inputs, outputs, allocator);
            assert!(status.is_null(), "the bare call works");
            sys::iree_vm_list_clear(outputs);
        }))
    }
}
