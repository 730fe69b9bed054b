// The compiler crashes on complex numbers that are made of a product in its kernel.
// input: 2x41xf32=1
// input: 41x41xf32=1
// right: 2x41xf32=1
module {
  func.func @main(%x0: tensor<2x41xf32>, %x1: tensor<41x41xf32>) -> tensor<2x41xcomplex<f32>> {
    %0 = "stablehlo.dot_general"(%x0, %x1) {dot_dimension_numbers = #stablehlo.dot<lhs_contracting_dimensions = [1], rhs_contracting_dimensions = [0]>} : (tensor<2x41xf32>, tensor<41x41xf32>) -> tensor<2x41xf32>
    %1 = "stablehlo.complex"(%x0, %0) : (tensor<2x41xf32>, tensor<2x41xf32>) -> tensor<2x41xcomplex<f32>>
    return %1 : tensor<2x41xcomplex<f32>>
  }
}
