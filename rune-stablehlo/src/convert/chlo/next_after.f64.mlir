module @next_after {
  func.func public @main(%arg0: tensor<f64>, %arg1: tensor<f64>) -> (tensor<f64>) {
    %c = stablehlo.constant dense<-1> : tensor<i64>
    %c_0 = stablehlo.constant dense<1> : tensor<i64>
    %c_1 = stablehlo.constant dense<0> : tensor<i64>
    %c_2 = stablehlo.constant dense<9223372036854775807> : tensor<i64>
    %c_3 = stablehlo.constant dense<-9223372036854775808> : tensor<i64>
    %cst = stablehlo.constant dense<0x7FF8000000000000> : tensor<f64>
    %0 = stablehlo.bitcast_convert %arg0 : (tensor<f64>) -> tensor<i64>
    %1 = stablehlo.bitcast_convert %arg1 : (tensor<f64>) -> tensor<i64>
    %2 = stablehlo.compare NE, %arg0, %arg0 : (tensor<f64>, tensor<f64>) -> tensor<i1>
    %3 = stablehlo.compare NE, %arg1, %arg1 : (tensor<f64>, tensor<f64>) -> tensor<i1>
    %4 = stablehlo.or %2, %3 : tensor<i1>
    %5 = stablehlo.bitcast_convert %cst : (tensor<f64>) -> tensor<i64>
    %6 = stablehlo.and %0, %c_2 : tensor<i64>
    %7 = stablehlo.and %1, %c_2 : tensor<i64>
    %8 = stablehlo.compare EQ, %arg0, %arg1 : (tensor<f64>, tensor<f64>) -> tensor<i1>
    %9 = stablehlo.compare EQ, %6, %c_1 : (tensor<i64>, tensor<i64>) -> tensor<i1>
    %10 = stablehlo.compare EQ, %7, %c_1 : (tensor<i64>, tensor<i64>) -> tensor<i1>
    %11 = stablehlo.and %0, %c_3 : tensor<i64>
    %12 = stablehlo.and %1, %c_3 : tensor<i64>
    %13 = stablehlo.or %12, %c_0 : tensor<i64>
    %14 = stablehlo.compare NE, %11, %12 : (tensor<i64>, tensor<i64>) -> tensor<i1>
    %15 = stablehlo.compare GT, %6, %7 : (tensor<i64>, tensor<i64>) -> tensor<i1>
    %16 = stablehlo.or %15, %14 : tensor<i1>
    %17 = stablehlo.select %16, %c, %c_0 : tensor<i1>, tensor<i64>
    %18 = stablehlo.add %0, %17 : tensor<i64>
    %19 = stablehlo.select %10, %1, %13 : tensor<i1>, tensor<i64>
    %20 = stablehlo.select %9, %19, %18 : tensor<i1>, tensor<i64>
    %21 = stablehlo.select %8, %1, %20 : tensor<i1>, tensor<i64>
    %22 = stablehlo.select %4, %5, %21 : tensor<i1>, tensor<i64>
    %23 = stablehlo.bitcast_convert %22 : (tensor<i64>) -> tensor<f64>
    return %23 : tensor<f64>
  }
}
