// The compiler crashes on complex numbers that are made of a product in its kernel.
// input: 3x2xf32=1
// input: 2x2xf32=1
// right: 3x2xf32=1
module {
  func.func @main(%x0: tensor<3x2xf32>, %x1: tensor<2x2xf32>) -> tensor<3x2xcomplex<f32>> {
    %0 = "stablehlo.dot_general"(%x0, %x1) {dot_dimension_numbers = #stablehlo.dot<lhs_contracting_dimensions = [1], rhs_contracting_dimensions = [0]>} : (tensor<3x2xf32>, tensor<2x2xf32>) -> tensor<3x2xf32>
    %1 = "stablehlo.complex"(%x0, %0) : (tensor<3x2xf32>, tensor<3x2xf32>) -> tensor<3x2xcomplex<f32>>
    return %1 : tensor<3x2xcomplex<f32>>
  }
}
