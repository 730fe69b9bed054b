module @next_after {
  func.func public @main(%arg0: tensor<f32>, %arg1: tensor<f32>) -> (tensor<f32>) {
    %c = stablehlo.constant dense<-1> : tensor<i32>
    %c_0 = stablehlo.constant dense<1> : tensor<i32>
    %c_1 = stablehlo.constant dense<0> : tensor<i32>
    %c_2 = stablehlo.constant dense<2147483647> : tensor<i32>
    %c_3 = stablehlo.constant dense<-2147483648> : tensor<i32>
    %cst = stablehlo.constant dense<0x7FC00000> : tensor<f32>
    %0 = stablehlo.bitcast_convert %arg0 : (tensor<f32>) -> tensor<i32>
    %1 = stablehlo.bitcast_convert %arg1 : (tensor<f32>) -> tensor<i32>
    %2 = stablehlo.compare NE, %arg0, %arg0 : (tensor<f32>, tensor<f32>) -> tensor<i1>
    %3 = stablehlo.compare NE, %arg1, %arg1 : (tensor<f32>, tensor<f32>) -> tensor<i1>
    %4 = stablehlo.or %2, %3 : tensor<i1>
    %5 = stablehlo.bitcast_convert %cst : (tensor<f32>) -> tensor<i32>
    %6 = stablehlo.and %0, %c_2 : tensor<i32>
    %7 = stablehlo.and %1, %c_2 : tensor<i32>
    %8 = stablehlo.compare EQ, %arg0, %arg1 : (tensor<f32>, tensor<f32>) -> tensor<i1>
    %9 = stablehlo.compare EQ, %6, %c_1 : (tensor<i32>, tensor<i32>) -> tensor<i1>
    %10 = stablehlo.compare EQ, %7, %c_1 : (tensor<i32>, tensor<i32>) -> tensor<i1>
    %11 = stablehlo.and %0, %c_3 : tensor<i32>
    %12 = stablehlo.and %1, %c_3 : tensor<i32>
    %13 = stablehlo.or %12, %c_0 : tensor<i32>
    %14 = stablehlo.compare NE, %11, %12 : (tensor<i32>, tensor<i32>) -> tensor<i1>
    %15 = stablehlo.compare GT, %6, %7 : (tensor<i32>, tensor<i32>) -> tensor<i1>
    %16 = stablehlo.or %15, %14 : tensor<i1>
    %17 = stablehlo.select %16, %c, %c_0 : tensor<i1>, tensor<i32>
    %18 = stablehlo.add %0, %17 : tensor<i32>
    %19 = stablehlo.select %10, %1, %13 : tensor<i1>, tensor<i32>
    %20 = stablehlo.select %9, %19, %18 : tensor<i1>, tensor<i32>
    %21 = stablehlo.select %8, %1, %20 : tensor<i1>, tensor<i32>
    %22 = stablehlo.select %4, %5, %21 : tensor<i1>, tensor<i32>
    %23 = stablehlo.bitcast_convert %22 : (tensor<i32>) -> tensor<f32>
    return %23 : tensor<f32>
  }
}
