//! Tests of loading modules and calling them.

use super::*;

#[test]
fn a_module_is_compiled_loaded_and_called() {
    let f = load(&binary("multiply", "tensor<4xf32>"), Signature::new(vec![f32s(4); 2], vec![f32s(4)]));
    let (a, b) = (Array::from_slice(4, &[1.0f32, 2.0, 3.0, 4.0]).into(), Array::from_slice(4, &[2.0f32; 4]).into());
    let y = f.call(&[&a, &b]).unwrap();
    assert_eq!(host(&y[0]).as_slice::<f32>(), [2.0, 4.0, 6.0, 8.0]);
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
    // One module holds all functions.
    let function = |dtype: DType, name: &str, shape: &[usize]| {
        let mlir = match dtype.name() {
            "bool" => "i1".to_owned(),
            "c64" => "complex<f32>".to_owned(),
            "c128" => "complex<f64>".to_owned(),
            // Modules hold floats of 8 bits as integers. Positive numbers have the order of their bits.
            "f8e4m3fn" | "f8e5m2" => "i8".to_owned(),
            name => name.replace('u', "ui"),
        };
        let op = match () {
            () if dtype == DType::Bool => "or",
            () if dtype.is_float8() => "maximum",
            () => "add",
        };
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
                let expected = |i: usize| if dtype.is_float8() { x(i.max(1)) } else { x(i + 1) };
                assert_eq!(y, Array::from_fn::<T>(shape, expected), "{entry}");
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

#[test]
fn unknown_devices_are_refused_with_the_names_of_those_known() {
    let error = Device::open("tpu").unwrap_err().to_string();
    assert_eq!(
        error,
        "`tpu` is not a device; known are cpu, local-sync, local-task, cuda, hip, metal, vulkan, and GPUs by number, such as cuda:1"
    );
    #[cfg(not(feature = "vulkan"))]
    assert!(Device::open("vulkan").unwrap_err().to_string().contains("feature `vulkan`"));
}
