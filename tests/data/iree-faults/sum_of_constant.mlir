// A sum of a constant counts each vector as one element if the length is not a multiple of the vector width.
// Wrong in 3.8 to 3.13, on every processor with AVX, with and without constant evaluation.
// right: f32=-5.0
func.func @main() -> tensor<f32> {
  %one = stablehlo.constant dense<1.0> : tensor<5xf32>
  %x = stablehlo.negate %one : tensor<5xf32>
  %zero = stablehlo.constant dense<0.0> : tensor<f32>
  %y = stablehlo.reduce(%x init: %zero) applies stablehlo.add across dimensions = [0] : (tensor<5xf32>, tensor<f32>) -> tensor<f32>
  return %y : tensor<f32>
}
