// Like sum_of_constant, for multiplication.
// right: f32=-32
func.func @main() -> tensor<f32> {
  %two = stablehlo.constant dense<2.0> : tensor<5xf32>
  %x = stablehlo.negate %two : tensor<5xf32>
  %init = stablehlo.constant dense<1.0> : tensor<f32>
  %y = stablehlo.reduce(%x init: %init) applies stablehlo.multiply across dimensions = [0] : (tensor<5xf32>, tensor<f32>) -> tensor<f32>
  return %y : tensor<f32>
}
