//! Tests of tensors and functions on a GPU: the one in `RUNE_TEST_DEVICE`, else the first one with a Vulkan driver,
//! such as Mesa's software driver.

use super::devices::is_separate_process;
use rune::prelude::*;
use rune::{
    CompileOptions, CompiledProgram, Device, Error, Precompiled, Target, Value, default_device, fft, lax, linalg,
    random, set_default_device, with_device,
};
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Once};

/// Returns the GPU of these tests. If there is none, this is reported once, and the tests do nothing. If
/// `RUNE_TEST_DEVICE` names one, they fail instead.
pub(super) fn gpu() -> Option<Device> {
    static WARNED: Once = Once::new();
    let asked = std::env::var("RUNE_TEST_DEVICE").ok();
    let asked = asked.filter(|name| Device::open(name).map_or(true, |device| !device.shares_host_memory()));
    match Device::open(asked.as_deref().unwrap_or("vulkan")) {
        Ok(device) => Some(device),
        Err(error) => {
            assert!(asked.is_none(), "RUNE_TEST_DEVICE: {error}");
            // The harness would hide `eprintln`.
            WARNED.call_once(|| drop(writeln!(std::io::stderr(), "the tests of GPUs are skipped: {error}")));
            None
        }
    }
}

/// Returns the message of a panic.
pub(super) fn panic_of<T>(f: impl FnOnce() -> T) -> String {
    let panic = catch_unwind(AssertUnwindSafe(f)).err().expect("it panics");
    let text = panic.downcast_ref::<String>().cloned();
    text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned())).expect("it has a message")
}

fn device_of(x: &Tensor) -> Device {
    x.device().unwrap()
}

#[test]
fn tensors_move_and_tell_their_device() {
    let Some(gpu) = gpu() else { return };
    for dtype in DType::ALL.iter().copied() {
        for shape in [&[2, 3][..], &[], &[0, 2]] {
            let x = Tensor::ones(shape, dtype);
            assert_eq!(device_of(&x), Device::host());
            let there = x.to(&gpu).unwrap();
            assert_eq!((device_of(&there), there.ty()), (gpu.clone(), x.ty()));
            for back in [there.to(&Device::cpu()).unwrap(), there.to(&Device::host()).unwrap()] {
                assert_eq!(
                    (device_of(&back), back.to_array().unwrap()),
                    (Device::host(), x.to_array().unwrap()),
                    "{dtype}"
                );
            }
        }
    }
    // A tensor that is already there is not copied.
    let x = Tensor::from([1.0f32, 2.0]).to(&gpu).unwrap();
    let same = |a: &Tensor, b: &Tensor| match (a.value().unwrap(), b.value().unwrap()) {
        (Value::Device(a), Value::Device(b)) => Arc::ptr_eq(&a, &b),
        _ => false,
    };
    assert!(same(&x, &x.to(&gpu).unwrap()));
    assert!(!same(&x, &x.to(&Device::host()).unwrap().to(&gpu).unwrap()));
    // A pending tensor is computed first. A traced tensor cannot be moved.
    assert_eq!((&x + 1.0).to(&Device::host()).unwrap().to_vec::<f32>().unwrap(), [2.0, 3.0]);
    let traced = |x: &Tensor| {
        assert!(x.to(&gpu).is_err() && x.device().is_err());
        x + 1.0
    };
    make_program(traced, &x).unwrap();
}

#[test]
fn results_stay_on_the_device() {
    let Some(gpu) = gpu() else { return };
    let x = Tensor::arange(0.0..6.0, DType::F32).reshape([2, 3]);
    let there = x.to(&gpu).unwrap();
    // A compiled function follows its arguments, and is compiled once for each device.
    let f = jit(|x: &Tensor, y: &Tensor| (x * 2.0 + y, x.sum()));
    let (y, total) = f(&there, &there);
    assert_eq!((device_of(&y), device_of(&total)), (gpu.clone(), gpu.clone()));
    assert_eq!(
        (y.to_vec::<f32>().unwrap(), total.item::<f32>().unwrap()),
        (vec![0.0, 3.0, 6.0, 9.0, 12.0, 15.0], 15.0)
    );
    // A host tensor goes to the device of the other arguments.
    let (mixed, _) = f(&x, &there);
    assert_eq!((device_of(&mixed), mixed.to_vec::<f32>().unwrap()), (gpu.clone(), y.to_vec::<f32>().unwrap()));
    assert_eq!(f.compiled_programs(), 1);
    let (host, _) = f(&x, &x);
    assert_eq!((device_of(&host), f.compiled_programs()), (Device::host(), 2));
    // The same applies to expressions, small and large, and to tensors computed from them.
    let small = &there * 3.0 - &x;
    let large = there.sum() + Tensor::ones([300, 300], DType::F32).matmul(Tensor::ones([300, 300], DType::F32));
    for (tensor, first) in [(&small, 0.0), (&small.transpose(), 0.0), (&large, 315.0), (&small.i(1), 6.0)] {
        assert_eq!(device_of(tensor), gpu);
        assert_eq!(tensor.reshape([-1]).i(0).item::<f32>().unwrap(), first);
    }
    assert_eq!(device_of(&x), Device::host());
    // The gradient of a function on the GPU is on the GPU.
    let slope = jit(grad(|x: &Tensor| (x * x).sum()))(&there);
    assert_eq!((device_of(&slope), slope.to_vec::<f32>().unwrap()), (gpu, vec![0.0, 2.0, 4.0, 6.0, 8.0, 10.0]));
}

#[test]
fn the_device_of_a_scope_is_that_of_its_thread() {
    let Some(gpu) = gpu() else { return };
    let f = jit(|x: &Tensor| x + 1.0);
    let x = Tensor::from([1.0f32, 2.0]);
    let before = default_device().unwrap();
    with_device(&gpu, || {
        assert_eq!((default_device().unwrap(), device_of(&f(&x))), (gpu.clone(), gpu.clone()));
        assert_eq!(device_of((&x * 2.0).realize().unwrap()), gpu);
        with_device(&Device::reference(), || {
            assert_eq!((default_device().unwrap(), device_of(&f(&x))), (Device::reference(), Device::host()));
        });
        assert_eq!(default_device().unwrap(), gpu);
        // A panic also ends a scope.
        let message = panic_of(|| with_device(&Device::host(), || panic!("in a scope")));
        assert_eq!((message.as_str(), default_device().unwrap()), ("in a scope", gpu.clone()));
        // Another thread is not in the scope.
        let elsewhere = std::thread::scope(|scope| scope.spawn(|| default_device().unwrap()).join().unwrap());
        assert_eq!(elsewhere, before);
    });
    assert_eq!(default_device().unwrap(), before);
    std::thread::scope(|scope| {
        for i in 0..4 {
            let (f, gpu) = (&f, &gpu);
            scope.spawn(move || {
                let device = if i % 2 == 0 { gpu.clone() } else { Device::cpu() };
                with_device(&device, || {
                    for _ in 0..5 {
                        let y = f(&Tensor::from([i as f32, 0.0]));
                        assert_eq!(device_of(&y), if i % 2 == 0 { gpu.clone() } else { Device::host() });
                        assert_eq!(y.to_vec::<f32>().unwrap(), [i as f32 + 1.0, 1.0]);
                    }
                });
            });
        }
    });
}

#[test]
fn a_function_may_have_a_device_of_its_own() {
    let Some(gpu) = gpu() else { return };
    let x = Tensor::from([3.0f32, 4.0]);
    // Captured tensors are on the function's device, wherever they were.
    for captured in [x.clone(), x.to(&gpu).unwrap()] {
        let f = jit(move |x: &Tensor| x * &captured + captured.sum()).on(&gpu);
        let y = f(&x);
        assert_eq!((device_of(&y), y.to_vec::<f32>().unwrap()), (gpu.clone(), vec![16.0, 23.0]));
        assert_eq!(device_of(&f(&y)), gpu);
    }
    let captured = x.to(&gpu).unwrap();
    let f = jit(move |x: &Tensor| x - &captured);
    assert_eq!(f(&x).to_vec::<f32>().unwrap(), [0.0, 0.0]);
    // The function's device takes precedence over the scope's. A tensor on another device is an error.
    let f = jit(|x: &Tensor| x + 1.0).on(&gpu);
    assert_eq!(with_device(&Device::reference(), || device_of(&f(&x))), gpu);
    let f = jit(|x: &Tensor| x + 1.0).on(&Device::cpu());
    let message = panic_of(|| f(&x.to(&gpu).unwrap()));
    let name = gpu.name();
    assert!(
        message.contains(&format!("is on {name}, and the call runs on cpu; move it there (`x.to(&device)`)")),
        "{message}"
    );
    assert_eq!(f(&x).to_vec::<f32>().unwrap(), [4.0, 5.0]);
}

#[test]
fn donated_tensors_are_updated_where_they_are() {
    let Some(gpu) = gpu() else { return };
    // This is large enough to show in the device's memory.
    const N: usize = 1 << 20;
    let f = jit(|table: &Tensor, i: &Tensor| table.at(i).set(7.0f32)).donate();
    let index = |i: i32| Tensor::scalar(i);
    let mut table = Tensor::zeros([N], DType::F32).to(&gpu).unwrap();
    for i in 0..4 {
        table = f(table, &index(i));
        assert_eq!(device_of(&table), gpu);
    }
    assert_eq!(table.i(..5).to_vec::<f32>().unwrap(), [7.0, 7.0, 7.0, 7.0, 0.0]);
    // Shared memory is copied, so the other handle sees no change.
    let other = table.clone();
    let changed = f(table, &index(9));
    assert_eq!((changed.i(9).item::<f32>().unwrap(), other.i(9).item::<f32>().unwrap()), (7.0, 0.0));
    // A pending expression sees no change either.
    let pending = &other * 2.0;
    let table = f(other, &index(10));
    assert_eq!((pending.i(10).item::<f32>().unwrap(), table.i(10).item::<f32>().unwrap()), (0.0, 7.0));
    // A host tensor is copied to the device, and does not change.
    let host = Tensor::zeros([N], DType::F32).realize().unwrap().clone();
    let kept = host.clone();
    assert_eq!(with_device(&gpu, || f(host, &index(1))).i(1).item::<f32>().unwrap(), 7.0);
    assert_eq!(kept.i(1).item::<f32>().unwrap(), 0.0);
    // The donated argument holds the same tensor twice.
    let pair = jit(|(a, b): &(Tensor, Tensor)| (a.at(0).set(1.0), b.at(1).set(2.0))).donate();
    let x = Tensor::zeros([3], DType::F32).to(&gpu).unwrap();
    let (a, b) = pair((x.clone(), x));
    assert_eq!((a.to_vec::<f32>().unwrap(), b.to_vec::<f32>().unwrap()), (vec![1.0, 0.0, 0.0], vec![0.0, 2.0, 0.0]));
}

#[test]
fn updates_in_place_take_no_memory() {
    let Some(gpu) = gpu() else { return };
    // The test runs alone, because other tests also use the device's memory.
    if !is_separate_process("gpu::updates_in_place_take_no_memory", &[]) {
        return;
    }
    const BYTES: u64 = 4 << 20;
    let memory = || gpu.memory().unwrap();
    let address = |x: &Tensor| match x.value().unwrap() {
        Value::Device(buffer) => rune_iree::buffer_address(&*buffer).unwrap(),
        Value::Host(_) => panic!("on the host"),
    };
    let write = |table: &Tensor, value: &Tensor| table.at(1).set(value);
    let (given, lent) = (jit(write).donate(), jit(write));
    let mut x = Tensor::zeros([BYTES as usize / 4], DType::F32).to(&gpu).unwrap();
    assert_eq!((memory().in_use, memory().peak), (BYTES, BYTES));
    let place = address(&x);
    for i in 0..3 {
        x = given(x, &Tensor::scalar(i as f32));
        assert_eq!((address(&x), memory().in_use), (place, BYTES), "step {i}");
    }
    let y = lent(&x, &Tensor::scalar(9.0f32));
    assert_ne!(address(&y), place);
    assert_eq!((memory().in_use, memory().peak), (2 * BYTES, 2 * BYTES));
    assert_eq!((x.i(..3).to_vec::<f32>().unwrap(), y.i(1).item::<f32>().unwrap()), (vec![0.0, 2.0, 0.0], 9.0));
    drop((x, y));
    assert_eq!(memory().in_use, 0);
}

#[test]
fn the_default_device_may_be_a_gpu() {
    let Some(gpu) = gpu() else { return };
    if !is_separate_process("gpu::the_default_device_may_be_a_gpu", &[]) {
        return;
    }
    let f = jit(|x: &Tensor| x.exp().sum());
    let x = Tensor::zeros([5], DType::F32);
    assert_eq!(device_of(&f(&x)), Device::host());
    let name = gpu.name().split(':').next().unwrap();
    set_default_device(name).unwrap();
    assert_eq!((default_device().unwrap(), device_of(&f(&x))), (gpu.clone(), gpu.clone()));
    assert_eq!((f(&x).item::<f32>().unwrap(), f.compiled_programs()), (5.0, 2));
    assert_eq!(device_of((&x + 1.0).realize().unwrap()), gpu);
    // An unknown name changes nothing.
    assert!(matches!(set_default_device("gpu"), Err(Error::UnknownDevice(name)) if name == "gpu"));
    assert_eq!(default_device().unwrap(), gpu);
    set_default_device("cpu").unwrap();
    assert_eq!(device_of(&f(&x)), Device::host());
}

#[test]
fn functions_of_the_host_are_called_from_the_device() {
    let Some(gpu) = gpu() else { return };
    let x = Tensor::from([1.0f32, 2.0, 3.0]).to(&gpu).unwrap();
    let f = jit(|x: &Tensor| {
        let y = pure_callback(|x: &Tensor| x * 2.0, x.ty(), &(x + 1.0));
        debug_print!("y = {y}");
        &y - 1.0
    });
    for _ in 0..2 {
        let (y, printed) = capture_debug(|| f(&x));
        assert_eq!((device_of(&y), y.to_vec::<f32>().unwrap()), (gpu.clone(), vec![3.0, 5.0, 7.0]));
        assert_eq!(printed, "y = [4. 6. 8.]\n");
    }
    let fails = jit(|x: &Tensor| pure_callback(|_: &Tensor| -> Result<Tensor, &str> { Err("not today") }, x.ty(), x));
    let message = panic_of(|| fails(&x));
    assert!(message.contains("`pure_callback` at tests/rune/gpu.rs:") && message.contains("not today"), "{message}");
    // A host function may wait for another thread that uses the device.
    let inner = Arc::new(jit(|x: &Tensor| x + 1.0).on(&gpu));
    let waits = jit(move |x: &Tensor| {
        let inner = inner.clone();
        let elsewhere = move |x: &Tensor| {
            let there = || inner(x).to(&Device::host()).unwrap();
            std::thread::scope(|scope| scope.spawn(there).join().unwrap())
        };
        pure_callback(elsewhere, x.ty(), x) * 2.0
    });
    assert_eq!(waits(&x).to_vec::<f32>().unwrap(), [4.0, 6.0, 8.0]);
    assert_eq!(f(&x).to_vec::<f32>().unwrap(), [3.0, 5.0, 7.0]);
}

#[test]
fn linear_algebra_and_transforms_agree_with_the_host() {
    let Some(gpu) = gpu() else { return };
    let a = Tensor::from([[4.0f32, 1.0, 0.5], [1.0, 3.0, 0.25], [0.5, 0.25, 2.0]]);
    let signal = Tensor::arange(0.0..16.0, DType::F32).sin();
    let all = |a: &Tensor, signal: &Tensor| {
        let l = linalg::cholesky(a);
        let x = linalg::solve(a, &a.i((.., 0)));
        let spectrum = fft::rfft(signal);
        (l, x, linalg::det(a), fft::irfft(&spectrum), spectrum.abs(), signal.sort(0), signal.cumsum(0))
    };
    let leaves = |device: &Device| jit(all).on(device)(&a, &signal).leaves();
    for (i, (found, expected)) in leaves(&gpu).iter().zip(leaves(&Device::host())).enumerate() {
        assert_eq!(device_of(found), gpu);
        let (found, expected) = (found.to_vec::<f32>().unwrap(), expected.to_vec::<f32>().unwrap());
        assert_eq!(found.len(), expected.len());
        for (x, y) in found.iter().zip(&expected) {
            assert!((x - y).abs() <= 2e-5 * (1.0 + y.abs()), "result {i}: {found:?} and {expected:?}");
        }
    }
}

/// Long arrays take a network of comparisons. Equal keys keep their order.
#[test]
fn long_arrays_are_sorted_on_the_device() {
    let Some(gpu) = gpu() else { return };
    let bits = |n: usize| random::bits(&random::key(n as u64), [n], DType::U32).realize().unwrap().clone();
    type F = dyn Fn(&Tensor) -> Vec<Tensor> + Send + Sync;
    let on = |device: &Device, f: &F, x: &Tensor| {
        let f = jit(|x: &Tensor| f(x)).on(device);
        let results = f(x);
        let arrays: Vec<_> = results.iter().map(|x| x.to_array().unwrap()).collect();
        (arrays, f.lower(x).unwrap().code().contains("@host."))
    };
    let agree = |name: &str, f: &F, x: &Tensor| {
        let ((found, calls_host), (expected, _)) = (on(&gpu, f, x), on(&Device::host(), f, x));
        assert!(found == expected && !calls_host, "{name}");
    };
    let sorted = |x: &Tensor| vec![x.sort(0), x.argsort(0)];
    // Few different keys show whether the order is stable.
    for dtype in [DType::U32, DType::I32, DType::I16, DType::U8, DType::F16, DType::F32, DType::I64, DType::Bool] {
        let x = (bits(2049) % 100).astype(dtype);
        agree(&format!("{dtype}"), &sorted, &x);
    }
    // Numbers of any kind, with NaN, infinities and zeros of both signs.
    agree("bits of floats", &sorted, &bits(5000).bitcast(DType::F32));
    let special = Tensor::from([0.0f32, -0.0, f32::NAN, -f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 1e-40]);
    agree("special floats", &sorted, &special.tile(&[400]));
    let grid = |x: &Tensor| x.reshape([2, 2500, 3]);
    agree("an axis in the middle", &move |x| vec![grid(x).sort(1), grid(x).argsort_descending(1)], &bits(15_000));
    let two_keys = |x: &Tensor| lax::sort(&[x % 7, x / 1000, x.clone()], 0, 2);
    agree("two keys", &two_keys, &bits(4096));
    // The network also compiles for devices that are not here.
    let program = make_program(|x: &Tensor| (x.sort(0), x.argsort(0)), &Tensor::zeros([3000], DType::F32)).unwrap();
    for target in ["cuda:sm_89", "rocm:gfx942", "metal"] {
        let target: Target = target.parse().unwrap();
        Precompiled::new(&program, &CompileOptions::for_target(target)).unwrap_or_else(|e| panic!("{e}"));
    }
    agree("the greatest", &|x| vec![x.top_k(5).0, x.top_k(5).1], &(bits(20_000) % 1000).astype(DType::F32));
}

#[test]
fn a_target_without_doubles_refuses_them() {
    let program = make_program(|x: &Tensor| x.sin() + 1.0, &Tensor::from([1.0f64])).unwrap();
    for target in ["vulkan", "metal"] {
        let target: Target = target.parse().unwrap();
        let error = Precompiled::new(&program, &CompileOptions::for_target(target)).unwrap_err();
        assert!(matches!(error, Error::Lower(_)), "{error}");
        let message = error.to_string();
        assert!(message.contains("f64") && message.contains("f32") && message.contains("gpu.rs:"), "{message}");
    }
}

#[test]
fn a_saved_function_runs_on_the_device() {
    let Some(gpu) = gpu() else { return };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("f.vmfb");
    let weights = Tensor::arange(0.0..4.0, DType::F32).to(&gpu).unwrap();
    let f = jit(|x: &Tensor| ((x * &weights).sort(0), x.at(1).set(9.0))).on(&gpu);
    let x = Tensor::from([5.0f32, -1.0, 2.0, -3.0]);
    f.compile(&x).unwrap().save(&path).unwrap();
    let loaded = CompiledProgram::load_on(&path, &gpu).unwrap();
    let there = x.to(&gpu).unwrap();
    for x in [&x, &there, &x] {
        let results = loaded.call(std::slice::from_ref(x)).unwrap();
        assert!(results.iter().all(|y| device_of(y) == gpu));
        assert_eq!(results[0].to_vec::<f32>().unwrap(), [-9.0, -1.0, 0.0, 4.0]);
        assert_eq!(results[1].to_vec::<f32>().unwrap(), [5.0, 9.0, 2.0, -3.0]);
    }
    assert_eq!(there.to_vec::<f32>().unwrap(), [5.0, -1.0, 2.0, -3.0]);
}
