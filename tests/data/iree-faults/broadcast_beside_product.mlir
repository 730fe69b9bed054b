// With data tiling, a batched product reads past an operand that is broadcast along the contracted axis.
// flags: --iree-opt-data-tiling=true
// input: 2x1x8xf32=1
// input: 2x5xf32=1 2 3 4 5 6 7 8 9 10
// right: 2x1x5xf32=8 16 24 32 40 48 56 64 72 80
func.func @main(%a: tensor<2x1x8xf32>, %v: tensor<2x5xf32>) -> tensor<2x1x5xf32> {
  %b = stablehlo.broadcast_in_dim %v, dims = [0, 1] : (tensor<2x5xf32>) -> tensor<2x5x8xf32>
  %c = stablehlo.dot_general %a, %b, batching_dims = [0] x [0], contracting_dims = [2] x [2] : (tensor<2x1x8xf32>, tensor<2x5x8xf32>) -> tensor<2x1x5xf32>
  return %c : tensor<2x1x5xf32>
}
