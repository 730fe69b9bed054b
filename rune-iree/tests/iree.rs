//! Compiling, caching, loading and calling, against the real compiler and runtime.

use rune_iree::*;
use rune_trace::{Array, DType, Type, Value};
use std::sync::Arc;

fn f32s(n: usize) -> Type {
    Type::new(DType::F32, [n])
}

fn binary(op: &str, ty: &str) -> String {
    format!(
        "func.func @main(%a: {ty}, %b: {ty}) -> {ty} {{\n  %0 = \"stablehlo.{op}\"(%a, %b) : ({ty}, {ty}) -> {ty}\n  \
         return %0 : {ty}\n}}"
    )
}

fn load(mlir: &str, signature: Signature) -> Executable {
    load_on("cpu", mlir, signature, None)
}

fn load_on(device: &str, mlir: &str, signature: Signature, host: Option<Arc<dyn HostCalls>>) -> Executable {
    let module = compile(mlir, "test", &CompileOptions::default()).unwrap_or_else(|e| panic!("{e}"));
    Executable::load(&module, &Device::open(device).unwrap(), "main", signature, host).unwrap_or_else(|e| panic!("{e}"))
}

fn host(value: &Value) -> Array {
    value.to_host().unwrap()
}

#[test]
fn a_module_is_compiled_loaded_and_called() {
    let f = load(&binary("multiply", "tensor<4xf32>"), Signature::new(vec![f32s(4); 2], vec![f32s(4)]));
    let (a, b) = (Array::from_slice(4, &[1.0f32, 2.0, 3.0, 4.0]).into(), Array::from_slice(4, &[2.0f32; 4]).into());
    let y = f.call(&[&a, &b]).unwrap();
    assert_eq!(host(&y[0]).as_slice::<f32>(), [2.0, 4.0, 6.0, 8.0]);
}

/// Rewrites row 1 of its argument.
const UPDATE: &str = r#"
func.func @main(%a: tensor<4x4xf32>, %row: tensor<1x4xf32>) -> tensor<4x4xf32> {
  %i = stablehlo.constant dense<1> : tensor<i32>
  %z = stablehlo.constant dense<0> : tensor<i32>
  %0 = "stablehlo.dynamic_update_slice"(%a, %row, %i, %z)
    : (tensor<4x4xf32>, tensor<1x4xf32>, tensor<i32>, tensor<i32>) -> tensor<4x4xf32>
  return %0 : tensor<4x4xf32>
}"#;

fn update_signature() -> Signature {
    let (a, row) = (Type::new(DType::F32, [4, 4]), Type::new(DType::F32, [1, 4]));
    Signature { overwrites: vec![0], ..Signature::new(vec![a.clone(), row], vec![a]) }
}

#[test]
fn arguments_are_never_overwritten() {
    for device in ["local-sync", "local-task"] {
        // Without the word of the signature, IREE does overwrite the argument: the reason for all this.
        let careless = Signature { overwrites: vec![], ..update_signature() };
        let (a, row) = (Array::from_slice([4, 4], &[1.0f32; 16]), Array::from_slice([1, 4], &[7.0f32; 4]));
        let before = a.reshaped([4, 4]);
        load_on(device, UPDATE, careless, None).call(&[&a.clone().into(), &row.clone().into()]).unwrap();
        assert_eq!(before.as_slice::<f32>()[4], 7.0, "IREE no longer overwrites arguments; `overwrites` can go");

        let f = load_on(device, UPDATE, update_signature(), None);
        let a = Array::from_slice([4, 4], &[1.0f32; 16]);
        let mut last = None;
        for i in 0..2 {
            let row = Array::from_slice([1, 4], &[i as f32; 4]);
            let y = host(&f.call(&[&a.clone().into(), &row.into()]).unwrap()[0]);
            assert_eq!(y.as_slice::<f32>()[3..9], [1.0, i as f32, i as f32, i as f32, i as f32, 1.0]);
            assert_eq!(a.as_slice::<f32>(), [1.0; 16]);
            last = Some(y);
        }
        // Nor is a result of an earlier call.
        let y = Value::from(last.unwrap());
        let z = f.call(&[&y, &Array::from_slice([1, 4], &[9.0f32; 4]).into()]).unwrap();
        assert_eq!(host(&y).as_slice::<f32>()[4..8], [1.0; 4]);
        assert_eq!(host(&z[0]).as_slice::<f32>()[4..8], [9.0; 4]);
    }
}

#[test]
fn a_value_given_away_is_updated_in_place_if_nobody_sees_it() {
    let f = load(UPDATE, update_signature());
    let row = Value::from(Array::from_slice([1, 4], &[7.0f32; 4]));
    let a = Array::from_slice([4, 4], &[1.0f32; 16]);
    let memory = a.bytes().as_ptr();
    let mut y = f.call_with(vec![Arg::Give(a.into()), Arg::Keep(&row)]).unwrap();
    assert_eq!(host(&y[0]).bytes().as_ptr(), memory, "the memory was not used again");
    let mut y = f.call_with(vec![Arg::Give(y.remove(0)), Arg::Keep(&row)]).unwrap();
    assert_eq!(host(&y[0]).bytes().as_ptr(), memory, "the memory of a result was not used again");
    // Somebody else holds it.
    let seen = host(&y[0]);
    let z = f.call_with(vec![Arg::Give(y.remove(0)), Arg::Keep(&row)]).unwrap();
    assert_ne!(host(&z[0]).bytes().as_ptr(), memory);
    assert_eq!(seen.as_slice::<f32>()[4], 7.0);
}

#[test]
fn a_value_given_away_twice_over_is_not_written_to() {
    // Both results and the argument are one memory.
    let twice = "func.func @main(%a: tensor<4x4xf32>) -> (tensor<4x4xf32>, tensor<4x4xf32>) {\n\
                 return %a, %a : tensor<4x4xf32>, tensor<4x4xf32>\n}";
    let ty = Type::new(DType::F32, [4, 4]);
    let g = load(twice, Signature::new(vec![ty.clone()], vec![ty.clone(), ty]));
    let f = load(UPDATE, update_signature());
    let row = Value::from(Array::from_slice([1, 4], &[7.0f32; 4]));
    let a = Array::from_slice([4, 4], &[1.0f32; 16]);
    let mut same = g.call(&[&a.clone().into()]).unwrap();
    f.call_with(vec![Arg::Give(same.remove(0)), Arg::Keep(&row)]).unwrap();
    assert_eq!(a.as_slice::<f32>(), [1.0; 16]);
    assert_eq!(host(&same[0]).as_slice::<f32>(), [1.0; 16]);
    f.call_with(vec![Arg::Give(same.remove(0)), Arg::Keep(&row)]).unwrap();
    assert_eq!(a.as_slice::<f32>(), [1.0; 16]);
}

#[test]
fn arrays_go_in_and_out_without_copies() {
    let identity = "func.func @main(%a: tensor<4xf32>) -> tensor<4xf32> {\n return %a : tensor<4xf32>\n}";
    let f = load(identity, Signature::new(vec![f32s(4)], vec![f32s(4)]));
    let a = Array::from_slice(4, &[1.0f32, 2.0, 3.0, 4.0]);
    let y = f.call(&[&a.clone().into()]).unwrap();
    assert_eq!(host(&y[0]).bytes().as_ptr(), a.bytes().as_ptr(), "a copy was made on the way in or out");
    let z = f.call(&[&y[0]]).unwrap();
    assert_eq!(host(&z[0]).bytes().as_ptr(), a.bytes().as_ptr(), "a result was copied on its way back in");
    drop((a, y));
    assert_eq!(host(&z[0]).as_slice::<f32>(), [1.0, 2.0, 3.0, 4.0], "the memory outlives its first owner");
}

#[test]
fn unaligned_foreign_memory_is_copied() {
    struct Odd(Vec<u8>);
    impl rune_trace::HostMemory for Odd {
        fn bytes(&self) -> &[u8] {
            &self.0[(self.0.as_ptr().align_offset(64) + 4)..][..16]
        }
    }
    let array = Array::from_foreign(f32s(4), Arc::new(Odd(vec![0; 128])));
    let f = load(&binary("add", "tensor<4xf32>"), Signature::new(vec![f32s(4); 2], vec![f32s(4)]));
    let a = Value::from(array);
    assert_eq!(host(&f.call(&[&a, &a]).unwrap()[0]).as_slice::<f32>(), [0.0; 4]);
}

#[test]
fn wrong_arguments_are_named() {
    let f = load(&binary("add", "tensor<4xf32>"), Signature::new(vec![f32s(4); 2], vec![f32s(4)]));
    let (a, b) = (Value::from(Array::zeros(f32s(4))), Value::from(Array::zeros(f32s(5))));
    let message = f.call(&[&a, &b]).unwrap_err().to_string();
    assert_eq!(message, "argument 1 of `main` is [5, f32], but the program was compiled for [4, f32]");
    let message = f.call(&[&a]).unwrap_err().to_string();
    assert_eq!(message, "`main` takes 2 arguments and got 1");
    let i = Value::from(Array::zeros(Type::new(DType::I32, [4])));
    assert!(matches!(f.call(&[&i, &a]), Err(RunError::ArgumentType { index: 0, .. })));
}

#[test]
fn a_wrong_signature_is_found_when_loading_or_calling() {
    let module = compile(&binary("add", "tensor<4xf32>"), "test", &CompileOptions::default()).unwrap();
    let cpu = Device::open("cpu").unwrap();
    let signature = Signature::new(vec![f32s(4)], vec![f32s(4)]);
    assert!(matches!(Executable::load(&module, &cpu, "main", signature, None), Err(RunError::Signature { .. })));
    let signature = Signature::new(vec![f32s(4); 2], vec![f32s(5)]);
    let f = Executable::load(&module, &cpu, "main", signature, None).unwrap();
    let a = Value::from(Array::zeros(f32s(4)));
    assert!(matches!(f.call(&[&a, &a]), Err(RunError::ResultType { index: 0, .. })));
    let error = Executable::load(&module, &cpu, "other", Signature::default(), None).unwrap_err().to_string();
    assert!(error.contains("other"), "{error}");
}

#[test]
fn every_dtype_and_rank_0_and_no_elements() {
    let shapes = [("vector", vec![3]), ("scalar", vec![]), ("empty", vec![0, 2])];
    // One module for all of it.
    let function = |dtype: DType, name: &str, shape: &[usize]| {
        let mlir = match dtype.name() {
            "bool" => "i1".to_owned(),
            name => name.replace('u', "ui"),
        };
        // The sum of two truth values is their disjunction.
        let op = if dtype == DType::Bool { "or" } else { "add" };
        let dims: String = shape.iter().map(|d| format!("{d}x")).collect();
        binary(op, &format!("tensor<{dims}{mlir}>")).replace("@main", &format!("@{dtype}_{name}"))
    };
    let functions = DType::ALL.iter().flat_map(|&d| shapes.iter().map(move |(n, s)| function(d, n, s)));
    let text: Vec<String> = functions.collect();
    let module = compile(&text.join("\n"), "dtypes", &CompileOptions::default()).unwrap_or_else(|e| panic!("{e}"));
    for device in ["local-sync", "local-task"] {
        let device = Device::open(device).unwrap();
        for (dtype, (name, shape)) in DType::ALL.iter().flat_map(|&d| shapes.iter().map(move |s| (d, s))) {
            rune_trace::with_element!(dtype, T => {
                let x = |i: usize| <T as rune_trace::Element>::from_f64(i as f64);
                let ty = Type::new(dtype, shape);
                let entry = format!("{dtype}_{name}");
                let signature = Signature::new(vec![ty.clone(); 2], vec![ty.clone()]);
                let f = Executable::load(&module, &device, &entry, signature, None).unwrap();
                let a = Array::from_fn::<T>(shape, x);
                let b = Array::from_fn::<T>(shape, |_| x(1));
                let y = host(&f.call(&[&a.into(), &b.into()]).unwrap_or_else(|e| panic!("{entry}: {e}"))[0]);
                assert_eq!(y, Array::from_fn::<T>(shape, |i| x(i + 1)), "{entry}");
            });
        }
    }
}

#[test]
fn eight_threads_call_one_executable() {
    for device in ["local-sync", "local-task"] {
        let text = "func.func @main(%a: tensor<64x64xf32>, %b: tensor<64x64xf32>) -> (tensor<64x64xf32>, tensor<64x64xf32>) {\n\
            %0 = stablehlo.dot_general %a, %b, contracting_dims = [1] x [0] : (tensor<64x64xf32>, tensor<64x64xf32>) -> tensor<64x64xf32>\n\
            %1 = stablehlo.add %0, %a : tensor<64x64xf32>\n\
            return %0, %1 : tensor<64x64xf32>, tensor<64x64xf32>\n}";
        let ty = Type::new(DType::F32, [64, 64]);
        let f = load_on(device, text, Signature::new(vec![ty.clone(); 2], vec![ty.clone(); 2]), None);
        std::thread::scope(|s| {
            for t in 0..8 {
                let f = &f;
                s.spawn(move || {
                    let a = Value::from(Array::from_slice([64, 64], &[t as f32; 4096]));
                    let b = Value::from(Array::from_slice([64, 64], &[1.0f32; 4096]));
                    for _ in 0..200 {
                        let y = f.call(&[&a, &b]).unwrap();
                        assert!(host(&y[0]).as_slice::<f32>().iter().all(|&v| v == 64.0 * t as f32));
                        assert!(host(&y[1]).as_slice::<f32>().iter().all(|&v| v == 65.0 * t as f32));
                    }
                });
            }
        });
    }
}

#[test]
fn the_first_axis_may_be_left_open() {
    let text = "func.func @main(%a: tensor<?x2xf32>, %b: tensor<2xf32>) -> tensor<?x2xf32> {\n\
        %0 = stablehlo.add %a, %a : tensor<?x2xf32>\n return %0 : tensor<?x2xf32>\n}";
    let (a, b) = (Type::new(DType::F32, [1, 2]), f32s(2));
    let signature =
        Signature { open_batch: vec![true, false, true], ..Signature::new(vec![a.clone(), b.clone()], vec![a]) };
    let f = load(text, signature);
    let b = Value::from(Array::zeros(b));
    for n in [1, 5, 0] {
        let y = f.call(&[&Array::from_fn([n, 2], |i| i as f32).into(), &b]).unwrap();
        assert_eq!(host(&y[0]), Array::from_fn([n, 2], |i| 2.0 * i as f32));
    }
    assert!(f.call(&[&Array::zeros(Type::new(DType::F32, [2, 3])).into(), &b]).is_err());
}

struct Sort;
impl HostCalls for Sort {
    fn functions(&self) -> Vec<HostFunction> {
        // Not in the order of their names, which is IREE's.
        let ty = vec![Type::new(DType::F32, [1])];
        let f = |name: &str, n: usize| HostFunction {
            name: name.into(),
            inputs: ty.clone(),
            outputs: vec![ty[0].clone(); n],
        };
        vec![f("sort", 1), f("fail", 1), f("both", 2), f("panic", 1), f("keep", 1)]
    }
    fn call(&self, index: usize, args: &[Array]) -> Result<Vec<Array>, String> {
        static KEPT: std::sync::Mutex<Vec<Array>> = std::sync::Mutex::new(Vec::new());
        let sorted = || {
            let mut x = args[0].as_slice::<f32>().to_vec();
            x.sort_by(f32::total_cmp);
            Array::from_vec(x.len(), x)
        };
        match index {
            0 => Ok(vec![sorted()]),
            1 => Err("no luck".to_owned()),
            // An argument may be returned.
            2 => Ok(vec![sorted(), args[0].clone()]),
            3 => panic!("at the disco"),
            _ => {
                KEPT.lock().unwrap().push(args[0].clone());
                Ok(vec![sorted()])
            }
        }
    }
}

fn host_program(name: &str) -> String {
    format!(
        "func.func private @host.{name}(tensor<?xf32>) -> tensor<?xf32>\n\
         func.func @main(%x: tensor<10000xf32>) -> tensor<10000xf32> {{\n\
           %0 = stablehlo.negate %x : tensor<10000xf32>\n\
           %1 = tensor.cast %0 : tensor<10000xf32> to tensor<?xf32>\n\
           %2 = call @host.{name}(%1) : (tensor<?xf32>) -> tensor<?xf32>\n\
           %3 = tensor.cast %2 : tensor<?xf32> to tensor<10000xf32>\n\
           %4 = stablehlo.negate %3 : tensor<10000xf32>\n\
           return %4 : tensor<10000xf32>\n}}"
    )
}

#[test]
fn compiled_code_calls_rust() {
    let x = Array::from_fn([10000], |i| ((i * 7919) % 10007) as f32);
    let mut expected = x.as_slice::<f32>().to_vec();
    expected.sort_by(|a, b| b.total_cmp(a));
    for device in ["local-sync", "local-task"] {
        let signature = Signature::new(vec![f32s(10000)], vec![f32s(10000)]);
        let f = load_on(device, &host_program("sort"), signature.clone(), Some(Arc::new(Sort)));
        for _ in 0..3 {
            let y = f.call(&[&x.clone().into()]).unwrap();
            assert_eq!(host(&y[0]).as_slice::<f32>(), expected);
        }
        for (name, message) in [
            ("fail", "no luck"),
            ("panic", "it panicked: at the disco"),
            ("keep", "it kept an argument beyond the call; it has to keep a copy of the elements instead"),
        ] {
            let f = load_on(device, &host_program(name), signature.clone(), Some(Arc::new(Sort)));
            let error = f.call(&[&x.clone().into()]).unwrap_err().to_string();
            assert_eq!(error, format!("the host function `{name}`, called by `main`, failed: {message}"));
        }
        let both = "func.func private @host.both(tensor<?xf32>) -> (tensor<?xf32>, tensor<?xf32>)\n\
            func.func @main(%x: tensor<3xf32>) -> (tensor<3xf32>, tensor<3xf32>) {\n\
              %1 = tensor.cast %x : tensor<3xf32> to tensor<?xf32>\n\
              %2:2 = call @host.both(%1) : (tensor<?xf32>) -> (tensor<?xf32>, tensor<?xf32>)\n\
              %3 = tensor.cast %2#0 : tensor<?xf32> to tensor<3xf32>\n\
              %4 = tensor.cast %2#1 : tensor<?xf32> to tensor<3xf32>\n\
              return %3, %4 : tensor<3xf32>, tensor<3xf32>\n}";
        let f = load_on(device, both, Signature::new(vec![f32s(3)], vec![f32s(3); 2]), Some(Arc::new(Sort)));
        let y = f.call(&[&Array::from_slice(3, &[3.0f32, 1.0, 2.0]).into()]).unwrap();
        assert_eq!(host(&y[0]).as_slice::<f32>(), [1.0, 2.0, 3.0]);
        assert_eq!(host(&y[1]).as_slice::<f32>(), [3.0, 1.0, 2.0]);
    }
}

#[test]
fn a_module_that_needs_host_functions_says_so() {
    let module = compile(&host_program("sort"), "test", &CompileOptions::default()).unwrap();
    let signature = Signature::new(vec![f32s(10000)], vec![f32s(10000)]);
    let error = Executable::load(&module, &Device::open("cpu").unwrap(), "main", signature, None).unwrap_err();
    assert!(error.to_string().contains("host"), "{error}");
}

#[test]
fn unknown_devices_are_refused_with_the_names_of_those_known() {
    let error = Device::open("tpu").unwrap_err().to_string();
    assert_eq!(error, "`tpu` is not a device; known are cpu, local-sync, local-task, cuda, metal, vulkan");
    #[cfg(not(feature = "vulkan"))]
    assert!(Device::open("vulkan").unwrap_err().to_string().contains("feature `vulkan`"));
}

#[test]
fn what_the_compiler_refuses_is_shown_in_the_users_source() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("model.rs");
    std::fs::write(&file, "fn f(x: &Tensor) {\n    let l = cholesky(x);\n}\nfn main() { f(&a) }\n").unwrap();
    let text = format!(
        "func.func @main(%a: tensor<4x4xf32>) -> tensor<4x4xf32> {{\n  %0 = \"stablehlo.cholesky\"(%a) {{lower = true}} : \
         (tensor<4x4xf32>) -> tensor<4x4xf32> loc(callsite(\"{0}\":2:13 at \"{0}\":4:13))\n  return %0 : tensor<4x4xf32>\n}}",
        file.display()
    );
    let error = compile(&text, "model", &CompileOptions::default()).unwrap_err();
    let shown = error.to_string();
    assert!(shown.contains("model.rs:2:13") && shown.contains("stablehlo.cholesky"), "{shown}");
    let source = "\n    2 | let l = cholesky(x);\n      |         ^\n    called from ";
    assert!(shown.contains(source) && shown.contains("4 | fn main() { f(&a) }"), "{shown}");
    let CompileError::Rejected { diagnostics, .. } = error else { panic!("{shown}") };
    let d = diagnostics.iter().find(|d| d.file.as_deref() == Some(&file)).unwrap();
    assert_eq!((d.severity, d.line, d.column), (Severity::Error, 2, 13));

    let error = compile("func.func @main( {", "broken", &CompileOptions::default()).unwrap_err().to_string();
    assert!(error.contains("broken:1:"), "{error}");
}

#[test]
fn flags_and_phases_are_checked() {
    let options = CompileOptions { extra_flags: vec!["--no-such-flag".into()], ..Default::default() };
    let text = binary("add", "tensor<4xf32>");
    assert!(matches!(compile(&text, "test", &options), Err(CompileError::Flags(_))));
    let options = CompileOptions::default();
    assert!(matches!(compile_to_phase(&text, "test", &options, "nowhere"), Err(CompileError::UnknownPhase(_))));
    let flow = compile_to_phase(&text, "test", &options, "flow").unwrap();
    assert!(flow.contains("flow.dispatch"), "{flow}");
}

#[test]
fn what_the_fast_flags_fail_on_is_compiled_plainly() {
    // A complex product is refused with data tiling (facts A.2).
    let text = "func.func @main(%a: tensor<8x8xf32>) -> tensor<8x8xf32> {\n\
        %z = stablehlo.complex %a, %a : tensor<8x8xcomplex<f32>>\n\
        %0 = stablehlo.dot_general %z, %z, contracting_dims = [1] x [0] : (tensor<8x8xcomplex<f32>>, tensor<8x8xcomplex<f32>>) -> tensor<8x8xcomplex<f32>>\n\
        %1 = stablehlo.imag %0 : (tensor<8x8xcomplex<f32>>) -> tensor<8x8xf32>\n return %1 : tensor<8x8xf32>\n}";
    compile(text, "complex", &CompileOptions::default()).unwrap_or_else(|e| panic!("{e}"));
}

fn cached(cache: &CompileCache, material: &str) -> (CompiledModule, CacheOutcome) {
    let text = || binary("add", "tensor<4xf32>");
    let (module, outcome, _) =
        cache.get_or_compile(material, "cached", &CompileOptions::default(), text).unwrap_or_else(|e| panic!("{e}"));
    (module, outcome)
}

fn entries(dir: &std::path::Path) -> Vec<std::path::PathBuf> {
    std::fs::read_dir(dir.join("modules")).unwrap().map(|e| e.unwrap().path()).collect()
}

#[test]
fn a_module_comes_from_memory_then_disk_then_the_compiler() {
    let dir = tempfile::tempdir().unwrap();
    let cache = CompileCache::in_dir(dir.path(), 1 << 20);
    let (first, outcome) = cached(&cache, "a");
    assert_eq!(outcome, CacheOutcome::Compiled);
    assert_eq!(cached(&cache, "a").1, CacheOutcome::Memory);
    let later = CompileCache::in_dir(dir.path(), 1 << 20);
    let (second, outcome) = cached(&later, "a");
    assert_eq!(outcome, CacheOutcome::Disk);
    assert_eq!(first.bytes(), second.bytes());
    assert_eq!(second.bytes().as_ptr().align_offset(64), 0);
    let signature = Signature::new(vec![f32s(4); 2], vec![f32s(4)]);
    let f = Executable::load(&second, &Device::open("cpu").unwrap(), "main", signature, None).unwrap();
    let a = Value::from(Array::from_slice(4, &[1.0f32; 4]));
    assert_eq!(host(&f.call(&[&a, &a]).unwrap()[0]).as_slice::<f32>(), [2.0; 4]);
    later.clear();
    assert_eq!((later.usage(), cached(&later, "a").1), ((0, 0), CacheOutcome::Compiled));
}

#[test]
fn a_damaged_entry_is_compiled_again() {
    let dir = tempfile::tempdir().unwrap();
    cached(&CompileCache::in_dir(dir.path(), 1 << 20), "a");
    let entry = entries(dir.path()).remove(0);
    let sound = std::fs::read(&entry).unwrap();
    let mut flipped = sound.clone();
    *flipped.last_mut().unwrap() ^= 1;
    for bad in [flipped, sound[..sound.len() / 2].to_vec(), sound[..10].to_vec(), Vec::new()] {
        std::fs::write(&entry, bad).unwrap();
        assert_eq!(cached(&CompileCache::in_dir(dir.path(), 1 << 20), "a").1, CacheOutcome::Compiled);
        assert_eq!(cached(&CompileCache::in_dir(dir.path(), 1 << 20), "a").1, CacheOutcome::Disk);
    }
}

#[test]
fn a_directory_that_cannot_be_written_is_done_without() {
    let dir = tempfile::tempdir().unwrap();
    // A file where the directory should be: also unwritable for root.
    let file = dir.path().join("file");
    std::fs::write(&file, "").unwrap();
    let cache = CompileCache::in_dir(file.join("cache"), 1 << 20);
    assert_eq!(cached(&cache, "a").1, CacheOutcome::Compiled);
    assert_eq!(cached(&cache, "a").1, CacheOutcome::Memory);
}

#[test]
fn the_longest_unused_entries_are_removed() {
    let dir = tempfile::tempdir().unwrap();
    let size = cached(&CompileCache::in_dir(dir.path(), 1 << 20), "a").0.bytes().len() as u64 + 64;
    let limit = 2 * size + size / 2;
    let wait = || std::thread::sleep(std::time::Duration::from_millis(20));
    for (material, outcome) in [
        ("b", CacheOutcome::Compiled),
        ("a", CacheOutcome::Disk),
        ("c", CacheOutcome::Compiled),
        ("a", CacheOutcome::Disk),
        ("b", CacheOutcome::Compiled),
    ] {
        wait();
        assert_eq!(cached(&CompileCache::in_dir(dir.path(), limit), material).1, outcome, "{material}");
    }
    assert_eq!(entries(dir.path()).len(), 2);
}

#[test]
fn threads_that_want_the_same_compile_it_once() {
    let cache = CompileCache::in_memory();
    let outcomes: Vec<CacheOutcome> = std::thread::scope(|s| {
        let threads: Vec<_> = (0..4).map(|_| s.spawn(|| cached(&cache, "a").1)).collect();
        threads.into_iter().map(|t| t.join().unwrap()).collect()
    });
    assert_eq!(outcomes.iter().filter(|&&o| o == CacheOutcome::Compiled).count(), 1, "{outcomes:?}");
}

/// Not a test of its own: the other process of the next one.
#[test]
fn the_other_process() {
    if let Some(dir) = std::env::var_os("RUNE_TEST_CACHE") {
        println!("outcome {:?}", cached(&CompileCache::in_dir(dir, 1 << 20), "a").1);
    }
}

#[test]
fn processes_that_want_the_same_compile_it_once() {
    let dir = tempfile::tempdir().unwrap();
    let spawn = || {
        std::process::Command::new(std::env::current_exe().unwrap())
            .args(["the_other_process", "--exact", "--nocapture"])
            .env("RUNE_TEST_CACHE", dir.path())
            .stdout(std::process::Stdio::piped())
            .spawn()
            .unwrap()
    };
    let outputs = [spawn(), spawn()].map(|child| String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap());
    let compiled = outputs.iter().filter(|o| o.contains("outcome Compiled")).count();
    let read = outputs.iter().filter(|o| o.contains("outcome Disk")).count();
    assert_eq!((compiled, read), (1, 1), "{outputs:?}");
}

#[test]
fn nothing_is_written_to_the_standard_streams() {
    // A program that fails in the linker, whose messages IREE sends to standard error.
    if std::env::var_os("RUNE_TEST_QUIET").is_some() {
        let text = "func.func @main(%a: tensor<4xf64>) -> tensor<4xf64> {\n %0 = stablehlo.sine %a : tensor<4xf64>\n \
                    return %0 : tensor<4xf64>\n}";
        let error = compile(text, "sine", &CompileOptions::default()).unwrap_err().to_string();
        assert!(error.contains("linker: undefined symbol: sin"), "{error}");
        return;
    }
    let mut me = std::process::Command::new(std::env::current_exe().unwrap());
    me.args(["nothing_is_written_to_the_standard_streams", "--exact", "--nocapture"]).env("RUNE_TEST_QUIET", "1");
    let output = me.output().unwrap();
    assert!(output.status.success());
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
}

#[test]
fn a_module_is_saved_and_loaded() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("add.vmfb");
    let module = compile(&binary("add", "tensor<4xf32>"), "add", &CompileOptions::default()).unwrap();
    module.save(&path).unwrap();
    assert_eq!(CompiledModule::load(&path).unwrap().bytes(), module.bytes());
    std::fs::write(&path, "no module").unwrap();
    let error = CompiledModule::load(&path).unwrap_err().to_string();
    assert!(error.contains("add.vmfb is no compiled module"), "{error}");
    assert!(CompiledModule::load(dir.path().join("none")).unwrap_err().to_string().contains("cannot read"));
}

/// A device with memory of its own. Mesa's lavapipe (Debian: `mesa-vulkan-drivers`) is one, in software.
#[cfg(feature = "vulkan")]
#[test]
fn arrays_go_to_a_device_with_memory_of_its_own_and_back() {
    let vulkan = Device::open("vulkan").unwrap();
    let options = CompileOptions::for_target(Target::vulkan("vp_android_baseline_2022").unwrap());
    let load = |text: &str, signature| {
        let module = compile(text, "test", &options).unwrap_or_else(|e| panic!("{e}"));
        Executable::load(&module, &vulkan, "main", signature, None).unwrap_or_else(|e| panic!("{e}"))
    };
    let f = load(&binary("multiply", "tensor<4xf32>"), Signature::new(vec![f32s(4); 2], vec![f32s(4)]));
    let a = Value::from(Array::from_slice(4, &[1.0f32, 2.0, 3.0, 4.0]));
    let y = f.call(&[&a, &a]).unwrap();
    assert!(matches!(y[0], Value::Device(_)));
    let z = f.call(&[&y[0], &vulkan.put(&a).unwrap()]).unwrap();
    assert_eq!(host(&z[0]).as_slice::<f32>(), [1.0, 8.0, 27.0, 64.0]);

    let f = load(UPDATE, update_signature());
    let row = Value::from(Array::from_slice([1, 4], &[7.0f32; 4]));
    let a = vulkan.put(&Array::from_slice([4, 4], &[1.0f32; 16]).into()).unwrap();
    let y = f.call(&[&a, &row]).unwrap().remove(0);
    assert_eq!(host(&a).as_slice::<f32>(), [1.0; 16]);
    let z = f.call_with(vec![Arg::Give(y), Arg::Keep(&row)]).unwrap();
    assert_eq!(host(&z[0]).as_slice::<f32>()[3..9], [1.0, 7.0, 7.0, 7.0, 7.0, 1.0]);
}
