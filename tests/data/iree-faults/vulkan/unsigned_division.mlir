// The division of 8-bit unsigned integers does not compile.
// input: 2xui8=200 7
// input: 2xui8=3 7
// right: 2xui8=66 1
func.func @main(%x: tensor<2xui8>, %y: tensor<2xui8>) -> tensor<2xui8> {
  %z = stablehlo.divide %x, %y : tensor<2xui8>
  return %z : tensor<2xui8>
}
