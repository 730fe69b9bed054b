// Threads exchange the converted elements through shared memory, and read them too early.
// input: 46x300xi16=1 -2 3 5 -4
// input: 46xf32=1 2 -1 3
// right: 300xf32=58 -116 174 290 -232
func.func @main(%x: tensor<46x300xi16>, %y: tensor<46xf32>) -> tensor<300xf32> {
  %wide = stablehlo.convert %x : (tensor<46x300xi16>) -> tensor<46x300xf32>
  %rows = stablehlo.broadcast_in_dim %y, dims = [0] : (tensor<46xf32>) -> tensor<46x300xf32>
  %products = stablehlo.multiply %wide, %rows : tensor<46x300xf32>
  %zero = stablehlo.constant dense<0.0> : tensor<f32>
  %sums = stablehlo.reduce(%products init: %zero) applies stablehlo.add across dimensions = [0] : (tensor<46x300xf32>, tensor<f32>) -> tensor<300xf32>
  return %sums : tensor<300xf32>
}
