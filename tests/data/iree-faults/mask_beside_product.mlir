// With data tiling, the dispatch that unpacks a product reads booleans wrongly.
// flags: --iree-opt-data-tiling=true
// input: 8x4xf32=1
// input: 8x8xi1=1
// right: 8x8xf32=4
func.func @main(%a: tensor<8x4xf32>, %m: tensor<8x8xi1>) -> tensor<8x8xf32> {
  %p = stablehlo.dot_general %a, %a, contracting_dims = [1] x [1] : (tensor<8x4xf32>, tensor<8x4xf32>) -> tensor<8x8xf32>
  %n = stablehlo.constant dense<-1.0> : tensor<8x8xf32>
  %y = stablehlo.select %m, %p, %n : tensor<8x8xi1>, tensor<8x8xf32>
  return %y : tensor<8x8xf32>
}
