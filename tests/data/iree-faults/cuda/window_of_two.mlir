// Two windows of two elements over operands with interior padding do not compile together ("failed to bufferize op").
// input: 2x2x9xf32=1
// input: 2x2x9xf32=1
// right: 2x2x9xf32=1
module {
  func.func @main(%x0: tensor<2x2x9xf32>, %x1: tensor<2x2x9xf32>) -> (tensor<2x2x9xf32>, tensor<2x2x9xf32>) {
    %0 = "stablehlo.constant"() {value = dense<0.000000e+00> : tensor<f32>} : () -> tensor<f32>
    %1 = "stablehlo.reshape"(%x0) : (tensor<2x2x9xf32>) -> tensor<2x2x9x1xf32>
    %2 = "stablehlo.pad"(%1, %0) {edge_padding_high = array<i64: 0, 0, 0, 1>, edge_padding_low = array<i64: 0, 0, 0, 0>, interior_padding = array<i64: 0, 0, 0, 0>} : (tensor<2x2x9x1xf32>, tensor<f32>) -> tensor<2x2x9x2xf32>
    %3 = "stablehlo.reshape"(%2) : (tensor<2x2x9x2xf32>) -> tensor<2x2x18xf32>
    %4 = "stablehlo.pad"(%3, %0) {edge_padding_high = array<i64: 0, 0, 0>, edge_padding_low = array<i64: 0, 0, 2>, interior_padding = array<i64: 0, 0, 0>} : (tensor<2x2x18xf32>, tensor<f32>) -> tensor<2x2x20xf32>
    %5 = "stablehlo.reduce_window"(%4, %0) ({
    ^bb0(%arg2: tensor<f32>, %arg3: tensor<f32>):
      %12 = "stablehlo.add"(%arg2, %arg3) : (tensor<f32>, tensor<f32>) -> tensor<f32>
      "stablehlo.return"(%12) : (tensor<f32>) -> ()
    }) {base_dilations = array<i64: 1, 1, 1>, padding = dense<0> : tensor<3x2xi64>, window_dilations = array<i64: 1, 1, 2>, window_dimensions = array<i64: 1, 1, 2>, window_strides = array<i64: 1, 1, 2>} : (tensor<2x2x20xf32>, tensor<f32>) -> tensor<2x2x9xf32>
    %6 = "stablehlo.constant"() {value = dense<0.000000e+00> : tensor<f32>} : () -> tensor<f32>
    %7 = "stablehlo.reshape"(%x1) : (tensor<2x2x9xf32>) -> tensor<2x2x9x1xf32>
    %8 = "stablehlo.pad"(%7, %6) {edge_padding_high = array<i64: 0, 0, 0, 1>, edge_padding_low = array<i64: 0, 0, 0, 0>, interior_padding = array<i64: 0, 0, 0, 0>} : (tensor<2x2x9x1xf32>, tensor<f32>) -> tensor<2x2x9x2xf32>
    %9 = "stablehlo.reshape"(%8) : (tensor<2x2x9x2xf32>) -> tensor<2x2x18xf32>
    %10 = "stablehlo.pad"(%9, %6) {edge_padding_high = array<i64: 0, 0, 1>, edge_padding_low = array<i64: 0, 0, 0>, interior_padding = array<i64: 0, 0, 0>} : (tensor<2x2x18xf32>, tensor<f32>) -> tensor<2x2x19xf32>
    %11 = "stablehlo.reduce_window"(%10, %6) ({
    ^bb0(%arg2: tensor<f32>, %arg3: tensor<f32>):
      %12 = "stablehlo.add"(%arg2, %arg3) : (tensor<f32>, tensor<f32>) -> tensor<f32>
      "stablehlo.return"(%12) : (tensor<f32>) -> ()
    }) {base_dilations = array<i64: 1, 1, 1>, padding = dense<0> : tensor<3x2xi64>, window_dilations = array<i64: 1, 1, 2>, window_dimensions = array<i64: 1, 1, 2>, window_strides = array<i64: 1, 1, 2>} : (tensor<2x2x19xf32>, tensor<f32>) -> tensor<2x2x9xf32>
    return %5, %11 : tensor<2x2x9xf32>, tensor<2x2x9xf32>
  }
}
