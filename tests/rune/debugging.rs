//! Seeing what functions compute.

use rune::Column;
use rune::prelude::*;

fn model(x: &Tensor) -> Tensor {
    name_scope("layer", || (x * 2.0).sin()).sum()
}

#[test]
fn jitted_functions_are_shown_inside() {
    let x = Tensor::from([0.0f32, 1.0]);
    let options = DebugOptions::new().columns([Column::Types]);
    let mut shown = Vec::new();
    let y = options.debug_to(jit(grad(model)), &mut shown)(&x);
    assert_eq!(y.to_vec::<f32>().unwrap(), grad(model)(&x).to_vec::<f32>().unwrap());
    insta::assert_snapshot!(String::from_utf8(shown).unwrap(), @"
    f(x0)
    │   x0                            [2, f32]
    │ f(x0)
    │ │ layer
    │ │ │   z0 = constant()           () -> [f32]
    │ │ │   z1 = broadcast_in_dim(z0)  [f32] -> [2, f32]
    │ │ │   z2 = mul(x0, z1)          ([2, f32], [2, f32]) -> [2, f32]
    │ │ │ ∂ z3 = cos(z2)              [2, f32] -> [2, f32]
    │ │ │ ◀ y0 = mul(z3, z1)          ([2, f32], [2, f32]) -> [2, f32]
    │ └ return y0
    │   y0 = call(x0)                 [2, f32] -> [2, f32]
    └ return y0
    ");
}
