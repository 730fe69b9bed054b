//! Tests of compiling, caching, loading and calling with the real compiler and runtime.

mod cache;
mod calls;
mod compiler;
mod cross;
mod host_calls;
mod hostile;
mod memory;
#[cfg(target_os = "linux")]
mod process;

use rune_iree::*;
use rune_trace::{Array, DType, ModuleSignature, Type, Value};
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

/// Returns the module with a signature in its function `main`, which says which arguments the function may write to.
fn stating(mlir: &str, signature: &Signature, overwritten: Vec<usize>) -> String {
    let Signature { inputs, outputs, .. } = signature.clone();
    let stated = ModuleSignature { inputs, outputs, overwritten, ..ModuleSignature::default() }.to_json();
    let attributes = format!("attributes {{iree.reflection = {{{} = {stated:?}}}}} {{\n", ModuleSignature::KEY);
    mlir.replacen("{\n", &attributes, 1)
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
