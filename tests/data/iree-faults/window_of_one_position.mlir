// A window with one position along an axis, a stride above 1 and leftover input reads elements outside the window.
// input: 1x2x3x3xf32=-5 2 -2 5 1 -3 4 0 -4 3 -1 -5 2 -2 5 1 -3 4
// right: 1x2x1x1xf32=5 3
func.func @main(%x: tensor<1x2x3x3xf32>) -> tensor<1x2x1x1xf32> {
  %init = stablehlo.constant dense<0xFF800000> : tensor<f32>
  %y = "stablehlo.reduce_window"(%x, %init) ({
  ^bb0(%a: tensor<f32>, %b: tensor<f32>):
    %m = stablehlo.maximum %a, %b : tensor<f32>
    stablehlo.return %m : tensor<f32>
  }) {window_dimensions = array<i64: 1, 1, 2, 2>, window_strides = array<i64: 1, 1, 2, 2>} : (tensor<1x2x3x3xf32>, tensor<f32>) -> tensor<1x2x1x1xf32>
  return %y : tensor<1x2x1x1xf32>
}
