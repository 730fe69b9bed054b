// An elementwise operation reads a sum along rows and along columns. Elements off the diagonal are 0.
// right: 3x3xf32=2 3 4 3 4 5 4 5 6
// input: 3x2xf32=1 0 1 1 1 2
func.func @main(%x: tensor<3x2xf32>) -> tensor<3x3xf32> {
  %zero = stablehlo.constant dense<0.0> : tensor<f32>
  %r = stablehlo.reduce(%x init: %zero) applies stablehlo.add across dimensions = [1] : (tensor<3x2xf32>, tensor<f32>) -> tensor<3xf32>
  %rows = stablehlo.broadcast_in_dim %r, dims = [0] : (tensor<3xf32>) -> tensor<3x3xf32>
  %columns = stablehlo.broadcast_in_dim %r, dims = [1] : (tensor<3xf32>) -> tensor<3x3xf32>
  %sum = stablehlo.add %rows, %columns : tensor<3x3xf32>
  return %sum : tensor<3x3xf32>
}
