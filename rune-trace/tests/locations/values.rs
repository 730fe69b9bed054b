//! Arrays, trees and programs.

use super::at_fault;
use super::support::{Seen, public_functions, silent_panics};
use rune_trace::ProgramExt;
use rune_trace::{AlignedBytes, Array, DType, HostMemory, Tensor, Tree, Type, make_program};
use std::sync::Arc;

/// Foreign memory that is too small.
struct Short;
// SAFETY: the memory is constant.
#[allow(unsafe_code)]
unsafe impl HostMemory for Short {
    fn bytes(&self) -> &[u8] {
        &[0]
    }
}

#[test]
#[rustfmt::skip]
fn arrays_trees_and_programs_panic_at_the_users_line() {
    let mut seen = Seen::default();
    let ty = Type::new(DType::F32, [2]);
    let array = Array::from_slice([2], &[1.0f32, 2.0]);
    at_fault!(seen, "array::Array::from_slice", Array::from_slice([2], &[1.0f32]));
    at_fault!(seen, "array::Array::from_vec", Array::from_vec([2], vec![1.0f32]));
    at_fault!(seen, "array::Array::from_bytes", Array::from_bytes(ty.clone(), &[0]));
    at_fault!(seen, "array::Array::from_aligned", Array::from_aligned(ty.clone(), AlignedBytes::new(64)));
    at_fault!(seen, "array::Array::from_foreign", Array::from_foreign(ty.clone(), Arc::new(Short)));
    at_fault!(seen, "array::Array::as_slice", array.as_slice::<i32>());
    at_fault!(seen, "array::Array::make_mut", array.clone().make_mut::<i32>());
    at_fault!(seen, "array::Array::reshaped", array.reshaped([3]));
    let never = [
        "array::Array::bytes", "array::Array::dtype", "array::Array::foreign", "array::Array::from_fn", "array::Array::into_aligned", "array::Array::is_unique",
        "array::Array::scalar", "array::Array::shape", "array::Array::to_complex_vec", "array::Array::to_f64_vec", "array::Array::ty", "array::Array::zeros",
        "array::Value::block_until_ready", "array::Value::is_ready", "array::Value::to_host", "array::Value::ty",
    ];
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../rune-ir/src/");
    let mut public = public_functions(root, &[]);
    public.retain(|name| name.starts_with("array::"));
    seen.finish(&public, &never);

    let mut seen = Seen::default();
    let (x, y) = (&Tensor::from([1.0f32, 2.0]), &Tensor::from([1]));
    let pair = (x.clone(), x.clone());
    at_fault!(seen, "tree::with_leaves", pair.with_leaves([x.clone()]));
    at_fault!(seen, "tree::with_leaves", pair.with_leaves([x.clone(), x.clone(), x.clone()]));
    at_fault!(seen, "tree::map2", vec![x.clone()].map2(&vec![], &mut |x, _| x.clone()));
    let program = &make_program(|x: &Tensor| x * x, x).unwrap();
    at_fault!(seen, "program::apply", program.apply(&[]));
    at_fault!(seen, "program::apply", program.apply(std::slice::from_ref(y)));
    at_fault!(seen, "program::with_constants", program.clone().with_constants(vec![array.clone().into(), array.clone().into()]));
    at_fault!(seen, "program::with_constants", program.clone().with_constants(vec![Array::scalar(1).into()]));
    at_fault!(seen, "program::transpose", program.transpose(&[0]));
    seen.all_right();
}

/// Functions with documented panics are `#[track_caller]`, in every crate that users call.
#[test]
fn documented_panics_are_at_the_callers_line() {
    for sources in ["/src", "/../rune-ir/src", "/../rune-nn/src", "/../src"] {
        let found = silent_panics(&format!("{}{sources}", env!("CARGO_MANIFEST_DIR")));
        assert_eq!(found, [] as [String; 0]);
    }
}
