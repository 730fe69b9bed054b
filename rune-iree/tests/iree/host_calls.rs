//! Tests of compiled code that calls Rust.

use super::*;

struct Sort;
impl HostCalls for Sort {
    fn functions(&self) -> Vec<HostFunction> {
        // The functions are not sorted by name, as IREE requires.
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
