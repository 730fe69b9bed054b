// The remainder of the minimum of a signed integer has the wrong sign.
// input: 2xi32=-2147483648 -7
// input: 2xi32=3 3
// right: 2xi32=-2 -1
func.func @main(%x: tensor<2xi32>, %y: tensor<2xi32>) -> tensor<2xi32> {
  %z = stablehlo.remainder %x, %y : tensor<2xi32>
  return %z : tensor<2xi32>
}
