//! A failure of a device is an error with advice. The process survives, and other devices still work.

use super::devices::is_separate_process;
use super::gpu::{gpu, panic_of};
use rune::prelude::*;
use rune::{
    Array, CompileOptions, CompiledProgram, Device, DeviceError, Error, Precompiled, Program, RunError, Target, Type,
    Value,
};
use std::path::Path;

fn double() -> Program {
    make_program(|x: &Tensor| x * 2.0, &Tensor::from([1.0f32, 2.0])).unwrap()
}

fn precompiled(target: &str) -> Precompiled {
    let target: Target = target.parse().unwrap();
    Precompiled::new(&double(), &CompileOptions::for_target(target)).unwrap()
}

/// Asserts that the CPU still computes.
fn cpu_works() {
    let f = jit(|x: &Tensor| x * 2.0).tier(rune::Tier::Iree).on(&Device::cpu());
    assert_eq!(f(&Tensor::from([1.0f32, 2.0])).to_vec::<f32>().unwrap(), [2.0, 4.0]);
}

/// Asserts that the GPU still computes.
fn assert_works(gpu: &Device) {
    let f = jit(|x: &Tensor| x * 2.0).on(gpu);
    assert_eq!(f(&Tensor::from([1.0f32, 2.0])).to_vec::<f32>().unwrap(), [2.0, 4.0]);
}

fn assert_contains(error: &Error, parts: &[&str]) {
    let message = error.to_string();
    for part in parts {
        assert!(message.contains(part), "`{part}` is not in: {message}");
    }
    // The message does not name source files of the runtime.
    assert!(!message.contains(".c:") && message.lines().count() == 1, "{message}");
}

/// The next test runs this without a driver.
#[test]
fn without_a_driver_there_is_no_device() {
    let Ok(loader) = std::env::var("RUNE_TEST_DRIVER") else { return };
    for _ in 0..2 {
        let error = Device::vulkan(0).unwrap_err();
        assert!(
            matches!(error, Error::Device(DeviceError::NoDriver { .. } | DeviceError::NoSuchDevice { .. })),
            "{error}"
        );
        assert_contains(&error, &["vulkan"]);
        if loader == "broken" {
            assert_contains(&error, &["install", "libvulkan.so.1"]);
        }
        assert!(Device::all().iter().all(|info| !info.name.starts_with("vulkan")));
        cpu_works();
    }
}

#[test]
fn a_driver_that_is_missing_or_broken_is_told() {
    let test = "device_failures::without_a_driver_there_is_no_device";
    if !cfg!(feature = "vulkan") {
        let error = Device::vulkan(0).unwrap_err();
        assert!(matches!(error, Error::Device(DeviceError::NotBuilt { .. })));
        return assert_contains(
            &error,
            &["built without devices of the kind vulkan", "turn on the Cargo feature `vulkan`"],
        );
    }
    let none = [("VK_DRIVER_FILES", "/nowhere.json"), ("VK_ICD_FILENAMES", "/nowhere.json")];
    assert!(!is_separate_process(test, &[&none[..], &[("RUNE_TEST_DRIVER", "none")]].concat()));
    // This loader is not a library.
    let folder = tempfile::tempdir().unwrap();
    for name in ["libvulkan.so.1", "libvulkan.so"] {
        std::fs::write(folder.path().join(name), "no library").unwrap();
    }
    let folder = folder.path().to_str().unwrap();
    is_separate_process(test, &[("LD_LIBRARY_PATH", folder), ("RUNE_TEST_DRIVER", "broken")]);
}

#[test]
fn cuda_and_others_tell_what_is_missing() {
    match Device::cuda(0) {
        Ok(gpu) => assert_works(&gpu),
        Err(error) if cfg!(feature = "cuda") => {
            assert!(matches!(error, Error::Device(DeviceError::NoDriver { .. })), "{error}");
            assert_contains(&error, &["install the NVIDIA driver", "libcuda.so"]);
        }
        Err(error) => {
            assert!(matches!(error, Error::Device(DeviceError::NotBuilt { .. })), "{error}");
            assert_contains(&error, &["turn on the Cargo feature `cuda`"]);
        }
    }
    if !cfg!(target_os = "macos") {
        assert_contains(&Device::metal(0).unwrap_err(), &["kind metal", "Macs with Apple's own processors"]);
    }
    assert_contains(&Device::hip(0).unwrap_err(), &["kind hip", "HIP headers"]);
    for name in ["cuda:x", "cuda:-1", "cpu:1", "vulkan:99999999999999999999", "gpu", ""] {
        assert_contains(&Device::open(name).unwrap_err(), &["is not a device; known are", "such as cuda:1"]);
    }
    cpu_works();
}

#[test]
fn devices_beyond_the_last_are_refused() {
    let Some(gpu) = gpu() else { return };
    let kind = gpu.name().split(':').next().unwrap();
    let found = Device::all().iter().filter(|info| info.name.starts_with(kind)).count();
    for index in [found, 7 + found, usize::MAX] {
        let name = format!("{kind}:{index}");
        let error = Device::open(&name).unwrap_err();
        assert!(matches!(error, Error::Device(DeviceError::NoSuchDevice { found: n, .. }) if n == found), "{error}");
        let many =
            if found == 1 { "one device, number 0".to_owned() } else { format!("{found} devices, numbers 0 to") };
        assert_contains(&error, &[&format!("there is no device {name}: the driver finds {many}")]);
    }
    assert_works(&gpu);
}

#[test]
fn modules_of_another_target_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let refused = |module: &Precompiled, compiled_for: &str, device: &Device| {
        let error = module.load_on(device).unwrap_err();
        assert!(
            matches!(&error, Error::Run(RunError::OtherTarget { target, .. }) if target == compiled_for),
            "{error}"
        );
        let (on, advice) = (format!("device {}", device.name()), "compile the program again for this one");
        assert_contains(&error, &[&on, &format!("it was compiled for {compiled_for}"), advice]);
        let path = folder.path().join("f.vmfb");
        module.save(&path).unwrap();
        let error = CompiledProgram::load_on(&path, device).unwrap_err();
        assert!(matches!(error, Error::CompiledFile { .. }), "{error}");
        assert_contains(
            &error,
            &["f.vmfb cannot be run", &format!("it was compiled for {compiled_for}"), device.name(), advice],
        );
    };
    let (cpu, modules) = (Device::cpu(), ["metal", "cuda", "vulkan"].map(|target| (precompiled(target), target)));
    for (module, target) in &modules {
        refused(module, target, &cpu);
    }
    cpu_works();
    let Some(gpu) = gpu() else { return };
    refused(&precompiled("llvm-cpu"), "CPUs", &gpu);
    for (module, target) in modules.iter().filter(|(_, target)| !gpu.name().starts_with(target)) {
        refused(module, target, &gpu);
    }
    assert_works(&gpu);
}

/// Loads these bytes as a module on a device, in both ways.
fn load(bytes: &[u8], path: &Path, device: &Device) -> Result<CompiledProgram, Error> {
    std::fs::write(path, bytes).unwrap();
    CompiledProgram::load_on(path, device)
}

#[test]
fn modules_that_are_damaged_or_of_another_version_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("f.vmfb");
    let options = |device: &Device| match device {
        Device::Iree(device) => CompileOptions::for_target(device.target().clone()),
        Device::Reference | Device::Host => CompileOptions::default(),
    };
    for device in [Some(Device::cpu()), gpu()].into_iter().flatten() {
        let module = Precompiled::new(&double(), &options(&device)).unwrap();
        let bytes = module.bytes();
        // The file ends at many places, near both ends and between.
        let near = (0..40).chain(bytes.len() - 40..bytes.len());
        let between = (1..60).map(|i| bytes.len() * i / 60);
        for length in near.chain(between) {
            let error = load(&bytes[..length], &path, &device).map(drop).expect_err(&format!("{length} bytes"));
            assert!(matches!(error, Error::CompiledFile { .. } | Error::Module(_)), "{length}: {error}");
            assert_contains(&error, &["f.vmfb", "ompile"]);
        }
        // The version of the format is the upper half of a word of the module.
        let mut refused = 0;
        for at in (0..bytes.len() - 4).step_by(4) {
            if bytes[at..at + 4] == (17u32 << 16).to_le_bytes() {
                let mut other = bytes.to_vec();
                other[at + 2] = 18;
                if let Err(error) = load(&other, &path, &device)
                    && error.to_string().contains("version")
                {
                    assert!(matches!(error, Error::CompiledFile { .. }), "{error}");
                    assert_contains(
                        &error,
                        &["another version of IREE", "format 18.0, this one reads 17.0", "compile it again"],
                    );
                    refused += 1;
                }
            }
        }
        assert_eq!(refused, 1, "the version is in one place");
        let x = Value::from(Array::from_slice([2], &[1.0f32, 2.0]));
        let y = load(bytes, &path, &device).unwrap().call_values(&[x]).unwrap();
        assert_eq!(y[0].to_host().unwrap().as_slice::<f32>(), [2.0, 4.0]);
    }
}

/// Arguments on two devices. The machine may have only one, so the driver is listed twice.
#[test]
fn arguments_on_other_devices_are_named() {
    let (Some(gpu), Some(driver)) = (gpu(), driver_file()) else { return };
    if !gpu.name().starts_with("vulkan") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("driver.json");
    std::fs::copy(&driver, &copy).unwrap();
    let both = format!("{}:{}", driver.display(), copy.display());
    let variables = [("VK_DRIVER_FILES", both.as_str()), ("VK_ICD_FILENAMES", both.as_str())];
    if !is_separate_process("device_failures::arguments_on_other_devices_are_named", &variables) {
        return;
    }
    let (one, two) = (Device::vulkan(0).unwrap(), Device::vulkan(1).unwrap());
    assert_ne!(one, two);
    let x = Tensor::from([1.0f32, 2.0]);
    let (a, b) = (x.to(&one).unwrap(), x.to(&two).unwrap());
    assert_eq!(a.to(&two).unwrap().device().unwrap(), two);
    let f = jit(|x: &Tensor, y: &Tensor| x + y);
    let advice = "move it there (`x.to(&device)`)";
    let message = panic_of(|| f(&a, &b));
    assert!(message.contains("tensor 1 of the arguments of") && message.contains("is on vulkan:1"), "{message}");
    assert!(message.contains("runs on vulkan:0") && message.contains(advice), "{message}");
    let message = panic_of(|| jit(|x: &Tensor| x + 1.0).on(&one)(&b));
    assert!(
        message.contains("is on vulkan:1") && message.contains("runs on vulkan:0") && message.contains(advice),
        "{message}"
    );
    // The errors of an expression and of a compiled function.
    let error = (&a + &b).to_vec::<f32>().unwrap_err().to_string();
    assert!(error.contains("vulkan:0") && error.contains("vulkan:1") && error.contains(advice), "{error}");
    let compiled = f.compile((&a, &a)).unwrap();
    let error = compiled.call((&a, &b)).unwrap_err();
    assert!(matches!(error, Error::Run(RunError::ArgumentDevice { index: 1, .. })), "{error}");
    assert_contains(&error, &["argument 1 of", "is on vulkan:1", "runs on vulkan:0", advice]);
    // The CPU does not accept tensors of a GPU either.
    let on_cpu = jit(|x: &Tensor| x + 1.0).tier(rune::Tier::Iree).on(&Device::cpu()).compile(&x).unwrap();
    assert_contains(&on_cpu.call(&a).unwrap_err(), &["is on vulkan:0", "runs on cpu", advice]);
    assert_eq!(f(&a, &b.to(&one).unwrap()).to_vec::<f32>().unwrap(), [2.0, 4.0]);
    assert_eq!(f(&b, &b).device().unwrap(), two);
}

/// Returns the driver file of the first Vulkan device, if this is Mesa's software driver.
fn driver_file() -> Option<std::path::PathBuf> {
    if let Some(files) = std::env::var_os("VK_DRIVER_FILES") {
        return std::env::split_paths(&files).next();
    }
    let files = std::fs::read_dir("/usr/share/vulkan/icd.d").ok()?.filter_map(|file| Some(file.ok()?.path()));
    files.into_iter().find(|file| file.to_string_lossy().contains("/lvp_icd"))
}

/// Zeros that take no memory until they are read.
struct Zeros(Vec<u8>);
#[allow(unsafe_code)]
// SAFETY: the memory does not change while this lives.
unsafe impl rune::ir::HostMemory for Zeros {
    fn bytes(&self) -> &[u8] {
        &self.0
    }
}

#[test]
fn too_little_memory_is_an_error() {
    let Some(gpu) = gpu() else { return };
    // The test runs alone, because other tests also use the device's memory.
    if !is_separate_process("device_failures::too_little_memory_is_an_error", &[]) {
        return;
    }
    let info = Device::all().into_iter().find(|info| info.name == gpu.name()).unwrap();
    let memory = info.memory.expect("the driver tells the memory") as usize;
    let x = Tensor::from([1.0f32]);
    let before = gpu.memory().unwrap().in_use;
    // One result has a terabyte, and one is slightly too large.
    const TERABYTE: usize = 1 << 40;
    for bytes in [TERABYTE, memory + (memory >> 2)] {
        let f = jit(move |x: &Tensor| x.broadcast_to([bytes / 4096, 1024])).on(&gpu);
        let message = panic_of(|| f(&x));
        assert!(message.contains("too little memory"), "{message}");
        let error = f.compile(&x).map(drop).unwrap_err();
        assert!(matches!(error, Error::Run(RunError::OutOfMemory { .. })), "{bytes} bytes: {error}");
        assert_contains(&error, &["too little memory", gpu.name(), "and the device has", "smaller batches"]);
    }
    // This program has such a value inside.
    let rows = (memory + (memory >> 2)) / 4096;
    let f = jit(move |x: &Tensor| x.broadcast_to([rows, 1024]).cumsum(0).i((-1, 0))).on(&gpu).compile(&x).unwrap();
    for _ in 0..2 {
        let error = f.call(&x).unwrap_err();
        assert!(matches!(error, Error::Run(RunError::OutOfMemory { .. })), "{error}");
        assert_contains(&error, &["too little memory", gpu.name(), "smaller batches"]);
    }
    // This host array is too large for the device.
    let bytes = memory + 4096;
    if bytes < 16 << 30 {
        let zeros = std::sync::Arc::new(Zeros(vec![0; bytes]));
        let array = Array::from_foreign(Type::new(DType::U8, [bytes]), zeros);
        let error = Tensor::from(array).to(&gpu).unwrap_err();
        assert!(
            matches!(error, Error::Device(DeviceError::OutOfMemory { bytes: n, .. }) if n == bytes as u64),
            "{error}"
        );
        assert_contains(&error, &["too little memory for an array of", gpu.name()]);
    }
    assert_eq!(gpu.memory().unwrap().in_use, before);
    assert_works(&gpu);
    cpu_works();
}

/// A device that drivers report as lost. Mesa's is never lost, so a replacement loader reports it as lost from some
/// moment on.
#[cfg(target_os = "linux")]
#[test]
fn a_lost_device_is_an_error_and_others_work_on() {
    let Some(gpu) = gpu().filter(|gpu| gpu.name().starts_with("vulkan")) else { return };
    let folder = tempfile::tempdir().unwrap();
    let (lost, library) = (folder.path().join("lost"), folder.path().join("libvulkan.so.1"));
    if std::env::var_os("RUNE_TEST_LOST").is_none() {
        let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
        let mut files = maps.lines().filter_map(|line| line.find('/').map(|at| &line[at..]));
        let loader = files.find(|file| file.contains("/libvulkan.so")).expect("the loader is loaded");
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/lost_device.c");
        let compiler = std::env::var_os("CC").unwrap_or_else(|| "cc".into());
        let made = std::process::Command::new(compiler)
            .args(["-shared", "-fPIC", "-o"])
            .args([&library, &source])
            .arg("-ldl")
            .status();
        assert!(made.expect("a C compiler, with which the runtime was built").success());
        let variables = [
            ("LD_LIBRARY_PATH", folder.path().to_str().unwrap()),
            ("RUNE_TEST_LOADER", loader),
            ("RUNE_TEST_LOST", lost.to_str().unwrap()),
        ];
        is_separate_process("device_failures::a_lost_device_is_an_error_and_others_work_on", &variables);
        return;
    }
    let x = Tensor::from([1.0f32, 2.0]);
    let there = x.to(&gpu).unwrap();
    let f = jit(|x: &Tensor| x * 2.0).on(&gpu).compile(&x).unwrap();
    assert_eq!(f.call(&there).unwrap().to_vec::<f32>().unwrap(), [2.0, 4.0]);
    std::fs::write(std::env::var_os("RUNE_TEST_LOST").unwrap(), "").unwrap();
    for _ in 0..2 {
        let error = f.call(&there).and_then(|y| Ok(y.to_vec::<f32>()?)).unwrap_err();
        assert!(matches!(error, Error::Run(RunError::DeviceLost { .. })), "{error}");
        assert_contains(&error, &[gpu.name(), "stopped working", "other devices still work", "VK_ERROR_DEVICE_LOST"]);
        let error = x.to(&gpu).unwrap_err().to_string();
        assert!(error.contains(gpu.name()) && error.contains("VK_ERROR_DEVICE_LOST"), "{error}");
        cpu_works();
    }
}
