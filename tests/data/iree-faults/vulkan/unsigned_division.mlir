// The division of 8-bit unsigned integers does not compile.
// input: 64xui8=200 7
// input: 64xui8=3 7
// right: 64xui8=66 1
func.func @main(%x: tensor<64xui8>, %y: tensor<64xui8>) -> tensor<64xui8> {
  %z = stablehlo.divide %x, %y : tensor<64xui8>
  return %z : tensor<64xui8>
}
