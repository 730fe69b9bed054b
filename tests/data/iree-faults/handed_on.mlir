// A loop hands a carried value on to another one. The operation that computes its initial value is lost, and the result is 0.
// right: 4xf32=-1 -2 -3 -4
// input: 4xf32=1 2 3 4
func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
  %zero = stablehlo.constant dense<0> : tensor<i32>
  %y = stablehlo.negate %x : tensor<4xf32>
  %r:3 = stablehlo.while(%i = %zero, %a = %y, %b = %x) : tensor<i32>, tensor<4xf32>, tensor<4xf32>
    cond {
      %two = stablehlo.constant dense<2> : tensor<i32>
      %c = stablehlo.compare LT, %i, %two : (tensor<i32>, tensor<i32>) -> tensor<i1>
      stablehlo.return %c : tensor<i1>
    } do {
      %one = stablehlo.constant dense<1> : tensor<i32>
      %j = stablehlo.add %i, %one : tensor<i32>
      %p:2 = stablehlo.optimization_barrier %b, %a : tensor<4xf32>, tensor<4xf32>
      %q:2 = stablehlo.optimization_barrier %a, %b : tensor<4xf32>, tensor<4xf32>
      stablehlo.return %j, %p#0, %q#0 : tensor<i32>, tensor<4xf32>, tensor<4xf32>
    }
  return %r#1 : tensor<4xf32>
}
