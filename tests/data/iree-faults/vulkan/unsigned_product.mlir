// A conversion of unsigned numbers is merged into the product that reads it, which takes the numbers as signed.
// input: 2x2xui8=200 1 0 255
// input: 2x2xf32=1 0 0 1
// right: 2x2xf32=200 1 0 255
func.func @main(%u: tensor<2x2xui8>, %x: tensor<2x2xf32>) -> tensor<2x2xf32> {
  %f = stablehlo.convert %u : (tensor<2x2xui8>) -> tensor<2x2xf32>
  %y = stablehlo.dot_general %f, %x, contracting_dims = [1] x [1] : (tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<2x2xf32>
  return %y : tensor<2x2xf32>
}
