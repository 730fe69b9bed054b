// relu6.float32
module @f {
  func.func public @main(%arg0: tensor<7xf32>) -> (tensor<7xf32>) {
    %0 = call @relu6(%arg0) : (tensor<7xf32>) -> tensor<7xf32>
    return %0 : tensor<7xf32>
  }
  func.func private @relu6(%arg0: tensor<7xf32>) -> tensor<7xf32> {
    %cst = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %0 = stablehlo.broadcast_in_dim %cst, dims = [] : (tensor<f32>) -> tensor<7xf32>
    %1 = stablehlo.maximum %arg0, %0 : tensor<7xf32>
    %cst_0 = stablehlo.constant dense<6.000000e+00> : tensor<f32>
    %2 = stablehlo.broadcast_in_dim %cst_0, dims = [] : (tensor<f32>) -> tensor<7xf32>
    %3 = stablehlo.minimum %1, %2 : tensor<7xf32>
    return %3 : tensor<7xf32>
  }
}
// -----
// relu6.float64
module @f {
  func.func public @main(%arg0: tensor<7xf64>) -> (tensor<7xf64>) {
    %0 = call @relu6(%arg0) : (tensor<7xf64>) -> tensor<7xf64>
    return %0 : tensor<7xf64>
  }
  func.func private @relu6(%arg0: tensor<7xf64>) -> tensor<7xf64> {
    %cst = stablehlo.constant dense<0.000000e+00> : tensor<f64>
    %0 = stablehlo.broadcast_in_dim %cst, dims = [] : (tensor<f64>) -> tensor<7xf64>
    %1 = stablehlo.maximum %arg0, %0 : tensor<7xf64>
    %cst_0 = stablehlo.constant dense<6.000000e+00> : tensor<f64>
    %2 = stablehlo.broadcast_in_dim %cst_0, dims = [] : (tensor<f64>) -> tensor<7xf64>
    %3 = stablehlo.minimum %1, %2 : tensor<7xf64>
    return %3 : tensor<7xf64>
  }
}
// -----
// hard_sigmoid.float32
module @f {
  func.func public @main(%arg0: tensor<7xf32>) -> (tensor<7xf32>) {
    %0 = call @hard_sigmoid(%arg0) : (tensor<7xf32>) -> tensor<7xf32>
    return %0 : tensor<7xf32>
  }
  func.func private @hard_sigmoid(%arg0: tensor<7xf32>) -> tensor<7xf32> {
    %cst = stablehlo.constant dense<3.000000e+00> : tensor<f32>
    %0 = stablehlo.broadcast_in_dim %cst, dims = [] : (tensor<f32>) -> tensor<7xf32>
    %1 = stablehlo.add %arg0, %0 : tensor<7xf32>
    %2 = call @relu6(%1) : (tensor<7xf32>) -> tensor<7xf32>
    %cst_0 = stablehlo.constant dense<6.000000e+00> : tensor<f32>
    %3 = stablehlo.broadcast_in_dim %cst_0, dims = [] : (tensor<f32>) -> tensor<7xf32>
    %4 = stablehlo.divide %2, %3 : tensor<7xf32>
    return %4 : tensor<7xf32>
  }
  func.func private @relu6(%arg0: tensor<7xf32>) -> tensor<7xf32> {
    %cst = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %0 = stablehlo.broadcast_in_dim %cst, dims = [] : (tensor<f32>) -> tensor<7xf32>
    %1 = stablehlo.maximum %arg0, %0 : tensor<7xf32>
    %cst_0 = stablehlo.constant dense<6.000000e+00> : tensor<f32>
    %2 = stablehlo.broadcast_in_dim %cst_0, dims = [] : (tensor<f32>) -> tensor<7xf32>
    %3 = stablehlo.minimum %1, %2 : tensor<7xf32>
    return %3 : tensor<7xf32>
  }
}
// -----
// hard_sigmoid.float64
module @f {
  func.func public @main(%arg0: tensor<7xf64>) -> (tensor<7xf64>) {
    %0 = call @hard_sigmoid(%arg0) : (tensor<7xf64>) -> tensor<7xf64>
    return %0 : tensor<7xf64>
  }
  func.func private @hard_sigmoid(%arg0: tensor<7xf64>) -> tensor<7xf64> {
    %cst = stablehlo.constant dense<3.000000e+00> : tensor<f64>
    %0 = stablehlo.broadcast_in_dim %cst, dims = [] : (tensor<f64>) -> tensor<7xf64>
    %1 = stablehlo.add %arg0, %0 : tensor<7xf64>
    %2 = call @relu6(%1) : (tensor<7xf64>) -> tensor<7xf64>
    %cst_0 = stablehlo.constant dense<6.000000e+00> : tensor<f64>
    %3 = stablehlo.broadcast_in_dim %cst_0, dims = [] : (tensor<f64>) -> tensor<7xf64>
    %4 = stablehlo.divide %2, %3 : tensor<7xf64>
    return %4 : tensor<7xf64>
  }
  func.func private @relu6(%arg0: tensor<7xf64>) -> tensor<7xf64> {
    %cst = stablehlo.constant dense<0.000000e+00> : tensor<f64>
    %0 = stablehlo.broadcast_in_dim %cst, dims = [] : (tensor<f64>) -> tensor<7xf64>
    %1 = stablehlo.maximum %arg0, %0 : tensor<7xf64>
    %cst_0 = stablehlo.constant dense<6.000000e+00> : tensor<f64>
    %2 = stablehlo.broadcast_in_dim %cst_0, dims = [] : (tensor<f64>) -> tensor<7xf64>
    %3 = stablehlo.minimum %1, %2 : tensor<7xf64>
    return %3 : tensor<7xf64>
  }
}
// -----
// hard_silu.float32
module @f {
  func.func public @main(%arg0: tensor<7xf32>) -> (tensor<7xf32>) {
    %0 = call @hard_silu(%arg0) : (tensor<7xf32>) -> tensor<7xf32>
    return %0 : tensor<7xf32>
  }
  func.func private @hard_silu(%arg0: tensor<7xf32>) -> tensor<7xf32> {
    %0 = call @hard_sigmoid(%arg0) : (tensor<7xf32>) -> tensor<7xf32>
    %1 = stablehlo.multiply %arg0, %0 : tensor<7xf32>
    return %1 : tensor<7xf32>
  }
  func.func private @hard_sigmoid(%arg0: tensor<7xf32>) -> tensor<7xf32> {
    %cst = stablehlo.constant dense<3.000000e+00> : tensor<f32>
    %0 = stablehlo.broadcast_in_dim %cst, dims = [] : (tensor<f32>) -> tensor<7xf32>
    %1 = stablehlo.add %arg0, %0 : tensor<7xf32>
    %2 = call @relu6(%1) : (tensor<7xf32>) -> tensor<7xf32>
    %cst_0 = stablehlo.constant dense<6.000000e+00> : tensor<f32>
    %3 = stablehlo.broadcast_in_dim %cst_0, dims = [] : (tensor<f32>) -> tensor<7xf32>
    %4 = stablehlo.divide %2, %3 : tensor<7xf32>
    return %4 : tensor<7xf32>
  }
  func.func private @relu6(%arg0: tensor<7xf32>) -> tensor<7xf32> {
    %cst = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %0 = stablehlo.broadcast_in_dim %cst, dims = [] : (tensor<f32>) -> tensor<7xf32>
    %1 = stablehlo.maximum %arg0, %0 : tensor<7xf32>
    %cst_0 = stablehlo.constant dense<6.000000e+00> : tensor<f32>
    %2 = stablehlo.broadcast_in_dim %cst_0, dims = [] : (tensor<f32>) -> tensor<7xf32>
    %3 = stablehlo.minimum %1, %2 : tensor<7xf32>
    return %3 : tensor<7xf32>
  }
}
// -----
// hard_silu.float64
module @f {
  func.func public @main(%arg0: tensor<7xf64>) -> (tensor<7xf64>) {
    %0 = call @hard_silu(%arg0) : (tensor<7xf64>) -> tensor<7xf64>
    return %0 : tensor<7xf64>
  }
  func.func private @hard_silu(%arg0: tensor<7xf64>) -> tensor<7xf64> {
    %0 = call @hard_sigmoid(%arg0) : (tensor<7xf64>) -> tensor<7xf64>
    %1 = stablehlo.multiply %arg0, %0 : tensor<7xf64>
    return %1 : tensor<7xf64>
  }
  func.func private @hard_sigmoid(%arg0: tensor<7xf64>) -> tensor<7xf64> {
    %cst = stablehlo.constant dense<3.000000e+00> : tensor<f64>
    %0 = stablehlo.broadcast_in_dim %cst, dims = [] : (tensor<f64>) -> tensor<7xf64>
    %1 = stablehlo.add %arg0, %0 : tensor<7xf64>
    %2 = call @relu6(%1) : (tensor<7xf64>) -> tensor<7xf64>
    %cst_0 = stablehlo.constant dense<6.000000e+00> : tensor<f64>
    %3 = stablehlo.broadcast_in_dim %cst_0, dims = [] : (tensor<f64>) -> tensor<7xf64>
    %4 = stablehlo.divide %2, %3 : tensor<7xf64>
    return %4 : tensor<7xf64>
  }
  func.func private @relu6(%arg0: tensor<7xf64>) -> tensor<7xf64> {
    %cst = stablehlo.constant dense<0.000000e+00> : tensor<f64>
    %0 = stablehlo.broadcast_in_dim %cst, dims = [] : (tensor<f64>) -> tensor<7xf64>
    %1 = stablehlo.maximum %arg0, %0 : tensor<7xf64>
    %cst_0 = stablehlo.constant dense<6.000000e+00> : tensor<f64>
    %2 = stablehlo.broadcast_in_dim %cst_0, dims = [] : (tensor<f64>) -> tensor<7xf64>
    %3 = stablehlo.minimum %1, %2 : tensor<7xf64>
    return %3 : tensor<7xf64>
  }
}
// -----
// both.float32
module @f {
  func.func public @main(%arg0: tensor<7xf32>) -> (tensor<7xf32>) {
    %0 = call @relu(%arg0) : (tensor<7xf32>) -> tensor<7xf32>
    %cst = stablehlo.constant dense<2.000000e+00> : tensor<f32>
    %1 = stablehlo.broadcast_in_dim %cst, dims = [] : (tensor<f32>) -> tensor<7xf32>
    %2 = stablehlo.multiply %1, %0 : tensor<7xf32>
    %3 = call @hard_silu(%arg0) : (tensor<7xf32>) -> tensor<7xf32>
    %4 = stablehlo.subtract %2, %3 : tensor<7xf32>
    %5 = call @relu6(%4) : (tensor<7xf32>) -> tensor<7xf32>
    return %5 : tensor<7xf32>
  }
  func.func private @relu(%arg0: tensor<7xf32>) -> tensor<7xf32> {
    %cst = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %0 = stablehlo.broadcast_in_dim %cst, dims = [] : (tensor<f32>) -> tensor<7xf32>
    %1 = stablehlo.maximum %arg0, %0 : tensor<7xf32>
    return %1 : tensor<7xf32>
  }
  func.func private @hard_silu(%arg0: tensor<7xf32>) -> tensor<7xf32> {
    %0 = call @hard_sigmoid(%arg0) : (tensor<7xf32>) -> tensor<7xf32>
    %1 = stablehlo.multiply %arg0, %0 : tensor<7xf32>
    return %1 : tensor<7xf32>
  }
  func.func private @hard_sigmoid(%arg0: tensor<7xf32>) -> tensor<7xf32> {
    %cst = stablehlo.constant dense<3.000000e+00> : tensor<f32>
    %0 = stablehlo.broadcast_in_dim %cst, dims = [] : (tensor<f32>) -> tensor<7xf32>
    %1 = stablehlo.add %arg0, %0 : tensor<7xf32>
    %2 = call @relu6(%1) : (tensor<7xf32>) -> tensor<7xf32>
    %cst_0 = stablehlo.constant dense<6.000000e+00> : tensor<f32>
    %3 = stablehlo.broadcast_in_dim %cst_0, dims = [] : (tensor<f32>) -> tensor<7xf32>
    %4 = stablehlo.divide %2, %3 : tensor<7xf32>
    return %4 : tensor<7xf32>
  }
  func.func private @relu6(%arg0: tensor<7xf32>) -> tensor<7xf32> {
    %cst = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %0 = stablehlo.broadcast_in_dim %cst, dims = [] : (tensor<f32>) -> tensor<7xf32>
    %1 = stablehlo.maximum %arg0, %0 : tensor<7xf32>
    %cst_0 = stablehlo.constant dense<6.000000e+00> : tensor<f32>
    %2 = stablehlo.broadcast_in_dim %cst_0, dims = [] : (tensor<f32>) -> tensor<7xf32>
    %3 = stablehlo.minimum %1, %2 : tensor<7xf32>
    return %3 : tensor<7xf32>
  }
}
// -----
// both.float64
module @f {
  func.func public @main(%arg0: tensor<7xf64>) -> (tensor<7xf64>) {
    %0 = call @relu(%arg0) : (tensor<7xf64>) -> tensor<7xf64>
    %cst = stablehlo.constant dense<2.000000e+00> : tensor<f64>
    %1 = stablehlo.broadcast_in_dim %cst, dims = [] : (tensor<f64>) -> tensor<7xf64>
    %2 = stablehlo.multiply %1, %0 : tensor<7xf64>
    %3 = call @hard_silu(%arg0) : (tensor<7xf64>) -> tensor<7xf64>
    %4 = stablehlo.subtract %2, %3 : tensor<7xf64>
    %5 = call @relu6(%4) : (tensor<7xf64>) -> tensor<7xf64>
    return %5 : tensor<7xf64>
  }
  func.func private @relu(%arg0: tensor<7xf64>) -> tensor<7xf64> {
    %cst = stablehlo.constant dense<0.000000e+00> : tensor<f64>
    %0 = stablehlo.broadcast_in_dim %cst, dims = [] : (tensor<f64>) -> tensor<7xf64>
    %1 = stablehlo.maximum %arg0, %0 : tensor<7xf64>
    return %1 : tensor<7xf64>
  }
  func.func private @hard_silu(%arg0: tensor<7xf64>) -> tensor<7xf64> {
    %0 = call @hard_sigmoid(%arg0) : (tensor<7xf64>) -> tensor<7xf64>
    %1 = stablehlo.multiply %arg0, %0 : tensor<7xf64>
    return %1 : tensor<7xf64>
  }
  func.func private @hard_sigmoid(%arg0: tensor<7xf64>) -> tensor<7xf64> {
    %cst = stablehlo.constant dense<3.000000e+00> : tensor<f64>
    %0 = stablehlo.broadcast_in_dim %cst, dims = [] : (tensor<f64>) -> tensor<7xf64>
    %1 = stablehlo.add %arg0, %0 : tensor<7xf64>
    %2 = call @relu6(%1) : (tensor<7xf64>) -> tensor<7xf64>
    %cst_0 = stablehlo.constant dense<6.000000e+00> : tensor<f64>
    %3 = stablehlo.broadcast_in_dim %cst_0, dims = [] : (tensor<f64>) -> tensor<7xf64>
    %4 = stablehlo.divide %2, %3 : tensor<7xf64>
    return %4 : tensor<7xf64>
  }
  func.func private @relu6(%arg0: tensor<7xf64>) -> tensor<7xf64> {
    %cst = stablehlo.constant dense<0.000000e+00> : tensor<f64>
    %0 = stablehlo.broadcast_in_dim %cst, dims = [] : (tensor<f64>) -> tensor<7xf64>
    %1 = stablehlo.maximum %arg0, %0 : tensor<7xf64>
    %cst_0 = stablehlo.constant dense<6.000000e+00> : tensor<f64>
    %2 = stablehlo.broadcast_in_dim %cst_0, dims = [] : (tensor<f64>) -> tensor<7xf64>
    %3 = stablehlo.minimum %1, %2 : tensor<7xf64>
    return %3 : tensor<7xf64>
  }
}
// -----
// log_ndtr.float32
module @f {
  func.func public @main(%arg0: tensor<7xf32>) -> (tensor<7xf32>) {
    %cst = stablehlo.constant dense<1.12837911> : tensor<7xf32>
    %cst_0 = stablehlo.constant dense<-0.37612626> : tensor<7xf32>
    %cst_1 = stablehlo.constant dense<0.112835854> : tensor<7xf32>
    %cst_2 = stablehlo.constant dense<-0.0268538129> : tensor<7xf32>
    %cst_3 = stablehlo.constant dense<0.00518832775> : tensor<7xf32>
    %cst_4 = stablehlo.constant dense<-8.0101937E-4> : tensor<7xf32>
    %cst_5 = stablehlo.constant dense<7.85386146E-5> : tensor<7xf32>
    %cst_6 = stablehlo.constant dense<0.000000e+00> : tensor<7xf32>
    %cst_7 = stablehlo.constant dense<-88.7228394> : tensor<7xf32>
    %cst_8 = stablehlo.constant dense<0.564189494> : tensor<7xf32>
    %cst_9 = stablehlo.constant dense<-0.282076746> : tensor<7xf32>
    %cst_10 = stablehlo.constant dense<0.42184633> : tensor<7xf32>
    %cst_11 = stablehlo.constant dense<-1.01526523> : tensor<7xf32>
    %cst_12 = stablehlo.constant dense<2.92101908> : tensor<7xf32>
    %cst_13 = stablehlo.constant dense<-7.49551868> : tensor<7xf32>
    %cst_14 = stablehlo.constant dense<1.297720e+01> : tensor<7xf32>
    %cst_15 = stablehlo.constant dense<-10.477664> : tensor<7xf32>
    %cst_16 = stablehlo.constant dense<0.563825965> : tensor<7xf32>
    %cst_17 = stablehlo.constant dense<-0.274112701> : tensor<7xf32>
    %cst_18 = stablehlo.constant dense<3.404880e-01> : tensor<7xf32>
    %cst_19 = stablehlo.constant dense<-0.494451523> : tensor<7xf32>
    %cst_20 = stablehlo.constant dense<0.621000468> : tensor<7xf32>
    %cst_21 = stablehlo.constant dense<-0.582473278> : tensor<7xf32>
    %cst_22 = stablehlo.constant dense<0.368742466> : tensor<7xf32>
    %cst_23 = stablehlo.constant dense<-0.138703942> : tensor<7xf32>
    %cst_24 = stablehlo.constant dense<2.326820e-02> : tensor<7xf32>
    %cst_25 = stablehlo.constant dense<2.000000e+00> : tensor<7xf32>
    %cst_26 = stablehlo.constant dense<1.000000e+00> : tensor<7xf32>
    %cst_27 = stablehlo.constant dense<1.500000e+01> : tensor<f32>
    %cst_28 = stablehlo.constant dense<3.000000e+00> : tensor<f32>
    %cst_29 = stablehlo.constant dense<0.918938517> : tensor<f32>
    %cst_30 = stablehlo.constant dense<-5.000000e-01> : tensor<f32>
    %cst_31 = stablehlo.constant dense<5.000000e-01> : tensor<f32>
    %cst_32 = stablehlo.constant dense<2.000000e+00> : tensor<f32>
    %cst_33 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %cst_34 = stablehlo.constant dense<1.000000e+00> : tensor<f32>
    %cst_35 = stablehlo.constant dense<0.707106769> : tensor<f32>
    %cst_36 = stablehlo.constant dense<-1.000000e+01> : tensor<f32>
    %cst_37 = stablehlo.constant dense<5.000000e+00> : tensor<f32>
    %0 = stablehlo.broadcast_in_dim %cst_37, dims = [] : (tensor<f32>) -> tensor<7xf32>
    %1 = stablehlo.compare GT, %arg0, %0, FLOAT : (tensor<7xf32>, tensor<7xf32>) -> tensor<7xi1>
    %2 = stablehlo.negate %arg0 : tensor<7xf32>
    %3 = stablehlo.broadcast_in_dim %cst_36, dims = [] : (tensor<f32>) -> tensor<7xf32>
    %4 = stablehlo.maximum %arg0, %3 : tensor<7xf32>
    %5 = call @_where(%1, %2, %4) : (tensor<7xi1>, tensor<7xf32>, tensor<7xf32>) -> tensor<7xf32>
    %6 = stablehlo.broadcast_in_dim %cst_35, dims = [] : (tensor<f32>) -> tensor<7xf32>
    %7 = stablehlo.multiply %5, %6 : tensor<7xf32>
    %8 = stablehlo.abs %7 : tensor<7xf32>
    %9 = stablehlo.broadcast_in_dim %cst_35, dims = [] : (tensor<f32>) -> tensor<7xf32>
    %10 = stablehlo.compare LT, %8, %9, FLOAT : (tensor<7xf32>, tensor<7xf32>) -> tensor<7xi1>
    %11 = stablehlo.composite "chlo.erf" %7 {decomposition = @chlo.erf.impl, version = 1 : i32} : (tensor<7xf32>) -> tensor<7xf32>
    %12 = stablehlo.broadcast_in_dim %cst_34, dims = [] : (tensor<f32>) -> tensor<7xf32>
    %13 = stablehlo.add %12, %11 : tensor<7xf32>
    %14 = stablehlo.broadcast_in_dim %cst_33, dims = [] : (tensor<f32>) -> tensor<7xf32>
    %15 = stablehlo.compare GT, %7, %14, FLOAT : (tensor<7xf32>, tensor<7xf32>) -> tensor<7xi1>
    %16 = stablehlo.multiply %8, %8 : tensor<7xf32>
    %17 = stablehlo.negate %16 : tensor<7xf32>
    %18 = stablehlo.abs %8 : tensor<7xf32>
    %19 = stablehlo.divide %cst_26, %16 : tensor<7xf32>
    %20 = stablehlo.exponential %17 : tensor<7xf32>
    %21 = stablehlo.divide %cst_26, %18 : tensor<7xf32>
    %22 = stablehlo.multiply %20, %21 : tensor<7xf32>
    %23 = stablehlo.compare LT, %18, %cst_25 : (tensor<7xf32>, tensor<7xf32>) -> tensor<7xi1>
    %24 = stablehlo.multiply %cst_24, %19 : tensor<7xf32>
    %25 = stablehlo.add %24, %cst_23 : tensor<7xf32>
    %26 = stablehlo.multiply %25, %19 : tensor<7xf32>
    %27 = stablehlo.add %26, %cst_22 : tensor<7xf32>
    %28 = stablehlo.multiply %27, %19 : tensor<7xf32>
    %29 = stablehlo.add %28, %cst_21 : tensor<7xf32>
    %30 = stablehlo.multiply %29, %19 : tensor<7xf32>
    %31 = stablehlo.add %30, %cst_20 : tensor<7xf32>
    %32 = stablehlo.multiply %31, %19 : tensor<7xf32>
    %33 = stablehlo.add %32, %cst_19 : tensor<7xf32>
    %34 = stablehlo.multiply %33, %19 : tensor<7xf32>
    %35 = stablehlo.add %34, %cst_18 : tensor<7xf32>
    %36 = stablehlo.multiply %35, %19 : tensor<7xf32>
    %37 = stablehlo.add %36, %cst_17 : tensor<7xf32>
    %38 = stablehlo.multiply %37, %19 : tensor<7xf32>
    %39 = stablehlo.add %38, %cst_16 : tensor<7xf32>
    %40 = stablehlo.multiply %cst_15, %19 : tensor<7xf32>
    %41 = stablehlo.add %40, %cst_14 : tensor<7xf32>
    %42 = stablehlo.multiply %41, %19 : tensor<7xf32>
    %43 = stablehlo.add %42, %cst_13 : tensor<7xf32>
    %44 = stablehlo.multiply %43, %19 : tensor<7xf32>
    %45 = stablehlo.add %44, %cst_12 : tensor<7xf32>
    %46 = stablehlo.multiply %45, %19 : tensor<7xf32>
    %47 = stablehlo.add %46, %cst_11 : tensor<7xf32>
    %48 = stablehlo.multiply %47, %19 : tensor<7xf32>
    %49 = stablehlo.add %48, %cst_10 : tensor<7xf32>
    %50 = stablehlo.multiply %49, %19 : tensor<7xf32>
    %51 = stablehlo.add %50, %cst_9 : tensor<7xf32>
    %52 = stablehlo.multiply %51, %19 : tensor<7xf32>
    %53 = stablehlo.add %52, %cst_8 : tensor<7xf32>
    %54 = stablehlo.select %23, %39, %53 : tensor<7xi1>, tensor<7xf32>
    %55 = stablehlo.multiply %22, %54 : tensor<7xf32>
    %56 = stablehlo.compare LT, %17, %cst_7 : (tensor<7xf32>, tensor<7xf32>) -> tensor<7xi1>
    %57 = stablehlo.select %56, %cst_6, %55 : tensor<7xi1>, tensor<7xf32>
    %58 = stablehlo.compare LT, %8, %cst_6 : (tensor<7xf32>, tensor<7xf32>) -> tensor<7xi1>
    %59 = stablehlo.subtract %cst_25, %57 : tensor<7xf32>
    %60 = stablehlo.select %58, %59, %57 : tensor<7xi1>, tensor<7xf32>
    %61 = stablehlo.multiply %8, %8 : tensor<7xf32>
    %62 = stablehlo.multiply %cst_5, %61 : tensor<7xf32>
    %63 = stablehlo.add %62, %cst_4 : tensor<7xf32>
    %64 = stablehlo.multiply %63, %61 : tensor<7xf32>
    %65 = stablehlo.add %64, %cst_3 : tensor<7xf32>
    %66 = stablehlo.multiply %65, %61 : tensor<7xf32>
    %67 = stablehlo.add %66, %cst_2 : tensor<7xf32>
    %68 = stablehlo.multiply %67, %61 : tensor<7xf32>
    %69 = stablehlo.add %68, %cst_1 : tensor<7xf32>
    %70 = stablehlo.multiply %69, %61 : tensor<7xf32>
    %71 = stablehlo.add %70, %cst_0 : tensor<7xf32>
    %72 = stablehlo.multiply %71, %61 : tensor<7xf32>
    %73 = stablehlo.add %72, %cst : tensor<7xf32>
    %74 = stablehlo.multiply %8, %73 : tensor<7xf32>
    %75 = stablehlo.subtract %cst_26, %74 : tensor<7xf32>
    %76 = stablehlo.abs %8 : tensor<7xf32>
    %77 = stablehlo.compare LT, %76, %cst_26 : (tensor<7xf32>, tensor<7xf32>) -> tensor<7xi1>
    %78 = stablehlo.select %77, %75, %60 : tensor<7xi1>, tensor<7xf32>
    %79 = stablehlo.broadcast_in_dim %cst_32, dims = [] : (tensor<f32>) -> tensor<7xf32>
    %80 = stablehlo.subtract %79, %78 : tensor<7xf32>
    %81 = stablehlo.multiply %8, %8 : tensor<7xf32>
    %82 = stablehlo.negate %81 : tensor<7xf32>
    %83 = stablehlo.abs %8 : tensor<7xf32>
    %84 = stablehlo.divide %cst_26, %81 : tensor<7xf32>
    %85 = stablehlo.exponential %82 : tensor<7xf32>
    %86 = stablehlo.divide %cst_26, %83 : tensor<7xf32>
    %87 = stablehlo.multiply %85, %86 : tensor<7xf32>
    %88 = stablehlo.compare LT, %83, %cst_25 : (tensor<7xf32>, tensor<7xf32>) -> tensor<7xi1>
    %89 = stablehlo.multiply %cst_24, %84 : tensor<7xf32>
    %90 = stablehlo.add %89, %cst_23 : tensor<7xf32>
    %91 = stablehlo.multiply %90, %84 : tensor<7xf32>
    %92 = stablehlo.add %91, %cst_22 : tensor<7xf32>
    %93 = stablehlo.multiply %92, %84 : tensor<7xf32>
    %94 = stablehlo.add %93, %cst_21 : tensor<7xf32>
    %95 = stablehlo.multiply %94, %84 : tensor<7xf32>
    %96 = stablehlo.add %95, %cst_20 : tensor<7xf32>
    %97 = stablehlo.multiply %96, %84 : tensor<7xf32>
    %98 = stablehlo.add %97, %cst_19 : tensor<7xf32>
    %99 = stablehlo.multiply %98, %84 : tensor<7xf32>
    %100 = stablehlo.add %99, %cst_18 : tensor<7xf32>
    %101 = stablehlo.multiply %100, %84 : tensor<7xf32>
    %102 = stablehlo.add %101, %cst_17 : tensor<7xf32>
    %103 = stablehlo.multiply %102, %84 : tensor<7xf32>
    %104 = stablehlo.add %103, %cst_16 : tensor<7xf32>
    %105 = stablehlo.multiply %cst_15, %84 : tensor<7xf32>
    %106 = stablehlo.add %105, %cst_14 : tensor<7xf32>
    %107 = stablehlo.multiply %106, %84 : tensor<7xf32>
    %108 = stablehlo.add %107, %cst_13 : tensor<7xf32>
    %109 = stablehlo.multiply %108, %84 : tensor<7xf32>
    %110 = stablehlo.add %109, %cst_12 : tensor<7xf32>
    %111 = stablehlo.multiply %110, %84 : tensor<7xf32>
    %112 = stablehlo.add %111, %cst_11 : tensor<7xf32>
    %113 = stablehlo.multiply %112, %84 : tensor<7xf32>
    %114 = stablehlo.add %113, %cst_10 : tensor<7xf32>
    %115 = stablehlo.multiply %114, %84 : tensor<7xf32>
    %116 = stablehlo.add %115, %cst_9 : tensor<7xf32>
    %117 = stablehlo.multiply %116, %84 : tensor<7xf32>
    %118 = stablehlo.add %117, %cst_8 : tensor<7xf32>
    %119 = stablehlo.select %88, %104, %118 : tensor<7xi1>, tensor<7xf32>
    %120 = stablehlo.multiply %87, %119 : tensor<7xf32>
    %121 = stablehlo.compare LT, %82, %cst_7 : (tensor<7xf32>, tensor<7xf32>) -> tensor<7xi1>
    %122 = stablehlo.select %121, %cst_6, %120 : tensor<7xi1>, tensor<7xf32>
    %123 = stablehlo.compare LT, %8, %cst_6 : (tensor<7xf32>, tensor<7xf32>) -> tensor<7xi1>
    %124 = stablehlo.subtract %cst_25, %122 : tensor<7xf32>
    %125 = stablehlo.select %123, %124, %122 : tensor<7xi1>, tensor<7xf32>
    %126 = stablehlo.multiply %8, %8 : tensor<7xf32>
    %127 = stablehlo.multiply %cst_5, %126 : tensor<7xf32>
    %128 = stablehlo.add %127, %cst_4 : tensor<7xf32>
    %129 = stablehlo.multiply %128, %126 : tensor<7xf32>
    %130 = stablehlo.add %129, %cst_3 : tensor<7xf32>
    %131 = stablehlo.multiply %130, %126 : tensor<7xf32>
    %132 = stablehlo.add %131, %cst_2 : tensor<7xf32>
    %133 = stablehlo.multiply %132, %126 : tensor<7xf32>
    %134 = stablehlo.add %133, %cst_1 : tensor<7xf32>
    %135 = stablehlo.multiply %134, %126 : tensor<7xf32>
    %136 = stablehlo.add %135, %cst_0 : tensor<7xf32>
    %137 = stablehlo.multiply %136, %126 : tensor<7xf32>
    %138 = stablehlo.add %137, %cst : tensor<7xf32>
    %139 = stablehlo.multiply %8, %138 : tensor<7xf32>
    %140 = stablehlo.subtract %cst_26, %139 : tensor<7xf32>
    %141 = stablehlo.abs %8 : tensor<7xf32>
    %142 = stablehlo.compare LT, %141, %cst_26 : (tensor<7xf32>, tensor<7xf32>) -> tensor<7xi1>
    %143 = stablehlo.select %142, %140, %125 : tensor<7xi1>, tensor<7xf32>
    %144 = stablehlo.select %15, %80, %143 : tensor<7xi1>, tensor<7xf32>
    %145 = stablehlo.select %10, %13, %144 : tensor<7xi1>, tensor<7xf32>
    %146 = stablehlo.broadcast_in_dim %cst_31, dims = [] : (tensor<f32>) -> tensor<7xf32>
    %147 = stablehlo.multiply %146, %145 : tensor<7xf32>
    %148 = stablehlo.negate %147 : tensor<7xf32>
    %149 = stablehlo.broadcast_in_dim %cst_36, dims = [] : (tensor<f32>) -> tensor<7xf32>
    %150 = stablehlo.compare GT, %arg0, %149, FLOAT : (tensor<7xf32>, tensor<7xf32>) -> tensor<7xi1>
    %151 = stablehlo.log %147 : tensor<7xf32>
    %152 = stablehlo.broadcast_in_dim %cst_36, dims = [] : (tensor<f32>) -> tensor<7xf32>
    %153 = stablehlo.minimum %arg0, %152 : tensor<7xf32>
    %154 = stablehlo.multiply %153, %153 : tensor<7xf32>
    %155 = stablehlo.broadcast_in_dim %cst_30, dims = [] : (tensor<f32>) -> tensor<7xf32>
    %156 = stablehlo.multiply %155, %154 : tensor<7xf32>
    %157 = stablehlo.negate %153 : tensor<7xf32>
    %158 = stablehlo.log %157 : tensor<7xf32>
    %159 = stablehlo.subtract %156, %158 : tensor<7xf32>
    %160 = stablehlo.broadcast_in_dim %cst_29, dims = [] : (tensor<f32>) -> tensor<7xf32>
    %161 = stablehlo.subtract %159, %160 : tensor<7xf32>
    %162 = stablehlo.multiply %153, %153 : tensor<7xf32>
    %163 = stablehlo.broadcast_in_dim %cst_33, dims = [] : (tensor<f32>) -> tensor<7xf32>
    %164 = stablehlo.broadcast_in_dim %cst_33, dims = [] : (tensor<f32>) -> tensor<7xf32>
    %165 = stablehlo.broadcast_in_dim %cst_34, dims = [] : (tensor<f32>) -> tensor<7xf32>
    %166 = stablehlo.divide %165, %162 : tensor<7xf32>
    %167 = stablehlo.add %164, %166 : tensor<7xf32>
    %168 = stablehlo.multiply %162, %162 : tensor<7xf32>
    %169 = stablehlo.broadcast_in_dim %cst_28, dims = [] : (tensor<f32>) -> tensor<7xf32>
    %170 = stablehlo.divide %169, %168 : tensor<7xf32>
    %171 = stablehlo.add %163, %170 : tensor<7xf32>
    %172 = stablehlo.multiply %168, %162 : tensor<7xf32>
    %173 = stablehlo.broadcast_in_dim %cst_27, dims = [] : (tensor<f32>) -> tensor<7xf32>
    %174 = stablehlo.divide %173, %172 : tensor<7xf32>
    %175 = stablehlo.add %167, %174 : tensor<7xf32>
    %176 = stablehlo.broadcast_in_dim %cst_34, dims = [] : (tensor<f32>) -> tensor<7xf32>
    %177 = stablehlo.add %176, %171 : tensor<7xf32>
    %178 = stablehlo.subtract %177, %175 : tensor<7xf32>
    %179 = stablehlo.log %178 : tensor<7xf32>
    %180 = stablehlo.add %161, %179 : tensor<7xf32>
    %181 = call @_where(%150, %151, %180) : (tensor<7xi1>, tensor<7xf32>, tensor<7xf32>) -> tensor<7xf32>
    %182 = call @_where(%1, %148, %181) : (tensor<7xi1>, tensor<7xf32>, tensor<7xf32>) -> tensor<7xf32>
    return %182 : tensor<7xf32>
  }
  func.func private @chlo.erf.impl(%arg0: tensor<7xf32> loc("jit(log_ndtr)/erf"(#loc15))) -> tensor<7xf32> {
    %cst = stablehlo.constant dense<1.000000e+00> : tensor<7xf32>
    %cst_0 = stablehlo.constant dense<-1.000000e+00> : tensor<7xf32>
    %cst_1 = stablehlo.constant dense<-0.0142647391> : tensor<7xf32>
    %cst_2 = stablehlo.constant dense<-0.00737332925> : tensor<7xf32>
    %cst_3 = stablehlo.constant dense<-0.00168282702> : tensor<7xf32>
    %cst_4 = stablehlo.constant dense<-2.13374049E-4> : tensor<7xf32>
    %cst_5 = stablehlo.constant dense<-1.45660715E-5> : tensor<7xf32>
    %cst_6 = stablehlo.constant dense<-0.0160960332> : tensor<7xf32>
    %cst_7 = stablehlo.constant dense<-2.954600e-03> : tensor<7xf32>
    %cst_8 = stablehlo.constant dense<-7.34990637E-4> : tensor<7xf32>
    %cst_9 = stablehlo.constant dense<-5.69250624E-5> : tensor<7xf32>
    %cst_10 = stablehlo.constant dense<-2.10102394E-6> : tensor<7xf32>
    %cst_11 = stablehlo.constant dense<2.77068146E-8> : tensor<7xf32>
    %cst_12 = stablehlo.constant dense<-2.72614237E-10> : tensor<7xf32>
    %cst_13 = stablehlo.constant dense<-4.000000e+00> : tensor<7xf32>
    %cst_14 = stablehlo.constant dense<4.000000e+00> : tensor<7xf32>
    %0 = stablehlo.clamp %cst_13, %arg0, %cst_14 : tensor<7xf32>
    %1 = stablehlo.multiply %0, %0 : tensor<7xf32>
    %2 = stablehlo.multiply %cst_12, %1 : tensor<7xf32>
    %3 = stablehlo.add %2, %cst_11 : tensor<7xf32>
    %4 = stablehlo.multiply %3, %1 : tensor<7xf32>
    %5 = stablehlo.add %4, %cst_10 : tensor<7xf32>
    %6 = stablehlo.multiply %5, %1 : tensor<7xf32>
    %7 = stablehlo.add %6, %cst_9 : tensor<7xf32>
    %8 = stablehlo.multiply %7, %1 : tensor<7xf32>
    %9 = stablehlo.add %8, %cst_8 : tensor<7xf32>
    %10 = stablehlo.multiply %9, %1 : tensor<7xf32>
    %11 = stablehlo.add %10, %cst_7 : tensor<7xf32>
    %12 = stablehlo.multiply %11, %1 : tensor<7xf32>
    %13 = stablehlo.add %12, %cst_6 : tensor<7xf32>
    %14 = stablehlo.multiply %cst_5, %1 : tensor<7xf32>
    %15 = stablehlo.add %14, %cst_4 : tensor<7xf32>
    %16 = stablehlo.multiply %15, %1 : tensor<7xf32>
    %17 = stablehlo.add %16, %cst_3 : tensor<7xf32>
    %18 = stablehlo.multiply %17, %1 : tensor<7xf32>
    %19 = stablehlo.add %18, %cst_2 : tensor<7xf32>
    %20 = stablehlo.multiply %19, %1 : tensor<7xf32>
    %21 = stablehlo.add %20, %cst_1 : tensor<7xf32>
    %22 = stablehlo.multiply %0, %13 : tensor<7xf32>
    %23 = stablehlo.divide %22, %21 : tensor<7xf32>
    %24 = stablehlo.clamp %cst_0, %23, %cst : tensor<7xf32>
    return %24 : tensor<7xf32>
  }
  func.func private @_where(%arg0: tensor<7xi1>, %arg1: tensor<7xf32>, %arg2: tensor<7xf32>) -> tensor<7xf32> {
    %0 = stablehlo.select %arg0, %arg1, %arg2 : tensor<7xi1>, tensor<7xf32>
    return %0 : tensor<7xf32>
  }
}
// -----
// log_ndtr.float64
module @f {
  func.func public @main(%arg0: tensor<7xf64>) -> (tensor<7xf64>) {
    %cst = stablehlo.constant dense<8.000000e+00> : tensor<f64>
    %0 = stablehlo.broadcast_in_dim %cst, dims = [] : (tensor<f64>) -> tensor<7xf64>
    %1 = stablehlo.compare GT, %arg0, %0, FLOAT : (tensor<7xf64>, tensor<7xf64>) -> tensor<7xi1>
    %2 = stablehlo.negate %arg0 : tensor<7xf64>
    %cst_0 = stablehlo.constant dense<-2.000000e+01> : tensor<f64>
    %3 = stablehlo.broadcast_in_dim %cst_0, dims = [] : (tensor<f64>) -> tensor<7xf64>
    %4 = stablehlo.maximum %arg0, %3 : tensor<7xf64>
    %5 = call @_where(%1, %2, %4) : (tensor<7xi1>, tensor<7xf64>, tensor<7xf64>) -> tensor<7xf64>
    %cst_1 = stablehlo.constant dense<0.70710678118654757> : tensor<f64>
    %6 = stablehlo.broadcast_in_dim %cst_1, dims = [] : (tensor<f64>) -> tensor<7xf64>
    %7 = stablehlo.multiply %5, %6 : tensor<7xf64>
    %8 = stablehlo.abs %7 : tensor<7xf64>
    %cst_2 = stablehlo.constant dense<0.70710678118654757> : tensor<f64>
    %9 = stablehlo.broadcast_in_dim %cst_2, dims = [] : (tensor<f64>) -> tensor<7xf64>
    %10 = stablehlo.compare LT, %8, %9, FLOAT : (tensor<7xf64>, tensor<7xf64>) -> tensor<7xi1>
    %11 = chlo.erf %7 : tensor<7xf64> -> tensor<7xf64>
    %cst_3 = stablehlo.constant dense<1.000000e+00> : tensor<f64>
    %12 = stablehlo.broadcast_in_dim %cst_3, dims = [] : (tensor<f64>) -> tensor<7xf64>
    %13 = stablehlo.add %12, %11 : tensor<7xf64>
    %cst_4 = stablehlo.constant dense<0.000000e+00> : tensor<f64>
    %14 = stablehlo.broadcast_in_dim %cst_4, dims = [] : (tensor<f64>) -> tensor<7xf64>
    %15 = stablehlo.compare GT, %7, %14, FLOAT : (tensor<7xf64>, tensor<7xf64>) -> tensor<7xi1>
    %16 = chlo.erfc %8 : tensor<7xf64> -> tensor<7xf64>
    %cst_5 = stablehlo.constant dense<2.000000e+00> : tensor<f64>
    %17 = stablehlo.broadcast_in_dim %cst_5, dims = [] : (tensor<f64>) -> tensor<7xf64>
    %18 = stablehlo.subtract %17, %16 : tensor<7xf64>
    %19 = chlo.erfc %8 : tensor<7xf64> -> tensor<7xf64>
    %20 = stablehlo.select %15, %18, %19 : tensor<7xi1>, tensor<7xf64>
    %21 = stablehlo.select %10, %13, %20 : tensor<7xi1>, tensor<7xf64>
    %cst_6 = stablehlo.constant dense<5.000000e-01> : tensor<f64>
    %22 = stablehlo.broadcast_in_dim %cst_6, dims = [] : (tensor<f64>) -> tensor<7xf64>
    %23 = stablehlo.multiply %22, %21 : tensor<7xf64>
    %24 = stablehlo.negate %23 : tensor<7xf64>
    %cst_7 = stablehlo.constant dense<-2.000000e+01> : tensor<f64>
    %25 = stablehlo.broadcast_in_dim %cst_7, dims = [] : (tensor<f64>) -> tensor<7xf64>
    %26 = stablehlo.compare GT, %arg0, %25, FLOAT : (tensor<7xf64>, tensor<7xf64>) -> tensor<7xi1>
    %27 = stablehlo.log %23 : tensor<7xf64>
    %cst_8 = stablehlo.constant dense<-2.000000e+01> : tensor<f64>
    %28 = stablehlo.broadcast_in_dim %cst_8, dims = [] : (tensor<f64>) -> tensor<7xf64>
    %29 = stablehlo.minimum %arg0, %28 : tensor<7xf64>
    %30 = chlo.square %29 : tensor<7xf64> -> tensor<7xf64>
    %cst_9 = stablehlo.constant dense<-5.000000e-01> : tensor<f64>
    %31 = stablehlo.broadcast_in_dim %cst_9, dims = [] : (tensor<f64>) -> tensor<7xf64>
    %32 = stablehlo.multiply %31, %30 : tensor<7xf64>
    %33 = stablehlo.negate %29 : tensor<7xf64>
    %34 = stablehlo.log %33 : tensor<7xf64>
    %35 = stablehlo.subtract %32, %34 : tensor<7xf64>
    %cst_10 = stablehlo.constant dense<0.91893853320467266> : tensor<f64>
    %36 = stablehlo.broadcast_in_dim %cst_10, dims = [] : (tensor<f64>) -> tensor<7xf64>
    %37 = stablehlo.subtract %35, %36 : tensor<7xf64>
    %38 = chlo.square %29 : tensor<7xf64> -> tensor<7xf64>
    %cst_11 = stablehlo.constant dense<0.000000e+00> : tensor<f64>
    %39 = stablehlo.broadcast_in_dim %cst_11, dims = [] : (tensor<f64>) -> tensor<7xf64>
    %cst_12 = stablehlo.constant dense<0.000000e+00> : tensor<f64>
    %40 = stablehlo.broadcast_in_dim %cst_12, dims = [] : (tensor<f64>) -> tensor<7xf64>
    %cst_13 = stablehlo.constant dense<1.000000e+00> : tensor<f64>
    %41 = stablehlo.broadcast_in_dim %cst_13, dims = [] : (tensor<f64>) -> tensor<7xf64>
    %42 = stablehlo.divide %41, %38 : tensor<7xf64>
    %43 = stablehlo.add %40, %42 : tensor<7xf64>
    %44 = stablehlo.multiply %38, %38 : tensor<7xf64>
    %cst_14 = stablehlo.constant dense<3.000000e+00> : tensor<f64>
    %45 = stablehlo.broadcast_in_dim %cst_14, dims = [] : (tensor<f64>) -> tensor<7xf64>
    %46 = stablehlo.divide %45, %44 : tensor<7xf64>
    %47 = stablehlo.add %39, %46 : tensor<7xf64>
    %48 = stablehlo.multiply %44, %38 : tensor<7xf64>
    %cst_15 = stablehlo.constant dense<1.500000e+01> : tensor<f64>
    %49 = stablehlo.broadcast_in_dim %cst_15, dims = [] : (tensor<f64>) -> tensor<7xf64>
    %50 = stablehlo.divide %49, %48 : tensor<7xf64>
    %51 = stablehlo.add %43, %50 : tensor<7xf64>
    %cst_16 = stablehlo.constant dense<1.000000e+00> : tensor<f64>
    %52 = stablehlo.broadcast_in_dim %cst_16, dims = [] : (tensor<f64>) -> tensor<7xf64>
    %53 = stablehlo.add %52, %47 : tensor<7xf64>
    %54 = stablehlo.subtract %53, %51 : tensor<7xf64>
    %55 = stablehlo.log %54 : tensor<7xf64>
    %56 = stablehlo.add %37, %55 : tensor<7xf64>
    %57 = call @_where(%26, %27, %56) : (tensor<7xi1>, tensor<7xf64>, tensor<7xf64>) -> tensor<7xf64>
    %58 = call @_where(%1, %24, %57) : (tensor<7xi1>, tensor<7xf64>, tensor<7xf64>) -> tensor<7xf64>
    return %58 : tensor<7xf64>
  }
  func.func private @_where(%arg0: tensor<7xi1>, %arg1: tensor<7xf64>, %arg2: tensor<7xf64>) -> tensor<7xf64> {
    %0 = stablehlo.select %arg0, %arg1, %arg2 : tensor<7xi1>, tensor<7xf64>
    return %0 : tensor<7xf64>
  }
}
// -----
// logcdf.float32
module @f {
  func.func public @main(%arg0: tensor<7xf32>) -> (tensor<7xf32>) {
    %cst = stablehlo.constant dense<1.000000e+00> : tensor<f32>
    %0 = stablehlo.broadcast_in_dim %cst, dims = [] : (tensor<f32>) -> tensor<7xf32>
    %1 = stablehlo.subtract %arg0, %0 : tensor<7xf32>
    %cst_0 = stablehlo.constant dense<2.000000e+00> : tensor<f32>
    %2 = stablehlo.broadcast_in_dim %cst_0, dims = [] : (tensor<f32>) -> tensor<7xf32>
    %3 = stablehlo.divide %1, %2 : tensor<7xf32>
    %cst_1 = stablehlo.constant dense<5.000000e+00> : tensor<f32>
    %4 = stablehlo.broadcast_in_dim %cst_1, dims = [] : (tensor<f32>) -> tensor<7xf32>
    %5 = stablehlo.compare GT, %3, %4, FLOAT : (tensor<7xf32>, tensor<7xf32>) -> tensor<7xi1>
    %6 = stablehlo.negate %3 : tensor<7xf32>
    %cst_2 = stablehlo.constant dense<-1.000000e+01> : tensor<f32>
    %7 = stablehlo.broadcast_in_dim %cst_2, dims = [] : (tensor<f32>) -> tensor<7xf32>
    %8 = stablehlo.maximum %3, %7 : tensor<7xf32>
    %9 = call @_where(%5, %6, %8) : (tensor<7xi1>, tensor<7xf32>, tensor<7xf32>) -> tensor<7xf32>
    %cst_3 = stablehlo.constant dense<0.707106769> : tensor<f32>
    %10 = stablehlo.broadcast_in_dim %cst_3, dims = [] : (tensor<f32>) -> tensor<7xf32>
    %11 = stablehlo.multiply %9, %10 : tensor<7xf32>
    %12 = stablehlo.abs %11 : tensor<7xf32>
    %cst_4 = stablehlo.constant dense<0.707106769> : tensor<f32>
    %13 = stablehlo.broadcast_in_dim %cst_4, dims = [] : (tensor<f32>) -> tensor<7xf32>
    %14 = stablehlo.compare LT, %12, %13, FLOAT : (tensor<7xf32>, tensor<7xf32>) -> tensor<7xi1>
    %15 = chlo.erf %11 : tensor<7xf32> -> tensor<7xf32>
    %cst_5 = stablehlo.constant dense<1.000000e+00> : tensor<f32>
    %16 = stablehlo.broadcast_in_dim %cst_5, dims = [] : (tensor<f32>) -> tensor<7xf32>
    %17 = stablehlo.add %16, %15 : tensor<7xf32>
    %cst_6 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %18 = stablehlo.broadcast_in_dim %cst_6, dims = [] : (tensor<f32>) -> tensor<7xf32>
    %19 = stablehlo.compare GT, %11, %18, FLOAT : (tensor<7xf32>, tensor<7xf32>) -> tensor<7xi1>
    %20 = chlo.erfc %12 : tensor<7xf32> -> tensor<7xf32>
    %cst_7 = stablehlo.constant dense<2.000000e+00> : tensor<f32>
    %21 = stablehlo.broadcast_in_dim %cst_7, dims = [] : (tensor<f32>) -> tensor<7xf32>
    %22 = stablehlo.subtract %21, %20 : tensor<7xf32>
    %23 = chlo.erfc %12 : tensor<7xf32> -> tensor<7xf32>
    %24 = stablehlo.select %19, %22, %23 : tensor<7xi1>, tensor<7xf32>
    %25 = stablehlo.select %14, %17, %24 : tensor<7xi1>, tensor<7xf32>
    %cst_8 = stablehlo.constant dense<5.000000e-01> : tensor<f32>
    %26 = stablehlo.broadcast_in_dim %cst_8, dims = [] : (tensor<f32>) -> tensor<7xf32>
    %27 = stablehlo.multiply %26, %25 : tensor<7xf32>
    %28 = stablehlo.negate %27 : tensor<7xf32>
    %cst_9 = stablehlo.constant dense<-1.000000e+01> : tensor<f32>
    %29 = stablehlo.broadcast_in_dim %cst_9, dims = [] : (tensor<f32>) -> tensor<7xf32>
    %30 = stablehlo.compare GT, %3, %29, FLOAT : (tensor<7xf32>, tensor<7xf32>) -> tensor<7xi1>
    %31 = stablehlo.log %27 : tensor<7xf32>
    %cst_10 = stablehlo.constant dense<-1.000000e+01> : tensor<f32>
    %32 = stablehlo.broadcast_in_dim %cst_10, dims = [] : (tensor<f32>) -> tensor<7xf32>
    %33 = stablehlo.minimum %3, %32 : tensor<7xf32>
    %34 = chlo.square %33 : tensor<7xf32> -> tensor<7xf32>
    %cst_11 = stablehlo.constant dense<-5.000000e-01> : tensor<f32>
    %35 = stablehlo.broadcast_in_dim %cst_11, dims = [] : (tensor<f32>) -> tensor<7xf32>
    %36 = stablehlo.multiply %35, %34 : tensor<7xf32>
    %37 = stablehlo.negate %33 : tensor<7xf32>
    %38 = stablehlo.log %37 : tensor<7xf32>
    %39 = stablehlo.subtract %36, %38 : tensor<7xf32>
    %cst_12 = stablehlo.constant dense<0.918938517> : tensor<f32>
    %40 = stablehlo.broadcast_in_dim %cst_12, dims = [] : (tensor<f32>) -> tensor<7xf32>
    %41 = stablehlo.subtract %39, %40 : tensor<7xf32>
    %42 = chlo.square %33 : tensor<7xf32> -> tensor<7xf32>
    %cst_13 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %43 = stablehlo.broadcast_in_dim %cst_13, dims = [] : (tensor<f32>) -> tensor<7xf32>
    %cst_14 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %44 = stablehlo.broadcast_in_dim %cst_14, dims = [] : (tensor<f32>) -> tensor<7xf32>
    %cst_15 = stablehlo.constant dense<1.000000e+00> : tensor<f32>
    %45 = stablehlo.broadcast_in_dim %cst_15, dims = [] : (tensor<f32>) -> tensor<7xf32>
    %46 = stablehlo.divide %45, %42 : tensor<7xf32>
    %47 = stablehlo.add %44, %46 : tensor<7xf32>
    %48 = stablehlo.multiply %42, %42 : tensor<7xf32>
    %cst_16 = stablehlo.constant dense<3.000000e+00> : tensor<f32>
    %49 = stablehlo.broadcast_in_dim %cst_16, dims = [] : (tensor<f32>) -> tensor<7xf32>
    %50 = stablehlo.divide %49, %48 : tensor<7xf32>
    %51 = stablehlo.add %43, %50 : tensor<7xf32>
    %52 = stablehlo.multiply %48, %42 : tensor<7xf32>
    %cst_17 = stablehlo.constant dense<1.500000e+01> : tensor<f32>
    %53 = stablehlo.broadcast_in_dim %cst_17, dims = [] : (tensor<f32>) -> tensor<7xf32>
    %54 = stablehlo.divide %53, %52 : tensor<7xf32>
    %55 = stablehlo.add %47, %54 : tensor<7xf32>
    %cst_18 = stablehlo.constant dense<1.000000e+00> : tensor<f32>
    %56 = stablehlo.broadcast_in_dim %cst_18, dims = [] : (tensor<f32>) -> tensor<7xf32>
    %57 = stablehlo.add %56, %51 : tensor<7xf32>
    %58 = stablehlo.subtract %57, %55 : tensor<7xf32>
    %59 = stablehlo.log %58 : tensor<7xf32>
    %60 = stablehlo.add %41, %59 : tensor<7xf32>
    %61 = call @_where(%30, %31, %60) : (tensor<7xi1>, tensor<7xf32>, tensor<7xf32>) -> tensor<7xf32>
    %62 = call @_where(%5, %28, %61) : (tensor<7xi1>, tensor<7xf32>, tensor<7xf32>) -> tensor<7xf32>
    return %62 : tensor<7xf32>
  }
  func.func private @_where(%arg0: tensor<7xi1>, %arg1: tensor<7xf32>, %arg2: tensor<7xf32>) -> tensor<7xf32> {
    %0 = stablehlo.select %arg0, %arg1, %arg2 : tensor<7xi1>, tensor<7xf32>
    return %0 : tensor<7xf32>
  }
}
// -----
// logcdf.float64
module @f {
  func.func public @main(%arg0: tensor<7xf64>) -> (tensor<7xf64>) {
    %cst = stablehlo.constant dense<1.000000e+00> : tensor<f64>
    %0 = stablehlo.broadcast_in_dim %cst, dims = [] : (tensor<f64>) -> tensor<7xf64>
    %1 = stablehlo.subtract %arg0, %0 : tensor<7xf64>
    %cst_0 = stablehlo.constant dense<2.000000e+00> : tensor<f64>
    %2 = stablehlo.broadcast_in_dim %cst_0, dims = [] : (tensor<f64>) -> tensor<7xf64>
    %3 = stablehlo.divide %1, %2 : tensor<7xf64>
    %cst_1 = stablehlo.constant dense<8.000000e+00> : tensor<f64>
    %4 = stablehlo.broadcast_in_dim %cst_1, dims = [] : (tensor<f64>) -> tensor<7xf64>
    %5 = stablehlo.compare GT, %3, %4, FLOAT : (tensor<7xf64>, tensor<7xf64>) -> tensor<7xi1>
    %6 = stablehlo.negate %3 : tensor<7xf64>
    %cst_2 = stablehlo.constant dense<-2.000000e+01> : tensor<f64>
    %7 = stablehlo.broadcast_in_dim %cst_2, dims = [] : (tensor<f64>) -> tensor<7xf64>
    %8 = stablehlo.maximum %3, %7 : tensor<7xf64>
    %9 = call @_where(%5, %6, %8) : (tensor<7xi1>, tensor<7xf64>, tensor<7xf64>) -> tensor<7xf64>
    %cst_3 = stablehlo.constant dense<0.70710678118654757> : tensor<f64>
    %10 = stablehlo.broadcast_in_dim %cst_3, dims = [] : (tensor<f64>) -> tensor<7xf64>
    %11 = stablehlo.multiply %9, %10 : tensor<7xf64>
    %12 = stablehlo.abs %11 : tensor<7xf64>
    %cst_4 = stablehlo.constant dense<0.70710678118654757> : tensor<f64>
    %13 = stablehlo.broadcast_in_dim %cst_4, dims = [] : (tensor<f64>) -> tensor<7xf64>
    %14 = stablehlo.compare LT, %12, %13, FLOAT : (tensor<7xf64>, tensor<7xf64>) -> tensor<7xi1>
    %15 = chlo.erf %11 : tensor<7xf64> -> tensor<7xf64>
    %cst_5 = stablehlo.constant dense<1.000000e+00> : tensor<f64>
    %16 = stablehlo.broadcast_in_dim %cst_5, dims = [] : (tensor<f64>) -> tensor<7xf64>
    %17 = stablehlo.add %16, %15 : tensor<7xf64>
    %cst_6 = stablehlo.constant dense<0.000000e+00> : tensor<f64>
    %18 = stablehlo.broadcast_in_dim %cst_6, dims = [] : (tensor<f64>) -> tensor<7xf64>
    %19 = stablehlo.compare GT, %11, %18, FLOAT : (tensor<7xf64>, tensor<7xf64>) -> tensor<7xi1>
    %20 = chlo.erfc %12 : tensor<7xf64> -> tensor<7xf64>
    %cst_7 = stablehlo.constant dense<2.000000e+00> : tensor<f64>
    %21 = stablehlo.broadcast_in_dim %cst_7, dims = [] : (tensor<f64>) -> tensor<7xf64>
    %22 = stablehlo.subtract %21, %20 : tensor<7xf64>
    %23 = chlo.erfc %12 : tensor<7xf64> -> tensor<7xf64>
    %24 = stablehlo.select %19, %22, %23 : tensor<7xi1>, tensor<7xf64>
    %25 = stablehlo.select %14, %17, %24 : tensor<7xi1>, tensor<7xf64>
    %cst_8 = stablehlo.constant dense<5.000000e-01> : tensor<f64>
    %26 = stablehlo.broadcast_in_dim %cst_8, dims = [] : (tensor<f64>) -> tensor<7xf64>
    %27 = stablehlo.multiply %26, %25 : tensor<7xf64>
    %28 = stablehlo.negate %27 : tensor<7xf64>
    %cst_9 = stablehlo.constant dense<-2.000000e+01> : tensor<f64>
    %29 = stablehlo.broadcast_in_dim %cst_9, dims = [] : (tensor<f64>) -> tensor<7xf64>
    %30 = stablehlo.compare GT, %3, %29, FLOAT : (tensor<7xf64>, tensor<7xf64>) -> tensor<7xi1>
    %31 = stablehlo.log %27 : tensor<7xf64>
    %cst_10 = stablehlo.constant dense<-2.000000e+01> : tensor<f64>
    %32 = stablehlo.broadcast_in_dim %cst_10, dims = [] : (tensor<f64>) -> tensor<7xf64>
    %33 = stablehlo.minimum %3, %32 : tensor<7xf64>
    %34 = chlo.square %33 : tensor<7xf64> -> tensor<7xf64>
    %cst_11 = stablehlo.constant dense<-5.000000e-01> : tensor<f64>
    %35 = stablehlo.broadcast_in_dim %cst_11, dims = [] : (tensor<f64>) -> tensor<7xf64>
    %36 = stablehlo.multiply %35, %34 : tensor<7xf64>
    %37 = stablehlo.negate %33 : tensor<7xf64>
    %38 = stablehlo.log %37 : tensor<7xf64>
    %39 = stablehlo.subtract %36, %38 : tensor<7xf64>
    %cst_12 = stablehlo.constant dense<0.91893853320467266> : tensor<f64>
    %40 = stablehlo.broadcast_in_dim %cst_12, dims = [] : (tensor<f64>) -> tensor<7xf64>
    %41 = stablehlo.subtract %39, %40 : tensor<7xf64>
    %42 = chlo.square %33 : tensor<7xf64> -> tensor<7xf64>
    %cst_13 = stablehlo.constant dense<0.000000e+00> : tensor<f64>
    %43 = stablehlo.broadcast_in_dim %cst_13, dims = [] : (tensor<f64>) -> tensor<7xf64>
    %cst_14 = stablehlo.constant dense<0.000000e+00> : tensor<f64>
    %44 = stablehlo.broadcast_in_dim %cst_14, dims = [] : (tensor<f64>) -> tensor<7xf64>
    %cst_15 = stablehlo.constant dense<1.000000e+00> : tensor<f64>
    %45 = stablehlo.broadcast_in_dim %cst_15, dims = [] : (tensor<f64>) -> tensor<7xf64>
    %46 = stablehlo.divide %45, %42 : tensor<7xf64>
    %47 = stablehlo.add %44, %46 : tensor<7xf64>
    %48 = stablehlo.multiply %42, %42 : tensor<7xf64>
    %cst_16 = stablehlo.constant dense<3.000000e+00> : tensor<f64>
    %49 = stablehlo.broadcast_in_dim %cst_16, dims = [] : (tensor<f64>) -> tensor<7xf64>
    %50 = stablehlo.divide %49, %48 : tensor<7xf64>
    %51 = stablehlo.add %43, %50 : tensor<7xf64>
    %52 = stablehlo.multiply %48, %42 : tensor<7xf64>
    %cst_17 = stablehlo.constant dense<1.500000e+01> : tensor<f64>
    %53 = stablehlo.broadcast_in_dim %cst_17, dims = [] : (tensor<f64>) -> tensor<7xf64>
    %54 = stablehlo.divide %53, %52 : tensor<7xf64>
    %55 = stablehlo.add %47, %54 : tensor<7xf64>
    %cst_18 = stablehlo.constant dense<1.000000e+00> : tensor<f64>
    %56 = stablehlo.broadcast_in_dim %cst_18, dims = [] : (tensor<f64>) -> tensor<7xf64>
    %57 = stablehlo.add %56, %51 : tensor<7xf64>
    %58 = stablehlo.subtract %57, %55 : tensor<7xf64>
    %59 = stablehlo.log %58 : tensor<7xf64>
    %60 = stablehlo.add %41, %59 : tensor<7xf64>
    %61 = call @_where(%30, %31, %60) : (tensor<7xi1>, tensor<7xf64>, tensor<7xf64>) -> tensor<7xf64>
    %62 = call @_where(%5, %28, %61) : (tensor<7xi1>, tensor<7xf64>, tensor<7xf64>) -> tensor<7xf64>
    return %62 : tensor<7xf64>
  }
  func.func private @_where(%arg0: tensor<7xi1>, %arg1: tensor<7xf64>, %arg2: tensor<7xf64>) -> tensor<7xf64> {
    %0 = stablehlo.select %arg0, %arg1, %arg2 : tensor<7xi1>, tensor<7xf64>
    return %0 : tensor<7xf64>
  }
}
