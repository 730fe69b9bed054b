// The compiler crashes on the sign of numbers of f64.
// input: 21xf32=1
// right: 21xf32=1
module {
  func.func @main(%x0: tensor<21xf64>) -> tensor<21xf64> {
    %0 = "stablehlo.sign"(%x0) : (tensor<21xf64>) -> tensor<21xf64>
    return %0 : tensor<21xf64>
  }
}
