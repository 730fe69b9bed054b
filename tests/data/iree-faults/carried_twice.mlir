// A loop carries two values that start from the same array, and its condition reads one of them. A call fails with "ref is null".
// right: 4xf32=8 16 24 32
// input: 4xf32=1 2 3 4
func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
  %zero = stablehlo.constant dense<0> : tensor<i32>
  %r:3 = stablehlo.while(%i = %zero, %a = %x, %b = %x) : tensor<i32>, tensor<4xf32>, tensor<4xf32>
    cond {
      %three = stablehlo.constant dense<3> : tensor<i32>
      %p = stablehlo.compare LT, %i, %three : (tensor<i32>, tensor<i32>) -> tensor<i1>
      %none = stablehlo.constant dense<0.0> : tensor<f32>
      %most = stablehlo.constant dense<1.0e9> : tensor<f32>
      %s = stablehlo.reduce(%a init: %none) applies stablehlo.add across dimensions = [0] : (tensor<4xf32>, tensor<f32>) -> tensor<f32>
      %q = stablehlo.compare LT, %s, %most : (tensor<f32>, tensor<f32>) -> tensor<i1>
      %c = stablehlo.and %p, %q : tensor<i1>
      stablehlo.return %c : tensor<i1>
    } do {
      %one = stablehlo.constant dense<1> : tensor<i32>
      %j = stablehlo.add %i, %one : tensor<i32>
      %f = stablehlo.add %b, %a : tensor<4xf32>
      %u:2 = stablehlo.optimization_barrier %f, %a : tensor<4xf32>, tensor<4xf32>
      %v:2 = stablehlo.optimization_barrier %f, %b : tensor<4xf32>, tensor<4xf32>
      stablehlo.return %j, %u#0, %v#0 : tensor<i32>, tensor<4xf32>, tensor<4xf32>
    }
  return %r#2 : tensor<4xf32>
}
