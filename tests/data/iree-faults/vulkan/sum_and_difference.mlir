// Threads read other elements of shared memory than those that were written: IREE pads the rows of the copy of %x, but
// not its allocation. The fault depends on the size of a subgroup. This module is for size 8.
// input: 16x16xf32=-3 -2 -1 0 1 2 3 -3 -2 -1 0 1 2 3 -3 -2 -1 0 1 2 3 -3 -2 -1 0 1 2 3 -3 -2 -1 0 1 2 3 -3 -2 -1 0 1 2 3 -3 -2 -1 0 1 2 3 -3 -2 -1 0 1 2 3 -3 -2 -1 0 1 2 3 -3 -2 -1 0 1 2 3 -3 -2 -1 0 1 2 3 -3 -2 -1 0 1 2 3 -3 -2 -1 0 1 2 3 -3 -2 -1 0 1 2 3 -3 -2 -1 0 1 2 3 -3 -2 -1 0 1 2 3 -3 -2 -1 0 1 2 3 -3 -2 -1 0 1 2 3 -3 -2 -1 0 1 2 3 -3 -2 -1 0 1 2 3 -3 -2 -1 0 1 2 3 -3 -2 -1 0 1 2 3 -3 -2 -1 0 1 2 3 -3 -2 -1 0 1 2 3 -3 -2 -1 0 1 2 3 -3 -2 -1 0 1 2 3 -3 -2 -1 0 1 2 3 -3 -2 -1 0 1 2 3 -3 -2 -1 0 1 2 3 -3 -2 -1 0 1 2 3 -3 -2 -1 0 1 2 3 -3 -2 -1 0 1 2 3 -3 -2 -1 0 1 2 3 -3 -2 -1 0 1 2 3 -3 -2 -1 0 1 2 3 -3 -2 -1 0 1 2 3 -3 -2 -1 0
// right: 16x16xf32=1 0 -1 -2 -3 3 2 1 0 -1 -2 -3 3 2 1 0 3 2 1 0 -1 -2 -3 3 2 1 0 -1 -2 -3 3 2 5 4 3 -5 -6 0 -1 5 4 3 -5 -6 0 -1 5 4 7 -1 -2 -3 -4 2 1 7 -1 -2 -3 -4 2 1 7 -1 2 1 0 -1 -2 4 -4 2 1 0 -1 -2 4 -4 2 1 4 3 2 1 -7 -1 -2 4 3 2 1 -7 -1 -2 4 3 6 5 -3 -4 -5 1 0 6 5 -3 -4 -5 1 0 6 5 1 0 -1 -2 -3 3 2 1 0 -1 -2 -3 3 2 1 0 3 2 1 0 -1 -2 -3 3 2 1 0 -1 -2 -3 3 2 5 4 3 -5 -6 0 -1 5 4 3 -5 -6 0 -1 5 4 7 -1 -2 -3 -4 2 1 7 -1 -2 -3 -4 2 1 7 -1 2 1 0 -1 -2 4 -4 2 1 0 -1 -2 4 -4 2 1 4 3 2 1 -7 -1 -2 4 3 2 1 -7 -1 -2 4 3 6 5 -3 -4 -5 1 0 6 5 -3 -4 -5 1 0 6 5 1 0 -1 -2 -3 3 2 1 0 -1 -2 -3 3 2 1 0 3 2 1 0 -1 -2 -3 3 2 1 0 -1 -2 -3 3 2
func.func @main(%x: tensor<16x16xf32>) -> tensor<16x16xf32> {
  %zero = stablehlo.constant dense<0.0> : tensor<f32>
  %s = stablehlo.reduce(%x init: %zero) applies stablehlo.add across dimensions = [0] : (tensor<16x16xf32>, tensor<f32>) -> tensor<16xf32>
  %b = stablehlo.broadcast_in_dim %s, dims = [1] : (tensor<16xf32>) -> tensor<16x16xf32>
  %y = stablehlo.subtract %x, %b : tensor<16x16xf32>
  return %y : tensor<16x16xf32>
}
