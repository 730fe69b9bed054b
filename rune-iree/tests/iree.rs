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
