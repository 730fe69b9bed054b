// A loop replaces a carried value without reading it. The compiler crashes or fails.
// right: f32=0.5
// input: f32=1
func.func @main(%x: tensor<f32>) -> tensor<f32> {
  %big = stablehlo.constant dense<1.0e9> : tensor<f32>
  %r:2 = stablehlo.while(%a = %x, %b = %big) : tensor<f32>, tensor<f32>
    cond {
      %tol = stablehlo.constant dense<0.75> : tensor<f32>
      %c = stablehlo.compare GT, %b, %tol, FLOAT : (tensor<f32>, tensor<f32>) -> tensor<i1>
      stablehlo.return %c : tensor<i1>
    } do {
      %half = stablehlo.constant dense<0.5> : tensor<f32>
      %n = stablehlo.multiply %a, %half : tensor<f32>
      stablehlo.return %n, %a : tensor<f32>, tensor<f32>
    }
  return %r#1 : tensor<f32>
}
