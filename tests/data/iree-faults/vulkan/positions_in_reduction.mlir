// A reduction over positions needs shared memory of type `index`, which SPIR-V lacks. The fault depends on the size of
// a subgroup. This module is for size 8.
// input: 16xf32=1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16
// right: 16xi32=0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15
func.func @main(%x: tensor<16xf32>) -> tensor<16xi32> {
  %a = stablehlo.broadcast_in_dim %x, dims = [1] : (tensor<16xf32>) -> tensor<16x16xf32>
  %b = stablehlo.broadcast_in_dim %x, dims = [0] : (tensor<16xf32>) -> tensor<16x16xf32>
  %i = stablehlo.iota dim = 0 : tensor<16x16xi32>
  %j = stablehlo.iota dim = 1 : tensor<16x16xi32>
  %earlier = stablehlo.compare LT, %j, %i : (tensor<16x16xi32>, tensor<16x16xi32>) -> tensor<16x16xi1>
  %less = stablehlo.compare LT, %a, %b : (tensor<16x16xf32>, tensor<16x16xf32>) -> tensor<16x16xi1>
  %equal = stablehlo.compare EQ, %a, %b : (tensor<16x16xf32>, tensor<16x16xf32>) -> tensor<16x16xi1>
  %tie = stablehlo.and %equal, %earlier : tensor<16x16xi1>
  %before = stablehlo.or %less, %tie : tensor<16x16xi1>
  %n = stablehlo.convert %before : (tensor<16x16xi1>) -> tensor<16x16xi32>
  %zero = stablehlo.constant dense<0> : tensor<i32>
  %y = stablehlo.reduce(%n init: %zero) applies stablehlo.add across dimensions = [1] : (tensor<16x16xi32>, tensor<i32>) -> tensor<16xi32>
  return %y : tensor<16xi32>
}
