// A sum of negated numbers becomes a reduction that subtracts, which does not compile ("Failed to get an identity value").
// input: 512x256xf32=1
// right: 512xf32=-256
func.func @main(%x: tensor<512x256xf32>) -> tensor<512xf32> {
  %n = stablehlo.negate %x : tensor<512x256xf32>
  %zero = stablehlo.constant dense<0.0> : tensor<f32>
  %y = stablehlo.reduce(%n init: %zero) applies stablehlo.add across dimensions = [1] : (tensor<512x256xf32>, tensor<f32>) -> tensor<512xf32>
  return %y : tensor<512xf32>
}
