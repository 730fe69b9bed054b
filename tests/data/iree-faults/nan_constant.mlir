// The expansion of the exponential converts its operand to an integer, but NaN has no integer value.
// input: 8xf32=1
// right: 8xf32=NaN
func.func @main(%x: tensor<8xf32>) -> tensor<8xf32> {
  %nan = stablehlo.constant dense<0x7FC00000> : tensor<8xf32>
  %m = stablehlo.multiply %x, %nan : tensor<8xf32>
  %y = stablehlo.exponential %m : tensor<8xf32>
  return %y : tensor<8xf32>
}
